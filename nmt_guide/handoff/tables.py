"""The tables of the hand-off. They are no content: loading content leaves them as they are."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, ForeignKey, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator

from nmt_guide.knowledge.tables import metadata as knowledge_metadata

metadata = MetaData(naming_convention=knowledge_metadata.naming_convention)


class Moment(TypeDecorator):
    """A moment, always in UTC: SQLite forgets the time zone, and compares moments as texts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Into the database."""
        return None if value is None else value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Out of the database."""
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


#: What comes from outside has no greatest length here: PostgreSQL would refuse the request, and it would be lost.
request = Table(
    "handoff_request",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("conversation", Text, nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("name", Text),
    Column("phone", Text),
    Column("email", Text),
    Column("message", Text),
    Column("topic", Text),
    Column("flag", Text),
    Column("consent", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),  # a member of staff said that it is dealt with
)

#: One row for each way (e-mail, Slack) that a request has to go.
delivery = Table(
    "handoff_delivery",
    metadata,
    Column("request_id", String(32), ForeignKey("handoff_request.id", ondelete="CASCADE"), primary_key=True),
    Column("way", String(20), primary_key=True),
    Column(
        "state",
        String(12),
        CheckConstraint("state IN ('new', 'sending', 'failed', 'delivered')", name="state"),
        nullable=False,
    ),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Moment, nullable=False),  # while sending: when others may believe that the sender died
    Column("claim", String(32)),  # who is sending
    Column("maybe_sent", Boolean, nullable=False),  # an earlier try may have arrived after all
    Column("refused", Boolean, nullable=False),  # the other side said that trying again will not help
    Column("last_error", Text),
    Column("delivered_at", Moment),
)
