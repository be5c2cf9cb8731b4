"""What was asked is counted once, on each kind of database, and reported by the clinic's weeks."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from nmt_guide.analytics import tables as t
from nmt_guide.analytics.counts import Counts
from nmt_guide.analytics.report import Line, as_text, report
from nmt_guide.analytics.turns import Reply, Turn
from nmt_guide.errors import StoreUnavailable
from nmt_guide.knowledge.files import read_content
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import Settings

#: A Sunday evening in Chicago, and a Monday in UTC.
NOW = datetime(2026, 11, 30, 3, tzinfo=timezone.utc)
CHICAGO = ZoneInfo("America/Chicago")


def asked(kind, topic=None, *, ago=timedelta(0), channel="web", **more):
    return Turn(channel, NOW - ago, 0.25, (Reply(kind, topic, **more),))


def everything(counts):
    return report(counts, 2, NOW, CHICAGO)


def test_a_turn_that_comes_again_is_counted_once(store):
    counts = Counts(store.engine)
    first, second = asked("answer", "cost"), asked("answer", "cost")

    assert counts.add([first, first]) == 1
    assert counts.add([first, second]) == 1
    assert counts.add([first, second]) == 0
    assert everything(counts).messages == (Line("web", (0, 2)),)


def test_two_who_write_the_same_turn_at_once_write_it_once(store, monkeypatch):
    counts, made = Counts(store.engine), asked("answer", "cost")
    look = Counts._add

    def late(self, turns):
        """Another one writes between a look and the writing: once, as its row is there from then on."""
        monkeypatch.setattr(Counts, "_add", look)
        counts.add(turns)
        raise IntegrityError("", {}, Exception())

    monkeypatch.setattr(Counts, "_add", late)

    assert counts.add([made]) == 0
    assert everything(counts).messages == (Line("web", (0, 1)),)


def test_every_part_of_a_turn_is_stored(store):
    reply = Reply("safety", "cost", ("condition", "place"), "same_day_medical_care", "dvt")
    made = Turn("web", NOW, None, (reply, Reply("answer")))
    Counts(store.engine).add([made, Turn("rest", NOW, 1.5, ())])
    with store.engine.connect() as connection:
        replies = connection.execute(select(t.reply).order_by(t.reply.c.position)).all()

    assert replies == [
        (made.id, 0, "safety", "cost", "condition,place", "same_day_medical_care", "dvt"),
        (made.id, 1, "answer", None, "", None, None),
    ]


def test_loading_content_leaves_it_alone(store):
    counts = Counts(store.engine)
    counts.add([asked("answer", "cost")])
    store.save(read_content(Settings().content_dir), "a")

    assert everything(counts).topics == (Line("cost", (0, 1)),)


def test_the_report_counts_by_the_clinics_weeks(store):
    counts = Counts(store.engine)
    week = timedelta(days=7)
    counts.add([
        asked("answer", "cost"), asked("answer", "cost", ago=week), asked("answer", "hours", channel="slack"),
        asked("answer", "too_long_ago", ago=3 * week),
        asked("fallback", "cost"), asked("clarify", "hours"), asked("refusal", "bot_diagnosis"), asked("outage"),
        asked("safety", level="same_day_medical_care", flag="dvt"), asked("smalltalk", "hello"),
    ])  # fmt: skip
    found = everything(counts)

    assert [week.isoformat() for week in found.weeks] == ["2026-11-16", "2026-11-23"]
    assert found.messages == (Line("web", (1, 7)), Line("slack", (0, 1)))
    assert found.topics == (Line("cost", (1, 1)), Line("hours", (0, 1)))
    assert {line.name: line.total for line in found.unanswered} == {
        "fallback": 1, "clarify": 1, "refusal": 1, "outage": 1
    }  # fmt: skip
    assert {line.name for line in found.nearest} == {"cost", "hours"}
    assert found.levels == (Line("same_day_medical_care", (0, 1)),)
    assert found.flags == (Line("dvt", (0, 1)),)
    assert found.seconds == pytest.approx(0.25)
    assert found.as_dict()["topics"] == {"cost": [1, 1], "hours": [0, 1]}


def test_the_report_is_read_by_people(store):
    counts = Counts(store.engine)
    counts.add([asked("answer", "cost"), asked("fallback", "hours"), asked("answer", "hours"), asked("answer", "cost")])
    text = as_text(everything(counts), most=1)

    assert text.splitlines()[:4] == [
        "What clients asked in 2 weeks (from their Mondays, America/Chicago)",
        "       16 Nov 23 Nov  in all",
        "  All       0      4       4",
        "  web       0      4       4",
    ]
    assert "Unanswered (25.0 % of all messages)" in text
    assert "and 1 more" in text
    assert "Safety messages (0.0 % of all messages)\n  none" in text


def test_a_time_without_questions_is_told(store):
    assert "Nothing was asked in this time." in as_text(everything(Counts(store.engine)))


def test_a_database_that_is_not_there_is_named(tmp_path):
    counts = Counts(Store(f"sqlite:///{tmp_path / 'no.db'}").engine)

    with pytest.raises(StoreUnavailable, match="no such table"):
        counts.add([asked("answer")])
