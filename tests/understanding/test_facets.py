import pytest

from nmt_guide.knowledge.files import read_content
from nmt_guide.settings import ROOT
from nmt_guide.understanding.facets import FacetFinder, as_mapping


@pytest.fixture(scope="module")
def finder():
    content = read_content(ROOT / "knowledge")
    return FacetFinder(content.facets, ["Priya Nair"])


@pytest.mark.parametrize(
    ("text", "facet", "value"),
    [
        ("is it safe with eliquis", "medication", "apixaban"),
        ("how many sessions for sciatica", "condition", "sciatica"),
        ("my neck hurts", "location", "neck"),
        ("my neck's still sore", "location", "neck"),
        ("NMT or swedish massage", "modality", "swedish"),
        ("I had a hip replacement", "surgery", "hip_replacement"),
        ("it has hurt for two months", "duration", "2 months"),
        ("sore since christmas", "duration", "since christmas"),
        ("six weeks ago", "weeks_since", "6"),
        ("I'm 30 weeks pregnant", "trimester", "third"),
        ("I am 20 weeks pregnant", "trimester", "second"),
        ("had a baby 8 weeks ago", "trimester", "postpartum"),
        ("I'm 8 weeks, can I have a massage", "trimester", "first"),
        ("she's 30 weeks and her back hurts", "trimester", "third"),
        ("I'm 30 weeks out of 40 and expecting twins", "trimester", "third"),
        ("my dad is 82", "age", "82"),
        ("she's 14 years old", "age", "14"),
        ("how much is a 90 minute session", "duration_minutes", "90"),
        ("what happens at my first appointment", "visit_number", "1"),
        ("that's four visits now and nothing changed", "visit_number", "4"),
        ("been 3 times already, when will I notice", "visit_number", "3"),
        ("can I come on Saturday", "date", "saturday"),
        ("after 4 if possible", "time", "after 4"),
        ("is it a disc at L4", "location", "L4"),
        ("I run the marathon", "sport", "running"),
        ("I run to the office every day", "sport", "running"),
        ("I run a lap by the shop", "sport", "running"),
        ("can I see Priya", "therapist", "priya"),
        ("anything with Maria tomorrow", "therapist", "maria"),
        ("had my first go on Friday", "visit_number", "1"),
        ("three visits in and no change", "visit_number", "3"),
        ("the forty five minutes I paid for", "duration_minutes", "45"),
        ("I fly on the 20th", "date", "20th"),
        ("we move in June", "date", "june"),
        ("sore since 2016", "duration", "since 2016"),
        ("can I eat before my 1:30?", "time", "1:30"),
        ("I'm a yoga teacher, 34, thinking of a change", "age", "34"),
        ("a present for my 50th", "age", "50"),
        ("my scan showed an L5/S1 bulge", "location", "L5/S1"),
        ("trapped a nerve in me back", "location", "back"),
        ("my wrists and back are done", "location", "back"),
        ("we are moving to Leeds", "geo", "leeds"),
        ("a physio in Kraków said so", "geo", "kraków"),
        ("I'm from Pune", "geo", "pune"),
    ],
)
def test_what_a_client_names_is_found(finder, text, facet, value):
    found = as_mapping(finder.find(text)).get(facet)

    assert value in (found if isinstance(found, list) else [found])


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("can I come back next week", "location"),
        ("do us a favour and tell me", "geo"),
        ("what do I do", "credential"),
        ("hello there", "condition"),
        ("I read it in English on Google", "geo"),
        ("come back to me in May", "location"),
        ("come in and back out", "location"),
        ("I was born in Monday's storm", "geo"),
        ("I heard from Priya Nair", "geo"),
        ("pain in Left arm", "geo"),
        ("call me back please", "location"),
        ("what would it set me back", "location"),
        ("my 12th session", "age"),
        ("I'm a runner, 10, 20 or 30 miles", "age"),
        ("£45.00 a session", "time"),
        ("ran 5k in 24:30 or so", "time"),
        ("this may hurt", "date"),
        ("on the 2nd visit", "date"),
        ("should I first go to my doctor", "visit_number"),
        ("2 sessions in June", "visit_number"),
        ("I run a bakery", "sport"),
        ("I'm 6 weeks post op", "trimester"),
        ("i am 12 weeks into marathon training", "trimester"),
        ("she's 10 weeks old", "trimester"),
        ("she's 10 weeks old, can I bring the baby", "trimester"),
        ("I'm 34 weeks out of the plaster", "trimester"),
        ("running my own little shop", "activity"),
    ],
)
def test_everyday_words_name_nothing(finder, text, facet):
    assert facet not in as_mapping(finder.find(text))


@pytest.mark.parametrize(
    ("text", "facet", "named", "denied"),
    [
        ("I don't have sciatica, only back pain", "condition", "low_back_pain", "sciatica"),
        ("I no longer take warfarin, I am on apixaban now", "medication", "apixaban", "warfarin"),
        ("no fever or rash, merely stiff", "condition", None, ["fever", "rash"]),
        ("i didn't have surgery", "surgery", None, "surgery"),
        ("no, I have a migraine", "condition", "migraine", None),
        ("can you do it without oil if I have eczema", "condition", "eczema", None),
        ("I'm not pregnant", "population", None, "pregnant"),
        ("what headache? i dont have a headache", "condition", None, "headache"),
    ],
)
def test_what_a_client_has_not_is_kept_apart(finder, text, facet, named, denied):
    found = finder.find(text)

    assert as_mapping(found).get(facet) == named
    assert as_mapping(found, denied=True).get(facet) == denied


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("how many times do I have to come", "visit_number"),
        ("my inr is 2.5", "age"),
        ("will it leave me sore", "condition"),
    ],
)
def test_how_many_times_is_no_visit_and_sore_no_wound(finder, text, facet):
    assert facet not in as_mapping(finder.find(text))


def test_the_longest_wording_wins(finder):
    named = [one for one in finder.find("I have low back pain") if one.facet == "condition"]

    assert [one.value for one in named] == ["low_back_pain"]
