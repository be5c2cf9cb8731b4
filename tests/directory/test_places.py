"""Where clients mean: towns, postcodes, the ambiguous, the mistyped, and words that are no place."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from nmt_guide.directory import gazetteer
from nmt_guide.directory.gazetteer import key_of
from nmt_guide.directory.places import Places
from nmt_guide.errors import SetupError


def names(found):
    return [place.name for place in found]


@pytest.mark.parametrize(
    ("text", "country", "meant"),
    [
        ("Austin", "US", "Austin, Texas, US"),
        ("around Austin TX", "US", "Austin, Texas, US"),
        ("austin, tx, usa", "US", "Austin, Texas, US"),
        ("Portland Maine", "US", "Portland, Maine, US"),
        ("portland ME", "US", "Portland, Maine, US"),
        ("downtown Toronto", "US", "Toronto, Ontario, CA"),
        ("London Ontario", "US", "London, Ontario, CA"),
        ("london, on", "CA", "London, Ontario, CA"),
        ("London", "US", "London, England, GB"),
        ("the Bronx", "US", "The Bronx, New York, US"),
        ("bronx please", "US", "The Bronx, New York, US"),
        ("nyc area", "US", "New York City, New York, US"),
        ("i live in Round Rock", "US", "Round Rock, Texas, US"),
        ("St. Louis", "US", "St. Louis, Missouri, US"),
        ("Saint Louis MO", "US", "St. Louis, Missouri, US"),
        ("Ft Worth", "US", "Fort Worth, Texas, US"),
        ("washington dc", "US", "Washington, District of Columbia, US"),
        ("Sydney Australia", "US", "Sydney, New South Wales, AU"),
        ("montreal", "CA", "Montréal, Quebec, CA"),
        ("KÖLN", "DE", "Köln, DE"),
        ("Birmingham", "GB", "Birmingham, England, GB"),
        ("East London", "GB", "London, England, GB"),
        ("Newcastle", "AU", "Newcastle, New South Wales, AU"),
        ("Kansas City", "US", "Kansas City, Missouri, US"),
        ("West Lake Hills", "US", "West Lake Hills, Texas, US"),
    ],
)
def test_one_place_is_meant(places, text, country, meant):
    assert names(places.find(text, country)) == [meant]


@pytest.mark.parametrize(
    ("text", "country", "meant"),
    [
        ("Portland", "US", {"Portland, Oregon, US", "Portland, Maine, US"}),
        ("Paris", "US", {"Paris, FR", "Paris, Texas, US"}),
        ("vancouver", "US", {"Vancouver, Washington, US", "Vancouver, British Columbia, CA"}),
        ("London", "CA", {"London, England, GB", "London, Ontario, CA"}),
        ("Perth", "GB", {"Perth, Western Australia, AU", "Perth, Scotland, GB"}),
    ],
)
def test_an_ambiguous_name_gives_each_place_that_may_be_meant(places, text, country, meant):
    assert set(names(places.find(text, country))) == meant


def test_the_larger_and_the_nearer_home_comes_first(places):
    assert names(places.find("Portland", "US"))[0] == "Portland, Oregon, US"
    assert places.find("vancouver", "CA")[0].country == "CA"


def test_never_more_than_five_places_are_asked_about(places):
    assert len(places.find("Springfield", "US")) == 5


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Ausitn", "Austin, Texas, US"),
        ("Austn texs", "Austin, Texas, US"),
        ("downtown Torronto", "Toronto, Ontario, CA"),
        ("Philedelphia", "Philadelphia, Pennsylvania, US"),
        ("Portlnad Maine", "Portland, Maine, US"),
        ("Westlake Hills", "West Lake Hills, Texas, US"),
    ],
)
def test_typos_are_forgiven(places, text, meant):
    assert names(places.find(text, "US")) == [meant]


@pytest.mark.parametrize(
    ("text", "country", "name", "kind"),
    [
        ("78704", "US", "78704, Austin, Texas, US", "postcode"),
        ("near 78704-1234", "US", "78704, Austin, Texas, US", "postcode"),
        ("zip 02116", "US", "02116, Boston, Massachusetts, US", "postcode"),
        ("sw1a 1aa", "US", "SW1A 1AA, London, England, GB", "postcode"),
        ("EH3", "GB", "EH3, Edinburgh, Scotland, GB", "postcode"),
        ("M5V", "CA", "M5V, Toronto, Ontario, CA", "postcode"),
        ("m5v3l9", "US", "M5V 3L9, Toronto, Ontario, CA", "postcode"),
    ],
)
def test_postcodes(places, text, country, name, kind):
    (found,) = places.find(text, country)
    assert (found.name, found.kind) == (name, kind)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", "US"),
        ("   ", "US"),
        ("🙂", "US"),
        ("near me", "US"),
        ("my house", "US"),
        ("downtown", "US"),
        ("Texas", "US"),
        ("georgia", "US"),
        ("Ontario", "CA"),
        ("france", "US"),
        ("asdfgh", "US"),
        ("Exampleton", "US"),
        ("99999", "US"),
        ("75001", "FR"),  # five digits are a postcode of the US, but not when the client's own country has such
        ("K1A", "CA"),  # half a province: too far to be of use
        ("ZZ9 9ZZ", "GB"),
        ("'; DROP TABLE place; --", "US"),
        ("a" * 4000, "US"),
    ],
)
def test_what_is_no_place_to_search_near_finds_nothing(places, text, country):
    assert places.find(text, country) == []


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("who does jaw work near 78704?", "78704, Austin, Texas, US"),
        ("need a good nmt person in austin tx", "Austin, Texas, US"),
        ("I'm looking for a woman near Round Rock who speaks Spanish", "Round Rock, Texas, US"),
        ("my brother is close to Toronto, who could he see", "Toronto, Ontario, CA"),
        ("anyone in the Bronx on Saturdays", "The Bronx, New York, US"),
        ("Portland Maine therapist", "Portland, Maine, US"),
        ("therapist for my mum, she lives near SW4 7AA", "SW4 7AA, London, England, GB"),
        ("back to round rock pls, saturday", "Round Rock, Texas, US"),
        ("nah ill stick with round rock", "Round Rock, Texas, US"),
    ],
)
def test_a_message_names_a_place(places, message, name):
    assert names(places.spot(message, "US")) == [name]


@pytest.mark.parametrize(
    "message",
    [
        "who is near me?",
        "is there a therapist who takes new clients on Saturdays",
        "do I have to be in pain to come",
        "it has hurt since March, mostly in the morning",
        "how do you say it in normal words",
        "my pane travles from neck to hed",
        "is it physio, is it massage, is it something in between",
        "it's on the outside of my foot",
        "I paid $12345 and weigh 98765.5",
        "call me at 512-555-0142 or +15125550142",
        "T4 and L5 hurt, and c5c6 too",
        "I'd like a man in his 50s",
        "",
    ],
)
def test_a_message_without_a_place_names_none(places, message):
    assert places.spot(message, "US") == []


def test_nothing_is_opened_before_the_first_question(tmp_path):
    places = Places(tmp_path / "missing.db")

    with pytest.raises(SetupError, match=r"missing\.db is missing: run './nmt-guide build'"):
        places.find("Austin", "US")


def test_many_threads_may_ask_at_once(places):
    questions = ["Austin", "Ausitn", "Portland", "78704", "London Ontario", "asdfgh"] * 20
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda text: places.find(text, "US"), questions))

    assert answers == [places.find(text, "US") for text in questions]


def test_names_are_compared_without_accents_articles_and_signs():
    assert key_of("The Saint-Jérôme's") == key_of("st jeromes")
    assert key_of("Straße, Łódź") == "strasse lodz"
    assert key_of("The") == "the"


def test_a_list_of_places_that_is_missing_broken_or_old_is_built_again(tmp_path, places_file):
    file = tmp_path / "places.db"
    assert not gazetteer.is_built(file)
    file.write_text("no database")
    assert not gazetteer.is_built(file)
    file.write_bytes(places_file.read_bytes())
    assert gazetteer.is_built(file)
    connection = sqlite3.connect(file)
    connection.execute("UPDATE made_from SET versions = '0'")
    connection.commit()
    connection.close()
    assert not gazetteer.is_built(file)


def test_a_list_of_places_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(SetupError, match=r"could not be built: .*file"):
        gazetteer.build(tmp_path / "file" / "places.db")


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("a therapist near Pariss please", "Paris"),
        ("who is there around Philadelfia?", "Philadelphia"),
        ("find me someone in Chicgo", "Chicago"),
    ],
)
def test_a_mistyped_city_is_forgiven_to_who_asks_for_somebody_near_it(places, message, name):
    assert places.spot(message, "US") == []
    assert places.spot(message, "US", forgiving=True)[0].name.startswith(name)


@pytest.mark.parametrize(
    "message", ["a therapist near my office", "somebody near work", "anyone near the tube station"]
)
def test_what_is_no_city_is_none_however_forgiving(places, message):
    assert places.spot(message, "US", forgiving=True) == []
