"""Which words and letters a message is made of: TF-IDF over words, pairs of words, and runs of two to five letters.

scikit-learn learns the vocabulary. Its vectorizers cost two milliseconds for a single message, nearly all of it in
building matrices, so that single messages are looked up here.

Source: Salton & Buckley 1988, "Term-weighting approaches in automatic text retrieval" (TF-IDF with logarithmic counts
and rows of length 1). Sketch: Kane & Nelson 2014, "Sparser Johnson-Lindenstrauss transforms".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

Floats = npt.NDArray[np.float32]
#: scikit-learn's options by kind of terms.
_KINDS: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
    "letters": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2},
}


#: The terms of so many words are kept: some megabytes.
_WORDS_KEPT = 4096
_NONE = np.empty(0, dtype=np.int64)


@lru_cache(maxsize=2)
def _analyzer(kind: str) -> Callable[[str], list[str]]:
    analyzer: Callable[[str], list[str]] = CountVectorizer(**_KINDS[kind]).build_analyzer()
    return analyzer


def _count(texts: Sequence[str], **options: object) -> tuple[Sequence[str], csr_matrix]:
    """The terms of texts, and how often each text holds each, shape (texts, terms)."""
    vectorizer = CountVectorizer(**options, dtype=np.float32)
    counts = vectorizer.fit_transform(texts)
    return list(vectorizer.get_feature_names_out()), counts


def _count_letters(texts: Sequence[str]) -> tuple[Sequence[str], csr_matrix]:
    """The same for runs of letters that two texts hold at least. Letters never run across words, so that each word is taken
    apart once: of a hundred thousand texts that takes less than half of the time."""
    words, of_texts = _count(texts, analyzer=lambda text: text.lower().split())
    runs, of_words = _count(words, **{**_KINDS["letters"], "min_df": 1})
    counts = (of_texts @ of_words).tocsc()
    known = np.flatnonzero(np.diff(counts.indptr) >= _KINDS["letters"]["min_df"])
    return [runs[n] for n in known], counts[:, known].tocsr()


class Vocabulary:
    """The terms of one kind (words or letters), each with its column and its inverse document frequency."""

    def __init__(self, columns: dict[str, int], idf: Floats, first: int, kind: str) -> None:
        self.columns, self.idf, self.first, self.kind = columns, idf, first, kind
        self._columns_of = lru_cache(maxsize=_WORDS_KEPT)(self._look_up)

    @classmethod
    def learn(cls, texts: Sequence[str], first: int, kind: str) -> tuple[Vocabulary, csr_matrix]:
        """The terms of these texts, in columns from `first` on, and the rows of the texts."""
        terms, counts = _count_letters(texts) if kind == "letters" else _count(texts, **_KINDS[kind])
        weigh = TfidfTransformer(sublinear_tf=True)
        rows = weigh.fit_transform(counts)
        columns = {term: column for column, term in enumerate(terms)}
        return cls(columns, weigh.idf_.astype(np.float32), first, kind), rows.astype(np.float32)

    def row(self, text: str) -> tuple[npt.NDArray[np.int64], Floats]:
        """Columns and weights of the terms that a text holds; the weights have length 1 together."""
        if self.kind == "letters":
            # Letters never run across words, so that what a word gives is kept; a whole message hardly comes twice.
            found = np.concatenate([_NONE, *map(self._columns_of, text.split())])
        else:
            found = self._look_up(text)
        columns, counts = np.unique(found, return_counts=True)
        weights = (1.0 + np.log(counts)).astype(np.float32) * self.idf[columns]
        return columns + self.first, weights / np.float32(np.linalg.norm(weights) or 1.0)

    def _look_up(self, text: str) -> npt.NDArray[np.int64]:
        known = self.columns
        return np.array([known[term] for term in _analyzer(self.kind)(text) if term in known], dtype=np.int64)

    def __reduce__(self) -> tuple[object, ...]:
        return Vocabulary, (self.columns, self.idf, self.first, self.kind)


class Spelling:
    """Rows of weighted terms, words and letters side by side."""

    def __init__(self, *vocabularies: Vocabulary) -> None:
        self._vocabularies = vocabularies

    @classmethod
    def learn(cls, texts: Sequence[str]) -> tuple[Spelling, csr_matrix]:
        """The terms of these texts, and the rows of the texts, shape (texts, columns)."""
        words, word_rows = Vocabulary.learn(texts, 0, "words")
        letters, letter_rows = Vocabulary.learn(texts, len(words.columns), "letters")
        return cls(words, letters), hstack([word_rows, letter_rows], format="csr", dtype=np.float32)

    def row(self, text: str) -> tuple[npt.NDArray[np.int64], Floats]:
        """Columns and weights of the terms of one text."""
        found = [vocabulary.row(text) for vocabulary in self._vocabularies]
        return np.concatenate([columns for columns, _ in found]), np.concatenate([weights for _, weights in found])


#: Rows that are sketched at once.
_AT_ONCE = 1024


@dataclass(frozen=True)
class Sketch:
    """Rows of 140,000 columns as a thousand numbers, with their angles nearly kept.

    Each column is added to, or taken from, a few of the numbers, which are drawn once.
    """

    places: npt.NDArray[np.integer[Any]]
    signs: npt.NDArray[np.int8]
    size: int

    @classmethod
    def draw(cls, columns: int, size: int, seed: int, each: int = 8) -> Sketch:
        """A sketch of `size` numbers; every column goes to `each` of them."""
        random = np.random.default_rng(seed)
        places = random.integers(size, size=(columns, each), dtype=np.int16)
        signs = random.integers(2, size=(columns, each), dtype=np.int8) * 2 - 1
        return cls(places, signs.astype(np.int8), size)

    @classmethod
    def side_by_side(cls, sketches: Sequence[Sketch]) -> Sketch:
        """One sketch that gives the numbers of several, one after the other."""
        starts = np.cumsum([0, *(sketch.size for sketch in sketches)], dtype=np.int32)
        places = [sketch.places + start for sketch, start in zip(sketches, starts, strict=False)]
        return cls(np.hstack(places), np.hstack([sketch.signs for sketch in sketches]), int(starts[-1]))

    def of(self, columns: npt.NDArray[np.int64], weights: Floats) -> Floats:
        """The sketch of one row, shape (size,)."""
        shares = (weights[:, np.newaxis] * self.signs[columns]).ravel()
        return np.bincount(self.places[columns].ravel(), shares, self.size).astype(np.float32)

    def of_many(self, rows: csr_matrix) -> Floats:
        """The sketches of many rows, shape (rows, size)."""
        columns, each = self.places.shape
        ends = np.arange(columns + 1) * each
        # A copy: scipy sorts a matrix in place, and would leave signs and places of different orders.
        signs = self.signs.ravel().astype(np.float32)
        drawn = csr_matrix((signs, self.places.ravel().copy(), ends), shape=(columns, self.size))
        sketches = np.empty((rows.shape[0], self.size), dtype=np.float32)

        def fill(part: slice) -> None:
            (rows[part] @ drawn).toarray(out=sketches[part])

        # In parts: their products stay in the processor's cache, and all cores work.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(fill, (slice(n, n + _AT_ONCE) for n in range(0, rows.shape[0], _AT_ONCE))))
        return sketches
