"""Leaving a message for a person: consent, details, a last look, and nothing kept before."""

import re
from datetime import datetime, timezone

import pytest

from nmt_guide.dialogue.answers import follow_up
from nmt_guide.dialogue.model import Alarm, Button, Memory, Message

WHOLE = ("yes", "Ana Lopez", "512 555 0123", "Do you have a visit on Tuesday?")


def left(talk):
    """The one message that staff have."""
    (request,) = talk.staff.kept.values()
    return request


def leave(talk, *texts):
    for text in texts:
        talk.say(text)
    return talk


@pytest.fixture
def asked(talk):
    """The offer taken, consent asked."""
    talk.say("can I talk to a person", "human_handoff")
    return talk.press("Leave a message")


def test_the_whole_way(asked):
    assert "May I pass" in asked.text
    assert "name" in asked.say("yes").text
    assert "number or e-mail" in asked.say("Ana Lopez").text
    assert "your own words" in asked.say("(512) 555-0123").text
    asked.say("Do you have a visit on Tuesday?")
    assert "Name: Ana Lopez\nPhone: +15125550123\nMessage: Do you have a visit on Tuesday?" in asked.text
    assert not asked.staff.kept

    asked.press("Send")
    request = left(asked)
    assert (request.name, request.phone, request.message) == ("Ana Lopez", "+15125550123", WHOLE[3])
    assert request.consent
    assert request.kind == "question"
    assert request.channel == "rest"
    assert "Thank you, Ana Lopez" in asked.text
    assert "We are open until 7:30 pm" in asked.text
    assert asked.memory.contact is None


def test_what_it_is_about_may_stand_beside_the_number(asked):
    leave(asked, "yes", "Ana Lopez", "512 555 0123, it's about my invoice")

    assert "Message: it's about my invoice" in asked.text


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("human_handoff", "question"),
        ("booking", "booking"),
        ("cancellation", "cancellation"),
        ("complaint", "complaint"),
    ],
)
def test_the_request_says_what_it_is_about(talk, topic, kind):
    talk.say("...something", topic)
    assert talk.messages[0].meta["topic"] == topic
    assert talk.buttons[0] == "Leave a message"

    leave(talk.press("Leave a message"), *WHOLE, "send")
    assert left(talk).kind == kind
    assert left(talk).topic == topic


def test_closed_doors_are_said_with_the_clinics_words_and_the_next_opening(talk):
    talk.now = datetime(2026, 11, 15, 18, 0, tzinfo=timezone.utc)  # a Sunday
    talk.say("can I talk to a person", "human_handoff")
    assert "Nobody is at the desk right now. Leave your name and number" in talk.text
    assert "open again tomorrow at 9 am" in talk.text

    leave(talk.press("Leave a message"), *WHOLE, "send")
    assert "open again tomorrow at 9 am" in talk.text


def test_call_me_back_takes_the_number_and_asks_for_consent_first(talk):
    talk.say("call me back on 512 555 0123 please", "human_handoff")
    assert "May I pass" in talk.text

    leave(talk, "yes", "Ana")
    assert "your own words" in talk.text
    leave(talk, "about my invoice", "yes")
    assert left(talk).kind == "call_back"
    assert left(talk).phone == "+15125550123"


def test_everything_at_once_leaves_only_consent_and_the_name(talk):
    talk.say("my appointment tomorrow must be moved to friday please call me on 512 555 0123", "booking")
    leave(talk, "yes", "Ana Lopez")

    assert "moved to friday" in talk.text
    assert talk.memory.contact.asked == "confirm"


@pytest.mark.parametrize(
    "text", ["can someone call me?", "please have someone call me", "I'd like to leave a message", "call me back"]
)
def test_a_wish_for_a_call_needs_no_button(talk, text):
    assert talk.say(text).memory.contact.asked == "consent"


@pytest.mark.parametrize(
    "text", ["do you call me before a visit?", "will they text me a reminder", "why did nobody call me"]
)
def test_a_question_about_calls_begins_nothing(talk, text):
    assert talk.say(text, "booking").memory.contact is None


@pytest.mark.parametrize("topic", ["booking", "cancellation", "complaint"])
def test_yes_begins_after_every_answer_that_offers_it(talk, topic):
    talk.say("about that", topic)

    assert "May I pass" in talk.say("yes please").text


@pytest.mark.parametrize("text", ["yesss", "yea", "yeh", "yup"])
def test_a_yes_is_one_however_it_is_written(talk, text):
    talk.say("about that", "booking")

    assert "May I pass" in talk.say(text).text
    assert talk.say(text).memory.contact.consent


def test_yes_after_the_offer_begins(talk):
    assert talk.say("a person please", "human_handoff").say("yes", "follow_up/yes").memory.contact.asked == "consent"


class TestConsent:
    @pytest.mark.parametrize(
        "text",
        [
            "no",
            "no thanks",
            "never mind",
            "I'd rather not",
            "stop",
            "no never mind, forget the message",
            "don't bother, cancel it",
        ],
    )
    def test_a_no_keeps_nothing(self, asked, text):
        asked.say(text)

        assert asked.memory.contact is None
        assert not asked.staff.kept
        assert "nothing is passed on" in asked.text

    @pytest.mark.parametrize("text", ["yes", "yes please", "ok", "sure", "of course", "no problem", "go ahead"])
    def test_a_yes_goes_on(self, asked, text):
        assert asked.say(text).memory.contact.consent

    @pytest.mark.parametrize(
        "text",
        [
            "Yes, that's fine.",
            "yeah go ahead",
            "ok thanks",
            "sure, no problem",
            "of course you may",
            "okay then",
            "Yes I agree",
            "yep please do",
            "that's ok with me",
            "alright love",
            "all right, do it",
            "no worries",
            "absolutely!",
            "yes you have my permission",
            "yes please 👍",
            "sounds good to me",
        ],
    )
    def test_a_yes_in_other_words_goes_on(self, asked, text):
        assert asked.say(text).memory.contact.consent

    @pytest.mark.parametrize(
        "text",
        [
            "I'm not sure",
            "not sure",
            "ok wait",
            "hm ok let me think",
            "sure, if you tell me why",
            "fine but don't give them my number",
            "ok but only my name",
            "of course I want to know first",
            "yes but not my phone",
            "maybe ok",
            "don't do that ok",
            "I guess that is not ok",
            "ok no",
            "is that ok",
            "sure?",
            "you may not",
            "go ahead and tell me the price",
            "thanks",
        ],
    )
    def test_what_is_no_whole_yes_is_no_consent(self, asked, text):
        contact = asked.say(text).memory.contact

        assert contact is None or (contact.asked == "consent" and not contact.consent)

    @pytest.mark.parametrize("text", ["yes but only mornings", "ok after lunch"])
    def test_a_yes_with_a_condition_is_no_question(self, asked, text):
        assert "clear yes or no" in asked.say(text, "cond_low_back_pain").text

    def test_a_wish_to_send_is_no_name(self, asked):
        assert "name" in asked.say("yes").say("send it").text
        assert asked.memory.contact.name is None

    @pytest.mark.parametrize("text", ["no, that's not ok", "of course not", "absolutely not", "no way", "nope, sorry"])
    def test_a_refusal_with_a_word_of_agreement_leaves(self, asked, text):
        assert asked.say(text).memory.contact is None

    @pytest.mark.parametrize(
        "text",
        [
            "ok but why do you need it?",
            "sure, who reads it?",
            "what for?",
            "yes? what happens with my number then",
            "no wait, who gets that?",
            "of course, but is it safe?",
        ],
    )
    def test_a_question_about_it_is_answered_and_consent_asked_again(self, asked, text):
        assert "Staff need it to answer you" in asked.say(text).text
        assert "May I pass" in asked.text
        assert not asked.memory.contact.consent

    def test_a_no_with_another_question_leaves_and_answers_it(self, asked):
        asked.say("no thanks, what does a visit cost?", "cost")

        assert asked.memory.contact is None
        assert [message.meta.get("topic") for message in asked.messages] == [None, "cost"]

    @pytest.mark.parametrize(
        "text",
        ["yes, 512 555 0123", "ok my number is 512 555 0123", "512 555 0123. yes please", "sure: ana@example.com"],
    )
    def test_a_yes_may_stand_beside_a_number_or_an_address(self, asked, text):
        contact = asked.say(text).memory.contact

        assert contact.consent
        assert contact.phone or contact.email

    @pytest.mark.parametrize(
        "text",
        [
            "512 555 0123",
            "ok but not before friday 512 555 0123",
            "is 512 555 0123 ok",
            "yes 512 555 0123 but wait",
            "don't use 512 555 0123, ok",
            "my number is 512 555 0123, is that ok?",
        ],
    )
    def test_a_number_alone_or_with_a_doubt_is_no_consent(self, asked, text):
        assert not asked.say(text).memory.contact.consent
        assert "May I pass" in asked.text

    def test_a_yes_to_another_question_is_no_consent(self, asked):
        asked.messages = (Message("Do you have a fever?", {}, (Button("Yes", follow_up("yes")),)),)

        assert not asked.press("Yes").memory.contact.consent

    def test_neither_yes_nor_no_is_asked_again(self, asked):
        assert "clear yes or no" in asked.say("hm let me think").text

    def test_a_yes_may_stand_behind_a_correction(self, talk):
        talk.say("can someone call me back on 512 555 0199").say("wait the nr ends 0198. then yes")
        talk.say("Tom").say("a price")

        assert "Phone: +15125550198" in talk.text

    def test_what_is_asked_beside_not_sending_is_answered(self, asked, answers):
        asked.say("yes").say("Ana").say("512 555 0123").say("the bill is wrong")
        asked.say("do not send it love, ill ring you. so what does it cost?", "cost")

        assert asked.memory.contact is None
        assert not asked.staff.kept
        assert asked.text == f"All right, nothing is passed on.\n{answers.short('cost', {}).text}"

    @pytest.mark.parametrize(
        "text", ["please don't send me paper bills any more", "forget that friday visit, i am ill"]
    )
    def test_a_message_may_be_about_sending_or_forgetting(self, asked, text):
        asked.say("yes").say("Ana").say("512 555 0123").say(text)

        assert f"Message: {text}" in asked.text

    @pytest.mark.parametrize(
        "text", ["512 555 0123, please don't send texts, just call", "don't send it to my work, use ana@example.com"]
    )
    def test_how_not_to_send_it_is_no_leaving(self, asked, text):
        assert asked.say("yes").say("Ana").say(text).memory.contact is not None

    @pytest.mark.parametrize(
        "text",
        [
            "nvm dont send it ill just call lol thx",
            "no i said dont send",
            "actually never mind don't send it, i'll ring you tomorrow myself. thanks hon",
        ],
    )
    def test_a_message_is_not_sent_against_the_clients_will(self, asked, text):
        asked.say("yes").say("Ana").say("512 555 0123").say(text)

        assert asked.memory.contact is None
        assert not asked.staff.kept

    @pytest.mark.parametrize("step", range(1, len(WHOLE) + 1))
    def test_it_can_be_left_at_every_step(self, asked, step):
        leave(asked, *WHOLE[:step], "never mind")

        assert asked.memory.contact is None
        assert not asked.staff.kept

    def test_details_are_in_no_slot_that_outlives_the_form(self, asked):
        leave(asked, *WHOLE, "send")

        assert not any(detail in str(asked.memory) for detail in ("Ana", "5550123", "Tuesday"))


class TestWords:
    """What the message says, put right or added to on the way."""

    @pytest.fixture
    def shown(self, asked):
        return asked.say("yes").say("Ana").say("512 555 0123, afternoons are better").say("the bill is wrong")

    def test_when_to_call_belongs_into_it(self, shown):
        assert "Message: afternoons are better. the bill is wrong" in shown.text

    @pytest.mark.parametrize("text", ["Good morning! 512 555 0123", "512 555 0123 from work"])
    def test_what_it_is_about_is_asked_all_the_same(self, asked, text):
        assert "What should I pass on?" in asked.say("yes").say("Ana").say(text).text

    @pytest.mark.parametrize(
        ("text", "added"),
        [
            ("can you add that i have a bad hip", "i have a bad hip"),
            ("and tell them i am on blood thinners", "i am on blood thinners"),
            ("also mention my bad hip", "my bad hip"),
            ("add to the message that i come by bus", "i come by bus"),
            ("can you add: please don't send me paper bills", "please don't send me paper bills"),
        ],
    )
    def test_more_is_added(self, shown, text, added):
        assert f"the bill is wrong. {added}" in shown.say(text).text
        assert shown.say("send").memory.contact is None

    @pytest.mark.parametrize("text", ["say that again please", "can you also add my email ana@example.com"])
    def test_what_adds_nothing_to_it_leaves_it_as_it_is(self, shown, text):
        assert shown.say(text).memory.contact.message == "afternoons are better. the bill is wrong"

    def test_let_them_know_is_a_yes(self, shown):
        shown.say("yes let them know please")

        assert [request.message for request in shown.staff.kept.values()] == [
            "afternoons are better. the bill is wrong"
        ]

    def test_a_new_one_may_come_with_the_wish(self, shown):
        shown.press("Change something").say("the message. just say i want a tuesday morning with maya")

        assert "Message: i want a tuesday morning with maya" in shown.text

    def test_the_wish_alone_is_asked_after(self, shown):
        assert "What should I pass on?" in shown.press("Change something").say("the message please").text
        assert "Message: the bill is right" in shown.say("the bill is right").text

    @pytest.mark.parametrize(
        "text", ["message is fine but my name is spelled Anna", "text me on 512 555 0199 from now on"]
    )
    def test_another_wish_is_not_taken_for_one(self, shown, text):
        assert "the bill is wrong" in shown.press("Change something").say(text).memory.contact.message


class TestAllAtOnce:
    """The offer accepted with everything in one message, or what is no such thing."""

    @pytest.mark.parametrize(
        "text",
        [
            "Yes please pass it on. My name is Margaret Ellis, (512) 555-0123. I want to know if warfarin is a problem",
            "my name is margaret ellis and my number is 512 555 0123, i want to know if warfarin is a problem",
            "I'm Margaret Ellis, 512-555-0123. I want to know if warfarin is a problem",
            "Margaret Ellis, 512 555 0123. I want to know if warfarin is a problem",
            "ok pass this on to the clinic please: I want to know if warfarin is a problem. My name is Margaret Ellis, call me on 512 555 0123",
            "This is Margaret Ellis. You can call me on 512 555 0123. I want to know if warfarin is a problem.",
            "name: Margaret Ellis, phone: 512 555 0123. I want to know if warfarin is a problem",
            "Sure. My name's Margaret Ellis and you can reach me at 512 555 0123. I want to know if warfarin is a problem",
            "I want to know if warfarin is a problem. Margaret Ellis, 512 555 0123",
            "i want to know if warfarin is a problem, my name is margaret ellis, my number is 512 555 0123",
        ],
    )
    def test_the_form_begins_with_all_of_it_and_asks_for_consent(self, talk, text):
        contact = talk.say("can I talk to a person", "human_handoff").say(text, "contra_blood_thinners").memory.contact

        assert (contact.name, contact.phone) == ("Margaret Ellis", "+15125550123")
        assert "i want to know if warfarin is a problem" in contact.message.lower()
        assert not re.search(r"margaret|5123|name|number", contact.message, re.IGNORECASE)
        assert (contact.asked, contact.consent) == ("consent", False)
        assert "Shall I send it?" in talk.say("yes").text

    def test_it_may_be_given_where_consent_is_asked(self, asked):
        asked.say("Yes. My name is Bob Hall, 512 555 0123. I would like to move my visit", "booking")

        assert "Name: Bob Hall\nPhone: +15125550123\nMessage: I would like to move my visit" in asked.text

    def test_a_question_as_the_message_is_noted_and_consent_asked_again(self, asked):
        asked.say("Yes. Bob Hall, 512 555 0123. What does a visit cost?", "cost")
        assert not asked.memory.contact.consent

        assert "Message: What does a visit cost?" in asked.say("yes").text

    def test_a_number_that_cannot_be_read_is_asked_for_again(self, talk):
        talk.say("can I talk to a person", "human_handoff")
        talk.say(
            "Yes please pass it on. My name is Ann Bo, 0113 496 0022. Is warfarin a problem", "contra_blood_thinners"
        )
        assert "could not read your number" in talk.text
        assert talk.memory.contact.name == "Ann Bo"

        assert "I have your name (Ann Bo) and your message" in talk.say("I just gave you my name and number.").text
        assert "What phone number" in talk.say("yes").text
        assert "Message: Is warfarin a problem" in talk.say("512 555 0123").text

    @pytest.mark.parametrize(
        "text",
        [
            "Yes please pass it on",
            "ok forward it to them",
            "pass my question on please",
            "please send this on to the clinic",
            "can you pass it on to staff",
            "please pass on my question",
        ],
    )
    def test_to_pass_it_on_takes_the_offer(self, talk, text):
        assert talk.say("a person please", "human_handoff").say(text, "unclear").memory.contact.asked == "consent"

    @pytest.mark.parametrize(
        "text",
        [
            "can I pass it on to my wife if I have shingles",
            "will I pass this on to the therapist",
            "do you pass it on to my doctor",
            "my name is Ann Bo",
            "I'm 70 and on warfarin, is that ok",
            "I am Canadian",
            "I gave my name at the desk, why do you ask?",
            "who do you send it on to",
            "I told my doctor about the number of visits",
            "is it contagious, could i pass it on?",
        ],
    )
    def test_what_is_no_message_begins_nothing(self, talk, text):
        assert talk.say("hm", "contra_skin").say(text, "contra_skin").memory.contact is None

    @pytest.mark.parametrize(
        "text",
        [
            "I just gave you my name and number.",
            "i already told you my number",
            "I've given you my details",
            "but i typed my name and phone already",
        ],
    )
    def test_who_gave_it_already_hears_what_is_there(self, asked, text):
        assert "I have none of that" in asked.say(text).text
        asked.say("yes").say("Ana")
        assert "I have your name (Ana)" in asked.say(text).text
        assert asked.memory.contact.asked == "way"

    def test_who_gave_it_before_there_was_a_form_is_asked_anew(self, talk):
        talk.say("hm", "cost").say("I just gave you my name and number.")

        assert "I have none of that" in talk.text
        assert "May I pass" in talk.text
        assert talk.memory.contact.message is None


class TestBooking:
    """The assistant books nothing, and says so; it passes on what is wished."""

    @pytest.fixture
    def told(self, talk):
        return talk.say("how do I book?", "booking")

    @pytest.mark.parametrize(
        "text",
        [
            "so booked?",
            "am i booked",
            "is it booked now?",
            "so thats booked then",
            "ok so i'm all set?",
            "did you book it?",
            "have you booked me in?",
            "great, is my appointment confirmed?",
            "am I confirmed for friday",
            "so we're scheduled?",
            "booked?",
        ],
    )
    def test_who_believes_to_be_booked_hears_no(self, told, text):
        told.say(text, "booking")

        assert told.text.startswith("No, not booked yet. I cannot book or change a visit in this chat")
        assert "go to https://example.com/book or call (512) 555-0142" in told.text
        assert told.buttons[0] == "Leave a message"

    @pytest.mark.parametrize(
        "text",
        [
            "are you booked up next week?",
            "are you fully booked?",
            "I booked online, am i confirmed?",
            "i booked the wrong day",
            "can it be booked online?",
            "how far ahead are you booked?",
            "how do i book it?",
            "do i have to book?",
            "when can I book it",
            "can I book a massage for my mother?",
        ],
    )
    def test_other_questions_about_booking_are_answered_as_before(self, told, answers, text):
        assert told.say(text, "booking").text == answers.short("booking", {}).text

    @pytest.mark.parametrize(
        "text",
        [
            "ok book me in",
            "can you book me in please",
            "no do it for me here",
            "just put me down for it",
            "book it",
            "pencil me in then",
            "you book me",
            "can't you schedule me",
            "please squeeze us in",
            "yes reserve it",
        ],
    )
    def test_who_wants_it_booked_here_hears_where_it_can_be(self, told, text):
        told.say(text, "booking")

        assert told.text.startswith("I cannot book or change a visit in this chat")
        assert told.buttons[0] == "Leave a message"
        assert "May I pass" in told.say("yes").text

    @pytest.mark.parametrize(
        ("text", "named", "words"),
        [
            ("fri 10am", {"date": ["friday", "fri"], "time": "10am"}, "fri 10am"),
            ("no do it for me here. tues 4pm", {"date": ["tuesday", "tues"], "time": "4pm"}, "tues 4pm"),
            ("can you book me for friday?", {"date": "friday"}, "can you book me for friday?"),
            ("Mornings suit me. I have a bad hip.", {"time": "morning"}, "Mornings suit me. I have a bad hip."),
        ],
    )
    def test_a_time_is_offered_to_be_passed_on(self, told, text, named, words):
        told.say(text, "booking", **named)
        assert told.text.startswith("I cannot book or change a visit in this chat")
        assert "May I pass your name" in told.text
        assert not told.memory.contact.consent

        leave(told, "yes", "Ana Lopez", "512 555 0123", "send")
        assert (left(told).kind, left(told).message) == ("booking", words)

    def test_the_last_time_that_is_named_counts(self, told):
        told.say("fri 10am", "booking", date="fri", time="10am").say(
            "no do it for me here. tues 4pm", "booking", date="tues"
        )

        assert told.memory.contact.message == "tues 4pm"
        assert not told.memory.contact.consent

    @pytest.mark.parametrize("steps", [(), ("yes",), ("yes", "Ana Lopez"), ("yes", "Ana Lopez", "512 555 0123")])
    def test_so_booked_is_answered_at_every_step(self, told, steps):
        leave(told.say("fri 10am", "booking", date="fri"), *steps)
        before = told.memory.contact
        told.say("so booked?", "booking")

        assert told.text.startswith("No, not booked yet.")
        assert told.memory.contact == before
        assert not told.staff.kept

    def test_a_wish_may_be_refused(self, told):
        assert told.say("fri 10am", "booking", date="fri").say("no thanks").memory.contact is None

    def test_what_else_is_asked_is_answered(self, told, answers):
        told.ask("book me in, and how much is it?", "booking", "cost")

        assert answers.short("cost", {}).text in told.text

    @pytest.mark.parametrize(
        ("text", "topic"),
        [
            ("friday is when it hurts most", "cond_sciatica"),
            ("cancel my friday", "cancellation"),
            ("i cant make friday at 10", "booking"),
            ("is friday free?", "booking"),
        ],
    )
    def test_a_day_may_be_named_for_something_else(self, told, text, topic):
        assert told.say(text, topic, date="friday").memory.contact is None

    def test_a_day_of_a_search_is_no_wish(self, talk):
        talk.say("how do I book?", "booking").say("find someone", "find_therapist")

        assert talk.say("on friday", "booking", date="friday").memory.contact is None

    def test_what_a_doctor_must_see_first_is_said_first(self, talk):
        talk.say("my legs are numb", alarms=[Alarm("rf_cauda_equina", True)]).say(
            "I'm with a doctor now", "follow_up/safe"
        )
        talk.say("how do I book?", "booking").say("fri 10am", "booking", date="fri")

        assert talk.text.startswith("First what you told me about")


class TestDetails:
    @pytest.mark.parametrize("text", ["Ana", "my name is Ana Lopez", "It's José María", "ana lopez"])
    def test_names(self, asked, text):
        assert leave(asked, "yes", text).memory.contact.asked == "way"

    @pytest.mark.parametrize("text", ["🙂", "...", "12345", "", "why?", "x" * 900])
    def test_what_is_no_name_is_asked_again(self, asked, text):
        leave(asked, "yes", text)

        assert asked.memory.contact.name is None
        assert "name" in asked.text

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("555 0123", "area code"),
            ("12345678", "phone number"),
            ("ana@example", "e-mail address"),
            ("🙂", "did not find"),
        ],
    )
    def test_a_wrong_way_is_named(self, asked, text, problem):
        leave(asked, "yes", "Ana", text)

        assert problem in asked.text
        assert asked.memory.contact.asked == "way"

    def test_an_address_does_as_well_as_a_number(self, asked):
        leave(asked, "yes", "Ana", "ana@example.com", "a question", "send")

        assert left(asked).email == "ana@example.com"
        assert left(asked).phone is None

    @pytest.mark.parametrize(
        ("text", "email"),
        [("yes", "ana@gmial.com"), ("ana@gmial.com", "ana@gmial.com"), ("ana@gmail.com", "ana@gmail.com")],
    )
    def test_a_likely_slip_is_asked_about(self, asked, text, email):
        assert "Did you mean gmail.com?" in leave(asked, "yes", "Ana", "ana@gmial.com").text

        leave(asked, text)
        assert asked.memory.contact.email == email
        assert asked.memory.contact.asked == "message"

    def test_a_detail_in_place_of_the_message_is_a_correction(self, asked):
        leave(asked, "yes", "Ana", "ana@example.com", "no wait, ann@example.com")

        assert asked.memory.contact.email == "ann@example.com"
        assert asked.memory.contact.asked == "message"

    def test_why_is_answered(self, asked):
        assert "to answer you" in leave(asked, "yes", "why do you need that?").text

    def test_name_and_number_may_come_together(self, asked):
        assert leave(asked, "yes", "Ana Lopez, 512 555 0123").memory.contact.asked == "message"

    def test_a_question_may_be_the_message(self, asked):
        asked.say("yes").say("Ana").say("512 555 0123").say("do you take Aetna?", "insurance")

        assert "Message: do you take Aetna?" in asked.text


class TestLastLook:
    @pytest.fixture
    def shown(self, asked):
        return leave(asked, *WHOLE)

    @pytest.mark.parametrize("text", ["yes", "send it", "ok send", "looks good", "go ahead"])
    def test_a_yes_sends(self, shown, text):
        shown.say(text)

        assert left(shown).name == "Ana Lopez"

    @pytest.mark.parametrize(
        "text",
        [
            "Yes, send it please",
            "that's right, send",
            "ok thanks",
            "perfect, thank you",
            "all good, go ahead",
            "sure thing",
            "please send it to the clinic now",
            "yes that is correct",
            "okay submit",
            "looks great, send it off",
            "everything is correct",
            "you can send that",
            "fine",
            "yes please pass it on",
        ],
    )
    def test_a_yes_in_other_words_sends(self, shown, text):
        shown.say(text)

        assert left(shown).name == "Ana Lopez"

    @pytest.mark.parametrize(
        "text",
        [
            "ok but change my number first",
            "okay wait, the message is wrong",
            "ok hold on",
            "yes but wait",
            "ok how long until they answer?",
            "fine but the name is wrong",
            "ok did that go thru?",
            "yes, after I checked the number",
            "ok i need to fix something",
            "sure but use my other number",
            "looks good except the name",
            "send it when I say so",
            "yes? who reads that",
            "go ahead and change the message",
            "perfect apart from the typo",
            "ok not yet",
            "is that all right?",
            "thanks",
        ],
    )
    def test_what_is_more_than_a_yes_sends_nothing(self, shown, text):
        shown.say(text)

        assert not shown.staff.kept
        assert shown.memory.contact.name == "Ana Lopez"

    @pytest.mark.parametrize(
        ("text", "asks_for"),
        [
            ("ok but change my number first", "way"),
            ("okay wait, the message is wrong", "message"),
            ("fine but the name is wrong", "name"),
            ("yes but my name is spelled wrong", "name"),
            ("can you change my e-mail?", "way"),
            ("ok i need to fix something", "change"),
        ],
    )
    def test_what_is_to_be_changed_is_asked_for(self, shown, text, asks_for):
        assert shown.say(text).memory.contact.asked == asks_for

    @pytest.mark.parametrize(
        "text", ["ok did that go thru?", "did you send it?", "so is it sent?", "have they got it?"]
    )
    def test_it_is_said_that_nothing_is_sent_yet(self, shown, text):
        assert shown.say(text).text.startswith("No, it is not sent yet.")
        assert "Shall I send it?" in shown.text

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("fine but the name is wrong, it's Anne Lopes", "Anne Lopes"),
            ("my name is spelled Anna", "Anna"),
            ("the name is Wright", "Wright"),
            ("ok but the name is Anne, not Ana", "Anne"),
        ],
    )
    def test_the_right_name_is_taken(self, shown, text, name):
        assert f"Name: {name}\n" in shown.say(text).text

    def test_the_same_message_sent_twice_is_kept_once(self, shown):
        before = shown.memory
        shown.press("Send")
        shown.memory = before
        shown.say("send")

        assert len(shown.staff.kept) == 1

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("no, my number is 512 555 0199", "Phone: +15125550199"),
            ("the name is Anne Lopes", "Name: Anne Lopes"),
            ("no wait, use ana@example.com", "E-mail: ana@example.com"),
            ("number is wrong, it ends 0198", "Phone: +15125550198"),
            ("its 0198 at the end", "Phone: +15125550198"),
        ],
    )
    def test_a_correction_is_taken_and_shown(self, shown, text, line):
        assert line in shown.say(text).text
        assert not shown.staff.kept

    def test_change_something_asks_what(self, shown):
        shown.press("Change something").press("The message").say("Is Friday free?")

        assert "Message: Is Friday free?" in shown.text

    def test_a_plain_no_asks_what_to_change(self, shown):
        assert "What should I change" in shown.say("no").text
        assert "number" in shown.say("my number").text

    def test_do_not_send_keeps_nothing(self, shown):
        assert "nothing is passed on" in shown.press("Do not send").text
        assert not shown.staff.kept

    def test_a_button_pressed_again_says_that_the_message_is_closed(self, shown):
        last = shown.messages
        shown.press("Send")
        shown.messages = last

        assert "closed already" in shown.press("Send").text
        assert len(shown.staff.kept) == 1

    def test_an_outbox_that_is_down_is_said_and_can_be_tried_again(self, shown):
        shown.staff.down = True
        shown.press("Send")
        assert "(512) 555-0142" in shown.text

        shown.staff.down = False
        shown.press("Send")
        assert left(shown).name == "Ana Lopez"


class TestInBetween:
    @pytest.mark.parametrize("step", [0, 1, 2, 4])
    def test_a_question_is_answered_and_the_form_goes_on(self, asked, step):
        leave(asked, *WHOLE[:step])
        before = asked.memory.contact.asked
        asked.say("how much is it?", "cost")

        assert asked.messages[0].meta["topic"] == "cost"
        assert "Back to your message" in asked.messages[-1].text
        assert asked.memory.contact.asked == before
        leave(asked, *WHOLE[step:], "send")
        assert left(asked).message == WHOLE[3]

    @pytest.mark.parametrize("step", range(len(WHOLE) + 1))
    def test_danger_comes_first_and_the_form_goes_on_after(self, asked, step):
        leave(asked, *WHOLE[:step])
        asked.say("my legs are numb and I wet myself", alarms=[Alarm("rf_cauda_equina", True)])
        assert [message.meta["kind"] for message in asked.messages] == ["safety"]

        asked.say("I'm with a doctor now", "follow_up/safe")
        assert "Back to your message" in asked.messages[-1].text
        leave(asked, *WHOLE[step:], "send")
        assert {request.kind for request in asked.staff.kept.values()} == {"urgent", "question"}

    def test_a_screening_question_stands_alone(self, asked):
        asked.say("my calf is a bit swollen, how much is it", "cost", alarms=[Alarm("rf_dvt", False)])
        assert asked.messages[-1].meta["level"] == "check"

        asked.say("no", "follow_up/no")
        assert "Back to your message" in asked.messages[-1].text

    def test_a_message_may_interrupt_a_search(self, talk):
        talk.say("find someone near me", "find_therapist").say("can someone call me?")
        leave(talk, *WHOLE, "send")

        assert left(talk).name == "Ana Lopez"
        assert talk.say("Austin").names


class TestUrgent:
    def test_staff_are_told_of_the_flag_and_of_nothing_else(self, talk):
        talk.say("I am Ana, my legs are numb and I wet myself", alarms=[Alarm("rf_cauda_equina", True)])

        request = left(talk)
        assert (request.kind, request.flag, request.conversation) == ("urgent", "rf_cauda_equina", "me")
        assert not any((request.name, request.phone, request.email, request.message, request.consent))

    def test_the_same_flag_is_one_notice(self, talk):
        for _ in range(3):
            talk.say("my legs are numb", alarms=[Alarm("rf_cauda_equina", True)])

        assert len(talk.staff.kept) == 1

    @pytest.mark.parametrize("alarm", [Alarm("rf_dvt", False), Alarm("rf_blood_thinner", True)])
    def test_what_is_only_possible_or_no_emergency_is_not_reported(self, talk, alarm):
        talk.say("something", "cost", alarms=[alarm])

        assert not talk.staff.kept

    def test_an_outbox_that_is_down_never_holds_up_the_safety_message(self, talk):
        talk.staff.down = True
        talk.say("my legs are numb", alarms=[Alarm("rf_cauda_equina", True)])

        assert talk.messages[0].meta["kind"] == "safety"


class TestDeleting:
    def test_a_question_about_it_deletes_nothing(self, asked):
        leave(asked, *WHOLE, "send")
        asked.say("how can I have my data deleted?", "delete_my_data")
        assert asked.staff.kept

        asked.press("Delete my messages")
        assert not asked.staff.kept

    def test_an_order_deletes_at_once_also_what_is_half_written(self, asked):
        leave(asked, *WHOLE, "send")
        asked.say("leave a message").say("yes").say("Ana")
        asked.say("delete my data please", "delete_my_data")

        assert not asked.staff.kept
        assert asked.memory.contact is None
        assert "I have deleted" in asked.text

    @pytest.mark.parametrize("others", [("cost",), ("cost", "hours_location")])
    @pytest.mark.parametrize("first", [True, False])
    def test_what_is_asked_beside_it_is_answered(self, asked, answers, others, first):
        leave(asked, *WHOLE, "send")
        asked.ask(
            "delete my data, and how much is a visit?",
            *(("delete_my_data", *others) if first else (*others, "delete_my_data")),
        )

        assert not asked.staff.kept
        assert "I have deleted" in asked.text
        assert all(answers.short(topic, {}).text in asked.text for topic in others)
        assert asked.memory == Memory()

    def test_it_may_be_ordered_behind_a_question(self, asked):
        leave(asked, *WHOLE, "send")
        asked.ask("How much is a visit? And please delete my data.", "cost", "delete_my_data")

        assert not asked.staff.kept

    @pytest.mark.parametrize("by_button", [True, False])
    def test_what_could_not_be_deleted_leaves_the_memory_as_it_is(self, talk, by_button):
        talk.say("my legs are numb", alarms=[Alarm("rf_cauda_equina", True)]).say(
            "I'm with a doctor now", "follow_up/safe"
        )
        talk.say("how can I have my data deleted?", "delete_my_data")
        unseen = talk.memory.unseen
        talk.staff.down = True
        _ = talk.press("Delete my messages") if by_button else talk.say("delete my data", "delete_my_data")

        assert "could not delete" in talk.text
        assert unseen is not None
        assert talk.memory.unseen == unseen

    @pytest.mark.parametrize(
        "how",
        ["Delete this conversation", "/delete in Telegram", "/nmt delete in Slack", "write to privacy@example.com"],
    )
    def test_it_says_that_the_chat_is_still_stored_and_how_it_is_deleted(self, talk, how):
        talk.say("delete my data", "delete_my_data")

        assert "What we wrote here is still stored" in talk.text
        assert how in talk.text

    def test_an_outbox_that_is_down_does_not_claim_to_have_deleted(self, talk):
        talk.staff.down = True

        assert "I have deleted" not in talk.say("delete my data", "delete_my_data").text


def test_two_misses_offer_to_take_a_message(talk):
    talk.say("blorf").say("wibble")

    assert talk.buttons == ["Leave a message"]
    leave(talk.press("Leave a message"), *WHOLE, "send")
    assert left(talk).kind == "question"


def test_no_second_yes_or_no_is_asked_beside_the_one_for_consent(asked):
    doubt = Alarm("rf_suicide", likely=False, ruled=False, score=0.6)
    asked.say("Kayla 512 555 0199, shall I keep tuesday with the bruise?", alarms=[doubt])

    assert asked.buttons.count("Yes") == 1
    assert asked.memory.asking is None


def test_a_question_about_something_else_is_answered_before_consent_is_asked_again(talk):
    talk.say("how do i book", "booking").say("wednesday after 4", "booking", date="wednesday")
    talk.say("and if something comes up and I can't make it?", "cancellation", 0.5)

    assert "Staff need it" not in talk.text
    assert talk.messages[-1].meta["kind"] == "form"
