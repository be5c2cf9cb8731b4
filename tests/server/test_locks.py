"""Two messages of one conversation at once."""

import asyncio
import time

import pytest
from processes import redis_server
from rasa.core.lock_store import LockError
from rasa.utils.endpoints import EndpointConfig

from nmt_guide.errors import SetupError
from nmt_guide.server.locks import PromptLockStore, PromptRedisLockStore, lock_store


async def test_they_are_at_work_one_after_the_other_in_order():
    locks, order = PromptLockStore(), []

    async def message(number):
        async with locks.lock("a"):
            order.append(f"{number} begins")
            await asyncio.sleep(0.01)
            order.append(f"{number} ends")

    await asyncio.gather(*(message(number) for number in range(3)))

    assert order == [f"{number} {what}" for number in range(3) for what in ("begins", "ends")]
    assert locks.conversation_locks == {}


async def test_the_second_need_not_wait_for_a_whole_second(monkeypatch):
    slept = []
    sleep = asyncio.sleep

    async def noted(seconds, *result):
        slept.append(seconds)
        await sleep(seconds, *result)

    locks = PromptLockStore()
    monkeypatch.setattr(asyncio, "sleep", noted)

    async def message():
        async with locks.lock("a"):
            await sleep(0.05)

    await asyncio.gather(message(), message())

    assert slept
    assert max(slept) < 0.1


async def test_another_conversation_waits_for_nobody():
    locks = PromptLockStore()
    async with locks.lock("a"), locks.lock("b"):
        assert set(locks.conversation_locks) == {"a", "b"}


@pytest.mark.parametrize(
    ("configured", "kind"),
    [
        (None, PromptLockStore),
        (EndpointConfig(type="in_memory"), PromptLockStore),
        (EndpointConfig(type="redis", url="localhost", port=6379), PromptRedisLockStore),
        (EndpointConfig(type="their.own.LockStore"), EndpointConfig),
    ],
)
def test_what_is_configured_is_used(configured, kind):
    assert type(lock_store(configured)) is kind


@pytest.fixture
def in_redis(tmp_path):
    with redis_server(tmp_path) as port:
        locks = PromptRedisLockStore("127.0.0.1", port)
        yield locks
        locks.red.connection_pool.disconnect()


@pytest.fixture(params=["memory", "redis"])
def locks(request):
    return PromptLockStore() if request.param == "memory" else request.getfixturevalue("in_redis")


@pytest.mark.parametrize("jump", [7200, -7200])
async def test_a_clock_that_is_set_turns_nobody_away_and_lets_nobody_pass(locks, monkeypatch, jump):
    order, now = [], time.time()

    async def message(number):
        async with locks.lock("a"):
            order.append(f"{number} begins")
            await asyncio.sleep(0.2)
            order.append(f"{number} ends")

    both = asyncio.gather(message(1), message(2))
    await asyncio.sleep(0.1)
    monkeypatch.setattr(time, "time", lambda: now + jump)
    await both

    assert order == ["1 begins", "1 ends", "2 begins", "2 ends"]


async def test_a_ticket_of_a_process_that_died_runs_out(locks):
    locks.issue_ticket("a", 0.3)
    async with locks.lock("a"):
        pass


async def test_a_message_that_outlasts_its_ticket_takes_none_from_the_next(in_redis):
    async with in_redis.lock("a", lock_lifetime=0.05):
        await asyncio.sleep(0.1)
        later = in_redis.issue_ticket("a")

    assert in_redis.red.hkeys(in_redis._key("a")) == [str(later).encode()]


async def test_a_message_whose_ticket_runs_out_while_it_waits_is_told(in_redis):
    async with in_redis.lock("a"):
        with pytest.raises(LockError, match="busy"):
            async with in_redis.lock("a", lock_lifetime=0.05):
                pytest.fail("served beside another")


async def test_nothing_stays_in_redis_of_a_conversation_that_rests(in_redis):
    async with in_redis.lock("a"):
        assert 0 < in_redis.red.ttl(in_redis._key("a")) < 120

    assert in_redis.red.keys() == []


def test_user_and_password_are_decoded():
    store = lock_store(None, "rediss://us%2Fer:p%40ss%2Fw%3Ard@redis.example/2")
    known = store.red.connection_pool.connection_kwargs

    assert (known["username"], known["password"], known["db"]) == ("us/er", "p@ss/w:rd", 2)


def test_a_database_that_is_no_number_is_named():
    with pytest.raises(SetupError, match="NMT_REDIS_URL"):
        lock_store(None, "redis://redis:6379/locks")


async def test_a_redis_that_is_down_is_an_error_of_the_lock(tmp_path):
    with redis_server(tmp_path) as port:
        locks = PromptRedisLockStore("127.0.0.1", port)
    with pytest.raises(LockError, match="Redis"):
        async with locks.lock("a"):
            pytest.fail("served without a lock")
    locks.red.connection_pool.disconnect()
