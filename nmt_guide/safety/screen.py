"""The safety screen: looks for red flags in every message, before any answer.

Two readers look at a message, and at each of its sentences alone:

    rules       signs found in the words, combined as a clinician wrote it down (`knowledge/rules`)
    examples    how like the messages of a red flag it is, against those that only look like one

A flag is likely when a rule says so or the examples are sure; it is possible when they are not sure. Likely flags
come before everything else; for possible ones the client is asked one short question beside the ordinary answer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nmt_guide.knowledge.content import RedFlag, Sign
from nmt_guide.safety.signs import SignFinder, Text, matching_rules
from nmt_guide.settings import Settings
from nmt_guide.understanding.components import (
    SPELT,
    content_fingerprint,
    content_of,
    full_intent,
    load,
    save,
    shared_encoder,
    vectors_of,
)
from nmt_guide.understanding.encoder import Vectors
from nmt_guide.understanding.questions import sentences
from nmt_guide.understanding.topics import Options, TopicModel

logger = logging.getLogger(__name__)

ALARMS = "alarms"
_NONE = "none"


@dataclass(frozen=True)
class Finding:
    """A red flag that the screen found.

    Attributes:
        score: how like its examples the message is: near 1 for the same, near 0 for others.
        because: the rule's reason, when a rule found it.
        words: the words that made the rule hold.
    """

    flag: str
    likely: bool
    score: float
    because: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thresholds:
    """From which score on a flag is likely or possible. Chosen on the development sets (`nmt-guide evaluate`)."""

    likely: float = 0.45
    possible: float = 0.22
    caution: float = 0.40


class Screen:
    """Reads messages with rules and examples.

    Args:
        model: learnt from the examples; its labels are red flags and `none`.
        signs: what the rules look for.
        flags: rules and levels.
        thresholds: from which score on a flag counts.
    """

    def __init__(
        self, model: TopicModel, signs: Sequence[Sign], flags: Sequence[RedFlag], thresholds: Thresholds
    ) -> None:
        self._model = model
        self._thresholds = thresholds
        self._finder = SignFinder(signs)
        self._rules = {flag.id: flag.rules for flag in flags}
        self._urgent = {flag.id for flag in flags if flag.level.urgent}
        labels = [str(label) for label in model.labels]
        self._columns = {label: n for n, label in enumerate(labels) if label != _NONE}
        self._urgent_columns = [n for label, n in self._columns.items() if label in self._urgent]
        self._caution_columns = [n for label, n in self._columns.items() if label not in self._urgent]

    def read(self, text: str, vector: Vectors) -> list[Finding]:
        """What the screen finds in a message, the most urgent first.

        Args:
            text: the message, spelling put right.
            vector: its sentence vector, shape (384,).
        """
        pieces = [text]
        vectors = vector[np.newaxis]
        parts = sentences(text)
        if len(parts) > 1:
            pieces += parts
            vectors = np.vstack([vectors, shared_encoder().encode(parts)])
        findings = [*self._by_rules(text), *self._by_examples(pieces, vectors)]
        best: dict[str, Finding] = {}
        for finding in findings:
            known = best.get(finding.flag)
            if known is None or (finding.likely, finding.score) > (known.likely, known.score):
                best[finding.flag] = finding
        return sorted(best.values(), key=lambda f: (not f.likely, f.flag not in self._urgent, -f.score))

    def scores(self, texts: Sequence[str], vectors: Vectors) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Scores of all labels, the best over the pieces of a message, shape (labels,)."""
        return self._model.score(texts, vectors).max(axis=0)

    def _by_rules(self, text: str) -> Iterable[Finding]:
        found = self._finder.find(Text(text))
        for flag, rules in self._rules.items():
            for rule, places in matching_rules(rules, found):
                words = tuple(place.words for place in places)
                yield Finding(flag, rule.likely, 1.0 if rule.likely else 0.5, rule.because, words)

    def _by_examples(self, pieces: Sequence[str], vectors: Vectors) -> Iterable[Finding]:
        scores = self._model.score(pieces, vectors)
        limits = self._thresholds
        # Flags share symptoms, so what counts is that it is some urgent flag; the best one gives the words.
        for columns, sure, unsure in (
            (self._urgent_columns, limits.likely, limits.possible),
            (self._caution_columns, limits.caution, limits.caution),
        ):
            if not columns:
                continue
            together = scores[:, columns].sum(axis=1)
            piece = int(together.argmax())
            total = float(together[piece])
            if total >= unsure:
                column = columns[int(scores[piece, columns].argmax())]
                yield Finding(str(self._model.labels[column]), total >= sure, total)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SafetyScreen(IntentClassifier, GraphComponent):
    """The screen as a graph component: sets `alarms`, and the intent `red_flag` when one is likely and urgent."""

    def __init__(
        self, config: dict[str, Any], screen: Screen | None, storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = config
        self._screen = screen
        self._storage, self._resource = storage, resource

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The thresholds, and how many ordinary questions the screen learns from."""
        return {**asdict(Thresholds()), "ordinary_examples": 4000, "ridge": 0.3, "sharpness": 4.0}

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> SafetyScreen:
        """See parent class."""
        return cls(config, None, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SafetyScreen:
        """See parent class."""
        state, signs, flags = load(model_storage, resource)
        screen = Screen(TopicModel.from_state(state), signs, flags, cls._thresholds(config))
        return cls(config, screen, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The examples come from the content files."""
        return content_fingerprint()

    @staticmethod
    def _thresholds(config: dict[str, Any]) -> Thresholds:
        return Thresholds(config["likely"], config["possible"], config["caution"])

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the messages of the red flags, their lookalikes, and ordinary questions."""
        chosen: list[Message] = []
        labels: list[str] = []
        ordinary: list[Message] = []
        for example in training_data.intent_examples:
            if not example.get(SPELT):
                continue
            if example.get(INTENT) == "red_flag":
                chosen.append(example)
                labels.append(full_intent(example).partition("/")[2])
            elif example.get(INTENT) == "no_red_flag":
                chosen.append(example)
                labels.append(_NONE)
            elif full_intent(example) not in _ABOUT_DANGER:
                ordinary.append(example)
        step = max(1, len(ordinary) // int(self._config["ordinary_examples"]))
        chosen += ordinary[::step]
        labels += [_NONE] * len(ordinary[::step])
        options = Options(sharpness=self._config["sharpness"], ridge=self._config["ridge"])
        model = TopicModel(options).fit([e.get(SPELT) for e in chosen], vectors_of(chosen), labels)
        content = content_of(Settings().content_dir)
        flags = tuple(flag.copy(update={"present": (), "not_present": ()}) for flag in content.red_flags)
        save((model.state(), content.signs, flags), self._storage, self._resource)
        self._screen = Screen(model, content.signs, flags, self._thresholds(self._config))
        return self._resource

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        """Set the alarms."""
        for message in messages:
            text = message.get(SPELT)
            if not text or self._screen is None:
                continue
            findings = self._screen.read(text, vectors_of([message])[0])
            for finding in findings:
                logger.info("Red flag %s", finding)
            message.set(ALARMS, [{"flag": f.flag, "likely": f.likely, "score": round(f.score, 3)} for f in findings], add_to_output=True)
            urgent = [f for f in findings if f.likely and f.flag in self._screen._urgent]
            if urgent:
                message.set(INTENT, {"name": "red_flag", "confidence": min(urgent[0].score, 1.0)}, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing learns from what the screen says of the examples."""
        return training_data


#: Topics whose example questions are close to an emergency by themselves; they teach the screen nothing.
_ABOUT_DANGER = frozenset(f"faq/{topic}" for topic in ("red_flags", "crisis_support", "rf_abuse", "feelings_support"))
