"""The example questions of the topics, as the Rasa project holds them.

Read here with plain YAML: the knowledge knows nothing of Rasa, and a check must not wait for its import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmt_guide.errors import ContentError, Problem
from nmt_guide.knowledge.files import read_yaml

#: What stands before a topic's id in the name of its intent.
PREFIX = "faq/"


@dataclass(frozen=True)
class Block:
    """A block of examples.

    Attributes:
        intent: its name, ``faq/<topic>`` for the questions of a topic.
        texts: what clients say.
        metadata: what the file adds; ``after`` names the topic that was answered before.
    """

    intent: str
    texts: tuple[str, ...]
    metadata: Any = None


def read_blocks(path: Path) -> list[Block]:
    """The blocks of intents in a file, as they stand there.

    Args:
        path: the file, ``data/nlu.yml``.

    Raises:
        ContentError: the file cannot be read, or is not built as Rasa wants it.
    """
    name = _name(path)
    data = read_yaml(path, name)
    if not isinstance(data, Mapping) or not isinstance(data.get("nlu"), list):
        raise ContentError([Problem(name, "", "must hold a list under the key 'nlu'.")])
    return [
        Block(str(block["intent"]), tuple(_lines(block.get("examples"))), block.get("metadata"))
        for block in data["nlu"]
        if isinstance(block, Mapping) and "intent" in block
    ]


def read_examples(path: Path) -> dict[str, list[str]]:
    """The example questions of every intent in a file. Arguments and errors as those of `read_blocks`."""
    found: dict[str, list[str]] = {}
    for block in read_blocks(path):
        found.setdefault(block.intent, []).extend(block.texts)
    return found


def read_next(path: Path) -> dict[tuple[str, str], list[str]]:
    """What clients say next, by the topic that was answered before and the intent that is asked then.

    Args:
        path: the file, ``data/next.yml``: blocks as in ``nlu.yml``, each with ``metadata: {after: <topic>}``.

    Raises:
        ContentError: the file cannot be read, or a block lacks what it must have.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for number, block in enumerate(read_blocks(path), start=1):
        if not isinstance(block.metadata, Mapping) or not block.metadata.get("after"):
            missing = "says not what was answered before: metadata: {after: <topic>}."
            raise ContentError([Problem(_name(path), f"block {number}, {block.intent}", missing)])
        found.setdefault((str(block.metadata["after"]), block.intent), []).extend(block.texts)
    return found


def _name(path: Path) -> str:
    """The name by which mistakes in a file are told."""
    return str(Path(path.parent.name, path.name))


def _lines(examples: Any) -> Iterator[str]:
    """Rasa's two forms: a text with a dash before each line, or a list of entries with a key ``text``."""
    lines = examples.splitlines() if isinstance(examples, str) else examples or ()
    for line in lines:
        text = str(line.get("text", "")) if isinstance(line, Mapping) else str(line)
        text = text.strip().removeprefix("-").strip()
        if text:
            yield text
