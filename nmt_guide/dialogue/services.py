"""What the dialogue asks of the rest of the house: somebody to find, somewhere to leave a message, the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nmt_guide.directory.model import Found, Place, Therapist, Wish
from nmt_guide.handoff.requests import Request


class Therapists(Protocol):
    """The directory: `nmt_guide.directory.search.Directory`."""

    def get(self, therapist_id: str) -> Therapist | None:
        """One therapist, or nothing when there is none of this id."""

    def search(self, wish: Wish) -> Found:
        """Who matches a wish."""


class Gazetteer(Protocol):
    """Towns and postcodes: `nmt_guide.directory.places.Places`."""

    def find(self, text: str, country: str) -> list[Place]:
        """The places that a phrase may mean, best first."""

    def spot(self, text: str, country: str, forgiving: bool = False) -> list[Place]:
        """The places that a whole message names, best first."""


class Staff(Protocol):
    """Where messages to a person are kept: `nmt_guide.handoff.outbox.Outbox`."""

    def add(self, request: Request) -> Request:
        """Keep a request; the same one twice is kept once."""

    def forget(self, conversation: str) -> int:
        """Delete what a conversation left."""


@dataclass(frozen=True)
class Services:
    """The services of a turn.

    Attributes:
        now: the time, with a time zone.
    """

    therapists: Therapists
    places: Gazetteer
    staff: Staff
    now: Callable[[], datetime]
