"""How a conversation goes on after a safety reply or a screening question."""

from dataclasses import replace

import pytest
from talking import asks, kinds, turn

from nmt_guide.dialogue.danger import Checked, Heard, checked, heard, is_cleared
from nmt_guide.dialogue.model import Alarm, Memory, Question
from nmt_guide.knowledge.content import Level, text_name


@pytest.mark.parametrize(
    "text",
    [
        "I called 911, they are coming",
        "my wife is drivin me to the er now, what do i tell em",
        "im at the er already",
        "ok going in now, my wife drives me",
        "my son is driving me there",
        "hey im back. the er did an mri, just a disc",
        "doctor saw me this morning, ultrasound was clear",
        "got checked out at urgent care, all fine",
        "i saw my doctor this morning",
        "yes the ambulance is on its way",
    ],
)
@pytest.mark.parametrize("ruled", [True, False])
def test_who_has_help_may_go_on(text, ruled):
    assert heard(turn(text=text), Level.EMERGENCY, ruled) is Heard.HELPED


@pytest.mark.parametrize(
    "text",
    ["I'll ring my doctor this afternoon", "got an appointment thursday, well today actually: appointment today"],
)
def test_who_will_be_seen_soon_has_help_where_hours_do_not_count(text):
    assert heard(turn(text=text), Level.SAME_DAY, ruled=True) is Heard.HELPED
    assert heard(turn(text=text), Level.EMERGENCY, ruled=True) is Heard.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "i'm not going to call 911 now",
        "can i come to my appointment tomorrow anyway?",
        "do you have an appointment this week",
        "i'll see my gp this week",
        "i was at the hospital last month for this",
        "no one will take me to hospital",
        "my doctor is on holiday",
        "I'll call the doctor tomorrow",
        "I'm at the hospital but going to leave",
        "the hospital sent me home",
        "the nurse says my temp is 38.4",
        "my doctor said it's just reflux last year",
        "if it gets worse i'll call 911",
        "i called 911 and they hung up",
        "should i be at the hospital",
        "i hate being in hospital",
        "the ambulance didn't come",
        "my aunt was taken to hospital once and they did nothing",
    ],
)
@pytest.mark.parametrize("level", [Level.EMERGENCY, Level.CRISIS])
def test_that_help_is_there_must_be_said_of_now(text, level):
    assert heard(turn(text=text), level, ruled=True) in (Heard.NOTHING, Heard.EASED)  # and the danger is waited on


@pytest.mark.parametrize(
    "text",
    [
        "i don't have any hope left",
        "there is no point at all",
        "i don't have any plans to live",
        "i called my mom to say goodbye",
        "i don't want to be in hospital",
        "we are not all safe",
        "I'm not safe",
        "I'm not fine",
        "I'm not sure I'm safe",
        "I'm safe for now but I have the pills",
        "I called 988 and they hung up",
        "i called my friend",
        "no",
        "i don't want to live",
        "no one cares",
        "nothing helps anyway",
        "i have no feeling at all anymore",
        "i dont want a helpline",
    ],
)
@pytest.mark.parametrize("level", [Level.CRISIS, Level.HANDOFF])
def test_despair_is_not_taken_back_by_words_about_something_else(text, level):
    said = turn(asks("follow_up/safe"), text=text) if "safe" in text or "fine" in text else turn(text=text)

    assert heard(said, level, ruled=True) is Heard.NOTHING


@pytest.mark.parametrize(
    "text",
    ["i'm not suicidal", "no, nobody is suicidal", "i have no thoughts of suicide", "nobody hurt me", "none of that"],
)
def test_despair_is_taken_back_by_what_is_said_of_it(text):
    assert heard(turn(text=text), Level.CRISIS, ruled=True) is Heard.DENIED


def test_who_has_company_in_a_crisis_has_help():
    assert heard(turn(text="i called my sister, she's coming over"), Level.CRISIS, ruled=True) is Heard.HELPED


@pytest.mark.parametrize("text", ["I don't want police", "i dont like him anymore", "no one believes me"])
@pytest.mark.parametrize("ruled", [True, False])
def test_who_was_hurt_is_believed(text, ruled):
    assert heard(turn(text=text), Level.HANDOFF, ruled) is Heard.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "no pain, just numb",
        "no feeling at all",
        "i don't have any strength in it",
        "never said it hurts but my speech is slurred",
        "not me, my dad",
        "no it's my husband",
        "i have no bladder control",
        "the pain isn't bad. my arm is weak",
    ],
)
def test_a_sign_beside_a_denial_counts(text):
    assert heard(turn(text=text), Level.EMERGENCY, ruled=True) is Heard.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "wot?? no no numb bits lol just sore. cn you help or not",
        "Severe? I never said severe. it's a dull nagging thing",
        "It is NOT sudden and NOT severe. It's an ordinary tension headache",
        "i never told you i had any of that!! you misread it",
        "there is no swelling",
        "sorry that was in 2015, had a stent, all good now",
        "it's not swollen",
        "no numbness, no weakness, just a sore back from digging",
    ],
)
def test_ordinary_words_take_back_what_never_was(text):
    assert heard(turn(text=text), Level.EMERGENCY, ruled=True) is Heard.DENIED


@pytest.mark.parametrize(
    "text", ["he's fine he just needs a massage", "i'm fine", "she's a nurse and says it's fine. book?"]
)
def test_fine_is_no_help_in_a_danger_to_life(text):
    assert heard(turn(text=text), Level.EMERGENCY, ruled=False) is Heard.EASED


class TestAScreeningQuestion:
    @pytest.mark.parametrize(
        "text",
        [
            "yes",
            "yes, not fine at all",
            "yes, only at night",
            "yes it just got worse",
            "yes but it's fine",
            "maybe",
            "sometimes",
            "i think so",
            "not sure",
            "i don't know",
            "just left",
            "only the left one",
            "I've thought about it",
            "yeah a bit",
            "on and off",
        ],
    )
    def test_what_is_near_a_yes_is_one(self, text):
        assert checked(turn(text=text)) is Checked.YES

    @pytest.mark.parametrize(
        "text",
        [
            "no",
            "nope",
            "no, how much is it?",
            "no not at all",
            "none of that",
            "yes i'm fine",
            "no but can i book?",
            "good heavens no",
        ],
    )
    def test_a_plain_no_is_one(self, text):
        assert checked(turn(text=text)) is Checked.NO

    @pytest.mark.parametrize(
        "text",
        ["what does that mean?", "why do you ask?", "no but i'm sweaty", "what's the price", "book me in", "my arm"],
    )
    def test_everything_else_is_no_answer(self, text):
        assert checked(turn(text=text)) is Checked.UNCLEAR

    def test_what_is_asked_instead_is_answered_and_the_question_asked_once_more(self, talk, answers):
        talk.say("my calf hurts", "cond_low_back_pain", alarms=[Alarm("rf_dvt", likely=False)])
        talk.say("what's the price", "cost")

        assert kinds(talk) == ["answer", "safety"]
        assert talk.memory.asking == "rf_dvt"
        talk.say("book me in", "booking")
        assert talk.text.startswith("First what you told me about")
        assert (talk.memory.asking, talk.memory.unseen) == (None, "rf_dvt")

    def test_despair_that_was_asked_about_in_vain_is_no_matter_for_a_doctor_before_massage(self, talk):
        talk.say("i can't go on", "cond_low_back_pain", alarms=[Alarm("rf_suicide", likely=False)])
        talk.say("what's the price", "cost").say("how do i book", "booking")

        assert (talk.memory.asking, talk.memory.unseen) == (None, None)
        assert kinds(talk) == ["handoff"]

    def test_who_says_nothing_to_it_twice_is_told_what_to_do(self, talk):
        talk.say("my calf hurts", "cond_low_back_pain", alarms=[Alarm("rf_dvt", likely=False)])
        assert "yes or a no" in talk.say("no but i'm sweaty").text
        assert talk.memory.asking == "rf_dvt"
        talk.say("hm my arm")

        assert talk.memory.flag == "rf_dvt"


class TestWhatNobodyTookBack:
    """An alarm by likeness alone ends when the client goes on, but what was told is not forgotten."""

    @pytest.fixture
    def gone_on(self, talk):
        talk.say(
            "my left calf feels like a charley horse", "cost", alarms=[Alarm("rf_dvt", True, ruled=False, score=0.8)]
        )
        talk.say("it was a long flight")
        return talk

    def test_it_is_not_called_a_mistake(self, gone_on):
        gone_on.say("what does it cost", "cost")

        assert "misread" not in gone_on.text
        assert "before anything else" in gone_on.text
        assert gone_on.memory.unseen == "rf_dvt"
        assert gone_on.say("ok book me in", "booking").text.startswith("First what you told me about")

    def test_a_further_sign_keeps_it(self, gone_on):
        gone_on.say("now it's red, can you do it", "booking", alarms=[Alarm("rf_dvt", True, ruled=False, score=0.8)])
        assert gone_on.memory.flag == "rf_dvt"
        gone_on.say("so can i book", "booking")

        assert gone_on.memory.flag == "rf_dvt"

    def test_who_asks_about_massage_is_asked_longer(self, gone_on):
        for _ in range(2):
            assert gone_on.say("could the therapist rub it out firmly", "session_pressure").memory.flag == "rf_dvt"

        assert gone_on.say("so can you press it", "session_pressure").memory.unseen == "rf_dvt"

    def test_that_it_grows_keeps_it(self, gone_on):
        gone_on.say("it is getting worse", "after_worse")

        assert (gone_on.memory.flag, gone_on.memory.ruled) == ("rf_dvt", True)


class TestAReasonToAskADoctorFirst:
    @pytest.fixture
    def told(self, talk):
        return talk.say("i am on warfarin", "contra_blood_thinners", alarms=[Alarm("rf_blood_thinner", likely=True)])

    def test_booking_is_answered_with_a_reminder(self, told):
        told.say("how long is it", "session_length").say("so i can book", "booking")

        assert told.text.startswith("Because of what you told me, please ask your doctor before you come")
        assert told.messages[0].meta["topic"] == "booking"

    def test_firm_work_too_but_not_each_time(self, told):
        told.say("how long is it", "session_length")
        reminder = "Because of what you told me"

        assert told.say("firm pressure is fine right", "session_pressure").text.startswith(reminder)
        assert reminder not in told.say("what is trigger point release", "tech_trigger_point_release").text

    def test_nothing_else_is(self, told):
        assert "Because of what you told me" not in told.say("how much is it", "cost").text


@pytest.mark.parametrize(
    "text",
    [
        "NOTHING is swollen. you got it wrong",
        "what?? i have none of that. i asked when i can come after the birth",
        "nobody hurt me. it was a massage",
        "nobody abused anyone omg",
        "im not suicidal i just want my money",
        "i never said swollen",
        "no swelling at all. just a sore hip",
        "lol no he hit my truck",
    ],
)
@pytest.mark.parametrize("ruled", [True, False])
def test_a_plain_denial_is_believed(text, ruled):
    assert heard(turn(text=text), Level.SAME_DAY, ruled) is Heard.DENIED


@pytest.mark.parametrize(
    "text",
    [
        "no. what does it cost?",
        "wtf i want to book",
        "i asked about the price",
        "it was a year ago",
        "why do you keep sending me this",
    ],
)
def test_a_protest_is_believed_where_no_rule_speaks_for_the_danger(text):
    assert heard(turn(text=text), Level.EMERGENCY, ruled=False) is Heard.DENIED
    assert heard(turn(text=text), Level.EMERGENCY, ruled=True) is Heard.NOTHING


def test_another_cause_is_no_denial_of_a_danger_to_life():
    said = turn(text="haha no you got me wrong its from throwing chains. what time do you open sat")

    assert heard(said, Level.EMERGENCY, ruled=True) is Heard.NOTHING
    assert heard(said, Level.EMERGENCY, ruled=False) is Heard.DENIED
    assert heard(said, Level.HANDOFF, ruled=True) is Heard.DENIED


@pytest.mark.parametrize(
    "text",
    [
        "oh I'm fine really, I'm sure it's just the screen. all neck on friday then?",
        "I'm ok, it's nothing. Jet lag?",
        "its all good now, see you friday",
        "ok that scared me. its all fine now. can i book for thursday",
    ],
)
def test_feeling_fine_is_not_help(text):
    assert heard(turn(text=text), Level.EMERGENCY, ruled=True) is Heard.EASED


@pytest.mark.parametrize(
    "text",
    [
        "i can't feel anything",
        "ok so friday?",
        "nobody can help me",
        "no ambulance please",
        "i dont want to call",
        "this pain is driving me crazy",
        "i cant sit in the er for six hours",
        "should he be in the er for that",
    ],
)
def test_everything_else_says_nothing_of_it(text):
    assert heard(turn(text=text), Level.EMERGENCY, ruled=True) is Heard.NOTHING


def test_who_will_ask_a_doctor_has_help_where_hours_do_not_count():
    said = turn(text="ok ill call my midwife")

    assert heard(said, Level.SAME_DAY, ruled=True) is Heard.HELPED
    assert heard(said, Level.EMERGENCY, ruled=True) is Heard.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "i'm not going to see a doctor over this",
        "if it gets worse ill call my doctor",
        "i'll see my doctor next month at my checkup",
        "do you think i'm going to see a doctor",
        "let me ask one more question",
        "i'll see one of your therapists",
        "i'll call them about my insurance",
        "i will do whatever i want",
        "ok will do it after my massage",
    ],
)
def test_who_puts_it_off_has_no_help(text):
    assert heard(turn(text=text), Level.SAME_DAY, ruled=True) is Heard.NOTHING


def test_an_emergency_is_told_whoever_will_be_called_about_something_else(talk):
    talk.say("my calf is swollen", "cost", alarms=[Alarm("rf_dvt", likely=True)])
    talk.say("ill call my doctor, i cant breathe and my chest is tight", alarms=[Alarm("rf_pe", likely=True)])

    assert talk.messages[0].meta["flag"] == "rf_pe"


@pytest.mark.parametrize("text", ["ok ill call them", "will do, thanks", "i'll ring somebody"])
def test_who_will_call_those_that_we_named_has_help_where_hours_do_not_count(text):
    assert heard(turn(text=text), Level.SAME_DAY, ruled=True) is Heard.HELPED
    assert heard(turn(text=text), Level.EMERGENCY, ruled=True) is Heard.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "they said its not a clot",
        "they say it's not a clot",
        "they ruled out a clot",
        "good news, the scan ruled out a blood clot",
        "the doctor says there is no sign of an infection",
        "urgent care ruled it out",
        "ultrasound showed no clot, can i come now?",
        "ok it was ruled out",
    ],
)
def test_what_was_looked_at_and_is_none_is_over(text):
    assert is_cleared(turn(text=text))
    assert heard(turn(text=text), Level.EMERGENCY, ruled=True) is Heard.HELPED


@pytest.mark.parametrize("level", [Level.CRISIS, Level.HANDOFF])
def test_nobody_else_can_say_that_there_is_no_despair_and_no_abuse(level):
    assert heard(turn(text="they said its not broken"), level, ruled=True) is Heard.NOTHING


def test_what_is_told_beside_good_news_counts(talk):
    talk.say("my calf is swollen", "cost", alarms=[Alarm("rf_dvt", likely=True)])
    chest = Alarm("rf_heart", likely=True, ruled=True, score=0.9)
    talk.say("they said its not a clot, so whats this crushing chest pain", alarms=[chest])

    assert talk.messages[0].meta["flag"] == "rf_heart"


@pytest.mark.parametrize(
    "text",
    [
        "its not a clot",
        "my sister said its not a clot",
        "my mum said they told her it was not a clot years ago",
        "my friends are nurses and they said its not a clot",
        "they said it may be a clot",
        "they said it might not be a clot",
        "they said probably not a clot but to get it checked",
        "they never said its not a clot",
        "they havent said it's not a clot",
        "the doctor hasn't said it's not a clot",
        "nobody at the er said its not a clot",
        "once they have said its not a clot can i come",
        "if the doctor says it's not a clot, can i come",
        "i hope they said its not a clot",
        "they said its not a clot but it is bigger now",
        "they said not an infection but a clot",
        "er said no dvt, it's a pulmonary embolism",
        "scan shows no fracture but a bleed",
        "they ruled a clot out in my other leg",
        "they said it's not serious",
        "it was ruled out?",
        "maybe it was ruled out",
        "can they rule it out",
        "as soon as it is ruled out can i come",
        "they have not ruled it out",
        "it hasn't been ruled out",
        "that is ruled out for me, i have no car",
    ],
)
def test_what_nobody_has_looked_at_is_not_over(text):
    assert not is_cleared(turn(text=text))


@pytest.mark.parametrize("text", ["im fine, when can i come?", "i'm ok, what if i need to cancel?"])
def test_a_question_beside_feeling_safe_takes_nothing_back(text):
    assert heard(turn(text=text), Level.CRISIS, ruled=False) is Heard.SAFE


class TestNobodyHasLookedAtIt:
    """After a sign that must be seen, "can I come" is not answered as if it had not been told."""

    @pytest.fixture
    def waiting(self, talk):
        talk.say("my calf is swollen", "cost", alarms=[Alarm("rf_dvt", likely=True)])
        return talk.say("ok ill call my doctor")

    @pytest.mark.parametrize("topic", ["booking", "doctor_first", "hours_location"])
    def test_visits_wait_until_somebody_has(self, waiting, topic):
        waiting.say("if they say its nothing, can i still come friday", topic)

        assert waiting.messages[0].text.startswith("First what you told me about: no massage until a doctor")
        assert waiting.messages[0].meta["flag"] == "rf_dvt"

    def test_a_reason_to_ask_a_doctor_first_is_not_forgotten(self, talk, answers):
        talk.say("my leg goes numb", "cond_low_back_pain", alarms=[Alarm("rf_numb_tingle", likely=True)])
        talk.say("so i must doctor first before book?", "doctor_first")

        assert talk.text == answers.safety(answers.content.red_flag["rf_numb_tingle"]).text
        assert "First what you told me" not in talk.say("how do i book", "booking").text
        assert talk.say("my doctor said its fine", "small_talk_thanks").memory.unseen is None

    def test_good_news_is_met_as_such(self, waiting):
        waiting.say("they said its not a clot")

        assert kinds(waiting) == ["handoff"]
        assert waiting.memory.unseen is None
        assert kinds(waiting.say("so can i come in now", "booking")) == ["handoff"]
        assert "First what you told me" not in waiting.text

    def test_good_news_does_not_end_a_message_to_staff(self, waiting):
        waiting.say("can somebody call me", "human_handoff").say("yes").say("Ann Miller").say("512 555 0199")
        waiting.say("they said its not a clot")

        assert kinds(waiting)[-1] == "form"

    def test_do_i_need_their_leave_is_answered_with_just_that(self, waiting):
        assert len(waiting.say("do i need them to say its ok first", "doctor_first").messages) == 1

    def test_other_questions_are_answered_as_ever(self, waiting):
        assert kinds(waiting.say("how much is it", "cost")) == ["answer"]

    @pytest.mark.parametrize(
        "text",
        [
            "my friends come to you, they said you are really good. can i come friday",
            "doctor said it is not ok",
            "my doctor hasn't said it's ok yet",
            "ultrasound was not clear",
            "if my doctor says its fine can i come",
        ],
    )
    def test_that_somebody_has_must_be_said(self, waiting, text):
        assert waiting.say(text, "booking").text.startswith("First what you told me about")

    def test_a_screening_question_beside_it_is_asked(self, waiting):
        waiting.say(
            "do i need my doctors ok, my chest is tight", "doctor_first", alarms=[Alarm("rf_heart", likely=False)]
        )

        assert waiting.memory.asking == "rf_heart"
        assert waiting.messages[-1].meta["flag"] == "rf_heart"

    def test_another_flag_that_was_none_changes_nothing(self, waiting):
        waiting.say("im so done", alarms=[Alarm("rf_suicide", likely=True, ruled=False)]).say("not what i meant")

        assert waiting.memory.unseen == "rf_dvt"

    def test_who_was_seen_already_needs_no_more(self, talk):
        talk.say("my calf is swollen", "cost", alarms=[Alarm("rf_dvt", likely=True)])
        talk.say("my doctor checked it and said it's fine")

        assert talk.memory.flag is None
        assert "First what you told me" not in talk.say("how do i book", "booking").text

    @pytest.mark.parametrize(
        "text",
        [
            "my doctor said its fine",
            "my doctor said it's fine, when can i come in?",
            "the midwife cleared me, can i book",
            "ultrasound was clear",
            "my doctor gave me the all clear",
        ],
    )
    def test_once_somebody_has_all_is_as_before(self, waiting, text):
        waiting.say(text, "booking")

        assert "First what you told me" not in waiting.text
        assert "First what you told me" not in waiting.say("how do i book", "booking").text


def test_a_denial_beside_a_new_sign_is_none():
    said = turn(text="nobody hurt me, but i want to die", alarms=[Alarm("rf_suicide", likely=True, ruled=True)])

    assert heard(said, Level.HANDOFF, ruled=True) is Heard.NOTHING


def test_what_was_misread_is_answered_with_an_apology(respond, answers):
    alarm = respond(turn(asks("cost"), alarms=[Alarm("rf_abuse", True, ruled=False, score=0.8)]), Memory(), answers)
    reply = respond(turn(asks("follow_up/no"), text="omg no. nobody hurt me"), alarm.memory, answers)

    assert kinds(alarm) == ["safety"]
    assert "misread" in reply.messages[0].text
    assert reply.messages[1].meta["topic"] == "cost"
    assert reply.memory.cleared == ("rf_abuse",)


def test_what_a_client_denied_needs_more_than_a_likeness(respond, answers):
    cleared = Memory(cleared=("rf_abuse",))
    alike = respond(turn(asks("cost"), alarms=[Alarm("rf_abuse", True, ruled=False, score=0.8)]), cleared, answers)
    plain = respond(turn(asks("cost"), alarms=[Alarm("rf_abuse", True, ruled=True, score=0.8)]), cleared, answers)
    other = respond(turn(asks("cost"), alarms=[Alarm("rf_suicide", True, ruled=False, score=0.8)]), cleared, answers)

    assert kinds(alike) == ["answer"]
    assert kinds(plain) == ["safety"]
    assert kinds(other) == ["safety"]


def test_the_question_beside_a_no_is_answered(respond, answers):
    said = turn(asks("cost"), text="no, nothing like that. how much is it")

    reply = respond(said, Memory(asking="rf_dvt"), answers)

    assert reply.messages[0].text == "Thank you, that is good to know."
    assert reply.messages[1].meta["topic"] == "cost"


def test_the_same_wall_is_not_said_twice(respond, answers):
    alarm = respond(turn(asks("cost"), alarms=[Alarm("rf_dvt", True)]), Memory(), answers)
    first = respond(turn(asks("booking"), text="friday?"), alarm.memory, answers)
    second = respond(turn(asks("booking"), text="ok so friday?"), first.memory, answers)

    assert kinds(first) == kinds(second) == ["safety"]
    assert first.messages[0].text != second.messages[0].text
    assert [button.title for button in second.messages[0].buttons] == [
        "I am safe or have help",
        "That is not what I meant",
    ]


def test_a_mere_likeness_does_not_hold_a_client_who_goes_on_about_something_else(respond, answers):
    for ruled, held in ((False, None), (True, "rf_suicide")):
        alarm = respond(turn(asks("cost"), alarms=[Alarm("rf_suicide", True, ruled, 0.8)]), Memory(), answers)
        first = respond(turn(asks("booking"), text="friday at five"), alarm.memory, answers)
        second = respond(turn(asks("booking"), text="friday at five then"), first.memory, answers)

        assert kinds(first) == ["safety"]
        assert second.memory.flag == held


def test_buttons_lead_out(respond, answers):
    held = Memory(flag="rf_stroke", ruled=True)
    safe = respond(turn(chosen=("follow_up", "safe")), held, answers)
    misread = respond(turn(chosen=("follow_up", "misread")), held, answers)

    assert (safe.memory.flag, misread.memory.flag) == (None, None)
    assert misread.memory.cleared == ("rf_stroke",)


class TestNothingIsSaidTwice:
    def test_asked_again_there_is_the_paragraph_that_comes_near_then_the_gist_and_then_a_person(self, respond, answers):
        near, other = answers.content.topic["cond_sciatica"].paragraphs[1::-1]
        again = replace(asks("cond_sciatica"), passages={"cond_sciatica": [text_name(near)]})
        first = respond(turn(again), Memory(), answers)
        second = respond(turn(again), first.memory, answers)
        third = respond(turn(again), second.memory, answers)
        fourth = respond(turn(again), third.memory, answers)

        assert " ".join(near.split()) in second.messages[0].text
        assert " ".join(other.split()) not in second.messages[0].text
        assert third.messages[0].text.startswith(f"In short: {answers.content.topic['cond_sciatica'].short[:40]}")
        assert kinds(fourth) == ["handoff"]
        for reply in (third, fourth):
            assert reply.messages[0].meta["topic"] == "cond_sciatica"
            assert "Tell me more" in [button.title for button in reply.messages[0].buttons]

    def test_where_that_is_no_news_the_next_likely_topic_is_answered(self, respond, answers):
        first = respond(turn(asks("session_number")), Memory(), answers)
        second = respond(turn(asks("session_number", 0.995, others=("cost",))), first.memory, answers)

        assert second.messages[0].meta["topic"] == "cost"

    def test_where_no_paragraph_comes_near_the_gist_is_given(self, respond, answers):
        first = respond(turn(asks("cond_sciatica")), Memory(), answers)
        second = respond(turn(asks("cond_sciatica")), first.memory, answers)

        assert second.messages[0].text.startswith("In short: ")
        assert answers.content.clinic.text("phone") in second.messages[0].text

    def test_a_question_taken_for_leaning_is_answered_for_itself_before_a_person_is_named(self, respond, answers):
        leans = asks("access_needs", 0.96, "can you dim the lights", in_context=[("faq/cond_migraine", 0.9)])
        reply = respond(turn(asks("cond_migraine")), Memory(), answers)
        said = []
        for _ in range(2):
            reply = respond(turn(leans), reply.memory, answers)
            said.append(reply.messages[0].meta["topic"])

        assert said == ["cond_migraine", "access_needs"]

    def test_what_hardly_follows_and_is_not_sure_by_itself_is_no_other_question(self, respond, answers):
        """ "And the day after?" after migraine is not about soreness after a session."""
        leans = asks("after_soreness", 0.9, "and the day after", in_context=[("faq/cond_migraine", 0.97)])
        reply = respond(turn(asks("cond_migraine")), Memory(), answers)
        said = []
        for _ in range(2):
            reply = respond(turn(leans), reply.memory, answers)
            said.append(reply.messages[0].meta["topic"])

        assert said == ["cond_migraine", "cond_migraine"]

    def test_who_corrects_us_and_surely_means_the_same_topic_hears_all_of_it(self, respond, answers):
        insists = asks("session_number", 0.93, "no but ballpark", in_context=[("faq/session_number", 0.99)])
        first = respond(turn(asks("session_number")), Memory(), answers)
        second = respond(turn(insists, text="no but ballpark"), first.memory, answers)

        assert second.messages[0].meta["topic"] == "session_number"
        assert second.messages[0].text == answers.long("session_number", {}).text

    def test_what_says_nothing_by_itself_carries_on_with_what_was_answered(self, respond, answers):
        leans = asks("unclear", 0.99, "what if it went to both", in_context=[("faq/cond_sciatica", 0.78)])
        lost = asks("unclear", 0.99, "hjkl", in_context=[("faq/unclear", 0.9), ("faq/cond_sciatica", 0.05)])
        first = respond(turn(asks("cond_sciatica")), Memory(), answers)

        assert respond(turn(leans), first.memory, answers).messages[0].meta["topic"] == "cond_sciatica"
        assert respond(turn(lost), first.memory, answers).messages[0].meta.get("topic") != "cond_sciatica"

    def test_two_questions_that_were_answered_are_no_endless_talk(self, respond, answers):
        both = (asks("cond_sciatica"), asks("session_pain"))
        reply = respond(turn(*both), Memory(), answers)
        for _ in range(4):
            reply = respond(turn(*both), reply.memory, answers)

        assert kinds(reply) == ["handoff"]

    def test_who_says_that_this_was_said_already_is_told_of_a_person_at_once(self, respond, answers):
        first = respond(turn(asks("cond_sciatica")), Memory(), answers)
        second = respond(turn(asks("cond_sciatica"), text="you already said that"), first.memory, answers)

        assert kinds(second) == ["handoff"]

    def test_how_to_book_is_said_as_often_as_it_is_asked(self, respond, answers):
        first = respond(turn(asks("booking")), Memory(), answers)
        second = respond(turn(asks("booking"), text="ok how do i book then"), first.memory, answers)

        assert [message.text for message in second.messages] == [message.text for message in first.messages]

    def test_a_paragraph_that_was_edited_since_the_training_is_left_out(self, respond, answers):
        again = replace(asks("cond_sciatica"), passages={"cond_sciatica": ["gone"]})
        first = respond(turn(again), Memory(), answers)

        assert respond(turn(again), first.memory, answers).messages[0].text.startswith("In short: ")

    def test_who_says_that_something_else_was_meant_is_offered_that(self, respond, answers):
        again = asks("cond_sciatica", others=("cond_low_back_pain",))
        first = respond(turn(again), Memory(), answers)
        second = respond(turn(asks("cond_sciatica"), text="no i mean like mornings"), first.memory, answers)

        assert "sorry" in second.messages[0].text
        assert kinds(second) == ["clarify"]

    def test_a_button_is_always_obeyed(self, respond, answers):
        first = respond(turn(chosen=("faq", "cost")), Memory(), answers)
        second = respond(turn(chosen=("faq", "cost")), first.memory, answers)

        assert [message.text for message in first.messages] == [message.text for message in second.messages]

    def test_who_says_that_it_was_misunderstood_gets_an_apology(self, respond, answers):
        reply = respond(turn(asks("follow_up/misread"), text="thats not what i asked"), Memory(topic="cost"), answers)

        assert "sorry" in reply.messages[0].text
        assert reply.messages[0].buttons


class TestNarrowQuestions:
    def test_a_detail_leads_an_unsure_question_to_its_topic(self, respond, answers):
        unsure = asks("after_soreness", 0.3, "and my bra?", {"detail": "bra"}, others=("session_clothing",))
        reply = respond(turn(unsure), Memory(), answers)

        assert reply.messages[0].meta["topic"] == "session_clothing"
        assert "strap" in reply.messages[0].text

    def test_it_counts_for_one_message(self, respond, answers):
        first = respond(turn(asks("session_clothing", facets={"detail": "bra"})), Memory(), answers)
        second = respond(turn(asks("session_clothing")), first.memory, answers)

        assert second.messages[0].text == answers.short("session_clothing", {}).text


def test_a_knock_on_the_head_is_worse_with_a_blood_thinner(respond, answers):
    knock = [Alarm("rf_head_injury", likely=False)]
    takes = Memory(facets={"medication": "apixaban"})

    assert kinds(respond(turn(asks("booking"), alarms=knock), takes, answers)) == ["safety"]
    assert kinds(respond(turn(asks("booking"), alarms=knock), Memory(), answers)) == ["handoff", "safety"]


class TestWhatIsDenied:
    def test_what_a_client_has_not_is_not_answered(self, respond, answers):
        has_not = asks("contra_diabetes", 0.9, "i don't have diabetes, only low back", others=("cond_low_back_pain",))
        has_not = replace(has_not, denied={"condition": "diabetes"})
        reply = respond(turn(has_not), Memory(), answers)
        later = respond(turn(asks("contra_diabetes", others=("aftercare",))), reply.memory, answers)

        assert reply.messages[0].meta["topic"] == "cond_low_back_pain"
        assert later.messages[0].meta["topic"] == "aftercare"

    def test_until_it_is_named(self, respond, answers):
        named = asks("contra_diabetes", facets={"condition": "diabetes"})

        assert (
            respond(turn(named), Memory(denied=("contra_diabetes",)), answers).messages[0].meta["topic"]
            == "contra_diabetes"
        )

    @pytest.mark.parametrize("rest", [(), (("follow_up/correction", 0.0),), (("follow_up/correction", 0.2),)])
    def test_where_nothing_else_is_understood_nothing_is_answered(self, respond, answers, rest):
        denied = Question(
            "i don't have diabetes", (("faq/contra_diabetes", 0.8), *rest), 0.9, denied={"condition": "diabetes"}
        )
        alone = respond(turn(denied), Memory(), answers)
        beside = respond(turn(denied, asks("cost")), Memory(), answers)

        assert kinds(alone)[0] in ("fallback", "clarify")
        assert [message.meta["topic"] for message in beside.messages] == ["cost"]

    def test_who_corrects_us_is_not_told_the_same_again(self, respond, answers):
        first = respond(turn(asks("after_soreness")), Memory(), answers)
        during = asks("after_soreness", text="i meant during, not after", others=("session_pain",))
        reply = respond(turn(during, text="i meant during, not after"), first.memory, answers)

        assert reply.messages[0].meta["topic"] == "session_pain"


def test_simpler_is_the_beginning_of_the_answer(respond, answers):
    first = respond(turn(asks("session_pain")), Memory(), answers)
    reply = respond(turn(chosen=("follow_up", "simpler")), first.memory, answers)

    assert answers.short("session_pain", {}).text.startswith(reply.messages[0].text)
    assert reply.messages[0].text.count(".") == 2


class TestWhatWaits:
    """What was asked beside a danger that was none."""

    MISREAD = Memory(flag="rf_cauda_equina", waiting=("cond_low_back_pain",))

    def test_a_denial_without_a_question_names_nothing_new(self, respond, answers):
        said = turn(asks("after_worse"), text="i said i DONT have that. no numbness no pee problems")
        reply = respond(said, self.MISREAD, answers)

        assert [message.meta.get("topic") for message in reply.messages] == [None, "cond_low_back_pain"]

    def test_a_question_beside_it_counts_more(self, respond, answers):
        said = turn(asks("cost"), text="nothing like that, you misread me. how much is it")
        reply = respond(said, self.MISREAD, answers)

        assert [message.meta.get("topic") for message in reply.messages] == [None, "cost"]


def test_a_place_that_is_denied_is_forgotten(respond, answers):
    told = respond(turn(asks("session_pressure", facets={"location": "chest"})), Memory(), answers)
    denied = replace(asks("session_communication"), denied={"location": "chest"})
    reply = respond(turn(denied, text="not my chest"), told.memory, answers)

    assert "location" not in reply.memory.facets


def test_who_is_on_the_way_to_help_raises_no_other_alarm(respond, answers):
    held = Memory(flag="rf_progressive_weakness", ruled=True)
    floppy = [Alarm("rf_stroke", likely=True, ruled=True, score=0.9)]
    said = turn(
        asks("session_communication"), text="my wife is drivin me to the er now, what do i tell em", alarms=floppy
    )

    assert kinds(respond(said, held, answers))[0] == "handoff"


def test_a_question_that_is_not_understood_beside_a_no_is_not_dropped(respond, answers):
    said = turn(asks("cost", 0.2), text="no, just my ring finger. so is that a sign?")

    assert kinds(respond(said, Memory(asking="rf_heart"), answers)) == ["smalltalk", "clarify"]


def test_a_new_sign_beside_help_counts():
    said = turn(
        text="the doctor checked him, now chest pain again",
        alarms=[Alarm("rf_heart", likely=True, ruled=True, score=0.9)],
    )

    assert heard(said, Level.SAME_DAY, ruled=True) is Heard.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "don't tell my wife i can't feel my left side",
        "never had such pain in my life",
        "i didn't tell my doctor",
        "i never said it was mild",
        "no one did anything, i can't breathe",
        "i don't have that much time, chest is crushing",
        "no emergency, just chest pain and sweating",
        "none of this helps",
        "it was my car crash yesterday, neck pain and tingling",
        "I called 911 but the line is dead",
        "I called my doctor but he isn't in until Monday",
        "my doctor checked my back in may, now I can't pee",
        "I'll do that after the massage",
        "i'm going in now for my massage",
        "my mother is at the hospital, I'm alone with this pain",
        "I rang my doctor, voicemail",
        "I called 911 and it's busy",
        "I'll get it checked next week",
        "scan was clear last month",
        "the scan is fine but my face is drooping",
        "it's not a clot",
    ],
)
def test_words_of_denial_or_help_about_something_else_end_no_emergency(text):
    assert heard(turn(text=text), Level.EMERGENCY, ruled=True) in (Heard.NOTHING, Heard.EASED)


@pytest.mark.parametrize(
    "text",
    [
        "i didn't tell you everything",
        "nobody hurt me more than he did",
        "none of this helps",
        "i'm not going to hurt anyone else, just myself",
        "i'm not suicidal but i want to be dead",
        "it's better if i'm gone",
        "feel better when i cut",
        "it's ok i won't be here tomorrow",
        "i'm ok with it ending",
        "i'm fine with dying",
        "it's nothing to live for",
        "i don't mean to live long",
        "just asking how many pills",
        "i don't mean anything to anyone",
        "you got me wrong i do want to die",
        "she is coming to kill me",
        "he's here with me and watching",
    ],
)
@pytest.mark.parametrize("level", [Level.CRISIS, Level.HANDOFF])
def test_dark_words_end_no_crisis(text, level):
    assert heard(turn(text=text), level, ruled=True) is Heard.NOTHING


@pytest.mark.parametrize("text", ["my husband is on his way", "my ex is here", "my boss is here"])
def test_who_comes_may_be_the_one_who_hurts(text):
    assert heard(turn(text=text), Level.HANDOFF, ruled=True) is Heard.NOTHING


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("I don't have any chest pain", Level.EMERGENCY),
        ("i dont have chest pain", Level.EMERGENCY),
        ("i'm not in danger", Level.EMERGENCY),
        ("nothing's wrong", Level.EMERGENCY),
        ("i don't want to die", Level.CRISIS),
        ("i do not want to kill myself", Level.CRISIS),
        ("it was a figure of speech", Level.CRISIS),
        ("just kidding", Level.CRISIS),
        ("my husband doesn't hit me", Level.HANDOFF),
    ],
)
def test_an_ordinary_denial_is_believed(text, level):
    assert heard(turn(text=text), level, ruled=True) is Heard.DENIED


@pytest.mark.parametrize(
    "text",
    [
        "no control of my bladder",
        "no feeling in my foot",
        "no strength in my hand",
        "no longer feel my leg",
        "not yet",
        "not in the left, the right one is",
        "no it got worse",
        "none that i mind, just numb",
        "not good",
        "no, actually yes",
        "no wait yes",
        "yes it's well down my leg",
        "yes all good questions, it's swollen",
        "yes, it's ok when i lie down",
        "yes it's fine now",
    ],
)
def test_what_only_begins_like_a_no_is_none(text):
    assert checked(turn(text=text)) is not Checked.NO


def test_what_a_doctor_should_see_today_holds_nobody_for_ever(talk):
    talk.say("my calf is swollen", "cost", alarms=[Alarm("rf_dvt", likely=True, ruled=True, score=0.9)])
    for _ in range(4):
        talk.say("what does it cost", "cost")

    assert (talk.memory.flag, talk.memory.unseen) == (None, "rf_dvt")
