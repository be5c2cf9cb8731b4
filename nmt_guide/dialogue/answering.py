"""Answers a message that tells of no danger and belongs to no form: a button, a follow-up on the last answer, questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nmt_guide.dialogue import finder, staff
from nmt_guide.dialogue.answers import MORE, Answers
from nmt_guide.dialogue.contact import DELETE_TOPIC, LEAVE_MESSAGE, Correspondence
from nmt_guide.dialogue.danger import corrects, rejects
from nmt_guide.dialogue.doors import HOURS_TOPIC, answer_on_doors
from nmt_guide.dialogue.model import Facets, Memory, Message, Reply, Turn, topic_in, values_of
from nmt_guide.dialogue.reading import asks_leave, follow_up_kind, names_a_place_in_a_list
from nmt_guide.dialogue.repeats import having_heard, is_heard
from nmt_guide.dialogue.services import Services
from nmt_guide.dialogue.sums import COST_TOPIC, names_a_length, price_of, reduced, total, worked_out
from nmt_guide.dialogue.team import BESIDE_TEAM, TEAM_TOPICS, Team
from nmt_guide.dialogue.team import TOPIC as TEAM_TOPIC
from nmt_guide.dialogue.topics import DECLINING, OFFER_SHARE, Topics, Wanted
from nmt_guide.knowledge.content import Mode

OPTIONS = 3
MOST_ANSWERS = 3

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
_IN_SHORT = "In short: {answer} If that does not answer your question, a person on our team can: call {{clinic.phone}}."
_NEAREST = "{answer} That is the nearest I have on file. If it does not answer your question, a person on our team can: call {{clinic.phone}}."
_ALL_I_KNOW = (
    "That goes beyond what I have on file, and I will not guess. A person on our team can answer it: call {clinic.phone} or "
    "write to {clinic.email}. You can also ask me in other words."
)
#: Answers that may be given again.
_SAID_AGAIN = frozenset(["human_handoff", "red_flags", "crisis_support", "rf_abuse", "feelings_support"])
_NOTHING_BEFORE = "I have not answered anything yet. What would you like to know?"
_WHAT_ELSE = "All right. Tell me in your own words what you would like to know, or choose one of these."
#: What is asked of everything when nothing was answered yet.
_ABOUT_ALL = {"sources": "evidence_citations", "evidence": "evidence_overview", "simpler": "language_access"}
_STARTERS = ("what_is_nmt", "session_overview", "cost")
#: What names one of the topics that were offered, in order.
_PLACES = ("first", "second", "third")


class Answering:
    """One turn, as what it asks.

    Args:
        turn: the message, understood.
        memory: what the conversation kept.
        answers: answers out of the knowledge.
        services: the directory, the outbox, the time.
        denied: topics of what the client said not to have, to be kept.
    """

    def __init__(
        self, turn: Turn, memory: Memory, answers: Answers, services: Services, denied: tuple[str, ...]
    ) -> None:
        self.turn = turn
        self.memory = memory
        self.answers = answers
        self.content = answers.content
        self.topics = Topics(turn, memory, answers)
        self.contact = Correspondence(turn, memory, answers, services)
        self.finder = finder.Finder(turn, memory, answers, services)
        self._services = services
        self._denied = denied

    def pressed(self) -> Reply | None:
        """The reply to a button; nothing where none was pressed, or one of a form."""
        if self.turn.chosen is None:
            return None
        intent, value = self.turn.chosen
        if intent == "faq" and value in self.content.topic:
            return self.answer([(value, self.memory.facets, ())])
        if intent == "follow_up":
            return self._follow(value)
        return None

    def leave(self) -> Reply | None:
        """To "so I can come?" after a reason to ask a doctor first: just that."""
        flag = self.content.caution.get(self.memory.topic or "")
        if flag is None or not asks_leave(self.turn):
            return None
        return self.done([self.answers.safety(flag)], misses=0)

    def follow_up(self) -> Reply | None:
        """The reply to what only makes sense after the last answer: "tell me more", "the second one"."""
        kind = follow_up_kind(self.turn)
        if kind in (None, "about", "correction", "safe") or (kind == "misread" and self.topics.surely_next()):
            return None
        return self._follow(str(kind))

    def questions(self) -> Reply:
        """The reply to what the message asks."""
        if worked_out(self.turn.text, self.content.clinic):
            return self.answer([(COST_TOPIC, {}, ())])
        wanted = self.topics.wanted()[:MOST_ANSWERS] or self._named_of_the_team()
        if wanted:
            return self.answer(wanted)
        return self._not_understood(self.turn.questions[0].ranking if self.turn.questions else ())

    def answer(self, wanted: Sequence[Wanted]) -> Reply:
        """The answers to some topics, one at least; where all was said just now, to what else may be asked."""
        messages: list[Message] = []
        search = self.memory.search
        deleted = False
        for topic, named, fresh in wanted:
            if topic == finder.TOPIC:
                found = self.finder.begin(named)
                messages += found.messages
                search = found.memory.search
            elif topic == DELETE_TOPIC and staff.orders_deletion(self.turn.text):
                message, deleted = staff.delete(self.turn, self.answers, self._services)
                messages += [message, self.answers.short(topic, named, fresh)]
            else:
                messages += self._answer_to(topic, named, fresh)
        if deleted:
            # What else was asked is answered, and nothing of before is kept.
            return Reply(tuple(messages), Memory(search=search if search is not self.memory.search else None))
        topic, facets, _ = wanted[-1]
        if not messages and rejects(self.turn):
            messages = [self._got_wrong([topic for topic, *_ in wanted])]
        elif not messages:
            last = self._once_more(*wanted[-1])
            other = self._asked_besides(topic, all_said=last.meta["kind"] == "handoff")
            if other is not None:
                return self.answer([other])
            messages = [last]
        return self.done(
            messages,
            topic=self.memory.topic if topic in DECLINING else topic,
            facets={**self.answers.own_facets(topic), **facets},
            misses=0,
            asking=None,
            offered=tuple(self.content.topic[topic].related),
            search=search,
        )

    def done(self, messages: Sequence[Message], **changes: object) -> Reply:
        """A reply that the conversation remembers, with some things in its memory changed."""
        said = tuple(message.text for message in messages)
        memory = having_heard(self.memory, messages)
        return Reply(tuple(messages), memory.but(**{"said": said, "denied": self._denied, **changes}))

    # -- follow-ups -----------------------------------------------------------------------------------------------

    def _follow(self, kind: str) -> Reply | None:
        """The reply to a kind of follow-up; nothing where it has none."""
        facets = self.memory.facets
        if kind in _PLACES and self._names_a_place() and (offered := self.memory.offered[_PLACES.index(kind) :]):
            return self.answer([(offered[0], facets, ())])
        if kind == "something_else":
            return self._offer(_WHAT_ELSE)
        if kind == "repeat" and self.memory.said:
            topic = {"topic": self.memory.topic} if self.memory.topic else {}
            meta = {"kind": "answer", "facets": dict(facets), **topic}
            return self.done([self.answers.again(text, meta) for text in self.memory.said])
        if kind in ("yes", "no"):
            return self._plain_yes_no(kind)
        if kind == "misread":
            return self.done([self._got_wrong()], misses=self.memory.misses + 1)
        if kind in ("more", "why", "evidence", "sources", "simpler", "repeat"):
            return self._on_the_last(kind)
        return None

    def _on_the_last(self, kind: str) -> Reply:
        """More, less or the grounds of what was answered last; of all there is, where nothing was."""
        topic, facets = self.memory.topic, self.memory.facets
        if topic is None and kind in _ABOUT_ALL:
            return self.answer([(_ABOUT_ALL[kind], facets, ())])
        if topic is None:
            return self._offer(_NOTHING_BEFORE)
        if kind == "evidence":
            return self._evidence(topic, facets)
        if kind == "simpler":
            return self.done([self._simpler(topic, facets)], topic=topic)
        say = {"more": self.answers.long, "why": self.answers.long, "sources": self.answers.sources}
        return self.done([say.get(kind, self.answers.short)(topic, facets)], topic=topic)

    def _simpler(self, topic: str, facets: Facets) -> Message:
        """The short answer, then its first sentences, then a person."""
        short = self.answers.short(topic, facets)
        brief = self.answers.brief(short)
        if short.text in self.memory.said:
            return brief
        if brief.text in self.memory.said:
            return self.answers.say(_NO_PLAINER, kind="handoff", topic=topic)
        return short

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
        return self.done([message.on(about) if topic != about else message])

    def _plain_yes_no(self, kind: str) -> Reply:
        if kind == "yes" and len(self.memory.offered) == 1:
            return self.answer([(self.memory.offered[0], self.memory.facets, ())])
        if kind == "yes" and self.memory.topic:
            return self.done([self.answers.long(self.memory.topic, self.memory.facets)])
        return self._offer(_WHAT_ELSE)

    def _offer(self, text: str) -> Reply:
        """Some topics to begin with."""
        return self.done([self.answers.offer(_STARTERS, text, "clarify")], offered=_STARTERS)

    # -- answers --------------------------------------------------------------------------------------------------

    def _answer_to(self, topic: str, facets: Facets, fresh: Sequence[str]) -> Iterator[Message]:
        """The answer to one topic: from the clinic's own facts where they have one, else from the knowledge; nothing where all of
        it was said just now.

        Args:
            topic: the topic.
            facets: what the client named, now and earlier.
            fresh: the facets named in this very message.
        """
        if (text := self._of_the_team(topic, facets)) is not None:
            yield self.contact.dressed(self.answers.on_topic(topic, text, facets=facets))
            if topic in BESIDE_TEAM:
                yield self.answers.short(topic, facets, fresh)
        elif (text := self._of_the_clinic(topic, facets, fresh)) is not None:
            yield self.answers.on_topic(topic, text, self.answers.related(topic), facets=facets)
        else:
            yield from map(self.contact.dressed, self._with_total(topic, self._unheard(topic, facets, fresh)))

    def _of_the_clinic(self, topic: str, facets: Facets, fresh: Sequence[str]) -> str | None:
        """Whether the clinic is open, or the price of one length of visit."""
        doors = None
        if topic == HOURS_TOPIC:
            doors = answer_on_doors(self.turn.text, self.content.clinic, self._services.now())
        return doors or self._price(topic, facets, fresh)

    def _asked_besides(self, known: str, all_said: bool) -> Wanted | None:
        """What else the message may ask that was not said just now.

        Args:
            known: the topic that was most likely, which is no news.
            all_said: whether nothing at all is left to say on it: then also what the message asks alone.
        """
        itself = self.topics.by_itself(known) if all_said else None
        others = [*self.topics.less_likely(known), *([itself] if itself else [])]
        return next((one for one in others if not self._is_heard(self.answers.short(*one))), None)

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
            if "therapist" in question.facets and question.topic in TEAM_TOPICS
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
        if corrected and (self._is_heard(whole) or not self.topics.surely_next(topic)):
            return None
        names = dict.fromkeys(name for question in self.turn.questions for name in question.passages.get(topic, ()))
        near = (self.answers.passage(topic, facets, name, from_long=not self._is_heard(whole)) for name in names)
        new = (passage for passage in near if passage and not self._is_heard(passage))
        # Who means just this, but something else of it, is told all of it.
        return next(new, whole if corrected else None)

    def _once_more(self, topic: str, facets: Facets, fresh: Sequence[str]) -> Message:
        """What is said to who heard all of it: of practical things the same, of others what comes nearest or the gist, and then
        where to find a person; at once where the client says that this was not asked."""
        short = self.answers.short(topic, facets, fresh)
        if self.content.topic[topic].mode in (Mode.ACTION, Mode.CLINIC_CONFIG) and not rejects(self.turn):
            return self.contact.dressed(short)
        nearest = self._nearest(topic)
        said = _NEAREST.format(answer=nearest) if nearest else _IN_SHORT.format(answer=self.answers.brief(short).text)
        gist = self._or_a_person(topic, said, "answer")
        if corrects(self.turn) or self._is_heard(gist):
            return self._or_a_person(topic, _ALL_I_KNOW, "handoff")
        return gist

    def _nearest(self, topic: str) -> str | None:
        """The text of a topic that comes nearest to what is asked."""
        from_long = not self._is_heard(self.answers.long(topic, self.memory.facets))
        names = [question.nearest[topic] for question in self.turn.questions if topic in question.nearest]
        return next(filter(None, (self.answers.passage_text(topic, name, from_long) for name in names)), None)

    def _or_a_person(self, topic: str, text: str, kind: str) -> Message:
        message = self.answers.say(text, kind=kind, topic=topic)
        more = () if self._is_heard(self.answers.long(topic, self.memory.facets)) else (MORE,)
        return message.but(buttons=(LEAVE_MESSAGE, *more, *self.answers.related(topic)[: 2 - len(more)]))

    def _got_wrong(self, topics: Sequence[str] = ()) -> Message:
        """An apology; where these topics were answered, with what else may have been meant."""
        ranking = [one for question in self.turn.questions for one in question.ranking]
        options = options_of(ranking, without=topics) if topics else []
        if options:
            return self.answers.offer(options, _MEANT_OTHERWISE, "clarify")
        message = self.answers.say(_GOT_WRONG, kind="clarify", options=[])
        return message.but(buttons=(LEAVE_MESSAGE,))

    def _is_heard(self, message: Message) -> bool:
        return is_heard(self.memory, message)

    def _not_understood(self, ranking: Sequence[tuple[str, float]]) -> Reply:
        misses = self.memory.misses + 1
        if misses > 1:
            message = self.answers.say(_FALLBACK_PERSON, kind="fallback", topic="unclear", options=[])
            return self.done([message.but(buttons=(LEAVE_MESSAGE,))], misses=misses)
        options = options_of(ranking)
        if not options:
            message = self.answers.short("unclear", {})
            return self.done([message], misses=misses)
        message = self.answers.offer(options, _CLARIFY, "clarify")
        return self.done([message], misses=misses, offered=tuple(options))


def options_of(ranking: Sequence[tuple[str, float]], without: Sequence[str] = ()) -> list[str]:
    """The topics of a ranking that are worth offering, the best first."""
    scores = [(topic, score) for label, score in ranking if (topic := topic_in(label))]
    left = {topic: score for topic, score in scores if topic not in DECLINING and topic not in without}
    least = OFFER_SHARE * (ranking[0][1] if ranking else 0.0)
    return [topic for topic, score in left.items() if score >= least][:OPTIONS]
