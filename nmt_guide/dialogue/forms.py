"""What a conversation keeps of its two forms: the search for a therapist, and a message to a person.

Rasa holds each in one slot (`search`, `contact`) as plain JSON. Which form is active, and what it asks, is read off
them (`asking`), so that Rasa's active loop can never differ from what the dialogue believes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from nmt_guide.directory.model import Place, Wish
from nmt_guide.handoff.requests import KINDS, Kind

THERAPIST_FORM = "therapist_form"
CONTACT_FORM = "contact_form"
#: What the contact form may wait for.
STEPS = ("consent", "name", "way", "message", "confirm", "change")


@dataclass(frozen=True)
class Search:
    """A search for a therapist.

    Attributes:
        asked: what the form waits for: ``place``, or ``which_place`` when there are several of a name; nothing when
            the search has its answer.
        wish: what the client wants, as far as said.
        choices: the places of one name, in the order in which they were offered.
        shown: ids of the therapists shown so far, in order.
        page: how many of them were shown last.
        focus: id of the therapist that "she" and "his number" mean.
        tries: how often a place was not found.
    """

    asked: str | None = None
    wish: Wish = field(default_factory=Wish)
    choices: tuple[Place, ...] = ()
    shown: tuple[str, ...] = ()
    page: int = 0
    focus: str | None = None
    tries: int = 0

    def but(self, **changes: Any) -> Search:
        """A copy with some things changed."""
        return replace(self, **changes)

    def to_slot(self) -> dict[str, Any]:
        """The search as JSON gives it back: lists for tuples, so that a slot that was stored compares as equal."""
        slot = asdict(self)
        return {**slot, "choices": list(slot["choices"]), "shown": list(slot["shown"])}

    @classmethod
    def from_slot(cls, value: object) -> Search | None:
        """The search that a slot holds; one that is missing or strange is none."""
        try:
            slot = dict(value)  # type: ignore[call-overload]
            wish = dict(slot.pop("wish"))
            place = wish.pop("place")
            return cls(
                wish=Wish(place=Place(**place) if place else None, **wish),
                choices=tuple(Place(**choice) for choice in slot.pop("choices")),
                shown=tuple(slot.pop("shown")),
                **slot,
            )
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True)
class Contact:
    """A message to a person at the clinic, as far as the client gave it.

    Attributes:
        id: the id of the request that it becomes, so that sending it twice keeps one.
        kind: what it is about: a kind of `nmt_guide.handoff.requests.Request`.
        asked: what the form waits for, one of `STEPS`.
        topic: what was talked about before.
        consent: whether the client allowed that name and number are passed on.
    """

    id: str
    kind: Kind
    asked: str
    topic: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    message: str | None = None
    consent: bool = False

    def but(self, **changes: Any) -> Contact:
        """A copy with some things changed."""
        return replace(self, **changes)

    def to_slot(self) -> dict[str, Any]:
        """The message as JSON."""
        return asdict(self)

    @classmethod
    def from_slot(cls, value: object) -> Contact | None:
        """The message that a slot holds; one that is missing or strange is none."""
        try:
            contact = cls(**dict(value))  # type: ignore[call-overload]
        except (TypeError, ValueError):
            return None
        return contact if contact.kind in KINDS and contact.asked in STEPS else None


def asking(search: Search | None, contact: Contact | None) -> tuple[str, str] | None:
    """The form that waits for an answer, and what it asks. A message to a person comes before a search."""
    if contact is not None:
        return CONTACT_FORM, contact.asked
    if search is not None and search.asked is not None:
        return THERAPIST_FORM, search.asked
    return None
