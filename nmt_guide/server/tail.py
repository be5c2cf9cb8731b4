"""The tail of a conversation: its last turns, and an opening that stands for all turns before them.

Rasa replays every event of a session on each message, so that a message costs more with every turn. A tail costs the
same at every turn. Its opening is a short list of ordinary events that bring a fresh tracker into the state that the
conversation had there: slots, form, pause, last messages. It looks as Rasa makes a session that carries over its slots.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

#: A tail keeps at least this many turns, and is cut when it has so many more that cutting pays. Rules look back three
#: or four turns; each turn costs about 0.3 ms in all that Rasa does with a tracker on the way to a reply.
KEEP_TURNS = 4
CUT_TURNS = 8
#: A tail with an open form is left to grow up to here: a form is over by then, or forgotten.
LONGEST_TURNS = 24


def cut(sender_id: str, events: Sequence[Event], domain: Domain) -> tuple[int, list[Event]] | None:
    """Where a tail that has grown long may begin anew.

    Args:
        sender_id: the conversation.
        events: its tail, with the opening.
        domain: says which slots there are.

    Returns:
        How many of the events may go, and the opening that stands for them; nothing when the tail is short, or a form
        is open throughout.
    """
    turns = [position for position, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) <= CUT_TURNS:
        return None
    candidates = set(turns[1:-KEEP_TURNS])
    tracker = DialogueStateTracker(sender_id, domain.slots)
    best: tuple[int, list[Event]] | None = None
    for position, event in enumerate(events):
        between_turns = tracker.latest_action_name == ACTION_LISTEN_NAME
        calm = tracker.active_loop is None or len(turns) > LONGEST_TURNS
        if position in candidates and between_turns and calm:
            best = position, list(_opening(tracker))
        tracker.update(event)
    return best


def _opening(tracker: DialogueStateTracker) -> Iterator[Event]:
    """Events that bring a fresh tracker into the state of this one, which waits for a message."""
    yield SessionStarted()
    yield ActionExecuted(ACTION_LISTEN_NAME)
    if tracker.active_loop is not None:
        yield from _open_loop(tracker)
    elif tracker.latest_message is not None and not tracker.latest_message.is_empty():
        yield tracker.latest_message
    yield from (SlotSet(name, slot.value) for name, slot in tracker.slots.items() if slot.has_been_set)
    said = tracker.latest_bot_utterance
    if said is not None and (said.text or said.data):
        yield said
    if tracker.is_paused():
        yield ConversationPaused()
    yield ActionExecuted(ACTION_LISTEN_NAME)


def _open_loop(tracker: DialogueStateTracker) -> Iterator[Event]:
    """A form as it was opened: by the message that a loop keeps as its trigger."""
    loop = tracker.active_loop
    trigger = loop.trigger_message or {}
    yield UserUttered(trigger.get("text"), trigger.get("intent"), trigger.get("entities"), trigger)
    yield ActionExecuted(loop.name)
    yield ActiveLoop(loop.name)
    if loop.rejected:
        yield ActionExecutionRejected(loop.name)


def as_text(events: Iterable[Event]) -> str:
    """Events as they are stored together."""
    return json.dumps([event.as_dict() for event in events])


def from_text(text: str) -> list[Event]:
    """The reverse of `as_text`."""
    return [Event.from_parameters(one) for one in json.loads(text)]
