"""The patches on Rasa: each sits on what it was made for, and can be left out."""

import hashlib
import inspect

import pytest
import rasa
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from nmt_guide.server import patches
from nmt_guide.server.actions import InProcessActions

#: What our code replaces or leans on, as it stands in Rasa 3.6.21. When one differs: read what Rasa changed, change our
#: side where needed, then write the new number here.
MADE_FOR = {
    (RemoteAction, "_validate_action_result"): "f8cdb4be68123961",
    (RemoteAction, "_action_call_format"): "428795b944f22edb",
    (RemoteAction, "run"): "ccabf6f1160d527a",
    (EndpointConfig, "request"): "ccdb778aed8208e2",
    (Agent, "_create_tracker_store"): "fc0f8cf6750f82ae",
    (TrackerStore, "get_or_create_tracker"): "0b08ab42bd97ab21",
    (TrackerStore, "_stream_new_events"): "a3990c70850759b8",
    (DialogueStateTracker, "applied_events"): "764d5065ea9997d6",
    (SQLTrackerStore, "save"): "57165e46eab3de08",
    (SQLTrackerStore, "session_scope"): "acec146961bec3fb",
}
PATCHED = [
    (RemoteAction, "_validate_action_result"),
    (RemoteAction, "_action_call_format"),
    (Agent, "_create_tracker_store"),
]


def source(owner, name):
    """The source in the file: the patches may be in place in this process."""
    lines = inspect.getsource(owner).splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.lstrip().startswith((f"def {name}(", f"async def {name}(")))
    return "".join(inspect.getblock(lines[start:]))


@pytest.fixture
def rasas(monkeypatch):
    """Rasa's own functions, put back after the test."""
    functions = {}
    for owner, name in PATCHED:
        monkeypatch.setattr(owner, name, vars(owner)[name])
        functions[name] = getattr(owner, name)
    return functions


def in_place():
    return {name: getattr(owner, name) for owner, name in PATCHED}


@pytest.mark.parametrize(("owner", "name"), MADE_FOR, ids=lambda part: getattr(part, "__name__", part))
def test_what_we_lean_on_is_as_it_was(owner, name):
    found = hashlib.sha256(source(owner, name).encode()).hexdigest()[:16]

    assert found == MADE_FOR[owner, name], f"Rasa {rasa.__version__} changed {owner.__name__}.{name}."


def test_switched_off_rasa_stays_as_it_is(rasas, monkeypatch):
    monkeypatch.setenv("NMT_RASA_PATCHES", "off")
    patches.apply()

    assert in_place() == rasas


def test_another_rasa_stays_as_it_is(rasas, monkeypatch):
    monkeypatch.setattr(rasa, "__version__", "3.6.99")
    patches.apply()

    assert in_place() == rasas


def test_switched_on_every_patch_is_in_place(rasas, monkeypatch):
    monkeypatch.delenv("NMT_RASA_PATCHES", raising=False)
    patches.apply()

    assert in_place() == {name: getattr(patches, name) for _, name in PATCHED}
    for _, name in PATCHED:
        assert (
            inspect.signature(getattr(patches, name)).parameters.keys()
            == inspect.signature(rasas[name]).parameters.keys()
        )


@pytest.mark.parametrize(
    "result", [{"events": "none"}, {"responses": [7]}, [], {"events": [{"event": "slot"}]}], ids=repr
)
def test_a_malformed_result_is_refused_as_by_rasa(rasas, result):
    action = RemoteAction("action_reply", None)
    with pytest.raises(ValidationError):
        rasas["_validate_action_result"](action, result)
    with pytest.raises(ValidationError):
        patches._validate_action_result(action, result)


def test_a_separate_action_server_still_gets_the_whole_conversation(rasas):
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    tracker = DialogueStateTracker.from_events("a", [UserUttered("Hello"), UserUttered("Bye")])
    elsewhere = RemoteAction("action_reply", EndpointConfig("http://localhost/webhook"))
    inside = RemoteAction("action_reply", InProcessActions())

    assert len(patches._action_call_format(elsewhere, tracker, Domain.empty())["tracker"]["events"]) == 2
    assert patches._action_call_format(inside, tracker, Domain.empty())["tracker"]["events"] == []
