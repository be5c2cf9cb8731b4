"""What commands that ask the database have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nmt_guide.settings import Settings

if TYPE_CHECKING:
    from nmt_guide.knowledge.store import Store


def ready_store(settings: Settings) -> Store:
    """The store, its tables brought up to date: what was never used has none yet.

    Raises:
        StoreUnavailable: the database cannot be reached or changed.
    """
    from nmt_guide.knowledge.store import Store  # takes a while, and most commands need no database

    store = Store(settings.database_url)
    store.migrate()
    return store
