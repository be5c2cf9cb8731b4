"""Shares of a count, with how far chance may have moved them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

#: Standard normal quantile of a two-sided 95 % interval.
_Z = 1.959964


@dataclass(frozen=True)
class Share:
    """So many of so many.

    Attributes:
        count: how many.
        of: of how many; 0 when there was nothing to count.
    """

    count: int
    of: int

    @classmethod
    def of_all(cls, hits: Iterable[bool]) -> Share:
        """The share of what is true."""
        hits = list(hits)
        return cls(sum(hits), len(hits))

    @property
    def value(self) -> float | None:
        """The share between 0 and 1; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of Wilson.

        Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference". Unlike
        the normal approximation it stays within 0 and 1 and holds for few messages and shares near 1.
        """
        if not self.of:
            return 0.0, 1.0
        share, weight = self.count / self.of, _Z**2 / self.of
        middle = (share + weight / 2) / (1 + weight)
        half = _Z * math.sqrt(share * (1 - share) / self.of + weight / (4 * self.of)) / (1 + weight)
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_dict(self) -> dict[str, float | int | None]:
        """For `figures.json`."""
        low, high = self.interval
        value = None if self.value is None else round(self.value, 4)
        return {
            "value": value,
            "low": round(low, 4),
            "high": round(high, 4),
            "count": self.count,
            "of": self.of,
        }

    def __str__(self) -> str:
        if self.value is None:
            return "none"
        low, high = self.interval
        return f"{self.value:.3f} ({low:.2f}-{high:.2f})"
