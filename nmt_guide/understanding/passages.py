"""Which text of a topic comes nearest to what a client asks.

Who asks about a topic that was answered just now wants something that the short answer does not hold. The whole long text
would be a wall; what comes nearest in meaning is said instead: a paragraph of the long text, a sentence of the short one, or
the answer to a narrow question, which is found by the wordings of that question too.

Source: Reimers & Gurevych 2019, "Sentence-BERT", arXiv:1908.10084 (cosines of sentence vectors for semantic search).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nmt_guide.knowledge.content import Content, FacetValue, Topic, text_name
from nmt_guide.knowledge.files import content_files, fingerprint
from nmt_guide.settings import Settings
from nmt_guide.understanding.components import (
    QUESTIONS,
    SPELT,
    Learnt,
    code_fingerprint,
    content_of,
    save,
    shared_encoder,
)
from nmt_guide.understanding.encoder import Vectors, meaning

#: Texts with fewer words say nothing by themselves: "Yes.", "It depends."
_FEWEST_WORDS = 5
#: The share of the wordings of a narrow question in how near its answer comes to a question; the rest is that of the answer.
_BY_WORDING = 0.85


class Texts(NamedTuple):
    """The texts of one topic.

    Attributes:
        names: what `text_name` makes of them.
        vectors: shape (texts, 384).
        details: of the texts that answer a narrow question the ids of that question; they come last.
    """

    names: Sequence[str]
    vectors: Vectors
    details: Sequence[str]


class Passages(NamedTuple):
    """The texts of all topics.

    Attributes:
        of_topic: the texts by topic.
        wordings: by id of a narrow question its wordings, shape (wordings, 384).
    """

    of_topic: Mapping[str, Texts]
    wordings: Mapping[str, Vectors]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class PassageFinder(Learnt, IntentClassifier):
    """Sets `passages` on each question: by topic that it may be about, names of texts, the nearest first. And `nearest`: of
    each of these topics the one text that is nearest, although it may be far.

    A text that was edited since the training is not found: its name is another.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Which texts count."""
        return {
            # Topics of the ranking that are looked at.
            "topics": 3,
            # The cosine from which on a paragraph or sentence is about the question,
            "least": 0.5,
            # and the answer to a narrow question, which shares many words with others that it does not answer.
            "least_narrow": 0.7,
            # and from which on it may be said as the nearest that there is.
            "least_nearest": 0.3,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The texts of the topics are read."""
        folder = Settings().content_dir
        return fingerprint(content_files(folder), folder) + code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Encode the texts of all topics, and the wordings of narrow questions."""
        content = content_of(Settings().content_dir)
        texts = {topic.id: (_broad(topic), _narrow(topic, content)) for topic in content.topics}
        details = {detail.id: detail for _, narrow in texts.values() for detail in narrow.values()}
        vectors = _vectors(
            [
                *(text for both in texts.values() for part in both for text in part),
                *itertools.chain(*map(_wordings, details.values())),
            ]
        )
        self._learnt = Passages(
            {
                topic: Texts(
                    [text_name(text) for text in (*broad, *narrow)],
                    np.array([vectors[text] for text in (*broad, *narrow)]),
                    [detail.id for detail in narrow.values()],
                )
                for topic, (broad, narrow) in texts.items()
                if broad or narrow
            },
            {name: np.array([vectors[one] for one in _wordings(detail)]) for name, detail in details.items()},
        )
        save(self._learnt, self._storage, self._resource)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the passages."""
        for message in messages:
            questions = message.get(QUESTIONS)
            if questions and self._learnt:
                for question in questions:
                    self._find(question, message.get(SPELT))
                message.set(QUESTIONS, questions, add_to_output=True)
        return messages

    def _find(self, question: dict[str, Any], message: str) -> None:
        """Set the passages of one question.

        Args:
            question: is changed.
            message: the whole that it is a part of.
        """
        most = self._config["topics"]
        labels = [label for label, _ in (*question["ranking"][:most], *question.get("in_context", ())[:most])]
        topics = dict.fromkeys(label.partition("/")[2] for label in labels if label.startswith("faq/"))
        text = question["text"]
        vector = meaning(shared_encoder().encode_each([text], "" if text == message else message))[0]
        passages: dict[str, list[str]] = {}
        nearest: dict[str, str] = {}
        for topic in topics:
            texts = self._learnt.of_topic.get(topic)
            if texts is None:
                continue
            near = self._near(texts, vector)
            order = np.argsort(-near)
            least = np.full(len(near), self._config["least"])
            least[len(near) - len(texts.details) :] = self._config["least_narrow"]
            if names := [texts.names[n] for n in order if near[n] >= least[n]]:
                passages[topic] = names
            broad = near[: len(near) - len(texts.details)]
            if len(broad) and broad.max() >= self._config["least_nearest"]:
                nearest[topic] = texts.names[int(broad.argmax())]
        question.update(passages=passages, nearest=nearest)

    def _near(self, texts: Texts, vector: Vectors) -> Vectors:
        """How near each text comes to a question."""
        near = texts.vectors @ vector
        for place, detail in enumerate(texts.details, start=len(near) - len(texts.details)):
            wording = float((self._learnt.wordings[detail] @ vector).max())
            near[place] = max(near[place], _BY_WORDING * wording + (1 - _BY_WORDING) * near[place])
        return near


def _broad(topic: Topic) -> tuple[str, ...]:
    """The paragraphs and sentences of a topic's answers that say something by themselves."""
    texts = dict.fromkeys((*topic.paragraphs, *topic.sentences))
    return tuple(text for text in texts if len(text.split()) >= _FEWEST_WORDS and not text.endswith(":"))


def _narrow(topic: Topic, content: Content) -> dict[str, FacetValue]:
    """The narrow questions that have an answer within a topic, by that answer."""
    return {detail.notes[topic.id].strip(): detail for detail in content.details if topic.id in detail.notes}


def _vectors(texts: Sequence[str]) -> dict[str, Vectors]:
    """The vectors of texts, each encoded once."""
    different = list(dict.fromkeys(texts))
    return dict(zip(different, meaning(shared_encoder().encode_many(different)), strict=True)) if different else {}


def _wordings(detail: FacetValue) -> tuple[str, ...]:
    return (detail.name, *detail.synonyms)
