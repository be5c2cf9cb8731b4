"""What staff read: enough to act, what the client wrote as theirs, and nothing of it in a header."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from other_side import CLINIC, NOW, request

from nmt_guide.handoff.notices import WORDS, notice
from nmt_guide.handoff.requests import KINDS, Request
from nmt_guide.knowledge.content import Clinic


def test_it_says_who_and_how_and_when_and_what():
    made = notice(request(email="ana@example.com", topic="cost"), CLINIC)

    for part in (
        "asks to be called back",
        "+15125550123",
        "ana@example.com",
        "Monday, November 23, 2026, 10:05 am (America/Chicago)",
        "> After 5 pm, please.",
        "c1 (rest)",
    ):
        assert part in made.body
    assert made.reply_to == "ana@example.com"


def test_every_kind_has_its_words():
    assert set(WORDS) == set(KINDS)


def test_an_urgent_one_says_so_in_the_subject():
    urgent = Request(kind="urgent", conversation="c", channel="rest", flag="rf_stroke", created_at=NOW)

    assert notice(urgent, CLINIC).subject.startswith("URGENT")
    assert "rf_stroke" in notice(urgent, CLINIC).body


def test_a_possible_duplicate_says_so_in_subject_and_body():
    made = notice(request(), CLINIC, maybe_sent=True)

    assert "possible duplicate" in made.subject
    assert made.body.startswith("Possible duplicate")


def test_nothing_that_the_client_wrote_is_in_the_subject():
    made = notice(request(name="Ana\r\nBcc: all@example.com", message="Subject: hi\r\n\r\nhello"), CLINIC)

    assert "Ana" not in made.subject
    assert "\n" not in made.subject
    assert "> Subject: hi" in made.body


def test_a_forged_line_is_no_fact_of_ours():
    forged = "hi\nPhone:        +1999\u2028Phone: 1"
    made = notice(request(message=forged, name=forged), CLINIC)

    assert [line for line in made.body.splitlines() if line.startswith("Phone")] == ["Phone:        +15125550123"]


def test_without_a_time_zone_it_is_utc():
    assert "4:05 pm (UTC)" in notice(request(), Clinic(facts={})).body


@pytest.mark.parametrize(
    ("facts", "to"),
    [
        ({"complaint_contact": {"email": "boss@clinic.example"}}, "boss@clinic.example"),
        ({"complaint_contact": {"email": "boss@clinic.example"}, "fictional": True}, None),
        ({"complaint_contact": {"name": "Dana"}}, None),
        ({}, None),
    ],
)
def test_complaints_go_to_who_answers_them(facts, to):
    clinic = Clinic(facts=facts)

    assert notice(request(kind="complaint"), clinic).to == to
    assert notice(request(), clinic).to is None


def test_midnight_is_written_out():
    when = datetime(2026, 11, 24, 6, tzinfo=timezone.utc)

    assert "Tuesday, November 24, 2026, midnight" in notice(request(created_at=when), CLINIC).body


def test_an_urgent_notice_says_how_to_read_the_conversation_and_a_callers_name_of_it_runs_nothing():
    request = Request(kind="urgent", conversation="a; reboot\nnow", channel="rest", flag="chest_pain")

    assert "To read it: nmt-guide conversations show 'a; reboot now'\n" in notice(request, CLINIC).body
