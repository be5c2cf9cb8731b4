"""An outbox on each kind of database, and the ways out of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from other_side import CLINIC, Clock, Hook, MailBox, listening
from processes import free_port

from nmt_guide.handoff import senders
from nmt_guide.handoff.outbox import Outbox
from nmt_guide.handoff.senders import EmailSender, MailServer, SlackSender
from nmt_guide.handoff.worker import Courier
from nmt_guide.knowledge.store import Store


@pytest.fixture
def mail_box() -> Iterator[MailBox]:
    """A mail server that is up."""
    box = MailBox(free_port())
    box.start()
    yield box
    box.stop()


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A web hook that is up."""
    with listening() as made:
        yield made


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """An empty outbox."""
    return Outbox(store.engine)


@pytest.fixture
def clock() -> Clock:
    """A clock that the test winds."""
    return Clock()


@pytest.fixture
def email(mail_box: MailBox) -> EmailSender:
    """The way to staff over the mail server."""
    return EmailSender(MailServer("127.0.0.1", mail_box.port, "none"), "bot@clinic.example", ("desk@clinic.example",))


@pytest.fixture
def slack(hook: Hook) -> SlackSender:
    """The way to staff over the web hook."""
    return SlackSender(hook.url)


@pytest.fixture
def courier(outbox: Outbox, email: EmailSender, clock: Clock) -> Courier:
    """Who brings requests to staff by e-mail."""
    return Courier(outbox, (email,), lambda: CLINIC, clock)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for an answer."""
    monkeypatch.setattr(senders, "ANSWER_SECONDS", 0.3)
