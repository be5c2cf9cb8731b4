"""Counts what became of the labelled messages of each kind of set.

Each function takes pairs of a labelled line and what was heard, and returns figures: shares by name, and what
went wrong as lines to read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from nmt_guide.dialogue.answering import OPTIONS
from nmt_guide.evaluation.replies import (
    DECLINING_TOPICS,
    FacetCount,
    Heard,
    Outcome,
    accepted,
    caught,
    outcome,
    topics_answered,
)
from nmt_guide.evaluation.sets import Row
from nmt_guide.evaluation.shares import Share

Pair = tuple[Row, Heard]
Figures = dict[str, Any]

#: Styles of messages that are not typed with care; all others count as plain.
MESSY = frozenset({"typo", "sms", "esl", "story", "indirect"})


def count_questions(pairs: Sequence[Pair]) -> Figures:
    """Figures of single questions: all of them, plain and messy, and by style.

    `understood_first` and `understood_three` look at the classifier alone; the others at what the client
    gets, after thresholds, safety and dialogue.
    """
    groups: dict[str, list[Pair]] = {"all": list(pairs), "plain": [], "messy": []}
    styles: dict[str, list[Pair]] = {}
    for row, heard in pairs:
        style = str(row.get("style") or "plain")
        groups["messy" if style in MESSY else "plain"].append((row, heard))
        styles.setdefault(style, []).append((row, heard))
    by_style = {style: _questions(styles[style]) for style in sorted(styles)}
    return {**{name: _questions(group) for name, group in groups.items()}, "by_style": by_style}


def _questions(pairs: Sequence[Pair]) -> dict[str, Share]:
    became = Counter(outcome(row, heard) for row, heard in pairs)
    total = len(pairs)
    right, offered = became[Outcome.RIGHT], became[Outcome.OFFERED]
    return {
        "understood_first": Share.of_all(_among(row, heard, 1) for row, heard in pairs),
        "understood_three": Share.of_all(_among(row, heard, OPTIONS) for row, heard in pairs),
        "right": Share(right, total),
        "right_or_offered": Share(right + offered, total),
        "wrong": Share(became[Outcome.WRONG], total),
        "refused": Share(became[Outcome.REFUSED], total),
        "false_alarm": Share(became[Outcome.FALSE_ALARM], total),
        "checked": Share.of_all(heard.checked for _, heard in pairs),
    }


def _among(row: Row, heard: Heard, most: int) -> bool:
    topics = [label.removeprefix("faq/") for label in heard.labels[:most]]
    return bool(accepted(row) & set(topics))


def misses_of_questions(pairs: Sequence[Pair]) -> list[str]:
    """The questions that were neither answered nor offered."""
    lines = []
    for row, heard in pairs:
        became = outcome(row, heard)
        if became not in (Outcome.RIGHT, Outcome.OFFERED):
            got = heard.topics or heard.options or heard.levels
            lines.append(f"{became.value}: {heard.text!r} wanted {row['topic']}, got {', '.join(got) or 'nothing'}")
    return lines


def confusions(pairs: Sequence[Pair]) -> list[Figures]:
    """The pairs of topics that the classifier takes for each other most often, with an example of each."""
    counted: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    for row, heard in pairs:
        if heard.labels and not _among(row, heard, 1):
            pair = (row["topic"], heard.labels[0].removeprefix("faq/"))
            counted[pair] += 1
            example.setdefault(pair, heard.text)
    totals = Counter(row["topic"] for row, _ in pairs)
    return [
        {
            "topic": topic,
            "taken_for": taken,
            "count": count,
            "of": totals[topic],
            "example": example[topic, taken],
        }
        for (topic, taken), count in counted.most_common()
    ]


def count_facets(pairs: Sequence[Pair]) -> Figures:
    """How many of the things that a message names were used; counted where the topic is right."""
    counted = FacetCount()
    for row, heard in pairs:
        if outcome(row, heard) is Outcome.RIGHT:
            counted.add(row, heard)
    return {
        "all": Share(sum(counted.found.values()), sum(counted.wanted.values())),
        "as_text": Share(counted.found_as_text, sum(counted.wanted.values())),
        "by_facet": {f: Share(counted.found.get(f, 0), n) for f, n in sorted(counted.wanted.items())},
        "misses": counted.missed,
    }


def count_compound(pairs: Sequence[Pair]) -> Figures:
    """Messages with two questions: how many questions were answered."""
    answered = [(row, heard, topics_answered(row, heard)) for row, heard in pairs]
    return {
        "topics": Share(sum(n for _, _, n in answered), sum(len(row["topics"]) for row, _ in pairs)),
        "whole": Share.of_all(n == len(row["topics"]) for row, _, n in answered),
        "misses": [
            f"{heard.text!r} wanted {', '.join(row['topics'])}, got {', '.join(heard.topics) or 'nothing'}"
            for row, heard, n in answered
            if n < len(row["topics"])
        ],
    }


def count_dialogues(dialogues: Sequence[tuple[Row, Sequence[Heard]]]) -> Figures:
    """Conversations: turns answered rightly, and those after the first, which lean on what was said."""
    first: list[bool] = []
    later: list[bool] = []
    misses: list[str] = []
    facets = FacetCount()
    for row, heard in dialogues:
        for place, (turn, reply) in enumerate(zip(row["turns"], heard, strict=True)):
            if not turn.get("topic"):
                continue
            right = bool(reply.topics) and reply.topics[0] in accepted(turn)
            (later if place else first).append(right)
            if right:
                facets.add(turn, reply)
            else:
                got = reply.topics or reply.options or ["nothing"]
                name = row.get("id", "")
                misses.append(f"{name} turn {place + 1}: {reply.text!r} wanted {turn['topic']}, got {', '.join(got)}")
    return {
        "turns": Share.of_all(first + later),
        "later_turns": Share.of_all(later),
        "facets": Share(sum(facets.found.values()), sum(facets.wanted.values())),
        "misses": misses,
    }


def playable(rows: Sequence[Row]) -> list[Row]:
    """Dialogues that need no particular offer of the assistant before the next turn."""
    return [row for row in rows if not any("bot_offered" in turn for turn in row["turns"])]


def count_red_flags(pairs: Sequence[Pair]) -> Figures:
    """Messages that show a red flag: caught at its level or a more urgent one, or at least asked about."""
    hits = [(row, heard, caught(row["level"], heard)) for row, heard in pairs]
    return {
        "caught": Share.of_all(hit for _, _, hit in hits),
        "caught_or_checked": Share.of_all(hit or heard.checked for _, heard, hit in hits),
        "exact_level": Share.of_all(row["level"] in heard.levels for row, heard, _ in hits),
        "by_flag": _grouped([(str(row["flag"]), hit) for row, _, hit in hits]),
        "misses": [
            f"{row['flag']}: {heard.text!r} got {', '.join(heard.levels or heard.topics) or 'nothing'}"
            for row, heard, hit in hits
            if not hit
        ],
    }


def count_lookalikes(pairs: Sequence[Pair]) -> Figures:
    """Messages that only look like a red flag: alarms, and screening questions."""
    return {
        "false_alarm": Share.of_all(heard.alarmed for _, heard in pairs),
        "checked": Share.of_all(heard.checked for _, heard in pairs),
        "by_reason": _grouped([(str(row.get("why") or "other"), heard.alarmed) for row, heard in pairs]),
        "misses": [
            f"{', '.join(heard.flags)}: {heard.text!r} ({row.get('why')})" for row, heard in pairs if heard.alarmed
        ],
    }


def false_alarms_by_flag(pairs: Sequence[Pair]) -> dict[str, int]:
    """Which flags were raised on messages that show none, most often first."""
    return dict(Counter(flag for _, heard in pairs for flag in heard.flags[:1]).most_common())


def count_out_of_scope(pairs: Sequence[Pair]) -> Figures:
    """Messages that are none of the assistant's business: declined, answered, met with silence."""
    return {
        "declined": Share.of_all(heard.declined for _, heard in pairs),
        "silent": Share.of_all(heard.silent for _, heard in pairs),
        "by_kind": _grouped([(str(row.get("kind") or "other"), heard.declined) for row, heard in pairs]),
        "misses": [
            f"{row.get('kind')}: {heard.text!r} got {', '.join(heard.topics)}"
            for row, heard in pairs
            if not heard.declined
        ],
    }


def declines(label: str) -> bool:
    """Whether a label, were it answered, would decline."""
    return label.removeprefix("faq/") in DECLINING_TOPICS


def _grouped(hits: Sequence[tuple[str, bool]]) -> dict[str, Share]:
    names = sorted({name for name, _ in hits})
    return {name: Share.of_all(hit for other, hit in hits if other == name) for name in names}


#: What counts each kind of set that is asked one message at a time.
COUNTERS: dict[str, Callable[[Sequence[Pair]], Figures]] = {
    "questions": count_questions,
    "compound": count_compound,
    "redflag_pos": count_red_flags,
    "redflag_caution": count_red_flags,
    "redflag_neg": count_lookalikes,
    "oos": count_out_of_scope,
}
