"""What cannot be had by one of Rasa's extension points.

Each patch says why it is there and for which Rasa it was made; a test fails when Rasa changes beneath it, and the
environment variable ``NMT_RASA_PATCHES=off`` leaves Rasa as it is.
"""

from __future__ import annotations

import asyncio
import copy
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any

import rasa
import rasa.core.actions.action
import rasa.core.processor
from jsonschema import Draft7Validator
from rasa.core.actions.action import ActionExtractSlots, RemoteAction
from rasa.core.agent import Agent
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_VALIDATE_SLOT_MAPPINGS, PREVIOUS_ACTION, USER
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
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

from nmt_guide.server.actions import InProcessActions
from nmt_guide.server.load import gate
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
    ActionExtractSlots.run = _run_extract_slots
    rasa.core.actions.action.default_actions = _default_actions
    RulePolicy._prediction_states = _prediction_states
    RulePolicy._find_action_from_rules = _find_action_from_rules
    MessageProcessor.parse_message = _parse_message
    rasa.core.processor.DaskGraphRunner = PlainGraphRunner
    if os.environ.get("LOG_LEVEL") != "DEBUG":
        rasa.core.processor.copy = Uncopied
    DialogueStateTracker.applied_events = _applied_events
    DialogueStateTracker.copy = _copy
    Slot.__copy__ = _copy_slot
    Event.resolve_by_type = staticmethod(_resolve_by_type)
    Domain.is_empty = _is_empty


_plain_create_tracker_store = Agent._create_tracker_store
_plain_run_extract_slots = ActionExtractSlots.run
_plain_default_actions = rasa.core.actions.action.default_actions
_plain_parse_message = MessageProcessor.parse_message
_plain_prediction_states = RulePolicy._prediction_states
_plain_find_action_from_rules = RulePolicy._find_action_from_rules
_plain_copy = DialogueStateTracker.copy
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


#: Messages that are understood at once. The thread is faster than the event loop: without a limit, what was read of a
#: message would be pushed out before the loop comes to it (`AT_WORK` in `nmt_guide/understanding/encoder.py`).
MOST_BEGUN = 8


class PlainGraphRunner(DaskGraphRunner):
    """Runs the nodes of the model one after the other.

    Dask plans the same handful of nodes anew on each of the three runs that a message takes, 0.5 ms each.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._orders: dict[tuple[str, ...], list[str]] = {}
        self._aside = ThreadPoolExecutor(1, "understanding")
        self._begun = asyncio.Semaphore(MOST_BEGUN)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """See parent class."""
        wanted, results = self._begin(inputs, targets)
        with _graph_errors():
            for name in self._orders[wanted]:
                results[name] = self._work_of(name, results)()
        return dict(results[name] for name in wanted)

    async def run_aside(self, inputs: dict[str, Any], targets: list[str]) -> dict[str, Any]:
        """The same, but a node whose class says that it `works_aside` works in a thread, so that others get on."""
        wanted, results = self._begin(inputs, targets)
        loop = asyncio.get_running_loop()
        async with self._begun:
            with _graph_errors():
                for name in self._orders[wanted]:
                    work = self._work_of(name, results)
                    aside = getattr(self._graph_schema.nodes[name].uses, "works_aside", False)
                    results[name] = await loop.run_in_executor(self._aside, work) if aside else work()
        return dict(results[name] for name in wanted)

    def _begin(
        self, inputs: dict[str, Any] | None, targets: list[str] | None
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        wanted = tuple(targets or self._graph_schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        # A node takes and returns its results together with the name of who made them.
        return wanted, {name: (name, value) for name, value in (inputs or {}).items()}

    def _work_of(self, name: str, results: dict[str, Any]) -> Callable[[], Any]:
        needs = self._graph_schema.nodes[name].needs.values()
        return partial(self._instantiated_nodes[name], *(results.get(need, need) for need in needs))

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


@contextmanager
def _graph_errors() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise GraphRunError("Error running runner.") from error


async def _parse_message(
    self: MessageProcessor, message: Any, tracker: Any = None, only_output_properties: bool = True
) -> dict[str, Any]:
    """Lets other messages get on while the encoder, which needs no Python, reads this one in a thread.

    Rasa understands a message in one go, for which all others wait. One that is alone does not go to a thread: the way
    there takes a fifth of what the encoder does.
    """
    read, runner = self, self.graph_runner
    if gate().at_work > 1 and isinstance(runner, PlainGraphRunner) and not self.http_interpreter:
        target = self.model_metadata.nlu_target
        tracker = tracker or DialogueStateTracker.from_events(message.sender_id, [])
        results = await runner.run_aside({PLACEHOLDER_MESSAGE: [message], PLACEHOLDER_TRACKER: tracker}, [target])
        read = copy.copy(self)
        read.graph_runner = SimpleNamespace(run=lambda inputs, targets: results)
    parsed: dict[str, Any] = await _plain_parse_message(read, message, tracker, only_output_properties)
    return parsed


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


async def _run_extract_slots(
    self: ActionExtractSlots, output_channel: Any, nlg: Any, tracker: Any, domain: Domain
) -> list[Event]:
    """Looks for values of slots in a message only where some slot takes them from there; ours are set by actions."""
    if not hasattr(domain, "has_slots_from_messages"):
        mappings = [mapping for slot in domain.slots for mapping in slot.mappings]
        custom = all(mapping.get("type") == "custom" and "action" not in mapping for mapping in mappings)
        domain.has_slots_from_messages = not custom or ACTION_VALIDATE_SLOT_MAPPINGS in domain.user_actions
    if not domain.has_slots_from_messages:
        return []
    found: list[Event] = await _plain_run_extract_slots(self, output_channel, nlg, tracker, domain)
    return found


def _default_actions(action_endpoint: Any = None) -> list[Any]:
    """Makes Rasa's own actions once for each endpoint: they hold nothing else, and are asked for four times a message."""
    if action_endpoint is None:
        return list(_plain_default_actions(None))
    if not hasattr(action_endpoint, "default_actions"):
        action_endpoint.default_actions = _plain_default_actions(action_endpoint)
    return list(action_endpoint.default_actions)


def _prediction_states(self: RulePolicy, tracker: Any, domain: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """Describes the turns that the longest rule can reach, and not all those before.

    No rule looks further back than it is long (`RulePolicy._is_rule_applicable`), so that the prediction is the same.
    Right after a message, rules are usually one state long, and nothing has to happen again.
    """
    recent = _Recent(tracker, _longest_rule(self, tracker.latest_action_name))
    states: list[Any] = _plain_prediction_states(self, recent, domain, *args, **kwargs)
    return states


class _Recent:
    """What a featurizer asks of a tracker, for the last few states alone."""

    def __init__(self, tracker: Any, most: int) -> None:
        self._tracker, self._most = tracker, most

    def past_states(self, domain: Any, omit_unset_slots: bool = False, **_: Any) -> list[Any]:
        """As `DialogueStateTracker.past_states`, the last ones: one before each action, and the present one."""
        if self._most == 1 and _TAKING_BACK.isdisjoint(map(type, self._tracker.events)):
            return [domain.get_active_state(self._tracker, omit_unset_slots=omit_unset_slots)]
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


def _find_action_from_rules(
    self: RulePolicy, tracker: Any, domain: Any, use_text_for_last_user_input: bool
) -> tuple[str | None, str | None, bool]:
    """Looks for a rule about the client's very words only where there is one; ours are about intents.

    Rasa looks twice after each message: for rules about its text, then for those about its intent.
    """
    if use_text_for_last_user_input and not _has_rules_about_texts(self):
        return None, None, False
    found: tuple[str | None, str | None, bool] = _plain_find_action_from_rules(
        self, tracker, domain, use_text_for_last_user_input
    )
    return found


def _has_rules_about_texts(policy: RulePolicy) -> bool:
    """Whether some rule may hold right after a message without knowing its intent; found once for each policy."""
    if not hasattr(policy, "has_rules_about_texts"):
        last = [policy._rule_key_to_state(key)[-1] for key in _rule_keys(policy)]
        policy.has_rules_about_texts = any(
            state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME) in (None, ACTION_LISTEN_NAME)
            and not state.get(USER, {}).get(INTENT)
            for state in last
        )
    return bool(policy.has_rules_about_texts)


def _longest_rule(policy: RulePolicy, after: str | None) -> int:
    """States of the longest rule that may hold after an action; found once for each policy, as its rules never change."""
    if not hasattr(policy, "longest_rules"):
        longest: dict[str | None, int] = {}
        for states in map(policy._rule_key_to_state, _rule_keys(policy)):
            action = states[-1].get(PREVIOUS_ACTION, {}).get(ACTION_NAME)
            longest[action] = max(len(states), longest.get(action, 1))
        policy.longest_rules = longest
    # Under None those that may hold after any action.
    return int(max(policy.longest_rules.get(action, 1) for action in (after, None)))


def _rule_keys(policy: RulePolicy) -> list[str]:
    return [key for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH) for key in policy.lookup.get(kind, {})]


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


def _copy(self: DialogueStateTracker) -> DialogueStateTracker:
    """Copies what a conversation has come to; Rasa makes a new one and lets everything happen again, three times a message.

    Events are shared, as by Rasa's own. What an action may change on its copy is the copy's. Only that no action follows any
    more, which Rasa notes without an event, is lost on its copies and kept on ours.
    """
    copied: DialogueStateTracker = copy.copy(self)
    copied.events = copy.copy(self.events)
    copied.slots = copy.copy(self.slots)
    copied.slots.update({name: copy.copy(slot) for name, slot in self.slots.items()})
    copied.active_loop = copy.copy(self.active_loop)
    copied.latest_action = copy.copy(self.latest_action)
    return copied


def _copy_slot(self: Slot) -> Slot:
    """Copies a slot as `copy.copy` does, without finding out anew how: it is done a hundred times a message."""
    copied = object.__new__(type(self))
    copied.__dict__.update(self.__dict__)
    return copied


@lru_cache(maxsize=64)
def _resolve_by_type(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
    """Looks once for the class of a kind of event: Rasa goes through all of them for every event that it reads."""
    return _plain_resolve_by_type(type_name, default)
