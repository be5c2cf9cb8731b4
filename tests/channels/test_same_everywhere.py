"""The same conversation on every channel: the same words, sources, cards and buttons, in the form of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from bot_api import BotApi, bot_api
from bot_chat import serving_telegram
from browser import browsing
from clients import Client, OnRest, OnSlack, OnTelegram, OnWeb, Seen
from fake_slack import FakeSlack
from processes import Place, Server

from nmt_guide.channels.inbox import Inbox
from nmt_guide.knowledge.content import Level
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import ROOT, Settings


@dataclass(frozen=True)
class Press:
    """A button that is pressed.

    Attributes:
        title: what stands on it.
    """

    title: str


#: What clients do, and what must come of it at least once, so that alike does not mean that all lack it.
CONVERSATIONS: dict[str, tuple[list[str | Press], set[str]]] = {
    "an answer, and every button under it": (
        [
            "Does it hurt?", Press("Tell me more"), "Does it hurt?", Press("Speaking up"),
            "Does it hurt?", Press("Soreness after"),
        ],
        {"links", "buttons"},
    ),
    "what is said of an answer": (
        ["What is NMT?", "tell me more", "how sure is this?", "where did you read that?", "say that again"],
        {"links", "buttons"},
    ),
    "two questions in one": (["How much does it cost, and what should I wear?"], {"links", "buttons"}),
    "which of these": (["tell me more", Press("Prices"), "pain"], {"buttons"}),
    "therapists, more of them, and one of them": (
        ["find a therapist in Austin", Press("Show more"), "number 1", "find a therapist in Austin", Press("About Ben")],
        {"links", "cards", "buttons"},
    ),
    "a place that nobody knows": (
        [
            "Where is a certified therapist near me?", "<b>Xyzzyville</b> & *co*", "Portland",
            Press("Portland, Maine, US"), Press("Another town"),
        ],
        {"links", "buttons"},
    ),
    "an emergency": (["my face droops and my arm is weak since an hour", "does it hurt?", "I'm safe now"], {"urgent"}),
    "a crisis": (["I want to end my life"], {"urgent"}),
    "a doctor today": (["my calf is hot, red and swollen since the flight"], {"urgent"}),
    "abuse": (["my therapist touched me inappropriately"], {"urgent"}),
    "a doctor first": (["can i have a massage on eliquis"], {"links"}),
    "perhaps an emergency, and it is": (["numb bum after cycling", "yes"], {"urgent"}),
    "perhaps an emergency, by button": (["numb bum after cycling", Press("Yes")], {"urgent"}),
    "a message for staff, left half way": (
        [
            "can I talk to a person", Press("Leave a message"), Press("Yes"), "Ana Lopez", "(512) 555-0123",
            "how much is it?",
        ],
        {"buttons"},
    ),
    "a message for staff, shown before it is sent": (
        [
            "can I talk to a person", Press("Leave a message"), "yes", "Ana Lopez", "ana_maria_lopez@example.com",
            "Is <b>Tuesday</b> free? *Please* & _soon_ <https://example.com|here> @channel `x` [a](b)", "never mind",
        ],
        {"buttons"},
    ),
    "markup": (
        [
            "<script>alert('x')</script> does *it* _hurt_ & <b>how</b>?", "&lt;b&gt; &amp; what is NMT?",
            "<!channel> <@U1>",
        ],
        {"buttons"},
    ),
    "a very long message": (["Does it hurt? " * 278, "pain " * 780], {"buttons"}),
    "hardly a message": (["🙂", "...", "\u2800", "👍🏽"], {"buttons"}),
    "typed orders": (
        ["Does it help with sciatica?", "/restart", "How sure is this?", '/faq{"topic":"cost"}', "//restart now"],
        {"links", "buttons"},
    ),
    "delete": (["Does it help with sciatica?", "delete my data", "yes", "How sure is this?"], {"buttons"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def telegram() -> Iterator[BotApi]:
    """Telegram on this machine."""
    with bot_api() as running:
        yield running


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    """Slack on this machine."""
    running = FakeSlack()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def everywhere(place: Place, telegram: BotApi, slack: FakeSlack) -> Iterator[Server]:
    """One assistant on all channels."""
    with serving_telegram(place, telegram, NMT_WEB_REQUESTS_PER_MINUTE="0", **slack.settings) as running:
        yield running


@pytest.fixture
def rest(everywhere: Server) -> OnRest:
    """Who all others are compared with."""
    return OnRest(everywhere)


@pytest.fixture
def others(everywhere: Server, place: Place, slack: FakeSlack, telegram: BotApi) -> Iterator[dict[str, Client]]:
    """A new client on each of the other channels."""
    engine = Store(f"sqlite:///{place.knowledge}").engine
    with browsing(everywhere.url) as tab:
        yield {
            "web": OnWeb(tab),
            "Slack": OnSlack(everywhere, slack, Inbox(engine, "slack")),
            "Telegram": OnTelegram(everywhere, telegram),
        }
    engine.dispose()


def do(client: Client, step: str | Press) -> list[Seen]:
    return client.press(step.title) if isinstance(step, Press) else client.say(step)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_is_the_same_on_every_channel(rest, others, slack, name):
    steps, expected = CONVERSATIONS[name]
    shown = set()
    for step in steps:
        reply = do(rest, step)

        assert {channel: do(client, step) for channel, client in others.items()} == dict.fromkeys(others, reply), step
        assert [message["metadata"] for message in others["web"].reply] == [m["metadata"] for m in rest.reply], step
        shown |= {
            part for message in reply for part in ("urgent", "links", "cards", "buttons") if getattr(message, part)
        }

    assert expected <= shown
    assert slack.refused == []


def test_what_is_too_long_is_told_so_on_every_channel(everywhere, others):
    most = Settings({}).max_message_chars
    text = "x" * (most + 1)
    refused = everywhere.post(json={"sender": "a", "message": text})
    told = {
        "rest": refused.json()["error"],
        "web": others["web"].refused(text),
        "Slack": others["Slack"].say(text)[0].body,
        "Telegram": others["Telegram"].say(text)[0].body,
    }

    assert refused.status_code == 413
    assert [channel for channel, words in told.items() if "too long" not in words or str(most) not in words] == []


@pytest.mark.parametrize("level", Level)
def test_the_website_marks_the_same_levels_as_urgent(level):
    """The wire carries the level; the chat's script gives it its look."""
    looks = dict(re.findall(r'(\w+): \{ look: "(\w+)"', (ROOT / "widget" / "src" / "message.ts").read_text()))

    assert (looks[level.value] in ("urgent", "soon")) == level.urgent
