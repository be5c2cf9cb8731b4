"""What cannot be had by one of Rasa's extension points.

Each patch says why it is there and for which Rasa it was made; a test fails when Rasa changes beneath it, and the
environment variable ``NMT_RASA_PATCHES=off`` leaves Rasa as it is.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import rasa
import rasa.core.processor
from jsonschema import Draft7Validator
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    Event,
    LegacyForm,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
)
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from nmt_guide.server.actions import InProcessActions
from nmt_guide.server.tracker_store import TailTrackerStore

#: The Rasa that the patches were made for.
MADE_FOR = "3.6.21"


def apply() -> None:
    """Put the patches in place, unless they are switched off or Rasa is another one."""
    if os.environ.get("NMT_RASA_PATCHES") == "off" or rasa.__version__ != MADE_FOR:
        return
    RemoteAction._validate_action_result = _validate_action_result
    RemoteAction._action_call_format = _action_call_format
    Agent._create_tracker_store = staticmethod(_create_tracker_store)
    RulePolicy._prediction_states = _prediction_states
    rasa.core.processor.DaskGraphRunner = PlainGraphRunner
    if os.environ.get("LOG_LEVEL") != "DEBUG":
        rasa.core.processor.copy = Uncopied
    DialogueStateTracker.applied_events = _applied_events
    Event.resolve_by_type = staticmethod(_resolve_by_type)
    Domain.is_empty = _is_empty


_plain_create_tracker_store = Agent._create_tracker_store
_plain_prediction_states = RulePolicy._prediction_states
_plain_applied_events = DialogueStateTracker.applied_events
_plain_resolve_by_type = Event.resolve_by_type
_plain_is_empty = Domain.is_empty
_plain_call_format = RemoteAction._action_call_format
_schema = RemoteAction.action_response_format_spec()
_validator = Draft7Validator(_schema)


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    """Validates with a validator that was made once, and only what comes from elsewhere.

    Rasa's own calls `jsonschema.validate`, which checks the schema itself anew on every action call: 82 % of the
    time of a lean assistant's message (py-spy, Rasa 3.6.21, jsonschema 4.17). Validating alone still takes 3 ms; a
    result that never left the process was made by `rasa_sdk`, and a malformed one fails where it is read.
    """
    if not isinstance(self.action_endpoint, InProcessActions):
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


def _create_tracker_store(store: Any, domain: Any) -> Any:
    """Leaves our store without the wrapper that turns a database that is down into a conversation that is new.

    With it a client's "yes" to a question about a red flag would be answered as if nothing had been asked, and what is
    said meanwhile would stay in memory and be lost. Without it the channel says that something is wrong.
    """
    if not isinstance(store, TailTrackerStore):
        return _plain_create_tracker_store(store, domain)
    store.domain = domain
    return store


class PlainGraphRunner(DaskGraphRunner):
    """Runs the nodes of the model one after the other.

    Dask plans the same handful of nodes anew on each of the three runs that a message takes, 0.5 ms each.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._orders: dict[tuple[str, ...], list[str]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """See parent class."""
        wanted = tuple(targets or self._graph_schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        # A node takes and returns its results together with the name of who made them.
        results: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        try:
            for name in self._orders[wanted]:
                needs = self._graph_schema.nodes[name].needs.values()
                results[name] = self._instantiated_nodes[name](*(results.get(need, need) for need in needs))
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return dict(results[name] for name in wanted)

    def _order(self, targets: tuple[str, ...]) -> list[str]:
        """The nodes that the targets need, each after those that it needs itself."""
        nodes = self._graph_schema.nodes
        order: dict[str, None] = {}

        def add(name: str) -> None:
            if name in nodes and name not in order:
                for need in nodes[name].needs.values():
                    add(need)
                order[name] = None

        for name in targets:
            add(name)
        return list(order)


class Uncopied:
    """Stands for the module `copy` in Rasa's processor, which copies events deeply for its debug log alone.

    It does so whether or not anything is logged: 4 % of what a message takes.
    """

    @staticmethod
    def deepcopy(value: Any) -> Any:
        """The value itself: nobody looks at it."""
        return value


def _is_empty(self: Domain) -> bool:
    """Looks once: Rasa compares the whole domain with an empty one that it makes anew for every message."""
    if not hasattr(self, "found_empty"):
        self.found_empty = _plain_is_empty(self)
    return bool(self.found_empty)


def _prediction_states(self: RulePolicy, tracker: Any, domain: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """Describes the turns that the longest rule can reach, and not all those before.

    No rule looks further back than it is long (`RulePolicy._is_rule_applicable`), so that the prediction is the same.
    """
    states: list[Any] = _plain_prediction_states(self, _Recent(tracker, _longest_rule(self)), domain, *args, **kwargs)
    return states


class _Recent:
    """What a featurizer asks of a tracker, for the last few states alone."""

    def __init__(self, tracker: Any, most: int) -> None:
        self._tracker, self._most = tracker, most

    def past_states(self, domain: Any, omit_unset_slots: bool = False, **_: Any) -> list[Any]:
        """As `DialogueStateTracker.past_states`, the last ones: one before each action, and the present one."""
        events = self._tracker.applied_events()
        skipped = 1 + sum(isinstance(event, ActionExecuted) for event in events) - self._most
        tracker = self._tracker.init_copy()
        states = []
        for event in events:
            if isinstance(event, ActionExecuted):
                if skipped <= 0:
                    states.append(domain.get_active_state(tracker, omit_unset_slots=omit_unset_slots))
                skipped -= 1
            tracker.update(event)
        return [*states, domain.get_active_state(tracker, omit_unset_slots=omit_unset_slots)]


def _longest_rule(policy: RulePolicy) -> int:
    """States of the longest rule; found once for each policy, as its rules never change."""
    if not hasattr(policy, "longest_rule"):
        keys = [key for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH) for key in policy.lookup.get(kind, {})]
        policy.longest_rule = max((len(policy._rule_key_to_state(key)) for key in keys), default=1)
    return int(policy.longest_rule)


#: Events that take back others, or open a form whose turns are counted as one.
_TAKING_BACK = {ActionReverted, UserUtteranceReverted, ActiveLoop, LegacyForm}
_BEGINNING = (SessionStarted, Restarted)


def _applied_events(self: DialogueStateTracker) -> list[Event]:
    """Looks closely only when there is an event that takes back others.

    Rasa asks eight times a message which events count, and compares each event with abstract classes five times: a
    quarter of all that a message takes besides its understanding.
    """
    kinds = [type(event) for event in self.events]
    if not _TAKING_BACK.isdisjoint(kinds):
        events: list[Event] = _plain_applied_events(self)
        return events
    begins = next((n for n in range(len(kinds), 0, -1) if kinds[n - 1] in _BEGINNING), 0)
    return list(self.events)[begins:]


@lru_cache(maxsize=64)
def _resolve_by_type(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
    """Looks once for the class of a kind of event: Rasa goes through all of them for every event that it reads."""
    return _plain_resolve_by_type(type_name, default)
