"""What was asked, in the database: written once each, and read back as counts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from nmt_guide.analytics import tables as t
from nmt_guide.analytics.turns import Turn
from nmt_guide.errors import StoreRefused, StoreUnavailable, reason_of


@dataclass(frozen=True)
class Messages:
    """Messages of one hour that came by one channel; `seconds` is the sum over those `timed`."""

    hour: datetime
    channel: str
    count: int
    timed: int
    seconds: float


@dataclass(frozen=True)
class Replies:
    """Replies of one hour that are alike."""

    hour: datetime
    kind: str
    topic: str | None
    level: str | None
    flag: str | None
    count: int


class Counts:
    """What was asked. All methods wait for the database, and raise `StoreUnavailable` when it cannot be used.

    Args:
        engine: of the knowledge store, whose migrations made the tables.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, turns: Sequence[Turn]) -> int:
        """Write down turns; one that is there already is left out.

        Returns:
            How many were new.

        Raises:
            StoreRefused: the database does not take a value.
        """
        for _ in range(3):
            try:
                return self._add(turns)
            except IntegrityError:
                continue  # somebody wrote one of them just now: look again which are there
        raise StoreUnavailable("What was asked cannot be written down: others write the same at the same time.")

    def messages(self, since: datetime) -> list[Messages]:
        """How many messages came, since a moment."""
        query = (
            select(
                t.turn.c.hour, t.turn.c.channel, func.count(), func.count(t.turn.c.seconds), func.sum(t.turn.c.seconds)
            )
            .where(t.turn.c.hour >= since)
            .group_by(t.turn.c.hour, t.turn.c.channel)
        )
        with self._transaction() as connection:
            return [
                Messages(hour, channel, count, timed, seconds or 0.0)
                for hour, channel, count, timed, seconds in connection.execute(query)
            ]

    def replies(self, since: datetime) -> list[Replies]:
        """What the assistant answered, since a moment."""
        what = (t.turn.c.hour, t.reply.c.kind, t.reply.c.topic, t.reply.c.level, t.reply.c.flag)
        query = (
            select(*what, func.count())
            .join_from(t.turn, t.reply, t.turn.c.id == t.reply.c.turn_id)
            .where(t.turn.c.hour >= since)
            .group_by(*what)
        )
        with self._transaction() as connection:
            return [Replies(*row) for row in connection.execute(query)]

    def _add(self, turns: Sequence[Turn]) -> int:
        by_id = {turn.id: turn for turn in turns}
        with self._transaction() as connection:
            there = connection.execute(select(t.turn.c.id).where(t.turn.c.id.in_(by_id))).scalars()
            new = [by_id[name] for name in by_id.keys() - set(there)]
            if not new:
                return 0
            connection.execute(
                insert(t.turn),
                [{"id": turn.id, "channel": turn.channel, "hour": turn.hour, "seconds": turn.seconds} for turn in new],
            )
            rows = [
                {"turn_id": turn.id, "position": position, "kind": reply.kind, "topic": reply.topic,
                 "facets": ",".join(reply.facets), "level": reply.level, "flag": reply.flag}
                for turn in new
                for position, reply in enumerate(turn.replies)
            ]  # fmt: skip
            if rows:
                connection.execute(insert(t.reply), rows)
            return len(new)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DataError as error:
            raise StoreRefused(f"The database does not take what was asked: {reason_of(error)}") from error
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"What was asked cannot be written or read: {reason_of(error)}") from error
