"""The patches on Rasa: each sits on what it was made for, and can be left out."""

import asyncio
import copy
import dataclasses
import hashlib
import inspect
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import rasa
import rasa.core.actions.action
import rasa.core.processor
from happenings import DOMAIN, KINDS, KINDS_OF_TURNS, session
from hypothesis import given, settings
from jsonschema import ValidationError
from rasa.core.actions.action import ActionExtractSlots, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphNode, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, LoopInterrupted, SlotSet, UserUttered
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.nlu.training_data.message import Message
from rasa.utils.endpoints import EndpointConfig

from nmt_guide.server import patches
from nmt_guide.server.actions import InProcessActions
from nmt_guide.server.load import gate
from nmt_guide.understanding.encoder import AT_WORK

#: What our code replaces or leans on, as it stands in Rasa 3.6.21. When one differs: read what Rasa changed, change our
#: side where needed, then write the new number here.
MADE_FOR = {
    (RemoteAction, "_validate_action_result"): "f8cdb4be68123961",
    (RemoteAction, "_action_call_format"): "428795b944f22edb",
    (RemoteAction, "run"): "ccabf6f1160d527a",
    (ActionExtractSlots, "run"): "13487835d751b652",
    (rasa.core.actions.action, "default_actions"): "6fa4896f3667a20e",
    (rasa.core.actions.action, "action_for_name_or_text"): "a63fb2d066efa0bc",
    (EndpointConfig, "request"): "ccdb778aed8208e2",
    (Agent, "_create_tracker_store"): "fc0f8cf6750f82ae",
    (TrackerStore, "get_or_create_tracker"): "0b08ab42bd97ab21",
    (TrackerStore, "_stream_new_events"): "a3990c70850759b8",
    (DialogueStateTracker, "applied_events"): "764d5065ea9997d6",
    (DialogueStateTracker, "__init__"): "8f39eb22462aa62b",
    (DialogueStateTracker, "copy"): "dfa48dca9f355ad1",
    (DialogueStateTracker, "travel_back_in_time"): "09d16f28f007492f",
    (Policy, "_prediction_states"): "ed9b82bed2f26ad7",
    (RulePolicy, "_is_rule_applicable"): "64a108b016b46e57",
    (RulePolicy, "_get_possible_keys"): "2915fd81711e194c",
    (RulePolicy, "_find_action_from_rules"): "be6da6ee0f5429bd",
    (RulePolicy, "_predict"): "f5182d8a10639e14",
    (Domain, "states_for_tracker_history"): "035111ce73ac90ba",
    (Domain, "is_empty"): "884be90ef485f1d2",
    (MessageProcessor, "_log_action_on_tracker"): "d973d12a6d0a3623",
    (MessageProcessor, "_log_slots"): "311246e683765c69",
    (MessageProcessor, "parse_message"): "b98d8e49b9f2c433",
    (MessageProcessor, "_parse_message_with_graph"): "0bd50a53b5c013af",
    (MessageProcessor, "run_action_extract_slots"): "ff52049be97dde87",
    (DialogueStateTracker, "generate_all_prior_trackers"): "a1f6954347b52649",
    (DaskGraphRunner, "run"): "45f0f52f574f3aa9",
    (GraphNode, "__call__"): "66127a2bfb6fcf1e",
    (MessageProcessor, "_load_model"): "2f19392846cbc8e4",
    (Event, "resolve_by_type"): "19925943abc38629",
    (SQLTrackerStore, "save"): "57165e46eab3de08",
    (SQLTrackerStore, "session_scope"): "acec146961bec3fb",
    # What `actions.reply._form_events` leans on.
    (FormAction, "validate"): "def2d0fcdbeedb70",
    (FormAction, "request_next_slot"): "d00c226ee5da6e1d",
    (FormAction, "is_done"): "cb89f0d52c9541fb",
    (RulePolicy, "_find_action_from_loop_happy_path"): "70a00bc55df3bb09",
}
PATCHED = [
    (RemoteAction, "_validate_action_result"),
    (RemoteAction, "_action_call_format"),
    (Agent, "_create_tracker_store"),
    (RulePolicy, "_prediction_states"),
    (RulePolicy, "_find_action_from_rules"),
    (MessageProcessor, "parse_message"),
    (rasa.core.actions.action, "default_actions"),
    (DialogueStateTracker, "applied_events"),
    (DialogueStateTracker, "copy"),
    (Event, "resolve_by_type"),
    (Domain, "is_empty"),
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
    monkeypatch.setattr(rasa.core.processor, "DaskGraphRunner", DaskGraphRunner)
    monkeypatch.setattr(rasa.core.processor, "copy", copy)
    monkeypatch.setattr(Slot, "__copy__", None, raising=False)
    monkeypatch.delattr(Slot, "__copy__")
    monkeypatch.setattr(ActionExtractSlots, "run", patches._plain_run_extract_slots)
    for owner, name in PATCHED:
        monkeypatch.setattr(owner, name, inspect.getattr_static(owner, name))
        functions[name] = getattr(owner, name)
    return functions


def in_place():
    return {name: getattr(owner, name) for owner, name in PATCHED}


@pytest.mark.parametrize(("owner", "name"), MADE_FOR, ids=lambda part: getattr(part, "__name__", part))
def test_what_we_lean_on_is_as_it_was(owner, name):
    found = hashlib.sha256(source(owner, name).encode()).hexdigest()[:16]

    assert found == MADE_FOR[owner, name], f"Rasa {rasa.__version__} changed {owner.__name__}.{name}."


def is_as_it_was():
    return (
        "__copy__" not in vars(Slot)
        and ActionExtractSlots.run is patches._plain_run_extract_slots
        and rasa.core.processor.DaskGraphRunner is DaskGraphRunner
        and rasa.core.processor.copy is copy
    )


def test_switched_off_rasa_stays_as_it_is(rasas, monkeypatch):
    monkeypatch.setenv("NMT_RASA_PATCHES", "off")
    patches.apply()

    assert in_place() == rasas
    assert is_as_it_was()


def test_another_rasa_stays_as_it_is(rasas, monkeypatch):
    monkeypatch.setattr(rasa, "__version__", "3.6.99")
    patches.apply()

    assert in_place() == rasas
    assert is_as_it_was()


def test_switched_on_every_patch_is_in_place(rasas, monkeypatch):
    monkeypatch.delenv("NMT_RASA_PATCHES", raising=False)
    patches.apply()

    ours = {name: getattr(patches, f"_{name.removeprefix('_')}") for _, name in PATCHED}
    assert in_place() == ours
    assert rasa.core.processor.DaskGraphRunner is patches.PlainGraphRunner
    assert rasa.core.processor.copy is patches.Uncopied
    assert Slot.__copy__ is patches._copy_slot
    assert ActionExtractSlots.run is patches._run_extract_slots
    for name, function in ours.items():
        theirs, taken = (inspect.signature(each).parameters for each in (rasas[name], function))
        assert taken.keys() - {"args", "kwargs"} <= theirs.keys()


@pytest.mark.parametrize(
    "result", [{"events": "none"}, {"responses": [7]}, [], {"events": [{"event": "slot"}]}], ids=repr
)
def test_a_malformed_result_is_refused_as_by_rasa(rasas, result):
    action = RemoteAction("action_reply", EndpointConfig("http://localhost/webhook"))
    with pytest.raises(ValidationError):
        rasas["_validate_action_result"](action, result)
    with pytest.raises(ValidationError):
        patches._validate_action_result(action, result)


def test_a_separate_action_server_still_gets_the_whole_conversation(rasas):
    tracker = DialogueStateTracker.from_events("a", [UserUttered("Hello"), UserUttered("Bye", input_channel="rest")])
    elsewhere = RemoteAction("action_reply", EndpointConfig("http://localhost/webhook"))
    inside = RemoteAction("action_reply", InProcessActions())

    assert len(patches._action_call_format(elsewhere, tracker, Domain.empty())["tracker"]["events"]) == 2
    last = [{"event": "user", "input_channel": "rest"}]
    assert patches._action_call_format(inside, tracker, Domain.empty())["tracker"]["events"] == last


@given(KINDS_OF_TURNS)
@settings(max_examples=60, deadline=None)
def test_the_same_events_count_and_the_same_states_are_seen(happened):
    events = [event for number, kind in enumerate(happened) for event in KINDS[kind](number)]
    tracker = DialogueStateTracker.from_events("a", session() + events, DOMAIN.slots)

    assert patches._applied_events(tracker) == patches._plain_applied_events(tracker)
    for most in (1, 3, 1000):
        assert patches._Recent(tracker, most).past_states(DOMAIN) == tracker.past_states(DOMAIN)[-most:]


@given(KINDS_OF_TURNS)
@settings(max_examples=60, deadline=None)
def test_a_copy_is_what_rasa_copies_and_a_thing_of_its_own(happened):
    events = [event for number, kind in enumerate(happened) for event in KINDS[kind](number)]
    tracker = DialogueStateTracker.from_events("a", session() + events, DOMAIN.slots)
    before = copy.deepcopy(tracker.current_state(EventVerbosity.ALL))
    ours, theirs = patches._copy(tracker), patches._plain_copy(tracker)

    assert ours.current_state(EventVerbosity.ALL) == theirs.current_state(EventVerbosity.ALL) == before
    assert ours.followup_action == theirs.followup_action
    more = [SlotSet("topic", "cost"), ActiveLoop("contact_form"), LoopInterrupted(True), ActionExecuted("action_reply")]
    for copied in (ours, theirs):
        copied.update_with_events(more, DOMAIN, override_timestamp=False)
    assert ours.current_state(EventVerbosity.ALL) == theirs.current_state(EventVerbosity.ALL) != before
    assert tracker.current_state(EventVerbosity.ALL) == before


@pytest.mark.parametrize("slot", DOMAIN.slots, ids=lambda slot: slot.name)
def test_a_copied_slot_is_like_the_first_and_may_change_alone(slot):
    copied = patches._copy_slot(slot)
    assert (type(copied), vars(copied)) == (type(slot), vars(slot))

    copied.value = "changed"
    assert slot.value != "changed"


FROM_MESSAGES = """
intents: [ask]
entities: [topic]
slots:
  topic: {type: any, mappings: [{type: from_entity, entity: topic}]}
"""


async def slots_from(domain):
    """Events of our and of Rasa's way to look for slots in a message, and whether Rasa's looked."""
    tracker = DialogueStateTracker.from_events("a", session(), domain.slots)
    tracker.update(UserUttered("what is it", {"name": "ask"}, [{"entity": "topic", "value": "cost"}]))
    action = ActionExtractSlots(None)
    ours = await patches._run_extract_slots(action, None, None, tracker, domain)
    return ours, await patches._plain_run_extract_slots(action, None, None, tracker, domain)


@pytest.mark.parametrize(
    ("domain", "events"),
    [(DOMAIN, []), (Domain.from_yaml(FROM_MESSAGES), [SlotSet("topic", "cost")])],
    ids=["set by actions", "taken from messages"],
)
async def test_slots_are_looked_for_in_messages_where_some_come_from_there(domain, events):
    ours, theirs = await slots_from(domain)

    assert ours == theirs == events
    assert domain.has_slots_from_messages is bool(events)


def test_rasas_own_actions_are_made_once_for_each_endpoint():
    one, other = InProcessActions(), EndpointConfig("http://localhost/webhook")
    mine, theirs = patches._default_actions(one), patches._plain_default_actions(one)

    assert [(type(action), vars(action)) for action in mine] == [(type(action), vars(action)) for action in theirs]
    assert all(first is second for first, second in zip(mine, patches._default_actions(one), strict=True))
    assert patches._default_actions(other)[-1]._action_endpoint is other
    assert patches._default_actions(None)[-1]._action_endpoint is None


def policy_with(*last_states):
    """A policy whose rules end with these states."""
    policy = RulePolicy.__new__(RulePolicy)
    policy.lookup = {"rules": {json.dumps([state]): "action_reply" for state in last_states}}
    return policy


ASKED = {"prev_action": {"action_name": "action_listen"}, "user": {"intent": "faq"}}
ANSWERED = {"prev_action": {"action_name": "action_reply"}}


@pytest.mark.parametrize(
    ("states", "about"),
    [
        ([ASKED, ANSWERED], False),
        ([ASKED, {**ASKED, "user": {"text": "hello"}}], True),
        ([{"prev_action": {"action_name": "action_listen"}}], True),
        ([{"slots": {"topic": "cost"}}], True),
    ],
    ids=["intents", "text", "any message", "the beginning"],
)
def test_rules_about_texts_are_looked_for_where_there_are_some(states, about, monkeypatch):
    policy = policy_with(*states)
    monkeypatch.setattr(patches, "_plain_find_action_from_rules", lambda *_: ("found", "rule", False))

    assert patches._find_action_from_rules(policy, None, DOMAIN, True) == (
        ("found", "rule", False) if about else (None, None, False)
    )
    assert patches._find_action_from_rules(policy, None, DOMAIN, False) == ("found", "rule", False)


def test_what_rasa_copies_while_it_handles_a_message_is_for_its_debug_log():
    source = inspect.getsource(rasa.core.processor)
    copied = re.findall(r"(\w+)=copy\.deepcopy", source)

    assert copied == [
        "rasa_events", "slot_values", "parse_data_text", "parse_data_entities", "prediction_events", "rasa_events",
    ]  # fmt: skip
    assert len(re.findall(r"(?<!\.)\bcopy\b", source)) == len(copied) + 1


@pytest.mark.parametrize(("domain", "empty"), [(Domain.empty(), True), (DOMAIN, False)], ids=["empty", "ours"])
def test_a_domain_is_looked_at_once(domain, empty, monkeypatch):
    fresh = copy.copy(domain)
    assert patches._is_empty(fresh) is empty
    monkeypatch.setattr(patches, "_plain_is_empty", lambda _: pytest.fail("looked again"))
    assert patches._is_empty(fresh) is empty


class Longest:
    """A policy whose rules have one state after a message, two after a reply; and two after any action, when `anywhere`."""

    _rule_key_to_state = staticmethod(RulePolicy._rule_key_to_state)

    def __init__(self, anywhere):
        heard = {"prev_action": {"action_name": "action_listen"}, "user": {"intent": "faq"}}
        replied = {"prev_action": {"action_name": "action_reply"}, "user": {"intent": "faq"}}
        rules = [[heard], [heard, replied]] + ([[replied, {"user": {"intent": "faq"}}]] if anywhere else [])
        self.lookup = {"rules": {json.dumps(states): "action_reply" for states in rules}}


@pytest.mark.parametrize(("anywhere", "after_message"), [(False, 1), (True, 2)], ids=["after actions", "after any"])
def test_a_policy_sees_as_far_as_its_longest_rule_that_may_hold(anywhere, after_message):
    policy = Longest(anywhere)

    assert patches._longest_rule(policy, "action_listen") == after_message
    assert patches._longest_rule(policy, "action_reply") == 2
    assert patches._longest_rule(policy, "another_action") == after_message


@pytest.fixture
def runners():
    """Ours and Rasa's for the same graph: two nodes that need the message, one that needs both."""

    class Node(GraphNode):
        def __init__(self, name):
            self.name = name

        def __call__(self, *given):
            return self.name, f"{self.name}({', '.join(str(value) for _, value in given)})"

    def schema_node(**needs):
        return SchemaNode(needs=needs, uses=None, constructor_name="create", fn="run", config={})

    nodes = {
        "best": schema_node(one="first", other="second"),
        "second": schema_node(message="__message__", before="first"),
        "first": schema_node(message="__message__"),
        "unneeded": schema_node(message="__tracker__"),
    }
    made = []
    for kind in (patches.PlainGraphRunner, DaskGraphRunner):
        runner = kind.__new__(kind)
        runner._graph_schema, runner._execution_context = GraphSchema(nodes), None
        runner._instantiated_nodes, runner._orders = {name: Node(name) for name in nodes}, {}
        runner._aside, runner._begun = ThreadPoolExecutor(1, "understanding"), asyncio.Semaphore(1)
        made.append(runner)
    yield made
    for runner in made:
        runner._aside.shutdown()


@pytest.mark.parametrize("targets", [["best"], ["first", "best"], ["second"]], ids="-".join)
async def test_the_graph_gives_the_same_results(runners, targets):
    ours, theirs = (runner.run(inputs={"__message__": "hi"}, targets=targets) for runner in runners)

    assert ours == theirs
    assert await runners[0].run_aside(inputs={"__message__": "hi"}, targets=targets) == theirs


async def test_what_may_work_aside_does_so_in_a_thread(runners):
    runner = runners[0]
    places = {}

    class Aside:
        works_aside = True

    def noting(name, node):
        def work(*given):
            places[name] = threading.current_thread().name
            return node(*given)

        return work

    nodes = runner._graph_schema.nodes
    nodes["second"] = dataclasses.replace(nodes["second"], uses=Aside)
    runner._instantiated_nodes = {name: noting(name, node) for name, node in runner._instantiated_nodes.items()}
    await runner.run_aside(inputs={"__message__": "hi"}, targets=["best"])

    assert places["second"].startswith("understanding")
    assert places["first"] == places["best"] == threading.current_thread().name


async def test_an_error_of_what_works_aside_is_one_of_the_graph(runners):
    runner = runners[0]

    class Aside:
        works_aside = True

    def fails(*_):
        raise RuntimeError("The encoder failed.")

    nodes = runner._graph_schema.nodes
    nodes["first"] = dataclasses.replace(nodes["first"], uses=Aside)
    runner._instantiated_nodes["first"] = fails
    with pytest.raises(GraphRunError):
        await runner.run_aside(inputs={"__message__": "hi"}, targets=["first"])


def test_what_is_read_ahead_is_still_there_when_the_loop_comes_to_it():
    assert AT_WORK > patches.MOST_BEGUN


async def test_a_message_is_understood_alike_alone_and_among_others(monkeypatch):
    """By a graph of one node, in Rasa's processor."""

    class Node:
        def __call__(self, given):
            (text,) = given[1]
            found = Message({"text": text.text, "intent": {"name": "ask", "confidence": 0.5}})
            found.set("questions", ["one"], add_to_output=True)
            return "understood", [found]

    runner = patches.PlainGraphRunner.__new__(patches.PlainGraphRunner)
    schema = {"understood": SchemaNode({"messages": "__message__"}, None, "create", "process", {}, is_target=True)}
    runner._graph_schema, runner._instantiated_nodes, runner._orders = GraphSchema(schema), {"understood": Node()}, {}
    runner._begun = asyncio.Semaphore(1)
    processor = MessageProcessor.__new__(MessageProcessor)
    processor.http_interpreter, processor.graph_runner, processor.domain = None, runner, DOMAIN
    processor.model_metadata = SimpleNamespace(nlu_target="understood")
    message, aside = UserMessage("hello"), []
    run_aside = runner.run_aside
    monkeypatch.setattr(runner, "run_aside", lambda *given: aside.append(given) or run_aside(*given))
    alone = await patches._parse_message(processor, message)
    assert not aside
    monkeypatch.setattr(gate(), "at_work", 2)
    among_others = await patches._parse_message(processor, message)

    assert len(aside) == 1
    assert alone == among_others == await patches._plain_parse_message(processor, message)
    assert alone["questions"] == ["one"]
