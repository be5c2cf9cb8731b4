"""Which topic a message is about: a kernel ridge regression and small networks, heard together.

Source of the confidence: Platt 1999, "Probabilistic outputs for support vector machines".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nmt_guide.understanding.network import Network, NetworkOptions
from nmt_guide.understanding.ridge import KernelRidge, RidgeOptions
from nmt_guide.understanding.spelling import Spelling

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Options:
    """What may be tuned; the defaults were chosen by `nmt-guide evaluate`."""

    ridge: RidgeOptions = field(default_factory=RidgeOptions)
    networks: tuple[NetworkOptions, ...] = (
        NetworkOptions(),
        NetworkOptions(sketch=2048, spelling_weight=0.35, hidden=768, passes=12, smoothing=0.1, seed=3),
    )
    #: What the networks' mean counts beside the ridge regression (1).
    network_weight: float = 0.3
    #: Confidence is the logistic function of these times the signals that `_signals` lists. Fitted on the development
    #: sets, in scope and out: example questions left out of training are harder than clients' messages and mislead.
    calibration: tuple[float, ...] = (-0.3, 0.5, 4.5, -8.6, -3.6, 3.5)
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
        self._spelling = Spelling(texts)
        spelling = self._spelling.matrix(texts)
        targets = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        targets[np.arange(len(texts)), np.searchsorted(self.labels, np.array(labels))] = 1.0
        networks = options.networks if len(self.labels) > 1 else ()  # one label leaves nothing to tell apart
        self._networks = [Network.fit(network, vectors, spelling, targets) for network in networks]
        self._ridge = KernelRidge.fit(options.ridge, vectors, spelling, targets)

    def predict(self, texts: Sequence[str], vectors: Floats) -> list[Scores]:
        """Scores of messages.

        Args:
            texts: messages, spelling put right.
            vectors: their sentence vectors, shape (n, 384).
        """
        ridge, networks = self._hear(texts, vectors)
        return [self._scores(*heard) for heard in zip(networks, self._together(ridge, networks), strict=True)]

    def score(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """Scores of all labels, shape (n, labels)."""
        return self._together(*self._hear(texts, vectors))

    def _hear(self, texts: Sequence[str], vectors: Floats) -> tuple[Floats, Floats]:
        rows = [self._spelling.row(text) for text in texts]
        heard = [network.score(vectors, rows) for network in self._networks]
        ridge = self._ridge.score(vectors, rows)
        return ridge, np.mean(heard, axis=0, dtype=np.float32) if heard else ridge

    def _together(self, ridge: Floats, networks: Floats) -> Floats:
        share = self.options.network_weight
        together: Floats = (ridge + share * networks) / np.float32(1.0 + share)
        return together

    def _scores(self, networks: Floats, together: Floats) -> Scores:
        order = np.argsort(-together)[:10]
        ranking = [(str(self.labels[n]), float(together[n])) for n in order]
        signals = self._signals(networks, together, order)
        return Scores(ranking, _logistic(float(np.dot(self.options.calibration, signals))))

    def _signals(self, networks: Floats, together: Floats, order: npt.NDArray[np.int64]) -> tuple[float, ...]:
        """What tells a right answer from a wrong one: the best score, its lead, how foreign the message is, how close a
        third label comes to the second, and how sure the networks are of the best."""
        best, second, third = (float(together[n]) for n in (*order, *order[-1:], *order[-1:])[:3])
        first = int(order[0])
        foreign = 0.0 if self._foreign in (None, first) else float(together[self._foreign])
        return 1.0, best, best - second, foreign, second - third, float(networks[first])

    @property
    def _foreign(self) -> int | None:
        found = np.flatnonzero(self.labels == self.options.out_of_scope)
        return int(found[0]) if len(found) else None


def _logistic(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-x)))
