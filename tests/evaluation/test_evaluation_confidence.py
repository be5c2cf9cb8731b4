"""Calibration, thresholds and intervals, where the right figures are known."""

import math
import random

import pytest

from nmt_guide.evaluation import confidence
from nmt_guide.evaluation.confidence import Judged
from nmt_guide.evaluation.shares import Share
from nmt_guide.understanding.topics import signals
from tests.evaluation.heard import heard


def judged(right, sure=0.5, best=0.5, second=0.0, foreign=0.0, answers=True, offered=False):
    return Judged(right, offered, answers, sure, best, second, foreign)


def test_the_interval_is_wilsons():
    low, high = Share(9, 10).interval

    assert (round(low, 4), round(high, 4)) == (0.5958, 0.9821)  # Brown, Cai & DasGupta 2001 give the formula


def test_a_share_of_nothing_is_no_number():
    assert Share(0, 0).value is None
    assert Share(0, 0).interval == (0.0, 1.0)
    assert str(Share(0, 0)) == "none"


def test_confidence_that_means_what_it_says_has_no_error():
    bins = confidence.reliability([judged(n < 8, 0.8) for n in range(10)])

    assert [(one.count, round(one.right, 2)) for one in bins] == [(10, 0.8)]
    assert confidence.calibration_error(bins) == pytest.approx(0.0)


def test_overconfidence_is_an_error_of_the_gap():
    bins = confidence.reliability([judged(n < 5, 0.9) for n in range(10)])

    assert confidence.calibration_error(bins) == pytest.approx(0.4)


def test_fitted_constants_are_those_that_made_the_data():
    chance = random.Random(0)
    made = []
    for _ in range(4000):
        best, foreign = 0.05 + 0.9 * chance.random(), 0.5 * chance.random()
        second = min(best, 1 - best) * chance.random()
        _, odds, lead, root = signals(best, second, foreign)
        share = 1 / (1 + math.exp(-(1.0 + 0.8 * odds + 0.3 * lead - 3.0 * root)))
        made.append(judged(chance.random() < share, best=best, second=second, foreign=foreign))

    assert confidence.fit_calibration(made) == pytest.approx([1.0, 0.8, 0.3, -3.0], abs=0.4)


def test_nothing_is_fitted_when_all_are_right():
    assert confidence.fit_calibration([judged(True)] * 50) is None


def test_a_higher_threshold_trades_wrong_answers_for_offers():
    costs = confidence.costs([judged(True, 0.9), judged(False, 0.3, offered=True)], [judged(False, 0.5)])

    assert (costs[0].right, costs[0].wrong, costs[0].declined) == (0.5, 0.5, 0.0)
    middle = next(cost for cost in costs if cost.threshold == pytest.approx(0.6))
    assert (middle.right, middle.wrong, middle.right_or_offered, middle.declined) == (0.5, 0.0, 1.0, 1.0)


def test_a_label_that_declines_tells_scope_better_than_its_confidence():
    inside = [judged(True, 0.6)] * 3
    outside = [judged(True, 0.9, answers=False)] * 3

    assert confidence.auroc(inside, outside, knowing_labels=False) == 0.0
    assert confidence.auroc(inside, outside, knowing_labels=True) == 1.0
    assert confidence.auroc(inside, [], knowing_labels=True) is None


def test_messages_taken_apart_are_not_judged():
    one = heard("a", ranking=[("faq/cost", 0.6), ("faq/booking", 0.2)], confidence=0.7)
    two = type(one)("b", one.questions * 2)
    found = confidence.judge([({"topic": "cost"}, one), ({"topic": "cost"}, two)], in_scope=True)

    assert len(found) == 1
    assert found[0].right
    assert found[0].best == pytest.approx(0.6)


@pytest.mark.parametrize(("topic", "offered"), [("bot_limits", True), ("small_talk_thanks", False)])
def test_what_would_be_offered_is_what_the_dialogue_offers(topic, offered):
    asked = heard("?", ranking=[("faq/cost", 0.4), (f"faq/{topic}", 0.3)], confidence=0.3)
    (one,) = confidence.judge([({"topic": topic}, asked)], in_scope=True)

    assert one.offered is offered
