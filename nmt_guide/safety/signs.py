"""Finds signs (symptoms, places, circumstances) in a message and says whether they are denied, past or only asked about.

A wording of a sign is written in a small language that a clinician can read:

    numb                 the word; an ending such as -s, -ed, -ing or -ness may follow only where `*` stands
    swell*               any word that begins so
    cant feel            words in this order, one after the other
    lost .. feeling      up to three other words in between, no denial among them
    (left|right) arm     one of several words

Words are compared in lower case, without apostrophes, after the speller has put typing mistakes right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache

from nmt_guide.knowledge.content import Rule, Sign

#: Words after which a sign within the next words of the same clause is denied.
_DENIALS = frozenset(
    [
        "no",
        "not",
        "never",
        "without",
        "none",
        "neither",
        "nor",
        "isnt",
        "arent",
        "wasnt",
        "werent",
        "dont",
        "doesnt",
        "didnt",
        "havent",
        "hasnt",
        "hadnt",
        "denies",
        "negative",
    ]
)
_DENIAL_REACH = 6
#: Up to three words, none of them a denial: "calf .. swollen" is not in "my calf is not swollen".
_GAP = rf"(?:(?!(?:{'|'.join(sorted(_DENIALS))}) )[a-z0-9]+ ){{0,3}}"
_CLAUSE_END = re.compile(r"[.!?;:\n]|,? but |,? though |,? except |,? however |,? only ")
_TOKEN = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Found:
    """A sign found in a message: where it stands (token positions) and with which words."""

    sign: str
    start: int
    end: int
    words: str
    denied: bool


class Text:
    """A message cut into tokens and clauses.

    Args:
        text: the message, its spelling put right.
    """

    def __init__(self, text: str) -> None:
        lowered = text.lower().replace("'", "").replace("’", "")
        self.tokens: list[str] = []
        self.clause: list[int] = []
        self._phrase: list[tuple[int, int]] = []
        for number, part in enumerate(_CLAUSE_END.split(lowered)):
            for place, phrase in enumerate(part.split(",")):
                tokens = _TOKEN.findall(phrase)
                self.tokens += tokens
                self.clause += [number] * len(tokens)
                self._phrase += [(number, place)] * len(tokens)

    @cached_property
    def joined(self) -> str:
        """The tokens with a single space around each, for matching."""
        return " " + " ".join(self.tokens) + " "

    @cached_property
    def _starts(self) -> Mapping[int, int]:
        starts, place = {}, 1
        for number, token in enumerate(self.tokens):
            starts[place] = number
            place += len(token) + 1
        return starts

    def starts(self) -> Iterator[tuple[int, str]]:
        """The tokens, each with its place in `joined`."""
        return zip(self._starts, self.tokens, strict=True)

    def token_at(self, place: int) -> int:
        """Number of the token that begins at a place of `joined`."""
        return self._starts[place]

    def denied(self, start: int, spoken_for: Set[int]) -> bool:
        """Whether a denial stands shortly before a token, in the same clause.

        Args:
            start: number of the token.
            spoken_for: tokens that belong to the wording of a sign: "no feeling" denies nothing that follows it.
        """
        return any(
            self.tokens[n] in _DENIALS and self.clause[n] == self.clause[start] and n not in spoken_for
            for n in range(max(0, start - _DENIAL_REACH), start)
        )

    def denial_ends(self, first: int, last: int) -> bool:
        """Whether a wording from one token to another begins with a denial that a comma ends before the last word: in "no
        numbness, pee fine" there is no "no .. pee"."""
        return self.tokens[first] in _DENIALS and self._phrase[first] != self._phrase[last]

    def without_denied(self, found: Iterable[Found]) -> str | None:
        """What is left without the signs that are denied: of "it is not swollen, it aches" the rest, "it is it aches".

        No comma may stand between a denial and its sign: "no injury, my back went" says that the back went.

        Returns:
            The words in lower case; None when nothing is denied.
        """
        cut: set[int] = set()
        for sign in found:
            if sign.denied:
                for n in range(sign.start - 1, max(-1, sign.start - 1 - _DENIAL_REACH), -1):
                    if self._phrase[n] == self._phrase[sign.start] and self.tokens[n] in _DENIALS:
                        cut.update(range(n, sign.end))
                        break
        return " ".join(word for n, word in enumerate(self.tokens) if n not in cut) if cut else None


#: What so many words, and pairs of words, may begin is kept: some megabytes.
_WORDS_KEPT, _PAIRS_KEPT = 4096, 16384


class SignFinder:
    """Finds all signs of the knowledge in a text."""

    def __init__(self, signs: Iterable[Sign]) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}
        #: By their first word and by their second one, both as wordings write them, the signs that have such wordings.
        self._openings: dict[str, dict[str, set[str]]] = {}
        for sign in signs:
            self._patterns[sign.id] = compile_wordings(sign.wordings)
            for first, second in {opening for wording in sign.wordings for opening in openings(wording)}:
                self._openings.setdefault(first, {}).setdefault(second, set()).add(sign.id)
        self._begun_by = lru_cache(maxsize=_PAIRS_KEPT)(self._look_up)

    def find(self, text: Text) -> list[Found]:
        """Every place where a sign's wording stands.

        A denial that is part of a wording ("cant feel", "no feeling") denies neither that sign nor its neighbours.
        """
        places = []
        for sign, starts in self._possible(text).items():
            end = 0
            for start in starts:
                match = self._patterns[sign].match(text.joined, start) if start >= end else None
                if match is None:
                    continue
                first = text.token_at(start)
                last = first + match.group(1).count(" ")
                if not text.denial_ends(first, last):
                    end = match.end()
                    places.append((sign, first, last + 1, match.group(1)))
        spoken_for = {n for _, start, end, _ in places for n in range(start, end)}
        return [Found(sign, start, end, words, text.denied(start, spoken_for)) for sign, start, end, words in places]

    def _possible(self, text: Text) -> dict[str, list[int]]:
        """Where in `joined` a wording of a sign may begin, by sign; to look everywhere takes many times as long."""
        possible: dict[str, list[int]] = {}
        for (start, token), following in zip(text.starts(), [*text.tokens[1:], ""], strict=False):
            for sign in self._begun_by(token, following):
                possible.setdefault(sign, []).append(start)
        return {sign: possible[sign] for sign in self._patterns if sign in possible}

    def _look_up(self, token: str, following: str) -> frozenset[str]:
        """The signs of which a wording may begin with these two words."""
        found: set[str] = set()
        for by_second in filter(None, map(self._openings.get, _as_written(token))):
            found.update(*(by_second.get(second, ()) for second in ("", *_as_written(following))))
        return frozenset(found)


@lru_cache(maxsize=_WORDS_KEPT)
def _as_written(word: str) -> tuple[str, ...]:
    """What may stand in a wording for a word of a message."""
    return word, *(word[:length] + "*" for length in range(len(word) + 1))


def openings(wording: str) -> set[tuple[str, str]]:
    """The pairs of words that a wording may begin with; the second is "" where any may follow.

    "(left|right) arm" begins with ("left", "arm") or ("right", "arm"), "numb" and "numb .. leg" with ("numb", "").
    """
    found: set[tuple[str, str]] = set()
    for plain in _ungrouped(wording):
        first, _, rest = plain.partition(" ")
        seconds = [""] if not rest or rest.startswith("..") else [one.partition(" ")[0] for one in _ungrouped(rest)]
        found.update((first, second) for second in seconds)
    return found


def _ungrouped(wording: str) -> list[str]:
    """The wordings that one with a group at its beginning stands for: "(arm|leg)s ache" for "arms ache", "legs ache"."""
    if not wording.startswith("("):
        return [wording]
    depth, place, choices = 1, 0, [""]
    while depth and place + 1 < len(wording):
        place += 1
        depth += (wording[place] == "(") - (wording[place] == ")")
        if wording[place] == "|" and depth == 1:
            choices.append("")
        elif depth:
            choices[-1] += wording[place]
    return [one for choice in choices for one in _ungrouped(choice + wording[place + 1 :])]


def compile_wordings(wordings: Sequence[str]) -> re.Pattern[str]:
    """One pattern for several wordings (see the module's text for their language).

    Raises:
        ValueError: a wording holds a character that has no meaning.
    """
    longest_first = sorted(wordings, key=len, reverse=True)
    return re.compile("(?<= )(" + "|".join(map(_wording, longest_first)) + ")(?= )")


def _wording(wording: str) -> str:
    if not re.fullmatch(r"[a-z0-9 *.()|]+", wording):
        raise ValueError(f"'{wording}' may hold only lower-case letters, digits, spaces and * .. ( | )")
    pattern = ""
    for piece in wording.split():
        if piece == "..":
            pattern += _GAP
        else:
            pattern += piece.replace("(", "(?:").replace("*", "[a-z0-9]*") + " "
    return pattern.rstrip(" ") if not pattern.endswith(_GAP) else pattern


def not_denied(found: Iterable[Found]) -> dict[str, list[Found]]:
    """The places by sign, without those that are denied; of many the first."""
    present: dict[str, list[Found]] = {}
    for place in found:
        if not place.denied and len(present.setdefault(place.sign, [])) < _MOST_PLACES:
            present[place.sign].append(place)
    return present


def matching_rules(rules: Iterable[Rule], present: Mapping[str, Sequence[Found]]) -> list[tuple[Rule, list[Found]]]:
    """The rules that hold, each with the places that make it hold.

    Args:
        rules: rules of one red flag.
        present: what `not_denied` returns of the signs in the message.
    """
    matches = []
    for rule in rules:
        if not all(sign in present for sign in rule.signs) or any(sign in present for sign in rule.unless):
            continue
        places = _closest([present[sign] for sign in rule.signs])
        if places and (not rule.near or _spread(places) <= _NEAR):
            matches.append((rule, places))
    return matches


#: A sign that a message repeats more often than so is looked at no further: the places of signs are compared in pairs.
_MOST_PLACES = 20
#: Signs are near each other when no more than so many tokens lie from the first to the last.
_NEAR = 12


def _spread(places: Sequence[Found]) -> int:
    return max(p.end for p in places) - min(p.start for p in places)


def _closest(choices: Sequence[Sequence[Found]]) -> list[Found]:
    """One place for each sign, as close together as can be, no word used twice."""
    best: list[Found] = []
    for anchor in choices[0]:
        chosen = [anchor]
        for options in choices[1:]:
            free = [o for o in options if all(o.end <= c.start or o.start >= c.end for c in chosen)]
            if not free:
                break
            chosen.append(min(free, key=lambda o: abs(o.start - anchor.start)))
        else:
            if not best or _spread(chosen) < _spread(best):
                best = chosen
    return best
