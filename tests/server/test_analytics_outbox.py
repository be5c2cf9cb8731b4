"""What was asked leaves the outbox when it is safe elsewhere, and not before."""

import asyncio
import time
from datetime import datetime, timezone

import pytest
from happenings import DOMAIN, asked, session
from rasa.shared.core.events import BotUttered
from sqlalchemy import create_engine, insert, text, update

from nmt_guide.analytics import outbox as o
from nmt_guide.analytics.counts import Counts
from nmt_guide.analytics.forwarder import BATCH, Directly, Forwarder
from nmt_guide.analytics.outbox import HOLD_SECONDS, Outbox
from nmt_guide.analytics.turns import Reply, Turn
from nmt_guide.errors import BrokerUnavailable, StoreUnavailable
from nmt_guide.server.tracker_store import TailTrackerStore

NOW = datetime(2026, 11, 30, 3, tzinfo=timezone.utc)
LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)


class Fickle:
    """A destination that fails when it is told to."""

    def __init__(self):
        self.got, self.down, self.closed = [], False, False

    async def pass_on(self, turns):
        if self.down:
            raise BrokerUnavailable("Down.")
        self.got += turns

    async def close(self):
        self.closed = True


@pytest.fixture
def outbox(database_url):
    engine = create_engine(database_url, future=True)
    o.metadata.create_all(engine)
    yield Outbox(engine)
    o.metadata.drop_all(engine)
    engine.dispose()


def put(outbox, count):
    turns = [Turn("web", NOW, None, (Reply("answer", "cost"),)) for _ in range(count)]
    with outbox._engine.begin() as connection:
        connection.execute(insert(o.outbox), o.rows(turns))
    return turns


async def test_all_is_passed_on_in_bites(outbox):
    destination = Fickle()
    turns = put(outbox, BATCH + 1)
    forwarder = Forwarder(outbox, destination)

    assert [await forwarder.forward() for _ in range(3)] == [BATCH, 1, 0]
    assert {each.id for each in destination.got} == {each.id for each in turns}
    assert outbox.waiting() == 0


async def test_what_fails_stays_and_is_tried_again(outbox):
    destination = Fickle()
    put(outbox, 3)
    forwarder = Forwarder(outbox, destination)
    destination.down = True
    running = asyncio.create_task(forwarder.run(0.01))
    await asyncio.sleep(0.2)

    assert forwarder.trouble == "Down."
    assert outbox.waiting() == 3
    destination.down = False
    for _ in range(200):
        await asyncio.sleep(0.02)
        if not outbox.waiting():
            break
    forwarder.stop()
    await running

    assert len(destination.got) == 3
    assert forwarder.trouble == ""
    assert destination.closed


async def test_what_a_dead_process_holds_is_passed_on_when_its_time_is_over(outbox):
    put(outbox, 2)
    _, taken = outbox.take(10)

    assert len(taken) == 2
    assert outbox.take(10)[1] == []
    with outbox._engine.begin() as connection:
        connection.execute(update(o.outbox).values(held_until=time.time() - 1))
    assert len(outbox.take(10)[1]) == 2


async def test_a_clock_that_was_wrong_holds_nothing_for_ever(outbox):
    put(outbox, 1)
    with outbox._engine.begin() as connection:
        connection.execute(update(o.outbox).values(held_until=time.time() + 5 * HOLD_SECONDS, held_by="x"))

    assert len(outbox.take(10)[1]) == 1


async def test_two_at_once_do_not_take_the_same(outbox):
    put(outbox, 50)
    taken = await asyncio.gather(*(asyncio.to_thread(outbox.take, 10) for _ in range(4)))
    ids = [each.id for _, turns in taken for each in turns]

    assert len(ids) == len(set(ids))
    assert ids


async def test_an_outbox_that_cannot_be_read_is_told(outbox):
    with outbox._engine.begin() as connection:
        connection.execute(text("DROP TABLE analytics_outbox"))

    assert outbox.waiting() == 0
    with pytest.raises(StoreUnavailable, match="cannot be passed on"):
        await Forwarder(outbox, Fickle()).forward()


async def test_a_stored_message_is_counted_without_its_words(store, database_url):
    """From the store of the conversations through the outbox into the counts, in one database."""
    tracker_store = TailTrackerStore(DOMAIN, database_url, analytics=True)
    tracker = await tracker_store.get_or_create_tracker("Annabel", append_action_listen=False)
    answer = BotUttered("Words of ours", metadata={"kind": "answer", "topic": "cost", "facets": {}})
    tracker.update_with_events([*session(), asked("Words of hers"), answer], DOMAIN)
    await tracker_store.save(tracker)
    await tracker_store.save(tracker)
    outbox, counts = Outbox(tracker_store.engine), Counts(store.engine)
    with tracker_store.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM analytics_outbox")).all()

    assert "ords" not in row.turn
    assert "Annabel" not in row.turn
    assert await Forwarder(outbox, Directly(counts)).forward() == 1
    assert [(each.topic, each.count) for each in counts.replies(LONG_AGO)] == [("cost", 1)]
    tracker_store.close()


async def test_nothing_is_noted_when_it_is_off(database_url):
    tracker_store = TailTrackerStore(DOMAIN, database_url)
    tracker = await tracker_store.get_or_create_tracker("Annabel", append_action_listen=False)
    tracker.update_with_events([*session(), asked("Words")], DOMAIN)
    await tracker_store.save(tracker)

    assert Outbox(tracker_store.engine).waiting() == 0
    tracker_store.close()
