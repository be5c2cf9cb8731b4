"""How a client answers a safety reply or a screening question: has help, says that it was none, or nothing of the kind."""

from __future__ import annotations

import re
from enum import Enum

from nmt_guide.dialogue.model import Turn
from nmt_guide.dialogue.reading import follow_up_kind, says_no
from nmt_guide.knowledge.content import Level


class Heard(Enum):
    """What a client says about a danger that the conversation waits on."""

    HELPED = "helped"
    """Somebody is there, on the way, or has looked at it."""
    EASED = "eased"
    """The signs went away, or it is said to be nothing: of a danger to life they still count."""
    DENIED = "denied"
    """It was none, it was misread."""
    SAFE = "safe"
    """Safe, without a word on why."""
    NOTHING = "nothing"
    """Something else."""


#: Levels at which signs count even when they have passed.
STILL_COUNTS = frozenset([Level.EMERGENCY, Level.SAME_DAY])

_LOOKED_AT = r"(?:seen|checked|cleared|scanned|examined|looked at|tested|treated)"
_WHO = r"(?:doctors?|dr|gp|er|ed|hospital|urgent care|nurses?|midwife|ob|paramedics?|medics?|physician)"
_HELPED = re.compile(
    r"\b(?:(?:called|rang|phoned|dialled|dialed|calling|ringing|phoning) (?:them|911|999|112|000|111|988|an ambulance|(?:the|my|our) \w+)"
    r"|at the hospital|in hospital|with (?:a|the) doctor"
    r"|(?:i'?m|i am|we'?re|we are|he'?s|she'?s|they'?re|arrived|here) (?:now |already |just |sitting |waiting )*(?:at|in) (?:the |an? )?(?:er|ed|emergency|urgent care)\b"
    r"|(?<!no )(?:ambulance|paramedics?|medics?|doctors?|nurses?|police|help) (?:(?:is|are) (?:here|there|with|on|coming|looking|now)"
    r"|(?:has|have) (?:got|come|arrived|taken|seen)|came|arrived)\b"
    r"|on (?:my|our|his|her|their|the) way (?:in\b|over\b|there\b|to (?:the |an? )?(?:er|ed|a ?(?:&|and) ?e|emergency|hospital|doctor)\b)"
    r"|(?:going|heading|headed|off) (?:in|there|over|to (?:the |an? )?(?:er|ed|hospital|emergency|urgent care|doctor)) ?(?:right )?(?:now)\b"
    r"|(?:i'?ll|i will|i'?m|we'?ll|we'?re|she'?ll|he'?ll) (?:go|going|gonna go|get (?:it|this) (?:checked|seen|looked at)|do that)(?! (?:to|with|for) (?!the|an? |er|ed|my|urgent|hospital|doctor))\b"
    r"|(?:drivin[g']?|drives|bringing|rushing) (?:me|us|him|her|them|my \w+)\b(?! (?:crazy|nuts|mad|insane|up the|bonkers|bananas|round the|to (?:drink|despair|tears)|down))"
    r"|(?:taking|takes|took) (?:me|us|him|her|them|my \w+) (?:to|in|over|there)\b"
    rf"|{_WHO} (?:already |just |has |have )*(?:saw|checked|cleared|did|said|says|scanned|examined|looked|ruled)"
    rf"|(?:been|got|getting|was|were) (?:already |just |all )?{_LOOKED_AT}"
    r"|(?:mri|ct|scans?|ultrasound|x-?rays?|tests?|bloods?|ecg|ekg)\b[^.!?]{0,30}\b(?:clear|fine|normal|ok(?:ay)?|negative|good|nothing)"
    rf"|(?:i'll|ill|i will|gonna|going to) (?:call|ring|phone|see|ask) (?:them|911|988|(?:my|the|a|our) {_WHO})\b[^.!?]{{0,20}}\b(?:now|today|tomorrow|right away|straight away|this \w+)"
    r"|appointment\b[^.!?]{0,12}\b(?:now|today|tomorrow|this \w+))",
    re.IGNORECASE,
)
#: That somebody is going to look at it; enough where hours do not count.
_WILL_ASK = re.compile(
    rf"\b(?:i'?ll|i will|i'?m|gonna|going to|let me) (?:just |better )?(?:call|calling|ring|ringing|phone|see|ask|text|message)(?: to)? (?:my|the|a|our) {_WHO}\b"
    r"|\b(?:i'?ll|i will|gonna|going to) (?:just |better )?(?:call|ring|phone) (?:them|one|somebody|someone)\b(?! about)"
    r"|^\W*(?:(?:ok(?:ay)?|alright|thanks?)\W+)*(?:(?:i )?will do|i'?ll do)(?: that| it)?(?:\W+(?:thanks?|thank you|ok(?:ay)?))*\W*$",
    re.IGNORECASE,
)
#: "I'm not going to see a doctor", "if it gets worse I'll call", "at my next checkup": nobody is being asked.
_PUTS_OFF = re.compile(
    r"\b(?:not|never|no|won'?t|if|unless|maybe|might|why|think|next|some ?day|eventually|check-?up)\b|n't\b",
    re.IGNORECASE,
)
_WHO_CLEARS = rf"(?:{_WHO}|docs?|physio|specialist|consultant|surgeon|cardiologist|oncologist)"
#: That somebody has looked at it, and it is all right.
_CLEARED = re.compile(
    rf"\b(?:(?:my|the|a|our) )?{_WHO_CLEARS}\b[^.!?]{{0,25}}\b(?:said|says|told|confirmed|thinks|gave)\b[^.!?]{{0,30}}"
    r"\b(?:ok(?:ay)?|fine|(?:it'?s|is) nothing|nothing (?:serious|bad|to worry)|all right|alright|all[- ]clear|go[- ]ahead|safe)\b"
    rf"|\b{_WHO_CLEARS} (?:has |have |already |just )*(?:cleared|ok'?d|okayed|approved)\b"
    r"|\b(?:scan|ultrasound|x-?ray)s?\b[^.!?]{0,20}\b(?:clear|fine|normal|negative)\b",
    re.IGNORECASE,
)
_ILLNESS = r"(?:blood )?(?:clots?|dvt|fractures?|breaks?|broken|infections?|infected|cellulitis|strokes?|tia|heart attack|sepsis)\b"
#: That somebody has looked at it, and it is none: nothing else may be said before, and after it only what is asked now. "They"
#: are those whom the client was told to call.
_RULED_OUT = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|well|phew|hi|hello|update|good news|great news|great|good|yes|again)\W+)*"
    rf"(?:(?:they|(?:the |my |our |an? )?(?:{_WHO_CLEARS}|scan|ultrasound|x-?ray))(?:'ve| have| has| just| already)* "
    r"(?:(?:said|says?|told me|confirmed|found|showed|shows)(?: that)?(?: it'?s| it is| it was| there'?s| there is| there was| i have| i'?ve)?"
    rf"(?: it isn'?t| it wasn'?t| i don'?t have| not| no)(?: an?| any| the| signs? of)* {_ILLNESS}"
    rf"|ruled (?:(?:it|that|this|(?:an? |the |any )?{_ILLNESS}) out|out (?:an? |the |any )?{_ILLNESS}))"
    rf"|(?:it|that|(?:the |an? )?{_ILLNESS})(?:'s| was| is| has| has been|'s been| got| just| already)* ruled out\b)"
    r"[\s.,;:!)]*(?:$|(?:so|and|can|could|may|when|how|is it|am i|do|thanks?|thank|phew|just an?|only an?)\b)",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|never|no|unsafe)\b|n'?t\b", re.IGNORECASE)
#: What has not happened yet.
_IF = re.compile(r"\b(?:if|unless|suppose|until|(?:once|when|after) (?:i|they|he|she|my|the|it))\b", re.IGNORECASE)
_SAFE = re.compile(
    r"\b(?:i'?m|i am|i|we'?re|we are|he'?s|she'?s|they'?re|he is|she is|everyone is|everybody is|all) (?:all |perfectly |totally |really )?safe\b"
    r"|\bfalse alarm\b|\b(?:was|just|only) (?:a )?jok(?:e|ing)\b",
    re.IGNORECASE,
)
_FINE = re.compile(
    r"\b(?:i'?m|i am|we'?re|we are|he'?s|she'?s|they'?re|he is|she is|everyone is|everybody is|all|it'?s|it is|feel|feeling|mum is|mother is|dad is|father is)"
    r" (?:all |perfectly |totally |really |just |completely )*(?:fine|ok|okay|alright|all right|good|better|nothing)\b",
    re.IGNORECASE,
)
#: Signs that went away.
_EASED = re.compile(
    r"\b(?:(?:it|that|they|everything|the \w+)(?:'s| is| are| has| have)? (?:all |just )?(?:gone(?! to\b)|passed|stopped|eased|settled|cleared|disappeared)"
    r"|(?:went|gone) (?:away|down|off)|wor[en] off|cleared up|(?:feel|feeling|feels) (?:better|fine|ok|okay|normal))\b",
    re.IGNORECASE,
)
#: That there is nothing of the kind.
_DENIED = re.compile(
    r"\b(?:(?:never|didn'?t|did not|don'?t|do not) (?:said|say|mention|have (?:any|that|those))"
    r"|none of (?:that|those|these|this|it|them)|have none|nothing (?:like that|of the (?:kind|sort)|(?:is |was )?(?:wrong|swollen|numb|broken|going on|happened))"
    r"|(?:nobody|no ?one) (?:is |was |has |ever |ever has )?(?:hurt|hit|abus|touch|harm|did|in danger)\w*"
    r"|not (?:suicidal|in (?:any )?danger|an? emergency|being (?:hurt|abused)|going to (?:hurt|harm|kill))|no emergency"
    r"|it was (?:a|my|the) (?:car|truck|massage|game|movie|film|book)|(?:he|she|they) hit my (?:car|truck|van|bike)"
    r"|hypothetical(?:ly)?|never had (?:any|that|it|swelling|pain)|no \w+ (?:at all|whatsoever))",
    re.IGNORECASE,
)
#: That it was misread: of a danger to life this may be a way to play it down ("you got me wrong, it's from lifting").
_MISREAD = re.compile(
    r"\b(?:mis(?:read|understood|understand|heard|took|taken)|(?:got|have|had) (?:it|me|that|this|the) [\w ]{0,12}wrong|wrong (?:idea|person|end)"
    r"|not what i (?:said|meant|mean|asked|wrote)|(?:didn'?t|did not|don'?t|do not) mean|(?:just|only) asking)\b",
    re.IGNORECASE,
)
#: That it may have been misread; enough where no rule speaks for the danger.
_PROTESTED = re.compile(
    r"\bi (?:just |only |actually )?(?:mean|meant|asked|said|told)\b|\bim asking\b|\bi'?m (?:just |only )?asking\b|\bwho said\b|\bwhere did (?:that|you)\b"
    r"|\bwhy (?:do|are|would|did|should) (?:you|u)\b|\b(?:weeks?|months?|years?) ago\b|\bstop (?:asking|sending|saying)\b|^\W*(?:what|wtf|huh|wow|excuse me|omg)\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\bnot\b|\b(?:i|im|i'm) (?:just |only |actually )?(?:mean|meant|asked|asking|said|told)\b|\b(?:didn'?t|did not) (?:ask|mean|say)\b"
    r"|\b(?:u|you) (?:already|just|literally)\b|\bagain\b",
    re.IGNORECASE,
)
#: That the answer before was beside the point.
_REJECTS = re.compile(
    r"^\W*(?:(?:uh+|um+|ok(?:ay)?|oh|omg|lol|bro|dude|ugh|well|wait|haha)\W+)*(?:no+|nope|nah|not)\b(?! (?:sure|yet|problem|worries|idea)\b)"
    r"|\b(?:i|im|i'm) (?:just |only |actually )?(?:mean|meant|asked|asking)\b|\b(?:didn'?t|did not) (?:ask|mean|say)\b"
    r"|\b(?:was|is)n'?t (?:it|what|my question)\b|\bnot what i\b",
    re.IGNORECASE,
)
#: "It's all fine now": something was not.
_NOW = re.compile(r"\b(?:now|again)\b", re.IGNORECASE)
#: "I'm fine, but now my arm is numb."
_BUT = re.compile(r"\b(?:but|except|only|now (?!what|and|so|thanks|thank|ok|happy|can|how|do)\w+)\b", re.IGNORECASE)


def denies(turn: Turn, plainly: bool = False) -> bool:
    """Whether a message says that there is no danger.

    Args:
        turn: the message.
        plainly: whether a protest, a mere "no" or "you got me wrong" is not enough.
    """
    if turn.chosen is not None:
        return turn.chosen == ("follow_up", "misread") or (not plainly and turn.chosen == ("follow_up", "no"))
    if _DENIED.search(turn.text):
        return True
    kind = follow_up_kind(turn)
    return not plainly and (
        kind == "misread" or bool(_MISREAD.search(turn.text)) or says_no(turn) or bool(_PROTESTED.search(turn.text))
    )


def corrects(turn: Turn) -> bool:
    """Whether a message says that the answer before was not what it wanted."""
    return bool(_CORRECTS.search(turn.text)) or follow_up_kind(turn) in ("misread", "correction")


def _will_ask(text: str) -> bool:
    return bool(_WILL_ASK.search(text)) and not _PUTS_OFF.search(text)


def is_cleared(turn: Turn) -> bool:
    """Whether a message says that somebody has looked at a danger, and that it is all right."""
    if turn.chosen is not None:
        return False
    cleared = _CLEARED.search(turn.text)
    said = cleared if cleared and not _NOT.search(cleared[0]) else _RULED_OUT.search(turn.text)
    if said is None:
        return False
    sentence = re.split(r"[.!?;]", turn.text[: said.start()])[-1]
    return not _IF.search(sentence + said[0])


def rejects(turn: Turn) -> bool:
    """Whether a message says that the answer before was beside the point: "no, i mean the therapist"."""
    return follow_up_kind(turn) in ("misread", "correction") or bool(_REJECTS.search(turn.text))


def heard(turn: Turn, level: Level, ruled: bool) -> Heard:
    """What a message says about the danger that the conversation waits on.

    Args:
        turn: the message.
        level: of the danger.
        ruled: whether a rule speaks for the danger. Then "no, what's the price?" does not end it.
    """
    if turn.chosen is not None:
        pressed = {("follow_up", "safe"): Heard.SAFE, ("follow_up", "misread"): Heard.DENIED}
        return pressed.get(turn.chosen, Heard.NOTHING)
    text = turn.text
    again = any(alarm.ruled for alarm in turn.alarms) and bool(_BUT.search(text))
    looked_at = level in STILL_COUNTS and is_cleared(turn)
    if _HELPED.search(text) or looked_at or (level is Level.SAME_DAY and _will_ask(text)):
        return Heard.NOTHING if again else Heard.HELPED
    if level in STILL_COUNTS and _EASED.search(text):
        return Heard.EASED
    if any(alarm.likely and alarm.ruled for alarm in turn.alarms):
        return Heard.NOTHING
    if denies(turn, plainly=ruled) or (level not in STILL_COUNTS and _MISREAD.search(text)):
        return Heard.DENIED
    if again:
        return Heard.NOTHING
    if _SAFE.search(text):
        return Heard.SAFE
    fine = _FINE.search(text)
    if fine and not _IF.search(text[: fine.start()]):
        return Heard.EASED if level in STILL_COUNTS and (ruled or _NOW.search(text)) else Heard.SAFE
    return Heard.SAFE if follow_up_kind(turn) == "safe" else Heard.NOTHING
