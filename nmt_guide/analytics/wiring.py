"""What was asked, as the settings want it counted."""

from __future__ import annotations

from nmt_guide.analytics.counts import Counts
from nmt_guide.analytics.forwarder import Destination, Directly, Forwarder
from nmt_guide.analytics.outbox import Outbox
from nmt_guide.knowledge.store import shared_store
from nmt_guide.settings import Settings


def on(settings: Settings) -> bool:
    """Whether anything is counted."""
    return settings.analytics != "off"


def outbox(settings: Settings) -> Outbox:
    """What is not counted yet, in the database of the conversations.

    Raises:
        StoreUnavailable: the address means nothing.
    """
    return Outbox(shared_store(settings.tracker_url).engine)


def counts(settings: Settings) -> Counts:
    """What was counted, in the database of the knowledge store.

    Raises:
        StoreUnavailable: the address means nothing.
    """
    return Counts(shared_store(settings.database_url).engine)


def forwarder(settings: Settings) -> Forwarder:
    """Who passes on what was asked. Make it on the event loop that runs it.

    Raises:
        StoreUnavailable: the address of a database means nothing.
    """
    return Forwarder(outbox(settings), _destination(settings))


def _destination(settings: Settings) -> Destination:
    url = settings.rabbitmq_url
    if not url:
        return Directly(counts(settings))
    # Only who uses it loads it: 0.2 s at each start.
    from nmt_guide.analytics.rabbit import RabbitMQ

    return RabbitMQ(url)
