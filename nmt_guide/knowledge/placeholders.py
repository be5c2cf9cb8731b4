"""Placeholders in texts.

``{emergency_number}`` stands for a number of the clinic's country, ``{clinic.phone}`` for a fact of
`clinic.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from nmt_guide.knowledge.content import Clinic, Content

#: Wider than a right name: what stands in braces and is none would reach the client as it is.
_BRACES = re.compile(r"\{([^{}]*)\}")
#: The gaps between sentences, between list entries and between paragraphs. A fact may be a sentence and end without a full stop.
_GAPS = re.compile(r"((?<=[.!?}])\s+(?=[A-Z{])|\n(?=- )|\n\n)")
_ON = r"[^.!?:;{}]*"
#: What leads up to a way to reach the clinic, and is said in vain without it.
_LEAD = (
    r"(?:(?:please )?(?:to )?(?:call|phone|write to|go to|look at|use|ask for (?:yours|a time) at|(?:book|do it) online at|by phone on|by email at)"
    r"(?: us at)? )?"
)
_NUMBERS = ("emergency_number", "crisis_line", "non_emergency_number", "abuse_line")


def names(text: str) -> list[str]:
    """The names in braces in a text, in order, right or wrong."""
    return _BRACES.findall(text)


def has_loose_braces(text: str) -> bool:
    """Whether a brace stands in a text that belongs to no name."""
    return bool(re.search(r"[{}]", _BRACES.sub("", text)))


def is_known(name: str, clinic: Clinic) -> bool:
    """Whether a name can be filled in: a number of the country, or a key of `clinic.yml`, filled or not."""
    first, _, key = name.partition(".")
    return name in _NUMBERS or (first == "clinic" and key.split(".")[0] in clinic.facts)


def without_empty(text: str, clinic: Clinic) -> str:
    """A text without what the clinic left empty: without that "or ..." of several ways to reach it, else without the sentence.

    Args:
        text: a text of the content files.
        clinic: its facts.

    Returns:
        The text with all other names still in braces; empty when no sentence is left.
    """
    empty = [name for name in names(text) if name not in _NUMBERS and not clinic.text(name.removeprefix("clinic."))]
    if not empty:
        return text
    said = gap = ""
    sentences = _GAPS.split(text)
    for sentence, after in zip(sentences[::2], [*sentences[1::2], ""], strict=True):
        kept = _without(sentence, empty)
        said += gap * bool(said and kept) + kept
        gap = after if kept else max(gap, after, key=lambda one: one.count("\n"))
    return said


def _without(sentence: str, empty: Sequence[str]) -> str:
    """A sentence without the alternatives that name something empty; nothing when it names it otherwise."""
    for name in empty:
        lost = re.escape(f"{{{name}}}")
        sentence = re.sub(rf"(\}}{_ON}?),? or {_ON}{lost}", r"\1", sentence)
        sentence = re.sub(rf"{_LEAD}{lost}{_ON}?,? or (?={_ON}\{{)", "", sentence, flags=re.IGNORECASE)
        sentence = re.sub(rf"\b(us|us first|clinic)(?: at| on|:) {lost}", r"\1", sentence)
    return "" if set(empty) & set(names(sentence)) else sentence[:1].upper() + sentence[1:]


def fill(text: str, content: Content, missing: Callable[[str], str]) -> str:
    """A text as a client reads it.

    Args:
        text: a text of the content files.
        content: where the values come from.
        missing: what to say for a name that the clinic left empty.
    """
    country = content.country
    called = (
        country.emergency,
        country.crisis,
        country.non_emergency or "your doctor",
        country.abuse or "call a helpline near you",
    )
    numbers = dict(zip(_NUMBERS, called, strict=True))

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return numbers.get(name) or content.clinic.text(name.removeprefix("clinic.")) or missing(name)

    return _BRACES.sub(value, text)
