"""The knowledge as a running assistant reads it: the newest good content, never a long wait for the database."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import Generic, TypeVar

from nmt_guide.errors import StoreError
from nmt_guide.knowledge.content import Content
from nmt_guide.knowledge.store import Store

logger = logging.getLogger(__name__)
_T = TypeVar("_T")
#: How long a message waits for a look, in seconds: to see that nothing changed takes milliseconds, to read new content a
#: second. After that it is answered from the last content; so is every other one while a database hangs.
_PATIENCE_SECONDS = 3.0


class Library(Generic[_T]):
    """Keeps what is made from the content, and makes it anew when new content was loaded into the store.

    Looking costs one small query every few seconds, in a thread of its own: the event loop never waits
    for SQL. The message that finds the last look too old waits for the new one, for a short time: on a quiet
    site the next client would else get the prices of days ago. When the store fails, the last good content
    stays in use.

    Args:
        store: where the content is.
        make: what to make of it.
        refresh_seconds: how long to wait between two looks.
    """

    def __init__(self, store: Store, make: type[_T], refresh_seconds: float) -> None:
        self._store = store
        self._make = make
        self._refresh_seconds = refresh_seconds
        self._made: _T | None = None
        self._fingerprint: str | None = None
        self._looked = float("-inf")
        self._look: asyncio.Task[None] | None = None
        self._refreshing = threading.Lock()

    async def current(self) -> _T:
        """What was made of the newest good content.

        Raises:
            StoreError: nothing was loaded so far, and the store cannot be read.
        """
        if self._made is None:
            await asyncio.to_thread(self.refresh)
        elif time.monotonic() - self._looked > self._refresh_seconds and (self._look is None or self._look.done()):
            self._looked = time.monotonic()
            self._look = asyncio.create_task(asyncio.to_thread(self._refresh_quietly))
        patience = self._looked + _PATIENCE_SECONDS - time.monotonic()
        if self._look is not None and not self._look.done() and patience > 0:
            await asyncio.wait([self._look], timeout=patience)
        assert self._made is not None
        return self._made

    def refresh(self) -> None:
        """Look into the store now, and read it when its content changed.

        Raises:
            StoreError: the store is empty or cannot be read.
        """
        # Many clients may come at once before anything is loaded: one reads, the others wait for what it made.
        with self._refreshing:
            self._looked = time.monotonic()
            fingerprint = self._store.fingerprint()
            if self._made is None or fingerprint != self._fingerprint:
                content: Content = self._store.load()
                self._made = self._make(content)  # type: ignore[call-arg]
                self._fingerprint = fingerprint
                logger.info("Loaded content %s with %d topics.", (fingerprint or "")[:12], len(content.topics))

    def _refresh_quietly(self) -> None:
        try:
            self.refresh()
        except StoreError as error:
            logger.error("The last good content stays in use: %s", error)
        except Exception:  # nobody awaits this task: an error that is not logged here is lost
            logger.exception("The last good content stays in use: nothing could be made of the new.")
