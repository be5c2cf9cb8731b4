"""Takes out of a turn what the content has no more.

The content changes while the model, and what a conversation keeps, stay as they were: both may name a topic or a red flag that was
removed since. It is taken out once, before anything is decided, so that nothing after it has to ask.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from nmt_guide.dialogue.model import Memory, Question, Turn
from nmt_guide.knowledge.content import Content

_TOPIC = "faq/"

Ranking = tuple[tuple[str, float], ...]


def known_turn(turn: Turn, content: Content) -> Turn:
    """The turn without alarms and labels of what the content has no more.

    Of several questions those about a removed topic fall away; a single one is unsure then, so that others are offered.
    """
    alarms = tuple(alarm for alarm in turn.alarms if alarm.flag in content.red_flag)
    questions = tuple(_known_question(question, content) for question in turn.questions)
    left = tuple(now for now, before in zip(questions, turn.questions, strict=True) if now.label == before.label)
    return replace(turn, alarms=alarms, questions=left or questions)


def known_memory(memory: Memory, content: Content) -> Memory:
    """The memory without red flags and topics that the content has no more."""
    topics, flags = content.topic, content.red_flag
    offered = (
        memory.offered if all(topic in topics for topic in memory.offered) else ()
    )  # "the third" is another one now
    memory = memory.but(
        topic=memory.topic if memory.topic in topics else None,
        offered=offered,
        waiting=tuple(topic for topic in memory.waiting if topic in topics),
        asking=_known(memory.asking, flags),
        unseen=_known(memory.unseen, flags),
    )
    return memory if memory.flag in (None, *flags) else memory.but(flag=None, ruled=False, held=0, waiting=())


def _known(name: str | None, names: Collection[str]) -> str | None:
    return name if name in names else None


def _known_question(question: Question, content: Content) -> Question:
    ranking, in_context = (_known_labels(one, content) for one in (question.ranking, question.in_context))
    confidence = question.confidence if ranking[:1] == question.ranking[:1] else 0.0
    return replace(question, ranking=ranking, in_context=in_context, confidence=confidence)


def _known_labels(ranking: Ranking, content: Content) -> Ranking:
    return tuple(
        one for one in ranking if not one[0].startswith(_TOPIC) or one[0].removeprefix(_TOPIC) in content.topic
    )
