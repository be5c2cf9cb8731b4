"""Who is found: against brute force over 20,000, wish by wish, with nobody near, and while the list changes."""

from __future__ import annotations

from dataclasses import replace
from math import asin, cos, radians, sin, sqrt

import pytest

from benchmarks.directory import WISHES, generated
from nmt_guide.directory import store
from nmt_guide.directory.distance import EARTH_RADIUS
from nmt_guide.directory.model import Found, Place, Wish
from nmt_guide.directory.search import Directory, default_radius
from nmt_guide.errors import StoreUnavailable
from nmt_guide.knowledge.store import Store

AUSTIN = Place("Austin, Texas, US", 30.2672, -97.7431, "US", "Texas", "city")


@pytest.fixture
def directory(knowledge, person):
    """A directory of one, which reads again at every question."""
    store.replace(knowledge.engine, [person])
    return Directory(knowledge.engine, refresh_seconds=0)


def ids(hits):
    return [hit.therapist.id for hit in hits]


def kilometres(place, person):
    """The haversine formula once more, without arrays."""
    one, other = radians(place.latitude), radians(person.latitude)
    half = sin((other - one) / 2) ** 2
    half += cos(one) * cos(other) * sin(radians(person.longitude - place.longitude) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(sqrt(half))


def matches(wish, person):
    """What a search must decide, written the slow way."""
    return (
        (not wish.home_visit or person.home_visits)
        and (not wish.new_clients or person.accepts_new_clients)
        and wish.gender in (None, person.gender)
        and (wish.language is None or wish.language in person.languages)
        and (wish.day is None or wish.day in person.days)
        and (wish.credential is None or wish.credential in person.credentials)
        and (wish.speciality is None or "jaw pain" in person.specialities)
    )


@pytest.fixture(scope="module")
def many():
    """20,000 therapists."""
    return generated(20_000)


@pytest.fixture(scope="module")
def large(many, content, tmp_path_factory):
    """A directory with all of them."""
    knowledge = Store(f"sqlite:///{tmp_path_factory.mktemp('large') / 'knowledge.db'}")
    knowledge.migrate()
    knowledge.save(content, "test")
    store.replace(knowledge.engine, many)
    yield Directory(knowledge.engine)
    knowledge.engine.dispose()


@pytest.mark.parametrize("name", WISHES)
def test_twenty_thousand_are_searched_as_by_brute_force(large, many, name):
    wish = WISHES[name]
    expected = [(None if wish.place is None else kilometres(wish.place, p), p.id) for p in many if matches(wish, p)]
    if wish.place is not None:
        radius = default_radius(wish.place.country) if wish.within is None else wish.within
        expected = sorted((km, i) for km, i in expected if km <= radius)

    hits = large.search(wish).hits
    assert sorted(ids(hits)) == sorted(i for _, i in expected)
    assert [hit.distance_km for hit in hits] == [pytest.approx(km) for km, _ in expected]


def test_one_and_all_can_be_asked_for(directory, person):
    assert directory.all() == (person,)
    assert directory.get("ann") == person
    assert directory.get("nobody") is None


@pytest.mark.parametrize(
    "wish",
    [
        Wish(speciality="jaw work"),
        Wish(speciality="TMJ"),
        Wish(speciality="tmj"),
        Wish(speciality="headaches"),
        Wish(speciality="tension_headache"),
        Wish(gender="female"),
        Wish(language="spanish"),
        Wish(day="saturday"),
        Wish(home_visit=True),
        Wish(new_clients=True),
        Wish(credential="cnmt"),
        Wish(AUSTIN, speciality="jaw", gender="female", language="english", day="monday", home_visit=True),
    ],
)
def test_a_wish_that_is_met(directory, wish):
    assert ids(directory.search(wish).hits) == ["ann"]


@pytest.mark.parametrize(
    "change",
    [
        {"specialities": ("knee pain",)},
        {"gender": "male"},
        {"gender": None},
        {"languages": ("english",)},
        {"days": ("sunday",)},
        {"home_visits": False},
        {"accepts_new_clients": False},
        {"credentials": ("lmt",)},
    ],
)
def test_each_wish_counts(knowledge, directory, person, change):
    store.replace(knowledge.engine, [replace(person, **change)])
    wish = Wish(AUSTIN, None, "jaw work", "female", "spanish", "saturday", True, True, "cnmt")
    found = directory.search(wish)

    assert found.hits == ()
    assert ids(found.beyond) == ["ann"]
    assert found.relaxed


@pytest.mark.parametrize(
    ("speciality", "wished", "found"),
    [
        ("spondylosis", "osteoarthritis", True),  # the one is a kind of the other
        ("low back pain", "sciatica", False),
        ("scar tissue", "scars", True),
        ("glass blowers", "glass blower", True),  # words that no facet knows
        ("glass blowers", "glass", True),
        ("glass blowers", "horn players", False),
        ("Parkinson's", "parkinsons", True),
        ("pain", "jaw", False),
    ],
)
def test_specialities_are_compared_by_what_they_mean(knowledge, directory, person, speciality, wished, found):
    store.replace(knowledge.engine, [replace(person, specialities=(speciality,))])

    assert bool(directory.search(Wish(speciality=wished)).hits) is found


def test_the_nearest_comes_first_and_ties_keep_the_order_of_the_list(knowledge, directory, person):
    far = replace(person, id="far", latitude=30.5)
    twin = replace(person, id="twin")
    store.replace(knowledge.engine, [far, person, twin])
    hits = directory.search(Wish(AUSTIN)).hits

    assert ids(hits) == ["ann", "twin", "far"]
    assert hits[0].distance_km == pytest.approx(kilometres(AUSTIN, person))


def test_the_radius_is_that_of_the_country_unless_one_is_wished(knowledge, directory, person):
    at_49_km = replace(person, latitude=AUSTIN.latitude + 49 / 111.195, longitude=AUSTIN.longitude)
    store.replace(knowledge.engine, [at_49_km])

    assert directory.search(Wish(AUSTIN)).hits == ()  # 30 miles are 48 km
    assert directory.search(Wish(replace(AUSTIN, country="CA"))).hits
    assert directory.search(Wish(AUSTIN, within=49.5)).hits
    assert directory.search(Wish(AUSTIN, within=0)).hits == ()


def test_with_nobody_near_those_who_match_farther_away_are_named(knowledge, directory, person):
    dallas = replace(person, id="dallas", latitude=32.78, longitude=-96.80)  # 290 km
    houston = replace(person, id="houston", latitude=29.76, longitude=-95.37)  # 235 km
    store.replace(knowledge.engine, [dallas, houston])
    found = directory.search(Wish(AUSTIN))

    assert (found.hits, ids(found.beyond), found.relaxed) == ((), ["houston"], False)


def test_with_nobody_who_matches_in_reach_those_who_are_near_are_named(knowledge, directory, person):
    dallas = replace(person, id="dallas", latitude=32.78, longitude=-96.80)
    store.replace(knowledge.engine, [dallas, replace(person, id="near", gender="male")])
    found = directory.search(Wish(AUSTIN, gender="female"))

    assert (found.hits, ids(found.beyond), found.relaxed) == ((), ["near"], True)


def test_with_nobody_at_all_in_reach_the_nearest_match_is_named(knowledge, directory, person):
    store.replace(knowledge.engine, [replace(person, latitude=51.5, longitude=0.0)])
    found = directory.search(Wish(AUSTIN))

    assert (found.hits, ids(found.beyond), found.relaxed) == ((), ["ann"], False)


def test_an_empty_directory_finds_nobody(knowledge):
    directory = Directory(knowledge.engine)

    assert directory.all() == ()
    assert directory.search(Wish(AUSTIN, speciality="jaw")) == Found(())
    assert directory.search(Wish()) == Found(())


def test_a_changed_list_is_used(knowledge, directory, person):
    assert directory.get("bob") is None
    store.update(knowledge.engine, [replace(person, id="bob")])

    assert directory.get("bob") is not None


def test_the_database_is_asked_only_now_and_then(knowledge, person):
    store.replace(knowledge.engine, [person])
    directory = Directory(knowledge.engine, refresh_seconds=3600)
    directory.all()
    store.replace(knowledge.engine, [])

    assert directory.all() == (person,)


def test_when_the_database_fails_the_last_good_list_stays_in_use(knowledge, directory, person, caplog):
    assert directory.all() == (person,)
    knowledge.migrate("base")

    assert directory.all() == (person,)
    assert "The last good list of therapists stays in use" in caplog.text
    with pytest.raises(StoreUnavailable):
        Directory(knowledge.engine).all()


def test_new_content_changes_what_words_mean(knowledge, directory):
    assert directory.search(Wish(speciality="TMD")).hits
    with knowledge.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM facet_synonym WHERE facet = 'condition'")
        connection.exec_driver_sql("UPDATE release SET fingerprint = 'new'")

    assert directory.search(Wish(speciality="TMD")).hits == ()
    assert directory.search(Wish(speciality="jaw")).hits
