"""The services of docker-compose.yml together: PostgreSQL, Redis, RabbitMQ, assistants and nginx, as real processes."""

from __future__ import annotations

import json
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import natively
import sqlalchemy as sa
from processes import Place, Reply, Server, counting, free_port, make_place, serving

from nmt_guide.settings import Settings

#: Everyone of the load test is another client.
CLIENTS = 6


@dataclass
class House:
    """The running services: two replicas that do everything themselves, a third one that asks the action server."""

    place: Place
    settings: dict[str, str]
    replicas: list[Server]
    url: str
    trusted: ssl.SSLContext
    access_log: Path
    secrets: Path
    database: natively.Service
    redis: natively.Service
    broker: natively.Service
    actions: natively.Service
    #: What is to be added to the clock of the second replica, in seconds.
    clock: Path

    def client(self) -> httpx.Client:
        """Somebody outside, who trusts the certificate that deploy/make-secrets made."""
        return httpx.Client(base_url=self.url, verify=self.trusted, timeout=60)

    def reached(self) -> set[int]:
        """Ports of the assistants that answered a request so far."""
        fields = (line.split()[-1] for line in self.access_log.read_text().splitlines())
        return {int(port) for name in fields for _, _, port in [name.rpartition(":")] if port.isdigit()}

    def query(self, text: str, **values: str) -> list[Any]:
        """What the database says."""
        engine = sa.create_engine(Settings(self.settings).tracker_url, future=True)
        with engine.connect() as connection:
            rows = list(connection.execute(sa.text(text), values).all())
        engine.dispose()
        return rows

    def heard(self, sender: str) -> list[str]:
        """The client's messages of a conversation, as the database has them."""
        return [text for text, _ in self.turns(sender)]

    def turns(self, sender: str) -> list[tuple[str, list[bool]]]:
        """Each message of a conversation, and of each reply to it whether it was an apology, as the database has them."""
        rows = self.query(
            "SELECT data FROM events WHERE sender_id = :sender AND type_name IN ('user', 'bot') ORDER BY id",
            sender=sender,
        )
        found: list[tuple[str, list[bool]]] = []
        for event in (json.loads(row.data) for row in rows):
            if event["event"] == "user":
                found.append((event["text"], []))
            else:
                found[-1][1].append(bool(event["metadata"].get("outage")))
        return found


def ask(client: httpx.Client, sender: str, text: str, failures: list[str], insist: bool = False) -> Reply:
    """Ask as docs/rest.md recommends: after a failure again, with the same id. Failures are noted.

    Args:
        client: who asks.
        sender: the conversation.
        text: the question.
        failures: where to note what went wrong.
        insist: whether to ask again after an apology too.
    """
    question = {"sender": sender, "message": text, "message_id": uuid.uuid4().hex}
    end = time.monotonic() + 150
    while time.monotonic() < end:
        try:
            response = client.post("/webhooks/rest/webhook", json=question)
        except httpx.TransportError as error:
            failures.append(repr(error))
            time.sleep(0.1)
            continue
        if response.status_code in (409, 429, 503):
            failures.append(f"{response.status_code} {response.text}")
            time.sleep(int(response.headers["Retry-After"]))
            continue
        response.raise_for_status()
        reply: Reply = response.json()
        assert reply, "A message got no reply."
        if insist and reply[0]["metadata"].get("outage"):
            failures.append("apology")
            time.sleep(1)
            continue
        return reply
    raise AssertionError(f"No answer: {failures}")


class Talk:
    """Clients who ask one question after the other, each with a conversation of its own, until it is over.

    Args:
        house: where they ask.
        url: of one replica; without it they come through nginx.
        clients: how many.
        insist: whether they ask again after an apology.
    """

    def __init__(self, house: House, url: str | None = None, clients: int = CLIENTS, insist: bool = True) -> None:
        self.failures: list[str] = []
        self.waits: list[float] = []
        self._house, self._url, self._insist = house, url, insist
        self._asked: dict[str, list[str]] = {uuid.uuid4().hex: [] for _ in range(clients)}
        self._over = threading.Event()

    def answered(self) -> int:
        """How many questions were answered by now."""
        return sum(map(len, self._asked.values()))

    def go_on(self, questions: int) -> None:
        """Wait until so many more questions were answered to each client."""
        goals = {sender: len(asked) + questions for sender, asked in self._asked.items()}
        end = time.monotonic() + 180
        while any(len(self._asked[sender]) < goal for sender, goal in goals.items()):
            assert time.monotonic() < end, f"They wait for answers: {self.failures[-5:]}"
            for each in self._talks:
                if each.done():
                    each.result()
            time.sleep(0.05)

    def __enter__(self) -> Talk:
        self._pool = ThreadPoolExecutor(len(self._asked))
        self._talks = [self._pool.submit(self._talk, sender) for sender in self._asked]
        try:
            self.go_on(1)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pool.shutdown()

    def check(self) -> None:
        """When it is over: each question has one answer, in the order in which they were asked, and nothing is twice.

        A turn that ended in an apology is no answer. When the actions cannot be reached, the apology is the channel's own,
        and not in the conversation.
        """
        apologies = self.failures.count("apology")
        for each in self._talks:
            each.result()
        for sender, texts in self._asked.items():
            turns = self._house.turns(sender)
            assert [text for text, sorry in turns if sorry and not any(sorry)] == texts
            assert {text for text, _ in turns} <= set(texts)
            apologies -= len(turns) - len(texts)
        assert apologies >= 0, "A message is stored without an answer, or twice."

    def _talk(self, sender: str) -> None:
        client = httpx.Client(base_url=self._url, timeout=60) if self._url else self._house.client()
        with client:
            while not self._over.is_set():
                text = f"How much does it cost? ({len(self._asked[sender])})"
                begun = time.monotonic()
                ask(client, sender, text, self.failures, self._insist)
                self.waits.append(time.monotonic() - begun)
                self._asked[sender].append(text)


@contextmanager
def built(folder: Path) -> Iterator[House]:
    """All services, started as `docker compose up` starts them."""
    deploy = natively.make_secrets(folder / "deploy")
    secrets = deploy / "secrets"
    with ExitStack() as stack:
        database = stack.enter_context(natively.postgres(secrets / "database_password"))
        shared = stack.enter_context(natively.redis(folder))
        place = make_place(folder / "place")
        broker_port, actions_port = free_port(), free_port()
        addresses = natively.Addresses(secrets, database.port, shared.port, broker_port)
        settings = addresses.settings()
        del settings["NMT_PORT"]
        clock, wound = natively.clock(folder)
        apart = {"NMT_ACTION_SERVER_URL": f"http://127.0.0.1:{actions_port}/webhook"}
        # Together, on an empty database, and without waiting for the broker: what they have for it waits for it.
        with ThreadPoolExecutor(5) as pool:
            broker = pool.submit(stack.enter_context, natively.rabbitmq(secrets / "rabbitmq_password", broker_port))
            begun = [
                serving(place, f"replica {name}", **{**settings, **more})
                for name, more in (("one", {}), ("two", wound), ("three", apart))
            ]
            replicas = list(pool.map(stack.enter_context, begun))
            environment = place.environment(**addresses.settings("actions"))
            actions = stack.enter_context(natively.actions(actions_port, environment, folder / "actions.log"))
        web = folder / "nginx"
        web.mkdir()
        port = stack.enter_context(natively.nginx(web, deploy / "tls", [each.port for each in replicas]))
        stack.enter_context(counting(place, **addresses.settings("analytics")))
        trusted = ssl.create_default_context(cafile=str(deploy / "tls" / "tls.crt"))
        yield House(
            place, settings, replicas, f"https://localhost:{port}", trusted, web / "access.log", secrets,
            database, shared, broker.result(), actions, clock,
        )  # fmt: skip
