"""Passes on what was asked, from the outbox to where it is counted: RabbitMQ, or at once the database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Protocol

from nmt_guide.analytics.counts import Counts
from nmt_guide.analytics.outbox import Outbox
from nmt_guide.analytics.turns import Turn
from nmt_guide.errors import BrokerUnavailable, StoreError

logger = logging.getLogger(__name__)

#: So many at a time: a long outage is made up for in bites that end long before the hold on them does.
BATCH = 200
#: Longest wait after a failure, in seconds: what was down is used soon after it is back.
_LONGEST_WAIT_SECONDS = 30.0


class Destination(Protocol):
    """Where turns go. `pass_on` returns when they are safe there, and may get the same one twice."""

    async def pass_on(self, turns: Sequence[Turn]) -> None:
        """Bring turns there.

        Raises:
            BrokerUnavailable, StoreError: they are not there, or perhaps not all.
        """

    async def close(self) -> None:
        """Give back connections."""


class Directly:
    """Into the database, without a broker: on one machine.

    Args:
        counts: where they are counted.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    async def pass_on(self, turns: Sequence[Turn]) -> None:
        """See `Destination`."""
        await asyncio.to_thread(self._counts.add, turns)

    async def close(self) -> None:
        """Nothing is held."""


class Forwarder:
    """Empties the outbox. Many may work on one, in as many processes.

    Args:
        outbox: where the turns are.
        destination: where they go.

    Attributes:
        trouble: why the last round failed, empty when it did not.
    """

    def __init__(self, outbox: Outbox, destination: Destination) -> None:
        self.trouble = ""
        self._outbox = outbox
        self._destination = destination
        self._stopping = asyncio.Event()

    async def run(self, seconds: float) -> None:
        """Pass on what there is, every so many seconds, until stopped. Outages are waited for."""
        wait = seconds
        while not self._stopping.is_set():
            try:
                while await self.forward() == BATCH and not self._stopping.is_set():
                    pass
            except (BrokerUnavailable, StoreError) as error:
                if not self.trouble:
                    logger.error("%s Nothing is lost: it is tried again until it succeeds.", error)
                self.trouble = str(error)
                wait = min(2 * wait, max(seconds, _LONGEST_WAIT_SECONDS))
            except Exception:  # a mistake of ours in one round must not end all others
                self.trouble = "A mistake in NMT Guide; the log says more."
                logger.exception("A round of passing on what was asked failed.")
            else:
                self.trouble, wait = "", seconds
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)
        await self._destination.close()

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopping.set()

    async def forward(self) -> int:
        """Pass on some turns.

        Returns:
            How many.

        Raises:
            BrokerUnavailable, StoreError: they stay in the outbox.
        """
        token, turns = await asyncio.to_thread(self._outbox.take, BATCH)
        if not turns:
            return 0
        try:
            await self._destination.pass_on(turns)
        except (BrokerUnavailable, StoreError):
            await asyncio.to_thread(self._outbox.give_back, token)
            raise
        await asyncio.to_thread(self._outbox.done, token)
        return len(turns)
