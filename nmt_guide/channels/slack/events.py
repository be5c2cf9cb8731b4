"""What a request of Slack means for us. Any JSON at all can be read; what concerns nobody is nothing.

The shapes are those of https://docs.slack.dev/reference/events and /reference/interaction-payloads. Most events hold
nothing to answer, and new ones appear: only what is named here is answered, the rest is ignored.
"""

from __future__ import annotations

import hashlib
import html
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: Messages with these subtypes are what people write. All others tell of edits, deletions, joins, other bots.
_WRITTEN = (None, "file_share", "thread_broadcast", "me_message")
_TIMESTAMP = re.compile(r"\d{1,12}\.\d{1,9}\Z", re.ASCII)
_ID = re.compile(r"[A-Z0-9]{2,40}\Z")
#: <@U012>, <#C012|general>, <!here>, <https://example.com|a link>, <mailto:a@example.com|a@example.com>
_MARKUP = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_MOST_KEY_CHARS = 80

Kind = Literal["message", "press", "command", "home"]


@dataclass(frozen=True)
class Heard:
    """What concerns us in a request. All of it can be written as JSON.

    Attributes:
        kind: `message` somebody wrote to the app; `press` of a button; `command` the slash command; `home` somebody
            looks at the app's home tab.
        key: names it, so that a repetition is recognised.
        position: its place among the others, in microseconds.
        user: who did it.
        channel: where the answer goes; for the home tab the user.
        text: the client's words, or what the button carries.
        title: what stood on the button.
        unreadable: there are files and no words.
        thread: the thread to answer in.
        message: the message that was written, or the one with the button.
        response_url: address for replies that only this person sees.
        blocks: the message with the button, as it stands.
        shared: others can read along.
    """

    kind: Kind
    key: str
    position: int
    user: str
    channel: str
    text: str = ""
    title: str = ""
    unreadable: bool = False
    thread: str | None = None
    message: str | None = None
    response_url: str | None = None
    blocks: list[dict[str, Any]] = field(default_factory=list)
    shared: bool = False

    @property
    def conversation(self) -> str:
        """The sender id. No other channel lets a client name a conversation like this.

        A person has one conversation with the app, which nobody else sees: direct messages, slash command, home tab.
        A thread in a channel is a conversation of its own. Those who take part in it read all of it anyway, and each
        may press the buttons under the last reply.
        """
        return f"slack:{self.channel}:{self.thread}" if self.shared else f"slack:{self.user}"


def read_event(payload: Any) -> Heard | None:
    """What a request of the Events API means for us; nothing when nobody expects an answer.

    Args:
        payload: any JSON.
    """
    payload = _dict(payload)
    event = _dict(payload.get("event"))
    if payload.get("type") != "event_callback":
        return None
    if event.get("type") == "app_home_opened":
        return _home(payload, event)
    if event.get("type") == "app_mention" or (event.get("type") == "message" and event.get("channel_type") == "im"):
        return _message(event)
    return None


def read_interaction(payload: Any) -> Heard | None:
    """What a press of a button means for us; nothing for links and for what is no button of ours.

    Args:
        payload: any JSON.
    """
    payload = _dict(payload)
    actions = payload.get("actions")
    action = _dict(actions[0]) if isinstance(actions, list) and actions else {}
    user = _id(_dict(payload.get("user")).get("id"))
    value = _text(action.get("value"))
    if payload.get("type") != "block_actions" or action.get("type") != "button" or not user or not value:
        return None
    pressed: dict[str, Any] = {
        "kind": "press",
        "position": _microseconds(action.get("action_ts")),
        "user": user,
        "text": value,
        "title": plain_text(_text(_dict(action.get("text")).get("text"))),
    }
    container = _dict(payload.get("container"))
    if container.get("type") == "view":
        return Heard(key=_key("press", payload.get("trigger_id")), channel=user, **pressed)
    channel, stamp = _id(container.get("channel_id")), _stamp(container.get("message_ts"))
    if not channel or not stamp:
        return None
    # A second press of the same button is no second question, even when Slack could not take the buttons away.
    pressed["key"] = _key("press", channel, stamp, action.get("action_id"))
    if container.get("is_ephemeral") is True:
        url = _text(payload.get("response_url"))
        return Heard(channel=channel, response_url=url, **pressed) if url else None
    message = _dict(payload.get("message"))
    thread = _stamp(container.get("thread_ts")) or _stamp(message.get("thread_ts"))
    shared = not channel.startswith("D")
    return Heard(
        channel=channel,
        thread=thread or (stamp if shared else None),
        message=stamp,
        blocks=[block for block in message.get("blocks") or () if isinstance(block, dict)],
        shared=shared,
        **pressed,
    )


def read_command(form: Mapping[str, str]) -> Heard | None:
    """What a slash command means for us; nothing when it carries no question.

    Args:
        form: the fields of the request.
    """
    user, channel, url = _id(form.get("user_id")), _id(form.get("channel_id")), form.get("response_url")
    text = plain_text(form.get("text") or "")
    if not user or not channel or not url or not text:
        return None
    key = _key("command", form.get("trigger_id") or f"{user} {url}")
    return Heard("command", key, _microseconds(None), user, channel, text, response_url=url)


def plain_text(text: str) -> str:
    """A text as people read it: Slack's marks for people, channels and links become words, or nothing."""

    def words(match: re.Match[str]) -> str:
        mark, target, label = match.groups()
        if mark == "@" and not label:
            return " "  # an id says nothing, and that of the app least of all
        if mark == "!":
            return label or " "
        return f"{mark if mark == '#' else ''}{label or target.removeprefix('mailto:')}"

    return html.unescape(_MARKUP.sub(words, text)).strip()


def _message(event: Mapping[str, Any]) -> Heard | None:
    user, channel, stamp = _id(event.get("user")), _id(event.get("channel")), _stamp(event.get("ts"))
    if event.get("subtype") not in _WRITTEN or event.get("bot_id") or event.get("hidden") is True:
        return None
    if not user or not channel or not stamp:
        return None
    text, files = plain_text(_text(event.get("text"))), bool(event.get("files"))
    shared = event.get("type") == "app_mention"
    return Heard(
        "message",
        # The message, not the event: a mention can come as two events, and each event several times.
        _key(channel, stamp),
        _microseconds(stamp),
        user,
        channel,
        text,
        unreadable=files and not text,
        thread=_stamp(event.get("thread_ts")) or (stamp if shared else None),
        message=stamp,
        shared=shared,
    )


def _home(payload: Mapping[str, Any], event: Mapping[str, Any]) -> Heard | None:
    user = _id(event.get("user"))
    if event.get("tab") != "home" or not user:
        return None
    return Heard("home", _key("home", payload.get("event_id")), _microseconds(event.get("event_ts")), user, user)


def _key(*parts: Any) -> str:
    key = ":".join(str(part) for part in parts)
    if len(key) > _MOST_KEY_CHARS or not key.isprintable():
        return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return key


def _microseconds(stamp: Any) -> int:
    return int(float(_stamp(stamp) or time.time()) * 1_000_000)


def _stamp(value: Any) -> str | None:
    return value if isinstance(value, str) and _TIMESTAMP.match(value) else None


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) and _ID.match(value) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
