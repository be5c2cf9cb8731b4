"""The services of docker-compose.yml work together, and one of several replicas may go.

The tests stop one replica after the other; they run in the order in which they stand here.
"""

from __future__ import annotations

import json
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from urllib.parse import urlsplit

import httpx
import natively
import pytest
from house import House, Talk
from processes import command, serving

from nmt_guide.analytics import wiring
from nmt_guide.settings import Settings


def test_every_replica_is_reached_and_well(house):
    with house.client() as client:
        for _ in range(12):
            assert client.get("/health").status_code == 200

    assert house.reached() == {replica.port for replica in house.replicas}
    for replica in house.replicas:
        assert httpx.get(f"{replica.url}/ready", timeout=60).json()["ready"] is True


def test_a_replica_is_well_by_the_check_of_the_compose_file(house):
    check = natively.compose()["services"]["assistant"]["healthcheck"]["test"]
    code = check[-1].replace("localhost:5005", f"127.0.0.1:{house.replicas[0].port}")

    assert check[:3] == ["CMD", "python", "-c"]
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_conversation_goes_on_at_another_replica(house):
    sender = uuid.uuid4().hex
    one, two, _ = house.replicas

    assert one.say("does it help with sciatica?", sender)[0]["metadata"]["facets"]["condition"] == "sciatica"
    assert two.say("and for migraines?", sender)[0]["metadata"]["facets"]["condition"].startswith("migraine")
    assert one.say("How much does it cost?", sender)[0]["metadata"]["topic"] == "cost"
    assert house.heard(sender) == ["does it help with sciatica?", "and for migraines?", "How much does it cost?"]


def test_the_same_message_sent_to_both_is_asked_once(house):
    sender, message = uuid.uuid4().hex, uuid.uuid4().hex
    question = {"sender": sender, "message": "does it hurt?", "message_id": message}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda replica: replica.post(json=question).json(), house.replicas[:2]))

    assert answers[0] == answers[1]
    assert house.heard(sender) == ["does it hurt?"]


def test_what_is_asked_is_counted_once(house):
    """Through the queue, whichever replica answered; the report finds it in the database."""
    counts = wiring.counts(Settings(house.settings))
    long_ago = datetime(2000, 1, 1, tzinfo=timezone.utc)

    def counted() -> int:
        return sum(each.count for each in counts.replies(long_ago) if each.topic == "aftercare")

    for replica in house.replicas * 2:
        replica.say("What should I do after the session?")
    end = time.monotonic() + 30
    while counted() < 6 and time.monotonic() < end:
        time.sleep(0.3)
    found = command(house.place, "analytics", "report", **house.settings)
    status = command(house.place, "analytics", "status", **house.settings)

    assert counted() == 6, status
    assert "aftercare" in found.stdout, found.stderr
    assert status.returncode == 0
    assert "In RabbitMQ: 0 messages wait, for 1 readers." in status.stdout
    assert httpx.get(f"{house.replicas[0].url}/ready").json()["parts"]["broker"] == "ok"


def test_the_broker_is_well_by_the_check_of_the_compose_file(house):
    assert natively.rabbitmq_is_well(house.broker)


def test_what_is_for_those_who_run_it_is_kept_inside(house):
    with house.client() as client:
        assert client.get("/metrics").status_code == 404
        assert client.get("/ready").status_code == 404
        assert "max-age" in client.get("/health").headers["Strict-Transport-Security"]


def test_a_request_that_is_too_large_does_not_reach_an_assistant(house):
    with house.client() as client:
        assert client.post("/webhooks/rest/webhook", content=b"x" * 2_000_000).status_code == 413


def test_a_flood_is_told_to_wait(house):
    with ThreadPoolExecutor(12) as pool:
        answers = [answer for many in pool.map(lambda _: pipelined(house, "/health", 50), range(12)) for answer in many]
    statuses = [int(answer.split()[1]) for answer in answers]

    assert len(answers) == 600
    assert set(statuses) == {200, 429}
    refused = answers[statuses.index(429)]
    assert "\r\nRetry-After: 1\r\n" in refused
    assert json.loads(refused.partition("\r\n\r\n")[2])["code"] == "too_fast"
    time.sleep(5)  # for the tests that follow


def pipelined(house: House, path: str, count: int) -> list[str]:
    """The answers to requests that are sent at once: a client that waits is slower than the limit on a busy machine."""
    address = urlsplit(house.url)
    last = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
    others = last.replace("Connection: close\r\n", "")
    with (
        socket.create_connection((address.hostname, address.port), timeout=60) as plain,
        house.trusted.wrap_socket(plain, server_hostname=address.hostname) as connection,
    ):
        connection.sendall((others * (count - 1) + last).encode())
        with connection.makefile("r", encoding="utf-8", newline="") as answers:
            text = answers.read()
    return re.split(r"(?=HTTP/1\.1 \d+ )", text)[1:]


class OneAtATime(ssl.SSLSocket):
    """A TLS connection that one thread reads and another one writes.

    OpenSSL allows one at a time, and Python leaves that to its users: socket.io's client, which does not see to it, took
    one connection in a hundred for closed.
    """

    def __new__(cls, *args: object, **options: object) -> OneAtATime:
        made = super().__new__(cls)
        made.turn = threading.Lock()
        return made

    def recv(self, *args: int) -> bytes:
        while True:
            with self.turn:
                if self.pending() or select.select([self], [], [], 0)[0]:
                    return super().recv(*args)
            select.select([self], [], [], 1)

    def send(self, *args: object) -> int:
        with self.turn:
            return super().send(*args)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_browser_chats_through_nginx(house, transport):
    socketio = pytest.importorskip("socketio")
    import requests

    session = requests.Session()
    session.trust_env = False  # a bundle of certificates named there would go before ours
    session.verify = str(house.secrets.parent / "tls" / "tls.crt")
    trusted = ssl.create_default_context(cafile=session.verify)
    trusted.sslsocket_class = OneAtATime
    options = {"sslopt": {"context": trusted}}
    browser = socketio.Client(http_session=session, reconnection=False, websocket_extra_options=options)
    welcomed = threading.Event()
    browser.on("session", lambda _: welcomed.set())
    browser.connect(house.url, transports=[transport], socketio_path="/webhooks/web/socket.io", wait_timeout=60)
    try:
        assert welcomed.wait(60)
        question = {"id": uuid.uuid4().hex, "text": "How much does it cost?"}
        told = browser.call("message", question, timeout=60)
    finally:
        browser.disconnect()
        session.close()

    assert told["replies"][0]["metadata"]["topic"] == "cost"


def test_replicas_write_nothing_into_their_folders(house):
    """What they keep is in PostgreSQL: their file systems may be read-only."""
    var = house.place.folder / "var"
    kept = {path for path in var.rglob("*") if not path.is_symlink()}

    assert kept == set()
    assert {path.name for path in (house.place.folder / "models").iterdir()} == {"nmt-guide.tar.gz", "trained.json"}


def under_load(house: House, stop: Callable[[], object]) -> list[str]:
    """Stop a replica while clients talk: everybody gets an answer to each question, and nothing is asked twice.

    Returns:
        The attempts that failed.
    """
    with Talk(house, insist=False) as talk:
        stop()
        talk.go_on(5)
    talk.check()
    return talk.failures


def test_a_replica_that_is_told_to_stop_under_load_fails_nobody(house):
    *_, three = house.replicas

    assert under_load(house, three.stop) == []


def test_a_replica_that_is_killed_under_load_loses_no_message(house):
    one, *_ = house.replicas

    under_load(house, lambda: one.stop(signal.SIGKILL))


def test_a_replica_that_comes_back_goes_on_with_conversations(house):
    _, two, _ = house.replicas
    sender = uuid.uuid4().hex
    two.say("does it help with sciatica?", sender)
    with serving(house.place, "replica three", **house.settings) as three:
        reply = three.say("and for migraines?", sender)

    assert reply[0]["metadata"]["facets"]["condition"].startswith("migraine")


def test_a_backup_made_by_the_commands_of_the_guide_comes_back(house):
    _, two, _ = house.replicas
    sender, later = uuid.uuid4().hex, uuid.uuid4().hex
    two.say("does it hurt?", sender)
    dump = natively.in_postgres(house.database.port, house.secrets, natively.documented("pg_dump"))
    two.say("How much does it cost?", sender)
    two.say("does it hurt?", later)
    natively.in_postgres(house.database.port, house.secrets, natively.documented("pg_restore"), dump)

    assert house.heard(sender) == ["does it hurt?"]
    assert house.heard(later) == []
    assert two.say("How much does it cost?", sender)[0]["metadata"]["topic"] == "cost"
