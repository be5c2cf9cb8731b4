"""Rows of words and letters, one by one and many at once."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from nmt_guide.understanding.spelling import Sketch, Spelling

TEXTS = ["what does it cost", "how much is a session", "price list", "does it hurt", "is it painful", "will I be sore"]


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
