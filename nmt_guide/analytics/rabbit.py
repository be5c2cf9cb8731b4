"""RabbitMQ between the assistants and where what was asked is counted.

The queue is durable, its messages are persistent, and the broker confirms each one when it is on its disk; only then it
leaves the outbox. (Rasa's own broker keeps in memory what it could not send, and loses it with the process.) What the
reader cannot make sense of goes to a second queue, where somebody may look at it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import AMQPError
from yarl import URL

from nmt_guide.analytics.turns import Turn, from_json
from nmt_guide.errors import AnalyticsError, BrokerUnavailable, StoreUnavailable

logger = logging.getLogger(__name__)

QUEUE = "nmt_guide.analytics"
REFUSED = f"{QUEUE}.refused"

#: Longest wait for the broker to answer, in seconds. One that has run out of memory or disk does not confirm.
_PATIENCE_SECONDS = 10.0
#: Waits of a reader before it tries the broker or the database again, in seconds.
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 15.0
#: Messages that a reader takes at a time: one transaction, one acknowledgement.
_BITE = 200

#: What may go wrong with a connection. `RuntimeError`: aiormq's, of a channel that was closed meanwhile.
_TROUBLE = (AMQPError, OSError, asyncio.TimeoutError, RuntimeError)


@dataclass(frozen=True)
class QueueState:
    """How many messages wait in the queue, and how many readers there are."""

    messages: int
    readers: int


class RabbitMQ:
    """The broker as a destination of turns. The connection is made when it is needed, and made again when it is lost.

    Args:
        url: `amqp://user:password@host:5672/`.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None

    async def pass_on(self, turns: Sequence[Turn]) -> None:
        """See `forwarder.Destination`."""
        try:
            channel = await self._ready()
            sending = [self._send(channel, turn) for turn in turns]
            await asyncio.wait_for(asyncio.gather(*sending), _PATIENCE_SECONDS)
        except _TROUBLE as error:
            await self.close()
            raise unavailable(error) from error

    async def close(self) -> None:
        """Give back the connection."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(*_TROUBLE):
                await asyncio.wait_for(connection.close(), _PATIENCE_SECONDS)

    async def _send(self, channel: AbstractChannel, turn: Turn) -> None:
        message = aio_pika.Message(
            turn.as_json().encode(), content_type="application/json", message_id=turn.id,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )  # fmt: skip
        # Waits for the broker's confirmation; a message that no queue takes (`mandatory`) raises.
        await channel.default_exchange.publish(message, routing_key=QUEUE, mandatory=True)

    async def _ready(self) -> AbstractChannel:
        if self._channel is None or self._channel.is_closed:
            await self.close()
            self._connection = await _connect(self._url)
            self._channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            await _declare(self._channel)
        return self._channel


async def state(url: str) -> QueueState:
    """How full the queue is.

    Raises:
        BrokerUnavailable: the broker cannot be reached.
    """
    try:
        async with _connected(url) as (connection, _):
            queue = await _declare(await connection.channel())
            result = queue.declaration_result
            return QueueState(int(result.message_count or 0), int(result.consumer_count or 0))
    except _TROUBLE as error:
        raise unavailable(error) from error


class Reader:
    """Counts what comes through the queue. Many may read one queue.

    Args:
        url: of the broker.
        add: writes down turns, each once; it may wait for a database.
    """

    def __init__(self, url: str, add: Callable[[Sequence[Turn]], object]) -> None:
        self._url = url
        self._add = add
        self._stopping = asyncio.Event()
        self._said = ""

    def stop(self) -> None:
        """Take no more messages. What was taken and not written goes back to the queue."""
        self._stopping.set()

    async def run(self) -> None:
        """Read until stopped. Outages of the broker and of the database are waited for."""
        wait = _FIRST_WAIT_SECONDS
        while not self._stopping.is_set():
            try:
                async with _connected(self._url) as (connection, lost):
                    wait = _FIRST_WAIT_SECONDS
                    await self._read(await connection.channel(), lost)
            except _TROUBLE as error:
                self._say_once(str(unavailable(error)))
            if not self._stopping.is_set():
                await self._pause(wait)
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    async def _read(self, channel: AbstractChannel, lost: asyncio.Event) -> None:
        await channel.set_qos(prefetch_count=_BITE)
        queue = await _declare(channel)
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        await queue.consume(arrived.put)
        logger.info("Reading %s.", QUEUE)
        self._said = ""
        ends = [asyncio.create_task(lost.wait()), asyncio.create_task(self._stopping.wait())]
        try:
            while not any(end.done() for end in ends) and not channel.is_closed:
                first = asyncio.create_task(arrived.get())
                await asyncio.wait({first, *ends}, return_when=asyncio.FIRST_COMPLETED, timeout=_PATIENCE_SECONDS)
                if not first.done():
                    first.cancel()
                    continue
                messages = [first.result()]
                while not arrived.empty():
                    messages.append(arrived.get_nowait())
                await self._count(messages, lost)
        finally:
            for end in ends:
                end.cancel()

    async def _count(self, messages: list[AbstractIncomingMessage], lost: asyncio.Event) -> None:
        turns = []
        for message in messages:
            try:
                turns.append(from_json(message.body))
            except AnalyticsError as error:
                logger.error("A message is put aside in %s: %s", REFUSED, error)
                await asyncio.wait_for(message.reject(requeue=False), _PATIENCE_SECONDS)
        wait = _FIRST_WAIT_SECONDS
        while turns:
            try:
                await asyncio.to_thread(self._add, turns)
                break
            except StoreUnavailable as error:
                self._say_once(str(error))
            await self._pause(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
            if lost.is_set() or self._stopping.is_set():
                return  # the broker gives them out again
        self._said = ""
        # A connection that is lost meanwhile never says whether it sent an acknowledgement.
        await asyncio.wait_for(_acknowledge(messages), _PATIENCE_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _say_once(self, text: str) -> None:
        """Log what stays the same for many attempts once."""
        if text != self._said:
            logger.error("%s It is tried again until it succeeds.", text)
            self._said = text


async def _acknowledge(messages: Sequence[AbstractIncomingMessage]) -> None:
    for message in messages:
        if not message.processed:
            await message.ack()


def unavailable(error: BaseException) -> BrokerUnavailable:
    """What is told of a failure: the driver's own text may hold the password."""
    reason = "it does not answer in time" if isinstance(error, asyncio.TimeoutError) else type(error).__name__
    return BrokerUnavailable(f"RabbitMQ cannot be used ({reason}).")


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[tuple[AbstractConnection, asyncio.Event]]:
    """A connection, and what is set when it is lost."""
    connection = await _connect(url)
    lost = asyncio.Event()
    connection.close_callbacks.add(lambda *_: lost.set())
    try:
        yield connection, lost
    finally:
        with contextlib.suppress(*_TROUBLE):
            await asyncio.wait_for(connection.close(), _PATIENCE_SECONDS)


async def _connect(url: str) -> AbstractConnection:
    # A broker whose machine is gone says nothing: the heartbeat finds out.
    address = URL(url).update_query(heartbeat="20")
    return await asyncio.wait_for(aio_pika.connect(address), _PATIENCE_SECONDS)


async def _declare(channel: AbstractChannel) -> AbstractQueue:
    """The queue; writers and readers make it alike, so that either may come first."""
    await channel.declare_queue(REFUSED, durable=True)
    aside: dict[str, Any] = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": REFUSED}
    return await channel.declare_queue(QUEUE, durable=True, arguments=aside)
