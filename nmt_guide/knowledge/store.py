"""The knowledge store: content in a relational database, read back as one consistent picture.

Writers replace all content in one transaction, and a reader reads in one snapshot, so it sees the old
content or the new one, never a mixture.
Runs on SQLAlchemy 1.4 and 2.x, on SQLite and PostgreSQL.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, delete, event, func, insert, select
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, ProgrammingError, SQLAlchemyError

from nmt_guide.errors import StoreEmpty, StoreUnavailable, reason_of
from nmt_guide.knowledge import tables as t
from nmt_guide.knowledge.content import (
    Clinic,
    Content,
    Country,
    Evidence,
    Facet,
    FacetValue,
    Fact,
    Part,
    RedFlag,
    Review,
    Sign,
    Source,
    Topic,
)
from nmt_guide.private import make_sqlite_file

_MIGRATIONS = Path(__file__).with_name("migrations")
#: PostgreSQL's locks have numbers; this one is ours.
_WRITERS_LOCK = 5005
#: Longest wait for another process or thread that is at the SQLite file, in seconds. Loading content takes half a second
#: of a processor, which on a busy machine was more than the 5 s that Python's driver waits: clients' messages were lost.
PATIENCE_SECONDS = 30
Row = Mapping[str, Any]


class Store:
    """A database of knowledge.

    Args:
        url: SQLAlchemy address, for example ``sqlite:///var/knowledge.db`` or ``postgresql://user@host/name``.

    Raises:
        StoreUnavailable: the address means nothing.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self.engine: Engine = create_engine(
                url,
                future=True,
                pool_pre_ping=True,
                hide_parameters=True,  # an error tells what could not be stored: channels keep clients' words here
                **_patience(url),
            )
        except (NoSuchModuleError, ImportError) as error:
            raise StoreUnavailable(f"The address of the knowledge store cannot be used: {error}") from error
        except (ArgumentError, ValueError):  # their texts show the address, and the password in it
            raise StoreUnavailable(
                "The address of the knowledge store (NMT_DATABASE_URL) cannot be used: it is no address of a database."
            ) from None
        if self.engine.dialect.name == "sqlite":
            make_sqlite_file(url, folder=True)
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            self._reader = self.engine
        else:
            # READ COMMITTED, the default, shows each query the newest rows: two queries, two contents.
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")

    def migrate(self, revision: str = "head") -> None:
        """Bring the tables to the newest schema version.

        Raises:
            StoreUnavailable: the database cannot be reached or changed.
        """
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        try:
            with self.engine.begin() as connection:
                _wait_for_other_writers(connection)
                config.attributes["connection"] = connection
                if revision == "base":
                    command.downgrade(config, revision)
                else:
                    command.upgrade(config, revision)
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def save(self, content: Content, fingerprint: str) -> None:
        """Replace everything in the store by this content, or nothing at all when that fails.

        Args:
            content: what `files.read_content` returned.
            fingerprint: hash of the files that it was read from.

        Raises:
            StoreUnavailable: the database cannot be reached or written.
        """
        try:
            with self.engine.begin() as connection:
                _wait_for_other_writers(connection)
                _empty(connection)
                _write(connection, content)
                now = datetime.now(timezone.utc)
                connection.execute(insert(t.release).values(id=1, fingerprint=fingerprint, loaded_at=now))
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def fingerprint(self) -> str | None:
        """The fingerprint of the loaded content, or nothing when none was loaded yet.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        try:
            with self.engine.connect() as connection:
                row: str | None = connection.execute(select(t.release.c.fingerprint)).scalar()
                return row
        except (OperationalError, ProgrammingError) as error:
            if _lacks_tables(error):
                return None
            raise self._unavailable(error) from error
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def load(self) -> Content:
        """All content.

        Raises:
            StoreUnavailable: the database cannot be reached, or holds what this version cannot read.
            StoreEmpty: no content was loaded yet.
        """
        if self.fingerprint() is None:
            raise StoreEmpty("The knowledge store is empty: run 'nmt-guide content load'.")
        try:
            with self._reader.connect() as connection, connection.begin():
                found = {table.name: _rows(connection, table) for table in t.metadata.sorted_tables}
            # Made when the transaction has ended: it takes most of the time, and SQLite lets nobody write meanwhile.
            return _content(found)
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error
        except (ValueError, LookupError) as error:  # rows changed by hand, or written by another version
            raise StoreUnavailable(
                f"The knowledge store at {self._address} holds content that this version cannot read: "
                "run 'nmt-guide content load --force'."
            ) from error

    def clinic(self) -> Clinic:
        """The clinic's own facts alone: all that is asked of the content where no client is answered.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        try:
            with self.engine.connect() as connection:
                return _clinic(connection.execute(select(t.clinic_fact).order_by(t.clinic_fact.c.position)).mappings())
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: SQLAlchemyError) -> StoreUnavailable:
        reason = reason_of(error)
        return StoreUnavailable(f"The knowledge store at {self._address} cannot be used: {reason}")

    @property
    def _address(self) -> str:
        return str(self.engine.url.render_as_string(hide_password=True))


@cache
def shared_store(url: str) -> Store:
    """The store of an address that all parts of a running assistant use: with one of their own each, a process could
    hold fifteen connections to PostgreSQL for every part. Those fifteen are enough for all: who asks the store does so in
    one of asyncio's threads, which are four more than the processors.

    Raises:
        StoreUnavailable: the address means nothing.
    """
    return Store(url)


def _patience(url: str) -> dict[str, Any]:
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or "timeout" in address.query:
        return {}
    return {"connect_args": {"timeout": PATIENCE_SECONDS}}


def _set_up_sqlite(connection: Any, _: Any) -> None:
    # SQLite ignores foreign keys unless asked, on every new connection.
    connection.execute("PRAGMA foreign_keys=ON")
    # What is deleted is overwritten: some of it are clients' words, which would else stay readable in the file.
    connection.execute("PRAGMA secure_delete=ON")
    # Python's driver begins a transaction only before it writes: reads would each see another moment, and a
    # migration could stop half way. So it is kept from beginning any, and `_begin_sqlite` begins them all
    # (SQLAlchemy's recipe).
    connection.isolation_level = None


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _wait_for_other_writers(connection: Connection) -> None:
    """Let several assistants that start at once on an empty database make and fill its tables one after the other."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(select(func.pg_advisory_xact_lock(_WRITERS_LOCK)))


def _lacks_tables(error: SQLAlchemyError) -> bool:
    text = str(error).lower()
    return "no such table" in text or ("does not exist" in text and "relation" in text)


def _empty(connection: Connection) -> None:
    for table in reversed(t.metadata.sorted_tables):
        if table is t.facet_value:  # refers to itself: cut the links first
            connection.execute(t.facet_value.update().values(parent=None))
        connection.execute(delete(table))


def _write(connection: Connection, content: Content) -> None:
    def add(table: Any, rows: Iterable[Row]) -> None:
        listed = list(rows)
        if listed:
            connection.execute(insert(table), listed)

    add(t.source, ({"position": n, **source.dict()} for n, source in enumerate(content.sources)))
    add(t.country, ({"position": n, **country.dict()} for n, country in enumerate(content.countries)))
    add(
        t.clinic_fact,
        (
            {"position": n, "key": key, "value": _plain(value)}
            for n, (key, value) in enumerate(content.clinic.facts.items())
        ),
    )
    add(t.topic, (_topic_row(n, topic) for n, topic in enumerate(content.topics)))
    add(t.answer, map(_answer_row, content.topics))
    add(t.topic_related, _links(content.topics, "related", "related_id"))
    add(t.topic_includes, _links(content.topics, "includes", "name"))
    add(t.answer_source, _links(content.topics, "sources", "source_id"))
    add(
        t.fact,
        (
            {"position": n, "topic_id": f.topic, **f.dict(exclude={"topic", "sources"})}
            for n, f in enumerate(content.facts)
        ),
    )
    add(t.fact_source, _links(content.facts, "sources", "source_id", owner="fact_id"))
    add(t.answer_fact, _links(content.topics, "facts", "fact_id"))
    add(
        t.facet,
        ({"position": n, "name": f.facet, "description": f.description} for n, f in enumerate(content.facets)),
    )
    for facet in content.facets:
        add(t.facet_value, _in_family_order(facet))
        add(
            t.facet_synonym,
            (
                {"facet": facet.facet, "value": value.id, "wording": wording, "position": n}
                for value in facet.values
                for n, wording in enumerate(value.synonyms)
            ),
        )
    add(t.answer_facet, _answer_facets(content))
    add(t.red_flag, (_red_flag_row(n, flag) for n, flag in enumerate(content.red_flags)))
    add(t.sign, ({"position": n, **sign.dict()} for n, sign in enumerate(content.signs)))
    add(t.red_flag_source, _links(content.red_flags, "sources", "source_id", owner="red_flag_id"))
    add(
        t.red_flag_example,
        (
            {"red_flag_id": flag.id, "present": present, "position": n, "text": text}
            for flag in content.red_flags
            for present in (True, False)
            for n, text in enumerate(flag.present if present else flag.not_present)
        ),
    )


def _plain(value: Any) -> Any:
    """A value as JSON holds it: YAML reads bare dates as dates."""
    return json.loads(json.dumps(value, default=str))


def _topic_row(position: int, topic: Topic) -> Row:
    return {
        "position": position,
        "id": topic.id,
        "group": topic.group,
        "mode": topic.mode.value,
        "title": topic.title,
        "button": topic.button,
    }


def _answer_row(topic: Topic) -> Row:
    return {
        "topic_id": topic.id,
        "short": topic.short,
        "long": topic.long,
        "evidence_grade": topic.evidence.grade.value,
        "evidence_text": topic.evidence.text,
        "sources_note": topic.sources_note,
        **_review_row(topic.review),
    }


def _red_flag_row(position: int, flag: RedFlag) -> Row:
    return {
        "position": position,
        "id": flag.id,
        "title": flag.title,
        "level": flag.level.value,
        "say": flag.say,
        "ask": flag.ask,
        "topic_id": flag.topic,
        "rules": [json.loads(rule.json()) for rule in flag.rules],
        **_review_row(flag.review),
    }


def _review_row(review: Review) -> Row:
    return {"reviewed_by": review.by, "reviewed_on": review.on, "review_due": review.due}


def _links(entries: Iterable[Any], field: str, column: str, owner: str = "topic_id") -> Iterable[Row]:
    for entry in entries:
        for position, name in enumerate(getattr(entry, field)):
            yield {owner: entry.id, column: name, "position": position}


def _in_family_order(facet: Facet) -> list[Row]:
    """Rows of a facet's values, every parent before its children."""
    positions = {value.id: n for n, value in enumerate(facet.values)}

    def depth(value: FacetValue) -> int:
        return 0 if value.parent is None else 1 + depth(facet.by_id[value.parent])

    return [
        {
            "facet": facet.facet,
            "id": value.id,
            "position": positions[value.id],
            "name": value.name,
            "parent": value.parent,
            "topic_id": value.topic,
        }
        for value in sorted(facet.values, key=depth)
    ]


def _answer_facets(content: Content) -> Iterable[Row]:
    for topic in content.topics:
        for n, part in enumerate(topic.parts):
            yield {
                "topic_id": topic.id,
                "facet": part.facet,
                "value": part.value,
                "place": "instead",
                "position": n,
                "text": part.text,
            }
    for facet in content.facets:
        for value in facet.values:
            for n, (topic_id, text) in enumerate(value.notes.items()):
                yield {
                    "topic_id": topic_id,
                    "facet": facet.facet,
                    "value": value.id,
                    "place": "before",
                    "position": n,
                    "text": text,
                }


def _rows(connection: Connection, table: Any) -> list[Row]:
    query = select(table)
    if "position" in table.c:
        query = query.order_by(table.c.position)
    return [dict(row) for row in connection.execute(query).mappings()]


def _content(found: Mapping[str, list[Row]]) -> Content:
    def rows(table: Any) -> list[Row]:
        return found[table.name]

    def grouped(table: Any, owner: str, column: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in rows(table):
            found[row[owner]].append(row[column])
        return {key: tuple(values) for key, values in found.items()}

    related = grouped(t.topic_related, "topic_id", "related_id")
    includes = grouped(t.topic_includes, "topic_id", "name")
    sources = grouped(t.answer_source, "topic_id", "source_id")
    facts = grouped(t.answer_fact, "topic_id", "fact_id")
    fact_sources = grouped(t.fact_source, "fact_id", "source_id")
    flag_sources = grouped(t.red_flag_source, "red_flag_id", "source_id")
    answers = {row["topic_id"]: row for row in rows(t.answer)}
    passages = rows(t.answer_facet)
    examples = rows(t.red_flag_example)

    return Content(
        topics=tuple(
            Topic(
                **_without(row, "position"),
                short=answers[row["id"]]["short"],
                long=answers[row["id"]]["long"],
                evidence=Evidence(grade=answers[row["id"]]["evidence_grade"], text=answers[row["id"]]["evidence_text"]),
                sources_note=answers[row["id"]]["sources_note"],
                review=_review_of(answers[row["id"]]),
                related=related.get(row["id"], ()),
                includes=includes.get(row["id"], ()),
                sources=sources.get(row["id"], ()),
                facts=facts.get(row["id"], ()),
                parts=tuple(
                    Part(when={p["facet"]: p["value"]}, text=p["text"])
                    for p in passages
                    if p["topic_id"] == row["id"] and p["place"] == "instead"
                ),
            )
            for row in rows(t.topic)
        ),
        sources=tuple(Source(**_without(row, "position")) for row in rows(t.source)),
        facts=tuple(
            Fact(
                **_without(row, "position", "topic_id"),
                topic=row["topic_id"],
                sources=fact_sources.get(row["id"], ()),
            )
            for row in rows(t.fact)
        ),
        facets=_read_facets(rows(t.facet), rows(t.facet_value), rows(t.facet_synonym), passages),
        signs=tuple(Sign(**_without(row, "position")) for row in rows(t.sign)),
        red_flags=tuple(
            RedFlag(
                **_without(row, "position", "topic_id", "reviewed_by", "reviewed_on", "review_due"),
                topic=row["topic_id"],
                review=_review_of(row),
                sources=flag_sources.get(row["id"], ()),
                present=_examples_of(row, examples, present=True),
                not_present=_examples_of(row, examples, present=False),
            )
            for row in rows(t.red_flag)
        ),
        countries=tuple(Country(**_without(row, "position")) for row in rows(t.country)),
        clinic=_clinic(rows(t.clinic_fact)),
    )


def _clinic(rows: Iterable[Row]) -> Clinic:
    return Clinic(facts={row["key"]: row["value"] for row in rows})


def _read_facets(facets: list[Row], values: list[Row], synonyms: list[Row], passages: list[Row]) -> tuple[Facet, ...]:
    wordings: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in synonyms:
        wordings[row["facet"], row["value"]].append(row["wording"])
    notes: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in passages:
        if row["place"] == "before":
            notes[row["facet"], row["value"]][row["topic_id"]] = row["text"]
    return tuple(
        Facet(
            facet=facet["name"],
            description=facet["description"],
            values=tuple(
                FacetValue(
                    id=row["id"],
                    name=row["name"],
                    parent=row["parent"],
                    topic=row["topic_id"],
                    synonyms=tuple(wordings[facet["name"], row["id"]]),
                    notes=notes[facet["name"], row["id"]],
                )
                for row in values
                if row["facet"] == facet["name"]
            ),
        )
        for facet in facets
    )


def _review_of(row: Row) -> Review:
    return Review(by=row["reviewed_by"], on=row["reviewed_on"], due=row["review_due"])


def _examples_of(flag: Row, examples: list[Row], *, present: bool) -> tuple[str, ...]:
    return tuple(row["text"] for row in examples if row["red_flag_id"] == flag["id"] and row["present"] is present)


def _without(row: Row, *names: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in names}
