"""Which paragraph of a topic's long text comes nearest to what a client asks.

Who asks about a topic that was answered just now wants something that the short answer does not hold. The whole long text
would be a wall; its paragraph with the nearest meaning is said instead.

Source: Reimers & Gurevych 2019, "Sentence-BERT", arXiv:1908.10084 (cosines of sentence vectors for semantic search).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nmt_guide.knowledge.content import text_name
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

#: By topic the names of its paragraphs and their vectors, shape (paragraphs, 384).
Passages = Mapping[str, tuple[Sequence[str], Vectors]]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class PassageFinder(Learnt, IntentClassifier):
    """Sets `passages` on each question: by topic that it may be about, names of paragraphs, the nearest first.

    A paragraph's name is that of its text (`text_name`): one that was edited since the training is not found.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Which paragraphs count."""
        return {
            # Topics of the ranking that are looked at.
            "topics": 3,
            # The cosine from which on a paragraph is about the question.
            "least": 0.5,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The texts of the topics are read."""
        folder = Settings().content_dir
        return fingerprint(content_files(folder), folder) + code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Encode the paragraphs of all topics."""
        topics = [topic for topic in content_of(Settings().content_dir).topics if topic.paragraphs]
        texts = [text for topic in topics for text in topic.paragraphs]
        vectors = meaning(shared_encoder().encode_many(texts)) if texts else np.empty((0, 0), dtype=np.float32)
        ends = np.cumsum([len(topic.paragraphs) for topic in topics])
        self._learnt = {
            topic.id: (list(map(text_name, topic.paragraphs)), rows)
            for topic, rows in zip(topics, np.split(vectors, ends[:-1]), strict=True)
        }
        save(self._learnt, self._storage, self._resource)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the passages."""
        for message in messages:
            questions = message.get(QUESTIONS)
            if questions and self._learnt:
                for question in questions:
                    question["passages"] = self._passages(question, message.get(SPELT))
                message.set(QUESTIONS, questions, add_to_output=True)
        return messages

    def _passages(self, question: dict[str, Any], message: str) -> dict[str, list[str]]:
        known: Passages = self._learnt
        most = self._config["topics"]
        labels = [label for label, _ in (*question["ranking"][:most], *question.get("in_context", ())[:most])]
        topics = dict.fromkeys(label.partition("/")[2] for label in labels if label.startswith("faq/"))
        text = question["text"]
        vector = meaning(shared_encoder().encode_each([text], "" if text == message else message))[0]
        found = {}
        for topic in topics:
            if topic in known:
                names, vectors = known[topic]
                cosines = vectors @ vector
                nearest = [n for n in np.argsort(-cosines) if cosines[n] >= self._config["least"]]
                if nearest:
                    found[topic] = [names[n] for n in nearest]
        return found
