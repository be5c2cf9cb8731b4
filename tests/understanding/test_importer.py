"""The examples that the components learn from: when two of them count as the same."""

import copy
import gc

import numpy as np
import pytest
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.exceptions import YamlException
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.training_data import TrainingData

from nmt_guide.understanding.importer import Example, KnowledgeImporter

DATA = {TEXT: "does it hurt", INTENT: "faq", INTENT_RESPONSE_KEY: "faq/session_pain"}


def feature(number):
    return Features(np.full((1, 3), number, dtype=np.float32), "sentence", TEXT, "SentenceEncoder")


def test_the_same_said_of_the_same_topic_is_one_example():
    data = TrainingData(training_examples=[Example(DATA), Example(DATA), Example({**DATA, TEXT: "is it painful"})])

    assert [example.get(TEXT) for example in data.training_examples] == ["does it hurt", "is it painful"]


@pytest.mark.parametrize(
    "change",
    [
        lambda example: example.set(TEXT, "does it hurt?"),
        lambda example: example.set(INTENT_RESPONSE_KEY, "faq/cost"),
        lambda example: example.set("entities", [{"entity": "location", "value": "neck"}]),
        lambda example: example.set("text_tokens", [Token("does", 0)]),
        lambda example: example.add_features(feature(1)),
    ],
)
def test_what_a_component_adds_is_another_example(change):
    example = Example(DATA)
    before = example.fingerprint()
    change(example)

    assert example.fingerprint() != before
    assert example != Example(DATA)


def test_tokens_and_vectors_are_told_apart_by_what_they_hold():
    one, same, other = Example(DATA), Example(DATA), Example(DATA)
    for example, number in ((one, 1), (same, 1), (other, 2)):
        example.set("text_tokens", [Token("does", 0), Token("it", 5)])
        example.add_features(feature(number))

    assert one == same
    assert one != other


def test_a_copy_is_an_example_of_its_own():
    example = Example({**DATA, "entities": [{"entity": "location", "value": "neck"}]})
    example.add_features(feature(1))
    copied = copy.deepcopy(example)

    assert copied == example
    copied.get("entities")[0]["value"] = "jaw"
    copied.add_features(feature(2))
    assert example.get("entities")[0]["value"] == "neck"
    assert len(example.features) == 1


def importer(tmp_path, nlu):
    (tmp_path / "config.yml").write_text("recipe: default.v1\nlanguage: en\n")
    (tmp_path / "domain.yml").write_text('version: "3.1"\n')
    (tmp_path / "nlu.yml").write_text(nlu)
    return KnowledgeImporter(str(tmp_path / "config.yml"), str(tmp_path / "domain.yml"), [str(tmp_path / "nlu.yml")])


def of_clients(data):
    return [example for example in data.training_examples if example.get(INTENT) in ("faq", "follow_up")]


PLAIN = """version: "3.1"
nlu:
- intent: faq/cost
  examples: |
    - how much is it
    -  "quoted", and a dash - inside
- intent: follow_up/more
  metadata: {after: cost}
  examples: |
    - and then?
- intent: faq/booking
  examples:
  - text: can I book
"""


def test_examples_are_what_rasas_own_reader_finds(tmp_path):
    found = of_clients(importer(tmp_path, PLAIN).get_nlu_data())
    theirs = of_clients(training_data_from_paths([str(tmp_path / "nlu.yml")], "en"))

    # The answers' titles come from the knowledge, not from the file.
    ours = [{name: value for name, value in example.data.items() if name != "response"} for example in found]
    assert ours == [example.data for example in theirs]
    assert found[2].get("metadata") == {"intent": {"after": "cost"}}
    assert all(isinstance(example, Example) for example in found)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("- intent: faq/cost\n  examples: |\n    - is [physio](technique) dearer\n", "entities"),
        ("- synonym: physio\n  examples: |\n    - physical therapy\n", "entity_synonyms"),
    ],
)
def test_what_is_more_than_examples_is_left_to_rasas_reader(tmp_path, more, found):
    data = importer(tmp_path, PLAIN + more).get_nlu_data()

    assert data.entity_synonyms if found == "entity_synonyms" else data.entities == {"technique"}
    assert len(of_clients(data)) == 4 + (found == "entities")
    assert all(isinstance(example, Example) for example in data.training_examples)


def test_a_file_that_is_no_yaml_is_told_by_rasas_reader(tmp_path):
    with pytest.raises(YamlException, match=r"nlu\.yml"):
        importer(tmp_path, PLAIN + "- intent: faq/cost\n examples: [\n").get_nlu_data()


def test_reading_leaves_the_search_for_garbage_as_it_was(tmp_path):
    importer(tmp_path, PLAIN).get_nlu_data()

    assert gc.isenabled()
