"""Questions about the clinic's own therapists: who is there, speaks, is trained, fits a wish. The team is that of the sample."""

import pytest


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("is maya there on saturday", "maya", "Maya Ortiz is here on Monday, Tuesday, Wednesday and Thursday, so not on Saturdays."),
        ("does ben work saturdays?", "ben", "Yes, Ben Carver is here on Saturdays."),
        ("can I talk spanish with Maya", "maya", "Yes, Maya Ortiz speaks Spanish."),
        ("what are priyas credentials", "priya", "trained in pregnancy massage"),
    ],
)  # fmt: skip
def test_what_is_asked_of_one_of_them_is_answered(talk, text, name, says):
    language = {"language": "spanish"} if "spanish" in text else {}

    assert says in talk.say(text, "booking", therapist=name, **language).text


def test_who_is_not_there_is_answered_with_who_is(talk):
    assert (
        "On Saturdays, Ben Carver is here."
        in talk.say("is maya in on saturday?", "hours_location", therapist="maya").text
    )


def test_she_is_the_one_who_was_named(talk):
    talk.say("tell me about priya", "therapist_bio", therapist="priya")

    assert (
        "Yes, Priya Nair is here on Fridays. Our hours on Fridays: 9 am to 5 pm. You can book online at"
        in talk.say("is she there friday?", "booking").text
    )


def test_how_to_check_a_license_is_answered_too(talk, answers):
    asked = talk.say("how do i check mayas license is real", "cred_licensing", therapist="maya")

    assert [message.text for message in asked.messages][1] == answers.short("cred_licensing", {}).text


def test_nobody_is_meant_without_a_name_or_pronoun(talk):
    talk.say("tell me about priya", "therapist_bio", therapist="priya")

    assert "Priya" not in talk.say("are you open friday?", "hours_location").text


def test_what_else_is_asked_beside_a_name_is_not_swallowed(talk):
    talk.say("who is on your team", "therapist_bio")

    asked = talk.say("maya sounds good. how many visits?", "session_number", 0.7, therapist="maya")
    assert asked.messages[0].meta["topic"] == "session_number"


def test_who_is_not_wished_for_is_not_meant(talk):
    text = talk.say("I do not want Ben. I want a woman. Which days?", "therapist_bio", therapist="ben").text

    assert "Maya Ortiz" in text
    assert "Ben Carver" not in text


class TestVisitsOnADay:
    def test_a_woman_is_not_offered_a_man(self, talk):
        text = talk.say("saturday morning with a lady therapist", "booking", detail="weekend").text

        assert "No female therapist is here on Saturdays. Maya Ortiz is here on Monday" in text
        assert "Ben" not in text

    def test_hours_and_who_is_there(self, talk):
        text = talk.say("do you have anything sat", "booking").text

        assert text.startswith("Our hours on Saturdays: 9 am to 1 pm. On Saturdays, Ben Carver is here.")
        assert "https://example.com/book or (512) 555-0142. Please tell us first about pregnancy" in text

    def test_what_the_content_says_of_the_day_comes_first(self, talk, answers):
        named = {"detail": "saturday_visits"}

        assert talk.say("on saturday?", "booking", **named).text == answers.short("booking", named).text

    @pytest.mark.parametrize(
        "text",
        [
            "can i come sunday",
            "i sat all week, can i come in",
            "i need to move my friday visit",
            "my back hurts since friday, how do i book",
        ],
    )
    def test_closed_days_and_those_that_are_not_wished_for_get_the_usual_answer(self, talk, answers, text):
        assert talk.say(text, "booking").text == answers.short("booking", {}).text


class TestWishes:
    def test_a_day_may_be_named_in_short(self, talk):
        text = talk.say("so whos there sat", "therapist_bio").text

        assert "Ben Carver" in text
        assert "Maya Ortiz" not in text

    def test_of_several_days_one_is_enough(self, talk):
        text = talk.say("only mon or thursday for me", "therapist_bio").text

        assert "Maya Ortiz" in text
        assert "Priya Nair" in text
        assert "Ben Carver" not in text

    def test_only_who_fits_is_shown(self, talk):
        text = talk.say(
            "a woman who speaks spanish for my shoulder", "therapist_bio", language="spanish", location="shoulder"
        ).text

        assert text.startswith("On our team, that is:")
        assert "Maya Ortiz" in text
        assert "Ben Carver" not in text
        assert "Priya Nair" not in text

    def test_who_is_not_wanted_is_not_shown(self, talk):
        text = talk.say("is there a woman on saturday? id rather not have a guy", "therapist_bio").text

        assert text.startswith("On our team, nobody fits all of that")

    def test_where_nobody_fits_all_are_shown(self, talk):
        text = talk.say("is there a man who speaks spanish", "therapist_bio", language="spanish").text

        assert text.startswith("On our team, nobody fits all of that")
        assert "Priya Nair" in text

    def test_a_wish_that_no_line_speaks_of_is_left_to_the_list(self, talk, answers):
        text = talk.say("who is good with hand pain", "therapist_bio", location="hand").text

        assert text == answers.short("therapist_bio", {}).text

    def test_without_a_wish_all_are_shown(self, talk, answers):
        assert talk.say("who works there", "therapist_bio").text == answers.short("therapist_bio", {}).text


class TestLanguages:
    @pytest.mark.parametrize("topic", ["language_access", "therapist_bio"])
    def test_who_speaks_a_language_is_named(self, talk, topic):
        text = talk.say("does anyone speak spanish", topic, language="spanish").text

        assert text.startswith("On our team, that is:")
        assert "Maya Ortiz" in text
        assert "Ben Carver" not in text

    def test_where_nobody_speaks_it_that_is_said_in_english(self, talk):
        text = talk.say("do you have someone who speaks polish", "language_access", language="polish").text

        assert text.startswith("On our team, nobody")

    def test_a_message_in_the_language_gets_the_text_in_it(self, talk):
        assert "Lo siento" in talk.say("hablan español?", "language_access", language="spanish").text


class TestWhichDays:
    def test_the_days_of_all_who_fit_are_said_in_short(self, talk):
        assert talk.say("no i asked which days a woman is there", "therapist_bio").text == (
            "Maya Ortiz is here on Monday, Tuesday, Wednesday and Thursday. Priya Nair is here on Monday, Wednesday and Friday."
        )

    def test_a_name_makes_up_for_an_unsure_understanding(self, talk):
        asked = talk.say("which days is maya in", "therapist_bio", 0.5, therapist="maya")

        assert asked.text == "She works on Monday, Tuesday, Wednesday and Thursday."
