"""Whether the clinic is open now or on the day that a message names: "are you open today?", "on Christmas", "Dec 31"."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Callable
from datetime import date, datetime, timedelta

from nmt_guide.handoff.hours import Opening, day_text, hours_on, opening, time_zone
from nmt_guide.knowledge.content import Clinic

#: The topic that is about the hours.
HOURS_TOPIC = "hours_location"
_ABOUT_DOORS = re.compile(r"\b(?:open\w*|clos\w+|shut|hours?)\b", re.IGNORECASE)
#: What can be answered with yes or no: not "when are you open today?", nor "are you closed?".
_YES_NO = re.compile(
    r"^(?!.*\b(?:clos\w+|shut|when|what|how|which|until|till)\b).*\b(?:are|r) (?:you|u|ya|y'all)\b|^\W*(?:you )?open\b",
    re.IGNORECASE,
)
_MONTHS = "|".join(rf"{month[:3]}(?:{month[3:]}|t)?" for month in month_name[1:])
_DATE = re.compile(
    rf"\b(?:(?P<month>{_MONTHS})\.? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month2>{_MONTHS}))\b"
    r"(?:,? (?P<year>20\d\d))?",
    re.IGNORECASE,
)
_NOW = re.compile(r"\b(?:now|currently|at the moment|still open)\b|^\W*(?:are )?you (?:guys )?open\W*$", re.IGNORECASE)
_TODAY = re.compile(r"\b(?:today|this (?:morning|afternoon))\b", re.IGNORECASE)
#: What no yes or no fits: another day than the one that is named, two days, an hour of the day, "in May 5 hours a week".
_NOT_JUST_THAT_DAY = re.compile(
    r"\b(?:days?|weeks?|night) (?:after|before)\b|\bor\b|\b\d{1,2}(?::\d\d)? ?(?:am|pm|o'?clock)\b|\b(?:at|after|before|until|till|past) \d|\b(?:tonight|evening|noon|midnight|late)\b"
    r"|\d ?(?:hours?|hrs?|minutes?|mins?)\b",
    re.IGNORECASE,
)
_TOMORROW = re.compile(r"\btomorrow\b", re.IGNORECASE)
_HOLIDAYS: tuple[tuple[re.Pattern[str], Callable[[int], date]], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), day)
    for words, day in (
        (r"christmas eve|xmas eve", lambda year: date(year, 12, 24)),
        (r"christmas|xmas", lambda year: date(year, 12, 25)),
        (r"new year'?s? eve", lambda year: date(year, 12, 31)),
        (r"new year'?s?(?: day)?", lambda year: date(year, 1, 1)),
        (r"(?:4th|fourth) of july|july (?:4th|fourth)|independence day", lambda year: date(year, 7, 4)),
        (r"thanksgiving", lambda year: date(year, 11, 22 + (3 - date(year, 11, 1).weekday()) % 7)),
    )
)
_ALL_HOLIDAYS = re.compile(r"\b(?:holidays?|christmas time|between the years)\b", re.IGNORECASE)
#: What `opening` says as an answer to "are you open?"; the longer beginnings first.
_REPLIES = {
    "We are open until": "Yes, until",
    "We are open now": "Yes, we are open now",
    "We are closed now and open": "No, we open",
    "We are closed now": "No, we are closed now",
}
_UNSURE = "Hours may change around holidays, so please check with us first{ways}."
_NONE_ON_FILE = "I have no closed days on file."


def answer_on_doors(text: str, clinic: Clinic, now: datetime) -> str | None:
    """What is known of the doors that a message asks; None when it asks nothing of the kind, or the hours are not on file.

    Args:
        text: the message.
        clinic: its facts.
        now: the time, with a time zone.
    """
    state = opening(clinic, now)
    if not state.known or not _ABOUT_DOORS.search(text) or _NOT_JUST_THAT_DAY.search(text):
        return None
    here = now.astimezone(time_zone(clinic))
    holiday, day = _day(text, here.date())
    unsure = _UNSURE.format(ways=f": {clinic.text('phone')}" if clinic.text("phone") else "")
    if day is not None:
        return f"{_on(day, text, clinic, here)} {unsure if holiday and hours_on(clinic, day) else ''}".strip()
    if _ALL_HOLIDAYS.search(text):
        closed = clinic.text("closed_dates")
        return f"{f'We are closed on {closed}.' if closed else _NONE_ON_FILE} {unsure}"
    return _at_once(text, state) if _NOW.search(text) else None


def _at_once(text: str, state: Opening) -> str:
    """The doors at this moment, with a yes or no to who asks for it."""
    said = state.text
    if not _YES_NO.search(text):
        return said
    for statement, reply in _REPLIES.items():
        said = said.replace(statement, reply)
    return said


def _day(text: str, today: date) -> tuple[bool, date | None]:
    """Whether a holiday is named, and the day that is meant: the next one of that date."""
    named = _DATE.search(text)
    if named and named["year"] and int(named["year"]) < today.year:
        return False, None
    for pattern, day in _HOLIDAYS:
        if pattern.search(text):
            return True, next(one for one in (day(today.year), day(today.year + 1)) if one >= today)
    if _TODAY.search(text) or _TOMORROW.search(text):
        return False, today + timedelta(days=not _TODAY.search(text))
    if named:
        month = next(
            n for n, name in enumerate(month_name) if n and name[:3] == (named["month"] or named["month2"])[:3].title()
        )
        years = [int(named["year"])] if named["year"] else [today.year, today.year + 1]
        for year in years:
            try:
                day_of_year = date(year, month, int(named["day"] or named["day2"]))
            except ValueError:
                continue
            if day_of_year >= today:
                return any(day(year) == day_of_year for _, day in _HOLIDAYS), day_of_year
    return False, None


def _on(day: date, text: str, clinic: Clinic, here: datetime) -> str:
    hours = hours_on(clinic, day)
    when = day_text(day, here.date())
    state = opening(clinic, here)
    if hours and day == here.date() and not state.open and (state.next_open is None or state.next_open.date() != day):
        return _at_once(text, state)  # the day's last hour is over
    yes, said = ("Yes", f"we are open {when}, {hours}.") if hours else ("No", f"we are closed {when}.")
    return f"{yes}, {said}" if _YES_NO.search(text) else said[0].upper() + said[1:]
