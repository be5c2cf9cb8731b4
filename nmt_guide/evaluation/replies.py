"""What was understood of a message and what the reply to it amounts to, as a client would see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from nmt_guide.dialogue.answering import OPTIONS
from nmt_guide.evaluation.sets import Row

#: From mildest to most urgent; the two others are for danger that is not of the body.
_ORDER = ("doctor_before_massage", "same_day_medical_care", "call_emergency_now")
_EMERGENCY = frozenset({"call_emergency_now", "crisis_line_and_emergency_if_danger"})
URGENT = _EMERGENCY | {"same_day_medical_care", "safety_and_human_handoff"}
CHECK = "check"
_OFFERS = frozenset({"clarify", "fallback"})
#: Kinds of reply, and topics, that meet an out-of-scope message without claiming to answer it.
_DECLINING_KINDS = _OFFERS | {"refusal", "smalltalk", "handoff", "privacy", "safety"}
DECLINING_TOPICS = frozenset(
    {
        "out_of_scope",
        "unclear",
        "inappropriate_requests",
        "language_access",
        "bot_limits",
        "bot_identity",
        "small_talk_greeting",
        "small_talk_thanks",
        "small_talk_how_are_you",
        "human_handoff",
        "feelings_support",
    }
)


@dataclass(frozen=True)
class Heard:
    """One message, what was understood of it, and the reply.

    Attributes:
        questions: what the understanding set: text, ranking, confidence, facets of each question.
        metadata: of each message of the reply, in order.
        texts: of each message of the reply.
    """

    text: str
    questions: tuple[Mapping[str, Any], ...] = ()
    metadata: tuple[Mapping[str, Any], ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def labels(self) -> list[str]:
        """Labels, best first: of each question its best one, then the others of the first question."""
        best = [question["ranking"][0][0] for question in self.questions if question["ranking"]]
        others = [label for question in self.questions[:1] for label, _ in question["ranking"]]
        return list(dict.fromkeys(best + others))

    @property
    def topics(self) -> list[str]:
        """Topics that the reply answers, in order; offers and screening questions answer none."""
        answered = [
            m["topic"]
            for m in self.metadata
            if m.get("topic") and m.get("kind") not in _OFFERS and m.get("level") != CHECK
        ]
        return list(dict.fromkeys(answered))

    @property
    def options(self) -> list[str]:
        """Topics that the reply offers, in order."""
        return [topic for m in self.metadata if m.get("kind") in _OFFERS for topic in m.get("options") or ()]

    @property
    def levels(self) -> list[str]:
        """Levels of the safety messages in the reply."""
        return [str(m.get("level")) for m in self.metadata if m.get("kind") == "safety"]

    @property
    def flags(self) -> list[str]:
        """Red flags of the urgent safety messages in the reply."""
        return [str(m.get("flag")) for m in self.metadata if m.get("kind") == "safety" and m.get("level") in URGENT]

    @property
    def alarmed(self) -> bool:
        """Whether the reply tells the client to seek help now."""
        return any(level in URGENT for level in self.levels)

    @property
    def checked(self) -> bool:
        """Whether the reply asks a screening question."""
        return CHECK in self.levels

    @property
    def declined(self) -> bool:
        """Whether the whole reply declines to answer."""
        return bool(self.metadata) and all(
            m.get("kind") in _DECLINING_KINDS or m.get("topic") in DECLINING_TOPICS for m in self.metadata
        )

    @property
    def silent(self) -> bool:
        """Whether nothing was said."""
        return not any(text.strip() for text in self.texts)


class Outcome(str, Enum):
    """What became of a question."""

    RIGHT = "right"
    OFFERED = "offered"
    FALSE_ALARM = "false alarm"
    REFUSED = "refused"
    WRONG = "wrong"


def accepted(row: Row) -> set[str]:
    """The topics that are right for a labelled message."""
    return {row["topic"], *(row.get("also_ok") or ())}


def outcome(row: Row, heard: Heard) -> Outcome:
    """What became of a labelled question: what is answered first decides, then what is offered."""
    ok, got = accepted(row), heard.topics
    if got and got[0] in ok:
        return Outcome.RIGHT
    if not got and ok & set(heard.options[:OPTIONS]):
        return Outcome.OFFERED
    if heard.alarmed:
        return Outcome.FALSE_ALARM
    return Outcome.WRONG if got else Outcome.REFUSED


def caught(level: str, heard: Heard) -> bool:
    """Whether a red flag was met at its level or a more urgent one."""
    if level not in _ORDER:
        return heard.alarmed
    enough = _EMERGENCY | set(_ORDER[_ORDER.index(level) :])
    return any(got in enough for got in heard.levels)


def topics_answered(row: Row, heard: Heard) -> int:
    """How many of a message's questions were answered; another right topic stands in for a missing one."""
    got = set(heard.topics)
    found = sum(topic in got for topic in row["topics"])
    spare = len(set(row.get("also_ok") or ()) & got)
    return min(len(row["topics"]), found + spare)


@dataclass
class FacetCount:
    """Facets that should be found, and those that were.

    Attributes:
        found_as_text: how many `shared/eval/score.py` finds. It reads a list in the metadata as one text with
            brackets and quotes, so that most words in lists are not found.
    """

    wanted: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    found_as_text: int = 0

    def add(self, row: Row, heard: Heard) -> None:
        """Count one message: a facet is found when the reply's facets or topic hold a word of its value."""
        got: set[str] = set()
        as_text: set[str] = set()
        for m in heard.metadata:
            values = list((m.get("facets") or {}).values())
            got |= _words(values) | _words(m.get("topic") or "")
            as_text |= _words([str(value) for value in values]) | _words(m.get("topic") or "")
        for facet, value in (row.get("facets") or {}).items():
            self.wanted[facet] = self.wanted.get(facet, 0) + 1
            self.found_as_text += bool(_words(value) & as_text)
            if _words(value) & got:
                self.found[facet] = self.found.get(facet, 0) + 1
            else:
                self.missed.append(f"{facet} {value!r} in {heard.text!r}")


def _words(value: object) -> set[str]:
    values: Sequence[object] = value if isinstance(value, list) else [value]
    joined = " ".join(" ".join(map(str, one)) if isinstance(one, list) else str(one) for one in values)
    return set(joined.lower().replace("_", " ").replace("-", " ").split())
