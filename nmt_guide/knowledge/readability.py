"""How hard a text is to read."""

from __future__ import annotations

import re

import textstat

_PLACEHOLDER = re.compile(r"\{[^}]*\}")


def words(text: str) -> int:
    """Number of words in a text."""
    return len(text.split())


def grade(text: str) -> float:
    """Flesch-Kincaid grade: the years of (US) schooling that a text asks for.

    Placeholders count as one everyday word.

    Source: Kincaid et al. 1975, Research Branch Report 8-75, as measured by the library textstat.
    """
    return float(textstat.flesch_kincaid_grade(_PLACEHOLDER.sub("clinic", text)))
