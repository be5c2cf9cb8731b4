"""A small content folder that is in order, for tests to break; and stores to load it into."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from nmt_guide.errors import ContentError
from nmt_guide.knowledge.content import Content
from nmt_guide.knowledge.files import read_content, read_yaml
from nmt_guide.settings import ROOT

_CLINIC = {
    "name": "Test Clinic",
    "country": "US",
    "phone": "555-0100",
    "prices": [{"name": "One", "price": "$60"}],
}
_TOPICS = {
    "basics": ["what_is_nmt", "how_nmt_works", "who_is_it_for", "trigger_points"],
    "practical": ["cost"],
}


@dataclass
class Folder:
    """A content folder, and the ways in which tests change it."""

    path: Path

    def edit(self, name: str, change: Callable[[Any], object]) -> None:
        """Change what a YAML file holds."""
        data = read_yaml(self.path / name, name)
        change(data)
        self.write(name, yaml.safe_dump(data, sort_keys=False, allow_unicode=True))

    def write(self, name: str, text: str | bytes) -> None:
        """Write a file."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def read(self) -> Content:
        """The content."""
        return read_content(self.path, whole=False)

    def problems(self) -> list[str]:
        """The mistakes that reading finds, as an editor sees them."""
        try:
            self.read()
        except ContentError as error:
            return [str(problem) for problem in error.problems]
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A content folder of five topics, without mistakes."""
    made = Folder(tmp_path / "knowledge")
    ids = [topic for topics in _TOPICS.values() for topic in topics]
    for group, topics in _TOPICS.items():
        for topic in topics:
            made.write(f"topics/{group}/{topic}.yml", yaml.safe_dump(_topic(topic, ids)))
    values = [
        {"id": "headache", "name": "a headache", "synonyms": ["head ache"]},
        {
            "id": "migraine",
            "name": "a migraine",
            "synonyms": ["sick headache"],
            "parent": "headache",
            "topic": "who_is_it_for",
            "notes": {"cost": "A shorter visit may do. Call {emergency_number} for the worst pain of your life."},
        },
    ]
    made.write(
        "facets/condition.yml",
        yaml.safe_dump({"facet": "condition", "description": "A condition.", "values": values}),
    )
    flag = {
        "title": "Stroke",
        "level": "call_emergency_now",
        "topic": "who_is_it_for",
        "say": "This can be a stroke. Call {emergency_number} now.",
        "ask": "Does your face droop?",
        "sources": ["guide"],
        "present": ["my face droops"],
        "not_present": ["my shoulders droop"],
        "review": {"by": None, "on": None, "due": "2027-01-31"},
    }
    made.write("red_flags/rf_stroke.yml", yaml.safe_dump(flag))
    rule = {"signs": ["face_droop"], "unless": ["only_asking"], "because": "The face droops."}
    made.write("rules.yml", yaml.safe_dump({"rules": {"rf_stroke": [rule]}}))
    signs = [{"id": sign, "means": sign, "wordings": [sign]} for sign in ("face_droop", "only_asking")]
    made.write("signs.yml", yaml.safe_dump({"signs": signs}))
    source = {
        "id": "guide",
        "title": "A guide",
        "url": "https://example.com/guide",
        "kind": "guideline",
        "supports": "All of it",
        "found_how": "read in full",
    }
    made.write("sources.yml", yaml.safe_dump({"sources": [source]}))
    fact = {
        "id": "def_nmt",
        "topic": "what_is_nmt",
        "statement": "NMT is hands-on.",
        "kind": "definition",
        "assessment": "supported",
        "comment": "All say so.",
        "sources": ["guide"],
    }
    made.write("facts.yml", yaml.safe_dump({"facts": [fact]}))
    country = {"code": "US", "name": "United States", "emergency": "911", "crisis": "call 988", "abuse": "call A on 1"}
    made.write("emergency.yml", yaml.safe_dump({"countries": [country]}))
    made.write("clinic.yml", yaml.safe_dump(_CLINIC))
    return made


def _topic(topic: str, ids: list[str]) -> dict[str, Any]:
    cost = topic == "cost"
    part = {"when": {"condition": "migraine"}, "text": "With a migraine, come on a good day."}
    return {
        "title": f"About {topic}?",
        "button": topic,
        "mode": "clinic_config" if cost else "knowledge",
        "short": "The price is {clinic.prices}." if cost else "It is work with the hands.",
        "long": "We tell you the price first.\n\nThen you choose.",
        "evidence": {"grade": "limited", "text": "A few small studies."},
        "facts": ["def_nmt"] if topic == "what_is_nmt" else [],
        "sources": [] if cost else ["guide"],
        "sources_note": "the clinic's own settings" if cost else None,
        "related": [other for other in ids if other != topic][:3],
        "includes": ["on", "no"],
        "parts": [part] if topic == "trigger_points" else [],
        "review": {"by": None, "on": None, "due": "2027-01-31"},
    }


@pytest.fixture
def examples(folder: Folder) -> dict[str, list[str]]:
    """Enough example questions for every topic of the folder."""
    return {f"faq/{topic.id}": [f"{topic.id} {n}" for n in range(20)] for topic in folder.read().topics}


@pytest.fixture(scope="session")
def real_content() -> Content:
    """The project's own content."""
    return read_content(ROOT / "knowledge")


@pytest.fixture
def real_copy(tmp_path: Path) -> Folder:
    """A copy of the project's own content folder, to be changed."""
    return Folder(Path(shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")))
