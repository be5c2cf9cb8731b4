"""How the clinic's own facts are said."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from nmt_guide.knowledge.content import Clinic, clock


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("09:00", "9 am"),
        ("19:30", "7:30 pm"),
        ("12:00", "noon"),
        ("00:00", "midnight"),
        ("24:00", "midnight"),
        ("12:15", "12:15 pm"),
    ],
)
def test_times_are_said_as_people_say_them(time, said):
    assert clock(time) == said


def test_a_day_on_which_the_clinic_is_closed_is_said_to_be():
    clinic = Clinic(facts={"hours": {"sunday": [], "monday": [{"open": "09:00", "close": "18:00"}]}})

    assert clinic.text("hours.monday") == "9 am to 6 pm"
    assert clinic.text("hours.sunday") == "none: we are closed"
    assert clinic.text("hours.friday") is None


def test_of_a_therapist_is_said_who_it_is():
    facts = {"name": "Ana Lopez", "credentials": "LMT", "specialities": ["jaw"], "gender": "female", "days": ["monday"]}
    clinic = Clinic(facts={"therapists": [{**facts, "languages": ["English", "Polish"]}]})

    assert clinic.text("therapists") == "- Ana Lopez, LMT: jaw (a woman; speaks English and Polish; here on Monday)"


def test_a_sentence_in_place_of_a_list_is_said_as_it_is():
    clinic = Clinic(facts={"prices": "From $60.", "therapists": "Maya and Ben."})

    assert (clinic.text("prices"), clinic.text("therapists")) == ("From $60.", "Maya and Ben.")
    assert (clinic.prices, clinic.therapists) == ([], [])


def test_a_closed_date_is_over_when_it_is_over_at_the_clinic():
    day = datetime.now(ZoneInfo("Etc/GMT+12")).date()  # the last place where it is this day
    facts = {"closed_dates": [day.isoformat()]}

    assert Clinic(facts={**facts, "timezone": "Etc/GMT+12"}).text("closed_dates") == f"{day:%B} {day.day}"
    assert Clinic(facts={**facts, "timezone": "Pacific/Kiritimati"}).text("closed_dates") is None
