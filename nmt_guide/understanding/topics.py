"""Which topic a message is about: kernel ridge regression over meaning and spelling.

Two messages are similar when their sentence vectors are (meaning) and when they share words and letters (spelling).
The similarity of a message to every example question, weighed, gives each topic a score. With the squared loss the
weights follow from one linear system, so that training takes seconds, and so does the score that every example
would get from a model trained without it: confidence is calibrated on those.

Source: Rifkin, Yeo & Poggio 2003, "Regularized least-squares classification"; the leave-one-out formula is equation
4.28 of Rifkin & Lippert 2007, MIT-CSAIL-TR-2007-025. Sums of kernels: Shawe-Taylor & Cristianini 2004, section 3.4.
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


@dataclass(frozen=True)
class Scores:
    """What the classifier says of one message.

    Attributes:
        ranking: every label with its score, best first. Scores are near 1 for a sure label and near 0 for others.
        confidence: probability that the first label is right, calibrated on held-out examples.
    """

    ranking: list[tuple[str, float]]
    confidence: float


class TopicModel:
    """The classifier. `fit` it, or make it from what `state` returned."""

    def __init__(self, options: Options = Options()) -> None:  # noqa: B008 (frozen)
        self.options = options

    def fit(self, texts: Sequence[str], vectors: Floats, labels: Sequence[str]) -> TopicModel:
        """Learn from examples.

        Args:
            texts: example messages, spelling put right.
            vectors: their sentence vectors, shape (n, 384), each of length 1.
            labels: their topics.
        """
        self.labels = np.array(sorted(set(labels)))
        self._words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b", dtype=np.float32)
        self._chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2, dtype=np.float32)
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
        held_out = targets - self.weights / self._inverse_diagonal(factor)[:, None]
        self._calibrate(held_out, positions)
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

    def held_out_scores(self) -> Floats:
        """The scores that each example gets from a model trained without it, shape (n, labels)."""
        return self._held_out

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
            "calibration": self._calibration,
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
        model._calibration = state["calibration"]
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
        confidence = _logistic(self._calibration @ _signals(row[order]))
        return Scores(ranking, float(confidence))

    @staticmethod
    def _inverse_diagonal(factor: Floats) -> Floats:
        inverse, _ = scipy.linalg.lapack.strtri(factor, lower=1)
        return np.einsum("ij,ij->j", inverse, inverse).astype(np.float32)

    def _calibrate(self, held_out: Floats, positions: npt.NDArray[np.int64]) -> None:
        """Platt scaling of score and margin (Platt 1999), on the scores that each example gets when left out."""
        from sklearn.linear_model import LogisticRegression

        self._held_out = held_out
        ordered = -np.sort(-held_out, axis=1)[:, :3]
        right = held_out.argmax(axis=1) == positions
        if right.all() or not right.any():
            self._calibration = np.array([0.0, 4.0, 4.0], dtype=np.float32)
            return
        signals = np.array([_signals(row) for row in ordered])
        fitted = LogisticRegression(fit_intercept=False, C=100.0).fit(signals, right)
        self._calibration = fitted.coef_[0].astype(np.float32)


def _signals(best: Floats) -> Floats:
    """What confidence rests on: a constant, the best score, and its lead over the second."""
    second = best[1] if len(best) > 1 else 0.0
    return np.array([1.0, best[0], best[0] - second], dtype=np.float32)


def _logistic(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-x)))
