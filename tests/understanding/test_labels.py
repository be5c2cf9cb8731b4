"""The networks learn from a handful of examples here; what they make of all of them is measured by `evaluate`."""

import pickle

import numpy as np
import pytest

from nmt_guide.understanding import network
from nmt_guide.understanding.labels import LabelModel, LabelReader
from nmt_guide.understanding.network import NetworkOptions

TEXTS = [
    "what does it cost",
    "how much is a session",
    "price list",
    "does it hurt",
    "is it painful",
    "will I be sore",
]
LABELS = ["faq/cost"] * 3 + ["faq/session_pain"] * 3
SMALL = [NetworkOptions(sketch=64, hidden=32, passes=60, seed=seed) for seed in (1, 2)]


def vectors(count, seed=0):
    found = np.random.RandomState(seed).normal(size=(count, 768)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def model():
    return LabelModel(TEXTS, vectors(6), LABELS, networks=SMALL)


def test_every_example_gets_its_own_label(model):
    scores = model.score(TEXTS, vectors(6))

    assert [model.labels[n] for n in scores.argmax(axis=1)] == LABELS
    assert np.allclose(scores.sum(axis=1), 1.0, atol=1e-5)


def test_shared_words_decide_when_meaning_does_not(model):
    scores = model.score(["what is the cost"], vectors(6).mean(axis=0, keepdims=True))

    assert model.labels[int(scores[0].argmax())] == "faq/cost"


def test_the_same_examples_teach_the_same(model):
    again = LabelModel(TEXTS, vectors(6), LABELS, networks=SMALL)

    assert np.allclose(model.score(TEXTS, vectors(6)), again.score(TEXTS, vectors(6)), atol=1e-5)


def test_what_fills_no_batch_is_learnt_too(monkeypatch):
    monkeypatch.setattr(network, "_BATCH", 4)  # of six examples, two are left over in the first pass
    model = LabelModel(TEXTS, vectors(6), LABELS, networks=SMALL)

    assert [model.labels[n] for n in model.score(TEXTS, vectors(6)).argmax(axis=1)] == LABELS


def test_what_is_said_next_is_heard_after_the_topic_before():
    texts, labels = [*TEXTS, "and then?", "and then?"], [*LABELS, "faq/cost", "faq/session_pain"]
    after = [None] * 6 + ["faq/session_pain", "faq/cost"]
    meanings = vectors(8)
    meanings[7] = meanings[6]
    model = LabelModel(texts, meanings, labels, after, SMALL)

    def heard(before):
        return model.labels[int(model.score(["and then?"], meanings[6:7], before)[0].argmax())]

    assert heard("faq/session_pain") == "faq/cost"
    assert heard("faq/cost") == "faq/session_pain"
    assert np.allclose(*(model.score(TEXTS, vectors(6), before) for before in (None, "faq/unknown")))


def test_labels_of_alike_messages_are_told_by_numbers_that_are_alike():
    means = np.repeat(vectors(3), 4, axis=0)
    means[8:] = means[4:8] + 0.2 * vectors(1, seed=5)  # the third label is like the second one
    before, targets = np.full(12, -1), np.repeat([0, 1, 2], 4)
    before[3], means[3] = 1, 100.0  # what is said after a topic does not tell what its own label is about

    first, second, third = network._related_marks(means, before, targets)

    assert np.linalg.norm(second - third) < 0.3 * np.linalg.norm(second - first)


def test_a_stored_model_says_the_same(model):
    again = pickle.loads(pickle.dumps(model))

    assert np.allclose(model.score(TEXTS, vectors(6)), again.score(TEXTS, vectors(6)), atol=1e-2)


def test_a_reader_reads_each_text_once_and_answers_in_order(model):
    encoded = []

    def encode(texts, message):
        encoded.extend(texts)
        return vectors(6)[[TEXTS.index(text) for text in texts]]

    reader = LabelReader(model, encode)
    first = reader.score(["price list", "does it hurt", "price list"])
    second = reader.score(["does it hurt", "is it painful"])

    assert encoded == ["price list", "does it hurt", "is it painful"]
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(first[1], second[0])
    assert np.allclose(second[1], model.score(["is it painful"], vectors(6)[4:5])[0])


@pytest.fixture
def read_apart(model):
    """A reader, and what it has encoded."""
    encoded = []

    def encode(texts, message):
        encoded.extend(texts)
        return vectors(len(texts))

    return LabelReader(model, encode), encoded


def test_a_message_is_read_with_its_sentences_each_once(read_apart):
    reader, encoded = read_apart
    text = "My back hurts. Does it hurt? My back hurts."

    assert len(reader.score_message(text)) == 3
    assert encoded == [text, "My back hurts.", "Does it hurt?"]


def test_a_message_of_one_sentence_is_read_once(read_apart):
    reader, encoded = read_apart

    assert len(reader.score_message("Does it hurt?")) == 1
    assert encoded == ["Does it hurt?"]


def test_a_message_of_very_many_sentences_is_read_whole_and_in_few_pieces(read_apart):
    reader, encoded = read_apart
    text = " ".join(f"Question {n}?" for n in range(300))
    reader.score_message(text)

    assert len(encoded) <= 25
    assert " ".join(encoded[1:]) == text


def test_a_reader_keeps_only_the_last_texts(model):
    reader = LabelReader(model, lambda texts, message: vectors(len(texts)))
    reader.score([f"text {n}" for n in range(2100)])

    assert len(reader._scores._kept) == 2048
