"""A request that is repeated is no second question."""

from __future__ import annotations

import asyncio
import time

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from nmt_guide.channels import rest_once
from nmt_guide.channels.rest_once import KEPT_SECONDS, Once, forget
from nmt_guide.channels.rest_request import Body, Refused
from nmt_guide.channels.tables import rest_answer
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import Settings


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path / 'knowledge.db'}"
    Store(url).migrate()
    return url


@pytest.fixture
def engine(url):
    engine = Store(url).engine
    yield engine
    engine.dispose()


class Assistant:
    """Counts what it is asked."""

    def __init__(self, seconds: float = 0.0, **metadata) -> None:
        self.asked: list[bool] = []
        self.begun = asyncio.Event()
        self.seconds, self.metadata = seconds, metadata

    async def __call__(self, again):
        self.asked.append(again)
        self.begun.set()
        await asyncio.sleep(self.seconds)
        return [{"recipient_id": "anna", "text": f"answer {len(self.asked)}", "metadata": self.metadata}]


def body(message_id="1", message="Hi", sender="anna"):
    return Body(sender, message, None, None, message_id)


def set_age(engine, seconds):
    with engine.begin() as connection:
        connection.execute(update(rest_answer).values(begun_at=time.time() - seconds))


def rows(engine):
    with engine.connect() as connection:
        return connection.execute(select(rest_answer)).all()


async def test_a_repetition_gets_the_same_answer_in_every_process(engine):
    assistant = Assistant()
    first = await Once(engine).answer(body(), assistant)

    assert await Once(engine).answer(body(), assistant) == first
    assert assistant.asked == [False]


async def test_without_an_id_or_with_another_one_it_is_a_new_question(engine):
    assistant, once = Assistant(), Once(engine)
    for asked in (body(None), body(None), body("1"), body("2"), body("1", sender="bo")):
        await once.answer(asked, assistant)

    assert len(assistant.asked) == 5


async def test_two_at_once_are_one_question(engine):
    assistant = Assistant(seconds=0.3)
    answers = await asyncio.gather(*(Once(engine).answer(body(), assistant) for _ in range(5)))

    assert len(assistant.asked) == 1
    assert all(answer == answers[0] for answer in answers)


async def test_an_id_that_was_used_for_another_message_is_refused(engine):
    once = Once(engine)
    await once.answer(body(), Assistant())
    with pytest.raises(Refused) as error:
        await once.answer(body(message="Ho"), Assistant())

    assert error.value.status == 409


async def test_an_answer_that_failed_is_not_kept(engine):
    once = Once(engine)
    await once.answer(body(), Assistant(outage=True))

    assert (await once.answer(body(), Assistant()))[0]["metadata"] == {}


async def test_what_a_dead_process_began_is_taken_over(engine):
    dying = Assistant(seconds=600)
    first = asyncio.create_task(Once(engine).answer(body(), dying))
    await dying.begun.wait()
    first.cancel()  # it ends in the middle
    with pytest.raises(asyncio.CancelledError):
        await first
    set_age(engine, 100)
    assistant = Assistant()
    await Once(engine).answer(body(), assistant)

    assert assistant.asked == [True]


async def test_old_answers_are_deleted(engine):
    await Once(engine).answer(body(), Assistant())
    set_age(engine, KEPT_SECONDS + 1)
    await Once(engine).answer(body("2"), Assistant())

    assert len(rows(engine)) == 1


async def test_deleting_a_conversation_deletes_its_answers(engine, url):
    await Once(engine).answer(body(), Assistant())
    await Once(engine).answer(body(sender="bo"), Assistant())
    forget(Settings({"NMT_DATABASE_URL": url}), "anna")

    assert len(rows(engine)) == 1


async def test_without_its_table_the_assistant_still_answers(tmp_path):
    once = Once(Store(f"sqlite:///{tmp_path / 'empty.db'}").engine)

    assert await once.answer(body(), Assistant())


async def test_an_answer_that_failed_is_looked_for_before_it_is_asked_again(engine):
    """It may have been stored all the same: the database was lost just then."""
    assistant = Assistant()
    await Once(engine).answer(body(), Assistant(outage=True))
    await asyncio.wait_for(Once(engine).answer(body(), assistant), timeout=5)

    assert assistant.asked == [True]


async def test_a_database_that_is_back_lets_a_repetition_in_at_once(engine, monkeypatch):
    monkeypatch.setattr(rest_once, "_RETRIES", (0.1, 0.1))
    once, assistant = Once(engine), Assistant(outage=True)
    end, down = once._end, True

    def broken(*arguments):
        if down:
            raise OperationalError("", {}, Exception("down"))
        end(*arguments)

    monkeypatch.setattr(once, "_end", broken)
    await once.answer(body(), assistant)
    down = False
    await asyncio.wait_for(Once(engine).answer(body(), assistant), timeout=5)

    assert assistant.asked == [False, True]


async def test_what_began_in_the_future_was_begun_by_a_wrong_clock(engine):
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(Once(engine).answer(body(), Assistant(seconds=60)), timeout=1)
    set_age(engine, -7200)
    assistant = Assistant()
    await asyncio.wait_for(Once(engine).answer(body(), assistant), timeout=5)

    assert assistant.asked == [True]
