"""Therapists in and out of a spreadsheet's CSV file.

Either every row is in order, or nothing is imported and every mistake is named. What `write_csv` wrote, `read_csv`
reads back as the same therapists.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from nmt_guide.directory.distance import great_circle
from nmt_guide.directory.gazetteer import key_of
from nmt_guide.directory.model import Place, Therapist
from nmt_guide.directory.places import Places
from nmt_guide.errors import DirectoryError, Problem, UsageError
from nmt_guide.knowledge.content import DAYS, Content

COLUMNS = tuple(column.name for column in fields(Therapist))

#: Farther from the town that its row names than this, a point is taken for a mistake, in km.
_FAR = 150.0

_GENDERS = {"f": "female", "woman": "female", "m": "male", "man": "male"}
_YES_NO = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")

#: What columns are called in lists of other programs.
_OTHER_NAMES = {
    "state": "region",
    "province": "region",
    "county": "region",
    "town": "city",
    "street": "address",
    "zip": "postcode",
    "zip code": "postcode",
    "postal code": "postcode",
    "lat": "latitude",
    "lon": "longitude",
    "lng": "longitude",
    "sex": "gender",
    "license": "credentials",
    "specialties": "specialities",
    "telephone": "phone",
    "mobile": "phone",
    "url": "website",
}

#: A spreadsheet takes a cell that begins so for a formula and runs it (CSV injection). Such a cell is written with a
#: "'" in front, which spreadsheets read as "this is text", and read without it.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def read_csv(path: Path, content: Content, places: Places, doubt: Callable[[str], object] = str) -> list[Therapist]:
    """Read and check a file of therapists.

    Args:
        path: the file: UTF-8, with or without a byte order mark, with commas, semicolons or tabs between cells.
        content: says which credentials and languages there are.
        places: says where a therapist is whose row holds no coordinates, and whether coordinates can be right.
        doubt: is told each row whose town is not known, or is known by another spelling only. It is imported all the same.

    Raises:
        DirectoryError: with every mistake, each with its row (as a spreadsheet counts them) and column.
    """
    reader = _Reader(path.name, content, places, doubt)
    therapists = [
        person for number, cells in reader.rows(_text_of(path)) if (person := reader.therapist(number, cells))
    ]
    if reader.problems:
        raise DirectoryError(reader.problems)
    return therapists


def write_csv(path: Path, therapists: Iterable[Therapist]) -> None:
    """Write a file that a spreadsheet opens and `read_csv` reads.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        # The byte order mark is how Excel learns that a file is UTF-8.
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for person in therapists:
                writer.writerow(_cell(person, column) for column in COLUMNS)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _cell(person: Therapist, column: str) -> str:
    value = getattr(person, column)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, tuple):
        value = "; ".join(value)
    if column == "phone":
        value = _national(value, person.country)
    return f"'{value}" if _FORMULA.match(value) and not _NUMBER.fullmatch(value) else value


def _national(phone: str, country: str) -> str:
    """A number as people of its country write it: without the "+" that a spreadsheet would calculate with."""
    number = phonenumbers.parse(phone)
    if phonenumbers.country_code_for_region(country) != number.country_code:
        return phone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def _text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        DirectoryError: it cannot be read as text.
    """

    def refuse(message: str) -> DirectoryError:
        return DirectoryError([Problem(path.name, "", message)])

    advice = "save it in your spreadsheet as 'CSV UTF-8'."
    try:
        data = path.read_bytes()
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror}.") from None
    if data.startswith(b"PK"):
        raise refuse(f"is a workbook, not a CSV file; {advice}")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:1000]:
        raise refuse(f"is written in UTF-16; {advice}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refuse(f"is not written in UTF-8 (see line {line}), probably in Windows-1252; {advice}") from None
    if "\0" in text:
        raise refuse(f"holds characters that are no text; {advice}")
    return text


@dataclass
class _Reader:
    """Reads rows, and collects what is wrong with them.

    Attributes:
        problems: in the order of the file.
    """

    file: str
    content: Content
    places: Places
    doubt: Callable[[str], object]
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._credentials = _wordings(self.content, "credential", _credentials(self.content))
        self._languages = _wordings(self.content, "language", None)
        self._days = {name: day for day in DAYS for name in (day, day[:3])}
        self._row_of_id: dict[str, int] = {}
        self._towns: dict[str, tuple[list[Place], bool]] = {}

    def rows(self, text: str) -> Iterable[tuple[int, Mapping[str, str]]]:
        """The rows with their numbers, the head being 1; none when the head is not in order."""
        head = text.lstrip().partition("\n")[0]
        delimiter = max(",;\t", key=head.count)
        found: list[tuple[int, list[str]]] = []
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            found = [(number, cells) for number, cells in enumerate(lines, start=1) if any(map(str.strip, cells))]
        except csv.Error as error:
            self.problems.append(
                Problem(self.file, f"line {lines.line_num}", f"cannot be read ({error}); check the quotation marks.")
            )
            return
        if not found:
            self.problems.append(Problem(self.file, "", f"is empty; its first row must be {','.join(COLUMNS)}"))
            return
        names = [name.strip().lower() for name in found[0][1]]
        if not self._head_is_in_order(names):
            return
        for number, cells in found[1:]:
            if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
                self._wrong(number, "", f"has {len(cells)} cells, but the first row has {len(names)}.")
                continue
            padded = [*cells, *[""] * (len(names) - len(cells))]
            yield number, {name: _plain(cell) for name, cell in zip(names, padded, strict=False)}

    def therapist(self, number: int, cells: Mapping[str, str]) -> Therapist | None:
        """One therapist; nothing when anything is wrong."""
        before = len(self.problems)
        row = _Row(self, number, cells)
        country = row.country()
        values: dict[str, Any] = {
            "id": self._id(row),
            "name": row.required("name"),
            "credentials": row.several("credentials", self._credentials, "a credential", "knowledge/facets"),
            "specialities": row.listed("specialities"),
            "address": cells["address"],
            "city": row.required("city"),
            "region": cells["region"],
            "country": country,
            "postcode": cells["postcode"],
            "languages": row.several("languages", self._languages, "a language", "knowledge/facets"),
            "gender": _GENDERS.get(cells["gender"].lower(), cells["gender"].lower()) or None,
            "days": row.several("days", self._days, "a day", "monday; tuesday; ... or mon; tue; ..."),
            "home_visits": row.yes_or_no("home_visits"),
            "accepts_new_clients": row.yes_or_no("accepts_new_clients"),
            "phone": row.phone(country),
            "email": row.email(),
            "website": row.url("website"),
            "booking_url": row.url("booking_url"),
        }
        values["latitude"], values["longitude"] = row.point()
        if len(self.problems) > before:
            return None
        return Therapist(**values)

    def town(self, city: str, region: str, country: str) -> tuple[list[Place], bool]:
        """Where a town is, several places when there are several of the name; and whether it is known as it is written."""
        text = ", ".join(part for part in (city, region, country) if part)
        if text not in self._towns:
            exact = self.places.find(text, country, exact=True)
            like = exact or self.places.find(text, country) or self.places.find(f"{city}, {country}", country)
            self._towns[text] = like, bool(exact)
        return self._towns[text]

    def _id(self, row: _Row) -> str:
        value = row.required("id")
        if value and not _ID.fullmatch(value):
            row.wrong("id", f"{value!r} must be at most 40 letters (a to z), digits, - and _, for example maya-ortiz.")
        elif value and value in self._row_of_id:
            row.wrong(
                "id", f"{value!r} stands in row {self._row_of_id[value]} already; give each therapist an own one."
            )
        self._row_of_id.setdefault(value, row.number)
        return value

    def _head_is_in_order(self, names: Sequence[str]) -> bool:
        problems = []
        missing = [column for column in COLUMNS if column not in names]
        if len(missing) == len(COLUMNS):
            problems.append(f"names no column. Delete what stands above the names; they are {', '.join(COLUMNS)}.")
            names = ()
        elif missing:
            problems.append(
                f"lacks the columns {', '.join(missing)}; the first row must name every column. Add them, with empty cells "
                "where a cell may be empty."
            )
        for name in dict.fromkeys(names):
            if name and name not in COLUMNS:
                other = _OTHER_NAMES.get(name)
                meant = [other] if other in missing else get_close_matches(name, missing, n=1)
                hint = f"; is {meant[0]!r} meant?" if meant else "; delete it."
                problems.append(f"there is no column {name!r}{hint}")
            elif name and names.count(name) > 1:
                problems.append(f"names the column {name!r} twice.")
        self.problems += [Problem(self.file, "row 1", problem) for problem in problems]
        return not problems

    def _wrong(self, number: int, column: str, message: str) -> None:
        self.problems.append(Problem(self.file, f"row {number}, {column}" if column else f"row {number}", message))


@dataclass(frozen=True)
class _Row:
    """One row: each method reads a kind of cell, and notes what is wrong with it."""

    reader: _Reader
    number: int
    cells: Mapping[str, str]

    def wrong(self, column: str, message: str) -> None:
        """Note a mistake."""
        self.reader._wrong(self.number, column, message)

    def doubt(self, message: str) -> None:
        """Tell what may be wrong with the town."""
        self.reader.doubt(
            str(Problem(self.reader.file, f"row {self.number}, city", f"{self.cells['city']!r} {message}"))
        )

    def required(self, column: str) -> str:
        """Text that must be there."""
        if not self.cells[column]:
            self.wrong(column, "is empty; fill it in.")
        return self.cells[column]

    def listed(self, column: str) -> tuple[str, ...]:
        """Texts with semicolons between them."""
        return tuple(dict.fromkeys(part.strip() for part in self.cells[column].split(";") if part.strip()))

    def several(self, column: str, known: Mapping[str, str], what: str, where: str) -> tuple[str, ...]:
        """Names of known things with semicolons between them, as their ids."""
        found = []
        for part in self.listed(column):
            key = key_of(part)
            if key in known:
                found.append(known[key])
                continue
            meant = get_close_matches(key, known, n=1)
            hint = f"is {meant[0]!r} meant?" if meant else f"see {where}."
            self.wrong(column, f"{part!r} is not {what} that is known; {hint} Put semicolons between several.")
        return tuple(dict.fromkeys(found))

    def yes_or_no(self, column: str) -> bool:
        """A yes or no."""
        value = _YES_NO.get(self.cells[column].lower())
        if value is None:
            self.wrong(column, f"must be yes or no, not {self.cells[column]!r}.")
        return bool(value)

    def country(self) -> str:
        """A country's two letters; empty when they are none."""
        value = self.required("country").upper()
        value = "GB" if value == "UK" else value
        if value and value not in phonenumbers.SUPPORTED_REGIONS:
            self.wrong("country", f"{value!r} is not a country's two letters (ISO 3166), for example US, CA or GB.")
            return ""
        return value

    def phone(self, country: str) -> str | None:
        """A phone number in its international form."""
        text = self.cells["phone"]
        if not text or not country:
            return None
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            self.wrong("phone", f"{text!r} is not a phone number of {country}; write it with its area code.")
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def email(self) -> str | None:
        """An e-mail address."""
        text = self.cells["email"]
        if not text:
            return None
        try:
            return str(validate_email(text, check_deliverability=False).normalized)
        except EmailNotValidError as error:
            self.wrong("email", f"{text!r} is not an e-mail address: {error}")
            return None

    def url(self, column: str) -> str | None:
        """The address of a web page."""
        text = self.cells[column]
        if not text:
            return None
        try:
            parts = urlsplit(text)
            good = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not re.search(r"\s", text)
        except ValueError:
            good = False
        if not good:
            self.wrong(column, f"{text!r} is not the address of a web page; write it with https:// in front.")
            return None
        return text

    def point(self) -> tuple[float, float]:
        """Latitude and longitude: the row's own, or those of its postcode or town."""
        country, city = self.cells["country"].upper().replace("UK", "GB"), self.cells["city"]
        towns, exact = self.reader.town(city, self.cells["region"], country) if city and country else ([], True)
        if not self.cells["latitude"] and not self.cells["longitude"]:
            return self._looked_up(towns, exact, country)
        latitude, longitude = self._degrees("latitude", 90), self._degrees("longitude", 180)
        if latitude is None or longitude is None:
            return 0.0, 0.0
        if latitude == longitude == 0:
            self.wrong("latitude", "0, 0 is a point in the sea; leave both empty to take those of postcode or town.")
        elif towns:
            away = _away(towns, latitude, longitude)
            if away > _FAR and not exact:  # who is where is surer from the row than from a guess
                self.doubt(
                    f"is not a town that is known; the nearest name is {towns[0].name}. The coordinates are taken."
                )
            elif away > _FAR:
                swapped = _away(towns, longitude, latitude) < _FAR
                why = "latitude and longitude are swapped." if swapped else "check sign and decimal point."
                self.wrong("latitude", f"{latitude}, {longitude} lies {away:.0f} km from {towns[0].name}; {why}")
        elif city and country:
            self.doubt("is not a town that is known. The coordinates are taken, and could not be checked.")
        return latitude, longitude

    def _looked_up(self, towns: list[Place], exact: bool, country: str) -> tuple[float, float]:
        # Only postcodes of the US are points of their own; others stand for a whole town or more.
        coded = self.reader.places.find(self.cells["postcode"], country) if country == "US" else []
        found = [place for place in coded if place.kind == "postcode"] or towns
        found = found or self.reader.places.find(self.cells["postcode"], country)
        if len(found) == 1:
            self._doubt_of(found[0], towns, exact)
            return found[0].latitude, found[0].longitude
        if found:
            names = " or ".join(place.name for place in found)
            self.wrong("region", f"which {self.cells['city']} is it, {names}? Fill in the region or the coordinates.")
        elif self.cells["city"] and country:
            self.wrong("latitude", f"{self.cells['city']!r} is not a town that is known; fill in the coordinates.")
        return 0.0, 0.0

    def _doubt_of(self, taken: Place, towns: list[Place], exact: bool) -> None:
        if not towns:
            self.doubt(f"is not a town that is known; the place of the postcode is taken, {taken.name}.")
        elif taken not in towns and _away(towns, taken.latitude, taken.longitude) > _FAR:
            self.doubt(f"is far from the postcode, whose place is taken, {taken.name}. Mend the one that is wrong.")
        elif not exact and taken in towns:
            self.doubt(
                f"is not known as town and region are written; {taken.name} is taken. If that is right, write it so; if not, fill in the coordinates."
            )

    def _degrees(self, column: str, most: int) -> float | None:
        text = self.cells[column]
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not -most <= value <= most:
            # (Not a number is in no range.)
            self.wrong(column, f"{text!r} must be degrees between -{most} and {most}, with a decimal point.")
            return None
        return value


def _away(towns: Iterable[Place], latitude: float, longitude: float) -> float:
    """How far the nearest of some towns is from a point, in km."""
    return min(great_circle(town.latitude, town.longitude, latitude, longitude) for town in towns)


def _plain(cell: str) -> str:
    """A cell without the "'" that `write_csv` puts in front of what looks like a formula."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _credentials(content: Content) -> set[str]:
    """Ids of what a therapist can hold. A lapsed license or a weekend course are of the facet too, but no credential."""
    values = content.facet["credential"].values if "credential" in content.facet else ()
    return {value.id for value in values if value.topic == "cred_certifications"}


def _wordings(content: Content, facet: str, ids: set[str] | None) -> dict[str, str]:
    """By every name that a facet's values have, their ids."""
    found: dict[str, str] = {}
    values = [v for v in content.facet[facet].values if ids is None or v.id in ids] if facet in content.facet else []
    names: list[Callable[[Any], Iterable[str]]] = [lambda v: [v.id], lambda v: [v.name], lambda v: v.synonyms]
    for names_of in names:  # an id beats a name, and a name beats a synonym of another
        for value in values:
            for name in names_of(value):
                found.setdefault(key_of(name), value.id)
    return found
