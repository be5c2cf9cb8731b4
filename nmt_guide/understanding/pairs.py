"""Which words clients put side by side: "my shouldr is" means a shoulder, although "should" is nearer to how it is typed.

Source: Church & Gale 1991, "Probability scoring for spelling correction" (a word is as likely as its neighbours make it).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

#: Stands beside the first and the last word of a message.
EDGE = ""
#: A pair is trusted as if each word had been seen so many times more, in the company of all words alike.
_SMOOTHING = 400.0


class Pairs:
    """How likely words are between others.

    Args:
        known: how often each word was used.
        keys: of the pairs that were seen, in order: the number of the first word times the number of words, plus that of the
            second. A word has the number of its place in `known`, after `EDGE`.
        counts: how often each of the pairs was seen.
    """

    def __init__(self, known: Mapping[str, int], keys: npt.NDArray[np.int64], counts: npt.NDArray[np.int32]) -> None:
        self._numbers: dict[str | None, int] = {word: number for number, word in enumerate([EDGE, *known])}
        # The last pair is none: what is looked for after all others is found there.
        self._keys, self._counts = np.append(keys, np.iinfo(np.int64).max), np.append(counts, 0)
        messages = counts[keys < len(self._numbers)].sum()
        self._used = np.maximum([messages, *known.values()], 0.5)

    @classmethod
    def learn(cls, texts: Iterable[Sequence[str]], known: Mapping[str, int]) -> Pairs:
        """The pairs of these texts, each given as its words in order. Words that are not known have no part in a pair."""
        numbers = {word: number for number, word in enumerate([EDGE, *known])}
        size = len(numbers)
        pairs: Counter[int] = Counter()
        for text in texts:
            row = [0, *(numbers.get(word, -1) for word in text), 0]
            pairs.update(first * size + second for first, second in itertools.pairwise(row) if min(first, second) >= 0)
        keys = np.array(sorted(pairs), dtype=np.int64)
        return cls(known, keys, np.array([pairs[key] for key in keys.tolist()], dtype=np.int32))

    def likelihood(self, choices: Sequence[str], before: str | None, after: str | None) -> npt.NDArray[np.float64]:
        """How likely each word is at one place, as a logarithm that only compares them.

        Args:
            choices: known words.
            before: the word on its left, `EDGE` for none. None, or a word that is not known, tells nothing.
            after: the word on its right, in the same way.
        """
        numbers = np.array([self._numbers[word] for word in choices])
        shares = self._used / self._used.sum()
        likely = np.log(self._seen(self._numbers.get(before, -1), numbers) + _SMOOTHING * shares[numbers])
        last = self._numbers.get(after, -1)
        if last >= 0:
            seen = self._seen(numbers, last) + _SMOOTHING * shares[last]
            likely += np.log(seen / (self._used[numbers] + _SMOOTHING))
        return likely

    def _seen(self, first: npt.NDArray[np.int64] | int, second: npt.NDArray[np.int64] | int) -> npt.NDArray[np.float64]:
        keys = np.asarray(first) * len(self._numbers) + second
        places = np.searchsorted(self._keys, keys)
        return np.where(self._keys[places] == keys, self._counts[places], 0)
