"""What the screen makes of two messages in a row; the examples and rules are tested with the trained assistant."""

from types import SimpleNamespace

import numpy as np
import pytest
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nmt_guide.knowledge.files import read_content
from nmt_guide.safety.screen import Finding, SafetyScreen, Screen, Thresholds
from nmt_guide.settings import ROOT
from nmt_guide.understanding.components import SPELT


@pytest.fixture
def screen(monkeypatch):
    """A screen that finds what a test says it finds in a text, without a model. Its rules are the real ones."""
    found = {}
    content = read_content(ROOT / "knowledge")
    made = Screen(SimpleNamespace(labels=()), content.signs, content.red_flags, Thresholds())
    monkeypatch.setattr(made, "_read", lambda text: found.get(text, []), raising=False)
    made.found = found
    return made


def test_a_symptom_that_is_only_possible_is_read_along_with_the_message_before(screen):
    screen.found["and I can't feel when I pee"] = [Finding("rf_cauda_equina", False, 0.4)]
    screen.found["my back hurts. and I can't feel when I pee"] = [Finding("rf_cauda_equina", True, 0.8, ruled=True)]

    assert [f.likely for f in screen.read("and I can't feel when I pee", "my back hurts")] == [True]


@pytest.mark.parametrize(("score", "likely"), [(0.8, False), (0.95, True)])
def test_two_messages_together_must_be_surer_than_one(screen, score, likely):
    screen.found["that's my big thing"] = [Finding("rf_suicide", False, 0.6)]
    screen.found["I am nervous. that's my big thing"] = [Finding("rf_suicide", True, score)]

    assert [f.likely for f in screen.read("that's my big thing", "I am nervous")] == [likely]


def test_what_is_possible_stays_so_when_both_together_are_not_more(screen):
    screen.found["it tingles"] = [Finding("rf_stroke", False, 0.4)]

    assert [f.likely for f in screen.read("it tingles", "how much is it?")] == [False]


def test_a_message_without_any_sign_is_not_read_along(screen):
    screen.found["my chest is tight. how much is it?"] = [Finding("rf_heart", True, 0.9)]

    assert screen.read("how much is it?", "my chest is tight") == []


@pytest.mark.parametrize(
    ("before", "text", "read_along"),
    [
        ("I'm 77 and had a fall on Monday", "my back hurts in the middle", True),
        ("my back hurts in the middle", "I'm 77 and had a fall on Monday", True),
        ("I'm 77 and like the opera", "my back hurts in the middle", False),
        ("I'm 77 and had a fall on Monday, my back hurts", "how much is it", False),
    ],
    ids=["fall first", "pain first", "no fall", "told already"],
)
def test_two_messages_that_tell_of_a_danger_together_are_read_as_one(screen, before, text, read_along):
    screen.found[f"{before}. {text}"] = [Finding("rf_fragility_fracture", True, 0.9)]

    assert bool(screen.read(text, before)) is read_along


def test_what_was_said_long_before_the_end_of_a_very_long_message_is_not_read_along(screen):
    screen.found["it tingles"] = [Finding("rf_stroke", False, 0.4)]
    read = []
    screen._read = lambda text: read.append(text) or screen.found.get(text, [])
    screen.read("it tingles", "my arm is heavy. " * 400)

    assert len(read[1]) < 1000


def test_a_message_that_nothing_reads_is_an_error_and_not_taken_for_harmless():
    lonely = SafetyScreen(SafetyScreen.get_default_config(), ((), ()), None, None)

    with pytest.raises(InvalidConfigException, match="Labeller"):
        lonely.process([Message({TEXT: "my chest hurts", SPELT: "my chest hurts"})])


LABELS = ("faq/red_flags", "faq/cost", "red_flag/rf_stroke", "red_flag/rf_dvt", "red_flag/rf_skin_lesion")


class Reader:
    """Says what a test wrote down of every text."""

    labels = LABELS

    def __init__(self, *scores):
        self.scores = scores

    def score_message(self, text):
        return np.array([self.scores], dtype=np.float32)


def read(*scores, text="something is wrong"):
    flags = [flag for flag in read_content(ROOT / "knowledge").red_flags if f"red_flag/{flag.id}" in LABELS]
    return Screen(Reader(*scores), [], flags, Thresholds()).read(text)


def test_what_speaks_for_the_topic_of_all_flags_speaks_for_those_that_the_message_is_like():
    assert [(f.flag, f.likely) for f in read(0.6, 0.05, 0.3, 0.05, 0.0)] == [("rf_stroke", True)]


def test_a_question_about_red_flags_is_no_alarm():
    assert read(0.95, 0.03, 0.01, 0.01, 0.0) == []


def test_likely_possible_and_neither():
    assert [f.likely for f in read(0.0, 0.2, 0.8, 0.0, 0.0)] == [True]
    assert [f.likely for f in read(0.0, 0.4, 0.3, 0.3, 0.0)] == [False]
    assert read(0.0, 0.9, 0.1, 0.0, 0.0) == []


@pytest.mark.parametrize(
    ("whole", "in_part", "likely"),
    [(0.4, 0.8, [False]), (0.4, 0.9, [True]), (0.05, 0.9, [])],
    ids=["not sure enough", "sure", "the whole is no sign"],
)
def test_a_sentence_alone_must_be_surer_than_a_whole_message(whole, in_part, likely):
    class Parts(Reader):
        def score_message(self, text):
            return np.array([(0.0, 0.5, whole, 0.0, 0.0), (0.0, 0.1, in_part, 0.0, 0.0)], dtype=np.float32)

    flags = [flag for flag in read_content(ROOT / "knowledge").red_flags if f"red_flag/{flag.id}" in LABELS]
    found = Screen(Parts(), [], flags, Thresholds()).read("It was nothing. Now do my back.")
    assert [finding.likely for finding in found] == likely
