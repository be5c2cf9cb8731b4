"""The tables of the website chat. They lie in the knowledge store's database, and loading content leaves them alone."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from nmt_guide.knowledge import tables as knowledge

metadata = MetaData(naming_convention=knowledge.metadata.naming_convention)

#: What client and assistant said, in the order in which the client sees it.
entry = Table(
    "web_entry",
    metadata,
    Column("session", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("author", String(10), CheckConstraint("author IN ('client', 'assistant')", name="author"), nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("buttons", JSON(none_as_null=True)),
    Column("reply", JSON(none_as_null=True)),  # the reply metadata; `metadata` is taken in SQLAlchemy
    #: On a client's entry: the id that the client gave it, and whether it was answered.
    Column("message_id", String(64)),
    Column("answered", Boolean),
    #: On a reply: the entry that it answers.
    Column("answers", Integer),
    UniqueConstraint("session", "message_id"),
)

#: Thumbs up and down.
feedback = Table(
    "web_feedback",
    metadata,
    Column("session", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("rating", String(4), CheckConstraint("rating IN ('up', 'down')", name="rating"), nullable=False),
    Column("topic", String(80)),
    Column("comment", Text),
    Column("given_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["session", "seq"], ["web_entry.session", "web_entry.seq"], ondelete="CASCADE"),
)

#: Sessions that were deleted: their tokens are still about. An id says nothing of a person.
deleted = Table(
    "web_deleted",
    metadata,
    Column("session", String(64), primary_key=True),
    Column("deleted_at", DateTime(timezone=True), nullable=False),
)
