"""Placeholders in texts.

``{emergency_number}`` stands for a number of the clinic's country, ``{clinic.phone}`` for a fact of
`clinic.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nmt_guide.knowledge.content import Clinic, Content

#: Wider than a right name: what stands in braces and is none would reach the client as it is.
_BRACES = re.compile(r"\{([^{}]*)\}")
_NUMBERS = ("emergency_number", "crisis_line", "non_emergency_number")


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


def fill(text: str, content: Content, missing: Callable[[str], str]) -> str:
    """A text as a client reads it.

    Args:
        text: a text of the content files.
        content: where the values come from.
        missing: what to say for a name that the clinic left empty.
    """
    country = content.country
    numbers = dict(
        zip(_NUMBERS, (country.emergency, country.crisis, country.non_emergency or "your doctor"), strict=True)
    )

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return numbers.get(name) or content.clinic.text(name.removeprefix("clinic.")) or missing(name)

    return _BRACES.sub(value, text)
