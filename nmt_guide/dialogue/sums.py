"""What a visit of a length costs, and several together: "so 3 or 4, what does that come to?"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from nmt_guide.knowledge.content import Clinic, in_words

#: The topic that is about prices.
COST_TOPIC = "cost"
_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_COUNT = rf"(?:[2-9]|1\d|20|{'|'.join(_WORDS)})"
#: "3 or 4", "four visits", "10 x"; not "30 or 60 minutes", "at 3", "3 weeks".
_VISITS = re.compile(
    rf"(?<![\d:.$])\b(?P<a>{_COUNT})(?:\s*(?:or|to|-)\s*(?P<b>{_COUNT}))?\b(?![:.]?\d)"
    r"(?:\s*(?:x|times|visits?|sessions?|appointments?|massages?|treatments?|of (?:them|those|these|em))\b"
    r"|(?=\s*(?:[.,?!]|$|(?:what|whats|how|cost|would|come|in all)\b)))",
    re.IGNORECASE,
)
_MINUTES = re.compile(
    r"\b(?P<minutes>\d{2,3})[\s-]*(?:min|minutes?|mins)\b|\b(?P<half>half(?: an)? hour)\b", re.IGNORECASE
)
_LENGTH = re.compile(r"\d|\b(?:hours?|hrs?|minutes?|mins?|thirty|sixty|ninety)\b", re.IGNORECASE)
_PRICE = re.compile(r"(?P<before>\D*)(?P<amount>\d+(?:\.\d\d)?)(?P<after>\D*)")
#: The visit that is meant where no length is named.
_USUAL_MINUTES = 60
_PRICE_OF = "A visit of {minutes} minutes costs {price}."
_SUM = "At {price} for {minutes} minutes, {sums} in all, before any package."


def names_a_length(text: str) -> bool:
    """Whether a text says how long a visit is, in so many words."""
    return bool(_LENGTH.search(text))


def price_of(minutes: int, clinic: Clinic) -> str | None:
    """What a visit of a length costs; None when that is not on file.

    Args:
        minutes: its length.
        clinic: its facts, with the price list.
    """
    price = _listed(minutes, clinic)
    return _PRICE_OF.format(minutes=minutes, price=price["price"]) if price else None


def total(text: str, clinic: Clinic) -> str | None:
    """What as many visits cost as a message names; None when it names none, or the price is not on file.

    Args:
        text: the message.
        clinic: its facts, with the price list.
    """
    visits = _VISITS.search(text)
    if visits is None:
        return None
    length = _MINUTES.search(text)
    minutes = int(length["minutes"] or 30) if length else _USUAL_MINUTES
    price = _listed(minutes, clinic)
    parts = _PRICE.fullmatch(str(price["price"])) if price else None
    if price is None or parts is None:
        return None
    counts = [_WORDS.get(said.lower()) or int(said) for said in (visits["a"], visits["b"]) if said]
    sums = [
        f"{count} visits cost {parts['before']}{count * Decimal(parts['amount'])}{parts['after']}" for count in counts
    ]
    return _SUM.format(price=price["price"], minutes=minutes, sums=in_words(sums))


def _listed(minutes: int, clinic: Clinic) -> Mapping[str, Any] | None:
    """The price of the one kind of session that lasts so long."""
    found = [one for one in clinic.prices if one.get("minutes") == minutes]
    return found[0] if len(found) == 1 else None
