"""The services of docker-compose.yml as processes of this machine: the same settings, with other addresses."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from processes import START_SECONDS, Process, free_port

from nmt_guide.server.build import quiet_environment
from nmt_guide.settings import ROOT


def compose() -> dict[str, Any]:
    """docker-compose.yml, with the default values of its variables."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-(.*?)\}", r"\1", text).replace("$$", "$"))
    return loaded


def program(name: str) -> str:
    """Where a program is; the test is skipped when it is nowhere."""
    # Debian keeps those of PostgreSQL to itself.
    folders = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        pytest.skip(f"{name} is not installed.")
    return found


def make_secrets(folder: Path) -> Path:
    """What `deploy/make-secrets` makes, in a copy of its folder."""
    program("openssl")
    folder.mkdir()
    shutil.copy2(ROOT / "deploy" / "make-secrets", folder)
    subprocess.run([folder / "make-secrets"], check=True, stdout=subprocess.DEVNULL)
    return folder


@dataclass
class Addresses:
    """Where the services are here, in place of the names that they have in the compose file."""

    secrets: Path
    postgres: int
    redis: int
    rabbitmq: int

    def settings(self, service: str = "assistant") -> dict[str, str]:
        """The settings of a service of the compose file, for this machine."""
        return {
            name: self._here(str(value or "")) for name, value in compose()["services"][service]["environment"].items()
        }

    def _here(self, value: str) -> str:
        there = {
            "@postgres/": f"@127.0.0.1:{self.postgres}/",
            "//redis:6379": f"//127.0.0.1:{self.redis}",
            "@rabbitmq:5672": f"@127.0.0.1:{self.rabbitmq}",
        }
        for name, address in there.items():
            value = value.replace(name, address)
        return value.replace("/run/secrets/", f"{self.secrets}/").replace("0.0.0.0", "127.0.0.1")


@dataclass
class Service:
    """A running service, which may be killed and brought back in the same place."""

    name: str
    port: int
    command: list[str]
    ready: Callable[[], bool]
    options: Mapping[str, Any]
    popen: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it and wait until it serves."""
        end = time.monotonic() + START_SECONDS
        self._begin()
        while not self.ready():
            assert time.monotonic() < end, f"{self.name} did not start."
            if self.popen.poll() is not None:  # PostgreSQL refuses while processes of one that was killed still end
                self._begin()
            time.sleep(0.1)

    def kill(self) -> None:
        """End it without a chance to tidy up, as a lost machine does."""
        self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals) -> None:
        """End it and what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, how)
        self.popen.wait()

    def _begin(self) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        self.popen = subprocess.Popen(self.command, **{**quiet, **self.options})


@contextmanager
def _running(service: Service, how: signal.Signals = signal.SIGTERM) -> Iterator[Service]:
    try:
        service.start()
        yield service
    finally:
        service.stop(how)


def _as(user: str) -> dict[str, Any]:
    """For a program that does not run as root."""
    return {"user": user, "group": user, "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def _folder_of(user: str, password: Path) -> Iterator[Path]:
    """A folder of a service's user with the password in it; not in pytest's own, which no other user may enter."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(password, Path(name) / "password")
        if os.geteuid() == 0:
            for path in (Path(name), Path(name) / "password"):
                shutil.chown(path, user, user)
        yield Path(name)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def postgres(password: Path) -> Iterator[Service]:
    """A PostgreSQL with the user, database and password of the compose file."""
    initdb, server, ready, createdb = map(program, ("initdb", "postgres", "pg_isready", "createdb"))
    environment = compose()["services"]["postgres"]["environment"]
    user, port = environment["POSTGRES_USER"], free_port()
    with _folder_of("postgres", password) as folder:
        as_whom = {"cwd": folder, **_as("postgres")}
        data = folder / "data"
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--username", user, f"--pwfile={folder / 'password'}"]
        subprocess.run([initdb, *options, data], check=True, capture_output=True, **as_whom)
        command = [server, "-D", str(data), "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1"]
        is_ready = [ready, "--quiet", "--host", "localhost", "--port", str(port)]
        service = Service(
            "PostgreSQL", port, command, lambda: subprocess.run(is_ready, check=False).returncode == 0, as_whom
        )
        # Its "fast shutdown": it does not wait for those who are connected.
        with _running(service, signal.SIGINT):
            connect = ["--host", "localhost", "--port", str(port), "--username", user]
            known = {**os.environ, "PGPASSWORD": password.read_text().strip()}
            subprocess.run([createdb, *connect, environment["POSTGRES_DB"]], check=True, env=known)
            yield service


def documented(tool: str) -> list[str]:
    """A command that docs/deploy.md gives for the database's container."""
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"exec --no-TTY postgres ({tool} .*?) [<>]", text)
    return str(found).split()


def in_postgres(port: int, secrets: Path, command: list[str], given: bytes = b"") -> bytes:
    """Run a command as in the database's container, where no password is asked for; returns what it writes."""
    known = {**os.environ, "PGPASSWORD": (secrets / "database_password").read_text().strip()}
    known |= {"PGHOST": "127.0.0.1", "PGPORT": str(port)}
    done = subprocess.run([program(command[0]), *command[1:]], input=given, env=known, check=True, capture_output=True)
    return done.stdout


@contextmanager
def redis(folder: Path) -> Iterator[Service]:
    """A Redis with the options of the compose file."""
    server, client = program("redis-server"), program("redis-cli")
    port = free_port()
    command = [server, *compose()["services"]["redis"]["command"][1:], "--port", str(port), "--dir", str(folder)]
    ping = [client, "-p", str(port), *compose()["services"]["redis"]["healthcheck"]["test"][2:]]

    def ready() -> bool:
        return subprocess.run(ping, check=False, capture_output=True).stdout == b"PONG\n"

    with _running(Service("Redis", port, [*command, "--bind", "127.0.0.1"], ready, {})) as service:
        yield service


@contextmanager
def rabbitmq(password: Path, port: int) -> Iterator[Service]:
    """A RabbitMQ with the command, the settings and the password of the compose file, on a free port."""
    # Debian's own command of that name changes the user and the folder.
    program("rabbitmq-server")
    programs = Path("/usr/lib/rabbitmq/bin")
    asked = compose()["services"]["rabbitmq"]
    names, talk = free_port(), free_port()
    with _folder_of("rabbitmq", password) as folder:
        here = {
            "HOME": str(folder),
            "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", ""), "/usr/sbin"]),
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"test-{port}@localhost",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(talk),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        }
        options = {"env": {**asked["environment"], **here}, "cwd": folder, **_as("rabbitmq")}
        command = [part.replace("/run/secrets/rabbitmq_password", f"{folder}/password") for part in asked["entrypoint"]]
        assert f"{folder}/password" in command[-1]
        # Erlang's own name server, which it would else start and leave behind.
        register = [program("epmd"), "-port", str(names), "-address", "127.0.0.1"]
        with (
            _running(Service("epmd", names, register, lambda: _listens(names), options)),
            _running(Service("RabbitMQ", port, command, lambda: _listens(port), options)) as service,
        ):
            yield service


@contextmanager
def actions(port: int, environment: Mapping[str, str], log: Path) -> Iterator[Service]:
    """The action server with the command of the compose file."""
    asked = [str(port) if part == "5055" else part for part in compose()["services"]["actions"]["command"]]
    assert str(port) in asked

    def well() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    with log.open("ab") as output:
        options = {"cwd": ROOT, "env": {**quiet_environment(), **environment}, "stdout": output, "stderr": output}
        command = [sys.executable, "-m", *asked]
        with _running(Service("the action server", port, command, well, options)) as service:
            yield service


#: Python runs it at the start of a process, before anything else reads the clock.
_CLOCK = """
import time

def wound(real=time.time):
    with open({file!r}) as offset:
        return real() + float(offset.read() or 0)

time.time = wound
"""


def clock(folder: Path) -> tuple[Path, dict[str, str]]:
    """A file that says what is to be added to a process's clock, in seconds, and variables for that process.

    The clock that nobody sets goes on as it is. (libfaketime winds the clock of a whole process, and lost wake-ups of its
    threads: a message in some hundreds hung.)
    """
    file, code = folder / "clock", folder / "wound"
    file.write_text("0")
    code.mkdir()
    (code / "sitecustomize.py").write_text(_CLOCK.format(file=str(file)))
    return file, {"PYTHONPATH": os.pathsep.join([str(code), str(ROOT)])}


def rabbitmq_is_well(service: Service) -> bool:
    """What the check of the compose file says."""
    check = compose()["services"]["rabbitmq"]["healthcheck"]["test"]
    assert check[0] == "CMD"
    command = [f"/usr/lib/rabbitmq/bin/{check[1]}", *check[2:]]
    node = ["--node", service.options["env"]["RABBITMQ_NODENAME"]]
    return subprocess.run([*command, *node], **{**service.options, "capture_output": True}, check=False).returncode == 0


def nginx_configuration(folder: Path, tls: Path, assistants: list[int], ports: Mapping[int, int]) -> Path:
    """deploy/nginx.conf for this machine: other ports and paths, and the replicas by their addresses.

    Debian's nginx may be older than the one of the image, which asks a name server for the replicas (`resolve`).
    """
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    found = re.findall(r"(?m)^ *server assistant:5005 resolve (.*);$", text)
    assert len(found) == 2
    servers = " ".join(f"server 127.0.0.1:{port} {found[0]};" for port in assistants)
    text = re.sub(r"(?m)^ *server assistant:5005 resolve .*;$", servers, text)
    text, count = re.subn(r"(?m)^ *resolver .*;$", "", text)
    assert count == 1
    for there, here in ports.items():
        text = text.replace(f"listen {there}", f"listen 127.0.0.1:{here}")
    text = text.replace(" /tmp/", f" {folder}/").replace("/etc/nginx/tls", str(tls))
    text = text.replace("access_log /dev/stdout", f"access_log {folder}/access.log")
    file = folder / "nginx.conf"
    file.write_text(text)
    return file


@contextmanager
def nginx(folder: Path, tls: Path, assistants: list[int]) -> Iterator[int]:
    """nginx with the configuration of the compose file, in front of some assistants; gives the port with TLS."""
    ports = {8080: free_port(), 8443: free_port()}
    file = nginx_configuration(folder, tls, assistants, ports)
    command = [program("nginx"), "-c", str(file), "-e", "stderr", "-g", "daemon off;"]
    process = Process("nginx", [*command[:-1], command[-1] + _user()], os.environ, folder / "nginx.log")
    try:
        process.wait_until_ready(f"http://127.0.0.1:{ports[8080]}/")
        yield ports[8443]
    finally:
        process.stop()


def check_nginx(file: Path) -> subprocess.CompletedProcess[str]:
    """What nginx says about a configuration."""
    command = [program("nginx"), "-t", "-c", str(file), "-e", "stderr", "-g", _user()]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _user() -> str:
    return " user root;" if os.geteuid() == 0 else ""
