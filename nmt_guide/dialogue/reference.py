"""Whom a message means, of the therapists that were shown: "the second one", "Ben", "she"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from nmt_guide.dialogue.reading import number, ordinal
from nmt_guide.directory.model import Therapist

_T = TypeVar("_T")

_GENDERS = {"she": "female", "her": "female", "hers": "female", "he": "male", "him": "male", "his": "male"}
_ONE = re.compile(
    r"\b(?:she|he|her|him|his|hers|this (?:one|person|therapist)|that (?:one|person|therapist)|the (?:wom[ae]n|man|lady|guy))\b",
    re.IGNORECASE,
)
_SOMEONE = re.compile(r"\b(?:they|them|their)\b", re.IGNORECASE)
#: Many first names are words ("will it hurt"): one counts as a name behind such a word, alone, or with a capital letter
#: inside the message.
_NAMED = (
    r"(?i:^\W*(?:(?:tell me|what|how|and|more|about|ok)\W+)*{name}(?:['’]?s)?\W*$|\b{name}['’]s\b"
    r"|\b(?:does|is|can|has|about|with|see|book|call) {name}\b)|(?<=\w\W){name}\b"
)


def at(several: Sequence[_T], place: int | None) -> _T | None:
    """What stands at a place, from 0, -1 for the last; nothing when nothing stands there."""
    return several[place] if place is not None and several and -1 <= place < len(several) else None


def by_place(text: str, several: Sequence[_T], page: int) -> _T | None:
    """What "number 4" or "the second one" means.

    Args:
        text: the message.
        several: everything that was shown; its numbers go on from page to page.
        page: how many were shown last: "the second one" is one of those, if it can be.
    """
    if (said := number(text)) is not None:
        return at(several, said - 1)
    place = ordinal(text)
    return at(several[len(several) - page :], place) or at(several, place)


def by_name(text: str, several: Sequence[Therapist]) -> Therapist | None:
    """Who is named by first name, last name or both."""
    for person in several:
        if person.name.lower() in text.lower():
            return person
        for name in person.name.split():
            if len(name) > 1 and re.search(_NAMED.format(name=re.escape(name)), text):
                return person
    return None


def speaks_of_one(text: str) -> bool:
    """Whether the message says "she", "him" or "this one"."""
    return bool(_ONE.search(text))


def speaks_of_some(text: str) -> bool:
    """Whether the message says "they", which may be one therapist, or anybody else."""
    return bool(_SOMEONE.search(text))


def by_pronoun(text: str, several: Sequence[Therapist], focus: str | None) -> Therapist | None:
    """Whom "she" means: who was talked about last, or else the only one whom it fits.

    Args:
        text: the message.
        several: everybody who was shown.
        focus: id of who was talked about last.
    """
    match = _ONE.search(text)
    wanted = _GENDERS.get(match[0].lower()) if match else None
    fitting = [person for person in several if wanted in (None, person.gender)]
    talked_about = next((person for person in fitting if person.id == focus), None)
    return talked_about or (fitting[0] if len(fitting) == 1 else None)
