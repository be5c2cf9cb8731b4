"""Checks what a clinic writes into `clinic.yml` and `emergency.yml`: clients read it word for word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nmt_guide.errors import Problem
from nmt_guide.knowledge.content import DAYS, Clinic, Content

_CLINIC = "knowledge/clinic.yml"
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d|24:00")
#: Facts that are numbers; all others are texts. Without quotation marks YAML takes 0201234567 for the number 33896823.
_NUMBERS = frozenset(["session_lengths", "minutes", "retention_days", "years"])
#: Facts of a therapist that hold several things: of a text each letter would be taken for one.
_LISTS = frozenset(["specialities", "languages", "days"])
#: Facts of the clinic that hold several things, or may; every other key of `KEYS` is one text.
_MANY = frozenset(
    [
        "fictional",
        "hours",
        "closed_dates",
        "session_lengths",
        "prices",
        "payment_methods",
        "languages",
        "complaint_contact",
        "privacy",
        "therapists",
    ]
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: The keys of what holds several facts; those that must be filled in come first.
_PRICE = ("name", "price"), ("minutes",)
_THERAPIST = ("name", "credentials"), ("years", "specialities", "languages", "gender", "days")
_CONTACT = (), ("name", "role", "phone", "email")
_PRIVACY = (), ("keeps", "retention_days", "contact")
#: The keys of `clinic.yml` itself. A clinic may add others, for its own answers to name.
KEYS = frozenset(
    [
        "name",
        "fictional",
        "country",
        "phone",
        "email",
        "website",
        "booking_url",
        "address",
        "directions",
        "parking",
        "access",
        "timezone",
        "hours",
        "closed_dates",
        "away_message",
        "session_lengths",
        "prices",
        "payment_methods",
        "packages",
        "memberships",
        "gift_cards",
        "discounts",
        "tipping",
        "insurance",
        "cancellation_policy",
        "late_policy",
        "no_show",
        "referral_needed",
        "first_visit",
        "clothing",
        "oils",
        "home_visits",
        "online_sessions",
        "minors_policy",
        "chaperone",
        "therapist_gender_choice",
        "languages",
        "manager",
        "complaint_contact",
        "privacy",
        "therapists",
    ]
)
#: Words that are often written in the place of those that the search for a therapist knows.
_GENDERS = {"female": "female", "woman": "female", "f": "female", "male": "male", "man": "male", "m": "male"}
_ONE_TEXT = 'must be one text, not a list; put it in "quotation marks".'
_Keys = tuple[tuple[str, ...], tuple[str, ...]]


def check_clinic(content: Content) -> Iterator[Problem]:
    """All mistakes in the clinic's own facts and in the numbers to call."""
    facts = content.clinic.facts
    for key, message in (
        *_hours(facts.get("hours") or {}, facts.get("closed_dates") or [], facts.get("timezone")),
        *_several(facts, "prices", _PRICE),
        *_several(facts, "therapists", _THERAPIST),
        *_keys("complaint_contact", facts.get("complaint_contact") or {}, _CONTACT),
        *_keys("privacy", facts.get("privacy") or {}, _PRIVACY),
        *_texts(facts),
        *_kinds("", facts),
        *_same(content.clinic),
        *_staff(content.clinic),
        *_retention(facts.get("privacy")),
        *_addresses(content.clinic),
    ):
        yield Problem(_CLINIC, key, message)
    for country in content.countries:
        for key in ("emergency", "crisis"):
            if not getattr(country, key).strip():
                yield Problem(
                    "knowledge/emergency.yml", f"{country.code} {key}", "is empty; clients in danger need it."
                )
        if country.abuse is not None and not country.abuse.strip():
            yield Problem("knowledge/emergency.yml", f"{country.code} abuse", "is empty; fill it in or delete it.")


def suggestion(name: str, known: Iterable[str]) -> str:
    """A question after a misspelt name: " Is 'price' meant?"; nothing when no name is like it."""
    close = get_close_matches(name, list(known), n=1)
    return f" Is '{close[0]}' meant?" if close else ""


def _several(facts: Mapping[str, Any], key: str, keys: _Keys) -> Iterator[tuple[str, str]]:
    entries = facts.get(key) or []
    if isinstance(entries, str):  # "From $60; ask for the list." is said as it is
        return
    if not isinstance(entries, list):
        yield key, "must be a list: each line begins with a dash."
        return
    for number, entry in enumerate(entries, start=1):
        yield from _keys(f"{key}, number {number}", entry, keys)
        for name in sorted(_LISTS & set(entry)) if isinstance(entry, Mapping) else ():
            if not isinstance(entry[name] or [], list):
                yield f"{key}, number {number} {name}", f"is '{entry[name]}'; write it in brackets: [{entry[name]}]."


def _same(clinic: Clinic) -> Iterator[tuple[str, str]]:
    """Entries of a list that no client can tell from each other."""
    for key, entries, names in (
        ("prices", clinic.prices, ("name", "minutes")),
        ("therapists", clinic.therapists, ("name",)),
    ):
        told = [tuple(entry.get(name) for name in names) for entry in entries if isinstance(entry, Mapping)]
        for number, one in enumerate(told, start=1):
            if (first := told.index(one) + 1) < number:
                yield f"{key}, number {number}", f"has the same {' and '.join(names)} as number {first}; keep one."


def _staff(clinic: Clinic) -> Iterator[tuple[str, str]]:
    """What a program reads of a therapist: the days at work, and the gender that a client may ask for."""
    for number, entry in enumerate(clinic.therapists, start=1):
        if not isinstance(entry, Mapping):
            continue
        key = f"therapists, number {number}"
        days = entry.get("days")
        for day in days if isinstance(days, list) else ():
            if day not in DAYS:
                yield f"{key} days", f"'{day}' is no day; the days are {', '.join(DAYS)}."
        # Any other word is said as it is; these two would never be found by a client who asks for a woman or a man.
        meant = _GENDERS.get(str(entry.get("gender") or "").lower(), entry.get("gender"))
        if meant != entry.get("gender"):
            yield f"{key} gender", f"is '{entry['gender']}'; write {meant}."


def _retention(privacy: Any) -> Iterator[tuple[str, str]]:
    days = privacy.get("retention_days") if isinstance(privacy, Mapping) else None
    if isinstance(days, int) and days < 1:
        yield "privacy retention_days", f"is {days}; write after how many days messages are deleted, 1 or more."


def _keys(key: str, entry: Any, keys: _Keys) -> Iterator[tuple[str, str]]:
    needed, others = keys
    if not isinstance(entry, Mapping):
        yield key, f"must hold {', '.join(needed + others)}, each with a colon and what it is."
        return
    for name in set(needed + others) - _LISTS:
        if isinstance(entry.get(name), (list, Mapping)):
            yield f"{key} {name}", _ONE_TEXT
    for name in entry:
        if name not in needed + others:
            yield f"{key} {name}", f"is not a key here.{suggestion(str(name), needed + others)}"
    for name in needed:
        if not entry.get(name):
            yield key, f"{name} is missing or empty."


def _texts(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Lists and blocks where one text must be, and the other way round."""
    for name in sorted(KEYS - _MANY):
        if isinstance(facts.get(name), (list, Mapping)):
            yield name, _ONE_TEXT
    if not isinstance(facts.get("fictional", True), bool):
        yield "fictional", f"is '{facts['fictional']}'; write true or false."
    lengths = facts.get("session_lengths") or []
    if not isinstance(lengths, list):
        yield "session_lengths", f"is '{lengths}'; write whole numbers in brackets: [30, 60, 90]."


def _kinds(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Numbers where texts must be, and the other way round."""
    name = key.rpartition(" ")[2]
    if isinstance(value, Mapping):
        for below, what in value.items():
            if below != "session_lengths" or isinstance(what, list):  # else `_texts` tells it
                yield from _kinds(f"{key} {below}".strip(), what)
    elif isinstance(value, list):
        for number, one in enumerate(value, start=1):
            yield from _kinds(f"{key}, number {number}" if isinstance(one, Mapping) else key, one)
    elif name in _NUMBERS:
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            yield key, f"is '{value}'; write a whole number, without quotation marks."
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield key, f'was read as the number {value}; put it in "quotation marks".'


def _addresses(clinic: Clinic) -> Iterator[tuple[str, str]]:
    for key in ("email", "complaint_contact.email"):
        value = clinic.text(key)
        if value and not _EMAIL.fullmatch(value):
            yield key.replace(".", " "), f"is '{value}', which is no e-mail address."
    for key in ("website", "booking_url"):
        value = clinic.text(key)
        if value and not value.startswith(("https://", "http://")):
            yield key, f"is '{value}'; write it whole, with https:// in front."


def _hours(hours: Any, closed_dates: Any, zone: Any) -> Iterator[tuple[str, str]]:
    """What the clinic says of its hours is read by a program: it must be written as the file explains."""
    if zone and not _is_zone(zone):
        yield "timezone", f"is '{zone}', which is no time zone; write one like America/Chicago."
    if hours and not zone:
        yield "timezone", "is missing; without it nobody knows when the hours are."
    if not isinstance(hours, Mapping):
        yield "hours", "must hold one line for each day."
        return
    for day, spells in hours.items():
        key = f"hours: {day}"
        if day not in DAYS:
            yield key, f"is no day; the days are {', '.join(DAYS)}."
        if not isinstance(spells or [], list) or not all(map(_is_spell, spells or [])):
            yield key, 'must be like [{open: "09:00", close: "18:00"}], with quotation marks, or [] when closed.'
    if not isinstance(closed_dates, list):
        yield "closed_dates", f"is '{closed_dates}'; write dates in brackets: [\"2027-01-01\"]."
        return
    for day in closed_dates:
        if not _is_date(day):
            yield "closed_dates", f"'{day}' is no date; write it like \"2027-01-01\"."


def _is_zone(name: Any) -> bool:
    try:
        ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_spell(spell: Any) -> bool:
    # Without quotation marks YAML reads 18:00 as the number 1080.
    return (
        isinstance(spell, Mapping)
        and set(spell) == {"open", "close"}
        and all(isinstance(time, str) and _TIME.fullmatch(time) for time in spell.values())
    )


def _is_date(day: Any) -> bool:
    try:
        date.fromisoformat(str(day))
    except ValueError:
        return False
    return True
