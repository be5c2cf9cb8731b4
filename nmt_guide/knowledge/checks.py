"""Checks how the entries of the content fit together.

What one entry can tell alone (a missing key, a title that is too long) is checked by its class in `content`.
Every check here yields problems that name file and entry and say what to do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from nmt_guide.errors import Problem
from nmt_guide.knowledge import placeholders
from nmt_guide.knowledge.clinic_checks import KEYS, check_clinic, suggestion
from nmt_guide.knowledge.content import Content, Facet, FacetValue, Mode, Review, Topic
from nmt_guide.knowledge.readability import grade, words

#: A first answer is what a worried client reads on a phone.
MAX_SHORT_WORDS = 80
MAX_SHORT_GRADE = 8.0
MAX_LONG_WORDS = 230
MAX_LONG_GRADE = 9.0
MAX_PART_WORDS = 60
MAX_PART_GRADE = 8.5
#: Telegram's limit for one message; the other channels allow more or split by themselves.
MAX_TEXT_CHARS = 4096
RELATED = 3
_ID = re.compile(r"[a-z0-9_]+")


def check(content: Content) -> list[Problem]:
    """All mistakes in how the entries fit together."""
    problems: list[Problem] = []
    for checker in (
        _doubles,
        _topics,
        _relations,
        _texts,
        _placeholders,
        _facets,
        _red_flags,
        _facts,
        _country,
        check_clinic,
    ):
        problems.extend(checker(content))
    return problems


def due(content: Content, today: date) -> list[Problem]:
    """Entries whose review is due: nobody looked at them in time."""
    found = []
    for name, review in reviews(content):
        if review.due < today:
            found.append(Problem(name, "review", f"was due on {review.due}; review it and set a new date."))
    return found


def unread_sources(content: Content) -> dict[str, list[str]]:
    """By source that nobody read in full: the topics that rest on it."""
    resting: dict[str, list[str]] = {}
    for topic in content.topics:
        for source in topic.sources:
            if source in content.source and not content.source[source].read_in_full:
                resting.setdefault(source, []).append(topic.id)
    return resting


def topic_file(topic: Topic) -> str:
    """Name of the file that holds a topic."""
    return f"knowledge/topics/{topic.group}/{topic.id}.yml"


def reviews(content: Content) -> Iterator[tuple[str, Review]]:
    """Every review, with the file that it stands in."""
    for topic in content.topics:
        yield topic_file(topic), topic.review
    for flag in content.red_flags:
        yield f"knowledge/red_flags/{flag.id}.yml", flag.review


def _doubles(content: Content) -> Iterator[Problem]:
    """What stands twice where it may stand once. The store would refuse it without naming a file."""
    for file, ids in (
        ("knowledge/sources.yml", [source.id for source in content.sources]),
        ("knowledge/facts.yml", [fact.id for fact in content.facts]),
        ("knowledge/signs.yml", [sign.id for sign in content.signs]),
        ("knowledge/emergency.yml", [country.code for country in content.countries]),
        ("knowledge/emergency.yml", [country.name for country in content.countries]),
        ("knowledge/facets", [facet.facet for facet in content.facets]),
    ):
        yield from _twice(file, "", ids)
    for topic in content.topics:
        for key in ("facts", "sources", "related", "includes"):
            yield from _twice(topic_file(topic), key, getattr(topic, key))
        yield from _twice(topic_file(topic), "parts", [f"{part.facet}: {part.value}" for part in topic.parts])
    for facet in content.facets:
        file = f"knowledge/facets/{facet.facet}.yml"
        yield from _twice(file, "", [value.id for value in facet.values])
        for value in facet.values:
            yield from _twice(file, f"{value.id} synonyms", value.synonyms)
    for fact in content.facts:
        yield from _twice("knowledge/facts.yml", f"{fact.id} sources", fact.sources)
    for flag in content.red_flags:
        yield from _twice(f"knowledge/red_flags/{flag.id}.yml", "sources", flag.sources)


def _twice(file: str, entry: str, names: Iterable[str]) -> Iterator[Problem]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Problem(file, entry or name, f"names '{name}' {count} times; keep one.")


def _topics(content: Content) -> Iterator[Problem]:
    for topic_id, count in Counter(topic.id for topic in content.topics).items():
        if count > 1:
            yield Problem("knowledge/topics", topic_id, "stands in two folders; keep one.")
    for topic in content.topics:
        if not _ID.fullmatch(topic.id):  # a file manager's "cost copy.yml" would be one more topic
            yield Problem(
                topic_file(topic),
                "",
                "must be named by small letters, digits and _ alone. Rename it, or delete it when it is a copy.",
            )
        if not topic.sources and not topic.sources_note:
            yield Problem(
                topic_file(topic),
                "sources",
                "is empty; name a source, or say in 'sources_note' why none is needed.",
            )
        if len(topic.related) != RELATED:
            yield Problem(topic_file(topic), "related", f"must name {RELATED} topics, not {len(topic.related)}.")


def _relations(content: Content) -> Iterator[Problem]:
    facts = {fact.id for fact in content.facts}
    for topic in content.topics:
        yield from _unknown(topic_file(topic), "related", topic.related, content.topic, "topic")
        yield from _unknown(topic_file(topic), "sources", topic.sources, content.source, "source")
        yield from _unknown(topic_file(topic), "facts", topic.facts, facts, "fact")
        if topic.id in topic.related:
            yield Problem(topic_file(topic), "related", "names the topic itself.")
    for fact in content.facts:
        yield from _unknown("knowledge/facts.yml", f"{fact.id} topic", [fact.topic], content.topic, "topic")
        yield from _unknown("knowledge/facts.yml", f"{fact.id} sources", fact.sources, content.source, "source")


def _unknown(file: str, entry: str, names: Iterable[str], known: Iterable[str], kind: str) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield Problem(file, entry, f"names the {kind} '{name}', which does not exist.{suggestion(name, known)}")


def _texts(content: Content) -> Iterator[Problem]:
    for topic in content.topics:
        file = topic_file(topic)
        yield from _size(file, "short", topic.short, MAX_SHORT_WORDS, MAX_SHORT_GRADE)
        yield from _size(file, "long", topic.long, MAX_LONG_WORDS, MAX_LONG_GRADE)
        yield from _size(file, "evidence.text", topic.evidence.text, MAX_PART_WORDS, MAX_LONG_GRADE)
        if "\n\n" in topic.short:
            yield Problem(file, "short", "holds a blank line, which some channels send as two messages.")
        for part in topic.parts:
            yield from _size(file, f"parts {part.value}", part.text, MAX_PART_WORDS, MAX_PART_GRADE)


def _size(file: str, entry: str, text: str, most_words: int, top_grade: float) -> Iterator[Problem]:
    if words(text) > most_words:
        yield Problem(file, entry, f"has {words(text)} words; {most_words} is the most. Move detail to 'long'.")
    if grade(text) > top_grade:
        yield Problem(
            file,
            entry,
            f"has reading grade {grade(text):.1f}; {top_grade:.1f} is the most. Use shorter sentences and words.",
        )
    if len(text) > MAX_TEXT_CHARS:
        yield Problem(file, entry, f"has {len(text)} characters; {MAX_TEXT_CHARS} is the most.")
    if not text.strip():
        yield Problem(file, entry, "is empty.")


def _placeholders(content: Content) -> Iterator[Problem]:
    named = {
        name.split(".")[1] for _, _, text in all_texts(content) for name in placeholders.names(text) if "." in name
    }
    meant = {key: suggestion(str(key).lower(), KEYS) for key in content.clinic.facts if key not in KEYS | named}
    for key, question in meant.items():
        if question:  # a key that is like no other may be a note of the clinic's own
            yield Problem("knowledge/clinic.yml", str(key), f"is not a key here, and no answer names it.{question}")
    for file, entry, text in all_texts(content):
        for name in sorted(set(placeholders.names(text))):
            # One misspelt key would else be told again for each of a hundred texts.
            misspelt = any(f"'{name.removeprefix('clinic.').split('.')[0]}'" in question for question in meant.values())
            if not misspelt and not placeholders.is_known(name, content.clinic):
                found = f"{entry} {{{name}}}"
                yield Problem(file, found, "is not a placeholder: add the key to clinic.yml or mend the name.")
        if placeholders.has_loose_braces(text):
            yield Problem(file, entry, "has a { or } too many or too few: clients would see it.")


def all_texts(content: Content) -> Iterator[tuple[str, str, str]]:
    """Every text that a client may read: its file, its entry and the text."""
    for topic in content.topics:
        file = topic_file(topic)
        yield file, "short", topic.short
        yield file, "long", topic.long
        yield file, "evidence.text", topic.evidence.text
        for part in topic.parts:
            yield file, f"parts {part.value}", part.text
    for facet in content.facets:
        for value in facet.values:
            for topic_id, note in value.notes.items():
                yield f"knowledge/facets/{facet.facet}.yml", f"{value.id} notes {topic_id}", note
    for flag in content.red_flags:
        yield f"knowledge/red_flags/{flag.id}.yml", "say", flag.say
        if flag.ask:
            yield f"knowledge/red_flags/{flag.id}.yml", "ask", flag.ask


def _facets(content: Content) -> Iterator[Problem]:
    for facet in content.facets:
        file = f"knowledge/facets/{facet.facet}.yml"
        yield from _synonyms(facet, file)
        for value in facet.values:
            if value.parent:
                yield from _unknown(file, f"{value.id} parent", [value.parent], facet.by_id, "value")
                yield from _circle(facet, value, file)
            if value.topic:
                yield from _unknown(file, f"{value.id} topic", [value.topic], content.topic, "topic")
            yield from _unknown(file, f"{value.id} notes", value.notes, content.topic, "topic")
            for about, note in value.notes.items():
                yield from _size(file, f"{value.id} notes {about}", note, MAX_PART_WORDS, MAX_LONG_GRADE)
    for topic in content.topics:
        for part in topic.parts:
            yield from _unknown(topic_file(topic), "parts", [part.facet], content.facet, "facet")
            if part.facet in content.facet:
                yield from _unknown(
                    topic_file(topic),
                    "parts",
                    [part.value],
                    content.facet[part.facet].by_id,
                    f"{part.facet} value",
                )


def _circle(facet: Facet, value: FacetValue, file: str) -> Iterator[Problem]:
    above = value
    for _ in facet.values:
        if above.parent is None or above.parent not in facet.by_id:
            return
        above = facet.by_id[above.parent]
    yield Problem(file, f"{value.id} parent", "leads round in a circle; a value cannot be a kind of itself.")


def _synonyms(facet: Facet, file: str) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for value in facet.values:
        for wording in {value.id.replace("_", " "), value.name.lower(), *value.synonyms}:
            if owner.setdefault(wording, value.id) != value.id:
                yield Problem(
                    file, value.id, f"has the synonym '{wording}', which belongs to {owner[wording]} already."
                )


def _red_flags(content: Content) -> Iterator[Problem]:
    signs = {sign.id for sign in content.signs}
    for flag in content.red_flags:
        file = f"knowledge/red_flags/{flag.id}.yml"
        yield from _unknown(file, "topic", [flag.topic], content.topic, "topic")
        yield from _unknown(file, "sources", flag.sources, content.source, "source")
        yield from _size(file, "say", flag.say, MAX_SHORT_WORDS, MAX_PART_GRADE)
        for rule in flag.rules:
            yield from _unknown(file, "rules", (*rule.signs, *rule.unless), signs, "sign")
        both = set(flag.present) & set(flag.not_present)
        for text in sorted(both):
            yield Problem(file, "not_present", f"'{text}' also stands under 'present'.")


def _facts(content: Content) -> Iterator[Problem]:
    covered = {fact for topic in content.topics for fact in topic.facts}
    for fact in content.facts:
        if fact.id not in covered and not fact.unused_because:
            yield Problem(
                "knowledge/facts.yml",
                fact.id,
                "is answered by no topic: name it in a topic's 'facts', or say why not in 'unused_because'.",
            )


def _country(content: Content) -> Iterator[Problem]:
    codes = [country.code for country in content.countries]
    code = content.clinic.facts.get("country")
    if code not in codes:
        yield Problem(
            "knowledge/clinic.yml",
            "country",
            f"is '{code}'; it must be one of {', '.join(codes)} (emergency.yml).",
        )
    for topic in content.topics:
        if topic.mode is Mode.CLINIC_CONFIG and "{clinic." not in topic.short:
            yield Problem(
                topic_file(topic),
                "short",
                "must rest on the clinic's own facts: use a {clinic.} placeholder.",
            )
