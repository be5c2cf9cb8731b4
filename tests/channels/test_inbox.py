"""Work that a channel took in: in order, by one process at a time, and never forgotten half way."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from bot_api import eventually
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from nmt_guide.channels import inbox as inbox_module
from nmt_guide.channels import worker as worker_module
from nmt_guide.channels.inbox import Inbox, forget
from nmt_guide.channels.tables import channel_inbox
from nmt_guide.channels.worker import Worker
from nmt_guide.errors import DeliveryPostponed, DeliveryRefused
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import Settings


@pytest.fixture
def url(store):
    return store.url


@pytest.fixture
def engine(url):
    engine = Store(url).engine
    yield engine
    engine.dispose()


@pytest.fixture
def inbox(engine):
    return Inbox(engine, "test")


def rows(engine):
    with engine.connect() as connection:
        return connection.execute(select(channel_inbox)).mappings().all()


def test_a_repetition_is_not_taken_in_again_even_when_it_is_done(inbox):
    assert inbox.add("1", "anna", 1, {"text": "Hi"})
    assert not inbox.add("1", "anna", 1, {"text": "Hi"})
    inbox.finish("1")
    assert not inbox.add("1", "anna", 1, {"text": "Hi"})


def test_the_oldest_is_first_whatever_came_in_first(inbox):
    inbox.add("9", "anna", 9, "second")
    inbox.add("8", "anna", 8, "first")

    assert inbox.claim("anna").body == "first"


def test_another_process_waits_for_the_one_that_works(inbox, engine):
    other = Inbox(engine, "test")
    inbox.add("1", "anna", 1, "first")
    inbox.add("2", "anna", 2, "second")
    inbox.claim("anna")

    assert other.claim("anna") is None
    assert other.orphans() == []
    inbox.finish("1")
    assert other.claim("anna").body == "second"


def test_many_processes_at_once_have_one_winner(engine, inbox):
    inbox.add("1", "anna", 1, "first")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: Inbox(engine, "test").claim("anna"), range(16)))

    assert sum(entry is not None for entry in won) == 1


def test_what_a_dead_process_left_goes_on_where_it_stopped(inbox, engine, monkeypatch):
    inbox.add("1", "anna", 1, "Hi")
    monkeypatch.setattr(inbox_module, "HOLD_SECONDS", -1.0)
    inbox.claim("anna")
    inbox.answer("1", [{"text": "a"}, {"text": "b"}])
    inbox.count("1", 1)
    other = Inbox(engine, "test")

    assert other.orphans() == ["anna"]
    entry = other.claim("anna")
    assert (entry.calls, entry.sent, entry.attempts) == ([{"text": "a"}, {"text": "b"}], 1, 2)


def test_a_process_that_lives_keeps_what_it_holds(inbox, engine, monkeypatch):
    inbox.add("1", "anna", 1, "Hi")
    monkeypatch.setattr(inbox_module, "HOLD_SECONDS", -1.0)
    inbox.claim("anna")
    monkeypatch.setattr(inbox_module, "HOLD_SECONDS", 60.0)
    Inbox(engine, "test").renew()
    assert inbox.orphans() == ["anna"], "Somebody else renewed it."
    inbox.renew()

    assert inbox.orphans() == []


def test_what_was_said_is_not_kept(inbox, engine):
    inbox.add("1", "anna", 1, "my back hurts")
    inbox.answer("1", [{"text": "poor back"}])
    inbox.finish("1")

    assert "back" not in str(rows(engine))


def test_deleting_leaves_no_words_and_no_name(inbox, engine, url):
    inbox.add("1", "anna", 1, "my back hurts", "keyboard 5")
    inbox.add("2", "bo", 1, "my neck hurts")
    forget(Settings({"NMT_DATABASE_URL": url}), "anna")

    assert "anna" not in str(rows(engine))
    assert "back" not in str(rows(engine))
    assert inbox.waiting() == 1
    assert not inbox.add("1", "anna", 1, "my back hurts"), "A repetition brings it back."


def test_one_subject_is_answered_once(inbox):
    for key in ("1", "2"):
        inbox.add(key, "anna", int(key), "press", "keyboard 5")

    assert inbox.first_about("1", "anna", "keyboard 5")
    assert not inbox.first_about("2", "anna", "keyboard 5")
    assert inbox.first_about("2", "bo", "keyboard 5")


def test_old_work_is_given_up_and_old_keys_go(inbox, engine):
    for age in (0, 2, 4):
        inbox.add(str(age), "anna", age, "Hi")
        with engine.begin() as connection:
            old = update(channel_inbox).where(channel_inbox.c.key == str(age))
            connection.execute(old.values(received_at=time.time() - age * 86_400))

    assert inbox.tidy() == 2
    assert [row["key"] for row in rows(engine)] == ["0", "2"]
    assert inbox.waiting() == 1


class Service:
    """Takes replies, and fails as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.sent: list[str] = []

    async def send(self, call):
        await asyncio.sleep(0)
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        self.sent.append(call["text"])


async def twice(entry):
    return [{"text": f"{entry.body} {n}"} for n in (1, 2)]


async def work(inbox, service, until, prepare=twice):
    worker = Worker(inbox, prepare, service.send)
    worker.start()
    try:
        await asyncio.to_thread(eventually, until)
    finally:
        await worker.stop()


async def test_what_was_left_at_the_last_stop_is_done_at_the_start(inbox):
    for n in (2, 1, 3):
        inbox.add(str(n), "anna", n, str(n))
    service = Service()
    await work(inbox, service, lambda: not inbox.waiting())

    assert service.sent == ["1 1", "1 2", "2 1", "2 2", "3 1", "3 2"]


async def test_a_service_that_is_down_gets_everything_once_and_in_order_when_it_is_back(inbox):
    for n in (1, 2):
        inbox.add(str(n), "anna", n, str(n))
    service = Service(None, DeliveryPostponed("down", 0.05), DeliveryPostponed("down", 0.05))
    await work(inbox, service, lambda: not inbox.waiting())

    assert service.sent == ["1 1", "1 2", "2 1", "2 2"]


async def test_a_refused_reply_does_not_hold_up_the_others(inbox):
    inbox.add("1", "anna", 1, "1")
    service = Service(DeliveryRefused("blocked", 403))
    await work(inbox, service, lambda: not inbox.waiting())

    assert service.sent == ["1 2"]


async def test_a_database_that_fails_for_a_moment_loses_nothing(inbox, monkeypatch):
    monkeypatch.setattr(worker_module, "_DATABASE_SECONDS", 0.05)
    inbox.add("1", "anna", 1, "1")
    answer, failures = inbox.answer, [OperationalError("UPDATE", {}, Exception("database is locked"))]

    def failing(*arguments):
        if failures:
            raise failures.pop()
        answer(*arguments)

    monkeypatch.setattr(inbox, "answer", failing)
    service = Service()
    await work(inbox, service, lambda: not inbox.waiting())

    assert service.sent == ["1 1", "1 2"]


async def test_a_failure_that_nobody_foresaw_is_tried_again(inbox, monkeypatch):
    monkeypatch.setattr(worker_module, "_FAILURE_SECONDS", 0.01)
    inbox.add("1", "anna", 1, "1")
    service = Service(None, ValueError("what is this?"))
    await work(inbox, service, lambda: not inbox.waiting())

    assert service.sent == ["1 1", "1 2"]


@pytest.mark.parametrize("part", ["prepare", "send"])
async def test_what_always_fails_is_given_up_and_the_conversation_goes_on(inbox, monkeypatch, part):
    monkeypatch.setattr(worker_module, "_FAILURE_SECONDS", 0.01)
    for n in (1, 2):
        inbox.add(str(n), "anna", n, str(n))
    service = Service(*[ValueError("no such address")] * 5 if part == "send" else ())

    async def unreadable(entry):
        if entry.body == "1" and part == "prepare":
            raise TypeError("written by another version")
        return await twice(entry)

    await work(inbox, service, lambda: not inbox.waiting(), unreadable)

    assert service.sent == ["2 1", "2 2"]


async def test_a_long_outage_does_not_count_as_a_failure(inbox, monkeypatch):
    monkeypatch.setattr(worker_module, "_FAILURE_SECONDS", 0.01)
    inbox.add("1", "anna", 1, "1")
    service = Service(*[DeliveryPostponed("down", 0.0)] * 6, ValueError("what is this?"))
    await work(inbox, service, lambda: not inbox.waiting())

    assert service.sent == ["1 1", "1 2"]


async def test_a_stop_in_the_middle_leaves_the_work_for_the_next_process(inbox, engine):
    inbox.add("1", "anna", 1, "1")
    begun = asyncio.Event()

    async def cut_short(entry):
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return [{"text": "sorry"}]  # as a turn of the assistant does

    service = Service()
    worker = Worker(inbox, cut_short, service.send)
    worker.start()
    await begun.wait()
    await worker.stop()
    assert service.sent == []

    await work(Inbox(engine, "test"), service, lambda: not inbox.waiting())
    assert service.sent == ["1 1", "1 2"]


async def test_two_workers_share_the_work_and_keep_every_order(inbox, engine):
    conversations = [f"client {n}" for n in range(6)]
    for n in range(5):
        for name in conversations:
            inbox.add(f"{name} {n}", name, n, f"{name} {n}")
    service = Service()
    other = Worker(Inbox(engine, "test"), twice, service.send)
    other.start()
    await work(inbox, service, lambda: not inbox.waiting())
    await other.stop()

    for name in conversations:
        assert [text for text in service.sent if text.startswith(name)] == [
            f"{name} {n} {m}" for n in range(5) for m in (1, 2)
        ]


def test_a_clock_that_ran_ahead_holds_nothing_for_ever(inbox, engine, monkeypatch):
    now = time.time()
    inbox.add("1", "anna", 1, {})
    monkeypatch.setattr(time, "time", lambda: now + 7200)
    assert inbox.claim("anna")
    monkeypatch.setattr(time, "time", lambda: now)

    assert inbox.orphans() == ["anna"]
    assert inbox.claim("anna")
    assert inbox.claim("anna") is None


def test_what_waits_for_its_time_waits_however_long_that_is(inbox):
    inbox.add("1", "anna", 1, {})
    inbox.claim("anna")
    inbox.release("1", 7200)

    assert inbox.orphans() == []
    assert inbox.claim("anna") is None
