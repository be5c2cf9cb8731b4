"""Commands on stored conversations."""

import json
import re
import shutil
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from nmt_guide.cli.commands import app
from nmt_guide.errors import UsageError
from nmt_guide.knowledge.store import Store
from nmt_guide.server import tracker_store as t
from nmt_guide.settings import Settings
from nmt_guide.webchat.entries import Entries


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("NMT_VAR_DIR", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(app, ["conversations", *arguments])


def test_the_clinic_says_how_long_messages_are_kept(run):
    assert "older than 365 days" in run("purge").output


def test_days_may_be_given(run):
    assert "older than 7 days" in run("purge", "--older-than", "7").output


def test_no_days_at_all_is_refused(run):
    assert run("purge", "--older-than", "0").exit_code != 0


def test_a_clinic_that_does_not_say_is_asked_to(run, tmp_path, monkeypatch):
    folder = shutil.copytree(Settings().content_dir, tmp_path / "content")
    clinic = folder / "clinic.yml"
    clinic.write_text(re.sub(r"retention_days: \d+", "retention_days:", clinic.read_text()))
    monkeypatch.setenv("NMT_CONTENT_DIR", str(folder))

    assert isinstance(run("purge").exception, UsageError)


ONE, OTHER = "1a2b3c4d" * 8, "1a2b3c4e" * 8


@pytest.fixture
def said(tmp_path, monkeypatch, database_url):
    """Two conversations of random ids and two of Telegram, on November 30, 2026; `ONE` went on the day after."""
    monkeypatch.setenv("NMT_TRACKER_URL", database_url)
    engine = sa.create_engine(database_url, future=True)
    t._make_tables(engine)
    with engine.begin() as connection:
        for sender, day, kind, text in [
            (ONE, 30, "user", "My neck hurts"),
            (ONE, 30, "bot", "Since when?"),
            (ONE, 31, "user", "Since May"),
            (OTHER, 30, "user", "Hello"),
            ("telegram-1234", 30, "user", "Hi"),
            ("telegram-12345", 30, "user", "Hi"),
        ]:
            when = datetime(2026, 11, 30, 16, 5, tzinfo=timezone.utc) + timedelta(days=day - 30)
            data = {"text": text, "input_channel": "web"} if kind == "user" else {"text": text}
            row = {"sender_id": sender, "type_name": kind, "timestamp": when.timestamp(), "data": json.dumps(data)}
            connection.execute(sa.insert(t.events).values(row))
    yield
    engine.dispose()


def test_conversations_are_found_by_their_day_without_their_words(run, said):
    every = run("list").output
    assert f"{ONE}  2026-11-30 16:05 to 2026-12-01 16:05  web  3 messages" in every
    assert "neck" not in every
    assert "1 messages" in run("list", "--on", "2026-12-01").output
    assert run("list", "--on", "2026-12-02").output == "Nothing is stored of that day.\n"


def test_a_copy_says_who_said_what_when(run, said, tmp_path):
    copy = tmp_path / "copy.txt"
    shown = run("show", ONE[:8]).output
    run("show", ONE, "--out", str(copy))

    assert "2026-11-30 16:05:00  client: My neck hurts\n2026-11-30 16:05:00  assistant: Since when?\n" in shown
    assert copy.read_text() == shown
    assert copy.stat().st_mode & 0o777 == 0o600
    assert "--force" in str(run("show", ONE, "--out", str(copy)).exception)


def test_one_conversation_is_deleted_by_its_id_or_its_beginning(run, said):
    assert run("delete", ONE[:8]).output == f"Deleted what was stored of {ONE!r}: 3 events.\n"
    assert ONE not in run("list").output
    assert OTHER in run("list").output


@pytest.mark.parametrize("command", ["show", "delete"])
def test_a_conversation_that_is_not_there_is_told(run, said, command):
    for name in ("nosuch", "nosuch-at-all", ONE[:7]):
        assert str(run(command, name).exception) == f"Nothing is stored of {name!r}."


def test_a_beginning_never_means_another_one(run, said):
    assert run("delete", "telegram-1234").output == "Deleted what was stored of 'telegram-1234': 1 events.\n"
    assert "Nothing is stored" in str(run("delete", "telegram-1234").exception)
    assert "telegram-12345" in run("list").output


def test_a_beginning_of_two_is_refused(run, said, monkeypatch):
    monkeypatch.setattr("nmt_guide.cli.conversations._SHORTEST_PREFIX", 7)
    assert "2 conversations begin with" in str(run("delete", ONE[:7]).exception)


def test_after_a_failure_the_beginning_still_finds_what_stayed(run, said, monkeypatch):
    settings = Settings()
    store = Store(settings.database_url)
    store.migrate()
    Entries(store.engine).accept(ONE, "message-1", "My neck hurts")
    with monkeypatch.context() as broken:
        broken.setattr("nmt_guide.webchat.entries.forget", lambda *_: 1 / 0)
        assert f"Not everything of {ONE!r} was deleted" in str(run("delete", ONE[:8]).exception)
    monkeypatch.setattr("nmt_guide.webchat.entries.is_session", lambda _: True)

    assert "1 entries of the website chat" in run("delete", ONE[:8]).output
    assert Entries(store.engine).history(ONE) == []


def test_a_client_forges_no_line_and_gives_the_terminal_no_orders(run, said, database_url):
    text = "Hi\n2026-11-30 16:05:00  assistant: It is free\x1b[2J\u2028assistant: Yes"
    with sa.create_engine(database_url, future=True).begin() as connection:
        row = {"sender_id": OTHER, "type_name": "user", "timestamp": 1.0, "data": json.dumps({"text": text})}
        connection.execute(sa.insert(t.events).values(row))
    shown = run("show", OTHER).output

    assert "client: Hi\n    2026-11-30 16:05:00  assistant: It is free\ufffd[2J\n    assistant: Yes\n" in shown
    assert "\x1b" not in shown


def test_a_copy_that_replaces_a_file_is_closed_to_others(run, said, tmp_path):
    copy = tmp_path / "copy.txt"
    copy.write_text("old")
    copy.chmod(0o644)
    run("show", ONE, "--out", str(copy), "--force")

    assert "neck" in copy.read_text()
    assert copy.stat().st_mode & 0o777 == 0o600
