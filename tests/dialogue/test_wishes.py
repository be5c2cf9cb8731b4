"""What messages wish of a therapist, and what only looks like it."""

from datetime import datetime, timezone

import pytest

from nmt_guide.dialogue.model import Question, Turn
from nmt_guide.dialogue.wishes import wishes

NOW = datetime(2026, 11, 18, 12, tzinfo=timezone.utc)  # a Wednesday


def wished(text, country="US", **facets):
    return wishes(Turn(text, (Question(text, (), 0.0, facets),)), country, NOW)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I'm looking for a woman", {"gender": "female"}),
        ("a lady therapist please", {"gender": "female"}),
        ("a woman, not a man", {"gender": "female"}),
        ("i'd rather not have a guy, a lady please", {"gender": "female"}),
        ("is it a man? id prefer not a man", {"gender": "female"}),
        ("no men please", {"gender": "female"}),
        ("men only", {"gender": "male"}),
        ("a man or a woman, I don't mind", {"gender": None}),
        ("any gender", {"gender": None}),
        ("no spanish needed", {"language": None}),
        ("she doesn't have to speak spanish", {"language": None}),
        ("any day is fine", {"day": None}),
        ("on Saturdays", {"day": "saturday"}),
        ("every tues", {"day": "tuesday"}),
        ("at the weekend", {"day": "saturday"}),
        ("who is free tomorrow", {"day": "thursday"}),
        ("who takes new clients", {"new_clients": True}),
        ("is anyone accepting new patients", {"new_clients": True}),
        ("who comes to my house", {"home_visit": True}),
        ("who does home visits", {"home_visit": True}),
        ("who does jaw work near 78704?", {"speciality": "jaw work"}),
        ("someone who is good with kids", {"speciality": "kids"}),
        ("in kilometres?", {"miles": False}),
        ("how far is she in km", {"miles": False}),
        ("what about miles", {"miles": True}),
    ],
)
def test_wishes_are_heard(text, found):
    assert wished(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "I'm a woman",
        "as a man I prefer to ask",
        "manual therapy",
        "who do you have in austin that does evenings",
        "my back is bad today",
        "I sat on a bus in the sun",
        "who does nmt",
        "does it take within 10 minutes",
        "I run 10 miles a day",
        "my clinic is in miles of forest",
        "",
    ],
)
def test_what_only_looks_like_a_wish_is_none(text):
    assert wished(text) == {}


@pytest.mark.parametrize(
    ("text", "country", "km"),
    [
        ("within 20 miles", "US", 32.2),
        ("within 20", "US", 32.2),
        ("within 20", "CA", 20.0),
        ("within 20 km", "US", 20.0),
        ("up to ten miles", "CA", 16.1),
        ("a 5 mile radius", "US", 8.0),
        ("no more than 15 kilometres", "IE", 15.0),
    ],
)
def test_distances_are_in_the_clients_unit_or_in_that_of_the_country(text, country, km):
    assert wished(text, country)["within"] == pytest.approx(km, abs=0.1)


def test_a_language_is_wished_when_somebody_is_to_speak_it():
    assert wished("who speaks Spanish", language="spanish") == {"language": "spanish"}
    assert wished("Spanish please", language="spanish") == {"language": "spanish"}
    assert wished("I married a Spanish person long ago, you know", language="spanish") == {}


def test_what_hurts_is_what_the_therapist_should_be_good_at():
    assert wished("someone for my jaw", condition=["tmj", "jaw"]) == {"speciality": "tmj"}
    assert wished("a neuromuscular therapist", technique=["nmt", "neuromuscular"]) == {}
