"""Starts what is measured: ours as one process or as two replicas, stock Rasa with its action server, databases.

Every server gets folders and ports of its own, so that all of them can be up at once and be measured in turn.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.stock_actions import ANSWERS
from nmt_guide.errors import SetupError
from nmt_guide.server.build import model_file, quiet_environment
from nmt_guide.settings import ROOT, Settings

_READY_SECONDS = 600
_STOP_SECONDS = 60
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass
class Server:
    """A variant that is up.

    Attributes:
        name: of the variant.
        urls: one for each replica.
        processes: of the variant itself, without databases.
        database: SQLAlchemy address of its conversations.
        ready_s: seconds from the start of the first process until every address answers.
    """

    name: str
    urls: list[str]
    processes: list[subprocess.Popen[bytes]]
    database: str
    ready_s: float

    def resident_mb(self) -> float:
        """Resident memory of all its processes and their children."""
        return sum(_resident_mb(pid) for pid in self._pids())

    def processor_s(self) -> float:
        """Processor time that they took so far: unlike the clock, hardly disturbed by what else the machine does."""
        return sum(_processor_s(pid) for pid in self._pids())

    def _pids(self) -> list[int]:
        return [pid for process in self.processes for pid in _tree(process.pid)]


@dataclass(frozen=True)
class Services:
    """Addresses of what replicas share."""

    postgresql: str
    redis: str


@contextmanager
def ours(name: str, folder: Path, services: Services | None = None, replicas: int = 1, **more: str) -> Iterator[Server]:
    """The assistant as `./run` starts it, or as `docker-compose.yml` does.

    Args:
        name: of the variant.
        folder: for its databases.
        services: PostgreSQL in place of SQLite; with several replicas Redis as well.
        replicas: how many processes.
        more: further settings.
    """
    settings = Settings()
    for built in ("encoder", "places.db"):
        (folder / built).symlink_to((settings.var_dir / built).resolve())
    own: dict[str, str] = {"NMT_VAR_DIR": str(folder), **more}
    database = f"sqlite:///{folder / 'conversations.db'}"
    if services is not None:
        database = f"{services.postgresql}/{_make_database(services, name)}"
        own |= {"NMT_DATABASE_URL": database, "NMT_TRACKER_URL": database}
        if replicas > 1:
            own["NMT_REDIS_URL"] = services.redis
    # Before the clock runs: done once for an installation, and part of no later start.
    content = subprocess.run(
        [sys.executable, "-m", "nmt_guide", "content", "load"], cwd=ROOT, env=_environment(own), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if content.returncode != 0:
        raise SetupError(f"{name}: the content could not be loaded:\n{content.stdout}{content.stderr}")
    ports = [free_port() for _ in range(replicas)]
    commands = [
        _Command(
            [sys.executable, "-m", "nmt_guide", "serve"],
            ROOT,
            _environment({**own, "NMT_PORT": str(port)}),
            f"http://127.0.0.1:{port}/ready",
        )
        for port in ports
    ]
    with _started(name, folder, commands) as (processes, ready_s):
        yield Server(name, [f"http://127.0.0.1:{port}" for port in ports], processes, database, ready_s)


@contextmanager
def stock(name: str, folder: Path, project: Path, services: Services | None = None) -> Iterator[Server]:
    """`rasa run` and `rasa run actions` with a trained project of `stock.prepare`.

    Args:
        name: of the variant.
        folder: for its logs and its database.
        project: the trained project.
        services: PostgreSQL in place of SQLite.
    """
    actions = free_port()
    environment = _environment({ANSWERS: str(project / "answers.db")})
    serving = _Command(
        [sys.executable, "-m", "rasa", "run", "actions", "--actions", "benchmarks.stock_actions", "--port", str(actions)],
        ROOT,
        environment,
        f"http://127.0.0.1:{actions}/health",
    )  # fmt: skip
    with _rasa(name, folder, project / "model.tar.gz", project, serving, actions, services) as server:
        yield server


@contextmanager
def stock_around_ours(name: str, folder: Path) -> Iterator[Server]:
    """`rasa run` and `rasa run actions` with our own model and actions: without our launcher."""
    settings = Settings()
    for built in ("encoder", "places.db"):
        (folder / built).symlink_to((settings.var_dir / built).resolve())
    environment = _environment({"NMT_VAR_DIR": str(folder)})
    subprocess.run(
        [sys.executable, "-m", "nmt_guide", "content", "load"], cwd=ROOT, env=environment, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    actions = free_port()
    serving = _Command(
        [sys.executable, "-m", "rasa", "run", "actions", "--actions", "actions", "--port", str(actions)],
        ROOT,
        environment,
        f"http://127.0.0.1:{actions}/health",
    )
    model = model_file(settings).resolve()
    with _rasa(name, folder, model, ROOT, serving, actions) as server:
        yield server


@contextmanager
def _rasa(
    name: str,
    folder: Path,
    model: Path,
    home: Path,
    serving: _Command,
    actions: int,
    services: Services | None = None,
) -> Iterator[Server]:
    """`rasa run` beside an action server."""
    port, file = free_port(), folder / "conversations.db"
    database, store = f"sqlite:///{file}", f"dialect: sqlite, db: '{file}'"
    if services is not None:
        database = f"{services.postgresql}/{_make_database(services, name)}"
        store = f"dialect: postgresql, url: '{database}'"
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(
        f"action_endpoint: {{url: 'http://127.0.0.1:{actions}/webhook'}}\ntracker_store: {{type: SQL, {store}}}\n"
    )
    (folder / "credentials.yml").write_text("rest:\n")
    command = [sys.executable, "-m", "rasa", "run", "--port", str(port), "-i", "127.0.0.1", "--model", str(model)]
    command += ["--endpoints", str(endpoints), "--credentials", str(folder / "credentials.yml")]
    url = f"http://127.0.0.1:{port}"
    # Sanic listens once the model is loaded.
    commands = [serving, _Command(command, home, serving.environment, f"{url}/webhooks/rest/")]
    with _started(name, folder, commands) as (processes, ready_s):
        yield Server(name, [url], processes, database, ready_s)


@contextmanager
def services() -> Iterator[Services]:
    """A PostgreSQL and a Redis of their own, with their usual settings.

    Raises:
        SetupError: one of them is not installed.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="serving-services-")))
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:  # as root PostgreSQL refuses to start
            as_whom = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres", "postgres")
        data, port, redis_port = folder / "data", free_port(), free_port()
        initdb = [_program("initdb"), "--auth=trust", "--encoding=UTF8", "--username=nmt", str(data)]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **as_whom)
        postgres = [_program("postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
        _run(stack, [*postgres, "-c", "listen_addresses=127.0.0.1"], cwd=folder, **as_whom)
        redis = [_program("redis-server"), "--port", str(redis_port), "--bind", "127.0.0.1", "--save", ""]
        _run(stack, [*redis, "--dir", str(folder)])
        for each in (port, redis_port):
            _wait_for_port(each)
        yield Services(f"postgresql://nmt@127.0.0.1:{port}", f"redis://127.0.0.1:{redis_port}/0")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class _Command:
    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    ready: str


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the user's own settings gets through."""
    plain = {name: value for name, value in quiet_environment().items() if not name.startswith("NMT_")}
    return {**plain, "PYTHONPATH": str(ROOT), **own}


@contextmanager
def _started(
    name: str, folder: Path, commands: Sequence[_Command]
) -> Iterator[tuple[list[subprocess.Popen[bytes]], float]]:
    """The processes of some commands, each ready, and how long that took."""
    log = folder / "log"
    with ExitStack() as stack:
        output = stack.enter_context(log.open("wb"))
        begin = time.perf_counter()
        processes = [
            _run(stack, command.arguments, cwd=command.folder, env=dict(command.environment), stdout=output)
            for command in commands
        ]
        for command in commands:
            _wait(partial(_answers, command.ready), partial(_see_alive, name, processes, log))
        yield processes, time.perf_counter() - begin


def _run(stack: ExitStack, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    options.setdefault("stdout", subprocess.DEVNULL)
    process = subprocess.Popen(command, stderr=subprocess.STDOUT, start_new_session=True, **options)
    stack.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown; the others understand it as well
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _see_alive(name: str, processes: Sequence[subprocess.Popen[bytes]], log: Path) -> None:
    if any(process.poll() is not None for process in processes):
        raise SetupError(f"{name}: a process ended at its start:\n{log.read_text(errors='replace')[-2000:]}")


def _wait(until: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
    end = time.monotonic() + _READY_SECONDS
    while not until():
        meanwhile()
        if time.monotonic() > end:
            raise SetupError(f"It was not ready after {_READY_SECONDS} s.")
        time.sleep(0.05)


def _wait_for_port(port: int) -> None:
    def open_() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    _wait(open_)


def _make_database(services: Services, name: str) -> str:
    """A database of a variant's own."""
    from sqlalchemy import create_engine, text

    database = name.replace("-", "_")

    def made() -> bool:
        engine = create_engine(f"{services.postgresql}/postgres", isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {database}"))
            return True
        except Exception:  # it still starts
            return False
        finally:
            engine.dispose()

    _wait(made)
    return database


def _program(name: str) -> str:
    # Debian keeps those of PostgreSQL to itself.
    folders = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))
    if found is None:
        raise SetupError(f"{name} is not installed: two replicas need PostgreSQL and Redis. --only leaves them out.")
    return found


def _tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _tree(int(child)))]


def _resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MB


def _processor_s(pid: int) -> float:
    # After the name in parentheses, which may hold anything: user and system time are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
