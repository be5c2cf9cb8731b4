"""The other side of the hand-off, real and able to fail: a mail server and a web hook. And what is sent there."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from nmt_guide.handoff.requests import Request
from nmt_guide.knowledge.content import Clinic

NOW = datetime(2026, 11, 23, 16, 5, tzinfo=timezone.utc)
CLINIC = Clinic(facts={"name": "Test Clinic", "timezone": "America/Chicago", "phone": "(512) 555-0142"})


def request(**fields: Any) -> Request:
    """A client's wish to be called back."""
    given = {"kind": "call_back", "name": "Ana", "phone": "+15125550123", "message": "After 5 pm, please."}
    whole: dict[str, Any] = {"conversation": "c1", "channel": "rest", "consent": True, "created_at": NOW, **given}
    return Request(**{**whole, **fields})


@dataclass
class Clock:
    """A clock that a test winds."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def wind(self, **time: float) -> None:
        """Let time go by."""
        self.now += timedelta(**time)


@dataclass
class MailBox:
    """A mail server on a port of its own, and what it took in.

    `answers` are given to the command of the same name instead of the server's own, one each time; the answer "drop"
    takes the e-mail in and closes the connection without a word, "mute" waits.
    """

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    controller: Controller | None = None

    def start(self, **options: Any) -> None:
        """Come up."""
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=60, **options)
        self.controller.start()

    def stop(self) -> None:
        """Go down."""
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    def _answer(self, command: str) -> str | None:
        waiting = self.answers.get(command)
        return waiting.pop(0) if waiting else None

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        answer = self._answer("MAIL")
        if answer is None:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = self._answer("RCPT") or self._answer(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self._answer("DATA")
        if answer is None or answer in ("drop", "mute"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        if answer == "drop":
            server.transport.abort()
        if answer == "mute":
            await asyncio.sleep(2)
        return answer if answer and answer[0].isdigit() else "250 OK"


@dataclass
class Hook:
    """A web hook like Slack's, and what was posted. `answers` are (status, headers, text), one for each post."""

    url: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Hook]:
    """A web hook that is up."""
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, headers, text = made.answers.pop(0) if made.answers else (200, {}, "ok")
            if status == 0:
                self.connection.close()
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/services/T0/B0/secret"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
