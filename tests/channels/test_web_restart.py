"""The server dies and comes back, and replicas: nothing that a client was told or promised is lost."""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from browser import browsing
from processes import redis_server, serving

QUESTION = "How much does it cost?"


@pytest.fixture
def hanging() -> Iterator[str]:
    """An action server that takes every call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        calls = []

        def take() -> None:
            try:
                while True:
                    calls.append(server.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/webhook"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for call in calls:
            call.close()


def user_events(place):
    with closing(sqlite3.connect(place.folder / "var" / "conversations.db")) as connection:
        return connection.execute("SELECT COUNT(*) FROM events WHERE type_name = 'user'").fetchone()[0]


def test_a_server_killed_while_it_answers_answers_when_it_is_back(place, hanging):
    message = uuid.uuid4().hex
    with serving(place, NMT_ACTION_SERVER_URL=hanging) as server, browsing(server.url) as tab:
        tab.send(QUESTION, message)
        tab.wait_for("typing")
        token = tab.token
        server.stop(signal.SIGKILL)

    with serving(place) as server, browsing(server.url, token=token) as tab:
        assert tab.session["resumed"] is True
        assert [(entry["from"], entry["id"]) for entry in tab.session["history"]] == [("client", message)]
        told = tab.say(QUESTION, message)

        assert told["seq"] == 1
        assert told["replies"][0]["metadata"]["topic"] == "cost"
        assert user_events(place) == 1


def test_a_failed_turn_is_told_and_answered_when_it_is_sent_again(place, hanging):
    message = uuid.uuid4().hex
    with serving(place, NMT_ACTION_SERVER_URL=hanging) as server, browsing(server.url) as tab:
        told = tab.say(QUESTION, message)
        token = tab.token

        assert told["code"] == "failed"
        assert "(512) 555-0142" in told["message"]
        assert tab.entries() == []
    with serving(place) as server, browsing(server.url, token=token) as tab:
        assert tab.say(QUESTION, message)["replies"][0]["metadata"]["topic"] == "cost"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """A Redis of our own."""
    with redis_server(tmp_path) as port:
        yield f"redis://127.0.0.1:{port}/0"


def test_tabs_at_two_replicas_show_the_same(place, redis):
    with (
        serving(place, "one", NMT_REDIS_URL=redis) as one,
        serving(place, "two", NMT_REDIS_URL=redis) as two,
        browsing(one.url) as here,
        browsing(two.url, token=here.token) as there,
    ):
        told = here.say(QUESTION)
        there.wait_for("entry", lambda entry: entry["seq"] == told["replies"][-1]["seq"])
        assert [entry["seq"] for entry in there.entries()] == [1, *(reply["seq"] for reply in told["replies"])]
        assert there.say("hello")["seq"] == told["replies"][-1]["seq"] + 1

        here.call("delete", {})
        assert there.say("hello")["code"] == "expired"
