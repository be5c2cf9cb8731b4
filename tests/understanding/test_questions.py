import pytest

from nmt_guide.understanding.questions import clauses, pieces


def asked(text):
    return [piece.text for piece in pieces(text) if piece.asks]


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("How much is it, and do I have to undress?", ["How much is it", "do I have to undress?"]),
        ("what does it cost and where are you", ["what does it cost", "where are you"]),
        ("Does it hurt? How long is it?", ["Does it hurt?", "How long is it?"]),
        (
            "I'm 20 weeks pregnant. Is it OK for me and what's the fee?",
            ["I'm 20 weeks pregnant. Is it OK for me", "what's the fee?"],
        ),
        ("does it help with neck and shoulder pain", ["does it help with neck and shoulder pain"]),
        ("My back hurts. I sit all day.", []),
        ("Is the St. John method yours, e.g. by Dr. Travell?", ["Is the St John method yours, e.g by Dr Travell?"]),
    ],
)
def test_a_message_is_cut_where_a_new_question_begins(text, questions):
    assert asked(text) == questions


def test_a_story_with_one_question_stays_whole():
    text = "My mum's hands are knobbly, and opening jars is agony. Would a gentle session be any use to her?"

    assert asked(text) == [
        "My mum's hands are knobbly, and opening jars is agony. Would a gentle session be any use to her?"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gift vouchers and opening hours, please", ["gift vouchers", "opening hours", "please"]),
        ("price? price? parking", ["price", "parking"]),
        ("does it hurt", ["does it hurt"]),
        ("the St. John method", ["the St John method"]),
        ("...", []),
    ],
)
def test_clauses_end_at_signs_and_joining_words(text, found):
    assert clauses(text) == found
