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
    found: dict[str, list[str]] = {}
    for block in _blocks(path)[1]:
        found.setdefault(str(block["intent"]), []).extend(_lines(block.get("examples")))
    return found


def _blocks(path: Path) -> tuple[str, list[Mapping[str, Any]]]:
    """The name by which mistakes in a file are told, and its blocks of intents."""
    name = str(Path(path.parent.name, path.name))
    data = read_yaml(path, name)
    if not isinstance(data, Mapping) or not isinstance(data.get("nlu"), list):
        raise ContentError([Problem(name, "", "must hold a list under the key 'nlu'.")])
    return name, [block for block in data["nlu"] if isinstance(block, Mapping) and "intent" in block]


def read_next(path: Path) -> dict[tuple[str, str], list[str]]:
    """What clients say next, by the topic that was answered before and the intent that is asked then.

    Args:
        path: the file, ``data/next.yml``: blocks as in ``nlu.yml``, each with ``metadata: {after: <topic>}``.

    Raises:
        ContentError: the file cannot be read, or a block lacks what it must have.
    """
    found: dict[tuple[str, str], list[str]] = {}
    name, blocks = _blocks(path)
    for number, block in enumerate(blocks, start=1):
        metadata = block.get("metadata")
        if not isinstance(metadata, Mapping) or not metadata.get("after"):
            where = f"block {number}, {block['intent']}"
            raise ContentError([Problem(name, where, "says not what was answered before: metadata: {after: <topic>}.")])
        found.setdefault((str(metadata["after"]), str(block["intent"])), []).extend(_lines(block.get("examples")))
    return found


def _lines(examples: Any) -> Iterator[str]:
    """Rasa's two forms: a text with a dash before each line, or a list of entries with a key ``text``."""
    lines = examples.splitlines() if isinstance(examples, str) else examples or ()
    for line in lines:
        text = str(line.get("text", "")) if isinstance(line, Mapping) else str(line)
        text = text.strip().removeprefix("-").strip()
        if text:
            yield text
