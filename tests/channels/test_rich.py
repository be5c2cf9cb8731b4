"""Messages taken apart for channels that show links."""

from __future__ import annotations

from nmt_guide.channels.rich import body_and_links

LINK = {"title": "NCCIH", "url": "https://example.com/a"}


def test_the_lines_of_the_sources_become_links() -> None:
    text = "It can be sore.\nSource: NCCIH, https://example.com/a"
    assert body_and_links(text, {"links": [LINK]}) == ("It can be sore.", [LINK])


def test_a_message_without_links_stays_as_it_is() -> None:
    assert body_and_links("Source: my own body", {}) == ("Source: my own body", [])
