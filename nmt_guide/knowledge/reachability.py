"""Checks that every entry can reach a client: somebody can ask for it, and every channel can carry it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nmt_guide.errors import Problem
from nmt_guide.knowledge import placeholders
from nmt_guide.knowledge.checks import topic_file
from nmt_guide.knowledge.content import Content, Source, Topic
from nmt_guide.knowledge.examples import PREFIX

#: Where the example questions stand, as mistakes name it.
EXAMPLES_FILE = "data/nlu.yml"
#: And what clients say next.
NEXT_FILE = "data/next.yml"
#: With fewer, a topic is seldom recognised by anything but the words of its examples.
MIN_EXAMPLES = 20
#: Slack allows 75 characters in a button's label.
MAX_LABEL_CHARS = 75
#: Telegram allows 64 bytes in what a button sends.
MAX_PAYLOAD_BYTES = 64
#: Slack allows 3000 characters in a block of text: the answer with its links.
MAX_ANSWER_CHARS = 3000
#: Telegram allows 4096 characters in a message.
MAX_LONG_CHARS = 4096


def check(content: Content, examples: Mapping[str, Sequence[str]]) -> list[Problem]:
    """All entries that cannot reach a client.

    Args:
        content: what `files.read_content` returned.
        examples: example questions by intent, what `examples.read_examples` returned.
    """
    return [*_asked(content, examples), *_ambiguous(examples), *_used(content), *_carried(content)]


def _asked(content: Content, examples: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for topic in content.topics:
        count = len(examples.get(PREFIX + topic.id, ()))
        if count < MIN_EXAMPLES:
            yield Problem(
                EXAMPLES_FILE,
                PREFIX + topic.id,
                f"has {count} example questions; write at least {MIN_EXAMPLES}, in clients' own words.",
            )
    for intent in examples:
        if intent.startswith(PREFIX) and intent.removeprefix(PREFIX) not in content.topic:
            yield Problem(
                EXAMPLES_FILE,
                intent,
                "has example questions but no answer: no file in knowledge/topics has this name.",
            )
        if intent in content.topic:
            yield Problem(
                EXAMPLES_FILE, intent, f"is no intent: those of topics begin with {PREFIX}: {PREFIX}{intent}."
            )


def _ambiguous(examples: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for _, intent, text, other in _claimed({("", intent): texts for intent, texts in examples.items()}):
        yield Problem(EXAMPLES_FILE, intent, f"the example '{text}' stands under {other} too; keep one.")


def _claimed(said: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[tuple[str, str, str, str]]:
    """The texts that two intents claim after the same topic: the topic, the later intent, the text, the first intent."""
    owner: dict[tuple[str, str], str] = {}
    for (after, intent), texts in said.items():
        for text in dict.fromkeys(" ".join(text.lower().split()) for text in texts):
            first = owner.setdefault((after, text), intent)
            if first != intent:
                yield after, intent, text, first


def check_next(content: Content, said: Mapping[tuple[str, str], Sequence[str]]) -> list[Problem]:
    """What of the messages that clients say next names no topic, or means two things after the same answer.

    Args:
        content: what `files.read_content` returned.
        said: what `examples.read_next` returned.
    """
    problems = [
        Problem(NEXT_FILE, f"{intent} after {after}", f"'{text}' after {after} stands under {other} too; keep one.")
        for after, intent, text, other in _claimed(said)
    ]
    for after, intent in said:
        block = f"{intent} after {after}"
        if after not in content.topic:
            problems.append(
                Problem(NEXT_FILE, block, f"'{after}' is no topic: no file in knowledge/topics has this name.")
            )
        if intent.startswith(PREFIX) and intent.removeprefix(PREFIX) not in content.topic:
            problems.append(Problem(NEXT_FILE, block, "has no answer: no file in knowledge/topics has this name."))
    return problems


def _used(content: Content) -> Iterator[Problem]:
    used = {
        source
        for entries in (content.topics, content.facts, content.red_flags)
        for entry in entries
        for source in entry.sources
    }
    for source in content.sources:
        if source.id not in used and not source.unused_because:
            yield Problem(
                "knowledge/sources.yml",
                source.id,
                "is named by no topic, fact or red flag: name it there, or say why not in 'unused_because'.",
            )
        if source.id in used and source.unused_because:
            yield Problem("knowledge/sources.yml", source.id, "is used after all: delete 'unused_because'.")


def _carried(content: Content) -> Iterator[Problem]:
    for topic in content.topics:
        file = topic_file(topic)
        yield from _most(file, "title", len(topic.title), MAX_LABEL_CHARS, "characters")
        payload = len(f'/faq{{"topic":"{topic.id}"}}'.encode())
        yield from _most(file, "file name", payload, MAX_PAYLOAD_BYTES, "bytes in the button that asks for it")
        yield from _most(file, "short", longest_answer(topic, content), MAX_ANSWER_CHARS, "characters with its links")
        yield from _most(file, "long", _shown(topic.long, topic, content), MAX_LONG_CHARS, "characters with its links")


def longest_answer(topic: Topic, content: Content) -> int:
    """The most characters that a topic's first answer can have.

    Placeholders are filled in, links stand below, and a note or part may say first what it is about ("About ...:").
    """
    values = [value for facet in content.facets for value in facet.values]
    about = max((len(f"About {value.name}: ") for value in values), default=0)
    notes = [about + _shown(v.notes[topic.id], None, content) + 1 for v in values if topic.id in v.notes]
    parts = [about + _shown(part.text, topic, content) for part in topic.parts]
    return max(max(notes, default=0) + _shown(topic.short, topic, content), *parts, 0)


def _shown(text: str, topic: Topic | None, content: Content) -> int:
    filled = placeholders.fill(text.strip(), content, missing=str)
    return len(filled) + sum(map(_link_chars, content.shown_sources(topic) if topic else ()))


def _link_chars(source: Source) -> int:
    return len(f"\nSource: {source.title}, {source.url}")


def _most(file: str, entry: str, size: int, most: int, unit: str) -> Iterator[Problem]:
    if size > most:
        yield Problem(file, entry, f"makes {size} {unit}; {most} is the most that every channel carries.")
