"""The tables of what was asked. They are no content: loading content leaves them as they are.

Nothing in them belongs to a conversation, so that deleting one leaves them as they are too.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Integer, MetaData, String, Table, Text

from nmt_guide.handoff.tables import Moment
from nmt_guide.knowledge.tables import metadata as knowledge_metadata

metadata = MetaData(naming_convention=knowledge_metadata.naming_convention)

#: One row for each message of a client.
turn = Table(
    "analytics_turn",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("hour", Moment, nullable=False, index=True),
    Column("seconds", Float),
)

#: One row for each message that answered it.
reply = Table(
    "analytics_reply",
    metadata,
    Column("turn_id", String(32), ForeignKey("analytics_turn.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("topic", Text),
    Column("facets", Text, nullable=False),  # names, sorted, with commas between
    Column("level", Text),
    Column("flag", Text),
)
