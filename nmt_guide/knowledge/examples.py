"""The example questions of the topics, as the Rasa project holds them.

Read here with plain YAML: the knowledge knows nothing of Rasa, and a check must not wait for its import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nmt_guide.errors import ContentError, Problem
from nmt_guide.knowledge.files import read_yaml

#: What stands before a topic's id in the name of its intent.
PREFIX = "faq/"


def read_examples(path: Path) -> dict[str, list[str]]:
    """The example questions of every intent in a file.

    Args:
        path: the file, ``data/nlu.yml``.

    Raises:
        ContentError: the file cannot be read, or is not built as Rasa wants it.
    """
    name = str(Path(path.parent.name, path.name))
    data = read_yaml(path, name)
    if not isinstance(data, Mapping) or not isinstance(data.get("nlu"), list):
        raise ContentError([Problem(name, "", "must hold a list under the key 'nlu'.")])
    found: dict[str, list[str]] = {}
    for block in data["nlu"]:
        if isinstance(block, Mapping) and "intent" in block:
            found.setdefault(str(block["intent"]), []).extend(_lines(block.get("examples")))
    return found


def _lines(examples: Any) -> Iterator[str]:
    """Rasa's two forms: a text with a dash before each line, or a list of entries with a key ``text``."""
    lines = examples.splitlines() if isinstance(examples, str) else examples or ()
    for line in lines:
        text = str(line.get("text", "")) if isinstance(line, Mapping) else str(line)
        text = text.strip().removeprefix("-").strip()
        if text:
            yield text
