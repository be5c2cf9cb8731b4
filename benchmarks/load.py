"""Clients that ask: so many at once, beyond what a server can do, or for a long time.

`aiohttp` and not `httpx`: on a machine that the server shares, the generator takes processor time from what it measures.
"""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_WEBHOOK = "/webhooks/rest/webhook"
_PATIENCE = aiohttp.ClientTimeout(total=120)
#: Messages of one conversation in a soak.
_TURNS = 10
_SAMPLE_SECONDS = 0.5


@dataclass
class Block:
    """What was measured of some messages.

    Attributes:
        latencies: milliseconds to each answer.
        seconds: from the first message to the last answer.
        processor_s: processor time of the server meanwhile.
    """

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processor_s: float = 0.0

    def add(self, other: Block) -> None:
        """Take in a later block of the same kind."""
        self.latencies += other.latencies
        self.seconds += other.seconds
        self.processor_s += other.processor_s

    def figures(self) -> dict[str, float]:
        """Median, 99th percentile, throughput, processor time of a message."""
        ordered, count = sorted(self.latencies), len(self.latencies)
        return {
            "p50_ms": ordered[count // 2],
            "p99_ms": ordered[int(count * 0.99)],
            "per_second": count / self.seconds,
            "cpu_ms": 1000 * self.processor_s / count,
        }


class Clients:
    """Asks one server, each replica in turn.

    Args:
        urls: the replicas.
        texts: what is asked, in turn; many, so that no cache of a server holds them all.

    Attributes:
        unanswered: messages that got no reply, or another status than 200.
    """

    def __init__(self, urls: Sequence[str], texts: Sequence[str]) -> None:
        self._urls = itertools.cycle(urls)
        self._texts = itertools.cycle(texts)
        self.unanswered = 0
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Clients:
        # A server closes a connection that rests for five seconds: no connection is kept from one block to the next.
        self._session = aiohttp.ClientSession(
            timeout=_PATIENCE, connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=2)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(self, sender: str) -> tuple[int, str | None, list[dict[str, Any]]]:
        """Status, `Retry-After` and replies of the next text."""
        body = {"sender": sender, "message": next(self._texts)}
        async with self._session.post(next(self._urls) + _WEBHOOK, json=body) as reply:
            content = await reply.json(content_type=None)
            return reply.status, reply.headers.get("Retry-After"), content

    async def say(self, sender: str) -> float:
        """Milliseconds to the answer of a message; one that got none is counted in `unanswered`."""
        begin = time.perf_counter()
        try:
            status, _, replies = await self.post(sender)
        except (aiohttp.ClientError, asyncio.TimeoutError):
            status, replies = 0, []
        self.unanswered += status != 200 or not replies
        return 1000 * (time.perf_counter() - begin)

    async def block(self, at_once: int, messages: int, processor_s: Callable[[], float]) -> Block:
        """Ask as so many clients at once, each message in a new conversation."""
        measured = Block()
        numbers = iter(range(messages))

        async def client() -> None:
            for _ in numbers:
                measured.latencies.append(await self.say(uuid.uuid4().hex))

        before, begin = processor_s(), time.perf_counter()
        await asyncio.gather(*(client() for _ in range(at_once)))
        measured.seconds = time.perf_counter() - begin
        measured.processor_s = processor_s() - before
        return measured

    async def flood(self, at_once: int, seconds: float, resident_mb: Callable[[], float]) -> dict[str, Any]:
        """Ask as more clients than a server can take, who heed no `Retry-After`; then as one client alone.

        Returns:
            Answers and refusals with their times, wrong statuses, memory; and how a single client fares right after.
        """
        end = time.perf_counter() + seconds
        begin = time.perf_counter()
        answered: list[tuple[float, float]] = []
        refused: list[tuple[float, float]] = []
        others: Counter[str] = Counter()

        async def client() -> None:
            while (sent := time.perf_counter()) < end:
                try:
                    status, retry_after, _ = await self.post(uuid.uuid4().hex)
                except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                    others[type(error).__name__] += 1
                    continue
                now = time.perf_counter()
                if status == 200:
                    answered.append((now - begin, 1000 * (now - sent)))
                elif status == 503 and retry_after:
                    refused.append((now - begin, 1000 * (now - sent)))
                    await asyncio.sleep(_IMPATIENT_SECONDS)
                else:
                    others[str(status)] += 1

        with sampled(resident_mb) as memory:
            await asyncio.gather(*(client() for _ in range(at_once)))
            over = time.perf_counter()
            alone = [await self.say(uuid.uuid4().hex) for _ in range(_ALONE)]
            await asyncio.sleep(_SAMPLE_SECONDS * 4)
        return {
            "clients": at_once,
            "seconds": over - begin,
            "answered": answered,
            "refused": refused,
            "others": dict(others),
            "memory": [(at - begin, mb) for at, mb in memory],
            "alone_ms": alone,
        }

    async def soak(self, at_once: int, messages: int, resident_mb: Callable[[], float]) -> dict[str, Any]:
        """Ask for a long time, in conversations of ten turns; memory by number of messages."""
        points = max(1, messages // 200)
        memory: list[tuple[int, float]] = []
        latencies: list[float] = []
        numbers = iter(range(messages))
        begin = time.perf_counter()

        async def client() -> None:
            sender = uuid.uuid4().hex
            for turn, number in enumerate(numbers):
                if turn % _TURNS == 0:
                    sender = uuid.uuid4().hex
                latencies.append(await self.say(sender))
                if number % points == 0:
                    memory.append((number, resident_mb()))

        await asyncio.gather(*(client() for _ in range(at_once)))
        seconds = time.perf_counter() - begin
        memory.append((messages, resident_mb()))
        return {"messages": messages, "memory": memory, **Block(latencies, seconds).figures()}


#: A client that is turned away asks again after so many seconds, whatever it was told: the worst that may come.
_IMPATIENT_SECONDS = 0.5
#: Messages of the one client after a flood.
_ALONE = 20


@contextmanager
def sampled(resident_mb: Callable[[], float]) -> Iterator[list[tuple[float, float]]]:
    """Times and memory, twice a second while the context is open."""
    samples: list[tuple[float, float]] = []

    async def look() -> None:
        while True:
            samples.append((time.perf_counter(), resident_mb()))
            await asyncio.sleep(_SAMPLE_SECONDS)

    task = asyncio.get_running_loop().create_task(look())
    try:
        yield samples
    finally:
        task.cancel()
