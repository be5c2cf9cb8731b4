"""Rasa's locks, with less waiting: one message of a conversation is at work at a time.

A client who sends two messages in a row waits for the first answer. Rasa looks once a second whether it is there.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockStore, RedisLockStore
from rasa.utils.endpoints import EndpointConfig

#: How often a waiting message looks, in seconds; an answer takes about as long.
LOOK_SECONDS = 0.02
#: Longest that a replica holds, or waits for, the right to change the tickets of a conversation, in seconds.
_TICKET_SECONDS = 5


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


class PromptRedisLockStore(_Prompt, RedisLockStore):
    """Locks of several replicas.

    Rasa reads the tickets of a conversation, changes them and writes them back: two replicas that do so at once give
    out the same ticket, and one of them undoes what the other did. Here one waits for the other.
    """

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
