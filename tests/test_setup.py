"""What a fresh machine gets: locked packages, commands that run, and a sentence when something is missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nmt_guide.settings import ROOT

LOCKS = sorted(path for path in ROOT.glob("requirements*.txt") if "--hash" in path.read_text())
#: What scripts/setup needs of a machine besides Python; the tests give it nothing more.
TOOLS = ("sh", "cat", "cksum", "tr", "dirname", "rm", "id", "env")


def requirements(lock):
    """The entries of a lock file, each with its hashes in one line."""
    joined = lock.read_text().replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def test_there_are_lock_files():
    assert {path.name for path in LOCKS} >= {"requirements.txt", "requirements-dev.txt", "requirements-encoder.txt"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_no_lock_file_holds_an_address(lock):
    assert re.findall(r"https?://\S*|--\w*index\S*", lock.read_text()) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_with_hashes(lock):
    lines = requirements(lock)

    assert lines
    assert [line for line in lines if not re.match(r"[\w.\-\[\]]+==\S+.*--hash=sha256:[0-9a-f]{64}", line)] == []


@pytest.mark.parametrize("name", ["run", "test", "nmt-guide", "scripts/setup"])
def test_what_people_start_is_executable(name):
    assert os.access(ROOT / name, os.X_OK)
    assert (ROOT / name).read_text().startswith("#!/bin/sh\n")


@pytest.fixture
def machine(tmp_path):
    """A copy of what scripts/setup reads, on a machine with neither Python nor network."""
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    for name in ("scripts/setup", "nmt-guide", "run", "pyproject.toml", *(lock.name for lock in LOCKS)):
        shutil.copy2(ROOT / name, project / name)
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(Path(str(shutil.which(tool))))
    return project, programs


def program(folder, name, script):
    (folder / name).unlink(missing_ok=True)  # it may be a link to the machine's own program
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def set_up(machine, *command):
    project, programs = machine
    environment = {"PATH": str(programs), "HOME": str(project), "PYENV_ROOT": str(project / "pyenv")}
    return subprocess.run(
        [str(project / "scripts" / "setup"), *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(
    any(Path(p).exists() for p in ("/usr/local/bin/python3.10", "/opt/homebrew/bin/python3.10")),
    reason="scripts/setup looks there as well, and this machine has a Python 3.10 there",
)
class TestWithoutPython310:
    def test_no_python_at_all_is_one_sentence(self, machine):
        result = set_up(machine)

        assert result.returncode == 1
        (line,) = result.stderr.splitlines()
        assert line.startswith("Set-up stopped: there is no python3; install it")

    def test_none_to_be_found_and_none_to_be_fetched_is_one_sentence(self, machine):
        program(machine[1], "uv", "exit 2")
        result = set_up(machine)

        assert result.returncode == 1
        (line,) = result.stderr.splitlines()
        assert line.startswith("Set-up stopped: no Python 3.10 was found, and none could be fetched")
        assert "NMT_PYTHON" in line

    def test_another_python_does_not_pass_for_it(self, machine):
        program(machine[1], "uv", "exit 2")
        program(machine[1], "python3.10", "exit 1")  # a pyenv shim without its version

        assert "no Python 3.10 was found" in set_up(machine).stderr

    def test_a_python_without_venv_is_one_sentence(self, machine):
        program(machine[1], "python3", "exit 1")
        program(machine[1], "id", "echo 1000")
        result = set_up(machine)

        assert result.returncode == 1
        (line,) = result.stderr.splitlines()
        assert "install its venv part" in line

    def test_nothing_half_made_counts_as_ready(self, machine):
        set_up(machine)

        assert not (machine[0] / ".venv").exists()
