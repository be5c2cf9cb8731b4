"""What the screen makes of two messages in a row; the examples and rules are tested with the trained assistant."""

import numpy as np
import pytest

from nmt_guide.safety import screen as screen_module
from nmt_guide.safety.screen import Finding, Screen

VECTOR = np.zeros(384, dtype=np.float32)


class Encoder:
    """Gives every text the same vector."""

    def encode(self, texts):
        return np.zeros((len(texts), 384), dtype=np.float32)


@pytest.fixture
def screen(monkeypatch):
    """A screen that finds what a test says it finds in a text, without a model."""
    monkeypatch.setattr(screen_module, "shared_encoder", Encoder)
    found = {}
    made = Screen.__new__(Screen)
    monkeypatch.setattr(made, "_read", lambda text, vector: found.get(text, []), raising=False)
    made.found = found
    return made


def test_a_symptom_that_is_only_possible_is_read_along_with_the_message_before(screen):
    screen.found["and I can't feel when I pee"] = [Finding("rf_cauda_equina", False, 0.4)]
    screen.found["my back hurts. and I can't feel when I pee"] = [Finding("rf_cauda_equina", True, 0.8)]

    assert [f.likely for f in screen.read("and I can't feel when I pee", VECTOR, "my back hurts")] == [True]


def test_what_is_possible_stays_so_when_both_together_are_not_more(screen):
    screen.found["it tingles"] = [Finding("rf_stroke", False, 0.4)]

    assert [f.likely for f in screen.read("it tingles", VECTOR, "how much is it?")] == [False]


def test_a_message_without_any_sign_is_not_read_along(screen):
    screen.found["my chest is tight. how much is it?"] = [Finding("rf_heart", True, 0.9)]

    assert screen.read("how much is it?", VECTOR, "my chest is tight") == []
