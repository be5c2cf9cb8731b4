"""The commands on the directory: what they print, what they change, and that a mistake changes nothing."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner

from nmt_guide.cli.commands import app
from nmt_guide.directory import gazetteer
from nmt_guide.errors import DirectoryError, NMTGuideError, UsageError
from nmt_guide.server import build
from nmt_guide.settings import ROOT, Settings

SAMPLE = ROOT / "knowledge" / "therapists.csv"


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """A `var` folder with the list of places, and a database with content and an empty directory."""
    folder = tmp_path_factory.mktemp("var")
    built = Settings().var_dir / gazetteer.FILE
    if gazetteer.is_built(built):
        (folder / gazetteer.FILE).symlink_to(built)
    build.load_content(Settings({"NMT_VAR_DIR": str(folder)}), print)
    return folder


@pytest.fixture
def run(monkeypatch, var, tmp_path):
    """Runs a command on a database of its own; the variables of the machine do not reach it."""
    monkeypatch.setenv("NMT_VAR_DIR", str(var))
    monkeypatch.setenv("NMT_DATABASE_URL", f"sqlite:///{tmp_path / 'knowledge.db'}")
    monkeypatch.delenv("NMT_CONTENT_DIR", raising=False)
    shutil.copy(var / "knowledge.db", tmp_path)

    def run_command(*arguments):
        result = CliRunner().invoke(app, ["therapists", *map(str, arguments)])
        if isinstance(result.exception, NMTGuideError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run_command


def test_an_import_tells_the_towns_that_were_guessed(run, tmp_path):
    text = SAMPLE.read_text(encoding="utf-8-sig")
    (tmp_path / "my.csv").write_text(text.replace(",Austin,", ",Ausitnn,", 1))

    said = run("import", tmp_path / "my.csv")
    assert "warning: my.csv: row " in said
    assert "city: 'Ausitnn' is not" in said
    assert "the directory holds 37." in said


def test_import_list_and_export(run, tmp_path):
    assert "Imported 37 therapists; the directory holds 37." in run("import", SAMPLE)
    near = run("list", "--near", "Austin")
    assert "Near Austin, Texas, US:\n" in near
    assert "example-maya-ortiz: Maya Ortiz, Austin, Texas, US (2 miles)" in near
    assert "4 therapists." in near
    assert "Nobody is that near. The nearest are:" in run("list", "--near", "Honolulu")
    assert "37 therapists." in run("list")
    out = tmp_path / "out.csv"
    assert f"Wrote 37 therapists into {out}." in run("export", out)
    assert "the directory holds 37." in run("import", out, "--replace")


def test_a_partial_import_adds_and_one_that_replaces_removes(run, tmp_path):
    head, first, second = SAMPLE.read_text(encoding="utf-8").splitlines()[:3]
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(f"{head}\n{first}\n", encoding="utf-8")
    two.write_text(f"{head}\n{second}\n", encoding="utf-8")

    assert "the directory holds 1." in run("import", one)
    assert "the directory holds 2." in run("import", two)
    assert "the directory holds 1." in run("import", one, "--replace")


def test_a_broken_file_changes_nothing(run, tmp_path):
    run("import", SAMPLE)
    broken = tmp_path / "broken.csv"
    broken.write_text(SAMPLE.read_text(encoding="utf-8").replace(",US,", ",USA,", 1), encoding="utf-8")

    with pytest.raises(DirectoryError, match=r"broken\.csv: row 2, country: 'USA'"):
        run("import", broken, "--replace")
    assert "37 therapists." in run("list")


def test_a_file_without_therapists_does_not_empty_the_directory(run, tmp_path):
    run("import", SAMPLE)
    empty = tmp_path / "empty.csv"
    empty.write_text(SAMPLE.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")

    with pytest.raises(UsageError, match=r"empty\.csv holds no therapist"):
        run("import", empty, "--replace")
    assert "37 therapists." in run("list")


@pytest.mark.parametrize(
    ("near", "said"),
    [
        ("Portland", "Portland, Oregon, US; Portland, Maine, US"),
        ("asdfgh", "'asdfgh' is not a town or postcode that is known"),
    ],
)
def test_a_place_that_is_unclear_or_unknown_is_asked_about(run, near, said):
    run("import", SAMPLE)

    with pytest.raises(UsageError, match=said):
        run("list", "--near", near)
