"""What is said of a reason for caution beside an ordinary answer: "ask your doctor first", a screening question, a reminder.

A danger that stops the conversation is the business of `manager.py` and `holding.py`; here the client gets an answer.
"""

from __future__ import annotations

from collections.abc import Set

from nmt_guide.dialogue.answers import MORE, Answers
from nmt_guide.dialogue.model import Memory, Message, Reply, Turn
from nmt_guide.dialogue.reading import asks_leave
from nmt_guide.dialogue.repeats import having_heard, is_heard
from nmt_guide.knowledge.content import Level, RedFlag

#: The flag of contraindications that have none of their own.
_OTHER_CAUTION = "rf_history_serious"
#: Topics of who wants to come; whether a doctor is needed first, `_NOT_BEFORE` answers itself.
_LEAVE_TOPIC = "doctor_first"
ABOUT_VISITS = frozenset(["booking", "hours_location", "session_frequency", "therapist_bio", _LEAVE_TOPIC])
_NOT_BEFORE = (
    "First what you told me about: no massage until a doctor or nurse has looked at it and says that massage is all right. Once they say "
    "so, you can come. Please tell your therapist about it too."
)
#: The same where a doctor is to be asked first.
_ASK_BEFORE = "Because of what you told me, please ask your doctor before you come, and tell your therapist. Nothing firm until they agree."


class Caution:
    """What one turn gives reason to warn of.

    Args:
        turn: the message, understood.
        memory: what the conversation kept.
        answers: answers out of the knowledge.
    """

    def __init__(self, turn: Turn, memory: Memory, answers: Answers) -> None:
        self._turn = turn
        self._memory = memory
        self._answers = answers
        self._content = answers.content

    def beside(self, reply: Reply) -> Reply:
        """The answer to a message with "ask your doctor first", or a screening question, where the message gives reason."""
        cautions = [self._content.red_flag[alarm.flag] for alarm in self._turn.alarms if alarm.likely]
        flag = next((flag for flag in cautions if flag.level is Level.DOCTOR_FIRST), None)
        reply = self._with_doctor_first(reply) if flag is None else self._cautious(reply, flag)
        for alarm in self._turn.alarms:
            flag = self._content.red_flag[alarm.flag]
            if not alarm.likely and flag.level.urgent and (alarm.ruled or not _asks_yes_or_no(reply)):
                messages = (*reply.messages, self._answers.screening(flag))
                return Reply(messages, reply.memory.but(asking=flag.id))
        return reply

    def after_a_danger(self, reply: Reply) -> Reply:
        """Where nobody has looked at what the client told of, an answer about visits begins with that, and once in a while one
        about the work; "do I need my doctor's OK?" is answered with just that."""
        unseen = self._memory.unseen and reply.memory.unseen
        flag = self._content.red_flag.get(unseen or "")
        if flag is None:
            return reply
        if flag.level is Level.DOCTOR_FIRST:
            return self._asking_first(reply, flag)
        topics = _topics(reply)
        first = self._answers.say(_NOT_BEFORE, kind="safety", level="check", flag=flag.id, topic=_LEAVE_TOPIC)
        about_visits, wants_leave = bool(topics & ABOUT_VISITS), asks_leave(self._turn)
        reminds = not is_heard(self._memory, first) and any(map(is_about_work, topics))
        if not (about_visits or wants_leave or reminds):
            return reply
        return _led_by(first, reply, topics if wants_leave and not about_visits else {_LEAVE_TOPIC})

    def most_urgent(self, flag: RedFlag) -> str:
        """The id of what nobody has looked at: this flag, unless something urgent was told before."""
        before = self._content.red_flag.get(self._memory.unseen or "")
        return flag.id if before is None or not before.level.urgent else before.id

    def _asking_first(self, reply: Reply, flag: RedFlag) -> Reply:
        """The reply, where the client told a reason to ask a doctor first."""
        topics = _topics(reply)
        if _LEAVE_TOPIC not in topics:
            return self._reminded(reply, topics)
        first = self._answers.safety(flag).on(_LEAVE_TOPIC).but(buttons=(MORE,))
        return _led_by(first, reply, {_LEAVE_TOPIC})

    def _reminded(self, reply: Reply, topics: Set[str]) -> Reply:
        """The reply, with a reminder of a reason to ask a doctor first before what is said of booking or firm work."""
        first, *others = reply.messages
        reminder = self._answers.say(_ASK_BEFORE, kind="safety")
        firm = not is_heard(self._memory, reminder) and any(map(_is_firm, topics))
        if first.meta.get("kind") == "safety" or not ("booking" in topics or firm):
            return reply
        both = first.but(text=f"{reminder.text} {first.text}")
        return Reply((both, *others), having_heard(reply.memory, [reminder]))

    def _cautious(self, reply: Reply, flag: RedFlag) -> Reply:
        """Says "ask your doctor first" before an answer; where nothing was understood, with the answer about the reason."""
        first, *others = reply.messages
        if first.meta.get("kind") in ("clarify", "fallback"):
            first = self._answers.short(flag.topic, reply.memory.facets)
            others = []
        messages = (*self._answers.caution(flag, first), *others)
        topic = first.meta.get("topic", reply.memory.topic)
        return Reply(messages, reply.memory.but(topic=topic, unseen=self.most_urgent(flag)))

    def _with_doctor_first(self, reply: Reply) -> Reply:
        """Marks an answer about a contraindication that the client has: it says "ask your doctor first" itself."""
        first, *others = reply.messages
        topic = str(first.meta.get("topic", ""))
        named = {facet for question in self._turn.questions for facet in question.facets}
        if not topic.startswith("contra_") or not named & {"condition", "medication", "surgery"}:
            return reply
        flag = self._content.caution.get(topic) or self._content.red_flag.get(_OTHER_CAUTION)
        if flag is None:
            return reply
        return Reply((*self._answers.caution(flag, first), *others), reply.memory.but(unseen=self.most_urgent(flag)))


def is_about_work(topic: str) -> bool:
    """Whether a topic is about what is done with somebody's body."""
    return topic.startswith(("tech_", "session_", "self_", "cond_", "after_", "athletes", "older", "pregnancy", "who_"))


def _is_firm(topic: str) -> bool:
    """Whether a topic is about how hard and with what the therapist presses."""
    return topic.startswith("tech_") or topic in ("session_pressure", "compare_deep_tissue", "how_nmt_works")


def _topics(reply: Reply) -> set[str]:
    return {str(message.meta.get("topic")) for message in reply.messages}


def _led_by(first: Message, reply: Reply, answered: Set[str]) -> Reply:
    """The reply with a message before it, which answers some of its topics."""
    others = [
        one for one in reply.messages if one.meta.get("topic") not in answered or one.meta.get("kind") == "safety"
    ]
    return Reply((first, *others), having_heard(reply.memory, [first]))


def _asks_yes_or_no(reply: Reply) -> bool:
    """Whether a form waits for a yes or no, which would be taken for an answer to another question."""
    return any(button.title == "Yes" for button in reply.messages[-1].buttons)
