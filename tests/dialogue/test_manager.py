"""The dialogue alone: what is decided from an understood message and the memory, on the real content."""

import json

import pytest
from talking import asks, kinds, turn

from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.forms import Contact, Search
from nmt_guide.dialogue.model import Alarm, Memory
from nmt_guide.directory.model import Place, Wish
from nmt_guide.knowledge.content import Clinic


def test_a_sure_question_is_answered_with_sources_and_buttons(respond, answers):
    reply = respond(turn(asks("session_number")), Memory(), answers)

    (message,) = reply.messages
    assert message.meta["topic"] == "session_number"
    assert message.meta["sources"]
    assert 1 <= len(message.buttons) <= 3
    assert reply.memory.topic == "session_number"


def test_an_unsure_question_offers_up_to_three_topics_and_a_way_out(respond, answers):
    unsure = asks("cost", 0.2, others=("insurance", "session_length", "booking"))
    (message,) = respond(turn(unsure), Memory(), answers).messages

    assert message.meta["kind"] == "clarify"
    assert message.meta["options"] == ["cost", "insurance", "session_length"]
    assert message.buttons[-1].title == "Something else"


@pytest.mark.parametrize("text", ["so i can come?", "Ok, can I book then?", "is that a yes or no", "so am i ok to go"])
def test_who_asks_for_leave_after_a_reason_for_caution_is_sent_to_the_doctor(respond, answers, text):
    takes = respond(turn(asks("contra_blood_thinners", facets={"medication": "warfarin"})), Memory(), answers)
    (message,) = respond(turn(asks("session_frequency"), text=text), takes.memory, answers).messages

    assert message.meta["level"] == "doctor_before_massage"
    assert "doctor" in message.text


def test_who_asks_more_than_leave_gets_the_answer(respond, answers):
    takes = respond(turn(asks("contra_blood_thinners", facets={"medication": "warfarin"})), Memory(), answers)
    reply = respond(turn(asks("booking"), text="can I come on Saturday at ten?"), takes.memory, answers)

    assert reply.messages[-1].meta["topic"] == "booking"


def test_a_blood_thinner_counts_whatever_is_asked_next(respond, answers):
    takes = respond(turn(asks("contra_blood_thinners", facets={"medication": "warfarin"})), Memory(), answers)
    deep = asks("session_pressure", facets={"modality": "deep tissue massage", "location": "back"})
    reply = respond(turn(deep), takes.memory, answers)

    assert "With blood thinners, firm pressure can cause large bruises" in reply.messages[0].text
    assert "On the back" in reply.messages[0].text
    price = respond(turn(asks("cost", facets={"modality": "swedish massage"})), reply.memory, answers)
    assert price.memory.facets["medication"] == "warfarin"


@pytest.mark.parametrize(
    ("discounts", "said"), [("Students pay less.", True), (None, False)], ids=["filled in", "left empty"]
)
def test_a_note_on_what_the_clinic_left_empty_is_left_out(respond, answers, discounts, said):
    content = answers.content
    clinic = Clinic(facts={**content.clinic.facts, "discounts": discounts})
    asked = asks("cost", facets={"need": "lower_price"})
    reply = respond(turn(asked), Memory(), Answers(content.copy(update={"clinic": clinic})))

    assert ("Students pay less." in reply.messages[0].text) is said
    assert "$105" in reply.messages[0].text


def test_topics_that_decline_are_never_offered(respond, answers):
    unsure = asks("out_of_scope", 0.2, others=("small_talk_greeting", "cost"))
    (message,) = respond(turn(unsure), Memory(), answers).messages

    assert message.meta["options"] == ["cost"]


def test_a_second_miss_offers_a_person(respond, answers):
    first = respond(turn(asks("cost", 0.2)), Memory(), answers)
    second = respond(turn(asks("cost", 0.2)), first.memory, answers)

    assert kinds(second) == ["fallback"]
    assert "(512) 555-0142" in second.messages[0].text


def test_an_answer_forgets_the_misses(respond, answers):
    missed = respond(turn(asks("cost", 0.2)), Memory(), answers).memory

    assert respond(turn(asks("cost")), missed, answers).memory.misses == 0


def test_an_answer_names_what_is_true_of_the_clients_own_condition(respond, answers):
    general = respond(turn(asks("evidence_overview")), Memory(), answers)
    own = respond(turn(asks("evidence_overview", facets={"condition": "fibromyalgia"})), Memory(), answers)

    assert "fibromyalgia" in own.messages[0].text.lower()
    assert own.messages[0].text != general.messages[0].text


def test_a_fact_that_the_clinic_left_empty_is_handed_to_a_person(respond, content):
    empty = Clinic(facts={**content.clinic.facts, "prices": None})
    (message,) = respond(turn(asks("cost")), Memory(), Answers(content.copy(update={"clinic": empty}))).messages

    assert message.meta["kind"] == "handoff"
    assert "$" not in message.text


@pytest.mark.parametrize(("kind", "place"), [("first", 0), ("second", 1), ("third", 2)])
def test_the_second_one_is_what_was_offered_second(respond, answers, kind, place):
    offered = ("cost", "insurance", "booking")
    reply = respond(turn(asks(f"follow_up/{kind}")), Memory(offered=offered), answers)

    assert reply.messages[0].meta["topic"] == offered[place]


def test_several_questions_share_what_the_first_named(respond, answers):
    safe = asks("contra_blood_thinners", facets={"medication": "apixaban"})
    reply = respond(turn(safe, asks("session_number")), Memory(), answers)

    assert [m.meta["topic"] for m in reply.messages] == ["contra_blood_thinners", "session_number"]
    assert reply.messages[1].meta["facets"]["medication"] == "apixaban"


def test_a_new_condition_replaces_the_old_one(respond, answers):
    before = Memory(topic="cond_sciatica", facets={"condition": "sciatica", "duration": "2 years"})
    reply = respond(turn(asks("condition_overview", facets={"condition": "gout"})), before, answers)

    assert reply.memory.facets["condition"] == "gout"
    assert "duration" not in reply.memory.facets


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("is that something you fix", "cond_frozen_shoulder"),
        ("so would nmt help", "cond_frozen_shoulder"),
        ("what else do you treat", "condition_overview"),
        ("do you treat other problems", "condition_overview"),
        ("tell me who you treat", "condition_overview"),
        ("whats nmt used for", "condition_overview"),
        ("can you fix something different", "condition_overview"),
    ],
)
def test_after_a_condition_that_is_what_may_be_treated(respond, answers, text, topic):
    shoulder = asks("cond_frozen_shoulder", facets={"condition": "frozen_shoulder"})
    before = respond(turn(shoulder), Memory(), answers)
    reply = respond(turn(asks("condition_overview", text=text), text=text), before.memory, answers)

    assert [message.meta["topic"] for message in reply.messages] == [topic]


class TestWhatLeansOnTheAnswerBefore:
    def test_an_unsure_message_is_answered_with_its_best_topic_in_context(self, respond, answers):
        question = asks("session_length", 0.5, "how long for?", in_context=[("faq/after_soreness", 0.8)])
        reply = respond(turn(question), Memory(topic="session_pain"), answers)

        assert reply.messages[0].meta["topic"] == "after_soreness"

    def test_a_message_that_is_clear_alone_is_answered_as_it_stands(self, respond, answers):
        question = asks("cost", 0.995, in_context=[("faq/after_soreness", 0.8)])
        reply = respond(turn(question), Memory(topic="session_pain"), answers)

        assert reply.messages[0].meta["topic"] == "cost"

    def test_what_is_foreign_in_context_too_is_not_answered(self, respond, answers):
        question = asks("cost", 0.3, in_context=[("faq/out_of_scope", 0.95), ("faq/booking", 0.02)])
        reply = respond(turn(question), Memory(topic="session_pain"), answers)

        assert kinds(reply) == ["clarify"]

    @pytest.mark.parametrize(
        ("before", "topic"), [("session_number", "session_number"), ("cond_neck_pain", "cond_tmj")]
    )
    def test_another_thing_that_is_named_is_asked_the_same_or_about_it(self, respond, answers, before, topic):
        question = asks("follow_up/correction", 0.95, "no, I meant TMJ", {"condition": "tmj"}, [("faq/cost", 0.1)])
        reply = respond(turn(question, text="no, I meant TMJ"), Memory(topic=before), answers)

        assert reply.messages[0].meta["topic"] == topic


@pytest.mark.parametrize(
    ("text", "confidence", "topic"),
    [
        ("can I have it with a rash?", 0.95, "contra_skin"),
        ("can I have it with a rash?", 0.2, "contra_skin"),
        ("I got a rash from the oil", 0.95, "contra_allergy"),
    ],
)
def test_what_it_is_safe_with_is_what_the_client_names(respond, answers, text, confidence, topic):
    question = asks("contra_allergy", confidence, text, {"condition": "rash"})

    assert respond(turn(question), Memory(), answers).messages[0].meta["topic"] == topic


class TestDanger:
    urgent = Alarm("rf_cauda_equina", likely=True)
    possible = Alarm("rf_dvt", likely=False)
    caution = Alarm("rf_blood_thinner", likely=True)

    def test_a_possible_danger_is_asked_about_beside_a_caution_too(self, respond, answers):
        reply = respond(turn(asks("cost"), alarms=[self.caution, self.possible]), Memory(), answers)

        assert [message.meta.get("level") for message in reply.messages][-1] == "check"
        assert "doctor_before_massage" in [message.meta.get("level") for message in reply.messages]

    def test_a_likely_flag_comes_first_and_alone(self, respond, answers):
        reply = respond(turn(asks("booking"), alarms=[self.urgent]), Memory(), answers)

        (message,) = reply.messages
        assert message.meta["level"] == "call_emergency_now"
        assert "911" in message.text
        assert not message.buttons
        assert reply.memory.flag == "rf_cauda_equina"

    def test_the_conversation_stays_there_until_the_client_is_safe(self, respond, answers):
        waiting = Memory(flag="rf_cauda_equina")
        price = respond(turn(asks("cost")), waiting, answers)
        safe = respond(turn(asks("follow_up/safe")), price.memory, answers)
        after = respond(turn(asks("cost")), safe.memory, answers)

        assert kinds(price) == ["safety"]
        assert kinds(safe) == ["handoff"]
        assert after.messages[0].meta["topic"] == "cost"

    @pytest.mark.parametrize(
        "text",
        [
            "it's gone now, I'm fine",
            "it went away, false alarm",
            "the numbness has passed",
            "I feel better now, can you do my back",
            "it eased off, never mind",
        ],
    )
    def test_signs_that_went_away_still_count(self, respond, answers, text):
        reply = respond(turn(asks("follow_up/safe"), text=text), Memory(flag="rf_cauda_equina"), answers)

        assert reply.memory.flag == "rf_cauda_equina"
        assert "even when they have passed" in reply.messages[0].text
        assert "911" in reply.messages[0].text

    @pytest.mark.parametrize(
        ("flag", "text", "said"),
        [
            (
                "rf_cauda_equina",
                "it's gone but the ambulance is here anyway",
                "If it comes back or gets worse, call 911",
            ),
            ("rf_cauda_equina", "it passed, I'm with a doctor now", "If it comes back or gets worse, call 911"),
            ("rf_cauda_equina", "false alarm, sorry", "If it comes back or gets worse, call 911"),
            ("rf_suicide", "it's passed, I feel better", "call or text 988. In danger, call 911"),
        ],
    )
    def test_who_has_help_or_meant_nothing_by_it_may_ask_on(self, respond, answers, flag, text, said):
        reply = respond(turn(asks("follow_up/safe"), text=text), Memory(flag=flag), answers)

        assert reply.memory.flag is None
        assert said in reply.messages[0].text

    def test_who_is_hurt_by_somebody_is_not_sent_away(self, respond, answers):
        reply = respond(turn(asks("privacy")), Memory(flag="rf_abuse"), answers)

        assert "you matter more" in reply.messages[0].text
        assert "I will not talk" not in reply.messages[0].text

    def test_a_possible_flag_adds_one_question_to_the_ordinary_answer(self, respond, answers):
        reply = respond(turn(asks("cond_sports_injury"), alarms=[self.possible]), Memory(), answers)

        assert kinds(reply) == ["answer", "safety"]
        assert reply.messages[1].meta["level"] == "check"

    def test_yes_to_that_question_is_an_alarm_and_no_is_not(self, respond, answers):
        asking = Memory(asking="rf_dvt")
        yes = respond(turn(asks("follow_up/yes"), text="yes it is"), asking, answers)
        no = respond(turn(asks("follow_up/no"), text="no"), asking, answers)

        assert yes.messages[0].meta["level"] == "same_day_medical_care"
        assert kinds(no) == ["smalltalk"]
        assert no.memory.asking is None

    def test_a_flag_beats_a_pressed_button(self, respond, answers):
        reply = respond(turn(alarms=[self.urgent], chosen=("faq", "cost")), Memory(), answers)

        assert kinds(reply) == ["safety"]

    def test_caution_puts_ask_your_doctor_first_on_the_answer(self, respond, answers):
        reply = respond(turn(asks("contra_blood_thinners"), alarms=[self.caution]), Memory(), answers)

        (message,) = reply.messages
        assert (message.meta["level"], message.meta["topic"]) == (
            "doctor_before_massage",
            "contra_blood_thinners",
        )

    def test_caution_stands_above_an_answer_about_something_else(self, respond, answers):
        reply = respond(turn(asks("session_pressure"), alarms=[self.caution]), Memory(), answers)

        assert [m.meta.get("level") for m in reply.messages] == ["doctor_before_massage", None]
        assert reply.messages[1].meta["topic"] == "session_pressure"


def test_every_topic_can_be_answered_in_every_way(content, answers):
    for topic in content.topics:
        for message in (
            answers.short(topic.id, {}),
            answers.long(topic.id, {}),
            answers.evidence(topic.id, {}),
            answers.sources(topic.id, {}),
        ):
            assert message.text.strip()
            assert "{" not in message.text


def test_every_part_and_note_can_be_said(content, answers):
    for topic in content.topics:
        for part in topic.parts:
            assert "{" not in answers.short(topic.id, {part.facet: part.value}, (part.facet,)).text
    for facet in content.facets:
        for value in facet.values:
            for topic_id in value.notes:
                assert "{" not in answers.short(topic_id, {facet.facet: value.id}, (facet.facet,)).text


def test_memory_survives_the_slots():
    memory = Memory(topic="cost", facets={"condition": "sciatica"}, offered=("cost",), said=("Hello.",), misses=1)

    assert Memory.from_slots(json.loads(json.dumps(memory.to_slots()))) == memory


def test_the_forms_survive_the_slots():
    place = Place("Austin, Texas, US", 30.2, -97.7, "US", "Texas", "city")
    search = Search("which_place", Wish(place, 10.0, gender="female"), (place,), ("ada",), 3, "ada", 1)
    memory = Memory(search=search, contact=Contact("1" * 32, "booking", "name", consent=True))

    assert Memory.from_slots(json.loads(json.dumps(memory.to_slots()))) == memory


@pytest.mark.parametrize(
    "strange", [{}, {"wish": None}, {"asked": "nothing"}, [], "text", 7, {"id": "1", "kind": "x", "asked": "name"}]
)
def test_strange_slots_are_as_if_nothing_had_been_said(strange):
    assert Memory.from_slots({"search": strange, "contact": strange}) == Memory()


@pytest.mark.parametrize(
    ("text", "topic", "facets", "said"),
    [
        ("how much is a 60 minute session?", "cost", {"duration_minutes": "60"}, "From $60; ask us."),
        ("what would 3 visits come to?", "cost", {}, "From $60; ask us."),
        ("who works there on friday?", "therapist_bio", {"date": "friday"}, "Maya and Ben."),
        ("when are you open?", "hours_location", {}, "9 am"),
        ("can I book for friday?", "booking", {"date": "friday"}, "9 am"),
        ("a therapist near austin please", "find_therapist", {"geo": "austin"}, "I found 5 therapists"),
    ],
)
def test_a_clinic_may_write_a_sentence_in_place_of_its_lists(respond, answers, text, topic, facets, said):
    clinic = Clinic(
        facts={**answers.content.clinic.facts, "prices": "From $60; ask us.", "therapists": "Maya and Ben."}
    )
    asked = turn(asks(topic, text=text, facets=facets), text=text)
    reply = respond(asked, Memory(), Answers(answers.content.copy(update={"clinic": clinic})))

    assert said in "\n".join(message.text for message in reply.messages)
