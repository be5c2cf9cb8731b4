"""Rasa's locks, with less waiting: one message of a conversation is at work at a time.

A client who sends two messages in a row waits for the first answer. Rasa looks once a second whether it is there. And it
lets tickets run out by the machine's clock: when that is set forward, whoever waits is turned away; when it is set back, or
another replica's clock is behind, a ticket of a replica that died holds up its conversation for as long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from rasa.core.lock import Ticket, TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError, LockStore, RedisLockStore
from rasa.utils.endpoints import EndpointConfig

from nmt_guide.errors import SetupError
from nmt_guide.settings import login_of

#: How often a waiting message looks, in seconds; an answer takes about as long.
LOOK_SECONDS = 0.02


class SteadyLock(TicketLock):
    """Tickets that run out by a clock that nobody sets."""

    def issue_ticket(self, lifetime: float) -> int:
        """See parent class."""
        number = int(self.last_issued) + 1
        self.tickets.append(Ticket(number, time.monotonic() + lifetime))
        return number

    def remove_expired_tickets(self) -> None:
        """See parent class."""
        now = time.monotonic()
        for ticket in list(self.tickets):
            if ticket.expires < now:
                self.tickets.remove(ticket)


class PromptLockStore(InMemoryLockStore):
    """Locks of one process. Whoever waits looks often: that costs a look into a dictionary."""

    def create_lock(self, conversation_id: str) -> TicketLock:
        """See parent class."""
        return SteadyLock(conversation_id)

    def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = LOOK_SECONDS,
    ) -> AbstractAsyncContextManager[TicketLock]:
        """See Rasa's `LockStore`."""
        return super().lock(conversation_id, lock_lifetime, wait_time_in_seconds)


#: What both scripts begin with: who still waits, by Redis's own clock. A ticket is a field of the conversation's hash,
#: its number the microsecond at which it was drawn, so that none is ever drawn twice; the value says when it runs out.
_WAITING = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local first, last, waiting = nil, 0, redis.call('HGETALL', KEYS[1])
for place = 1, #waiting, 2 do
    local number = tonumber(waiting[place])
    if tonumber(waiting[place + 1]) < now then
        redis.call('HDEL', KEYS[1], waiting[place])
    else
        first = math.min(first or number, number)
        last = math.max(last, number)
    end
end
"""
#: Draws a ticket that lasts so many seconds; returns it, and the one that is served.
_DRAW = (
    _WAITING
    + """
local own = math.max(math.floor(now * 1000000), last + 1)
redis.call('HSET', KEYS[1], string.format('%.0f', own), now + ARGV[1])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[1]) + 1)
return {own, first or own}
"""
)
#: Returns the ticket that is served, and whether ours still counts.
_LOOK = (
    _WAITING
    + """
return {first or 0, redis.call('HEXISTS', KEYS[1], ARGV[1])}
"""
)


class PromptRedisLockStore(RedisLockStore):
    """Locks of several replicas.

    Rasa reads the tickets of a conversation, changes them and writes them back: two replicas that do so at once give
    out the same ticket, and one of them undoes what the other did. Here a script in Redis does it in one step, by the
    clock of Redis, which all replicas share. A message that need not wait takes two steps; Rasa's way, made safe, took
    eleven.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._draw, self._look = self.red.register_script(_DRAW), self.red.register_script(_LOOK)

    def issue_ticket(self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME) -> int:
        """See parent class."""
        return self._issue(conversation_id, lock_lifetime)[0]

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = LOOK_SECONDS,
    ) -> AsyncIterator[TicketLock]:
        """See Rasa's `LockStore`.

        Raises:
            LockError: Redis cannot be reached, or the ticket ran out while others were served.
        """
        own, served = self._issue(conversation_id, lock_lifetime)
        try:
            while served != own:
                await asyncio.sleep(wait_time_in_seconds)
                served, counts = self._look(keys=[self._key(conversation_id)], args=[own])
                if not counts:
                    raise LockError(f"Conversation '{conversation_id}' was busy for longer than a message may wait.")
            yield TicketLock(conversation_id)
        finally:
            self.cleanup(conversation_id, own)

    def cleanup(self, conversation_id: str, ticket_number: int) -> None:
        """See parent class."""
        self.red.hdel(self._key(conversation_id), ticket_number)

    def _issue(self, conversation_id: str, lifetime: float) -> tuple[int, int]:
        try:
            own, served = self._draw(keys=[self._key(conversation_id)], args=[lifetime])
        except Exception as error:  # as Rasa's: whatever went wrong, there is no lock
            raise LockError(f"No lock could be had from Redis: {error}") from error
        return own, served

    def _key(self, conversation_id: str) -> str:
        return f"{self.key_prefix}{conversation_id}:waiting"


def lock_store(configured: EndpointConfig | None, redis_url: str = "") -> EndpointConfig | LockStore:
    """The lock store that the settings or `endpoints.yml` ask for, in its prompt form when there is one.

    Args:
        configured: what `endpoints.yml` says.
        redis_url: the Redis of several replicas, `redis://user:password@host:port/database`; goes before that.

    Raises:
        SetupError: the database of that Redis is no number.
    """
    if redis_url:
        url = urlsplit(redis_url)
        database = url.path.strip("/") or "0"
        if not database.isdecimal():
            raise SetupError(
                "NMT_REDIS_URL must end with the number of the database, for example redis://redis:6379/0."
            )
        user, password = login_of(url)
        return PromptRedisLockStore(
            host=url.hostname or "localhost", port=url.port or 6379, db=int(database), username=user, password=password,
            use_ssl=url.scheme == "rediss",
        )  # fmt: skip
    if configured is None or configured.type in (None, "in_memory"):
        return PromptLockStore()
    if configured.type == "redis":
        return PromptRedisLockStore(host=configured.url, **configured.kwargs)
    return configured
