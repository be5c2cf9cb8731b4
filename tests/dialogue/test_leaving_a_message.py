"""Leaving a message for a person: consent, details, a last look, and nothing kept before."""

from datetime import datetime, timezone

import pytest

from nmt_guide.dialogue.model import Alarm

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
