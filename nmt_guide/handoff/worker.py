"""Brings what is in the outbox to staff, again and again until it is there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from nmt_guide.errors import DeliveryError, DeliveryPostponed, DeliveryRefused, StoreError
from nmt_guide.handoff.notices import notice
from nmt_guide.handoff.outbox import STUCK_AFTER, Claim, Outbox
from nmt_guide.handoff.senders import Sender
from nmt_guide.knowledge.content import Clinic

logger = logging.getLogger(__name__)

#: The wait after the first failure; it doubles with each. The cap: a mail server that comes back after a weekend is
#: found within the hour.
FIRST_WAIT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 3600.0
#: How long a stop of the assistant waits for the message that is on its way. What it does not wait for is tried again,
#: marked as a possible duplicate.
STOP_SECONDS = 5.0


def wait(attempts: int, jitter: float) -> float:
    """How long to wait before the next try, in seconds.

    Args:
        attempts: how many tries failed, at least 1.
        jitter: a random number from 0 to 1. It takes away up to half: what failed together is not tried together.
    """
    longest = min(FIRST_WAIT_SECONDS * 2.0 ** min(attempts - 1, 32), LONGEST_WAIT_SECONDS)
    return longest * (1 - jitter / 2)


@dataclass
class Tally:
    """What one round did: how many requests arrived, and why others did not."""

    sent: int = 0
    errors: list[str] = field(default_factory=list)


class Courier:
    """Brings requests from the outbox to staff. Many may work on one outbox, in as many processes.

    Args:
        outbox: where the requests are.
        senders: the ways to staff.
        clinic: gives the clinic's facts; it may wait for a database.
        clock: gives the time, in UTC.
    """

    def __init__(
        self,
        outbox: Outbox,
        senders: tuple[Sender, ...],
        clinic: Callable[[], Clinic],
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.senders = senders
        self._outbox = outbox
        self._clinic = clinic
        self._clock = clock
        self._not_before: dict[str, datetime] = {}
        self._stopping = asyncio.Event()
        self._said = ""

    async def run(self, seconds: float) -> None:
        """Deliver what is due, every so many seconds, until stopped. Outages of the store are waited for."""
        hurried = False
        while not self._stopping.is_set():
            try:
                if not hurried:
                    await self.hurry()
                    hurried = True
                await self.deliver_due()
            except StoreError as error:
                self._say_once(str(error))
            except Exception:  # a mistake of ours in one round must not end all others
                logger.exception("A round of deliveries failed.")
            else:
                self._said = ""
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)

    def stop(self) -> None:
        """Begin nothing new. What is on its way is brought to its end."""
        self._stopping.set()

    async def hurry(self) -> None:
        """Let everything that waits be tried in the next round, whatever its turn: the settings may be mended."""
        await asyncio.to_thread(self._outbox.hurry, self._clock())

    async def deliver_due(self) -> Tally:
        """One round: send every request whose time has come, on every way.

        Raises:
            StoreUnavailable: the outbox cannot be used. What was sent meanwhile is sent again later, as a possible
                duplicate.
        """
        tally = Tally()
        ways = {sender.way: sender.kinds for sender in self.senders}
        await asyncio.to_thread(self._outbox.plan, ways, self._clock())
        await asyncio.gather(*(self._deliver_on(sender, tally) for sender in self.senders))
        return tally

    async def _deliver_on(self, sender: Sender, tally: Tally) -> None:
        if self._clock() < self._not_before.get(sender.way, datetime.min.replace(tzinfo=timezone.utc)):
            return
        for request_id in await asyncio.to_thread(self._outbox.due, sender.way, self._clock()):
            if self._stopping.is_set():
                return
            claim = await asyncio.to_thread(self._outbox.claim, request_id, sender.way, self._clock())
            if claim is None:
                continue
            error = await self._send(sender, claim)
            if error is None:
                tally.sent += 1
                await asyncio.to_thread(self._outbox.delivered, claim, self._clock())
                continue
            tally.errors.append(str(error))
            await asyncio.to_thread(self._note_failure, claim, error)
            if isinstance(error, DeliveryPostponed):
                # The other side is down or busy: the rest waits for the next round.
                self._not_before[sender.way] = self._clock() + timedelta(
                    seconds=min(error.seconds, LONGEST_WAIT_SECONDS)
                )
                return

    async def _send(self, sender: Sender, claim: Claim) -> DeliveryError | None:
        try:
            clinic = await asyncio.to_thread(self._clinic)
            await sender.send(notice(claim.request, clinic, maybe_sent=claim.maybe_sent))
        except DeliveryError as error:
            return error
        except StoreError as error:
            return DeliveryPostponed(str(error))
        except Exception as error:  # one request that cannot be written down must not keep the others
            logger.exception("Request %s could not be sent by %s.", claim.request.id, sender.way)
            return DeliveryRefused(f"A mistake in NMT Guide ({type(error).__name__}); the log says more.")
        return None

    def _note_failure(self, claim: Claim, error: DeliveryError) -> None:
        refused = isinstance(error, DeliveryRefused)
        # Asking somebody who said no again soon is of no use. But it is asked: the reason may pass.
        seconds = LONGEST_WAIT_SECONDS if refused else wait(claim.attempts, random.random())
        if isinstance(error, DeliveryPostponed):
            seconds = max(seconds, min(error.seconds, LONGEST_WAIT_SECONDS))
        self._outbox.failed(
            claim,
            self._clock() + timedelta(seconds=seconds),
            str(error),
            refused=refused,
            maybe_sent=error.maybe_sent,
        )
        stuck = refused or claim.attempts >= STUCK_AFTER
        logger.log(
            logging.ERROR if stuck else logging.WARNING,
            "Request %s is not delivered by %s after %d tries; the next is in %.0f s. %s",
            claim.request.id,
            claim.way,
            claim.attempts,
            seconds,
            error,
        )

    def _say_once(self, text: str) -> None:
        """Log what stays the same for many rounds once."""
        if text != self._said:
            logger.error("Requests wait for the store: %s", text)
            self._said = text


class Worker(Protocol):
    """What works every so many seconds until it is stopped."""

    async def run(self, seconds: float) -> None:
        """Work, until stopped."""

    def stop(self) -> None:
        """Begin nothing new."""


class Background:
    """Runs a worker beside the assistant's server, from its start to its stop.

    Args:
        worker: who works, for example a courier.
        seconds: how often.
    """

    def __init__(self, worker: Worker, seconds: float) -> None:
        self._worker = worker
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> list[tuple[Callable[..., Any], str]]:
        """For Sanic: functions, and the events at which it is to call them."""
        return [(self._start, "after_server_start"), (self._stop, "before_server_stop")]

    async def _start(self, app: Any, loop: Any) -> None:
        self._task = asyncio.create_task(self._worker.run(self._seconds))

    async def _stop(self, app: Any, loop: Any) -> None:
        self._worker.stop()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=STOP_SECONDS)
            self._task.cancel()
