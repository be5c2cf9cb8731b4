"""Decides what a turn of the conversation is answered with.

The order of what is looked at is the order of what matters: danger, a form that waits for an answer, a button that was
pressed, a follow-up to the last answer, a question that leans on the one before, and then the questions of the message
itself. After a question in between, the form asks again.

The parts have modules of their own: how long a danger is waited on (`holding.py`), what is said of caution beside an answer
(`caution.py`), the forms (`contact.py`, `finder.py`) and the answers (`answering.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nmt_guide.dialogue import staff
from nmt_guide.dialogue.answering import MOST_ANSWERS, Answering
from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.caution import Caution
from nmt_guide.dialogue.contact import DROPPED
from nmt_guide.dialogue.danger import STILL_COUNTS, Checked, Heard, checked, denies, heard, is_cleared
from nmt_guide.dialogue.forms import asking
from nmt_guide.dialogue.holding import GLAD_OTHERWISE, Holding, Release
from nmt_guide.dialogue.model import Alarm, Memory, Message, Question, Reply, Turn
from nmt_guide.dialogue.reading import asks
from nmt_guide.dialogue.removed import known_memory, known_turn
from nmt_guide.dialogue.services import Services
from nmt_guide.dialogue.topics import DECLINING, Topics
from nmt_guide.knowledge.content import Level, Mode, RedFlag

_ASK_ON = "What would you like to know?"
_CHECK_AGAIN = "I ask this of everyone whose words could mean it, to be on the safe side. A yes or a no is enough."
#: By flag the topic of a circumstance that makes it likely where it is possible: who takes a blood thinner may bleed.
_WORSE_WITH = {"rf_head_injury": "contra_blood_thinners"}
#: Topics that are answered by a safety reply or what follows on it.
_DANGERS = frozenset(["red_flags", "crisis_support", "rf_abuse", "human_handoff"])
#: Where a client says that it is none, being like other messages is not enough for a flag, unless by so much.
_DOUBTED = 0.9
_SCREEN_NO = "Thank you, that is good to know."
_SCREEN_ON = "I ask such things to be on the safe side. What else would you like to ask?"


def respond(turn: Turn, memory: Memory, answers: Answers, services: Services) -> Reply:
    """The reply to one message. It has no effect before it asks a service, which may wait for a database: the actions begin
    it anew in a thread when it does.

    Args:
        turn: the message, understood.
        memory: what the conversation kept.
        answers: answers out of the knowledge.
        services: the directory, the outbox, the time.
    """
    turn, memory = known_turn(turn, answers.content), known_memory(memory, answers.content)
    return _Conversation(turn, memory, answers, services).reply()


class _Conversation:
    """One turn. What was said before may change while it is decided (`_hear`): then all that follows reads the message anew."""

    def __init__(self, turn: Turn, memory: Memory, answers: Answers, services: Services) -> None:
        self.answers = answers
        self.content = answers.content
        self._services = services
        self._opening: Message | None = None
        self._denied_topics = Topics(turn, memory, answers).denied()
        self._hear(turn, memory)

    def _hear(self, turn: Turn, memory: Memory) -> None:
        self.turn, self.memory = self._believed(turn, memory), memory
        self.answering = Answering(self.turn, memory, self.answers, self._services, self._denied_topics)
        self.caution = Caution(self.turn, memory, self.answers)

    def reply(self) -> Reply:
        danger = self._danger()
        if danger is not None:
            return danger
        if (looked_at := self._looked_at()) is not None:
            return looked_at
        reply = self._ordinarily()
        reply = self.caution.after_a_danger(reply)
        return reply if self._opening is None else Reply((self._opening, *reply.messages), reply.memory)

    def _looked_at(self) -> Reply | None:
        """Forgets what nobody had looked at, once the client says that somebody has, or not to have it.

        Returns:
            The reply to who says just that of something urgent.
        """
        told = self._flag(self.memory.unseen)
        if told is None:
            return None
        cleared = is_cleared(self.turn)
        if not cleared and told.topic not in self._denied_topics:
            return None
        self._hear(self.turn, self.memory.but(unseen=None))
        in_form = asking(self.memory.search, self.memory.contact) is not None
        more = self.turn.alarms or in_form or asks(self.turn.text) or self.answering.topics.wanted()
        if more or not (cleared and told.level.urgent):
            return None
        return self.answering.done([self.answers.say(GLAD_OTHERWISE, kind="handoff")])

    def _flag(self, flag_id: str | None) -> RedFlag | None:
        """The flag that a memory holds; None also when the content has it no more."""
        return self.content.red_flag.get(flag_id or "")

    def _ordinarily(self) -> Reply:
        """The reply to a message that tells of no danger."""
        if self.answering.contact.is_dropped():
            self._opening = self.answers.on_form(DROPPED)
            self._hear(self.turn, self.memory.but(contact=None))
        answering = self.answering
        in_form = answering.contact.step() or answering.finder.step()
        if in_form is not None:
            return self.caution.beside(in_form)
        led = answering.pressed() or answering.leave() or answering.follow_up()
        return self._resumed(led or self.caution.beside(answering.questions()))

    def _resumed(self, reply: Reply) -> Reply:
        """Asks again what a form was asking, after something else was answered."""
        form = asking(self.memory.search, self.memory.contact)
        if form is None or form != asking(reply.memory.search, reply.memory.contact) or reply.memory.asking:
            return reply  # a screening question stands alone
        reminder = self.answering.contact.reminder() or self.answering.finder.reminder()
        if reminder is None or reply.messages[-1].meta.get("kind") == "form":
            return reply
        return Reply((*reply.messages, reminder), reply.memory)

    # -- danger ---------------------------------------------------------------------------------------------------

    def _danger(self) -> Reply | None:
        urgent = [a for a in self.turn.alarms if self._is_likely(a) and self.content.red_flag[a.flag].level.urgent]
        if self.memory.flag:
            # The same danger again is no news: what counts is whether the client says that it is none.
            urgent = [alarm for alarm in urgent if alarm.flag != self.memory.flag and alarm.ruled]
        if urgent and not self._has_help(urgent):
            worst = next((alarm for alarm in urgent if self._is_emergency(alarm)), urgent[0])
            return self._alarm(worst.flag, worst.ruled)
        if self.memory.flag:
            return self._waiting_for_safety(self.content.red_flag[self.memory.flag])
        return self._screened(self.memory.asking) if self.memory.asking else None

    def _screened(self, flag_id: str) -> Reply | None:
        """After a screening question. What is no clear answer is asked again once, beside what the client asks; then it
        counts as a yes where nothing is asked, and else as what nobody has looked at."""
        said = checked(self.turn)
        if said is Checked.YES:
            return self._alarm(flag_id, True)
        if said is Checked.NO:
            return self._denied(flag_id)
        topics = [topic for topic, *_ in self.answering.topics.wanted()]
        asked = asks(self.turn.text) or any(self._is_practical(topic) for topic in topics)
        if self.memory.held and not asked:
            return self._alarm(flag_id, True)
        flag = self.content.red_flag[flag_id]
        if self.memory.held:
            unseen = self.caution.most_urgent(flag) if flag.level in STILL_COUNTS else self.memory.unseen
            self._hear(self.turn, self.memory.but(asking=None, held=0, unseen=unseen))
            return None
        again = self.answers.screening(flag)
        if not asked:
            return self.answering.done([self._with_reason(again)], held=1)
        self._hear(self.turn, self.memory.but(asking=None))
        reply = self._ordinarily()
        if reply.memory.asking:
            return reply
        return Reply((*reply.messages, again), reply.memory.but(asking=flag_id, held=1))

    def _is_practical(self, topic: str) -> bool:
        """Whether a topic is about visits, prices and the like, which nobody names to answer a question on their health."""
        return self.content.topic[topic].mode in (Mode.ACTION, Mode.CLINIC_CONFIG)

    def _with_reason(self, message: Message) -> Message:
        return message.but(text=f"{self.answers.say(_CHECK_AGAIN, kind='safety').text} {message.text}")

    def _is_emergency(self, alarm: Alarm) -> bool:
        return self.content.red_flag[alarm.flag].level is Level.EMERGENCY

    def _has_help(self, urgent: Sequence[Alarm]) -> bool:
        """Whether the client, asked to get help, says that it is there: "my wife drives me to the ER, what do I tell them?"

        Args:
            urgent: what the message tells of now. For an emergency more is needed than for what a doctor sees today.
        """
        if not self.memory.flag or is_cleared(self.turn):
            return False  # what was looked at is not what is told of now
        level = self.content.red_flag[self.memory.flag].level
        level = Level.EMERGENCY if any(map(self._is_emergency, urgent)) else level
        return heard(self.turn, level, self.memory.ruled) is Heard.HELPED

    def _is_likely(self, alarm: Alarm) -> bool:
        """Whether a danger is more than possible, with what the client said of medicines earlier."""
        named = [topic for _, topic in self.answering.topics.led_to(self.memory.facets)]
        return alarm.likely or _WORSE_WITH.get(alarm.flag) in named

    def _believed(self, turn: Turn, memory: Memory) -> Turn:
        """The turn with the alarms that still count after what the client denied, now or earlier of the same flag."""
        held = self._flag(memory.flag)
        denies_now = denies(turn, held.level) if held else bool(memory.asking) and checked(turn) is Checked.NO

        def counts(alarm: Alarm) -> bool:
            urgent = self.content.red_flag[alarm.flag].level.urgent
            doubted = urgent and (denies_now or alarm.flag in memory.cleared)
            return not doubted or alarm.ruled or (alarm.likely and alarm.score >= _DOUBTED)

        questions = Topics(turn, memory, self.answers).without(self._denied_topics)
        return replace(turn, alarms=tuple(filter(counts, turn.alarms)), questions=questions)

    def _alarm(self, flag_id: str, ruled: bool) -> Reply:
        if flag_id != self.memory.flag:
            staff.notify(flag_id, self.turn, self._services)
        message = self.answers.safety(self.content.red_flag[flag_id])
        return self.answering.done(
            [message],
            flag=flag_id, ruled=ruled, held=0, asking=None, misses=0, waiting=self._asked(),
        )  # fmt: skip

    def _asked(self) -> tuple[str, ...]:
        """The topics that the message asks about beside a danger; without any those that wait already."""
        return self._ordinary(self.turn.questions) or self.memory.waiting

    def _ordinary(self, questions: Sequence[Question]) -> tuple[str, ...]:
        topics = [self.answering.topics.own(question) for question in questions]
        flags = {flag.topic for flag in self.content.red_flags if flag.level.urgent}
        declined = DECLINING | _DANGERS | flags
        return tuple(dict.fromkeys(topic for topic in topics if topic and topic not in declined))[:MOST_ANSWERS]

    def _waiting_for_safety(self, flag: RedFlag) -> Reply:
        """The reply to a message in a conversation that waits on a danger."""
        ordinary = self._ordinary(self.turn.questions)
        outcome = Holding(flag, self.turn, self.memory, self.answers, ordinary).outcome()
        if isinstance(outcome, Release):
            return self._released(outcome)
        if outcome.ruled is None:
            return self.answering.done([outcome.message])
        changes = {"held": self.memory.held + 1, "ruled": outcome.ruled, "waiting": self._asked()}
        return self.answering.done([outcome.message], **changes)

    def _released(self, release: Release) -> Reply:
        """Goes on with what was asked meanwhile."""
        before = self.memory
        kept = None if before.unseen in (release.cleared, release.seen) else before.unseen
        memory = before.but(
            flag=None,
            ruled=False,
            held=0,
            asking=None,
            waiting=(),
            cleared=(*before.cleared, release.cleared) if release.cleared else before.cleared,
            unseen=release.unseen or kept,
        )
        self._hear(self.turn, memory)
        in_form = asking(memory.search, memory.contact) is not None
        waited = () if release.forgets_waiting else before.waiting
        asked = self._ordinary(self.turn.questions)
        # "I said I don't have that" names what was not meant: only a question counts more than the one before.
        topics = asked if asks(self.turn.text) or in_form or not waited else waited
        opening = release.opening
        if topics:
            reply = self.answering.answer([(topic, memory.facets, ()) for topic in topics])
            return self._resumed(Reply((opening, *reply.messages), reply.memory))
        if release.cleared and not in_form:
            opening = opening.but(text=f"{opening.text} {_ASK_ON}")
        return self._resumed(self.answering.done([opening]))

    def _denied(self, flag_id: str) -> Reply | None:
        """After a "no" to a screening question: the question that comes with it is answered."""
        turn = replace(self.turn, questions=self.answering.topics.beside_a_no())
        self._hear(turn, self.memory.but(asking=None, cleared=(*self.memory.cleared, flag_id)))
        if self._ordinary(self.turn.questions) or asks(self.turn.text):
            self._opening = self.answers.say(_SCREEN_NO, kind="smalltalk")
            return None
        return self._resumed(self.answering.done([self.answers.say(f"{_SCREEN_NO} {_SCREEN_ON}", kind="smalltalk")]))
