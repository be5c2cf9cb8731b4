"""What the directory consists of, what a client wishes, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Therapist:
    """One person of the directory.

    Attributes:
        id: short name that stays the same when anything else changes.
        credentials: ids of the facet `credential`.
        specialities: plain words, for example "jaw pain".
        country: two letters of ISO 3166.
        latitude: degrees, north is positive.
        longitude: degrees, east is positive.
        languages: ids of the facet `language`.
        gender: "female", "male" or another word.
        days: working days, of `knowledge.content.DAYS`.
        phone: international form, for example "+1 512-555-0142".
    """

    id: str
    name: str
    credentials: tuple[str, ...]
    specialities: tuple[str, ...]
    address: str
    city: str
    region: str
    country: str
    postcode: str
    latitude: float
    longitude: float
    languages: tuple[str, ...]
    gender: str | None
    days: tuple[str, ...]
    home_visits: bool
    accepts_new_clients: bool
    phone: str | None
    email: str | None
    website: str | None
    booking_url: str | None


@dataclass(frozen=True)
class Place:
    """Somewhere to search near.

    Attributes:
        name: with region and country, for example "Portland, Maine, US".
        latitude: degrees, north is positive.
        longitude: degrees, east is positive.
        country: two letters of ISO 3166.
        region: state, province or nation by its full name; empty where none is known.
        kind: "city" or "postcode".
    """

    name: str
    latitude: float
    longitude: float
    country: str
    region: str
    kind: str


@dataclass(frozen=True)
class Wish:
    """What a client looks for. What is not given does not matter.

    Attributes:
        place: where to search near.
        within: how far from there, in km; `search.default_radius` when not given.
        speciality: the client's words, or an id of a facet, for example "jaw work" or "low_back_pain".
        gender: as therapists have it.
        language: id of the facet `language`.
        day: one of `knowledge.content.DAYS`.
        home_visit: whether the therapist must come to the client.
        new_clients: whether the therapist must take new clients.
        credential: id of the facet `credential`.
        miles: whether distances are told in miles or in km; as in the country of the place when not given.
    """

    place: Place | None = None
    within: float | None = None
    speciality: str | None = None
    gender: str | None = None
    language: str | None = None
    day: str | None = None
    home_visit: bool = False
    new_clients: bool = False
    credential: str | None = None
    miles: bool | None = None


class Hit(NamedTuple):
    """A therapist who was found, with the distance from the wished place in km. (A tuple: thousands are made a search.)"""

    therapist: Therapist
    distance_km: float | None


@dataclass(frozen=True)
class Found:
    """The outcome of a search.

    Attributes:
        hits: all who match, nearest first.
        beyond: when nobody matches, a few who come close, nearest first.
        relaxed: whether those beyond are near, but do not match the other wishes; else they match, but are farther
            away than wished.
    """

    hits: tuple[Hit, ...]
    beyond: tuple[Hit, ...] = ()
    relaxed: bool = False
