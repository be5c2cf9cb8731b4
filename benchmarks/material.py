"""The same example questions for every variant, written as each of them reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks.variants import Variant, flat_name
from nmt_guide.knowledge.examples import read_examples
from nmt_guide.settings import ROOT

Example = tuple[str, str]


def examples(every: int = 1) -> list[Example]:
    """Example questions with labels: all, or every n-th of each label, two at least."""
    chosen: list[Example] = []
    for label, texts in read_examples(ROOT / "data" / "nlu.yml").items():
        kept = texts[::every]
        kept = kept if len(kept) > 1 else texts[:2]
        chosen += [(text, label) for text in kept]
    return chosen


def write_project(folder: Path, variant: Variant, chosen: Sequence[Example], epochs: int) -> None:
    """Write `config.yml`, `nlu.yml` and `domain.yml` of a variant.

    Args:
        folder: an empty folder.
        variant: what is to be trained.
        chosen: what it learns from.
        epochs: for the variants that have epochs.
    """
    by_intent: dict[str, list[str]] = {}
    for text, label in chosen:
        by_intent.setdefault(_intent(label, variant), []).append(text)
    keys = [intent for intent in by_intent if "/" in intent]
    intents = list(dict.fromkeys(intent.partition("/")[0] for intent in by_intent))
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)} for intent, texts in by_intent.items()
    ]
    # A retrieval intent needs a response for each key; what it says is not measured.
    responses = {f"utter_{key}": [{"text": key.partition("/")[2]}] for key in keys}
    if variant.name == "ours":
        intents += ["red_flag", "no_red_flag"]
    _write(folder / "nlu.yml", {"version": "3.1", "nlu": nlu})
    _write(folder / "domain.yml", {"version": "3.1", "intents": intents, "responses": responses})
    _write(folder / "config.yml", variant.config(epochs))


def _intent(label: str, variant: Variant) -> str:
    """Stock Rasa's selector is trained for `faq` alone, so that follow-ups are intents of their own."""
    if variant.flat or (variant.name != "ours" and not label.startswith("faq/")):
        return flat_name(label)
    return label


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000), encoding="utf-8")
