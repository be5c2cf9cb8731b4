"""Staff read what clients think: all of it, newest first, and nothing of who was deleted."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from typer.testing import CliRunner

from nmt_guide.cli.commands import app
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import Settings
from nmt_guide.webchat import entries as entries_module
from nmt_guide.webchat.entries import Entries
from nmt_guide.webchat.tokens import new_session


@pytest.fixture
def entries(monkeypatch, tmp_path):
    monkeypatch.setenv("NMT_VAR_DIR", str(tmp_path))
    store = Store(Settings().database_url)
    store.migrate()
    yield Entries(store.engine)
    store.engine.dispose()


@pytest.fixture
def rate(entries, monkeypatch):
    """Rates a reply of a new session, each a minute after the one before."""
    clock = [datetime(2026, 11, 23, 16, 5, tzinfo=timezone.utc)]
    monkeypatch.setattr(entries_module, "_now", lambda: clock[0])

    def one(rating, comment=None, topic="cost", text="A session costs $ 95."):
        session = new_session()
        asked, _ = entries.accept(session, "m", "My secret question")
        (reply,) = entries.answer(session, asked, [{"text": text, "metadata": {"topic": topic}}])
        entries.rate(session, reply.seq, rating, comment)
        clock[0] += timedelta(minutes=1)
        return session

    return one


def listed(*options):
    result = CliRunner().invoke(app, ["feedback", "list", *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_nothing_yet(entries):
    assert listed() == ["Nobody rated a reply."]
    assert listed("--comments") == ["There is no comment."]


def test_the_newest_comes_first_with_what_it_is_about(rate):
    rate("up")
    rate("down", "Too long.\n\nAnd too dear.", None, "Well. " * 100)

    first, about, *rest = listed()
    assert first == "2026-11-23 16:06  down  no topic"
    assert about.startswith("    on: Well. Well.")
    assert len(about) < 100
    assert rest == [
        "    > Too long.",
        "    > ",
        "    > And too dear.",
        "2026-11-23 16:05  up    cost",
        "    on: A session costs $ 95.",
    ]


def test_comments_alone_may_be_listed(rate):
    rate("down", "Too long.")
    rate("up")

    assert [line for line in listed("--comments") if not line.startswith(" ")] == ["2026-11-23 16:05  down  cost"]


def test_what_a_client_deleted_is_not_shown(rate, entries):
    entries.delete(rate("down", "Too long."))

    assert listed() == ["Nobody rated a reply."]
