"""What commands that write a file, or show what clients wrote, have in common."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from nmt_guide.errors import UsageError

Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")]

#: All control characters but tab and newline: a terminal takes them for orders.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def harmless(text: str) -> str:
    """What somebody else wrote, for a terminal or a file: control characters become a mark, tabs and newlines stay."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


def write_private(file: Path, text: str) -> None:
    """Write a file that this user alone may read, whatever the rights of the one that it replaces.

    Raises:
        OSError: it cannot be written; an older file is as it was.
    """
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")  # made with mode 0600
    try:
        with open(handle, "w", encoding="utf-8") as target:
            target.write(text)
        os.replace(name, file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def check_free(file: Path, force: bool) -> None:
    """See that no file would be replaced unasked: it may be the last good backup, or a list somebody is working on.

    Raises:
        UsageError: the file is there already.
    """
    if file.exists() and not force:
        raise UsageError(f"{file} is there already: choose another name, or replace it with --force.")
