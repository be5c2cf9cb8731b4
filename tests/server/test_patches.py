"""The patches on Rasa: each sits on what it was made for, and can be left out."""

import hashlib
import inspect

import pytest
import rasa
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.tracker_store import SQLTrackerStore
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
    (SQLTrackerStore, "session_scope"): "acec146961bec3fb",
    # What `actions.reply._form_events` leans on.
    (FormAction, "validate"): "def2d0fcdbeedb70",
    (FormAction, "request_next_slot"): "d00c226ee5da6e1d",
    (FormAction, "is_done"): "cb89f0d52c9541fb",
    (RulePolicy, "_find_action_from_loop_happy_path"): "70a00bc55df3bb09",
}
PATCHED = ("_validate_action_result", "_action_call_format")


def source(owner, name):
    """The source in the file: the patches may be in place in this process."""
    lines = inspect.getsource(owner).splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.lstrip().startswith((f"def {name}(", f"async def {name}(")))
    return "".join(inspect.getblock(lines[start:]))


@pytest.fixture
def rasas(monkeypatch):
    """Rasa's own functions, put back after the test."""
    functions = {name: getattr(RemoteAction, name) for name in PATCHED}
    for name, function in functions.items():
        monkeypatch.setattr(RemoteAction, name, function)
    return functions


@pytest.mark.parametrize(("owner", "name"), MADE_FOR, ids=lambda part: getattr(part, "__name__", part))
def test_what_we_lean_on_is_as_it_was(owner, name):
    found = hashlib.sha256(source(owner, name).encode()).hexdigest()[:16]

    assert found == MADE_FOR[owner, name], f"Rasa {rasa.__version__} changed {owner.__name__}.{name}."


def test_switched_off_rasa_stays_as_it_is(rasas, monkeypatch):
    monkeypatch.setenv("NMT_RASA_PATCHES", "off")
    patches.apply()

    assert {name: getattr(RemoteAction, name) for name in PATCHED} == rasas


def test_another_rasa_stays_as_it_is(rasas, monkeypatch):
    monkeypatch.setattr(rasa, "__version__", "3.6.99")
    patches.apply()

    assert {name: getattr(RemoteAction, name) for name in PATCHED} == rasas


def test_switched_on_every_patch_is_in_place(rasas, monkeypatch):
    monkeypatch.delenv("NMT_RASA_PATCHES", raising=False)
    patches.apply()

    assert all(getattr(RemoteAction, name) is getattr(patches, name) for name in PATCHED)
    for name in PATCHED:
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

    tracker = DialogueStateTracker.from_events("a", [UserUttered("Hello"), UserUttered("Bye", input_channel="rest")])
    elsewhere = RemoteAction("action_reply", EndpointConfig("http://localhost/webhook"))
    inside = RemoteAction("action_reply", InProcessActions())

    assert len(patches._action_call_format(elsewhere, tracker, Domain.empty())["tracker"]["events"]) == 2
    last = [{"event": "user", "input_channel": "rest"}]
    assert patches._action_call_format(inside, tracker, Domain.empty())["tracker"]["events"] == last
