"""What every channel asks of an incoming message before Rasa sees it."""

from __future__ import annotations

import logging
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered

logger = logging.getLogger(__name__)

#: Buttons stay usable while they are among the last messages of the assistant.
_BUTTONS_LAST = 12


async def harmless(text: str, sender: str, trackers: TrackerStore) -> str:
    """The text as Rasa may read it.

    Rasa takes a text that begins with a slash for an order (`/restart`, `/intent{"slot": ...}`), whoever typed it.
    Only what one of our buttons offered in this conversation stays an order; the rest loses its slashes.

    Args:
        text: the client's text.
        sender: the conversation.
        trackers: where the conversation is stored.
    """
    if not text.lstrip().startswith("/"):
        return text
    payload = text.strip()
    tracker = await trackers.retrieve(sender)
    if tracker is not None and payload in _offered(tracker.events):
        return payload
    logger.info("A typed order in conversation %s is read as plain text.", sender)
    return text.lstrip("/ \t\r\n")


def _offered(events: Any) -> set[str]:
    said = [event for event in events if isinstance(event, BotUttered)][-_BUTTONS_LAST:]
    return {button["payload"] for event in said for button in event.data.get("buttons") or () if button.get("payload")}
