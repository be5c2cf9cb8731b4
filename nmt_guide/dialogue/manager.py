"""Decides what a turn of the conversation is answered with.

The order of what is looked at is the order of what matters: danger, a form that waits for an answer, a button that was
pressed, a follow-up to the last answer, a question that leans on the one before, and then the questions of the message
itself. After a question in between, the form asks again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from nmt_guide.dialogue import finder
from nmt_guide.dialogue.answers import DETAIL_FACET, LASTING, Answers, follow_up, name_of
from nmt_guide.dialogue.contact import DELETE_TOPIC, LEAVE_MESSAGE, Correspondence
from nmt_guide.dialogue.danger import STILL_COUNTS, Heard, corrects, denies, heard
from nmt_guide.dialogue.forms import asking
from nmt_guide.dialogue.model import Alarm, Button, Facets, Memory, Message, Question, Reply, Turn
from nmt_guide.dialogue.reading import ANSWER_CONFIDENCE, follow_up_kind, names_a_place_in_a_list, says_yes
from nmt_guide.dialogue.services import Services
from nmt_guide.knowledge.content import Level, RedFlag

#: From this confidence on a message stands for itself, however short.
SURE_CONFIDENCE = 0.94
#: A label with less than this share of the best score is not worth offering.
OFFER_SHARE = 0.05
OPTIONS = 3
MOST_ANSWERS = 3

#: What staying on the topic, going to a related one and naming a thing of a topic's own add to the score of a topic after
#: the one before, and from which score on it is answered. Chosen on conversations that were written apart; all are small,
#: as the understanding learnt what clients say next.
SAME_TOPIC = 0.1
RELATED_TOPIC = 0.03
NAMED_TOPIC = 0.05
CONTEXT_SCORE = 0.2
#: With this share of follow-ups that only name a thing, the thing decides: "and for migraines?", "no, I meant my jaw".
ABOUT_SHARE = 0.3
#: "Six weeks ago", "after 4 if possible": a detail alone belongs to what was asked before.
DETAIL = 0.3
#: So much of a message must be about topics at all: what is left of "restart" for them says nothing.
LEAST_TOPICS = 0.5

#: Topics that ask something about a condition: "and for migraines?" stays with them.
_ASPECTS = frozenset(
    [
        "session_number",
        "session_frequency",
        "session_pain",
        "session_results",
        "session_pressure",
        "evidence_overview",
        "cost",
        "insurance",
        "self_care",
        "heat_ice",
        "risks_side_effects",
        "who_is_it_for",
        "contra_overview",
        "self_massage",
        "after_exercise",
        "session_positions",
        "compare_overview",
        "doctor_first",
        "bot_medication",
        "referral_doctor",
        "evidence_citations",
        "after_soreness",
        "ergonomics",
    ]
)
#: With this share of the best score an aspect of a named thing is what was asked.
_ASPECT_SHARE = 0.5
#: When both together have this score the message is about the two, however unsure it is which of them.
_ASPECT_TOGETHER = 0.5
#: Facets that answer a question of ours or add to one of the client's, and ask nothing by themselves.
_DETAILS = frozenset(
    [
        "date",
        "time",
        "weeks_since",
        "time_since",
        "time_after",
        "age",
        "duration",
        "duration_minutes",
        "visit_number",
        "time_to_event",
    ]
)
#: Details that a new question leaves behind: who was sore on Monday asks about prices today.
_PASSING = frozenset(["date", "time", "time_since", "time_after"])
_ABOUT_SOMETHING = ("follow_up/about", "follow_up/correction")
#: Reasons for caution that are topics of their own; the others are named `contra_...` or have a flag.
_CAUTIONS = ("pregnancy", "acute_injury")
#: The flag of contraindications that have none of their own.
_OTHER_CAUTION = "rf_history_serious"
#: Never offered as an option: they decline.
_DECLINING = frozenset(
    [
        "out_of_scope",
        "unclear",
        "inappropriate_requests",
        "small_talk_greeting",
        "small_talk_thanks",
        "small_talk_how_are_you",
    ]
)
_ALLOWED = re.compile(
    r"\b(?:safe|allowed|(?:can|could|may|should) (?:i|he|she|we|they|my \w+) (?:still )?(?:have|get|come|do)|ok(?:ay)? (?:with|if|to|for)|all right|risky?)\b",
    re.IGNORECASE,
)
_GLAD = (
    "I am glad that you are safe or have help. If it comes back or gets worse, call {emergency_number}. "
    "No massage until a doctor or nurse says that it is all right. I am here if you want to ask anything."
)
_GLAD_IN_CRISIS = (
    "I am glad that you are safe. Should it get hard again, also on a day when you are just sad: to reach someone who listens, "
    "{crisis_line}. In danger, call {emergency_number}."
)
_MISREAD = "I am sorry, I misread you."
_ASK_ON = "What would you like to know?"
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
#: Without the topics that a message denies, its next one must have this share of the rest.
_LEFT_SHARE = 0.3
#: Topics that are answered by the safety reply itself.
_DANGERS = frozenset(["red_flags", "crisis_support", "rf_abuse"])
#: Once a client said that it was none, being like other messages is not enough for a flag, unless by so much.
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
_SCREEN_NO = (
    "Thank you, that is good to know. I ask such things to be on the safe side. What else would you like to ask?"
)
_ALL_I_KNOW = (
    "I have told you what I know about that, and I will not guess at the rest. A person on our team can answer it: call "
    "{clinic.phone} or write to {clinic.email}. You can also ask me in other words."
)
#: So many texts are remembered as heard.
_REMEMBERED = 8
#: Answers that may be given again.
_SAID_AGAIN = frozenset(["human_handoff", "red_flags", "crisis_support", "rf_abuse"])
#: A topic is answered in the place of one that was answered just now and is not meant, from this share of its score on.
_INSTEAD_SHARE = 0.05
#: A detail that is named draws the question to its topic from this share of the best score on.
_DETAIL_SHARE = 0.3
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
    return _Conversation(turn, memory, answers, services).reply()


class _Conversation:
    """One turn; holds what its steps share."""

    def __init__(self, turn: Turn, memory: Memory, answers: Answers, services: Services) -> None:
        self.turn = turn
        self.answers = answers
        self.content = answers.content
        self._services = services
        self._waited = memory.waiting
        self._answers_a_check = bool(memory.asking)
        self._remember(memory)
        self._denied_topics = self._topics_denied()
        self.turn = self._believed()

    def _remember(self, memory: Memory) -> None:
        self.memory = memory
        self.contact = Correspondence(self.turn, memory, self.answers, self._services)
        self.finder = finder.Finder(self.turn, memory, self.answers, self._services)

    def reply(self) -> Reply:
        danger = self._danger()
        if danger is not None:
            return danger
        for step in (self.contact.step, self.finder.step):
            reply = step()
            if reply is not None:
                return self._with_caution(reply)
        return self._resumed(self._pressed() or self._follow_up() or self._with_caution(self._questions()))

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
        if urgent:
            return self._alarm(urgent[0].flag, urgent[0].ruled)
        if self.memory.asking and says_yes(self.turn):
            return self._alarm(self.memory.asking, True)
        if self.memory.flag:
            return self._waiting_for_safety(self.content.red_flag[self.memory.flag])
        if self.memory.asking and denies(self.turn):
            return self._denied(self.memory.asking)
        return None

    def _topics_denied(self) -> tuple[str, ...]:
        """The topics of what the client said not to have, now or earlier, and has not named since."""
        named = {topic for question in self.turn.questions for _, topic in self._led_to(question.facets)}
        denied = [topic for question in self.turn.questions for _, topic in self._led_to(question.denied)]
        return tuple(dict.fromkeys(topic for topic in (*self.memory.denied, *denied) if topic not in named))

    def _is_likely(self, alarm: Alarm) -> bool:
        """Whether a danger is more than possible, with what the client said of medicines earlier."""
        named = [topic for _, topic in self._led_to(self.memory.facets)]
        return alarm.likely or _WORSE_WITH.get(alarm.flag) in named

    def _believed(self) -> Turn:
        """The turn with the alarms that still count after what the client denied."""
        doubted = bool(self.memory.cleared) or bool((self.memory.flag or self.memory.asking) and denies(self.turn))
        alarms = tuple(
            alarm for alarm in self.turn.alarms
            if not self.content.red_flag[alarm.flag].level.urgent
            or not doubted or alarm.ruled or (alarm.likely and alarm.score >= _DOUBTED)
        )  # fmt: skip
        questions = tuple(self._without_denied(question) for question in self.turn.questions)
        asked = [question for question in questions if question.ranking]
        return replace(self.turn, alarms=alarms, questions=tuple(asked) or questions)

    def _without_denied(self, question: Question) -> Question:
        """The question without the topics that the client said not to be concerned with: "I don't have diabetes"."""
        denied = {f"faq/{topic}" for topic in self._denied_topics}
        if denied.isdisjoint(label for label, _ in question.ranking[:1]) and not question.denied:
            return question
        ranking = tuple(one for one in question.ranking if one[0] not in denied)
        in_context = tuple(one for one in question.in_context if one[0] not in denied)
        if ranking[:1] == question.ranking[:1]:
            return replace(question, in_context=in_context)
        # What is left is the best of what was not meant at first: unsure, so that it is answered when it stands out.
        left = ranking[0][1] / sum(score for _, score in ranking) if ranking else 0.0
        return replace(question, ranking=ranking if left >= _LEFT_SHARE else (), confidence=left, in_context=in_context)

    def _alarm(self, flag_id: str, ruled: bool) -> Reply:
        if flag_id != self.memory.flag:
            self.contact.notify(flag_id)
        message = self.answers.safety(self.content.red_flag[flag_id])
        return self._done(
            [message],
            flag=flag_id, ruled=ruled, held=0, asking=None, misses=0, waiting=self._asked(),
        )  # fmt: skip

    def _asked(self) -> tuple[str, ...]:
        """The topics that the message asks about beside a danger; without any those that wait already."""
        return self._ordinary(self.turn.questions) or self.memory.waiting

    def _ordinary(self, questions: Sequence[Question]) -> tuple[str, ...]:
        topics = [self._own(question) for question in questions]
        flags = {flag.topic for flag in self.content.red_flags if flag.level.urgent}
        declined = _DECLINING | _DANGERS | flags
        return tuple(dict.fromkeys(topic for topic in topics if topic and topic not in declined))[:MOST_ANSWERS]

    def _waiting_for_safety(self, flag: RedFlag) -> Reply:
        said = heard(self.turn, flag.level, self.memory.ruled)
        if said in (Heard.HELPED, Heard.SAFE):
            glad = _GLAD_IN_CRISIS if flag.level is Level.CRISIS else _GLAD
            if flag.level in STILL_COUNTS:
                self._waited = ()  # it may have been about a visit
            return self._released(self.answers.say(glad, kind="handoff"))
        if said is Heard.DENIED:
            return self._released(self.answers.say(_MISREAD, kind="smalltalk"), cleared=flag.id)
        if self._asks_for_person() and not any(alarm.likely for alarm in self.turn.alarms):
            return self._done([self.answers.say(_PERSON_NOW, kind="handoff")])
        if self.memory.held and not self.memory.ruled and not self.turn.alarms and self._ordinary(self.turn.questions):
            # Nothing but likeness spoke for the danger, and the client goes on about something else for the second time.
            return self._released(self.answers.say(_MISREAD, kind="smalltalk"), cleared=flag.id)
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
        return self._done([message], held=self.memory.held + 1, waiting=self._asked())

    def _released(self, opening: Message, cleared: str | None = None) -> Reply:
        """Goes on with what was asked meanwhile."""
        denied = (*self.memory.cleared, cleared) if cleared else self.memory.cleared
        self._remember(self.memory.but(flag=None, ruled=False, held=0, asking=None, waiting=(), cleared=denied))
        in_form = asking(self.memory.search, self.memory.contact) is not None
        topics = self._ordinary(self.turn.questions) or (() if in_form else self._waited)
        if topics:
            reply = self._answer([(topic, self.memory.facets, ()) for topic in topics])
            return self._resumed(Reply((opening, *reply.messages), reply.memory))
        if cleared and not in_form:
            opening = Message(f"{opening.text} {_ASK_ON}", opening.meta)
        return self._resumed(self._done([opening]))

    def _denied(self, flag_id: str) -> Reply | None:
        """After a "no" to a screening question: the question that comes with it is answered."""
        self._remember(self.memory.but(asking=None, cleared=(*self.memory.cleared, flag_id)))
        self.turn = self._believed()
        if self._ordinary(self.turn.questions):
            return None
        return self._resumed(self._done([self.answers.say(_SCREEN_NO, kind="smalltalk")]))

    def _asks_for_person(self) -> bool:
        return any(question.label == "faq/human_handoff" for question in self.turn.questions)

    def _with_caution(self, reply: Reply) -> Reply:
        """Adds "ask your doctor first", or a screening question, to the ordinary answer."""
        cautions = [self.content.red_flag[alarm.flag] for alarm in self.turn.alarms if alarm.likely]
        flag = next((flag for flag in cautions if flag.level is Level.DOCTOR_FIRST), None)
        reply = self._with_doctor_first(reply) if flag is None else self._cautious(reply, flag)
        for alarm in self.turn.alarms:
            flag = self.content.red_flag[alarm.flag]
            if not alarm.likely and flag.level.urgent:
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
        return Reply(messages, reply.memory.but(topic=first.meta.get("topic", reply.memory.topic)))

    def _with_doctor_first(self, reply: Reply) -> Reply:
        """Marks an answer about a contraindication that the client has: it says "ask your doctor first" itself."""
        first, *others = reply.messages
        topic = str(first.meta.get("topic", ""))
        named = {facet for question in self.turn.questions for facet in question.facets}
        if not topic.startswith("contra_") or not named & {"condition", "medication", "surgery"}:
            return reply
        cautions = [flag for flag in self.content.red_flags if flag.level is Level.DOCTOR_FIRST]
        flag = next((f for f in cautions if f.topic == topic), self.content.red_flag[_OTHER_CAUTION])
        return Reply((*self.answers.caution(flag, first), *others), reply.memory)

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

    def _follow_up(self) -> Reply | None:
        kind = follow_up_kind(self.turn)
        if kind in (None, "about", "correction", "safe"):
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
            message = self.answers.say(_GOT_WRONG, kind="clarify", options=[])
            return self._done([Message(message.text, message.meta, (LEAVE_MESSAGE,))], misses=self.memory.misses + 1)
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
        if not self.turn.questions:
            return self._not_understood(())
        if len(self.turn.questions) > 1:
            # What one clause names holds for the next: "I'm on Eliquis with a bad hip. Is it safe, how many visits?"
            named: Facets = {}
            wanted = []
            for question in self._asking()[:MOST_ANSWERS]:
                named = {**_lasting(named), **question.facets}
                label = question.label.partition("/")[2]
                asked = self._narrowed(question, label) or label
                wanted.append((asked, {**_lasting(self.memory.facets), **named}, tuple(named)))
            return self._answer(wanted)
        question = self.turn.questions[0]
        leaning = self._lean(question)
        if leaning is not None:
            return leaning
        topic = self._aspect(question) or self._safe_with(question) or self._own(question)
        topic = self._narrowed(question, topic)
        topic = topic and self._instead(question, topic)
        if topic is not None:
            return self._answer([(topic, self._facets(question, topic), tuple(question.facets))])
        return self._not_understood(question.ranking)

    def _asking(self) -> tuple[Question, ...]:
        """The questions of a message, without what only answers a screening question: "no fever, merely stiff"."""
        if not self._answers_a_check:
            return self.turn.questions
        asking = [question for question in self.turn.questions if not denies(Turn(question.text), plainly=True)]
        return tuple(asking) or self.turn.questions

    def _narrowed(self, question: Question, topic: str | None) -> str | None:
        """The topic with an answer to the detail that is named, when it is about as likely: "and if I cry?"."""
        best = question.ranking[0][1] if question.ranking else 0.0
        for detail in self.answers.details(question.facets):
            if topic in detail.notes:
                return topic
            for label, score in question.ranking[:5]:
                other = label.partition("/")[2]
                if other in detail.notes and score >= (_DETAIL_SHARE * best if topic else OFFER_SHARE):
                    return other
        return topic

    def _instead(self, question: Question, topic: str) -> str:
        """The next likely topic, where the client corrects us and would hear the same again: "not after, I meant during"."""
        short = self.answers.short(topic, self._facets(question, topic), tuple(question.facets))
        if name_of(short.text) not in self.memory.heard or not corrects(self.turn):
            return topic
        for label, score in question.ranking[1:4]:
            other = label.partition("/")[2]
            if (
                label.startswith("faq/")
                and other not in _DECLINING
                and score >= _INSTEAD_SHARE * question.ranking[0][1]
            ):
                return other
        return topic

    def _own(self, question: Question) -> str | None:
        """The topic of a question that is understood."""
        understood = question.label.startswith("faq/") and question.confidence >= ANSWER_CONFIDENCE
        return question.label.partition("/")[2] if understood else None

    def _aspect(self, question: Question) -> str | None:
        """What is asked about a named thing: "how many sessions for a frozen shoulder" is about sessions, although the
        frozen shoulder, once named, draws the message to its own topic."""
        if not question.ranking:
            return None
        best_label, best = question.ranking[0]
        if best_label.partition("/")[2] not in {topic for _, topic in self._led_to(question.facets)}:
            return None
        for label, score in question.ranking[1:3]:
            topic = label.partition("/")[2]
            if topic in _ASPECTS and score >= _ASPECT_SHARE * best and best + score >= _ASPECT_TOGETHER:
                return topic
        return None

    def _safe_with(self, question: Question) -> str | None:
        """The topic of "can I have it with X?", whatever X is: the one that is about X. Where the question is understood,
        it only puts another reason for caution right: "with a rash" is about the skin, and not about allergies."""
        if not _ALLOWED.search(question.text):
            return None
        led = [
            topic
            for facet, topic in self._led_to(question.facets)
            if facet in ("condition", "medication", "surgery", "allergy")
        ]
        own = self._own(question)
        if own is None:
            return led[0] if led else None
        other = self._is_caution(own) and own not in led
        return next((topic for topic in led if self._is_caution(topic)), None) if other else None

    def _is_caution(self, topic: str) -> bool:
        flagged = (flag.topic for flag in self.content.red_flags if flag.level is Level.DOCTOR_FIRST)
        return topic.startswith("contra_") or topic in _CAUTIONS or topic in flagged

    def _lean(self, question: Question) -> Reply | None:
        """A message that leans on what was said before: "and for migraines?", "no, my jaw", "six weeks ago"."""
        before = self.memory.topic
        if before is None or before not in self.content.topic or not question.in_context:
            return None
        if question.label.startswith("faq/") and question.confidence >= SURE_CONFIDENCE:
            return None
        led = [topic for _, topic in self._led_to(question.facets)]
        share = sum(score for label, score in question.ranking if label in _ABOUT_SOMETHING)
        if led and share >= ABOUT_SHARE:
            # It asks the same about something else, or just about that.
            topic, score = before if before in _ASPECTS or before in led else led[0], 1.0
        else:
            topic, score = self._in_context(question, before)
        if score < CONTEXT_SCORE:
            return None
        topic = self._narrowed(question, topic) or topic
        return self._answer([(topic, self._facets(question, topic, stay=True), tuple(question.facets))])

    def _led_to(self, facets: Facets) -> list[tuple[str, str]]:
        """The topics that the named things lead to, each with its facet."""
        led = []
        for facet, value in _lasting(facets).items():
            for one in value if isinstance(value, list) else [value]:
                topic = self.answers.topic_of(facet, str(one))
                if topic is not None:
                    led.append((facet, topic))
        return led

    def _in_context(self, question: Question, before: str) -> tuple[str, float]:
        """The topic of a message after the topic before, with its score."""
        shares = {
            label.partition("/")[2]: score
            for label, score in question.in_context
            if label.startswith("faq/") and label.partition("/")[2] not in _DECLINING
        }
        # "And the cost?" is a follow-up above all: what is left for topics is shared out among them.
        all_topics = max(sum(shares.values()), LEAST_TOPICS)
        scores = {topic: share / all_topics for topic, share in shares.items()}
        named = _lasting(question.facets)
        details = bool(named) and named.keys() <= _DETAILS
        scores[before] = scores.get(before, 0.0) + SAME_TOPIC + (DETAIL if details else 0.0)
        for topic in scores.keys() & set(self.content.topic[before].related):
            scores[topic] += RELATED_TOPIC
        for _, topic in self._led_to(question.facets):
            scores[topic] = scores.get(topic, 0.0) + NAMED_TOPIC
        best = max(scores, key=lambda topic: scores[topic])
        return best, scores[best]

    def _facets(self, question: Question, topic: str, stay: bool = False) -> Facets:
        """What the answer is made for: named now, or before as long as the subject lasts."""
        kept = _lasting(self.memory.facets)
        if not stay:
            kept = {facet: value for facet, value in kept.items() if facet not in _PASSING}
        if not stay and {"condition", "modality", "technique", "medication"} & question.facets.keys():
            kept = {facet: value for facet, value in kept.items() if self._stays_a_reason(facet, value)}
        return {**kept, **question.facets}

    def _stays_a_reason(self, facet: str, value: object) -> bool:
        """Whether a thing is a reason for caution whatever else is asked about: who takes a blood thinner still takes it."""
        values = value if isinstance(value, list) else [value]
        topics = [self.answers.topic_of(facet, str(one)) for one in values]
        return facet in LASTING | {"population"} and any(topic and self._is_caution(topic) for topic in topics)

    def _answer(self, wanted: Sequence[tuple[str, Facets, Sequence[str]]]) -> Reply:
        messages: list[Message] = []
        facets: Facets = {}
        search = self.memory.search
        for topic, named, fresh in wanted:
            facets = named
            if topic == finder.TOPIC:
                found = self.finder.begin(named)
                messages += found.messages
                search = found.memory.search
            elif topic == DELETE_TOPIC and self.contact.deletes_at_once():
                deleted = self.contact.delete()
                return Reply((deleted, self.answers.short(topic, named, fresh)), Memory())
            else:
                messages.append(self.contact.dressed(self._unheard(topic, named, fresh)))
        messages = [message for message in messages if not message.meta.get("exhausted")] or messages[:1]
        topic = wanted[-1][0]
        keeps_topic = topic not in _DECLINING
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

    def _unheard(self, topic: str, facets: Facets, fresh: Sequence[str]) -> Message:
        """The answer; the longer one where the client heard it just now, as that was not enough."""
        short = self.answers.short(topic, facets, fresh)
        typed = self.turn.chosen is None and topic not in _SAID_AGAIN and short.meta["kind"] in ("answer", "handoff")
        if not typed or name_of(short.text) not in self.memory.heard:
            return short
        longer = self.answers.long(topic, facets)
        if name_of(longer.text) not in self.memory.heard:
            return longer
        message = self.answers.say(_ALL_I_KNOW, kind="handoff", topic=topic, exhausted=True)
        return Message(message.text, message.meta, (LEAVE_MESSAGE,))

    def _not_understood(self, ranking: Sequence[tuple[str, float]]) -> Reply:
        misses = self.memory.misses + 1
        if misses > 1:
            message = self.answers.say(_FALLBACK_PERSON, kind="fallback", topic="unclear", options=[])
            return self._done([Message(message.text, message.meta, (LEAVE_MESSAGE,))], misses=misses)
        top = ranking[0][1] if ranking else 0.0
        options = [
            label.partition("/")[2]
            for label, score in ranking
            if label.startswith("faq/") and label.partition("/")[2] not in _DECLINING and score >= OFFER_SHARE * top
        ][:OPTIONS]
        if not options or not ranking:
            message = self.answers.short("unclear", {})
            return self._done([message], misses=misses)
        message = self.answers.offer(options, _CLARIFY, "clarify")
        return self._done([message], misses=misses, offered=tuple(options))

    def _done(self, messages: Sequence[Message], **changes: object) -> Reply:
        said = tuple(message.text for message in messages)
        heard = (*self.memory.heard, *map(name_of, said))[-_REMEMBERED:]
        memory = self.memory.but(**{"said": said, "heard": heard, "denied": self._denied_topics, **changes})
        return Reply(tuple(messages), memory)


def _lasting(facets: Facets) -> Facets:
    """What is named without the details, each of which is asked about once."""
    return {facet: value for facet, value in facets.items() if facet != DETAIL_FACET}
