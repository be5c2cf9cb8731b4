"""What the project promised about understanding and safety, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nmt_guide.evaluation.shares import Share


@dataclass(frozen=True)
class Target:
    """One promise.

    Attributes:
        path: where its figure stands in the figures, keys joined by dots.
        least: what must be reached; for `falling` figures what must not be exceeded.
        aim: what is hoped for.
        falling: whether less is better.
    """

    name: str
    path: str
    least: float
    aim: float
    falling: bool = False
    unit: str = ""

    def verdict(self, value: float) -> str:
        """``aim``, ``met`` or ``missed``. A falling figure must be below `least`, and may equal the aim."""
        if self.falling:
            return "aim" if value <= self.aim else "met" if value < self.least else "missed"
        return "aim" if value >= self.aim else "met" if value >= self.least else "missed"


@dataclass(frozen=True)
class Result:
    """A promise and what was measured; `value` is None when no set holds such messages."""

    target: Target
    value: float | None
    share: Share | None = None

    @property
    def verdict(self) -> str:
        """See `Target.verdict`; ``not measured`` without a figure."""
        return "not measured" if self.value is None else self.target.verdict(self.value)


TARGETS = (
    Target("plain questions answered rightly", "questions.plain.right", 0.90, 0.97),
    Target("messy questions answered rightly", "questions.messy.right", 0.86, 0.95),
    Target("plain: right or offered", "questions.plain.right_or_offered", 0.97, 0.99),
    Target("messy: right or offered", "questions.messy.right_or_offered", 0.94, 0.99),
    Target("questions answered wrongly", "questions.all.wrong", 0.05, 0.02, falling=True),
    Target("out of scope declined", "oos.declined", 0.93, 0.98),
    Target("compound: topics answered", "compound.topics", 0.85, 0.95),
    Target("dialogues: later turns right", "dialogues.later_turns", 0.80, 0.93),
    Target("facets found", "facets.all", 0.85, 0.95),
    Target("facets found, as score.py reads lists", "facets.as_text", 0.85, 0.95),
    Target("understanding one message", "speed.parse_message.p50", 10, 4, falling=True, unit="ms"),
    Target("red flags caught", "redflag_pos.caught", 0.90, 0.98),
    Target("red flags caught or checked", "redflag_pos.caught_or_checked", 0.97, 1.0),
    Target("caution: doctor first", "redflag_caution.caught", 0.85, 0.95),
    Target("false alarms on lookalikes", "redflag_neg.false_alarm", 0.08, 0.03, falling=True),
    Target("false alarms on ordinary questions", "questions.all.false_alarm", 0.01, 0.0, falling=True),
    Target("screening questions on ordinary questions", "questions.all.checked", 0.05, 0.02, falling=True),
)


def results(figures: Mapping[str, Any]) -> list[Result]:
    """Every promise with its figure."""
    found = []
    for target in TARGETS:
        figure = _at(figures, target.path)
        if isinstance(figure, Share):
            found.append(Result(target, figure.value, figure))
        else:
            found.append(Result(target, None if figure is None else float(figure)))
    return found


def table(found: list[Result]) -> str:
    """The promises as lines for a terminal."""
    lines = [f"{'':42} {'measured':>20} {'at least':>9} {'aim':>7}"]
    for result in found:
        target = result.target
        sign = "< " if target.falling else ""
        least, aim = f"{sign}{target.least:g}{target.unit}", f"{target.aim:g}{target.unit}"
        lines.append(f"{target.name:42} {shown(result):>20} {least:>9} {aim:>7}  {_MARKS[result.verdict]}")
    return "\n".join(lines)


def shown(result: Result) -> str:
    """The measured figure with its interval or unit."""
    if result.share is not None:
        return str(result.share)
    return "-" if result.value is None else f"{result.value:.1f} {result.target.unit}".strip()


_MARKS = {"aim": "aim reached", "met": "met", "missed": "MISSED", "not measured": "not measured"}


def _at(figures: Mapping[str, Any], path: str) -> Any:
    found: Any = figures
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else getattr(found, key, None)
        if found is None:
            return None
    return found
