"""Clients' spelling, made regular: what they type is not yet what they say.

`Speller` expands the short forms of text messages and puts right words that no dictionary knows, by the nearest word
that clients are known to use beside the words around it. Both the training examples and the messages pass through it, so that "biomecanical
disfunction" and "biomechanical dysfunction" are one thing to all that follows.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from nmt_guide.understanding.pairs import EDGE, Pairs

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
#: So many of the nearest words are weighed against each other.
_CHOICES = 30
#: A mistake weighs so much against the logarithm of how likely a word is beside its neighbours; a mistake in the first letter,
#: which is rare, so much more. Of 3,248 mistakes made on purpose in messages that nobody learnt from, 0.81 are put right by the
#: nearest word, 0.87 with the neighbours; twice the weight or half of it does the same within 0.01.
_WEIGHT, _FIRST_LETTER = 8.0, 0.25
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
        pairs: which of them stand side by side.
    """

    def __init__(self, dictionary: Iterable[str], known: Mapping[str, int], pairs: Pairs | None = None) -> None:
        self.dictionary = frozenset(dictionary)
        self.known = dict(known)
        self.pairs = pairs or Pairs.learn([], self.known)
        self._choices = [word for word in self.known if len(word) >= _SHORTEST]
        self._nearest = lru_cache(maxsize=4096)(self._find_nearest)
        self._near = lru_cache(maxsize=4096)(self._find_near)
        self._of_length = lru_cache(maxsize=64)(self._about_as_long)

    @classmethod
    def learn(cls, examples: Iterable[str], dictionary: Iterable[str], terms: Iterable[str] = ()) -> Speller:
        """A speller that knows the words of the examples.

        Args:
            examples: what clients type, mistakes and all: only words of the dictionary or the terms are learnt.
            dictionary: words of the language.
            terms: words of the subject that a dictionary lacks (medicines, muscles, methods).
        """
        said = [words(text) for text in examples]
        counts = Counter(word for text in said for word in text)
        terms = {word for term in terms for word in words(term)}
        sure = {word.lower() for word in dictionary} | terms
        speller = cls(sure, {word: count for word, count in counts.items() if word in sure})

        def mistake(word: str) -> bool:
            meant = speller.known.get(speller.word(word), 0)
            return len(word) >= _TELLING and meant >= _TIMES_AS_OFTEN * counts[word]

        exist = sure | {word for word, count in counts.items() if count >= _OFTEN and not mistake(word)}
        # In order: of two words equally near the first is taken, and the same examples must teach the same.
        known = {word: counts[word] or 1 for word in sorted(exist) if word in terms or word in counts}
        nearest = cls(exist, known)
        return cls(exist, known, Pairs.learn(([nearest.word(word) for word in text] for text in said), known))

    def correct(self, text: str) -> str:
        """The text with short forms written out and misspelt words put right."""
        tokens = _TOKEN.findall(plain(text))
        return "".join(self._correct_token(tokens, place) for place in range(len(tokens))).strip()

    def _is_name(self, token: str) -> bool:
        """Whether a capitalised word is no short form, and more than one slip away from every known word."""
        lower = token.lower()
        return token.istitle() and lower not in SHORT_FORMS and OSA.distance(lower, self.word(lower)) > 1

    def word(self, word: str) -> str:
        """One word in lower case, put right without looking at its neighbours."""
        if word in SHORT_FORMS:
            return SHORT_FORMS[word]
        return word if self._is_word(word) else self._nearest(word, None, None)

    def _is_word(self, word: str) -> bool:
        """Whether a word is none to put right."""
        return word in self.dictionary or len(word) < _SHORTEST or not word.isalpha()

    def _correct_token(self, tokens: Sequence[str], place: int) -> str:
        token = tokens[place]
        if not token[0].isalnum() or not token.isascii():
            return token
        lower = token.lower()
        if lower not in SHORT_FORMS and self._is_word(lower):
            return token
        before = self._beside(tokens, place, -2)
        if before in _BEFORE_PLACES and self._is_name(token):
            return token
        corrected = SHORT_FORMS.get(lower) or self._nearest(lower, before, self._beside(tokens, place, 2))
        return token if corrected == lower else corrected

    def _beside(self, tokens: Sequence[str], place: int, step: int) -> str:
        """The word next to one, put right: a sign between them ends it, as the message does."""
        if not 0 <= place + step < len(tokens) or not tokens[place + step // 2].isspace():
            return EDGE
        return self.word(tokens[place + step].lower())

    def _about_as_long(self, length: int, allowed: int) -> list[str]:
        """The corrections that so many mistakes may turn into a word of a length; to try all takes twice as long."""
        return [word for word in self._choices if abs(len(word) - length) <= allowed]

    def _find_near(self, word: str) -> tuple[Sequence[str], npt.NDArray[np.float64]]:
        """The known words that are like one, and how many mistakes each of them costs."""
        allowed = _MISTAKES.get(len(word), _MISTAKES_LONGER)
        choices = self._of_length(len(word), allowed)
        found = process.extract(word, choices, scorer=OSA.distance, score_cutoff=allowed, limit=_CHOICES)
        near = [choice for choice, distance, _ in found if distance < 2 or choice[0] == word[0]]
        return near, np.array([OSA.distance(word, choice) + _FIRST_LETTER * (choice[0] != word[0]) for choice in near])

    def _find_nearest(self, word: str, before: str | None, after: str | None) -> str:
        near, mistakes = self._near(word)
        if not near:
            return word
        return near[int(np.argmin(_WEIGHT * mistakes - self.pairs.likelihood(near, before, after)))]
