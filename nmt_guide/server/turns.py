"""What a turn added to a conversation, as it is counted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rasa.shared.core.events import BotUttered, Event, UserUttered

from nmt_guide.analytics.turns import Turn, turn

#: When the message at work came in, by the clock that is never set.
_begun: ContextVar[float | None] = ContextVar("begun", default=None)


@contextmanager
def timed() -> Iterator[None]:
    """Within it a message is at work: `turns_of` tells how long it took."""
    token = _begun.set(time.monotonic())
    try:
        yield
    finally:
        _begun.reset(token)


def turns_of(events: Iterable[Event]) -> list[Turn]:
    """The messages of the client among new events, each with what answered it.

    Args:
        events: what a turn added; Rasa's HTTP API may add several turns at once, whose time nobody took.
    """
    found: list[tuple[UserUttered, list[BotUttered]]] = []
    for event in events:
        if isinstance(event, UserUttered):
            found.append((event, []))
        elif isinstance(event, BotUttered) and found:
            found[-1][1].append(event)
    begun = _begun.get()
    seconds = time.monotonic() - begun if begun is not None and len(found) == 1 else None
    return [
        turn(asked.input_channel or "", asked.timestamp, seconds, [answer.metadata for answer in answers])
        for asked, answers in found
    ]
