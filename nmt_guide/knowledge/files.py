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
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from nmt_guide.errors import ContentError, Problem
from nmt_guide.knowledge import named
from nmt_guide.knowledge.clinic_checks import suggestion
from nmt_guide.knowledge.content import (
    Clinic,
    Content,
    Country,
    Entry,
    Facet,
    Fact,
    RedFlag,
    Sign,
    Source,
    Topic,
)
from nmt_guide.knowledge.lines import with_lines
from nmt_guide.knowledge.slips import told

_E = TypeVar("_E", bound=Entry)

#: Where content files stand in the folder.
_READ = (
    "topics/*/*.yml",
    "facets/*.yml",
    "red_flags/*.yml",
    "signs.yml",
    "rules.yml",
    "sources.yml",
    "facts.yml",
    "emergency.yml",
    "clinic.yml",
)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as people expect it.

    Only `true` and `false` are booleans, so `on`, `no` and `yes` stay words. A key that stands twice is
    a mistake: YAML would keep the last one, and an editor who changed the first would wonder.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, unless a key stands in it twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands twice", key.start_mark
                )
            if "\xa0" in key.value:  # to a reader it stands where it belongs, to YAML it is another key elsewhere
                raise yaml.constructor.ConstructorError(None, None, "a key with a special space", key.start_mark)
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """The day, unless no calendar holds it."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value} is no day of the calendar", node.start_mark
            ) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_content(folder: Path, whole: bool = True) -> Content:
    """Read and check every content file.

    Args:
        folder: the folder `knowledge`.
        whole: whether all must be there that the program itself names; a test may do with less.

    Raises:
        ContentError: with every mistake that was found, each with its file and entry.
    """
    from nmt_guide.knowledge.checks import check  # checks need the classes that this module fills

    reader = _Reader(folder)
    content = reader.content()
    if content is None:
        raise ContentError(with_lines(reader.problems, folder))
    problems = check(content) + (named.check(content) if whole else [])
    if problems:
        raise ContentError(with_lines(problems, folder))
    return content


def read_clinic(folder: Path) -> Clinic:
    """Read the clinic's own facts alone, which takes milliseconds; all content takes a second or two.

    Args:
        folder: the folder `knowledge`.

    Raises:
        ContentError: they cannot be read. Whether what they say can be is not checked.
    """
    reader = _Reader(folder)
    clinic = reader.clinic()
    if clinic is None:
        raise ContentError(with_lines(reader.problems, folder))
    return clinic


def read_yaml(path: Path, name: str) -> Any:
    """What a YAML file holds.

    Args:
        path: the file.
        name: how a mistake names it.

    Raises:
        ContentError: it is missing, empty, not UTF-8, or not YAML.
    """
    text = _text_of(path, name)
    try:
        data = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        line, reason = told(error, text)
        raise ContentError([Problem(name, "", reason, line)]) from None
    if data is None:
        raise ContentError([Problem(name, "", "is empty; fill it in or delete it.")])
    return data


def _text_of(path: Path, name: str) -> str:
    """The text of a file. Arguments and errors as those of `read_yaml`."""

    def refuse(message: str, line: int = 0) -> ContentError:
        return ContentError([Problem(name, "", message, line)])

    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise refuse("is missing.") from None
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror}.") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise refuse("is not UTF-8 text, probably UTF-16; save it again and choose UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refuse("is not UTF-8 text, probably Windows-1252; save it again and choose UTF-8.", line) from None


#: How the parsers mark a text without quotation marks: libyaml's with an empty style, Python's with none.
_PLAIN_STYLES = (None, "")


def _cut_short(text: str) -> Iterator[int]:
    """Numbers of the lines whose text ends at a # that may be meant as a part of it: YAML takes the rest for a note."""
    if not re.search(r"[ \t]#", text):  # nearly all files: to parse them twice would take as long again
        return
    lines = text.splitlines()
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.ScalarEvent) and event.style in _PLAIN_STYLES and " " in event.value:
            end: Any = event.end_mark
            if end.line < len(lines) and re.match(r"\s+#", lines[end.line][end.column :]):
                yield end.line + 1


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


#: What pydantic says, by its kind of mistake, for people who never programmed.
_PLAIN = {
    "value_error.missing": "is missing",
    "type_error.none.not_allowed": "is empty; fill it in",
    "type_error.str": 'must be one text; put it in "quotation marks"',
    "type_error.dict": "must hold names, each with its value: {name: value}",
    "type_error.bool": "must be true or false",
    "type_error.tuple": "must be a list; write it in brackets, with commas between: [one, two]",
    "value_error.date": "is no date; write it like 2027-05-21",
}


def _in_plain_words(mistake: Mapping[str, Any], kind: type[Entry]) -> str:
    *places, name = mistake["loc"]
    if mistake["type"] == "value_error.extra":
        for place in places:
            kind = kind.__fields__[place].type_ if isinstance(place, str) else kind
        meant = suggestion(str(name), kind.__fields__)
        comma = ' A text with a comma stands in "quotation marks".' if places and not meant else ""
        return f"is not a key here.{meant or comma}"
    if mistake["type"] == "value_error.any_str.max_length":
        return f"is too long; {mistake['ctx']['limit_value']} characters are the most."
    if mistake["type"] == "type_error.enum":
        return f"must be one of {', '.join(value.value for value in mistake['ctx']['enum_values'])}."
    return f"{_PLAIN.get(mistake['type'], mistake['msg'])}."


def _field(places: Sequence[str | int]) -> str:
    """Where a mistake is within an entry: "review.due", "parts, number 1.text"."""
    said = ".".join(f"number {place + 1}" if isinstance(place, int) else place for place in places)
    return said.replace(".number", ", number")


class _Reader:
    """Reads the files of one folder and keeps every problem it meets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._rules: Mapping[str, Any] = {}

    def content(self) -> Content | None:
        """All entries, or nothing when a file could not be understood."""
        self._strays()
        self._rules = self._rules_by_flag()
        parts: dict[str, Any] = {
            "topics": tuple(self._topics()),
            "facets": tuple(self._each("facets/*.yml", self._facet)),
            "red_flags": tuple(self._each("red_flags/*.yml", self._red_flag)),
            "signs": tuple(self._list("signs.yml", "signs", Sign)),
            "sources": tuple(self._list("sources.yml", "sources", Source)),
            "facts": tuple(self._list("facts.yml", "facts", Fact)),
            "countries": tuple(self._list("emergency.yml", "countries", Country)),
            "clinic": self.clinic(),
        }
        return None if self.problems else Content(**parts)

    def _strays(self) -> None:
        # A file in the wrong folder, or named .yaml or .yml.txt, would be left out without a word.
        read = {path for pattern in _READ for path in self.folder.glob(pattern)}
        for path in sorted(self.folder.rglob("*")):
            looks_like_content = path.parent != self.folder or path.suffix.lower() in (".yml", ".yaml", ".txt")
            if path.is_file() and looks_like_content and path not in read and not path.name.startswith("."):
                self._problem(path, "", f"is not read. Files that are: {', '.join(_READ)}. Rename, move or delete it.")

    def clinic(self) -> Clinic | None:
        """The clinic's own facts, or nothing when their file could not be understood."""
        path = self.folder / "clinic.yml"
        data = self._yaml(path)
        if data is None:
            return None
        self._cut_short(path)
        return self._build(path, Clinic, {"facts": data} if isinstance(data, Mapping) else data, "")

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
        if data is None:
            return {}
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
            known_by = fields.get("id") or fields.get("code") if isinstance(fields, Mapping) else None
            label = str(known_by or f"entry {number}")
            entry = self._build(path, kind, fields, label)
            if entry is not None:
                yield entry

    def _entry(self, path: Path, kind: type[_E], extra: Mapping[str, Any]) -> _E | None:
        data = self._yaml(path)
        if data is None:
            return None
        self._cut_short(path)
        return self._build(path, kind, data, "", extra)

    def _cut_short(self, path: Path) -> None:
        for line in _cut_short(path.read_text(encoding="utf-8-sig")):
            self._problem(path, "", 'is cut off at the #; put the whole text in "quotation marks".', line)

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
                self._problem(path, f"{label} {_field(mistake['loc'])}".strip(), _in_plain_words(mistake, kind))
        except TypeError as error:  # a key that is not text
            self._problem(path, label, f"{error}.")
        return None

    def _yaml(self, path: Path) -> Any:
        try:
            return read_yaml(path, self._name(path))
        except ContentError as error:
            self.problems.extend(error.problems)
            return None

    def _problem(self, path: Path, entry: str, message: str, line: int = 0) -> None:
        self.problems.append(Problem(self._name(path), entry, message, line))

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.folder.parent))
