"""The commands for people who edit content: what they print, and that a mistake ends in plain words."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from nmt_guide.cli.commands import app
from nmt_guide.errors import SetupError
from nmt_guide.settings import ROOT


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs a command in this process; NMT_ variables of the machine do not reach it."""
    for name in ("NMT_CONTENT_DIR", "NMT_VAR_DIR"):
        monkeypatch.delenv(name, raising=False)

    def run_command(*arguments):
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return run_command


def test_the_projects_content_passes_the_check(run):
    assert "The content is in order: " in run("content", "check")


def test_the_check_lists_what_rests_on_unread_sources(run):
    assert "(not read in full): " in run("content", "check", "--sources")


def test_the_table_is_printed(run):
    assert "Topics by evidence" in run("content", "table")


def test_the_reference_is_written(run, tmp_path):
    out = tmp_path / "reference.html"

    assert f"Wrote {out}." in run("content", "reference", "--out", str(out))
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_new_topic_is_started(run, monkeypatch, tmp_path):
    (tmp_path / "topics" / "basics").mkdir(parents=True)
    nlu = tmp_path / "nlu.yml"
    nlu.write_text("nlu:\n- intent: faq/cost\n  examples: |\n    - how much\n")
    monkeypatch.setenv("NMT_CONTENT_DIR", str(tmp_path))

    said = run("topic", "new", "new_one", "--group", "basics", "--title", "New?", "--examples", str(nlu))
    assert f"Next: fill in {tmp_path / 'topics' / 'basics' / 'new_one.yml'}" in said
    assert (tmp_path / "topics" / "basics" / "new_one.yml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("topic", "new", "cost", "--group", "practical", "--title", "x"), "The topic 'cost' exists already"),
        (("topic", "new", "new_one", "--group", "nothing", "--title", "x"), "The groups are: aftercare, "),
        (
            ("content", "reference", "--out", "x.html", "--group", "dangers"),
            "There is no group 'dangers'. The groups are: red_flags, ",
        ),
        (("content", "reference", "--out", "/nothing/here.html"), "/nothing/here.html cannot be written"),
        (("content", "check", "--examples", "/nothing/nlu.yml"), "nlu.yml: is missing."),
    ],
)
def test_a_mistake_ends_in_plain_words_without_a_traceback(arguments, said):
    command = [sys.executable, "-c", "from nmt_guide.cli import main; main()", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_after_loading_it_is_said_that_training_is_due(run, monkeypatch, tmp_path):
    monkeypatch.setenv("NMT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("NMT_MODEL_DIR", str(tmp_path / "models"))

    said = run("content", "load")
    assert "Loaded." in said
    assert "run './nmt-guide train' and restart" in said


def test_a_question_to_an_assistant_that_is_not_trained_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("NMT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("NMT_MODEL_DIR", str(tmp_path / "models"))

    with pytest.raises(SetupError, match="is not trained yet"):
        CliRunner().invoke(app, ["ask", "hello"], catch_exceptions=False)
