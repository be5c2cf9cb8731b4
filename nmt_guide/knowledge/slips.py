"""Tells people who never wrote YAML what is wrong with a line, where the parser only says what it did not find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

_ADVICE = "Check the colon, the quotes and the spaces at the start, here and in the line before."
#: So many lines before the one at which the parser gave up are looked at, blank ones left out: a missing quotation
#: mark is noticed where the next one stands.
_LINES_BEFORE = 2
#: "name:", with what may stand before it, within braces as well.
_KEY = r"(?:^|[{,])[ \t]*(?:- ?)*[{]?\w+"
#: A slip, and what to do about it. The first that a line holds is told.
_SLIPS = (
    (re.compile(r"^ *\t"), "begins with a tab. Use spaces."),
    (re.compile(r"^\s*\xa0|:\xa0"), "holds a special space, as word processors make them. Type the spaces anew."),
    (re.compile(r"^ *-\w*[\[{\"'\w]"), "has no space after the dash. Write '- ' in front."),
    (re.compile(rf"{_KEY}:[\"'\[{{\w]"), "has no space after the colon. Write 'name: text'."),
    (re.compile(rf"{_KEY} +[\"'\[{{]"), "has no colon after the name. Write 'name: text'."),
    (re.compile(r":\s+[%@*!&`]\S"), 'begins with a sign. Put the text in "quotation marks".'),
    (
        re.compile(r":\s+[|>][+-]?\s+\S"),
        "holds text behind the sign. Write it into the lines below, two spaces from the left.",
    ),
    (
        re.compile(rf"{_KEY}: +'[^']*'\w"),
        "holds an apostrophe in 'single quotes'. Put the text in \"quotation marks\".",
    ),
    (
        re.compile(rf"{_KEY}: +\"[^\"]*\"[^\s,}}\]][^\"]*\""),
        "holds quotation marks within a text. Use 'single' ones there.",
    ),
    (
        re.compile(r"^ *(?:- )?\w+: +[^\"'\[{\s>|#][^\"'{\[]*: "),
        'holds a ": " within a text. Put the text in "quotation marks".',
    ),
)
#: Slips in brackets are told only when it is there that the parser gave up: a list may well go on in the next line.
_BRACKETS = (("[", "]"), ("{", "}"))
_NO_COMMA = re.compile(r"[\"\d]\s+\w+:")
#: How a line ends whose text stands in the lines below, where anything goes.
_TEXT_BELOW = re.compile(r":\s+[|>][+-]?\s*$")
#: Lines that do not look like text: a key, an entry of a list, a note.
_NO_TEXT = re.compile(r"^\s*(?:-\s|#|\w+:(?:\s|$))")
_EMPTY_LIST = re.compile(r":\s+(\[\]|\{\})\s*(?:#.*)?$")


def told(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """The line of a mistake (counted from 1; 0 when it cannot be told), and what to do about it.

    Args:
        error: what the parser raised, or the loader.
        text: what it read.
    """
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return line, "holds characters that are no text. Type the line anew, or save the file again as UTF-8."
    mark: Any = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or ""
    if mark is None:
        return 0, f"cannot be understood ({error}). {_ADVICE}"
    if reason.endswith("stands twice"):
        return mark.line + 1, f"{reason}. Delete one of the two."
    if reason.endswith("of the calendar"):
        return mark.line + 1, f"{reason}. Write it like 2027-05-21."
    lines = text.splitlines()
    for number in _suspects(lines, mark.line):
        slip = _beside(lines, number) or _slip(lines[number], in_brackets="expected ','" in reason)
        if slip:
            return number + 1, slip
    return mark.line + 1, f"cannot be understood ({reason}). {_ADVICE}"


def _suspects(lines: list[str], at: int) -> Iterator[int]:
    """The lines that may hold the slip, counted from 0, the first one first."""
    upto = [number for number in range(min(at + 1, len(lines))) if lines[number].strip()]
    yield from (number for number in upto[-_LINES_BEFORE - 1 :] if not _is_text(lines, number))


def _is_text(lines: list[str], number: int) -> bool:
    """Whether a line belongs to a text that began in a line above with `|` or `>`."""
    indented = _indent(lines[number])
    opens = next((at for at in reversed(range(number)) if lines[at].strip() and _indent(lines[at]) < indented), None)
    if opens is None or not _TEXT_BELOW.search(lines[opens]):
        return False
    return _indent(next(line for line in lines[opens + 1 :] if line.strip())) <= indented


def _beside(lines: list[str], number: int) -> str | None:
    """A slip that only the lines around show."""
    line, indented = lines[number], _indent(lines[number])
    above = next((one for one in reversed(lines[:number]) if one.strip() and _indent(one) <= indented), "")
    if _TEXT_BELOW.search(above) and not _NO_TEXT.search(line):
        return "lacks spaces at the start: it belongs to the text above it, whose lines begin with two or more."
    below = next((one for one in lines[number + 1 :] if one.strip()), "")
    if (empty := _EMPTY_LIST.search(line)) and (_indent(below) > indented or below.lstrip().startswith("- ")):
        return f"says {empty[1]}, which is empty, and more stands below. Delete the {empty[1]}."
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _slip(line: str, in_brackets: bool) -> str | None:
    said = re.sub(r"(^|\s)#.*", "", line)
    for pattern, advice in _SLIPS:
        if pattern.search(said):
            return advice
    if said.replace('\\"', "").count('"') % 2:
        return "lacks a quotation mark at the start or the end of a text."
    for opened, closed in _BRACKETS if in_brackets else ():
        if said.count(opened) != said.count(closed):
            return f"lacks a {opened} or a {closed}."
    if in_brackets and _NO_COMMA.search(said):
        return "lacks a comma between two of its parts."
    return None
