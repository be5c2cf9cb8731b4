"""Puts answers together from the knowledge: text, sources, buttons, metadata."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from nmt_guide.dialogue.model import Button, Facets, Message, values_of
from nmt_guide.knowledge import placeholders
from nmt_guide.knowledge.content import (
    DETAIL_FACET,
    SENTENCE_END,
    Content,
    FacetValue,
    Grade,
    Level,
    Mode,
    RedFlag,
    Source,
    Topic,
    text_name,
)

#: What `kind` says in the reply metadata for topics that are not plain answers.
_KINDS = {
    "small_talk_greeting": "smalltalk",
    "small_talk_thanks": "smalltalk",
    "small_talk_how_are_you": "smalltalk",
    "out_of_scope": "fallback",
    "unclear": "fallback",
    "inappropriate_requests": "refusal",
    "bot_diagnosis": "refusal",
    "bot_medication": "refusal",
    "bot_images_records": "refusal",
    "human_handoff": "handoff",
    "complaint": "handoff",
    "booking": "handoff",
    "find_therapist": "directory",
    "privacy": "privacy",
    "delete_my_data": "privacy",
}
_GRADES = {
    Grade.GOOD: "Good evidence.",
    Grade.LIMITED: "Limited evidence.",
    Grade.WEAK: "Weak evidence.",
    Grade.NONE: "No good evidence.",
    Grade.NOT_APPLICABLE: "",
}
#: The end of a line inside a sentence: content files wrap long texts, and only lists and paragraphs begin new lines.
_WRAPPED = re.compile(r"(?<!\n)\n(?!\n|- |\d+\. )")
#: Facets whose value an answer names, so that the client sees that it is for them.
_SAID_ALOUD = frozenset(["condition", "medication", "modality", "technique", "surgery", "sport", "credential", "tool"])
#: Facets that stay true of a client, whatever is asked next.
LASTING = frozenset(["medication", "surgery"])
_DAYS = re.compile(r"(\d+|few|several) (day|week|month|year)")


#: Before a paragraph of a longer answer, which may lean on the one before it.
_MORE = "Here is more on that. {}"
#: So many sentences are said to who wants it simpler.
_BRIEF = 2
_WAYS = frozenset(["clinic.phone", "clinic.email", "clinic.booking_url", "clinic.website"])
#: "Here is our price list:", and the list on lines of its own.
_LIST = re.compile(r":\n\{(clinic\.[^{}]*)\}")
#: Said in place of a text of which nothing is left.
_ASK_CLINIC = "Please ask the clinic: a person there can help."


class Missing(Exception):
    """The clinic left empty all the facts that an answer needs."""


class Answers:
    """Answers out of one picture of the knowledge."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._own_facets = _own_facets(content)

    @property
    def phone(self) -> str:
        """Whom to call, in a sentence: the clinic's number, or "the clinic" where none is on file."""
        return self.content.clinic.text("phone") or "the clinic"

    def short(self, topic_id: str, facets: Facets, named: Sequence[str] = ()) -> Message:
        """The first answer to a topic.

        Args:
            topic_id: the topic.
            facets: what the client named, now and earlier.
            named: the facets named in this very message, which weigh more than earlier ones.
        """
        topic = self.content.topic[topic_id]
        try:
            body = self._body(topic, facets, named)
            self._check_facts(topic, body)
            text = self._fill(body)
        except Missing:
            return self._hand_over(topic, facets)
        return Message(text + self._links(topic), self._meta(topic, facets), self._buttons(topic))

    def long(self, topic_id: str, facets: Facets) -> Message:
        """The answer to "tell me more"."""
        topic = self.content.topic[topic_id]
        try:
            text = self._fill(_WRAPPED.sub(" ", topic.long))
        except Missing:
            return self._hand_over(topic, facets)
        return Message(text + self._links(topic), self._meta(topic, facets), self._buttons(topic, more=False))

    def passage(self, topic_id: str, facets: Facets, name: str, from_long: bool = True) -> Message | None:
        """A text of a topic that comes near to what was asked.

        Args:
            topic_id: the topic.
            facets: what the client named.
            name: of the text, as `text_name` gives it.
            from_long: whether it may be out of the longer answer.
        """
        text = self.passage_text(topic_id, name, from_long)
        if text is None:
            return None
        topic = self.content.topic[topic_id]
        return Message(text + self._links(topic), self._meta(topic, facets), self._buttons(topic))

    def passage_text(self, topic_id: str, name: str, from_long: bool = True) -> str | None:
        """The words of `passage`: a paragraph of the longer answer, a sentence of the short one, or the answer to a narrow question.
        None when the text has changed, or needs a fact that was left empty."""
        paragraphs = self.content.topic[topic_id].paragraphs if from_long else ()
        paragraph = next((one for one in paragraphs if text_name(one) == name), None)
        text = _MORE.format(_WRAPPED.sub(" ", paragraph)) if paragraph else self._pointed.get((topic_id, name))
        return self._fill(text) if text is not None and self._is_on_file(text) else None

    @cached_property
    def _pointed(self) -> Mapping[tuple[str, str], str]:
        """By topic and name the texts that answer one narrow question: sentences of short answers, notes on details."""
        sentences = ((topic.id, one) for topic in self.content.topics for one in topic.sentences)
        notes = ((topic, note.strip()) for detail in self.content.details for topic, note in detail.notes.items())
        return {(topic, text_name(text)): text for topic, text in itertools.chain(sentences, notes)}

    def brief(self, answer: Message) -> Message:
        """The first sentences of an answer, for who finds it too long: the verdict stands in them."""
        body, *_ = answer.text.split("\nSource: ")
        sentences = SENTENCE_END.split(body.split("\n\n")[0])
        return Message(" ".join(sentences[:_BRIEF]), _with_links(answer.meta, []), answer.buttons)

    def evidence(self, topic_id: str, facets: Facets) -> Message:
        """The answer to "how sure is this?"."""
        topic = self.content.topic[topic_id]
        grade = _GRADES[topic.evidence.grade]
        text = self._fill(" ".join(part for part in (grade, topic.evidence.text, _review_line(topic)) if part))
        return Message(text + self._links(topic), self._meta(topic, facets), self._buttons(topic))

    def sources(self, topic_id: str, facets: Facets) -> Message:
        """The answer to "where did you read that?"."""
        topic = self.content.topic[topic_id]
        listed = [self.content.source[source] for source in topic.sources]
        if listed:
            text = "This answer rests on:" + "".join(map(_source_line, listed))
        else:
            text = f"This answer rests on no outside source: {topic.sources_note}."
        return Message(text, _with_links(self._meta(topic, facets), listed), self._buttons(topic))

    def again(self, text: str, meta: Mapping[str, Any]) -> Message:
        """A message that was said before, of which only the text was kept: its sources are links again."""
        by_line = {_source_line(source): source for source in self.content.source.values()}
        listed = [by_line[line] for line in (f"\n{line}" for line in text.splitlines()) if line in by_line]
        return Message(text, _with_links(meta, listed))

    def offer(self, topics: Sequence[str], text: str, kind: str) -> Message:
        """A question back, with topics as buttons and a way out. Topics that the content has no more are left out."""
        topics = [topic for topic in topics if topic in self.content.topic]
        buttons = [Button(self.content.topic[t].button, choose(t)) for t in topics]
        buttons.append(Button("Something else", follow_up("something_else")))
        return Message(text, {"kind": kind, "options": list(topics)}, tuple(buttons))

    def safety(self, flag: RedFlag) -> Message:
        """The safety reply of a red flag: alone, nothing sold."""
        return Message(
            self._fill(flag.say),
            {
                "kind": "safety",
                "level": flag.level.value,
                "flag": flag.id,
                "topic": flag.topic,
                "sources": list(flag.sources),
            },
        )

    def caution(self, flag: RedFlag, answer: Message) -> tuple[Message, ...]:
        """The ordinary answer under "ask your doctor first"; one message when the answer says that itself."""
        marks = {"kind": "safety", "level": Level.DOCTOR_FIRST.value, "flag": flag.id}
        topic = self.content.topic.get(str(answer.meta.get("topic")))
        if topic is not None and (topic.group == "safety" or topic.id in (flag.topic, "pregnancy", "post_surgery")):
            return (answer.but(meta={**answer.meta, **marks}),)
        return (Message(self._fill(flag.say), {**marks, "sources": list(flag.sources)}), answer)

    def screening(self, flag: RedFlag) -> Message:
        """The short question beside an ordinary answer, when a red flag is possible."""
        return Message(
            self._fill(flag.ask or flag.say),
            {"kind": "safety", "level": "check", "flag": flag.id},
            (Button("Yes", follow_up("yes")), Button("No", follow_up("no"))),
        )

    def on_topic(
        self,
        topic_id: str,
        text: str,
        buttons: Sequence[Button] = (),
        linked: bool = True,
        facets: Facets | None = None,
        **meta: Any,
    ) -> Message:
        """A text of the dialogue's own under a topic.

        Args:
            topic_id: the topic.
            text: what is said, word for word: what a client typed may be in it.
            buttons: what the client may press.
            linked: whether the topic's sources are shown.
            facets: what the client named.
            meta: what the reply metadata holds besides that of the topic.
        """
        topic = self.content.topic[topic_id]
        about = self._meta(topic, facets or {})
        if not linked:
            return Message(text, {**_with_links(about, []), **meta}, tuple(buttons))
        return Message(text + self._links(topic), {**about, **meta}, tuple(buttons))

    def on_form(self, text: str, buttons: Sequence[Button] = (), kind: str = "form") -> Message:
        """What a form says, word for word: what a client typed may be in it."""
        return Message(text, {"kind": kind}, tuple(buttons))

    def say(self, text: str, **meta: Any) -> Message:
        """A message with placeholders filled in."""
        try:
            return Message(self._fill(text), meta)
        except Missing:
            return Message(_ASK_CLINIC, meta)

    def own_facets(self, topic_id: str) -> Facets:
        """What a topic itself is about: the values of facets that name it as their topic."""
        return self._own_facets.get(topic_id, {})

    def topic_of(self, facet: str, value: str) -> str | None:
        """The topic that is about a facet's value, its own or that of what it is a kind of."""
        return next((one.topic for one in self.content.lineage(facet, value) if one.topic), None)

    def details(self, facets: Facets) -> list[FacetValue]:
        """The narrow questions that are named."""
        if DETAIL_FACET not in self.content.facet:
            return []
        known = self.content.facet[DETAIL_FACET].by_id
        return [known[value] for facet, value in _each(facets, ()) if facet == DETAIL_FACET and value in known]

    def _body(self, topic: Topic, facets: Facets, named: Sequence[str]) -> str:
        for detail in self.details(facets):
            if topic.id in detail.notes:
                return detail.notes[topic.id]
        for facet, value in _each(facets, named):
            for one in (v.id for v in self.content.lineage(facet, value)) if facet in self.content.facet else (value,):
                for part in topic.parts:
                    if part.facet == facet and part.value in (one, _bucket(facet, one)):
                        return self._named(facet, value, part.text)
        note = self._note(topic, facets, named)
        return f"{note} {topic.short}" if note else topic.short

    def _note(self, topic: Topic, facets: Facets, named: Sequence[str]) -> str:
        """One note on what the client takes or had done, which counts whatever else was named, and one on anything else."""
        notes: dict[bool, str] = {}
        for facet, value in _each(facets, named):
            for one in self.content.lineage(facet, value):
                if topic.id in one.notes and one.topic != topic.id and self._is_on_file(one.notes[topic.id]):
                    notes.setdefault(facet in LASTING, self._named(facet, value, one.notes[topic.id].strip()))
        return " ".join(notes[lasting] for lasting in (True, False) if lasting in notes)

    def _named(self, facet: str, value: str, text: str) -> str:
        """The text with the name of what it is about in front, when it does not say it itself."""
        if facet not in _SAID_ALOUD or facet not in self.content.facet:
            return text
        name = self.content.facet[facet].by_id[value].name
        if any(word in text.lower() for word in name.lower().split() if len(word) > 3):
            return text
        return f"About {name}: {text}"

    def _fill(self, text: str) -> str:
        said = placeholders.without_empty(text.strip(), self.content.clinic)
        if text.strip() and not said:
            raise Missing
        return placeholders.fill(said, self.content, missing=str)

    def _check_facts(self, topic: Topic, text: str) -> None:
        """Checks that a text on the clinic's own facts still says the list that it is about, or one of them and not only how to ask.

        Raises:
            Missing: that list or all of them were left empty.
        """
        facts = {name for name in placeholders.names(text) if name.startswith("clinic.")} - _WAYS
        facts = set(_LIST.findall(text)) or facts
        if topic.mode is Mode.CLINIC_CONFIG and facts:
            left = placeholders.names(placeholders.without_empty(text, self.content.clinic))
            if facts.isdisjoint(left):
                raise Missing

    def _is_on_file(self, text: str) -> bool:
        try:
            self._fill(text)
        except Missing:
            return False
        return True

    def _hand_over(self, topic: Topic, facets: Facets) -> Message:
        contact = [self.content.clinic.text(key) for key in ("phone", "email")]
        ways = " or ".join(way for way in contact if way) or "the clinic"
        text = f"I do not have that on file, and I will not guess. Please ask {ways}: a person there can tell you."
        return Message(text, {**_with_links(self._meta(topic, facets), []), "kind": "handoff"})

    def _meta(self, topic: Topic, facets: Facets) -> dict[str, Any]:
        kind = _KINDS.get(topic.id, "answer")
        named = {facet: _spoken(value) for facet, value in facets.items()}
        meta: dict[str, Any] = {"kind": kind, "topic": topic.id, "facets": named, "sources": list(topic.sources)}
        return _with_links(meta, self._linked(topic))

    def _links(self, topic: Topic) -> str:
        """The sources as lines of text; `nmt_guide.channels.rich` takes them off where links can be shown."""
        return "".join(map(_source_line, self._linked(topic)))

    def _linked(self, topic: Topic) -> list[Source]:
        """The sources that an answer shows."""
        if topic.mode in (Mode.SYSTEM, Mode.CLINIC_CONFIG, Mode.ACTION):
            return []
        return self.content.shown_sources(topic)

    def related(self, topic_id: str) -> tuple[Button, ...]:
        """What clients ask next after a topic, as buttons."""
        related = self.content.topic[topic_id].related
        return tuple(Button(self.content.topic[other].button, choose(other)) for other in related)

    def _buttons(self, topic: Topic, more: bool = True) -> tuple[Button, ...]:
        related = self.related(topic.id)
        if more and topic.mode is not Mode.SYSTEM:
            return (MORE, *related[:2])
        return related


def name_of(text: str) -> str:
    """A short name for a text, the same whatever sources stand under it."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("Source: "))
    return text_name(body)


def choose(topic: str) -> str:
    """What a button for a topic sends."""
    return "/faq" + json.dumps({"topic": topic}, separators=(",", ":"))


def follow_up(kind: str) -> str:
    """What a button for a follow-up sends."""
    return "/follow_up" + json.dumps({"follow_up": kind}, separators=(",", ":"))


MORE = Button("Tell me more", follow_up("more"))


def choice(value: str) -> str:
    """What a button of a form sends."""
    return "/choose" + json.dumps({"choice": value}, separators=(",", ":"))


def _source_line(source: Source) -> str:
    return f"\nSource: {source.title}, {source.url}"


def _with_links(meta: Mapping[str, Any], sources: Sequence[Source]) -> dict[str, Any]:
    """The metadata of a message under which these sources stand."""
    links = [{"title": source.title, "url": source.url} for source in sources]
    without = {key: value for key, value in meta.items() if key != "links"}
    return {**without, "links": links} if links else without


def _spoken(value: Any) -> str:
    """A facet's value as the reply metadata holds it: one text, several values apart by a slash."""
    return " / ".join(map(str, value)) if isinstance(value, list) else str(value)


def _each(facets: Facets, named: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every facet with each of its values, those of this message first."""
    for facet in sorted(facets, key=lambda name: name not in named):
        for value in values_of(facets, facet):
            yield facet, value


#: Names that answers use for a span of days: the first whose limit (in days) is not passed.
_SPANS: dict[str, tuple[tuple[int, str], ...]] = {
    "time_after": ((0, "same_day"), (1, "1_day"), (2, "2_days"), (3, "3_days"), (99999, "more_than_3_days")),
    "time_since": ((2, "less_than_3_days"), (13, "less_than_2_weeks"), (99999, "more_than_3_days")),
    "time_to_event": (
        (0, "today"),
        (1, "1_day"),
        (3, "2_days"),
        (7, "week"),
        (21, "weeks"),
        (99999, "month"),
    ),
    "duration": ((28, "acute"), (84, "subacute"), (99999, "long_term")),
}
_VAGUE = {"few": 3, "several": 5}
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


def _bucket(facet: str, value: str) -> str:
    """The name that answers use for a client's number: a time after of "5 days" is ``more_than_3_days``."""
    spans = _SPANS.get(facet)
    if spans and (match := _DAYS.search(value)):
        days = _VAGUE.get(match[1]) or int(match[1])
        days *= _UNIT_DAYS[match[2]]
        return next(name for limit, name in spans if days <= limit)
    if facet == "visit_number" and value.isdigit() and int(value) > 3:
        return "3"
    if facet == "age" and value.isdigit() and 10 <= int(value) <= 17:
        return "teen"
    return value


def _own_facets(content: Content) -> dict[str, Facets]:
    """By topic, the first value of each facet that names it as its topic."""
    found: dict[str, Facets] = {}
    for facet in content.facets:
        if facet.facet == DETAIL_FACET:
            continue
        for value in facet.values:
            if value.topic and value.parent is None and facet.facet not in found.setdefault(value.topic, {}):
                name = value.topic.partition("_")[2]
                if value.id == name or facet.facet not in ("location", "medication"):
                    found[value.topic][facet.facet] = value.id
    return found


def _review_line(topic: Topic) -> str:
    return f"This answer is {topic.review.state}." if topic.mode in (Mode.KNOWLEDGE, Mode.SAFETY, Mode.MIXED) else ""
