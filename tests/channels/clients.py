"""A client on each channel, who writes and presses, and tells what is to be seen in the same terms."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot_api import BotApi, eventually, shown
from bot_chat import ask, new_chat, post, settled
from browser import Browser
from fake_slack import FakeSlack, Sender, button_press, direct_message, new_id, stamp
from processes import Server
from telegram_updates import press

from nmt_guide.channels.inbox import Inbox
from nmt_guide.channels.telegram.render import key_of
from nmt_guide.knowledge.content import Level

_URGENT = {level.value for level in Level if level.urgent}


@dataclass(frozen=True)
class Seen:
    """A message of the assistant as a person sees it.

    Attributes:
        urgent: whether it is marked as urgent.
        body: its text, without what is shown otherwise.
        links: title and address of each source.
        cards: what stands on each card.
        buttons: of cards and message, in their order: the title, and an address or the short form of what is sent.
    """

    urgent: bool
    body: str
    links: tuple[tuple[str, str], ...] = ()
    cards: tuple[str, ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()


class Client(Protocol):
    """Somebody on one of the channels."""

    def say(self, text: str) -> list[Seen]:
        """Write a message; what answers it."""

    def press(self, title: str) -> list[Seen]:
        """Press a button under the last reply; what answers it."""


class OnRest:
    """A program that calls the REST webhook.

    Args:
        server: the assistant.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sender = uuid.uuid4().hex
        self.reply: list[dict[str, Any]] = []

    def say(self, text: str) -> list[Seen]:
        self.reply = self._server.say(text, self._sender)
        return [_in_words(message) for message in self.reply]

    def press(self, title: str) -> list[Seen]:
        return self.say(_payload(self.reply, title))


class OnWeb:
    """A visitor of the website.

    Args:
        tab: the browser's.
    """

    def __init__(self, tab: Browser) -> None:
        self._tab = tab
        self.reply: list[dict[str, Any]] = []

    def say(self, text: str) -> list[Seen]:
        return self._read(self._tab.say(text))

    def press(self, title: str) -> list[Seen]:
        return self._read(self._tab.say(title, payload=_payload(self.reply, title)))

    def refused(self, text: str) -> str:
        """What is said of a message that is not taken."""
        return str(self._tab.say(text)["message"])

    def _read(self, told: dict[str, Any]) -> list[Seen]:
        self.reply = told["replies"]
        return [_in_words(message) for message in self.reply]


class OnSlack:
    """A person who writes to the app.

    Args:
        server: the assistant.
        slack: the service.
        inbox: the assistant's, in which messages from Slack wait for their answer.
    """

    def __init__(self, server: Server, slack: FakeSlack, inbox: Inbox) -> None:
        self._sender = Sender(f"{server.url}/webhooks/slack/webhook")
        self._slack, self._inbox = slack, inbox
        self._user, self._channel = new_id("U"), new_id("D")
        self._posts: list[dict[str, Any]] = []
        self._before = 0

    def say(self, text: str) -> list[Seen]:
        # Slack escapes what people write.
        self._sender.event(direct_message(self._user, self._channel, html.escape(text, quote=False)))
        return self._read()

    def press(self, title: str) -> list[Seen]:
        found = [(post, button) for post in self._posts for button in _elements(post) if _title(button) == title]
        self._sender.press(button_press(self._user, *found[0], stamp()))
        return self._read()

    def _read(self) -> list[Seen]:
        eventually(lambda: not self._inbox.waiting(f"slack:{self._user}"))
        said = self._slack.said(self._channel)
        self._posts, self._before = said[self._before :], len(said)
        return [_in_blocks(post) for post in self._posts]


class OnTelegram:
    """A person in a private chat.

    Args:
        server: the assistant.
        telegram: the service.
    """

    def __init__(self, server: Server, telegram: BotApi) -> None:
        self._server, self._telegram = server, telegram
        self._chat = new_chat()
        self._calls: list[dict[str, Any]] = []

    def say(self, text: str) -> list[Seen]:
        self._calls = ask(self._server, self._telegram, self._chat, text)
        return _in_calls(self._calls)

    def press(self, title: str) -> list[Seen]:
        markups = [call["reply_markup"] for call in self._calls if "reply_markup" in call]
        found = [(m, b) for m in markups for row in m["inline_keyboard"] for b in row if b["text"] == title]
        markup, button = found[0]
        before = len(self._telegram.sent(self._chat))
        post(self._server, press(self._chat, button["callback_data"], before, markup))
        self._calls = settled(self._telegram, self._chat, before)
        return _in_calls(self._calls)


def _payload(reply: Sequence[dict[str, Any]], title: str) -> str:
    cards = [card for message in reply for card in message["metadata"].get("cards", ())]
    buttons = [button for one in (*reply, *cards) for button in one.get("buttons", ())]
    return next(str(button["payload"]) for button in buttons if button["title"] == title)


def _in_words(message: dict[str, Any]) -> Seen:
    """A message as it stands on REST and on the website's wire: complete as plain text, and once more in its parts."""
    metadata = message["metadata"]
    cards = metadata.get("cards", ())
    body, *sources = message["text"].split("\nSource: ")
    links = tuple((str(link["title"]), str(link["url"])) for link in metadata.get("links", ()))
    assert [f"{title}, {url}" for title, url in links] == sources
    assert all(card["title"] in body and card["phone"] in body for card in cards)
    return Seen(
        urgent=metadata["kind"] == "safety" and metadata["level"] in _URGENT,
        body=(metadata["intro"] if cards else body).strip(),
        links=links,
        cards=tuple("\n".join(_lines(card)) for card in cards),
        buttons=tuple(button for one in (*cards, message) for button in _buttons(one)),
    )


def _lines(card: dict[str, Any]) -> Iterator[str]:
    yield from (line for line in (card["title"], card["subtitle"], *card["lines"]) if line)
    if card["phone"]:
        yield f"☎ {card['phone']}"


def _buttons(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((link["title"], link["url"]) for link in one.get("links", ()))
    yield from ((button["title"], key_of(button["payload"])) for button in one.get("buttons", ()))


def _in_blocks(post: dict[str, Any]) -> Seen:
    """A post of Slack's: a divider stands before each card, small print holds the sources. A note is words alone."""
    if "blocks" not in post:
        return Seen(urgent=False, body=_unmarked(post["text"]))
    kinds = [block["type"] for block in post["blocks"]]
    texts = [_unmarked(b["text"]["text"]) for b in post["blocks"] if b["type"] == "section"]
    cards = [
        re.sub(r"\A\*(.*)\*$", r"\1", text, flags=re.MULTILINE) for text in texts[len(texts) - kinds.count("divider") :]
    ]
    small = [element["text"] for b in post["blocks"] if b["type"] == "context" for element in b["elements"]]
    marks = [re.fullmatch(r"Source: <([^|>]+)\|([^|>]+)>", text) for text in small]
    buttons = [(_title(b), b.get("url") or key_of(b["value"])) for b in _elements(post)]
    assert all(marks), small
    return Seen(
        urgent="header" in kinds,
        body="\n\n".join(texts[: len(texts) - len(cards)]),
        links=tuple((_unmarked(mark[2]), _unmarked(mark[1])) for mark in marks if mark),
        cards=tuple(cards),
        buttons=tuple(buttons),
    )


def _elements(post: dict[str, Any]) -> list[dict[str, Any]]:
    return [element for block in post["blocks"] if block["type"] == "actions" for element in block["elements"]]


def _title(button: dict[str, Any]) -> str:
    return str(button["text"]["text"])


def _unmarked(text: str) -> str:
    assert not re.search(r"[<>]", text)
    return html.unescape(text)


def _in_calls(calls: Sequence[dict[str, Any]]) -> list[Seen]:
    """Messages of Telegram: each card is one, under a bold name; a bold sign stands over what is urgent."""
    seen: list[Seen] = []
    for call in calls:
        rows = call.get("reply_markup", {}).get("inline_keyboard", ())
        buttons = tuple((b["text"], b.get("url") or b["callback_data"]) for row in rows for b in row)
        links = re.findall(r'^Source: <a href="([^"]+)">(.+)</a>$', call["text"], re.MULTILINE)
        bold = re.match(r"<b>(.+)</b>", call["text"])
        words = re.sub(r"^Source: .*$", "", shown(call), flags=re.MULTILINE).strip() if links else shown(call).strip()
        if bold and not bold[1].startswith(("🚨", "⚠️")):
            last = seen.pop()
            seen.append(replace(last, cards=(*last.cards, words), buttons=(*last.buttons, *buttons)))
            continue
        body = words.partition("\n")[2] if bold else words
        seen.append(Seen(bool(bold), body, tuple((html.unescape(t), html.unescape(u)) for u, t in links), (), buttons))
    return seen
