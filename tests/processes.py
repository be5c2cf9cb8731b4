"""Real processes for tests: the assistant's server and Rasa's own, on free ports, with their stderr kept."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from nmt_guide.directory import gazetteer
from nmt_guide.server import build
from nmt_guide.settings import ROOT, Settings

#: Loading Rasa and the model takes some 15 s on two cores that do nothing else, and 70 s on two that four share.
START_SECONDS = 300
_STOP_SECONDS = 60
_ANSWER_SECONDS = 60

Reply = list[dict[str, Any]]


def _own_ports() -> Iterator[int]:
    """Ports for the servers of this worker of pytest-xdist.

    A server takes its port many seconds after it was chosen. Those that the system gives away by itself (from 32768 on)
    may be somebody else's by then, and so may those of another worker.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 20
    first = 10_000 + 1_000 * worker
    start = random.randrange(1_000)  # for several runs on one machine
    return (first + (start + n) % 1_000 for n in itertools.count())


_ports = _own_ports()


def free_port() -> int:
    """A port that nothing listens on."""
    for port in itertools.islice(_ports, 1_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("No port is free.")


@dataclass
class Place:
    """Folders of one assistant, apart from those of the project: databases, model and, when asked for, content."""

    folder: Path

    def environment(self, **settings: str) -> dict[str, str]:
        """Variables for a process that works here; nothing of the tester's own settings gets through.

        The stamp says that the model fits the sources of this moment: these tests are about serving, and would else
        train whenever somebody edits an example question.
        """
        stamp = {"fingerprint": build._model_fingerprint(Settings())}
        (self.folder / "models" / build._STAMP).write_text(json.dumps(stamp))
        plain = {name: value for name, value in os.environ.items() if not name.startswith("NMT_")}
        places = {"NMT_VAR_DIR": str(self.folder / "var"), "NMT_MODEL_DIR": str(self.folder / "models")}
        python = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
        return {**plain, **places, **python, **settings}

    @property
    def knowledge(self) -> Path:
        """The SQLite file of the knowledge store."""
        return self.folder / "var" / "knowledge.db"

    def copy_content(self) -> Path:
        """A copy of the content files that a test may change."""
        return Path(shutil.copytree(Settings().content_dir, self.folder / "knowledge"))


def make_place(folder: Path) -> Place:
    """Folders with the built encoder, list of places and model in them: a server that starts there has nothing to train."""
    ours = Settings()
    model = build.model_file(ours)
    assert model.exists(), "The model is not built: run './test', or 'nmt-guide build'."
    for name in ("var", "models"):
        (folder / name).mkdir(parents=True)
    for built in ("encoder", gazetteer.FILE):
        (folder / "var" / built).symlink_to((ours.var_dir / built).resolve())
    # A copy: a training beside the tests would change the model between two starts.
    shutil.copy2(model, folder / "models")
    return Place(folder)


@dataclass
class Process:
    """A running command of ours or of Rasa's, in a process group of its own."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    popen: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        with self.log.open("wb") as output:
            self.popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=dict(self.environment),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def errors(self) -> str:
        """What it wrote so far, to stdout and stderr."""
        return self.log.read_text(errors="replace")

    def wait_until_ready(self, url: str) -> None:
        """Wait until an address answers."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert self.popen.poll() is None, f"{self.name} ended at its start:\n{self.errors()}"
            try:
                httpx.get(url, timeout=5)
            except httpx.TransportError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError(f"{self.name} was not ready after {START_SECONDS} s:\n{self.errors()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit code; what does not stop in time is killed, and the test fails and says where it was."""
        self.popen.send_signal(how)
        try:
            return self.popen.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.popen.send_signal(signal.SIGABRT)  # with PYTHONFAULTHANDLER it writes down what its threads are doing
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(10)
            with suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()
            raise AssertionError(f"{self.name} did not stop within {_STOP_SECONDS} s:\n{self.errors()}") from None

    def left_over(self) -> bool:
        """Whether any process of its group still lives."""
        try:
            os.killpg(self.popen.pid, 0)
        except ProcessLookupError:
            return False
        return True


@dataclass
class Server(Process):
    """A server that takes part in conversations."""

    port: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def post(self, **request: Any) -> httpx.Response:
        """A request to the REST webhook, as it is."""
        return httpx.post(f"{self.url}/webhooks/rest/webhook", timeout=_ANSWER_SECONDS, **request)

    def say(self, text: str, sender: str | None = None) -> Reply:
        """The replies to a message; without a sender it begins a conversation."""
        response = self.post(json={"sender": sender or uuid.uuid4().hex, "message": text})
        assert response.status_code == 200, response.text
        reply: Reply = response.json()
        return reply


@contextmanager
def serving(place: Place, name: str = "the assistant", **settings: str) -> Iterator[Server]:
    """The assistant as `./run` starts it."""
    port = free_port()
    command = [sys.executable, "-m", "nmt_guide", "serve"]
    environment = place.environment(NMT_PORT=str(port), **settings)
    server = Server(name, command, environment, place.folder / f"serve-{port}.log", port=port)
    with _stopped(server):
        server.wait_until_ready(f"{server.url}/webhooks/rest/")
        yield server


@contextmanager
def counting(place: Place, **settings: str) -> Iterator[Process]:
    """What counts what comes through RabbitMQ."""
    command = [sys.executable, "-m", "nmt_guide", "analytics", "consume"]
    log = place.folder / f"counting-{uuid.uuid4().hex}.log"
    process = Process("the count", command, place.environment(**settings), log)
    with _stopped(process):
        yield process


@contextmanager
def action_server(place: Place, port: int) -> Iterator[Process]:
    """Rasa's action server with our actions."""
    command = [sys.executable, "-m", "rasa", "run", "actions", "--actions", "actions", "--port", str(port)]
    environment = {**build.quiet_environment(), **place.environment()}
    process = Process("the action server", command, environment, place.folder / f"actions-{uuid.uuid4().hex}.log")
    with _stopped(process):
        process.wait_until_ready(f"http://127.0.0.1:{port}/health")
        yield process


@contextmanager
def plain_rasa(place: Place, actions_port: int) -> Iterator[Server]:
    """`rasa run` without anything of our launcher, with an action server beside it."""
    port = free_port()
    endpoints = place.folder / "endpoints.yml"
    endpoints.write_text(
        f"action_endpoint:\n  url: http://127.0.0.1:{actions_port}/webhook\n"
        f"tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {place.folder / 'conversations.db'}\n"
    )
    command = [sys.executable, "-m", "rasa", "run", "--enable-api", "--port", str(port), "-i", "127.0.0.1"]
    command += ["--endpoints", str(endpoints), "--model", str(place.folder / "models" / "nmt-guide.tar.gz")]
    environment = {**build.quiet_environment(), **place.environment()}
    server = Server("rasa run", command, environment, place.folder / "rasa.log", port=port)
    with _stopped(server):
        server.wait_until_ready(f"{server.url}/status")
        yield server


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """A Redis that keeps nothing; gives its port. The test is skipped where there is none."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed.")
    port = free_port()
    address = ["--port", str(port), "--bind", "127.0.0.1"]
    command = [program, *address, "--save", "", "--dir", str(folder)]
    process = Process("Redis", command, os.environ, folder / "redis.log")
    with _stopped(process):
        wait_for_port(process, port)
        yield port


def wait_for_port(process: Process, port: int) -> None:
    """Wait until a process listens."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.popen.poll() is None, f"{process.name} ended at its start:\n{process.errors()}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"{process.name} was not ready after {START_SECONDS} s:\n{process.errors()}")


def command(place: Place, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `nmt-guide` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "nmt_guide", *arguments],
        cwd=ROOT, env=place.environment(**settings), capture_output=True, text=True, timeout=START_SECONDS, check=False,
    )  # fmt: skip


@contextmanager
def _stopped(process: Process) -> Iterator[None]:
    try:
        yield
    finally:
        if process.popen.poll() is None:
            process.stop()
        assert not process.left_over(), f"{process.name} left processes behind."
