"""Which topic a message is about, and how sure that is.

Source of the confidence: Platt 1999, "Probabilistic outputs for support vector machines".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nmt_guide.understanding.labels import NO_RED_FLAG, RED_FLAG
from nmt_guide.understanding.network import Floats

#: Intents whose examples are for the safety screen: no topics.
SAFETY_INTENTS = (RED_FLAG, NO_RED_FLAG)
#: Confidence is the logistic function of these times what `signals` lists. Fitted on messages that were
#: written apart from the examples, in scope and out: examples left out of training are harder and mislead.
CALIBRATION = (1.4, 0.95, 0.1, -6.5)
#: Scores this near to 0 or 1 tell no more than others do.
_NEAREST = 1e-3
#: The label of messages that belong to no topic.
OUT_OF_SCOPE = "faq/out_of_scope"
#: How many labels a ranking holds.
_RANKED = 10


@dataclass(frozen=True)
class Scores:
    """What is said of one message.

    Attributes:
        ranking: labels with their scores, best first. Scores are near 1 for a sure label and near 0 for others.
        confidence: probability that the first label is right, calibrated on the development sets.
    """

    ranking: list[tuple[str, float]]
    confidence: float


class TopicReader:
    """Reads topics out of the scores of all labels; red flags are left to the safety screen.

    Args:
        labels: in the order of the scores; they may hold others than topics.
        calibration: see `CALIBRATION`.
    """

    def __init__(self, labels: Sequence[str], calibration: Sequence[float] = CALIBRATION) -> None:
        self._calibration = calibration
        self._columns = [n for n, label in enumerate(labels) if not label.startswith(SAFETY_INTENTS)]
        self._labels = [labels[n] for n in self._columns]
        self._foreign = self._labels.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in self._labels else None

    def read(self, scores: Floats) -> list[Scores]:
        """What scores of shape (n, labels) say of topics: the share of each among all topics."""
        shares = scores[:, self._columns]
        return [self._scores(row / row.sum()) for row in shares]

    def _scores(self, row: Floats) -> Scores:
        order = np.argsort(-row)[:_RANKED]
        ranking = [(self._labels[n], float(row[n])) for n in order]
        foreign = 0.0 if self._foreign in (None, int(order[0])) else float(row[self._foreign])
        seen = signals(ranking[0][1], ranking[1][1] if len(ranking) > 1 else 0.0, foreign)
        return Scores(ranking, logistic(float(np.dot(self._calibration, seen))))


def signals(best: float, second: float, foreign: float) -> tuple[float, float, float, float]:
    """What tells a right answer from a wrong one: a constant, the log-odds of the best score, by how much it is better than
    the second one, and how foreign the message is.

    Args:
        best: score of the first label.
        second: score of the second one.
        foreign: score of `OUT_OF_SCOPE` where another label is first.
    """
    lead = np.log(max(best, _NEAREST) / (second + _NEAREST))
    return 1.0, log_odds(best), float(lead), float(np.sqrt(foreign))


def log_odds(score: float) -> float:
    """The log-odds of a score, which is kept from 0 and 1."""
    kept = min(max(score, _NEAREST), 1.0 - _NEAREST)
    return float(np.log(kept / (1.0 - kept)))


def logistic(x: float) -> float:
    """The probability of log-odds."""
    return float(1.0 / (1.0 + np.exp(-x)))
