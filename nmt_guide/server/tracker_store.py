"""Keeps conversations in SQL, and reads back the tail of one instead of all of it.

The events stand in the table that Rasa's own `SQLTrackerStore` uses, one row each, and stay there in full: `rasa
export`, `rasa run` and deletion by `sender_id` work on it as ever. A second table holds, for long conversations, where
the tail begins and what stands for the events before (see `tail.py`). It is a cache: a row in it counts only while the
event that it names is there, and without it everything since the last session start is read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.constants import POSTGRESQL_MAX_OVERFLOW, POSTGRESQL_POOL_SIZE
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore, create_engine_kwargs
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from nmt_guide.analytics import outbox
from nmt_guide.errors import StoreRefused, StoreUnavailable, reason_of
from nmt_guide.knowledge.tables import metadata as knowledge_metadata
from nmt_guide.private import make_sqlite_file
from nmt_guide.server import logs, metrics, tail, tracing
from nmt_guide.server.turns import turns_of

logger = logging.getLogger(__name__)

metadata = sa.MetaData(naming_convention=knowledge_metadata.naming_convention)
#: One row for every conversation that grew long: its tail is `opening` and the events after the one named here.
tails = sa.Table(
    "conversation_tails",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("event_id", sa.Integer, nullable=False),
    # SQLite gives the number of a deleted row to another one; the time tells them apart.
    sa.Column("event_timestamp", sa.Float, nullable=False),
    sa.Column("opening", sa.Text, nullable=False),
)
events = SQLTrackerStore.SQLEvent.__table__
#: Rasa's index is on the conversation alone: its rows would be sorted, and searched for the last session, on each read.
_INDEX = "CREATE INDEX IF NOT EXISTS ix_events_sender_id_id ON events (sender_id, id)"

#: Connections to a database server, in use at once and kept. Rasa's 50 and 100 are more than PostgreSQL allows in all.
_CONNECTIONS = 5
#: Longest wait for a connection, or for another process that is writing to the SQLite file, in seconds.
_PATIENCE_SECONDS = 10
#: Waits before a save is tried again, in seconds: at once, as a connection that was kept may be gone; then about as long as
#: it takes to restart a database server.
_RETRIES = (0.0, 0.2, 1.0, 3.0)

#: After so many commits the write-ahead log of a SQLite file is moved into the file: about 800 pages. And the pages with which
#: SQLite does it itself, within a commit.
_COMMITS_IN_LOG = 50
_PAGES_IN_LOG = 4000

Result = TypeVar("Result")


class TailTrackerStore(TrackerStore):
    """Conversations in SQL; what a message costs does not grow with its conversation.

    Args:
        domain: says which slots there are.
        host: SQLAlchemy address; Rasa hands over the `url` of `endpoints.yml` under this name.
        event_broker: where new events are published once they are stored.
        analytics: whether what was asked is noted, to be counted.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """

    def __init__(
        self, domain: Domain | None, host: str, event_broker: EventBroker | None = None, analytics: bool = False
    ) -> None:
        super().__init__(domain, event_broker)
        self._analytics = analytics
        self.engine = _engine(host)
        # Nothing that is read needs a transaction: it would cost a server two round trips more.
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        # As many as there are connections: no thread ever waits for one.
        self._threads = ThreadPoolExecutor(2 * _CONNECTIONS, thread_name_prefix="conversations")
        is_file = self.engine.dialect.name == "sqlite"
        # A SQLite file has one writer at a time. Others look again in sleeps of up to 0.1 s, so that here they queue.
        self._writers = ThreadPoolExecutor(1, "writer") if is_file else self._threads
        self._file = _File(_engine(host, patience_seconds=0)) if is_file else None
        self._log = _WriteAheadLog(self.engine) if is_file else None
        with _errors():
            _make_tables(self.engine)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation with the tail of its events, or nothing when there is none.

        Raises:
            StoreUnavailable: the database cannot be reached.
            StoreRefused: the name holds what no database takes.
        """
        with tracing.span("store read"):
            stored = await self._retrieve(sender_id)
        return self._tracker(sender_id, stored)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The conversation with all events of all sessions. Raises as `retrieve` does."""
        sender = {"sender": conversation_id}
        stored = _events_from(await self._look(self._rows, _EVENTS, sender), conversation_id)
        return self._tracker(conversation_id, stored)

    async def last_said(self, sender_id: str, most: int) -> list[BotUttered]:
        """The assistant's last messages, newest first. Raises as `retrieve` does."""
        query = (
            sa.select(events.c.data)
            .where(events.c.sender_id == sender_id, events.c.type_name == BotUttered.type_name)
            .order_by(events.c.id.desc())
            .limit(most)
        )
        return [Event.from_parameters(json.loads(row.data)) for row in await self._look(self._rows, query)]

    async def keys(self) -> Iterable[str]:
        """The names of all conversations. Raises `StoreUnavailable`."""
        query = sa.select(events.c.sender_id).distinct()
        return [row.sender_id for row in await self._look(self._rows, query)]

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A new conversation; it is stored with its first event."""
        tracker = self.init_tracker(sender_id)
        # All of its events are new, even if another process began the same conversation meanwhile.
        tracker.began_here = True
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
            await self.save(tracker)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append the events that are not stored yet, then publish them. A lost connection is tried again.

        Raises:
            StoreUnavailable: the database cannot be reached, for seconds.
            StoreRefused: it does not take a value.
        """
        sender_id = tracker.sender_id
        new = await self._new_events(tracker)
        if not new:
            return
        rows = [_row(sender_id, event) for event in new]
        beginning = None
        if not any(isinstance(event, SessionStarted) for event in new):
            # Of what was read alone: what is new has no number in the database yet.
            beginning = self._beginning([event for event in tracker.events if _is_stored(event, sender_id)], sender_id)
        turns = turns_of(new)
        asked = outbox.rows(turns) if self._analytics else []
        with tracing.span("store write", events=len(rows)):
            await self._append(sender_id, rows, beginning, asked)
        for event in new:
            _mark(event, sender_id)
        metrics.count_events(new)
        tracing.add(kinds=[reply.kind for turn in turns for reply in turn.replies])
        logs.note(turns, tracing.trace_id())
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, sender_id)

    async def check(self) -> None:
        """See that the database answers. Raises `StoreUnavailable`."""
        await self._look(self._rows, sa.select(events.c.id).limit(1))

    def close(self) -> None:
        """Give back threads and connections."""
        log, self._log = self._log, None
        for threads in (self._threads, self._writers):
            threads.shutdown()
        if self._file is not None:
            self._file.close()
            self._file = None
        if log is not None:
            log.close()
        self.engine.dispose()

    async def _append(
        self,
        sender_id: str,
        rows: list[dict[str, Any]],
        beginning: dict[str, Any] | None,
        asked: list[dict[str, str]],
    ) -> None:
        for again, wait in enumerate((*_RETRIES, None)):
            try:
                await self._run(self._write, sender_id, rows, beginning, asked, again > 0, threads=self._writers)
                if self._log is not None:
                    self._log.committed()
                return
            except StoreUnavailable:
                if wait is None:
                    raise
                if wait:
                    logger.warning("Conversation %s could not be stored; trying again in %s s.", sender_id, wait)
            await asyncio.sleep(wait)

    async def _new_events(self, tracker: DialogueStateTracker) -> list[Event]:
        new = [event for event in tracker.events if not _is_stored(event, tracker.sender_id)]
        if len(new) < len(tracker.events) or getattr(tracker, "began_here", False) or not new:
            return new
        # Made elsewhere, for example by Rasa's HTTP API, as a whole session: what is stored of it comes first.
        stored = await self._look(self._since_session_start, tracker.sender_id)
        return new[len(stored) :]

    async def _retrieve(self, sender_id: str) -> list[Event]:
        if self._file is not None:
            with suppress(_Locked), _errors():
                return self._file.run(lambda connection: _tail_or_session(connection, sender_id))
        return await self._look(self._read, sender_id)

    async def _look(self, read: Callable[..., Result], *arguments: Any) -> Result:
        return await self._run(_twice(read), *arguments)

    async def _run(
        self, work: Callable[..., Result], *arguments: Any, threads: ThreadPoolExecutor | None = None
    ) -> Result:
        def guarded() -> Result:
            with _errors():
                return work(*arguments)

        return await asyncio.get_running_loop().run_in_executor(threads or self._threads, guarded)

    def _tracker(self, sender_id: str, stored: Sequence[Event]) -> DialogueStateTracker | None:
        return DialogueStateTracker.from_events(sender_id, stored, self.domain.slots) if stored else None

    def _beginning(self, known: list[Event], sender_id: str) -> dict[str, Any] | None:
        """A row of `tails`, when the tail has grown long enough to be cut."""
        shorter = tail.cut(sender_id, known, self.domain)
        if shorter is None:
            return None
        position, opening = shorter
        last = known[position - 1].stored
        return {"event_id": last.id, "event_timestamp": last.timestamp, "opening": tail.as_text(opening)}

    def _read(self, sender_id: str) -> list[Event]:
        with self._reader.connect() as connection:
            return _tail_or_session(connection, sender_id)

    def _since_session_start(self, sender_id: str) -> list[Event]:
        return _events_from(self._rows(_LAST_SESSION, {"sender": sender_id}), sender_id)

    def _rows(self, query: Any, parameters: dict[str, Any] | None = None) -> Sequence[Any]:
        with self._reader.connect() as connection:
            rows: Sequence[Any] = connection.execute(query, parameters or {}).all()
            return rows

    def _write(
        self,
        sender_id: str,
        rows: list[dict[str, Any]],
        beginning: dict[str, Any] | None,
        asked: list[dict[str, str]],
        again: bool,
    ) -> None:
        with self.engine.begin() as connection:
            if again and _is_written(connection, rows[0]):
                return  # the connection was lost after the commit
            connection.execute(_INSERT_EVENTS, rows)
            if asked:
                connection.execute(_INSERT_ASKED, asked)
            if any(row["type_name"] == SessionStarted.type_name for row in rows):
                connection.execute(_DELETE_TAIL, {"sender": sender_id})
            if beginning is not None:
                insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(tails)
                connection.execute(
                    insert.values(sender_id=sender_id, **beginning).on_conflict_do_update(
                        index_elements=[tails.c.sender_id], set_=beginning
                    )
                )


class _Locked(Exception):
    """Another process holds the file: who waits for it belongs in a thread."""


class _File:
    """A SQLite file, read on the event loop: that takes less than the way to a thread and back.

    It has one connection, which is kept: to take one from the pool takes twice as long as to read a conversation.

    Args:
        engine: its own, which waits for nobody.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None

    def run(self, read: Callable[[Connection], Result]) -> Result:
        """Read with the connection, which an error gives up. Raises `_Locked`."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            return read(self._connection)
        except BaseException as error:
            self._give_up()
            if isinstance(error, OperationalError) and "locked" in str(error.orig):
                raise _Locked from error
            raise

    def close(self) -> None:
        """Give back what it holds."""
        self._give_up()
        self._engine.dispose()

    def _give_up(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
        self._connection = None


class _WriteAheadLog:
    """Has what SQLite's write-ahead log holds moved into the file, in a thread of its own.

    SQLite does so itself within a commit, once the log has grown long: that commit's client waited 10 ms longer for a reply, as
    the disk has to have written both. So it is done here before the log grows long; commits go on meanwhile. When they leave it
    no time to finish, SQLite does the rest.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._thread = ThreadPoolExecutor(1, "write-ahead log")
        self._commits = 0

    def committed(self) -> None:
        """Count a commit; called by the event loop."""
        self._commits += 1
        if self._commits % _COMMITS_IN_LOG == 0:
            self._thread.submit(self._move)

    def close(self) -> None:
        """Wait for the thread."""
        self._thread.shutdown()

    def _move(self) -> None:
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
        except SQLAlchemyError as error:
            # What cannot be moved now stays in the log, where it is safe and is read.
            logger.warning("The write-ahead log of the conversations could not be moved: %s", reason_of(error))


class _Stored(NamedTuple):
    """What an event that came from the database, or went there, remembers of it."""

    sender_id: str
    id: int
    timestamp: float


def _mark(event: Event, sender_id: str, row: Any = None) -> Event:
    """Note on an event that it is stored. Copies of a tracker share its events, so that they know it too."""
    event.stored = _Stored(sender_id, row.id if row else 0, row.timestamp if row else 0.0)
    return event


def _is_stored(event: Event, sender_id: str) -> bool:
    stored = getattr(event, "stored", None)
    return stored is not None and stored.sender_id == sender_id


#: The statements of every message are written once: to build them anew costs as much as to run them.
_SENDER = sa.bindparam("sender", type_=events.c.sender_id.type)
_EVENTS = (
    sa.select(events.c.id, events.c.timestamp, events.c.data).where(events.c.sender_id == _SENDER).order_by(events.c.id)
)
_LAST_START = (
    sa.select(events.c.id)
    .where(events.c.sender_id == _SENDER, events.c.type_name == SessionStarted.type_name)
    .order_by(events.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_LAST_SESSION = _EVENTS.where(events.c.id >= sa.func.coalesce(_LAST_START, 0))


def _of_tail(name: str) -> Any:
    """A column of the conversation's row in `tails`: a value of its own, so that the bound of an index may hang on it."""
    return sa.select(tails.c[name]).where(tails.c.sender_id == _SENDER).scalar_subquery()


#: The tail, or where there is none the last session. What stands for the events before comes with the first row alone.
_TAIL = (
    sa.select(
        *(events.c[name] for name in ("id", "timestamp", "data")),
        *(_of_tail(name).label(name) for name in ("event_id", "event_timestamp")),
        sa.case((events.c.id == _of_tail("event_id"), _of_tail("opening"))).label("opening"),
    )
    .where(events.c.sender_id == _SENDER, events.c.id >= sa.func.coalesce(_of_tail("event_id"), _LAST_START, 0))
    .order_by(events.c.id)
)
_INSERT_EVENTS = sa.insert(events)
_INSERT_ASKED = sa.insert(outbox.outbox)
_DELETE_TAIL = sa.delete(tails).where(tails.c.sender_id == _SENDER)


def _events_from(rows: Sequence[Any], sender_id: str) -> list[Event]:
    return [_mark(Event.from_parameters(json.loads(row.data)), sender_id, row) for row in rows]


def _tail_or_session(connection: Connection, sender_id: str) -> list[Event]:
    """The tail of a conversation; where there is none, or it holds no more, the last session."""
    sender = {"sender": sender_id}
    rows = connection.execute(_TAIL, sender).all()
    if rows and rows[0].event_id is None:
        return _events_from(rows, sender_id)
    if rows and (rows[0].id, rows[0].timestamp) == (rows[0].event_id, rows[0].event_timestamp):
        opening = [_mark(event, sender_id, rows[0]) for event in tail.from_text(rows[0].opening)]
        return _last_session(opening + _events_from(rows[1:], sender_id))
    return _events_from(connection.execute(_LAST_SESSION, sender).all(), sender_id)


def _last_session(stored: list[Event]) -> list[Event]:
    starts = [position for position, event in enumerate(stored) if isinstance(event, SessionStarted)]
    return stored[starts[-1] :] if starts else stored


def _row(sender_id: str, event: Event) -> dict[str, Any]:
    data = event.as_dict()
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": event.timestamp,
        "intent_name": _fitting((data.get("parse_data") or {}).get("intent", {}).get("name")),
        "action_name": _fitting(data.get("name")),
        "data": json.dumps(data),
    }


def _fitting(name: str | None) -> str | None:
    """A name as its column takes it. `data` holds it as it is: JSON in ASCII can say everything."""
    if name is None:
        return None
    return name.replace("\0", " ").encode("utf-8", "replace").decode()[:255]


def _is_written(connection: Connection, row: dict[str, Any]) -> bool:
    same = (events.c[name] == row[name] for name in ("sender_id", "timestamp", "data"))
    return connection.execute(sa.select(events.c.id).where(*same)).first() is not None


def _engine(url: str, patience_seconds: int = _PATIENCE_SECONDS) -> Engine:
    """An engine whose connections may be used by any thread, and are few. They are not checked before use, which would cost
    a server two round trips each time: who uses one that is gone tries again (`_twice`, `_append`)."""
    options: dict[str, Any] = create_engine_kwargs(url)
    try:
        if sa.engine.make_url(url).get_backend_name() == "sqlite":
            options["connect_args"] = {"check_same_thread": False, "timeout": patience_seconds}
        else:
            options.setdefault("connect_args", {})["connect_timeout"] = _PATIENCE_SECONDS
            # Rasa's variables stay in force when somebody set them.
            if POSTGRESQL_POOL_SIZE not in os.environ:
                options["pool_size"] = _CONNECTIONS
            if POSTGRESQL_MAX_OVERFLOW not in os.environ:
                options["max_overflow"] = _CONNECTIONS
        engine = sa.create_engine(
            url, future=True, poolclass=QueuePool, pool_timeout=_PATIENCE_SECONDS,
            hide_parameters=True,  # an error tells what could not be stored, which are a client's words
            **options,
        )  # fmt: skip
    except ImportError as error:
        raise StoreUnavailable(f"The database of the conversations cannot be used: {error}") from error
    if engine.dialect.name == "sqlite":
        make_sqlite_file(url)
        sa.event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: Any) -> None:
    # A write-ahead log lets readers read while another process writes, and is on the disk at every commit.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_IN_LOG}")


def _make_tables(engine: Engine) -> None:
    """Create what is missing. Several processes may start at once: who comes second, at any of the steps, finds it made."""
    for last in (False, False, False, True):
        try:
            with engine.begin() as connection:
                SQLTrackerStore.Base.metadata.create_all(connection)
                metadata.create_all(connection)
                outbox.metadata.create_all(connection)
                connection.execute(sa.text(_INDEX))
            return
        except (IntegrityError, OperationalError, ProgrammingError):
            if last:
                raise


def _twice(read: Callable[..., Result]) -> Callable[..., Result]:
    """A read that is tried again when its connection was gone, for example because the server was restarted meanwhile."""

    def again(*arguments: Any) -> Result:
        try:
            return read(*arguments)
        except DBAPIError as error:
            if not error.connection_invalidated:  # else the pool has new ones by now
                raise
            return read(*arguments)

    return again


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the database's errors into ours. Rasa's own store ends the process on a `ValueError`."""
    try:
        yield
    except (DataError, ValueError) as error:
        metrics.STORE_ERRORS.inc()
        raise StoreRefused(f"The database of the conversations refuses a value: {reason_of(error)}") from error
    except SQLAlchemyError as error:
        metrics.STORE_ERRORS.inc()
        raise StoreUnavailable(f"The database of the conversations cannot be used: {reason_of(error)}") from error
