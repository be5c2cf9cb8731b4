"""What was asked on its way through a real RabbitMQ: killed, brought back, filled with nonsense."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timezone

import aio_pika
import natively
import pytest
from processes import free_port
from sqlalchemy import create_engine, insert

from nmt_guide.analytics import outbox as o
from nmt_guide.analytics.counts import Counts
from nmt_guide.analytics.forwarder import Forwarder
from nmt_guide.analytics.outbox import Outbox
from nmt_guide.analytics.rabbit import QUEUE, REFUSED, QueueState, RabbitMQ, Reader, state
from nmt_guide.analytics.turns import Reply, Turn
from nmt_guide.errors import BrokerUnavailable, StoreUnavailable
from nmt_guide.knowledge.store import Store

LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def password(tmp_path_factory):
    return natively.make_secrets(tmp_path_factory.mktemp("broker") / "deploy") / "secrets" / "rabbitmq_password"


@pytest.fixture(scope="module")
def broker(password):
    with natively.rabbitmq(password, free_port()) as service:
        yield service


@pytest.fixture
def url(broker, password):
    return f"amqp://nmt_guide:{password.read_text().strip()}@127.0.0.1:{broker.port}/"


@pytest.fixture
def outbox(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'conversations.db'}", future=True)
    o.metadata.create_all(engine)
    return Outbox(engine)


@pytest.fixture
def counts(tmp_path):
    made = Store(f"sqlite:///{tmp_path / 'knowledge.db'}")
    made.migrate()
    return Counts(made.engine)


def some(count):
    return [Turn("web", datetime.now(timezone.utc), None, (Reply("answer", "cost"),)) for _ in range(count)]


def put(outbox, count):
    with outbox._engine.begin() as connection:
        connection.execute(insert(o.outbox), o.rows(some(count)))


def counted(counts):
    return sum(each.count for each in counts.messages(LONG_AGO))


@contextlib.asynccontextmanager
async def reading(url: str, add: Callable[..., object]) -> AsyncIterator[None]:
    reader = Reader(url, add)
    running = asyncio.create_task(reader.run())
    try:
        yield
    finally:
        reader.stop()
        await asyncio.wait_for(running, 20)


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.1)


async def test_what_was_asked_before_anybody_reads_is_kept_and_counted(url, counts):
    sender = RabbitMQ(url)
    await sender.pass_on(some(30))

    assert (await state(url)).messages == 30
    async with reading(url, counts.add):
        await until(lambda: counted(counts) == 30)
        assert (await state(url)).readers == 1
    await sender.close()
    assert await state(url) == QueueState(0, 0)


async def test_what_is_delivered_twice_is_counted_once(url, counts):
    sender, turns = RabbitMQ(url), some(5)
    await sender.pass_on(turns)
    await sender.pass_on(turns)
    await sender.pass_on(some(1))
    async with reading(url, counts.add):
        await until(lambda: counted(counts) == 6)
    await sender.close()
    assert (await state(url)).messages == 0


async def test_nonsense_is_put_aside_and_holds_up_nothing(url, counts):
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        sender = RabbitMQ(url)
        await sender.pass_on(some(1))
        await channel.default_exchange.publish(aio_pika.Message(b"nonsense"), routing_key=QUEUE)
        await sender.pass_on(some(1))
        async with reading(url, counts.add):
            await until(lambda: counted(counts) == 2)
        await sender.close()
        aside = await channel.declare_queue(REFUSED, passive=True)
        message = await aside.get(timeout=10)
        await message.ack()

    assert message.body == b"nonsense"
    assert (await state(url)).messages == 0


async def test_a_database_that_is_down_is_waited_for(url, counts):
    down = True

    def add(turns):
        if down:
            raise StoreUnavailable("Down.")
        return counts.add(turns)

    sender = RabbitMQ(url)
    await sender.pass_on(some(3))
    async with reading(url, add):
        await asyncio.sleep(1)
        assert counted(counts) == 0
        down = False
        await until(lambda: counted(counts) == 3)
    await sender.close()


async def test_a_wrong_password_is_told_without_any(url):
    with pytest.raises(BrokerUnavailable, match=r"^RabbitMQ cannot be used \(\w+\)\.$"):
        await state(url.replace("nmt_guide:", "nmt_guide:x"))


async def test_a_broker_that_is_killed_loses_nothing_that_was_accepted(broker, url, outbox, counts):
    """Messages come all the time, a part of them is in the queue, a part on its way, a part comes while it is down."""
    forwarder = Forwarder(outbox, RabbitMQ(url))
    forwarding = asyncio.create_task(forwarder.run(0.1))
    put(outbox, 300)
    await until(lambda: outbox.waiting() < 300)  # in the queue, nobody reads yet
    async with reading(url, counts.add):
        for _ in range(10):
            put(outbox, 20)
            await asyncio.sleep(0.02)
        await asyncio.to_thread(broker.kill)
        put(outbox, 100)
        await until(lambda: bool(forwarder.trouble))
        assert "RabbitMQ cannot be used" in forwarder.trouble
        await asyncio.to_thread(broker.start)
        await until(lambda: counted(counts) == 600)
        assert forwarder.trouble == ""
        assert outbox.waiting() == 0
    forwarder.stop()
    await asyncio.wait_for(forwarding, 20)
    assert (await state(url)).messages == 0
