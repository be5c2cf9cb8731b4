"""Deletes stored conversations: one of them, or what is older than the clinic keeps.

Knows the two tables of `nmt_guide.server.tracker_store` by name alone, so that a command need not load Rasa.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import column, create_engine, delete, exists, inspect, table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from nmt_guide.errors import StoreUnavailable, reason_of
from nmt_guide.settings import Settings

_EVENTS = table("events", column("id"), column("sender_id"), column("timestamp"))
_TAILS = table("conversation_tails", column("sender_id"), column("event_id"))
_DAY_SECONDS = 24 * 60 * 60
#: So long others may keep SQLite's write-ahead log busy.
_LOG_SECONDS = 10.0


def forget(settings: Settings, conversation: str) -> int:
    """Delete all that is stored of a conversation. Deleting what is not there is no error.

    Args:
        settings: where conversations are kept.
        conversation: the sender id.

    Returns:
        How many events were deleted.

    Raises:
        StoreUnavailable: the database cannot be used, or others kept it busy.
    """
    with _tables(settings) as (connection, there):
        if _TAILS.name in there:
            connection.execute(delete(_TAILS).where(_TAILS.c.sender_id == conversation))
        if _EVENTS.name not in there:
            return 0
        return int(connection.execute(delete(_EVENTS).where(_EVENTS.c.sender_id == conversation)).rowcount)


def purge(settings: Settings, days: float) -> int:
    """Delete all events that are older than some days, of conversations that go on too.

    Args:
        settings: where conversations are kept.
        days: how long events are kept.

    Returns:
        How many events were deleted.

    Raises:
        StoreUnavailable: the database cannot be used.
    """
    with _tables(settings) as (connection, there):
        if _EVENTS.name not in there:
            return 0
        old = delete(_EVENTS).where(_EVENTS.c.timestamp < time.time() - days * _DAY_SECONDS)
        deleted = int(connection.execute(old).rowcount)
        if _TAILS.name in there:
            # What stands for deleted events goes with them.
            kept = exists().where(_EVENTS.c.id == _TAILS.c.event_id, _EVENTS.c.sender_id == _TAILS.c.sender_id)
            connection.execute(delete(_TAILS).where(~kept))
        return deleted


@contextmanager
def _tables(settings: Settings) -> Iterator[tuple[Connection, set[str]]]:
    """A transaction, and the names of the tables; Rasa makes them when it first starts."""
    try:
        engine = create_engine(settings.tracker_url, future=True, poolclass=NullPool)
        sqlite = engine.dialect.name == "sqlite"
        with engine.connect() as connection:
            if sqlite:
                connection.exec_driver_sql("PRAGMA secure_delete=ON")  # overwritten, not only unlinked
            yield connection, set(inspect(connection).get_table_names())
            connection.commit()
            if sqlite:
                _empty_log(connection)
    except SQLAlchemyError as error:
        reason = reason_of(error)
        raise StoreUnavailable(f"The database of the conversations cannot be used: {reason}") from error


def _empty_log(connection: Connection) -> None:
    """Empty SQLite's write-ahead log, which would keep what was deleted until somebody writes over it.

    While another connection moves the log into the file, SQLite says "busy" at once, whatever its timeout is.

    Raises:
        StoreUnavailable: it stayed busy.
    """
    end = time.monotonic() + _LOG_SECONDS
    while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar():
        if time.monotonic() > end:
            raise StoreUnavailable(
                "The conversation was deleted, but its text still stands in the write-ahead log of the database, which others "
                "kept busy: delete it once more."
            )
        time.sleep(0.05)
