"""Chooses the topic that a question is answered with, as the conversation stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from nmt_guide.dialogue.answers import LASTING, Answers
from nmt_guide.dialogue.danger import corrects, denies
from nmt_guide.dialogue.model import Facets, Memory, Question, Turn, topic_in, values_of
from nmt_guide.dialogue.reading import ANSWER_CONFIDENCE
from nmt_guide.dialogue.repeats import is_heard
from nmt_guide.dialogue.team import TEAM_TOPICS
from nmt_guide.knowledge.content import DETAIL_FACET, Level

#: From this confidence on a message stands for itself, however short.
SURE_CONFIDENCE = 0.99
#: A label with less than this share of the best score is not worth offering.
OFFER_SHARE = 0.05

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
#: "And for migraines?", after how many sessions it takes: hardly more than a name, which asks the same of something else.
_ONLY_NAMES = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|hm+|thanks|great|cool)\W+)*(?:and|what about|how about)\s+(?:for|with)\s+(?:my |the |an? )?[\w-]+(?:\s[\w-]+)?\W*$",
    re.IGNORECASE,
)
#: What can be treated at all, and what is said of a condition that is not on file.
_OVERVIEW = "condition_overview"
_NO_SUBJECT = (_OVERVIEW, "cond_other")
#: Facets of which one names a subject of its own.
_CONCERNS = frozenset(["condition", "location", "population", "medication", "surgery", "sport", "activity"])
#: "Is that something you fix", "would nmt help"; and that others are asked about.
_MEANS_IT = re.compile(
    r"\b(?:that|this|it)\b|\b(?:nmt|massage|you)(?: really| even| actually)? (?:help|work)\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"\b(?:else|others?|any|anything|different|general|conditions?|kinds?|types?|sorts?|things|problems|issues|list|everything|what\w*|which|whom?)\b",
    re.IGNORECASE,
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
#: "Is it safe for the baby?" names no child where the client is pregnant.
_UNBORN = "baby"
_EXPECTS = frozenset(["pregnancy", "pregnant"])
#: From this confidence on a message that names a therapist is rather about what it asks.
_LIKELY = 0.5
#: Details that a new question leaves behind: who was sore on Monday asks about prices today.
_PASSING = frozenset(["date", "time", "time_since", "time_after"])
_ABOUT_SOMETHING = ("follow_up/about", "follow_up/correction")
#: Reasons for caution that are topics of their own; the others are named `contra_...` or have a flag.
_CAUTIONS = ("pregnancy", "acute_injury")
#: Never offered as an option: they decline.
DECLINING = frozenset(
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
#: Without the topics that a message denies, its next one must have this share of the rest.
_LEFT_SHARE = 0.3
#: A topic is answered in the place of one that was answered just now and is not meant, from this share of its score on.
_INSTEAD_SHARE = 0.25
#: What hardly follows on the answer before is asked for itself from this confidence on.
_SURE_BY_ITSELF = 0.95
#: From this share on a message is surely about a topic, once it is heard after what was answered before,
_SURELY_NEXT = 0.7
#: from this one on it may be, and may carry on with it although it says nothing by itself.
_MAYBE_NEXT, _CARRIES_ON = 0.1, 0.5
#: A topic is answered in the place of one that was answered just now, where the message is about that one, from this share on.
_NEWS_SHARE = 0.1
#: A detail that is named draws the question to its topic from this share of the best score on.
_DETAIL_SHARE = 0.3
#: Topics about a worse form of what another one is about: who has no headache has no severe one.
_WORSE_OF = {"cond_headache_tension": ("cond_severe_headache",)}

#: What is answered: a topic, what it is answered for, and the facets that this very message names.
Wanted = tuple[str, Facets, Sequence[str]]
#: Labels with their scores, best first.
Ranking = Sequence[tuple[str, float]]


class Topics:
    """The topics of one turn.

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

    def wanted(self) -> list[Wanted]:
        """What the message asks, in order; nothing when that is not understood."""
        if len(self._turn.questions) > 1:
            return self._several()
        return [one for question in self._turn.questions if (one := self._leaning(question) or self._plain(question))]

    def own(self, question: Question) -> str | None:
        """The topic of a question that is understood."""
        return question.topic if question.confidence >= ANSWER_CONFIDENCE else None

    def led_to(self, facets: Facets) -> list[tuple[str, str]]:
        """The topics that the named things lead to, each with its facet."""
        led = []
        for facet in lasting(facets):
            for one in values_of(facets, facet):
                topic = self._answers.topic_of(facet, one)
                if topic is not None:
                    led.append((facet, topic))
        return led

    def denied(self) -> tuple[str, ...]:
        """The topics of what the client said not to have, now or earlier, and has not named since."""
        named = {topic for question in self._turn.questions for _, topic in self.led_to(question.facets)}
        denied = [topic for question in self._turn.questions for _, topic in self.led_to(question.denied)]
        denied += [worse for topic in denied for worse in _WORSE_OF.get(topic, ())]
        return tuple(dict.fromkeys(topic for topic in (*self._memory.denied, *denied) if topic not in named))

    def without(self, denied: Sequence[str]) -> tuple[Question, ...]:
        """The questions without the topics that the client said not to be concerned with: "I don't have diabetes"."""
        labels = {f"faq/{topic}" for topic in denied}
        questions = tuple(_without(question, labels) for question in self._turn.questions)
        return tuple(question for question in questions if question.ranking) or questions

    def beside_a_no(self) -> tuple[Question, ...]:
        """The questions, without what only answers a screening question: "no fever, merely stiff"."""
        asked = tuple(one for one in self._turn.questions if not denies(Turn(one.text), Level.EMERGENCY, plainly=True))
        return asked or self._turn.questions

    def _several(self) -> list[Wanted]:
        """What one clause names holds for the next: "I'm on Eliquis with a bad hip. Is it safe, how many visits?" """
        named: Facets = {}
        wanted: list[Wanted] = []
        for question in self._turn.questions:
            named = {**lasting(named), **question.facets}
            own = next((topic for label, _ in question.ranking if (topic := topic_in(label))), None)
            if own is None:
                continue
            topic = self._narrowed(question, own) or own
            wanted.append((topic, {**lasting(self._memory.facets), **named}, tuple(named)))
        return wanted

    def _plain(self, question: Question) -> Wanted | None:
        topic = self._aspect(question) or self._safe_with(question) or self.own(question)
        topic = self._narrowed(question, topic)
        if topic is None:
            return None
        topic = self._meant(question, topic, question.ranking)
        return topic, self._facets(question), tuple(question.facets)

    def _meant(self, question: Question, topic: str, ranking: Ranking) -> str:
        """The topic that the client means, who corrects us, or says "that" of what was answered."""
        return self._instead(question, topic, ranking) if corrects(self._turn) else self._that(question, topic)

    def _instead(self, question: Question, topic: str, ranking: Ranking) -> str:
        """The next likely topic, where the client would hear the same again: "not after, I meant during"."""
        short = self._answers.short(topic, self._facets(question), tuple(question.facets))
        return next(_less_likely(ranking, _INSTEAD_SHARE), topic) if is_heard(self._memory, short) else topic

    def _that(self, question: Question, topic: str) -> str:
        """The condition that was answered just now, where somebody asks whether "that" can be treated, and names none else."""
        before = self._memory.topic or ""
        if topic != _OVERVIEW or before not in self._content.topic or not before.startswith("cond_"):
            return topic
        another = not _CONCERNS.isdisjoint(question.facets) or _OTHERS.search(question.text) or before in self.denied()
        return topic if another or not _MEANS_IT.search(question.text) else before

    def _leaning(self, question: Question) -> Wanted | None:
        """A message that leans on what was said before: "and for migraines?", "no, my jaw", "six weeks ago"."""
        before = self._memory.topic
        if before is None or before not in self._content.topic or not question.in_context:
            return None
        if before in TEAM_TOPICS and self._asks_beside_a_name(question):
            return None
        # "And thai?" after another kind of massage names one more, and no language.
        named = sorted(self.led_to(question.facets), key=lambda one: one[0] not in self._memory.facets)
        led = [topic for _, topic in named]
        of_sessions = before in _ASPECTS and before.startswith(("session_", "cost"))
        only_names = bool(led) and of_sessions and bool(_ONLY_NAMES.match(question.text))
        says_all = question.topic and question.confidence >= SURE_CONFIDENCE
        if says_all and not only_names and not self._carries_on(question):
            return None
        share = sum(score for label, score in question.ranking if label in _ABOUT_SOMETHING)
        if only_names or (led and share >= ABOUT_SHARE):
            # It asks the same about something else, or just about that.
            topic, score = before if before in _ASPECTS or before in led else led[0], 1.0
        else:
            topic, score = self._in_context(question, before)
        if score < CONTEXT_SCORE:
            return None
        topic = self._meant(question, self._narrowed(question, topic) or topic, question.in_context)
        return topic, self._facets(question, stay=True), tuple(question.facets)

    def _carries_on(self, question: Question) -> bool:
        """Whether a message that says nothing by itself does so after what was answered: "what if it went to both"."""
        topic, share = _next_topic(question)
        return question.topic == "unclear" and topic is not None and share >= _CARRIES_ON

    def surely_next(self, wanted: str | None = None) -> bool:
        """Whether a message of one question is surely about a topic, or about any, as it follows on what was answered."""
        if not self._turn.questions:
            return False
        topic, share = _next_topic(self._turn.questions[0])
        return topic is not None and share >= _SURELY_NEXT and wanted in (None, topic)

    def _asks_beside_a_name(self, question: Question) -> bool:
        """Whether a message that names a therapist asks something else: "Maya sounds good. How many visits will it take?" """
        other = question.topic is not None and question.topic not in TEAM_TOPICS | DECLINING
        return other and "therapist" in question.facets and question.confidence >= _LIKELY

    def _in_context(self, question: Question, before: str) -> tuple[str, float]:
        """The topic of a message after the topic before, with its score."""
        shares = {
            topic: score
            for label, score in question.in_context
            if (topic := topic_in(label)) and topic not in DECLINING
        }
        # "And the cost?" is a follow-up above all: what is left for topics is shared out among them.
        all_topics = max(sum(shares.values()), LEAST_TOPICS)
        scores = {topic: share / all_topics for topic, share in shares.items()}
        named = lasting(question.facets)
        details = bool(named) and named.keys() <= _DETAILS
        scores[before] = scores.get(before, 0.0) + SAME_TOPIC + (DETAIL if details else 0.0)
        for topic in scores.keys() & set(self._content.topic[before].related):
            scores[topic] += RELATED_TOPIC
        for _, topic in self.led_to(question.facets):
            scores[topic] = scores.get(topic, 0.0) + NAMED_TOPIC
        best = max(scores, key=lambda topic: scores[topic])
        return best, scores[best]

    def _aspect(self, question: Question) -> str | None:
        """What is asked about a named thing: "how many sessions for a frozen shoulder" is about sessions, although the
        frozen shoulder, once named, draws the message to its own topic."""
        if not question.ranking:
            return None
        best = question.ranking[0][1]
        if question.topic not in {topic for _, topic in self.led_to(question.facets)}:
            return None
        for label, score in question.ranking[1:3]:
            topic = topic_in(label)
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
            for facet, topic in self.led_to(question.facets)
            if facet in ("condition", "medication", "surgery", "allergy")
        ]
        own = self.own(question)
        if own is None:
            return led[0] if led else None
        other = self._is_caution(own) and own not in led
        return next((topic for topic in led if self._is_caution(topic)), None) if other else None

    def _narrowed(self, question: Question, topic: str | None) -> str | None:
        """The topic with an answer to the detail that is named, when it is about as likely: "and if I cry?"."""
        best = question.ranking[0][1] if question.ranking else 0.0
        for detail in self._answers.details(question.facets):
            if topic in detail.notes:
                return topic
            for label, score in question.ranking[:5]:
                other = topic_in(label)
                if other in detail.notes and score >= (_DETAIL_SHARE * best if topic else OFFER_SHARE):
                    return other
        return topic

    def less_likely(self, known: str) -> list[Wanted]:
        """What a message may ask besides a topic that is known already, where it stands for itself and is most likely about
        that one; what leans on the answer before ("after 4 if possible") hardly asks anything else."""
        return [
            (topic, self._facets(question), tuple(question.facets))
            for question in self._turn.questions
            if self.own(question) == known and question.confidence >= SURE_CONFIDENCE
            for topic in _less_likely(question.ranking, _NEWS_SHARE)
        ]

    def by_itself(self, known: str) -> Wanted | None:
        """What a message of one question asks that was taken for leaning on the answer before, about the topic that is known."""
        if len(self._turn.questions) != 1:
            return None
        question = self._turn.questions[0]
        topic = self.own(question)
        if topic is None or topic in (known, *_NO_SUBJECT, *DECLINING):
            return None
        follows = dict(question.in_context).get(f"faq/{topic}", 0.0)
        if question.in_context and follows < _MAYBE_NEXT and question.confidence < _SURE_BY_ITSELF:
            return None
        return topic, self._facets(question), tuple(question.facets)

    def _facets(self, question: Question, stay: bool = False) -> Facets:
        """What the answer is made for: named now, or before as long as the subject lasts."""
        kept = {
            facet: value for facet, value in lasting(self._memory.facets).items() if value != question.denied.get(facet)
        }
        if not stay:
            kept = {facet: value for facet, value in kept.items() if facet not in _PASSING}
        if not stay and {"condition", "modality", "technique", "medication"} & question.facets.keys():
            kept = {facet: value for facet, value in kept.items() if self._stays_a_reason(facet)}
        named = dict(question.facets)
        if _UNBORN in values_of(named, "population") and not _EXPECTS.isdisjoint(values_of(kept, "population")):
            del named["population"]
        return {**kept, **named}

    def _stays_a_reason(self, facet: str) -> bool:
        """Whether a thing is a reason for caution whatever else is asked about: who takes a blood thinner still takes it."""
        topics = [self._answers.topic_of(facet, one) for one in values_of(self._memory.facets, facet)]
        return facet in LASTING | {"population"} and any(topic and self._is_caution(topic) for topic in topics)

    def _is_caution(self, topic: str) -> bool:
        return topic.startswith("contra_") or topic in _CAUTIONS or topic in self._content.caution


def _less_likely(ranking: Ranking, share: float) -> Iterator[str]:
    """The topics after the first of a ranking that have so much of its score."""
    for label, score in ranking[1:4]:
        topic = topic_in(label)
        if topic and topic not in DECLINING and score >= share * ranking[0][1]:
            yield topic


def _next_topic(question: Question) -> tuple[str | None, float]:
    """The likeliest topic of a message after what was answered, with its share; None where that is none to answer."""
    label, share = question.in_context[0] if question.in_context else ("", 0.0)
    topic = topic_in(label)
    return None if topic in DECLINING else topic, share


def _without(question: Question, denied: Set[str]) -> Question:
    if denied.isdisjoint(label for label, _ in question.ranking[:1]) and not question.denied:
        return question
    ranking = tuple(one for one in question.ranking if one[0] not in denied)
    in_context = tuple(one for one in question.in_context if one[0] not in denied)
    if ranking[:1] == question.ranking[:1]:
        return replace(question, in_context=in_context)
    # What is left is the best of what was not meant at first: unsure, so that it is answered when it stands out.
    rest = sum(score for _, score in ranking)
    left = ranking[0][1] / rest if rest else 0.0
    return replace(question, ranking=ranking if left >= _LEFT_SHARE else (), confidence=left, in_context=in_context)


def lasting(facets: Facets) -> Facets:
    """What is named without the details, each of which is asked about once."""
    return {facet: value for facet, value in facets.items() if facet != DETAIL_FACET}
