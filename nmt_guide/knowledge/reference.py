"""One printable page of everything that the assistant can answer, for reviewers and for the clinic's desk."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from html import escape

from nmt_guide.knowledge import placeholders
from nmt_guide.knowledge.content import Content, RedFlag, Source, Topic

_STYLE = """
  body { font: 16px/1.5 Georgia, serif; color: #1a1a1a; max-width: 46rem; margin: 2rem auto; }
  h1, h2, h3, h4, nav { font-family: system-ui, sans-serif; line-height: 1.25; }
  h2 { border-bottom: 2px solid #1a1a1a; margin-top: 3rem; }
  h4 { margin: 1rem 0 0; font-size: 1rem; }
  nav ul { columns: 2; padding-left: 1.2rem; }
  article { margin: 2rem 0; }
  .short { font-weight: bold; }
  .state, .id { color: #555; font-size: 0.9rem; }
  .lines { white-space: pre-line; }
  a { color: #0b4f8a; }
  @media (max-width: 50rem) {
    body { margin: 1rem; overflow-wrap: anywhere; }
    nav ul { columns: 1; }
  }
  @media print {
    body { font-size: 10pt; line-height: 1.35; max-width: none; margin: 0; }
    article { margin: 1rem 0; }
    h2 { break-before: page; }
    h3, h4 { break-after: avoid; }
    p, li { break-inside: avoid; }
    a { color: inherit; text-decoration: none; }
    .sources a::after { content: " <" attr(href) ">"; overflow-wrap: anywhere; }
  }
"""
#: The group of the red flags, which are no topics.
RED_FLAGS = "red_flags"
_WEB_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def groups_of(content: Content) -> list[str]:
    """What can be printed alone: the red flags, and the groups of topics."""
    return [RED_FLAGS, *dict.fromkeys(topic.group for topic in content.topics)]


def page(content: Content, today: date, only: Collection[str] = (), short: bool = False) -> str:
    """The page as HTML: no script, nothing loaded from elsewhere, every text escaped. The red flags come first.

    Args:
        content: what `files.read_content` returned.
        today: the day that the page names as its date.
        only: some of `groups_of`; all when empty.
        short: leave out what is said of a topic only when a client asks for more or names something.
    """
    clinic = content.clinic.text("name") or "the clinic"
    groups: dict[str, list[Topic]] = {}
    for topic in content.topics:
        if not only or topic.group in only:
            groups.setdefault(topic.group, []).append(topic)
    topics = [topic for group in groups.values() for topic in group]
    flags = content.red_flags if not only or RED_FLAGS in only else ()
    title = f"What the assistant of {clinic} answers"
    counts = [_count(entries, name) for entries, name in ((topics, "topics"), (flags, "red flags")) if entries]
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>As of {today}: {' '.join(counts)}</p>",
        "<nav><h2>Contents</h2>",
        *(_contents(RED_FLAGS, flags) if flags else ()),
        *(line for group, topics in groups.items() for line in _contents(group, topics)),
        "</nav>",
        *(_red_flags(flags, content) if flags else ()),
        *(line for group, topics in groups.items() for line in _group(group, topics, content, short)),
    ]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )


def _count(entries: Collection[Topic | RedFlag], name: str) -> str:
    reviewed = sum(entry.review.by is not None for entry in entries)
    return f"{len(entries)} {name}, {reviewed} of them reviewed by a clinician."


def _contents(group: str, entries: Iterable[Topic | RedFlag]) -> Iterator[str]:
    yield f'<h3><a href="#group-{escape(group)}">{escape(_spoken(group))}</a></h3>'
    yield "<ul>"
    for entry in entries:
        yield f'<li><a href="#{_anchor(entry)}">{escape(entry.title)}</a></li>'
    yield "</ul>"


def _red_flags(flags: Iterable[RedFlag], content: Content) -> Iterator[str]:
    yield f'<section id="group-{RED_FLAGS}">'
    yield f"<h2>{_spoken(RED_FLAGS)}</h2>"
    for flag in flags:
        yield f'<article id="{_anchor(flag)}">'
        yield f"<h3>{escape(flag.title)}</h3>"
        yield f'<p class="id">{escape(flag.id)}</p>'
        yield f"<p>Level: {escape(_spoken(flag.level.value).lower())}</p>"
        yield "<h4>Said when the sign is there</h4>"
        yield _paragraph(flag.say, content, "short lines")
        if flag.ask:
            yield "<h4>Asked when it is not sure</h4>"
            yield _paragraph(flag.ask, content, "lines")
        yield from _sources(flag.sources, content)
        yield _review(flag)
        yield "</article>"
    yield "</section>"


def _group(group: str, topics: Iterable[Topic], content: Content, short: bool) -> Iterator[str]:
    yield f'<section id="group-{escape(group)}">'
    yield f"<h2>{escape(_spoken(group))}</h2>"
    for topic in topics:
        yield from _topic(topic, content, short)
    yield "</section>"


def _topic(topic: Topic, content: Content, short: bool) -> Iterator[str]:
    yield f'<article id="{_anchor(topic)}">'
    yield f"<h3>{escape(topic.title)}</h3>"
    yield f'<p class="id">{escape(topic.id)}</p>'
    yield _paragraph(topic.short, content, "short lines")
    if not short:
        yield from _more(topic, content)
    yield f"<h4>How sure is this? {escape(_spoken(topic.evidence.grade.value))}</h4>"
    yield _paragraph(topic.evidence.text, content, "lines")
    if topic.sources:
        yield from _sources(topic.sources, content)
    else:
        yield "<h4>Sources</h4>"
        yield f"<p>No outside source: {escape(topic.sources_note or '')}</p>"
    yield _review(topic)
    yield "</article>"


def _more(topic: Topic, content: Content) -> Iterator[str]:
    """What is said of a topic beside its short answer."""
    for paragraph in topic.long.split("\n\n"):
        yield _paragraph(paragraph, content, "lines")
    for part in topic.parts:
        yield f"<h4>When the client named {escape(_value(part.facet, part.value, content))}</h4>"
        yield _paragraph(part.text, content, "lines")
    for facet in content.facets:
        for value in facet.values:
            if topic.id in value.notes:
                named = _value(facet.facet, value.id, content)
                yield f"<h4>Said first when the client named {escape(named)}</h4>"
                yield _paragraph(value.notes[topic.id], content, "lines")


def _sources(sources: Iterable[str], content: Content) -> Iterator[str]:
    yield "<h4>Sources</h4>"
    yield '<ul class="sources">'
    yield from (f"<li>{_source(content.source[source])}</li>" for source in sources)
    yield "</ul>"


def _review(entry: Topic | RedFlag) -> str:
    state = entry.review.state
    return f'<p class="state">{escape(state[0].upper() + state[1:])}; review due {entry.review.due}.</p>'


def _anchor(entry: Topic | RedFlag) -> str:
    return escape(f"flag-{entry.id}" if isinstance(entry, RedFlag) else entry.id)


def _paragraph(text: str, content: Content, kind: str) -> str:
    filled = placeholders.fill(text.strip(), content, _missing)
    return f'<p class="{kind}">{escape(filled)}</p>'


def _missing(name: str) -> str:
    # A clinic may well have no day on which it is closed besides.
    return "[no days]" if name == "clinic.closed_dates" else f"[not filled in: {name}]"


def _value(facet: str, value: str, content: Content) -> str:
    known = content.facet[facet].by_id if facet in content.facet else {}
    name = known[value].name if value in known else _spoken(value).lower()
    return f"{name} ({facet.replace('_', ' ')})"


def _source(source: Source) -> str:
    read = "read in full" if source.read_in_full else "not read in full"
    # Only web addresses become links: a browser would run what stands behind "javascript:".
    if not _WEB_ADDRESS.match(source.url):
        return f"{escape(source.title)}: {escape(source.url)} ({read})"
    return f'<a href="{escape(source.url)}">{escape(source.title)}</a> ({read})'


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()
