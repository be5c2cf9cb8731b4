"""The tables of the channels: what they must remember between processes.

They lie in the database of the knowledge store, but are no content: loading content leaves them alone.
"""

from __future__ import annotations

from sqlalchemy import Column, DateTime, MetaData, String, Table

from nmt_guide.knowledge import tables as knowledge

metadata = MetaData(naming_convention=knowledge.metadata.naming_convention)

#: One row for every message that a channel has taken in. The key is a hash: an id may name a person.
channel_seen = Table(
    "channel_seen",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, index=True),
)
