"""The labelled messages: one JSON object a line, one file a set, told apart by the file's name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmt_guide.errors import EvaluationError
from nmt_guide.settings import ROOT

Row = dict[str, Any]

#: What a line of each kind of set must hold. A file belongs to the kind that its name begins with.
KINDS: dict[str, tuple[str, ...]] = {
    "questions": ("text", "topic"),
    "compound": ("text", "topics"),
    "dialogues": ("turns",),
    "redflag_pos": ("text", "flag", "level"),
    "redflag_caution": ("text", "flag", "level"),
    "redflag_neg": ("text",),
    "oos": ("text",),
}
#: Where the sets lie beside the project when nothing else is said.
BESIDE = ROOT.parent / "shared" / "eval"


@dataclass(frozen=True)
class LabelledSet:
    """One file of labelled messages.

    Attributes:
        name: the file's name without ending.
        kind: key of `KINDS`.
    """

    name: str
    kind: str
    rows: tuple[Row, ...]


def find_folder(given: Path | None) -> Path:
    """The folder with the sets.

    Raises:
        EvaluationError: it does not exist, or none was given and there is none beside the project.
    """
    if given is None and not BESIDE.is_dir():
        raise EvaluationError(
            f"There are no labelled sets in {BESIDE}. Say where they are: nmt-guide evaluate --sets FOLDER."
        )
    folder = given or BESIDE
    if not folder.is_dir():
        raise EvaluationError(f"There is no folder {folder} with labelled sets.")
    return folder


def read_sets(folder: Path) -> list[LabelledSet]:
    """All sets of a folder; files of no known kind are left alone.

    Raises:
        EvaluationError: no set was found, or a line is not what it must be.
    """
    sets = []
    for path in sorted(folder.glob("*.jsonl")):
        kind = _kind(path.stem)
        if kind and (rows := tuple(_rows(path, KINDS[kind]))):
            sets.append(LabelledSet(path.stem, kind, rows))
    if not sets:
        names = ", ".join(f"{kind}.jsonl" for kind in KINDS)
        raise EvaluationError(f"The folder {folder} holds no labelled set. Sets are files named {names}.")
    return sets


def rows_of(sets: Sequence[LabelledSet], kind: str) -> list[Row]:
    """The lines of all sets of a kind."""
    return [row for labelled in sets if labelled.kind == kind for row in labelled.rows]


def _kind(stem: str) -> str | None:
    fitting = [kind for kind in KINDS if stem == kind or stem.startswith(f"{kind}_")]
    return max(fitting, key=len, default=None)


def _rows(path: Path, needed: Sequence[str]) -> Iterable[Row]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EvaluationError(f"{path}, line {number}: this is not JSON ({error}).") from None
        missing = [key for key in needed if not isinstance(row, dict) or key not in row]
        if missing:
            raise EvaluationError(f"{path}, line {number}: it lacks {', '.join(missing)}.")
        yield row
