"""Commands on stored conversations."""

import re
import shutil

import pytest
from typer.testing import CliRunner

from nmt_guide.cli.commands import app
from nmt_guide.errors import UsageError
from nmt_guide.settings import Settings


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("NMT_VAR_DIR", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(app, ["conversations", *arguments])


def test_the_clinic_says_how_long_messages_are_kept(run):
    assert "older than 365 days" in run("purge").output


def test_days_may_be_given(run):
    assert "older than 7 days" in run("purge", "--older-than", "7").output


def test_no_days_at_all_is_refused(run):
    assert run("purge", "--older-than", "0").exit_code != 0


def test_a_clinic_that_does_not_say_is_asked_to(run, tmp_path, monkeypatch):
    folder = shutil.copytree(Settings().content_dir, tmp_path / "content")
    clinic = folder / "clinic.yml"
    clinic.write_text(re.sub(r"retention_days: \d+", "retention_days:", clinic.read_text()))
    monkeypatch.setenv("NMT_CONTENT_DIR", str(folder))

    assert isinstance(run("purge").exception, UsageError)


def test_one_conversation_is_deleted_by_name(run):
    assert run("delete", "somebody").output == "Deleted what was stored of 'somebody'.\n"
