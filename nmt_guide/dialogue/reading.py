"""How a message reads beyond its topic: a question, a follow-up, a wish to leave."""

from __future__ import annotations

import re

from nmt_guide.dialogue.model import Turn

#: From this confidence on a question is answered; below, topics are offered. Chosen on the development sets: more
#: answers cost more wrong ones, and an offer recovers nearly every question (see the evaluation report).
ANSWER_CONFIDENCE = 0.66

_LEAVE = re.compile(
    r"^\W*(?:(?:oh|ok|okay|no|actually|sorry|please|well|hm+)\W+)*"
    r"(?:(?:never ?mind|forget (?:it|that|about it|(?:the|my|this) (?:message|search|form|request))|"
    r"cancel(?: (?:it|that|this|(?:the|my) (?:search|message|form|request)))?|stop(?: (?:it|this|that|asking))?|"
    r"leave it|quit|exit|abort|drop it|skip (?:it|this)|(?:i(?:'ve| have)? )?changed my mind|don'?t bother|not now|another time|maybe later|"
    r"i(?:'d| would)? rather not|no longer(?: needed)?|let'?s stop|i don'?t want (?:to(?: any ?more)?|this|that|it))"
    r"(?:\W+(?:thanks|thank you|please|then|any ?more|for now|now|and|just|actually|sorry))*\W*)+$",
    re.IGNORECASE,
)
#: The same with a few words more: "nvm, I'll just call".
_LEAVE_FIRST = re.compile(
    r"^\W*(?:no\W+|ok\W+|wait\W+)?(?:i said\W+)?(?:nvm|nm|never ?mind|forget (?:it|that)|cancel (?:it|that))\b(?:\W+\w+){0,10}\W*$",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\?|(?:^|[.!,;]|\b(?:so|and|but|then|just)\b) *(?:how|what|whats|when|where|who|which|why|can|could|do|does|is|are|will|would|should)\b",
    re.IGNORECASE,
)
#: A message that asks for nothing but leave: "so i can come?", "is that a yes or no".
_ASKS_LEAVE = re.compile(
    r"^\W*(?:(?:so|ok|okay|then|and|but|hm+|well|right|cool|great|alright|wait)\W+)*"
    r"(?:(?:(?:can|could|may|should) i|i can) (?:still |just |even |now )?"
    r"(?:come|book|go|(?:have|get|do) (?:it|this|that|one|a (?:massage|session|treatment)))"
    r"|(?:is|so) (?:that|it|this) (?:a )?(?:yes|no|ok|okay|safe|fine|allowed)|that'?s (?:a )?(?:yes|ok|okay|fine|safe)"
    r"|(?:am i|i'?m) (?:ok|okay|good|fine|safe|allowed) to (?:come|book|go)|yes or no)"
    r"(?: (?:in|or no|or not|then|anyway|now|right|to you|with you|for me|yeah))*\W*$",
    re.IGNORECASE,
)
#: "Do you call me before a visit?" asks about the clinic's habits.
_ABOUT_HABITS = re.compile(r"^\W*(?:do|does|did|why|when|how|will|what|who)\b", re.IGNORECASE)
#: What names a place in a list, once the understanding says that the message does.
_SOME_PLACE = re.compile(
    r"\b(?:first|second|third|middle|last|top|bottom|one|two|three|1st|2nd|3rd|[abc123])\b", re.IGNORECASE
)
_ORDINALS = {"first": 0, "1st": 0, "top": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "last": -1, "bottom": -1}
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_NUMBERS = {"one": 1, "two": 2, "three": 3}
_NUMBER = re.compile(
    r"^\W*(?:the )?(\d\d?|one|two|three)(?: (?:one|please))*\W*$|\b(?:number|option|no\.) ?(\d\d?|one|two|three)\b",
    re.IGNORECASE,
)


def asks_leave(turn: Turn) -> bool:
    """Whether a message asks no more than whether the client may come."""
    return turn.chosen is None and bool(_ASKS_LEAVE.match(turn.text))


def follow_up_kind(turn: Turn) -> str | None:
    """The kind of follow-up that the message is, when it is one and nothing else."""
    if len(turn.questions) != 1:
        return None
    question = turn.questions[0]
    sure = question.confidence >= ANSWER_CONFIDENCE
    return question.label.partition("/")[2] if question.label.startswith("follow_up/") and sure else None


def sure_topic(turn: Turn) -> str | None:
    """The topic that the message surely asks about; of several the first."""
    for question in turn.questions:
        if question.topic and question.confidence >= ANSWER_CONFIDENCE:
            return question.topic
    return None


def asks(text: str) -> bool:
    """Whether a text has the form of a question."""
    return bool(_QUESTION.search(text))


def asks_about_habits(text: str) -> bool:
    """Whether a message asks how something is done, and does not ask for it."""
    return bool(_ABOUT_HABITS.match(text))


def wants_to_leave(text: str, hardly_more: bool = False) -> bool:
    """Whether the message says that the client wants to leave a form: "never mind".

    Args:
        text: the message.
        hardly_more: whether "never mind, I'll call" is too much, as it may be what is to be passed on.
    """
    return bool(_LEAVE.match(text) or (not hardly_more and "?" not in text and _LEAVE_FIRST.match(text)))


def names_a_place_in_a_list(text: str) -> bool:
    """Whether anything in the message could name a place in a list."""
    return bool(_SOME_PLACE.search(text))


def ordinal(text: str) -> int | None:
    """The place that "the second one" names, from 0; -1 for the last."""
    match = _ORDINAL.search(text)
    return _ORDINALS[match[0].lower()] if match else None


def number(text: str) -> int | None:
    """The number that "2" or "tell me about number 4" names."""
    match = _NUMBER.search(text)
    if match is None:
        return None
    said = (match[1] or match[2]).lower()
    return _NUMBERS.get(said) or int(said)
