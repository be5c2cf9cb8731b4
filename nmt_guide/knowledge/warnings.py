"""What may be right and is worth a second look: the check tells it and does not refuse it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import phonenumbers

from nmt_guide.errors import Problem
from nmt_guide.knowledge import placeholders
from nmt_guide.knowledge.checks import all_texts, reviews
from nmt_guide.knowledge.content import DAYS, Content

_CLINIC = "knowledge/clinic.yml"
#: An empty list of these says that there are none.
_MAY_BE_EMPTY = frozenset(["closed_dates"])
#: Of many texts that rest on one fact, so many are named.
_MOST_NAMED = 3
#: What an answer must not hold, and what to do about it.
_SLIPS = (
    (re.compile(r"[$\u20ac\u00a3]\s?\d"), "holds a price; write {clinic.prices} or another key of clinic.yml."),
    (re.compile(r"(?<!\d)\(?\d{3}\)?[ -]\d{3}[ -]\d{4}(?!\d)"), "holds a phone number; write {clinic.phone}."),
    (re.compile(r"</?[a-zA-Z]+>|\*\*|\]\(http"), "holds markup, which clients would see as it is; write plain words."),
    (re.compile(r"\u00e2\u20ac|\u00c3[\u0080-\u00bf]"), "holds broken letters; write them anew and save as UTF-8."),
)


def warnings(content: Content, today: date) -> list[Problem]:
    """All that is worth a second look.

    Args:
        content: what `files.read_content` returned.
        today: the day from which a review lies in the future.
    """
    return [*_empty(content), *_slips(content), *_reviews(content, today), *_clinic(content)]


def _empty(content: Content) -> Iterator[Problem]:
    """Facts that the clinic left empty although texts rest on them: those are not said at all."""
    resting: dict[str, list[str]] = {}
    for file, entry, text in all_texts(content):
        for name in set(placeholders.names(text)):
            key = name.removeprefix("clinic.")
            if key != name and key not in _MAY_BE_EMPTY and content.clinic.text(key) is None:
                resting.setdefault(key, []).append(f"{file.rpartition('/')[2].removesuffix('.yml')} {entry}")
    for key, texts in resting.items():
        more = " ..." if len(texts) > _MOST_NAMED else ""
        named = ", ".join(texts[:_MOST_NAMED]) + more
        yield Problem(_CLINIC, key, f"is empty: texts that hold it cannot be said, {len(texts)} in all: {named}.")


def _slips(content: Content) -> Iterator[Problem]:
    for file, entry, text in all_texts(content):
        for pattern, advice in _SLIPS:
            if found := pattern.search(text):
                yield Problem(file, entry, f"'{found[0]}': {advice}")


def _reviews(content: Content, today: date) -> Iterator[Problem]:
    for file, review in reviews(content):
        if review.by and not review.on:
            yield Problem(file, "review", f"names {review.by} and no day; write under 'on' when it was read.")
        if review.on and review.on > today:
            yield Problem(file, "review", f"'on' is {review.on}, which is still to come; write when it was read.")


def _clinic(content: Content) -> Iterator[Problem]:
    facts = content.clinic.facts
    hours = facts.get("hours")
    if hours:
        for day in DAYS:
            if day not in hours:
                yield Problem(_CLINIC, "hours", f"{day} is missing; write [] when you are closed.")
            yield from _spells(day, hours.get(day) or [])
    priced = {entry.get("minutes") for entry in content.clinic.prices}
    for minutes in facts.get("session_lengths") or [] if priced else ():
        if minutes not in priced:
            yield Problem(_CLINIC, "session_lengths", f"{minutes} minutes have no price in 'prices'.")
    contact = facts.get("complaint_contact")
    below = contact.get("phone") if isinstance(contact, Mapping) else None
    for key, number in (("phone", facts.get("phone")), ("complaint_contact phone", below)):
        if number and not _is_phone(str(number), content.country.code):
            yield Problem(_CLINIC, key, f"is '{number}', which is no whole phone number; write the area code too.")
    for key in _curly("", facts):
        yield Problem(_CLINIC, key, "stands in curly quotation marks, which clients would see; use plain ones.")


def _curly(key: str, value: Any) -> Iterator[str]:
    """Where a text begins with a quotation mark that YAML takes for a letter."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _curly(f"{key} {name}".strip(), below)
    elif isinstance(value, list):
        for number, below in enumerate(value, start=1):
            yield from _curly(f"{key}, number {number}", below)
    elif isinstance(value, str) and value.startswith(("\u201c", "\u201d", "\u201e", "\u2018")):
        yield key


def _spells(day: str, spells: list[Mapping[str, str]]) -> Iterator[Problem]:
    """Hours of a day as minutes since midnight. A night's work may end on the next day."""
    end = 0
    for start, stop in sorted((_minutes(spell["open"]), _minutes(spell["close"])) for spell in spells):
        if stop <= start:
            yield Problem(_CLINIC, f"hours: {day}", "closes before it opens: on the next day? 5 pm is written 17:00.")
        if start < end:
            yield Problem(_CLINIC, f"hours: {day}", "has hours that overlap; write them as one.")
        end = stop


def _minutes(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


def _is_phone(text: str, country: str) -> bool:
    if country not in phonenumbers.SUPPORTED_REGIONS:  # "EU" has no numbers of its own
        return True
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, country))
    except phonenumbers.NumberParseException:
        return False
