"""Slack against a running assistant: nothing lost, nothing said twice, nothing taken from strangers."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from fake_slack import (
    BOT,
    SECRET,
    FakeSlack,
    Fault,
    Sender,
    button_press,
    buttons_of,
    direct_message,
    event_callback,
    mention,
    new_id,
    stamp,
)
from processes import Place, free_port, make_place, serving
from slack_sdk.signature import SignatureVerifier

from nmt_guide.channels.inbox import Inbox
from nmt_guide.knowledge.store import Store

PRICES = "How much does it cost?"


@pytest.fixture(scope="module")
def running():
    service = FakeSlack()
    service.start()
    yield service
    service.stop()


@pytest.fixture
def slack(running):
    running.forget()
    return running


@pytest.fixture(scope="module")
def assistant_on_slack(running, tmp_path_factory):
    place = make_place(tmp_path_factory.mktemp("slack") / "place")
    with serving(place, **running.settings) as server, inbox_of(place, running):
        yield server


@contextmanager
def inbox_of(place, slack):
    """Let `settle` look into the inbox of an assistant."""
    engine = Store(f"sqlite:///{place.knowledge}").engine
    before, slack.inbox = slack.inbox, Inbox(engine, "slack")
    yield
    slack.inbox = before
    engine.dispose()


@pytest.fixture
def sender(assistant_on_slack):
    return Sender(f"{assistant_on_slack.url}/webhooks/slack/webhook")


@pytest.fixture
def person():
    return new_id("U"), new_id("D")


def ask(slack, sender, person, text, **more):
    """Ask in a direct message, and get what is posted there next."""
    before = len(slack.said(person[1]))
    assert sender.event(direct_message(*person, text, **more)).status_code == 200
    return finished(slack, person[1], before)


def finished(slack, channel, before=0):
    """The new messages in a channel, when no more come."""
    slack.wait_for(lambda: len(slack.said(channel)) > before)
    settle(slack)
    return slack.said(channel)[before:]


def settle(slack):
    """Wait until nothing more comes: what was taken is in the inbox until the last reply to it is out."""
    slack.wait_for(lambda: not slack.inbox.waiting())


def texts(posts):
    return "\n".join(post["text"] for post in posts)


def test_the_start_says_that_slack_is_on(assistant_on_slack):
    assert "Slack: on\n" in assistant_on_slack.errors()
    assert "Telegram: off (NMT_TELEGRAM_TOKEN is not set)\n" in assistant_on_slack.errors()


def test_the_address_is_confirmed_to_slack(sender):
    answer = sender.json(
        {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}
    )

    assert answer.json() == {"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}


def test_a_direct_message_is_answered_with_buttons_and_sources(slack, sender, person):
    posts = ask(slack, sender, person, "does it hurt?")

    assert buttons_of(posts[-1])
    assert any(block["type"] == "context" and "Source: <https://" in str(block) for block in posts[0]["blocks"])
    assert all("thread_ts" not in post for post in posts)
    assert slack.refused == []


def test_somebody_is_at_it_while_the_answer_is_made(slack, sender, person):
    message = direct_message(*person, "does it hurt?")
    sender.event(message)
    slack.wait_for(lambda: slack.all("reactions.remove"))

    reaction = {"channel": person[1], "timestamp": message["ts"], "name": "eyes"}
    assert [call for call in slack.calls if call[0] != "chat.postMessage"] == [
        ("reactions.add", reaction),
        ("reactions.remove", reaction),
    ]


def test_a_mention_is_answered_in_its_thread(slack, sender):
    channel, message = new_id("C"), mention(new_id("U"), "", "does it hurt?")
    sender.event({**message, "channel": channel})
    posts = finished(slack, channel)

    assert {post["thread_ts"] for post in posts} == {message["ts"]}


def test_a_message_in_a_thread_of_a_direct_message_is_answered_there(slack, sender, person):
    posts = ask(slack, sender, person, "does it hurt?", thread_ts="1700000000.000001")

    assert {post["thread_ts"] for post in posts} == {"1700000000.000001"}


def test_two_people_in_a_channel_do_not_share_what_they_talk_about(slack, sender):
    channel = new_id("C")
    sender.event(mention(new_id("U"), channel, "Does it help with sciatica?"))
    first = finished(slack, channel)
    sender.event(mention(new_id("U"), channel, "How sure is this?"))
    second = finished(slack, channel, len(first))

    alone = new_id("U"), new_id("D")
    assert texts(second) == texts(ask(slack, sender, alone, "How sure is this?"))


def test_a_pressed_button_answers_and_disappears(slack, sender, person):
    post = ask(slack, sender, person, "What is NMT?")[-1]
    button = buttons_of(post)[0]
    before = len(slack.said(person[1]))
    press = button_press(person[0], post, button, "1700000000.000100")
    sender.press(press)
    finished(slack, person[1], before)

    (update,) = slack.all("chat.update")
    assert (update["channel"], update["ts"]) == (person[1], "1700000000.000100")
    assert buttons_of(update) == []
    assert update["text"].endswith(f"You chose: {button['text']['text']}")
    assert len(slack.said(person[1])) > before


def test_two_presses_of_one_button_are_one_question(slack, sender, person):
    post = ask(slack, sender, person, "What is NMT?")[-1]
    before = len(slack.said(person[1]))
    for _ in range(3):
        assert sender.press(button_press(person[0], post, buttons_of(post)[0], "1700000000.000200")).status_code == 200
    finished(slack, person[1], before)

    assert len(slack.all("chat.update")) == 1


def test_an_old_button_is_read_as_what_stood_on_it(slack, sender, person):
    old = {"channel": person[1], "text": "x", "blocks": []}
    button = {
        "action_id": "choose_1",
        "text": {"type": "plain_text", "text": PRICES},
        "value": '/faq{"topic":"nothing"}',
    }
    sender.press(button_press(person[0], old, button, stamp()))

    assert "$" in texts(finished(slack, person[1]))


def test_a_button_carries_no_order_that_was_not_offered(slack, sender, person):
    ask(slack, sender, person, "Does it help with sciatica?")
    before = len(slack.said(person[1]))
    button = {"action_id": "choose_1", "text": {"type": "plain_text", "text": "/restart"}, "value": "/restart"}
    sender.press(button_press(person[0], {"channel": person[1], "text": "x", "blocks": []}, button, stamp()))
    finished(slack, person[1], before)

    sure = ask(slack, sender, person, "How sure is this?")
    assert texts(sure) != texts(ask(slack, sender, (new_id("U"), new_id("D")), "How sure is this?"))


def test_a_slash_command_is_answered_to_one_person(slack, sender, running):
    user, channel = new_id("U"), new_id("C")
    url = f"{running.url.removesuffix('/api/')}/respond/{new_id('R')}"
    fields = {"command": "/nmt", "user_id": user, "channel_id": channel, "response_url": url}
    answer = sender.command(text="What is NMT?", trigger_id=new_id("1"), **fields)
    slack.wait_for(lambda: len(slack.all("respond")) == 2)
    settle(slack)

    assert answer.json() == {"response_type": "ephemeral", "text": "You asked: What is NMT?"}
    words, buttons = slack.all("respond")
    assert words["response_type"] == buttons["response_type"] == "ephemeral"
    assert "hands-on" in words["text"].lower() or "therapy" in words["text"].lower()
    assert slack.said(channel) == []

    press = button_press(user, {"channel": channel, "text": "", "blocks": []}, buttons_of(buttons)[0], stamp())
    press["container"]["is_ephemeral"] = True
    del press["message"]
    sender.press({**press, "response_url": url})
    slack.wait_for(lambda: len(slack.all("respond")) >= 4)
    settle(slack)
    replaced = [call for call in slack.all("respond") if call["replace_original"]]
    assert [call["text"] for call in replaced] == [f"You chose: {buttons_of(buttons)[0]['text']['text']}"]


def test_a_slash_command_without_a_question_says_how_to_ask(sender):
    answer = sender.command(
        command="/nmt", text="", user_id="U1A", channel_id="C1A", response_url="http://x", trigger_id="1"
    )

    assert answer.json() == {
        "response_type": "ephemeral",
        "text": "Write your question after the command, for example: /nmt does it hurt?",
    }


def test_delete_begins_anew(slack, sender, person, running):
    ask(slack, sender, person, "Does it help with sciatica?")
    known = texts(ask(slack, sender, person, "How sure is this?"))
    url = f"{running.url.removesuffix('/api/')}/respond/{new_id('R')}"
    fields = {"command": "/nmt", "user_id": person[0], "channel_id": new_id("C"), "response_url": url}
    sender.command(text="Delete", trigger_id=new_id("1"), **fields)
    (said,) = slack.wait_for(lambda: slack.all("respond"))

    assert said["text"].startswith("Done.")
    assert texts(ask(slack, sender, person, "How sure is this?")) != known


def test_the_home_tab_suggests_questions_that_are_understood(slack, sender, person):
    user, channel = person
    sender.event({"type": "app_home_opened", "user": user, "channel": channel, "tab": "home", "event_ts": stamp()})
    (published,) = slack.wait_for(lambda: slack.all("views.publish"))
    suggested = buttons_of(published["view"])

    assert published["user_id"] == user
    assert len(suggested) == 6
    for button in suggested:
        before = len(slack.said(user))
        press = button_press(user, {"channel": channel, "text": "", "blocks": []}, button, stamp())
        press["container"] = {"type": "view", "view_id": "V1"}
        sender.press(press)
        posts = finished(slack, user, before)
        # Answered in direct messages, where the question is not to be seen.
        assert posts[0]["text"].startswith(f"You asked: {button['text']['text']}\n"), button
        assert "not sure" not in texts(posts), button


@pytest.mark.parametrize(
    "event",
    [
        direct_message("U1A", "D1A", "x", subtype="message_changed", message={"text": "y"}),
        direct_message("U1A", "D1A", "x", subtype="message_deleted", previous_message={"text": "y"}),
        direct_message(BOT, "D1A", "x", bot_id="B0BOT00001"),
        {"type": "team_join", "user": {"id": "U1A"}},
    ],
    ids=["edited", "deleted", "our own", "another kind"],
)
def test_what_is_no_question_is_not_answered(slack, sender, event):
    assert sender.event(event).status_code == 200
    settle(slack)

    assert slack.calls == []


def test_files_without_words_get_a_sentence(slack, sender, person):
    posts = ask(slack, sender, person, "", subtype="file_share", files=[{"id": "F1", "mimetype": "audio/mp4"}])

    assert "only read words" in texts(posts)


def test_a_very_long_message_gets_a_sentence(slack, sender, person):
    assert "too long" in texts(ask(slack, sender, person, "pain " * 2000))


def test_an_emergency_looks_like_one(slack, sender, person):
    post = ask(slack, sender, person, "my face droops and my arm is weak since an hour")[0]

    assert post["blocks"][0] == {
        "type": "header",
        "text": {"type": "plain_text", "text": "🚨 Get help now", "emoji": True},
    }


class TestStrangers:
    @pytest.fixture
    def event(self, person):
        return direct_message(*person, PRICES)

    def refused(self, slack, answer, status=401):
        assert answer.status_code == status
        assert set(answer.json()) == {"error"}
        settle(slack)
        assert slack.calls == []

    def test_a_forged_signature(self, slack, sender, event):
        self.refused(slack, sender.event(event, secret="another secret"))

    def test_a_changed_body(self, slack, sender, event):
        at = str(int(time.time()))
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=json.dumps(event_callback(event)))
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature, "Content-Type": "application/json"}
        changed = json.dumps(event_callback({**event, "user": "U0STRANGER"}))
        self.refused(slack, httpx.post(sender.url, content=changed, headers=headers, timeout=60))

    @pytest.mark.parametrize("seconds", [-301, 400])  # one in the future draws near while the request is on its way
    def test_another_time(self, slack, sender, event, seconds):
        self.refused(slack, sender.event(event, at=time.time() + seconds))

    @pytest.mark.parametrize(
        "headers",
        [{}, {"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": "v0=1"}, {"X-Slack-Signature": "v0=\u00fc"}],
        ids=["nothing", "no number", "no letters"],
    )
    def test_no_signature(self, slack, sender, event, headers):
        raw = {name: value.encode("latin-1") for name, value in {"Content-Type": "application/json", **headers}.items()}
        self.refused(slack, httpx.post(sender.url, content=json.dumps(event_callback(event)), headers=raw, timeout=60))

    def test_a_body_that_is_no_text(self, slack, sender):
        headers = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=1"}
        self.refused(slack, httpx.post(sender.url, content=b"\xff\xfe", headers=headers, timeout=60))

    def test_a_very_large_body(self, slack, sender):
        self.refused(slack, httpx.post(sender.url, content=b"x" * 1_000_001, timeout=60), 413)

    @pytest.mark.parametrize("body", ["{", "", "[" * 100_000], ids=["malformed", "empty", "deep"])
    def test_signed_nonsense_is_told_so(self, slack, sender, body):
        self.refused(slack, sender.post(body, "application/json"), 400)

    @pytest.mark.parametrize(
        "payload", [None, [], {}, {"type": "event_callback"}, {"type": "event_callback", "event": 7}]
    )
    def test_signed_strangeness_is_let_pass(self, sender, payload):
        assert sender.json(payload).status_code == 200
        assert sender.press(payload).status_code == 200


class TestRepetitions:
    def test_retries_are_answered_once(self, slack, sender, person):
        payload = event_callback(direct_message(*person, PRICES))
        for number in range(4):
            again = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"} if number else {}
            assert sender.json(payload, **again).status_code == 200

        assert texts(finished(slack, person[1])).count("$60") == 1

    def test_a_replay_says_nothing_again(self, slack, sender, person):
        payload = event_callback(direct_message(*person, PRICES))
        sender.json(payload)
        said = finished(slack, person[1])
        sender.json(payload)
        settle(slack)

        assert slack.said(person[1]) == said

    def test_many_at_once_are_answered_once(self, slack, sender, person):
        payload = event_callback(direct_message(*person, PRICES))
        with ThreadPoolExecutor(8) as pool:
            statuses = {answer.status_code for answer in pool.map(lambda _: sender.json(payload), range(16))}
        finished(slack, person[1])

        assert statuses == {200}
        assert len(slack.all("reactions.add")) == 1


class TestSlackInTrouble:
    @pytest.mark.parametrize(
        "fault",
        [
            Fault(429, '{"ok": false, "error": "ratelimited"}', {"Retry-After": "1"}),
            Fault(500, "<html>oops</html>"),
            Fault(503, "upstream"),
            Fault(200, '{"ok": false, "error": "internal_error"}'),
            Fault(200, "<html>not Slack</html>"),
        ],
        ids=["rate limit", "500", "503", "internal error", "not Slack"],
    )
    def test_a_reply_that_was_not_taken_is_sent_again(self, slack, sender, person, fault):
        slack.faults["chat.postMessage"].extend([fault, fault])
        posts = ask(slack, sender, person, PRICES)

        assert texts(posts).count("$60") == 1

    def test_slow_is_no_trouble(self, slack, sender, person):
        slack.faults["chat.postMessage"].append(Fault(slow_seconds=4))
        slack.faults["reactions.add"].append(Fault(slow_seconds=4))

        assert texts(ask(slack, sender, person, PRICES)).count("$60") == 1

    def test_down_and_back_answers_all_in_order(self, slack, sender, person):
        slack.stop()
        for question in ("What is NMT?", PRICES, "does it hurt?"):
            assert sender.event(direct_message(*person, question)).status_code == 200
        time.sleep(2)
        slack.start()
        slack.wait_for(lambda: len(slack.all("reactions.remove")) == 3)

        said = [post["text"] for post in slack.said(person[1])]
        prices = next(n for n, text in enumerate(said) if "$60" in text)
        assert 0 < prices < len(said) - 1
        assert len(said) == len(set(said))

    def test_a_layout_that_slack_refuses_is_sent_as_words(self, slack, sender, person):
        slack.faults["chat.postMessage"].append(Fault(200, '{"ok": false, "error": "invalid_blocks"}'))
        posts = ask(slack, sender, person, PRICES)

        assert "$60" in posts[0]["text"]
        assert "blocks" not in posts[0]

    def test_a_reply_that_is_refused_does_not_hold_up_the_next(self, slack, sender, person):
        slack.faults["chat.postMessage"].append(Fault(200, '{"ok": false, "error": "channel_not_found"}'))
        sender.event(direct_message(*person, "thank you"))
        slack.wait_for(lambda: slack.refused)

        assert "$60" in texts(ask(slack, sender, person, PRICES))

    def test_without_the_right_to_react_it_answers_all_the_same(self, slack, sender, person):
        missing = Fault(200, '{"ok": false, "error": "missing_scope", "needed": "reactions:write"}')
        slack.faults["reactions.add"].append(missing)
        slack.faults["reactions.remove"].append(missing)
        sender.event(direct_message(*person, PRICES))
        slack.wait_for(lambda: slack.said(person[1]))
        settle(slack)

        assert texts(slack.said(person[1])).count("$60") == 1


def test_two_processes_share_the_work(slack, sender, assistant_on_slack):
    """The second one has the same database, and hears the same repetitions."""
    place = Place(assistant_on_slack.log.parent)
    people = [(new_id("U"), new_id("D")) for _ in range(6)]
    with serving(place, "a second process", **slack.settings) as second:
        both = [sender, Sender(f"{second.url}/webhooks/slack/webhook")]
        payloads = [event_callback(direct_message(*person, PRICES)) for person in people]
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda n: both[n % 2].json(payloads[n // 2 % 6]), range(24)))
        slack.wait_for(lambda: len(slack.all("reactions.remove")) >= 6)
        settle(slack)

    assert {answer.status_code for answer in answers} == {200}
    assert [texts(slack.said(channel)).count("$60") for _, channel in people] == [1] * 6


def test_what_was_acknowledged_is_answered_after_a_crash(running, slack, tmp_path):
    place, person = make_place(tmp_path / "place"), (new_id("U"), new_id("D"))
    with serving(place, "before the crash", **slack.settings) as server:
        running.faults["chat.postMessage"].append(Fault(500, "oops"))
        answer = Sender(f"{server.url}/webhooks/slack/webhook").event(direct_message(*person, PRICES))
        assert answer.status_code == 200
        slack.wait_for(lambda: slack.refused)
        os.killpg(server.popen.pid, signal.SIGKILL)
        server.popen.wait()
    assert slack.said(person[1]) == []
    with serving(place, "after the crash", **slack.settings), inbox_of(place, slack):
        slack.wait_for(lambda: slack.all("reactions.remove"))
        settle(slack)

    assert texts(slack.said(person[1])).count("$60") == 1


def test_without_slack_and_with_a_wrong_token_the_assistant_starts(tmp_path):
    nowhere = {"NMT_SLACK_API_URL": f"http://127.0.0.1:{free_port()}/api/"}
    secrets = {"NMT_SLACK_TOKEN": "xoxb-wrong", "NMT_SLACK_SIGNING_SECRET": SECRET}
    with serving(make_place(tmp_path / "place"), **secrets, **nowhere) as server:
        assert server.say("Hello")
        until = time.monotonic() + 30
        while "Slack cannot be reached" not in server.errors() and time.monotonic() < until:
            time.sleep(0.1)
        assert "Slack cannot be reached" in server.errors()
        assert server.stop() == 0
    assert "Traceback" not in server.errors()
