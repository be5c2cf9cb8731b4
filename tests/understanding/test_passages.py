"""Which text of a topic comes nearest to a question."""

import numpy as np
import pytest

from nmt_guide.knowledge.content import text_name
from nmt_guide.understanding import passages
from nmt_guide.understanding.passages import PassageFinder, Passages, Texts


class Encoder:
    """Vectors by the first letter of a text."""

    def encode_each(self, texts, message=""):
        return self.encode_many(texts)

    def encode_many(self, texts):
        rows = np.zeros((len(texts), 768), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[-1 if text.startswith("p") else -2] = 1.0
        return rows


@pytest.fixture
def finder(monkeypatch):
    """Texts with the cosines 0, 0.6 and 0.9 to what begins with a "p"; of topic "hours" the answer to a narrow question, whose
    own cosine is 0.2 and that of its wordings 0.0 and 0.9."""
    monkeypatch.setattr(passages, "shared_encoder", Encoder)
    vectors = np.zeros((3, 384), dtype=np.float32)
    vectors[0, -2], vectors[1, -1], vectors[2, -1] = 1.0, 0.6, 0.9
    answer, wordings = np.zeros((1, 384), dtype=np.float32), np.zeros((2, 384), dtype=np.float32)
    answer[0, -1], wordings[1, -1] = 0.2, 0.9
    learnt = Passages(
        {"cost": Texts(["other", "near", "nearest"], vectors, []), "hours": Texts(["narrow"], answer, ["parking"])},
        {"parking": wordings},
    )
    return PassageFinder(PassageFinder.get_default_config(), learnt, None, None)


def found(finder, text, *ranking):
    from rasa.shared.nlu.training_data.message import Message

    message = Message({"text": text, "spelt": text, "questions": [{"text": text, "ranking": list(ranking)}]})
    return finder.process([message])[0].get("questions")[0]


def understood(finder, text, *ranking):
    return found(finder, text, *ranking)["passages"]


def test_the_nearest_comes_first_and_what_is_far_is_left_out(finder):
    assert understood(finder, "prices?", ["faq/cost", 0.9]) == {"cost": ["nearest", "near"]}


def test_the_answer_to_a_narrow_question_is_found_by_how_it_is_asked(finder):
    assert understood(finder, "parking?", ["faq/hours", 0.9]) == {"hours": ["narrow"]}
    assert understood(finder, "other?", ["faq/hours", 0.9]) == {}


def test_a_narrow_question_needs_more_than_a_text(finder):
    finder._learnt.wordings["parking"][1, -1] = 0.7

    assert understood(finder, "parking?", ["faq/hours", 0.9]) == {}


def test_the_nearest_text_is_told_although_it_is_far_but_no_answer_to_another_question(finder):
    texts = finder._learnt.of_topic["cost"]
    finder._learnt.of_topic["cost"] = texts._replace(vectors=0.6 * texts.vectors, details=["parking"])

    question = found(finder, "prices?", ["faq/cost", 0.9])

    assert question["passages"] == {"cost": ["nearest"]}  # by the wordings of its question
    assert question["nearest"] == {"cost": "near"}


def test_only_topics_that_are_likely_are_looked_at(finder):
    ranking = [["follow_up/more", 0.4], ["faq/booking", 0.3], ["faq/insurance", 0.1], ["faq/cost", 0.1]]

    assert understood(finder, "prices?", *ranking) == {}


def test_what_says_nothing_by_itself_is_left_out():
    from nmt_guide.knowledge.files import read_content
    from nmt_guide.settings import ROOT

    topic = read_content(ROOT / "knowledge").topic["cost"]
    topic = topic.copy(update={"short": "It depends. A visit of an hour costs more.", "long": "These cost more:"})

    assert passages._broad(topic) == ("A visit of an hour costs more.",)


def test_every_long_text_has_paragraphs_with_names_of_their_own():
    from nmt_guide.knowledge.files import read_content
    from nmt_guide.settings import ROOT

    for topic in read_content(ROOT / "knowledge").topics:
        names = list(map(text_name, topic.paragraphs))
        assert names
        assert len(set(names)) == len(names)
