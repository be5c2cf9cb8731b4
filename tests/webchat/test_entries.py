"""What was said is kept once, in order, and goes when it must, on each kind of database."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from nmt_guide.knowledge.files import read_content
from nmt_guide.settings import ROOT
from nmt_guide.webchat import entries as entries_module
from nmt_guide.webchat import tables as t
from nmt_guide.webchat.entries import Entries
from nmt_guide.webchat.tokens import new_session

REPLY = {
    "text": "From $60.",
    "metadata": {"kind": "answer", "topic": "cost"},
    "buttons": [{"title": "More", "payload": "/m"}],
}


@pytest.fixture
def entries(store):
    return Entries(store.engine)


@pytest.fixture
def session():
    return new_session()


def count(store, table, session):
    with store.engine.connect() as connection:
        return len(connection.execute(select(table).where(table.c.session == session)).all())


def test_what_was_kept_comes_back_as_it_was(entries, session):
    asked, new = entries.accept(session, "message-1", "How much? <b>\U0001f642</b>")
    replies = entries.answer(session, asked, [REPLY])

    assert new
    assert entries.history(session)[1:] == replies
    assert entries.history(session)[0].text == asked.text
    assert [entry.said_at.tzinfo for entry in entries.history(session)] == [timezone.utc] * 2
    assert replies[0].wire() == {
        "seq": 2,
        "from": "assistant",
        "time": replies[0].said_at.isoformat(timespec="milliseconds")[:-6] + "Z",
        "text": "From $60.",
        "buttons": [{"title": "More", "payload": "/m"}],
        "metadata": {"kind": "answer", "topic": "cost"},
    }
    assert entries.offered(session) == {"/m"}


def test_a_message_is_kept_once(entries, session):
    first, _ = entries.accept(session, "message-1", "How much?")
    entries.answer(session, first, [REPLY])
    again, new = entries.accept(session, "message-1", "How much?")

    assert not new
    assert again.seq == first.seq
    assert again.answered
    assert entries.replies(session, again)[0].text == REPLY["text"]


def test_a_message_is_answered_once(entries, session):
    asked, _ = entries.accept(session, "message-1", "How much?")
    first = entries.answer(session, asked, [REPLY])

    assert entries.answer(session, asked, [REPLY, REPLY]) == first
    assert len(entries.history(session)) == 2


def test_the_same_id_in_another_session_is_another_message(entries, session):
    entries.accept(session, "message-1", "How much?")

    assert entries.accept(new_session(), "message-1", "How much?")[1]


def test_many_writers_use_every_number_once(entries, session, monkeypatch):
    monkeypatch.setattr(entries_module, "_MOST_TRIES", 200)

    def write(writer):
        for n in range(10):
            asked, _ = entries.accept(session, f"message-{writer}-{n}", "How much?")
            entries.answer(session, asked, [REPLY])

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [entry.seq for entry in entries.history(session)] == [*range(1, 81)]


def test_many_writers_of_one_message_keep_it_once(entries, session):
    kept = []
    threads = [
        threading.Thread(target=lambda: kept.append(entries.accept(session, "message-1", "?"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(new for _, new in kept) == [False] * 7 + [True]
    assert len(entries.history(session)) == 1


def test_a_long_history_ends_with_the_newest(entries, session, monkeypatch):
    monkeypatch.setattr(entries_module, "MOST_SHOWN", 3)
    for n in range(5):
        entries.accept(session, f"message-{n}", "?")

    assert [entry.seq for entry in entries.history(session)] == [3, 4, 5]
    assert [entry.seq for entry in entries.history(session, since=4)] == [5]


def test_what_is_offered_is_what_may_still_be_on_the_screen(entries, session, monkeypatch):
    monkeypatch.setattr(entries_module, "MOST_SHOWN", 2)
    for n in range(3):
        asked, _ = entries.accept(session, f"m{n}", "Hello")
        entries.answer(
            session, asked, [{"text": "Hi", "buttons": [{"title": "x", "payload": f"/{n}"}]}, {"text": "Bye"}]
        )

    assert entries.offered(session) == {"/1", "/2"}


def test_deleting_takes_entries_and_feedback_of_one_session(entries, session, store):
    other = new_session()
    for one in (session, other):
        asked, _ = entries.accept(one, "message-1", "How much?")
        entries.answer(one, asked, [REPLY])
        assert entries.rate(one, 2, "up", "Clear.")
    entries.delete(session)
    entries.delete(session)

    assert [count(store, table, session) for table in (t.entry, t.feedback)] == [0, 0]
    assert [count(store, table, other) for table in (t.entry, t.feedback)] == [2, 1]
    assert entries.is_deleted(session)
    assert not entries.is_deleted(other)


def test_an_answer_to_a_deleted_message_is_not_kept(entries, session, store):
    asked, _ = entries.accept(session, "message-1", "How much?")
    entries.delete(session)

    assert entries.answer(session, asked, [REPLY]) == []
    assert count(store, t.entry, session) == 0


def test_purging_takes_what_is_old(entries, session, store):
    asked, _ = entries.accept(session, "message-1", "How much?")
    entries.answer(session, asked, [REPLY])
    entries.rate(session, 2, "up", None)
    gone = new_session()
    entries.delete(gone)
    now = datetime.now(timezone.utc)

    assert entries.purge(now - timedelta(days=1)) == 0
    assert entries.purge(now + timedelta(days=1)) == 2
    assert count(store, t.feedback, session) == 0
    assert not entries.is_deleted(gone)


def test_loading_content_leaves_the_chats_alone(entries, session, store):
    entries.accept(session, "message-1", "How much?")
    store.save(read_content(ROOT / "knowledge"), "new")

    assert len(entries.history(session)) == 1
