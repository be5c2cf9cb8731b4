"""What a browser is told of the clinic."""

from __future__ import annotations

import pytest

from nmt_guide.knowledge.content import Clinic, Country
from nmt_guide.knowledge.files import read_content
from nmt_guide.settings import ROOT
from nmt_guide.webchat.greeting import Greeting


class Content:
    """No more content than the greeting reads."""

    topic: dict = {}
    country = Country(code="GB", name="United Kingdom", emergency="999", crisis="call Samaritans", non_emergency="")

    def __init__(self, **facts):
        self.clinic = Clinic(facts=facts)


def test_every_suggestion_is_a_topic_of_the_content():
    assert len(Greeting(read_content(ROOT / "knowledge")).suggestions) == 4


@pytest.mark.parametrize(
    ("phone", "href"),
    [
        ("(512) 555-0142", "tel:5125550142"),
        ("+44 20 7946 0018", "tel:+442079460018"),
        ("020 7946 0018 ", "tel:02079460018"),
        ("", None),
        (None, None),
    ],
)
def test_the_phone_can_be_dialled(phone, href):
    assert Greeting(Content(phone=phone)).clinic["phone_href"] == href


def test_the_emergency_number_is_the_one_of_the_clinics_country():
    assert Greeting(Content()).clinic["emergency_number"] == "999"


@pytest.mark.parametrize(("days", "told"), [(365, 365), (None, None), ("as long as needed", None)])
def test_how_long_a_chat_is_kept_is_a_number_or_not_told(days, told):
    assert Greeting(Content(privacy={"retention_days": days})).retention_days == told


def test_without_content_nothing_is_promised():
    assert Greeting(None).wire() == {
        "clinic": {"name": None, "phone": None, "phone_href": None, "emergency_number": None},
        "suggestions": [],
        "retention_days": None,
    }
