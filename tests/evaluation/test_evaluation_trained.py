"""The evaluation with the trained model, on a handful of messages."""

from itertools import pairwise

import numpy as np
import pytest

from nmt_guide.evaluation.alarms import alarm_curve
from nmt_guide.evaluation.assistant import TrainedAssistant
from nmt_guide.evaluation.folds import cross_validate
from nmt_guide.evaluation.speed import WHOLE, measure_speed
from nmt_guide.knowledge.examples import read_examples
from nmt_guide.settings import ROOT


@pytest.fixture
def trained(assistant):
    return TrainedAssistant(assistant.agent, assistant.loop)


def test_a_typed_order_is_read_as_text(trained):
    heard = trained.ask('/faq{"topic": "cost"}')

    assert heard.questions
    assert not heard.silent


def test_a_conversation_is_one_and_the_next_another(trained):
    question = "what should i wear to my session"
    first = trained.talk([question, "say that again please"])

    assert first[1].texts[0] == first[0].texts[0]
    assert trained.ask("say that again please").texts[0] != first[0].texts[0]


def test_components_come_in_the_order_in_which_a_message_passes_them(trained):
    names = list(trained.components())

    assert names.index("SpellingCorrector") < names.index("SentenceEncoder") < names.index("TopicClassifier")
    assert "SafetyScreen" in names


def test_each_component_is_timed_and_the_whole(trained):
    times = measure_speed(trained, ["how much is it", "does it hurt", "where are you", "what is nmt"])

    assert set(times) == {WHOLE, *trained.components()}
    assert all(0 <= time.p50 <= time.p99 for time in times.values())  # handing a reader on takes no time
    assert times[WHOLE].p50 > 0


def test_the_alarm_curve_agrees_with_the_screen_and_falls(trained):
    texts = ["crushing chest pain and my left arm is numb right now", "what should i wear"]
    curve = alarm_curve(trained, {"redflag_pos": texts})
    alarms = [point.alarmed["redflag_pos"] for point in curve.points]

    assert all(earlier >= later for earlier, later in pairwise(alarms))
    closest = min(curve.points, key=lambda point: abs(point.threshold - curve.in_use))
    assert closest.alarmed["redflag_pos"] == np.mean([trained.ask(text).alarmed for text in texts])


def test_cross_validation_says_that_it_misleads_and_keeps_the_vectors(trained, tmp_path):
    known = read_examples(ROOT / "data" / "nlu.yml")
    examples = [(text, label) for label in ("faq/cost", "faq/booking") for text in known[label][:40]]
    cache = tmp_path / "vectors.npz"
    figures = cross_validate(trained, examples, 2, cache)

    assert cache.exists()
    assert figures["first"].of == len(examples)
    assert "misleads" in figures["note"]
    assert cross_validate(trained, examples, 2, cache)["first"] == figures["first"]
