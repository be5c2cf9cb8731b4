"""What cannot be had by one of Rasa's extension points.

Each patch says why it is there and for which Rasa it was made; a test fails when Rasa changes beneath it, and the
environment variable ``NMT_RASA_PATCHES=off`` leaves Rasa as it is.
"""

from __future__ import annotations

import os
from typing import Any

import rasa
from jsonschema import Draft7Validator
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.trackers import EventVerbosity

from nmt_guide.server.actions import InProcessActions

#: The Rasa that the patches were made for.
MADE_FOR = "3.6.21"


def apply() -> None:
    """Put the patches in place, unless they are switched off or Rasa is another one."""
    if os.environ.get("NMT_RASA_PATCHES") == "off" or rasa.__version__ != MADE_FOR:
        return
    RemoteAction._validate_action_result = _validate_action_result
    RemoteAction._action_call_format = _action_call_format


_plain_call_format = RemoteAction._action_call_format
_schema = RemoteAction.action_response_format_spec()
_validator = Draft7Validator(_schema)


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    """Validates with a validator that was made once.

    Rasa's own calls `jsonschema.validate`, which checks the schema itself anew on every action call: 82 % of the
    time of a lean assistant's message (py-spy, Rasa 3.6.21, jsonschema 4.17).
    """
    _validator.validate(result)
    return True


def _action_call_format(self: RemoteAction, tracker: Any, domain: Any) -> dict[str, Any]:
    """Leaves the past events out of a call inside the process.

    Rasa writes out the whole conversation for every action call, so that its cost grows with every turn. Our actions
    read slots, the last message, and the channel that it came by. An action server elsewhere still gets everything.
    """
    if not isinstance(self.action_endpoint, InProcessActions):
        call: dict[str, Any] = _plain_call_format(self, tracker, domain)
        return call
    state = tracker.current_state(EventVerbosity.NONE)
    state["events"] = [{"event": "user", "input_channel": state["latest_input_channel"]}]
    return {
        "next_action": self.name(),
        "sender_id": tracker.sender_id,
        "tracker": state,
        "version": rasa.__version__,
        "domain": {},
    }
