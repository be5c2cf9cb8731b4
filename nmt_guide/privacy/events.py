"""The conversation as Rasa keeps it: the events of its SQL tracker store."""

from __future__ import annotations

from sqlalchemy import column, create_engine, delete, inspect, table
from sqlalchemy.pool import NullPool

from nmt_guide.settings import Settings

#: Rasa's own table (`SQLTrackerStore.SQLEvent`), of which only the sender matters here.
_EVENTS = table("events", column("sender_id"))


def forget(settings: Settings, conversation: str) -> None:
    """Delete all events of a conversation.

    Args:
        settings: where conversations are kept.
        conversation: the sender id.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be used.
    """
    engine = create_engine(settings.tracker_url, future=True, poolclass=NullPool)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete=ON")  # overwritten, not only unlinked
        # Rasa makes the table when it first starts; before that there is nothing to delete.
        if inspect(connection).has_table(_EVENTS.name):
            connection.execute(delete(_EVENTS).where(_EVENTS.c.sender_id == conversation))
