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
    rf"(?<![\d:.$])(?<!am )(?<!'m )(?<!is )(?<!under )(?<!over )(?<!at )(?<!age )(?<!aged )\b(?P<a>{_COUNT})(?:\s*(?:or|to|-)\s*(?P<b>{_COUNT}))?\b(?![:.]?\d)"
    r"(?:\s*(?:x|times|visits?|sessions?|appointments?|massages?|treatments?|of (?:them|those|these|em))\b"
    r"|(?=\s*(?:[.,?!]|$|(?:what|whats|how|cost|would|come|in all)\b)))",
    re.IGNORECASE,
)
_MINUTES = re.compile(
    r"\b(?P<minutes>\d{2,3})[\s-]*(?:min|minutes?|mins)\b|\b(?P<half>half(?: an)? hour)\b", re.IGNORECASE
)
_LENGTH = re.compile(r"\d|\b(?:hours?|hrs?|minutes?|mins?|thirty|sixty|ninety)\b", re.IGNORECASE)
_PRICE = re.compile(r"(?P<before>\D*)(?P<amount>\d+(?:\.\d\d)?)(?P<after>\D*)")
_AMOUNT = r"\d+(?:\.\d\d)?"
#: "105 + 40 = 145", "105 plus 40 is 145 right".
_ADDED = re.compile(
    rf"(?<![\d.])\$?(?P<a>{_AMOUNT})\s*(?:\+|plus)\s*\$?(?P<b>{_AMOUNT})(?!\.?\d)(?!\s*(?:\+|plus|x|\*|%|min|hour|hr|visit|session))(?:\s*(?:=|is|makes|equals)\s*\$?(?P<sum>{_AMOUNT}))?",
    re.IGNORECASE,
)
#: "$89.25?" and no more.
_ALONE = re.compile(rf"^\W*(?:so\s+)?(?:that'?s\s+)?\$(?P<amount>{_AMOUNT})(?:\s+(?:right|then))?\W*$", re.IGNORECASE)
_REDUCED = re.compile(r"%|\bpercent\b|\bdiscount", re.IGNORECASE)
#: "Without the discount", "do seniors get one?"
_NOT_REDUCED = re.compile(
    r"\b(?:without|no|before|not|senior\w*|veteran\w*|older|pension\w*|military|nurses?)\b", re.IGNORECASE
)
_MOST_VISITS = 20
_WITH_LESS = "With {percent}% off, a visit of {minutes} minutes costs {price}. {who}"
_ADDS_UP = "{yes}{a} and {b} are {sum}."
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


def reduced(minutes: int, text: str, clinic: Clinic) -> str | None:
    """What a visit of a length costs with the clinic's one discount, and who gets it; None when the text asks for none.

    Args:
        minutes: its length.
        text: the message.
        clinic: its facts.
    """
    return None if not _REDUCED.search(text) or _NOT_REDUCED.search(text) else _with_less(minutes, clinic)


def _with_less(minutes: int, clinic: Clinic) -> str | None:
    price = _listed(minutes, clinic)
    amount = _amount(price["price"]) if price else None
    percent = _percent(clinic)
    if amount is None or percent is None:
        return None
    less = _money(amount * (100 - percent) / 100, clinic)
    return _WITH_LESS.format(percent=percent, minutes=minutes, price=less, who=clinic.text("discounts"))


def worked_out(text: str, clinic: Clinic) -> str | None:
    """The answer to who asks whether an amount or a sum is right; None when the text asks nothing of the kind."""
    return _checked_sum(text, clinic) or _checked_amount(text, clinic)


def _checked_sum(text: str, clinic: Clinic) -> str | None:
    """Whether a sum of two amounts that are on file is right: "so 105 + 40 = 145?"; None when the text names no such sum."""
    said = _ADDED.search(text)
    if said is None or _REDUCED.search(text) or not {Decimal(said["a"]), Decimal(said["b"])} <= _on_file(clinic):
        return None
    first, second = Decimal(said["a"]), Decimal(said["b"])
    wrong = said["sum"] and Decimal(said["sum"]) != first + second
    return _ADDS_UP.format(
        yes="" if said["sum"] is None and "?" not in text else "No, " if wrong else "Yes, ",
        a=_money(first, clinic),
        b=_money(second, clinic),
        sum=_money(first + second, clinic),
    )


def _checked_amount(text: str, clinic: Clinic) -> str | None:
    """What costs the one amount that a message consists of: "$89.25?"; None when it is more than that, or nothing costs it."""
    said = _ALONE.match(text)
    if said is None:
        return None
    amount = Decimal(said["amount"])
    percent = _percent(clinic)
    for one in clinic.prices:
        price, minutes = _amount(one["price"]), one.get("minutes")
        if price is None or not minutes:
            continue
        if amount == price:
            return f"Yes. {price_of(minutes, clinic) or ''}".strip()
        if percent is not None and amount == price * (100 - percent) / 100:
            return f"Yes. {_with_less(minutes, clinic) or ''}".strip()
        if minutes == _USUAL_MINUTES and amount and amount % price == 0 and amount / price <= _MOST_VISITS:
            return f"Yes, {int(amount / price)} visits of {minutes} minutes cost {_money(amount, clinic)}, before any package."
    return None


def _percent(clinic: Clinic) -> Decimal | None:
    """The one percentage that the clinic's text on discounts names."""
    found = set(re.findall(r"\b(\d{1,2})\s?%", clinic.text("discounts") or ""))
    return Decimal(found.pop()) if len(found) == 1 else None


def _on_file(clinic: Clinic) -> set[Decimal]:
    """All amounts of money that stand in the clinic's facts."""
    texts = [str(one["price"]) for one in clinic.prices]
    texts += [clinic.text(key) or "" for key in ("home_visits", "online_sessions", "packages", "memberships")]
    return {Decimal(one) for text in texts for one in re.findall(rf"[$€£]\s?({_AMOUNT})", text)}


def _amount(price: Any) -> Decimal | None:
    parts = _PRICE.fullmatch(str(price))
    return Decimal(parts["amount"]) if parts else None


def _money(amount: Decimal, clinic: Clinic) -> str:
    """An amount as the price list writes them."""
    parts = next((found for one in clinic.prices if (found := _PRICE.fullmatch(str(one["price"])))), None)
    before, after = (parts["before"], parts["after"]) if parts else ("", "")
    return f"{before}{amount:.{0 if amount == int(amount) else 2}f}{after}"


def _listed(minutes: int, clinic: Clinic) -> Mapping[str, Any] | None:
    """The price of the one kind of session that lasts so long."""
    found = [one for one in clinic.prices if one.get("minutes") == minutes]
    return found[0] if len(found) == 1 else None
