"""Stock Rasa assistants to compare the server with: a small subset of our examples, answered by a custom action.

Small, so that the recommended configuration trains in minutes. What a message costs hardly depends on it: 30 topics
are few for a classifier. Ours runs with its full model beside them.
"""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from benchmarks.material import Example, examples, write_project
from benchmarks.variants import VARIANTS
from nmt_guide.errors import SetupError
from nmt_guide.knowledge.files import read_content
from nmt_guide.server.build import quiet_environment
from nmt_guide.settings import ROOT

TOPICS, FOLLOW_UPS, EXAMPLES_EACH = 30, 3, 10
EPOCHS = 100

#: What Rasa's documentation recommends, and the least that answers.
_POLICIES: dict[str, Any] = {
    "recommended": lambda epochs: [
        {"name": "MemoizationPolicy"},
        {"name": "RulePolicy"},
        {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": epochs},
        {"name": "TEDPolicy", "max_history": 5, "epochs": epochs, "constrain_similarities": True},
    ],
    "lean": lambda epochs: [{"name": "RulePolicy"}],
}


def subset() -> list[Example]:
    """The first topics and follow-ups of `data/nlu.yml`, with the first examples of each."""
    by_label: dict[str, list[str]] = {}
    for text, label in examples():
        by_label.setdefault(label, []).append(text)
    topics = [label for label in by_label if label.startswith("faq/")][:TOPICS]
    follow_ups = [label for label in by_label if not label.startswith("faq/")][:FOLLOW_UPS]
    return [(text, label) for label in topics + follow_ups for text in by_label[label][:EXAMPLES_EACH]]


def write(folder: Path, name: str, chosen: Sequence[Example], epochs: int) -> None:
    """Write the project of a variant, and the database that its action reads.

    Args:
        folder: an empty folder.
        name: ``recommended`` or ``lean``.
        chosen: what it learns from.
        epochs: for the components and policies that have epochs.
    """
    write_project(folder, VARIANTS[name], chosen, epochs)
    config = _read(folder / "config.yml")
    _write(folder / "config.yml", {**config, "policies": _POLICIES[name](epochs)})
    domain = _read(folder / "domain.yml")
    session = {"session_expiration_time": 60, "carry_over_slots_to_new_session": True}
    _write(folder / "domain.yml", {**domain, "actions": ["action_answer"], "session_config": session})
    intents = [*domain["intents"], "nlu_fallback"]
    rules = [
        {"rule": f"answer {intent}", "steps": [{"intent": intent}, {"action": "action_answer"}]} for intent in intents
    ]
    known = domain["intents"]
    # TED learns from stories; these contradict no rule.
    stories = [
        {
            "story": f"{first}, then {second}",
            "steps": [
                {"intent": first},
                {"action": "action_answer"},
                {"intent": second},
                {"action": "action_answer"},
            ],
        }
        for first, second in pairwise(known)
    ]
    _write(folder / "rules.yml", {"version": "3.1", "rules": rules, **({"stories": stories} if stories else {})})
    answers = {topic.id: topic.short for topic in read_content(ROOT / "knowledge").topics}
    with closing(sqlite3.connect(folder / "answers.db")) as database, database:
        database.execute("CREATE TABLE answers (topic TEXT PRIMARY KEY, text TEXT NOT NULL)")
        for label in dict.fromkeys(label for _, label in chosen):
            for key in {label, label.replace("/", "__")}:
                text = answers.get(label.partition("/")[2], "Here is more about that.")
                database.execute("INSERT INTO answers VALUES (?, ?)", (key, text))


def prepare(folder: Path, name: str, epochs: int) -> dict[str, Any]:
    """The trained project of a variant; one that an earlier run has trained with as many epochs is kept.

    Args:
        folder: where its files are, or go.
        name: ``recommended`` or ``lean``.
        epochs: as for `write`.

    Returns:
        Seconds, by the clock and of all processors, and size of the model file.

    Raises:
        SetupError: the training failed; the end of what Rasa said is in the text.
    """
    done = folder / "trained.json"
    if done.exists():
        figures: dict[str, Any] = json.loads(done.read_text())
        if figures["epochs"] == epochs:
            return figures
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write(folder, name, subset(), epochs)
    figures = {"epochs": epochs, **_train(folder)}
    done.write_text(json.dumps(figures))
    return figures


def _train(folder: Path) -> dict[str, float]:
    """Train what `write` wrote into `model.tar.gz`, without anything of Rasa's cache."""
    command = [sys.executable, "-m", "rasa", "train", "--config", "config.yml", "--domain", "domain.yml"]
    command += ["--data", "nlu.yml", "rules.yml", "--out", ".", "--fixed-model-name", "model"]
    environment = {**quiet_environment(), "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    model = folder / "model.tar.gz"
    if done.returncode != 0 or not model.exists():
        raise SetupError(f"Training failed in {folder}:\n{(done.stdout + done.stderr)[-2000:]}")
    shutil.rmtree(folder / "cache")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"train_s": seconds, "train_cpu_s": processor, "model_mb": model.stat().st_size / 2**20}


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000), encoding="utf-8")
