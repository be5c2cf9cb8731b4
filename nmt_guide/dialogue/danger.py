"""How a client answers a safety reply or a screening question: has help, says that it was none, or nothing of the kind."""

from __future__ import annotations

import re
from enum import Enum

from nmt_guide.dialogue import danger_words as words
from nmt_guide.dialogue.model import Turn
from nmt_guide.dialogue.reading import asks, follow_up_kind
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


class Checked(Enum):
    """How a client answers a screening question."""

    YES = "yes"
    """Yes, or anything that is near it: "sometimes", "I'm not sure"."""
    NO = "no"
    UNCLEAR = "unclear"


_PRESSED = {
    ("follow_up", "yes"): Checked.YES,
    ("follow_up", "no"): Checked.NO,
    ("follow_up", "misread"): Checked.NO,
    ("follow_up", "safe"): Checked.NO,
}
#: Levels at which signs count even when they have passed.
STILL_COUNTS = frozenset([Level.EMERGENCY, Level.SAME_DAY])


def checked(turn: Turn) -> Checked:
    """What a message says to a screening question: what is no clear answer is none."""
    if turn.chosen is not None:
        return _PRESSED.get(turn.chosen, Checked.UNCLEAR)
    if words.YES.match(turn.text):
        return Checked.NO if words.ALL_FINE.search(turn.text) and not words.BUT.search(turn.text) else Checked.YES
    if words.HALF_YES.match(turn.text):
        return Checked.YES
    if _no_but(turn.text):
        return Checked.UNCLEAR
    kind = follow_up_kind(turn)
    if kind == "yes":
        return Checked.YES
    if words.YES_AFTER_ALL.search(turn.text):
        return Checked.YES
    if _is_denied(turn.text):
        return Checked.NO
    if words.WORSE.search(turn.text) or words.STILL_TOLD.search(turn.text):
        return Checked.UNCLEAR
    plain = words.MISREAD.search(turn.text) or words.PLAIN_NO.match(turn.text) or kind == "misread"
    return Checked.NO if plain else Checked.UNCLEAR


def _no_but(text: str) -> bool:
    """Whether a "no" has a "but" that is no question: "no but i'm sweaty"."""
    but = words.PLAIN_BUT.search(text)
    return but is not None and not asks(text[but.start() :]) and not words.FINE.search(text[but.end() :])


def _is_denied(text: str) -> bool:
    """Whether a message denies a danger, and tells of no sign of one beside."""
    sentences = [sentence for sentence in words.SENTENCE.split(text) if sentence.strip()]
    denied = [sentence for sentence in sentences if words.DENIED.search(sentence)]
    rest = (sentence for sentence in sentences if sentence not in denied and not words.NOT.search(sentence))
    return bool(denied) and not any(map(words.STILL_TOLD.search, denied)) and not any(map(words.TOLD.search, rest))


def _is_dark(text: str) -> bool:
    """Whether a message says more of despair or violence than what it denies."""
    return bool(words.DARK.search(words.DENIED_PLAINLY.sub(" ", text)))


def denies(turn: Turn, level: Level, plainly: bool = False) -> bool:
    """Whether a message says that there is no danger.

    Args:
        turn: the message.
        level: of the danger. Of despair and abuse only what is said of them counts.
        plainly: whether a protest, a mere "no" or "you got me wrong" is not enough.
    """
    if turn.chosen is not None:
        return turn.chosen == ("follow_up", "misread") or (not plainly and turn.chosen == ("follow_up", "no"))
    if words.ANOTHER.search(turn.text):
        return False
    if level not in STILL_COUNTS:
        if _is_dark(turn.text):
            return False
        if words.DENIED_PLAINLY.search(turn.text):
            return True
    elif _is_denied(turn.text):
        return True
    if plainly:
        return False
    kind = follow_up_kind(turn)
    says = kind in ("misread", "no") or bool(words.MISREAD.search(turn.text)) or bool(words.MERE_NO.match(turn.text))
    return says or (level in STILL_COUNTS and bool(words.PROTESTED.search(turn.text)))


def corrects(turn: Turn) -> bool:
    """Whether a message says that the answer before was not what it wanted."""
    return bool(words.CORRECTS.search(turn.text)) or follow_up_kind(turn) in ("misread", "correction")


def _will_ask(text: str) -> bool:
    return bool(words.WILL_ASK.search(text)) and not words.PUTS_OFF.search(text)


def is_cleared(turn: Turn) -> bool:
    """Whether a message says that somebody has looked at a danger, and that it is all right."""
    if turn.chosen is not None or words.NO_EXAMINATION.search(turn.text) or _no_but(turn.text):
        return False
    cleared = words.CLEARED.search(turn.text)
    said = cleared if cleared and not words.NOT.search(cleared[0]) else words.RULED_OUT.search(turn.text)
    if said is None:
        return False
    sentence = re.split(r"[.!?;]", turn.text[: said.start()])[-1]
    return not words.IF.search(sentence + said[0])


def gets_worse(turn: Turn) -> bool:
    """Whether a message says that a danger grows."""
    return turn.chosen is None and bool(words.WORSE.search(turn.text)) and not words.NOT.search(turn.text)


def rejects(turn: Turn) -> bool:
    """Whether a message says that the answer before was beside the point: "no, i mean the therapist"."""
    return follow_up_kind(turn) in ("misread", "correction") or bool(words.REJECTS.search(turn.text))


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
    again = any(alarm.ruled for alarm in turn.alarms) and bool(words.BUT.search(text))
    if _has_help(turn, level):
        return Heard.NOTHING if again else Heard.HELPED
    if level in STILL_COUNTS and words.EASED.search(text):
        return Heard.EASED
    if any(alarm.likely and alarm.ruled for alarm in turn.alarms):
        return Heard.NOTHING
    dark = level not in STILL_COUNTS and _is_dark(text)
    if denies(turn, level, plainly=ruled) or (level not in STILL_COUNTS and not dark and words.MISREAD.search(text)):
        return Heard.DENIED
    if again or dark or words.DOUBTS.search(text):
        return Heard.NOTHING
    if words.SAFE.search(text):
        return Heard.SAFE
    fine = (words.FINE if level in STILL_COUNTS else words.FINE_SELF).search(text)
    if fine and not words.IF.search(text[: fine.start()]):
        return Heard.EASED if level in STILL_COUNTS else Heard.SAFE
    return Heard.SAFE if follow_up_kind(turn) == "safe" else Heard.NOTHING


def _has_help(turn: Turn, level: Level) -> bool:
    """Whether a message says that somebody is there, on the way, or has looked at it; where hours do not count, that somebody
    will."""
    if level in STILL_COUNTS and is_cleared(turn):
        return True
    if words.NO_HELP.search(turn.text) or (_no_but(turn.text) and words.TOLD.search(turn.text)):
        return False
    if level is Level.SAME_DAY and _will_ask(turn.text):
        return True
    said = (
        [words.HELPED]
        + ([words.COMPANY] if level is Level.CRISIS and not _is_dark(turn.text) else [])
        + ([words.SOON] if level is Level.SAME_DAY else [])
    )
    clauses = words.CLAUSE.split(turn.text)
    return any(
        (found := pattern.search(clause)) is not None and not words.NOT_NOW.search(clause[: found.start()])
        for clause in clauses
        for pattern in said
    )
