"""The services of docker-compose.yml as processes of this machine: the same settings, with other addresses."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from processes import START_SECONDS, Process, free_port

from nmt_guide.settings import ROOT


def compose() -> dict[str, Any]:
    """docker-compose.yml, with the default values of its variables."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-(.*?)\}", r"\1", text))
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

    def settings(self) -> dict[str, str]:
        """The assistant's settings of the compose file, for this machine."""
        return {
            name: self._here(str(value or ""))
            for name, value in compose()["services"]["assistant"]["environment"].items()
        }

    def _here(self, value: str) -> str:
        value = value.replace("@postgres/", f"@127.0.0.1:{self.postgres}/").replace(
            "//redis:6379", f"//127.0.0.1:{self.redis}"
        )
        return value.replace("/run/secrets/", f"{self.secrets}/").replace("0.0.0.0", "127.0.0.1")


@contextmanager
def postgres(password: Path) -> Iterator[int]:
    """A PostgreSQL with the user, database and password of the compose file."""
    initdb, server, ready, createdb = map(program, ("initdb", "postgres", "pg_isready", "createdb"))
    environment = compose()["services"]["postgres"]["environment"]
    user, port = environment["POSTGRES_USER"], free_port()
    # Not in pytest's own folders, which no other user may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(password, folder / "password")
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:  # as root it refuses to start
            as_whom = {"user": "postgres", "group": "postgres", "extra_groups": []}
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        data = folder / "data"
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--username", user, f"--pwfile={folder / 'password'}"]
        subprocess.run([initdb, *options, data], check=True, capture_output=True, cwd=folder, **as_whom)
        command = [server, "-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **as_whom)
        try:
            _wait(
                lambda: subprocess.run([ready, "--quiet", "--host", "localhost", "--port", str(port)]).returncode == 0
            )
            connect = ["--host", "localhost", "--port", str(port), "--username", user]
            known = {**os.environ, "PGPASSWORD": password.read_text().strip()}
            subprocess.run([createdb, *connect, environment["POSTGRES_DB"]], check=True, env=known)
            yield port
        finally:
            process.send_signal(signal.SIGINT)  # its "fast shutdown": it does not wait for those who are connected
            process.wait()


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
def redis(folder: Path) -> Iterator[int]:
    """A Redis with the options of the compose file."""
    server, client = program("redis-server"), program("redis-cli")
    port = free_port()
    command = [server, *compose()["services"]["redis"]["command"][1:], "--port", str(port), "--dir", str(folder)]
    process = subprocess.Popen([*command, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)
    try:
        ping = [client, "-p", str(port), *compose()["services"]["redis"]["healthcheck"]["test"][2:]]
        _wait(lambda: subprocess.run(ping, check=False, capture_output=True).stdout == b"PONG\n")
        yield port
    finally:
        process.terminate()
        process.wait()


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


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not until():
        assert time.monotonic() < end, "It did not start."
        time.sleep(0.1)
