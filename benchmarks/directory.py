"""How long a search over 20,000 generated therapists takes: `python -m benchmarks.directory`."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from nmt_guide.directory import gazetteer, store
from nmt_guide.directory.imports import read_csv, write_csv
from nmt_guide.directory.model import Place, Therapist, Wish
from nmt_guide.directory.places import Places
from nmt_guide.directory.search import Directory
from nmt_guide.knowledge.content import DAYS
from nmt_guide.knowledge.files import read_content
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import ROOT

_TOWNS = (
    ("Austin", "Texas", "US", 30.2672, -97.7431),
    ("New York City", "New York", "US", 40.7128, -74.0060),
    ("Los Angeles", "California", "US", 34.0522, -118.2437),
    ("Chicago", "Illinois", "US", 41.8500, -87.6500),
    ("Portland", "Oregon", "US", 45.5234, -122.6762),
    ("Portland", "Maine", "US", 43.6574, -70.2589),
    ("Toronto", "Ontario", "CA", 43.7064, -79.3986),
    ("London", "England", "GB", 51.5085, -0.1257),
    ("Sydney", "New South Wales", "AU", -33.8679, 151.2073),
)
_SPECIALITIES = (
    "jaw pain",
    "sciatica",
    "tension headache",
    "low back pain",
    "runners",
    "pregnancy",
    "neck pain",
    "=scars",
)
_LANGUAGES = ("english", "spanish", "french", "polish")
_CREDENTIALS = ("lmt", "cnmt", "cmtpt", "bctmb")

WISHES = {
    "everybody": Wish(),
    "near Austin": Wish(Place("Austin", 30.2672, -97.7431, "US", "Texas", "city")),
    "jaw work near Austin": Wish(Place("Austin", 30.2672, -97.7431, "US", "Texas", "city"), speciality="jaw work"),
    "a woman within 500 miles who speaks Spanish, on Saturdays": Wish(
        Place("Austin", 30.2672, -97.7431, "US", "Texas", "city"),
        within=805,
        gender="female",
        language="spanish",
        day="saturday",
    ),
    "nobody near": Wish(Place("Honolulu", 21.3069, -157.8583, "US", "Hawaii", "city"), new_clients=True),
}


def generated(count: int, seed: int = 1) -> list[Therapist]:
    """Therapists around some cities, the same for the same seed."""
    chance = random.Random(seed)
    people = []
    for number in range(count):
        city, region, country, latitude, longitude = chance.choice(_TOWNS)
        people.append(
            Therapist(
                id=f"t{number}",
                name=f"Therapist {number}",
                credentials=tuple(chance.sample(_CREDENTIALS, chance.randint(0, 2))),
                specialities=tuple(chance.sample(_SPECIALITIES, chance.randint(0, 3))),
                address=f"{number} Example Street, 'Suite' \"{number}\"",
                city=city,
                region=region,
                country=country,
                postcode="",
                latitude=round(latitude + chance.uniform(-0.8, 0.8), 5),
                longitude=round(longitude + chance.uniform(-0.8, 0.8), 5),
                languages=tuple(chance.sample(_LANGUAGES, chance.randint(1, 2))),
                gender=chance.choice(("female", "male", None)),
                days=tuple(day for day in DAYS if chance.random() < 0.5),
                home_visits=chance.random() < 0.3,
                accepts_new_clients=chance.random() < 0.8,
                phone=chance.choice(("+1 512-555-0142", None)),
                email=f"t{number}@example.com",
                website=None,
                booking_url=f"https://example.com/book/{number}",
            )
        )
    return people


def timed(run: Callable[[], object], times: int = 1) -> list[float]:
    """How long something takes each time, in ms."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def main() -> None:
    """Measure and print."""
    people = generated(20_000)
    with tempfile.TemporaryDirectory() as folder:
        knowledge = Store(f"sqlite:///{folder}/knowledge.db")
        knowledge.migrate()
        content = read_content(ROOT / "knowledge")
        knowledge.save(content, "benchmark")
        file, list_file = Path(folder) / gazetteer.FILE, Path(folder) / "therapists.csv"
        print(f"list of places: {timed(partial(gazetteer.build, file))[0]:.0f} ms to build")
        places = Places(file)
        for text in ("Austin", "Portland Maine", "78704", "Ausitn", "downtown Torronto"):
            taken = timed(partial(places.find, text, "US"), 50)
            print(f"find {text!r}: median {np.median(taken):.2f} ms, slowest {max(taken):.2f} ms")
        print(f"export: {timed(partial(write_csv, list_file, people))[0]:.0f} ms")
        print(f"read and check: {timed(partial(read_csv, list_file, content, places))[0]:.0f} ms")
        print(f"store: {timed(partial(store.replace, knowledge.engine, people))[0]:.0f} ms")
        directory = Directory(knowledge.engine)
        print(f"load: {timed(directory.all)[0]:.0f} ms")
        for name, wish in WISHES.items():
            taken = timed(partial(directory.search, wish), 200)
            hits = len(directory.search(wish).hits)
            print(f"search {name} ({hits} found): median {np.median(taken):.2f} ms, slowest {max(taken):.2f} ms")
        knowledge.engine.dispose()


if __name__ == "__main__":
    main()
