"""Deleting stored conversations."""

import sqlite3
import threading
import time
import uuid

import pytest
import sqlalchemy as sa

from nmt_guide.errors import StoreUnavailable
from nmt_guide.privacy import conversations
from nmt_guide.privacy.conversations import forget, purge
from nmt_guide.server import tracker_store as t
from nmt_guide.settings import Settings

DAY = 24 * 60 * 60


@pytest.fixture
def url(database_url):
    return database_url


@pytest.fixture
def kept(url):
    """Settings, and a way to store events that happened some days ago and stand behind the tail of a conversation."""
    engine = sa.create_engine(url, future=True)
    t._make_tables(engine)

    def write(sender, *days_ago):
        with engine.begin() as connection:
            for days in days_ago:
                row = {"sender_id": sender, "type_name": "user", "timestamp": time.time() - days * DAY, "data": "{}"}
                number = connection.execute(sa.insert(t.events).values(row)).inserted_primary_key[0]
            row = {"sender_id": sender, "event_id": number, "event_timestamp": 0.0, "opening": f"[{sender}]"}
            connection.execute(sa.insert(t.tails).values(row))

    def left(sender):
        with engine.connect() as connection:
            return tuple(
                connection.execute(sa.select(sa.func.count()).where(table.c.sender_id == sender)).scalar()
                for table in (t.events, t.tails)
            )

    yield Settings({"NMT_TRACKER_URL": url}), write, left
    engine.dispose()


def test_forgetting_one_leaves_the_others(kept):
    settings, write, left = kept
    one, other = uuid.uuid4().hex, uuid.uuid4().hex
    write(one, 2, 1)
    write(other, 1)

    assert forget(settings, one) == 2
    assert forget(settings, one) == 0
    assert left(one) == (0, 0)
    assert left(other) == (1, 1)


def test_what_is_old_goes_out_of_conversations_that_go_on(kept):
    settings, write, left = kept
    old, long_running, young = (uuid.uuid4().hex for _ in range(3))
    write(old, 50, 40)
    write(long_running, 40, 1)
    write(young, 1)
    purge(settings, 30)

    assert left(old) == (0, 0)
    assert left(long_running) == (1, 1)
    assert left(young) == (1, 1)


def test_before_the_first_start_there_is_nothing_to_delete(tmp_path):
    settings = Settings({"NMT_TRACKER_URL": f"sqlite:///{tmp_path / 'new.db'}"})

    assert forget(settings, "a") == 0
    assert purge(settings, 1) == 0


def test_nothing_of_it_stays_in_the_files(tmp_path):
    file = tmp_path / "conversations.db"
    store = t.TailTrackerStore(None, f"sqlite:///{file}")
    with store.engine.begin() as connection:
        row = {"sender_id": "a", "type_name": "user", "timestamp": 1.0, "data": "my back hurts so much"}
        connection.execute(sa.insert(t.events).values(row))
    forget(Settings({"NMT_TRACKER_URL": f"sqlite:///{file}"}), "a")
    store.close()

    assert not any(b"hurts so much" in path.read_bytes() for path in tmp_path.iterdir())


@pytest.fixture
def read(tmp_path):
    """Settings of a database in which a message stands, and a connection that reads it, which keeps the log busy."""
    file = tmp_path / "conversations.db"
    # Others are waited for a moment only, as SQLite itself waits for none that moves the log into the file.
    settings = Settings({"NMT_TRACKER_URL": f"sqlite:///{file}?timeout=0.05"})
    store = t.TailTrackerStore(None, settings.tracker_url)
    with store.engine.begin() as connection:
        row = {"sender_id": "a", "type_name": "user", "timestamp": 1.0, "data": "my back hurts so much"}
        connection.execute(sa.insert(t.events).values(row))
    reader = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM events").fetchall()
    yield settings, reader
    reader.close()
    store.close()


def test_a_busy_log_is_waited_for(read, tmp_path):
    settings, reader = read
    later = threading.Timer(0.5, reader.rollback)
    later.start()
    forget(settings, "a")
    later.join()

    assert not any(b"hurts so much" in path.read_bytes() for path in tmp_path.iterdir())


def test_a_log_that_stays_busy_is_told_and_the_next_try_empties_it(read, tmp_path, monkeypatch):
    settings, reader = read
    monkeypatch.setattr(conversations, "_LOG_SECONDS", 0.2)
    with pytest.raises(StoreUnavailable, match="delete it once more"):
        forget(settings, "a")
    reader.rollback()
    assert forget(settings, "a") == 0

    assert not any(b"hurts so much" in path.read_bytes() for path in tmp_path.iterdir())


def test_a_lost_database_is_named(tmp_path):
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        forget(Settings({"NMT_TRACKER_URL": f"sqlite:///{tmp_path}/no/folder.db"}), "a")


def test_a_database_of_something_else_is_left_alone(tmp_path):
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE notes (text)")
    assert purge(Settings({"NMT_TRACKER_URL": f"sqlite:///{file}"}), 1) == 0
