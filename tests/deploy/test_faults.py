"""Each part is lost while clients talk, and comes back: everybody gets an answer, nothing is stored twice or not at all.

The tests tell one story, in this order: what clients ask meanwhile is counted when the broker is back at the end.
"""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
from house import Talk

DAYS = 2 * 24 * 60 * 60


def test_without_the_broker_nobody_notices(house):
    with Talk(house) as talk:
        house.broker.kill()
        talk.go_on(6)
    talk.check()

    assert talk.failures == []
    ready = httpx.get(f"{house.replicas[0].url}/ready", timeout=60)
    assert ready.status_code == 200


def test_a_database_that_is_killed_and_comes_back(house):
    with Talk(house) as talk:
        house.database.kill()
        # Longer than a message that is to be stored waits for it.
        time.sleep(6)
        assert httpx.get(f"{house.replicas[0].url}/health", timeout=60).status_code == 200
        assert httpx.get(f"{house.replicas[0].url}/ready", timeout=60).status_code == 503
        house.database.start()
        talk.go_on(3)
    talk.check()

    assert "apology" in talk.failures
    # 429: what waited meanwhile, on a slow machine, comes all at once.
    assert {each.partition(" ")[0] for each in talk.failures} <= {"apology", "409", "429", "503"}


def test_a_database_that_restarts_quickly_costs_nobody_an_answer(house):
    with Talk(house) as talk:
        house.database.kill()
        house.database.start()
        talk.go_on(3)
    talk.check()


def test_a_lock_store_that_is_killed_and_comes_back(house):
    with Talk(house) as talk:
        house.redis.kill()
        time.sleep(1)
        assert "locks" in httpx.get(f"{house.replicas[0].url}/ready", timeout=60).text
        house.redis.start()
        talk.go_on(3)
    talk.check()

    assert {each.partition(" ")[0] for each in talk.failures} <= {"apology", "409", "503"}


def test_an_action_server_that_is_killed_and_comes_back(house):
    *_, three = house.replicas
    with Talk(house, three.url, clients=3) as talk:
        house.actions.kill()
        time.sleep(1)
        house.actions.start()
        talk.go_on(3)
    talk.check()

    assert set(talk.failures) <= {"apology"}


def test_a_clock_that_jumps_is_no_reason_to_fail(house):
    """Two days forward, back, and two days into the past, of one of three replicas."""
    _, two, _ = house.replicas
    with Talk(house) as talk, Talk(house, two.url, clients=2) as straight:
        for offset in (DAYS, 0, -DAYS, 0):
            house.clock.write_text(str(offset))
            talk.go_on(1)
            straight.go_on(2)
    talk.check()
    straight.check()

    assert talk.failures == straight.failures == []
    (times,) = house.query("SELECT min(timestamp) AS first, max(timestamp) AS last FROM events")
    assert times.last > time.time() + DAYS / 2, "The clock did not jump."
    assert times.first < time.time() - DAYS / 2


def test_three_replicas_and_one_conversation_at_once(house):
    sender = uuid.uuid4().hex

    def talk(number):
        replica = house.replicas[number % 3]
        return replica.say(f"How much does it cost? ({number})", sender)

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(talk, range(18)))
    turns = house.turns(sender)

    assert all(reply[0]["metadata"]["topic"] == "cost" for reply in replies)
    assert sorted(text for text, _ in turns) == sorted(f"How much does it cost? ({number})" for number in range(18))
    assert all(answers == [False] for _, answers in turns)
    started = house.query(
        "SELECT data FROM events WHERE sender_id = :sender AND type_name = 'session_started'", sender=sender
    )
    assert [json.loads(row.data)["event"] for row in started] == ["session_started"]


def test_all_that_was_asked_is_counted_when_the_broker_is_back(house):
    """Whatever was killed meanwhile: as many as there are messages in the conversations, no more and no less."""
    house.broker.start()
    asked = house.query("SELECT count(*) AS count FROM events WHERE type_name = 'user'")[0].count
    end = time.monotonic() + 60
    while (counted := house.query("SELECT count(*) AS count FROM analytics_turn")[0].count) < asked:
        assert time.monotonic() < end, f"{counted} of {asked} are counted."
        time.sleep(0.5)

    assert counted == asked
    assert house.query("SELECT count(*) AS count FROM analytics_outbox")[0].count == 0
