"""What a message names: conditions, medicines, places of the body, dates, durations.

Words come from the knowledge (`knowledge/facets`), numbers and dates from patterns. The speller has already put
typing mistakes right towards the same words, so exact matching of word sequences is enough here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nmt_guide.knowledge.content import DAYS, Facet
from nmt_guide.understanding.text import words


@dataclass(frozen=True)
class Named:
    """One thing that a message names.

    Attributes:
        facet: the kind of thing.
        value: id of the value, or the words themselves for numbers and dates.
        text: the words in the message.
        denied: whether it is something that the client says not to have: "no rash".
    """

    facet: str
    value: str
    text: str
    denied: bool = False


class FacetFinder:
    """Finds facets in messages.

    Args:
        facets: the values with their synonyms.
        therapists: names of the clinic's therapists.
    """

    def __init__(self, facets: Iterable[Facet], therapists: Iterable[str] = ()) -> None:
        self._values: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for facet in facets:
            for value in facet.values:
                for wording in (value.id.replace("_", " "), value.name, *value.synonyms):
                    self._add(wording, facet.facet, value.id)
        for name in therapists:
            self._add(name, "therapist", name.lower())
            self._add(name.split()[0], "therapist", name.split()[0].lower())
        #: By first word, how many words the longest wording has that begins with it.
        self._longest: dict[str, int] = {}
        for key in self._values:
            self._longest[key[0]] = max(len(key), self._longest.get(key[0], 0))

    def _add(self, wording: str, facet: str, value: str) -> None:
        key = tuple(map(_singular, words(wording)))
        if len(key) == 1 and key[0] in _EVERYDAY:
            return
        if key and (facet, value) not in self._values.setdefault(key, []):
            self._values[key].append((facet, value))

    def find(self, text: str) -> list[Named]:
        """Everything the text names, in order; of two overlapping wordings of one facet the longer one.

        Args:
            text: the message, spelling put right.
        """
        tokens = words(text)
        capitals = {word.lower() for word in re.findall(r"\b[A-Z]{2,3}\b", text)} if text != text.upper() else set()
        keys = [_singular(token) for token in tokens]
        taken: dict[str, set[int]] = {}
        found: list[tuple[int, Named]] = []
        longest = {
            start: min(self._longest[key], len(keys) - start) for start, key in enumerate(keys) if key in self._longest
        }
        for length in range(max(longest.values(), default=0), 0, -1):
            for start in (start for start, most in longest.items() if length <= most):
                span = range(start, start + length)
                key = tuple(keys[start : start + length])
                if length == 1 and key[0] in _ONLY_CAPITALS and tokens[start] not in capitals:
                    continue
                if length == 1 and key[0] in _PLACES and not self._is_place(tokens, keys, start):
                    continue
                if length == 1 and key[0] in _RUNNING and _RUNS_A_BUSINESS.match(" ".join(keys[start : start + 5])):
                    continue
                for facet, value in self._values.get(key, ()):
                    if taken.setdefault(facet, set()).isdisjoint(span):
                        taken[facet].update(span)
                        denied = facet in _DENIABLE and _is_denied(tokens, start)
                        found.append((start, Named(facet, value, " ".join(tokens[start : start + length]), denied)))
        found.sort(key=lambda place: place[0])
        named = [one for _, one in found] + list(_numbers(" ".join(tokens))) + list(_signs(text))
        named += [Named("geo", town.lower(), town.lower()) for town in _TOWN.findall(text) if not self._is_word(town)]
        if match := _THERAPIST.search(text):
            name = (match["a"] or match["b"]).lower()
            if name not in _NOT_NAMES and not any(one.text == name for one in named):
                named.append(Named("therapist", name, name))
        # "What headache? I don't have a headache": what is denied once is not the case.
        absent = {(one.facet, one.value) for one in named if one.denied}
        return [replace(one, denied=(one.facet, one.value) in absent) for one in named]

    def _is_place(self, tokens: Sequence[str], keys: Sequence[str], start: int) -> bool:
        """Whether "back", "face" or "head" is one of the body: after "my" ("me back hurts"), or in a list ("wrists and back")."""
        before = tokens[start - 1] if start else ""
        listed = before in ("and", "n", "or") and start > 1 and self._names(keys[start - 2], "location")
        mine = before == "me" and (start < 2 or tokens[start - 2] not in _RETURNS)
        return before in _BEFORE_PLACE or mine or listed

    def _names(self, key: str, facet: str) -> bool:
        return any(kind == facet for kind, _ in self._values.get((key,), ()))

    def _is_word(self, town: str) -> bool:
        """Whether what looks like the name of a town is something else that is known."""
        named = words(town)
        return not named or named[0] in _NOT_TOWNS or tuple(map(_singular, named)) in self._values


#: Facets of things that a client has or has not.
_DENIABLE = frozenset(
    [
        "condition",
        "medication",
        "surgery",
        "allergy",
        "redflag",
        "population",
        "trimester",
        "modality",
        "cause",
        "location",
    ]
)
#: "I don't have a", "never had any", "not on", "no longer take", "used to take": up to the name of the thing.
_DENIAL = re.compile(
    r"(?: (?:no|no (?:new|known|more|actual|real|longer (?:on|(?:take|taking|have|use|using)))"
    r"|(?:not|never|without|dont|don't|didnt|didn't|doesnt|doesn't|havent|haven't|hasnt|hasn't|isnt|isn't|aint|ain't)"
    r"(?: (?:have|having|has|had|got|get|take|taking|taken|use|on|say|said|mean|mention|feel|feeling|a|an|any|the|my|her|his|actually|really|even))*"
    r"|(?:used to|did) (?:take|have|be on)))(?: (?:a|an|any))? $"
)


def _is_denied(tokens: Sequence[str], start: int) -> bool:
    """Whether a thing that is named from a token on is denied: "I don't have allergies", "no fever or rash"."""
    before = " " + " ".join(tokens[max(0, start - 8) : start]) + " "
    listed = re.sub(r" \w+ (?:or|nor) $", " ", before)
    return bool(_DENIAL.search(before) or (listed != before and _DENIAL.search(listed)))


def as_mapping(named: Iterable[Named], denied: bool = False) -> dict[str, str | list[str]]:
    """Facets by name: the value, or a list when several were named or the client has another name for it.

    Args:
        named: what was found.
        denied: whether to take what the client says not to have, instead of the rest.
    """
    gathered: dict[str, list[str]] = {}
    for one in named:
        if one.denied is not denied:
            continue
        values = gathered.setdefault(one.facet, [])
        # The client's own name for it goes along ("eliquis" with apixaban) when it is another one.
        own = [] if set(words(one.text)) & set(words(one.value.replace("_", " "))) else [one.text]
        values += [value for value in (one.value, *own) if value not in values]
    return {facet: values[0] if len(values) == 1 else values for facet, values in gathered.items()}


def _singular(word: str) -> str:
    """A word without a plural or possessive ending, the same for wordings and messages."""
    word = word.removesuffix("'s")
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_NOT_NAMES = frozenset(
    [
        "the",
        "nmt",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "god",
        "christmas",
        "someone",
        "anyone",
        "english",
        "spanish",
    ]
)
#: Ids and names that are everyday words: alone they name nothing.
_EVERYDAY = frozenset(
    [
        "page",
        "first",
        "second",
        "third",
        "week",
        "month",
        "today",
        "1",
        "2",
        "3",
        "port",
        "body",
        "sit",
        "show",
        "event",
        "other",
    ]
)
#: Places of the body that are also verbs or adverbs ("come back", "face down"): only after one of these words.
_PLACES = frozenset(["back", "face", "head"])
_BEFORE_PLACE = frozenset(
    [
        "my",
        "his",
        "her",
        "your",
        "their",
        "on",
        "the",
        "all",
        "of",
        "mum's",
        "dad's",
        "lower",
        "upper",
        "bad",
        "sore",
        "whole",
        "a",
    ]
)
#: "Call me back", "set me back": in the examples seven of eight "me back" are no place of the body.
_RETURNS = frozenset(
    [
        "bring",
        "call",
        "clear",
        "cleared",
        "email",
        "gave",
        "get",
        "gets",
        "getting",
        "give",
        "gives",
        "giving",
        "got",
        "had",
        "have",
        "hit",
        "hold",
        "holding",
        "holds",
        "let",
        "message",
        "msg",
        "pay",
        "pays",
        "paid",
        "phone",
        "push",
        "put",
        "puts",
        "ring",
        "rings",
        "rang",
        "rung",
        "send",
        "set",
        "sets",
        "sewn",
        "take",
        "text",
        "txt",
        "took",
        "want",
        "wants",
        "what's",
        "whats",
        "write",
        "wrote",
    ]
)
#: Who "runs a bakery" does no sport, who "runs to the office" does.
_RUNNING = frozenset(["run", "running"])
_BUSINESSES = (
    "agency|bakery|bar|business|cafe|charity|clinic|company|daycare|department|farm|firm|garage|hotel|household|kitchen|nursery"
    "|office|pub|restaurant|salon|shop|store|studio|warehouse|workshop"
)
_RUNS_A_BUSINESS = re.compile(
    rf"\w+ (?:an?|my|our|the|his|her|their)(?: (?!and|to|in|by|for|at|from|near|past)\w+){{0,2}} (?:{_BUSINESSES})\b"
)
#: Abbreviations that are everyday words unless the client wrote them in capitals.
_ONLY_CAPITALS = frozenset(
    [
        "do",
        "us",
        "pt",
        "dc",
        "ma",
        "me",
        "or",
        "in",
        "hi",
        "ok",
        "al",
        "id",
        "la",
        "pa",
        "va",
        "met",
        "str",
        "as",
        "at",
        "it",
        "ms",
    ]
)

_COUNT: Mapping[str, str] = {
    "a": "1", "an": "1", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "couple of": "2", "couple": "2",
    "few": "few", "several": "several", "fifteen": "15", "twenty": "20", "thirty": "30", "last": "1", "past": "1",
}  # fmt: skip
#: Not "a", nor "of a".
_SPELT_COUNT = "|".join(word for word in _COUNT if word.isalpha() and len(word) > 2)
_N = r"(?P<n>\d+|" + "|".join(sorted(_COUNT, key=len, reverse=True)) + r")"
_UNIT = r"(?P<unit>minute|min|hour|day|night|week|month|year)s?"
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAYS = "|".join(DAYS)
_SHORT_DAYS = {"mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "weds": "wednesday",
               "thu": "thursday", "thur": "thursday", "thurs": "thursday", "fri": "friday", "sat": "saturday",
               "sun": "sunday"}  # fmt: skip
_ORDINAL = {"first": "1", "1st": "1", "second": "2", "2nd": "2", "third": "3", "3rd": "3", "next": "2"}

_AGO = re.compile(rf"\b(?:a )?{_N} {_UNIT} (?:ago|back|since|before|post)\b")
_SPAN = re.compile(rf"\b(?:a )?{_N} {_UNIT}\b")
_SINCE = re.compile(
    rf"\bsince (?:last )?(?P<when>(?:19|20)\d\d|{_MONTHS}|{_DAYS}|christmas|easter|summer|winter|spring|autumn|yesterday|lockdown|childhood|birth)\b"
)
_IN_MONTH = re.compile(rf"\b(?:in|last) (?P<when>{_MONTHS})\b")
_BABY = re.compile(
    r"\b(?:had|have had|having) (?:a |my |our |the )?(?:\w+ )?(?:baby|twins|section)\b|\bgave birth|\bgiven birth|post ?partum|post ?natal|newborn|after (?:the |my )?(?:baby|birth)|baby's here|breast ?feeding"
)
_ORDINAL_MONTH = re.compile(
    r"\b(?P<n>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth) month\b.*|\btrimester\b"
)
_PREGNANT = re.compile(r"\b(?:pregnan\w*|expecting|baby|bump|midwife)\b")
_THERAPIST = re.compile(
    r"\b(?:with|see|book|get) (?P<a>[A-Z][a-z]{2,})\b(?! [a-z]+ (?:pain|syndrome))|\b[Ii]s (?P<b>[A-Za-z]{3,}) still (?:work|there|around|with|available)"
)
_VAGUE = re.compile(
    r"\b(?P<span>(?:for )?(?:years|months|weeks|decades|ages)|since i was (?:a )?(?:kid|child|teen\w*))\b"
)
_AGE = re.compile(
    r"\b(?:(?:i am|i'm|im|he is|he's|she is|she's|aged|age|who is|who's|just turned|turned|is|was|\w+'s) (?P<a>\d{1,3})(?!\W?\d)(?! (?:week|month|day|minute|hour|mile|kilo))"
    r"|(?P<b>\d{1,3}) ?(?:years? old|year olds?|yr old|yo|y o))\b"
)
_AGE_WORD = re.compile(r"\b(?:he's|she's|is|aged|turned) (?P<w>" + _SPELT_COUNT + r")\b")
#: Weeks of something else, unless a pregnancy is named too: "I'm 6 weeks post op", "12 weeks into my training", "she's 10 weeks old".
_OTHER_WEEKS = r"(?! (?:post|past|out|off|into|in|old|since|after|from|away|to|until|till|before)\b)"
_WEEKS_PREGNANT = re.compile(
    r"\b(?P<n>\d{1,2}) ?(?:week|wk)s?(?! old\b)(?: (?:pregnant|along|gone|in|preg\w*))?\b.*\b(?:pregnan\w*|preg|baby|expecting|bump|trimester|midwife)"
    r"|\b(?:pregnan\w*|preg|expecting|bump|midwife)\b.*\b(?P<m>\d{1,2}) ?(?:week|wk)s?\b"
    rf"|\b(?:i'm|i am|she's|she is) (?P<k>\d{{1,2}}) weeks\b{_OTHER_WEEKS}"
)
_MONTHS_PREGNANT = re.compile(r"\b(?P<n>\d|" + _SPELT_COUNT + r") months? (?:pregnan\w*|preg|gone|along)\b")
_SPELT_MINUTES: Mapping[str, str] = {"thirty": "30", "forty": "40", "forty five": "45", "sixty": "60", "ninety": "90"}
_MINUTES = re.compile(rf"\b(?P<n>\d{{2,3}}|{'|'.join(sorted(_SPELT_MINUTES, reverse=True))}) ?(?:minute|min)s?\b")
_HALF_HOUR = re.compile(r"\bhalf (?:an )?hour\b")
_VISIT = re.compile(
    r"\b(?P<n>first|1st|second|2nd|third|3rd|next) (?:\w+ )?(?:visit|session|appointment|time|massage|treatment)\b"
    r"|\b(?P<m>first|1st|second|2nd|third|3rd) go\b(?! (?:to|and|see|for|home|back|with)\b)"
)
#: "That's four visits now", "been 3 times already"; not "had it three times", which may be anything.
_VISITS_SO_FAR = re.compile(
    r"\b(?:(?:had|been(?: here| in)?|come|came|that's|thats|done) (?:already |about |like |my )?|already )"
    rf"(?P<n>[1-9]|{_SPELT_COUNT}) (?:visits|sessions|appointments|treatments|times)\b"
    rf"|\b(?P<m>[1-9]|{_SPELT_COUNT}) (?:visits|sessions|appointments|treatments) in"
    r"(?=$| (?:and|but|now|already|so|still|with|yet|no|nothing|i|it|is|am|do|should|how|when)\b)"
)
_DATE = re.compile(
    rf"\b(?P<d>{_DAYS}|{'|'.join(_SHORT_DAYS)}|today|tomorrow|tonight|weekend|next week)\b"
    rf"|\b(?:in|by|until|till|before|this(?! may\b)|next|end of|early|late|mid) (?P<month>{_MONTHS})\b"
    r"|\b(?:the|on) (?P<nth>\d{1,2}(?:st|nd|rd|th))\b(?! (?:visit|session|time|go|appointment|treatment|day|floor|toe|finger|rib|vertebra|disc)\b)"
)
_TIME = re.compile(
    r"\b(?P<t>(?:after|before|around|at|by) (?:\d{1,2}(?: ?[ap]m)?|noon|lunch|work|school)|\d{1,2} ?[ap]m|morning|afternoon|evening|lunchtime)\b"
)
_EVENT = re.compile(rf"\b(?:in|within) (?:a )?{_N} {_UNIT}|(?:on|this|next) (?P<day>{_DAYS}|weekend)\b")
_RACE = re.compile(
    r"\b(?:race|marathon|half|10k|5k|match|game|competition|triathlon|ironman|event|performance|show|tournament|meet|big day)\b"
)
_SPINE = re.compile(r"\b(?P<s>[clts]\d{1,2})\b")
_SAME_DAY = re.compile(
    r"\b(?:today|this morning|this afternoon|tonight|just had|just left|straight after|right after)\b"
)
_YESTERDAY = re.compile(r"\byesterday(?:'s)?|last night|day after|next day\b")


#: What needs signs and capitals: "I'm a teacher, 34, and", "for my 50th", "at 1:30", "L5/S1", "moving to Leeds".
_AGE_BESIDE = re.compile(
    r"\bI'?m (?:a|an|the) [^.?!,\d]{3,40}, ?(?P<a>[1-9]\d)(?=,(?! ?\d)|[.!?]?\s*$|\. )"
    r"|\bmy (?P<b>[1-9]\d)th(?= (?:birthday|party|and|in|on|next|this)\b|\s*(?:[.,!?]|$))",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\d.,:£$€])(?P<t>(?:[01]?\d|2[0-3]):[0-5]\d(?: ?[ap]m)?|(?:[01]?\d|2[0-3])\.[0-5]\d ?[ap]m"
    r"|(?<=\bat )(?:[01]?\d|2[0-3])\.[0-5]\d)(?![\d.:]\d|\w)",
    re.IGNORECASE,
)
_DISC = re.compile(r"\b([clts]\d{1,2} ?[/-] ?[clts]?\d{1,2})\b", re.IGNORECASE)
_TOWN = re.compile(
    r"\b(?:[Ii]n|[Nn]ear|[Aa]round|[Oo]utside|(?:am|I'?m|are|com(?:e|es|ing)|mov(?:ed|ing)|travel\w*|driv\w+|fl(?:y|ying|ew)) from"
    r"|(?:mov|com|go|travel|fly)(?:e|es|ing|ed)? (?:back |over |up |down )?to) ([A-Z][a-zà-ž]{2,}(?:[ -][A-Z][a-zà-ž]{2,})?)(?!\w)"
)
_NOT_TOWNS = frozenset(
    [
        *_NOT_NAMES, *_MONTHS.split("|"), "polish", "french", "german", "italian", "portuguese", "arabic",
        "hindi", "chinese", "google", "youtube", "instagram", "facebook", "amazon", "zoom", "whatsapp", "reddit", "tiktok", "pilates",
        "covid", "easter", "lent", "ramadan", "physio", "you", "your", "this", "what", "my", "jan", "feb",
        "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "pain", "left", "right", "both", "less", "work", "bed",
        "general", "addition", "finance", "weeks",
    ]
)  # fmt: skip


def _signs(text: str) -> Iterable[Named]:
    for match in _AGE_BESIDE.finditer(text):
        yield Named("age", match["a"] or match["b"], match[0].lower())
    for match in _CLOCK.finditer(text):
        yield Named("time", match["t"], match[0].lower())
    for match in _DISC.finditer(text):
        yield Named("location", match[1].upper().replace(" ", ""), match[0].lower())


def _count(text: str) -> str:
    return _COUNT.get(text, text)


def _numbers(text: str) -> Iterable[Named]:
    """Durations, ages, dates and the like, which no list can hold."""
    for match in _AGO.finditer(text):
        span = f"{_count(match['n'])} {match['unit']}{'' if match['n'] == '1' else 's'}"
        yield Named("time_since", span, match[0])
        yield Named("time_after", span, match[0])
        if match["unit"] in ("week", "month"):
            count = _count(match["n"])
            weeks = str(int(count) * (4 if match["unit"] == "month" else 1)) if count.isdigit() else count
            yield Named("weeks_since", weeks, match[0])
    for match in _SPAN.finditer(text):
        if match["unit"] not in ("minute", "min", "hour") and match["n"] not in ("last", "past"):
            yield Named("duration", f"{_count(match['n'])} {match['unit']}s", match[0])
        elif match["n"] in ("last", "past"):
            yield Named("duration", f"1 {match['unit']}", match[0])
    for match in _SINCE.finditer(text):
        yield Named("duration", match[0], match[0])
    for match in _IN_MONTH.finditer(text):
        yield Named("duration", f"since {match['when']}", match[0])
    for match in _VAGUE.finditer(text):
        yield Named("duration", match["span"].removeprefix("for "), match[0])
    for match in _AGE.finditer(text):
        yield Named("age", match["a"] or match["b"], match[0])
    for match in _AGE_WORD.finditer(text):
        yield Named("age", _count(match["w"]), match[0])
    yield from _pregnancy(text)
    for match in _MINUTES.finditer(text):
        yield Named("duration_minutes", _SPELT_MINUTES.get(match["n"], match["n"]), match[0])
    if once := _HALF_HOUR.search(text):
        yield Named("duration_minutes", "30", once[0])
    for match in _VISIT.finditer(text):
        yield Named("visit_number", _ORDINAL[match["n"] or match["m"]], match[0])
    for match in _VISITS_SO_FAR.finditer(text):
        yield Named("visit_number", _count(match["n"] or match["m"]), match[0])
    for match in _DATE.finditer(text):
        day = match["d"] or match["month"] or match["nth"]
        yield Named("date", _SHORT_DAYS.get(day, day), match[0])
    for match in _TIME.finditer(text):
        yield Named("time", match["t"], match[0])
    if _RACE.search(text):
        for match in _EVENT.finditer(text):
            when = (
                match["day"] or f"{_count(match['n'])} {match['unit']}{'' if match['n'] in ('a', 'one', '1') else 's'}"
            )
            yield Named("time_to_event", when, match[0])
    for match in _SPINE.finditer(text):
        yield Named("location", match["s"].upper(), match[0])
    if once := _SAME_DAY.search(text):
        yield Named("time_after", "same_day", once[0])
        yield Named("time_since", "today", once[0])
    if once := _YESTERDAY.search(text):
        yield Named("time_after", "1_day", once[0])
        yield Named("time_since", "1_day", once[0])


def _pregnancy(text: str) -> Iterable[Named]:
    weeks = None
    if match := _WEEKS_PREGNANT.search(text):
        weeks = int(match["n"] or match["m"] or match["k"])
    elif match := _MONTHS_PREGNANT.search(text):
        months = _count(match["n"])
        weeks = int(months) * 4 if months.isdigit() else None
    elif _PREGNANT.search(text) and (match := _ORDINAL_MONTH.search(text)) and match["n"]:
        order = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
        weeks = order.index(match["n"]) * 4 + 2
    if found := _BABY.search(text):
        yield Named("trimester", "postpartum", found[0])
        return
    if match and weeks is not None and weeks <= 42:
        yield Named("trimester", "first" if weeks < 14 else "second" if weeks < 28 else "third", match[0])
