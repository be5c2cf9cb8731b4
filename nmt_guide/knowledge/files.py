"""Reads the content files.

    knowledge/topics/<group>/<topic id>.yml    one topic and its answer
    knowledge/facets/<facet>.yml               what clients may name, with synonyms
    knowledge/red_flags/<flag id>.yml          one sign of danger
    knowledge/signs.yml, rules.yml             what the red flags' rules look for, and the rules
    knowledge/sources.yml, facts.yml           sources; claims of the source articles, assessed
    knowledge/emergency.yml                    numbers to call, by country
    knowledge/clinic.yml                       the clinic's own facts

The names of folders and files are part of the content: they are the group and the id of an entry.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from nmt_guide.errors import ContentError, Problem
from nmt_guide.knowledge.content import Clinic, Content, Country, Entry, Facet, Fact, RedFlag, Sign, Source, Topic

_E = TypeVar("_E", bound=Entry)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as people expect it: only `true` and `false` are booleans, so `on`, `no` and `yes` stay words."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_content(folder: Path) -> Content:
    """Read and check every content file.

    Args:
        folder: the folder `knowledge`.

    Raises:
        ContentError: with every mistake that was found, each with its file and entry.
    """
    from nmt_guide.knowledge.checks import check  # checks need the classes that this module fills

    reader = _Reader(folder)
    content = reader.content()
    if content is None:
        raise ContentError(reader.problems)
    problems = reader.problems + check(content)
    if problems:
        raise ContentError(problems)
    return content


def content_files(folder: Path) -> list[Path]:
    """All files that content is read from, sorted."""
    return sorted(path for path in folder.rglob("*.yml") if not path.name.startswith("."))


def teaching_files(folder: Path) -> list[Path]:
    """The content files that the model learns from. All others may change without training."""
    return [
        path
        for path in content_files(folder)
        if path.parent.name in ("facets", "red_flags") or path.name in ("signs.yml", "rules.yml", "clinic.yml")
    ]


def fingerprint(paths: list[Path], root: Path) -> str:
    """A hash over the names and bytes of files: equal when nothing changed.

    Args:
        paths: the files.
        root: the folder that their names are taken relative to.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


class _Reader:
    """Reads the files of one folder and keeps every problem it meets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._rules: Mapping[str, Any] = {}

    def content(self) -> Content | None:
        """All entries, or nothing when a file could not be understood."""
        self._rules = self._rules_by_flag()
        parts: dict[str, Any] = {
            "topics": tuple(self._topics()),
            "facets": tuple(self._each("facets/*.yml", self._facet)),
            "red_flags": tuple(self._each("red_flags/*.yml", self._red_flag)),
            "signs": tuple(self._list("signs.yml", "signs", Sign)),
            "sources": tuple(self._list("sources.yml", "sources", Source)),
            "facts": tuple(self._list("facts.yml", "facts", Fact)),
            "countries": tuple(self._list("emergency.yml", "countries", Country)),
            "clinic": Clinic(facts=self._yaml(self.folder / "clinic.yml") or {}),
        }
        return None if self.problems else Content(**parts)

    def _topics(self) -> Iterator[Topic]:
        for path in sorted(self.folder.glob("topics/*/*.yml")):
            topic = self._entry(path, Topic, {"id": path.stem, "group": path.parent.name})
            if topic is not None:
                yield topic

    def _facet(self, path: Path) -> Facet | None:
        return self._entry(path, Facet, {})

    def _red_flag(self, path: Path) -> RedFlag | None:
        return self._entry(path, RedFlag, {"id": path.stem, "rules": self._rules.get(path.stem, ())})

    def _rules_by_flag(self) -> Mapping[str, Any]:
        path = self.folder / "rules.yml"
        data = self._yaml(path)
        rules = data.get("rules") if isinstance(data, Mapping) else None
        if not isinstance(rules, Mapping):
            self._problem(path, "", "must hold lists of rules by red flag under the key 'rules'.")
            return {}
        for flag in rules:
            if not (self.folder / "red_flags" / f"{flag}.yml").exists():
                self._problem(path, str(flag), "is no red flag: there is no such file in red_flags/.")
        return rules

    def _each(self, pattern: str, read: Callable[[Path], _E | None]) -> Iterator[_E]:
        for path in sorted(self.folder.glob(pattern)):
            entry = read(path)
            if entry is not None:
                yield entry

    def _list(self, name: str, key: str, kind: type[_E]) -> Iterator[_E]:
        path = self.folder / name
        data = self._yaml(path)
        if data is None:
            return
        if not isinstance(data, Mapping) or not isinstance(data.get(key), list):
            self._problem(path, "", f"must hold a list under the key '{key}'.")
            return
        for number, fields in enumerate(data[key], start=1):
            label = str(fields.get("id") or f"entry {number}") if isinstance(fields, Mapping) else f"entry {number}"
            entry = self._build(path, kind, fields, label)
            if entry is not None:
                yield entry

    def _entry(self, path: Path, kind: type[_E], extra: Mapping[str, Any]) -> _E | None:
        data = self._yaml(path)
        return None if data is None else self._build(path, kind, data, "", extra)

    def _build(
        self, path: Path, kind: type[_E], data: Any, label: str, extra: Mapping[str, Any] | None = None
    ) -> _E | None:
        if not isinstance(data, Mapping):
            self._problem(path, label, "must be a set of 'key: value' lines.")
            return None
        try:
            return kind(**{**data, **(extra or {})})
        except ValidationError as error:
            for mistake in error.errors():
                field = ".".join(str(place) for place in mistake["loc"])
                self._problem(path, f"{label} {field}".strip(), f"{mistake['msg']}.")
        except TypeError as error:  # a key that is not text
            self._problem(path, label, f"{error}.")
        return None

    def _yaml(self, path: Path) -> Any:
        try:
            return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a safe loader)
        except FileNotFoundError:
            self._problem(path, "", "is missing.")
        except UnicodeDecodeError:
            self._problem(path, "", "is not UTF-8 text; save it as UTF-8.")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f"line {mark.line + 1}" if mark else ""
            reason = getattr(error, "problem", None) or "cannot be read"
            self._problem(path, line, f"{reason}. Check the indentation and the quotes around this line.")
        return None

    def _problem(self, path: Path, entry: str, message: str) -> None:
        try:
            name = path.relative_to(self.folder.parent)
        except ValueError:
            name = path
        self.problems.append(Problem(str(name), entry, message))
