"""The pipelines that are compared, and how the answer of each is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from nmt_guide.dialogue.reading import ANSWER_CONFIDENCE
from nmt_guide.evaluation.counts import declines
from nmt_guide.settings import ROOT

Parsed = Mapping[str, Any]


@dataclass(frozen=True)
class Reading:
    """What a pipeline says of a message.

    Attributes:
        labels: ``faq/<topic id>`` or ``follow_up/<kind>``, best first.
        confidence: of the first label, as the pipeline's own fallback sees it or better.
        declined: whether the pipeline, as configured, would not answer.
    """

    labels: list[str]
    confidence: float
    declined: bool


@dataclass(frozen=True)
class Variant:
    """One pipeline.

    Attributes:
        flat: whether topics are intents of their own (``faq__cost``), for want of a response selector.
        config: the pipeline for a number of epochs.
        read: turns what Rasa parsed into a reading.
    """

    name: str
    title: str
    flat: bool
    config: Callable[[int], dict[str, Any]]
    read: Callable[[Parsed], Reading]


#: Rasa allows one slash in an intent, for retrieval intents; this stands for it in flat names.
FLAT_SLASH = "__"
_FALLBACK = "nlu_fallback"


def flat_name(label: str) -> str:
    """A label as an intent of its own."""
    return label.replace("/", FLAT_SLASH)


def _label(name: str) -> str:
    return name.replace(FLAT_SLASH, "/")


def _stock(pipeline: list[dict[str, Any]]) -> dict[str, Any]:
    # Rasa's documentation recommends these two limits for the fallback.
    fallback = {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1}
    return {
        "recipe": "default.v1",
        "language": "en",
        "assistant_id": "benchmark",
        "pipeline": [{"name": "WhitespaceTokenizer"}, *pipeline, fallback],
    }


_COUNT_VECTORS: list[dict[str, Any]] = [
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]


def _recommended(epochs: int) -> dict[str, Any]:
    """What Rasa's documentation recommends for English without pretrained vectors."""
    return _stock(
        [
            {"name": "RegexFeaturizer"},
            {"name": "LexicalSyntacticFeaturizer"},
            *_COUNT_VECTORS,
            {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True},
            {
                "name": "ResponseSelector",
                "epochs": epochs,
                "constrain_similarities": True,
                "retrieval_intent": "faq",
            },
        ]
    )


def _lean(epochs: int) -> dict[str, Any]:
    return _stock([*_COUNT_VECTORS, {"name": "LogisticRegressionClassifier"}])


def _ours(epochs: int) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    return config


def _read_flat(parsed: Parsed) -> Reading:
    """Intents alone. The fallback, when it speaks, stands before the intent that it doubts."""
    ranking = [entry for entry in parsed.get("intent_ranking") or () if entry["name"] != _FALLBACK]
    labels = [_label(str(entry["name"])) for entry in ranking]
    confidence = float(ranking[0]["confidence"]) if ranking else 0.0
    return _reading(labels, confidence, parsed["intent"]["name"] == _FALLBACK)


def _read_recommended(parsed: Parsed) -> Reading:
    """Intents, `faq` spelt out by the response selector, whose confidence counts into the topic's."""
    labels: list[str] = []
    confidence = 0.0
    for entry in parsed.get("intent_ranking") or ():
        if entry["name"] == _FALLBACK:
            continue
        chosen, share = [_label(str(entry["name"]))], 1.0
        if entry["name"] == "faq":
            ranked = parsed["response_selector"]["faq"]["ranking"]
            chosen = [str(one["intent_response_key"]) for one in ranked]
            share = float(ranked[0]["confidence"]) if ranked else 0.0
        if not labels:
            confidence = float(entry["confidence"]) * share
        labels += chosen
    return _reading(labels, confidence, parsed["intent"]["name"] == _FALLBACK)


def _read_ours(parsed: Parsed) -> Reading:
    questions = [question for question in parsed.get("questions") or () if question["ranking"]]
    if not questions:
        return Reading([], 0.0, True)
    best = [question["ranking"][0][0] for question in questions]
    others = [label for label, _ in questions[0]["ranking"]]
    confidence = float(questions[0]["confidence"])
    unsure = len(questions) == 1 and confidence < ANSWER_CONFIDENCE
    return _reading(list(dict.fromkeys(best + others)), confidence, unsure)


def _reading(labels: list[str], confidence: float, declined: bool) -> Reading:
    return Reading(labels, confidence, declined or not labels or declines(labels[0]))


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("ours", "NMT Guide", False, _ours, _read_ours),
        Variant("lean", "stock Rasa, lean", True, _lean, _read_flat),
        Variant("recommended", "stock Rasa, recommended", False, _recommended, _read_recommended),
    )
}
