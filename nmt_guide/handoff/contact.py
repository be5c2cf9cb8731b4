"""Name, phone number and e-mail address out of what a client writes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher


@dataclass(frozen=True)
class Reading:
    """What a message was read as.

    value and no problem: sure. value and a problem: unsure, ask whether it is right. No value and a problem: wrong,
    say so. Neither: the message holds nothing that looks like it.

    Attributes:
        value: the detail, ready to be kept.
        problem: a sentence for the client.
    """

    value: str | None = None
    problem: str | None = None


#: So many digits and what people write between them: somebody meant a phone number.
_DIGITS = re.compile(r"\+?\d(?:[\s().\-/]*\d){4,}")


def read_phone(text: str, country: str | None) -> Reading:
    """The first phone number in a message.

    Args:
        text: the client's message.
        country: the clinic's country (two letters), where numbers without "+" are.

    Returns:
        The number in E.164 form, with `` ext. 4`` after it when the client named an extension.
    """
    region = country if country in phonenumbers.SUPPORTED_REGIONS else None
    for match in PhoneNumberMatcher(text, region):
        return Reading(_written(match.number))
    looked_like = _DIGITS.search(text)
    if not looked_like:
        return Reading()
    if region is None and "+" not in text:
        return Reading(problem="Please begin the number with + and the country code, like +44 20 7946 0958.")
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE):
        if (
            phonenumbers.is_possible_number_with_reason(match.number)
            == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
        ):
            return Reading(problem="That number lacks its area code. Please write it with the area code.")
        return Reading(_written(match.number), "That number looks unusual. Please check that it is right.")
    digits = sum(character.isdigit() for character in looked_like.group())
    return Reading(problem=f"I cannot read that as a phone number: it has {digits} digits. Please write all of it.")


def _written(number: PhoneNumber) -> str:
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{plain} ext. {number.extension}" if number.extension else plain


#: Around an address people put brackets, quotes and the full stop of their sentence.
_ADDRESS = re.compile(r"[^\s<>(),;:\"'\[\]]*@[^\s<>(),;:\"'\[\]]*")
#: Providers whose names are often mistyped, and what is one slip away from them.
_SLIPS = {
    "gmial.com": "gmail.com",
    "gmai.com": "gmail.com",
    "gmal.com": "gmail.com",
    "gamil.com": "gmail.com",
    "gmail.co": "gmail.com",
    "gmail.con": "gmail.com",
    "gmail.cm": "gmail.com",
    "hotmial.com": "hotmail.com",
    "hotmai.com": "hotmail.com",
    "hotmail.con": "hotmail.com",
    "outlok.com": "outlook.com",
    "outlook.con": "outlook.com",
    "yaho.com": "yahoo.com",
    "yahooo.com": "yahoo.com",
    "yahoo.con": "yahoo.com",
    "iclod.com": "icloud.com",
    "icloud.con": "icloud.com",
}


def read_email(text: str) -> Reading:
    """The first e-mail address in a message. Whether it exists is not asked: that would need a network.

    Args:
        text: the client's message.
    """
    found = _ADDRESS.search(text)
    if not found:
        return Reading()
    try:
        address = validate_email(found.group().rstrip(".!?"), check_deliverability=False)
    except EmailNotValidError:
        return Reading(problem="That does not look like a whole e-mail address. It should be like name@example.com.")
    meant = _SLIPS.get(address.domain)
    if meant:
        return Reading(address.normalized, f"That address ends in {address.domain}. Did you mean {meant}?")
    return Reading(address.normalized)


_INTRODUCTION = re.compile(
    r"^(?:(?:hi|hello|hey|yes|sure|ok|okay|please)\b[\s,.!]*)*"
    r"(?:(?:my|the|full) (?:full )?name(?: is|'s|’s)?|(?:i am|i'm|im|i’m|it's|it’s|its|it is|this is|call me|name:?))\s+",
    re.IGNORECASE,
)
_LONGEST_NAME = 80
_MOST_WORDS = 5
#: One part of a name: letters of any script, with the marks that stand inside names.
_PART = re.compile(r"[^\W\d_]+(?:['’.\-][^\W\d_]*)*\.?")
#: Words that answer the question for a name without being part of one.
_NO_NAME = re.compile(
    r"a|am|and|anonymous|are|back|call|can|cancel|don['’]?t|fine|for|good|have|help|how|hurts?|i|in|is|it|later|me|my|"
    r"never|nevermind|no|nobody|none|nope|not|nothing|of|ok|okay|pain|please|question|say|skip|sorry|stop|sure|thanks?|"
    r"that|the|there|they|to|tomorrow|wait|want|we|what|when|where|which|who|why|with|yes|you|your",
    re.IGNORECASE,
)


def read_name(text: str) -> Reading:
    """A person's name: what a client says when asked for it.

    Args:
        text: the client's message, with or without "my name is".
    """
    said = _INTRODUCTION.sub("", " ".join(text.split()), count=1).strip(' .,!;:"“”')
    words = said.split()
    if not words:
        return Reading()
    if len(said) > _LONGEST_NAME or len(words) > _MOST_WORDS or not all(map(_PART.fullmatch, words)):
        return Reading(problem="I need just your name, please, in letters.")
    if any(_NO_NAME.fullmatch(word.strip(".")) for word in words):
        return Reading()
    # "ana lópez" and "ANA LÓPEZ" are typed in haste; "McDonald" and "van der Berg" know best.
    return Reading(said.title() if said.islower() or (said.isupper() and len(said) > 3) else said)
