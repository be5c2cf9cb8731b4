"""The actions that answer: conversation in, a call on the package, messages out.

One function decides every turn, in a form or outside. Without an active form Rasa runs `action_reply` for it; with one,
the form, which hands the turn to its `validate_` action before anything else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, NoReturn

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.forms import CONTACT_FORM, THERAPIST_FORM, asking
from nmt_guide.dialogue.manager import respond
from nmt_guide.dialogue.model import Alarm, Memory, Question, Reply, Turn
from nmt_guide.dialogue.outage import outage_message
from nmt_guide.dialogue.services import Services
from nmt_guide.directory.places import Places
from nmt_guide.directory.search import Directory
from nmt_guide.handoff.wiring import outbox
from nmt_guide.knowledge.library import Library
from nmt_guide.knowledge.store import shared_store
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

#: Intents that buttons send, with the entity that holds what was chosen.
_CHOICES = {"faq": "topic", "follow_up": "follow_up", "choose": "choice"}
_REQUESTED_SLOT = "requested_slot"
#: The slot that each form fills (domain.yml).
_SLOTS = {THERAPIST_FORM: "search", CONTACT_FORM: "contact"}


@lru_cache(maxsize=1)
def library() -> Library[Answers]:
    """The knowledge of this process."""
    settings = Settings()
    return Library(shared_store(settings.database_url), Answers, settings.content_refresh_seconds)


@lru_cache(maxsize=1)
def services() -> Services:
    """What the dialogue may ask of the rest of the house, in this process."""
    settings = Settings()
    return Services(
        therapists=Directory(shared_store(settings.database_url).engine),
        places=Places(settings.var_dir / "places.db"),
        staff=outbox(settings),
        now=lambda: datetime.now(timezone.utc),
    )


class ActionReply(Action):
    """Answers the client's message from the knowledge store."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_reply"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """See parent class. A failure becomes a sentence and an error in the log, never silence."""
        try:
            answers = await library().current()
            memory = Memory.from_slots(tracker.slots)
            reply = await _respond(turn_from(tracker), memory, answers)
        except Exception:
            logger.exception("No reply could be made for conversation %s.", tracker.sender_id)
            message = outage_message()
            dispatcher.utter_message(text=message.text, **message.meta)
            return _nothing_changed(tracker)
        for message in reply.messages:
            buttons = [{"title": button.title, "payload": button.payload} for button in message.buttons]
            dispatcher.utter_message(text=message.text, buttons=buttons, **message.meta)
        # What was never said is not told as news: each slot that is set is an event more to keep.
        before, after = memory.to_slots(), reply.memory.to_slots()
        slot = _SLOTS.get(tracker.active_loop_name or "")
        changed = [SlotSet(name, value) for name, value in after.items() if name == slot or before[name] != value]
        return changed + _form_events(tracker, asking(reply.memory.search, reply.memory.contact))


class _Waits(BaseException):
    """A service is asked that may wait for a database. No error: what handles errors must let it pass."""


class _NotNow:
    """Stands for a service while nobody may wait."""

    def __getattr__(self, name: str) -> NoReturn:
        raise _Waits


_NOT_NOW: Any = _NotNow()


async def _respond(turn: Turn, memory: Memory, answers: Answers) -> Reply:
    """The reply to one message. Most ask no service and are made at once; one that does is begun anew in a thread."""
    try:
        return respond(turn, memory, answers, Services(_NOT_NOW, _NOT_NOW, _NOT_NOW, services().now))
    except _Waits:
        return await asyncio.to_thread(respond, turn, memory, answers, services())


class ValidateTherapistForm(ActionReply):
    """Takes the turn while the search for a therapist waits for an answer."""

    def name(self) -> str:
        """Name in the domain."""
        return f"validate_{THERAPIST_FORM}"


class ValidateContactForm(ActionReply):
    """Takes the turn while a message to a person waits for an answer."""

    def name(self) -> str:
        """Name in the domain."""
        return f"validate_{CONTACT_FORM}"


def _form_events(tracker: Tracker, form: tuple[str, str] | None) -> list[EventType]:
    """Events that bring Rasa's active loop to what the dialogue waits for.

    Rasa's `FormAction` (rasa/core/actions/forms.py, 3.6) has three ways to go wrong here, each met by an event:

    - It rejects itself, and `action_reply` answers once more, unless its own slot was set, be it to what it was.
    - Unless `requested_slot` was set, it looks for an empty slot to ask for, and ends when there is none.
    - A form that an action just began is run in the same turn, and would answer once more. To listen is the next
      action instead.

    Without a form to listen comes next as well: an event more to keep, and a prediction less to make.
    """
    active = tracker.active_loop_name
    name, asked = form or (None, None)
    events: list[EventType] = [SlotSet(_REQUESTED_SLOT, asked)] if active or form else []
    if name and name == active:
        return events
    if name != active:
        events.append(ActiveLoop(name))
    return [*events, FollowupAction("action_listen")]


def _nothing_changed(tracker: Tracker) -> list[EventType]:
    """Events of a turn that failed: a form stays where it was."""
    active = tracker.active_loop_name
    if not active:
        return []
    slot = _SLOTS[active]
    return [SlotSet(slot, tracker.get_slot(slot)), *_form_events(tracker, (active, tracker.get_slot(_REQUESTED_SLOT)))]


def turn_from(tracker: Tracker) -> Turn:
    """The turn out of what Rasa's understanding says of the client's last message."""
    latest = tracker.latest_message
    return Turn(
        text=str(latest.get("text") or "").replace("’", "'"),  # as telephones write it
        questions=tuple(
            Question(
                text=question["text"],
                ranking=tuple((label, score) for label, score in question["ranking"]),
                confidence=question["confidence"],
                facets=question.get("facets") or {},
                in_context=tuple((label, score) for label, score in question.get("in_context") or ()),
                denied=question.get("denied") or {},
                passages=question.get("passages") or {},
                nearest=question.get("nearest") or {},
            )
            for question in latest.get("questions") or ()
        ),
        alarms=tuple(
            Alarm(alarm["flag"], alarm["likely"], alarm.get("ruled", True), alarm.get("score", 1.0))
            for alarm in latest.get("alarms") or ()
        ),
        chosen=_chosen(latest),
        conversation=tracker.sender_id,
        channel=tracker.get_latest_input_channel() or "",
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
