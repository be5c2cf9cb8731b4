"""What is counted of a message holds nothing that a client wrote, and comes back as it was written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

from nmt_guide.analytics.turns import Reply, from_json, turn
from nmt_guide.errors import AnalyticsError
from nmt_guide.server.turns import timed, turns_of

#: 2026-11-27, 23:59:59 in UTC.
LATE = 1795823999.0
SAFETY = {"kind": "safety", "level": "same_day_medical_care", "flag": "dvt", "facets": {}}
ANSWER = {"kind": "answer", "topic": "cost", "facets": {"technique": "cupping", "condition": "sciatica"}}


def one(*metadata, channel="web", seconds=0.1):
    return turn(channel, LATE, seconds, list(metadata))


def test_a_turn_keeps_its_hour_and_what_is_no_text():
    made = one(SAFETY, ANSWER)

    assert made.hour.isoformat() == "2026-11-27T23:00:00+00:00"
    assert made.replies == (
        Reply("safety", level="same_day_medical_care", flag="dvt"),
        Reply("answer", "cost", ("condition", "technique")),
    )
    assert "sciatica" not in made.as_json()


def test_what_was_not_understood_keeps_the_nearest_topic():
    assert one({"kind": "fallback", "options": ["cost", "hours"]}).replies == (Reply("fallback", "cost"),)
    assert one({"kind": "fallback", "topic": "unclear", "options": []}).replies == (Reply("fallback", "unclear"),)


def test_an_outage_is_no_handoff():
    assert one({"kind": "handoff", "outage": True}).replies == (Reply("outage"),)


def test_a_turn_comes_back_from_its_line():
    made = one(SAFETY, ANSWER)

    assert from_json(made.as_json()) == made
    assert from_json(json.dumps({**json.loads(made.as_json()), "of a newer replica": 1})) == made


@pytest.mark.parametrize(
    "line",
    [b"", b"\xff", "[]", "null", "{}", '{"id": 1}', one().as_json().replace("+00:00", ""), one().as_json()[:-1]],
    ids=["nothing", "no text", "a list", "null", "empty", "a number for an id", "no time zone", "cut off"],
)
def test_what_is_no_turn_is_refused(line):
    with pytest.raises(AnalyticsError, match="no event of the assistant"):
        from_json(line)


words = st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()), st.dictionaries(st.text(), st.text()))


@given(st.text(), st.dictionaries(st.sampled_from(["kind", "topic", "facets", "level", "flag", "options"]), words))
def test_whatever_an_action_or_a_caller_says_no_words_get_through(channel, metadata):
    made = turn(channel, LATE, None, [metadata])
    kept = [made.channel, *(v for reply in made.replies for v in (reply.kind, reply.topic, *reply.facets))]

    assert all(" " not in each and each.isascii() and len(each) <= 64 for each in kept if each)
    assert from_json(made.as_json()) == made


def test_each_message_of_the_client_gets_its_own_replies():
    events = [
        BotUttered("unasked", metadata={"kind": "smalltalk"}),
        UserUttered("private words", input_channel="rest"),
        BotUttered("x", metadata=ANSWER),
        ActionExecuted("action_listen"),
        UserUttered("more private words", input_channel="rest"),
    ]
    with timed():
        two, (one_alone,) = turns_of(events), turns_of(events[:3])

    assert [each.replies for each in two] == [(Reply("answer", "cost", ("condition", "technique")),), ()]
    assert [each.seconds for each in two] == [None, None]
    assert 0 <= one_alone.seconds < 1
    assert "private" not in "".join(each.as_json() for each in two)
    assert turns_of(events[:3])[0].seconds is None
