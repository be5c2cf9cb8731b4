"""What a message wishes of a therapist: a woman, Spanish, Saturdays, within 20 miles, jaw work."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from nmt_guide.dialogue.model import Facets, Turn, values_of
from nmt_guide.directory.distance import KM_PER_MILE, in_miles
from nmt_guide.knowledge.content import DAYS

_WOMAN = re.compile(r"\b(?:wom[ae]n|females?|lad(?:y|ies))\b", re.IGNORECASE)
_MAN = re.compile(r"\b(?:m[ae]n|males?|guys?|gentlem[ae]n)\b", re.IGNORECASE)
#: "I am a pregnant woman", "as a man": the client, not the therapist.
_CLIENT = re.compile(
    r"\b(?:i['’]?m|i am|as|being)\s+(?:an?\s+)?(?:\w+\s+)?(?:wom[ae]n|females?|lad(?:y|ies)|m[ae]n|males?)\b",
    re.IGNORECASE,
)
#: "Rather not a guy", "no men please".
_UNWANTED = re.compile(
    r"\b(?:not|no|n't|without|instead of)\s+(?:have\s+|see\s+|want\s+|like\s+|with\s+|by\s+)*(?:an?\s+|any\s+|the\s+)?"
    r"(?:wom[ae]n|females?|lad(?:y|ies)|m[ae]n|males?|guys?)\b",
    re.IGNORECASE,
)
_ANY_GENDER = re.compile(
    r"\b(?:(?:any|either|both) genders?|either (?:is )?(?:fine|ok(?:ay)?|one)|(?:man|male|men) or (?:a )?(?:wom[ae]n|female)|"
    r"(?:wom[ae]n|female) or (?:a )?(?:m[ae]n|male)|(?:gender|sex) does ?n[o']?t matter)\b",
    re.IGNORECASE,
)
#: "No Spanish needed", "doesn't have to speak Spanish", "any day".
_ANY_LANGUAGE = re.compile(
    r"\b(?:no \w+ (?:is )?needed|(?:does ?n['’o]?t|do ?n['’o]?t|not|needn['’]?t) (?:really )?(?:have to |need to |need |must )?speak|any language|"
    r"language does ?n['’o]?t matter)\b",
    re.IGNORECASE,
)
_ANY_DAY = re.compile(r"\b(?:any day|whenever|(?:the )?day does ?n['’o]?t matter)\b", re.IGNORECASE)
_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100}  # fmt: skip
_NUMBER = rf"(?P<number>\d+(?:\.\d+)?|{'|'.join(_NUMBERS)})"
_UNIT = r"(?P<unit>miles?|mi|kms?|kilomet(?:er|re)s?)"
_WITHIN = re.compile(
    rf"\b(?:within|inside|up to|at most|(?:no|not) (?:more|further|farther) than|less than|under|max(?:imum)?)\s+(?:about\s+)?(?:a\s+)?"
    rf"{_NUMBER}[\s-]*{_UNIT}?\b(?!\s*(?:min|hour|day|week|session|visit|dollar|%))|\b(?P<number2>\d+)[\s-]*(?P<unit2>miles?|mi|kms?|kilomet(?:er|re)s?)"
    r"(?:\s+(?:radius|away|max|of|from|around|is (?:fine|ok))|\s*$)",
    re.IGNORECASE,
)
#: "In kilometres?", "how far is that in miles": the units that distances are told in.
_UNITS = re.compile(
    r"\b(?:in|to|into|as|use)\s+(?:(?P<km>kms?|kilomet(?:er|re)s?)|miles?)\b(?!\s+(?:from|of|away|around))"
    r"|^\W*(?:(?:and|what about|how many)\s+)?(?:(?P<km2>kms?|kilomet(?:er|re)s?)|miles)(?:\s+(?:please|is that|would that be))?\W*$",
    re.IGNORECASE,
)
_NEW_CLIENTS = re.compile(
    r"\b(?:(?:takes?|taking|accepts?|accepting|sees?|seeing|open to|welcomes?|has room for)\s+(?:on\s+)?(?:any\s+)?new\b|new (?:clients?|patients?)|"
    r"(?:takes?|taking|accepts?|accepting) (?:clients?|patients?))",
    re.IGNORECASE,
)
_HOME = re.compile(
    r"\b(?:home visits?|house ?calls?|(?:comes?|coming|travels?) to (?:me|my|us|our|the house|people|clients)|"
    r"at my (?:home|house|place)|mobile (?:therapist|massage))\b",
    re.IGNORECASE,
)
_SHORT_DAY = r"(?:mon|tues?|weds?|thurs?|fri|sat|sun)s?\b"
_DAY = re.compile(
    rf"\b(?P<day>{'|'.join(DAYS)})s?\b"
    rf"|\b(?:on|this|next|every|or|there|here|in|anything|open|free|works?|and)\s+(?P<short>{_SHORT_DAY})(?!\s+(?:down|there|in|on|at|all|for|still|next|cream)\b)",
    re.IGNORECASE,
)
#: "Mon, Tuesday or Thursday".
_SOME_DAY = rf"(?:(?:{'|'.join(DAYS)})s?|{_SHORT_DAY})"
_EITHER_DAY = re.compile(rf"\b{_SOME_DAY}(?:\s*(?:,|/|or|and)\s*{_SOME_DAY})+", re.IGNORECASE)
_WEEKEND = re.compile(r"\bweek-?ends?\b", re.IGNORECASE)
#: "today" is a day to see someone on only with these words: "my back is bad today" wishes nothing.
_RELATIVE = re.compile(r"\b(?:for|on|works?|working|open|free|available|in)\s+(today|tomorrow)\b", re.IGNORECASE)
_SPEAKS = re.compile(
    r"\b(?:speaks?|speaking|speaker|talks?|language|fluent|in|habla\w*|who knows|bilingual)\b|^\W*\w+\W*(?:please|pls|only)?\W*$",
    re.IGNORECASE,
)
#: What a therapist is good at, in the client's own words.
_WORK = re.compile(
    r"\b(?:who|that|and) (?:does|do|treats?|helps? with|works? (?:on|with)|knows about|specali[sz]es? in|speciali[sz]es? in)\s+(?!(?:you|u|ya|we|they|i|he|she|your|the|mornings?|afternoons?|evenings?|nights?|weekends?|insurance)\b)(?P<a>[a-z][a-z' -]{2,40}?)"
    r"(?=\s+(?:near|in|around|close|at|within|on|and|who|please|for)\b|[,.?!;]|$)"
    r"|\b(?:good (?:with|at)|experienced? (?:in|with)|speciali[sz](?:es|ing|ed|t) (?:in|for)|expert (?:in|on)|trained in)\s+(?P<b>[a-z][a-z' -]{2,40}?)"
    r"(?=\s+(?:near|in|around|close|at|within|on|and|who|please|for)\b|[,.?!;]|$)",
    re.IGNORECASE,
)
#: Words after "who does" that name no work of their own.
_ANY_WORK = frozenset(["nmt", "it", "this", "that", "neuromuscular therapy", "massage", "this work", "massages", "neuromuscular massage", "this kind of work"])  # fmt: skip
#: Facets that say what hurts, and so what the therapist should be good at.
_WORKS = ("condition", "location", "technique", "sport")


def wishes(turn: Turn, country: str, now: datetime) -> dict[str, Any]:
    """What a message wishes of a therapist, as fields of `Wish` without the place.

    Args:
        turn: the message, understood.
        country: where is searched (ISO 3166): whether "within 20" means miles or kilometres.
        now: the clinic's time, for "tomorrow".

    Returns:
        Only the fields that the message speaks of; a wish that is taken back ("any gender") is there with no value.
    """
    text = turn.text
    facets = named_in(turn)
    found: dict[str, Any] = {}
    if _ANY_GENDER.search(text):
        found["gender"] = None
    elif gender := _gender(text):
        found["gender"] = gender
    if _ANY_LANGUAGE.search(text):
        found["language"] = None
    elif (language := next(iter(values_of(facets, "language")), None)) and _SPEAKS.search(text):
        found["language"] = language
    if _ANY_DAY.search(text):
        found["day"] = None
    elif day := _day(text, now):
        found["day"] = day
    if within := _within(text, country):
        found["within"], miles = within
        if miles is not in_miles(country):
            found["miles"] = miles
    if units := _UNITS.search(text):
        found["miles"] = not (units["km"] or units["km2"])
    if _NEW_CLIENTS.search(text):
        found["new_clients"] = True
    if _HOME.search(text):
        found["home_visit"] = True
    # A list holds the client's own words beside what they were read as: "certified NMT therapist" asks for no CNMT.
    if isinstance(credential := facets.get("credential"), str):
        found["credential"] = credential
    if work := _work(text, facets):
        found["speciality"] = work
    return found


def named_in(turn: Turn) -> Facets:
    """What all questions of a message name; of two values of one facet the later."""
    together: Facets = {}
    for question in turn.questions:
        together.update(question.facets)
    return together


def _gender(text: str) -> str | None:
    text = _CLIENT.sub(" ", text)
    unwanted = _UNWANTED.search(text)
    woman, man = _WOMAN.search(text), _MAN.search(text)
    if unwanted is not None:
        return "male" if _WOMAN.search(unwanted[0]) else "female"
    if woman and man:
        return None
    return "female" if woman else "male" if man else None


def either_day(text: str) -> frozenset[str]:
    """The days of which one is wished for: "only Tuesdays or Thursdays"; none when there are not several."""
    joined = _EITHER_DAY.search(text)
    return frozenset(map(_day_name, re.findall(_SOME_DAY, joined[0], re.IGNORECASE)) if joined else ())


def _day_name(said: str) -> str:
    return next(day for day in DAYS if day.startswith(said.lower()[:3]))


def _day(text: str, now: datetime) -> str | None:
    if days := list(_DAY.finditer(text)):
        # Of several the last one: "so Friday is out, Wednesday then?"
        return _day_name(days[-1]["day"] or days[-1]["short"])
    if _WEEKEND.search(text):
        return "saturday"
    if match := _RELATIVE.search(text):
        ahead = timedelta(days=match[1].lower() == "tomorrow")
        return DAYS[(now + ahead).weekday()]
    return None


def _within(text: str, country: str) -> tuple[float, bool] | None:
    """How far, in km, and whether it was said in miles."""
    match = _WITHIN.search(text)
    if match is None:
        return None
    number = (match["number"] or match["number2"]).lower()
    unit = (match["unit"] or match["unit2"] or "").lower()
    amount = float(_NUMBERS.get(number) or number)
    miles = unit.startswith("mi") if unit else in_miles(country)
    return (amount * KM_PER_MILE if miles else amount), miles


def _work(text: str, facets: Facets) -> str | None:
    """The work that is wished for: what is named, else the client's own words for it."""
    for facet in _WORKS:
        value = next(iter(values_of(facets, facet)), None)
        if value and value not in _ANY_WORK:
            return value
    # "who does home visits" is another wish.
    if match := _WORK.search(_HOME.sub(" ", _NEW_CLIENTS.sub(" ", text))):
        words = (match["a"] or match["b"]).strip().lower()
        return None if words in _ANY_WORK else words
    return None
