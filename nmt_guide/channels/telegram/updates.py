"""What a Telegram update means for us. Any JSON at all can be read; what concerns nobody is nothing.

The shapes are those of https://core.telegram.org/bots/api#update. Most kinds of update and of message hold nothing to
answer, and new ones appear every few months: only what is named here is answered, the rest is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: The updates that Telegram is asked to send.
WANTED = ["message", "edited_message", "callback_query"]

#: By field of a message: what a person would expect to hear when the bot cannot use what they sent.
_CANNOT_USE = {
    "photo": "I cannot look at pictures.",
    "video": "I cannot watch videos.",
    "video_note": "I cannot watch videos.",
    "animation": "I cannot watch videos.",
    "story": "I cannot watch stories.",
    "paid_media": "I cannot look at pictures.",
    "voice": "I cannot listen to voice messages.",
    "audio": "I cannot listen to recordings.",
    "document": "I cannot read files.",
    "contact": "I cannot use contacts.",
    "venue": "I cannot read a place from a map.",
    "location": "I cannot read a place from a map. Please write the town or the post code.",
    "poll": "I cannot take part in polls.",
    "checklist": "I cannot read checklists.",
    "sticker": "I see that you sent a sticker, but I only understand words.",
    "dice": "I only understand words.",
    "game": "I only understand words.",
}
_ASK = "Please write your question in words. If it is urgent, call the clinic or your emergency number."

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?=\s|\Z)")
_KNOWN_COMMANDS = ("start", "help", "delete")
#: PostgreSQL and SQLite hold whole numbers of 64 bits.
_LARGEST = 2**63 - 1

Kind = Literal["text", "command", "press", "unreadable", "group"]


@dataclass(frozen=True)
class Incoming:
    """What concerns us in an update.

    Attributes:
        chat: the chat to answer in.
        kind: `text` a question; `command` one of ours, its name in `text`; `press` of a button, its key in `text`;
            `unreadable` a message we cannot use, what to say about it in `note`; `group` somebody speaks to us in
            a group.
        text: the client's words. An unreadable message may have a caption.
        note: what to say about what cannot be read.
        message_id: the message, or for a press the one with the button.
        edited: the text replaces an earlier one.
        thread: topic of the chat, where chats have topics.
        subject: what is answered once only: a keyboard, an album.
        callback: id of a press, which Telegram wants acknowledged.
        title: what stood on the button.
    """

    chat: int
    kind: Kind
    text: str = ""
    note: str = ""
    message_id: int = 0
    edited: bool = False
    thread: int | None = None
    subject: str | None = None
    callback: str = ""
    title: str = ""


def update_id(update: Any) -> int | None:
    """The number of an update, or nothing when this is none."""
    return _whole(_dict(update).get("update_id"))


def read(update: Any, bot_name: str) -> Incoming | None:
    """What an update means for us.

    Args:
        update: any JSON.
        bot_name: the bot's user name, without @; empty while it is not known.

    Returns:
        Nothing when nobody expects an answer.
    """
    update = _dict(update)
    if "callback_query" in update:
        return _press(_dict(update["callback_query"]))
    for field in ("message", "edited_message"):
        if field in update:
            return _message(_dict(update[field]), bot_name, edited=field == "edited_message")
    return None


def _press(query: Mapping[str, Any]) -> Incoming | None:
    message, data, callback = _dict(query.get("message")), query.get("data"), query.get("id")
    chat, message_id = _private_chat(message), _whole(message.get("message_id"))
    if chat is None or message_id is None or not isinstance(data, str) or not isinstance(callback, str):
        return None
    return Incoming(
        chat,
        "press",
        text=data,
        message_id=message_id,
        thread=_thread(message),
        subject=f"keyboard {message_id}",
        callback=callback,
        title=_title(message, data),
    )


def _message(message: Mapping[str, Any], bot_name: str, edited: bool) -> Incoming | None:
    message_id = _whole(message.get("message_id"))
    if message_id is None or _dict(message.get("from")).get("is_bot") is True:
        return None
    chat = _private_chat(message)
    if chat is None:
        return _in_group(message, message_id, bot_name)
    found: dict[str, Any] = {"message_id": message_id, "edited": edited, "thread": _thread(message)}
    text = message.get("text")
    if isinstance(text, str):
        command = _COMMAND.match(text)
        if command and command[1].lower() in _KNOWN_COMMANDS and not edited:
            return Incoming(chat, "command", command[1].lower(), **found)
        return Incoming(chat, "text", text, **found)
    note = next((said for field, said in _CANNOT_USE.items() if field in message), None)
    if note is None:  # "Anna joined Telegram", a pinned message, ...
        return None
    caption = message.get("caption")
    caption = caption if isinstance(caption, str) and caption.strip() else ""
    if edited and not caption:  # a live location moves
        return None
    album = message.get("media_group_id")
    return Incoming(
        chat,
        "unreadable",
        text=caption,
        note=note if caption else f"{note} {_ASK}",
        # Telegram sends each picture of an album as a message; one of them has the caption.
        subject=f"album {album}"[:80] if isinstance(album, str) and not caption else None,
        **found,
    )


def _in_group(message: Mapping[str, Any], message_id: int, bot_name: str) -> Incoming | None:
    chat = _dict(message.get("chat"))
    chat_id, text = _whole(chat.get("id")), message.get("text")
    if chat.get("type") not in ("group", "supergroup") or chat_id is None or not bot_name or not isinstance(text, str):
        return None
    replied_to = _dict(_dict(message.get("reply_to_message")).get("from")).get("username")
    if f"@{bot_name}".lower() not in text.lower() and replied_to != bot_name:
        return None
    thread = _whole(message.get("message_thread_id")) if message.get("is_topic_message") is True else None
    return Incoming(chat_id, "group", message_id=message_id, thread=thread)


def _title(message: Mapping[str, Any], data: str) -> str:
    rows = _dict(message.get("reply_markup")).get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if _dict(button).get("callback_data") == data:
                return str(button.get("text", ""))
    return ""


def _private_chat(message: Mapping[str, Any]) -> int | None:
    chat = _dict(message.get("chat"))
    return _whole(chat.get("id")) if chat.get("type") == "private" else None


def _thread(message: Mapping[str, Any]) -> int | None:
    return _whole(message.get("message_thread_id")) if message.get("is_topic_message") is True else None


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST else None
