"""The examples of docs/rest.md do what the page says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest

from nmt_guide.settings import ROOT

PAGE = (ROOT / "docs" / "rest.md").read_text(encoding="utf-8")
ADDRESS = "http://localhost:5005"
RUN = {"bash": ["bash", "-euc"], "python": [sys.executable, "-c"], "javascript": ["node", "-e"]}


def examples(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def run(language, code, server):
    program, option = RUN[language][0], RUN[language][1:]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    command = [program, *option, code.replace(ADDRESS, server.url)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_curl(server):
    ask, describe = examples("bash")

    assert json.loads(run("bash", ask, server))[0]["metadata"]["topic"] == "cost"
    assert json.loads(run("bash", describe, server))["openapi"].startswith("3.1")


def test_python(server):
    ask, check = examples("python")
    shown = run("python", ask, server)

    assert "$" in shown
    assert "  ( " in shown
    assert run("python", check, server) == ""


def test_javascript(server):
    (ask,) = examples("javascript")

    assert "$" in run("javascript", ask, server)


def test_no_example_is_left_out():
    assert sum(len(examples(language)) for language in RUN) * 2 == PAGE.count("```")
