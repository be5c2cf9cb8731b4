"""`nmt-guide evaluate`: how well the trained assistant understands, on labelled messages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nmt_guide.errors import EvaluationError
from nmt_guide.settings import ROOT, Settings


def evaluate(
    sets: Annotated[
        Path | None,
        typer.Option(help="Folder of labelled sets; without it ../shared/eval beside the project."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for index.html and figures.json.")] = ROOT
    / "results"
    / "evaluation",
    folds: Annotated[
        int, typer.Option(help="Cross-validate the example questions in so many parts; takes minutes.")
    ] = 0,
) -> None:
    """Measure the trained assistant on labelled messages and write a report."""
    from nmt_guide.evaluation.run import evaluate as run

    if folds < 0 or folds == 1:
        raise EvaluationError("--folds must be 0 (no cross-validation) or at least 2.")
    # Loading the model changes the working folder, so that given paths must be whole before.
    run(Settings(), sets.resolve() if sets else None, out.resolve(), folds, typer.echo)
