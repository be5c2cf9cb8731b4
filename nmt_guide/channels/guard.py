"""What every channel asks of an incoming message before Rasa sees it."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered

from nmt_guide.server.tracker_store import TailTrackerStore

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
    if payload in await offered_in(sender, trackers):
        return payload
    logger.info("A typed order in conversation %s is read as plain text.", sender)
    return _ORDER.sub("", text)


def readable(text: str) -> str:
    """Half surrogate pairs and control characters become spaces.

    JSON can carry both. The encoder cannot read the former, and PostgreSQL refuses NUL. Joiners and marks of
    writing direction stay: emoji and right-to-left text need them.
    """
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)


async def offered_in(sender: str, trackers: TrackerStore) -> set[str]:
    """The payloads of the buttons among a conversation's last messages, those on cards as well.

    Args:
        sender: the conversation.
        trackers: where the conversation is stored.
    """
    if isinstance(trackers, TailTrackerStore):
        said = await trackers.last_said(sender, _BUTTONS_LAST)
    else:
        tracker = await trackers.retrieve(sender)
        said = [event for event in tracker.events if isinstance(event, BotUttered)][-_BUTTONS_LAST:] if tracker else []
    return {button["payload"] for event in said for button in _buttons(event) if button.get("payload")}


def _buttons(event: BotUttered) -> list[Mapping[str, Any]]:
    cards = event.metadata.get("cards") or ()
    return [*(event.data.get("buttons") or ()), *(button for card in cards for button in card.get("buttons") or ())]
