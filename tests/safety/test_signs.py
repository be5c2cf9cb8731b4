import pytest

from nmt_guide.knowledge.content import Rule, Sign
from nmt_guide.knowledge.files import read_content
from nmt_guide.safety import signs
from nmt_guide.safety.signs import SignFinder, Text, compile_wordings, matching_rules, not_denied, openings
from nmt_guide.settings import ROOT

SIGNS = [
    Sign(
        id="numbness",
        means="Loss of feeling.",
        wordings=("numb*", "cant feel", "no feeling", "lost .. feeling"),
    ),
    Sign(
        id="saddle",
        means="Between the legs.",
        wordings=("between my legs", "(private|privates) parts", "crotch"),
    ),
    Sign(id="fever", means="High temperature.", wordings=("fever", "temperature")),
    Sign(id="stiff_neck", means="Stiff neck.", wordings=("stiff neck", "neck .. stiff")),
]
RULE = Rule(signs=("numbness", "saddle"), near=True, because="Loss of feeling between the legs.")


@pytest.fixture(scope="module")
def finder():
    return SignFinder(SIGNS)


def holds(finder, text, rule=RULE):
    return bool(matching_rules([rule], not_denied(finder.find(Text(text)))))


@pytest.mark.parametrize(
    "text",
    [
        "I'm numb between my legs",
        "can't feel my crotch",
        "there is no feeling in my crotch",
        "I lost all the feeling in my crotch",
        "numbness, crotch",
    ],
)
def test_a_rule_holds_when_its_signs_stand_near_each_other(finder, text):
    assert holds(finder, text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm not numb between my legs",
        "no numbness in my crotch",
        "my foot is numb",
        "pain between my legs",
        "I have no pain or numbness, crotch is fine",
    ],
)
def test_a_denied_or_missing_sign_does_not_count(finder, text):
    assert not holds(finder, text)


def test_a_denial_ends_with_its_clause(finder):
    assert holds(finder, "No fever. I am numb between my legs")


def test_a_denial_inside_a_wording_denies_no_neighbour(finder):
    rule = Rule(signs=("numbness", "fever"), because="Both.")

    assert holds(finder, "no feeling in my leg and a fever", rule)


def test_signs_far_apart_are_not_near(finder):
    assert not holds(finder, "numb " + "and then some other words " * 6 + "crotch")


def test_unless_takes_a_rule_back(finder):
    rule = Rule(signs=("stiff_neck",), unless=("fever",), because="Only without fever.")

    assert holds(finder, "my neck is very stiff", rule)
    assert not holds(finder, "my neck is very stiff and I have a temperature", rule)


def test_the_words_that_made_a_rule_hold_are_told(finder):
    ((_, places),) = matching_rules([RULE], not_denied(finder.find(Text("I am numb between my legs"))))

    assert [place.words for place in places] == ["numb", "between my legs"]


def test_a_wording_with_a_strange_character_is_refused():
    with pytest.raises(ValueError, match="may hold only"):
        compile_wordings(["can't feel"])


def test_a_sign_repeated_all_through_a_long_message_is_compared_a_few_times_only(finder, monkeypatch):
    compared = []
    monkeypatch.setattr(signs, "_closest", lambda choices: compared.extend(map(len, choices)) or [])
    matching_rules([RULE], not_denied(finder.find(Text("numb. crotch. " * 400))))

    assert len(compared) == 2
    assert max(compared) <= 20


def _stand(pattern, text):
    """Whether each wording that is found stands there, and is not ended by a comma after a denial."""
    for match in filter(None, (pattern.match(text.joined, place) for place, _ in text.starts())):
        first = text.token_at(match.start())
        yield not text.denial_ends(first, first + match.group(1).count(" "))


def test_signs_are_looked_for_wherever_one_may_begin():
    """As if each were looked for in every message."""
    content = read_content(ROOT / "knowledge")
    finder = SignFinder(content.signs)
    for flag in content.red_flags:
        for message in (*flag.present[::5], *flag.not_present[::5]):
            text = Text(message)
            there = {sign for sign, pattern in finder._patterns.items() if any(_stand(pattern, text))}
            assert {found.sign for found in finder.find(text)} == there, message


@pytest.mark.parametrize(
    ("wording", "pairs"),
    [
        ("numb*", [("numb*", "")]),
        ("lost .. feeling", [("lost", "")]),
        ("cant feel legs", [("cant", "feel")]),
        ("(left|right hand*) side", [("left", "side"), ("right", "hand*")]),
        ("(arm|leg)s gone", [("arms", "gone"), ("legs", "gone")]),
        ("no (power|(hand|arm)s)", [("no", "power"), ("no", "hands"), ("no", "arms")]),
        (
            "(having|is (it|this)|could .. be) .. heart attack",
            [("having", ""), ("is", "it"), ("is", "this"), ("could", "")],
        ),
        ("((left|right) arm|leg)s", [("left", "arms"), ("right", "arms"), ("legs", "")]),
    ],
)
def test_the_two_words_that_a_wording_begins_with(wording, pairs):
    assert openings(wording) == set(pairs)


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("My leg is not swollen, it aches", "my leg is it aches"),
        ("no numbness, bladder fine", "bladder fine"),
        ("no fever, my back just seized", "my back just seized"),
        ("nothing else is wrong, no, my back just seized", None),
        ("I can't feel when I pee", None),
        ("my back hurts", None),
    ],
)
def test_what_is_left_without_the_signs_that_are_denied(message, left):
    finder = SignFinder(read_content(ROOT / "knowledge").signs)
    text = Text(message)

    assert text.without_denied(finder.find(text)) == left


@pytest.mark.parametrize(
    ("text", "found"),
    [("no feeling when i pee", True), ("no numbness down there, pee is fine", False), ("no, i pee fine", False)],
)
def test_a_wording_that_begins_with_a_denial_ends_at_a_comma(text, found):
    only = SignFinder([Sign(id="no_urine", means="Cannot pass urine.", wordings=("(no|cant) .. pee",))])

    assert bool(only.find(Text(text))) is found
