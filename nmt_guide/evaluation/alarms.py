"""What the thresholds of the safety screen cost: red flags caught against false alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nmt_guide.evaluation.assistant import TrainedAssistant


@dataclass(frozen=True)
class AlarmCost:
    """Share of the messages of each kind of set that raise an alarm at a threshold."""

    threshold: float
    alarmed: Mapping[str, float]


@dataclass(frozen=True)
class AlarmCurve:
    """The curve over the threshold `likely`, all others as in use.

    Attributes:
        in_use: the threshold that the trained model holds.
    """

    in_use: float
    points: tuple[AlarmCost, ...]


def alarm_curve(assistant: TrainedAssistant, texts: Mapping[str, Sequence[str]]) -> AlarmCurve:
    """Alarms by threshold.

    The rules stay what they are: where a decisive one holds, `likely_with_rule` decides. That is why the
    curve does not fall to zero.

    Args:
        assistant: holds the screen.
        texts: messages by kind of set.
    """
    from nmt_guide.understanding.components import SPELT

    screen = assistant.screen()
    evidence = {}
    for kind, messages in texts.items():
        spelt = [message.get(SPELT) for message in assistant.understood(messages)]
        evidence[kind] = [screen.evidence(text) for text in spelt if text]
    points = []
    for threshold in np.linspace(0.1, 1.0, 46):
        limit = float(threshold)
        alarmed = {
            kind: float(np.mean([screen.alarmed(one, likely=limit) for one in read])) if read else 0.0
            for kind, read in evidence.items()
        }
        points.append(AlarmCost(limit, alarmed))
    return AlarmCurve(float(screen.thresholds.likely), tuple(points))
