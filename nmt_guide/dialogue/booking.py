"""Reads who believes that a visit is booked in this chat, or can be, and says how it is done.

The assistant cannot book. Who writes "ok, put me down for Friday" would wait for a visit that nobody knows of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.details import whole_message
from nmt_guide.dialogue.model import Memory, Turn, values_of
from nmt_guide.dialogue.reading import ANSWER_CONFIDENCE, asks, asks_about_habits

TOPIC = "booking"
#: The client believes that a visit can be booked here: "ok book me in", "put me down for friday", "no do it for me here".
_ORDERS_BOOKING = re.compile(
    r"(?<!\bi )(?<!\bto )\b(?:book|schedule|reserve) (?:me|us|it|that|this|(?:a|the|my) (?:visit|appointment|session|slot|massage))\b"
    r"|\b(?:put|pencil|squeeze|fit|sign|slot|get) (?:me|us) (?:in|down|up)\b|\bdo (?:it|that|this) (?:for me|(?:right )?here)\b",
    re.IGNORECASE,
)
#: ... or that it was: "so booked?", "am I all set for friday".
_ASKS_IF_BOOKED = re.compile(
    r"^\W*(?:(?:so|ok|okay|and|great|cool|then|wait|well|right|is|are|am|i|i'm|im|we|we're|it|that|this|that's|thats|it's|its|all|now|really|my|the|"
    r"visit|appointment|have|did|you|you've)\W+)*(?:booked|confirmed|scheduled|reserved|all set|(?<=did you )book)\b",
    re.IGNORECASE,
)
_CANCELS = re.compile(
    r"\bcancel|\b(?:can'?t|can ?not|won'?t|not going to|unable to) (?:make|come|be there)\b", re.IGNORECASE
)
#: What stands beside "booked" where it is about something else: "are you booked out", "I booked online".
_BOOKED_ELSEWHERE = re.compile(
    r"\b(?:fully|online|website|site|link|app|phone|called|rang|up|out|solid|wrong|already booked)\b|^\W*(?:i|we|are you) ?booked\b|\bare you booked\b",
    re.IGNORECASE,
)

_NOT_BOOKED = "No, not booked yet. "
_CANNOT_BOOK = (
    "I cannot book or change a visit in this chat, nor see the clinic's calendar. Please {how}. Your time is set only when the "
    "clinic confirms it. "
)
PASS_WISH_ON = "Or I can pass on what you wish, as you wrote it. "
LEAVE_WISH = "Or leave a message with the days and times that suit you."


@dataclass(frozen=True)
class Misbelief:
    """A client takes this chat for the place where visits are booked.

    Attributes:
        is_booked: whether a visit is believed to be booked already.
        wish: the client's words from the day or time on that they name, to be passed on; nothing where none is named.
    """

    is_booked: bool
    wish: str | None


def misbelief(turn: Turn, memory: Memory) -> Misbelief | None:
    """What a message takes to be booked, or wants booked here; nothing where it does not.

    Args:
        turn: the message.
        memory: what the conversation kept. Many messages mean a booking only after the client was told how to book.
    """
    if not _may_be_about_a_visit(turn, memory):
        return None
    told, text = _was_told(memory), turn.text
    facets = [question.facets for question in turn.questions]
    named = [one for facet in ("date", "time") for each in facets for one in values_of(each, facet)]
    is_booked = told and bool(_ASKS_IF_BOOKED.match(text)) and not _BOOKED_ELSEWHERE.search(text)
    orders = bool(_ORDERS_BOOKING.search(text)) and not asks_about_habits(text)
    only_a_time = told and bool(named) and TOPIC in _sure_topics(turn) and not asks(text)
    wishes = (orders or only_a_time) and not _CANCELS.search(text)
    # In the midst of leaving a message a time belongs to what the form asks.
    in_form = memory.contact is not None and memory.contact.asked != "consent"
    if not is_booked and (not wishes or in_form):
        return None
    wish = whole_message(_from_where_it_names(text, named)) if named and wishes else None
    return Misbelief(is_booked, wish)


def how_to_book(answers: Answers, is_booked: bool) -> str:
    """That this chat cannot book, and where to; what the client may do here instead is yet to be said.

    Args:
        answers: with the clinic's booking page and phone number.
        is_booked: whether the client believes that it is done.
    """
    url = answers.content.clinic.text("booking_url")
    how = " or ".join(filter(None, (url and f"go to {url}", f"call {answers.phone}")))
    return (_NOT_BOOKED if is_booked else "") + _CANNOT_BOOK.format(how=how)


def _may_be_about_a_visit(turn: Turn, memory: Memory) -> bool:
    sure = _sure_topics(turn)
    asks_else = len(turn.questions) > 1 and sure != {TOPIC}
    searches = memory.search is not None and memory.search.asked is not None
    return turn.chosen is None and not asks_else and not searches and (_was_told(memory) or TOPIC in sure)


def _was_told(memory: Memory) -> bool:
    """Whether the client was told how to book."""
    return memory.contact is not None or memory.topic == TOPIC


def _sure_topics(turn: Turn) -> set[str | None]:
    return {one.topic for one in turn.questions if one.confidence >= ANSWER_CONFIDENCE}


def _from_where_it_names(text: str, named: Sequence[str]) -> str:
    """A text from the sentence on that names one of some things: "no, do it here. Tues 4pm" from "Tues" on."""
    sentences = re.split(r"(?<=[.!?])\s+", text.strip())
    for place, sentence in enumerate(sentences):
        if any(one.lower() in sentence.lower() for one in named):
            return " ".join(sentences[place:])
    return text.strip()
