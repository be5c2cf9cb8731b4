"""Finds the place that a client names, without asking a service."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from nmt_guide.directory.distance import great_circle
from nmt_guide.directory.gazetteer import key_of
from nmt_guide.directory.model import Place
from nmt_guide.errors import SetupError


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())


#: A place of the clinic's own country counts as if it had so many times its people: of all the Birminghams, clients in
#: Alabama mean their own, but those in Texas who write "London" still mean the one in England.
_HOME = 10.0
#: The same for a name that is not the place's own ("Saigon"), and for each letter that was mistyped.
_OTHER_NAME = 0.1
_TYPO = 0.05
#: Below this share of the best one's weight a place is not meant: Portland in Maine has a tenth of the people of that
#: in Oregon and is asked about, the one in Texas a fortieth and is not.
_MEANT = 0.1
_MAX_MEANT = 5
#: "Georgia" and "France" are no towns, though some hamlet bears the name; "New York" and "Quebec" are. People.
_LARGE = 500_000
#: Two of the same name so close together (both Kansas Cities) need no question, in km.
_SAME = 50.0

#: Countries whose clients cannot mean a postcode of their own by five digits.
_FIVE_DIGITS_ARE_US = frozenset({"US", "PR", "CA", "GB", "IE", "AU", "NZ"})
_US_CODE = re.compile(r"(?<![\d$#.,+-])(\d{5})(?:-\d{4})?(?![\d-]|[.,]\d)")
_UK_CODE = re.compile(r"\b([a-z]{1,2})(\d[a-z\d]?)(?: ?(\d[a-z]{2}))?\b", re.IGNORECASE)
_CA_CODE = re.compile(r"\b([abceghj-nprstvxy])(\d[a-z])(?: ?(\d[a-z]\d))?\b", re.IGNORECASE)

#: What may stand around a place's name without belonging to it.
_BEFORE = words_of(
    "near nearby in around about at by close to from of outside within downtown uptown midtown central inner greater "
    "metro city town village the i im am we live living based north south east west northern southern eastern western "
    "just somewhere anywhere anyone someone here its it is my location"
)
_AFTER = words_of("area region metro city town downtown please county thanks thank you now suburbs side")
#: What else follows "near" and "in": no towns, though there are some of these names.
_NO_PLACE = words_of(
    "me my mine you your us our we here there home work house office a an this that these those it its general pain "
    "advance person bed need order case fact time town city area clinic the and or for of men women man woman god asia "
    "school university january february march april may june july august september october november december"
)
#: Words that announce a place in a message, and those that end its name.
_ANNOUNCE = words_of("near nearby in around outside from downtown")
#: The same of two words.
_ANNOUNCE_TOGETHER = (["close", "to"], ["back", "to"], ["switch", "to"], ["stick", "with"], ["stay", "with"])
_END = words_of(
    "and or who that which with for on please but within i im is are do does if when because can could would who's whos "
    "any my tomorrow today now am pm where what how speaking taking doing accepting open mornings evenings weekends "
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays "
    "sundays"
)
#: Short forms of states and countries that are words as well.
_CODES_AND_WORDS = words_of(
    "al am an as at be by co de do hi id in is it la ma me mo mt my no oh ok or pa pe se so to us"
)
#: People that a town must have to be meant in a message, and a town whose name goes on like a sentence ("in normal
#: words").
_TOWN, _CITY = 10_000, 100_000
_LONGEST_NAME = 5
#: So many names are looked at that a word may be a typo of.
_MOST_TYPOS = 50


@dataclass(frozen=True)
class _Row:
    """A town that may be meant, and how much speaks for it."""

    place: Place
    population: int
    own: bool
    weight: float


class Places:
    """Towns and postcodes.

    Nothing is read before the first question, and next to nothing is kept: every question is a few look-ups in an
    index of a SQLite file.

    Args:
        file: what `gazetteer.build` wrote: `places.db` in the `var` folder.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._asking = threading.Lock()

    def find(self, text: str, country: str, exact: bool = False) -> list[Place]:
        """The places that a phrase such as "downtown Portland Maine" may mean, best first.

        Two and more are returned only when none of them is clearly meant. A state or country alone is no place to
        search near, so that it finds nothing.

        Args:
            text: the client's words for a place.
            country: the clinic's country (two letters), whose places come first.
            exact: whether no typo is forgiven.

        Raises:
            SetupError: the list of places is not built.
        """
        if code := self._postcode(text, country, alone=True):
            return [code]
        phrases = list(_trimmed(key_of(text).split()))
        for forgiving in (False,) if exact else (False, True):
            found = [_meant(rows) for phrase in phrases if (rows := self._towns(phrase, country, forgiving))]
            # "East London" is a town in South Africa, but not what people in London mean.
            at_home = (places for places in found if places[0].country == country)
            if found:
                return next(at_home, found[0])
            if phrases and " ".join(phrases[-1]) in self._regions:
                return []
        return []

    def spot(self, text: str, country: str, forgiving: bool = False) -> list[Place]:
        """The places that a whole message names ("who does jaw work near 78704?"), best first; none when it names none.

        Stricter than `find`, as a message is full of words that some village bears too ("in between", "I hurt"): a
        town must be of some size, be called by its own name without a typo, and stand behind a word such as "near"
        or before its state or country.

        Args:
            text: the client's message.
            country: the clinic's country (two letters), whose places come first.
            forgiving: whether a city may be mistyped ("near Pariss"): for who surely asks for somebody near a place.

        Raises:
            SetupError: the list of places is not built.
        """
        if code := self._postcode(text, country, alone=False):
            return [code]
        for part in re.split(r"[?!;:()\n]|\. ", text):
            words = key_of(part).split()
            for start in range(len(words)):
                if found := self._spotted(words, start, country, forgiving):
                    return _meant(found)
        return []

    def _spotted(self, words: list[str], start: int, country: str, forgiving: bool) -> list[_Row]:
        """The towns that a message names from one word on."""
        before = words[: start - 1] if words[:start][-1:] == ["the"] else words[:start]
        announced = before[-2:] in _ANNOUNCE_TOGETHER or not _ANNOUNCE.isdisjoint(before[-1:])
        if words[start] in _NO_PLACE | _END:
            return []
        for end in range(min(start + _LONGEST_NAME, len(words)), start, -1):
            phrase = words[start:end]
            rows = self._towns(phrase, country, forgiving=False, qualified=True)
            if not announced and phrase[-1] in _CODES_AND_WORDS:
                rows = []
            if announced and not rows and _END.isdisjoint(phrase):
                whole = end == len(words) or words[end] in _END | _AFTER
                least = _TOWN if whole or len(phrase) > 1 else _CITY
                named = self._towns(phrase, country, forgiving=False)
                rows = [row for row in named if row.population >= least]
                if forgiving and whole and not rows:
                    rows = [row for row in self._towns(phrase, country, forgiving=True) if row.population >= _CITY]
            if rows := [row for row in rows if row.own]:
                return rows
        return []

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        if not self._file.exists():
            raise SetupError(f"The list of places {self._file} is missing: run './nmt-guide build'.")
        return sqlite3.connect(f"file:{self._file}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        # One connection serves all threads, one after the other: a query takes a fraction of a millisecond.
        with self._asking:
            return self._connection.execute(query, values).fetchall()

    @cached_property
    def _regions(self) -> dict[str, set[tuple[str, str]]]:
        """What may follow a town's name: by key, the countries and regions of that name."""
        found: dict[str, set[tuple[str, str]]] = {}
        for key, country, region in self._rows("SELECT key, country, region FROM region"):
            found.setdefault(key, set()).add((country, region))
        return found

    def _postcode(self, text: str, country: str, alone: bool) -> Place | None:
        """The first postcode of a text. Half a British or Canadian one counts only when it stands alone."""
        readers = [self._us_code, self._uk_code, self._canadian_code]
        if country == "CA":
            readers.reverse()
        for reader in readers:
            if place := reader(text, country, alone):
                return place
        return None

    def _us_code(self, text: str, country: str, alone: bool) -> Place | None:
        if country not in _FIVE_DIGITS_ARE_US:
            return None
        places = (self._coded("US", match[1], match[1]) for match in _US_CODE.finditer(text))
        return next(filter(None, places), None)

    def _uk_code(self, text: str, country: str, alone: bool) -> Place | None:
        for match in _UK_CODE.finditer(text):
            area, district, rest = match.groups()
            if rest or (_is_all(match, text, alone) and country != "CA"):
                return self._coded("GB", area.upper(), f"{area}{district} {rest or ''}".strip().upper())
        return None

    def _canadian_code(self, text: str, country: str, alone: bool) -> Place | None:
        for match in _CA_CODE.finditer(text):
            letter, district, rest = match.groups()
            if rest or _is_all(match, text, alone):
                return self._coded("CA", letter.upper(), f"{letter}{district} {rest or ''}".strip().upper())
        return None

    def _coded(self, country: str, code: str, shown: str) -> Place | None:
        rows = self._rows(
            "SELECT town, region, latitude, longitude FROM postcode WHERE country = ? AND code = ?", country, code
        )
        if not rows:
            return None
        town, region, latitude, longitude = rows[0]
        return Place(f"{shown}, {_full(town, region, country)}", latitude, longitude, country, region, "postcode")

    def _towns(self, words: list[str], country: str, forgiving: bool, qualified: bool = False) -> list[_Row]:
        """Towns of a name, with or without state and country behind it.

        Args:
            words: the name.
            country: the clinic's.
            forgiving: whether typos are forgiven.
            qualified: whether state or country must be there.
        """
        for split in range(1, len(words)):
            if (areas := self._areas(words[split:], forgiving)) and (
                rows := self._named(" ".join(words[:split]), country, forgiving, areas)
            ):
                return rows
        if qualified or (forgiving and not _NO_PLACE.isdisjoint(words)):
            return []
        name = " ".join(words)
        rows = self._named(name, country, forgiving, None)
        return [row for row in rows if name not in self._regions or row.population >= _LARGE]

    def _areas(self, words: list[str], forgiving: bool) -> set[tuple[str, str]]:
        """Countries and regions that words behind a town name: "me", "maine", "maine us"; with a typo if need be."""
        key = " ".join(words)
        if key in self._regions:
            return self._regions[key]
        for split in range(1, len(words)):
            region, nation = (self._regions.get(" ".join(part), set()) for part in (words[:split], words[split:]))
            if both := {(c, r) for c, r in region if (c, "") in nation}:
                return both
        if forgiving and len(key) > 3:
            close = {k for k in self._regions if OSA.distance(k, key, score_cutoff=1) <= 1}
            return {area for k in close for area in self._regions[k]}
        return set()

    def _named(self, name: str, country: str, forgiving: bool, areas: set[tuple[str, str]] | None) -> list[_Row]:
        names = self._nearly(name) if forgiving else {name: 0}
        found: dict[Place, _Row] = {}
        for key, typos in names.items():
            for own, town, region, nation, latitude, longitude, population in self._rows(
                "SELECT n.own, p.name, p.region, p.country, p.latitude, p.longitude, p.population"
                " FROM name n JOIN place p ON p.id = n.place WHERE n.key = ?",
                key,
            ):
                if areas is not None and areas.isdisjoint({(nation, region), (nation, "")}):
                    continue
                weight = max(population, 1) * _TYPO**typos
                weight *= (_HOME if nation == country else 1.0) * (1.0 if own else _OTHER_NAME)
                place = Place(_full(town, region, nation), latitude, longitude, nation, region, "city")
                if place not in found or weight > found[place].weight:
                    found[place] = _Row(place, population, bool(own), weight)
        return list(found.values())

    def _nearly(self, name: str) -> dict[str, int]:
        """Known names that a name may be a typo of, with the number of typos."""
        if len(name) < 4:
            return {}
        allowed = 2 if len(name) > 7 else 1
        # The first letter is seldom mistyped, and makes the index useful.
        keys = self._rows(
            "SELECT DISTINCT key FROM name WHERE key >= ? AND key < ? AND length(key) BETWEEN ? AND ?",
            name[0],
            chr(ord(name[0]) + 1),
            len(name) - allowed,
            len(name) + allowed,
        )
        close = process.extract(
            name, [key for (key,) in keys], scorer=OSA.distance, score_cutoff=allowed, limit=_MOST_TYPOS
        )
        return {key: int(typos) for key, typos, _ in close}


def _full(town: str, region: str, country: str) -> str:
    return ", ".join(part for part in (town, region, country) if part)


def _is_all(match: re.Match[str], text: str, alone: bool) -> bool:
    """Whether a postcode is all that a text says, but for words like "near"."""
    around = key_of(text[: match.start()] + " " + text[match.end() :]).split()
    return alone and set(around) <= _BEFORE | _AFTER


def _trimmed(words: list[str]) -> Iterator[list[str]]:
    """A phrase, then the same without the words that only surround a place's name, one fewer at a time."""
    while words:
        if not (_BEFORE | _AFTER | _NO_PLACE).issuperset(words):
            yield words
        if words[-1] in _AFTER and len(words) > 1:
            words = words[:-1]
        elif words[0] in _BEFORE:
            words = words[1:]
        else:
            return


def _meant(rows: Iterable[_Row]) -> list[Place]:
    """The places that may be meant, best first."""
    ordered = sorted(rows, key=lambda row: (-row.weight, row.place.name))
    kept: list[Place] = []
    for place in (row.place for row in ordered if row.weight >= ordered[0].weight * _MEANT):
        if len(kept) < _MAX_MEANT and all(
            great_circle(place.latitude, place.longitude, k.latitude, k.longitude) > _SAME for k in kept
        ):
            kept.append(place)
    return kept
