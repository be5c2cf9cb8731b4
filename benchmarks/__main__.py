"""Trains and measures the variants one after the other, and writes the report."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.material import examples, write_project
from benchmarks.report import write
from benchmarks.variants import VARIANTS
from nmt_guide.errors import NMTGuideError
from nmt_guide.evaluation.sets import find_folder
from nmt_guide.server.build import build_encoder
from nmt_guide.settings import ROOT, Settings

#: What `--quick` does with: enough to see that everything runs, and for nothing else.
_QUICK_EVERY, _QUICK_EPOCHS, _QUICK_MESSAGES = 8, 3, 4
_EPOCHS = 100


def main() -> int:
    """Run the benchmark; the exit status is 1 when a variant failed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--sets", type=Path, help="folder of labelled sets (default: ../shared/eval)")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "benchmark", help="folder for the report")
    parser.add_argument("--only", nargs="+", choices=sorted(VARIANTS), help="names of variants")
    parser.add_argument("--quick", action="store_true", help="every 8th example, 3 epochs: only to see that it runs")
    args = parser.parse_args()
    try:
        sets = find_folder(args.sets).resolve()
        build_encoder(Settings(), print)
    except NMTGuideError as error:
        print(error, file=sys.stderr)
        return 1
    out = args.out.resolve()
    chosen = examples(_QUICK_EVERY if args.quick else 1)
    measured: dict[str, dict[str, Any]] = {}
    failed = []
    for name in args.only or VARIANTS:
        figures = _measure(name, chosen, sets, args.quick)
        if figures is None:
            failed.append(name)
            continue
        measured[name] = figures
        # After each variant: the last one takes hours, and what is known by then should not be lost with it.
        write(measured, _about(len(chosen), args.quick), out)
        (out / "benchmark.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    if measured:
        print(f"The report is {out / 'benchmark.md'}.")
    return 1 if failed else 0


def _measure(name: str, chosen: list[tuple[str, str]], sets: Path, quick: bool) -> dict[str, Any] | None:
    with tempfile.TemporaryDirectory(prefix=f"benchmark-{name}-") as scratch:
        folder = Path(scratch)
        write_project(folder, VARIANTS[name], chosen, _QUICK_EPOCHS if quick else _EPOCHS)
        print(f"{name}: training on {len(chosen)} examples ...", flush=True)
        trained = _step("train", name, scratch)
        if trained is None:
            return None
        print(f"{name}: trained in {trained['train_seconds']:.0f} s, reading messages ...", flush=True)
        scored = _step("score", name, scratch, str(sets), str(_QUICK_MESSAGES if quick else 1))
        return None if scored is None else trained | scored


def _step(step: str, name: str, *arguments: str) -> dict[str, Any] | None:
    """One step in a process of its own; None, and the end of its output, when it failed."""
    command = [sys.executable, "-m", "benchmarks.measure", step, name, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        print(f"{name}: the step '{step}' failed. The end of its output:\n{end}", file=sys.stderr)
        return None
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _about(count: int, quick: bool) -> str:
    text = (
        f"Measured {time.strftime('%Y-%m-%d')} on {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, with {count} example questions; training on all cores, messages on "
        "one. "
        "Ours also takes messages apart, finds facets and looks for red flags in the time it is given here."
    )
    if quick:
        text += " **`--quick`: every 8th example and 3 epochs. The figures say only that everything runs.**"
    return text


if __name__ == "__main__":
    sys.exit(main())
