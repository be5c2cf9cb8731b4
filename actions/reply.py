"""The action that answers: conversation in, a call on the package, messages out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.manager import memory_from, respond, slots_from
from nmt_guide.dialogue.model import Alarm, Question, Turn
from nmt_guide.dialogue.outage import outage_message
from nmt_guide.knowledge.library import Library
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

#: Intents that buttons send, with the entity that holds what was chosen.
_CHOICES = {"faq": "topic", "follow_up": "follow_up"}


@lru_cache(maxsize=1)
def library() -> Library[Answers]:
    """The knowledge of this process."""
    settings = Settings()
    return Library(Store(settings.database_url), Answers, settings.content_refresh_seconds)


class ActionReply(Action):
    """Answers the client's message from the knowledge store."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_reply"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """See parent class. A failure becomes a sentence and an error in the log, never silence."""
        try:
            answers = await library().current()
            reply = respond(turn_from(tracker.latest_message), memory_from(tracker.slots), answers)
        except Exception:
            logger.exception("No reply could be made for conversation %s.", tracker.sender_id)
            message = outage_message()
            dispatcher.utter_message(text=message.text, **message.meta)
            return []
        for message in reply.messages:
            buttons = [{"title": button.title, "payload": button.payload} for button in message.buttons]
            dispatcher.utter_message(text=message.text, buttons=buttons, **message.meta)
        return [
            SlotSet(name, value) for name, value in slots_from(reply.memory).items() if tracker.slots.get(name) != value
        ]


def turn_from(latest: Mapping[str, Any]) -> Turn:
    """The turn out of what Rasa's understanding says of the client's last message."""
    return Turn(
        text=str(latest.get("text") or ""),
        questions=tuple(
            Question(
                text=question["text"],
                ranking=tuple((label, score) for label, score in question["ranking"]),
                confidence=question["confidence"],
                facets=question.get("facets") or {},
                in_context=tuple((label, score) for label, score in question.get("in_context") or ()),
            )
            for question in latest.get("questions") or ()
        ),
        alarms=tuple(Alarm(alarm["flag"], alarm["likely"]) for alarm in latest.get("alarms") or ()),
        chosen=_chosen(latest),
    )


def _chosen(latest: Mapping[str, Any]) -> tuple[str, str] | None:
    """The button that was pressed. Only Rasa's own reading of a payload leaves no questions behind."""
    intent = (latest.get("intent") or {}).get("name")
    if "questions" in latest or intent not in _CHOICES:
        return None
    for entity in latest.get("entities") or ():
        if entity.get("entity") == _CHOICES[intent]:
            return intent, str(entity.get("value"))
    return None
