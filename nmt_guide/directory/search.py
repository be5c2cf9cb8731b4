"""Searches the directory."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from nmt_guide.directory.model import Found, Therapist, Wish


class Directory:
    """All therapists, kept in memory and read again when they changed.

    Args:
        engine: the database of the knowledge store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Therapist, ...]:
        """Everybody, in the order of the list."""
        raise NotImplementedError

    def get(self, therapist_id: str) -> Therapist | None:
        """One therapist, or nothing when there is none of this id."""
        raise NotImplementedError

    def search(self, wish: Wish) -> Found:
        """Who matches a wish."""
        raise NotImplementedError


def distance_text(km: float, country: str) -> str:
    """A distance in the units of a country: "3 miles" or "5 km"."""
    raise NotImplementedError
