"""Decides what a turn of the conversation is answered with.

The order of what is looked at is the order of what matters: danger, a form that waits for an answer, a button that was
pressed, a follow-up to the last answer, a question that leans on the one before, and then the questions of the message
itself. After a question in between, the form asks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from nmt_guide.dialogue import finder, staff
from nmt_guide.dialogue.answers import MORE, Answers, follow_up, name_of
from nmt_guide.dialogue.contact import DELETE_TOPIC, DROPPED, LEAVE_MESSAGE, Correspondence
from nmt_guide.dialogue.danger import (
    STILL_COUNTS,
    Checked,
    Heard,
    checked,
    corrects,
    denies,
    gets_worse,
    heard,
    is_cleared,
    rejects,
)
from nmt_guide.dialogue.doors import HOURS_TOPIC, answer_on_doors
from nmt_guide.dialogue.forms import asking
from nmt_guide.dialogue.model import Alarm, Button, Facets, Memory, Message, Question, Reply, Turn, values_of
from nmt_guide.dialogue.reading import asks, asks_leave, follow_up_kind, names_a_place_in_a_list
from nmt_guide.dialogue.removed import known_memory, known_turn
from nmt_guide.dialogue.services import Services
from nmt_guide.dialogue.sums import COST_TOPIC, names_a_length, price_of, reduced, total, worked_out
from nmt_guide.dialogue.team import BESIDE_TEAM, TEAM_TOPICS, Team
from nmt_guide.dialogue.team import TOPIC as TEAM_TOPIC
from nmt_guide.dialogue.topics import DECLINING, OFFER_SHARE, Topics, Wanted
from nmt_guide.knowledge.content import Level, Mode, RedFlag

OPTIONS = 3
MOST_ANSWERS = 3

#: The flag of contraindications that have none of their own.
_OTHER_CAUTION = "rf_history_serious"
_GLAD = (
    "I am glad that you are safe or have help. If it comes back or gets worse, call {emergency_number}. "
    "No massage until a doctor or nurse says that it is all right. I am here if you want to ask anything."
)
_GLAD_OTHERWISE = "I am glad that you are safe or have help. In danger, call {emergency_number}. I am here if you want to ask anything."
_GLAD_IN_CRISIS = (
    "I am glad that you are safe. Should it get hard again, also on a day when you are just sad: to reach someone who listens, "
    "{crisis_line}. In danger, call {emergency_number}."
)
_MISREAD = "I am sorry, I misread you."
_ASK_ON = "What would you like to know?"
#: To who goes on about something else, where the danger is not sure: it is not taken back.
_IN_CASE = (
    "I may have read you wrong. If it is happening to you or someone with you, please {call} before anything else, and no massage "
    "until a doctor or nurse says that it is all right."
)
_IN_CASE_ALONE = "I may have read you wrong. If it is happening to you or someone with you, please {call}."
_CHECK_AGAIN = "I ask this of everyone whose words could mean it, to be on the safe side. A yes or a no is enough."
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
#: By flag the topic of a circumstance that makes it likely where it is possible: who takes a blood thinner may bleed.
_WORSE_WITH = {"rf_head_injury": "contra_blood_thinners"}
#: Topics that are answered by a safety reply or what follows on it.
_DANGERS = frozenset(["red_flags", "crisis_support", "rf_abuse", "human_handoff"])
#: Where a client says that it is none, being like other messages is not enough for a flag, unless by so much.
_DOUBTED = 0.9
#: No message is taken meanwhile: nobody may wait for an answer to one in danger.
_PERSON_NOW = (
    "You can talk to a person at the clinic: call {clinic.phone}. If you or anyone else is in danger now, call "
    "{emergency_number} first. When you are safe or have help, just tell me so."
)
_CLARIFY = "I want to get this right. Do you mean one of these?"
_FALLBACK_PERSON = (
    "I am sorry, I still do not follow. A person can help: call {clinic.phone} or write to {clinic.email}. "
    "You can also ask me in other words."
)
_NO_PLAINER = (
    "Sorry, I have no plainer words for that. A person on our team can explain it: call {clinic.phone} or write to "
    "{clinic.email}. You can also tell me which part is not clear."
)
_GOT_WRONG = (
    "I am sorry, I did not get that right. Please ask me again in other words, a short question works best. A person can help "
    "too: call {clinic.phone}."
)
_MEANT_OTHERWISE = "I am sorry, I did not get that right. Do you mean one of these?"
_SCREEN_NO = "Thank you, that is good to know."
_SCREEN_ON = "I ask such things to be on the safe side. What else would you like to ask?"
_IN_SHORT = "In short: {answer} If that does not answer your question, a person on our team can: call {{clinic.phone}}."
_ALL_I_KNOW = (
    "That goes beyond what I have on file, and I will not guess. A person on our team can answer it: call {clinic.phone} or "
    "write to {clinic.email}. You can also ask me in other words."
)
#: So often a client who asks about massage is asked for safety first, where the danger is not sure.
_HELD_LONGER = 3
#: Topics of who wants to come; whether a doctor is needed first, `_NOT_BEFORE` answers itself.
_LEAVE_TOPIC = "doctor_first"
_ABOUT_VISITS = frozenset(["booking", "hours_location", "session_frequency", "therapist_bio", _LEAVE_TOPIC])
_NOT_BEFORE = (
    "First what you told me about: no massage until a doctor or nurse has looked at it and says that massage is all right. Once they say "
    "so, you can come. Please tell your therapist about it too."
)
#: The same where a doctor is to be asked first.
_ASK_BEFORE = "Because of what you told me, please ask your doctor before you come, and tell your therapist. Nothing firm until they agree."
#: So many texts are remembered as heard.
_REMEMBERED = 8
#: Answers that may be given again.
_SAID_AGAIN = frozenset(["human_handoff", "red_flags", "crisis_support", "rf_abuse", "feelings_support"])
_NOTHING_BEFORE = "I have not answered anything yet. What would you like to know?"
_WHAT_ELSE = "All right. Tell me in your own words what you would like to know, or choose one of these."
#: What is asked of everything when nothing was answered yet.
_ABOUT_ALL = {"sources": "evidence_citations", "evidence": "evidence_overview", "simpler": "language_access"}
_STARTERS = ("what_is_nmt", "session_overview", "cost")


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
    """One turn; holds what its steps share."""

    def __init__(self, turn: Turn, memory: Memory, answers: Answers, services: Services) -> None:
        self.answers = answers
        self.content = answers.content
        self._services = services
        self._waited = memory.waiting
        self._opening: Message | None = None
        self._denied_topics = Topics(turn, memory, answers).denied()
        self._hear(turn, memory)

    def _hear(self, turn: Turn, memory: Memory) -> None:
        self.turn, self.memory = self._believed(turn, memory), memory
        self.topics = Topics(self.turn, memory, self.answers)
        self.contact = Correspondence(self.turn, memory, self.answers, self._services)
        self.finder = finder.Finder(self.turn, memory, self.answers, self._services)

    def reply(self) -> Reply:
        danger = self._danger()
        if danger is not None:
            return danger
        told = self._flag(self.memory.unseen)
        if told is not None and (is_cleared(self.turn) or told.topic in self._denied_topics):
            self._hear(self.turn, self.memory.but(unseen=None))
            if told.level.urgent and self._says_only_that():
                return self._done([self.answers.say(_GLAD_OTHERWISE, kind="handoff")])
        reply = self._after_danger(self._ordinarily())
        return reply if self._opening is None else Reply((self._opening, *reply.messages), reply.memory)

    def _says_only_that(self) -> bool:
        """Whether a message says that somebody has looked at a danger, and nothing that is to be answered."""
        in_form = asking(self.memory.search, self.memory.contact) is not None
        more = self.turn.alarms or in_form or asks(self.turn.text) or self.topics.wanted()
        return is_cleared(self.turn) and not more

    def _after_danger(self, reply: Reply) -> Reply:
        """Where nobody has looked at what the client told of, an answer about visits begins with that, and once in a while one
        about the work; "do I need my doctor's OK?" is answered with just that."""
        flag = self._flag(self.memory.unseen and reply.memory.unseen)
        if flag is None:
            return reply
        topics = {str(message.meta.get("topic")) for message in reply.messages}
        if flag.level is not Level.DOCTOR_FIRST:
            first = self.answers.say(_NOT_BEFORE, kind="safety", level="check", flag=flag.id, topic=_LEAVE_TOPIC)
            about_visits = topics & _ABOUT_VISITS or asks_leave(self.turn)
            if not about_visits and (self._is_heard(first) or not any(map(_is_about_work, topics))):
                return reply
            answered = topics if asks_leave(self.turn) and not topics & _ABOUT_VISITS else {_LEAVE_TOPIC}
        elif _LEAVE_TOPIC in topics:
            first = self.answers.safety(flag)
            first = Message(first.text, {**first.meta, "topic": _LEAVE_TOPIC}, (MORE,))
            answered = {_LEAVE_TOPIC}
        else:
            return self._reminded(reply, topics)
        others = [
            one for one in reply.messages if one.meta.get("topic") not in answered or one.meta.get("kind") == "safety"
        ]
        return Reply((first, *others), _having_heard(reply.memory, [first]))

    def _reminded(self, reply: Reply, topics: Set[str]) -> Reply:
        """The reply, with a reminder of a reason to ask a doctor first before what is said of booking or firm work."""
        first, *others = reply.messages
        reminder = self.answers.say(_ASK_BEFORE, kind="safety")
        firm = not self._is_heard(reminder) and any(map(_is_firm, topics))
        if first.meta.get("kind") == "safety" or not ("booking" in topics or firm):
            return reply
        both = Message(f"{reminder.text} {first.text}", first.meta, first.buttons)
        return Reply((both, *others), _having_heard(reply.memory, [reminder]))

    def _flag(self, flag_id: str | None) -> RedFlag | None:
        """The flag that a memory holds; None also when the content has it no more."""
        return self.content.red_flag.get(flag_id or "")

    def _more_urgent(self, flag: RedFlag) -> str:
        """What nobody has looked at: this reason to ask a doctor first, unless something urgent was told before."""
        before = self._flag(self.memory.unseen)
        return flag.id if before is None or not before.level.urgent else before.id

    def _ordinarily(self) -> Reply:
        if self.contact.is_dropped():
            self._opening = self.answers.on_form(DROPPED)
            self._hear(self.turn, self.memory.but(contact=None))
        for step in (self.contact.step, self.finder.step):
            reply = step()
            if reply is not None:
                return self._with_caution(reply)
        return self._resumed(
            self._pressed() or self._leave() or self._follow_up() or self._with_caution(self._questions())
        )

    def _resumed(self, reply: Reply) -> Reply:
        """Asks again what a form was asking, after something else was answered."""
        form = asking(self.memory.search, self.memory.contact)
        if form is None or form != asking(reply.memory.search, reply.memory.contact) or reply.memory.asking:
            return reply  # a screening question stands alone
        reminder = self.contact.reminder() or self.finder.reminder()
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
        topics = [topic for topic, *_ in self.topics.wanted()]
        asked = asks(self.turn.text) or any(self._is_practical(topic) for topic in topics)
        if self.memory.held and not asked:
            return self._alarm(flag_id, True)
        flag = self.content.red_flag[flag_id]
        if self.memory.held:
            unseen = self._more_urgent(flag) if flag.level in STILL_COUNTS else self.memory.unseen
            self._hear(self.turn, self.memory.but(asking=None, held=0, unseen=unseen))
            return None
        again = self.answers.screening(flag)
        if not asked:
            return self._done([self._with_reason(again)], held=1)
        self._hear(self.turn, self.memory.but(asking=None))
        reply = self._ordinarily()
        if reply.memory.asking:
            return reply
        return Reply((*reply.messages, again), reply.memory.but(asking=flag_id, held=1))

    def _is_practical(self, topic: str) -> bool:
        """Whether a topic is about visits, prices and the like, which nobody names to answer a question on their health."""
        return self.content.topic[topic].mode in (Mode.ACTION, Mode.CLINIC_CONFIG)

    def _with_reason(self, message: Message) -> Message:
        return Message(
            f"{self.answers.say(_CHECK_AGAIN, kind='safety').text} {message.text}", message.meta, message.buttons
        )

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
        named = [topic for _, topic in self.topics.led_to(self.memory.facets)]
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
        return self._done(
            [message],
            flag=flag_id, ruled=ruled, held=0, asking=None, misses=0, waiting=self._asked(),
        )  # fmt: skip

    def _asked(self) -> tuple[str, ...]:
        """The topics that the message asks about beside a danger; without any those that wait already."""
        return self._ordinary(self.turn.questions) or self.memory.waiting

    def _ordinary(self, questions: Sequence[Question]) -> tuple[str, ...]:
        topics = [self.topics.own(question) for question in questions]
        flags = {flag.topic for flag in self.content.red_flags if flag.level.urgent}
        declined = DECLINING | _DANGERS | flags
        return tuple(dict.fromkeys(topic for topic in topics if topic and topic not in declined))[:MOST_ANSWERS]

    def _waiting_for_safety(self, flag: RedFlag) -> Reply:
        said = heard(self.turn, flag.level, self.memory.ruled)
        if said in (Heard.HELPED, Heard.SAFE):
            if flag.level in STILL_COUNTS:
                self._waited = ()  # it may have been about a visit
                if is_cleared(self.turn):
                    return self._released(self.answers.say(_GLAD_OTHERWISE, kind="handoff"), seen=flag.id)
                return self._released(self.answers.say(_GLAD, kind="handoff"), unseen=flag.id)
            glad = _GLAD_IN_CRISIS if flag.level is Level.CRISIS else _GLAD_OTHERWISE
            return self._released(self.answers.say(glad, kind="handoff"))
        if said is Heard.DENIED:
            return self._released(self.answers.say(_MISREAD, kind="smalltalk"), cleared=flag.id)
        if self._asks_for_person() and not any(alarm.likely for alarm in self.turn.alarms):
            return self._done([self.answers.say(_PERSON_NOW, kind="handoff")])
        # What is told beside makes a likeness a danger.
        ruled = self.memory.ruled or any(alarm.likely for alarm in self.turn.alarms) or gets_worse(self.turn)
        ordinary = self._ordinary(self.turn.questions)
        # Who asks about the work with such a sign is held longer than who asks about something else.
        patient = flag.level in STILL_COUNTS and any(
            topic in _ABOUT_VISITS or _is_about_work(topic) for topic in ordinary
        )
        # Nothing but likeness spoke for the danger, or hours do not count, and the client goes on about something else again.
        ends = (not ruled and self.memory.held >= (_HELD_LONGER if patient else 1)) or (
            ruled and flag.level is Level.SAME_DAY and not patient and self.memory.held >= _HELD_LONGER
        )
        if ordinary and ends:
            opening = _IN_CASE if flag.level in STILL_COUNTS else _IN_CASE_ALONE
            opening = opening.replace("{call}", _CALLS[flag.level])
            unseen = flag.id if flag.level in STILL_COUNTS else None
            self._waited = ()
            return self._released(self.answers.say(opening, kind="safety", level="check", flag=flag.id), unseen=unseen)
        if said is Heard.EASED:
            text = _EASED_FOR_NOW
        elif self.memory.held:
            text = _HOLD_AGAIN.replace("{call}", _CALLS[flag.level])
        else:
            text = _STILL_URGENT if flag.level in STILL_COUNTS else _STILL_HERE
        text = text.replace("{say}", flag.say.strip())
        message = self.answers.say(text, kind="safety", level=flag.level.value, flag=flag.id)
        if self.memory.held:
            message = Message(message.text, message.meta, _EXITS)
        return self._done([message], held=self.memory.held + 1, ruled=ruled, waiting=self._asked())

    def _released(
        self, opening: Message, cleared: str | None = None, unseen: str | None = None, seen: str | None = None
    ) -> Reply:
        """Goes on with what was asked meanwhile.

        Args:
            opening: is said first.
            cleared: the flag that was none.
            unseen: the flag that somebody should look at before massage.
            seen: the flag that somebody has looked at.
        """
        denied = (*self.memory.cleared, cleared) if cleared else self.memory.cleared
        kept = None if self.memory.unseen in (cleared, seen) else self.memory.unseen
        memory = self.memory.but(
            flag=None, ruled=False, held=0, asking=None, waiting=(), cleared=denied, unseen=unseen or kept
        )
        self._hear(self.turn, memory)
        in_form = asking(self.memory.search, self.memory.contact) is not None
        asked = self._ordinary(self.turn.questions)
        # "I said I don't have that" names what was not meant: only a question counts more than the one before.
        topics = asked if asks(self.turn.text) or in_form or not self._waited else self._waited
        if topics:
            reply = self._answer([(topic, self.memory.facets, ()) for topic in topics])
            return self._resumed(Reply((opening, *reply.messages), reply.memory))
        if cleared and not in_form:
            opening = Message(f"{opening.text} {_ASK_ON}", opening.meta)
        return self._resumed(self._done([opening]))

    def _denied(self, flag_id: str) -> Reply | None:
        """After a "no" to a screening question: the question that comes with it is answered."""
        turn = replace(self.turn, questions=self.topics.beside_a_no())
        self._hear(turn, self.memory.but(asking=None, cleared=(*self.memory.cleared, flag_id)))
        if self._ordinary(self.turn.questions) or asks(self.turn.text):
            self._opening = self.answers.say(_SCREEN_NO, kind="smalltalk")
            return None
        return self._resumed(self._done([self.answers.say(f"{_SCREEN_NO} {_SCREEN_ON}", kind="smalltalk")]))

    def _asks_for_person(self) -> bool:
        return any(question.label == "faq/human_handoff" for question in self.turn.questions)

    def _with_caution(self, reply: Reply) -> Reply:
        """Adds "ask your doctor first", or a screening question, to the ordinary answer."""
        cautions = [self.content.red_flag[alarm.flag] for alarm in self.turn.alarms if alarm.likely]
        flag = next((flag for flag in cautions if flag.level is Level.DOCTOR_FIRST), None)
        reply = self._with_doctor_first(reply) if flag is None else self._cautious(reply, flag)
        for alarm in self.turn.alarms:
            flag = self.content.red_flag[alarm.flag]
            if not alarm.likely and flag.level.urgent and (alarm.ruled or not _asks_yes_or_no(reply)):
                messages = (*reply.messages, self.answers.screening(flag))
                return Reply(messages, reply.memory.but(asking=flag.id))
        return reply

    def _cautious(self, reply: Reply, flag: RedFlag) -> Reply:
        """Says "ask your doctor first" before an answer; where nothing was understood, with the answer about the reason."""
        first, *others = reply.messages
        if first.meta.get("kind") in ("clarify", "fallback"):
            first = self.answers.short(flag.topic, reply.memory.facets)
            others = []
        messages = (*self.answers.caution(flag, first), *others)
        topic = first.meta.get("topic", reply.memory.topic)
        return Reply(messages, reply.memory.but(topic=topic, unseen=self._more_urgent(flag)))

    def _with_doctor_first(self, reply: Reply) -> Reply:
        """Marks an answer about a contraindication that the client has: it says "ask your doctor first" itself."""
        first, *others = reply.messages
        topic = str(first.meta.get("topic", ""))
        named = {facet for question in self.turn.questions for facet in question.facets}
        if not topic.startswith("contra_") or not named & {"condition", "medication", "surgery"}:
            return reply
        flag = self.content.caution.get(topic) or self._flag(_OTHER_CAUTION)
        if flag is None:
            return reply
        return Reply((*self.answers.caution(flag, first), *others), reply.memory.but(unseen=self._more_urgent(flag)))

    # -- buttons and follow-ups -----------------------------------------------------------------------------------

    def _pressed(self) -> Reply | None:
        if self.turn.chosen is None:
            return None
        intent, value = self.turn.chosen
        if intent == "faq" and value in self.content.topic:
            return self._answer([(value, self.memory.facets, ())])
        if intent == "follow_up":
            return self._do(value)
        return None

    def _leave(self) -> Reply | None:
        """To "so I can come?" after a reason to ask a doctor first: just that."""
        flag = self.content.caution.get(self.memory.topic or "")
        if flag is None or not asks_leave(self.turn):
            return None
        return self._done([self.answers.safety(flag)], misses=0)

    def _follow_up(self) -> Reply | None:
        kind = follow_up_kind(self.turn)
        if kind in (None, "about", "correction", "safe") or (kind == "misread" and self.topics.surely_next()):
            return None
        return self._do(str(kind))

    def _do(self, kind: str) -> Reply | None:
        topic, facets = self.memory.topic, self.memory.facets
        if kind in ("first", "second", "third") and self.memory.offered and self._names_a_place():
            place = ("first", "second", "third").index(kind)
            if place < len(self.memory.offered):
                return self._answer([(self.memory.offered[place], facets, ())])
        if kind == "something_else":
            return self._done([self.answers.offer(_STARTERS, _WHAT_ELSE, "clarify")], offered=_STARTERS)
        if kind == "repeat" and self.memory.said:
            meta = {"kind": "answer", "facets": dict(facets)} | ({"topic": topic} if topic else {})
            return self._done([self.answers.again(text, meta) for text in self.memory.said])
        if kind in ("yes", "no"):
            return self._plain_yes_no(kind)
        if kind == "misread":
            return self._done([self._got_wrong()], misses=self.memory.misses + 1)
        if kind not in ("more", "why", "evidence", "sources", "simpler", "repeat"):
            return None
        if topic is None and kind in _ABOUT_ALL:
            return self._answer([(_ABOUT_ALL[kind], facets, ())])
        if topic is None:
            return self._done([self.answers.offer(_STARTERS, _NOTHING_BEFORE, "clarify")], offered=_STARTERS)
        if kind == "evidence":
            return self._evidence(topic, facets)
        say = {"more": self.answers.long, "why": self.answers.long, "sources": self.answers.sources}
        message = say.get(kind, self.answers.short)(topic, facets)
        if kind == "simpler" and message.text in self.memory.said:
            message = self.answers.brief(message)
        elif kind == "simpler" and self.answers.brief(message).text in self.memory.said:
            message = self.answers.say(_NO_PLAINER, kind="handoff", topic=topic)
        return self._done([message], topic=topic)

    def _names_a_place(self) -> bool:
        return self.turn.chosen is not None or names_a_place_in_a_list(self.turn.text)

    def _evidence(self, topic: str, facets: Facets) -> Reply:
        """ "How sure is that?": the evidence of the topic, under the topic that is about evidence."""
        about = (
            "evidence_trigger_points"
            if topic in ("trigger_points", "tech_trigger_point_release")
            else "evidence_overview"
        )
        message = self.answers.evidence(topic, facets)
        meta = {**message.meta, "topic": about} if topic != about else message.meta
        return self._done([Message(message.text, meta, message.buttons)])

    def _plain_yes_no(self, kind: str) -> Reply:
        if kind == "yes" and len(self.memory.offered) == 1:
            return self._answer([(self.memory.offered[0], self.memory.facets, ())])
        if kind == "yes" and self.memory.topic:
            return self._done([self.answers.long(self.memory.topic, self.memory.facets)])
        return self._done([self.answers.offer(_STARTERS, _WHAT_ELSE, "clarify")], offered=_STARTERS)

    # -- questions ------------------------------------------------------------------------------------------------

    def _questions(self) -> Reply:
        if worked_out(self.turn.text, self.content.clinic):
            return self._answer([(COST_TOPIC, {}, ())])
        wanted = self.topics.wanted()[:MOST_ANSWERS] or self._named_of_the_team()
        if wanted:
            return self._answer(wanted)
        return self._not_understood(self.turn.questions[0].ranking if self.turn.questions else ())

    def _answer(self, wanted: Sequence[Wanted]) -> Reply:
        messages: list[Message] = []
        facets: Facets = {}
        search = self.memory.search
        deleted = False
        for topic, named, fresh in wanted:
            facets = named
            if topic == finder.TOPIC:
                found = self.finder.begin(named)
                messages += found.messages
                search = found.memory.search
            elif topic == DELETE_TOPIC and staff.orders_deletion(self.turn.text):
                message, deleted = staff.delete(self.turn, self.answers, self._services)
                messages += [message, self.answers.short(topic, named, fresh)]
            elif (text := self._of_the_team(topic, named)) is not None:
                messages.append(self.contact.dressed(self.answers.on_topic(topic, text, facets=named)))
                messages += [self.answers.short(topic, named, fresh)] if topic in BESIDE_TEAM else []
            elif topic == HOURS_TOPIC and (
                doors := answer_on_doors(self.turn.text, self.content.clinic, self._services.now())
            ):
                messages.append(self.answers.on_topic(topic, doors, self.answers.related(topic), facets=named))
            elif (price := self._price(topic, named, fresh)) is not None:
                messages.append(self.answers.on_topic(topic, price, self.answers.related(topic), facets=named))
            else:
                answer = self._unheard(topic, named, fresh)
                messages += [self.contact.dressed(message) for message in self._with_total(topic, answer)]
        if deleted:
            # What else was asked is answered, and nothing of before is kept.
            return Reply(tuple(messages), Memory(search=search if search is not self.memory.search else None))
        if not messages and rejects(self.turn):
            messages = [self._got_wrong([topic for topic, *_ in wanted])]
        elif not messages:
            # What was most likely is no news: the message may be about something else.
            others = self.topics.less_likely(wanted[-1][0])
            news = [one for one in others if not self._is_heard(self.answers.short(*one))]
            if news:
                return self._answer(news[:1])
            messages = [self._once_more(*wanted[-1])]
            if messages[0].meta["kind"] == "handoff":
                itself = self.topics.by_itself(wanted[-1][0])
                if itself is not None and not self._is_heard(self.answers.short(*itself)):
                    return self._answer([itself])
        topic = wanted[-1][0]
        keeps_topic = topic not in DECLINING
        own = self.answers.own_facets(topic)
        return self._done(
            messages,
            topic=topic if keeps_topic else self.memory.topic,
            facets={**own, **facets},
            misses=0,
            asking=None,
            offered=tuple(self.content.topic[topic].related),
            search=search,
        )

    def _price(self, topic: str, facets: Facets, fresh: Sequence[str]) -> str | None:
        """The price of the one length that is named, where nothing else is asked about prices."""
        if topic == COST_TOPIC and (said := worked_out(self.turn.text, self.content.clinic)):
            return said
        lengths = [int(one) for one in values_of(facets, "duration_minutes") if one.isdigit()]
        named = topic == COST_TOPIC and "duration_minutes" in fresh and names_a_length(self.turn.text)
        if not named or len(lengths) != 1:
            return None
        if less := reduced(lengths[0], self.turn.text, self.content.clinic):
            return less
        if any(topic in one.notes for one in self.answers.details(facets)):
            return None
        return None if total(self.turn.text, self.content.clinic) else price_of(lengths[0], self.content.clinic)

    def _with_total(self, topic: str, answer: Message | None) -> Iterator[Message]:
        """An answer, with what as many visits cost as the client names where it is about prices."""
        sum_of_all = total(self.turn.text, self.content.clinic) if topic == COST_TOPIC else None
        if sum_of_all is not None:
            yield self.answers.on_topic(topic, sum_of_all)
        if answer is not None:
            yield answer

    def _of_the_team(self, topic: str, facets: Facets) -> str | None:
        if topic not in TEAM_TOPICS:
            return None
        return Team(self.content).answer(topic, self.turn, facets, self._services.now())

    def _named_of_the_team(self) -> list[Wanted]:
        """The team, where a message that is not sure to be understood names one of it: "which days is Maya in"."""
        names: list[Wanted] = [
            (TEAM_TOPIC, question.facets, ())
            for question in self.turn.questions
            if "therapist" in question.facets and question.label.partition("/")[2] in TEAM_TOPICS
        ]
        return names[:1]

    def _unheard(self, topic: str, facets: Facets, fresh: Sequence[str]) -> Message | None:
        """The answer; where the client heard it just now, which was not enough, what else is known that comes near to the
        question; nothing after that."""
        short = self.answers.short(topic, facets, fresh)
        typed = self.turn.chosen is None and topic not in _SAID_AGAIN and short.meta["kind"] in ("answer", "handoff")
        if not typed or not self._is_heard(short):
            return short
        whole = self.answers.long(topic, facets)
        corrected = rejects(self.turn)
        if self._is_heard(whole) or (corrected and not self.topics.surely_next(topic)):
            return None
        names = dict.fromkeys(name for question in self.turn.questions for name in question.passages.get(topic, ()))
        passages = filter(None, (self.answers.passage(topic, facets, name) for name in names))
        # Who means just this, but something else of it, is told all of it.
        return next((passage for passage in passages if not self._is_heard(passage)), whole if corrected else None)

    def _once_more(self, topic: str, facets: Facets, fresh: Sequence[str]) -> Message:
        """What is said to who heard all of it: of practical things the same, of others the gist, and then where to find a
        person; at once where the client says that this was not asked."""
        short = self.answers.short(topic, facets, fresh)
        if self.content.topic[topic].mode in (Mode.ACTION, Mode.CLINIC_CONFIG) and not rejects(self.turn):
            return self.contact.dressed(short)
        gist = self._or_a_person(topic, _IN_SHORT.format(answer=self.answers.brief(short).text), "answer")
        if corrects(self.turn) or self._is_heard(gist):
            return self._or_a_person(topic, _ALL_I_KNOW, "handoff")
        return gist

    def _or_a_person(self, topic: str, text: str, kind: str) -> Message:
        message = self.answers.say(text, kind=kind, topic=topic)
        more = () if self._is_heard(self.answers.long(topic, self.memory.facets)) else (MORE,)
        return Message(
            message.text, message.meta, (LEAVE_MESSAGE, *more, *self.answers.related(topic)[: 2 - len(more)])
        )

    def _got_wrong(self, topics: Sequence[str] = ()) -> Message:
        """An apology; where these topics were answered, with what else may have been meant."""
        ranking = [one for question in self.turn.questions for one in question.ranking]
        options = options_of(ranking, without=topics) if topics else []
        if options:
            return self.answers.offer(options, _MEANT_OTHERWISE, "clarify")
        message = self.answers.say(_GOT_WRONG, kind="clarify", options=[])
        return Message(message.text, message.meta, (LEAVE_MESSAGE,))

    def _is_heard(self, message: Message) -> bool:
        return name_of(message.text) in self.memory.heard

    def _not_understood(self, ranking: Sequence[tuple[str, float]]) -> Reply:
        misses = self.memory.misses + 1
        if misses > 1:
            message = self.answers.say(_FALLBACK_PERSON, kind="fallback", topic="unclear", options=[])
            return self._done([Message(message.text, message.meta, (LEAVE_MESSAGE,))], misses=misses)
        options = options_of(ranking)
        if not options:
            message = self.answers.short("unclear", {})
            return self._done([message], misses=misses)
        message = self.answers.offer(options, _CLARIFY, "clarify")
        return self._done([message], misses=misses, offered=tuple(options))

    def _done(self, messages: Sequence[Message], **changes: object) -> Reply:
        said = tuple(message.text for message in messages)
        memory = _having_heard(self.memory, messages)
        return Reply(tuple(messages), memory.but(**{"said": said, "denied": self._denied_topics, **changes}))


def _having_heard(memory: Memory, messages: Sequence[Message]) -> Memory:
    """The memory, with these messages as heard."""
    return memory.but(heard=(*memory.heard, *(name_of(message.text) for message in messages))[-_REMEMBERED:])


def options_of(ranking: Sequence[tuple[str, float]], without: Sequence[str] = ()) -> list[str]:
    """The topics of a ranking that are worth offering, the best first."""
    scores = [(label.partition("/")[2], score) for label, score in ranking if label.startswith("faq/")]
    left = {topic: score for topic, score in scores if topic not in DECLINING and topic not in without}
    least = OFFER_SHARE * (ranking[0][1] if ranking else 0.0)
    return [topic for topic, score in left.items() if score >= least][:OPTIONS]


def _is_about_work(topic: str) -> bool:
    """Whether a topic is about what is done with somebody's body."""
    return topic.startswith(("tech_", "session_", "self_", "cond_", "after_", "athletes", "older", "pregnancy", "who_"))


def _is_firm(topic: str) -> bool:
    """Whether a topic is about how hard and with what the therapist presses."""
    return topic.startswith("tech_") or topic in ("session_pressure", "compare_deep_tissue", "how_nmt_works")


def _asks_yes_or_no(reply: Reply) -> bool:
    """Whether a form waits for a yes or no, which would be taken for an answer to another question."""
    return any(button.title == "Yes" for button in reply.messages[-1].buttons)
