"""Clients' spelling, made regular: what they type is not yet what they say.

`Speller` expands the short forms of text messages and puts right words that no dictionary knows, by the nearest word
that clients are known to use. Both the training examples and the messages pass through it, so that "biomecanical
disfunction" and "biomechanical dysfunction" are one thing to all that follows.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources

from rapidfuzz import process
from rapidfuzz.distance import OSA

#: Short forms as people type them on phones. Only those that have one meaning in this subject.
SHORT_FORMS: Mapping[str, str] = {
    "2day": "today", "2mrw": "tomorrow", "2moro": "tomorrow", "2nite": "tonight", "abt": "about", "aft": "after",
    "aftr": "after", "aint": "is not", "alot": "a lot", "appt": "appointment", "appts": "appointments",
    "appmt": "appointment", "b4": "before", "bc": "because", "bk": "back", "bcoz": "because", "bcos": "because", "bcs": "because",
    "btw": "by the way", "cos": "because", "coz": "because", "cuz": "because", "cant": "can't", "cld": "could",
    "couldnt": "couldn't", "cud": "could", "d": "the", "da": "the", "defo": "definitely", "dk": "don't know",
    "doc": "doctor", "docs": "doctors", "docter": "doctor", "dont": "don't", "doesnt": "doesn't", "didnt": "didn't",
    "dr": "doctor", "dunno": "don't know", "every1": "everyone", "fone": "phone", "frm": "from", "gd": "good",
    "gonna": "going to", "gotta": "have to", "gr8": "great", "hav": "have", "havent": "haven't", "hw": "how",
    "idk": "I don't know", "ill": "I'll", "im": "I'm", "info": "information", "isnt": "isn't", "ive": "I've",
    "jst": "just", "kno": "know", "l8r": "later", "lil": "little", "lmk": "let me know", "luv": "love", "m8": "mate",
    "meds": "medicines", "mins": "minutes", "mum": "mother", "mom": "mother", "mths": "months", "n": "and",
    "nite": "night", "nd": "and", "no1": "no one", "nvm": "never mind", "ok": "okay", "omg": "oh my god", "pls": "please",
    "plz": "please", "ppl": "people", "prob": "probably", "probs": "probably", "q": "question", "r": "are",
    "rly": "really", "rn": "right now", "sec": "second", "sesh": "session", "shd": "should", "shld": "should",
    "shud": "should", "smth": "something", "some1": "someone", "sthg": "something", "sum1": "someone", "sry": "sorry",
    "soz": "sorry", "tbh": "to be honest", "thats": "that's", "theres": "there's", "tho": "though", "thru": "through",
    "thx": "thanks", "tmr": "tomorrow", "tmrw": "tomorrow", "tmw": "tomorrow", "tomo": "tomorrow", "ty": "thank you",
    "u": "you", "ur": "your", "urs": "yours", "v": "very", "w": "with", "wanna": "want to", "wasnt": "wasn't",
    "wat": "what", "wats": "what's", "wd": "would", "whats": "what's", "whos": "who's", "wk": "week", "wks": "weeks",
    "wld": "would", "wont": "won't", "wouldnt": "wouldn't", "wt": "what", "wtf": "what the hell", "wud": "would",
    "wuld": "would", "xmas": "christmas", "mth": "month", "hrs": "hours", "hr": "hour", "min": "minute", "massge": "massage", "ya": "you", "yday": "yesterday", "yr": "year", "yrs": "years", "y": "why", "yo": "years old",
}  # fmt: skip

#: "6mths", "3wks": a number and its unit without a space.
_GLUED = re.compile(
    r"\b(\d+)(mths?|months?|wks?|weeks?|yrs?|years?|hrs?|hours?|mins?|minutes?|days?|yo)\b", re.IGNORECASE
)
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?|[^\w\s]|_|\s+")
#: A name after one of these is a place, and no mistake: "in Sevilla".
_BEFORE_PLACES = frozenset(["in", "near", "from", "around", "outside"])
#: How many single-letter mistakes are put right, by the length of the word.
_MISTAKES = {4: 1, 5: 1, 6: 2, 7: 2, 8: 2}
_MISTAKES_LONGER = 3
_SHORTEST = 4
#: A word that stands in so many examples is a word, whatever the dictionary says,
_OFTEN = 6
#: unless it is long enough to tell what was meant, and that stands there so many times as often: "sesion" is a mistake.
_TELLING = 6
_TIMES_AS_OFTEN = 10


#: Words that the list of English lacks.
_ALSO_WORDS = frozenset(["olds", "physio", "physios", "okay", "online", "app", "website", "email"])


def english_words() -> frozenset[str]:
    """The 82,765 English words that the package symspellpy ships (SCOWL and Google Books, licensed MIT)."""
    listing = resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt")
    return frozenset(line.split()[0] for line in listing.read_text(encoding="utf-8").splitlines()) | _ALSO_WORDS


def plain(text: str) -> str:
    """The text with straight quotes, single spaces and no control characters."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").replace("`", "'")
    text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    text = _GLUED.sub(r"\1 \2", text)
    return re.sub(r"\s+", " ", text).strip()


def words(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(text.lower())


class Speller:
    """Puts right what clients mistype.

    Args:
        dictionary: words that exist; they are never changed.
        known: how often clients used each word; only these are offered as corrections.
    """

    def __init__(self, dictionary: Iterable[str], known: Mapping[str, int]) -> None:
        self.dictionary = frozenset(dictionary)
        self.known = dict(known)
        self._choices = [word for word in self.known if len(word) >= _SHORTEST]
        self._nearest = lru_cache(maxsize=4096)(self._find_nearest)
        self._of_length = lru_cache(maxsize=64)(self._about_as_long)

    @classmethod
    def learn(cls, examples: Iterable[str], dictionary: Iterable[str], terms: Iterable[str] = ()) -> Speller:
        """A speller that knows the words of the examples.

        Args:
            examples: what clients type, mistakes and all: only words of the dictionary or the terms are learnt.
            dictionary: words of the language.
            terms: words of the subject that a dictionary lacks (medicines, muscles, methods).
        """
        counts = Counter(word for text in examples for word in words(text))
        terms = {word for term in terms for word in words(term)}
        sure = {word.lower() for word in dictionary} | terms
        speller = cls(sure, {word: count for word, count in counts.items() if word in sure})

        def mistake(word: str) -> bool:
            meant = speller.known.get(speller.word(word), 0)
            return len(word) >= _TELLING and meant >= _TIMES_AS_OFTEN * counts[word]

        exist = sure | {word for word, count in counts.items() if count >= _OFTEN and not mistake(word)}
        # In order: of two words equally near the first is taken, and the same examples must teach the same.
        return cls(exist, {word: counts[word] or 1 for word in sorted(exist) if word in terms or word in counts})

    def correct(self, text: str) -> str:
        """The text with short forms written out and misspelt words put right."""
        corrected, before = [], ""
        for token in _TOKEN.findall(plain(text)):
            is_place = before in _BEFORE_PLACES and self._is_name(token)
            corrected.append(token if is_place else self._correct_token(token))
            before = before if token.isspace() else token.lower()
        return "".join(corrected).strip()

    def _is_name(self, token: str) -> bool:
        """Whether a capitalised word is no short form, and more than one slip away from every known word."""
        lower = token.lower()
        return token.istitle() and lower not in SHORT_FORMS and OSA.distance(lower, self.word(lower)) > 1

    def word(self, word: str) -> str:
        """One word in lower case, put right."""
        if word in SHORT_FORMS:
            return SHORT_FORMS[word]
        if word in self.dictionary or len(word) < _SHORTEST or not word.isalpha():
            return word
        return self._nearest(word)

    def _correct_token(self, token: str) -> str:
        if not token[0].isalnum() or not token.isascii():
            return token
        lower = token.lower()
        corrected = self.word(lower)
        return token if corrected == lower else corrected

    def _about_as_long(self, length: int, allowed: int) -> list[str]:
        """The corrections that so many mistakes may turn into a word of a length; to try all takes twice as long."""
        return [word for word in self._choices if abs(len(word) - length) <= allowed]

    def _find_nearest(self, word: str) -> str:
        allowed = _MISTAKES.get(len(word), _MISTAKES_LONGER)
        choices = self._of_length(len(word), allowed)
        found = process.extract(word, choices, scorer=OSA.distance, score_cutoff=allowed, limit=8)
        if not found:
            return word

        # A mistake in the first letter is rare; among equals the word that clients use more often is likelier.
        def cost(candidate: tuple[str, float, int]) -> tuple[float, int]:
            near, distance, _ = candidate
            return distance + 0.5 * (near[0] != word[0]), -self.known[near]

        best, distance, _ = min(found, key=cost)
        return word if distance >= 2 and best[0] != word[0] else best
