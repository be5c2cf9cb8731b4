"""A new topic starts with every key explained; nothing that exists is ever overwritten."""

from __future__ import annotations

from datetime import date

import pytest

from nmt_guide.errors import ContentError, UsageError
from nmt_guide.knowledge import scaffold
from nmt_guide.knowledge.content import Topic
from nmt_guide.knowledge.examples import read_examples
from nmt_guide.knowledge.files import read_yaml
from nmt_guide.knowledge.reachability import MAX_PAYLOAD_BYTES
from nmt_guide.settings import ROOT

NLU = 'version: "3.1"\n\nnlu:\n- intent: faq/cost\n  examples: |\n    - how much\n'


@pytest.fixture
def new(folder, tmp_path):
    """Starts a topic in the small folder."""
    nlu = tmp_path / "nlu.yml"
    nlu.write_text(NLU)

    def start(topic_id="cond_tennis_elbow", group="basics", title="Can NMT help tennis elbow?", **kwargs):
        kwargs.setdefault("examples", nlu)
        return scaffold.new_topic(topic_id, group, title, folder=folder.path, today=date(2026, 11, 21), **kwargs)

    start.nlu = nlu
    return start


def test_the_file_holds_every_key_and_explains_it(new):
    path = new()
    lines = path.read_text().splitlines()
    keys = [n for n, line in enumerate(lines) if line and line[0].isalpha()]

    assert set(read_yaml(path, "new")) == set(Topic.__fields__) - {"id", "group"}
    for number in keys:
        assert lines[number - 1].startswith("#"), lines[number]


def test_what_is_still_missing_is_told_by_the_check(new, folder):
    new()

    problems = [problem for problem in folder.problems() if "cond_tennis_elbow" in problem]
    assert any("short: is empty" in problem for problem in problems)
    assert any("long: is empty" in problem for problem in problems)
    assert any("related: must name 3 topics, not 0" in problem for problem in problems)
    assert any("sources: is empty" in problem for problem in problems)


def test_a_filled_in_topic_is_in_order(new, folder):
    path = new()

    def fill_in(topic):
        topic.update(short="It may ease the pain for a while.", long="Rest first.", sources=["guide"])
        topic.update(related=["cost", "what_is_nmt", "how_nmt_works"])
        topic["evidence"]["text"] = "A few small studies."

    folder.edit(str(path.relative_to(folder.path)), fill_in)
    assert folder.problems() == []
    assert folder.read().topic["cond_tennis_elbow"].review.due == date(2027, 5, 22)


def test_the_example_questions_get_their_block(new):
    new()

    assert read_examples(new.nlu) == {
        "faq/cost": ["how much"],
        "faq/cond_tennis_elbow": ["Can NMT help tennis elbow?"],
    }
    assert new.nlu.read_text().startswith(NLU)


def test_a_file_of_examples_without_a_last_line_end_is_no_trouble(new):
    new.nlu.write_text(NLU.rstrip("\n"))
    new()

    assert list(read_examples(new.nlu)) == ["faq/cost", "faq/cond_tennis_elbow"]


@pytest.mark.parametrize("title", ['It\'s: a #1 "question"?', "{what} & [why]?", "Ünïcode – yes?", "- dash", "no"])
def test_a_title_may_hold_any_characters(new, title):
    path = new(title=title)

    assert read_yaml(path, "new")["title"] == title
    assert len(read_examples(new.nlu)["faq/cond_tennis_elbow"]) == 1


def test_a_long_title_makes_a_short_button(new):
    path = new(title="Can neuromuscular therapy really help my tennis elbow?")

    assert read_yaml(path, "new")["button"] == "Can neuromuscular therapy"


def test_the_button_may_be_given(new):
    assert read_yaml(new(button="Tennis elbow"), "new")["button"] == "Tennis elbow"


@pytest.mark.parametrize(
    "topic_id",
    [
        "",
        "Tennis",
        "tennis elbow",
        "tennis-elbow",
        "9lives",
        "_x",
        "x_",
        "x__y",
        "../cost",
        "a/b",
        "cost.yml",
        "é",
    ],
)
def test_a_bad_id_is_refused(new, folder, topic_id):
    before = sorted(folder.path.rglob("*"))
    with pytest.raises(UsageError, match="cannot be a topic's id"):
        new(topic_id)

    assert sorted(folder.path.rglob("*")) == before
    assert new.nlu.read_text() == NLU


def test_an_id_that_no_button_can_carry_is_refused(new):
    new("x" * scaffold.MAX_ID_CHARS)
    with pytest.raises(UsageError, match="48 is the most"):
        new("x" * (scaffold.MAX_ID_CHARS + 1))
    assert len(f'/faq{{"topic":"{"x" * scaffold.MAX_ID_CHARS}"}}') == MAX_PAYLOAD_BYTES


def test_an_existing_id_is_refused_in_any_group(new, folder):
    old = (folder.path / "topics/practical/cost.yml").read_text()
    for group in ("practical", "basics"):
        with pytest.raises(UsageError, match="exists already"):
            new("cost", group)

    assert (folder.path / "topics/practical/cost.yml").read_text() == old


def test_an_id_with_examples_but_no_answer_is_refused(new):
    new.nlu.write_text(NLU.replace("cost", "cond_tennis_elbow"))

    with pytest.raises(UsageError, match="holds example questions for 'cond_tennis_elbow' already"):
        new()


@pytest.mark.parametrize("group", ["", "sport", "../basics", "basics/x"])
def test_an_unknown_group_is_refused_and_the_groups_are_named(new, group):
    with pytest.raises(UsageError, match="The groups are: basics, practical"):
        new(group=group)


@pytest.mark.parametrize(("title", "button"), [("", None), (" ", None), ("x" * 61, "x"), ("x", "x" * 29)])
def test_an_empty_or_long_title_is_refused(new, title, button):
    with pytest.raises(UsageError, match="must have 1 to"):
        new(title=title, button=button)


@pytest.mark.parametrize("text", ["", "nlu: {}\n"])
def test_nothing_is_written_when_the_examples_cannot_be_read(new, folder, text):
    new.nlu.write_text(text)
    with pytest.raises(ContentError):
        new()

    assert not list(folder.path.rglob("cond_tennis_elbow.yml"))
    assert new.nlu.read_text() == text


def test_nothing_is_written_when_the_examples_end_in_something_else(new, folder):
    text = NLU + "rules: []\n"
    new.nlu.write_text(text)
    with pytest.raises((UsageError, ContentError)):
        new()

    assert not list(folder.path.rglob("cond_tennis_elbow.yml"))
    assert new.nlu.read_text() == text
    assert [path.name for path in new.nlu.parent.glob(".*")] == []


def test_nothing_is_written_when_the_disk_is_full(new, folder, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scaffold.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        new()

    assert not list(folder.path.rglob("cond_tennis_elbow.yml"))
    assert new.nlu.read_text() == NLU


def test_the_projects_own_files_take_a_new_topic(real_copy, tmp_path):
    nlu = tmp_path / "nlu.yml"
    nlu.write_bytes((ROOT / "data" / "nlu.yml").read_bytes())
    before = read_examples(nlu)
    scaffold.new_topic("zz_new", "basics", "New?", folder=real_copy.path, examples=nlu, today=date(2026, 11, 21))

    assert read_examples(nlu) == {**before, "faq/zz_new": ["New?"]}
