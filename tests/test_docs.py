"""The documentation cannot drift from the code."""

from __future__ import annotations

import re

import pytest

from nmt_guide import docs
from nmt_guide.cli.commands import app
from nmt_guide.directory.imports import COLUMNS
from nmt_guide.knowledge.content import Topic
from nmt_guide.settings import ROOT, SETTINGS


@pytest.mark.parametrize("name", docs.PARTS)
def test_the_made_part_is_up_to_date(name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")

    assert docs.updated(text, docs.PARTS[name]()) == text, "Run 'python -m nmt_guide.docs'."


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_documented(setting):
    assert f"`{setting.variable}`" in (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_every_command_is_documented():
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands:
            names.append(f"{group.name} {command.name or command.callback.__name__}")
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

    assert len(names) > 5
    assert [name for name in names if f"| `nmt-guide {name}" not in text] == []


def test_every_key_of_a_topic_is_explained_to_its_editor():
    text = (ROOT / "docs" / "editing.md").read_text(encoding="utf-8")

    # The folder and the name of the file say these two.
    keys = set(Topic.__fields__) - {"id", "group"}
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_every_column_of_the_directory_is_explained():
    text = (ROOT / "docs" / "directory.md").read_text(encoding="utf-8")

    assert [column for column in COLUMNS if f"`{column}`" not in text] == []


@pytest.mark.parametrize("guide", ["editing.md", "directory.md", "deploy.md", "analytics.md"])
def test_every_command_that_a_guide_names_exists(guide):
    documented = re.findall(r"\| `nmt-guide ([a-z ]+)", (ROOT / "docs" / "commands.md").read_text(encoding="utf-8"))
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    named = re.findall(r"\./nmt-guide ([^`\n]+)", text)

    assert named
    assert [command for command in named if not command.startswith(tuple(map(str.strip, documented)))] == []


def test_a_document_without_the_lines_around_its_made_part_is_refused():
    with pytest.raises(ValueError, match="made by"):
        docs.updated("# Settings\n", "table")


def test_the_made_parts_are_written(tmp_path):
    for name in docs.PARTS:
        (tmp_path / name).write_text(f"# Title\n\n{docs.BEGIN}\nold\n{docs.END}\nafter\n")
    docs.write(tmp_path)

    for name, make in docs.PARTS.items():
        text = (tmp_path / name).read_text()
        assert make() in text
        assert "old\n" not in text
        assert text.endswith(f"{docs.END}\nafter\n")


def test_every_package_and_lock_file_stands_in_the_contributors_guide():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    packages = [path.parent.name for path in ROOT.glob("nmt_guide/*/__init__.py")]

    assert [name for name in packages if f"/{name}`" not in text and f"`{name}`" not in text] == []
    assert [path.stem for path in ROOT.glob("requirements*.in") if path.stem not in text] == []
