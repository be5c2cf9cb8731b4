"""Training data that comes out of the content files, so that each fact stands once."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from typing import Any

from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method
from rasa.shared.utils.io import deep_container_fingerprint

from nmt_guide.settings import Settings
from nmt_guide.understanding.components import content_of

#: What Rasa asks of a retrieval intent: a response for each key. Ours are said by the actions; these are their names.
FOLLOW_UPS = (
    "more", "evidence", "sources", "why", "repeat", "simpler", "something_else", "first", "second", "third",
    "yes", "no", "correction", "about", "safe",
)  # fmt: skip


class Example(Message):
    """A message of the training data that is cheap to copy and to tell from others.

    Rasa copies all examples whenever it merges two sources, and writes each out as JSON whenever it looks for doubles
    or asks whether a component has news: for 40,000 examples that was a minute of every training.
    """

    _cached_fingerprint: str | None

    def fingerprint(self) -> str:
        """A hash of all that is known of the message, in hexadecimal digits."""
        if self._cached_fingerprint is None:
            digest = hashlib.blake2b(digest_size=16)
            for name, value in sorted(self.data.items()):
                digest.update(f"\0{name}\0{_written(value)}".encode())
            for feature in self.features:
                digest.update(f"\0{feature.type}\0{feature.attribute}\0{feature.origin}\0".encode())
                digest.update(feature.features.tobytes() if feature.is_dense() else feature.fingerprint().encode())
            self._cached_fingerprint = digest.hexdigest()
        return self._cached_fingerprint

    def __deepcopy__(self, memo: dict[int, Any]) -> Example:
        data = {name: value if isinstance(value, str) else deepcopy(value, memo) for name, value in self.data.items()}
        return Example(data, set(self.output_properties), self.time, list(self.features))


def _written(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, Token) for part in value):
        return " ".join(f"{token.start}-{token.end}-{token.text}" for token in value)
    return value if isinstance(value, str) else deep_container_fingerprint(value)


class KnowledgeImporter(RasaFileImporter):
    """Rasa's importer of files, and what the knowledge adds to the training data.

    - the titles of the topics as responses of the retrieval intent `faq`;
    - messages that show a red flag (intent `red_flag`), and those that only look like it (`no_red_flag`).
    """

    @cached_method  # asked for with the domain and again with the examples; whoever merges it copies it first
    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Example questions from `data/`, titles and safety examples from the content files."""
        content = content_of(Settings().content_dir)
        responses = {f"utter_faq/{topic.id}": [{"text": topic.title}] for topic in content.topics}
        responses |= {f"utter_follow_up/{name}": [{"text": name}] for name in FOLLOW_UPS}
        examples = [
            Example({TEXT: text, INTENT: intent, INTENT_RESPONSE_KEY: f"{intent}/{flag.id}"})
            for flag in content.red_flags
            for intent, texts in (("red_flag", flag.present), ("no_red_flag", flag.not_present))
            for text in texts
        ]
        responses |= {
            f"utter_{intent}/{flag.id}": [{"text": flag.title}]
            for flag in content.red_flags
            for intent in ("red_flag", "no_red_flag")
        }
        from_files = super().get_nlu_data(language)
        from_files.training_examples = [
            Example(message.data, message.output_properties, message.time, message.features)
            for message in from_files.training_examples
        ]
        return from_files.merge(TrainingData(training_examples=examples, responses=responses))
