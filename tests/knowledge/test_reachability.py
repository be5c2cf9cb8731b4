"""Whatever no client could reach is named: a topic nobody can ask for, a text that a channel would refuse."""

from __future__ import annotations

import pytest

from nmt_guide.dialogue.answers import Answers, choose
from nmt_guide.errors import ContentError
from nmt_guide.knowledge.examples import read_examples, read_next
from nmt_guide.knowledge.reachability import check, check_next, longest_answer
from nmt_guide.settings import ROOT

TOPIC = "topics/basics/what_is_nmt.yml"


def problems(folder, examples):
    return [str(problem) for problem in check(folder.read(), examples)]


def test_the_real_content_is_within_reach(real_content):
    assert check(real_content, read_examples(ROOT / "data" / "nlu.yml")) == []
    assert check_next(real_content, read_next(ROOT / "data" / "next.yml")) == []


def test_the_small_folder_is_within_reach(folder, examples):
    assert problems(folder, examples) == []


def test_a_topic_with_too_few_examples_is_named(folder, examples):
    examples["faq/cost"].pop()

    assert problems(folder, examples) == [
        "data/nlu.yml: faq/cost: has 19 example questions; write at least 20, in clients' own words."
    ]


def test_a_topic_without_examples_is_named(folder, examples):
    del examples["faq/cost"]

    assert "data/nlu.yml: faq/cost: has 0 example questions" in problems(folder, examples)[0]


def test_examples_without_a_topic_are_named(folder, examples):
    examples["faq/prices"] = ["how much"]
    examples["follow_up/more"] = ["more"]

    assert [p for p in problems(folder, examples) if "data/nlu.yml: faq/prices: has example questions but no" in p]
    assert len(problems(folder, examples)) == 1


def test_an_example_under_two_intents_is_named(folder, examples):
    examples["faq/cost"].append("How  much")
    examples["follow_up/more"] = ["how much"]

    assert problems(folder, examples) == [
        "data/nlu.yml: follow_up/more: the example 'how much' stands under faq/cost too; keep one."
    ]


def test_an_example_twice_under_one_intent_does_no_harm(folder, examples):
    examples["faq/cost"] += ["how much", "How much"]

    assert problems(folder, examples) == []


def test_an_unused_source_is_named_unless_it_says_why(folder, examples):
    def add(sources):
        sources["sources"].append({**sources["sources"][0], "id": "spare"})

    folder.edit("sources.yml", add)
    assert "knowledge/sources.yml: spare: is named by no topic, fact or red flag" in problems(folder, examples)[0]

    folder.edit("sources.yml", lambda s: s["sources"][1].update(unused_because="For the therapists' own reading."))
    assert problems(folder, examples) == []

    folder.edit("sources.yml", lambda s: s["sources"][0].update(unused_because="Not so."))
    assert problems(folder, examples) == ["knowledge/sources.yml: guide: is used after all: delete 'unused_because'."]


def test_a_source_of_a_red_flag_alone_is_used(folder, examples):
    folder.edit("sources.yml", lambda s: s["sources"].append({**s["sources"][0], "id": "spare"}))
    folder.edit("red_flags/rf_stroke.yml", lambda f: f.update(sources=["spare"]))

    assert problems(folder, examples) == []


def test_an_id_that_no_button_can_carry_is_named(folder, examples):
    long_id = "x" * 49
    (folder.path / TOPIC).rename(folder.path / f"topics/basics/{long_id}.yml")
    for path in [*folder.path.rglob("*.yml")]:
        path.write_text(path.read_text().replace("what_is_nmt", long_id).replace(f"button: {long_id}", "button: x"))
    examples[f"faq/{long_id}"] = examples.pop("faq/what_is_nmt")

    assert problems(folder, examples) == [
        f"knowledge/topics/basics/{long_id}.yml: file name: makes 65 bytes in the button that asks for it; "
        "64 is the most that every channel carries."
    ]


def test_an_answer_that_the_clinics_own_facts_make_too_long_is_named(folder, examples):
    folder.edit("clinic.yml", lambda c: c.update(prices="x" * 3000))

    assert "cost.yml: short: makes 3" in problems(folder, examples)[0]


def test_a_long_form_with_its_links_that_is_too_long_is_named(folder, examples):
    folder.edit("clinic.yml", lambda c: c.update(address="x" * 4080))
    folder.edit(TOPIC, lambda t: t.update(long="We are at {clinic.address}."))

    assert "what_is_nmt.yml: long: makes 4" in problems(folder, examples)[0]


def test_no_answer_is_longer_than_what_is_measured(real_content):
    answers = Answers(real_content)
    for topic in real_content.topics:
        facets = [{}, *({part.facet: part.value} for part in topic.parts)]
        facets += [{f.facet: v.id} for f in real_content.facets for v in f.values if topic.id in v.notes]
        most = longest_answer(topic, real_content)
        assert all(len(answers.short(topic.id, one).text) <= most for one in facets), topic.id
        assert len(choose(topic.id).encode()) <= 64


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "nlu:\n- intent: faq/a\n  examples: |\n    - one\n    - two - three\n",
            {"faq/a": ["one", "two - three"]},
        ),
        ("nlu:\n- intent: faq/a\n  examples:\n  - text: one\n  - text: two\n", {"faq/a": ["one", "two"]}),
        ("nlu:\n- intent: faq/a\n  examples:\n", {"faq/a": []}),
        ("nlu:\n- synonym: a\n  examples: |\n    - one\n", {}),
    ],
)
def test_examples_are_read_in_the_forms_that_rasa_reads(tmp_path, text, found):
    path = tmp_path / "nlu.yml"
    path.write_text(text)

    assert read_examples(path) == found


@pytest.mark.parametrize("text", ["", "nlu: {}\n", "- a\n", "nlu:\n- intent: 'a\n"])
def test_a_broken_file_of_examples_is_named(tmp_path, text):
    path = tmp_path / "data" / "nlu.yml"
    path.parent.mkdir()
    path.write_text(text)

    with pytest.raises(ContentError, match=r"data/nlu\.yml"):
        read_examples(path)


def test_what_is_said_next_names_topics_and_means_one_thing(real_content):
    said = {
        ("cost", "faq/insurance"): ["and mine?"],
        ("cost", "faq/booking"): ["And  mine?"],
        ("session_pain", "faq/insurance"): ["and mine?"],
        ("prices", "faq/cost"): [],
        ("cost", "faq/fees"): [],
    }

    assert [str(problem) for problem in check_next(real_content, said)] == [
        "data/next.yml: faq/booking after cost: 'and mine?' after cost stands under faq/insurance too; keep one.",
        "data/next.yml: faq/cost after prices: 'prices' is no topic: no file in knowledge/topics has this name.",
        "data/next.yml: faq/fees after cost: has no answer: no file in knowledge/topics has this name.",
    ]


def test_a_block_that_says_not_what_was_before_is_named(tmp_path):
    path = tmp_path / "data" / "next.yml"
    path.parent.mkdir()
    path.write_text("nlu:\n- intent: faq/cost\n  examples: |\n    - and that?\n")

    with pytest.raises(ContentError, match=r"data/next\.yml: block 1, faq/cost: says not what was answered before"):
        read_next(path)


def test_a_block_that_names_a_topic_without_what_stands_before_it_is_named(folder, examples):
    problems = check(folder.read(), {**examples, "cost": ["how dear is it"]})

    assert [str(p) for p in problems] == [
        "data/nlu.yml: cost: is no intent: those of topics begin with faq/: faq/cost."
    ]
