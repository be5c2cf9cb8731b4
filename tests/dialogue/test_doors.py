"""Whether the clinic is open: the hours are those of the sample, the time is a Wednesday noon in Texas, November 18, 2026."""

from datetime import date, datetime, timedelta, timezone

import pytest

from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.doors import answer_on_doors

NOON = datetime(2026, 11, 18, 18, 0, tzinfo=timezone.utc)


def closed_on(content, *days):
    return content.clinic.copy(update={"facts": {**content.clinic.facts, "closed_dates": list(days)}})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("are you open now", "Yes, until 7:30 pm."),
        ("are you open today", "Yes, we are open today, 9 am to 7:30 pm."),
        ("when do you close today?", "We are open today, 9 am to 7:30 pm."),
        ("are you closed tomorrow", "We are open tomorrow, 9 am to 6 pm."),
        ("are you open on december 25", "No, we are closed on Friday, December 25."),
        ("are u open dec 26th", "Yes, we are open on Saturday, December 26, 9 am to 1 pm."),
        ("are you open on Christmas?", "No, we are closed on Friday, December 25."),
        ("are you open on 22 november", "No, we are closed on Sunday, November 22."),
        (
            "are you open on thanksgiving",
            "Yes, we are open on Thursday, November 26, 9 am to 6 pm. Hours may change around holidays",
        ),
        ("are you open july 4", "No, we are closed on Sunday, July 4."),
        (
            "are you open dec 31",
            "Yes, we are open on Thursday, December 31, 9 am to 6 pm. Hours may change around holidays",
        ),
        ("what are your hours", None),
        ("is parking free today", None),
        ("are you open on february 30", None),
    ],
)
def test_who_asks_of_a_day_hears_of_that_day(content, text, says):
    said = answer_on_doors(text, closed_on(content, date(2026, 12, 25)), NOON)

    assert said is None if says is None else said.startswith(says)


def test_when_the_doors_are_closed_it_is_said_when_they_open(content):
    night = NOON + timedelta(hours=9)

    assert answer_on_doors("are you open now?", content.clinic, night) == "No, we open again tomorrow at 9 am."
    assert answer_on_doors("are you open today?", content.clinic, night) == "No, we open again tomorrow at 9 am."


def test_without_hours_on_file_nothing_is_said(content):
    clinic = content.clinic.copy(update={"facts": {**content.clinic.facts, "hours": None}})

    assert answer_on_doors("are you open now", clinic, NOON) is None


def test_the_answer_is_given_under_the_hours(talk):
    message = talk.say("are you open now", "hours_location").messages[0]

    assert message.text == "Yes, until 7:30 pm."
    assert message.meta["topic"] == "hours_location"


def test_closed_dates_to_come_stand_under_the_hours(content):
    coming = date.today() + timedelta(days=30)
    clinic = closed_on(content, "2020-01-01", coming)
    text = Answers(content.copy(update={"clinic": clinic})).short("hours_location", {}).text

    assert f"Sunday: closed\nWe are also closed on {coming:%B} {coming.day}.\nPlease book" in text
    assert "also closed" not in Answers(content).short("hours_location", {}).text
