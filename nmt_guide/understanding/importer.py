"""Training data that comes out of the content files, so that each fact stands once."""

from __future__ import annotations

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nmt_guide.settings import Settings
from nmt_guide.understanding.components import content_of

#: What Rasa asks of a retrieval intent: a response for each key. Ours are said by the actions; these are their names.
FOLLOW_UPS = (
    "more", "evidence", "sources", "why", "repeat", "simpler", "something_else", "first", "second", "third",
    "yes", "no", "correction", "about", "safe",
)  # fmt: skip


class KnowledgeImporter(RasaFileImporter):
    """Rasa's importer of files, and what the knowledge adds to the training data.

    - the titles of the topics as responses of the retrieval intent `faq`;
    - messages that show a red flag (intent `red_flag`), and those that only look like it (`no_red_flag`).
    """

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Example questions from `data/`, titles and safety examples from the content files."""
        content = content_of(Settings().content_dir)
        responses = {f"utter_faq/{topic.id}": [{"text": topic.title}] for topic in content.topics}
        responses |= {f"utter_follow_up/{name}": [{"text": name}] for name in FOLLOW_UPS}
        examples = [
            Message(data={TEXT: text, INTENT: intent, INTENT_RESPONSE_KEY: f"{intent}/{flag.id}"})
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
        return from_files.merge(TrainingData(training_examples=examples, responses=responses))
