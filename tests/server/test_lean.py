"""Libraries that are left out while serving: what may go wrong for those who need them."""

import json
import subprocess
import sys

import pytest

from nmt_guide.channels.credentials import CHANNELS
from nmt_guide.server import lean
from nmt_guide.settings import ROOT

SLACK = next(channel for channel in CHANNELS if channel.title == "Slack")

#: What a serving process imports; `main` of Rasa's own modules must be there to be patched.
SERVING = (
    "import rasa.core.run, rasa.core.policies.rule_policy, nmt_guide.understanding.components, nmt_guide.safety.screen"
)


def python(code, **environment):
    """Run code in a fresh process, where nothing is imported yet."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True, text=True, timeout=120, check=False, cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def left_out(code, **environment):
    lines = f"""
import json, pathlib, sys
from nmt_guide.server import lean
names = lean.apply(pathlib.Path("config.yml"), [])
{code}
real = [name for name in lean.LIBRARIES if getattr(sys.modules.get(name), "__file__", None)]
print(json.dumps([sorted(names), real]))
"""
    result = python(lines, **environment)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_serving_loads_none_of_them():
    names, real = left_out(SERVING)

    assert set(names) == set(lean.LIBRARIES)
    assert real == []


def test_rasa_still_imports_each_of_them():
    """When Rasa gives one up, its stand-in may go."""
    imported = python(
        f"import sys\n{SERVING}\nimport rasa.nlu.classifiers.diet_classifier\n"
        f"print(*(name for name in {list(lean.LIBRARIES)} if name in sys.modules))"
    )
    # These two are imported by single components of Rasa alone.
    assert set(imported.stdout.split()) >= set(lean.LIBRARIES) - {"tensorflow_hub", "tensorflow_text"}, imported.stderr


def test_switched_off_everything_is_loaded():
    names, real = left_out("import pymongo", NMT_RASA_PATCHES="off")

    assert names == []
    assert real == ["pymongo"]


def test_using_one_says_what_to_do():
    result = python(
        "import pathlib\nfrom nmt_guide.server import lean\nlean.apply(pathlib.Path('config.yml'), [])\n"
        "from tensorflow.keras.layers import Dense\nclass Mine(Dense): pass\nMine(3)"
    )

    assert "Mine needs a library that is left out while serving" in result.stderr
    assert "NMT_RASA_PATCHES=off" in result.stderr


@pytest.mark.parametrize(
    ("config", "channels", "kept"),
    [
        ("pipeline: [{name: DIETClassifier}]", (), "tensorflow"),
        ("policies: [{name: rasa.core.policies.ted_policy.TEDPolicy}]", (), "tensorflow"),
        ("pipeline: []", ("telegram",), "aiogram"),
        ("pipeline: []", ("twilio_voice",), "twilio"),
        ("pipeline: []", ("slack",), "slack_sdk"),
        ("pipeline: []", (SLACK.path,), "slack_sdk"),
    ],
)
def test_what_is_configured_stays(tmp_path, monkeypatch, config, channels, kept):
    (tmp_path / "config.yml").write_text(config)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "modules", {})
    names = lean.apply(tmp_path / "config.yml", channels)

    assert kept not in names
    assert "boto3" in names


def test_another_rasa_gets_everything(tmp_path, monkeypatch):
    (tmp_path / "config.yml").write_text("pipeline: []")
    monkeypatch.setattr(lean, "MADE_FOR", "3.6.99")

    assert lean.apply(tmp_path / "config.yml", ()) == frozenset()
