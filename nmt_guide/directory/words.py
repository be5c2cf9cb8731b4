"""Matches what clients call a problem ("jaw work", "TMJ") with what therapists call it ("jaw pain").

The facets of the knowledge say which words mean the same; what they do not know is compared word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.engine import Engine

from nmt_guide.directory.gazetteer import key_of
from nmt_guide.directory.places import words_of
from nmt_guide.directory.store import plain_errors
from nmt_guide.knowledge import tables as t

#: What therapists are good at is one of these.
_FACETS = ("condition", "location", "technique", "modality", "population", "sport", "activity", "surgery")

#: Words that say nothing of the problem.
_EMPTY = words_of(
    "a an and the of for with in on my or to after before work works therapy therapist therapies treatment massage "
    "specialist specialize specializes specialise specialises does do who good at pain pains ache aches problem problems "
    "issue issues trouble other people clients"
)
_LONGEST = 5

#: By facet and id: the names of a value, and the value that it is a kind of.
Vocabulary = Mapping[tuple[str, str], tuple[tuple[str, ...], str | None]]


def vocabulary_version(engine: Engine) -> str | None:
    """Changes when new content is loaded."""
    with plain_errors(engine), engine.connect() as connection:
        version: str | None = connection.execute(select(t.release.c.fingerprint)).scalar()
        return version


def vocabulary(engine: Engine) -> Vocabulary:
    """What the loaded content calls the problems that clients have.

    Raises:
        StoreUnavailable: the database cannot be used.
    """
    found: dict[tuple[str, str], tuple[list[str], str | None]] = {}
    with plain_errors(engine), engine.connect() as connection:
        values = t.facet_value
        for row in connection.execute(select(values).where(values.c.facet.in_(_FACETS))):
            found[row.facet, row.id] = ([row.id.replace("_", " "), row.name], row.parent)
        wordings = t.facet_synonym
        for row in connection.execute(select(wordings).where(wordings.c.facet.in_(_FACETS))):
            found[row.facet, row.value][0].append(row.wording)
    return {key: (tuple(names), parent) for key, (names, parent) in found.items()}


class Words:
    """Knows which words mean the same.

    Args:
        known: what `vocabulary` returned.
    """

    def __init__(self, known: Vocabulary) -> None:
        self._known = known
        self._meanings: dict[tuple[str, ...], set[tuple[str, str]]] = {}
        for value, (names, _) in known.items():
            for name in names:
                self._meanings.setdefault(_stems(name), set()).add(value)
        self._meanings.pop((), None)

    def said_by_therapist(self, speciality: str) -> frozenset[str]:
        """What a therapist's speciality stands for: its words, what they mean, and what that is a kind of."""
        stems = _stems(speciality)
        terms = set(stems)
        for facet, value in self._meant(stems):
            names, parent = self._known[facet, value]
            terms.update(_stems(names[1]))
            current: str | None = value
            while current is not None and f"{facet}/{current}" not in terms:
                terms.add(f"{facet}/{current}")
                parent = self._known[facet, current][1]
                current = parent
        return frozenset(terms)

    def wished(self, words: str) -> tuple[frozenset[str], tuple[str, ...]]:
        """What a client's words mean, of which one is enough, and the words, of which all are needed."""
        stems = _stems(words.replace("_", " "))
        return frozenset(f"{facet}/{value}" for facet, value in self._meant(stems)), stems

    def _meant(self, stems: tuple[str, ...]) -> Iterable[tuple[str, str]]:
        """The longest meanings in some words: "low back" is not "back" too."""
        start = 0
        while start < len(stems):
            for end in range(min(len(stems), start + _LONGEST), start, -1):
                if meant := self._meanings.get(stems[start:end]):
                    yield from meant
                    start = end - 1
                    break
            start += 1


def _stems(text: str) -> tuple[str, ...]:
    """The words that matter, without their plural: ("low", "back")."""
    words = (word for word in re.findall(r"\w+", key_of(text)) if word not in _EMPTY)
    return tuple(
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in words
    )
