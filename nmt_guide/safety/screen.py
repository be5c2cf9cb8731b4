"""The safety screen: looks for red flags in every message, before any answer.

Two readers look at a message, and at each of its sentences alone:

    rules       signs found in the words, combined as a clinician wrote it down (`knowledge/rules`)
    examples    how like the messages of a red flag it is, against those that only look like one

A flag is likely when a rule says so or the examples are sure; it is possible when they are not sure. Likely flags
come before everything else; for possible ones the client is asked one short question beside the ordinary answer.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
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

from nmt_guide.knowledge.content import Level, RedFlag, Rule, Sign
from nmt_guide.safety.signs import SignFinder, Text, matching_rules, not_denied
from nmt_guide.settings import Settings
from nmt_guide.understanding.components import (
    SPELT,
    code_fingerprint,
    content_fingerprint,
    content_of,
    full_intent,
    load,
    save,
    shared_encoder,
    vectors_of,
)
from nmt_guide.understanding.encoder import Vectors
from nmt_guide.understanding.network import NetworkOptions
from nmt_guide.understanding.questions import sentences
from nmt_guide.understanding.ridge import RidgeOptions
from nmt_guide.understanding.topics import Floats, Options, TopicModel

logger = logging.getLogger(__name__)

ALARMS = "alarms"
_NONE = "none"
_CARE = "care"
#: Levels, the most urgent first; "when unsure between two levels, the more urgent one".
_URGENCY = [Level.EMERGENCY, Level.CRISIS, Level.SAME_DAY, Level.HANDOFF, Level.DOCTOR_FIRST]
#: With so few messages of each flag the regression hears more than networks alone do (0.97 caught against 0.91); one
#: network beside it lowers the false alarms from 0.017 to 0.014, a second adds nothing.
_NETWORK = NetworkOptions(sketch=1024, spelling_weight=0.5, hidden=512, smoothing=0.05)
_OPTIONS = Options(ridge=RidgeOptions(), networks=(_NETWORK,))
#: A flag with this share of the best weight is about as likely as the best one.
_AS_LIKELY = 0.6


#: So many pieces of a message are read each for itself: of more sentences, neighbours are read together. A message of
#: four thousand characters holds hundreds, which would keep everybody else waiting for seconds.
_MOST_PIECES = 24
#: So many characters of the message before are read along.
_MOST_BEFORE = 600


def _parts(text: str) -> list[str]:
    """The sentences of a message, each once; of very many, neighbours together."""
    different = list(dict.fromkeys(sentences(text)))
    each = -(-len(different) // _MOST_PIECES) or 1
    return [" ".join(different[n : n + each]) for n in range(0, len(different), each)]


@dataclass(frozen=True)
class Finding:
    """A red flag that the screen found.

    Attributes:
        score: how like the examples of such flags the message is: near 1 for the same, near 0 for others.
        because: the reason in plain words.
        words: the words that made the rule hold.
    """

    flag: str
    likely: bool
    score: float
    because: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thresholds:
    """From which score of the examples on a flag counts; chosen on the development sets (`nmt-guide evaluate`).

    Attributes:
        likely: an urgent flag is likely by the examples alone.
        likely_with_rule: it is likely when a decisive rule holds too.
        likely_with_emergency_rule: the same when that rule is about an emergency, a crisis or abuse: a warning too many
            does less harm there than one too few.
        possible: it is possible: a screening question is asked.
        possible_with_rule: the same when any rule holds.
        caution: "ask your doctor first" by the examples alone.
        caution_with_rule: the same when a rule holds.
    """

    likely: float = 0.50
    likely_with_rule: float = 0.45
    likely_with_emergency_rule: float = 0.32
    possible: float = 0.36
    possible_with_rule: float = 0.12
    caution: float = 0.25
    caution_with_rule: float = 0.08


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
        self._level = {flag.id: flag.level for flag in flags}
        self._urgent = {flag.id for flag in flags if flag.level.urgent}
        labels = [str(label) for label in model.labels]
        self._columns = {label: n for n, label in enumerate(labels) if label not in (_NONE, _CARE)}
        self._urgent_columns = [n for label, n in self._columns.items() if label in self._urgent]
        self._caution_columns = [n for label, n in self._columns.items() if label not in self._urgent]

    def read(self, text: str, vector: Vectors, before: str = "") -> list[Finding]:
        """What the screen finds in a message, the most urgent first.

        Args:
            text: the message, spelling put right.
            vector: its sentence vector, shape (384,).
            before: the client's message before it: a symptom may be spread over two ("my back hurts", "and I can't
                feel when I pee"). It is read along only when this one alone is a reason to.
        """
        findings = self._read(text, vector)
        if before and any(not finding.likely for finding in findings):
            both = f"{before[-_MOST_BEFORE:]}. {text}"
            more = self._read(both, shared_encoder().encode([both])[0])
            return more if any(finding.likely for finding in more) else findings
        return findings

    def _read(self, text: str, vector: Vectors) -> list[Finding]:
        pieces = [text]
        vectors = vector[np.newaxis]
        parts = _parts(text)
        if parts != [text]:
            pieces += parts
            vectors = np.vstack([vectors, shared_encoder().encode_each(parts)])
        scores = self._model.score(pieces, vectors)
        findings = self._decide(scores, self._by_rules(text))
        return sorted(findings, key=lambda f: (not f.likely, f.flag not in self._urgent, -f.score))

    def _by_rules(self, text: str) -> dict[str, tuple[Rule, tuple[str, ...]]]:
        """By flag the rule that holds, a decisive one first, with the words that make it hold."""
        present = not_denied(self._finder.find(Text(text)))
        held: dict[str, tuple[Rule, tuple[str, ...]]] = {}
        for flag, rules in self._rules.items():
            matches = sorted(matching_rules(rules, present), key=lambda match: not match[0].likely)
            if matches:
                rule, places = matches[0]
                held[flag] = (rule, tuple(place.words for place in places))
        return held

    def _decide(self, scores: Floats, held: dict[str, tuple[Rule, tuple[str, ...]]]) -> list[Finding]:
        """Weighs examples and rules. Flags share symptoms, so what counts is the sum over all flags of a kind: whether
        it is some urgent flag is surer than which one."""
        limits = self._thresholds
        found = []
        for columns, urgent in ((self._urgent_columns, True), (self._caution_columns, False)):
            if not columns:
                continue
            together = scores[:, columns].sum(axis=1)
            piece = int(together.argmax())
            total = float(together[piece])
            rules = {flag: rule for flag, (rule, _) in held.items() if (flag in self._urgent) is urgent}
            if urgent:
                likely = total >= self._enough(rules)
                noticed = likely or total >= (limits.possible_with_rule if rules else limits.possible)
            else:
                decisive = any(rule.likely for rule in rules.values())
                likely = noticed = total >= (limits.caution_with_rule if decisive else limits.caution)
            if noticed:
                flag = self._which(scores[piece], columns, rules)
                rule_words = held.get(flag)
                because = rule_words[0].because if rule_words else "like the messages of this flag"
                found.append(Finding(flag, likely, total, because, rule_words[1] if rule_words else ()))
        return found

    def _enough(self, rules: dict[str, Rule]) -> float:
        """From which score on an urgent flag is likely, beside the rules that hold."""
        limits = self._thresholds
        decisive = {self._level[flag] for flag, rule in rules.items() if rule.likely}
        if decisive & {Level.EMERGENCY, Level.CRISIS, Level.HANDOFF}:
            return limits.likely_with_emergency_rule
        return limits.likely_with_rule if decisive else limits.likely

    def _which(self, row: Floats, columns: list[int], rules: dict[str, Rule]) -> str:
        """The flag that rules and examples point at together; half a point for a decisive rule. Between flags that are
        about as likely, the one of the more urgent level."""

        def weight(column: int) -> float:
            rule = rules.get(str(self._model.labels[column]))
            return float(row[column]) + (0.0 if rule is None else 0.5 if rule.likely else 0.1)

        best = max(map(weight, columns))
        close = [column for column in columns if weight(column) >= _AS_LIKELY * best]
        column = max(close, key=lambda c: (-_URGENCY.index(self._level[str(self._model.labels[c])]), weight(c)))
        return str(self._model.labels[column])


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
        """The thresholds, and how many ordinary questions it learns from."""
        return {**asdict(Thresholds()), "ordinary_examples": 6000}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
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
        model, signs, flags = load(model_storage, resource)
        screen = Screen(model, signs, flags, cls._thresholds(config))
        return cls(config, screen, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The examples come from the content files."""
        return content_fingerprint() + code_fingerprint(Path(__file__))

    @staticmethod
    def _thresholds(config: dict[str, Any]) -> Thresholds:
        return Thresholds(**{name: config[name] for name in asdict(Thresholds())})

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
            elif full_intent(example) in _ABOUT_CARE:
                chosen.append(example)
                labels.append(_CARE)
            elif full_intent(example) not in _ABOUT_DANGER:
                ordinary.append(example)
        # Enough to know the ordinary by: more of them cost time and gain little.
        ordinary = ordinary[:: max(1, len(ordinary) // int(self._config["ordinary_examples"]))]
        chosen += ordinary
        labels += [_NONE] * len(ordinary)
        model = TopicModel([e.get(SPELT) for e in chosen], vectors_of(chosen), labels, _OPTIONS)
        content = content_of(Settings().content_dir)
        flags = tuple(flag.copy(update={"present": (), "not_present": ()}) for flag in content.red_flags)
        save((model, content.signs, flags), self._storage, self._resource)
        self._screen = Screen(model, content.signs, flags, self._thresholds(self._config))
        return self._resource

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        """Set the alarms."""
        for message in messages:
            text = message.get(SPELT)
            if not text or self._screen is None:
                continue
            findings = self._screen.read(text, vectors_of([message])[0], _before(tracker))
            for finding in findings:
                # The client's words only where somebody asked for them.
                logger.info("Red flag %s, likely: %s, score %.2f", finding.flag, finding.likely, finding.score)
                logger.debug("Because: %s; words: %s", finding.because, finding.words)
            message.set(
                ALARMS,
                [{"flag": f.flag, "likely": f.likely, "score": round(f.score, 3)} for f in findings],
                add_to_output=True,
            )
            urgent = [f for f in findings if f.likely and f.flag in self._screen._urgent]
            if urgent:
                message.set(INTENT, {"name": "red_flag", "confidence": min(urgent[0].score, 1.0)}, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing learns from what the screen says of the examples."""
        return training_data


def _before(tracker: DialogueStateTracker | None) -> str:
    """The client's message before the one that is read, when it was typed."""
    text = str(tracker.latest_message.text or "") if tracker is not None and tracker.latest_message else ""
    return "" if text.startswith("/") else text


#: Topics whose example questions are close to an emergency by themselves; they teach the screen nothing.
_ABOUT_DANGER = frozenset(
    f"faq/{topic}"
    for topic in [
        "red_flags",
        "crisis_support",
        "rf_abuse",
        "feelings_support",
        "doctor_first",
        "after_worse",
        "cond_severe_headache",
    ]
)
#: Topics whose examples are no emergency, but often call for "ask your doctor first": a class of their own.
_ABOUT_CARE = frozenset(
    f"faq/{topic}"
    for topic in [
        "contra_overview",
        "contra_blood_thinners",
        "contra_cancer",
        "contra_osteoporosis",
        "contra_dvt",
        "contra_skin",
        "contra_pacemaker",
        "contra_fracture",
        "contra_fever",
        "contra_heart_bp",
        "contra_diabetes",
        "contra_varicose",
        "contra_inflammation",
        "contra_medicines",
        "contra_neck",
        "contra_neuro",
        "post_surgery",
        "acute_injury",
        "pregnancy",
        "cond_numbness_tingling",
        "cond_carpal_tunnel",
        "cond_disc",
        "cond_nerve_entrapment",
        "bot_medication",
        "bot_diagnosis",
        "older_adults",
        "after_bruising",
    ]
)
