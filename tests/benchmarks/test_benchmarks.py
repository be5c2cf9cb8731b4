"""The comparison reads every pipeline's answer alike, and the report does the sums."""

import yaml

from benchmarks.material import write_project
from benchmarks.report import markdown, write
from benchmarks.variants import VARIANTS

EXAMPLES = [
    ("how much", "faq/cost"),
    ("price", "faq/cost"),
    ("more", "follow_up/more"),
    ("go on", "follow_up/more"),
]
OURS = {"first": 0.9, "three": 0.95, "train_seconds": 50.0, "ms_p50": 10.0, "ms_p99": 20.0, "declined": None}
LEAN = {"first": 0.7, "three": 0.8, "train_seconds": 25.0, "ms_p50": 5.0, "ms_p99": 20.0, "declined": 0.5}


def intents(folder, name):
    folder.mkdir()
    write_project(folder, VARIANTS[name], EXAMPLES, 3)
    return [entry["intent"] for entry in yaml.safe_load((folder / "nlu.yml").read_text())["nlu"]]


def test_each_variant_gets_the_intents_that_it_can_learn(tmp_path):
    assert intents(tmp_path / "ours", "ours") == ["faq/cost", "follow_up/more"]
    assert intents(tmp_path / "lean", "lean") == ["faq__cost", "follow_up__more"]
    assert intents(tmp_path / "recommended", "recommended") == ["faq/cost", "follow_up__more"]


def test_retrieval_intents_have_a_response_for_each_key(tmp_path):
    intents(tmp_path / "recommended", "recommended")
    domain = yaml.safe_load((tmp_path / "recommended" / "domain.yml").read_text())

    assert domain["intents"] == ["faq", "follow_up__more"]
    assert list(domain["responses"]) == ["utter_faq/cost"]


def test_stock_fallback_is_a_decline_and_no_label():
    ranking = [{"name": "nlu_fallback", "confidence": 0.7}, {"name": "faq__cost", "confidence": 0.2}]
    reading = VARIANTS["lean"].read({"intent": {"name": "nlu_fallback"}, "intent_ranking": ranking})

    assert reading.labels == ["faq/cost"]
    assert reading.declined


def test_the_selector_spells_out_faq_where_it_stands_in_the_ranking():
    parsed = {
        "intent": {"name": "follow_up__more"},
        "intent_ranking": [
            {"name": "follow_up__more", "confidence": 0.6},
            {"name": "faq", "confidence": 0.4},
        ],
        "response_selector": {"faq": {"ranking": [{"intent_response_key": "faq/cost", "confidence": 0.9}]}},
    }
    reading = VARIANTS["recommended"].read(parsed)

    assert reading.labels == ["follow_up/more", "faq/cost"]
    assert reading.confidence == 0.6


def test_ours_declines_below_the_answer_threshold():
    question = {"ranking": [["faq/cost", 0.3]], "confidence": 0.1}

    assert VARIANTS["ours"].read({"questions": [question]}).declined
    assert not VARIANTS["ours"].read({"questions": [{**question, "confidence": 0.9}]}).declined
    assert VARIANTS["ours"].read({"questions": []}).declined


def test_ratios_are_ours_over_the_other_and_missing_figures_a_dash(tmp_path):
    page = markdown({"ours": OURS, "lean": LEAN}, "About.")

    assert "| training, s | 2.00 |" in page
    assert "| out of scope declined | - | 0.500 |" in page
    write({"ours": OURS, "lean": LEAN}, "About.", tmp_path)
    assert (tmp_path / "benchmark.svg").read_bytes().startswith(b"<?xml")
