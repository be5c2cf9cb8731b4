"""The page and the figures, from an assistant that says what the test lets it say."""

import json
import re

import pytest

from nmt_guide.evaluation import run
from nmt_guide.evaluation.alarms import AlarmCost, AlarmCurve
from nmt_guide.evaluation.report import write_report
from nmt_guide.evaluation.sets import LabelledSet
from nmt_guide.evaluation.shares import Share
from nmt_guide.evaluation.speed import Time
from nmt_guide.evaluation.targets import TARGETS, results, table
from tests.evaluation.heard import alarm, answer, heard, offer


class Scripted:
    """Says what the test wrote down; knows no components."""

    def __init__(self, replies):
        self.replies = replies

    def ask(self, text):
        return self.replies[text]

    def talk(self, turns):
        return [self.replies[turn] for turn in turns]

    def calibration(self):
        return (2.0, 0.8, -5.8)


REPLIES = [
    heard("how much", answer("cost"), ranking=[("faq/cost", 0.9), ("faq/booking", 0.1)]),
    heard("<b>price</b>", answer("booking"), ranking=[("faq/booking", 0.5), ("faq/cost", 0.4)], confidence=0.5),
    heard("weather", answer("out_of_scope"), ranking=[("faq/out_of_scope", 0.8)]),
    heard("my chest", alarm()),
    heard("chest day", alarm()),
    heard("cost and pain", answer("cost"), answer("session_pain")),
    heard("and for migraine", offer("cost")),
]
SETS = [
    LabelledSet(
        "questions",
        "questions",
        (
            {"text": "how much", "topic": "cost", "style": "plain"},
            {"text": "<b>price</b>", "topic": "cost", "style": "typo"},
        ),
    ),
    LabelledSet("oos", "oos", ({"text": "weather", "kind": "far"},)),
    LabelledSet(
        "redflag_pos",
        "redflag_pos",
        ({"text": "my chest", "flag": "rf_heart", "level": "call_emergency_now"},),
    ),
    LabelledSet("redflag_neg", "redflag_neg", ({"text": "chest day", "why": "idiom"},)),
    LabelledSet("compound", "compound", ({"text": "cost and pain", "topics": ["cost", "session_pain"]},)),
    LabelledSet(
        "dialogues",
        "dialogues",
        ({"turns": [{"user": "how much", "topic": "cost"}, {"user": "and for migraine", "topic": "cost"}]},),
    ),
]


@pytest.fixture
def figures(monkeypatch):
    curve = AlarmCurve(0.5, (AlarmCost(0.1, {"redflag_pos": 1.0}), AlarmCost(0.9, {"redflag_pos": 0.5})))
    monkeypatch.setattr(run, "alarm_curve", lambda assistant, texts: curve)
    monkeypatch.setattr(run, "measure_speed", lambda assistant, texts: {"parse_message": Time(5, 8, 9)})
    assistant = Scripted({one.text: one for one in REPLIES})
    return run.measure(assistant, SETS, lambda line: None)


def test_the_figures_are_those_of_the_messages(figures):
    assert figures["questions"]["plain"]["right"] == Share(1, 1)
    assert figures["questions"]["messy"]["wrong"] == Share(1, 1)
    assert figures["oos"]["declined"] == Share(1, 1)
    assert figures["redflag_pos"]["caught"] == Share(1, 1)
    assert figures["redflag_neg"]["false_alarm"] == Share(1, 1)
    assert figures["compound"]["whole"] == Share(1, 1)
    assert figures["dialogues"]["later_turns"] == Share(0, 1)
    assert figures["false_alarms_by_flag"] == {"rf_heart": 1}


def test_the_page_stands_alone_and_shows_messages_as_text(figures, tmp_path):
    run.write(figures, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")

    assert "<b>price</b>" not in page
    assert "&lt;b&gt;price&lt;/b&gt;" in page
    assert set(re.findall(r'(?:src|href)="([^"]{0,10})', page)) == {"data:image"}


def test_a_phone_shows_what_was_promised_with_its_verdict(figures):
    # The columns further right are out of sight there.
    assert "<tr><th></th><th>result</th>" in write_report(figures)


def test_the_figures_can_be_read_by_machines(figures, tmp_path):
    run.write(figures, tmp_path)
    read = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))

    assert read["questions"]["plain"]["right"] == {
        "value": 1.0,
        "low": 0.2065,
        "high": 1.0,
        "count": 1,
        "of": 1,
    }
    assert read["calibration"]["in_use"] == [2.0, 0.8, -5.8]
    assert len(read["targets"]) == len(TARGETS)


def test_every_promise_has_a_verdict(figures):
    verdicts = {result.target.path: result.verdict for result in results(figures)}

    assert verdicts["questions.plain.right"] == "aim"
    assert verdicts["redflag_neg.false_alarm"] == "missed"
    assert verdicts["speed.parse_message.p50"] == "met"
    assert verdicts["redflag_caution.caught"] == "not measured"
    assert "MISSED" in table(results(figures))


def test_a_folder_with_one_kind_of_set_is_enough(monkeypatch, tmp_path):
    assistant = Scripted({one.text: one for one in REPLIES})
    run.write(run.measure(assistant, SETS[4:5], lambda line: None), tmp_path)

    assert "Two questions in a message" in (tmp_path / "index.html").read_text(encoding="utf-8")
