"""What the content covers, as tables for a person who decides what to write or review next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from nmt_guide.knowledge.content import Content, Grade
from nmt_guide.knowledge.readability import grade

#: Reading grades of the short form: upper limits of the buckets. The last is the most that is allowed.
_GRADES = (4.0, 5.0, 6.0, 7.0, 8.0)

Row = tuple[str, str]


def table(content: Content) -> str:
    """All tables as text."""
    return "\n\n".join(
        _table(heading, rows)
        for heading, rows in (
            ("Claims of the source articles that a topic answers", _facts(content)),
            ("Topics by group", _counts(topic.group for topic in content.topics)),
            ("Topics by reading grade of the short form", _grades(content)),
            ("Topics by evidence", _evidence(content)),
            ("Topics by review", _counts(_review_state(topic.review.by) for topic in content.topics)),
            ("Red flags by review", _counts(_review_state(flag.review.by) for flag in content.red_flags)),
            (
                "Sources",
                _counts("read in full" if s.read_in_full else "not read in full" for s in content.sources),
            ),
        )
    )


def _facts(content: Content) -> Iterator[Row]:
    covered = {fact for topic in content.topics for fact in topic.facts}
    total = Counter(fact.assessment for fact in content.facts)
    told = Counter(fact.assessment for fact in content.facts if fact.id in covered)
    for assessment, count in total.most_common():
        yield assessment, f"{told[assessment]} of {count}"
    yield "all", f"{sum(told.values())} of {len(content.facts)}"


def _grades(content: Content) -> Iterator[Row]:
    grades = [grade(topic.short) for topic in content.topics]
    low = float("-inf")
    for high in (*_GRADES, float("inf")):
        count = sum(low < g <= high for g in grades)
        if low == float("-inf"):
            yield f"{high:.0f} or below", str(count)
        elif high == float("inf"):
            yield f"above {low:.0f}", str(count)
        else:
            yield f"above {low:.0f}, up to {high:.0f}", str(count)
        low = high


def _evidence(content: Content) -> Iterator[Row]:
    counts = Counter(topic.evidence.grade for topic in content.topics)
    for one in Grade:
        yield one.value.replace("_", " "), str(counts[one])


def _review_state(by: str | None) -> str:
    return "reviewed by a clinician" if by else "not yet reviewed by a clinician"


def _counts(names: Iterable[str]) -> Iterator[Row]:
    for name, count in sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])):
        yield name, str(count)


def _table(heading: str, rows: Iterable[Row]) -> str:
    listed = list(rows)
    left = max((len(name) for name, _ in listed), default=0)
    right = max((len(value) for _, value in listed), default=0)
    return "\n".join([heading, *(f"  {name:<{left}}  {value:>{right}}" for name, value in listed)])
