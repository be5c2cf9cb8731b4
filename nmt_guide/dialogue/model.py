"""What goes into a turn of the conversation, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nmt_guide.dialogue.forms import Contact, Search

Facets = dict[str, Any]


def values_of(facets: Facets, facet: str) -> list[str]:
    """The values of a facet; none when it is not named."""
    value = facets.get(facet)
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def topic_in(label: str) -> str | None:
    """The topic that a label (``faq/<topic id>``) asks about; None for a follow-up, or no label."""
    kind, _, topic = label.partition("/")
    return topic if kind == "faq" else None


@dataclass(frozen=True)
class Question:
    """One question in a message, as the understanding sees it.

    Attributes:
        text: its words, spelling put right.
        ranking: labels (``faq/<topic id>`` or ``follow_up/<kind>``) with scores, best first.
        confidence: probability that the first label is right.
        facets: what it names.
        denied: what it says not to be the case: "I don't have sciatica".
        in_context: the ranking when it is heard after the topic that was answered before.
        passages: by topic the names of its texts that come near to it, the nearest first.
        nearest: by topic the name of the one text that comes nearest, although it may be far.
    """

    text: str
    ranking: tuple[tuple[str, float], ...]
    confidence: float
    facets: Facets = field(default_factory=dict)
    in_context: tuple[tuple[str, float], ...] = ()
    denied: Facets = field(default_factory=dict)
    passages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    nearest: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The best label."""
        return self.ranking[0][0] if self.ranking else ""

    @property
    def topic(self) -> str | None:
        """The topic of the best label; None where it is a follow-up."""
        return topic_in(self.label)


@dataclass(frozen=True)
class Alarm:
    """What the safety screen says of a message: a red flag that is likely, or possible.

    Attributes:
        ruled: whether a rule speaks for it, and not only that the message is like others.
        score: how like them it is, from 0 to 1.
    """

    flag: str
    likely: bool
    ruled: bool = True
    score: float = 1.0


@dataclass(frozen=True)
class Turn:
    """One message of a client, understood.

    Attributes:
        chosen: the button that the client pressed, as ``(intent, value)``.
        conversation: Rasa's sender id.
        channel: the name of the channel that it came by.
    """

    text: str
    questions: tuple[Question, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    chosen: tuple[str, str] | None = None
    conversation: str = ""
    channel: str = ""


@dataclass(frozen=True)
class Memory:
    """What a conversation keeps between turns; Rasa holds it in the slots of the same names.

    Attributes:
        topic: what was answered last.
        facets: what the client named, as long as the subject lasts.
        offered: topics that the last reply offered, in order.
        said: the last reply's texts, for "say that again".
        heard: short names (`answers.name_of`) of the last texts, so that none is said twice.
        flag: the red flag that the conversation waits on.
        ruled: whether a rule spoke for it.
        held: how often the client was asked for safety since.
        waiting: topics that were asked about meanwhile, to be answered afterwards.
        cleared: red flags that the client said are none.
        unseen: the red flag that a doctor should look at before massage, and has not.
        denied: topics of what the client said not to have.
        asking: the red flag that a screening question asked about.
        misses: how many messages in a row were not understood.
        search: the search for a therapist.
        contact: the message to a person that the client is leaving.
    """

    topic: str | None = None
    facets: Facets = field(default_factory=dict)
    offered: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    flag: str | None = None
    ruled: bool = False
    held: int = 0
    waiting: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    unseen: str | None = None
    denied: tuple[str, ...] = ()
    asking: str | None = None
    misses: int = 0
    search: Search | None = None
    contact: Contact | None = None

    def but(self, **changes: Any) -> Memory:
        """A copy with some things changed."""
        return replace(self, **changes)

    def to_slots(self) -> dict[str, Any]:
        """The memory as Rasa's slots hold it."""
        slots = {name: getattr(self, name) for name in type(self).__dataclass_fields__}
        slots |= {name: list(slots[name]) for name in _LISTS}
        return slots | {name: slots[name] and slots[name].to_slot() for name in ("search", "contact")}

    @classmethod
    def from_slots(cls, slots: Mapping[str, Any]) -> Memory:
        """The memory out of Rasa's slots; what is missing or strange is as if it had never been said."""
        found = {name: slots[name] for name in cls.__dataclass_fields__ if slots.get(name) is not None}
        for name in _LISTS:
            if name in found:
                value = found[name]
                found[name] = tuple(str(one) for one in value) if isinstance(value, (list, tuple)) else ()
        found["search"] = Search.from_slot(found.get("search"))
        found["contact"] = Contact.from_slot(found.get("contact"))
        return cls(**found)


#: What is a tuple here and a list in a slot.
_LISTS = ("offered", "said", "heard", "waiting", "cleared", "denied")


@dataclass(frozen=True)
class Button:
    """Something the client can press: what it says, and what it sends."""

    title: str
    payload: str


@dataclass(frozen=True)
class Message:
    """One message of the assistant; `meta` is the reply metadata that every channel passes on."""

    text: str
    meta: Mapping[str, Any]
    buttons: tuple[Button, ...] = ()

    def but(self, **changes: Any) -> Message:
        """A copy with some things changed."""
        return replace(self, **changes)

    def on(self, topic: str) -> Message:
        """A copy that counts under a topic."""
        return self.but(meta={**self.meta, "topic": topic})


@dataclass(frozen=True)
class Reply:
    """What the assistant says, and what it keeps in mind."""

    messages: tuple[Message, ...]
    memory: Memory
