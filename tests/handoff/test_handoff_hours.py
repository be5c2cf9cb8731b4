"""Opening hours where they are hard: lunch, midnight, changing clocks, closed days, nothing filled in."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from nmt_guide.handoff.hours import DAYS, opening
from nmt_guide.knowledge.content import Clinic

CHICAGO = ZoneInfo("America/Chicago")
WEEK = {day: [{"open": "09:00", "close": "18:00"}] for day in DAYS[:5]}


def clinic(hours=None, **facts):
    return Clinic(facts={"timezone": "America/Chicago", "hours": WEEK if hours is None else hours, **facts})


def said(moment, hours=None, **facts):
    """The sentence at a moment of the clinic's clock."""
    return opening(clinic(hours, **facts), datetime.fromisoformat(moment).replace(tzinfo=CHICAGO)).text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-23 08:59", "We are closed now and open again at 9 am today."),
        ("2026-11-23 09:00", "We are open until 6 pm."),
        ("2026-11-23 17:59", "We are open until 6 pm."),
        ("2026-11-23 18:00", "We are closed now and open again tomorrow at 9 am."),
        ("2026-11-20 18:00", "We are closed now and open again Monday at 9 am."),
        ("2026-11-21 00:00", "We are closed now and open again Monday at 9 am."),
    ],
)
def test_a_plain_week(moment, text):
    assert said(moment) == text


def test_the_time_of_the_server_is_not_the_time_of_the_clinic():
    tokyo = datetime(2026, 11, 24, 1, 30, tzinfo=ZoneInfo("Asia/Tokyo"))  # Monday, 10:30 in Chicago

    found = opening(clinic(), tokyo)
    assert found.open
    assert found.until == datetime(2026, 11, 23, 18, tzinfo=CHICAGO)


def test_lunch():
    hours = {"monday": [{"open": "13:00", "close": "17:30"}, {"open": "9:00", "close": "12:00"}]}

    assert said("2026-11-23 10:00", hours) == "We are open until noon."
    assert said("2026-11-23 12:30", hours) == "We are closed now and open again at 1 pm today."
    assert said("2026-11-23 13:00", hours) == "We are open until 5:30 pm."


def test_over_midnight():
    hours = {"friday": [{"open": "20:00", "close": "02:00"}]}

    assert said("2026-11-20 23:00", hours) == "We are open until 2 am."
    assert said("2026-11-21 01:59", hours) == "We are open until 2 am."
    assert said("2026-11-21 02:00", hours) == "We are closed now and open again Friday at 8 pm."


def test_until_midnight_and_on_is_one_spell():
    hours = {"friday": [{"open": "20:00", "close": "24:00"}], "saturday": [{"open": "00:00", "close": "03:00"}]}

    assert said("2026-11-20 23:00", hours) == "We are open until 3 am."


def test_always_open():
    hours = {day: [{"open": "00:00", "close": "24:00"}] for day in DAYS}

    assert said("2026-11-20 23:00", hours) == "We are open now."
    assert said("2026-12-24 23:00", hours, closed_dates=["2026-12-25"]) == "We are open until midnight."
    assert said("2026-12-20 12:00", hours, closed_dates=["2026-12-25"]) == "We are open until Friday at midnight."


def test_closed_days_are_skipped_whether_texts_or_dates():
    closed = ["2026-11-26", date(2026, 11, 27)]

    assert said("2026-11-26 10:00", closed_dates=closed) == "We are closed now and open again Monday at 9 am."


def test_a_closed_day_does_not_end_the_night_before_it():
    hours = {"friday": [{"open": "20:00", "close": "02:00"}]}

    assert said("2026-11-21 01:00", hours, closed_dates=["2026-11-21"]) == "We are open until 2 am."


def test_an_opening_far_away_is_given_with_its_date():
    closed = [f"2026-12-{day:02}" for day in range(1, 32)]

    assert (
        said("2026-11-30 19:00", closed_dates=closed)
        == "We are closed now and open again on Friday, January 1 at 9 am."
    )


def test_the_night_when_clocks_go_forward():
    hours = {"saturday": [{"open": "20:00", "close": "06:00"}], "sunday": [{"open": "09:00", "close": "17:00"}]}
    found = opening(clinic(hours), datetime(2026, 3, 8, 7, 30, tzinfo=ZoneInfo("UTC")))  # 01:30 CST, 2 am is skipped

    assert found.until is not None
    assert found.until.astimezone(ZoneInfo("UTC")) == datetime(2026, 3, 8, 11, tzinfo=ZoneInfo("UTC"))  # 06:00 CDT
    assert said("2026-03-08 08:59", hours) == "We are closed now and open again at 9 am today."


def test_the_night_when_clocks_go_back():
    hours = {"saturday": [{"open": "20:00", "close": "06:00"}]}
    utc = ZoneInfo("UTC")

    # 01:30 comes twice; 06:00 CST is an hour later than 06:00 CDT would be.
    for hour in (6, 7, 11):
        assert opening(clinic(hours), datetime(2026, 11, 1, hour, 30, tzinfo=utc)).open
    assert not opening(clinic(hours), datetime(2026, 11, 1, 12, 0, tzinfo=utc)).open


def test_an_hour_that_the_clocks_skip_stops_nothing():
    hours = {"sunday": [{"open": "02:15", "close": "02:45"}]}

    assert opening(clinic(hours), datetime(2026, 3, 8, 6, tzinfo=ZoneInfo("UTC"))).known


@pytest.mark.parametrize(
    "facts", [{"hours": {}}, {"hours": None}, {"hours": {"monday": []}}, {"hours": WEEK, "timezone": ""}]
)
def test_what_is_not_filled_in_is_not_invented(facts):
    found = opening(Clinic(facts={"timezone": "America/Chicago", **facts}), datetime.now(CHICAGO))

    assert found.known is False
    assert found.text == ""
    assert found.next_open is None


def test_closed_for_good_names_no_day():
    closed = [date.fromordinal(date(2026, 11, 1).toordinal() + n).isoformat() for n in range(500)]

    assert said("2026-11-23 10:00", closed_dates=closed) == "We are closed now."
