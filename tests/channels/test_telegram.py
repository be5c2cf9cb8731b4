"""The real assistant on Telegram by webhook: whatever comes, in whatever order, is answered once."""

from __future__ import annotations

import random
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from bot_api import BOT, TOKEN, bot_api, eventually, shown
from bot_chat import SECRET, URL, ask, new_chat, post, serving_telegram, settled
from telegram_updates import ANSWERED, GROUP, SERVICE, message, other_updates, press, text, update

from nmt_guide.channels.telegram.channel import webhook_secret


@pytest.fixture(scope="module")
def telegram():
    with bot_api() as running:
        yield running


@pytest.fixture(scope="module")
def assistant(place, telegram):
    with serving_telegram(place, telegram) as running:
        yield running


@pytest.fixture
def chat(telegram):
    yield new_chat()
    telegram.down, telegram.slow_seconds = False, 0.0
    telegram.failures.clear()


def test_the_webhook_is_registered_with_a_secret_and_only_for_what_we_read(assistant, telegram):
    assert telegram.webhook == {
        "url": URL,
        "secret_token": webhook_secret(TOKEN),
        "max_connections": 1,
        "allowed_updates": ["message", "edited_message", "callback_query"],
    }
    assert [command["command"] for command in telegram.called("setMyCommands")[0]["commands"]] == [
        "start", "help", "delete",
    ]  # fmt: skip


def test_a_question_is_answered_with_buttons_that_answer_and_disappear(assistant, telegram, chat):
    first = ask(assistant, telegram, chat, "How much does it cost?")
    markup = first[-1]["reply_markup"]
    button = markup["inline_keyboard"][0][0]
    pressed = press(chat, button["callback_data"], 31, markup)
    before = len(telegram.sent(chat))
    post(assistant, pressed)
    second = settled(telegram, chat, before)

    assert "$" in shown(first[0])
    assert telegram.called("sendChatAction", chat_id=chat, action="typing")
    assert shown(second[0]) != shown(first[0])
    assert telegram.called("editMessageReplyMarkup", chat_id=chat) == [{"chat_id": chat, "message_id": 31}]
    query = pressed["callback_query"]["id"]
    assert telegram.called("answerCallbackQuery", callback_query_id=query)[0]["text"] == f"You chose: {button['text']}"


def test_the_same_answer_as_on_the_rest_webhook(assistant, telegram, chat):
    for words in ("What is NMT?", "im on eliquis, is it safe", "i cant feel between my legs since this morning"):
        rest = assistant.say(words, f"compare {chat}")
        ours = ask(assistant, telegram, chat, words)
        for theirs, mine in zip(rest, ours, strict=True):
            assert theirs["text"].partition("\nSource: ")[0] in shown(mine)
            rows = mine.get("reply_markup", {}).get("inline_keyboard", [])
            assert [row[0]["text"] for row in rows] == [button["title"] for button in theirs.get("buttons", [])]
            assert [link["url"] in mine["text"] for link in theirs["metadata"].get("links", [])] == [True] * len(
                theirs["metadata"].get("links", [])
            )
            assert shown(mine).startswith("🚨") == (theirs["metadata"].get("level") == "call_emergency_now")


def test_a_second_tap_on_the_same_buttons_is_no_second_question(assistant, telegram, chat):
    markup = ask(assistant, telegram, chat, "What is NMT?")[-1]["reply_markup"]
    before = len(telegram.sent(chat))
    taps = [press(chat, row[0]["callback_data"], 31, markup) for row in [*markup["inline_keyboard"][:2]] * 2]
    for tap in taps:
        assert post(assistant, tap).status_code == 200
    answers = settled(telegram, chat, before)
    for tap in taps:
        eventually(
            lambda tap=tap: telegram.called("answerCallbackQuery", callback_query_id=tap["callback_query"]["id"])
        )

    assert len(answers) == 1


def test_a_button_of_another_chat_or_of_nobody_is_no_order(assistant, telegram, chat):
    markup = ask(assistant, telegram, new_chat(), "What is NMT?")[-1]["reply_markup"]
    for number, key in enumerate([markup["inline_keyboard"][0][0]["callback_data"], "/restart", "x"]):
        before = len(telegram.sent(chat))
        post(assistant, press(chat, key, 40 + number, markup))
        assert "too old" in shown(settled(telegram, chat, before)[0])


def test_commands(assistant, telegram, chat):
    hello = ask(assistant, telegram, chat, "/start")
    help_ = ask(assistant, telegram, chat, "/help")

    assert "welcome" in shown(hello[0])
    assert hello[0]["reply_markup"]
    assert "/delete" in shown(help_[0])
    assert len(help_) > 1


def test_a_typed_order_is_read_as_words(assistant, telegram, chat):
    ask(assistant, telegram, chat, "Does it help with sciatica?")
    ask(assistant, telegram, chat, "/restart")
    after = ask(assistant, telegram, chat, "How sure is this?")

    assert "evidence" in shown(after[0]).lower()


def test_delete_really_deletes(assistant, telegram, chat, place):
    ask(assistant, telegram, chat, "does zzyzx pain get better with it")
    assert "deleted" in shown(ask(assistant, telegram, chat, "/delete")[0])

    for name in ("knowledge.db", "conversations.db"):
        assert b"zzyzx" not in dump(place, name)
        assert f"telegram:{chat}".encode() not in dump(place, name)
    assert ask(assistant, telegram, chat, "Hello")


def dump(place, name):
    """All that can be read from a database."""
    with sqlite3.connect(place.folder / "var" / name) as connection:
        return "\n".join(connection.iterdump()).encode()


@pytest.mark.parametrize("kind", ANSWERED)
def test_what_cannot_be_read_gets_a_sentence(assistant, telegram, chat, kind):
    content, word = ANSWERED[kind]
    post(assistant, update(message=message(chat, **content)))

    assert word in shown(settled(telegram, chat)[0])


def test_the_words_under_a_picture_are_screened_too(assistant, telegram, chat):
    caption = "my calf is hot, red and swollen since the flight"
    post(assistant, update(message=message(chat, photo=[], caption=caption)))
    note, *answer = settled(telegram, chat)

    assert shown(note) == "I cannot look at pictures."
    assert shown(answer[0]).startswith(("🚨", "⚠️"))


def test_an_album_gets_one_sentence(assistant, telegram, chat):
    for number in range(1, 5):
        post(assistant, update(message=message(chat, number, photo=[], media_group_id="131")))

    assert len(settled(telegram, chat)) == 1


def test_an_edited_question_is_answered_under_it(assistant, telegram, chat):
    post(assistant, update(edited_message=message(chat, 77, text="How much does it cost?", edit_date=1)))
    answer = settled(telegram, chat)

    assert answer[0]["reply_parameters"] == {"message_id": 77, "allow_sending_without_reply": True}


def test_updates_of_every_other_kind_are_taken_and_not_answered(assistant, telegram, chat):
    strange = [*other_updates(chat).values()]
    strange += [update(message=message(chat, **content)) for content in SERVICE.values()]
    strange += [update(), update(message=None), update(message=[]), update(callback_query={"id": "1"})]
    for one in strange:
        assert post(assistant, one).status_code == 200, one
    last = ask(assistant, telegram, chat, "What is NMT?")

    assert telegram.sent(chat) == last


def test_in_a_group_it_asks_for_a_private_chat(assistant, telegram, chat):
    group = {**GROUP, "id": -chat}
    for words in ("Does it hurt?", f"@{BOT['username']} does it hurt?"):
        post(assistant, update(message={**message(chat, text=words), "chat": group}))
    answers = settled(telegram, -chat)

    assert len(answers) == 1
    assert answers[0]["reply_markup"]["inline_keyboard"][0][0]["url"] == f"https://t.me/{BOT['username']}"


@pytest.mark.parametrize("secret", [None, "", "wrong", TOKEN, webhook_secret(TOKEN)[:-1], "\u00e9"])
def test_a_forged_update_is_refused(assistant, telegram, chat, secret):
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret.encode("latin-1")}
    url = f"{assistant.url}/webhooks/telegram/webhook"
    assert httpx.post(url, json=text(chat, "Hello"), headers=headers, timeout=60).status_code == 401
    ask(assistant, telegram, new_chat(), "Hello")

    assert telegram.sent(chat) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"7", b'"x"', b"{}", b'{"update_id": "x"}', b"\xff"])
def test_what_is_no_update_is_a_400(assistant, body):
    answer = httpx.post(f"{assistant.url}/webhooks/telegram/webhook", content=body, headers=SECRET, timeout=60)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_repeated_update_is_answered_once(assistant, telegram, chat):
    once = text(chat, "What is NMT?")
    with ThreadPoolExecutor(5) as pool:
        assert {answer.status_code for answer in pool.map(lambda _: post(assistant, once), range(5))} == {200}
    count = len(settled(telegram, chat))
    post(assistant, once)
    ask(assistant, telegram, new_chat(), "What is NMT?")

    assert len(telegram.sent(chat)) == count == len(assistant.say("What is NMT?"))


def test_many_chats_at_once_each_get_all_their_answers_in_order(assistant, telegram, chat):
    asked = ("What is NMT?", "How much does it cost?", "Does it hurt?")
    expected = [assistant.say(words)[0]["text"][:40] for words in asked]
    chats = [new_chat() for _ in range(6)]
    updates = {one: [text(one, words) for words in asked] for one in chats}
    posts = [(one, number) for number in range(len(asked)) for one in random.Random(1).sample(chats, len(chats))]
    for one, number in posts:
        assert post(assistant, updates[one][number]).status_code == 200
        assert post(assistant, updates[one][number]).status_code == 200, "Telegram did not hear us."

    for one in chats:
        begins = [shown(params)[:40] for params in settled(telegram, one)]
        assert [begin for begin in begins if begin in expected] == expected


def test_what_arrives_late_is_answered_too(assistant, telegram, chat):
    first, second = text(chat, "What is NMT?"), text(chat, "How much does it cost?")
    for one in (second, first, second):
        post(assistant, one)

    assert len({shown(params) for params in settled(telegram, chat)}) == 2


def test_a_rate_limit_delays_and_loses_nothing(assistant, telegram, chat):
    telegram.fail("sendMessage", 429, "Too Many Requests: retry after 2", times=2, retry_after=2)

    assert len(ask(assistant, telegram, chat, "What is NMT?")) == len(assistant.say("What is NMT?"))


def test_a_service_that_is_down_gets_the_answer_when_it_is_back(assistant, telegram, chat):
    telegram.down = True
    asked = ("What is NMT?", "How much does it cost?")
    for words in asked:
        assert post(assistant, text(chat, words)).status_code == 200
    time.sleep(10)
    assert telegram.sent(chat) == []
    telegram.down = False
    eventually(lambda: len(telegram.sent(chat)) == 2, 120)

    assert shown(telegram.sent(chat)[1]).startswith(assistant.say(asked[1])[0]["text"][:40])


def test_a_slow_service_gets_every_answer_once(assistant, telegram, chat):
    telegram.slow_seconds = 3.0

    assert len(ask(assistant, telegram, chat, "What is NMT?")) == len(assistant.say("What is NMT?"))


def test_markup_that_is_refused_is_left_out_and_the_words_arrive(assistant, telegram, chat):
    telegram.fail("sendMessage", 400, "Bad Request: can't parse entities")
    answer = ask(assistant, telegram, chat, "What is NMT?")

    assert answer[0]["text"].startswith(assistant.say("What is NMT?")[0]["text"][:40])
    assert "parse_mode" not in answer[0]
    assert "<" not in answer[0]["text"]


def test_a_client_who_blocked_the_bot_does_no_harm(assistant, telegram, chat):
    telegram.blocked.add(chat)
    post(assistant, text(chat, "What is NMT?"))

    assert ask(assistant, telegram, new_chat(), "What is NMT?")


def test_markup_in_a_message_is_words(assistant, telegram, chat):
    assert ask(assistant, telegram, chat, "<b>What is NMT?</b> & <script>alert(1)</script> _*[`")


def test_a_message_that_is_too_long_is_told_so(assistant, telegram, chat):
    assert "at most" in shown(ask(assistant, telegram, chat, "x" * 4096)[0])


def test_nobody_can_speak_for_a_chat_on_the_rest_webhook(assistant, chat):
    answer = assistant.post(json={"sender": f"telegram:{chat}", "message": "say that again"})

    assert answer.status_code == 400


def test_a_chat_that_floods_is_told_so_once_and_holds_up_nobody(assistant, telegram, chat):
    telegram.slow_seconds = 1.0
    for number in range(40):
        assert post(assistant, text(chat, f"Does it hurt? {number}")).status_code == 200
    telegram.slow_seconds = 0.0
    other = ask(assistant, telegram, new_chat(), "What is NMT?")
    told = [params for params in settled(telegram, chat) if "faster than I can answer" in params["text"]]

    assert other
    assert len(told) == 1


def test_the_token_is_in_no_log(assistant):
    assert TOKEN not in assistant.errors()
    assert TOKEN.partition(":")[2] not in assistant.errors()
