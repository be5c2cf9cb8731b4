"""Fits `nmt_guide.understanding.parts.WEIGHTS`: `python -m nmt_guide.evaluation.parts FILE ...`

A file has a message on each line, `topic,topic<tab>message`, with the topics that it asks about. What comes out is the weights,
and for several limits what they would give, on messages that were not fitted (two halves, each with the weights of the other).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from nmt_guide.evaluation.assistant import TrainedAssistant
from nmt_guide.server.build import model_file
from nmt_guide.settings import Settings
from nmt_guide.understanding.components import READER, SPELT
from nmt_guide.understanding.labels import LabelReader
from nmt_guide.understanding.parts import Part, candidates, questions_among
from nmt_guide.understanding.topics import CALIBRATION, Scores, TopicReader

_LIMITS = (0.12, 0.15, 0.18, 0.22, 0.3)
#: scikit-learn's inverse strength of regularization.
_FREEDOM = 3.0
_SEED = 1


@dataclass(frozen=True)
class Labelled:
    """A message with the topics that it asks about, and the parts that may be questions."""

    wanted: frozenset[str]
    whole: Scores
    parts: Sequence[tuple[Part, tuple[float, ...]]]

    def answered(self, weights: Sequence[float], limit: float) -> frozenset[str]:
        """The topics that would be answered."""
        found = {part.label for part in questions_among(self.parts, weights, limit)}
        return frozenset(found if len(found) > 1 else [self.whole.ranking[0][0]])


def read_labelled(assistant: TrainedAssistant, file: Path) -> list[Labelled]:
    """The messages of a file, read by a trained assistant."""
    messages = []
    for line in file.read_text(encoding="utf-8").splitlines():
        topics, _, text = line.partition("\t")
        message, _ = assistant.timed(text)
        reader, spelt = message.get(READER), message.get(SPELT)
        topic_reader = TopicReader(reader.labels, CALIBRATION)
        whole = topic_reader.read(reader.score_message(spelt)[:1])[0]
        parts = candidates(spelt, whole, partial(_read, topic_reader, reader, spelt))
        messages.append(Labelled(frozenset(f"faq/{topic}" for topic in topics.split(",")), whole, parts))
    return messages


def _read(topics: TopicReader, reader: LabelReader, message: str, parts: list[str]) -> list[Scores]:
    return topics.read(reader.score(parts, message))


def fit(messages: Sequence[Labelled]) -> list[float]:
    """The weights."""
    from sklearn.linear_model import LogisticRegression

    seen = [(signals, part.label in one.wanted) for one in messages for part, signals in one.parts]
    model = LogisticRegression(C=_FREEDOM, fit_intercept=False, max_iter=3000)
    model.fit(np.array([signals for signals, _ in seen]), np.array([right for _, right in seen]))
    return [round(float(weight), 2) for weight in model.coef_[0]]


def report(messages: Sequence[Labelled]) -> str:
    """What several limits give, on messages that were not fitted."""
    order = np.random.default_rng(_SEED).permutation(len(messages))
    halves = [[messages[n] for n in order[start::2]] for start in (0, 1)]
    weights = [fit(half) for half in halves]
    lines = []
    for limit in _LIMITS:
        said = [
            (one.wanted, one.answered(other, limit))
            for half, other in zip(halves, reversed(weights), strict=True)
            for one in half
        ]
        several = [len(wanted & found) / len(wanted) for wanted, found in said if len(wanted) > 1]
        more = [len(found) > 1 for wanted, found in said if len(wanted) == 1]
        lines.append(
            f"from {limit:.2f} on: {np.mean(several):.3f} of several questions found, "
            f"{np.mean(more):.3f} of single ones answered more than once"
        )
    return "\n".join(lines)


def main(files: Sequence[str]) -> None:
    """Fit and report."""
    assistant = TrainedAssistant.load(model_file(Settings()))
    messages = [one for file in files for one in read_labelled(assistant, Path(file))]
    print(report(messages))
    print("WEIGHTS =", tuple(fit(messages)))


if __name__ == "__main__":
    main(sys.argv[1:])
