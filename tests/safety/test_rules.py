"""The rules alone, without what the examples say: lay words for a danger, and messages that only sound like one."""

from types import SimpleNamespace

import numpy as np
import pytest

from nmt_guide.knowledge.files import read_content
from nmt_guide.safety.screen import Screen, Thresholds
from nmt_guide.safety.signs import Text, not_denied
from nmt_guide.settings import ROOT

LAY_WORDS = {
    "rf_suicide": [
        "my flatmate took a whole box of ibuprofen an hour ago",
        "he has swallowed all his blood pressure pills",
        "i think I've taken too many painkillers",
        "got through 16 nurofen since lunch for my back",
        "my son got into my tramadol and ate the lot",
        "downed the whole bottle",
        "my brother has been saving his morphine up for weeks",
        "the tablets are in my hand",
        "she has a gun and there's nothing left for her",
    ],
    "rf_pregnancy": [
        "haven't felt him kick since lunch, 33 weeks",
        "bump has been really quiet today, not the usual wriggles",
        "I'm pregnant and soaked down below, not sure if it's wee",
        "scared I might do something to the baby, she's a month old",
        "baby is three weeks old and I get pictures in my head of throwing him",
    ],
    "rf_anaphylaxis": [
        "tongue feels too big for my mouth since my massage",
        "my voice is hoarse and I'm itchy all over",
    ],
    "rf_cauda_equina": [
        "sciatica was in one leg, now it's in both",
        "feels like I'm sat on a cushion all the time",
        "the loo paper feels weird",
        "bad back and can't get started when I go for a wee",
    ],
    "rf_heart": [
        "my arm and jaw hurt when I climb stairs, goes off when I rest",
        "lft arm is heavy an chest tite",
        "dull ache across my chest whenever I hurry",
    ],
    "rf_head_injury": ["my son headed a ball and has been sick three times"],
    "rf_thunderclap": ["new headaches each morning with vomiting"],
    "rf_stroke": ["my BP is 210/120 and I have a headache", "blood pressure 205 over 118 with a nosebleed"],
    "rf_progressive_weakness": ["numbness creeping higher up both legs each day"],
    "rf_med_change": ["ran out of hydrocortisone four days ago", "I have addisons and I keep being sick"],
    "rf_skin_lesion": ["diabetic, and there's a smelly sore on my heel"],
    "rf_abuse": [
        "the swim coach massages her legs with the door locked",
        "I'm 14 and my uncle gives me massages, I don't like it",
        "the marks on my arms are from my partner",
        "therapist presses against me and breathes heavy",
        "they keep our passports and we have to do extras with customers",
    ],
    "rf_rhabdo": ["peed something like black tea after deep tissue"],
}

ONLY_SOUNDS_LIKE_IT = [
    "I took two paracetamol",
    "I take 8 tablets a day, all prescribed",
    "took the whole packet of biscuits to work",
    "I've saved up for a massage",
    "do you have a massage gun",
    "I don't want to hurt myself by sitting wrong",
    "I don't want to hurt her by pressing too hard",
    "I don't want to be a burden on my daughter, do you do home visits",
    "can't do thursdays anymore, will you charge me",
    "my breathing is better since my massage",
    "worried the massage might hurt the baby if I lie on my front",
    "can't carry on running, knee gave way",
    "my calves ache going up hills and are fine when I rest",
    "he headed the ball and scored",
    "do I need my passport for the form",
    "do you lock the door during a massage",
    "can you leave the sheet off my feet, I get hot",
    "marks on my back are from cupping",
    "what extras can I add to my massage",
    "I stop for coffee after my wee walk",
    "blood pressure was 130 over 85",
]


@pytest.fixture(scope="module")
def rules_that_hold():
    """By flag the rule that holds in a message."""
    content = read_content(ROOT / "knowledge")
    screen = Screen(SimpleNamespace(labels=()), content.signs, content.red_flags, Thresholds())
    return lambda text: {
        flag: rule for flag, (rule, _) in screen._by_rules(not_denied(screen._finder.find(Text(text)))).items()
    }


@pytest.mark.parametrize(("flag", "text"), [(flag, text) for flag, texts in LAY_WORDS.items() for text in texts])
def test_a_danger_in_lay_words_makes_a_decisive_rule_hold(rules_that_hold, flag, text):
    held = rules_that_hold(text)

    assert flag in held, held
    assert held[flag].likely


@pytest.mark.parametrize("text", ONLY_SOUNDS_LIKE_IT)
def test_no_rule_of_an_urgent_flag_holds_in_what_only_sounds_like_danger(rules_that_hold, text):
    urgent = {flag.id for flag in read_content(ROOT / "knowledge").red_flags if flag.level.urgent}

    assert not urgent & rules_that_hold(text).keys()


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("i took 20 paracetamol", True),
        ("swallowed all my co-codamol in one go", True),
        ("downed the whole bottle of pills", True),
        ("my wee was like tea", False),
        ("i took 2 paracetamol", False),
        ("what happens if somebody took 20 paracetamol", False),
    ],
)
def test_a_rule_that_leaves_no_doubt_needs_no_examples(text, likely):
    content = read_content(ROOT / "knowledge")
    labels = tuple(f"red_flag/{flag.id}" for flag in content.red_flags)
    reader = SimpleNamespace(labels=labels, score_message=lambda _: np.zeros((1, len(labels)), dtype=np.float32))
    found = Screen(reader, content.signs, content.red_flags, Thresholds()).read(text)

    assert [(one.flag, one.likely) for one in found] == ([("rf_suicide", True)] if likely else [])
