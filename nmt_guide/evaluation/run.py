"""Measures everything, in order, and writes the report."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nmt_guide.dialogue.reading import ANSWER_CONFIDENCE
from nmt_guide.evaluation import confidence, counts
from nmt_guide.evaluation.alarms import AlarmCurve, alarm_curve
from nmt_guide.evaluation.assistant import TrainedAssistant
from nmt_guide.evaluation.counts import COUNTERS, Figures, Pair
from nmt_guide.evaluation.folds import cross_validate
from nmt_guide.evaluation.report import write_report
from nmt_guide.evaluation.sets import KINDS, LabelledSet, find_folder, read_sets, rows_of
from nmt_guide.evaluation.shares import Share
from nmt_guide.evaluation.speed import measure_speed
from nmt_guide.evaluation.targets import results, table
from nmt_guide.knowledge.examples import read_blocks
from nmt_guide.settings import ROOT, Settings

Tell = Callable[[str], None]

#: Kinds of sets whose messages go through the safety screen for its curve.
_ALARM_KINDS = ("redflag_pos", "redflag_neg", "questions")


def evaluate(settings: Settings, sets: Path | None, out: Path, folds: int, tell: Tell) -> Figures:
    """Evaluate the trained model and write `index.html` and `figures.json`.

    Args:
        settings: where model and stores are.
        sets: folder of labelled sets; None for the one beside the project.
        out: folder for the report.
        folds: parts for the cross-validation; 0 leaves it out.
        tell: is called with each line for the person who waits.

    Raises:
        NMTGuideError: sets or model are missing or not as they must be.
    """
    from nmt_guide.server.build import load_content, model_file

    labelled = read_sets(find_folder(sets))
    load_content(settings, tell)
    tell("Loading the model ...")
    assistant = TrainedAssistant.load(model_file(settings))
    figures = measure(assistant, labelled, tell)
    if folds:
        tell(f"Cross-validating the example questions in {folds} parts: this takes minutes ...")
        blocks = read_blocks(ROOT / "data" / "nlu.yml")
        examples = [(text, block.intent) for block in blocks for text in block.texts]
        cache = settings.var_dir / "evaluation" / "vectors.npz"
        figures["cross_validation"] = cross_validate(assistant, examples, folds, cache)
    write(figures, out)
    tell("")
    tell(table(results(figures)))
    tell("")
    tell(f"The report is {out / 'index.html'}, its figures {out / 'figures.json'}.")
    return figures


def measure(assistant: TrainedAssistant, labelled: Sequence[LabelledSet], tell: Tell) -> Figures:
    """All figures of some labelled sets."""
    figures: Figures = {"measured": time.strftime("%Y-%m-%d %H:%M"), "sets": {}}
    questions = [str(row["text"]) for row in rows_of(labelled, "questions")]
    if questions:
        tell("Timing the understanding on one core ...")
        # First: the speller remembers words, so that later figures would flatter.
        figures["speed"] = measure_speed(assistant, questions)
    heard: dict[str, list[Pair]] = {kind: [] for kind in KINDS}
    for one in labelled:
        tell(f"{one.name}: {len(one.rows)} ...")
        if one.kind == "dialogues":
            rows = counts.playable(one.rows)
            played = [(row, assistant.talk([str(turn["user"]) for turn in row["turns"]])) for row in rows]
            figures["sets"][one.name] = figures["dialogues"] = counts.count_dialogues(played)
            continue
        pairs = [(row, assistant.ask(str(row["text"]))) for row in one.rows]
        heard[one.kind] += pairs
        figures["sets"][one.name] = {"n": len(pairs), **COUNTERS[one.kind](pairs)}
    for kind, pairs in heard.items():
        if pairs:
            figures[kind] = COUNTERS[kind](pairs)
    in_use = [round(float(one), 3) for one in assistant.calibration()]
    _add_details(figures, heard, in_use)
    texts = {kind: [str(row["text"]) for row, _ in heard[kind]] for kind in _ALARM_KINDS if heard[kind]}
    if "redflag_pos" in texts:
        tell("Reading the thresholds of the safety screen ...")
        figures["alarm_curve"] = alarm_curve(assistant, texts)
    return figures


def _add_details(figures: Figures, heard: dict[str, list[Pair]], in_use: Sequence[float]) -> None:
    """What is told of questions and messages out of scope besides their counts."""
    questions, outside = heard["questions"], heard["oos"]
    inside_judged = confidence.judge(questions, in_scope=True)
    outside_judged = confidence.judge(outside, in_scope=False)
    bins = confidence.reliability(inside_judged)
    figures["confusions"] = counts.confusions(questions)
    figures["question_misses"] = counts.misses_of_questions(questions)
    figures["facets"] = counts.count_facets(questions)
    figures["false_alarms_by_flag"] = counts.false_alarms_by_flag(questions + heard["redflag_neg"])
    figures["calibration"] = {
        "judged": len(inside_judged),
        "in_use": in_use,
        "reliability": bins,
        "expected_calibration_error": confidence.calibration_error(bins),
        "fitted_on_questions": confidence.fit_calibration(inside_judged),
        "fitted_with_out_of_scope": confidence.fit_calibration(inside_judged + outside_judged),
    }
    figures["threshold"] = {
        "in_use": ANSWER_CONFIDENCE,
        "costs": confidence.costs(inside_judged, outside_judged),
    }
    figures["scope"] = {
        "auroc_confidence": confidence.auroc(inside_judged, outside_judged, knowing_labels=False),
        "auroc_with_labels": confidence.auroc(inside_judged, outside_judged, knowing_labels=True),
        "inside": inside_judged,
        "outside": outside_judged,
    }


def write(figures: Figures, out: Path) -> None:
    """Write `figures.json` and `index.html`."""
    out.mkdir(parents=True, exist_ok=True)
    kept = {key: value for key, value in figures.items() if key != "scope"}
    kept["scope"] = {key: value for key, value in figures.get("scope", {}).items() if key.startswith("auroc")}
    kept["targets"] = [
        {
            "name": r.target.name,
            "value": r.value,
            "least": r.target.least,
            "aim": r.target.aim,
            "verdict": r.verdict,
        }
        for r in results(figures)
    ]
    text = json.dumps(kept, indent=1, default=_plain, ensure_ascii=False)
    (out / "figures.json").write_text(text + "\n", encoding="utf-8")
    (out / "index.html").write_text(write_report(figures), encoding="utf-8")


def _plain(value: Any) -> Any:
    """What `json` does not know."""
    if isinstance(value, Share):
        return value.as_dict()
    if isinstance(value, AlarmCurve):
        points = [{"threshold": round(p.threshold, 3), **dict(p.alarmed)} for p in value.points]
        return {"in_use": value.in_use, "points": points}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} has no place in figures.json")
