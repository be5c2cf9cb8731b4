"""Token buckets: bursts, refilling, many keys."""

from __future__ import annotations

import pytest

from nmt_guide.channels import limits
from nmt_guide.channels.limits import Limit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_in_and_then_one_at_a_time():
    clock = Clock()
    limit = Limit(6, clock)

    assert [limit.take("a") for _ in range(6)] == [0.0] * 6
    assert limit.take("a") == pytest.approx(10)
    clock.now += 10.001
    assert limit.take("a") == 0
    assert limit.take("a") > 9


def test_who_is_refused_need_not_wait_longer_for_having_asked():
    clock = Clock()
    limit = Limit(1, clock)
    limit.take("a")

    assert [limit.take("a") for _ in range(5)] == pytest.approx([60] * 5)


def test_one_client_takes_nothing_from_another():
    limit = Limit(1, Clock())
    limit.take("a")

    assert limit.take("b") == 0


def test_nothing_set_limits_nothing():
    assert not any(Limit(0, Clock()).take("a") for _ in range(1000))


def test_memory_does_not_grow_with_clients_that_rest(monkeypatch):
    monkeypatch.setattr(limits, "_MOST_KEYS", 10)
    clock = Clock()
    limit = Limit(60, clock)
    for n in range(1000):
        limit.take(str(n))
        clock.now += 1

    assert len(limit._full_at) <= 10


def test_memory_does_not_grow_with_clients_that_all_ask_at_once(monkeypatch):
    monkeypatch.setattr(limits, "_MOST_KEYS", 10)
    limit = Limit(1, Clock())
    for n in range(1000):
        limit.take("busy" if n % 5 == 0 else str(n))

    assert len(limit._full_at) == 10
    assert limit.take("999") > 0
    assert limit.take("busy") > 0
    assert limit.take("1") == 0, "The oldest is forgotten."


def test_keys_are_not_looked_through_for_each_message(monkeypatch):
    monkeypatch.setattr(limits, "_MOST_KEYS", 10)
    clock = Clock()
    limit = Limit(1, clock)
    for n in range(10):
        limit.take(str(n))
    kept = limit._full_at
    limit.take("10")
    assert limit._full_at is kept
    clock.now += 60
    limit.take("11")

    assert list(limit._full_at) == ["11"]
