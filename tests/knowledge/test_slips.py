"""A person who writes YAML for the first time reads which line is wrong, and what to do."""

from __future__ import annotations

import pytest

from nmt_guide.errors import Problem
from nmt_guide.knowledge.lines import with_lines

#: Lines of a clinic's file in order; each slip changes one of them.
CLINIC = """\
# Our clinic.
name: "Test Clinic"
country: US
phone: "(512) 555-0142"
timezone: America/Chicago
hours:
  monday: [{open: "09:00", close: "18:00"}]  # a note
  tuesday: []
closed_dates: []
session_lengths: [30, 60]
prices:
  - {name: "One", minutes: 30, price: "$60"}
  - {name: "Two", minutes: 60, price: "$105"}
tipping: "Tips are welcome, never expected."
parking: "Free."
"""


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"$105"', "105", 'line 13: prices, number 2 price: was read as the number 105; put it in "quotation marks"'),
        ('"$105"', '["$105"]', "line 13: prices, number 2 price: must be one text, not a list"),
        ("  tuesday", "\ttuesday", "line 8: begins with a tab. Use spaces."),
        ("  tuesday", "\u00a0\u00a0tuesday", "line 8: holds a special space"),
        ("parking:", "parking", "line 15: has no colon after the name"),
        ("parking: ", "parking:", "line 15: has no space after the colon"),
        ("country: ", "country:", "line 3: has no space after the colon"),
        ('expected."', "expected.", "line 14: lacks a quotation mark"),
        ('"$60"}', '"$60}', "line 12: lacks a quotation mark"),
        ('"Free."', "'It's free.'", "line 15: holds an apostrophe in 'single quotes'"),
        ('"Free."', '"It is "free" now."', "line 15: holds quotation marks within a text"),
        ('"Free."', "Parking: free.", 'line 15: holds a ": " within a text'),
        ('"Free."', "%10 off", "line 15: begins with a sign"),
        ('"Free."', "[Free]", "line 15: parking: must be one text"),
        ('  - {name: "Two"', '  -{name: "Two"', "line 13: has no space after the dash"),
        ("minutes: 60,", "minutes: 60", "line 13: lacks a comma"),
        ("30, 60]", "30, 60", "line 10: lacks a [ or a ]"),
        ("[30, 60]", "30, 60", "line 10: session_lengths: is '30, 60'; write whole numbers in brackets"),
        ("  tuesday", "   tuesday", "line 8: cannot be understood"),
        ("dates: []", "dates: [3/4/2027]", "line 9: closed_dates: '3/4/2027' is no date; write it like"),
        ("dates: []", "dates: [2027-02-30]", "line 9: 2027-02-30 is no day of the calendar. Write it like"),
        ("parking:", "tipping:", "line 15: the key 'tipping' stands twice. Delete one of the two."),
        ("country: US", "country: US\nfictional: no", "line 4: fictional: is 'no'; write true or false."),
        ('"Free."', '"Free.\x07"', "line 15: holds characters that are no text."),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_slip_is_told_with_its_line_and_what_to_do(folder, right, wrong, said, line_end):
    assert right in CLINIC
    folder.write("clinic.yml", CLINIC.replace(right, wrong, 1).replace("\n", line_end))

    assert any(f"knowledge/clinic.yml: {said}" in problem for problem in folder.problems()), folder.problems()


def test_a_file_with_a_byte_order_mark_is_read(folder):
    folder.write("clinic.yml", CLINIC.encode("utf-8-sig"))

    assert folder.read().clinic.text("parking") == "Free."


def test_what_stands_in_a_text_of_several_lines_is_no_slip(folder):
    text = 'short: >-\n  Write "yes" or: no.\n  We "never"guess: ["so"\n  wrong: [\n  end.\nlong: {a: b\nmode: x\n'
    folder.write("topics/basics/what_is_nmt.yml", text)

    assert [problem for problem in folder.problems() if "line 6: lacks a { or a }" in problem], folder.problems()


TOPIC = """\
title: "What?"
short: >-
  It is work
  with the hands.
related: []
parts: []
review: {by: null, on: null, due: 2027-06-01}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("  It is", "It is", "line 3: lacks spaces at the start: it belongs to the text above it"),
        ("  with", " with", "line 4: lacks spaces at the start: it belongs to the text above it"),
        (">-\n  It", ">- It", "line 2: holds text behind the sign. Write it into the lines below"),
        ("  with the", "With the: own", "line 4: With the: is not a key here"),
        ("related: []", "related: []\n- cost", "line 5: says [], which is empty, and more stands below"),
        ("parts: []", "parts: [] # none\n  - when: x", "line 6: says [], which is empty, and more stands below"),
        ("parts: []", "parts:\n  - {when: x, text: x}", "line 7: parts, number 1.when: must hold names, each with"),
        ("by: null", "by: Dana, LMT", 'line 7: review.LMT: is not a key here. A text with a comma stands in "'),
    ],
)
def test_a_slip_of_who_fills_in_a_topic_is_told(folder, right, wrong, said):
    assert right in TOPIC
    folder.write("topics/basics/what_is_nmt.yml", TOPIC.replace(right, wrong, 1))

    assert any(f"what_is_nmt.yml: {said}" in problem for problem in folder.problems()), folder.problems()


@pytest.mark.parametrize("name", ["cost copy.yml", "Cost.yml", "cost (1).yml"])
def test_a_copy_of_a_topic_is_no_topic(folder, name):
    folder.write(f"topics/practical/{name}", (folder.path / "topics/practical/cost.yml").read_bytes())

    assert any(f"practical/{name}: must be named by small letters" in problem for problem in folder.problems())


@pytest.mark.parametrize(
    ("file", "entry", "line"),
    [
        ("knowledge/a.yml", "first", 2),
        ("knowledge/a.yml", "second notes cost {clinic.phone}", 8),
        ("knowledge/a.yml", "values, number 2.name", 5),
        ("knowledge/a.yml", "entry 2", 4),
        ("knowledge/a.yml", "second gone", 4),
        ("knowledge/a.yml", "gone", 0),
        ("knowledge/b.yml", "faq/two after x", 4),
        ("knowledge/b.yml", "faq/two", 1),
        ("knowledge/none.yml", "first", 0),
        ("knowledge", "first", 0),
    ],
)
def test_the_line_is_that_of_the_innermost_thing_that_is_named(tmp_path, file, entry, line):
    (tmp_path / "a.yml").write_text(
        "values:\n- id: first\n  parent: second\n- id: second\n  name: x\n  notes:\n    other: a\n    cost: b\n"
    )
    (tmp_path / "b.yml").write_text(
        "- intent: faq/two\n  metadata: {after: y}\n\n- intent: faq/two\n  metadata: {after: x}\n"
    )

    assert [one.line for one in with_lines([Problem(file, entry, "is wrong.")], tmp_path)] == [line]
