"""Commands on single topics."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from nmt_guide.settings import ROOT, Settings

topic_app = typer.Typer(help="Start a new topic.", no_args_is_help=True)


@topic_app.callback()
def topic() -> None:
    """Start a new topic."""


@topic_app.command("new")
def topic_new(
    topic_id: Annotated[str, typer.Argument(metavar="ID", help="Small letters and _, for example cond_tennis_elbow.")],
    group: Annotated[str, typer.Option(help="The folder of knowledge/topics that it belongs to.")],
    title: Annotated[str, typer.Option(help="The question that it answers, at most 60 characters.")],
    button: Annotated[str | None, typer.Option(help="The same on a button, at most 28 characters.")] = None,
    examples: Annotated[Path, typer.Option(help="The file of example questions.")] = ROOT / "data" / "nlu.yml",
) -> None:
    """Write the answer file of a new topic and its block of example questions, for you to fill in."""
    from nmt_guide.knowledge.reachability import MIN_EXAMPLES
    from nmt_guide.knowledge.scaffold import new_topic

    path = new_topic(
        topic_id,
        group,
        title,
        folder=Settings().content_dir,
        examples=examples,
        today=date.today(),
        button=button,
    )
    typer.echo(
        f"Next: fill in {path}, write at least {MIN_EXAMPLES} example questions at the end of {examples}, "
        "and run './nmt-guide content check'."
    )
