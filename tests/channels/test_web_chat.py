"""The website chat without a server: what is asked of the database, and what is not."""

import pytest

from nmt_guide.channels.web_chat import Said, WebChat
from nmt_guide.settings import Settings
from nmt_guide.webchat.entries import Entries

PAYLOAD = '/faq{"topic":"cost"}'


@pytest.fixture
def chat(tmp_path):
    chat = WebChat(Settings({"NMT_VAR_DIR": str(tmp_path)}), None, None, None)
    yield chat
    chat._entries._engine.dispose()


@pytest.fixture
def asked(monkeypatch):
    """The sessions whose buttons were looked up; all had one."""
    sessions = []
    monkeypatch.setattr(Entries, "offered", lambda _, session: sessions.append(session) or {PAYLOAD})
    return sessions


async def test_what_is_typed_is_not_looked_up_among_the_buttons(chat, asked):
    assert await chat._pressed("s", Said("m", "Prices", None)) is None
    assert asked == []


@pytest.mark.parametrize(("payload", "pressed"), [(PAYLOAD, PAYLOAD), ("/restart", None)])
async def test_what_is_pressed_is(chat, asked, payload, pressed):
    assert await chat._pressed("s", Said("m", "Prices", payload)) == pressed
    assert asked == ["s"]
