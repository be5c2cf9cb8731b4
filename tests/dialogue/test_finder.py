"""The search for a therapist, step by step: what is asked, what is found, what is said of one of them."""

import pytest

from nmt_guide.dialogue.model import Alarm

FIND = "find_therapist"


def test_who_asks_near_me_is_asked_where_that_is(talk):
    talk.say("find a therapist near me", FIND)

    assert "Which town or postcode" in talk.text
    assert talk.memory.search.asked == "place"
    assert talk.messages[0].meta["kind"] == "directory"


def test_who_asks_how_gets_the_answer_and_the_offer_to_look(talk):
    talk.say("how do I find a certified therapist?", FIND)

    assert "check the license" in talk.messages[0].text
    assert "Which town" in talk.messages[1].text


def test_the_nearest_three_are_shown_with_distances_and_cards(talk):
    talk.say("who does nmt in Austin?", FIND)

    assert talk.names == ["Maya Ortiz", "Ada Stone", "Bo Reyes"]
    assert "1 mile away" in talk.text
    assert talk.messages[0].meta["kind"] == "directory"
    assert talk.messages[0].meta["intro"].startswith("I found 5 therapists within 30 miles of Austin, Texas")
    assert "Source:" in talk.text
    assert talk.memory.search.asked is None


def test_the_clinics_own_people_come_first_where_they_are_near(talk):
    assert talk.say("somebody in Austin", FIND).names[0] == "Maya Ortiz"
    assert "Maya Ortiz" not in talk.say("no, in Toronto", FIND).names


def test_distances_are_in_the_units_of_the_country(talk):
    assert "3 km away" in talk.say("around Toronto", FIND).text


@pytest.mark.parametrize(
    ("text", "facets", "names"),
    [
        ("a woman in Austin", {}, ["Maya Ortiz", "Ada Stone", "Cora Lind"]),
        ("a male therapist near 78704", {}, ["Bo Reyes", "Dov Katz"]),
        ("somebody in Austin who speaks Spanish", {"language": "spanish"}, ["Bo Reyes", "Cora Lind"]),
        ("somebody in Austin on Saturdays", {}, ["Bo Reyes"]),
        ("who does jaw work in Austin", {}, ["Ada Stone"]),
        ("who does home visits in Austin", {}, ["Dov Katz"]),
        ("a woman in Austin who speaks spanish and takes new clients", {"language": "spanish"}, []),
        ("within 5 miles of Austin", {}, ["Ada Stone", "Bo Reyes"]),
        ("anyone within 5 km of Austin", {}, ["Ada Stone"]),
        ("I am a woman in Austin, find me someone", {}, ["Maya Ortiz", "Ada Stone", "Bo Reyes"]),
    ],
)
def test_all_wishes_of_the_first_message_are_taken(talk, text, facets, names):
    talk.say(text, FIND, **facets)

    assert [name for name in talk.names if "do not match" not in talk.text] == names


def test_wishes_said_before_the_place_are_kept(talk):
    talk.say("I need a woman who takes new clients near me", FIND)
    assert "who are women and take new clients" in talk.text

    talk.say("Austin")
    assert talk.names == ["Maya Ortiz", "Ada Stone"]


def test_a_wish_in_place_of_the_place_is_noted_and_the_place_asked_again(talk):
    talk.say("find someone close to me", FIND).say("a man please")

    assert talk.memory.search.wish.gender == "male"
    assert "Which town" in talk.text


class TestPlaces:
    def test_several_of_a_name_are_asked_back_with_buttons(self, talk):
        talk.say("a therapist in Portland", FIND)

        assert talk.buttons[:2] == ["Portland, Oregon, US", "Portland, Maine, US"]
        assert talk.press("Portland, Maine, US").names == ["Gus Hall"]

    @pytest.mark.parametrize(
        ("text", "topic"),
        [("Maine", None), ("the second one", "follow_up/second"), ("2", "follow_up/second"), ("Portland Maine", None)],
    )
    def test_which_of_them_may_be_typed(self, talk, text, topic):
        assert talk.say("a therapist in Portland", FIND).say(text, topic).names == ["Gus Hall"]

    def test_an_unknown_place_is_named_and_asked_again(self, talk):
        talk.say("find someone near me", FIND).say("Xyzzyville")

        assert '"Xyzzyville"' in talk.text
        assert talk.memory.search.asked == "place"

    def test_after_two_unknown_places_there_are_lists_and_a_person(self, talk):
        talk.say("find someone near me", FIND).say("Xyzzyville").say("Plugh Falls")

        assert "check the license" in talk.text
        assert "Message the clinic" in talk.buttons
        assert talk.memory.search.asked is None

    def test_another_town_is_asked_for(self, talk):
        talk.say("in Austin", FIND).press("Another town")

        assert talk.say("Toronto").names == ["Hana Ito"]

    @pytest.mark.parametrize("text", ["🙂", "...", "?", ""])
    def test_silence_is_asked_again(self, talk, text):
        talk.say("find someone near me", FIND).say(text)

        assert "town" in talk.text
        assert talk.memory.search.asked == "place"

    def test_a_very_long_message_is_no_place(self, talk):
        talk.say("find someone near me", FIND).say("well you see " * 300)

        assert len(talk.text) < 400
        assert talk.memory.search.asked == "place"


class TestNobody:
    def test_the_nearest_beyond_are_shown(self, talk):
        talk.say("who does jaw work within 1 mile of Austin", FIND)

        assert "farther away" in talk.text
        assert talk.names == ["Ada Stone"]

    def test_those_who_do_not_match_all_are_said_to(self, talk):
        talk.say("a woman in Portland Maine", FIND)

        assert "do not match all" in talk.text
        assert talk.names == ["Gus Hall"]

    def test_nobody_at_all_gets_the_lists_of_that_country(self, talk):
        talk.say("someone in Dublin", FIND)

        assert "I found no therapists" in talk.text
        assert "CORU" in talk.text

    def test_how_to_find_one_elsewhere_is_the_topics_answer(self, talk):
        talk.say("a woman in Portland Maine", FIND).press("How to find one elsewhere")

        assert "check the license" in talk.text


class TestAfterTheList:
    @pytest.fixture
    def listed(self, talk):
        return talk.say("someone in Austin", FIND)

    @pytest.mark.parametrize("text", ["more", "show me more", "any others?", "next"])
    def test_more_shows_the_next(self, listed, text):
        assert listed.say(text, "follow_up/more").names == ["Cora Lind", "Dov Katz"]
        assert "Those were all 5" in listed.say("more", "follow_up/more").text

    def test_the_button_shows_the_next(self, listed):
        assert listed.press("Show more").names == ["Cora Lind", "Dov Katz"]

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("number 4", "Cora Lind"),
            ("the second one", "Dov Katz"),
            ("last", "Dov Katz"),
            ("1", "Maya Ortiz"),
            ("the third", "Bo Reyes"),
        ],
    )
    def test_numbers_go_on_from_page_to_page(self, listed, text, name):
        assert listed.press("Show more").say(text, "follow_up/second").names == [name]

    def test_a_number_that_was_not_shown_is_nobody(self, listed):
        assert not listed.say("number 7", "follow_up/third").names

    def test_a_wish_is_heard_even_after_a_question_between(self, listed):
        listed.say("how much is it?", "cost")

        assert listed.say("women only", "session_consent_privacy", 0.5).names == [
            "Maya Ortiz",
            "Ada Stone",
            "Cora Lind",
        ]

    @pytest.mark.parametrize("text", ["the second one", "2", "number two", "tell me about the second one"])
    def test_the_second_one_is_described(self, listed, text):
        listed.say(text, "follow_up/second")

        assert listed.names == ["Ada Stone"]
        assert "+1 512-555-0101" in listed.text

    def test_a_card_has_a_button_about_the_person(self, listed):
        assert listed.press("About Bo").names == ["Bo Reyes"]

    @pytest.mark.parametrize(
        ("text", "facets", "says"),
        [
            ("how far is she?", {}, "about 1 mile from Austin"),
            ("what's her number", {}, "+1 512-555-0101"),
            ("does she speak Spanish?", {"language": "spanish"}, "No, not as far as I know. She speaks English"),
            ("does she work on mondays?", {}, "Yes, Ada Stone works on Mondays"),
            ("does she work on saturdays?", {}, "She works on Monday and Tuesday"),
            ("is she taking new clients", {}, "Yes, Ada Stone takes new clients"),
            ("does she do home visits?", {}, "No, not as far as I know"),
            ("what are her qualifications", {}, "Ada Stone: LMT"),
            ("how do i book with her", {}, "To book, call +1 512-555-0101"),
            ("what is she good at?", {}, "jaw pain"),
        ],
    )
    def test_she_is_whom_we_talked_about_last(self, listed, text, facets, says):
        listed.say("the second one", "follow_up/second").say(text, "therapist_bio", **facets)

        assert says in listed.text

    @pytest.mark.parametrize(
        ("text", "topic"),
        [
            ("do they take insurance?", "insurance"),
            ("do they work on my feet", "session_overview"),
            ("will it hurt her", "session_pain"),
        ],
    )
    def test_what_is_not_about_one_of_them_is_answered_as_ever(self, listed, text, topic):
        assert listed.say(text, topic).messages[0].meta["topic"] == topic

    def test_long_after_the_list_our_own_languages_are_asked_for(self, listed):
        listed.say("how much is it?", "cost").say("do you speak spanish?", "language_access", language="spanish")

        assert listed.messages[0].meta["topic"] == "language_access"

    def test_he_is_the_only_man_of_the_list(self, listed):
        assert (
            "Yes, Bo Reyes speaks Spanish"
            in listed.say("does he speak spanish?", "language_access", language="spanish").text
        )

    def test_she_may_be_two_people(self, listed):
        listed.say("what's her number?", "hours_location")

        assert "Whom do you mean" in listed.text
        assert listed.press("Ada Stone").names == ["Ada Stone"]

    def test_a_person_may_be_named(self, listed):
        assert "+1 512-555-0101" in listed.say("whats Bo's number", "hours_location").text

    @pytest.mark.parametrize(
        ("text", "facets", "names"),
        [
            ("actually women only", {}, ["Maya Ortiz", "Ada Stone", "Cora Lind"]),
            ("no, Portland Maine", {}, ["Gus Hall"]),
            ("in Spanish please", {"language": "spanish"}, ["Bo Reyes", "Cora Lind"]),
            ("only on saturdays", {}, ["Bo Reyes"]),
            ("within 5 miles", {}, ["Ada Stone", "Bo Reyes"]),
        ],
    )
    def test_a_correction_searches_again(self, listed, text, facets, names):
        assert listed.say(text, "follow_up/correction", 0.7, **facets).names == names

    def test_a_wish_can_be_taken_back(self, listed):
        listed.say("women only", "therapist_bio")

        assert listed.say("ok, any gender", "therapist_bio").names == ["Maya Ortiz", "Ada Stone", "Bo Reyes"]

    def test_a_question_between_is_answered_and_the_list_is_not_lost(self, listed):
        assert listed.say("how much is it?", "cost").messages[0].meta["topic"] == "cost"
        assert listed.say("more", "follow_up/more").messages[0].meta["topic"] == "cost"
        assert listed.say("find a therapist", FIND).names == ["Maya Ortiz", "Ada Stone", "Bo Reyes"]


class TestInTheForm:
    @pytest.fixture
    def asked(self, talk):
        return talk.say("find someone near me", FIND)

    def test_a_question_between_is_answered_and_the_place_asked_again(self, asked):
        asked.say("how much is it?", "cost")

        assert asked.messages[0].meta["topic"] == "cost"
        assert asked.messages[-1].meta["kind"] == "form"
        assert "Back to your search" in asked.messages[-1].text
        assert asked.say("Austin").names[0] == "Maya Ortiz"

    @pytest.mark.parametrize("text", ["never mind", "stop", "no thanks", "forget it", "oh never mind then"])
    def test_it_can_be_left(self, asked, text):
        asked.say(text, "follow_up/no")

        assert asked.memory.search.asked is None
        assert "stopped" in asked.text
        assert asked.say("how much is it?", "cost").messages[-1].meta["topic"] == "cost"

    def test_it_can_be_taken_up_again_with_what_was_wished(self, asked):
        asked.say("a man").say("never mind").say("find me somebody after all", FIND)

        assert asked.say("Austin").names == ["Bo Reyes", "Dov Katz"]

    def test_danger_comes_first_and_the_search_goes_on_when_it_is_over(self, asked):
        asked.say("I can't feel my legs", "cond_other", alarms=[Alarm("rf_cauda_equina", True)])
        assert [message.meta["kind"] for message in asked.messages] == ["safety"]

        asked.say("Austin")
        assert asked.messages[0].meta["kind"] == "safety"

        asked.say("I'm safe now", "follow_up/safe")
        assert "Back to your search" in asked.messages[-1].text
        assert asked.say("Austin").names[0] == "Maya Ortiz"

    def test_a_caution_is_said_beside_the_list(self, asked):
        asked.say("Austin, my mum is on warfarin", alarms=[Alarm("rf_blood_thinner", True)])

        assert asked.messages[0].meta["level"] == "doctor_before_massage"
        assert asked.names


def test_who_wants_somebody_near_is_asked_where_even_when_that_was_hardly_understood(talk):
    assert talk.say("find someone near me", FIND, 0.45).memory.search.asked == "place"


def test_a_place_is_enough_when_the_topic_was_hardly_understood(talk):
    assert talk.say("find me a therapist in Toronto", FIND, 0.38).names == ["Hana Ito"]


def test_a_description_of_somebody_is_a_search_whatever_it_sounds_like(talk):
    talk.say("who does jaw work in Austin and takes new clients?", "compare_acupuncture")

    assert talk.names == ["Ada Stone"]


@pytest.mark.parametrize("text", ["my therapist in Austin says it hurts, is that so?", "is it licensed in Austin?"])
def test_a_place_alone_is_no_search(talk, text):
    assert talk.say(text, "session_pain").messages[0].meta["topic"] == "session_pain"


def test_a_state_that_was_named_before_decides_between_places(talk):
    talk.say("how do I find one in Maine", FIND, geo="maine")

    assert talk.say("Portland").names == ["Gus Hall"]


def test_a_credential_is_wished_only_by_its_own_name(talk):
    assert talk.say("a certified NMT therapist in Austin", FIND, credential=["cnmt", "certified nmt"]).names
    talk.say("a CNMT in Austin", FIND, credential="cnmt")
    assert "do not match all" in talk.text


def test_old_buttons_ask_for_the_place(talk):
    talk.say("a therapist in Portland", FIND)
    first = talk.messages
    talk.say("never mind")
    talk.messages = first

    assert "Which town" in talk.press("Portland, Maine, US").text
