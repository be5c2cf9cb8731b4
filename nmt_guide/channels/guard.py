"""What every channel asks of an incoming message before Rasa sees it."""

from __future__ import annotations

import logging
import re
import unicodedata
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered

logger = logging.getLogger(__name__)

#: Buttons stay usable while they are among the last messages of the assistant.
_BUTTONS_LAST = 12

#: Rasa strips a text before it looks for the slash, of every kind of white space that Unicode knows.
_ORDER = re.compile(r"\A[\s/]*/")


async def harmless(text: str, sender: str, trackers: TrackerStore) -> str:
    """The text as Rasa may read it: without what is no character, and no order that we did not offer.

    Rasa takes a text that begins with a slash for an order (`/restart`, `/intent{"slot": ...}`), whoever typed it.
    Only what one of our buttons offered in this conversation stays an order; the rest loses its slashes.

    Args:
        text: the client's text.
        sender: the conversation.
        trackers: where the conversation is stored.
    """
    text = readable(text)
    if not _ORDER.match(text):
        return text
    payload = text.strip()
    tracker = await trackers.retrieve(sender)
    if tracker is not None and payload in _offered(tracker.events):
        return payload
    logger.info("A typed order in conversation %s is read as plain text.", sender)
    return _ORDER.sub("", text)


def readable(text: str) -> str:
    """Half surrogate pairs and control characters become spaces.

    JSON can carry both. The encoder cannot read the former, and PostgreSQL refuses NUL. Joiners and marks of
    writing direction stay: emoji and right-to-left text need them.
    """
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)


def _offered(events: Any) -> set[str]:
    said = [event for event in events if isinstance(event, BotUttered)][-_BUTTONS_LAST:]
    return {button["payload"] for event in said for button in event.data.get("buttons") or () if button.get("payload")}
