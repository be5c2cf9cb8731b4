import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_guide.understanding.text import Speller, english_words, plain

EXAMPLES = [
    "is biomechanical dysfunction a thing",
    "my sciatic nerve hurts",
    "can you massage my shoulder",
    "acupuncture or massage",
]


@pytest.fixture(scope="module")
def speller():
    return Speller.learn(EXAMPLES * 6, english_words(), ["eliquis", "ischemic compression", "sciatica"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("biomecanical disfunction", "biomechanical dysfunction"),
        ("im on elaquis", "I'm on eliquis"),
        ("can u masage my sholder pls", "can you massage my shoulder please"),
        ("b4 or aftr 2 wks", "before or after 2 weeks"),
        ("6mths of siatica", "6 months of sciatica"),
        ("pain from Sholder, in Massge", "pain from shoulder, in massage"),
        ("a note from Dr Lee about Elaquis", "a note from doctor Lee about eliquis"),
    ],
)
def test_typing_mistakes_and_short_forms_are_put_right(speller, typed, meant):
    assert speller.correct(typed).lower() == meant.lower()


@pytest.mark.parametrize("text", ["I live in Siatika now", "a physio from Kraków w señora"])
def test_names_of_places_and_letters_of_other_languages_are_left_alone(speller, text):
    assert speller.correct(text) == text.replace(" w ", " with ")


@pytest.mark.parametrize(
    "text", ["The lumps in my buttock", "Why does cramping hurt?", "Can Priya see me?", "L4 and L5", "MET"]
)
def test_words_that_exist_are_left_alone(speller, text):
    assert speller.correct(text) == text


def test_a_word_far_from_every_known_one_stays(speller):
    assert speller.correct("zzyzxqwv") == "zzyzxqwv"


def test_a_mistake_that_many_make_is_still_one():
    speller = Speller.learn(["a long sesion"] * 10 + ["one session"] * 200 + ["i like kabaddi"] * 10, english_words())

    assert speller.correct("my sesion") == "my session"
    assert speller.correct("kabadi") == "kabaddi"


def test_of_words_alike_the_one_is_meant_that_stands_between_these_neighbours():
    said = ["my shoulder is stiff"] * 20 + ["should i come"] * 60 + ["what should i wear"] * 60
    speller = Speller.learn(said, english_words())

    assert speller.correct("my shouldr is bad") == "my shoulder is bad"
    assert speller.correct("what shouldr i do") == "what should i do"
    assert speller.correct("bad knee. shouldr i rest") == "bad knee. should i rest"


@given(st.text(max_size=300))
def test_any_text_can_be_corrected(text):
    speller = Speller({"pain"}, {"pain": 1})
    corrected = speller.correct(text)

    assert isinstance(corrected, str)
    assert "\x00" not in plain(text)
