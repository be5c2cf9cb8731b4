"""The report: one page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from nmt_guide.evaluation import plots
from nmt_guide.evaluation.counts import MESSY, Figures
from nmt_guide.evaluation.shares import Share
from nmt_guide.evaluation.speed import WHOLE
from nmt_guide.evaluation.targets import results, shown

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1c1c; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ddd; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .92rem; display: block; overflow-x: auto; }
th, td { padding: .25rem .7rem .25rem 0; text-align: left; vertical-align: top; }
th, td { border-bottom: 1px solid #eee; }
td.n { white-space: nowrap; font-variant-numeric: tabular-nums; }
img { max-width: 100%; } small, .note { color: #555; }
.aim, .met { color: #1b6e20; } .missed { color: #a31710; font-weight: 600; }
details { margin: .5rem 0; } li { overflow-wrap: anywhere; }
"""
_MARKS = {"aim": "aim reached", "met": "met", "missed": "missed", "not measured": "not measured"}
_QUESTION_COLUMNS = {
    "understood_first": "right topic first",
    "understood_three": "among three",
    "right": "answered rightly",
    "right_or_offered": "right or offered",
    "wrong": "wrong",
    "refused": "refused",
    "false_alarm": "false alarm",
    "checked": "screening question",
}
_MOST_CONFUSED = 30
_SIGNALS = ("1", "log-odds of the best score", "log of best to second", "square root of the score of out of scope")


def write_report(figures: Figures) -> str:
    """The page.

    Args:
        figures: what `run.measure` found.
    """
    sections = [
        _targets(figures),
        _questions(figures),
        _confusions("What is taken for what", figures.get("confusions", [])),
        _confidence(figures),
        _scope(figures),
        _red_flags(figures),
        _facets(figures),
        _conversations(figures),
        _speed(figures),
        _folds(figures),
    ]
    sizes = ", ".join(f"{name} ({figure['n']})" for name, figure in figures["sets"].items() if "n" in figure)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>NMT Guide: evaluation</title>'
        f"<style>{_STYLE}</style></head><body><h1>How well NMT Guide understands</h1>"
        f'<p class="note">Measured {escape(str(figures["measured"]))} on labelled messages: {escape(sizes)}. '
        "In brackets: 95 % intervals (Wilson). Sets that helped to choose a threshold flatter it.</p>"
        + "".join(sections)
        + "</body></html>\n"
    )


def _targets(figures: Figures) -> str:
    rows = [
        (
            escape(r.target.name),
            f'<span class="{r.verdict.split()[0]}">{_MARKS[r.verdict]}</span>',
            shown(r),
            f"{'below ' if r.target.falling else ''}{r.target.least:g} {r.target.unit}",
            f"{r.target.aim:g} {r.target.unit}",
        )
        for r in results(figures)
    ]
    return _section("What was promised", _table(("", "result", "measured", "at least", "aim"), rows))


def _questions(figures: Figures) -> str:
    parts = [
        '<p class="note">The first two columns look at the classifier alone; the others at what a client '
        f"gets, after thresholds, dialogue and safety screen. Messy: {', '.join(sorted(MESSY))}.</p>"
    ]
    for name, figure in figures["sets"].items():
        if "by_style" not in figure:
            continue
        groups = {"all": figure["all"], "plain": figure["plain"], "messy": figure["messy"]}
        groups |= {f"- {style}": shares for style, shares in figure["by_style"].items()}
        rows = [(escape(group), *(str(shares[key]) for key in _QUESTION_COLUMNS)) for group, shares in groups.items()]
        parts.append(f"<h3>{escape(name)}</h3>" + _table(("", *_QUESTION_COLUMNS.values()), rows))
    parts.append(_list("Questions neither answered nor offered", figures.get("question_misses", [])))
    return _section("Questions", "".join(parts)) if len(parts) > 2 else ""


def _confusions(title: str, confusions: Sequence[Figures]) -> str:
    rows = [
        (escape(c["topic"]), escape(c["taken_for"]), f"{c['count']} of {c['of']}", escape(c["example"]))
        for c in confusions[:_MOST_CONFUSED]
    ]
    return _section(title, _table(("topic", "taken for", "", "for example"), rows)) if rows else ""


def _confidence(figures: Figures) -> str:
    calibration = figures["calibration"]
    if not calibration["reliability"]:
        return ""
    error = calibration["expected_calibration_error"]
    names = {
        "in_use": "in use",
        "fitted_on_questions": "fitted here, on questions",
        "fitted_with_out_of_scope": "fitted here, with messages out of scope",
    }
    rows = []
    for key, name in names.items():
        constants = calibration.get(key)
        shown_constants = [f"{one:.2f}" for one in constants] if constants else ["too few messages"]
        rows.append((name, *shown_constants))
    threshold = figures["threshold"]
    return _section(
        "Confidence",
        f"<p>{calibration['judged']} messages that were read as one question. Expected calibration error: "
        f"<b>{error:.3f}</b>.</p>"
        + _image(plots.reliability_plot(calibration["reliability"]), "Reliability diagram")
        + "<p>Confidence is the logistic function of these constants times these signals:</p>"
        + _table(("", *_SIGNALS), rows)
        + "<h3>The answer threshold</h3>"
        + _image(
            plots.threshold_plot(threshold["costs"], threshold["in_use"]),
            "Right and wrong answers by threshold",
        )
        + '<p class="note">Messages read as one question; the classifier alone, without safety screen.</p>',
    )


def _scope(figures: Figures) -> str:
    if "oos" not in figures:
        return ""
    scope, oos = figures["scope"], figures["oos"]
    parts = [f"<p>Declined: <b>{oos['declined']}</b>; met with silence: {oos['silent']}.</p>"]
    if scope["auroc_confidence"] is not None:
        parts.append(
            f"<p>AUROC of the confidence: <b>{scope['auroc_confidence']:.3f}</b>; with labels that decline "
            f"counted as out of scope, as the dialogue does: <b>{scope['auroc_with_labels']:.3f}</b>.</p>"
        )
        parts.append(
            _image(
                plots.scope_plot(scope["inside"], scope["outside"], figures["threshold"]["in_use"]),
                "Confidence on questions and on messages out of scope",
            )
        )
    parts.append(_table(("kind", "declined"), _shares(oos["by_kind"])))
    parts.append(_list("Answered although out of scope", oos["misses"]))
    return _section("Out of scope", "".join(parts))


def _red_flags(figures: Figures) -> str:
    parts = []
    for kind, title in (("redflag_pos", "Red flags present"), ("redflag_caution", "Ask your doctor first")):
        if kind in figures:
            found = figures[kind]
            parts.append(
                f"<h3>{title}</h3><p>Caught: <b>{found['caught']}</b>; caught or asked about: "
                f"{found['caught_or_checked']}; at the exact level: {found['exact_level']}.</p>"
                + _table(("flag", "caught"), _shares(found["by_flag"]))
                + _list("Missed", found["misses"])
            )
    if "redflag_neg" in figures:
        found = figures["redflag_neg"]
        parts.append(
            f"<h3>Lookalikes</h3><p>False alarms: <b>{found['false_alarm']}</b>; screening questions: "
            f"{found['checked']}.</p>"
            + _table(("reason", "false alarm"), _shares(found["by_reason"]))
            + _list("False alarms", found["misses"])
        )
    by_flag = figures.get("false_alarms_by_flag")
    if by_flag:
        rows = [(escape(flag), str(count)) for flag, count in by_flag.items()]
        parts.append("<h3>False alarms by flag</h3>" + _table(("flag", "lookalikes and ordinary questions"), rows))
    if "alarm_curve" in figures:
        parts.append(
            "<h3>The threshold of the screen</h3>"
            + _image(plots.alarm_plot(figures["alarm_curve"]), "Alarms by threshold")
            + '<p class="note">From this score of the examples on, an alarm needs no decisive rule. Where '
            "one holds, another threshold decides, so that the curves do not fall to zero.</p>"
        )
    return _section("Safety", "".join(parts)) if parts else ""


def _facets(figures: Figures) -> str:
    facets = figures.get("facets")
    if not facets or not facets["all"].of:
        return ""
    return _section(
        "Facets",
        f"<p>Found where the topic is right: <b>{facets['all']}</b>.</p>"
        + _table(("facet", "found"), _shares(facets["by_facet"]))
        + _list("Not found", facets["misses"]),
    )


def _conversations(figures: Figures) -> str:
    parts = []
    if "compound" in figures:
        found = figures["compound"]
        parts.append(
            f"<h3>Two questions in a message</h3><p>Topics answered: <b>{found['topics']}</b>; "
            f"messages answered whole: {found['whole']}.</p>" + _list("Answered in part", found["misses"])
        )
    if "dialogues" in figures:
        found = figures["dialogues"]
        parts.append(
            f"<h3>Dialogues</h3><p>Turns right: <b>{found['turns']}</b>; those after the first: "
            f"<b>{found['later_turns']}</b>; facets carried: {found['facets']}.</p>"
            + _list("Turns missed", found["misses"])
        )
    return _section("Conversations", "".join(parts)) if parts else ""


def _speed(figures: Figures) -> str:
    if "speed" not in figures:
        return ""
    rows = [
        (
            "everything, run by Rasa" if name == WHOLE else escape(name),
            f"{t.p50:.2f}",
            f"{t.p95:.2f}",
            f"{t.p99:.2f}",
        )
        for name, t in sorted(figures["speed"].items(), key=lambda item: item[0] == WHOLE)
    ]
    note = '<p class="note">Milliseconds a message, one core, one thread, on the questions of the sets.</p>'
    return _section("Speed", note + _table(("component", "half below", "95 % below", "99 % below"), rows))


def _folds(figures: Figures) -> str:
    found = figures.get("cross_validation")
    if not found:
        return ""
    each = ", ".join(f"{share:.3f}" for share in found["by_fold"])
    return _section(
        "Cross-validation of the example questions",
        f'<p class="note">{escape(found["note"])}</p><p>{found["folds"]} folds. Right topic first: '
        f"<b>{found['first']}</b> (each fold: {each}); among three: {found['three']}.</p>",
    ) + _confusions("Example questions taken for others", found["confusions"])


def _section(title: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2>{content}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are HTML."""
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(
        "<tr>"
        + "".join(f'<td class="n">{cell}</td>' if cell[:1].isdigit() else f"<td>{cell}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _shares(shares: dict[str, Share]) -> list[tuple[str, str]]:
    """Rows of a table, the lowest share first."""
    ordered = sorted(shares.items(), key=lambda item: (item[1].value or 0.0, item[0]))
    return [(escape(name), f"{share.count} of {share.of}: {share}") for name, share in ordered]


def _list(title: str, lines: Sequence[Any]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{escape(str(line))}</li>" for line in lines)
    return f"<details><summary>{escape(title)} ({len(lines)})</summary><ul>{items}</ul></details>"


def _image(address: str, description: str) -> str:
    return f'<p><img src="{address}" alt="{escape(description)}"></p>'
