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
    """Lets a limited number of messages in.

    All of a process run on one event loop, so that a plain number is enough. A channel that can tell its client to
    come back asks `message`; others go through `message` with `refuse=False`, and are counted.

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

    @contextmanager
    def message(self, refuse: bool = True) -> Iterator[None]:
        """Be counted while a message is at work.

        Raises:
            TooBusy: there are too many; its `retry_seconds` belongs into the header `Retry-After` of a 503.
        """
        if refuse and self.at_work >= self.most:
            self.refused += 1
            raise TooBusy(RETRY_SECONDS)
        self.at_work += 1
        try:
            yield
        finally:
            self.at_work -= 1


@lru_cache(maxsize=1)
def gate() -> Gate:
    """The gate of this process."""
    return Gate(Settings().max_messages_at_work)
