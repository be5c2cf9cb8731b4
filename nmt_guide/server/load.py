"""How many messages are at work in this process, and when there are too many.

Messages wait for each other: Python runs one of them at a time. Beyond some number every further one only makes all
of them late, and takes memory, so that it is better told at once to come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from nmt_guide.errors import TooBusy
from nmt_guide.settings import Settings

#: What a client is asked to wait, in seconds. A full house of a hundred messages is through in about two.
RETRY_SECONDS = 2


class Gate:
    """Counts the messages at work, of all channels, and says when there are too many.

    All of a process run on one event loop, so that plain numbers are enough.

    Args:
        most: how many messages may be at work at once.

    Attributes:
        at_work: messages that are at work now.
        refused: messages that were turned away since the start.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.at_work = 0
        self.refused = 0

    def check(self) -> None:
        """See that there is room, in a channel that can tell its client to come back.

        Raises:
            TooBusy: there is none; its `retry_seconds` belongs into the header `Retry-After` of a 503.
        """
        if self.at_work >= self.most:
            self.refused += 1
            raise TooBusy(RETRY_SECONDS)

    @contextmanager
    def message(self) -> Iterator[None]:
        """Count a message while it is at work; `operations.Operations` does so for every one that reaches the agent."""
        self.at_work += 1
        try:
            yield
        finally:
            self.at_work -= 1


@lru_cache(maxsize=1)
def gate() -> Gate:
    """The gate of this process."""
    return Gate(Settings().max_messages_at_work)
