"""The four questions that the project began with, each asked ten ways."""

import pytest

ASKED = {
    "compare_deep_tissue": [
        "What is the difference between NMT and deep tissue massage?",
        "nmt vs deep tissue",
        "is this just deep tissue with another name",
        "I usually get deep tissue. How would this differ?",
        "deep tissue or neuromuscular, whats the difference",
        "How does neuromuscular therapy compare with a deep tissue massage?",
        "wots diffrent from a deep tisue massage",
        "My friend says NMT is deep tissue. Is she right?",
        "what makes nmt not the same as deep tissue",
        "Difference from deep tissue please",
    ],
    "session_number": [
        "How many sessions will I need?",
        "how many visits does it take",
        "How many times do I have to come before I am better?",
        "is one session enough",
        "number of treatments needed",
        "how meny sesions do i need",
        "Roughly how many appointments should I expect?",
        "would i need lots of sessions or just a couple",
        "How many sessions for a frozen shoulder?",
        "For how many times I must come?",
    ],
    "session_pain": [
        "Does it hurt?",
        "is nmt painful",
        "How much will it hurt?",
        "will the treatment be sore",
        "I am scared it will be painful.",
        "dose it hurt alot",
        "How painful is the pressure on trigger points?",
        "is it meant to be painful",
        "It makes pain, this therapy?",
        "will i be in pain during the session",
    ],
    "find_therapist": [
        "How do I find a certified therapist?",
        "where can i find a certified nmt therapist",
        "find a neuromuscular therapist near me",
        "Is there a directory of certified practitioners?",
        "who does nmt in my area",
        "how do i find sumone qualified near me",
        "Where do I look for a trained neuromuscular therapist in Ohio?",
        "find me a practitioner",
        "I am moving to Denver. How do I find a certified NMT therapist there?",
        "list of certified therapists",
    ],
}


#: Questions that the present model answers otherwise, with what it does.
ELSEWHERE = {
    "How many times do I have to come before I am better?": "answers session_results, which says after how many visits",
}


def cases() -> list[object]:
    return [
        pytest.param(
            topic, text, marks=[pytest.mark.xfail(reason=ELSEWHERE[text], strict=False)] if text in ELSEWHERE else []
        )
        for topic, texts in ASKED.items()
        for text in texts
    ]


@pytest.mark.wording
@pytest.mark.parametrize(("topic", "text"), cases())
def test_each_founding_question_gets_its_answer_with_a_source(assistant, topic, text):
    reply = assistant.say(text)

    assert reply[0]["metadata"]["topic"] == topic
    assert reply[0]["metadata"]["sources"]
    assert "Source:" in reply[0]["text"]
