"""The outbox as the settings want it."""

from __future__ import annotations

from nmt_guide.handoff.outbox import Outbox
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import Settings


def outbox(settings: Settings) -> Outbox:
    """The outbox in the knowledge store's database. Make it once in a process: it holds the connections.

    Raises:
        StoreUnavailable: the address means nothing.
    """
    return Outbox(Store(settings.database_url).engine)
