"""What is asked of the clinic's own therapists: "is Maya there on Saturday?", "a woman who speaks Spanish, for my shoulder".

`clinic.yml` holds the team; `nmt_guide.dialogue.profiles` has the words, as for therapists of the directory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from nmt_guide.dialogue.model import Facets, Turn, values_of
from nmt_guide.dialogue.profiles import Profiles, asked_about, named_days
from nmt_guide.dialogue.wishes import either_day, wishes
from nmt_guide.directory.model import Hit, Therapist, Wish
from nmt_guide.knowledge.content import DETAIL_FACET, Content, in_words

#: The topic that shows the team, and the one about visits.
TOPIC = "therapist_bio"
BOOKING = "booking"
#: Topics under which something may be asked of the team or one of them.
TEAM_TOPICS = frozenset(
    [TOPIC, BOOKING, "hours_location", "language_access", "cred_certifications", "cred_licensing", "cred_training"]
)
#: Those of them that a line on a therapist does not answer: "how do I check Maya's license?"
BESIDE_TEAM = frozenset(["cred_certifications", "cred_licensing", "cred_training"])
_LANGUAGE_TOPIC = "language_access"
#: In English, which a message in the other language is not: "does anyone speak Spanish".
_WHO_SPEAKS = re.compile(
    r"\b(?:any|some|every)(?:one|body)\b|\bwho(?:'s)?\b|\b(?:therapist|staff|somebody|person|people)\b|\byour team\b",
    re.IGNORECASE,
)
_WHICH_DAYS = re.compile(r"\b(?:which|what) days?\b", re.IGNORECASE)
#: What `asked_about` may find that the clinic's own file answers.
_ON_FILE = frozenset(["days", "language", "credentials", "specialities"])
#: What stands before the name of who is not wished for: "I do not want Ben".
_UNWANTED = r"(?:\bnot|n'?t|\bno|\bwithout|\binstead of|\bexcept|\bother than|\banyone but|\bavoid)\s+(?:want\s+|like\s+|with\s+|see\s+|by\s+|have\s+)*"
_PRONOUN = re.compile(r"\b(?:she|he|her|him)\b", re.IGNORECASE)
#: Words of a speciality that say nothing of what it is about.
_EMPTY = frozenset(["pain", "ache", "and", "the", "of", "in", "or", "other", "after", "work", "problem"])
_ONE = "On our team, that is:"
_SOME = "On our team, these are:"
_NOBODY = "On our team, nobody fits all of that, as far as I know. Here is everyone:"
_IS_THERE = "Yes, {name} is here on {day}s."
_IS_NOT = "{name} is here on {days}, so not on {day}s."
_UNKNOWN = "I do not have the days of {name} on file."
_OTHER = "On {day}s, {names} is here."
_HOURS = "Our hours on {day}s: {hours}."
_OTHERS = "On {day}s, {names} are here."
_NONE_ON = "No {gender} therapist is here on {day}s. {others}"
_HERE_ON = "{name} is here on {days}."
_NO_TIMES = (
    "I cannot see which times are free, and I cannot book for you. Ask for yours at {ways}. Please tell us first about pregnancy, "
    "recent surgery, or a serious illness."
)
#: A day that is not wished for: "my back hurts since Friday", "I need to move my Friday visit", "I can't do Friday".
_OTHER_DAY = re.compile(
    r"\b(?:since|last|was|were|move|change|resched\w*|my|not|cancel|can'?t|cannot|except|but)\b[^.!?,]{0,20}\b(?:mon|tue|wed|thu|fri|sat|sun)",
    re.IGNORECASE,
)


class Team:
    """The clinic's own therapists.

    Args:
        content: the knowledge, with the facts of the clinic.
    """

    def __init__(self, content: Content) -> None:
        self._content = content
        people = content.clinic.therapists
        lines = (content.clinic.text("therapists") or "").splitlines() if people else []
        self._lines = [line.removeprefix("- ") for line in lines]
        self._hits = [Hit(_therapist(one, content), None) for one in people]
        self._profiles = Profiles(content, Wish())

    def answer(self, topic: str, turn: Turn, facets: Facets, now: datetime) -> str | None:
        """What is known of the team that a message asks; None when it asks nothing of the kind.

        Args:
            topic: what the message is about, one of `TEAM_TOPICS`.
            turn: the message, understood.
            facets: what the client named, now and earlier.
            now: the clinic's time, for "tomorrow".
        """
        wish = wishes(turn, self._content.clinic.text("country") or "", now)
        people = self._named(turn, facets)
        asked = asked_about(turn.text)
        if asked not in _ON_FILE and "language" in wish:
            asked = "language"
        if people and (asked in _ON_FILE or topic == TOPIC):
            books = [self._profiles.answer("booking", people[0])] if topic == BOOKING else []
            return " ".join([self._about(people, asked, wish), *books])
        if not people and wish.get("language") and topic in (TOPIC, _LANGUAGE_TOPIC) and _WHO_SPEAKS.search(turn.text):
            return self._who(wish, frozenset()) or self._speakers(wish["language"]) or None
        if topic == TOPIC and not people and _WHICH_DAYS.search(turn.text):
            return self._days_of(wish)
        one_day = len(either_day(turn.text)) <= 1 and not re.search(r"\bthan\b", turn.text)
        if topic == BOOKING and not people and one_day and wish.get("day") and not _OTHER_DAY.search(turn.text):
            return self._visits_on(wish["day"], turn, wish.get("gender"))
        return self._who(wish, either_day(turn.text)) if topic == TOPIC and not people else None

    def _named(self, turn: Turn, facets: Facets) -> list[Hit]:
        """Who is named in the message, or was before and is meant by "she"."""
        now = {name for question in turn.questions for name in values_of(question.facets, "therapist")}
        names = now or (set(values_of(facets, "therapist")) if _PRONOUN.search(turn.text) else set())
        first_names = {hit.therapist.name.split()[0].lower(): hit for hit in self._hits}
        return [
            hit
            for first, hit in first_names.items()
            if names & {hit.therapist.name.lower(), first}
            and not re.search(_UNWANTED + re.escape(first), turn.text, re.IGNORECASE)
        ]

    def _about(self, people: Sequence[Hit], asked: str | None, wish: Mapping[str, Any]) -> str:
        if asked not in _ON_FILE:
            return "\n".join(self._lines[self._hits.index(hit)] for hit in people)
        if asked == "days" and wish.get("day"):
            return self._there_on(wish["day"], [hit.therapist for hit in people])
        return " ".join(self._profiles.answer(asked, hit, wish.get("language")) for hit in people)

    def _there_on(self, day: str, people: Sequence[Therapist]) -> str:
        texts = []
        for one in people:
            days = named_days(one.days)
            form = _IS_THERE if day in one.days else _IS_NOT if days else _UNKNOWN
            texts.append(form.format(name=one.name, days=days, day=day.capitalize()))
        if not any(day in one.days for one in people):
            texts += self._others_on(day, people)
        return " ".join(filter(None, [*texts, self._hours_on(day)]))

    def _visits_on(self, day: str, turn: Turn, gender: str | None) -> str | None:
        """The hours of a day, who is there, and how to book; None when the clinic is closed, or the content says more.

        Args:
            day: in English, in lower case.
            turn: the message, understood.
            gender: of the therapist that is wished for.
        """
        text = self._content.clinic.text
        ways = [way for way in (text("booking_url"), text("phone")) if way]
        hours = self._hours_on(day)
        detail = gender is None and any(DETAIL_FACET in question.facets for question in turn.questions)
        if not (hours and ways) or detail:
            return None
        wanted = [hit for hit in self._hits if gender in (None, hit.therapist.gender)]
        there = self._others_on(day, [hit.therapist for hit in self._hits if hit not in wanted])
        if wanted and not there:
            days = ((hit.therapist.name, named_days(hit.therapist.days)) for hit in wanted)
            others = " ".join(_HERE_ON.format(name=name, days=days) for name, days in days if days)
            there = [_NONE_ON.format(gender=gender, day=day.capitalize(), others=others)] if gender else []
        return " ".join([hours, *there, _NO_TIMES.format(ways=" or ".join(ways))])

    def _hours_on(self, day: str) -> str | None:
        if not (self._content.clinic.facts.get("hours") or {}).get(day):
            return None
        return _HOURS.format(day=day.capitalize(), hours=self._content.clinic.text(f"hours.{day}"))

    def _others_on(self, day: str, people: Sequence[Therapist] = ()) -> list[str]:
        names = [hit.therapist.name for hit in self._hits if day in hit.therapist.days and hit.therapist not in people]
        form = _OTHER if len(names) == 1 else _OTHERS
        return [form.format(day=day.capitalize(), names=in_words(names))] if names else []

    def _who(self, wish: Mapping[str, Any], days: Set[str]) -> str | None:
        wanted = {key: wish[key] for key in ("gender", "language", "speciality") if wish.get(key)}
        if days or wish.get("day"):
            wanted["days"] = days or {wish["day"]}
        if "speciality" in wanted and not any(self._does(hit, wanted["speciality"]) for hit in self._hits):
            del wanted["speciality"]  # nobody's line speaks of it, which does not say that nobody does it
        if not wanted:
            return None
        found = [line for line, hit in zip(self._lines, self._hits, strict=True) if self._fits(hit, wanted)]
        if len(found) == len(self._hits):
            return None
        intro = _NOBODY if not found else _ONE if len(found) == 1 else _SOME
        return "\n".join([intro, *(f"- {line}" for line in found or self._lines)])

    def _speakers(self, language: str) -> str:
        """Who speaks a language, where that is everyone."""
        return " ".join(self._profiles.answer("language", hit, language) for hit in self._hits)

    def _days_of(self, wish: Mapping[str, Any]) -> str | None:
        """The days of all who fit; None when nobody does, or nobody's days are on file."""
        wanted = {key: wish[key] for key in ("gender", "language") if wish.get(key)}
        fitting = [hit.therapist for hit in self._hits if self._fits(hit, wanted)]
        return (
            " ".join(_HERE_ON.format(name=one.name, days=named_days(one.days)) for one in fitting if one.days) or None
        )

    def _fits(self, hit: Hit, wanted: Mapping[str, Any]) -> bool:
        person = hit.therapist
        return (
            wanted.get("gender") in (None, person.gender)
            and (wanted.get("language") is None or wanted["language"] in person.languages)
            and (wanted.get("days") is None or not wanted["days"].isdisjoint(person.days))
            and (wanted.get("speciality") is None or self._does(hit, wanted["speciality"]))
        )

    def _does(self, hit: Hit, speciality: str) -> bool:
        return bool(_telling(self._profiles.work(speciality)) & _telling(" ".join(hit.therapist.specialities)))


def _therapist(facts: Mapping[str, Any], content: Content) -> Therapist:
    """A therapist of `clinic.yml` as one of the directory."""
    known = {value.name.lower(): value.id for value in content.facet["language"].values}
    languages = [str(language) for language in facts.get("languages") or ()]
    text = content.clinic.text
    return Therapist(
        id=str(facts["name"]).lower().replace(" ", "-"),
        name=str(facts["name"]),
        credentials=(str(facts["credentials"]),),
        specialities=tuple(map(str, facts.get("specialities") or ())),
        address="", city="", region="", country=text("country") or "", postcode="", latitude=0.0, longitude=0.0,
        languages=tuple(known.get(language.lower(), language) for language in languages),
        gender=facts.get("gender"),
        days=tuple(map(str, facts.get("days") or ())),
        home_visits=False,
        accepts_new_clients=True,
        phone=text("phone"),
        email=text("email"),
        website=None,
        booking_url=text("booking_url"),
    )  # fmt: skip


def _telling(text: str) -> set[str]:
    words = re.findall(r"[a-z]+", text.lower())
    return {word.removesuffix("s") for word in words} - _EMPTY
