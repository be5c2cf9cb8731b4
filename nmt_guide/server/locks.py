"""Rasa's locks, with less waiting: one message of a conversation is at work at a time.

A client who sends two messages in a row waits for the first answer. Rasa looks once a second whether it is there. And it
lets tickets run out by the machine's clock: when that is set forward, whoever waits is turned away; when it is set back, or
another replica's clock is behind, a ticket of a replica that died holds up its conversation for as long.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit

from rasa.core.lock import Ticket, TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockStore, RedisLockStore
from rasa.utils.endpoints import EndpointConfig

#: How often a waiting message looks, in seconds; an answer takes about as long.
LOOK_SECONDS = 0.02
#: Longest that a replica holds, or waits for, the right to change the tickets of a conversation, in seconds.
_TICKET_SECONDS = 5
#: How long what was learnt of Redis's clock is believed, in seconds: two clocks part by milliseconds meanwhile.
_BELIEVED_SECONDS = 30.0


class SteadyLock(TicketLock):
    """Tickets that run out by a clock that nobody sets.

    Args:
        conversation_id: whose tickets they are.
        tickets: the tickets.
        now: that clock, in seconds.
    """

    def __init__(
        self, conversation_id: str, tickets: Iterable[Ticket] = (), now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(conversation_id, deque(tickets))
        self._now = now

    def issue_ticket(self, lifetime: float) -> int:
        """See parent class."""
        number = int(self.last_issued) + 1
        self.tickets.append(Ticket(number, self._now() + lifetime))
        return number

    def remove_expired_tickets(self) -> None:
        """See parent class."""
        now = self._now()
        for ticket in list(self.tickets):
            if ticket.expires < now:
                self.tickets.remove(ticket)


class _Prompt:
    """Looks often: that costs a look into a dictionary, or a quarter of a millisecond with Redis."""

    def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = LOOK_SECONDS,
    ) -> AbstractAsyncContextManager[TicketLock]:
        """See Rasa's `LockStore`."""
        return super().lock(conversation_id, lock_lifetime, wait_time_in_seconds)  # type: ignore[misc]


class PromptLockStore(_Prompt, InMemoryLockStore):
    """Locks of one process."""

    def create_lock(self, conversation_id: str) -> TicketLock:
        """See parent class."""
        return SteadyLock(conversation_id)


class PromptRedisLockStore(_Prompt, RedisLockStore):
    """Locks of several replicas.

    Rasa reads the tickets of a conversation, changes them and writes them back: two replicas that do so at once give
    out the same ticket, and one of them undoes what the other did. Here one waits for the other. Tickets run out by the
    clock of Redis, which all replicas share.
    """

    _offset = 0.0
    _learnt_at = float("-inf")

    def create_lock(self, conversation_id: str) -> TicketLock:
        """See parent class."""
        return SteadyLock(conversation_id, now=self._now)

    def get_lock(self, conversation_id: str) -> TicketLock | None:
        """See parent class."""
        stored = self.red.get(self.key_prefix + conversation_id)
        if not stored:
            return None
        tickets = (Ticket.from_dict(json.loads(ticket)) for ticket in json.loads(stored)["tickets"])
        return SteadyLock(conversation_id, tickets, self._now)

    def issue_ticket(self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME) -> int:
        """See parent class."""
        with self._alone(conversation_id):
            return int(super().issue_ticket(conversation_id, lock_lifetime))

    def update_lock(self, conversation_id: str) -> None:
        """See parent class."""
        with self._alone(conversation_id):
            super().update_lock(conversation_id)

    def cleanup(self, conversation_id: str, ticket_number: int) -> None:
        """See parent class."""
        with self._alone(conversation_id):
            super().cleanup(conversation_id, ticket_number)

    def _now(self) -> float:
        """The time of Redis. It is asked for now and then; in between our own clock goes on, the one that nobody sets."""
        steady = time.monotonic()
        if steady - self._learnt_at > _BELIEVED_SECONDS:
            seconds, microseconds = self.red.time()
            self._offset, self._learnt_at = seconds + microseconds / 1e6 - steady, steady
        return steady + self._offset

    def _alone(self, conversation_id: str) -> Any:
        key = f"{self.key_prefix}{conversation_id}:tickets"
        return self.red.lock(key, timeout=_TICKET_SECONDS, blocking_timeout=_TICKET_SECONDS, sleep=0.002)


def lock_store(configured: EndpointConfig | None, redis_url: str = "") -> EndpointConfig | LockStore:
    """The lock store that the settings or `endpoints.yml` ask for, in its prompt form when there is one.

    Args:
        configured: what `endpoints.yml` says.
        redis_url: the Redis of several replicas, `redis://user:password@host:port/database`; goes before that.
    """
    if redis_url:
        url = urlsplit(redis_url)
        database = int(url.path.strip("/") or 0)
        return PromptRedisLockStore(
            host=url.hostname or "localhost", port=url.port or 6379, db=database, username=url.username,
            password=url.password, use_ssl=url.scheme == "rediss",
        )  # fmt: skip
    if configured is None or configured.type in (None, "in_memory"):
        return PromptLockStore()
    if configured.type == "redis":
        return PromptRedisLockStore(host=configured.url, **configured.kwargs)
    return configured
