"""Which topic a message is about: small networks, heard together; beside them, where examples are few, a kernel ridge
regression.

Source of the confidence: Platt 1999, "Probabilistic outputs for support vector machines".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nmt_guide.understanding.network import Network, NetworkOptions
from nmt_guide.understanding.ridge import KernelRidge, RidgeOptions
from nmt_guide.understanding.spelling import Spelling

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Options:
    """What may be tuned; the defaults were chosen by `nmt-guide evaluate`."""

    #: One network puts the right topic first for 0.91 to 0.95 of the development sets, as chance has it; two of them
    #: together for 0.947 on average, three for 0.950, four for 0.952. A regression beside them added nothing.
    networks: tuple[NetworkOptions, ...] = (
        NetworkOptions(seed=3),
        NetworkOptions(sketch=1536, spelling_weight=0.7, seed=7),
        NetworkOptions(seed=9),
    )
    #: The regression, for what has few examples of each kind; its time grows with the cube of their number.
    ridge: RidgeOptions | None = None
    #: What the networks' mean counts beside the regression (1).
    network_weight: float = 0.3
    #: Confidence is the logistic function of these times the signals that `_signals` lists. Fitted on the development
    #: sets, in scope and out: example questions left out of training are harder than clients' messages and mislead.
    calibration: tuple[float, ...] = (0.32, 2.08, 3.75, -6.9)
    #: The label of messages that belong to no topic.
    out_of_scope: str = "faq/out_of_scope"


@dataclass(frozen=True)
class Scores:
    """What the classifier says of one message.

    Attributes:
        ranking: labels with their scores, best first. Scores are near 1 for a sure label and near 0 for others.
        confidence: probability that the first label is right, calibrated on the development sets.
    """

    ranking: list[tuple[str, float]]
    confidence: float


class TopicModel:
    """The classifier, learnt from examples.

    Args:
        texts: example messages, spelling put right.
        vectors: their sentence vectors, shape (n, 384), each of length 1.
        labels: their topics.
        options: what may be tuned.
    """

    def __init__(
        self, texts: Sequence[str], vectors: Floats, labels: Sequence[str], options: Options = Options()
    ) -> None:
        self.options = options
        self.labels = np.array(sorted(set(labels)))
        self._spelling, spelling = Spelling.learn(texts)
        targets = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        targets[np.arange(len(texts)), np.searchsorted(self.labels, np.array(labels))] = 1.0
        networks = options.networks if len(self.labels) > 1 else ()  # one label leaves nothing to tell apart
        self._networks = [Network.fit(network, vectors, spelling, targets) for network in networks]
        ridge = options.ridge if networks else options.ridge or RidgeOptions()
        self._ridge = None if ridge is None else KernelRidge.fit(ridge, vectors, spelling, targets)

    def predict(self, texts: Sequence[str], vectors: Floats) -> list[Scores]:
        """Scores of messages.

        Args:
            texts: messages, spelling put right.
            vectors: their sentence vectors, shape (n, 384).
        """
        return [self._scores(row) for row in self.score(texts, vectors)]

    def score(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """Scores of all labels, shape (n, labels)."""
        rows = [self._spelling.row(text) for text in texts]
        networks = [network.score(vectors, rows) for network in self._networks]
        if self._ridge is None:
            return np.mean(networks, axis=0, dtype=np.float32)
        scores = self._ridge.score(vectors, rows)
        if networks:
            share = np.float32(self.options.network_weight)
            scores = (scores + share * np.mean(networks, axis=0, dtype=np.float32)) / (1 + share)
        return scores

    def _scores(self, row: Floats) -> Scores:
        order = np.argsort(-row)[:10]
        ranking = [(str(self.labels[n]), float(row[n])) for n in order]
        signals = self._signals(row, order)
        return Scores(ranking, _logistic(float(np.dot(self.options.calibration, signals))))

    def _signals(self, row: Floats, order: npt.NDArray[np.int64]) -> tuple[float, ...]:
        """What tells a right answer from a wrong one: the best score, its lead, and how foreign the message is."""
        best, second = float(row[order[0]]), float(row[order[min(1, len(order) - 1)]])
        foreign = 0.0 if self._foreign in (None, int(order[0])) else float(row[self._foreign])
        return 1.0, best, best - second, foreign

    @property
    def _foreign(self) -> int | None:
        found = np.flatnonzero(self.labels == self.options.out_of_scope)
        return int(found[0]) if len(found) else None


def _logistic(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-x)))
