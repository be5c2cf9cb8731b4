"""The list of places, the project's own content, and a knowledge store with it on each kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from nmt_guide.directory import gazetteer
from nmt_guide.directory.model import Therapist
from nmt_guide.directory.places import Places
from nmt_guide.knowledge.content import Content
from nmt_guide.knowledge.files import read_content
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import ROOT, Settings


@pytest.fixture(scope="session")
def places_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The list of places: the one that is built, or one built for these tests."""
    file = Settings().var_dir / gazetteer.FILE
    if not gazetteer.is_built(file):
        file = tmp_path_factory.mktemp("places") / gazetteer.FILE
        gazetteer.build(file)
    return file


@pytest.fixture
def places(places_file: Path) -> Places:
    """Towns and postcodes."""
    return Places(places_file)


@pytest.fixture(scope="session")
def content() -> Content:
    """The project's own content."""
    return read_content(ROOT / "knowledge")


@pytest.fixture
def knowledge(store: Store, content: Content) -> Store:
    """A store with the content and an empty directory, on each kind of database."""
    store.save(content, "test")
    return store


@pytest.fixture
def person() -> Therapist:
    """A therapist in Austin, for tests to change."""
    return Therapist(
        id="ann",
        name="Ann Example",
        credentials=("lmt", "cnmt"),
        specialities=("jaw pain", "tension headache"),
        address="1 Example Street",
        city="Austin",
        region="Texas",
        country="US",
        postcode="78704",
        latitude=30.2428,
        longitude=-97.7658,
        languages=("english", "spanish"),
        gender="female",
        days=("monday", "saturday"),
        home_visits=True,
        accepts_new_clients=True,
        phone="+1 512-555-0142",
        email="ann@example.com",
        website="https://example.com/ann",
        booking_url=None,
    )
