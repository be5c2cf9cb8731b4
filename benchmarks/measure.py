"""Trains or measures one variant. Runs in a process of its own, so that no variant pays for another's memory.

    python -m benchmarks.measure train VARIANT FOLDER
    python -m benchmarks.measure score VARIANT FOLDER SETS EVERY

The last line of the output is one JSON object with the figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.variants import VARIANTS, Variant
from nmt_guide.evaluation.sets import read_sets, rows_of
from nmt_guide.server.build import quiet_environment
from nmt_guide.settings import ROOT

_MODEL = "model"
_WARM_UP = 10


def train(folder: Path) -> dict[str, Any]:
    """Train on all cores: seconds, and size of the model file."""
    from rasa.model_training import train_nlu

    # Rasa would take what an earlier run has learnt out of its cache.
    os.environ["RASA_CACHE_DIRECTORY"] = str(folder / "cache")
    start = time.perf_counter()
    model = train_nlu(
        str(folder / "config.yml"),
        str(folder / "nlu.yml"),
        str(folder),
        fixed_model_name=_MODEL,
        domain=str(folder / "domain.yml"),
    )
    seconds = time.perf_counter() - start
    if model is None:
        raise SystemExit(f"Training failed: see the lines above, and the project in {folder}.")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = Path(model).stat().st_size / 2**20
    return {"train_seconds": seconds, "train_peak_mb": peak, "model_mb": size}


def score(variant: Variant, folder: Path, sets: Path, every: int, start: float) -> dict[str, Any]:
    """Load on one core and read every message once.

    Args:
        variant: what was trained.
        folder: where its model is.
        sets: the labelled messages.
        every: reads every n-th message.
        start: when the process began. Rasa imports some libraries only when a pipeline needs them, so that
            loading without the imports would compare nothing.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from rasa.core.agent import load_agent
    from rasa.core.channels.channel import UserMessage
    from sklearn.metrics import roc_auc_score

    loop = asyncio.new_event_loop()
    agent = loop.run_until_complete(load_agent(str(folder / f"{_MODEL}.tar.gz")))
    figures: dict[str, Any] = {"load_seconds": time.perf_counter() - start}
    spent: list[float] = []

    def read(text: str) -> Any:
        begin = time.perf_counter()
        parsed = loop.run_until_complete(agent.processor.parse_message(UserMessage(text)))
        spent.append(time.perf_counter() - begin)
        return variant.read(parsed)

    for _ in range(_WARM_UP):
        read("is it all right to ask you something")
    spent.clear()
    labelled = read_sets(sets)
    questions, outside = rows_of(labelled, "questions")[::every], rows_of(labelled, "oos")[::every]
    first, three, wrong, inside_scores = [], [], [], []
    for row in questions:
        reading = read(str(row["text"]))
        ok = {f"faq/{topic}" for topic in (row["topic"], *(row.get("also_ok") or ()))}
        first.append(bool(ok & set(reading.labels[:1])))
        three.append(bool(ok & set(reading.labels[:3])))
        wrong.append(not first[-1] and not reading.declined)
        inside_scores.append(_inside(reading))
    readings = [read(str(row["text"])) for row in outside]
    declined = [reading.declined for reading in readings]
    scores = inside_scores + [_inside(reading) for reading in readings]
    spent.sort()
    figures |= {
        "questions": len(questions),
        "out_of_scope": len(outside),
        "first": _mean(first),
        "three": _mean(three),
        "wrong": _mean(wrong),
        "declined": _mean(declined) if outside else None,
        "auroc": float(roc_auc_score([1] * len(questions) + [0] * len(outside), scores)) if outside else None,
        "ms_p50": 1000 * spent[len(spent) // 2],
        "ms_p99": 1000 * spent[int(len(spent) * 0.99)],
        "resident_mb": _resident_mb(),
    }
    return figures


def _inside(reading: Any) -> float:
    """How sure a variant is that a message is in scope; its own label for out of scope counts as such."""
    from nmt_guide.evaluation.counts import declines

    outside = not reading.labels or declines(reading.labels[0])
    return -float(reading.confidence) if outside else float(reading.confidence)


def _resident_mb() -> float:
    """Memory that the process holds now; on systems without /proc the most that it held."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def _mean(hits: list[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0


def main() -> None:
    """See the top of the file."""
    start = time.perf_counter()
    os.environ.update(quiet_environment())
    os.chdir(ROOT)
    warnings.filterwarnings("ignore")
    import logging

    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)
    logging.disable(logging.WARNING)
    step, name, folder, *rest = sys.argv[1:]
    variant = VARIANTS[name]
    if step == "train":
        figures = train(Path(folder))
    else:
        figures = score(variant, Path(folder), Path(rest[0]), int(rest[1]), start)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
