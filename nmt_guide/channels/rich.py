"""What channels with headings, links and cards make of a message that is plain text elsewhere, and how it is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

#: Words over a message that must not be overlooked, by urgent level. Other levels are calm notes and need none. The one for
#: abuse is quiet: whoever is feared may look at the screen.
_HEADINGS = {
    "call_emergency_now": "🚨 Get help now",
    "crisis_line_and_emergency_if_danger": "🚨 Get help now",
    "same_day_medical_care": "⚠️ See a doctor today",
    "safety_and_human_handoff": "⚠️ Your safety comes first",
}
#: Where a long text may be cut, best first.
_CUTS = ("\n\n", "\n", r"(?<=[.!?]) ", " ")


def body_and_links(text: str, metadata: Mapping[str, Any]) -> tuple[str, list[dict[str, str]]]:
    """A message apart: its text, and its sources as links.

    Args:
        text: the message; an answer ends with a line "Source: <title>, <address>" for each of its links.
        metadata: the reply metadata, with `links` where the message has any.

    Returns:
        The text without those lines, and the links, each with `title` and `url`.
    """
    links = [dict(link) for link in metadata.get("links") or ()]
    for link in reversed(links):
        text = text.removesuffix(f"\nSource: {link['title']}, {link['url']}")
    return text, links


def heading(metadata: Mapping[str, Any]) -> str | None:
    """The words over an urgent message; nothing for all others.

    Args:
        metadata: the reply metadata.
    """
    return _HEADINGS.get(str(metadata.get("level"))) if metadata.get("kind") == "safety" else None


def units(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts: an emoji has two."""
    return len(text) + sum(c > "\uffff" for c in text)


def split(text: str, most: int) -> Iterator[str]:
    """A text in parts of at most so many UTF-16 units, cut between paragraphs where that is possible.

    Nothing is lost but the white space at the cuts.
    """
    text = text.strip()
    while units(text) > most:
        start = _prefix(text, most)
        cut = next((end for pattern in _CUTS if (end := _last(pattern, text, len(start)))), len(start))
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text


def _last(pattern: str, text: str, most: int) -> int:
    """Where the last match begins that leaves at most so many characters before it, and some."""
    found = [match.start() for match in re.finditer(pattern, text[: most + 2]) if 0 < match.start() <= most]
    # A short paragraph before a very long one would make a part of a few words.
    return found[-1] if found and found[-1] * 4 >= most else 0


def _prefix(text: str, most: int) -> str:
    end = most
    while units(text[:end]) > most:
        end -= max(1, (units(text[:end]) - most) // 2)
    return text[:end]
