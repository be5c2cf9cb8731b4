"""What channels with links and cards make of a message that is plain text elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
