"""Cross-validation of the example questions: to find faulty examples, not to choose thresholds.

It misleads here: examples of one topic were written in one go, so neither the accuracy nor the confidence of
those left out is that of clients' messages. On public sets of real users' messages cross-validation gave
0.84-0.92 where the messages themselves gave 0.65-0.87, and thresholds chosen by it did not hold. The labelled
sets are messages like those of clients: what is said of the assistant is said of them.
"""

from __future__ import annotations

import hashlib
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nmt_guide.evaluation.assistant import TrainedAssistant
from nmt_guide.evaluation.counts import Figures
from nmt_guide.evaluation.shares import Share
from nmt_guide.understanding.encoder import Vectors, stamp
from nmt_guide.understanding.labels import LabelModel
from nmt_guide.understanding.topics import TopicReader

NOTE = (
    "Cross-validation misleads here: examples of a topic were written together, and the encoder has learnt from "
    "all of them, so that neither the accuracy nor the confidence of those left out is that of clients' messages. "
    "Choose no threshold by it. Use the table of confused topics to find faulty examples; judge the assistant by "
    "the labelled sets."
)


def cross_validate(
    assistant: TrainedAssistant, examples: Sequence[tuple[str, str]], folds: int, cache: Path
) -> Figures:
    """Accuracy of the topic model on examples that it did not learn from.

    Args:
        assistant: holds spelling correction, encoder and calibration.
        examples: texts with labels.
        folds: in how many parts the examples are cut.
        cache: file for the sentence vectors, which take longest.
    """
    from sklearn.model_selection import StratifiedKFold

    texts, vectors = _vectors(assistant, [text for text, _ in examples], cache)
    labels = np.array([label for _, label in examples])
    calibration = assistant.calibration()
    first: list[bool] = []
    three: list[bool] = []
    by_fold: list[float] = []
    confused: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a label with fewer examples than folds is missing in some of them
        parts = list(splitter.split(texts, labels))
    for learn, test in parts:
        model = LabelModel([texts[n] for n in learn], vectors[learn], labels[learn].tolist())
        reader = TopicReader(model.labels, calibration)
        predicted = reader.read(model.score([texts[n] for n in test], vectors[test]))
        hits = []
        for n, scores in zip(test, predicted, strict=True):
            ranking = [label for label, _ in scores.ranking[:3]]
            hits.append(ranking[0] == labels[n])
            three.append(labels[n] in ranking)
            if not hits[-1]:
                pair = (str(labels[n]), ranking[0])
                confused[pair] += 1
                example.setdefault(pair, examples[n][0])
        first += hits
        by_fold.append(round(float(np.mean(hits)), 4))
    return {
        "folds": folds,
        "first": Share.of_all(first),
        "three": Share.of_all(three),
        "by_fold": by_fold,
        "confusions": [
            {
                "topic": topic,
                "taken_for": taken,
                "count": n,
                "of": int((labels == topic).sum()),
                "example": example[topic, taken],
            }
            for (topic, taken), n in confused.most_common(40)
        ],
        "note": NOTE,
    }


def _vectors(assistant: TrainedAssistant, texts: Sequence[str], cache: Path) -> tuple[list[str], Vectors]:
    """Texts, spelling put right, and their sentence vectors, kept in a file until the examples change."""
    from nmt_guide.understanding.components import SPELT, vectors_of

    key = hashlib.sha256("\n".join([str(stamp()), *texts]).encode()).hexdigest()
    if cache.exists():
        with np.load(cache, allow_pickle=False) as kept:
            if str(kept["key"]) == key:
                return [str(text) for text in kept["texts"]], kept["vectors"]
    messages: list[Any] = assistant.understood(texts)
    spelt = [str(message.get(SPELT) or text) for message, text in zip(messages, texts, strict=True)]
    vectors = vectors_of(messages)
    cache.parent.mkdir(parents=True, exist_ok=True)
    np.savez(cache, key=key, texts=np.array(spelt), vectors=vectors)
    return spelt, vectors
