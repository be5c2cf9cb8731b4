"""Finding a therapist in talk with the trained assistant, on the sample directory: as people ask, in a form of Rasa."""

import pytest


def names(reply):
    return [card["title"] for message in reply for card in message["metadata"].get("cards", ())]


def text(reply):
    return "\n".join(message["text"] for message in reply)


def loop(assistant):
    tracker = assistant.tracker()
    return tracker.active_loop_name, tracker.get_slot("requested_slot")


def actions(assistant):
    """The actions of the last turn."""
    events = list(assistant.tracker().events)
    last = max(n for n, event in enumerate(events) if event.type_name == "user")
    return [event.action_name for event in events[last:] if event.type_name == "action"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("who does nmt near 78704?", "Maya Ortiz"),
        ("is there a certified therapist in Austin?", "Maya Ortiz"),
        ("find a therapist around Portland Maine", "Hannah Brightwater"),
        ("find me a therapist in downtown Toronto", "Sunita Greyling"),
        ("any therapist within 20 miles of Boston?", "Owen Tallis"),
        ("who does jaw work in New York and speaks Chinese?", "Mei Lindqvist"),
        ("I need a woman in Austin who speaks Spanish", "Maya Ortiz"),
        ("find a therapist near Portland Maine who takes new clients on Saturdays", "Hannah Brightwater"),
        ("I am moving to Denver. How do I find a certified NMT therapist there?", "Caleb Northcott"),
    ],
)
def test_everything_that_was_said_is_taken(assistant, asked, found):
    reply = assistant.say(asked)

    assert found in names(reply)
    assert reply[0]["metadata"]["kind"] == "directory"
    assert reply[0]["metadata"]["topic"] == "find_therapist"
    assert reply[0]["metadata"]["sources"]
    assert all(name in reply[0]["text"] for name in names(reply))
    assert loop(assistant) == (None, None)


@pytest.mark.parametrize(
    "asked", ["Where is a certified therapist near me?", "find someone close to me", "who does nmt in my area"]
)
@pytest.mark.parametrize(
    ("where", "found"), [("78704", "Maya Ortiz"), ("Bostn", "Owen Tallis"), ("downtown Toronto", "Sunita Greyling")]
)
def test_near_me_opens_the_form_that_asks_where(assistant, asked, where, found):
    assert "town or postcode" in text(assistant.say(asked))
    assert loop(assistant) == ("therapist_form", "place")
    assert actions(assistant) == ["action_reply", "action_listen"]

    assert found in names(assistant.say(where))
    assert loop(assistant) == (None, None)
    assert actions(assistant) == ["therapist_form", "action_listen"]


def test_an_ambiguous_place_is_asked_back_with_buttons(assistant):
    reply = assistant.say("find a therapist in Portland")
    assert loop(assistant) == ("therapist_form", "which_place")

    assert names(assistant.press(reply, "Portland, Maine, US")) == ["Hannah Brightwater"]
    assert names(assistant.say("no, Portland Oregon")) != ["Hannah Brightwater"]


def test_three_at_a_time_then_more_then_the_second_and_what_is_asked_of_her(assistant):
    first = names(assistant.say("find a therapist in Austin"))
    assert len(first) == 3
    assert names(assistant.say("more"))[0] not in first

    assert names(assistant.say("number 1")) == first[:1] == ["Maya Ortiz"]
    assert "miles from Austin, Texas" in text(assistant.say("how far is she?"))
    assert "Yes, Maya Ortiz speaks Spanish" in text(assistant.say("does she speak Spanish?"))
    assert "555-0142" in text(assistant.say("what's her number?"))
    assert "Yes, Ben Carver works on Saturdays" in text(assistant.say("what about Ben, does he work saturdays?"))


def test_a_list_is_narrowed_down_by_who_does_what(assistant):
    assistant.say("find a therapist in Austin")
    reply = text(assistant.say("who does jaw work?"))

    assert "work with" in reply.partition(" within ")[0]
    assert "Austin, Texas" in reply


def test_distances_are_told_in_the_units_that_were_asked_for(assistant):
    assert " miles of Austin" in text(assistant.say("find a therapist in Austin"))
    assert " km of Austin" in text(assistant.say("in kilometres?"))
    assistant.say("number 1")

    assert " km from Austin, Texas" in text(assistant.say("how far is she?"))


def test_a_mistyped_town_is_forgiven(assistant):
    assert "of Philadelphia" in text(assistant.say("Where can I find a therapist near Philadelfia?"))


def test_the_button_on_a_card_tells_more_of_the_person(assistant):
    card = assistant.say("find a therapist in Austin")[0]["metadata"]["cards"][1]

    assert names(assistant.say(card["buttons"][0]["payload"])) == [card["title"]]


@pytest.mark.parametrize(
    ("correction", "found"),
    [
        ("actually women only", "Priya Nair"),
        ("no, Portland Maine", "Hannah Brightwater"),
        ("only on saturdays", "Ben Carver"),
    ],
)
def test_a_correction_searches_again(assistant, correction, found):
    assistant.say("find a therapist in Austin")

    assert found in names(assistant.say(correction))


def test_nobody_there_gets_those_beyond_and_how_to_look_elsewhere(assistant):
    reply = assistant.say("find a therapist in Anchorage")
    assert "I found no therapists" in text(reply)

    assert "check the license" in text(assistant.press(reply, "How to find one elsewhere"))


def test_two_unknown_places_lead_to_the_public_lists_and_a_person(assistant):
    assistant.say("Where is a certified therapist near me?")
    assert '"Xyzzyville"' in text(assistant.say("Xyzzyville"))

    reply = assistant.say("Plughbury Zzt")
    assert "check the license" in text(reply)
    assert any(button["title"] == "Message the clinic" for message in reply for button in message.get("buttons", ()))
    assert loop(assistant) == (None, None)


class TestInTheForm:
    @pytest.fixture
    def asked(self, assistant):
        assistant.say("Where is a certified therapist near me?")
        return assistant

    def test_a_question_between_is_answered_and_the_form_goes_on(self, asked):
        reply = asked.say("how much is it?")
        assert [message["metadata"].get("topic") for message in reply] == ["cost", None]
        assert "Back to your search" in reply[-1]["text"]
        assert loop(asked) == ("therapist_form", "place")

        assert names(asked.say("Austin"))

    def test_it_can_be_left_and_taken_up_again(self, asked):
        asked.say("a woman please")
        asked.say("never mind")
        assert loop(asked) == (None, None)
        assert asked.meta("what should I wear?")["topic"] == "session_clothing"

        asked.say("find a therapist near me")
        assert "Ben Carver" not in names(asked.say("Austin"))

    def test_danger_comes_first_and_the_form_goes_on_when_the_client_is_safe(self, asked):
        assert asked.meta("I can't feel my legs and I wet myself")["level"] == "call_emergency_now"
        assert asked.meta("Austin")["kind"] == "safety"
        assert "Back to your search" in text(asked.say("I'm safe now"))
        assert loop(asked) == ("therapist_form", "place")

        assert names(asked.say("Austin"))

    @pytest.mark.parametrize("strange", ["", "🙂", "...", "?", "ж" * 50, "a " * 1900, "asdkjh qweoiu"])
    def test_strange_messages_get_a_reply_and_the_form_goes_on(self, asked, strange):
        reply = asked.say(strange)

        assert reply
        assert all(message["text"].strip() and len(message["text"]) < 1000 for message in reply)
        assert names(asked.say("Austin"))

    def test_a_failing_action_is_said_once_and_the_form_goes_on(self, asked, monkeypatch):
        from actions import reply as module

        def broken(*_):
            raise ZeroDivisionError("a mistake of ours")

        monkeypatch.setattr(module, "respond", broken)
        assert [message["metadata"].get("outage") for message in asked.say("Austin")] == [True]
        monkeypatch.undo()

        assert loop(asked) == ("therapist_form", "place")
        assert names(asked.say("Austin"))
