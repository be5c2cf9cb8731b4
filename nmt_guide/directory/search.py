"""Searches the directory."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Engine

from nmt_guide.directory import store
from nmt_guide.directory.distance import KM_PER_MILE, distance_text, great_circle, in_miles
from nmt_guide.directory.model import Found, Hit, Therapist, Wish
from nmt_guide.directory.words import Words, vocabulary, vocabulary_version
from nmt_guide.errors import StoreError

__all__ = ["Directory", "default_radius", "distance_text"]

logger = logging.getLogger(__name__)
Rows = NDArray[np.bool_]

#: Those beyond the wished distance are worth naming up to so many km.
_DAY_TRIP = 250.0
_MAX_BEYOND = 10


def default_radius(country: str) -> float:
    """How far people look when they do not say: 30 miles or 50 km, by the country that they are in; in km."""
    return 30 * KM_PER_MILE if in_miles(country) else 50.0


class Directory:
    """All therapists, kept in memory and read again when they changed.

    A question waits for the database now and then, and for a second after a list of thousands changed: on an event
    loop, ask in a thread.

    Args:
        engine: the database of the knowledge store.
        refresh_seconds: how long to wait between two looks at the database for changes.
    """

    def __init__(self, engine: Engine, refresh_seconds: float = 2.0) -> None:
        self._engine = engine
        self._refresh_seconds = refresh_seconds
        self._looked = float("-inf")
        self._columns: _Columns | None = None
        self._version: tuple[store.State | None, str | None] | None = None
        self._reading = threading.Lock()

    def all(self) -> tuple[Therapist, ...]:
        """Everybody, in the order of the list.

        Raises:
            StoreUnavailable: nothing was read so far, and the database cannot be used. The same holds for `get`
                and `search`.
        """
        return self._current().therapists

    def get(self, therapist_id: str) -> Therapist | None:
        """One therapist, or nothing when there is none of this id."""
        return self._current().by_id.get(therapist_id)

    def search(self, wish: Wish) -> Found:
        """Who matches a wish, nearest first; without a place, in the order of the list.

        When nobody does: those who match up to a day trip away; else those who are near and do not match; else
        whoever matches, however far away.
        """
        columns = self._current()
        matching = columns.matching(wish)
        if wish.place is None:
            return Found(tuple(Hit(columns.therapists[row], None) for row in np.flatnonzero(matching)))
        place = wish.place
        distances = great_circle(place.latitude, place.longitude, columns.latitudes, columns.longitudes)
        within = distances <= (default_radius(place.country) if wish.within is None else wish.within)
        if hits := columns.nearest(matching & within, distances):
            return Found(hits)
        if beyond := columns.nearest(matching & (distances <= _DAY_TRIP), distances, _MAX_BEYOND):
            return Found((), beyond)
        if near := columns.nearest(within, distances, _MAX_BEYOND):
            return Found((), near, relaxed=True)
        return Found((), columns.nearest(matching, distances, _MAX_BEYOND))

    def _current(self) -> _Columns:
        """The newest good list."""
        if self._columns is not None and time.monotonic() - self._looked < self._refresh_seconds:
            return self._columns
        with self._reading:
            self._looked = time.monotonic()
            try:
                version = (store.state(self._engine), vocabulary_version(self._engine))
                if self._columns is None or version != self._version:
                    self._columns = _Columns(store.load(self._engine), Words(vocabulary(self._engine)))
                    self._version = version
            except StoreError as error:
                if self._columns is None:
                    raise
                logger.error("The last good list of therapists stays in use: %s", error)
            return self._columns


class _Columns:
    """Therapists, and what is searched in them as arrays: one element a therapist, in the order of the list."""

    def __init__(self, therapists: tuple[Therapist, ...], words: Words) -> None:
        self.therapists = therapists
        self.by_id = {person.id: person for person in therapists}
        self.latitudes = np.array([person.latitude for person in therapists], dtype=float)
        self.longitudes = np.array([person.longitude for person in therapists], dtype=float)
        self._words = words
        self._home_visits = np.array([person.home_visits for person in therapists], dtype=bool)
        self._new_clients = np.array([person.accepts_new_clients for person in therapists], dtype=bool)
        self._traits: dict[tuple[str, str], Any] = {}
        known: dict[str, frozenset[str]] = {}
        for row, person in enumerate(therapists):
            for speciality in person.specialities:
                if speciality not in known:
                    known[speciality] = words.said_by_therapist(speciality)
            traits = [("speciality", term) for speciality in person.specialities for term in known[speciality]]
            traits += [("credential", value) for value in person.credentials]
            traits += [("language", value) for value in person.languages]
            traits += [("day", value) for value in person.days]
            traits += [("gender", person.gender)] if person.gender else []
            for trait in dict.fromkeys(traits):
                self._traits.setdefault(trait, []).append(row)
        self._traits = {trait: np.array(rows) for trait, rows in self._traits.items()}

    def matching(self, wish: Wish) -> Rows:
        """Who has all that is wished, but for the place."""
        match = np.ones(len(self.therapists), dtype=bool)
        if wish.home_visit:
            match &= self._home_visits
        if wish.new_clients:
            match &= self._new_clients
        for kind in ("gender", "language", "day", "credential"):
            if value := getattr(wish, kind):
                match &= self._with(kind, value)
        if wish.speciality:
            match &= self._for(wish.speciality)
        return match

    def nearest(self, rows: Rows, distances: Any, limit: int | None = None) -> tuple[Hit, ...]:
        """Therapists by distance; of two at the same, the first of the list."""
        chosen = np.flatnonzero(rows)
        chosen = chosen[np.argsort(distances[chosen], kind="stable")][:limit]
        pairs = zip(chosen.tolist(), distances[chosen].tolist(), strict=True)
        return tuple(Hit(self.therapists[row], distance) for row, distance in pairs)

    def _with(self, kind: str, value: str) -> Rows:
        has = np.zeros(len(self.therapists), dtype=bool)
        has[self._traits.get((kind, value), [])] = True
        return has

    def _for(self, speciality: str) -> Rows:
        """Who names what is wished by whatever word, or all the words of it."""
        meanings, stems = self._words.wished(speciality)
        found = np.zeros(len(self.therapists), dtype=bool)
        for meaning in meanings:
            found |= self._with("speciality", meaning)
        if stems:
            every = np.ones(len(self.therapists), dtype=bool)
            for stem in stems:
                every &= self._with("speciality", stem)
            found |= every
        return found
