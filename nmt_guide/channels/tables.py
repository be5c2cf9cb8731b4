"""The tables of the channels: what they must remember between processes.

They lie in the database of the knowledge store, but are no content: loading content leaves them alone.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Integer, MetaData, String, Table, Text

from nmt_guide.knowledge import tables as knowledge

metadata = MetaData(naming_convention=knowledge.metadata.naming_convention)

#: What a channel took in and has not finished, and the keys of what it finished; see `inbox`. Times are seconds since 1970.
channel_inbox = Table(
    "channel_inbox",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("conversation", String(255), nullable=False, index=True),
    Column("position", BigInteger, nullable=False),
    Column("subject", String(80)),
    Column("body", JSON(none_as_null=True)),
    Column("calls", JSON(none_as_null=True)),
    Column("sent", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("received_at", Float, nullable=False),
    Column("held_until", Float, nullable=False, server_default="0"),
    Column("held_by", String(32)),
    Column("done_at", Float),
)

#: Answers to requests of the REST webhook that carry a message id; see `rest_once`.
rest_answer = Table(
    "rest_answer",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("conversation", String(255), nullable=False, index=True),
    Column("fingerprint", String(64), nullable=False),
    Column("replies", Text),
    Column("begun_at", Float, nullable=False, index=True),
)
