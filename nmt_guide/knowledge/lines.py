"""In which line of its file an entry stands, for people who look for a mistake in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import yaml

from nmt_guide.errors import Problem

#: The keys by which the entries of a list are known.
_NAMING = frozenset(["id", "code", "intent"])
#: What stands before a place in a list, counted from 1.
_COUNTING = frozenset(["number", "entry", "block"])
_WORD = re.compile(r"[^\s:,.{}]+")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def with_lines(problems: Iterable[Problem], *folders: Path) -> list[Problem]:
    """The problems, each with the line in which its entry stands, where that can be told.

    Args:
        problems: what the checks found. The first part of a file's name is the folder's.
        folders: where the files stand, ``knowledge`` and ``data``.
    """
    return [problem if problem.line else replace(problem, line=_line(problem, folders)) for problem in problems]


def _line(problem: Problem, folders: Sequence[Path]) -> int:
    for folder in folders:
        path = folder / problem.file.partition("/")[2]
        if path.is_file() and (root := _tree(path, path.stat().st_mtime_ns)):
            return _line_of(root, [problem.entry]) or _line_of(root, _WORD.findall(problem.entry))
    return 0


@lru_cache(maxsize=8)  # problems come file by file
def _tree(path: Path, _changed: int) -> yaml.Node | None:
    """What a file holds, with the places; nothing when it cannot be read."""
    try:
        root: yaml.Node | None = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=_LOADER)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return root


def _line_of(node: yaml.Node, words: Sequence[str]) -> int:
    """The line of the innermost thing that the words lead to, one after the other; 0 when they lead nowhere."""
    line = 0
    for number, word in enumerate(words):
        counted = number > 0 and words[number - 1] in _COUNTING
        if found := _below(node, word, words[number:], counted):
            key, node = found
            line = key.start_mark.line + 1
    return line


def _below(node: yaml.Node, word: str, words: Sequence[str], counted: bool) -> tuple[yaml.Node, yaml.Node] | None:
    """The key (or list entry) of a name within something, and what it holds."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == word:
                return key, value
        # A file that holds one list names its key nowhere: "migraine notes".
        lists = [value for _, value in node.value if isinstance(value, yaml.SequenceNode)]
        return _below(lists[0], word, words, counted) if len(lists) == 1 else None
    if not isinstance(node, yaml.SequenceNode):
        return None
    if counted and word.isdigit() and 0 < int(word) <= len(node.value):
        item = node.value[int(word) - 1]
        return item, item
    # Several may hold the word: the one that is known by it, then the one that holds most of the words behind it.
    holding = [item for item in node.value if word in set(_texts(item))]
    item = max(holding, key=lambda one: (_is_named(one, word), len(set(words) & set(_texts(one)))), default=None)
    return item and (item, item)


def _is_named(item: yaml.Node, word: str) -> bool:
    pairs = item.value if isinstance(item, yaml.MappingNode) else ()
    return any(key.value in _NAMING and value.value == word for key, value in pairs)


def _texts(node: yaml.Node) -> Iterator[str]:
    """All keys and texts within something."""
    if isinstance(node, yaml.ScalarNode):
        yield node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _texts(key)
            yield from _texts(value)
    else:
        for value in node.value:
            yield from _texts(value)
