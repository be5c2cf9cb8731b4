"""What commands that write a file have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nmt_guide.errors import UsageError

Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")]


def check_free(file: Path, force: bool) -> None:
    """See that no file would be replaced unasked: it may be the last good backup, or a list somebody is working on.

    Raises:
        UsageError: the file is there already.
    """
    if file.exists() and not force:
        raise UsageError(f"{file} is there already: choose another name, or replace it with --force.")
