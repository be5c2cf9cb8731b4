"""Fills an empty directory with the shipped sample, so that there is something to find before a clinic has its list."""

from __future__ import annotations

from pathlib import Path

from nmt_guide.directory import store
from nmt_guide.directory.imports import read_csv
from nmt_guide.directory.places import Places
from nmt_guide.errors import StoreUnavailable
from nmt_guide.knowledge.files import fingerprint
from nmt_guide.knowledge.store import Store

_FILE = "therapists.csv"


def wanted(knowledge: Store, folder: Path) -> bool:
    """Whether the sample is to be loaded: nothing else was ever imported, and it is not the one that is there."""
    if not (folder / _FILE).exists():
        return False
    state = store.state(knowledge.engine)
    return state is None or state.sample not in (None, _fingerprint(folder))


def load(knowledge: Store, folder: Path, places: Places) -> None:
    """Load the sample in the place of what is there.

    Args:
        knowledge: the knowledge store, with its content loaded.
        folder: the content folder.
        places: where towns are.

    Raises:
        DirectoryError: the sample holds mistakes.
        StoreError: the store is empty or cannot be used.
    """
    therapists = read_csv(folder / _FILE, knowledge.load(), places)
    try:
        store.replace(knowledge.engine, therapists, sample=_fingerprint(folder))
    except StoreUnavailable:
        # Several assistants that start at once on one database all want to load it: one does.
        if wanted(knowledge, folder):
            raise


def _fingerprint(folder: Path) -> str:
    return fingerprint([folder / _FILE], folder)
