"""Topics and confidence out of the scores of all labels."""

import numpy as np
import pytest

from nmt_guide.understanding.topics import OUT_OF_SCOPE, TopicReader, signals

LABELS = ["faq/cost", "faq/session_pain", OUT_OF_SCOPE, "no_red_flag", "red_flag/rf_dvt"]


def read(*scores):
    return TopicReader(LABELS).read(np.array([scores], dtype=np.float32))[0]


def test_topics_are_ranked_by_their_share_among_topics():
    found = read(0.3, 0.1, 0.0, 0.2, 0.4)

    assert [label for label, _ in found.ranking] == ["faq/cost", "faq/session_pain", OUT_OF_SCOPE]
    assert [score for _, score in found.ranking] == pytest.approx([0.75, 0.25, 0.0])


def test_confidence_is_a_probability_and_grows_with_the_best_score():
    found = [read(best, 1 - best, 0, 0, 0).confidence for best in (0.6, 0.8, 1.0)]

    assert 0.0 < found[0] < found[1] < found[2] < 1.0


def test_a_share_of_out_of_scope_lowers_the_confidence():
    assert read(0.8, 0.0, 0.2, 0, 0).confidence < read(0.8, 0.2, 0.0, 0, 0).confidence


def test_a_message_out_of_scope_may_be_surely_so():
    assert read(0.0, 0.0, 1.0, 0, 0).confidence > 0.9


def test_signals_of_a_score_of_one_are_finite():
    assert np.isfinite(signals(1.0, 0.0, 0.0)).all()
    assert signals(0.5, 0.5, 0.04) == pytest.approx((1.0, 0.0, 0.0, 0.2), abs=0.01)


def test_a_second_label_that_is_as_good_lowers_the_confidence():
    assert read(0.4, 0.4, 0.0, 0.0, 0.0).confidence < read(0.5, 0.1, 0.0, 0.0, 0.0).confidence


def test_labels_without_out_of_scope_are_read_too():
    found = TopicReader(["faq/cost", "faq/session_pain"]).read(np.array([[0.9, 0.1]]))[0]

    assert found.ranking[0][0] == "faq/cost"
