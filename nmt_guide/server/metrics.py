"""What Prometheus reads of a serving process.

Counts and times alone: no text of a client, no name of a conversation.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram
from rasa.shared.core.events import BotUttered, Event, UserUttered

from nmt_guide.server.load import gate

MESSAGES = Counter("nmt_guide_messages", "Messages of clients that were answered and stored.", ["channel"])
REPLIES = Counter(
    "nmt_guide_replies", "Messages of the assistant; the fallback rate is that of kind=fallback.", ["channel", "kind"]
)
#: From what a lean message takes to what makes a client look away.
SECONDS = Histogram(
    "nmt_guide_message_seconds",
    "From the message to the end of its reply.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
FAILURES = Counter("nmt_guide_failures", "Messages that ended in an error instead of a reply.")
STORE_ERRORS = Counter("nmt_guide_store_errors", "Errors of the database of the conversations.")
ANALYTICS_STUCK = Gauge("nmt_guide_analytics_stuck", "1 while what was asked cannot be passed on to be counted.")
AT_WORK = Gauge("nmt_guide_messages_at_work", "Messages that are at work now.")
AT_WORK.set_function(lambda: gate().at_work)
REFUSED = Gauge("nmt_guide_messages_refused", "Messages that were turned away since the start, for want of room.")
REFUSED.set_function(lambda: gate().refused)


def count_events(events: Iterable[Event]) -> None:
    """Count what a turn added to a conversation."""
    channel = ""
    for event in events:
        if isinstance(event, UserUttered):
            channel = event.input_channel or ""
            MESSAGES.labels(channel).inc()
        elif isinstance(event, BotUttered):
            REPLIES.labels(channel, str(event.metadata.get("kind", ""))).inc()
