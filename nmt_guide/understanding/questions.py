"""Takes a message apart into the clauses that may each be a question of their own."""

from __future__ import annotations

import re

#: A sentence ends; or a new question begins after "and", "also", a comma.
_SENTENCE = re.compile(r"(?<=[?!.;])\s+|\n+")
_OPENERS = (
    "how|what|whats|what's|when|where|who|whos|who's|why|which|can|could|do|does|did|is|are|am|will|would|should|shall|"
    "may|must|any|have|has|was|were"
)
_JOINT = re.compile(
    rf"(?:\s*,\s*|\s+)(?:and|also|plus|or|but|&|oh and|and also|and then)\s+(?:also\s+)?(?=(?:{_OPENERS})\b)"
    rf"|\s*,\s*(?=(?:{_OPENERS})\b)|\s+(?:also|plus)\s+|\s*\?\s*",
    re.IGNORECASE,
)
#: Shorter pieces say nothing by themselves.
_FEWEST_WORDS = 2


def clauses(text: str) -> list[str]:
    """The pieces of a message that may be questions, in order; the whole message when there is only one.

    Args:
        text: the message, spelling put right.
    """
    pieces = [piece.strip(" ,.;") for sentence in _SENTENCE.split(text) for piece in _JOINT.split(sentence)]
    kept = [piece for piece in pieces if len(piece.split()) >= _FEWEST_WORDS]
    return kept if len(kept) > 1 else [text]


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [piece.strip() for piece in _SENTENCE.split(text) if piece.strip()]
