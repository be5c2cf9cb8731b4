"""What clients say after an answer: more, why, how sure, again, corrections, and what leans on the question before."""

import pytest


def test_tell_me_more_gives_the_long_form(assistant):
    short = assistant.say("What is the difference between NMT and deep tissue massage?")
    long = assistant.say("tell me more")

    assert long[0]["metadata"]["topic"] == "compare_deep_tissue"
    assert long[0]["text"] != short[0]["text"]
    assert len(long[0]["text"]) > len(short[0]["text"])


def test_the_button_tell_me_more_does_the_same(assistant):
    short = assistant.say("What is NMT?")
    typed = assistant.new()
    typed.say("What is NMT?")

    assert assistant.press(short, "Tell me more")[0]["text"] == typed.say("tell me more")[0]["text"]


def test_how_sure_is_this_names_the_state_of_the_evidence(assistant):
    assistant.say("can nmt help my lower back pain")
    reply = assistant.say("how sure is this?")

    assert "evidence" in reply[0]["text"].lower()
    assert "reviewed" in reply[0]["text"]


def test_say_that_again_repeats_the_answer(assistant):
    first = assistant.say("what should i wear to my session")

    assert assistant.say("say that again please")[0]["text"] == first[0]["text"]


def test_after_the_long_form_simpler_gives_the_short_one(assistant):
    short = assistant.say("What is NMT?")
    assistant.say("tell me more")

    assert assistant.say("can you say that simpler")[0]["text"] == short[0]["text"]


def test_where_there_are_no_plainer_words_a_person_is_named_and_not_the_same_said_again(assistant):
    short = assistant.say("What is NMT?")
    shorter = assistant.say("can you say that simpler")
    reply = assistant.say("can you say that simpler")

    assert short[0]["text"].startswith(shorter[0]["text"])
    assert reply[0]["text"] != shorter[0]["text"]
    assert reply[0]["metadata"]["kind"] == "handoff"
    assert assistant.meta("tell me more")["topic"] == "what_is_nmt"


def test_where_did_you_read_that_lists_the_sources(assistant):
    assistant.say("does it release toxins")

    assert "https://" in assistant.say("where did you read that?")[0]["text"]


def test_tell_me_more_before_any_question_asks_back(assistant):
    assert assistant.meta("tell me more")["kind"] == "clarify"


@pytest.mark.parametrize(
    ("first", "second", "topic"),
    [
        ("is it like deep tissue massage?", "what about swedish?", "compare_swedish"),
        ("how many sessions would my bad back need", "and for migraines?", "session_number"),
        ("can i have it on warfarin?", "why?", "contra_blood_thinners"),
        ("what is MET", "and INIT?", "tech_init"),
        ("my neck is sore", "sorry i meant my jaw", "cond_tmj"),
    ],
)
def test_an_elliptic_question_leans_on_the_one_before(assistant, first, second, topic):
    assistant.say(first)

    assert assistant.meta(second)["topic"] == topic


def test_what_was_named_is_carried_to_the_next_answer(assistant):
    assistant.say("can nmt help with sciatica")
    meta = assistant.meta("how many sessions would that take?")

    assert meta["topic"] == "session_number"
    assert meta["facets"]["condition"] == "sciatica"


def test_two_questions_are_answered_in_order(assistant):
    reply = assistant.say("How much does it cost, and what should I wear?")

    assert [message["metadata"]["topic"] for message in reply] == ["cost", "session_clothing"]
