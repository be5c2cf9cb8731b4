"""Mistakes in content files are named with file and place, all in one go."""

from __future__ import annotations

import pytest

from nmt_guide.knowledge.files import content_files, fingerprint, teaching_files

TOPIC = "topics/basics/what_is_nmt.yml"


def test_the_small_folder_is_in_order(folder):
    content = folder.read()

    assert folder.problems() == []
    assert [topic.group for topic in content.topics] == ["basics"] * 4 + ["practical"]
    assert content.red_flag["rf_stroke"].rules[0].because == "The face droops."


def test_on_and_no_stay_words(folder):
    folder.write("clinic.yml", "country: US\nphone: on\nprices: no\nname: yes\nfictional: true\n")

    content = folder.read()

    assert content.clinic.facts == {
        "country": "US",
        "phone": "on",
        "prices": "no",
        "name": "yes",
        "fictional": True,
    }
    assert content.topics[0].includes == ("on", "no")


@pytest.mark.parametrize(
    ("name", "text", "mistake"),
    [
        (TOPIC, "title: 'What\nshort: x\n", "knowledge/topics/basics/what_is_nmt.yml: line "),
        (TOPIC, "title: What\n  short: x\n", "line 2: cannot be understood (mapping values are not allowed"),
        (TOPIC, "\ttitle: What\n", "line 1"),
        (TOPIC, "", "what_is_nmt.yml: is empty"),
        (TOPIC, "# only a note\n", "what_is_nmt.yml: is empty"),
        (TOPIC, "just words\n", "what_is_nmt.yml: must be a set of 'key: value' lines"),
        (TOPIC, "title: a\nshort: b\ntitle: c\n", "line 3: the key 'title' stands twice. Delete one of the two."),
        (TOPIC, "review: {due: 2027-02-31}\n", "line 1: 2027-02-31 is no day of the calendar. Write it like"),
        (TOPIC, "x: y\ncaf\xe9: x\n".encode("latin-1"), "line 2: is not UTF-8 text, probably Windows-1252"),
        (TOPIC, b"\xff\xfet\x00i\x00", "is not UTF-8 text, probably UTF-16"),
        (TOPIC, b"t\x00i\x00", "is not UTF-8 text, probably UTF-16"),
        (TOPIC, "title: a\x01b\n", "holds characters that are no text"),
        ("clinic.yml", "- a\n- b\n", "knowledge/clinic.yml: must be a set of 'key: value' lines"),
        ("sources.yml", "- a\n", "must hold a list under the key 'sources'"),
        ("sources.yml", "sources: [word]\n", "entry 1: must be a set of 'key: value' lines"),
        ("sources.yml", "sources: [{id: guide}]\n", "guide title: is missing"),
        ("rules.yml", "rules: []\n", "must hold lists of rules by red flag"),
        ("rules.yml", "rules: {rf_none: []}\n", "rf_none: is no red flag"),
    ],
)
def test_a_broken_file_is_named_with_the_place(folder, name, text, mistake):
    folder.write(name, text)

    assert any(mistake in problem for problem in folder.problems()), folder.problems()


@pytest.mark.parametrize("name", ["sources.yml", "facts.yml", "signs.yml", "rules.yml", "emergency.yml", "clinic.yml"])
def test_a_missing_file_is_named_once(folder, name):
    (folder.path / name).unlink()

    assert folder.problems() == [f"knowledge/{name}: is missing."]


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (lambda t: t.update(shrot=1), "shrot: is not a key here. Is 'short' meant?"),
        (lambda t: t.pop("short"), "short: is missing"),
        (lambda t: t.update(related="a, b"), "related: must be a list; write it in brackets"),
        (lambda t: t.update(mode="magic"), "mode: must be one of knowledge, mixed"),
        (lambda t: t.update(title="x" * 61), "title: is too long; 60 characters are the most"),
        (lambda t: t.update(button="x" * 29), "button: is too long; 28 characters are the most"),
        (
            lambda t: t["evidence"].update(grade="sure"),
            "evidence.grade: must be one of good, limited",
        ),
        (lambda t: t["review"].update(due="soon"), "review.due: is no date; write it like 2027-05-21"),
        (lambda t: t.update(parts=[{"when": {}, "text": "x"}]), "parts, number 1.when: name exactly one facet"),
        (lambda t: t.update({5: "x"}), "keywords must be strings"),
    ],
)
def test_a_wrong_key_or_value_is_named(folder, change, mistake):
    folder.edit(TOPIC, change)

    assert any(mistake in problem for problem in folder.problems()), folder.problems()


def test_all_mistakes_are_named_in_one_go(folder):
    folder.write(TOPIC, "title: What\n  short: x\n")
    folder.edit("topics/practical/cost.yml", lambda t: t.pop("long"))
    (folder.path / "facts.yml").unlink()

    assert len(folder.problems()) == 3


@pytest.mark.parametrize("name", ["topics/lost.yml", "topics/basics/lost.yaml", "facets/old/lost.yml", "lost.yml"])
def test_a_file_that_nobody_reads_is_named(folder, name):
    folder.write(name, "title: x\n")

    assert [problem for problem in folder.problems() if f"knowledge/{name}: is not read" in problem]


def test_the_fingerprint_changes_with_a_byte_and_with_a_name_only(folder):
    def current():
        return fingerprint(content_files(folder.path), folder.path)

    before = current()
    assert current() == before

    text = (folder.path / "clinic.yml").read_text()
    folder.write("clinic.yml", text + "\n")
    changed = current()
    folder.write("clinic.yml", text)
    (folder.path / TOPIC).rename(folder.path / "topics/basics/what_is_it.yml")

    assert len({before, changed, current()}) == 3


def test_an_answer_teaches_the_model_nothing(folder):
    taught = {str(path.relative_to(folder.path)) for path in teaching_files(folder.path)}

    assert taught == {
        "facets/condition.yml",
        "red_flags/rf_stroke.yml",
        "signs.yml",
        "rules.yml",
        "clinic.yml",
    }


@pytest.mark.parametrize("name", [TOPIC, "facets/condition.yml", "clinic.yml"])
def test_a_text_that_ends_at_a_sign_for_notes_is_named(folder, name):
    text = (folder.path / name).read_text()
    folder.write(name, f"parking: Behind Suite #3 is free\nnote: 'Suite #3' # a note\n{text}")

    assert any("line 1: is cut off at the #" in problem for problem in folder.problems())
    assert not any("line 2: is cut off" in problem for problem in folder.problems())
