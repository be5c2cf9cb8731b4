"""Milliseconds that understanding one message takes, on one core."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nmt_guide.evaluation.assistant import TrainedAssistant, one_core

#: Messages before the clock runs: caches fill, pages are touched.
_WARM_UP = 10
#: What the whole of Rasa's understanding is called in the figures.
WHOLE = "parse_message"


@dataclass(frozen=True)
class Time:
    """Milliseconds a message: half of the messages take less than `p50`, one in a hundred more than `p99`."""

    p50: float
    p95: float
    p99: float


def measure_speed(assistant: TrainedAssistant, texts: Sequence[str]) -> dict[str, Time]:
    """Times by component, and of everything that Rasa does to understand a message (`WHOLE`).

    No message is measured twice: the speller remembers words, and a second reading would flatter. So the
    messages are dealt out in twos to the two measurements; neighbours in the sets ask alike in different
    styles.
    """
    single = [text for n, text in enumerate(texts) if n % 4 < 2] or list(texts)
    whole = [text for n, text in enumerate(texts) if n % 4 >= 2] or list(texts)
    spent: dict[str, list[float]] = {WHOLE: []}
    with one_core():
        for _ in range(_WARM_UP):
            assistant.parse("is it all right to ask you something")
        for text in single:
            for name, seconds in assistant.timed(text)[1].items():
                spent.setdefault(name, []).append(seconds)
        for text in whole:
            start = time.perf_counter()
            assistant.parse(text)
            spent[WHOLE].append(time.perf_counter() - start)
    return {name: _time(seconds) for name, seconds in spent.items()}


def _time(seconds: Sequence[float]) -> Time:
    p50, p95, p99 = (float(p) * 1000 for p in np.percentile(seconds, [50, 95, 99]))
    return Time(round(p50, 2), round(p95, 2), round(p99, 2))
