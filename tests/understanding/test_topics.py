import pickle

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from nmt_guide.understanding.network import NetworkOptions
from nmt_guide.understanding.ridge import KernelRidge, RidgeOptions
from nmt_guide.understanding.spelling import Sketch, Spelling
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
SMALL = Options(ridge=RidgeOptions(), networks=(NetworkOptions(sketch=64, hidden=32, passes=60),))


def vectors(count, seed=0):
    found = np.random.RandomState(seed).normal(size=(count, 384)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def model():
    return TopicModel(TEXTS, vectors(6), LABELS, SMALL)


def test_every_example_is_put_into_its_own_topic(model):
    found = [scores.ranking[0][0] for scores in model.predict(TEXTS, vectors(6))]

    assert found == LABELS


def test_shared_words_decide_when_meaning_does_not(model):
    assert model.predict(["what is the cost"], vectors(1, seed=9))[0].ranking[0][0] == "faq/cost"


def test_confidence_is_a_probability_and_higher_for_an_example_than_for_noise():
    model = TopicModel(TEXTS, vectors(6), LABELS, Options(ridge=RidgeOptions(), networks=()))
    sure = model.predict(TEXTS[:1], vectors(6)[:1])[0].confidence
    unsure = model.predict(["qwertz"], vectors(1, seed=7))[0].confidence

    assert 0.0 <= unsure < sure <= 1.0


def test_a_stored_model_says_the_same(model):
    again = pickle.loads(pickle.dumps(model))

    assert np.allclose(model.score(TEXTS, vectors(6)), again.score(TEXTS, vectors(6)), atol=1e-2)


def test_weights_solve_the_ridge_system():
    options = RidgeOptions(spelling_weight=0.5)
    spelling, rows = Spelling.learn(TEXTS)
    targets = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]] * 3, dtype=np.float32)
    fitted = KernelRidge.fit(options, vectors(6), rows, targets)
    kernel = np.exp(options.sharpness * (vectors(6) @ vectors(6).T - 1.0)) + 0.5 * (rows @ rows.T).toarray()
    weights = np.linalg.solve(kernel + options.ridge * np.eye(6), targets)

    assert np.allclose(fitted.score(vectors(6), [spelling.row(text) for text in TEXTS]), kernel @ weights, atol=1e-2)


def test_rows_are_those_of_the_vectorizers():
    texts = [*TEXTS, "what what what does it"]
    spelling, rows = Spelling.learn(TEXTS)
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True).fit(TEXTS)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True).fit(TEXTS)
    expected = np.hstack([words.transform(texts).toarray(), letters.transform(texts).toarray()])

    assert np.allclose(rows.toarray(), expected[: len(TEXTS)], atol=1e-5)
    for text, row in zip(texts, expected, strict=True):
        columns, weights = spelling.row(text)
        assert np.allclose(weights, row[columns], atol=1e-5)
        assert np.count_nonzero(row) == len(columns)


def test_a_text_without_known_terms_has_an_empty_row():
    columns, weights = Spelling.learn(TEXTS)[0].row("qqq")

    assert len(columns) == len(weights) == 0


def test_a_sketch_keeps_lengths_and_one_row_is_like_many():
    spelling, rows = Spelling.learn(TEXTS)
    sketch = Sketch.draw(rows.shape[1], 1024, seed=0)
    sketches = sketch.of_many(rows)

    assert np.allclose(sketches[0], sketch.of(*spelling.row(TEXTS[0])), atol=1e-5)
    assert np.allclose(sketches @ sketches.T / 8, (rows @ rows.T).toarray(), atol=0.4)


def test_a_high_out_of_scope_score_lowers_the_confidence():
    alone = Options(ridge=RidgeOptions(), networks=())
    texts, labels = [*TEXTS, "what does it cost to fly"], [*LABELS, "faq/out_of_scope"]
    inside = TopicModel(TEXTS, vectors(6), LABELS, alone).predict(["what does it cost to"], vectors(1))[0]
    beside = TopicModel(texts, vectors(7), labels, alone).predict(["what does it cost to"], vectors(1))[0]

    assert beside.confidence < inside.confidence
