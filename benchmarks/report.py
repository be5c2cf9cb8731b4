"""The comparison as a Markdown page with one plot."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.variants import VARIANTS
from nmt_guide.evaluation.plots import picture

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A figure of every variant.

    Attributes:
        digits: after the point.
        share: a share between 0 and 1; the others are amounts, of which less is better and the ratio is told.
    """

    key: str
    title: str
    digits: int
    share: bool = False


COLUMNS = (
    Column("first", "right topic first", 3, share=True),
    Column("three", "among three", 3, share=True),
    Column("wrong", "answered wrongly", 3, share=True),
    Column("declined", "out of scope declined", 3, share=True),
    Column("auroc", "out of scope AUROC", 3, share=True),
    Column("train_seconds", "training, s", 0),
    Column("load_seconds", "loading, s", 2),
    Column("resident_mb", "resident, MB", 0),
    Column("model_mb", "model file, MB", 1),
    Column("ms_p50", "ms a message, half below", 1),
    Column("ms_p99", "ms a message, 99 % below", 1),
)


def markdown(measured: Mapping[str, Figures], about: str) -> str:
    """The page.

    Args:
        measured: figures by name of the variant.
        about: one paragraph that says what was measured on what.
    """
    names = list(measured)
    lines = ["# NMT Guide and stock Rasa, side by side", "", about, ""]
    lines += _table(["", *(VARIANTS[name].title for name in names)], [_row(column, measured) for column in COLUMNS])
    others = [name for name in names if name != "ours"]
    if "ours" in measured and others:
        lines += [
            "",
            "## Ratios",
            "",
            "How many times ours needs what the other needs: below 1 ours needs less.",
            "",
        ]
        lines += _table(
            ["", *(f"ours / {VARIANTS[name].title}" for name in others)],
            [[c.title, *(_ratio(measured, name, c.key) for name in others)] for c in COLUMNS if not c.share],
        )
    lines += ["", "![Accuracy and time](benchmark.svg)", ""]
    return "\n".join(lines)


def write(measured: Mapping[str, Figures], about: str, out: Path) -> None:
    """Write `benchmark.md` and `benchmark.svg`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "benchmark.md").write_text(markdown(measured, about), encoding="utf-8")
    address = picture(lambda axes: _draw(axes, measured))
    (out / "benchmark.svg").write_bytes(base64.b64decode(address.partition(",")[2]))


def _draw(axes: Any, measured: Mapping[str, Figures]) -> None:
    """Each variant as a line from right first to right among three, over the time of a message."""
    for name, figures in measured.items():
        at = [figures["ms_p50"], figures["ms_p50"]]
        axes.plot(at, [figures["first"], figures["three"]], "o-", label=VARIANTS[name].title)
    axes.set(xlim=(0, None), ylim=(0, 1), xlabel="milliseconds a message (half below), one core")
    axes.set_ylabel("share of questions: right first (low), among three (high)")
    axes.legend(frameon=False, loc="lower right")


def _row(column: Column, measured: Mapping[str, Figures]) -> list[str]:
    values = [figures.get(column.key) for figures in measured.values()]
    return [column.title, *("-" if value is None else f"{value:.{column.digits}f}" for value in values)]


def _ratio(measured: Mapping[str, Figures], name: str, key: str) -> str:
    ours, other = measured["ours"].get(key), measured[name].get(key)
    return f"{ours / other:.2f}" if ours is not None and other else "-"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)]
