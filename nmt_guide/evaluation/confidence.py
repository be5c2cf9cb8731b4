"""Whether a confidence means what it says, and what an answer threshold costs.

Only messages that were read as one question take part: a message taken apart has passed another threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nmt_guide.dialogue.answering import options_of
from nmt_guide.evaluation.counts import Pair, declines
from nmt_guide.evaluation.replies import accepted
from nmt_guide.understanding.topics import OUT_OF_SCOPE, signals

BINS = 10


@dataclass(frozen=True)
class Judged:
    """One message's best guess.

    Attributes:
        right: whether the best label is right; for a message out of scope, whether it declines.
        offered: whether a right topic is among those that would be offered.
        answers: whether the best label is a topic that answers (not a follow-up, not a topic that declines).
        best: score of the best label.
        second: score of the next one.
        foreign: score of `out_of_scope` when it is not the best label itself; 0 when it is none of the ranked.
    """

    right: bool
    offered: bool
    answers: bool
    confidence: float
    best: float
    second: float = 0.0
    foreign: float = 0.0


@dataclass(frozen=True)
class Bin:
    """Messages of similar confidence."""

    confidence: float
    right: float
    count: int


@dataclass(frozen=True)
class Cost:
    """What an answer threshold gives, as shares of the questions and of the messages out of scope."""

    threshold: float
    right: float
    wrong: float
    right_or_offered: float
    declined: float | None


def judge(pairs: Iterable[Pair], in_scope: bool) -> list[Judged]:
    """The best guesses for labelled messages."""
    judged = []
    for row, heard in pairs:
        if len(heard.questions) != 1 or not heard.questions[0]["ranking"]:
            continue
        ranking = heard.questions[0]["ranking"]
        label = str(ranking[0][0])
        ok = accepted(row) if in_scope else set()
        judged.append(
            Judged(
                right=label.removeprefix("faq/") in ok if in_scope else declines(label),
                offered=bool(ok & set(options_of(ranking))),
                answers=label.startswith("faq/") and not declines(label),
                confidence=float(heard.questions[0]["confidence"]),
                best=float(ranking[0][1]),
                second=float(ranking[1][1]) if len(ranking) > 1 else 0.0,
                foreign=float(dict(ranking[1:]).get(OUT_OF_SCOPE, 0.0)),
            )
        )
    return judged


def reliability(judged: Sequence[Judged]) -> list[Bin]:
    """Mean confidence against the share that is right, in bins of equal width (empty ones left out)."""
    bins = []
    for n in range(BINS):
        inside = [one for one in judged if min(int(one.confidence * BINS), BINS - 1) == n]
        if inside:
            confidence = float(np.mean([one.confidence for one in inside]))
            bins.append(Bin(confidence, float(np.mean([one.right for one in inside])), len(inside)))
    return bins


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error: the mean gap between confidence and share, weighed by messages.

    Source: Guo et al. 2017, "On calibration of modern neural networks", equation 3.
    """
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.confidence - one.right) for one in bins) / total if total else None


def fit_calibration(judged: Sequence[Judged]) -> list[float] | None:
    """Constants of the logistic function of `understanding.topics.signals` that predict rightness best.

    Returns:
        The constants; None when there are too few messages, or all are right: then every constant fits.
    """
    from sklearn.linear_model import LogisticRegression

    right = np.array([one.right for one in judged])
    if len(judged) < 20 or right.all() or not right.any():
        return None
    seen = np.array([signals(one.best, one.second, one.foreign)[1:] for one in judged])
    # Next to no regularisation: a few constants cannot overfit hundreds of messages.
    model = LogisticRegression(C=1e4, max_iter=1000).fit(seen, right)
    return [round(float(one), 3) for one in (model.intercept_[0], *model.coef_[0])]


def costs(questions: Sequence[Judged], outside: Sequence[Judged]) -> list[Cost]:
    """What each answer threshold from 0 to 1 gives."""
    found = []
    for threshold in np.linspace(0, 1, 51):
        answered = [one.confidence >= threshold for one in questions]
        right = [one.right and yes for one, yes in zip(questions, answered, strict=True)]
        wrong = [one.answers and yes and not one.right for one, yes in zip(questions, answered, strict=True)]
        offered = [one.offered and not yes for one, yes in zip(questions, answered, strict=True)]
        declined = [one.confidence < threshold or not one.answers for one in outside]
        found.append(
            Cost(
                float(threshold),
                _mean(right),
                _mean(wrong),
                _mean(right) + _mean(offered),
                _mean(declined) if outside else None,
            )
        )
    return found


def auroc(inside: Sequence[Judged], outside: Sequence[Judged], knowing_labels: bool) -> float | None:
    """How well confidence tells questions from messages out of scope: 0.5 is chance, 1 is always.

    Args:
        inside: guesses for questions.
        outside: guesses for messages out of scope.
        knowing_labels: confidence that a message is out of scope counts as such, as the dialogue uses it.
    """
    from sklearn.metrics import roc_auc_score

    if not inside or not outside:
        return None
    scores = [_signed(one) if knowing_labels else one.confidence for one in (*inside, *outside)]
    return float(roc_auc_score([1] * len(inside) + [0] * len(outside), scores))


def _signed(one: Judged) -> float:
    return one.confidence if one.answers else -one.confidence


def _mean(hits: Sequence[bool]) -> float:
    return float(np.mean(hits)) if hits else 0.0
