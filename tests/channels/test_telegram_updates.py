"""What Telegram sends is read or ignored, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram_updates import ANSWERED, BOT, GROUP, SERVICE, message, other_updates, press, text, update

from nmt_guide.channels.telegram.updates import read, update_id

NAME = BOT["username"]


def test_a_text_is_a_question():
    incoming = read(text(7, "Does it hurt?"), NAME)

    assert (incoming.kind, incoming.chat, incoming.text) == ("text", 7, "Does it hurt?")


@pytest.mark.parametrize("words", ["/start", "/start ref_1", "/START", f"/start@{NAME}", "/start\nhello"])
def test_a_command_is_one_with_whatever_follows(words):
    incoming = read(text(7, words), NAME)

    assert (incoming.kind, incoming.text) == ("command", "start")


@pytest.mark.parametrize("words", ["/starter", "/restart", "/faq", "say /start", "/", "//start", "/start/help"])
def test_what_only_looks_like_a_command_is_a_question(words):
    assert read(text(7, words), NAME).kind == "text"


def test_an_edited_text_is_asked_again_and_an_edited_command_is_not_obeyed():
    assert read(update(edited_message=message(7, text="Does it hurt?", edit_date=1)), NAME).edited
    assert read(update(edited_message=message(7, text="/delete", edit_date=1)), NAME).kind == "text"


@pytest.mark.parametrize("kind", ANSWERED)
def test_what_cannot_be_read_is_told_so(kind):
    content, word = ANSWERED[kind]
    incoming = read(update(message=message(7, **content)), NAME)

    assert incoming.kind == "unreadable"
    assert word in incoming.note
    assert "emergency number" in incoming.note


def test_the_words_under_a_picture_are_a_question():
    incoming = read(update(message=message(7, photo=[], caption="My calf is hot and swollen")), NAME)

    assert incoming.text == "My calf is hot and swollen"
    assert incoming.note == "I cannot look at pictures."


@pytest.mark.parametrize("kind", SERVICE)
def test_what_tells_about_the_chat_is_ignored(kind):
    assert read(update(message=message(7, **SERVICE[kind])), NAME) is None


@pytest.mark.parametrize("kind", other_updates(7))
def test_other_updates_are_ignored(kind):
    assert read(other_updates(7)[kind], NAME) is None


def test_a_place_that_moves_is_ignored():
    moved = message(7, location={"longitude": 1.0, "latitude": 2.0, "live_period": 60}, edit_date=1)

    assert read(update(edited_message=moved), NAME) is None


def test_other_bots_are_ignored():
    assert read(update(message={**message(7, text="Hi"), "from": BOT}), NAME) is None


def test_a_group_is_answered_only_when_it_speaks_to_us():
    def in_group(**content):
        return read(update(message={**message(7), "chat": GROUP, **content}), NAME)

    assert in_group(text="Does it hurt?") is None
    assert in_group(photo=[]) is None
    assert in_group(text=f"@{NAME.upper()} does it hurt?").kind == "group"
    assert in_group(text="And then?", reply_to_message=message(7, text="x") | {"from": BOT}).kind == "group"
    assert in_group(text=f"@{NAME}").chat == GROUP["id"]


def test_without_the_bots_name_no_group_is_answered():
    assert read(update(message={**message(7, text="Hi @"), "chat": GROUP}), "") is None


def test_a_press_knows_its_button():
    markup = {"inline_keyboard": [[{"text": "Cost", "callback_data": "k1"}], [{"text": "Hurt", "callback_data": "k2"}]]}
    incoming = read(press(7, "k2", 12, markup), NAME)

    assert (incoming.kind, incoming.text, incoming.title, incoming.message_id) == ("press", "k2", "Hurt", 12)
    assert incoming.subject == "keyboard 12"


@pytest.mark.parametrize(
    "query",
    [
        {"id": "1", "from": {}, "inline_message_id": "x", "chat_instance": "1", "data": "k"},
        {"id": "1", "from": {}, "message": {"chat": GROUP, "message_id": 1, "date": 0}, "data": "k"},
        {
            "id": "1",
            "from": {},
            "message": {"chat": {"id": 7, "type": "private"}, "message_id": 1},
            "game_short_name": "g",
        },
    ],
    ids=["inline message", "in a group", "game"],
)
def test_other_presses_are_ignored(query):
    assert read(update(callback_query=query), NAME) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["update_id", "message", "edited_message", "callback_query", "chat", "from", "id", "type", "text", "data",
             "message_id", "photo", "caption", "reply_markup", "inline_keyboard", "callback_data", "media_group_id",
             "is_topic_message", "message_thread_id", "reply_to_message", "username"]
        ),
        inner | st.sampled_from(["private", "supergroup", NAME, f"@{NAME}"]),
        max_size=5,
    ),
    max_leaves=30,
)  # fmt: skip


@given(_JSON)
def test_no_json_at_all_is_too_strange_to_be_read(strange):
    update_id(strange)
    read(strange, NAME)
    read({"update_id": 1, "message": strange}, NAME)
    read({"update_id": 1, "callback_query": strange}, NAME)


@pytest.mark.parametrize("number", [None, True, "1", 1.5, 2**63, [1]])
def test_an_update_has_a_whole_number(number):
    assert update_id({"update_id": number}) is None
