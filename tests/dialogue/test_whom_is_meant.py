"""Whom a message means, of those who were shown."""

from dataclasses import replace

import pytest
from talking import THERAPISTS

from nmt_guide.dialogue.reference import by_name

WILL = replace(THERAPISTS[0], id="will", name="Will May")


@pytest.mark.parametrize(
    "text",
    [
        "Will",
        "what about will?",
        "does will speak Spanish",
        "is that Will's number",
        "will's number",
        "Will May",
        "and May?",
    ],
)
def test_a_name_that_is_a_word_is_understood_as_a_name(text):
    assert by_name(text, [WILL]) == WILL


@pytest.mark.parametrize("text", ["Will it hurt?", "will it hurt", "may I eat before?", "I will come"])
def test_a_word_that_is_a_name_is_left_a_word(text):
    assert by_name(text, [WILL]) is None
