"""Which parts of a message are questions of their own, and which are only the story around one.

"Does it hurt? And what do I wear?" asks two things, "I drive a bus, had two kids, and my neck is stiff: do you do that?" one,
although its clauses name other topics. Whether a part is answered is a logistic function of `signals`.

Source of the probability: Platt 1999, "Probabilistic outputs for support vector machines".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nmt_guide.understanding.questions import clauses, pieces
from nmt_guide.understanding.topics import Scores, log_odds, logistic

#: A part is a question with the logistic function of these times what `signals` lists, as probability. Fitted by
#: `python -m nmt_guide.evaluation.parts` on messages that were written apart from the examples.
WEIGHTS = (0.28, 0.52, 0.7, -1.64, -0.83, 1.41, 1.73, -4.19, 0.356)
#: From this probability on a part is a question. Of 300 messages with several questions and 1,008 with one, which nobody had learnt
#: from, 0.90 of the topics asked for were answered and 67 messages answered more than asked; from 0.3 on 0.86 and 49.
LEAST_PROBABILITY = 0.18
#: The same of what is said after an answer, whose parts lean on it: more of 571 later turns were right than from 0.18 on.
LEAST_PROBABILITY_NEXT = 0.3
#: Labels that are no question beside another one: "hello, how much is it", "thanks".
NOT_A_QUESTION = ("follow_up/", "faq/small_talk", "faq/unclear", "faq/out_of_scope", "faq/feelings_support")
#: So many questions and clauses are looked at: what is longer is a story.
_MOST_ASKING, _MOST_CLAUSES = 8, 10
#: From so many on clauses tell no more, and words of a part.
_MANY_CLAUSES, _MANY_QUESTIONS, _MANY_WORDS = 10, 4, 8
#: A topic that is none of the first ones of the whole message is taken to have this share in it.
_HARDLY = 1e-4
#: Clauses are read only where two topics have this share in the message.
_LEAST_SHARE = 0.003
#: How a clause begins that tells of somebody or something.
_TELLS = re.compile(
    r"^(?:(?:so|ok|okay|and|but|well|oh|because|cause|since|as|that|then|now|also|yes|no|lol|hi|hello|hey)\b[ ,]*)*"
    r"(?:i|i'm|im|i've|ive|i'd|my|he|he's|she|she's|we|we're|they|they're|it|it's|its|that's|the|his|her|our|their|this|there"
    r"|a|an|you|last|after|when|before|at)\b",
    re.IGNORECASE,
)
#: A clause that only says what is not the case: "no surgery".
_DENIES = re.compile(r"^(?:no|not|never|without|none)\b", re.IGNORECASE)

#: What reads the topics of texts.
Read = Callable[[list[str]], list[Scores]]


@dataclass(frozen=True)
class Part:
    """A part of a message that may be a question.

    Attributes:
        text: its words.
        scores: its topics.
        place: where it begins in the message.
        asks: whether it has the form of a question.
    """

    text: str
    scores: Scores
    place: int
    asks: bool

    @property
    def label(self) -> str:
        """What it is about."""
        return self.scores.ranking[0][0]


def asked(text: str, whole: Scores, read: Read, weights: Sequence[float], least: float) -> list[Part]:
    """The parts of a message that are questions, one for each topic, in the order of the message; nothing when there are
    fewer than two. Where some have not the form of a question, what the whole message is about comes first: the rest may be
    no more than the story around it.

    Args:
        text: the message, spelling put right.
        whole: the topics of the whole message.
        read: reads the topics of its parts.
        weights: see `WEIGHTS`.
        least: from which probability on a part is a question.
    """
    chosen = questions_among(candidates(text, whole, read), weights, least)
    if len(chosen) < 2:
        return []
    main = whole.ranking[0][0]
    all_ask = all(part.asks for part in chosen)
    return sorted(chosen, key=lambda part: (not all_ask and part.label != main, part.place))


def candidates(text: str, whole: Scores, read: Read) -> list[tuple[Part, tuple[float, ...]]]:
    """By topic the part that is most about it, with its signals."""
    asking = [piece.text for piece in pieces(text) if piece.asks][:_MOST_ASKING]
    told = clauses(text)
    named = [clause for clause in told[:_MOST_CLAUSES] if not _DENIES.match(clause)]
    parts = list(dict.fromkeys([*asking, *named]))
    shares = [label for label, share in whole.ranking if share >= _LEAST_SHARE and not label.startswith(NOT_A_QUESTION)]
    if len(parts) < 2 or (len(asking) < 2 and len(shares) < 2):
        return []
    best: dict[str, tuple[float, Part]] = {}
    for words, scores in zip(parts, read(parts), strict=True):
        part = Part(words, scores, max(text.find(words[:_BEGINNING]), 0), words in asking)
        # Of two parts about the same, the one in the form of a question.
        weight = scores.ranking[0][1] + (_FORM if part.asks else 0.0)
        if not part.label.startswith(NOT_A_QUESTION) and weight > best.get(part.label, (0.0,))[0]:
            best[part.label] = weight, part
    return [(part, signals(part, whole, len(asking), len(told))) for _, part in best.values()]


def questions_among(
    parts: Sequence[tuple[Part, tuple[float, ...]]], weights: Sequence[float], least: float
) -> list[Part]:
    """Those of the candidates that are questions; weights and limit as those of `asked`."""
    return [part for part, seen in parts if logistic(float(np.dot(weights, seen))) >= least]


#: What the form of a question is worth beside the score.
_FORM = 0.3
#: By so many letters a part is found in the message again: signs between its sentences may have changed.
_BEGINNING = 12


def signals(part: Part, whole: Scores, questions: int, clauses_told: int) -> tuple[float, ...]:
    """What tells a question from the story: a constant, the log-odds of the score, whether the part is about what the whole
    message is about, whether it only tells beside a question, whether it begins like telling, its length, how many
    questions and clauses the message has, and the logarithm of the share that the topic has in the whole message.

    Args:
        part: the part.
        whole: the topics of the whole message.
        questions: parts in the form of a question.
        clauses_told: clauses of the message.
    """
    return (
        1.0,
        log_odds(part.scores.ranking[0][1]),
        float(part.label == whole.ranking[0][0]),
        float(not part.asks and questions > 0),
        float(bool(_TELLS.match(part.text))),
        min(len(part.text.split()), _MANY_WORDS) / _MANY_WORDS,
        min(questions, _MANY_QUESTIONS) / _MANY_QUESTIONS,
        min(clauses_told, _MANY_CLAUSES) / _MANY_CLAUSES,
        float(np.log(max(dict(whole.ranking).get(part.label, 0.0), _HARDLY))),
    )
