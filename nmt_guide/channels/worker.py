"""Does the work in an inbox: a conversation in order, several at once, again after a failure or a restart."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from nmt_guide.channels.inbox import Call, Entry, Inbox
from nmt_guide.errors import DeliveryPostponed, DeliveryRefused

logger = logging.getLogger(__name__)

#: Conversations that one process works on at once. More would only wait for the same processor.
_AT_ONCE = 16
#: How often a process says that it lives, and looks for work that another one left behind, in seconds.
_ROUND_SECONDS = 10.0
_ROUNDS_BETWEEN_TIDYING = 360
#: Waits after a failure of the database, in seconds.
_DATABASE_SECONDS = 5.0
#: Wait after a failure that nobody foresaw, in seconds; twice as long after each further one.
_FAILURE_SECONDS = 2.0
#: Work that failed so often in this process is given up: the rest of its conversation waits for it.
_MOST_FAILURES = 5

Prepare = Callable[[Entry], Awaitable[Sequence[Call]]]
Send = Callable[[Call], Awaitable[None]]


class Worker:
    """Works for one channel.

    Args:
        inbox: where the work lies.
        prepare: makes the replies to an entry; it handles its own failures.
        send: sends one reply. Raises `DeliveryPostponed` to be called again later, `DeliveryRefused` when the reply
            will never be taken. Any other error is a fault of ours: a few more attempts, then the message is given up.
    """

    def __init__(self, inbox: Inbox, prepare: Prepare, send: Send) -> None:
        self._inbox = inbox
        self._prepare = prepare
        self._send = send
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._woken: set[str] = set()
        #: By key of an entry that is not done yet. `Entry.attempts` counts outages too, which are waited for.
        self._failures: Counter[str] = Counter()
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._rounds: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin, with what was left unfinished at the last stop."""
        self._rounds = asyncio.create_task(self._look_around())

    async def stop(self) -> None:
        """Stop at once; what is unfinished stays in the inbox, free for the next process."""
        self._stopping = True
        tasks = [task for task in (self._rounds, *self._at_work.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self, conversation: str) -> None:
        """There is work in a conversation."""
        if conversation in self._at_work:
            self._woken.add(conversation)  # it may just have seen that there is nothing left
            return
        task = asyncio.create_task(self._work_through(conversation))
        self._at_work[conversation] = task
        task.add_done_callback(lambda _: self._rest(conversation))

    def _rest(self, conversation: str) -> None:
        del self._at_work[conversation]
        if conversation in self._woken and not self._stopping:
            self._woken.discard(conversation)
            self.wake(conversation)

    async def _work_through(self, conversation: str) -> None:
        async with self._free:
            while entry := await self._claim(conversation):
                try:
                    await self._do(entry)
                except asyncio.CancelledError:
                    self._inbox.release(entry.key, 0)
                    raise
                except DeliveryPostponed as error:
                    logger.warning("A reply of conversation %s waits %.0f s: %s", conversation, error.seconds, error)
                    await self._postpone(entry, error.seconds)
                    return
                except SQLAlchemyError as error:
                    logger.error("Conversation %s waits for the database: %s", conversation, error)
                    await self._postpone(entry, _DATABASE_SECONDS)
                    return
                except Exception:  # else this process would hold the entry, and with it the conversation, for good
                    logger.exception("Work of conversation %s failed.", conversation)
                    self._failures[entry.key] += 1
                    await self._postpone(entry, _FAILURE_SECONDS * 2 ** (self._failures[entry.key] - 1))
                    return

    async def _claim(self, conversation: str) -> Entry | None:
        try:
            return await asyncio.to_thread(self._inbox.claim, conversation)
        except SQLAlchemyError as error:
            logger.error("Conversation %s waits for the database: %s", conversation, error)
            return None  # the next round finds it

    async def _do(self, entry: Entry) -> None:
        if self._failures[entry.key] < _MOST_FAILURES:
            await self._answer(entry)
        else:
            logger.error("A message of conversation %s is given up: it failed too often.", entry.conversation)
        await asyncio.to_thread(self._inbox.finish, entry.key)
        del self._failures[entry.key]

    async def _answer(self, entry: Entry) -> None:
        calls = entry.calls
        if calls is None:
            calls = list(await self._prepare(entry))
            if self._stopping:  # a turn that was cut short is answered with an apology; the next process does better
                raise asyncio.CancelledError
            await asyncio.to_thread(self._inbox.answer, entry.key, calls)
        for number, call in enumerate(calls[entry.sent :], start=entry.sent + 1):
            try:
                await self._send(call)
            except DeliveryRefused as error:
                logger.error("A reply of conversation %s was refused and is left out: %s", entry.conversation, error)
            await asyncio.to_thread(self._inbox.count, entry.key, number)

    async def _postpone(self, entry: Entry, seconds: float) -> None:
        try:
            await asyncio.to_thread(self._inbox.release, entry.key, seconds)
        except SQLAlchemyError as error:
            logger.error("Conversation %s is held until the database is back: %s", entry.conversation, error)
        asyncio.get_running_loop().call_later(seconds + 0.1, self.wake, entry.conversation)

    async def _look_around(self) -> None:
        number = 0
        while True:
            try:
                await asyncio.to_thread(self._inbox.renew)
                for conversation in await asyncio.to_thread(self._inbox.orphans):
                    self.wake(conversation)
                if number % _ROUNDS_BETWEEN_TIDYING == 0 and (late := await asyncio.to_thread(self._inbox.tidy)):
                    logger.error("%d messages were given up: nobody could be reached for a day.", late)
            except SQLAlchemyError as error:
                logger.error("The inbox cannot be read: %s", error)
            number += 1
            await asyncio.sleep(_ROUND_SECONDS)


def in_background(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Run something nobody waits for, and keep it from being collected half way (asyncio holds tasks weakly)."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


_running: set[asyncio.Task[Any]] = set()
