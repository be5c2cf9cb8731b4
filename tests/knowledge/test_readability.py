"""The reading grade tells easy from hard, and what a client cannot see does not count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_guide.knowledge.readability import grade, words

EASY = "We press on the sore spot. It may hurt a bit. Tell us if it is too much."
HARD = "Neuromuscular interventions necessitate comprehensive biomechanical characterisation of symptomatology."


def test_hard_words_and_long_sentences_have_a_higher_grade():
    assert grade(EASY) < 4 < 12 < grade(HARD)


def test_a_placeholder_counts_as_one_everyday_word():
    assert grade("Call {clinic.complaint_contact} now.") == grade("Call clinic now.")


@pytest.mark.parametrize(("text", "count"), [("", 0), ("one", 1), ("  one\n\ntwo  three ", 3), ("{clinic.phone}", 1)])
def test_words_are_counted(text, count):
    assert words(text) == count


@given(st.text(max_size=300))
def test_no_text_breaks_it(text):
    assert isinstance(grade(text), float)
    assert words(text) >= 0
