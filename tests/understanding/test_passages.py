"""Which paragraph of a long text comes nearest to a question."""

import numpy as np
import pytest

from nmt_guide.knowledge.content import text_name
from nmt_guide.understanding import passages
from nmt_guide.understanding.passages import PassageFinder


class Encoder:
    """Vectors by the first letter of a text."""

    def encode_each(self, texts, message=""):
        rows = np.zeros((len(texts), 768), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[-1 if text.startswith("p") else -2] = 1.0
        return rows


@pytest.fixture
def finder(monkeypatch):
    monkeypatch.setattr(passages, "shared_encoder", Encoder)
    vectors = np.zeros((3, 384), dtype=np.float32)
    vectors[0, -2], vectors[1, -1], vectors[2, -1] = 1.0, 0.6, 0.9
    learnt = {"cost": (["other", "near", "nearest"], vectors)}
    return PassageFinder(PassageFinder.get_default_config(), learnt, None, None)


def understood(finder, text, *ranking):
    from rasa.shared.nlu.training_data.message import Message

    message = Message({"text": text, "spelt": text, "questions": [{"text": text, "ranking": list(ranking)}]})
    return finder.process([message])[0].get("questions")[0]["passages"]


def test_the_nearest_comes_first_and_what_is_far_is_left_out(finder):
    assert understood(finder, "prices?", ["faq/cost", 0.9]) == {"cost": ["nearest", "near"]}


def test_only_topics_that_are_likely_are_looked_at(finder):
    ranking = [["follow_up/more", 0.4], ["faq/booking", 0.3], ["faq/insurance", 0.1], ["faq/cost", 0.1]]

    assert understood(finder, "prices?", *ranking) == {}


def test_every_long_text_has_paragraphs_with_names_of_their_own():
    from nmt_guide.knowledge.files import read_content
    from nmt_guide.settings import ROOT

    for topic in read_content(ROOT / "knowledge").topics:
        names = list(map(text_name, topic.paragraphs))
        assert names
        assert len(set(names)) == len(names)
