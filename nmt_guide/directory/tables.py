"""The tables of the directory. They hold no content: loading content leaves them alone."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, DateTime, Float, Integer, MetaData, String, Table, Text

from nmt_guide.knowledge.tables import metadata as knowledge

metadata = MetaData(naming_convention=knowledge.naming_convention)

therapist = Table(
    "therapist",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("credentials", JSON, nullable=False),
    Column("specialities", JSON, nullable=False),
    Column("address", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("postcode", Text, nullable=False),
    Column("latitude", Float(53), nullable=False),
    Column("longitude", Float(53), nullable=False),
    Column("languages", JSON, nullable=False),
    Column("gender", Text),
    Column("days", JSON, nullable=False),
    Column("home_visits", Boolean, nullable=False),
    Column("accepts_new_clients", Boolean, nullable=False),
    Column("phone", Text),
    Column("email", Text),
    Column("website", Text),
    Column("booking_url", Text),
)

#: One row: which list of therapists stands in the directory. Readers compare the version to learn that it changed.
therapist_list = Table(
    "therapist_list",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    Column("version", String(32), nullable=False),
    # Of the sample that it was filled from; nothing once a clinic imported its own list.
    Column("sample", String(64)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
