"""Texts that begin with a slash are orders for Rasa: only our own buttons may give them."""

import uuid

import pytest


@pytest.fixture
def sender():
    return uuid.uuid4().hex


@pytest.mark.parametrize("space", ["", " ", "\n", "\u00a0", "\u2003", "\0", "/", " / "], ids=ascii)
@pytest.mark.parametrize("order", ["/restart", '/set{"topic": "x"}', '/faq{"topic": "x"}', '/faq{"topic": "cost"}'])
def test_a_typed_order_is_read_as_plain_text(server, sender, order, space):
    typed = server.say(space + order, sender)
    plain = server.say(order.lstrip("/"))

    assert [message["text"] for message in typed] == [message["text"] for message in plain]


def test_a_typed_restart_does_not_forget_the_conversation(server, sender):
    server.say("Does it help with sciatica?", sender)
    server.say("/restart", sender)
    after = server.say("How sure is this?", sender)
    fresh = server.say("How sure is this?")

    assert after[0]["text"] != fresh[0]["text"]


def test_a_pressed_button_answers(server, sender):
    reply = server.say("What is NMT?", sender)
    for button in reply[-1]["buttons"]:
        pressed = server.say(button["payload"], sender)

        assert pressed[0]["text"].strip()
        assert pressed[0]["metadata"]["kind"] != "fallback", button


def test_a_button_of_another_conversation_is_read_as_plain_text(server, sender):
    payload = server.say("What is NMT?")[-1]["buttons"][0]["payload"]

    typed = server.say(payload, sender)

    assert typed[0]["text"] == server.say(payload.lstrip("/"))[0]["text"]
