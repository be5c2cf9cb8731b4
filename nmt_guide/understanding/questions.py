"""Takes a message apart into the questions that it asks."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENERS = (
    "how|how's|hows|what|what's|whats|when|where|who|who's|whos|why|which|can|could|do|does|did|is|are|am|will|would|should|shall|"
    "may|might|must|ought|any|have|has|was|were|i want|i'd like|i would like|i need|tell me|to"
)
#: A full stop after these ends no sentence.
_SHORTENED = re.compile(r"\b(st|dr|mr|mrs|ms|prof|vs|approx|e\.g|i\.e)\.(?= )", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[?!.;])\s+|\n+")
#: A new question begins after "and", "also", a comma.
_JOINT = re.compile(
    rf"(?:\s*,\s*|\s+)(?:and also|and then|oh and|and|also|plus|or|but|&)\s+(?=(?:{_OPENERS})\b)"
    rf"|\s*,\s*(?=(?:{_OPENERS})\b)|\s+(?:also|plus)\s+|(?<=\?)\s*",
    re.IGNORECASE,
)
_ASKS = re.compile(rf"^(?:(?:so|ok|okay|hi|hello|hey|and|also|please|well|oh)[ ,]+)*(?:{_OPENERS})\b", re.IGNORECASE)


#: Where a clause ends: signs, and words that join.
_CLAUSE_END = re.compile(r"\s*[.?!;,:+&()\n]+\s*|\s+-+\s+|\s+(?:and|also|plus|or|but|an|n)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """A part of a message.

    Attributes:
        text: its words.
        asks: whether it has the form of a question or a wish.
    """

    text: str
    asks: bool


def pieces(text: str) -> list[Piece]:
    """The questions of a message, each with what was told before it.

    "I'm 20 weeks pregnant. Is it OK for me, and what's the fee?" holds two: the first with its statement before it.

    Args:
        text: the message, spelling put right.
    """
    found: list[Piece] = []
    told = ""
    for sentence in sentences(text):
        for part in _JOINT.split(sentence):
            words = part.strip(" ,.;")
            if not words:
                continue
            if _ASKS.match(words) or words.endswith("?"):
                found.append(Piece(f"{told} {words}".strip(), True))
                told = ""
            else:
                told = f"{told} {words}.".strip()
    if told:
        found.append(Piece(told, False))
    return found


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [sentence.strip() for sentence in _SENTENCE.split(_SHORTENED.sub(r"\1", text)) if sentence.strip()]


def clauses(text: str) -> list[str]:
    """The clauses of a text, each once, whether or not they ask anything: "vouchers and opening hours" has two."""
    parts = (part.strip() for part in _CLAUSE_END.split(_SHORTENED.sub(r"\1", text)))
    return list(dict.fromkeys(part for part in parts if part))
