"""What was asked and is not counted yet, beside the conversations.

A turn is written here in the transaction that stores the conversation: who has the one has the other, whatever dies
next. A process takes some of them for a while, passes them on, and deletes them. When it dies in between, another one
passes them on again; they are counted once by their id.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import Column, Float, MetaData, String, Table, Text, delete, func, inspect, or_, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from nmt_guide.analytics.turns import Turn, from_json
from nmt_guide.errors import StoreUnavailable, reason_of
from nmt_guide.knowledge.tables import metadata as knowledge_metadata

metadata = MetaData(naming_convention=knowledge_metadata.naming_convention)
#: Made by the store of the conversations, in its database.
outbox = Table(
    "analytics_outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("turn", Text, nullable=False),
    Column("held_until", Float, nullable=False, server_default="0"),
    Column("held_by", String(32)),
)

#: How long a process may take to pass on what it took, in seconds; then others may.
HOLD_SECONDS = 60.0


class Outbox:
    """Turns on their way to where they are counted. All methods wait for the database and raise `StoreUnavailable`.

    Args:
        engine: of the database of the conversations.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waiting(self) -> int:
        """How many there are."""
        with self._transaction() as connection:
            if not inspect(connection).has_table(outbox.name):
                return 0  # the assistant never ran
            return int(connection.execute(select(func.count()).select_from(outbox)).scalar() or 0)

    def take(self, most: int) -> tuple[str, list[Turn]]:
        """Take turns that nobody else holds.

        Returns:
            A token for `done` and `give_back`, and the turns, none when nothing waits.
        """
        token, now = uuid.uuid4().hex, time.time()
        # The second: it was taken by a clock that ran ahead, or ours was set back.
        free = or_(outbox.c.held_until < now, outbox.c.held_until > now + 2 * HOLD_SECONDS)
        with self._transaction() as connection:
            if connection.execute(select(outbox.c.id).where(free).limit(1)).first() is None:
                return token, []
        with self._transaction() as connection:
            some = select(outbox.c.id).where(free).limit(most).with_for_update(skip_locked=True)
            mine = update(outbox).where(outbox.c.id.in_(some), free)
            connection.execute(mine.values(held_until=now + HOLD_SECONDS, held_by=token))
            rows = connection.execute(select(outbox.c.turn).where(outbox.c.held_by == token)).scalars()
            return token, [from_json(row) for row in rows]

    def done(self, token: str) -> None:
        """What was taken is passed on."""
        with self._transaction() as connection:
            connection.execute(delete(outbox).where(outbox.c.held_by == token))

    def give_back(self, token: str) -> None:
        """What was taken could not be passed on: anybody may try."""
        with self._transaction() as connection:
            connection.execute(update(outbox).where(outbox.c.held_by == token).values(held_until=0, held_by=None))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = reason_of(error)
            raise StoreUnavailable(f"What was asked cannot be passed on: {reason}") from error


def rows(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """Turns as rows, for whoever stores a conversation."""
    return [{"id": turn.id, "turn": turn.as_json()} for turn in turns]
