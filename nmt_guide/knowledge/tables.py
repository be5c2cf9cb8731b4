"""The tables of the knowledge store, as SQLAlchemy Core describes them (1.4 and 2.x alike).

`migrations` creates them; `store` reads and writes them.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str = "id") -> Column:
    return Column(name, String(80), primary_key=True)


def _topic_key(name: str = "topic_id", **kwargs: bool) -> Column:
    return Column(name, String(80), ForeignKey("topic.id"), nullable=False, **kwargs)


def _source_key() -> Column:
    return Column("source_id", String(80), ForeignKey("source.id"), primary_key=True)


def _position() -> Column:
    return Column("position", Integer, nullable=False)


def _review() -> list[Column]:
    return [
        Column("reviewed_by", String(200)),
        Column("reviewed_on", Date),
        Column("review_due", Date, nullable=False),
    ]


#: One row: which content is loaded. Readers compare the fingerprint to learn that something changed.
release = Table(
    "release",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("loaded_at", DateTime(timezone=True), nullable=False),
)

source = Table(
    "source",
    metadata,
    _key(),
    _position(),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", String(80), nullable=False),
    Column("supports", Text, nullable=False),
    Column("found_how", Text, nullable=False),
    Column("note", Text),
    Column("unused_because", Text),
)

topic = Table(
    "topic",
    metadata,
    _key(),
    _position(),
    Column("group", String(40), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("title", String(60), nullable=False),
    Column("button", String(28), nullable=False),
)

answer = Table(
    "answer",
    metadata,
    _topic_key(primary_key=True),
    Column("short", Text, nullable=False),
    Column("long", Text, nullable=False),
    Column("evidence_grade", String(20), nullable=False),
    Column("evidence_text", Text, nullable=False),
    Column("sources_note", Text),
    *_review(),
)

answer_source = Table("answer_source", metadata, _topic_key(primary_key=True), _source_key(), _position())

topic_related = Table(
    "topic_related",
    metadata,
    _topic_key(primary_key=True),
    _topic_key("related_id", primary_key=True),
    _position(),
    CheckConstraint("topic_id <> related_id", name="not_itself"),
)

topic_includes = Table(
    "topic_includes",
    metadata,
    _topic_key(primary_key=True),
    Column("name", String(80), primary_key=True),
    _position(),
)

fact = Table(
    "fact",
    metadata,
    _key(),
    _position(),
    _topic_key(),
    Column("statement", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("assessment", String(40), nullable=False),
    Column("comment", Text, nullable=False),
    Column("safe_wording", Text),
    Column("contradiction", String(80)),
    Column("unused_because", Text),
)

fact_source = Table(
    "fact_source",
    metadata,
    Column("fact_id", String(80), ForeignKey("fact.id"), primary_key=True),
    _source_key(),
    _position(),
)

answer_fact = Table(
    "answer_fact",
    metadata,
    _topic_key(primary_key=True),
    Column("fact_id", String(80), ForeignKey("fact.id"), primary_key=True),
    _position(),
)

facet = Table("facet", metadata, _key("name"), _position(), Column("description", Text, nullable=False))

facet_value = Table(
    "facet_value",
    metadata,
    Column("facet", String(80), ForeignKey("facet.name"), primary_key=True),
    _key(),
    _position(),
    Column("name", Text, nullable=False),
    Column("parent", String(80)),
    Column("topic_id", String(80), ForeignKey("topic.id")),
    ForeignKeyConstraint(["facet", "parent"], ["facet_value.facet", "facet_value.id"], name="fk_facet_value_parent"),
)

facet_synonym = Table(
    "facet_synonym",
    metadata,
    Column("facet", String(80), primary_key=True),
    Column("wording", String(200), primary_key=True),
    Column("value", String(80), nullable=False),
    _position(),
    ForeignKeyConstraint(["facet", "value"], ["facet_value.facet", "facet_value.id"], name="fk_facet_synonym_value"),
)

#: What an answer says about one value of a facet: `instead` of the short form, or `before` it.
answer_facet = Table(
    "answer_facet",
    metadata,
    _topic_key(primary_key=True),
    Column("facet", String(80), primary_key=True),
    Column("value", String(80), primary_key=True),
    Column("place", String(8), CheckConstraint("place IN ('instead', 'before')", name="place"), primary_key=True),
    _position(),
    Column("text", Text, nullable=False),
)

red_flag = Table(
    "red_flag",
    metadata,
    _key(),
    _position(),
    Column("title", Text, nullable=False),
    Column("level", String(40), nullable=False),
    Column("say", Text, nullable=False),
    Column("ask", Text),
    _topic_key(),
    Column("rules", JSON, nullable=False),
    *_review(),
)

sign = Table(
    "sign",
    metadata,
    _key(),
    _position(),
    Column("means", Text, nullable=False),
    Column("wordings", JSON, nullable=False),
)

red_flag_source = Table(
    "red_flag_source",
    metadata,
    Column("red_flag_id", String(80), ForeignKey("red_flag.id"), primary_key=True),
    _source_key(),
    _position(),
)

red_flag_example = Table(
    "red_flag_example",
    metadata,
    Column("red_flag_id", String(80), ForeignKey("red_flag.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("present", Boolean, primary_key=True),
    Column("text", Text, nullable=False),
)

country = Table(
    "country",
    metadata,
    _key("code"),
    _position(),
    Column("name", String(80), nullable=False),
    Column("emergency", String(80), nullable=False),
    Column("crisis", Text, nullable=False),
    Column("non_emergency", String(80)),
    Column("abuse", Text),
    UniqueConstraint("name"),
)

clinic_fact = Table("clinic_fact", metadata, _key("key"), _position(), Column("value", JSON))
