"""The running assistant brings requests to staff, while the mail server goes and comes back."""

from __future__ import annotations

import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from processes import command, free_port, serving

from nmt_guide.handoff.requests import Request
from nmt_guide.handoff.wiring import outbox
from nmt_guide.settings import Settings

_PATIENCE = 60


class Arrived(Message):
    def __init__(self):
        super().__init__()
        self.mails = []

    def handle_message(self, message):
        self.mails.append(message)


def wait_for(condition):
    end = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_what_is_left_while_the_mail_server_is_down_arrives_after_a_restart(place):
    port = free_port()
    settings = {
        "NMT_SMTP_URL": f"smtp-plain://127.0.0.1:{port}",
        "NMT_STAFF_EMAIL": "desk@clinic.example",
        "NMT_HANDOFF_SECONDS": "0.2",
    }
    with serving(place, **settings) as server:
        assert "Staff: notified by email." in server.errors()
        kept = outbox(Settings({"NMT_VAR_DIR": str(place.folder / "var")}))
        kept.add(Request(kind="call_back", conversation="c", channel="rest", consent=True, phone="+15125550123"))
        wait_for(lambda: any(each.last_error for each in kept.entries()[0].deliveries))
        assert server.say("how much is it?")  # clients notice nothing
        assert server.stop() == 0

    arrived = Arrived()
    controller = Controller(arrived, hostname="127.0.0.1", port=port, ready_timeout=_PATIENCE)
    controller.start()
    try:
        with serving(place, **settings):
            wait_for(lambda: kept.pending() == [])
    finally:
        controller.stop()
    assert len(arrived.mails) == 1


@pytest.mark.parametrize("url", ["mail.example", "smtp://user@mail.example"])
def test_a_wrong_setting_stops_the_start(place, url):
    result = command(place, "serve", NMT_SMTP_URL=url, NMT_STAFF_EMAIL="desk@clinic.example")

    assert result.returncode == 1
    assert "NMT_SMTP" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
