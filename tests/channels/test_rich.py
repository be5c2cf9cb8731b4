"""Messages taken apart and cut for channels with headings, links and limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_guide.channels.rich import body_and_links, heading, split, units
from nmt_guide.knowledge.content import Level

LINK = {"title": "NCCIH", "url": "https://example.com/a"}


def test_the_lines_of_the_sources_become_links() -> None:
    text = "It can be sore.\nSource: NCCIH, https://example.com/a"
    assert body_and_links(text, {"links": [LINK]}) == ("It can be sore.", [LINK])


def test_a_message_without_links_stays_as_it_is() -> None:
    assert body_and_links("Source: my own body", {}) == ("Source: my own body", [])


@pytest.mark.parametrize("level", Level)
def test_every_urgent_level_has_a_heading_and_no_other(level: Level) -> None:
    assert bool(heading({"kind": "safety", "level": level.value})) == level.urgent
    assert heading({"kind": "answer", "level": level.value}) is None


@given(st.text(st.sampled_from("ab. \n&<🙂é"), max_size=400), st.integers(8, 60))
def test_a_text_that_is_cut_loses_nothing_and_fits(text: str, most: int) -> None:
    parts = list(split(text, most))

    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < units(part) <= most for part in parts)
