"""How much a client may ask in how much time."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Buckets kept, at some 200 bytes each: 10 MB.
_MOST_KEYS = 50_000
#: How often full buckets are thrown away, in seconds. To look at all takes some milliseconds.
_PRUNE_SECONDS = 10.0


class Limit:
    """A token bucket for every key: so many at once, then so many a minute. Kept in memory, by process.

    Args:
        per_minute: tokens that come back in a minute, and the most that a bucket holds; 0: no limit.
        clock: a clock that never goes back, in seconds.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = per_minute
        self._per_second = per_minute / 60
        self._clock = clock
        #: By key: when the bucket will be full again. That one number says how many tokens are in it now.
        self._full_at: dict[str, float] = {}
        self._pruned_at = clock()

    def take(self, key: str) -> float:
        """Take a token.

        Returns:
            0 when there was one, else the seconds until there is one.
        """
        if not self._most:
            return 0.0
        now = self._clock()
        if now - self._pruned_at >= _PRUNE_SECONDS:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
            self._pruned_at = now
        missing = max(0.0, self._full_at.get(key, now) - now) * self._per_second
        if missing + 1 > self._most:
            return (missing + 1 - self._most) / self._per_second
        # To the end of the dictionary: the first is whose last token is the oldest.
        self._full_at.pop(key, None)
        if len(self._full_at) >= _MOST_KEYS:
            del self._full_at[next(iter(self._full_at))]
        self._full_at[key] = now + (missing + 1) / self._per_second
        return 0.0
