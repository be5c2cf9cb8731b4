"""A REST request that is repeated gets the answer of the first one, and is no second question."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from nmt_guide.channels.rest_request import Body, Refused
from nmt_guide.channels.tables import rest_answer as t
from nmt_guide.channels.turn import Reply
from nmt_guide.channels.worker import in_background
from nmt_guide.knowledge.store import shared_store
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

#: How long an answer is kept, in seconds.
KEPT_SECONDS = 86_400.0
#: The server cuts a request after a minute: whoever began longer ago than this is gone.
_GONE_SECONDS = 75.0
#: How often, and how long, a repetition looks whether the first request has its answer, in seconds.
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 50.0
_PURGE_EVERY_SECONDS = 3600.0
#: Waits until the database is asked again to keep an answer, in seconds: less in all than `_GONE_SECONDS`.
_RETRIES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

Ask = Callable[[bool], Awaitable[list[Reply]]]


class Once:
    """Remembers answers by the caller's message id, in the database: all processes give the same one.

    Args:
        engine: the database of the knowledge store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._purged = float("-inf")

    async def answer(self, body: Body, ask: Ask) -> list[Reply]:
        """The answer to a request: a stored one, or a new one.

        Args:
            body: the request; without a message id it is always new.
            ask: asks the assistant. It is told whether somebody else may have asked this before and not come to an end.

        Raises:
            Refused: the id was used for another message, or the first request takes too long.
        """
        if body.message_id is None:
            return await ask(False)
        key, fingerprint = _hash(body.sender, body.message_id), _fingerprint(body)
        try:
            stored, again = await self._begin(key, body.sender, fingerprint)
        except SQLAlchemyError as error:
            # An answer given twice is better than none.
            logger.error("Whether a message was sent before cannot be seen: %s", error)
            return await ask(False)
        if stored is not None:
            return stored
        replies = await ask(again)
        failed = any(reply.get("metadata", {}).get("outage") for reply in replies)
        if not await self._ended(key, None if failed else replies):
            in_background(self._end_later(key, None if failed else replies))
        return replies

    async def _ended(self, key: str, replies: list[Reply] | None) -> bool:
        try:
            await asyncio.to_thread(self._end, key, replies)
        except SQLAlchemyError as error:
            logger.error("An answer cannot be kept for a repetition: %s", error)
            return False
        return True

    async def _end_later(self, key: str, replies: list[Reply] | None) -> None:
        """When the database is back a repetition need not wait until it is certain that nobody is at it any more."""
        for seconds in _RETRIES:
            await asyncio.sleep(seconds)
            if await self._ended(key, replies):
                return

    async def _begin(self, key: str, sender: str, fingerprint: str) -> tuple[list[Reply] | None, bool]:
        """The stored answer, or else whether somebody else has begun."""
        if await asyncio.to_thread(self._insert, key, sender, fingerprint):
            return None, False
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            row = await asyncio.to_thread(self._row, key)
            if row is None:  # it was deleted meanwhile
                return await self._begin(key, sender, fingerprint)
            if row["fingerprint"] != fingerprint:
                raise Refused(409, "This message id was used for another message. Use a new id for a new message.")
            if row["replies"] is not None:
                stored: list[Reply] = json.loads(row["replies"])
                return stored, False
            if _is_gone(row["begun_at"]) and await asyncio.to_thread(self._take_over, key, row):
                return None, True
            await asyncio.sleep(_LOOK_SECONDS)
        raise Refused(409, "The same message is still being answered.", {"Retry-After": "5"})

    def _insert(self, key: str, sender: str, fingerprint: str) -> bool:
        self._purge_at_times()
        row = {"key": key, "conversation": sender, "fingerprint": fingerprint, "begun_at": time.time()}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(t).values(row))
        except IntegrityError:
            return False
        return True

    def _row(self, key: str) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(select(t).where(t.c.key == key)).mappings().first()

    def _take_over(self, key: str, row: Any) -> bool:
        mine = update(t).where(t.c.key == key, t.c.begun_at == row["begun_at"]).values(begun_at=time.time())
        with self._engine.begin() as connection:
            return bool(connection.execute(mine).rowcount)

    def _end(self, key: str, replies: list[Reply] | None) -> None:
        with self._engine.begin() as connection:
            # It failed: who repeats it takes over at once, and looks first whether it was stored after all.
            gone = {"begun_at": time.time() - 2 * _GONE_SECONDS}
            result = gone if replies is None else {"replies": json.dumps(replies)}
            connection.execute(update(t).where(t.c.key == key).values(result))

    def _purge_at_times(self) -> None:
        if time.monotonic() - self._purged < _PURGE_EVERY_SECONDS:
            return
        self._purged = time.monotonic()
        with self._engine.begin() as connection:
            connection.execute(delete(t).where(t.c.begun_at < time.time() - KEPT_SECONDS))


def _is_gone(begun_at: float) -> bool:
    """Whether nobody is at a request any more. One that began in the future was begun by a clock that ran ahead."""
    return abs(time.time() - begun_at) > _GONE_SECONDS


def forget(settings: Settings, conversation: str) -> int:
    """Delete the answers of a conversation; see `nmt_guide.privacy.forget`.

    Args:
        settings: where the database is.
        conversation: the sender id.

    Returns:
        How many answers these were.
    """
    with shared_store(settings.database_url).engine.begin() as connection:
        return int(connection.execute(delete(t).where(t.c.conversation == conversation)).rowcount)


def _fingerprint(body: Body) -> str:
    return _hash(body.message, json.dumps([body.metadata, body.input_channel], sort_keys=True))


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
