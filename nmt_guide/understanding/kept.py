"""The last rows that were worked out for texts: several components read the same message and its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
#: Rows of so many texts are kept.
_MOST = 64


class KeptRows:
    """Works out a row for each text, and keeps the last ones.

    Args:
        work_out: rows of different texts, shape (n, columns).
    """

    def __init__(self, work_out: Callable[[Sequence[str]], Floats]) -> None:
        self._work_out = work_out
        self._kept: dict[str, Floats] = {}

    def of(self, texts: Sequence[str]) -> Floats:
        """Rows of texts, shape (n, columns)."""
        kept = self._kept
        new = [text for text in dict.fromkeys(texts) if text not in kept]
        fresh = dict(zip(new, self._work_out(new), strict=True)) if new else {}
        rows = np.array([fresh[text] if text in fresh else kept[text] for text in texts])
        self._kept = dict([*kept.items(), *fresh.items()][-_MOST:])
        return rows
