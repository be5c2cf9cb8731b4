"""What follows on a safety reply: the conversation waits until the client is safe, has help, or says that it was none.

`danger.py` reads what the client says; here is decided whether that is enough, and what is said. How long the client is held
depends on how sure the danger is: a rule that spoke for it (`ruled`) weighs more than being like other messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmt_guide.dialogue.answers import Answers, follow_up
from nmt_guide.dialogue.caution import ABOUT_VISITS, is_about_work
from nmt_guide.dialogue.danger import STILL_COUNTS, Heard, gets_worse, heard, is_cleared
from nmt_guide.dialogue.model import Button, Memory, Message, Turn
from nmt_guide.knowledge.content import Level, RedFlag

#: So often a client who asks about massage is asked for safety first, where the danger is not sure.
_HELD_LONGER = 3
_GLAD = (
    "I am glad that you are safe or have help. If it comes back or gets worse, call {emergency_number}. "
    "No massage until a doctor or nurse says that it is all right. I am here if you want to ask anything."
)
GLAD_OTHERWISE = "I am glad that you are safe or have help. In danger, call {emergency_number}. I am here if you want to ask anything."
_GLAD_IN_CRISIS = (
    "I am glad that you are safe. Should it get hard again, also on a day when you are just sad: to reach someone who listens, "
    "{crisis_line}. In danger, call {emergency_number}."
)
_MISREAD = "I am sorry, I misread you."
#: To who goes on about something else, where the danger is not sure: it is not taken back.
_IN_CASE = (
    "I may have read you wrong. If it is happening to you or someone with you, please {call} before anything else, and no massage "
    "until a doctor or nurse says that it is all right."
)
_IN_CASE_ALONE = "I may have read you wrong. If it is happening to you or someone with you, please {call}."
_STILL_URGENT = "Your safety comes first, so I will not talk about massage now. {say} When you are safe or have help, just tell me so."
_STILL_HERE = "I stay with this first, because you matter more. {say} When you are safe or have help, just tell me so. Then I will answer the rest."
_HOLD_AGAIN = (
    "I would rather ask once too often. Is it happening to you or someone with you? Then please {call} now, before anything "
    "else. If I got you wrong, just tell me so, and I will answer your question."
)
_EASED_FOR_NOW = (
    "I am glad if it has eased. Signs like these count even when they have passed, so please have them looked at before any "
    "massage. {say} When you have been seen or have help, just tell me so."
)
#: Who to call, by level, in the place of `{call}`.
_CALLS = {
    Level.EMERGENCY: "call {emergency_number}",
    Level.CRISIS: "{crisis_line}, or call {emergency_number}",
    Level.HANDOFF: "call {emergency_number} if you are in danger",
    Level.SAME_DAY: "call your doctor or an urgent care clinic",
}
#: Only when the client was told twice: a safety reply stands alone.
_EXITS = (
    Button("I am safe or have help", follow_up("safe")),
    Button("That is not what I meant", follow_up("misread")),
)
#: No message is taken meanwhile: nobody may wait for an answer to one in danger.
_PERSON_NOW = (
    "You can talk to a person at the clinic: call {clinic.phone}. If you or anyone else is in danger now, call "
    "{emergency_number} first. When you are safe or have help, just tell me so."
)


@dataclass(frozen=True)
class Release:
    """The conversation goes on.

    Attributes:
        opening: is said first.
        cleared: the flag that was none.
        unseen: the flag that somebody should look at before massage.
        seen: the flag that somebody has looked at.
        forgets_waiting: whether what was asked meanwhile is left unanswered, as it may have been about a visit.
    """

    opening: Message
    cleared: str | None = None
    unseen: str | None = None
    seen: str | None = None
    forgets_waiting: bool = False


@dataclass(frozen=True)
class Hold:
    """The conversation still waits.

    Attributes:
        message: what is said.
        ruled: whether the danger counts as one that a rule speaks for from now on; nothing where this message says nothing
            of it and is not counted.
    """

    message: Message
    ruled: bool | None = None


class Holding:
    """A message in a conversation that waits on a danger.

    Args:
        flag: the danger.
        turn: the message, understood.
        memory: what the conversation kept.
        answers: answers out of the knowledge.
        ordinary: the topics that the message asks about beside the danger.
    """

    def __init__(self, flag: RedFlag, turn: Turn, memory: Memory, answers: Answers, ordinary: Sequence[str]) -> None:
        self._flag = flag
        self._turn = turn
        self._memory = memory
        self._answers = answers
        self._ordinary = ordinary
        self._counts = flag.level in STILL_COUNTS

    def outcome(self) -> Release | Hold:
        """Whether the conversation goes on, and what is said."""
        said = heard(self._turn, self._flag.level, self._memory.ruled)
        if said in (Heard.HELPED, Heard.SAFE):
            return self._safe()
        if said is Heard.DENIED:
            return Release(self._answers.say(_MISREAD, kind="smalltalk"), cleared=self._flag.id)
        told_more = any(alarm.likely for alarm in self._turn.alarms)
        if self._asks_for_person() and not told_more:
            return Hold(self._answers.say(_PERSON_NOW, kind="handoff"))
        # What is told beside makes a likeness a danger.
        ruled = self._memory.ruled or told_more or gets_worse(self._turn)
        if self._ordinary and self._held_enough(ruled):
            return self._in_case()
        return Hold(self._still(said), ruled)

    def _safe(self) -> Release:
        """The client is safe or has help."""
        if not self._counts:
            glad = _GLAD_IN_CRISIS if self._flag.level is Level.CRISIS else GLAD_OTHERWISE
            return Release(self._answers.say(glad, kind="handoff"))
        if is_cleared(self._turn):
            opening = self._answers.say(GLAD_OTHERWISE, kind="handoff")
            return Release(opening, seen=self._flag.id, forgets_waiting=True)
        return Release(self._answers.say(_GLAD, kind="handoff"), unseen=self._flag.id, forgets_waiting=True)

    def _asks_for_person(self) -> bool:
        return any(question.label == "faq/human_handoff" for question in self._turn.questions)

    def _held_enough(self, ruled: bool) -> bool:
        """Whether who goes on about something else has been asked for safety often enough. Where a rule spoke for the danger that
        is never so, unless hours do not count."""
        # Who asks about the work with such a sign is held longer than who asks about something else.
        about_massage = any(topic in ABOUT_VISITS or is_about_work(topic) for topic in self._ordinary)
        patient = self._counts and about_massage
        if ruled:
            return self._flag.level is Level.SAME_DAY and not patient and self._memory.held >= _HELD_LONGER
        return self._memory.held >= (_HELD_LONGER if patient else 1)

    def _in_case(self) -> Release:
        """Goes on with what is asked, and says once more whom to call."""
        opening = self._with_call(_IN_CASE if self._counts else _IN_CASE_ALONE)
        message = self._answers.say(opening, kind="safety", level="check", flag=self._flag.id)
        return Release(message, unseen=self._flag.id if self._counts else None, forgets_waiting=True)

    def _still(self, said: Heard) -> Message:
        """What is said while the client is not known to be safe; from the second time on with two buttons."""
        if said is Heard.EASED:
            text = _EASED_FOR_NOW
        elif self._memory.held:
            text = self._with_call(_HOLD_AGAIN)
        else:
            text = _STILL_URGENT if self._counts else _STILL_HERE
        text = text.replace("{say}", self._flag.say.strip())
        message = self._answers.say(text, kind="safety", level=self._flag.level.value, flag=self._flag.id)
        return message.but(buttons=_EXITS) if self._memory.held else message

    def _with_call(self, text: str) -> str:
        return text.replace("{call}", _CALLS[self._flag.level])
