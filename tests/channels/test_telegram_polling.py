"""The real assistant on Telegram without a public address: it asks for updates itself, and survives what happens."""

from __future__ import annotations

import signal

import pytest
from bot_api import TOKEN, bot_api, eventually, shown
from processes import free_port, serving
from telegram_updates import text


@pytest.fixture
def telegram():
    with bot_api() as running:
        yield running


def settings(port):
    return {"NMT_TELEGRAM_TOKEN": TOKEN, "NMT_TELEGRAM_API_URL": f"http://127.0.0.1:{port}"}


def test_a_restart_in_the_middle_loses_nothing_and_says_nothing_twice(place, telegram):
    telegram.webhook = {"url": "left from yesterday"}
    with serving(place, "first", **settings(telegram.port)) as first:
        telegram.updates.append(text(11, "What is NMT?"))
        eventually(lambda: telegram.sent(11))
        assert telegram.webhook is None
        # Both are taken; then the process dies before Telegram takes an answer.
        telegram.fail("sendMessage", 429, "Too Many Requests: retry after 60", times=50, retry_after=60)
        telegram.updates += [text(11, "How much does it cost?"), text(12, "Does it hurt?")]
        eventually(lambda: len(telegram.failures["sendMessage"]) < 49)
        first.popen.send_signal(signal.SIGKILL)
        first.popen.wait()
    telegram.failures.clear()
    with serving(place, "second", **settings(telegram.port)):
        eventually(lambda: len(telegram.sent(11)) >= 2 and telegram.sent(12), 180)
        telegram.updates.append(text(12, "What is NMT?"))
        eventually(lambda: len(telegram.sent(12)) >= 2)

    assert len(telegram.sent(11)) == 2
    assert "$" in shown(telegram.sent(11)[1])
    assert len(telegram.sent(12)) == 2


def test_without_a_network_the_assistant_starts_and_connects_later(place):
    port = free_port()
    with serving(place, **settings(port)) as assistant:
        assert assistant.say("What is NMT?")
        with bot_api(port) as telegram:
            telegram.updates.append(text(21, "What is NMT?"))
            eventually(lambda: telegram.sent(21), 120)
            telegram.fail("getUpdates", 502, "Bad Gateway", times=2)
            telegram.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")
            telegram.updates.append(text(21, "How much does it cost?"))
            eventually(lambda: len(telegram.sent(21)) == 2, 120)
        assert "Telegram: not connected, trying again." in assistant.errors()
        assert TOKEN not in assistant.errors()
