"""Folders and files that hold what clients wrote: for this user alone."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from nmt_guide.errors import SetupError


def make_folder(folder: Path) -> None:
    """Make a folder that nobody else may open, unless it is there already.

    Raises:
        SetupError: it cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise SetupError(f"The folder {folder} cannot be used, as it cannot be made: {error.strerror}.") from error


def make_sqlite_file(url: str, folder: bool = False) -> None:
    """Make the file of a SQLite database, unless it is there; its write-ahead log takes over its rights.

    Where that fails, SQLite says so when it opens it. Other databases are left alone.

    Args:
        url: SQLAlchemy address.
        folder: whether to make the file's folder too; else one that is not there is taken for a mistake in the address.

    Raises:
        SetupError: the folder cannot be made.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:"):
        return
    if str(address.database).startswith("file:"):  # SQLite's own kind of address, not a path
        return
    file = Path(str(address.database))
    if folder:
        make_folder(file.parent)
    with suppress(OSError):
        file.touch(mode=0o600)
