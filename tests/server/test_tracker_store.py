"""The tracker store beside Rasa's own: what it reads back, what it keeps, and what it does when something is wrong."""

import asyncio
import json
import shutil
import sqlite3
import time
import uuid
from contextlib import closing, suppress

import pytest
import sqlalchemy as sa
from happenings import DOMAIN, KINDS, KINDS_OF_TURNS, LISTEN, asked, in_form, interrupting_form, session, turn
from hypothesis import HealthCheck, given, settings
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import ActionExecuted, ActiveLoop, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nmt_guide.errors import StoreRefused, StoreUnavailable
from nmt_guide.server import tail
from nmt_guide.server.tracker_store import _COMMITS_IN_LOG, TailTrackerStore


def state(tracker):
    """All that Rasa asks a tracker on the way to a reply."""
    loop = tracker.active_loop
    return {
        "slots": tracker.current_slot_values(),
        "set": {name for name, slot in tracker.slots.items() if slot.has_been_set},
        "loop": loop and (loop.name, loop.is_interrupted, loop.rejected, (loop.trigger_message or {}).get("text")),
        "paused": tracker.is_paused(),
        "follow-up": tracker.followup_action,
        "action": tracker.latest_action,
        "message": None if tracker.latest_message.is_empty() else tracker.latest_message.as_dict(),
        "said": tracker.latest_bot_utterance.as_dict() if tracker.latest_bot_utterance.text else None,
        "channel": tracker.get_latest_input_channel(),
        "policies": DOMAIN.states_for_tracker_history(tracker)[-3:],
    }


async def keep(store, sender, turns):
    """Store turn after turn, each on what is read back, as Rasa does."""
    for events in turns:
        tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
        tracker.update_with_events(events, DOMAIN)
        await store.save(tracker)


@pytest.fixture
def url(database_url):
    return database_url


@pytest.fixture
def store(url):
    made = TailTrackerStore(DOMAIN, url)
    yield made
    made.close()


@pytest.fixture
def sender():
    return uuid.uuid4().hex


def rows(store, sender):
    with store.engine.connect() as connection:
        query = sa.text("SELECT data FROM events WHERE sender_id = :sender ORDER BY id")
        return [json.loads(row.data) for row in connection.execute(query, {"sender": sender})]


@given(KINDS_OF_TURNS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happened_the_state_is_the_one_that_rasas_store_reads(store, tmp_path, happened):
    sender = uuid.uuid4().hex
    rasas = SQLTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path / 'rasa.db'}")
    turns = [session(), *(KINDS[kind](number) for number, kind in enumerate(happened))]

    async def both():
        await keep(store, sender, turns)
        whole = DialogueStateTracker.from_events(sender, [event for events in turns for event in events], DOMAIN.slots)
        # Rasa's store finds the last session by its time: in one go, so that all times stand.
        await rasas.save(whole)
        return await store.retrieve(sender), await rasas.retrieve(sender), whole

    ours, theirs, whole = asyncio.run(both())
    assert state(ours) == state(theirs)
    assert rows(store, sender) == [event.as_dict() for event in whole.events]


async def test_a_long_conversation_is_read_in_part_and_kept_whole(store, sender):
    await keep(store, sender, [session(), *(turn(number) for number in range(60))])
    tracker = await store.retrieve(sender)
    said = [event.text for event in tracker.events if isinstance(event, UserUttered)]

    assert tail.KEEP_TURNS <= len(said) <= tail.CUT_TURNS + 2
    assert said[-1] == "Question 59"
    assert len(rows(store, sender)) == 3 + 60 * 5
    assert len((await store.retrieve_full_tracker(sender)).events) == 3 + 60 * 5
    assert sender in set(await store.keys())


async def test_a_form_left_open_does_not_make_the_tail_grow_for_ever(store, sender):
    opened = in_form(0, ActiveLoop("contact_form"))
    await keep(store, sender, [session(), opened, *(interrupting_form(number) for number in range(1, 60))])
    tracker = await store.retrieve(sender)

    assert tracker.active_loop_name == "contact_form"
    assert sum(isinstance(event, UserUttered) for event in tracker.events) <= tail.LONGEST_TURNS + 2


async def test_the_write_ahead_log_is_moved_into_the_file_beside_the_commits(tmp_path):
    store = TailTrackerStore(DOMAIN, f"sqlite:///{tmp_path / 'conversations.db'}")
    for number in range(_COMMITS_IN_LOG):
        await keep(store, f"client {number}", [session()])
    in_file = 0
    for _ in range(100):
        # A copy of the file alone, without its log.
        shutil.copy(tmp_path / "conversations.db", tmp_path / "copy.db")
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
            in_file = connection.execute("SELECT COUNT(DISTINCT sender_id) FROM events").fetchone()[0]
        if in_file == _COMMITS_IN_LOG:
            break
        await asyncio.sleep(0.05)
    store.close()

    assert in_file == _COMMITS_IN_LOG


async def test_saving_twice_stores_once(store, sender):
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    tracker.update_with_events(session() + turn(1), DOMAIN)
    await store.save(tracker)
    await store.save(tracker)
    await store.save(tracker.copy())

    assert len(rows(store, sender)) == 8


async def test_two_at_once_lose_nothing_and_double_nothing(store, url, sender):
    """Without any lock: Rasa's own store would drop one of them."""
    await keep(store, sender, [session()])
    other = TailTrackerStore(DOMAIN, url)
    first, second = await store.retrieve(sender), await other.retrieve(sender)
    first.update_with_events(turn(1), DOMAIN)
    second.update_with_events(turn(2), DOMAIN)
    await asyncio.gather(store.save(first), other.save(second))
    other.close()

    texts = [row["text"] for row in rows(store, sender) if row["event"] == "user"]
    assert sorted(texts) == ["Question 1", "Question 2"]
    assert len(rows(store, sender)) == 3 + 2 * 5


async def test_two_who_begin_a_conversation_at_once_both_count(store, url, sender):
    other = TailTrackerStore(DOMAIN, url)
    first, second = [await s.get_or_create_tracker(sender, append_action_listen=False) for s in (store, other)]
    first.update_with_events(session() + turn(1), DOMAIN)
    second.update_with_events(session() + turn(2), DOMAIN)
    await asyncio.gather(store.save(first), other.save(second))
    other.close()

    assert sum(row["event"] == "user" for row in rows(store, sender)) == 2


async def test_a_conversation_of_rasas_own_store_goes_on_and_back(store, url, sender):
    rasas = SQLTrackerStore(DOMAIN, host=url)
    await keep(rasas, sender, [session(), *(turn(number) for number in range(12))])
    await keep(store, sender, [turn(number) for number in range(12, 24)])
    await keep(rasas, sender, [turn(24)])

    assert (await store.retrieve(sender)).get_slot("topic") == "topic 24"
    assert [row["text"] for row in rows(store, sender) if row["event"] == "user"] == [
        f"Question {number}" for number in range(25)
    ]


async def test_what_was_deleted_by_hand_does_not_come_back(store, sender):
    """SQLite gives the numbers of deleted rows to new ones."""
    await keep(store, sender, [session(), *(turn(number) for number in range(20))])
    with store.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM events WHERE sender_id = :sender"), {"sender": sender})
    assert await store.retrieve(sender) is None

    await keep(store, sender, [session(), *([asked(str(n)), ActionExecuted(LISTEN)] for n in range(60))])
    assert (await store.retrieve(sender)).get_slot("topic") is None


async def test_a_tracker_made_elsewhere_is_stored_where_it_goes_on(store, sender):
    """Rasa's HTTP API hands over whole trackers."""
    first = session() + turn(1)
    await store.save(DialogueStateTracker.from_events(sender, first, DOMAIN.slots))
    await store.save(DialogueStateTracker.from_events(sender, first[1:] + turn(2), DOMAIN.slots))

    assert [row["text"] for row in rows(store, sender) if row["event"] == "user"] == ["Question 1", "Question 2"]


async def test_what_was_said_last_is_found_beyond_the_tail(store, sender):
    await keep(store, sender, [session(), *(turn(number) for number in range(20))])

    assert [event.text for event in await store.last_said(sender, 12)] == [f"Answer {n}" for n in range(19, 7, -1)]


@pytest.mark.parametrize("text", ["a\0b", "half a pair \ud800", "x" * 5000, "🦴 ñ ع"], ids=ascii)
async def test_no_text_ends_the_process(store, sender, text):
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    tracker.update_with_events([*session(), asked(text, intent=text), ActionExecuted(text)], DOMAIN)
    await store.save(tracker)

    assert (await store.retrieve(sender)).latest_message.text == text


async def test_a_name_that_the_database_refuses_is_an_error_of_ours(store, url):
    name = "a\0b" if url.startswith("postgresql") else "half a pair \ud800"
    with pytest.raises(StoreRefused, match="refuses a value"):
        await store.retrieve(name)


async def test_a_lost_database_is_told_and_used_again_when_it_is_back(tmp_path, sender, monkeypatch):
    monkeypatch.setattr("nmt_guide.server.tracker_store._RETRIES", ())
    file = tmp_path / "conversations.db"
    before = TailTrackerStore(DOMAIN, f"sqlite:///{file}")
    await keep(before, sender, [session(), turn(1)])
    before.close()
    store = TailTrackerStore(DOMAIN, f"sqlite:///{file}")
    store.engine.dispose()
    file.rename(tmp_path / "away.db")
    file.mkdir()
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        await store.retrieve(sender)
    file.rmdir()
    (tmp_path / "away.db").rename(file)

    assert (await store.retrieve(sender)).latest_message.text == "Question 1"
    await keep(store, sender, [turn(2)])
    assert sum(row["event"] == "user" for row in rows(store, sender)) == 2
    store.close()


async def test_a_save_waits_for_another_that_is_writing(tmp_path, sender):
    file = tmp_path / "conversations.db"
    store = TailTrackerStore(DOMAIN, f"sqlite:///{file}")
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    saving = asyncio.create_task(keep(store, sender, [session(), turn(1)]))
    await asyncio.sleep(0.3)
    assert not saving.done()
    writer.execute("COMMIT")
    await saving

    assert len(rows(store, sender)) == 8
    writer.close()
    store.close()


async def test_a_read_waits_aside_for_another_that_holds_the_file(tmp_path, sender):
    file = tmp_path / "conversations.db"
    store = TailTrackerStore(DOMAIN, f"sqlite:///{file}")
    await keep(store, sender, [session(), turn(1)])
    store.engine.dispose()
    store._file._give_up()
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    reading = [asyncio.create_task(store.retrieve(sender)) for _ in range(2)]
    await asyncio.sleep(0.3)
    assert time.monotonic() - begun < 2  # the loop went on: a connection would wait for ten seconds
    assert not any(task.done() for task in reading)

    holder.execute("COMMIT")
    holder.close()
    for tracker in await asyncio.gather(*reading):
        assert tracker.latest_message.text == "Question 1"
    store.close()


async def test_a_save_tried_again_after_its_commit_stores_once(store, sender, monkeypatch):
    monkeypatch.setattr("nmt_guide.server.tracker_store._RETRIES", (0.0,))
    write, calls = store._write, []

    def lost(*arguments):
        write(*arguments)
        calls.append(arguments)
        if len(calls) == 1:
            raise StoreUnavailable("The connection was lost after the commit.")

    monkeypatch.setattr(store, "_write", lost)
    await keep(store, sender, [session(), turn(1)])

    assert len(calls) == 3
    assert len(rows(store, sender)) == 8


async def test_only_what_is_stored_is_published_and_each_event_once(url, sender):
    published = []

    class Broker:
        def publish(self, event):
            published.append(event)

    store = TailTrackerStore(DOMAIN, url, event_broker=Broker())
    await keep(store, sender, [session(), *(turn(number) for number in range(20))])
    store.close()

    assert [{**row, "sender_id": sender} for row in rows(store, sender)] == published


async def test_a_slow_database_holds_up_nobody_else(tmp_path):
    file = tmp_path / "conversations.db"
    store = TailTrackerStore(DOMAIN, f"sqlite:///{file}")
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    saving = asyncio.create_task(keep(store, "one", [session()]))
    assert await asyncio.wait_for(store.retrieve("another"), 5) is None
    assert not saving.done()
    writer.execute("COMMIT")
    await saving
    writer.close()
    store.close()
