"""What the knowledge consists of.

The same classes describe an entry of a content file and an entry read back from the store. They check what
can be seen in one entry alone; `checks` looks at how entries fit together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, StrictStr, validator

#: Buttons under a message, and the limits that all channels share (Slack: 75 characters a title, 5 a row).
MAX_TITLE_CHARS = 60
MAX_BUTTON_CHARS = 28
#: The days of the week, as the clinic's hours and a therapist's working days name them.
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Days on which the clinic is closed that are named at once.
MOST_DATES = 6
#: Sources that are shown below an answer.
MOST_LINKS = 2
#: The facet whose values are narrow questions: their notes are answers of their own.
DETAIL_FACET = "detail"


class Entry(BaseModel):
    """Base of all entries: unknown keys are mistakes, and nothing changes after loading."""

    class Config:
        """Pydantic's settings."""

        extra = "forbid"
        frozen = True
        keep_untouched = (cached_property,)

    def __eq__(self, other: object) -> bool:
        # Pydantic's own comparison takes in the cached properties: reading one would make equal entries differ.
        return type(self) is type(other) and all(
            getattr(self, name) == getattr(other, name) for name in self.__fields__
        )


class Grade(str, Enum):
    """How sure the state of research makes us of an answer."""

    GOOD = "good"
    LIMITED = "limited"
    WEAK = "weak"
    NONE = "none"
    NOT_APPLICABLE = "not_applicable"


class Mode(str, Enum):
    """Where the answers of a topic come from; see `meta.modes` of the topic list."""

    KNOWLEDGE = "knowledge"
    MIXED = "mixed"
    CLINIC_CONFIG = "clinic_config"
    SAFETY = "safety"
    ACTION = "action"
    SYSTEM = "system"


class Level(str, Enum):
    """How urgent a red flag is."""

    EMERGENCY = "call_emergency_now"
    SAME_DAY = "same_day_medical_care"
    DOCTOR_FIRST = "doctor_before_massage"
    CRISIS = "crisis_line_and_emergency_if_danger"
    HANDOFF = "safety_and_human_handoff"

    @property
    def urgent(self) -> bool:
        """Whether the safety reply comes first and alone."""
        return self is not Level.DOCTOR_FIRST


class Evidence(Entry):
    """The answer to "how sure is this?"."""

    grade: Grade
    text: str


class Review(Entry):
    """Who looked at an entry, and when somebody must look again."""

    by: str | None = None
    on: date | None = None
    due: date

    @property
    def state(self) -> str:
        """The review in words that may be shown to anyone."""
        return f"reviewed by {self.by} on {self.on}" if self.by else "not yet reviewed by a clinician"


class Part(Entry):
    """What an answer says in place of its short form when the client named what it has own words for."""

    when: dict[str, str]
    text: str

    @validator("when")
    def _one_facet(cls, value: dict[str, str]) -> dict[str, str]:
        if len(value) != 1:
            raise ValueError("name exactly one facet and its value, for example {modality: cupping}")
        return value

    @property
    def facet(self) -> str:
        """Name of the facet that selects this part."""
        return next(iter(self.when))

    @property
    def value(self) -> str:
        """Value of the facet that selects this part."""
        return self.when[self.facet]


class Topic(Entry):
    """One thing that clients ask about, with its answer."""

    id: str
    group: str
    mode: Mode
    title: str = Field(max_length=MAX_TITLE_CHARS)
    button: str = Field(max_length=MAX_BUTTON_CHARS)
    short: str
    long: str
    evidence: Evidence
    facts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sources_note: str | None = None
    related: tuple[str, ...]
    includes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    review: Review

    @validator("short", "long")
    def _stripped(cls, value: str) -> str:
        return value.strip()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs of the long text; one that ends in a colon goes on with the list after it."""
        return tuple(part.strip() for part in _PARAGRAPH_END.split(self.long) if part.strip())

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences of the short answer, each that leans on the one before ("It depends ...") together with that."""
        found: list[str] = []
        for sentence in SENTENCE_END.split(" ".join(self.short.split())):
            before = f"{found[-1]} " if found and _LEANS.match(sentence) else ""
            found.append(before + sentence)
        return tuple(found)


#: Between two paragraphs of a text, and between two sentences.
_PARAGRAPH_END = re.compile(r"(?<!:)\n\n")
SENTENCE_END = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
#: A sentence begins so that says little without the one before it.
_LEANS = re.compile(r"(?:It|They|Then|That|This|These|Those|Both|Another|Others?|Each|If not|Neither|The others?)\b")


def text_name(text: str) -> str:
    """A short name for a text: a hash of it."""
    return blake2b(text.encode(), digest_size=4).hexdigest()


#: Words in the kind of a source that says little for what it tells.
_WEAK_KINDS = ("weak", "copy", "republished", "commercial", "blog", "trade", "clinic page", "news", "method body")


class Source(Entry):
    """A public source that answers rest on."""

    id: str
    title: str
    url: str
    kind: str
    supports: str
    found_how: str
    note: str | None = None
    unused_because: str | None = None

    @property
    def is_weak(self) -> bool:
        """Whether it is a copy at another address, sells something or is no expert's: better ones are shown before it."""
        return "is a copy" in self.found_how or any(word in self.kind for word in _WEAK_KINDS)

    @property
    def read_in_full(self) -> bool:
        """Whether somebody read the whole source: so far only excerpts and copies were."""
        return "read in full" in self.found_how and "not read in full" not in self.found_how


class Fact(Entry):
    """A claim of the source articles, with an honest assessment of it."""

    id: str
    topic: str
    statement: str
    kind: str
    assessment: str
    comment: str
    sources: tuple[str, ...] = ()
    safe_wording: str | None = None
    contradiction: str | None = None
    unused_because: str | None = None


class FacetValue(Entry):
    """Something a client may name: a condition, a medicine, a place of the body.

    Attributes:
        name: how an answer names it in the middle of a sentence.
        synonyms: other ways in which clients write it.
        parent: the value of the same facet that it is a kind of; its notes hold here too.
        topic: the topic that is about this value.
        notes: by topic, what is true to say there about this value, before the topic's own answer.
    """

    id: str
    name: str
    synonyms: tuple[str, ...] = ()
    parent: str | None = None
    topic: str | None = None
    notes: dict[str, str] = {}


class Facet(Entry):
    """A kind of thing that clients name, with the values that are known."""

    facet: str
    description: str
    values: tuple[FacetValue, ...]

    @cached_property
    def by_id(self) -> Mapping[str, FacetValue]:
        """The values by id."""
        return {value.id: value for value in self.values}


class Sign(Entry):
    """Something a message may show: a symptom, a place of the body, a circumstance.

    Attributes:
        means: the sign in plain words.
        wordings: how clients write it, in the small language of `safety.signs`.
    """

    id: str
    means: str
    wordings: tuple[str, ...]


class Rule(Entry):
    """When a red flag is present, in terms that a clinician can read.

    Attributes:
        signs: all of these must be there and not be denied.
        unless: none of these may be there.
        near: whether the signs must stand close together.
        likely: whether the rule makes the flag likely; else it only makes it possible.
        alone: whether its words leave no doubt, so that it counts however little the message is like the examples.
        because: the reason in plain words.
    """

    signs: tuple[str, ...]
    unless: tuple[str, ...] = ()
    near: bool = False
    likely: bool = True
    alone: bool = False
    because: str


class RedFlag(Entry):
    """A sign of danger that comes before everything else."""

    id: str
    title: str
    level: Level
    say: str
    ask: str | None = None
    topic: str
    sources: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    present: tuple[str, ...]
    not_present: tuple[str, ...]
    review: Review


class Country(Entry):
    """The numbers to call in a country, as texts: the number 000 would be 0.

    Attributes:
        abuse: the helplines for who is hurt at home, for children and for people who are trafficked.
    """

    code: StrictStr
    name: StrictStr
    emergency: StrictStr
    crisis: StrictStr
    non_emergency: StrictStr | None = None
    abuse: StrictStr | None = None


class Clinic(Entry):
    """The clinic's own facts, by key, as `clinic.yml` holds them. Empty values are handed to a person."""

    facts: dict[str, Any]

    def text(self, key: str) -> str | None:
        """A fact in readable lines, or nothing when the clinic left it empty.

        Args:
            key: the fact's name, a dot between levels (``privacy.contact``).
        """
        value: Any = self.facts
        for name in key.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value == [] and key.startswith("hours."):
            return "none: we are closed"
        if key == "closed_dates":
            return _coming_days(value, self.facts.get("timezone"))
        return _readable(value)

    @property
    def prices(self) -> list[Mapping[str, Any]]:
        """The price list; nothing when the clinic wrote a sentence in its place."""
        return self._listed("prices")

    @property
    def therapists(self) -> list[Mapping[str, Any]]:
        """The clinic's own therapists; nothing when the clinic wrote a sentence in their place."""
        return self._listed("therapists")

    def _listed(self, key: str) -> list[Mapping[str, Any]]:
        value = self.facts.get(key)
        return value if isinstance(value, list) else []


def _readable(value: Any) -> str | None:
    if value is None or value == "" or value == [] or value == {}:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if {"open", "close"} <= set(value):
            return f"{clock(value['open'])} to {clock(value['close'])}"
        if {"name", "price"} <= set(value):
            minutes = f" ({value['minutes']} minutes)" if value.get("minutes") else ""
            return f"{value['name']}{minutes}: {value['price']}"
        if {"name", "credentials"} <= set(value):
            return _therapist_line(value)
        if "name" in value:
            return ", ".join(str(v) for v in value.values() if v)
        lines = [f"{str(k).replace('_', ' ').capitalize()}: {_readable(v) or 'closed'}" for k, v in value.items()]
        return "\n".join(lines)
    if isinstance(value, (list, tuple)):
        texts = [text for text in map(_readable, value) if text]
        if all(isinstance(v, Mapping) and not {"open", "close"} <= set(v) for v in value):
            return "\n".join(f"- {text}" for text in texts)
        return in_words(texts)
    return str(value)


def _coming_days(days: Any, zone: str | None) -> str | None:
    """The next of some dates, from today on in a time zone (else the machine's), in words."""
    today = datetime.now(ZoneInfo(zone) if zone else None).date()
    coming = sorted(day for day in (date.fromisoformat(str(one)) for one in days or ()) if day >= today)
    return in_words([f"{day:%B} {day.day}" for day in coming[:MOST_DATES]]) or None


def clock(time: str) -> str:
    """A time of day ("19:30") as people read it: "9 am", "7:30 pm", "noon", "midnight"."""
    hour, minute = (int(part) for part in time.split(":"))
    if minute == 0 and hour % 12 == 0:
        return "noon" if hour == 12 else "midnight"
    minutes = f":{minute:02}" if minute else ""
    return f"{hour % 12 or 12}{minutes} {'pm' if hour % 24 >= 12 else 'am'}"


def _therapist_line(value: Mapping[str, Any]) -> str:
    credentials = _readable(value["credentials"])
    special = _readable(value.get("specialities") or [])
    gender = {"female": "a woman", "male": "a man"}.get(str(value.get("gender")), _readable(value.get("gender")))
    languages = _readable(value.get("languages") or [])
    days = _readable([str(day).capitalize() for day in value.get("days") or []])
    more = [gender, languages and f"speaks {languages}", days and f"here on {days}"]
    about = "; ".join(text for text in more if text)
    line = f"{value['name']}, {credentials}" + (f": {special}" if special else "")
    return f"{line} ({about})" if about else line


def in_words(texts: Sequence[str]) -> str:
    """Texts one after the other: "a, b and c"."""
    return ", ".join(texts[:-1]) + " and " + texts[-1] if len(texts) > 1 else "".join(texts)


class Content(Entry):
    """All of the knowledge at one moment."""

    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]
    facts: tuple[Fact, ...]
    facets: tuple[Facet, ...]
    signs: tuple[Sign, ...]
    red_flags: tuple[RedFlag, ...]
    countries: tuple[Country, ...]
    clinic: Clinic

    def shown_sources(self, topic: Topic) -> list[Source]:
        """The sources that stand below an answer, the better ones first."""
        listed = [self.source[name] for name in topic.sources if name in self.source]
        return sorted(listed, key=lambda source: source.is_weak)[:MOST_LINKS]

    @property
    def details(self) -> tuple[FacetValue, ...]:
        """The narrow questions that have answers of their own."""
        return self.facet[DETAIL_FACET].values if DETAIL_FACET in self.facet else ()

    @cached_property
    def topic(self) -> Mapping[str, Topic]:
        """Topics by id."""
        return {topic.id: topic for topic in self.topics}

    @cached_property
    def source(self) -> Mapping[str, Source]:
        """Sources by id."""
        return {source.id: source for source in self.sources}

    @cached_property
    def facet(self) -> Mapping[str, Facet]:
        """Facets by name."""
        return {facet.facet: facet for facet in self.facets}

    @cached_property
    def red_flag(self) -> Mapping[str, RedFlag]:
        """Red flags by id."""
        return {flag.id: flag for flag in self.red_flags}

    @cached_property
    def caution(self) -> Mapping[str, RedFlag]:
        """By topic, the first flag that says to ask a doctor before a massage."""
        cautions = [flag for flag in self.red_flags if flag.level is Level.DOCTOR_FIRST]
        return {flag.topic: flag for flag in reversed(cautions)}

    @cached_property
    def country(self) -> Country:
        """The numbers of the clinic's own country."""
        code = self.clinic.facts.get("country") or "EU"
        return {country.code: country for country in self.countries}[code]

    def lineage(self, facet: str, value: str) -> tuple[FacetValue, ...]:
        """A facet's value and the values that it is a kind of, nearest first."""
        found: list[FacetValue] = []
        known = self.facet[facet].by_id if facet in self.facet else {}
        current: str | None = value
        while current is not None and current in known and known[current] not in found:
            found.append(known[current])
            current = found[-1].parent
        return tuple(found)
