"""Which messages a channel has taken in already: senders repeat what they think was lost.

The list is in the database, so that all processes of an assistant agree which of them answers.
"""

from __future__ import annotations

import hashlib
import logging
import time
from datetime import datetime, timedelta, timezone

from sqlalchemy import delete, insert
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from nmt_guide.channels.tables import channel_seen

logger = logging.getLogger(__name__)

#: Slack repeats an event for an hour, Telegram an update for a day. A day more costs nothing.
KEPT = timedelta(days=2)
_PURGE_EVERY_SECONDS = 3600.0
#: How many keys one process remembers while the database is down.
_MOST_REMEMBERED = 10_000


class Seen:
    """Remembers what came in. Its functions ask the database: call them in a thread (`asyncio.to_thread`).

    While the database cannot be used, one process remembers for itself. A message answered twice by two processes is
    better than one that nobody answers.

    Args:
        engine: the database of the knowledge store (`Store(settings.database_url).engine`).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._remembered: dict[tuple[str, str], None] = {}
        self._purged = float("-inf")

    def first(self, channel: str, key: str) -> bool:
        """Whether this is the first time that anybody asks for this key; the next one is told no.

        Args:
            channel: the channel's name, at most 40 characters.
            key: what the sender names the message by, of any length.
        """
        hashed = _hash(key)
        if (channel, hashed) in self._remembered:
            return False
        try:
            with self._engine.begin() as connection:
                now = datetime.now(timezone.utc)
                connection.execute(insert(channel_seen).values(channel=channel, key=hashed, seen_at=now))
        except IntegrityError:
            return False
        except SQLAlchemyError as error:
            logger.error("Only this process knows what %s has sent: %s", channel, error)
            self._remember(channel, hashed)
        self._purge_at_times()
        return True

    def forget(self, channel: str, key: str) -> None:
        """Take a key back: the message was not taken in after all, and may come again."""
        hashed = _hash(key)
        self._remembered.pop((channel, hashed), None)
        try:
            with self._engine.begin() as connection:
                where = (channel_seen.c.channel == channel, channel_seen.c.key == hashed)
                connection.execute(delete(channel_seen).where(*where))
        except SQLAlchemyError as error:
            logger.error("A message of %s that was sent back will be taken for a repetition: %s", channel, error)

    def purge(self, older_than: timedelta = KEPT) -> int:
        """Delete old keys.

        Returns:
            How many there were.
        """
        before = datetime.now(timezone.utc) - older_than
        with self._engine.begin() as connection:
            return int(connection.execute(delete(channel_seen).where(channel_seen.c.seen_at < before)).rowcount)

    def _remember(self, channel: str, hashed: str) -> None:
        self._remembered[channel, hashed] = None
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))

    def _purge_at_times(self) -> None:
        if time.monotonic() - self._purged < _PURGE_EVERY_SECONDS:
            return
        self._purged = time.monotonic()
        try:
            self.purge()
        except SQLAlchemyError as error:
            logger.error("Old keys of messages could not be deleted: %s", error)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
