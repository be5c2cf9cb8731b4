"""The examples that the components learn from: when two of them count as the same."""

import copy

import numpy as np
import pytest
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.training_data import TrainingData

from nmt_guide.understanding.importer import Example

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
