"""The printable page holds every topic, and nothing in a content file can break out of it."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest

from nmt_guide.knowledge import placeholders
from nmt_guide.knowledge.reference import page

TODAY = date(2026, 11, 21)
TOPIC = "topics/basics/what_is_nmt.yml"
_EMPTY = {"meta"}


class Reader(HTMLParser):
    """Reads a page strictly: what is opened is closed, and ids and links are kept."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        values = dict(attrs)
        assert not [name for name in values if name.startswith("on")]
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_every_real_topic_stands_on_the_page_once(real_content):
    text = page(real_content, TODAY)
    found = Reader(text)

    assert len(found.ids) == len(set(found.ids))
    for topic in real_content.topics:
        assert found.ids.count(topic.id) == 1
        assert found.links.count(f"#{topic.id}") == 1
    assert {link[1:] for link in found.links if link.startswith("#")} == set(found.ids)


def test_every_red_flag_comes_first_and_with_all_its_words(real_content):
    text = page(real_content, TODAY)
    words = unescape(re.sub(r"<[^>]+>", "", text))

    for flag in real_content.red_flags:
        start = text.index(f'<article id="flag-{flag.id}">')
        assert start < text.index('<section id="group-basics">')
        assert flag.level.value.replace("_", " ") in text[start : text.index("</article>", start)]
        for said in filter(None, (flag.say, flag.ask)):
            assert placeholders.fill(said.strip(), real_content, missing=str) in words


def test_a_part_can_be_printed_alone_and_short(real_content):
    safety = page(real_content, TODAY, ["red_flags", "safety"], short=True)
    found = Reader(safety)

    groups = {found_id for found_id in found.ids if found_id.startswith("group-")}
    assert groups == {"group-red_flags", "group-safety"}
    assert {link[1:] for link in found.links if link.startswith("#")} == set(found.ids)
    assert "Said first when" not in safety
    assert f"{len(real_content.red_flags)} red flags, 0 of them reviewed by a clinician." in safety
    assert 'id="group-red_flags"' not in page(real_content, TODAY, ["safety"])


def test_no_placeholder_reaches_the_page(real_content):
    body = page(real_content, TODAY).split("</style>")[1]

    assert re.findall(r"\{[a-z_.]+\}", body) == []
    assert "not filled in" not in body


def test_nothing_is_loaded_and_nothing_runs(real_content):
    text = page(real_content, TODAY)

    assert Reader(text).tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base"})
    assert "url(" not in text
    assert "@import" not in text
    assert "@media print" in text


def test_an_answer_is_shown_with_all_that_belongs_to_it(folder):
    text = page(folder.read(), TODAY)

    assert "As of 2026-11-21: 5 topics, 0 of them reviewed by a clinician." in text
    assert "The price is - One: $60." in text
    assert "We tell you the price first.</p>" in text
    assert "When the client named a migraine (condition)" in text
    assert "With a migraine, come on a good day." in text
    assert "Said first when the client named a migraine (condition)" in text
    assert "Call 911 for the worst pain of your life." in text
    assert "How sure is this? Limited" in text
    assert '<a href="https://example.com/guide">A guide</a> (read in full)' in text
    assert "No outside source: the clinic&#x27;s own settings" in text
    assert "Not yet reviewed by a clinician; review due 2027-01-31." in text
    assert "<h2>Basics</h2>" in text


def test_a_review_is_shown_with_its_name_and_day(folder):
    review = {"by": "Dr X", "on": "2026-11-01", "due": "2027-11-01"}
    folder.edit(TOPIC, lambda t: t.update(review=review))

    assert "Reviewed by Dr X on 2026-11-01; review due 2027-11-01." in page(folder.read(), TODAY)


def test_a_fact_that_the_clinic_left_empty_is_marked(folder):
    folder.edit("clinic.yml", lambda c: c.update(prices=None))

    assert "The price is [not filled in: clinic.prices]." in page(folder.read(), TODAY)


@pytest.mark.parametrize("bad", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b < c", "'\"`"])
def test_everything_is_escaped(folder, bad):
    text = f"It is so. We say so. You may ask us. {bad}"

    def spoil(topic):
        topic.update(title=bad, short=text, long=text, sources=["guide"])
        topic["evidence"]["text"] = text
        topic["review"]["by"] = bad

    folder.edit(TOPIC, spoil)
    folder.edit("topics/practical/cost.yml", lambda t: t.update(sources_note=bad))
    folder.edit("topics/basics/trigger_points.yml", lambda t: t["parts"][0].update(text=text))
    folder.edit("facets/condition.yml", lambda f: f["values"][1].update(name=bad, notes={"cost": text}))
    folder.edit("sources.yml", lambda s: s["sources"][0].update(title=bad))
    folder.edit("clinic.yml", lambda c: c.update(name=bad, prices=bad))

    made = page(folder.read(), TODAY)
    assert Reader(made).tags.isdisjoint({"script", "img"})
    assert bad not in made


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "guide.pdf"])
def test_only_web_addresses_become_links(folder, url):
    folder.edit("sources.yml", lambda s: s["sources"][0].update(url=url))

    assert url not in Reader(page(folder.read(), TODAY)).links
