"""What several test folders share: the built assistant, in this process and served by one of its own."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from processes import Place, Process, Server, make_place, serving
from sqlalchemy import create_engine, text

from nmt_guide.knowledge.store import Store
from nmt_guide.server.build import model_file, quiet_environment
from nmt_guide.settings import ROOT, Settings


@dataclass
class Assistant:
    """The trained assistant with its actions in process; each conversation has a sender of its own."""

    agent: Any
    loop: asyncio.AbstractEventLoop
    sender: str = field(default_factory=lambda: uuid.uuid4().hex)

    def new(self) -> Assistant:
        """A fresh conversation with the same assistant."""
        return Assistant(self.agent, self.loop)

    def say(self, text: str) -> list[dict[str, Any]]:
        """The messages that answer a client's message."""
        from rasa.core.channels.channel import UserMessage

        from nmt_guide.channels.turn import Replies

        replies = Replies()
        self.loop.run_until_complete(self.agent.handle_message(UserMessage(text, replies, self.sender)))
        return replies.messages

    def meta(self, text: str) -> dict[str, Any]:
        """The metadata of the first message that answers."""
        return dict(self.say(text)[0]["metadata"])

    def press(self, reply: list[dict[str, Any]], title: str) -> list[dict[str, Any]]:
        """Press the button with a title under a reply."""
        buttons = {b["title"]: b["payload"] for message in reply for b in message.get("buttons", [])}
        return self.say(buttons[title])

    def tracker(self) -> Any:
        """The conversation as Rasa stores it."""
        return self.loop.run_until_complete(self.agent.tracker_store.retrieve(self.sender))


@pytest.fixture(scope="session")
def _loaded() -> Iterator[Assistant]:
    os.environ.update(quiet_environment())
    os.chdir(ROOT)
    from rasa.core.agent import load_agent
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.log_utils import configure_structlog

    from nmt_guide.server import patches
    from nmt_guide.server.actions import InProcessActions

    configure_structlog(logging.WARNING)  # what Rasa would write of every step takes as long as the steps
    patches.apply()  # as when it is served
    model = model_file(Settings())
    assert model.exists(), "The model is not built: run './test', or 'nmt-guide build'."
    loop = asyncio.new_event_loop()
    agent = loop.run_until_complete(load_agent(str(model), endpoints=AvailableEndpoints(action=InProcessActions())))
    yield Assistant(agent, loop)
    loop.close()


@pytest.fixture
def assistant(_loaded: Assistant) -> Assistant:
    """A fresh conversation with the trained assistant."""
    return _loaded.new()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The assistant as `./run` starts it. Tests share it, each with a conversation of its own."""
    with serving(make_place(tmp_path_factory.mktemp("server") / "place")) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of each kind, without the conversations that a test left in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'nmt.db'}"
        return
    url = os.environ.get("NMT_TEST_POSTGRES_URL")
    if not url:
        pytest.skip("NMT_TEST_POSTGRES_URL names no PostgreSQL database that the tests may fill and empty")
    yield url
    engine = create_engine(url, future=True)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS events, conversation_tails, analytics_outbox"))
    engine.dispose()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store with its tables, on each kind of database."""
    made = Store(database_url)
    made.migrate("base")
    made.migrate()
    yield made
    made.migrate("base")
    made.engine.dispose()


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_open() -> Iterator[None]:
    """What a file of tests leaves open (a socket, an event loop) fails that file.

    Python warns when it collects it, and a warning is an error: that would be in whichever test runs by then.
    """
    yield
    gc.collect()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Folders for servers that one module starts itself."""
    return make_place(tmp_path_factory.mktemp("place") / "place")


#: Folders whose tests wait for servers that start and stop: what takes longest begins first.
_SLOW = ("deploy", "widget", "channels", "server", "handoff")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which tests may not run at the same time as each other, and which come first.

    Not at the same time: those of one file, which share a server; those of the website chat, which share its build;
    those in the house of tests/deploy; and those on PostgreSQL, which share a database.
    """
    for item in items:
        group = item.path.parent.name if item.path.parent.name == "widget" else item.path.name
        group = "house" if _in_house(item) else group
        item.add_marker(pytest.mark.xdist_group("postgresql" if "postgresql" in item.nodeid else group))
    items.sort(key=lambda item: (item.path.parent.name not in _SLOW, not _in_house(item)))


def _in_house(item: pytest.Item) -> bool:
    return "house" in getattr(item, "fixturenames", ())


#: The model is trained anew on each machine, and answers some wordings at the edge otherwise than on another: of the
#: tests marked `wording` one in so many may fail. What concerns danger is never marked.
_WORDINGS_FOR_ONE_MISS = 50
_OTHERWISE = "this training answers otherwise"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when more wordings were missed than may be."""
    told = session.config.pluginmanager.get_plugin("terminalreporter")
    if told is None:  # a worker of pytest-xdist
        return
    wordings = [
        report
        for outcome in ("passed", "failed", "xfailed", "xpassed")
        for report in told.stats.get(outcome, ())
        if "wording" in report.keywords
    ]
    missed = [report for report in wordings if getattr(report, "wasxfail", "").startswith(_OTHERWISE)]
    allowed = len(wordings) // _WORDINGS_FOR_ONE_MISS  # none where only a few are run
    for report in missed:
        told.ensure_newline()
        told.write_line(f"MISSED {report.nodeid}: {report.wasxfail}")
    if len(missed) > allowed:
        told.write_line(f"{len(missed)} of {len(wordings)} wordings are missed, and {allowed} may be.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Show what a server wrote when a test that used it fails; where no part is missing, let none be skipped."""
    report = (yield).get_result()
    if report.failed and call.when == "call" and item.get_closest_marker("wording"):
        report.outcome, report.wasxfail = "skipped", f"{_OTHERWISE}: {call.excinfo.exconly().splitlines()[0]}"
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("NMT_TEST_NO_SKIPS"):
        report.outcome = "failed"
    if report.failed:
        used = getattr(item, "funcargs", {}).values()
        report.sections += [
            (process.name, process.errors()[-6000:]) for process in used if isinstance(process, Process)
        ]
