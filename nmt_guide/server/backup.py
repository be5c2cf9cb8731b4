"""Everything that cannot be built again, in one file: knowledge, conversations, the secret of the website chat.

A backup is a tar archive with one file for each database: for SQLite a copy made while the assistant runs, for
PostgreSQL what `pg_dump` writes. Without the secret no browser could open, or delete, what it said before. One that the
settings name (`NMT_SECRET_FILE`) is kept by who made it. First in the archive are the checksums of the rest: what is
missing or damaged is found before anything is replaced. Older backups have none; their databases are read through.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from nmt_guide.errors import SetupError, UsageError
from nmt_guide.private import make_sqlite_file
from nmt_guide.settings import Settings
from nmt_guide.webchat.tokens import made_secret, write_secret

#: So many bytes of a file are read at once.
_PIECE = 1 << 20
#: By the name in the archive: the setting that says where the database is.
_DATABASES = {"knowledge": "database_url", "conversations": "tracker_url"}
_SECRET = "secret"
#: One line for each of the other files, as `sha256sum` writes them.
_CHECKSUMS = "checksums"


def backup(settings: Settings, file: Path) -> list[str]:
    """Write a backup; an older file of the name is replaced when the new one is whole.

    Args:
        settings: where the databases are.
        file: the archive to write.

    Returns:
        What is in it, one line for each database, and one for the secret.

    Raises:
        SetupError: a database cannot be read or is damaged, or `pg_dump` is missing or fails.
        UsageError: the file cannot be written.
    """
    lines = []
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
            parts: dict[str, Path] = {}
            for name, url in _urls(settings).items():
                copy = Path(folder) / f"{name}.{'db' if _is_sqlite(url) else 'dump'}"
                if _is_sqlite(url):
                    if not Path(url.database or "").is_file():
                        lines.append(f"{name}: nothing there yet")
                        continue
                    _copy(Path(url.database or ""), copy)
                    if damage := _damage(copy):
                        raise SetupError(f"{url.database} is damaged, and no backup was written: {damage}.")
                else:
                    _postgres("pg_dump", f"--dbname={_address(url)}", "--format=custom", f"--file={copy}", url=url)
                parts[copy.name] = copy
                lines.append(f"{name}: {copy.stat().st_size} bytes")
            secret = made_secret(settings)
            if not settings.secret_file and secret.is_file():
                parts[_SECRET] = Path(shutil.copy(secret, folder))
                lines.append(f"{_SECRET}: {secret.stat().st_size} bytes")
            checksums = Path(folder) / _CHECKSUMS
            checksums.write_text("".join(f"{_checksum(path)}  {name}\n" for name, path in parts.items()))
            whole = Path(folder) / "backup.tar"
            with tarfile.open(whole, "w") as archive:
                for name, path in {_CHECKSUMS: checksums, **parts}.items():
                    archive.add(path, name)
            # Messages of clients are in it.
            whole.chmod(0o600)
            whole.replace(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error
    return lines


def restore(settings: Settings, file: Path) -> list[str]:
    """Put back what a backup holds, once all of it was found whole. Stop the assistant before: what it writes meanwhile would
    be lost.

    Args:
        settings: where the databases are; of the same kind as when the backup was made.
        file: the archive.

    Returns:
        What was put back.

    Raises:
        UsageError: it is no backup, is damaged, or was made of another kind of database. Nothing was changed.
        SetupError: a database or the secret cannot be written, or `pg_restore` is missing or fails.
    """
    urls = _urls(settings)
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        found = _whole(file, Path(folder))
        wanted = {name: Path(folder) / f"{name}.{'db' if _is_sqlite(url) else 'dump'}" for name, url in urls.items()}
        strangers = [path.name for path in found if path not in (*wanted.values(), Path(folder) / _SECRET)]
        if strangers or not found:
            raise UsageError(
                f"{file} is no backup of databases like those of the settings; it holds: {', '.join(strangers) or 'nothing'}."
            )
        for copy in found:
            if damage := _damage(copy):
                raise UsageError(f"{file} is damaged, and nothing was changed: {copy.name}: {damage}.")
        for name, copy in wanted.items():
            if copy not in found:
                continue
            if _is_sqlite(urls[name]):
                make_sqlite_file(str(urls[name]), folder=True)
                _copy(copy, Path(urls[name].database or ""))
            else:
                options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", str(copy))
                _postgres("pg_restore", f"--dbname={_address(urls[name])}", *options, url=urls[name])
        restored = [name for name, copy in wanted.items() if copy in found]
        if Path(folder) / _SECRET in found and not settings.secret_file:
            _restore_secret(Path(folder) / _SECRET, made_secret(settings))
            restored.append(_SECRET)
        return restored


def _urls(settings: Settings) -> dict[str, URL]:
    """The databases; one that holds both is named once."""
    urls: dict[str, URL] = {}
    for name, setting in _DATABASES.items():
        url = make_url(getattr(settings, setting))
        if url not in urls.values():
            urls[name] = url
    return urls


def _is_sqlite(url: URL) -> bool:
    return bool(url.get_backend_name() == "sqlite")


def _copy(source: Path, target: Path) -> None:
    """SQLite's own copy of a database that may be in use: whole, and as of one moment."""
    try:
        with closing(sqlite3.connect(source, timeout=30)) as one, closing(sqlite3.connect(target, timeout=30)) as other:
            one.backup(other)
    except sqlite3.Error as error:
        raise SetupError(f"{source} cannot be copied to {target}: {error}.") from error


def _restore_secret(copy: Path, target: Path) -> None:
    try:
        secret = copy.read_text(encoding="utf-8")
        target.unlink(missing_ok=True)
        write_secret(target, secret)
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{target} cannot be written: {error}.") from error


def _address(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string()


def _postgres(tool: str, *options: str, url: URL | None = None) -> None:
    """Run a tool of PostgreSQL; the password goes by the environment, where no list of processes shows it."""
    _see_that_it_is_there(tool)
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url and url.password else {})}
    command: Sequence[str] = [tool, *(["--no-password"] if url else []), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(
            f"{tool} failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no reason given'}"
        )


def _see_that_it_is_there(tool: str) -> None:
    if shutil.which(tool) is None:
        raise SetupError(f"{tool} is not there: install PostgreSQL's client programs (postgresql-client).")


def _damage(copy: Path) -> str | None:
    """What is wrong with a copy of a database; the secret has its checksum alone.

    Raises:
        SetupError: `pg_restore` is missing, so that it cannot be told.
    """
    if copy.suffix == ".dump":
        _see_that_it_is_there("pg_restore")
    try:
        if copy.suffix == ".db":
            with closing(sqlite3.connect(copy)) as connection:
                said = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
            return None if said == "ok" else said.splitlines()[-1]
        if copy.suffix == ".dump":
            _postgres("pg_restore", f"--file={os.devnull}", str(copy))  # reads all of it, and needs no database
    except (sqlite3.Error, SetupError) as error:
        return str(error).rstrip(".")
    return None


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):  # a database may be larger than the memory
            digest.update(piece)
    return digest.hexdigest()


def _whole(file: Path, folder: Path) -> list[Path]:
    """The files of a backup, without its checksums, which they fit."""
    found = {path.name: path for path in _unpack(file, folder)}
    checksums = found.pop(_CHECKSUMS, None)
    if checksums is not None:
        for line in checksums.read_text(errors="replace").splitlines():
            checksum, _, name = line.partition("  ")
            if name not in found or _checksum(found[name]) != checksum:
                raise UsageError(f"{file} is damaged, and nothing was changed: {name} is not as it was written.")
    return list(found.values())


def _unpack(file: Path, folder: Path) -> list[Path]:
    """The files of a backup; an archive of somebody else's could name paths anywhere, so names are taken, not paths."""
    found = []
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is not None:
                    path = folder / Path(member.name).name
                    with path.open("wb") as target:
                        shutil.copyfileobj(content, target)
                    found.append(path)
    except (tarfile.TarError, OSError) as error:
        raise UsageError(f"{file} cannot be read as a backup: {error}.") from error
    return found
