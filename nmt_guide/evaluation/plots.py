"""The figures of the report as pictures that stand inside the page."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from nmt_guide.evaluation.alarms import AlarmCurve
from nmt_guide.evaluation.confidence import BINS, Bin, Cost, Judged

_BLUE, _RED, _GREEN, _GREY, _ORANGE = "#1f5f99", "#b3261e", "#2e7d32", "#777777", "#c77700"


def picture(draw: Callable[[Any], None], width: float = 6.4, height: float = 3.8) -> str:
    """A drawing as an SVG data address.

    Args:
        draw: draws on matplotlib's axes.
        width: in inches.
        height: in inches.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # matplotlib 3.5 uses names that pyparsing has renamed
        import matplotlib
        from matplotlib.figure import Figure

        # A fixed salt and no date: the same figures give the same page.
        with matplotlib.rc_context({"svg.hashsalt": "nmt-guide", "font.size": 9}):
            figure = Figure(figsize=(width, height), tight_layout=True)
            axes = figure.add_subplot()
            axes.grid(color="#e4e4e4")
            axes.set_axisbelow(True)
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
            draw(axes)
            written = io.BytesIO()
            figure.savefig(written, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(written.getvalue()).decode()


def reliability_plot(bins: Sequence[Bin]) -> str:
    """Confidence against the share that is right; the bars below say how many messages that rests on."""
    total = sum(one.count for one in bins) or 1

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=_GREY, linestyle=":", label="confidence = share right")
        shares = [one.count / total for one in bins]
        axes.bar(
            [one.confidence for one in bins],
            shares,
            0.7 / BINS,
            color=_BLUE,
            alpha=0.2,
            label="share of messages",
        )
        axes.plot([one.confidence for one in bins], [one.right for one in bins], "o-", color=_BLUE, label="measured")
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share with the right topic first")
        axes.legend(loc="center right", frameon=False)

    return picture(draw)


def threshold_plot(costs: Sequence[Cost], in_use: float) -> str:
    """Right, wrong and offered by answer threshold."""

    def draw(axes: Any) -> None:
        at = [cost.threshold for cost in costs]
        axes.plot(at, [cost.right_or_offered for cost in costs], color=_GREEN, label="right or offered")
        axes.plot(at, [cost.right for cost in costs], color=_BLUE, label="right")
        axes.plot(at, [cost.wrong for cost in costs], color=_RED, label="wrong")
        if any(cost.declined is not None for cost in costs):
            axes.plot(
                at,
                [cost.declined for cost in costs],
                color=_ORANGE,
                linestyle="--",
                label="out of scope declined",
            )
        _mark(axes, in_use)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="answer threshold", ylabel="share of messages")
        axes.legend(loc="center left", frameon=False)

    return picture(draw)


def scope_plot(inside: Sequence[Judged], outside: Sequence[Judged], in_use: float) -> str:
    """How confident the classifier is on questions and on messages out of scope."""

    def draw(axes: Any) -> None:
        bins = [n / 25 for n in range(26)]
        for judged, color, name in ((inside, _BLUE, "questions"), (outside, _ORANGE, "out of scope")):
            weights = [1 / len(judged)] * len(judged)
            values = [one.confidence for one in judged]
            axes.hist(values, bins, weights=weights, color=color, alpha=0.55, label=name)
        _mark(axes, in_use)
        axes.set(xlim=(0, 1), xlabel="confidence", ylabel="share of messages")
        axes.legend(frameon=False)

    return picture(draw)


#: How the kinds of sets are called in the plot of the alarms.
_ALARM_LINES = {
    "redflag_pos": (_GREEN, "red flags: any urgent alarm"),
    "redflag_neg": (_ORANGE, "lookalikes: false alarm"),
    "questions": (_RED, "ordinary questions: false alarm"),
}


def alarm_plot(curve: AlarmCurve) -> str:
    """Alarms by threshold of the safety screen."""

    def draw(axes: Any) -> None:
        at = [point.threshold for point in curve.points]
        for kind, (color, name) in _ALARM_LINES.items():
            if kind in curve.points[0].alarmed:
                axes.plot(at, [point.alarmed[kind] for point in curve.points], color=color, label=name)
        _mark(axes, curve.in_use)
        axes.set(xlim=(min(at), max(at)), ylim=(0, 1.02), xlabel="threshold 'likely'", ylabel="share with an alarm")
        axes.legend(loc="center right", frameon=False)

    return picture(draw)


def _mark(axes: Any, in_use: float) -> None:
    axes.axvline(in_use, color="black", linewidth=1, linestyle="--")
    axes.annotate(f" in use: {in_use:g}", (in_use, 0.72), xycoords=("data", "axes fraction"), va="top")
