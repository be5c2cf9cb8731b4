"""Deleting a conversation deletes it everywhere, or says that it did not."""

from __future__ import annotations

import importlib

import pytest
from sqlalchemy import create_engine, text

from nmt_guide.errors import ForgetError
from nmt_guide.knowledge.store import Store
from nmt_guide.privacy import forget as forget_module
from nmt_guide.privacy.forget import FORGETTERS, forget
from nmt_guide.settings import Settings
from nmt_guide.webchat.entries import Entries
from nmt_guide.webchat.tokens import new_session


@pytest.fixture
def settings(tmp_path):
    made = Settings({"NMT_VAR_DIR": str(tmp_path)})
    Store(made.database_url).migrate()
    return made


def fill(settings, *conversations):
    with create_engine(settings.tracker_url).begin() as connection:
        connection.execute(
            text("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id TEXT, data TEXT)")
        )
        for conversation in conversations:
            connection.execute(text("INSERT INTO events (sender_id, data) VALUES (:one, 'x')"), {"one": conversation})


def senders(settings):
    with create_engine(settings.tracker_url).begin() as connection:
        return [row[0] for row in connection.execute(text("SELECT sender_id FROM events ORDER BY id"))]


@pytest.mark.parametrize("name", FORGETTERS)
def test_every_listed_part_is_there(name):
    module, _, function = name.partition(":")

    assert callable(getattr(importlib.import_module(module), function))


def test_one_conversation_goes_and_the_others_stay(settings):
    ours, theirs = new_session(), new_session()
    entries = Entries(Store(settings.database_url).engine)
    for session in (ours, theirs):
        entries.accept(session, "message-1", "How much?")
    fill(settings, ours, theirs, "slack-1")
    forget(settings, ours)

    assert senders(settings) == [theirs, "slack-1"]
    assert entries.history(ours) == []
    assert len(entries.history(theirs)) == 1


def test_a_conversation_of_another_channel_is_deleted_too(settings):
    fill(settings, "slack-1", "slack-2")
    forget(settings, "slack-1")

    assert senders(settings) == ["slack-2"]


def test_what_is_not_there_is_deleted_without_complaint(settings):
    forget(settings, new_session())  # nor is Rasa's table there yet


def test_one_part_that_fails_is_named_and_keeps_no_other_from_deleting(settings, monkeypatch):
    monkeypatch.setattr(forget_module, "FORGETTERS", {"nmt_guide.privacy.nothing:forget": "", **FORGETTERS})
    fill(settings, "slack-1")

    with pytest.raises(ForgetError, match=r"nmt_guide\.privacy\.nothing failed"):
        forget(settings, "slack-1")
    assert senders(settings) == []
