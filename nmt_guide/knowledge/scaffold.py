"""Starts a new topic: its answer file with every key explained, and its block of example questions."""

from __future__ import annotations

import json
import os
import re
import string
from datetime import date, timedelta
from pathlib import Path

from nmt_guide.errors import UsageError
from nmt_guide.knowledge.content import MAX_BUTTON_CHARS, MAX_TITLE_CHARS
from nmt_guide.knowledge.examples import PREFIX, read_examples
from nmt_guide.knowledge.reachability import MAX_PAYLOAD_BYTES, MIN_EXAMPLES

_ID = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
#: What a button sends around the id: /faq{"topic":""}
MAX_ID_CHARS = MAX_PAYLOAD_BYTES - 16
#: A new answer is looked at again after half a year, like all others so far.
_FIRST_REVIEW = timedelta(days=182)

_TOPIC = string.Template("""\
# Lines that begin with # are notes for you; clients never see them. Fill in the empty places below, then run
# './nmt-guide content check': it names what is still missing. docs/editing.md explains each step.

# The question in a client's words, at most $max_title characters. It is also a heading.
title: $title

# The same on a button, at most $max_button characters.
button: $button

# Where the answer comes from:
#   knowledge      from sources (most topics)
#   mixed          from sources and from clinic.yml
#   clinic_config  from clinic.yml alone: prices, hours, rules
#   safety         when massage has to wait
# (action and system are for topics that the program itself serves.)
mode: knowledge

# What a worried client needs first: at most 80 words, no blank line, short sentences (reading grade 8).
# Keep the two spaces at the start of each line. Facts of the clinic are written {clinic.phone}, the number
# to call in an emergency {emergency_number}.
short: >-

# What "Tell me more" says: at most 230 words, reading grade 9 or below, blank lines between paragraphs.
long: |-

# What "How sure is this?" says. Grade: good, limited, weak, none, or not_applicable (when it is no question
# for research).
evidence:
  grade: none
  text: >-

# Which entries of facts.yml this answers: their ids with commas between, for example [def_aims, s_length].
facts: []

# Which entries of sources.yml it rests on, the best first: a client sees the first two as links.
sources: []

# Only when there is no source: the reason, for example: the clinic's own settings
sources_note: null

# Exactly three topics that clients ask about next (names of files in knowledge/topics, without .yml).
related: []

# Which narrower subjects are answered here too. May stay empty.
includes: []

# Other words for clients who named something, in place of 'short'. May stay empty. For example:
#   - when: {condition: migraine}
#     text: >-
#       What someone with migraine needs to know here, at most 60 words.
parts: []

# Who checked this answer, and when (2027-01-31). null means that nobody has yet. due: when to look again.
review: {by: null, on: null, due: $due}
""")


def new_topic(
    topic_id: str,
    group: str,
    title: str,
    *,
    folder: Path,
    examples: Path,
    today: date,
    button: str | None = None,
) -> Path:
    """Write the files of a new topic, both or neither.

    Args:
        topic_id: its id, which stays for good.
        group: the folder of ``knowledge/topics`` that it belongs to.
        title: the question that it answers.
        folder: the content folder.
        examples: the file of example questions.
        today: the day from which the first review is counted.
        button: what its button says; the title, shortened, by default.

    Returns:
        The answer file, for a person to fill in.

    Raises:
        UsageError: the id is bad or taken, the group is unknown, or a text is empty or too long.
        ContentError: the file of example questions cannot be read.
    """
    title = " ".join(title.split())
    button = " ".join(button.split()) if button else _shorten(title)
    _check_id(topic_id)
    groups = sorted(path.name for path in (folder / "topics").glob("*") if path.is_dir())
    if group not in groups:
        raise UsageError(f"'{group}' is no group of topics. The groups are: {', '.join(groups)}.")
    taken = sorted((folder / "topics").glob(f"*/{topic_id}.yml"))
    if taken:
        raise UsageError(f"The topic '{topic_id}' exists already: see {taken[0]}.")
    if PREFIX + topic_id in read_examples(examples):
        raise UsageError(f"{examples} holds example questions for '{topic_id}' already.")
    _check_length("title", title, MAX_TITLE_CHARS)
    _check_length("button", button, MAX_BUTTON_CHARS)

    path = folder / "topics" / group / f"{topic_id}.yml"
    text = _TOPIC.substitute(
        title=_quoted(title),
        button=_quoted(button),
        max_title=MAX_TITLE_CHARS,
        max_button=MAX_BUTTON_CHARS,
        due=today + _FIRST_REVIEW,
    )
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    try:
        _append(examples, _block(topic_id, title))
    except BaseException:
        path.unlink()
        raise
    return path


def _check_id(topic_id: str) -> None:
    if not _ID.fullmatch(topic_id):
        raise UsageError(
            f"'{topic_id}' cannot be a topic's id: use small letters, digits and _ between words, "
            "and begin with a letter, for example cond_tennis_elbow."
        )
    if len(topic_id) > MAX_ID_CHARS:
        raise UsageError(f"The id '{topic_id}' has {len(topic_id)} characters; {MAX_ID_CHARS} is the most.")


def _check_length(what: str, text: str, most: int) -> None:
    if not 0 < len(text) <= most:
        raise UsageError(f"The {what} must have 1 to {most} characters, not {len(text)}.")


def _shorten(title: str) -> str:
    words = title.split()
    while len(" ".join(words)) > MAX_BUTTON_CHARS and len(words) > 1:
        words.pop()
    return " ".join(words)[:MAX_BUTTON_CHARS]


def _quoted(text: str) -> str:
    # A JSON string is a YAML string too, whatever quotes, colons or # stand in it.
    return json.dumps(text, ensure_ascii=False)


def _block(topic_id: str, title: str) -> str:
    return (
        f"# Write at least {MIN_EXAMPLES} questions, one a line, as different clients would type them:\n"
        "# long and short, polite and hasty, with typing mistakes.\n"
        f"- intent: {PREFIX}{topic_id}\n"
        "  examples: |\n"
        f"    - {title}\n"
    )


def _append(path: Path, block: str) -> None:
    """Add a block to the end of a file. The file is replaced in one step: a full disk leaves it as it was."""
    text = path.read_text(encoding="utf-8")
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text + ("" if text.endswith("\n") else "\n") + block, encoding="utf-8")
        before, after = read_examples(path), read_examples(beside)
        if len(after) != len(before) + 1:
            raise UsageError(
                f"{path} does not end in the list of example questions; add the new ones by hand:\n{block}"
            )
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
