"""Training data that comes out of the content files, so that each fact stands once."""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method
from rasa.shared.utils.io import deep_container_fingerprint

from nmt_guide.errors import ContentError
from nmt_guide.knowledge.examples import read_blocks
from nmt_guide.settings import Settings
from nmt_guide.understanding.components import content_of

#: What Rasa asks of a retrieval intent: a response for each key. Ours are said by the actions; these are their names.
FOLLOW_UPS = (
    "more", "evidence", "sources", "why", "repeat", "simpler", "something_else", "first", "second", "third",
    "yes", "no", "correction", "about", "safe", "misread",
)  # fmt: skip


class Example(Message):
    """A message of the training data that is cheap to copy and to tell from others.

    Rasa copies all examples whenever it merges two sources, and writes each out as JSON whenever it looks for doubles
    or asks whether a component has news: for 40,000 examples that was a minute of every training.
    """

    _cached_fingerprint: str | None

    def set(self, prop: str, info: Any, add_to_output: bool = False) -> None:
        """See parent class. Rasa strips each intent once more whenever it merges: what stays the same is no news."""
        if add_to_output or self.data.get(prop) != info:
            super().set(prop, info, add_to_output)

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
        copied = object.__new__(Example)
        copied.__dict__.update(self.__dict__)
        copied.data = {
            name: value if name == METADATA or isinstance(value, str) else deepcopy(value, memo)
            for name, value in self.data.items()
        }
        copied.output_properties, copied.features = set(self.output_properties), list(self.features)
        return copied


def _written(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, Token) for part in value):
        return " ".join(f"{token.start}-{token.end}-{token.text}" for token in value)
    return value if isinstance(value, str) else deep_container_fingerprint(value)


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """Keeps Python from looking for garbage, again and again, among the 100,000 examples read so far, where there is none: to read
    them takes 4 s instead of 7."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class KnowledgeImporter(RasaFileImporter):
    """Rasa's importer of files, and what the knowledge adds to the training data.

    - the titles of the topics as responses of the retrieval intent `faq`;
    - messages that show a red flag (intent `red_flag`), and those that only look like it (`no_red_flag`).
    """

    @cached_method  # asked for with the domain and again with the examples; whoever merges it copies it first
    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Example questions from `data/`, titles and safety examples from the content files."""
        with _no_search_for_garbage():
            return self._read(language)

    def _read(self, language: str | None) -> TrainingData:
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
        plain = {file: _plain_examples(Path(file)) for file in self._nlu_files}
        examples += [example for found in plain.values() for example in found or ()]
        others = training_data_from_paths([file for file, found in plain.items() if found is None], language)
        others.training_examples = [
            Example(message.data, message.output_properties, message.time, message.features)
            for message in others.training_examples
        ]
        return others.merge(TrainingData(training_examples=examples, responses=responses))


#: What only Rasa's reader understands: entities in an example, and what is no block of an intent.
_ENTITY = re.compile(r"\[[^\]]*\][({]")
_OTHER_BLOCK = re.compile(r"^\s*- *(?:synonym|regex|lookup):", re.MULTILINE)


def _plain_examples(file: Path) -> list[Example] | None:
    """The examples of a file that holds nothing else; None of others, which are left to Rasa's reader.

    Rasa's reader takes 20 s for 100,000 examples, most of it to look at the YAML twice.
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    if _ENTITY.search(text) or _OTHER_BLOCK.search(text):
        return None
    try:
        blocks = read_blocks(file)
    except ContentError:
        return None  # Rasa's reader says what is wrong
    return [
        Example.build(text, block.intent, intent_metadata=block.metadata) for block in blocks for text in block.texts
    ]
