"""The outbox: requests of clients, kept in the store until staff have them.

Each request goes every way that is configured (e-mail, Slack), each way on its own: a mail server that is down does
not make Slack ring twice. A delivery is claimed before it is sent and marked after it. Who dies in between leaves a
claim that runs out; then the delivery is tried again, and says that it may be a duplicate.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import and_, delete, exists, insert, or_, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from nmt_guide.errors import StoreUnavailable, reason_of
from nmt_guide.handoff.requests import Kind, Request
from nmt_guide.handoff.tables import delivery
from nmt_guide.handoff.tables import request as requests

State = Literal["new", "sending", "failed", "delivered"]

#: How long a sender may take before others believe that it died. Sending stops itself long before (see `worker`), and
#: the clocks of two machines may differ by the rest.
LEASE = timedelta(minutes=5)
#: From this many tries on, a delivery is shown as stuck. With the waits of `worker` that is after about an hour.
STUCK_AFTER = 8


@dataclass(frozen=True)
class Delivery:
    """How far a request came on one way."""

    way: str
    state: State
    attempts: int
    next_try_at: datetime
    maybe_sent: bool
    refused: bool
    last_error: str | None
    delivered_at: datetime | None

    @property
    def stuck(self) -> bool:
        """Whether somebody should look: it was refused, or failed again and again. It is still being tried."""
        return self.state != "delivered" and (self.refused or self.attempts >= STUCK_AFTER)


@dataclass(frozen=True)
class Entry:
    """A request in the outbox, with what became of it."""

    request: Request
    done_at: datetime | None
    deliveries: tuple[Delivery, ...]

    @property
    def delivered(self) -> bool:
        """Whether staff have it on every way that it was to go."""
        return bool(self.deliveries) and all(each.state == "delivered" for each in self.deliveries)


@dataclass(frozen=True)
class Claim:
    """The right to send one request on one way, until the lease ends."""

    request: Request
    way: str
    token: str
    attempts: int
    maybe_sent: bool


class Outbox:
    """Requests of clients and their deliveries, in a database.

    All methods wait for the database: call them in a thread (`asyncio.to_thread`) when on an event loop. All raise
    `StoreUnavailable` when the database cannot be reached or used.

    Args:
        engine: of the knowledge store, whose migrations made the tables.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, request: Request) -> Request:
        """Keep a request. Once this returns, it is safe.

        Returns:
            The request as it is stored. An id that is there already keeps its first content: a client who presses
            twice, or a message that is delivered twice, asks once.
        """
        request = _storable(request)
        try:
            with self._transaction() as connection:
                connection.execute(insert(requests).values(asdict(request)))
        except IntegrityError:
            with self._transaction() as connection:
                row = connection.execute(select(requests).where(requests.c.id == request.id)).mappings().one()
                return _request(row)
        return request

    def pending(self) -> list[Entry]:
        """Requests that staff do not have yet, or not on every way, oldest first. Those that are done do not count."""
        return [entry for entry in self.entries() if entry.done_at is None and not entry.delivered]

    def entries(self, prefix: str = "") -> list[Entry]:
        """All requests, or those whose id begins with a prefix, oldest first."""
        chosen = requests.c.id.startswith(prefix, autoescape=True)
        with self._transaction() as connection:
            rows = connection.execute(select(requests).where(chosen).order_by(requests.c.created_at)).mappings().all()
            found = select(delivery).where(delivery.c.request_id.in_(select(requests.c.id).where(chosen)))
            deliveries: dict[str, list[Delivery]] = {}
            for row in connection.execute(found.order_by(delivery.c.way)).mappings():
                deliveries.setdefault(row["request_id"], []).append(_delivery(row))
        return [Entry(_request(row), row["done_at"], tuple(deliveries.get(row["id"], ()))) for row in rows]

    def done(self, request_id: str, now: datetime | None) -> bool:
        """Note that staff dealt with a request: it is not sent any more. Without a time this is taken back.

        Returns:
            Whether there is such a request.
        """
        with self._transaction() as connection:
            noted = update(requests).where(requests.c.id == request_id).values(done_at=now)
            return bool(connection.execute(noted).rowcount)

    def forget(self, conversation: str) -> int:
        """Delete everything that a conversation left here.

        Returns:
            How many requests these were.
        """
        return self._delete(requests.c.conversation == conversation)

    def purge(self, before: datetime) -> int:
        """Delete requests from before a moment, whatever became of them: a promise to clients how long data is kept.

        Returns:
            How many.
        """
        return self._delete(requests.c.created_at < before)

    def plan(self, ways: Mapping[str, Collection[Kind]], now: datetime) -> None:
        """Give every request that is not done its deliveries.

        A request that was delivered at all, or is on its way by one that is configured, gets no more: a clinic that adds
        Slack later does not see its old requests again. One that waits for a way that was switched off gets the others.

        Args:
            ways: the configured ways, each with the kinds of request that go there.
            now: when to try first.
        """
        known = select(delivery.c.request_id).where(
            or_(delivery.c.way.in_(ways), delivery.c.state == "delivered"), delivery.c.request_id == requests.c.id
        )
        found = select(requests.c.id, requests.c.kind).where(requests.c.done_at.is_(None), ~exists(known))
        with self._transaction() as connection:
            rows = [
                _first_delivery(row["id"], way, now)
                for row in connection.execute(found).mappings()
                for way, kinds in ways.items()
                if row["kind"] in kinds
            ]
        if rows:
            # Of two processes that plan at once, the second fails on the keys of the first: nothing is left to do.
            with contextlib.suppress(IntegrityError), self._transaction() as connection:
                connection.execute(insert(delivery), rows)

    def hurry(self, now: datetime) -> None:
        """Let everything that failed be tried now: the settings may be mended. What is being sent is left alone."""
        with self._transaction() as connection:
            connection.execute(update(delivery).where(delivery.c.state == "failed").values(next_try_at=now))

    def due(self, way: str, now: datetime) -> list[str]:
        """Ids of the requests to send on a way now: urgent ones first, then the oldest."""
        urgent = (requests.c.kind == "urgent").desc()
        found = (
            select(requests.c.id)
            .join(delivery, delivery.c.request_id == requests.c.id)
            .where(delivery.c.way == way, requests.c.done_at.is_(None), _is_due(now))
            .order_by(urgent, requests.c.created_at)
        )
        with self._transaction() as connection:
            return list(connection.execute(found).scalars())

    def claim(self, request_id: str, way: str, now: datetime) -> Claim | None:
        """The right to send a request, unless somebody else was faster or it is gone."""
        token = uuid.uuid4().hex
        one = and_(delivery.c.request_id == request_id, delivery.c.way == way)
        # The condition and the change are one statement: of two processes, the second finds no row.
        taken = (
            update(delivery)
            .where(one, _is_due(now))
            .values(
                state="sending",
                claim=token,
                next_try_at=now + LEASE,
                attempts=delivery.c.attempts + 1,
                # A claim that ran out: its owner died, perhaps after the message had left.
                maybe_sent=or_(delivery.c.maybe_sent, delivery.c.state == "sending"),
            )
        )
        with self._transaction() as connection:
            if not connection.execute(taken).rowcount:
                return None
            row = connection.execute(select(requests).where(requests.c.id == request_id)).mappings().one()
            mine = connection.execute(select(delivery).where(one)).mappings().one()
        return Claim(_request(row), way, token, mine["attempts"], mine["maybe_sent"])

    def delivered(self, claim: Claim, now: datetime) -> None:
        """Note that a claimed request arrived."""
        self._settle(claim, state="delivered", delivered_at=now, last_error=None, refused=False)

    def failed(self, claim: Claim, next_try_at: datetime, error: str, *, refused: bool, maybe_sent: bool) -> None:
        """Note that a claimed request did not arrive, or perhaps did not.

        Args:
            claim: what was tried.
            next_try_at: when to try again.
            error: why, for staff.
            refused: the other side said that trying again will not help.
            maybe_sent: it may have arrived after all.
        """
        values = {"state": "failed", "next_try_at": next_try_at, "last_error": error, "refused": refused}
        self._settle(claim, **values, maybe_sent=claim.maybe_sent or maybe_sent)

    def _settle(self, claim: Claim, **values: Any) -> None:
        mine = (
            delivery.c.request_id == claim.request.id,
            delivery.c.way == claim.way,
            delivery.c.claim == claim.token,
        )
        with self._transaction() as connection:
            connection.execute(update(delivery).where(*mine).values(claim=None, **values))

    def _delete(self, condition: Any) -> int:
        with self._transaction() as connection:
            which = select(requests.c.id).where(condition)
            connection.execute(delete(delivery).where(delivery.c.request_id.in_(which)))
            return int(connection.execute(delete(requests).where(condition)).rowcount)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            reason = reason_of(error)
            address = self._engine.url.render_as_string(hide_password=True)
            raise StoreUnavailable(f"The outbox at {address} cannot be used: {reason}") from error


#: Characters that no database or mail server needs to see: controls but for line ends and tabs, and halves of pairs.
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _storable(request: Request) -> Request:
    clean: dict[str, Any] = {
        name: _UNWANTED.sub(" ", value) for name, value in asdict(request).items() if isinstance(value, str)
    }
    return replace(request, **clean)


def _is_due(now: datetime) -> Any:
    return and_(delivery.c.state != "delivered", delivery.c.next_try_at <= now)


def _first_delivery(request_id: str, way: str, now: datetime) -> dict[str, Any]:
    state = {"state": "new", "attempts": 0, "maybe_sent": False, "refused": False}
    return {"request_id": request_id, "way": way, "next_try_at": now, **state}


def _request(row: Mapping[Any, Any]) -> Request:
    return Request(**{each.name: row[each.name] for each in fields(Request)})


def _delivery(row: Mapping[Any, Any]) -> Delivery:
    return Delivery(**{each.name: row[each.name] for each in fields(Delivery)})
