"""Where a reply is made, and what Rasa is told to do next."""

import threading
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import reply
from nmt_guide.dialogue.model import Memory, Reply, Turn
from nmt_guide.dialogue.services import Services
from nmt_guide.dialogue.staff import notify

TURN, MEMORY = Turn(text="Hello"), Memory()


class Directory:
    """Notes in which thread it was asked."""

    def __init__(self):
        self.asked = []

    def get(self, therapist_id):
        self.asked.append(threading.current_thread().name)


@pytest.fixture
def directory(monkeypatch):
    made = Directory()
    given = Services(made, None, None, lambda: datetime.now(timezone.utc))
    monkeypatch.setattr(reply, "services", lambda: given)
    return made


async def test_a_reply_that_asks_nobody_is_made_at_once(directory, monkeypatch):
    made_in = []

    def respond(turn, memory, answers, services):
        made_in.append((threading.current_thread().name, services.now().tzinfo))
        return Reply((), memory)

    monkeypatch.setattr(reply, "respond", respond)
    assert await reply._respond(TURN, MEMORY, None) == Reply((), MEMORY)
    assert made_in == [(threading.current_thread().name, timezone.utc)]


async def test_a_reply_that_asks_a_service_asks_it_once_and_in_a_thread(directory, monkeypatch):
    def respond(turn, memory, answers, services):
        services.therapists.get("one")
        return Reply((), memory)

    monkeypatch.setattr(reply, "respond", respond)
    assert await reply._respond(TURN, MEMORY, None) == Reply((), MEMORY)
    assert len(directory.asked) == 1
    assert directory.asked != [threading.current_thread().name]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Memory(), Memory(topic="cost", said=("x",)), {"topic": "cost", "said": ["x"]}),
        (Memory(topic="cost", unseen="rf_dvt", misses=1), Memory(topic="cost"), {"unseen": None, "misses": 0}),
    ],
)
async def test_only_what_changed_is_told_and_what_is_forgotten_too(before, after, told, directory, monkeypatch):
    async def current():
        return None

    monkeypatch.setattr(reply, "respond", lambda *_: Reply((), after))
    monkeypatch.setattr(reply, "library", lambda: SimpleNamespace(current=current))
    # As Rasa starts: what was never said has no value at all.
    slots = {name: value or None for name, value in before.to_slots().items()}
    tracker = Tracker("me", slots, {"text": "Hello"}, [], False, None, {}, "action_listen")
    events = await reply.ActionReply().run(CollectingDispatcher(), tracker, {})

    assert {event["name"]: event["value"] for event in events if event["event"] == "slot"} == told


def test_nothing_that_handles_errors_keeps_a_red_flag_from_staff(directory):
    """On the event loop staff cannot be told: the turn must begin anew in a thread."""
    services = Services(reply._NOT_NOW, reply._NOT_NOW, reply._NOT_NOW, reply.services().now)
    with pytest.raises(reply._Waits):
        notify("rf_stroke", TURN, services)


def tracker(form):
    return Tracker("a", {}, {}, [], False, None, {"name": form} if form else {}, "action_listen")


@pytest.mark.parametrize(
    ("active", "waiting", "events"),
    [
        (None, None, ["followup"]),
        (None, ("contact_form", "contact"), ["slot", "active_loop", "followup"]),
        ("contact_form", ("contact_form", "contact"), ["slot"]),
        ("contact_form", None, ["slot", "active_loop", "followup"]),
    ],
    ids=["no form", "a form begins", "it goes on", "it ends"],
)
def test_to_listen_comes_next_unless_a_form_goes_on(active, waiting, events):
    assert [event["event"] for event in reply._form_events(tracker(active), waiting)] == events
