"""Keeps the therapists in the database of the knowledge store."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from nmt_guide.directory.model import Therapist
from nmt_guide.directory.tables import therapist, therapist_list
from nmt_guide.errors import StoreUnavailable, reason_of

_LISTS = ("credentials", "specialities", "languages", "days")


@dataclass(frozen=True)
class State:
    """Which list stands in the directory.

    Attributes:
        version: changes with every change of the list.
        sample: fingerprint of the sample file that it was filled from; nothing once a clinic imported its own.
    """

    version: str
    sample: str | None


def state(engine: Engine) -> State | None:
    """Which list stands in the directory; nothing when none was ever loaded.

    Raises:
        StoreUnavailable: the database cannot be used, or has not the directory's tables.
    """
    with plain_errors(engine), engine.connect() as connection:
        row = connection.execute(select(therapist_list.c.version, therapist_list.c.sample)).first()
        return None if row is None else State(row.version, row.sample)


def load(engine: Engine) -> tuple[Therapist, ...]:
    """Everybody, in the order of the list.

    Raises:
        StoreUnavailable: the database cannot be used, or has not the directory's tables.
    """
    with plain_errors(engine), engine.connect() as connection:
        return tuple(_read(connection))


def replace(engine: Engine, therapists: Iterable[Therapist], sample: str | None = None) -> None:
    """Put a list in the place of the one that is there, or leave that one untouched when this fails.

    Args:
        engine: the database.
        therapists: the new list.
        sample: fingerprint of the sample file, when it is that.

    Raises:
        StoreUnavailable: the database cannot be used, or has not the directory's tables.
    """
    with plain_errors(engine), engine.begin() as connection:
        _write(connection, therapists, sample)


def update(engine: Engine, therapists: Iterable[Therapist]) -> None:
    """Add therapists, and change those who are there already; everybody else stays. Or, when this fails, change nothing.

    Raises:
        StoreUnavailable: the database cannot be used, or has not the directory's tables.
    """
    with plain_errors(engine), engine.begin() as connection:
        merged = {person.id: person for person in _read(connection)}
        merged |= {person.id: person for person in therapists}
        _write(connection, merged.values(), None)


def _read(connection: Connection) -> Iterator[Therapist]:
    for row in connection.execute(select(therapist).order_by(therapist.c.position)).mappings():
        values: dict[str, Any] = {name: value for name, value in row.items() if name != "position"}
        yield Therapist(**{**values, **{name: tuple(values[name]) for name in _LISTS}})


def _write(connection: Connection, therapists: Iterable[Therapist], sample: str | None) -> None:
    connection.execute(delete(therapist))
    rows = [{"position": position, **asdict(person)} for position, person in enumerate(therapists)]
    if rows:
        connection.execute(insert(therapist), rows)
    connection.execute(delete(therapist_list))
    now = datetime.now(timezone.utc)
    connection.execute(insert(therapist_list).values(id=1, version=uuid.uuid4().hex, sample=sample, changed_at=now))


@contextmanager
def plain_errors(engine: Engine) -> Iterator[None]:
    """Within, an error of the database becomes one of ours, without the password."""
    try:
        yield
    except SQLAlchemyError as error:
        address = engine.url.render_as_string(hide_password=True)
        reason = reason_of(error)
        raise StoreUnavailable(f"The therapist directory at {address} cannot be used: {reason}") from error
