"""Finds, shows and deletes stored conversations: one of them, or what is older than the clinic keeps.

Knows the two tables of `nmt_guide.server.tracker_store` by name alone, so that a command need not load Rasa.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from sqlalchemy import case, column, create_engine, delete, exists, func, inspect, select, table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from nmt_guide.errors import StoreUnavailable, reason_of
from nmt_guide.private import make_sqlite_file
from nmt_guide.settings import Settings

_EVENTS = table("events", column("id"), column("sender_id"), column("type_name"), column("timestamp"), column("data"))
_TAILS = table("conversation_tails", column("sender_id"), column("event_id"))
_DAY_SECONDS = 24 * 60 * 60
#: So long others may keep SQLite's write-ahead log busy.
_LOG_SECONDS = 10.0


@dataclass(frozen=True)
class Conversation:
    """A stored conversation, without what was said.

    Attributes:
        id: the sender id.
        first: when its first message was said, in UTC.
        last: the same of the last one.
        messages: how many messages client and assistant wrote.
        channel: where the client wrote last; empty when it is not known.
    """

    id: str
    first: datetime
    last: datetime
    messages: int
    channel: str


@dataclass(frozen=True)
class Said:
    """One message: who said it (`client` or `assistant`), what and when (UTC)."""

    author: str
    at: datetime
    text: str


#: By the type of the event: who said what it holds.
_AUTHORS = {"user": "client", "bot": "assistant"}
_IS_SAID = _EVENTS.c.type_name.in_(_AUTHORS)


def stored(
    settings: Settings, prefix: str = "", since: datetime | None = None, until: datetime | None = None
) -> list[Conversation]:
    """The conversations that are stored, those that began first before others.

    Args:
        settings: where conversations are kept.
        prefix: how their sender ids begin.
        since: only those in which something was said from then on.
        until: only those in which something was said before it.

    Raises:
        StoreUnavailable: the database cannot be used.
    """
    first, last = func.min(_EVENTS.c.timestamp), func.max(_EVENTS.c.timestamp)
    newest = func.max(case((_EVENTS.c.type_name == "user", _EVENTS.c.id)))
    # (SQLite's LIKE takes capitals and small letters for the same.)
    conditions = [_IS_SAID, func.substr(_EVENTS.c.sender_id, 1, len(prefix)) == prefix]
    if since is not None:
        conditions.append(_EVENTS.c.timestamp >= since.timestamp())
    if until is not None:
        conditions.append(_EVENTS.c.timestamp < until.timestamp())
    found = select(_EVENTS.c.sender_id, first, last, func.count(), newest).where(*conditions)
    with _tables(settings, deletes=False) as (connection, there):
        if _EVENTS.name not in there:
            return []
        rows = connection.execute(found.group_by(_EVENTS.c.sender_id).order_by(first)).all()
        return [
            Conversation(name, _utc(begin), _utc(end), count, _channel(connection, message))
            for name, begin, end, count, message in rows
        ]


def said(settings: Settings, conversation: str) -> list[Said]:
    """What client and assistant said in a conversation, oldest first.

    Raises:
        StoreUnavailable: the database cannot be used.
    """
    found = select(_EVENTS.c.type_name, _EVENTS.c.timestamp, _EVENTS.c.data).where(
        _IS_SAID, _EVENTS.c.sender_id == conversation
    )
    with _tables(settings, deletes=False) as (connection, there):
        if _EVENTS.name not in there:
            return []
        rows = connection.execute(found.order_by(_EVENTS.c.id)).all()
    return [Said(_AUTHORS[kind], _utc(when), json.loads(data).get("text") or "") for kind, when, data in rows]


def _channel(connection: Connection, message: int | None) -> str:
    data = connection.execute(select(_EVENTS.c.data).where(_EVENTS.c.id == message)).scalar()
    return str(json.loads(data).get("input_channel") or "") if data else ""


def _utc(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, timezone.utc)


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
def _tables(settings: Settings, deletes: bool = True) -> Iterator[tuple[Connection, set[str]]]:
    """A transaction, and the names of the tables; Rasa makes them when it first starts."""
    make_sqlite_file(settings.tracker_url)
    try:
        engine = create_engine(settings.tracker_url, future=True, poolclass=NullPool)
        sqlite = deletes and engine.dialect.name == "sqlite"
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
                "kept busy: delete it once more, by its whole id."
            )
        time.sleep(0.05)
