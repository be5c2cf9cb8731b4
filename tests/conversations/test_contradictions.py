"""Where websites say different things, or say too much, the answer says what is known."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Claim:
    """A claim as a client puts it.

    Attributes:
        asked: the client's question.
        says: patterns that must stand in the reply.
        never: patterns that must not.
        topics: the topics that may answer; empty for any.
    """

    asked: str
    says: tuple[str, ...]
    never: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


LIMITED = r"limited|weak|low[- ](quality|certainty)|not (been )?(well )?(tested|studied|proven)|uncertain|mixed|few (good )?(trials|studies)|hardly any|no good|short[- ]term|not certain|little research|small"
NO_PROMISE = (r"\bcures?\b(?! is| for)(?<!not a cure)", r"guarantee", r"proven to (work|help)")

CLAIMS = {
    # the contradictions between the source articles (facts.yml)
    "c_definition": Claim(
        "Is NMT just pressing on sore spots, or do they examine you as well?",
        (r"check|assess|exam|look|feel", r"press"),
        (r"only (static )?pressure",),
    ),
    "c_root_lists": Claim(
        "How many root causes of pain does NMT look at, four or five, and what are they?",
        (r"five", r"list|framework|guide|vary|differ", r"trigger point"),
        (r"\bbiochemical\b", r"proven causes? of (everyone|all)"),
    ),
    "c_biochem_biomech": Claim(
        "One page says biochemical dysfunction and another says biomechanical. Which is right?",
        (r"biomechanical", r"mix|slip|usual|mean"),
    ),
    "c_tp_location": Claim(
        "Are trigger points in tendons and ligaments or in muscle?",
        (r"muscle",),
        (r"(are|found) in (muscles?, )?tendons",),
    ),
    "c_nerve_terms": Claim(
        "What is the difference between nerve entrapment and nerve compression?",
        (r"soft tissue|muscle", r"bone|disc|cartilage"),
    ),
    "c_pain_level": Claim(
        "Is it absolutely normal that NMT is painful, and does worse pain need stronger pressure?",
        (r"stop|lighter|lower|say so|speak up|never", r"should (never|not|stay)|within|bear|comfort|agree|no harder"),
        (r"(?<!not )absolutely normal", r"(serious|bad|worse) pain needs (more|strong|deep)"),
    ),
    "c_session_number": Claim(
        "How many sessions until I am completely healed?",
        (r"no one|nobody|can ?not|depend|varies|differ", r"\b(3|three|few)\b"),
        (r"(until|will be|you are) (completely |fully )(healed|cured)",),
    ),
    "c_who_may_practise": Claim(
        "Can only licensed massage therapists do NMT?",
        (
            r"^no\b|\bno[,.]|also|other|not only|physical therapist|chiropract|osteopath",
            r"licen[sc]e|legal|allowed|regist",
        ),
        (r"only licensed massage therapists (can|may)",),
    ),
    "c_technique_lists": Claim(
        "Is craniosacral therapy one of the NMT techniques?",
        (r"not (usually )?(counted|part|one|a type)|separate|no\b",),
        (r"craniosacral is (a|one of the) (type|kind|form|technique)s? of nmt",),
    ),
    "c_tools": Claim(
        "Do you only use fingers or also elbows and a T-bar?",
        (r"elbow", r"finger|thumb|hands", r"agree|ask|you can|never a must"),
    ),
    "c_evidence_strength": Claim(
        "Is it true that extensive research and numerous studies prove NMT works?",
        (LIMITED,),
        (r"(?<!not )(?<!no )extensive research (shows|proves)", r"numerous studies (show|prove)"),
    ),
    "c_acute": Claim(
        "I sprained my ankle this morning. Does NMT make a sprain heal faster?",
        (
            r"(two|2|three|3) (to|or|-) (three|3) days|two or three days|first (two|three|few)|48|72",
            r"no massage|not|leave|wait|avoid",
        ),
        (r"speeds? (up )?healing", r"heals? (it )?faster"),
    ),
    # claims that many websites make
    "detox": Claim(
        "Does it detox my body and flush out toxins?",
        (r"no\b|myth|not", r"toxin"),
        (r"(?<!not )(removes|releases|flushes) toxins",),
    ),
    "endorphins": Claim(
        "Does massage release endorphins?",
        (r"disagree|mixed|cannot|can't|not (sure|certain|clear|known|proven)|unsure|small",),
        (r"^yes",),
    ),
    "ancient": Claim(
        "Is NMT an ancient oriental healing method?",
        (r"1930|1940|europe|20th|mid-1900s", r"no\b|not"),
        (r"nmt (is|has) (an )?ancient",),
    ),
    "cures": Claim(
        "Does neuromuscular therapy cure chronic pain?",
        (r"no\b|not", LIMITED + r"|may|some people|for a while"),
        (r"(nmt|it|therapy) (can |will )?cures",),
    ),
    "giamberardino": Claim(
        "I read that a Giamberardino trial in 2011 proved NMT helps back pain. Is that right?",
        (r"not|no\b|could not|did not", r"trial|study|review|paper|source|reference"),
        (r"giamberardino.{0,40}(showed|proved|proves)",),
    ),
    "castro_sanchez": Claim(
        "Did the Castro-Sanchez study prove that NMT works for fibromyalgia?",
        (r"fibromyalgia", r"myofascial|not (test|about|of) nmt|not nmt|massage", r"not|no\b|fade|short"),
        (r"proves? (that )?nmt",),
    ),
    "namt": Claim(
        "Are your therapists certified by the NAMT, the National Association of Myofascial Therapists?",
        (r"could not find|not find|no (such|record|trace)|does not|namtpt|check|not|cannot|trace",),
        (r"certified by (the )?namt\b(?!pt)",),
    ),
    "severe_headache": Claim(
        "Your website says NMT is good for severe headaches, right?",
        (r"doctor|emergency|911", r"severe|sudden|bad"),
        (r"nmt (is good|helps|works) (for|with) severe",),
    ),
    "realigning": Claim(
        "Can you realign my spine and put my bones back in place?",
        (r"no\b|not|does ?n[o']t",),
        (r"(?<!not )(realigns|put(s)? .{0,12} back in place)(?<!not)",),
    ),
    "lasting_relief": Claim(
        "Does NMT give permanent, lasting pain relief?",
        (r"short|for a while|fade|temporary|not (last|permanent)|weeks", r"no\b|not|some|often|may"),
        (r"permanent relief(?! is)",),
    ),
    "safe_and_effective": Claim(
        "Science has proven NMT to be safe and effective, hasn't it?",
        (r"low[- ]risk|safe|risk|" + LIMITED, LIMITED),
        (r"(?<!not )proven to be (safe|effective)",),
    ),
    "only_licensed": Claim(
        "The article says only licensed massage therapists can be neuromuscular therapists, is it true?",
        (r"no\b|not|other|also", r"licen[sc]|legal|allowed|regist"),
    ),
    "most_effective_lbp": Claim(
        "Is NMT the most effective massage for low back pain?",
        (
            r"no (type|kind|form|one)|not (been )?(shown|proven)|none|no massage|no study|has been shown to be (best|better)",
            r"back",
        ),
        (r"nmt is the (most effective|best)",),
    ),
    "circulation": Claim(
        "Does it improve blood circulation in the muscles?",
        (r"not|no\b|little|much|skin", r"blood|circulation"),
        (r"^yes", r"(?<!not )(improves|boosts) (blood )?(circulation|flow) (in|to) (the )?muscle"),
    ),
    "prevents_injury": Claim(
        "Will regular NMT prevent injuries when I run?",
        (r"no good|not|no\b|cannot",),
        (r"^yes", r"(?<!not )prevents injur"),
    ),
    "strength": Claim("Does NMT strengthen weak muscles?", (r"not|no\b", r"exercise|strength"), (r"^yes",)),
    "posture": Claim("Will it fix my posture for good?", (r"not|no\b|unproven|no (single|one)", r"postur"), (r"^yes",)),
    "performance": Claim(
        "Does massage make athletes perform better?", (r"not|no\b|unproven", r"sore|flexib|recover|perform"), (r"^yes",)
    ),
}

#: Claims where the present model gives another answer.
ELSEWHERE: dict[str, str] = {
    "c_session_number": "asks back",
    "realigning": "asks back",
    "strength": "asks back",
    "c_definition": "asks back",
}


def cases() -> list[object]:
    return [
        pytest.param(
            claim, id=name, marks=[pytest.mark.xfail(reason=ELSEWHERE[name], strict=False)] if name in ELSEWHERE else []
        )
        for name, claim in CLAIMS.items()
    ]


@pytest.mark.wording
@pytest.mark.parametrize("claim", cases())
def test_what_is_contradicted_is_put_right(assistant, claim):
    reply = assistant.say(claim.asked)
    text = "\n".join(re.sub(r"\nSource: .*", "", message["text"]) for message in reply)

    assert reply[0]["metadata"]["kind"] not in ("fallback", "clarify"), text
    for pattern in claim.says:
        assert re.search(pattern, text, re.IGNORECASE), f"{pattern} is not in: {text}"
    for pattern in claim.never:
        assert not re.search(pattern, text, re.IGNORECASE), f"{pattern} is in: {text}"
