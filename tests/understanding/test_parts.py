"""Which parts of a message are questions."""

from pathlib import Path

import pytest

from nmt_guide.understanding.parts import LEAST_PROBABILITY, WEIGHTS, asked, candidates
from nmt_guide.understanding.topics import Scores

#: What stands for a topic in these tests: the last word that names one.
_TOPICS = {"price": "cost", "parking": "hours_location", "knee": "cond_knee_pain", "hello": "small_talk_greeting"}


def read(parts):
    return [_scores(part) for part in parts]


def _scores(text, confidence=0.9):
    labels = [f"faq/{topic}" for word, topic in _TOPICS.items() if word in text] or ["faq/unclear"]
    rest = [(label, 0.05) for label in labels[1:]]  # in the order of _TOPICS
    return Scores([(labels[0], 0.95), *rest], confidence)


def topics(text):
    return [part.label for part in asked(text, _scores(text), read, WEIGHTS, LEAST_PROBABILITY)]


def test_two_questions_are_two_in_the_order_of_the_message():
    assert topics("what about parking? and how much is the price?") == ["faq/hours_location", "faq/cost"]


def test_a_list_of_things_is_several_questions():
    assert topics("price and parking please") == ["faq/cost", "faq/hours_location"]


def test_a_story_beside_a_question_is_none():
    text = "my knee clicks, i had kids, two dogs, a move, a new job, and no sleep: how much is the price?"

    assert topics(text) == []


def test_what_is_only_denied_is_no_question():
    assert topics("no knee trouble, what is the price?") == []


def test_where_all_is_denied_there_is_nothing_to_take_apart():
    assert topics("no knee trouble, no parking, no price") == []


def test_a_greeting_is_no_question():
    assert topics("hello there, how are you? what is the price?") == []


def test_a_single_clause_is_not_taken_apart():
    assert candidates("price", _scores("price"), read) == []


@pytest.fixture(scope="module")
def labelled():
    from nmt_guide.evaluation.assistant import TrainedAssistant
    from nmt_guide.evaluation.parts import read_labelled
    from nmt_guide.server.build import model_file
    from nmt_guide.settings import Settings

    return read_labelled(TrainedAssistant.load(model_file(Settings())), Path(__file__).with_name("parts.tsv"))


def test_chat_messages_are_mostly_answered_with_what_they_ask(labelled):
    """The messages of the file that the weights were fitted on; no example of the training stands among them."""
    several = [one for one in labelled if len(one.wanted) > 1]
    single = [one for one in labelled if len(one.wanted) == 1]
    found = sum(len(one.wanted & one.answered(WEIGHTS, LEAST_PROBABILITY)) / len(one.wanted) for one in several) / len(
        several
    )
    more = sum(len(one.answered(WEIGHTS, LEAST_PROBABILITY)) > 1 for one in single) / len(single)

    assert found > 0.75
    assert more < 0.25
