import numpy as np
import pytest

from nmt_guide.understanding.topics import Options, TopicModel

TEXTS = [
    "what does it cost",
    "how much is a session",
    "price list",
    "does it hurt",
    "is it painful",
    "will I be sore",
]
LABELS = ["faq/cost"] * 3 + ["faq/session_pain"] * 3


def vectors(count, seed=0):
    found = np.random.RandomState(seed).normal(size=(count, 384)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def model():
    return TopicModel().fit(TEXTS, vectors(6), LABELS)


def test_every_example_is_put_into_its_own_topic(model):
    found = [scores.ranking[0][0] for scores in model.predict(TEXTS, vectors(6))]

    assert found == LABELS


def test_shared_words_decide_when_meaning_does_not(model):
    assert model.predict(["what is the cost"], vectors(1, seed=9))[0].ranking[0][0] == "faq/cost"


def test_confidence_is_a_probability_and_higher_for_an_example_than_for_noise(model):
    sure = model.predict(TEXTS[:1], vectors(6)[:1])[0].confidence
    unsure = model.predict(["qwertz"], vectors(1, seed=7))[0].confidence

    assert 0.0 <= unsure < sure <= 1.0


def test_a_stored_model_says_the_same(model):
    again = TopicModel.from_state(model.state())

    assert np.allclose(model.score(TEXTS, vectors(6)), again.score(TEXTS, vectors(6)), atol=1e-2)


def test_weights_solve_the_ridge_system():
    options = Options(word_weight=0.0, char_weight=0.0)
    model = TopicModel(options).fit(TEXTS, vectors(6), LABELS)
    kernel = np.exp(options.sharpness * (vectors(6) @ vectors(6).T - 1.0)) + options.ridge * np.eye(6)
    targets = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]] * 3)

    assert np.allclose(kernel @ model.weights, targets, atol=1e-4)


def test_a_high_out_of_scope_score_lowers_the_confidence():
    texts, labels = [*TEXTS, "what does it cost to fly"], [*LABELS, "faq/out_of_scope"]
    inside = TopicModel().fit(TEXTS, vectors(6), LABELS).predict(["what does it cost to"], vectors(1))[0]
    beside = TopicModel().fit(texts, vectors(7), labels).predict(["what does it cost to"], vectors(1))[0]

    assert beside.confidence < inside.confidence
