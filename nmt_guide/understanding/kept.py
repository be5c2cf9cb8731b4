"""Rows that were worked out for texts: several components read the same message and its parts, and clients ask the same."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
#: Rows of so many texts are kept: some megabytes.
_MOST = 2048


class KeptRows:
    """Works out a row for each text, and keeps the rows of the last ones; of a text, its hash. Any thread may ask.

    Args:
        work_out: rows of different texts, shape (n, columns), and of what they are parts: "" when they stand alone.
    """

    def __init__(self, work_out: Callable[[Sequence[str], str], Floats]) -> None:
        self._work_out = work_out
        self._kept: dict[bytes, Floats] = {}
        self._changing = threading.Lock()

    def of(self, texts: Sequence[str], message: str = "") -> Floats:
        """Rows of texts, shape (n, columns).

        Args:
            texts: what is read.
            message: what they are parts of.
        """
        by_text = {text: hashlib.blake2b(f"{text}\0{message}".encode(), digest_size=16).digest() for text in texts}
        with self._changing:
            rows = {key: self._kept[key] for key in by_text.values() if key in self._kept}
        new = [text for text, key in by_text.items() if key not in rows]
        if new:
            rows.update(zip((by_text[text] for text in new), self._work_out(new, message), strict=True))
        with self._changing:
            for key, row in rows.items():
                self._kept.pop(key, None)
                self._kept[key] = row  # what was asked for last is kept longest
            while len(self._kept) > _MOST:
                del self._kept[next(iter(self._kept))]
        return np.array([rows[by_text[text]] for text in texts])
