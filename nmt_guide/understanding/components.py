"""The understanding as graph components of Rasa, named by module path in `config.yml`.

    SpellingCorrector   what the client meant to type; later components read this text
    SentenceEncoder     the meaning of the message as a vector
    Labeller            how like the examples of each topic and red flag it is
    TopicClassifier     which topic it is about, several questions apart, follow-ups in their context
    FacetExtractor      what it names: conditions, medicines, places, dates

After them come `PassageFinder` (`nmt_guide.understanding.passages`), which finds the paragraphs of long answers that are nearest to
it, and last the safety screen (`nmt_guide.safety.screen`). Other pipelines remain possible: the vector is an
ordinary dense sentence feature, intents and entities are Rasa's own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from typing_extensions import Self

from nmt_guide.knowledge.content import Content
from nmt_guide.knowledge.files import fingerprint, read_content, teaching_files
from nmt_guide.settings import ROOT, Settings
from nmt_guide.understanding import adapter
from nmt_guide.understanding.encoder import REMEMBERED, Encoder, Vectors
from nmt_guide.understanding.facets import FacetFinder, as_mapping
from nmt_guide.understanding.labels import NO_RED_FLAG, LabelModel, LabelReader
from nmt_guide.understanding.pairs import Pairs
from nmt_guide.understanding.parts import LEAST_PROBABILITY, LEAST_PROBABILITY_NEXT, WEIGHTS, Read, asked
from nmt_guide.understanding.text import Speller, english_words, words
from nmt_guide.understanding.topics import CALIBRATION, Scores, TopicReader

logger = logging.getLogger(__name__)

#: The message with its spelling put right, as later components read it.
SPELT = "spelt"
#: What the message asks, one entry for each question: text, ranking of labels, confidence, facets.
QUESTIONS = "questions"
#: The `LabelReader` that `Labeller` hands on with the message.
READER = "label_reader"

_FILE = "component.joblib"


@lru_cache(maxsize=1)
def shared_encoder() -> Encoder:
    """The encoder, loaded once for all components of the process."""
    return Encoder(Settings().var_dir / "encoder")


@lru_cache(maxsize=1)
def content_of(folder: Path) -> Content:
    """The content files, read once in a process: training and loading a model take the vocabulary from them."""
    return read_content(folder)


def code_fingerprint(*others: Path) -> str:
    """A hash of the code that learns, and of what the encoder learnt; part of Rasa's fingerprint of what was learnt.

    Without it Rasa would take what older code had learnt out of its cache.
    """
    return fingerprint([*sorted(Path(__file__).parent.glob("*.py")), adapter.FILE, *others], ROOT)


def content_fingerprint() -> str:
    """A hash of the content files that teach."""
    folder = Settings().content_dir
    return fingerprint(teaching_files(folder), folder)


def learn_spelling(texts: Sequence[str]) -> Speller:
    """A speller that knows the words of clients, and what the content names."""
    terms = [
        wording
        for facet in content_of(Settings().content_dir).facets
        for value in facet.values
        for wording in (value.name, value.id.replace("_", " "), *value.synonyms)
    ]
    return Speller.learn(texts, english_words(), terms)


def full_intent(message: Message) -> str:
    """Intent and response key of an example: ``faq/what_is_nmt``."""
    return str(message.get_full_intent())


def save(component: object, storage: ModelStorage, resource: Resource) -> None:
    """Write what a component learnt."""
    with storage.write_to(resource) as folder:
        joblib.dump(component, folder / _FILE, compress=3)


def load(storage: ModelStorage, resource: Resource) -> Any:
    """What `save` wrote."""
    with storage.read_from(resource) as folder:
        return joblib.load(folder / _FILE)


class Learnt(GraphComponent):
    """What components share that keep what they learnt as one object.

    Args:
        config: of the component, out of `config.yml`.
        learnt: what `train` saved; None before.
        storage: where it is saved,
        resource: and under which name.
    """

    def __init__(self, config: dict[str, Any], learnt: Any, storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._learnt = learnt
        self._storage, self._resource = storage, resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
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
    ) -> Self:
        """See parent class."""
        return cls(config, load(model_storage, resource), model_storage, resource)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class SpellingCorrector(Learnt, Tokenizer):
    """Puts the client's spelling right and cuts the result into tokens."""

    def __init__(
        self,
        config: dict[str, Any],
        learnt: tuple[dict[str, int], frozenset[str], Pairs] | None,
        storage: ModelStorage,
        resource: Resource,
    ) -> None:
        Tokenizer.__init__(self, config)
        Learnt.__init__(self, config, learnt, storage, resource)
        self._speller = Speller(english_words() | learnt[1], learnt[0], learnt[2]) if learnt else None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's own keys for tokenizers, and one of ours."""
        return {
            # Whether the examples of the training are cut into tokens: nothing of `config.yml` learns from tokens, many of
            # Rasa's components do.
            "tokens_of_examples": True,
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The names in the content files are learnt too."""
        return content_fingerprint() + code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words that clients use."""
        texts = [str(example.get(TEXT)) for example in training_data.training_examples if example.get(TEXT)]
        self._speller = learn_spelling(texts)
        extra = self._speller.dictionary - english_words()
        save((self._speller.known, extra, self._speller.pairs), self._storage, self._resource)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the corrected text and the tokens."""
        self._spell(messages)
        return super().process(messages)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Set the corrected text of all examples, and their tokens where a component learns from them."""
        self._spell(training_data.training_examples)
        return super().process_training_data(training_data) if self._config["tokens_of_examples"] else training_data

    def _spell(self, messages: list[Message]) -> None:
        for message in messages:
            text = message.get(TEXT)
            if text and self._speller and words(text):  # signs and emoji alone say nothing that could be classified
                message.set(SPELT, self._speller.correct(text))

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Words of the message as it was typed, so that their places are right."""
        text = str(message.get(attribute))
        found = self._convert_words_to_tokens(text.split(), text)
        return self._apply_token_pattern(found)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Adds the sentence vector of the message as a dense feature of shape (1, 768).

    Attributes:
        works_aside: for our runner of graphs: this node may work in a thread. Nearly all that it does is done outside of
            Python, so that another message gets on meanwhile.
    """

    works_aside = True

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's own key for the name of the features."""
        return {**DenseFeaturizer.get_default_config(), "alias": None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """See parent class."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """There is nothing to set that could be wrong."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the feature to each message."""
        for message in messages:
            if message.get(SPELT):
                self._add(message, shared_encoder().encode_each([message.get(SPELT)])[0])
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the feature to each example."""
        spoken = [message for message in training_data.training_examples if message.get(SPELT)]
        file = Settings().var_dir / "encoder" / REMEMBERED
        vectors = shared_encoder().encode_remembered([message.get(SPELT) for message in spoken], file)
        for message, vector in zip(spoken, vectors, strict=True):
            self._add(message, vector)
        return training_data

    def _add(self, message: Message, vector: Vectors) -> None:
        message.add_features(Features(vector[np.newaxis], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))


def vectors_of(messages: Sequence[Message]) -> Vectors:
    """The sentence vectors that `SentenceEncoder` set, shape (n, 768)."""
    found = []
    for message in messages:
        _, sentence = message.get_dense_features(TEXT)
        found.append(sentence.features[0] if sentence else shared_encoder().encode([message.get(SPELT) or ""])[0])
    return np.array(found, dtype=np.float32).reshape(len(found), -1)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Labeller(Learnt):
    """Learns from the examples of all intents; `TopicClassifier` and `SafetyScreen` ask what it says of a message."""

    def __init__(
        self, config: dict[str, Any], learnt: LabelModel | None, storage: ModelStorage, resource: Resource
    ) -> None:
        super().__init__(config, learnt, storage, resource)
        self.reader = LabelReader(learnt, shared_encoder().encode_each) if learnt else None

    @classmethod
    def required_components(cls) -> list[type]:
        """What must stand before it in the pipeline."""
        return [SpellingCorrector, SentenceEncoder]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What was learnt by other code is learnt anew."""
        return code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the example questions and the messages of the red flags."""
        examples = [example for example in training_data.intent_examples if example.get(SPELT)]
        labels = [label_of(example) for example in examples]
        after = [label_before(example) for example in examples]
        model = LabelModel([example.get(SPELT) for example in examples], vectors_of(examples), labels, after)
        save(model, self._storage, self._resource)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Hand the reader on."""
        for message in messages:
            message.set(READER, self.reader)
        return messages


def label_of(example: Message) -> str:
    """The label of an example. What only looks like a red flag is one thing, whichever flag it looks like."""
    return NO_RED_FLAG if example.get(INTENT) == NO_RED_FLAG else full_intent(example)


def label_before(example: Message) -> str | None:
    """The label that was answered before an example of `data/next.yml`."""
    return _label_of(((example.get("metadata") or {}).get("intent") or {}).get("after"))


@lru_cache(maxsize=4)
def _topic_reader(labels: tuple[str, ...], calibration: tuple[float, ...]) -> TopicReader:
    return TopicReader(labels, calibration)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class TopicClassifier(IntentClassifier, GraphComponent):
    """Finds the topic of a message, and the topics of its parts when it holds several questions.

    Sets Rasa's `intent`, `intent_ranking` and `response_selector` (the topics are keys of a retrieval intent), and
    `questions`: what the actions answer, in order.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The numbers were chosen on the development sets; `nmt-guide evaluate` shows what they give."""
        return {
            # How the signals of rightness add up to a confidence.
            "calibration": list(CALIBRATION),
            # How the signals of a question add up for a part of a message, and from which probability on it is one.
            "parts": list(WEIGHTS),
            "part_probability": LEAST_PROBABILITY,
            "next_part_probability": LEAST_PROBABILITY_NEXT,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        """See parent class."""
        return cls(config)

    @classmethod
    def required_components(cls) -> list[type]:
        """What must stand before it in the pipeline."""
        return [Labeller]

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        """Set intent, ranking and questions."""
        for message in messages:
            if message.get(SPELT) and message.get(READER):
                self._process(message, tracker)
            elif message.get(TEXT) is not None:
                # A rule must hold for every message: without an intent nothing would answer.
                message.set(INTENT, {"name": "faq", "confidence": 0.0}, add_to_output=True)
                message.set(QUESTIONS, [], add_to_output=True)
        return messages

    def _process(self, message: Message, tracker: DialogueStateTracker | None) -> None:
        text, reader = message.get(SPELT), message.get(READER)
        topics = _topic_reader(reader.labels, tuple(self._config["calibration"]))

        def read(parts: list[str]) -> list[Scores]:
            return topics.read(reader.score(parts, text))

        whole = topics.read(reader.score_message(text)[:1])[0]
        before = _label_of(slot(tracker, "topic"))
        questions = self._questions(text, whole, read, "next_part_probability" if before else "part_probability")
        if before and len(questions) == 1:
            questions[0]["in_context"] = _ranking(topics.read(reader.score_after(text, before))[0])
        message.set(QUESTIONS, questions, add_to_output=True)
        self._set_rasa_output(message, whole)

    def _questions(self, text: str, whole: Scores, read: Read, least: str) -> list[dict[str, Any]]:
        """The questions in a message. Parts count only when two of them are questions, and of different topics.

        Args:
            text: the message, spelling put right.
            whole: the topics of the whole message.
            read: reads the topics of its parts.
            least: the key of the configuration that says from which probability on a part is a question.
        """
        parts = asked(text, whole, read, self._config["parts"], self._config[least])
        return [_question(part.text, part.scores) for part in parts] or [_question(text, whole)]

    def _set_rasa_output(self, message: Message, scores: Scores) -> None:
        label = scores.ranking[0][0]
        name, _, key = label.partition("/")
        intents: dict[str, float] = {}
        for other, score in scores.ranking:
            intents.setdefault(other.partition("/")[0], score)
        ranking = [{"name": intent, "confidence": score} for intent, score in intents.items()]
        message.set(INTENT, {"name": name, "confidence": scores.confidence}, add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        if key:
            chosen = {"intent_response_key": label, "confidence": scores.confidence, "responses": []}
            ranked = [
                {"intent_response_key": other, "confidence": score}
                for other, score in scores.ranking
                if other.startswith(f"{name}/")
            ]
            message.set(
                "response_selector",
                {"all_retrieval_intents": [name], name: {"response": chosen, "ranking": ranked}},
                add_to_output=True,
            )


def _question(text: str, scores: Scores) -> dict[str, Any]:
    return {"text": text, "ranking": _ranking(scores), "confidence": round(scores.confidence, 4)}


def _ranking(scores: Scores) -> list[list[Any]]:
    return [[label, round(score, 4)] for label, score in scores.ranking]


def slot(tracker: DialogueStateTracker | None, name: str) -> Any:
    """What a slot holds; None without a conversation, or in a domain that lacks the slot."""
    return tracker.get_slot(name) if tracker is not None and name in tracker.slots else None


def _label_of(topic: str | None) -> str | None:
    return f"faq/{topic}" if topic else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class FacetExtractor(Learnt, EntityExtractorMixin):
    """Finds what a message names, and sets it as entities and on each question."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The vocabulary comes from the content files."""
        return content_fingerprint() + code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Take the vocabulary from the content files."""
        content = content_of(Settings().content_dir)
        therapists = [therapist["name"] for therapist in content.clinic.therapists]
        self._learnt = FacetFinder(content.facets, therapists)
        save(self._learnt, self._storage, self._resource)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the entities, and the facets of each question."""
        for message in messages:
            if message.get(SPELT) and self._learnt:
                self._process(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing learns from the entities of the examples."""
        return training_data

    def _process(self, message: Message) -> None:
        assert self._learnt is not None
        typed = str(message.get(TEXT))
        lowered = typed.lower()
        find = lru_cache(self._learnt.find)  # most messages are one question, which is the message itself
        entities = []
        for named in find(message.get(SPELT)):
            if named.denied:
                continue
            start = max(lowered.find(named.text), 0)  # a corrected spelling stands nowhere: the whole is as good
            end = start + len(named.text) if named.text in lowered else len(typed)
            entities.append(
                {
                    "entity": named.facet,
                    "value": named.value,
                    "start": start,
                    "end": end,
                    "extractor": type(self).__name__,
                }
            )
        message.set(ENTITIES, (message.get(ENTITIES) or []) + entities, add_to_output=True)
        questions = message.get(QUESTIONS) or []
        for question in questions:
            question["facets"] = as_mapping(find(question["text"]))
            if denied := as_mapping(find(question["text"]), denied=True):
                question["denied"] = denied
        message.set(QUESTIONS, questions, add_to_output=True)
