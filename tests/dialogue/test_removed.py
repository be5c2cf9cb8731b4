"""The content changes under a running conversation: a red flag or a topic is gone that the model or the memory still names."""

import pytest
from talking import asks, kinds, turn

from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.forms import Contact, Search
from nmt_guide.dialogue.model import Alarm, Memory, Question
from nmt_guide.knowledge.content import Content

GONE = ("gone", "gone_too")


def without(content, topics=(), flags=()):
    """Answers without some topics and red flags. No `copy` of the content, which would keep what it has looked up."""
    fields = {name: getattr(content, name) for name in Content.__fields__}
    fields["topics"] = tuple(topic for topic in content.topics if topic.id not in topics)
    fields["red_flags"] = tuple(flag for flag in content.red_flags if flag.id not in flags)
    return Answers(Content.construct(**fields))


@pytest.mark.parametrize(
    "memory",
    [
        Memory(flag="rf_gone", ruled=True, held=2, waiting=("cost",)),
        Memory(asking="rf_gone"),
        Memory(unseen="rf_gone", cleared=("rf_gone",)),
        Memory(topic="gone", offered=("cost", "gone", "booking"), waiting=GONE, denied=GONE),
        Memory(facets={"condition": "gone", "medication": "gone", "gone": "gone", "population": "gone"}),
        Memory(contact=Contact("1", "question", "message", "gone"), topic="gone"),
        Memory(search=Search("place", shown=("gone",), focus="gone"), topic="gone"),
    ],
)
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("what does it cost?", "cost"),
        ("yes", "follow_up/yes"),
        ("no", "follow_up/no"),
        ("tell me more", "follow_up/more"),
        ("the second one", "follow_up/second"),
        ("how sure is that?", "follow_up/evidence"),
        ("my doctor said it is fine", "follow_up/safe"),
        ("and after?", "gone"),
    ],
)
def test_whatever_a_conversation_keeps_of_it_every_message_is_answered(respond, answers, memory, text, label):
    question = asks(label, text=text, in_context=(("faq/gone", 0.9), ("faq/cost", 0.1)), others=("gone_too",))
    reply = respond(turn(question, text=text), memory, answers)

    assert all(message.text for message in reply.messages)
    assert reply.memory.flag is None
    assert "gone" not in (reply.memory.topic, *reply.memory.offered, *reply.memory.waiting)


def test_after_a_red_flag_that_is_gone_the_next_question_is_answered(respond, answers):
    (message,) = respond(turn(asks("cost")), Memory(flag="rf_gone", ruled=True, held=1), answers).messages

    assert message.meta["topic"] == "cost"


@pytest.mark.parametrize("likely", [True, False])
def test_an_alarm_of_a_red_flag_that_is_gone_is_none(respond, answers, likely):
    reply = respond(turn(asks("cost"), alarms=[Alarm("rf_gone", likely)]), Memory(), answers)

    assert [message.meta["topic"] for message in reply.messages] == ["cost"]


def test_an_alarm_that_stands_beside_one_that_is_gone_counts(respond, answers):
    alarms = [Alarm("rf_gone", True), Alarm("rf_stroke", True)]
    (message,) = respond(turn(asks("cost"), alarms=alarms), Memory(flag="rf_gone"), answers).messages

    assert message.meta["flag"] == "rf_stroke"


def test_for_a_topic_that_is_gone_others_are_offered(respond, answers):
    reply = respond(turn(asks("gone", 0.99, others=("gone_too", "cost", "booking"))), Memory(), answers)

    assert reply.messages[0].meta["options"] == ["cost", "booking"]


def test_of_several_questions_those_that_can_be_are_answered(respond, answers):
    asked = turn(asks("gone", others=("booking",)), asks("cost"), asks("insurance", others=("gone",)))
    reply = respond(asked, Memory(), answers)

    assert [message.meta["topic"] for message in reply.messages] == ["cost", "insurance"]


def test_where_nothing_is_left_it_is_not_understood(respond, answers):
    reply = respond(turn(Question("gone?", (("faq/gone", 0.9),), 0.9)), Memory(), answers)

    assert kinds(reply) == ["fallback"]


def test_a_place_in_a_list_with_a_gap_means_nothing(respond, answers):
    second = asks("follow_up/second", text="the second one")
    reply = respond(turn(second, text="the second one"), Memory(offered=("gone", "cost", "booking")), answers)

    assert reply.messages[0].meta.get("topic") not in ("cost", "booking")


def test_topics_that_are_always_offered_may_be_gone(respond, content):
    reply = respond(turn(chosen=("follow_up", "something_else")), Memory(), without(content, topics=["cost"]))

    assert reply.messages[0].meta["options"] == ["what_is_nmt", "session_overview"]


def test_the_flag_of_reasons_without_one_of_their_own_may_be_gone(respond, content):
    facets = {"medication": "warfarin"}
    asked = turn(asks("contra_blood_thinners", facets=facets))
    reply = respond(asked, Memory(), without(content, flags=["rf_history_serious"]))

    assert reply.messages[0].meta["topic"] == "contra_blood_thinners"
