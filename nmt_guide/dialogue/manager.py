"""Decides what a turn of the conversation is answered with.

The order of what is looked at is the order of what matters: danger, a form that waits for an answer, a button that was
pressed, a follow-up to the last answer, a question that leans on the one before, and then the questions of the message
itself. After a question in between, the form asks again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nmt_guide.dialogue import finder
from nmt_guide.dialogue.answers import LASTING, Answers
from nmt_guide.dialogue.contact import DELETE_TOPIC, LEAVE_MESSAGE, Correspondence
from nmt_guide.dialogue.forms import asking
from nmt_guide.dialogue.model import Facets, Memory, Message, Question, Reply, Turn
from nmt_guide.dialogue.reading import ANSWER_CONFIDENCE, follow_up_kind, names_a_place_in_a_list, says_no, says_yes
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
_HELPED = re.compile(
    r"\b(?:(?:called|rang|phoned|dialled|dialed) (?:them|911|999|112|000|111|an ambulance|the doctor)|at the hospital|in hospital|with (?:a|the) doctor"
    r"|(?<!no )(?:ambulance|paramedics?|medics?|doctors?|nurses?|police|help) (?:(?:is|are) (?:here|there|with|on|coming|looking|now)"
    r"|(?:has|have) (?:got|come|arrived|taken|seen)|came|arrived)\b"
    r"|on (?:my|our|his|her|their|the) way to (?:the |an? )?(?:er|ed|a ?(?:&|and) ?e|emergency|hospital|doctor)\b)",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"\b(?:false alarm|(?:i'm|i am|we're|we are|he's|she's|they're|he is|she is|all|mum is|mother is|dad is|father is) (?:safe|fine|ok|okay|better)"
    r"|(?:was|just) (?:a )?jok(?:e|ing))\b",
    re.IGNORECASE,
)
#: Signs that went away: of a danger to life they still count.
_EASED = re.compile(
    r"\b(?:(?:it|that|they|everything|the \w+)(?:'s| is| are| has| have)? (?:all |just )?(?:gone(?! to\b)|passed|stopped|eased|settled|cleared|disappeared)"
    r"|(?:went|gone) (?:away|down|off)|wor[en] off|cleared up|(?:feel|feeling|feels) (?:better|fine|ok|okay|normal))\b",
    re.IGNORECASE,
)
_STILL_COUNTS = frozenset([Level.EMERGENCY, Level.SAME_DAY])

#: "I'm fine, but now my arm is numb."
_BUT = re.compile(r"\b(?:but|except|only|now)\b", re.IGNORECASE)

_GLAD = (
    "I am glad that you are safe or have help. If it comes back or gets worse, call {emergency_number}. "
    "Take all the time you need. I am here if you want to ask anything later."
)
_STILL_URGENT = "Your safety comes first, so I will not talk about massage now. {say} When you are safe or have help, just tell me so."
_STILL_HERE = "I stay with this first, because you matter more. {say} When you are safe or have help, just tell me so. Then I will answer the rest."
_EASED_FOR_NOW = (
    "I am glad if it has eased. Signs like these count even when they have passed, so please have them looked at before any "
    "massage. {say} When you have been seen or have help, just tell me so."
)
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
_SCREEN_NO = "Thank you, that is good to know. What else would you like to ask?"
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
        self.memory = memory
        self.answers = answers
        self.content = answers.content
        self.contact = Correspondence(turn, memory, answers, services)
        self.finder = finder.Finder(turn, memory, answers, services)

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
        urgent = [a for a in self.turn.alarms if a.likely and self.content.red_flag[a.flag].level.urgent]
        if urgent:
            return self._alarm(urgent[0].flag)
        if self.memory.asking and says_yes(self.turn):
            flag = self.content.red_flag[self.memory.asking]
            return self._alarm(flag.id)
        if self.memory.flag:
            return self._waiting_for_safety(self.memory.flag)
        if self.memory.asking and says_no(self.turn) and "?" not in self.turn.text:  # "No. And the cost?" is answered
            message = self.answers.say(_SCREEN_NO, kind="smalltalk")
            return self._resumed(self._done([message], asking=None))
        return None

    def _alarm(self, flag_id: str) -> Reply:
        if flag_id != self.memory.flag:
            self.contact.notify(flag_id)
        message = self.answers.safety(self.content.red_flag[flag_id])
        return self._done([message], flag=flag_id, asking=None, misses=0)

    def _waiting_for_safety(self, flag_id: str) -> Reply:
        flag = self.content.red_flag[flag_id]
        text = self.turn.text
        helped = bool(_HELPED.search(text))
        eased = not helped and flag.level in _STILL_COUNTS and bool(_EASED.search(text))
        safe = (helped or _TAKEN_BACK.search(text)) and not (self.turn.alarms and _BUT.search(text))
        if not eased and (safe or follow_up_kind(self.turn) == "safe"):
            return self._resumed(self._done([self.answers.say(_GLAD, kind="handoff")], flag=None, asking=None))
        if self._asks_for_person():
            return self._done([self.answers.say(_PERSON_NOW, kind="handoff")])
        held = _STILL_URGENT if flag.level in _STILL_COUNTS else _STILL_HERE
        text = (_EASED_FOR_NOW if eased else held).replace("{say}", flag.say.strip())
        message = self.answers.say(text, kind="safety", level=flag.level.value, flag=flag.id)
        return self._done([message])

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
            for question in self.turn.questions[:MOST_ANSWERS]:
                named = {**named, **question.facets}
                wanted.append((question.label.partition("/")[2], {**self.memory.facets, **named}, tuple(named)))
            return self._answer(wanted)
        question = self.turn.questions[0]
        leaning = self._lean(question)
        if leaning is not None:
            return leaning
        topic = self._aspect(question) or self._safe_with(question) or self._own(question)
        if topic is not None:
            return self._answer([(topic, self._facets(question, topic), tuple(question.facets))])
        return self._not_understood(question.ranking)

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
        return self._answer([(topic, self._facets(question, topic, stay=True), tuple(question.facets))])

    def _led_to(self, facets: Facets) -> list[tuple[str, str]]:
        """The topics that the named things lead to, each with its facet."""
        led = []
        for facet, value in facets.items():
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
        details = bool(question.facets) and question.facets.keys() <= _DETAILS
        scores[before] = scores.get(before, 0.0) + SAME_TOPIC + (DETAIL if details else 0.0)
        for topic in scores.keys() & set(self.content.topic[before].related):
            scores[topic] += RELATED_TOPIC
        for _, topic in self._led_to(question.facets):
            scores[topic] = scores.get(topic, 0.0) + NAMED_TOPIC
        best = max(scores, key=lambda topic: scores[topic])
        return best, scores[best]

    def _facets(self, question: Question, topic: str, stay: bool = False) -> Facets:
        """What the answer is made for: named now, or before as long as the subject lasts."""
        kept = dict(self.memory.facets)
        if not stay and {"condition", "modality", "technique", "medication"} & question.facets.keys():
            kept = {facet: value for facet, value in kept.items() if self._stays_a_reason(facet, value)}
        return {**kept, **question.facets}

    def _stays_a_reason(self, facet: str, value: object) -> bool:
        """Whether a thing is a reason for caution whatever else is asked about: who takes a blood thinner still takes it."""
        values = value if isinstance(value, list) else [value]
        topics = [self.answers.topic_of(facet, str(one)) for one in values]
        return facet in LASTING and any(topic and self._is_caution(topic) for topic in topics)

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
                messages.append(self.contact.dressed(self.answers.short(topic, named, fresh)))
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
        memory = self.memory.but(**{"said": said, **changes})
        return Reply(tuple(messages), memory)
