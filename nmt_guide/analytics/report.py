"""What clients asked, what went unanswered and how often safety messages went out, by week, as a table to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from nmt_guide.analytics.counts import Counts, Messages, Replies

#: Kinds of replies that left a question open, in the order of the report.
UNANSWERED = {
    "fallback": "not understood",
    "clarify": "asked back",
    "refusal": "declined, as it must (diagnosis, medicines, ...)",
    "outage": "something was down",
}
#: Kinds that answer nothing that a client asked about a topic.
_NO_QUESTION = {"safety", "form", "smalltalk", *UNANSWERED}


@dataclass(frozen=True)
class Line:
    """One row of a table: a name, and a number for each week."""

    name: str
    weeks: tuple[int, ...]

    @property
    def total(self) -> int:
        """Over all weeks."""
        return sum(self.weeks)


@dataclass(frozen=True)
class Report:
    """What was asked in some weeks.

    Attributes:
        weeks: their Mondays.
        zone: name of the time zone whose weeks they are.
        seconds: how long an answer took on average, where it was measured.
        messages: by channel; then the tables of topics, of what went unanswered with the topics that came nearest, and of
            safety messages by level and red flag; each with the most frequent line first.
    """

    weeks: tuple[date, ...]
    zone: str
    seconds: float | None
    messages: tuple[Line, ...]
    topics: tuple[Line, ...]
    unanswered: tuple[Line, ...]
    nearest: tuple[Line, ...]
    levels: tuple[Line, ...]
    flags: tuple[Line, ...]

    def as_dict(self) -> dict[str, Any]:
        """For other programs."""
        tables = ("messages", "topics", "unanswered", "nearest", "levels", "flags")
        return {
            "weeks": [week.isoformat() for week in self.weeks],
            "timezone": self.zone,
            "average_seconds": self.seconds,
            **{name: {line.name: list(line.weeks) for line in getattr(self, name)} for name in tables},
        }


def report(counts: Counts, weeks: int, now: datetime, zone: tzinfo) -> Report:
    """Count what was asked in the last weeks, this one among them.

    Args:
        counts: where it was written down.
        weeks: how many, at least 1.
        now: the time, with a zone.
        zone: the clinic's time zone: a week begins on its Monday.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    mondays = tuple(monday - timedelta(weeks=back) for back in reversed(range(weeks)))
    first = datetime(mondays[0].year, mondays[0].month, mondays[0].day, tzinfo=zone)
    messages, replies = counts.messages(first), counts.replies(first)
    table = _Tables(mondays, zone)
    timed = sum(each.timed for each in messages)
    return Report(
        weeks=mondays,
        zone=str(zone),
        seconds=sum(each.seconds for each in messages) / timed if timed else None,
        messages=table.of((each.channel or "(unknown)", each) for each in messages),
        topics=table.of((each.topic, each) for each in replies if each.topic and each.kind not in _NO_QUESTION),
        unanswered=table.of((each.kind, each) for each in replies if each.kind in UNANSWERED),
        nearest=table.of((each.topic, each) for each in replies if each.topic and each.kind in ("fallback", "clarify")),
        levels=table.of((each.level or "(none)", each) for each in replies if each.kind == "safety"),
        flags=table.of((each.flag or "(none)", each) for each in replies if each.kind == "safety"),
    )


def as_text(found: Report, most: int = 30) -> str:
    """A report for the terminal, with at most so many topics."""
    total = _sum("All", found.messages, len(found.weeks))
    head = f"What clients asked in {len(found.weeks)} weeks (from their Mondays, {found.zone})"
    parts = [_table(head, found.weeks, [total, *found.messages])]
    if found.seconds is not None:
        parts.append(f"An answer took {found.seconds:.2f} s on average.")
    if not total.total:
        return "\n\n".join([*parts, "Nothing was asked in this time."])
    parts.append(_table("Topics", found.weeks, found.topics[:most], len(found.topics) - most))
    open_ones = [Line(UNANSWERED[line.name], line.weeks) for line in found.unanswered]
    parts.append(_table(f"Unanswered ({_share(open_ones, total)} of all messages)", found.weeks, open_ones))
    parts.append(_table("Topics that came nearest to what was unanswered", found.weeks, found.nearest[:10]))
    parts.append(_table(f"Safety messages ({_share(found.levels, total)} of all messages)", found.weeks, found.levels))
    parts.append(_table("Red flags", found.weeks, found.flags))
    return "\n\n".join(parts)


class _Tables:
    def __init__(self, mondays: Sequence[date], zone: tzinfo) -> None:
        self._mondays, self._zone = mondays, zone

    def of(self, named: Iterable[tuple[str | None, Messages | Replies]]) -> tuple[Line, ...]:
        """Lines by name, the most frequent first."""
        sums: Counter[tuple[str, date]] = Counter()
        for name, each in named:
            day = each.hour.astimezone(self._zone).date()
            sums[str(name), day - timedelta(days=day.weekday())] += each.count
        names = {name for name, _ in sums}
        lines = [Line(name, tuple(sums[name, monday] for monday in self._mondays)) for name in names]
        return tuple(sorted(lines, key=lambda line: (-line.total, line.name)))


def _sum(name: str, lines: Sequence[Line], weeks: int) -> Line:
    return Line(name, tuple(sum(line.weeks[number] for line in lines) for number in range(weeks)))


def _share(lines: Sequence[Line], total: Line) -> str:
    return f"{100 * sum(line.total for line in lines) / total.total:.1f} %"


def _table(title: str, weeks: Sequence[date], lines: Sequence[Line], left_out: int = 0) -> str:
    if not lines:
        return f"{title}\n  none"
    names = max(len(line.name) for line in lines)
    wide = max(6, *(len(str(line.total)) for line in lines))
    columns = [week.strftime("%d %b") for week in weeks]
    rows = [f"  {'':{names}}  {' '.join(f'{column:>{wide}}' for column in columns)}  {'in all':>{wide}}"]
    rows += [
        f"  {line.name:{names}}  {' '.join(f'{number:>{wide}}' for number in line.weeks)}  {line.total:>{wide}}"
        for line in lines
    ]
    if left_out > 0:
        rows.append(f"  and {left_out} more (--json shows them)")
    return "\n".join([title, *rows])
