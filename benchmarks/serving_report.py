"""The servers' figures as a Markdown page with plots, and against the targets of the project."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nmt_guide.evaluation.plots import picture

Figures = Mapping[str, Any]

TITLES = {
    "ours": "ours, SQLite",
    "ours-postgresql": "ours, PostgreSQL",
    "ours-two": "ours, 2 replicas",
    "lean": "Rasa lean",
    "recommended": "Rasa recommended",
    "lean-postgresql": "Rasa lean, PostgreSQL",
    "stock-around-ours": "Rasa with our model",
}
_COLORS = {
    "ours": "#1f5f99",
    "ours-postgresql": "#6fa8dc",
    "ours-two": "#2e7d32",
    "lean": "#c77700",
    "recommended": "#b3261e",
    "lean-postgresql": "#e0b060",
    "stock-around-ours": "#777777",
}

_NOTES = """\
Stock Rasa is `rasa run` with `rasa run actions`; its action reads the answer from SQLite. It knows 30 topics with ten
examples each, **ours its full model** (some 170 topics, safety screen, facets, spelling, sentence encoder), **which is to
our disadvantage** in every row. *2 replicas* are two processes on PostgreSQL with locks in Redis, as
`docker-compose.yml` starts them, asked in turn. Memory is that of the variant's own processes; databases come on top.
The load generator runs on the same cores. All variants were up at the same time and took turns, a block of messages
each. *Processor ms* is what the variant's processes took of any core for a message, without databases."""


@dataclass(frozen=True)
class Target:
    """A ratio or an amount that the project wants.

    Attributes:
        least: what must be reached.
        aim: what is hoped for.
        more: whether more is better.
    """

    title: str
    value: Callable[[Mapping[str, Figures]], float]
    least: float
    aim: float
    more: bool

    def row(self, variants: Mapping[str, Figures]) -> list[str]:
        """Title, measured, targets and what that means; a dash when a variant is missing."""
        wanted = [f"{self.least:.3g}", f"{self.aim:.3g}"]
        try:
            value = self.value(variants)
        except KeyError:
            return [self.title, "-", *wanted, "-"]
        states = [value >= limit if self.more else value <= limit for limit in (self.aim, self.least)]
        return [self.title, f"{value:.3g}", *wanted, "aim" if states[0] else "yes" if states[1] else "**no**"]


def _most(figures: Figures) -> float:
    """Messages a second, at the best number of clients."""
    return max(float(one["per_second"]) for one in figures["at_once"].values())


def _alone(key: str) -> Callable[[Mapping[str, Figures]], float]:
    return lambda v: v["recommended"]["at_once"]["1"][key] / v["ours"]["at_once"]["1"][key]


TARGETS = (
    Target("throughput, one process, times recommended", lambda v: _most(v["ours"]) / _most(v["recommended"]), 8, 15, True),
    Target(
        "throughput, both cores, times recommended", lambda v: _most(v["ours-two"]) / _most(v["recommended"]), 12, 20, True
    ),
    Target("throughput, one process, times lean", lambda v: _most(v["ours"]) / _most(v["lean"]), 5, 8, True),
    Target("half of all messages, one client: times faster than recommended", _alone("p50_ms"), 7, 12, True),
    Target("99 % of all messages, one client: times faster than recommended", _alone("p99_ms"), 7, 12, True),
    Target(
        "turn 500 against turn 2", lambda v: v["ours"]["turn_ms"]["500"] / v["ours"]["turn_ms"]["2"], 1.2, 1.0, False
    ),
    Target("memory, GB", lambda v: v["ours"]["resident_after_mb"] / 1000, 0.6, 0.45, False),
    Target("start to ready, s", lambda v: v["ours"]["ready_s"], 12, 6, False),
    Target(
        "two replicas, times one on PostgreSQL", lambda v: _most(v["ours-two"]) / _most(v["ours-postgresql"]), 1.6, 1.9, True
    ),
)  # fmt: skip


def markdown(measured: Mapping[str, Any]) -> str:
    """The page."""
    about, variants = measured["about"], measured["variants"]
    lines = ["# Servers under load: NMT Guide and stock Rasa", "", _about(about), "", _NOTES, ""]
    lines += _table(["", *(TITLES[name] for name in variants)], _rows(variants))
    lines += ["", "![Latency and throughput by clients at once](serving-load.svg)"]
    lines += ["", "![Latency by turn](serving-turns.svg)", ""]
    lines += ["## Times ours", "", "What the others need or take, in multiples of ours on SQLite.", ""]
    lines += _times_ours(variants)
    lines += ["", "## Targets", "", "The ratios that the project set itself.", ""]
    lines += _table(["", "measured", "at least", "aim", "reached"], [target.row(variants) for target in TARGETS])
    if "edge" in measured:
        lines += ["", "## Beyond capacity", "", _edge(measured["edge"]), "", "![Beyond capacity](serving-edge.svg)"]
    if "soak" in measured:
        lines += ["", "## For a long time", "", _soak(measured["soak"]), "", "![Memory](serving-soak.svg)"]
    return "\n".join([*lines, ""])


def write(measured: Mapping[str, Any], out: Path) -> None:
    """Write `serving.md` and its pictures."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "serving.md").write_text(markdown(measured), encoding="utf-8")
    variants = measured["variants"]
    _draw(out / "serving-load.svg", lambda axes: _draw_load(axes, variants))
    _draw(out / "serving-turns.svg", lambda axes: _draw_turns(axes, variants))
    if "edge" in measured:
        _draw(out / "serving-edge.svg", lambda axes: _draw_edge(axes, measured["edge"]))
    if "soak" in measured:
        _draw(out / "serving-soak.svg", lambda axes: _draw_soak(axes, measured["soak"]))


def _about(about: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} at {n}" for n, count in about["messages"].items())
    text = (
        f"Measured {about['date']} on {about['cores']} cores ({about['machine']}), Python {about['python']}. Messages of "
        f"each variant by clients at once: {counts}; {about['turn_messages']} for each turn number."
    )
    if about["load"] is not None and about["load"] > 1:
        text += (
            f" Before the run the machine had a load of {about['load']:.1f} from other work, which slows all variants: read "
            "the ratios, and of the absolute figures the processor time and the memory."
        )
    if about["quick"]:
        text += " **`--quick`: the figures say only that everything runs.**"
    return text


def _rows(variants: Mapping[str, Figures]) -> list[list[str]]:
    def row(title: str, value: Callable[[Figures], float | None], digits: int = 1) -> list[str]:
        values = [value(figures) for figures in variants.values()]
        return [title, *("-" if one is None else f"{one:.{digits}f}" for one in values)]

    rows = [
        row("training, s", lambda f: f.get("train_s"), 0),
        row("training, processor s", lambda f: f.get("train_cpu_s"), 0),
        row("start to ready, s", lambda f: f["ready_s"]),
        row("first message, ms", lambda f: f["first_ms"], 0),
        row("messages without an answer", lambda f: f["unanswered"], 0),
        row("resident, MB", lambda f: f["resident_mb"], 0),
        row("resident after the load, MB", lambda f: f["resident_after_mb"], 0),
    ]
    any_variant = next(iter(variants.values()))
    for turn in any_variant["turn_ms"]:
        rows.append(row(f"turn {turn}: ms, half below", partial(_of, "turn_ms", turn)))
    for n in any_variant["at_once"]:
        rows += [row(f"{n} at once: {title}", partial(_of, "at_once", n, key)) for key, title in _LOAD.items()]
    return rows


#: By key: what is told of each number of clients.
_LOAD = {
    "p50_ms": "ms, half below",
    "p99_ms": "ms, 99 % below",
    "per_second": "messages a second",
    "cpu_ms": "processor ms a message",
}


def _of(*path_and_figures: Any) -> float:
    *path, figures = path_and_figures
    for key in path:
        figures = figures[key]
    return float(figures)


def _times_ours(variants: Mapping[str, Figures]) -> list[str]:
    others = [name for name in variants if not name.startswith("ours")]
    if "ours" not in variants or not others:
        return ["-"]
    ours = _rows({"ours": variants["ours"]})
    theirs = _rows({name: variants[name] for name in others})
    rows = []
    for (title, own), (_, *cells) in zip(ours, theirs, strict=True):
        if own != "-" and float(own):
            rows.append([title, *(f"{float(cell) / float(own):.2f}" for cell in cells)])
    return _table(["", *(TITLES[name] for name in others)], rows)


def _edge(edge: Mapping[str, Any]) -> str:
    answered = sorted(ms for _, ms in edge["answered"])
    refused = sorted(ms for _, ms in edge["refused"])
    memory = [mb for _, mb in edge["memory"]]
    wrong = ", ".join(f"{count} × {name}" for name, count in edge["others"].items()) or "none"
    alone = sorted(edge["alone_ms"])
    lines = [
        f"{edge['clients']} clients at once asked one process for {edge['seconds']:.0f} s, those that were turned away "
        "again after half a second, whatever `Retry-After` said.",
        "",
        f"- answered: {len(answered)}, {len(answered) / edge['seconds']:.0f} a second (8 clients alone: "
        f"{edge['calm']['per_second']:.0f}); {_half(answered)}",
        f"- turned away with 503 and `Retry-After`: {len(refused)}; {_half(refused)}",
        f"- anything else: {wrong}",
        f"- resident: {memory[0]:.0f} MB before, {max(memory):.0f} at most, {memory[-1]:.0f} two seconds after",
        f"- one client right after: first answer after {edge['alone_ms'][0]:.0f} ms, half of {len(alone)} below "
        f"{alone[len(alone) // 2]:.0f} ms (before the flood {edge['alone']['p50_ms']:.0f} ms)",
    ]
    return "\n".join(lines)


def _half(ordered: Sequence[float]) -> str:
    if not ordered:
        return "-"
    return f"half below {ordered[len(ordered) // 2]:.0f} ms, 99 % below {ordered[int(len(ordered) * 0.99)]:.0f} ms"


def _soak(soak: Mapping[str, Any]) -> str:
    """A start that warms up says nothing of growth: what counts begins after a tenth."""
    memory = soak["memory"]
    settled = next(mb for number, mb in memory if number >= soak["messages"] / 10)
    return (
        f"{soak['messages']} messages by 16 clients in conversations of ten turns, {soak['per_second']:.0f} a second, half "
        f"below {soak['p50_ms']:.0f} ms, 99 % below {soak['p99_ms']:.0f} ms. Resident: {memory[0][1]:.0f} MB at the start, "
        f"{settled:.0f} after a tenth, {memory[-1][1]:.0f} at the end."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)]


def _draw(file: Path, draw: Callable[[Any], None]) -> None:
    file.write_bytes(base64.b64decode(picture(draw).partition(",")[2]))


def _draw_load(axes: Any, variants: Mapping[str, Figures]) -> None:
    """Up is slower, to the right is more: a good server is at the bottom right."""
    for name, figures in variants.items():
        loads = figures["at_once"]
        through = [one["per_second"] for one in loads.values()]
        axes.plot(through, [one["p50_ms"] for one in loads.values()], "o-", color=_COLORS[name], label=TITLES[name])
        axes.plot(through, [one["p99_ms"] for one in loads.values()], ":", color=_COLORS[name])
    counts = ", ".join(next(iter(variants.values()))["at_once"]) if variants else ""
    axes.set(xscale="log", yscale="log", xlabel=f"messages a second, at {counts} clients at once")
    axes.set_ylabel("ms to the answer (dotted: 99 % below)")
    axes.legend(frameon=False)


def _draw_turns(axes: Any, variants: Mapping[str, Figures]) -> None:
    for name, figures in variants.items():
        turns = [int(turn) for turn in figures["turn_ms"]]
        axes.plot(turns, list(figures["turn_ms"].values()), "o-", color=_COLORS[name], label=TITLES[name])
    axes.set(yscale="log", xlim=(0, None), xlabel="turn of one conversation", ylabel="ms to the answer (half below)")
    axes.legend(frameon=False)


def _draw_edge(axes: Any, edge: Mapping[str, Any]) -> None:
    seconds = [step + 0.5 for step in range(int(edge["seconds"]) + 1)]
    for key, color, title in (
        ("answered", "#2e7d32", "answered a second"),
        ("refused", "#c77700", "turned away a second"),
    ):
        counts = [sum(int(at) == int(second) for at, _ in edge[key]) for second in seconds]
        axes.plot(seconds, counts, color=color, label=title)
    axes.plot(*zip(*edge["memory"], strict=True), color="#1f5f99", label="resident, MB")
    axes.set(xlim=(0, None), ylim=(0, None), xlabel="seconds")
    axes.legend(frameon=False)


def _draw_soak(axes: Any, soak: Mapping[str, Any]) -> None:
    axes.plot(*zip(*soak["memory"], strict=True), color="#1f5f99")
    axes.set(xlim=(0, None), ylim=(0, None), xlabel="messages", ylabel="resident, MB")
