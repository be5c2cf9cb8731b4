"""Whether the clinic is open, until when, and when it opens again, by `hours`, `timezone` and `closed_dates`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from nmt_guide.knowledge import content
from nmt_guide.knowledge.content import DAYS, Clinic

_DAY = timedelta(days=1)
#: How far to look for the next opening: a clinic may close for a season.
_AHEAD_DAYS = 366


@dataclass(frozen=True)
class Opening:
    """The clinic's doors at one moment, in the clinic's time zone.

    Attributes:
        known: whether the clinic filled in its hours and its time zone. When not, nothing is said of them.
        open: whether it is open now.
        until: when it closes; nothing when it is closed or never closes.
        next_open: when it opens again; nothing when it is open or stays closed.
        text: a sentence for clients, empty when the hours are not known.
    """

    known: bool
    open: bool
    until: datetime | None
    next_open: datetime | None
    text: str


def opening(clinic: Clinic, now: datetime) -> Opening:
    """The clinic's doors at a moment.

    Args:
        clinic: its facts, checked by `nmt-guide content check`.
        now: the moment, with a time zone.
    """
    hours = clinic.facts.get("hours")
    if not clinic.facts.get("timezone") or not isinstance(hours, Mapping) or not any(hours.values()):
        return Opening(False, False, None, None, "")
    zone = time_zone(clinic)
    here = now.astimezone(zone)
    for start, end in _spells(hours, _closed_dates(clinic), zone, here.date() - _DAY):
        if end <= now:
            continue
        if start > now:
            when = _when(start.astimezone(zone), here)
            return Opening(True, False, None, start.astimezone(zone), f"We are closed now and open again {when}.")
        if end - now > _AHEAD_DAYS * _DAY:
            return Opening(True, True, None, None, "We are open now.")
        until = end.astimezone(zone)
        return Opening(True, True, until, None, f"We are open until {_until(until, here)}.")
    return Opening(True, False, None, None, "We are closed now.")


def time_zone(clinic: Clinic) -> ZoneInfo:
    """The clinic's time zone; UTC when it did not fill one in."""
    return ZoneInfo(clinic.facts.get("timezone") or "UTC")


def hours_on(clinic: Clinic, day: date) -> str | None:
    """The hours of one day, "9 am to 6 pm"; None when the clinic is closed.

    Args:
        clinic: its facts, checked by `nmt-guide content check`.
        day: the day.
    """
    name = DAYS[day.weekday()]
    if day in _closed_dates(clinic) or not (clinic.facts.get("hours") or {}).get(name):
        return None
    return clinic.text(f"hours.{name}")


def day_text(day: date, today: date) -> str:
    """A day as one says it: "today", "tomorrow", "on Friday, December 25"."""
    near = {0: "today", 1: "tomorrow"}.get((day - today).days)
    return near or f"on {day:%A, %B} {day.day}"


def clock(moment: datetime) -> str:
    """A time of day as people read it; see `nmt_guide.knowledge.content.clock`."""
    return content.clock(f"{moment:%H:%M}")


def _spells(
    hours: Mapping[str, Any], closed: frozenset[date], zone: ZoneInfo, first: date
) -> Iterator[tuple[datetime, datetime]]:
    """Spells in which the clinic is open, in order, those that touch joined to one. In UTC.

    Python compares and subtracts two times of one zone by their clock faces, which is wrong across a change of the
    clocks; in UTC it is right.
    """
    last: tuple[datetime, datetime] | None = None
    for n in range(_AHEAD_DAYS + 2):
        day = first + n * _DAY
        if day in closed:
            continue
        for start, end in sorted(_times(day, spell, zone) for spell in hours.get(DAYS[day.weekday()]) or ()):
            if last and start <= last[1]:
                last = (last[0], max(last[1], end))
                continue
            if last:
                yield last
            last = (start, end)
    if last:
        yield last


def _times(day: date, spell: Mapping[str, str], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Beginning and end of one spell; what ends at or before its beginning ends on the next day."""
    start, end = _minutes(spell["open"]), _minutes(spell["close"])
    return _moment(day, start, zone), _moment(day, end if end > start else end + 24 * 60, zone)


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, minutes = divmod(minutes, 24 * 60)
    naive = datetime(day.year, day.month, day.day, *divmod(minutes, 60)) + days * _DAY
    return naive.replace(tzinfo=zone).astimezone(timezone.utc)


def _closed_dates(clinic: Clinic) -> frozenset[date]:
    # Bare dates are dates when they come from the file, and texts when they come from the store.
    return frozenset(date.fromisoformat(str(day)) for day in clinic.facts.get("closed_dates") or ())


def _until(end: datetime, here: datetime) -> str:
    # A bar's "open until 2 am" names no day; a spell of days does.
    if end - here < _DAY:
        return clock(end)
    return _when(end, here)


def _when(moment: datetime, here: datetime) -> str:
    """A moment to come, as one says it: "at 2 pm today", "tomorrow at 9 am", "Monday at 9 am"."""
    days = (moment.date() - here.date()).days
    if days == 0:
        return f"at {clock(moment)} today"
    if days == 1:
        return f"tomorrow at {clock(moment)}"
    day = f"{moment:%A}" if days < 7 else f"on {moment:%A, %B} {moment.day}"
    return f"{day} at {clock(moment)}"
