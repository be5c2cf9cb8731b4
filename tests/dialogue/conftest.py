"""What the tests of the dialogue share."""

import pytest
from talking import Talk

from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.manager import respond as respond_with
from nmt_guide.knowledge.files import read_content
from nmt_guide.settings import ROOT


@pytest.fixture(scope="session")
def content():
    return read_content(ROOT / "knowledge")


@pytest.fixture(scope="session")
def answers(content):
    return Answers(content)


@pytest.fixture
def talk(answers):
    return Talk(answers)


@pytest.fixture
def respond(talk):
    """The reply to a turn, with the services of a conversation."""
    return lambda turn, memory, answers: respond_with(turn, memory, answers, talk.services)
