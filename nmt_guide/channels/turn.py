"""One turn between a channel and Rasa: a message goes in, the assistant's messages come out, never none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered, UserUttered

from nmt_guide.channels.guard import harmless
from nmt_guide.dialogue.outage import outage_message

logger = logging.getLogger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]
#: A message of the assistant: `recipient_id`, `text`, `metadata` and, where it has any, `buttons`.
Reply = dict[str, Any]

#: What Rasa adds to a bot message that is not part of the reply metadata.
_NOT_METADATA = ("timestamp", "quick_replies", "elements", "utter_action", "model_id", "assistant_id")


class Replies(CollectingOutputChannel):
    """Collects the messages of one turn, whole and with their metadata."""

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Unlike Rasa's, keeps paragraphs together."""
        await self._keep(recipient_id, text=text, metadata=_metadata(kwargs))

    async def send_text_with_buttons(
        self, recipient_id: str, text: str, buttons: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        """A message with buttons."""
        await self._keep(recipient_id, text=text, buttons=buttons, metadata=_metadata(kwargs))

    async def _keep(self, recipient_id: str, **fields: Any) -> None:
        self.messages.append({"recipient_id": recipient_id, **fields})


async def answer(
    on_new_message: OnNewMessage, message: UserMessage, trackers: TrackerStore, offered: Collection[str] = ()
) -> list[Reply]:
    """The replies to a client's message. Whatever fails becomes a reply that says so (`metadata.outage`).

    Args:
        on_new_message: what Rasa gave the channel to handle messages.
        message: the message as the client sent it; its text and output channel are replaced here.
        trackers: where conversations are stored.
        offered: payloads of buttons that the channel itself knows to have offered in this conversation.
    """
    replies = Replies()
    failed = False
    sender = message.sender_id
    try:
        if message.text not in offered:
            message.text = (await harmless(message.text, sender, trackers)).strip()
        message.output_channel = replies
        await on_new_message(message)
    except (Exception, asyncio.CancelledError, SystemExit):
        # SystemExit: Rasa's SQL store ends the whole process on a value that the database refuses.
        logger.exception("A message of conversation %s failed.", sender)
        # What is not stored is not remembered at the next message, and missing in the history: the client is asked to
        # repeat it. But what is said about an emergency is said.
        replies.messages = [reply for reply in replies.messages if reply["metadata"].get("kind") == "safety"]
        failed = True
    if failed or not replies.messages:
        logger.error("A message of conversation %s got no reply; the client is told so.", sender)
        sorry = outage_message()
        await replies.send_text_message(sender, sorry.text, **sorry.meta)
    return list(replies.messages)


async def answered_before(sender: str, message_id: str, trackers: TrackerStore) -> list[Reply]:
    """What the assistant said to a message that came in before, when the conversation still holds it; not an apology.

    Args:
        sender: the conversation.
        message_id: the id that the message had.
        trackers: where conversations are stored.
    """
    try:
        tracker = await trackers.retrieve(sender)
    except (Exception, SystemExit):  # see `answer`
        logger.exception("Conversation %s cannot be read.", sender)
        return []
    replies = Replies()
    asked = False
    for event in tracker.events if tracker else ():
        if isinstance(event, UserUttered):
            asked = event.message_id == message_id
            if asked:
                replies = Replies()
        elif asked and isinstance(event, BotUttered):
            await replies.send_response(sender, event.message())
    failed = any(reply["metadata"].get("outage") for reply in replies.messages)
    return [] if failed else list(replies.messages)


def _metadata(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in kwargs.items() if key not in _NOT_METADATA and value is not None}
