"""A store for entries, on each kind of database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nmt_guide.knowledge.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty database with its tables."""
    url = f"sqlite:///{tmp_path / 'knowledge.db'}"
    if request.param == "postgresql":
        url = os.environ.get("NMT_TEST_POSTGRES_URL", "")
        if not url:
            pytest.skip("NMT_TEST_POSTGRES_URL names no PostgreSQL database that the tests may fill and empty")
    made = Store(url)
    made.migrate("base")
    made.migrate()
    yield made
    made.migrate("base")
    made.engine.dispose()
