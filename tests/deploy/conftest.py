"""The house that several files of tests share; the tests change it, and run in their order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from house import House, built


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All services of docker-compose.yml."""
    with built(tmp_path_factory.mktemp("house")) as made:
        yield made
