"""Replies that are posted to the clinic's own app: signed, in order, once, and later when it is down."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from bot_api import eventually
from processes import free_port, serving

SECRET = "the secret of the app"


class App:
    """A receiver; it answers as it is told."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.refused = 0

    def messages(self):
        return [json.loads(body) for _, body in self.got]


@contextmanager
def receiving(app: App, port: int):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = app.statuses.pop(0) if app.statuses else 204
            if status < 300:
                app.got.append((dict(self.headers), body))
            else:
                app.refused += 1
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "1")
            self.end_headers()

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def assistant(place, port):
    with serving(place, NMT_CALLBACK_URL=f"http://127.0.0.1:{port}/nmt", NMT_CALLBACK_SECRET=SECRET) as running:
        yield running


def send(assistant, text, sender="anna", **more):
    body = {"sender": sender, "message": text, **more}
    return httpx.post(f"{assistant.url}/webhooks/callback/webhook", json=body, timeout=60)


def test_a_reply_is_posted_with_its_metadata_and_a_good_signature(assistant, port):
    app = App()
    with receiving(app, port):
        answer = send(assistant, "How much does it cost?")
        eventually(lambda: app.got)
    headers, body = app.got[0]
    time_, v1 = (part.partition("=")[2] for part in headers["X-NMT-Signature"].split(","))

    assert (answer.status_code, answer.text) == (200, "success")
    assert json.loads(body)["metadata"]["topic"] == "cost"
    assert json.loads(body)["recipient_id"] == "anna"
    assert hmac.new(SECRET.encode(), f"{time_}.".encode() + body, hashlib.sha256).hexdigest() == v1
    assert headers["X-NMT-Delivery"]


def test_an_app_that_is_down_or_overloaded_gets_everything_once_and_in_order(assistant, port):
    asked = ("What is NMT?", "How much does it cost?", "Does it hurt?")
    for text in asked:
        assert send(assistant, text, "bo").status_code == 200
    app = App()
    app.statuses = [500, 429, 503]
    expected = [message["text"] for text in asked for message in assistant.say(text, "bo at rest")]
    with receiving(app, port):
        eventually(lambda: len(app.got) >= len(expected), 180)
        send(assistant, "Hello", "somebody else")
        eventually(lambda: len(app.got) > len(expected))

    assert [message["text"][:40] for message in app.messages()][:-1] == [text[:40] for text in expected]
    assert len({headers["X-NMT-Delivery"] for headers, _ in app.got}) == len(app.got)
    assert app.refused == 3


def test_a_message_that_is_sent_again_is_answered_once(assistant, port):
    app = App()
    with receiving(app, port):
        for _ in range(3):
            assert send(assistant, "What is NMT?", "cy", message_id="1").text == "success"
        eventually(lambda: app.got)
        send(assistant, "How much does it cost?", "cy", message_id="2")
        eventually(lambda: any("$" in message["text"] for message in app.messages()))

    assert len(app.got) == 2


def test_what_the_app_refuses_is_not_posted_again(assistant, port):
    app = App()
    app.statuses = [400]
    with receiving(app, port):
        send(assistant, "What is NMT?", "dee")
        eventually(lambda: app.refused)
        send(assistant, "How much does it cost?", "dee")
        eventually(lambda: app.got)

    assert app.refused == 1
    assert "$" in app.messages()[0]["text"]


def test_a_bad_request_is_told_what_is_wrong(assistant):
    answer = httpx.post(f"{assistant.url}/webhooks/callback/webhook", json={"message": "Hello"}, timeout=60)

    assert answer.status_code == 400
    assert "sender" in answer.json()["error"]
