"""A reply as Telegram shows it: calls of `sendMessage`, ready to be sent."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nmt_guide.channels.inbox import Call
from nmt_guide.channels.rich import body_and_links, heading, split, units

#: Telegram's limit for the text of a message, in UTF-16 units after its markup was taken out.
MOST_UNITS = 4096
_MOST_BUTTONS = 100


def key_of(payload: str) -> str:
    """The short form of a button's payload: Telegram carries 64 bytes, payloads can be longer.

    The server keeps the payload itself: it stands in the conversation, among the buttons that were offered there. So
    no table is needed, a key works after a restart and in every process, and it opens nothing in another conversation.
    """
    return base64.urlsafe_b64encode(hashlib.sha256(payload.encode("utf-8", "surrogatepass")).digest()[:16])[
        :22
    ].decode()


def calls_for(messages: Sequence[Mapping[str, Any]], **where: Any) -> list[Call]:
    """The calls that send a reply.

    Args:
        messages: the reply, as the REST webhook returns it: `text`, `buttons`, `metadata`.
        where: parameters that say where to: `chat_id`, and `message_thread_id` when there are topics.
    """
    return [{"method": "sendMessage", **where, **call} for message in messages for call in _message(message)]


def plain(text: str, **where: Any) -> Call:
    """The call that sends a sentence of our own, with nothing to mark up in it."""
    return {"method": "sendMessage", **where, "text": text}


def _message(message: Mapping[str, Any]) -> Iterator[Call]:
    metadata = message.get("metadata") or {}
    cards = metadata.get("cards") or ()
    text, links = body_and_links(str(message.get("text") or ""), metadata)
    rows = _buttons(message.get("buttons") or ())
    if not cards:
        yield from _texts(heading(metadata), text, links, rows)
        return
    yield from _texts(heading(metadata), str(metadata.get("intro") or text), links, [])
    for number, card in enumerate(cards, start=1):
        yield from _card(card, rows if number == len(cards) else [])


def _card(card: Mapping[str, Any], more_rows: list[list[Call]]) -> Iterator[Call]:
    lines = [str(card["subtitle"])] if card.get("subtitle") else []
    lines += [str(line) for line in card.get("lines") or ()]
    if card.get("phone"):
        lines.append(f"☎ {card['phone']}")
    # Telegram refuses a whole message for one button with an address that it does not like.
    links = [link for link in card.get("links") or () if re.match(r"https?://[^\s/]+\.", str(link["url"]))]
    rows = [[{"text": str(link["title"]), "url": str(link["url"])}] for link in links]
    yield from _texts(str(card["title"]), "\n".join(lines), [], rows + _buttons(card.get("buttons") or ()) + more_rows)


def _texts(head: str | None, text: str, links: Sequence[Mapping[str, str]], rows: list[list[Call]]) -> Iterator[Call]:
    """One message, or as many as its length takes. The buttons stand under the last one."""
    sources = [f"Source: {link['title']}" for link in links]
    # The room that head and sources take is kept free in every part: parts are few, and the sum stays simple.
    room = MOST_UNITS - sum(units(line) + 2 for line in (head or "", *sources))
    parts = list(split(text, room)) or [""]
    for number, part in enumerate(parts, start=1):
        markup = html.escape(part, quote=False)
        if head and number == 1:
            markup = f"<b>{html.escape(head, quote=False)}</b>\n{markup}"
        call: Call = {"text": markup, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
        if number == len(parts):
            if links:
                call["text"] += "\n\n" + "\n".join(map(_source, links))
            if rows:
                call["reply_markup"] = {"inline_keyboard": rows[:_MOST_BUTTONS]}
        yield call


def _source(link: Mapping[str, str]) -> str:
    return f'Source: <a href="{html.escape(link["url"])}">{html.escape(link["title"], quote=False)}</a>'


def _buttons(buttons: Sequence[Mapping[str, Any]]) -> list[list[Call]]:
    """A row for each: on a phone, two in a row would cut their words."""
    return [
        [{"text": str(b["title"]), "callback_data": key_of(str(b["payload"]))}] for b in buttons if b.get("payload")
    ]
