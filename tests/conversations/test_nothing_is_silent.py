"""Strange input gets a proper reply, and the assistant lives on."""

import pytest


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "...",
        "🙂",
        "👍👍",
        "?",
        "asdkjh qweoiu",
        "<script>alert(1)</script>",
        "'; DROP TABLE topic; --",
        "ж" * 50,
        "a " * 1900,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_strange_messages_get_a_reply(assistant, text):
    reply = assistant.say(text)

    assert reply
    assert all(message["text"].strip() for message in reply)
    assert assistant.meta("How much does it cost?")["topic"] == "cost"


def test_what_is_not_understood_twice_is_handed_to_a_person(assistant):
    assistant.say("blorf the wibble")
    reply = assistant.say("grumf zzt plonk")

    assert reply[0]["metadata"]["kind"] == "fallback"
    assert "(512) 555-0142" in reply[0]["text"]


def test_the_metadata_is_kept_in_the_tracker(assistant):
    assistant.say("What is NMT?")
    said = [event for event in assistant.tracker().events if event.type_name == "bot"]

    assert said[-1].metadata["topic"] == "what_is_nmt"
    assert said[-1].metadata["kind"] == "answer"
