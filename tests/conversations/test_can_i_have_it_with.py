""" "Can I have it with ...?" for every contraindication, in the names that clients use."""

from __future__ import annotations

import re

import pytest

ASK_FIRST = r"doctor|surgeon|surgical team|midwife|pharmacist|nurse|specialist|your \w+ team"
NOT_NOW = r"no massage|not have massage|not now|not on the|wait|until|postpone"
AVOID = r"avoid|keeps? (well )?away|leaves? .{0,40}(alone|out)|no (pressure|massage|deep|firm|work)|not over|until"
TELL = r"\btell (us|your|the)\b|let (us|the)"
CONSENT = r"consent|parent|guardian"
GENTLE = r"light|gentle|soft|lower|less"

#: By contraindication of `sources.yml`: what must be said, which topics may say it, and how clients name it.
ASKED: dict[str, tuple[str, set[str], tuple[str, ...]]] = {
    "ci_dvt": (
        NOT_NOW + "|" + ASK_FIRST,
        {"contra_dvt"},
        ("a DVT", "a blood clot in my leg", "a clot they found in my calf last week"),
    ),
    "ci_blood_thinners": (
        ASK_FIRST,
        {"contra_blood_thinners"},
        (
            "Eliquis",
            "Xarelto",
            "warfarin",
            "baby aspirin",
            "Plavix",
            "blood thinners",
            "Pradaxa",
            "hemophilia",
            "low platelets",
            "clopidogrel",
        ),
    ),
    "ci_fracture": (
        NOT_NOW + "|" + ASK_FIRST,
        {"contra_fracture"},
        ("a broken rib", "a fractured ankle in a boot", "a stress fracture"),
    ),
    "ci_osteoporosis": (
        ASK_FIRST,
        {"contra_osteoporosis"},
        ("osteoporosis", "osteopenia", "brittle bones", "Fosamax for my bones"),
    ),
    "ci_skin": (
        AVOID + "|" + NOT_NOW,
        {"contra_skin"},
        (
            "shingles",
            "sunburn",
            "eczema on my arms",
            "a rash",
            "ringworm",
            "an open cut on my back",
            "cellulitis",
            "a new tattoo",
            "psoriasis",
        ),
    ),
    "ci_fever": (NOT_NOW, {"contra_fever"}, ("a cold", "the flu", "covid", "a fever", "a stomach bug")),
    "ci_cancer": (
        ASK_FIRST,
        {"contra_cancer"},
        ("cancer", "chemo", "radiotherapy", "breast cancer", "leukemia", "lymphedema after cancer"),
    ),
    "ci_pregnancy": (
        ASK_FIRST,
        {"pregnancy"},
        ("a baby on the way", "a pregnancy at 20 weeks", "a six week old baby at home, I gave birth"),
    ),
    "ci_heart_bp": (
        ASK_FIRST,
        {"contra_heart_bp"},
        (
            "high blood pressure",
            "a heart condition",
            "a stent",
            "a-fib",
            "heart failure",
            "angina",
            "a stroke two years ago",
            "low blood pressure",
        ),
    ),
    "ci_pacemaker": (ASK_FIRST, {"contra_pacemaker"}, ("a pacemaker", "an ICD", "a defibrillator implant")),
    "ci_implants": (
        ASK_FIRST + "|" + TELL,
        {"contra_pacemaker", "post_surgery", "contra_cancer", "contra_heart_bp", "contra_neuro"},
        (
            "a hip replacement last month",
            "a knee replacement",
            "a chemo port",
            "a spinal cord stimulator",
            "breast implants",
            "a shunt",
        ),
    ),
    "ci_diabetes": (
        ASK_FIRST,
        {"contra_diabetes", "contra_pacemaker"},
        ("diabetes", "insulin", "an insulin pump", "type 2 diabetes", "numb feet from diabetes"),
    ),
    "ci_surgery": (
        ASK_FIRST,
        {"post_surgery"},
        ("surgery two weeks ago", "a c-section six weeks ago", "a hernia operation last month"),
    ),
    "ci_acute_injury": (
        NOT_NOW + "|" + AVOID,
        {"acute_injury", "cond_sprain_strain", "cond_sports_injury"},
        ("a fresh ankle sprain", "a muscle I pulled yesterday"),
    ),
    "ci_inflamed_joint": (
        NOT_NOW + "|" + AVOID,
        {"contra_inflammation", "cond_arthritis"},
        ("a gout flare", "rheumatoid arthritis in a flare", "gout", "bursitis"),
    ),
    "ci_varicose": (AVOID, {"contra_varicose"}, ("varicose veins", "bad veins in my legs", "spider veins")),
    "ci_numb": (
        ASK_FIRST,
        {"cond_numbness_tingling", "doctor_first", "cond_nerve_entrapment", "contra_neuro"},
        ("tingling in my hands", "numb toes", "neuropathy"),
    ),
    "ci_steroids": (
        ASK_FIRST + "|" + GENTLE,
        {"contra_medicines", "contra_osteoporosis"},
        ("prednisone", "long term steroids", "paper thin skin from steroids"),
    ),
    "ci_allergy": (
        TELL + "|plain|no oil|oil-free",
        {"contra_allergy", "session_tools_lubricant"},
        ("a nut allergy", "a latex allergy", "sensitive skin", "asthma"),
    ),
    "ci_pain_meds": (
        ASK_FIRST + "|" + NOT_NOW,
        {"contra_medicines", "bot_medication"},
        ("strong painkillers", "oxycodone", "a few drinks in me", "sleeping tablets", "gabapentin", "ibuprofen"),
    ),
    "ci_neck_artery": (
        ASK_FIRST,
        {"contra_neck", "cond_whiplash", "cond_other"},
        ("a neck artery tear in the past", "Ehlers-Danlos", "vertigo", "whiplash from last week"),
    ),
    "ci_epilepsy": (ASK_FIRST, {"contra_neuro"}, ("epilepsy", "MS", "multiple sclerosis", "seizures")),
    "ci_trauma": (
        r"stop|boundar|you decide|in charge|choose",
        {"trauma_informed"},
        ("PTSD", "a history of abuse", "past trauma"),
    ),
    "ci_child": (
        CONSENT + "|" + ASK_FIRST,
        {"children_teens"},
        ("my 12 year old son as the client", "a child of nine"),
    ),
    "parkinsons": (ASK_FIRST + "|" + TELL, {"cond_parkinsons"}, ("Parkinson's",)),
}

PHRASES = ("can I have it with {}", "Is NMT safe with {}?")

CLARIFY = (
    "asks back (mostly with the right topic as its first button), though the client named the one thing that matters"
)

#: Questions that the present model answers otherwise, with what it does.
ELSEWHERE: dict[str, str] = {
    "can I have it with a cold": CLARIFY,
    "Is NMT safe with asthma?": CLARIFY,
    "can I have it with a few drinks in me": "answers after_hydration",
    "Is NMT safe with a-fib?": "answers cond_fibromyalgia",
    "Is NMT safe with a history of abuse?": CLARIFY,
    "can I have it with past trauma": "answers cause_stress_trauma",
    "can I have it with a stent": "answers contra_pacemaker, under doctor first",
    "Is NMT safe with bursitis?": "answers cond_other, with the caution for bursitis",
    "Is NMT safe with a child of nine?": CLARIFY,
}
SAFETY_LEVELS = {"doctor_before_massage", "same_day_medical_care", "call_emergency_now"}


def cases() -> list[object]:
    made = []
    for contraindication, (says, topics, things) in ASKED.items():
        for number, thing in enumerate(things):
            asked = PHRASES[number % len(PHRASES)].format(thing)
            marks = [pytest.mark.xfail(reason=ELSEWHERE[asked], strict=False)] if asked in ELSEWHERE else []
            made.append(pytest.param(asked, says, topics, id=f"{contraindication}-{thing}", marks=marks))
    return made


@pytest.mark.wording
@pytest.mark.parametrize(("asked", "says", "topics"), cases())
def test_can_i_have_it_with(assistant, asked, says, topics):
    reply = assistant.say(asked)
    metas = [message["metadata"] for message in reply]
    text = "\n".join(re.sub(r"\nSource: .*", "", message["text"]) for message in reply)

    assert topics & {meta.get("topic") for meta in metas}, [
        (meta["kind"], meta.get("topic"), meta.get("options")) for meta in metas
    ]
    assert SAFETY_LEVELS & {meta.get("level") for meta in metas} or re.search(says, text, re.IGNORECASE), text


@pytest.mark.parametrize("thing", ["Eliquis", "a pacemaker", "epilepsy", "chemo", "osteoporosis"])
def test_the_same_asked_after_another_answer(assistant, thing):
    """ "And with Eliquis?" leans on the answer before."""
    assistant.say("Is it safe with diabetes?")
    reply = assistant.say(f"and with {thing}?")
    text = "\n".join(message["text"] for message in reply)

    assert re.search(ASK_FIRST, text, re.IGNORECASE)
    assert reply[0]["metadata"].get("topic") != "contra_diabetes"
