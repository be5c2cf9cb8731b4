"""Turns of conversations in which everything happens that Rasa has an event for."""

from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)

DOMAIN = Domain.from_yaml(
    """
intents: [ask, inform]
slots:
  topic: {type: any, mappings: [{type: custom}]}
  contact: {type: text, mappings: [{type: custom}]}
  misses: {type: float, initial_value: 1, mappings: [{type: custom}]}
forms:
  contact_form: {required_slots: [contact]}
actions: [action_reply]
"""
)
LISTEN = "action_listen"


def session():
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(LISTEN)]


def asked(text, intent="ask"):
    return UserUttered(text, {"name": intent, "confidence": 1.0}, [])


def turn(number, *between):
    """A question and its answer."""
    return [
        asked(f"Question {number}"),
        ActionExecuted("action_reply"),
        BotUttered(f"Answer {number}"),
        SlotSet("topic", f"topic {number}"),
        *between,
        ActionExecuted(LISTEN),
    ]


def in_form(number, *between):
    return [asked(f"Said {number}", "inform"), ActionExecuted("contact_form"), *between, ActionExecuted(LISTEN)]


def interrupting_form(number):
    """A question while a form is open: the form steps back, the answer is given, the form asks again."""
    return [
        asked(f"Question {number}"),
        ActionExecutionRejected("contact_form"),
        ActionExecuted("action_reply"),
        BotUttered(f"Answer {number}"),
        ActionExecuted("contact_form"),
        LoopInterrupted(False),
        ActionExecuted(LISTEN),
    ]


KINDS = {
    "turn": turn,
    "slot away": lambda n: turn(n, SlotSet("topic", None), SlotSet("misses", n)),
    "slots reset": lambda n: turn(n, AllSlotsReset()),
    "form opened": lambda n: in_form(n, ActiveLoop("contact_form"), SlotSet("contact", None)),
    "form filled": lambda n: in_form(n, SlotSet("contact", f"555-{n}")),
    "form refused": interrupting_form,
    "form closed": lambda n: in_form(n, SlotSet("contact", f"555-{n}"), ActiveLoop(None)),
    "taken back": lambda n: [
        asked(f"Wrong {n}"),
        ActionExecuted("action_reply"),
        UserUtteranceReverted(),
        ActionExecuted(LISTEN),
    ],
    "pause": lambda n: turn(n, ConversationPaused()),
    "no reply": lambda n: [asked(f"Unheard {n}")],
    "resume": lambda n: turn(n, ConversationResumed()),
    "restart": lambda n: [asked("/restart"), ActionExecuted("action_restart"), Restarted(), *session()],
    "new session": lambda n: session(),
}


#: What happens in a conversation, turn by turn, as names of `KINDS`.
KINDS_OF_TURNS = st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=40)
