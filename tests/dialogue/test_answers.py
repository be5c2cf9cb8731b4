"""What is said on a topic: its sources stand in the text and in the metadata alike, or in neither."""

import pytest

from nmt_guide.channels.rich import body_and_links
from nmt_guide.dialogue.answers import Answers
from nmt_guide.knowledge.content import Clinic


def is_consistent(message):
    body, links = body_and_links(message.text, message.meta)
    return "Source: " not in body and len(message.text.split("\nSource: ")) == len(links) + 1


@pytest.mark.parametrize("say", ["short", "long", "evidence", "sources"])
def test_the_links_are_those_of_the_text_on_every_topic(answers, say):
    said = {topic: getattr(answers, say)(topic, {}) for topic in answers.content.topic}

    assert [topic for topic, message in said.items() if not is_consistent(message)] == []


@pytest.mark.parametrize("say", ["short", "sources"])
def test_what_is_said_again_has_its_links_again(answers, say):
    said = getattr(answers, say)("what_is_nmt", {})

    assert said.meta["links"]
    assert answers.again(said.text, {"kind": "answer"}).meta["links"] == said.meta["links"]


def test_what_the_clinic_has_not_filled_in_names_no_source(content):
    clinic = Clinic(facts=dict.fromkeys(content.clinic.facts))
    empty = Answers(content.copy(update={"clinic": clinic}))
    said = {topic: empty.short(topic, {}) for topic in content.topic}

    assert "handoff" in {message.meta["kind"] for message in said.values()}
    assert [topic for topic, message in said.items() if not is_consistent(message)] == []


def test_a_long_answer_breaks_lines_between_paragraphs_and_list_entries_alone(answers):
    text = answers.long("evidence_overview", {}).text
    broken = [line for line in text.splitlines()[:-1] if line and line[-1].isalpha()]

    assert not [line for line in broken if not line.startswith(("- ", "Source: "))]


def test_a_narrow_question_gets_its_own_answer(answers, content):
    bra = content.facet["detail"].by_id["bra"]

    assert answers.short("session_clothing", {"detail": "bra"}, ("detail",)).text.startswith(
        bra.notes["session_clothing"][:40]
    )
    assert answers.short("cost", {"detail": "bra"}, ("detail",)).text == answers.short("cost", {}).text


def test_of_the_sources_the_better_ones_are_shown(answers, content):
    for topic in content.topics:
        better = [one for one in map(content.source.get, topic.sources) if not one.is_weak]
        shown = [link["url"] for link in answers.short(topic.id, {}).meta.get("links", ())]
        weak = [one.url for one in map(content.source.get, topic.sources) if one.is_weak]
        assert not (len(better) >= 2 and set(shown) & set(weak)), topic.id


def without(content, *keys):
    facts = {**content.clinic.facts, **dict.fromkeys(keys, "")}
    return Answers(content.copy(update={"clinic": content.clinic.copy(update={"facts": facts})}))


@pytest.mark.parametrize(
    ("empty", "topic", "says"),
    [
        ("booking_url", "booking", "To book or change a visit, call (512) 555-0142. Have two"),
        ("phone", "booking", "go to https://example.com/book. Have two"),
        ("email", "human_handoff", "You can talk to a person: call (512) 555-0142 when we are open. I can"),
        ("phone", "human_handoff", "You can talk to a person: write at any time to hello@example.com. I can"),
        ("email", "therapist_bio", "call (512) 555-0142 before you book."),
        ("phone", "hours_location", "Please book before you come in."),
        ("parking", "hours_location", "Texas.\nMonday: 9 am to 6 pm"),
        ("phone", "out_of_scope", "call 911."),
        ("phone", "cost", "Not sure how long to book? Ask us first."),
    ],
)
def test_one_empty_fact_takes_its_sentence_or_its_or_alone(content, empty, topic, says):
    message = without(content, empty).short(topic, {})

    assert says in message.text
    assert "{" not in message.text
    assert "not have that on file" not in message.text


def test_an_answer_of_which_only_ways_to_ask_are_left_is_not_on_file(content):
    answers = without(content, "gift_cards", "memberships", "packages")

    assert answers.short("gift_memberships", {}).meta["kind"] == "handoff"
    assert without(content, "phone", "email").say("Call {clinic.phone} or write to {clinic.email}.").text


def test_who_gives_an_inr_is_told_whom_to_tell_it(answers):
    text = answers.short("contra_blood_thinners", {"medication": "warfarin", "detail": "inr_number"}).text

    assert "Tell the therapist your last INR." in text
    assert "you have no number" not in text
