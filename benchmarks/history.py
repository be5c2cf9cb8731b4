"""Long conversations, made by copying: to speak 500 turns with stock Rasa takes minutes for each of them.

Two turns are spoken. The rows of the second one are written again and again into the table of events, which is the
same for Rasa's tracker store and for ours, under the name of another conversation. What is measured afterwards are
ordinary messages at its end.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

_COLUMNS = ("type_name", "timestamp", "intent_name", "action_name", "data")


def prolong(database: str, spoken: str, lengths: dict[str, int]) -> None:
    """Write conversations of some lengths.

    Args:
        database: SQLAlchemy address of the conversations.
        spoken: a conversation of two turns.
        lengths: number of turns by name of a new conversation.
    """
    engine = sa.create_engine(database, future=True)
    events = sa.Table("events", sa.MetaData(), autoload_with=engine)
    try:
        with engine.begin() as connection:
            query = sa.select(events).where(events.c.sender_id == spoken).order_by(events.c.id)
            first, second = _turns(connection.execute(query).mappings().all())
            for name, turns in lengths.items():
                rows = [*first, *second * (turns - 1)]
                connection.execute(sa.insert(events), [{**row, "sender_id": name} for row in rows])
    finally:
        engine.dispose()


def _turns(rows: Sequence[sa.engine.RowMapping]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The rows of the first turn with all before it, and those of the second."""
    plain = [{name: row[name] for name in _COLUMNS} for row in rows]
    users = [position for position, row in enumerate(plain) if row["type_name"] == "user"]
    if len(users) != 2:
        raise ValueError(f"The conversation has {len(users)} turns, not two.")
    return plain[: users[1]], plain[users[1] :]
