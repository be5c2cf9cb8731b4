"""The benchmark of servers: its load, its long conversations, its report. No test asserts a time."""

from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
import yaml
from aiohttp import web
from rasa.core.tracker_store import SQLTrackerStore

from benchmarks import serving, stock
from benchmarks.history import prolong
from benchmarks.load import Block, Clients
from benchmarks.serving_report import TARGETS, markdown, write


@asynccontextmanager
async def webhook(answer):
    """A server with the webhook's address; `answer` gets the body of a request."""

    async def receive(request):
        return answer(await request.json())

    app = web.Application()
    app.router.add_post("/webhooks/rest/webhook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()


async def test_replicas_are_asked_in_turn_and_a_silent_answer_is_counted():
    senders = []

    def answer(body):
        senders.append(body["sender"])
        return web.json_response([] if body["message"] == "silence" else [{"text": "yes"}])

    async with webhook(answer) as one, webhook(answer) as two, Clients([one, two], ["hello", "silence"]) as clients:
        block = await clients.block(4, 8, lambda: 0.0)

    assert len(block.latencies) == len(set(senders)) == 8
    assert clients.unanswered == 4


async def test_a_server_that_is_not_there_is_no_end_of_the_benchmark():
    async with Clients(["http://127.0.0.1:1"], ["hello"]) as clients:
        await clients.say("me")

    assert clients.unanswered == 1


async def test_a_flood_tells_answers_from_refusals():
    busy = 0

    def answer(body):
        nonlocal busy
        busy += 1
        if busy % 2:
            return web.json_response([{"text": "yes"}])
        return web.json_response({"error": "busy"}, status=503, headers={"Retry-After": "2"} if busy % 4 else {})

    async with webhook(answer) as url, Clients([url], ["hello"]) as clients:
        flood = await clients.flood(4, 0.2, lambda: 100.0)

    assert flood["answered"]
    assert flood["refused"]
    assert set(flood["others"]) == {"503"}  # one without Retry-After is a mistake
    assert {mb for _, mb in flood["memory"]} == {100.0}


async def test_a_soak_speaks_in_conversations_of_ten_turns():
    senders = []

    def answer(body):
        senders.append(body["sender"])
        return web.json_response([{"text": "yes"}])

    async with webhook(answer) as url, Clients([url], ["hello"]) as clients:
        soak = await clients.soak(1, 25, lambda: 50.0)

    assert [senders.count(sender) for sender in dict.fromkeys(senders)] == [10, 10, 5]
    assert soak["memory"][-1] == (25, 50.0)


def test_blocks_of_several_rounds_are_one():
    block = Block([10.0] * 99, 1.0, 0.5)
    block.add(Block([30.0], 1.0, 0.5))

    assert block.figures() == {"p50_ms": 10.0, "p99_ms": 30.0, "per_second": 50.0, "cpu_ms": 10.0}


def test_a_long_conversation_is_the_second_turn_again_and_again(tmp_path):
    url = f"sqlite:///{tmp_path / 'conversations.db'}"
    engine = sa.create_engine(url, future=True)
    events = SQLTrackerStore.SQLEvent.__table__
    SQLTrackerStore.Base.metadata.create_all(engine)
    kinds = ["session_started", "user", "bot", "user", "slot", "bot"]
    with engine.begin() as connection:
        connection.execute(
            sa.insert(events), [{"sender_id": "a", "type_name": kind, "data": str(n)} for n, kind in enumerate(kinds)]
        )
    prolong(url, "a", {"short": 1, "long": 4})
    with engine.connect() as connection:
        rows = connection.execute(sa.select(events.c.sender_id, events.c.data).order_by(events.c.id)).all()
    engine.dispose()

    assert [data for sender, data in rows if sender == "short"] == ["0", "1", "2"]
    assert [data for sender, data in rows if sender == "long"] == [*"012", *"345" * 3]


@pytest.mark.parametrize("name", ["lean", "recommended"])
def test_stock_rasa_gets_a_small_project_that_answers_every_intent(tmp_path, name):
    chosen = stock.subset()
    stock.write(tmp_path, name, chosen, 3)
    intents = {entry["intent"].partition("/")[0] for entry in yaml.safe_load((tmp_path / "nlu.yml").read_text())["nlu"]}
    ruled = {rule["steps"][0]["intent"] for rule in yaml.safe_load((tmp_path / "rules.yml").read_text())["rules"]}
    policies = yaml.safe_load((tmp_path / "config.yml").read_text())["policies"]

    assert len(chosen) == (stock.TOPICS + stock.FOLLOW_UPS) * stock.EXAMPLES_EACH
    assert ruled == intents | {"nlu_fallback"}
    assert ("TEDPolicy" in {policy["name"] for policy in policies}) == (name == "recommended")


def test_the_action_of_stock_rasa_says_what_the_database_holds(tmp_path, monkeypatch):
    from rasa_sdk import Tracker
    from rasa_sdk.executor import CollectingDispatcher

    from benchmarks import stock_actions

    stock.write(tmp_path, "recommended", [("how much", "faq/cost"), ("more", "follow_up/more")], 3)
    monkeypatch.setattr(stock_actions, "_engine", sa.create_engine(f"sqlite:///{tmp_path / 'answers.db'}"))

    def says(message):
        dispatcher = CollectingDispatcher()
        stock_actions.ActionAnswer().run(dispatcher, Tracker("a", {}, message, [], False, None, {}, "x"), {})
        return dispatcher.messages[0]["text"]

    selected = {"faq": {"response": {"intent_response_key": "faq/cost"}}}
    assert len(says({"intent": {"name": "faq"}, "response_selector": selected})) > 20
    assert says({"intent": {"name": "follow_up__more"}}) == "Here is more about that."
    assert says({"intent": {"name": "nlu_fallback"}}).startswith("I am not sure")


def test_no_question_was_an_example_of_stock_rasa():
    asked = serving.questions()

    assert len(asked) > 1000
    assert not set(asked) & {text for text, _ in stock.subset()}


FIGURES = {
    "ready_s": 6.04,
    "first_ms": 20.0,
    "resident_mb": 450.0,
    "resident_after_mb": 460.0,
    "unanswered": 0,
    "turn_ms": {"2": 7.0, "500": 7.7},
    "at_once": {str(n): {"p50_ms": 8.0, "p99_ms": 16.0, "per_second": 120.0, "cpu_ms": 7.0} for n in serving.AT_ONCE},
}
SLOW = {
    **FIGURES,
    "train_s": 254.0,
    "at_once": {n: {name: 10 * value for name, value in one.items()} for n, one in FIGURES["at_once"].items()},
}
SLOW["at_once"] = {n: {**one, "per_second": 12.0} for n, one in SLOW["at_once"].items()}
EDGE = {
    "clients": 300, "seconds": 2.0, "answered": [(0.5, 100.0), (1.5, 900.0)], "refused": [(0.1, 2.0)], "others": {},
    "memory": [(0.0, 450.0), (1.0, 470.0)], "alone_ms": [9.0, 8.0], "calm": {"per_second": 100.0},
    "alone": {"p50_ms": 8.0},
}  # fmt: skip
SOAK = {"messages": 100, "memory": [(0, 400.0), (10, 450.0), (100, 455.0)], **FIGURES["at_once"]["8"]}


def measured(**more):
    return {"about": serving._about(serving.Sizes()), "variants": {"ours": FIGURES, "recommended": SLOW}, **more}


def test_the_report_holds_figures_ratios_and_targets():
    lines = markdown(measured()).splitlines()

    assert "| training, s | - | 254 |" in lines
    assert "| start to ready, s | 6.0 | 6.0 |" in lines
    assert "| 64 at once: ms, half below | 10.00 |" in lines
    assert "| throughput, one process, times recommended | 10 | 8 | 15 | yes |" in lines
    assert "| turn 500 against turn 2 | 1.1 | 1.2 | 1 | yes |" in lines
    assert "| throughput, both cores, times recommended | - | 12 | 20 | - |" in lines
    assert not any("Beyond capacity" in line for line in lines)


def test_a_target_that_is_missed_says_so():
    slow = {**FIGURES, "ready_s": 30.0}
    rows = {target.title: target.row({"ours": slow}) for target in TARGETS}

    assert rows["start to ready, s"][-1] == "**no**"
    assert rows["memory, GB"][-1] == "yes"


def test_edge_and_soak_are_drawn(tmp_path):
    write(measured(edge=EDGE, soak=SOAK), tmp_path)
    page = (tmp_path / "serving.md").read_text()

    assert "- answered: 2, 1 a second (8 clients alone: 100)" in page
    assert "- resident: 450 MB before, 470 at most, 470 two seconds after" in page
    assert "Resident: 400 MB at the start, 450 after a tenth, 455 at the end." in page
    for name in ("load", "turns", "edge", "soak"):
        assert (tmp_path / f"serving-{name}.svg").read_bytes().startswith(b"<?xml")


def test_arguments_choose_variants_and_sizes(tmp_path):
    asked = []
    code = serving.main(
        ["--quick", "--only", "ours", "--soak", "9", "--no-edge", "--out", str(tmp_path)],
        run=lambda names, sizes, out: asked.append((names, sizes)),
    )

    ((names, sizes),) = asked
    assert (code, names) == (0, ["ours"])
    assert (sizes.soak, sizes.flood_seconds, sizes.rounds) == (9, 0.0, 1)
