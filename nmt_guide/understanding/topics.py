"""Which topic a message is about: kernel ridge regression over meaning and spelling.

Two messages are similar when their sentence vectors are (meaning) and when they share words and letters (spelling).
The similarity of a message to every example question, weighed, gives each topic a score. With the squared loss the
weights follow from one linear system, so that training takes seconds.

Source: Rifkin, Yeo & Poggio 2003, "Regularized least-squares classification". Sums of kernels: Shawe-Taylor &
Cristianini 2004, "Kernel methods for pattern analysis", section 3.4. Confidence: Platt 1999, "Probabilistic outputs
for support vector machines".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.linalg
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Options:
    """What may be tuned; the defaults were chosen by `nmt-guide evaluate`."""

    #: How fast similarity of meaning falls with the angle between two vectors: exp(sharpness * (cosine - 1)).
    sharpness: float = 4.0
    #: Weights of shared words and shared letters against similarity of meaning (1).
    word_weight: float = 0.5
    char_weight: float = 0.5
    #: Ridge: how little a single example may pull.
    ridge: float = 0.3
    #: Confidence is the logistic function of these times 1, the best score, its lead over the second, and the score of
    #: `out_of_scope`. Fitted on the development sets, in scope and out: example questions left out of training are
    #: harder than clients' messages and mislead.
    calibration: tuple[float, float, float, float] = (-0.85, 2.8, 10.0, -10.0)
    #: The label of messages that belong to no topic.
    out_of_scope: str = "faq/out_of_scope"


@dataclass(frozen=True)
class Scores:
    """What the classifier says of one message.

    Attributes:
        ranking: every label with its score, best first. Scores are near 1 for a sure label and near 0 for others.
        confidence: probability that the first label is right, calibrated on the development sets.
    """

    ranking: list[tuple[str, float]]
    confidence: float


class TopicModel:
    """The classifier. `fit` it, or make it from what `state` returned."""

    def __init__(self, options: Options = Options()) -> None:
        self.options = options

    def fit(self, texts: Sequence[str], vectors: Floats, labels: Sequence[str]) -> TopicModel:
        """Learn from examples.

        Args:
            texts: example messages, spelling put right.
            vectors: their sentence vectors, shape (n, 384), each of length 1.
            labels: their topics.
        """
        self.labels = np.array(sorted(set(labels)))
        self._words = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b", dtype=np.float32
        )
        self._chars = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2, dtype=np.float32
        )
        self._words.fit(texts)
        self._chars.fit(texts)
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        spelling = self._spelling(texts)

        positions = np.searchsorted(self.labels, np.array(labels))
        targets = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        targets[np.arange(len(texts)), positions] = 1.0

        kernel = self._meaning(self.vectors)
        kernel += (spelling @ spelling.T).toarray()
        kernel[np.diag_indices_from(kernel)] += self.options.ridge
        factor = scipy.linalg.cholesky(kernel, lower=True, overwrite_a=True, check_finite=False)
        del kernel
        self.weights = scipy.linalg.cho_solve((factor, True), targets, check_finite=False).astype(np.float32)
        self.spelling_weights = np.asarray(spelling.T @ self.weights, dtype=np.float32)
        return self

    def predict(self, texts: Sequence[str], vectors: Floats) -> list[Scores]:
        """Scores of messages.

        Args:
            texts: messages, spelling put right.
            vectors: their sentence vectors, shape (n, 384).
        """
        return [self._scores(row) for row in self.score(texts, vectors)]

    def score(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """Scores of all labels, shape (n, labels)."""
        scores: Floats = self._meaning(vectors) @ self.weights
        scores += self._spelling(texts) @ self.spelling_weights
        return scores

    def state(self) -> dict[str, Any]:
        """Everything that `from_state` needs."""
        return {
            "options": self.options,
            "labels": self.labels,
            "words": self._words,
            "chars": self._chars,
            "vectors": self.vectors.astype(np.float16),
            "weights": self.weights.astype(np.float16),
            "spelling_weights": self.spelling_weights.astype(np.float16),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> TopicModel:
        """A model as it was when `state` was called (numbers rounded to 16 bits)."""
        model = cls(state["options"])
        model.labels = state["labels"]
        model._words, model._chars = state["words"], state["chars"]
        model.vectors = state["vectors"].astype(np.float32)
        model.weights = state["weights"].astype(np.float32)
        model.spelling_weights = state["spelling_weights"].astype(np.float32)
        return model

    def _meaning(self, vectors: Floats) -> Floats:
        kernel = vectors @ self.vectors.T
        kernel -= 1.0
        kernel *= self.options.sharpness
        return np.exp(kernel, out=kernel)

    def _spelling(self, texts: Sequence[str]) -> csr_matrix:
        words = self._words.transform(texts) * np.float32(np.sqrt(self.options.word_weight))
        chars = self._chars.transform(texts) * np.float32(np.sqrt(self.options.char_weight))
        return hstack([words, chars], format="csr", dtype=np.float32)

    def _scores(self, row: Floats) -> Scores:
        order = np.argsort(-row)[:10]
        ranking = [(str(self.labels[n]), float(row[n])) for n in order]
        best, second = (ranking[0][1], ranking[1][1]) if len(ranking) > 1 else (ranking[0][1], 0.0)
        foreign = float(row[self._foreign]) if self._foreign is not None and order[0] != self._foreign else 0.0
        return Scores(ranking, _logistic(float(np.dot(self.options.calibration, (1.0, best, best - second, foreign)))))

    @property
    def _foreign(self) -> int | None:
        found = np.flatnonzero(self.labels == self.options.out_of_scope)
        return int(found[0]) if len(found) else None


def _logistic(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-x)))
