"""The commands for staff: what waits is seen, sent and ticked off; a mistake ends in plain words."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from processes import free_port
from typer.testing import CliRunner

from nmt_guide.cli.commands import app
from nmt_guide.errors import DeliveryError, UsageError
from nmt_guide.handoff.requests import Request
from nmt_guide.handoff.wiring import outbox
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import SETTINGS, Settings


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """An empty outbox of a clinic that set nothing up."""
    for setting in SETTINGS:
        monkeypatch.delenv(setting.variable, raising=False)
    monkeypatch.setenv("NMT_VAR_DIR", str(tmp_path))
    settings = Settings()
    Store(settings.database_url).migrate()
    return outbox(settings)


@pytest.fixture
def mails(monkeypatch, kept):
    """E-mail is set up, and this is what arrived."""
    arrived = []

    class Handler(Message):
        def handle_message(self, message):
            arrived.append(message)

    port = free_port()
    monkeypatch.setenv("NMT_SMTP_URL", f"smtp-plain://127.0.0.1:{port}")
    monkeypatch.setenv("NMT_STAFF_EMAIL", "desk@clinic.example")
    controller = Controller(Handler(), hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    yield arrived
    controller.stop()


def run(*arguments):
    result = CliRunner().invoke(app, ("handoff", *arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def ana():
    when = datetime(2026, 11, 23, 16, 5, tzinfo=timezone.utc)
    return Request(
        kind="call_back",
        conversation="c",
        channel="rest",
        name="Ana",
        phone="+15125550123",
        message="After 5.",
        consent=True,
        created_at=when,
    )


def test_an_empty_list_says_so(kept):
    assert "nothing to deal with" in run("list")
    assert "There is nothing." in run("list", "--all")


def test_a_request_is_listed_shown_and_ticked_off(kept):
    short = kept.add(ana()).id[:8]

    assert f"{short}  2026-11-23 16:05  call_back: Ana, +15125550123" in run("list")
    assert "not sent to staff yet" in run("list")
    assert "> After 5." in run("show", short.upper())
    assert "dealt with" in run("done", short)
    assert "nothing to deal with" in run("list")
    assert "dealt with on" in run("list", "--all")


def test_several_are_ticked_off_at_once_and_taken_back(kept):
    one, other = (kept.add(ana()).id[:8] for _ in range(2))
    with pytest.raises(UsageError, match="No request"):
        run("done", one, "nosuch")
    assert one in run("list")
    run("done", one, other)
    assert "nothing to deal with" in run("list")
    run("reopen", other)

    assert other in run("list")
    assert one not in run("list")


def test_an_urgent_one_is_listed_with_its_red_flag(kept):
    kept.add(Request(kind="urgent", conversation="c", channel="rest", flag="chest_pain"))

    assert "urgent, chest_pain: no contact details" in run("list")


def test_what_waits_is_sent(kept, mails):
    kept.add(ana())

    assert "Sent 1; 0 wait." in run("send")
    assert len(mails) == 1
    assert "email: delivered on" in run("list")


def test_what_cannot_be_sent_is_told_and_kept(kept, mails, monkeypatch):
    monkeypatch.setenv("NMT_SMTP_URL", f"smtp-plain://127.0.0.1:{free_port()}")
    kept.add(ana())

    with pytest.raises(DeliveryError, match="did not take it"):
        run("send")
    assert "email: tried 1 times, again on" in run("list")


def test_a_test_message_arrives(mails):
    assert "email: the message was accepted" in run("test")
    assert mails[0]["Subject"] == "Test message of NMT Guide"


def test_a_test_that_fails_says_why(mails, monkeypatch):
    monkeypatch.setenv("NMT_SMTP_URL", f"smtp-plain://127.0.0.1:{free_port()}")

    with pytest.raises(DeliveryError, match="email: The mail server"):
        run("test")


@pytest.mark.parametrize("command", ["send", "test"])
def test_without_a_way_to_staff_the_settings_are_named(kept, command):
    with pytest.raises(UsageError, match="NMT_SMTP_URL"):
        run(command)


@pytest.mark.parametrize("command", ["show", "done"])
def test_an_id_that_is_none_or_many_is_refused(kept, command):
    with pytest.raises(UsageError, match="No request"):
        run(command, "abc")
    kept.add(ana())
    kept.add(ana())
    with pytest.raises(UsageError, match="2 requests"):
        run(command, "")
