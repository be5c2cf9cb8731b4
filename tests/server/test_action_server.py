"""The actions in a server of their own: the same replies, and a sentence when it is down."""

import signal
import uuid

import pytest
from processes import action_server, free_port, plain_rasa, serving

CONVERSATION = [
    "Hello",
    "What is NMT?",
    "Does it help with sciatica?",
    "How sure is this?",
    "and for migraines?",
    "How much does it cost and do you take insurance?",
    "blorf the wibble",
    "My leg is swollen, red and hot since the flight",
    "Thanks, bye",
]

#: A search and a message to a person, each with something in between.
FORMS = [
    "Where is a certified therapist near me?",
    "how much is it?",
    "78704",
    "more",
    "call me back on 512 555 0123 please",
    "yes",
    "I have chest pain and my left arm is numb",
    "I called 911",
    "Ana Lopez",
    "about my bill",
    "never mind",
    "What is NMT?",
]


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def apart(place, port):
    """An assistant that asks an action server, which is not running yet."""
    with serving(place, NMT_ACTION_SERVER_URL=f"http://127.0.0.1:{port}/webhook") as server:
        yield server


def converse(server):
    """A conversation, its buttons pressed where there are some, and one through the forms."""
    sender = uuid.uuid4().hex
    replies = []
    for text in CONVERSATION:
        reply = server.say(text, sender)
        replies.append(reply)
        if buttons := reply[-1].get("buttons"):
            replies.append(server.say(buttons[0]["payload"], sender))
    sender_of_forms = uuid.uuid4().hex
    replies += [server.say(text, sender_of_forms) for text in FORMS]
    for reply in replies:
        for message in reply:
            assert message.pop("recipient_id") in (sender, sender_of_forms)
    return replies


def test_the_same_conversation_gets_the_same_replies(server, apart, place, port):
    with action_server(place, port):
        assert converse(apart) == converse(server)


def test_an_action_server_that_is_down_is_told_and_comes_back(apart, place, port):
    sender = uuid.uuid4().hex
    with action_server(place, port) as actions:
        assert apart.say("What is NMT?", sender)[0]["metadata"]["topic"] == "what_is_nmt"
        actions.stop(signal.SIGKILL)
        for _ in range(2):
            reply = apart.say("How much does it cost?", sender)

            assert reply[0]["metadata"] == {"kind": "handoff", "outage": True}
            assert "555" in reply[0]["text"]
        assert "got no reply" in apart.errors()

    with action_server(place, port):
        assert apart.say("How much does it cost?", sender)[0]["metadata"]["topic"] == "cost"


def test_an_action_server_that_hangs_does_not_keep_the_client_waiting(apart, place, port):
    sender = uuid.uuid4().hex
    with action_server(place, port) as actions:
        actions.popen.send_signal(signal.SIGSTOP)
        try:
            reply = apart.say("How much does it cost?", sender)
        finally:
            actions.popen.send_signal(signal.SIGCONT)

        assert reply[0]["metadata"]["outage"]
        assert apart.say("How much does it cost?", sender)[0]["metadata"]["topic"] == "cost"


def test_plain_rasa_with_its_own_action_server_answers(place, server, port):
    with action_server(place, port), plain_rasa(place, port) as rasa:
        assert converse(rasa) == converse(server)
