"""What may be right is told and not refused."""

from __future__ import annotations

from datetime import date

import pytest

from nmt_guide.knowledge.warnings import warnings

TODAY = date(2026, 12, 1)
TOPIC = "topics/basics/what_is_nmt.yml"


def told(content):
    return [str(problem) for problem in warnings(content, TODAY)]


def test_the_real_content_gives_no_warning(real_content):
    assert told(real_content) == []


def spells(*times):
    return {"timezone": "UTC", "hours": {"monday": [{"open": start, "close": end} for start, end in times]}}


@pytest.mark.parametrize(
    ("facts", "warning"),
    [
        ({"prices": ""}, "clinic.yml: prices: is empty: texts that hold it cannot be said, 1 in all: cost short."),
        (spells(("09:00", "05:00")), "hours: monday: closes before it opens"),
        (spells(("9:00", "13:00"), ("12:00", "18:00")), "hours: monday: has hours that overlap"),
        (spells(("09:00", "18:00")), "hours: sunday is missing; write [] when you are closed"),
        (
            {"session_lengths": [45], "prices": [{"name": "A", "minutes": 60, "price": "$1"}]},
            "45 minutes have no price",
        ),
        ({"phone": "555-0142"}, "phone: is '555-0142', which is no whole phone number"),
        ({"complaint_contact": {"phone": "5"}}, "complaint_contact phone: is '5'"),
        ({"parking": "\u201cFree.\u201d"}, "parking: stands in curly quotation marks"),
    ],
)
def test_a_doubtful_fact_of_the_clinic_is_told(folder, facts, warning):
    folder.edit("clinic.yml", lambda clinic: clinic.update(facts))

    assert any(warning in one for one in told(folder.read())), told(folder.read())


def test_hours_that_do_not_meet_are_in_order(folder):
    two = spells(("9:00", "13:00"), ("13:00", "18:00"))
    folder.edit("clinic.yml", lambda clinic: clinic.update(two))

    assert not any("monday" in one for one in told(folder.read()))


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("It is $105 an hour.", "what_is_nmt.yml: short: '$1': holds a price"),
        ("Call (512) 555-0142.", "short: '(512) 555-0142': holds a phone number"),
        ("It is <b>new</b>.", "short: '<b>': holds markup"),
        ("It is **new**.", "short: '**': holds markup"),
        ("We can help. See [it](http://a.b) if you like.", "holds markup"),
        ("That\u00e2\u20ac\u2122s it.", "holds broken letters"),
    ],
)
def test_what_an_answer_must_not_hold_is_told(folder, text, warning):
    folder.edit(TOPIC, lambda topic: topic.update(short=text))

    assert any(warning in one for one in told(folder.read())), told(folder.read())


@pytest.mark.parametrize(
    ("review", "warning"),
    [
        ({"by": "Dana", "on": None}, "review: names Dana and no day"),
        ({"by": "Dana", "on": "2027-01-01"}, "review: 'on' is 2027-01-01, which is still to come"),
    ],
)
def test_a_review_without_its_day_is_told(folder, review, warning):
    folder.edit(TOPIC, lambda topic: topic["review"].update(review))

    assert any(warning in one for one in told(folder.read()))
