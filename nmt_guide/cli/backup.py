"""Commands that keep and bring back what cannot be built again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nmt_guide.cli.files import Force, check_free
from nmt_guide.settings import Settings


def backup(file: Annotated[Path, typer.Argument(help="The archive to write.")], force: Force = False) -> None:
    """Write knowledge, conversations and the website chat's secret into one file, while the assistant runs."""
    from nmt_guide.server.backup import backup as write

    check_free(file, force)
    for line in write(Settings(), file):
        typer.echo(line)
    typer.echo(f"Wrote {file}. It holds what clients wrote, and the key to it: keep it safe.")


def restore(file: Annotated[Path, typer.Argument(help="An archive that `backup` wrote.")]) -> None:
    """Put back what a backup holds, if all of it is whole. Stop the assistant before."""
    from nmt_guide.server.backup import restore as put_back

    typer.echo(f"Put back: {', '.join(put_back(Settings(), file))}.")
