"""Leaving a message for a person in talk with the trained assistant: consent, details, a last look, the outbox."""

import pytest

from nmt_guide.handoff.wiring import outbox
from nmt_guide.settings import Settings

WHOLE = ("yes", "Ana Lopez", "(512) 555-0123", "Is Tuesday free?")


class Staff:
    """What the conversation of a test left in the outbox."""

    def __init__(self, sender):
        self._sender = sender
        self._outbox = outbox(Settings())

    def requests(self):
        return [one.request for one in self._outbox.entries() if one.request.conversation == self._sender]

    def forget(self):
        self._outbox.forget(self._sender)


@pytest.fixture
def staff(assistant):
    kept = Staff(assistant.sender)
    yield kept
    kept.forget()


@pytest.fixture
def asked(assistant):
    """Consent was asked."""
    assistant.press(assistant.say("can I talk to a person"), "Leave a message")
    return assistant


def text(reply):
    return "\n".join(message["text"] for message in reply)


def loop(assistant):
    tracker = assistant.tracker()
    return tracker.active_loop_name, tracker.get_slot("requested_slot")


def say_all(assistant, *texts):
    for one in texts:
        reply = assistant.say(one)
    return reply


def test_the_whole_way(asked, staff):
    for one, step in zip(WHOLE, ("consent", "name", "way", "message"), strict=True):
        assert loop(asked) == ("contact_form", step)
        reply = asked.say(one)
    assert loop(asked) == ("contact_form", "confirm")
    assert "Ana Lopez" in text(reply)
    assert not staff.requests()

    assert "Thank you, Ana Lopez" in text(asked.press(reply, "Send"))
    (request,) = staff.requests()
    assert (request.kind, request.name, request.phone) == ("question", "Ana Lopez", "+15125550123")
    assert request.consent
    assert loop(asked) == (None, None)


def test_after_it_no_slot_holds_anything_of_it(asked, staff):
    say_all(asked, *WHOLE, "send")
    slots = str(asked.tracker().current_slot_values())

    assert not any(detail in slots for detail in ("Ana", "5550123", "Tuesday"))


@pytest.mark.parametrize(
    ("about", "kind"),
    [
        ("I want to book an appointment", "booking"),
        ("I want to cancel my appointment", "cancellation"),
        ("I want to complain about my therapist", "complaint"),
    ],
)
def test_bookings_cancellations_and_complaints_take_the_same_way(assistant, staff, about, kind):
    assistant.press(assistant.say(about), "Leave a message")
    say_all(assistant, *WHOLE, "send it")

    assert [request.kind for request in staff.requests()] == [kind]


def test_call_me_back_takes_the_number(assistant, staff):
    assert "May I pass" in text(assistant.say("call me back on 512 555 0123 please"))
    say_all(assistant, "yes", "my name is Bob", "about my invoice", "yes")

    (request,) = staff.requests()
    assert (request.kind, request.name, request.phone) == ("call_back", "Bob", "+15125550123")


@pytest.mark.parametrize("no", ["no", "no thanks", "never mind"])
def test_a_no_keeps_nothing(asked, staff, no):
    assert "nothing is passed on" in text(asked.say(no))
    assert loop(asked) == (None, None)
    assert not staff.requests()


def test_a_question_between_is_answered_and_the_form_goes_on(asked, staff):
    say_all(asked, "yes", "Ana Lopez")
    reply = asked.say("how much is it?")

    assert reply[0]["metadata"]["topic"] == "cost"
    assert "Back to your message" in reply[-1]["text"]
    say_all(asked, "ana@example.com", "Is Tuesday free?", "send")
    assert staff.requests()[0].email == "ana@example.com"


def test_a_correction_at_the_last_look(asked, staff):
    say_all(asked, *WHOLE)
    assert "+15125550199" in text(asked.say("no, my number is 512 555 0199"))

    asked.say("yes")
    assert staff.requests()[0].phone == "+15125550199"


def test_danger_comes_first_staff_are_told_and_the_form_goes_on(asked, staff):
    say_all(asked, "yes", "Ana Lopez")
    assert asked.meta("I have chest pain and my left arm is numb")["level"] == "call_emergency_now"
    (notice,) = staff.requests()
    assert (notice.kind, notice.flag) == ("urgent", "rf_heart")
    assert not any((notice.name, notice.message, notice.phone))

    assert "Back to your message" in text(asked.say("I called 911"))
    say_all(asked, "512 555 0123", "tell them I am late", "send")
    assert {request.kind for request in staff.requests()} == {"urgent", "question"}


@pytest.mark.parametrize("strange", ["", "🙂", "?", "ж" * 50, "12345", "a " * 1900])
def test_strange_messages_get_a_reply_and_the_form_goes_on(asked, staff, strange):
    asked.say("yes")
    reply = asked.say(strange)

    assert all(message["text"].strip() and len(message["text"]) < 1000 for message in reply)
    assert reply
    say_all(asked, "Ana Lopez", "(512) 555-0123", "Is Tuesday free?", "send")
    assert len(staff.requests()) == 1


@pytest.mark.parametrize("unsure", ["I'm not sure", "ok but why do you need it?", "hold on", "yes but only mornings"])
def test_what_is_no_whole_yes_is_no_consent(asked, unsure):
    assert "May I pass" in text(asked.say(unsure))
    assert loop(asked) == ("contact_form", "consent")


@pytest.mark.parametrize(
    "more",
    [
        "ok but change my number first",
        "ok did that go thru?",
        "okay wait, the message is wrong",
        "ok how long until they answer?",
    ],
)
def test_what_is_more_than_a_yes_sends_nothing(asked, staff, more):
    say_all(asked, *WHOLE, more)

    assert not staff.requests()


def test_all_at_once_begins_the_form_with_it(assistant, staff):
    assistant.say("can I talk to a person")
    say_all(
        assistant,
        "Yes please pass it on. My name is Margaret Ellis, (512) 555-0123. I want to know if warfarin is a problem",
        "yes",
        "send",
    )

    (request,) = staff.requests()
    assert (request.name, request.phone) == ("Margaret Ellis", "+15125550123")
    assert request.message == "I want to know if warfarin is a problem"


def test_nothing_is_booked_in_the_chat_and_the_wish_is_passed_on(assistant, staff):
    assistant.say("I want to book an appointment")
    assert "I cannot book" in text(assistant.say("fri 10am"))
    assert text(assistant.say("so booked?")).startswith("No, not booked yet.")
    say_all(assistant, "no do it for me here. tues 4pm", "yes", "Ana Lopez", "(512) 555-0123", "send")

    (request,) = staff.requests()
    assert (request.kind, request.message) == ("booking", "tues 4pm")


def test_what_is_asked_beside_the_deletion_is_answered(assistant):
    reply = assistant.say("Please delete my data. And how much is a visit?")

    assert "I have deleted" in reply[0]["text"]
    assert reply[-1]["metadata"]["topic"] == "cost"


def test_delete_my_data_takes_the_message_back(asked, staff):
    say_all(asked, *WHOLE, "send")
    assert "I have deleted" in text(asked.say("delete my data"))

    assert not staff.requests()


def test_two_misses_offer_to_take_a_message(assistant, staff):
    assistant.say("🙂")
    say_all(assistant, "...")
    assistant.press(assistant.say("🙂🙂"), "Leave a message")

    assert loop(assistant) == ("contact_form", "consent")
