"""What counts as right, offered, refused, wrong, caught and declined."""

import pytest

from nmt_guide.evaluation import counts
from nmt_guide.evaluation.replies import Outcome, caught, outcome, topics_answered
from tests.evaluation.heard import alarm, answer, heard, offer

COST = {"topic": "cost", "also_ok": ["insurance"]}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ([answer("cost")], Outcome.RIGHT),
        ([answer("insurance"), answer("booking")], Outcome.RIGHT),
        ([answer("booking"), answer("cost")], Outcome.WRONG),
        ([offer("booking", "cost")], Outcome.OFFERED),
        ([offer("a", "b", "c", "cost")], Outcome.REFUSED),
        ([answer("booking"), offer("cost")], Outcome.WRONG),
        ([alarm()], Outcome.FALSE_ALARM),
        ([alarm("doctor_before_massage", topic="doctor_first"), answer("cost")], Outcome.WRONG),
        ([answer("cost"), alarm("check")], Outcome.RIGHT),
        ([], Outcome.REFUSED),
    ],
)
def test_what_is_answered_first_decides_then_what_is_offered(metadata, expected):
    assert outcome(COST, heard("how much", *metadata)) is expected


@pytest.mark.parametrize(
    ("wanted", "said", "expected"),
    [
        ("same_day_medical_care", "call_emergency_now", True),
        ("call_emergency_now", "same_day_medical_care", False),
        ("doctor_before_massage", "doctor_before_massage", True),
        ("doctor_before_massage", "crisis_line_and_emergency_if_danger", True),
        ("crisis_line_and_emergency_if_danger", "safety_and_human_handoff", True),
        ("crisis_line_and_emergency_if_danger", "doctor_before_massage", False),
        ("call_emergency_now", "check", False),
    ],
)
def test_a_red_flag_is_caught_at_its_level_or_a_more_urgent_one(wanted, said, expected):
    assert caught(wanted, heard("", alarm(said))) is expected


def test_a_screening_question_is_no_catch_but_counts_as_checked():
    row = {"flag": "rf_heart", "level": "call_emergency_now"}
    figures = counts.count_red_flags([(row, heard("", answer("cost"), alarm("check")))])

    assert figures["caught"].count == 0
    assert figures["caught_or_checked"].count == 1


def test_another_right_topic_stands_in_for_one_missing_question_only():
    row = {"topics": ["cost", "session_pain"], "also_ok": ["insurance"]}

    assert topics_answered(row, heard("", answer("cost"), answer("insurance"))) == 2
    assert topics_answered(row, heard("", answer("insurance"))) == 1
    assert topics_answered({"topics": ["cost", "session_pain"]}, heard("", answer("cost"))) == 1


def test_silence_is_neither_declined_nor_unnoticed():
    figures = counts.count_out_of_scope([({"kind": "far"}, heard("weather"))])

    assert figures["declined"].count == 0
    assert figures["silent"].count == 1


def test_one_answer_among_what_declines_is_an_answer():
    pairs = [
        ({"kind": "far"}, heard("", offer("cost"))),
        ({"kind": "far"}, heard("", offer("cost"), answer("cost"))),
    ]

    assert counts.count_out_of_scope(pairs)["declined"].count == 1


def test_styles_are_counted_apart_and_short_ones_are_plain():
    rows = [{**COST, "style": style} for style in ("plain", "short", "typo", "story")]
    figures = counts.count_questions([(row, heard("", answer("cost"))) for row in rows])

    assert figures["plain"]["right"].of == 2
    assert figures["messy"]["right"].of == 2
    assert set(figures["by_style"]) == {"plain", "short", "typo", "story"}


def test_the_classifier_is_counted_apart_from_what_the_client_gets():
    ranking = [("faq/booking", 0.5), ("faq/cost", 0.4)]
    figures = counts.count_questions([(COST, heard("", offer("cost"), ranking=ranking))])["all"]

    assert figures["understood_first"].count == 0
    assert figures["understood_three"].count == 1
    assert figures["right"].count == 0
    assert figures["right_or_offered"].count == 1


def test_confusions_name_both_topics_with_an_example():
    pairs = [(COST, heard(text, ranking=[("faq/booking", 0.5)])) for text in ("how much", "price")]

    assert counts.confusions(pairs) == [
        {"topic": "cost", "taken_for": "booking", "count": 2, "of": 2, "example": "how much"}
    ]


def test_facets_are_compared_word_by_word_and_only_where_the_topic_is_right():
    row = {**COST, "facets": {"condition": "low back pain", "medication": "warfarin"}}
    pairs = [
        (row, heard("", answer("cost", condition=["lumbago", "back_pain"]))),
        (row, heard("", answer("booking", medication="warfarin"))),
    ]
    figures = counts.count_facets(pairs)

    assert (figures["all"].count, figures["all"].of) == (1, 2)
    assert figures["by_facet"]["condition"].count == 1
    assert figures["as_text"].count == 0
    assert "medication" in figures["misses"][0]


def test_dialogues_count_later_turns_apart_and_skip_turns_without_topic():
    row = {
        "id": "d",
        "turns": [{"user": "a", "topic": "cost"}, {"user": "b"}, {"user": "c", "topic": "cost"}],
    }
    figures = counts.count_dialogues([(row, [heard("a", answer("cost")), heard("b"), heard("c", offer("cost"))])])

    assert (figures["turns"].count, figures["turns"].of) == (1, 2)
    assert (figures["later_turns"].count, figures["later_turns"].of) == (0, 1)
    assert "turn 3" in figures["misses"][0]
