"""What requests of Slack mean: who is answered where, and what nobody expects an answer to."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from fake_slack import BOT, button_press, direct_message, event_callback, mention
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmt_guide.channels.slack.events import Heard, plain_text, read_command, read_event, read_interaction

BUTTON = {"action_id": "choose_1", "text": {"type": "plain_text", "text": "Prices"}, "value": '/faq{"topic":"cost"}'}
COMMAND = {
    "command": "/nmt",
    "text": "does it hurt?",
    "user_id": "U1A",
    "channel_id": "C1A",
    "response_url": "https://hooks.slack.com/commands/1",
    "trigger_id": "13345224609.738474920.8088930838d88f008e0",
}


def heard(event):
    return read_event(event_callback(event))


def pressed(channel="C1A", user="U1A", **post):
    return button_press(user, {"channel": channel, "text": "x", "blocks": [], **post}, BUTTON, "1700000000.000100")


def test_a_direct_message_is_answered_where_it_was_written():
    found = heard(direct_message("U1A", "D1A", "does it hurt?", ts="1700000000.000100"))

    assert (found.text, found.channel, found.thread) == ("does it hurt?", "D1A", None)
    assert found.conversation == "slack:U1A"
    assert found.position == 1700000000000100


def test_a_mention_is_answered_in_a_thread_of_its_own():
    found = heard(mention("U1A", "C1A", "does it hurt?", ts="1700000000.000100"))

    assert (found.text, found.channel, found.thread) == ("does it hurt?", "C1A", "1700000000.000100")
    assert found.conversation == "slack:C1A:1700000000.000100"


def test_people_in_one_thread_share_the_conversation_and_others_do_not():
    first = heard(mention("U1A", "C1A", "a", ts="1700000000.000100"))
    same = heard(mention("U2A", "C1A", "b", ts="1700000000.000200", thread_ts="1700000000.000100"))
    other = heard(mention("U2A", "C1A", "c", ts="1700000000.000300"))

    assert first.conversation == same.conversation != other.conversation


def test_a_button_belongs_to_the_conversation_it_stands_in():
    asked = heard(mention("U1A", "C1A", "a", ts="1700000000.000100"))

    assert read_interaction(pressed(thread_ts="1700000000.000100")).conversation == asked.conversation
    assert read_interaction(pressed(channel="D1A")).conversation == "slack:U1A"


def test_a_slash_command_is_private_wherever_it_is_typed():
    found = read_command(COMMAND)

    assert (found.text, found.conversation) == ("does it hurt?", "slack:U1A")
    assert found.response_url


def test_the_same_message_has_the_same_name_however_it_comes():
    message = direct_message("U1A", "C1A", "hi", ts="1700000000.000100")
    as_mention = {**message, "type": "app_mention"}

    assert heard(message).key == heard(message).key == heard(as_mention).key


def test_a_second_press_of_a_button_has_the_name_of_the_first():
    first, second = read_interaction(pressed()), read_interaction(pressed())

    assert first.key == second.key


@pytest.mark.parametrize(
    "event",
    [
        direct_message("U1A", "D1A", "x", subtype="message_changed", hidden=True),
        direct_message("U1A", "D1A", "x", subtype="message_deleted"),
        direct_message("U1A", "D1A", "x", subtype="bot_message"),
        direct_message("U1A", "D1A", "x", subtype="channel_join"),
        direct_message(BOT, "D1A", "x", bot_id="B0BOT00001"),
        direct_message("U1A", "C1A", "x", channel_type="channel"),
        mention("U1A", "C1A", "x", bot_id="B9"),
        {"type": "app_home_opened", "user": "U1A", "channel": "D1A", "tab": "messages", "event_ts": "1.000001"},
        {"type": "reaction_added", "user": "U1A"},
        {"type": "member_joined_channel", "user": "U1A"},
    ],
    ids=lambda event: f"{event['type']} {event.get('subtype', '')}",
)
def test_what_nobody_expects_an_answer_to(event):
    assert heard(event) is None


def test_links_and_other_elements_are_no_choice():
    link = pressed()
    link["actions"] = [{"type": "button", "action_id": "link_1", "url": "https://example.com"}]
    menu = pressed()
    menu["actions"] = [{"type": "static_select", "selected_option": {"value": "x"}}]

    assert read_interaction(link) is None
    assert read_interaction(menu) is None
    assert read_interaction({**pressed(), "type": "view_submission"}) is None


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("<@U0BOT00001> does it hurt?", "does it hurt?"),
        ("see <https://example.com/a|this page> &amp; tell", "see this page & tell"),
        ("<https://example.com>", "https://example.com"),
        ("<mailto:a@example.com|a@example.com>", "a@example.com"),
        ("<#C012|general> <!here> hi", "#general   hi"),
        ("pain &lt; 3 &gt; 1", "pain < 3 > 1"),
        ("&amp;lt;", "&lt;"),
        ("<<@U1>", "<"),
    ],
)
def test_marks_of_slack_become_words(raw, plain):
    assert plain_text(raw) == plain


def test_files_without_words_are_told_apart_from_files_with_words():
    files = {"subtype": "file_share", "files": [{"id": "F1"}]}

    assert heard(direct_message("U1A", "D1A", "", **files)).unreadable
    assert not heard(direct_message("U1A", "D1A", "what is this?", **files)).unreadable


@pytest.mark.parametrize("text", ["", "   ", "<@U1>"])
def test_a_command_without_a_question_is_none(text):
    assert read_command({**COMMAND, "text": text}) is None


def test_what_was_heard_survives_the_way_through_the_database():
    for found in (heard(direct_message("U1A", "D1A", "x")), read_interaction(pressed()), read_command(COMMAND)):
        assert Heard(**json.loads(json.dumps(asdict(found)))) == found


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
_FIELDS = ["user", "channel", "text", "ts", "thread_ts", "subtype", "files", "bot_id", "tab", "event_ts"]


# Making up JSON is slow on a busy machine, and that is no fault.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(["message", "app_mention", "app_home_opened"]), st.dictionaries(st.sampled_from(_FIELDS), _JSON))
def test_no_event_is_too_strange(kind, fields):
    read_event(event_callback({"channel_type": "im", **fields, "type": kind}))


@given(st.dictionaries(st.sampled_from(["user", "container", "message", "actions", "trigger_id", "channel"]), _JSON))
def test_no_interaction_is_too_strange(fields):
    read_interaction({**pressed(), **fields})
    read_interaction({**pressed(), "message": fields, "container": {**pressed()["container"], **fields}})


@given(_JSON)
def test_no_json_is_too_strange(payload):
    read_event(payload)
    read_interaction(payload)
