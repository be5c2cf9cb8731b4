"""Two replicas and one conversation at once, with Redis between them."""

import asyncio
import json
import threading
import uuid

import pytest
import sqlalchemy as sa
from happenings import DOMAIN, LISTEN, asked, session
from processes import redis_server
from rasa.shared.core.events import ActionExecuted, SlotSet

from nmt_guide.server.locks import PromptRedisLockStore
from nmt_guide.server.tracker_store import TailTrackerStore

TURNS = 25


@pytest.fixture
def redis(tmp_path):
    with redis_server(tmp_path) as port:
        yield port


def test_no_event_is_lost_or_doubled_and_each_turn_sees_the_one_before(redis, tmp_path):
    url = f"sqlite:///{tmp_path / 'conversations.db'}"
    sender = uuid.uuid4().hex
    errors = []

    async def talk(name):
        locks, store = PromptRedisLockStore("127.0.0.1", redis), TailTrackerStore(DOMAIN, url)
        for number in range(TURNS):
            async with locks.lock(sender):
                tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
                count = tracker.get_slot("misses") if tracker.events else 0
                begin = [] if tracker.events else session()
                turn = [asked(f"{name} {number}"), SlotSet("misses", count + 1), ActionExecuted(LISTEN)]
                tracker.update_with_events(begin + turn, DOMAIN)
                await store.save(tracker)
        store.close()

    def replica(name):
        try:
            asyncio.run(talk(name))
        except Exception as error:
            errors.append(error)

    replicas = [threading.Thread(target=replica, args=(name,)) for name in ("one", "two")]
    for each in replicas:
        each.start()
    for each in replicas:
        each.join()
    assert errors == []

    with sa.create_engine(url).connect() as connection:
        kept = [json.loads(data) for (data,) in connection.execute(sa.text("SELECT data FROM events ORDER BY id"))]
    texts = [event["text"] for event in kept if event["event"] == "user"]
    assert sorted(texts) == sorted(f"{name} {number}" for name in ("one", "two") for number in range(TURNS))
    assert [event["value"] for event in kept if event["event"] == "slot"] == list(range(1, 2 * TURNS + 1))
