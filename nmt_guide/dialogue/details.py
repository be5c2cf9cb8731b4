"""What a client gives for a message to the clinic: name, number, address, and the words that are to be passed on.

Each function takes a whole message and finds its part in it, so that "I'm Ann Bo, 512 555 0177, my knee clicks" needs no form.
`contact.py` decides what is done with it.
"""

from __future__ import annotations

import re
from typing import Any

from nmt_guide.dialogue.forms import Contact
from nmt_guide.handoff.contact import read_email, read_name, read_phone

_WANTS_MESSAGE = re.compile(
    r"\b(?:leave|pass on|send|take)\W+(?:\w+\W+){0,2}?(?:message|note)\b|\bmy message\b", re.IGNORECASE
)
#: "Yes please pass it on", "forward this to the clinic": takes the offer.
_PASSES_ON = re.compile(
    r"(?:\b(?:yes|yeah|yep|ok|okay|sure|please|can you|could you|then|do)\W+)*\b(?:pass|send|forward|give) "
    r"(?:(?:it|this|that|them|(?:my|the) (?:question|details)) (?:on|along|over|(?=to ))|(?:on|along) (?:it|this|that|(?:my|the) (?:question|details)))"
    r"(?: ?to (?:them|the (?:clinic|team|staff)|staff))?(?:\W+(?:please|then|for me|thanks))*\b",
    re.IGNORECASE,
)
#: The client's own name, said as such, or before a number: "my name is Ann Bo", "I'm Ann Bo", "Ann Bo, 512 ...".
_NAMES_ITSELF = re.compile(
    r"\b(?:and )?(?:my (?:full )?name(?: is|'s|:)|name:|i(?:'m| am) called)\s+(?P<said>[^\W\d_][\w'-]*(?: [^\W\d_][\w'-]*){0,4}?)"
    r"(?=\s*(?:$|[^\w\s'-]|\d|\b(?:and|on|at|my|number|phone|tel|cell|mobile|e-?mail|i|i'm|i'd|i've)\b))"
    r"|\b(?:this is|i(?:'m| am)|it's) (?-i:(?P<capital>[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,3}))"
    r"|(?:^|(?<=[.!,] ))(?!(?:call|phone|text|number|mobile|cell|tel|e-?mail|reach|use|try|ring)\b)"
    r"(?-i:(?P<bare>[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,3}))(?=,? \+?\(?\d{3})",
    re.IGNORECASE,
)
#: A number or an address, with the words that only lead to it: "you can call me on 512 ...".
_WAY_WITH_WORDS = re.compile(
    r"(?:\b(?:and|or|please|you can|on|at|my|the|it'?s) ){0,3}(?:\b(?:call|ring|phone|text|reach|e-?mail|contact) me(?: back)?(?: on| at)? )?"
    r"(?:\b(?:my |the )?(?:phone|tel|telephone|mobile|cell|number|nr|e-?mail|address)(?: number| address)?(?: is|:)? )?"
    r"(?:\+?\(?\d[\d\s().\-/]{5,}\d|(?<!\S)[^\s<>(),;]+@[^\s<>(),;]+)",
    re.IGNORECASE,
)
#: "I just gave you my name and number."
_GAVE = re.compile(
    r"\bi(?:'ve| have)? (?:just |already |literally )*(?:gave|given|told|sent|typed|wrote|written|said|put)\b(?: \w+){0,2} my (?:\w+ )?"
    r"(?:name|number|phone|e-?mail|details|address)\b",
    re.IGNORECASE,
)
#: Stands before the words themselves.
_LEADS_IN = re.compile(r"^(?:\W|(?:yes|yeah|yep|ok|okay|sure|please|hi|hello|hey|and|also)\b)+", re.IGNORECASE)
_SPELLED = re.compile(r"^\W*(?:spelled|spelt|written)\s+", re.IGNORECASE)
#: "The name is wrong" says no new one.
_NO_NEW_NAME = re.compile(
    r"^\W*(?:(?:all|still|also|a bit|completely|totally|just|quite|now|spel\w+) )*(?:wrong|right|correct|incorrect|misspel\w+|off|good|great|missing|different|mine)\b",
    re.IGNORECASE,
)
#: The last digits of a number that was given: "it ends 0198", "0198 not 0199".
_LAST_DIGITS = re.compile(
    r"\b(?:ends?|ending|last (?:digits?|two|three|four|part))\b\D{0,12}(?P<a>\d{2,6})\b"
    r"|\b(?P<b>\d{2,4}) (?:at the end\W*$|(?:and )?not (?P<old>\d{2,4})\b)",
    re.IGNORECASE,
)
#: What is left of a first message besides name, number and address is the message itself from so many words on; from fewer
#: where the client gives a name too, or says that it is to be passed on.
_MESSAGE_WORDS = 6
_FEWER_WORDS = 3
_LONGEST_MESSAGE = 2000
#: With so few words beside it a number or an address is a correction ("no wait, use ana@example.com"), no message.
_CORRECTION_WORDS = 4
#: "512 555 0177, about my invoice": what the message is about, beside the number; "afternoons are best": when to call.
_ABOUT_IT = re.compile(r"(?:it'?s |this is |that's )?(?:about|regarding|concerning)\b", re.IGNORECASE)
_WHEN = re.compile(
    r"(?<!good )\b(?:mornings?|afternoons?|evenings?|nights?|weekdays?|weekends?|lunch ?time|(?:before|after|between|until|till|from) (?:\d|noon|work))\b",
    re.IGNORECASE,
)
#: What is to be added: "can you add that afternoons are best", "and tell them I'm on blood thinners".
_ADDS = re.compile(
    r"^\W*(?:(?:yes|ok|okay|oh|wait|and|also|please|but|can you|could you|you can|just)\W+)*"
    r"(?:add|mention|include|(?:tell|let) (?:them|him|her|staff)(?: know)?|(?:put|write)(?= (?:also|too|that|in|i|my|it)\b))"
    r"(?:\W+(?:also|too|in|that|there|to (?:it|(?:the|my) (?:message|note))))*\W+(?P<added>\w.+)$",
    re.IGNORECASE | re.DOTALL,
)
_COURTESY = re.compile(r"(?:(?:know|in|that|it|again|please|pls|now|thanks?|thank you|asap|too)\b|\W)+", re.IGNORECASE)
#: "The message. Just say call me in the afternoon": which part, and what it should be.
_INSTEAD = re.compile(
    r"^\W*(?:(?:the|my) )?(?:message|text|note)(?:\s*:|\b[^\w\n]{1,5}(?:(?:please|just|should|it|to|better) ){0,4}(?:be|say|read|write|put)\b)"
    r"\W{0,5}(?P<words>\w.+)$",
    re.IGNORECASE | re.DOTALL,
)
#: The parts of the message, with the words that name them; the first that is named counts.
FIELDS = {
    "name": re.compile(r"\bname\b|\bspel", re.IGNORECASE),
    "way": re.compile(r"\b(?:number|phone|e-?mail|address|digits?)\b", re.IGNORECASE),
    "message": re.compile(r"\b(?:message|text|words?|note|question)\b", re.IGNORECASE),
}


def found_in(text: str, country: str | None) -> dict[str, Any]:
    """The number and the address in a message, as far as they are beyond doubt.

    Args:
        text: the message.
        country: two letters, of numbers without a country code.

    Returns:
        `phone` and `email`, fields of a `Contact`; what is not there is left out.
    """
    readings = {"phone": read_phone(text, country), "email": read_email(text)}
    return {field: one.value for field, one in readings.items() if one.value and not one.problem}


def given_in(text: str, country: str | None) -> dict[str, Any]:
    """What a message gives at once: number, address, name, and the words that are to be passed on.

    Returns:
        Fields of a `Contact`; what is not there is left out.
    """
    name = _own_name(text)
    rest = _NAMES_ITSELF.sub(" ", text) if name else text
    rest = _PASSES_ON.sub(" ", _WAY_WITH_WORDS.sub(" ", rest))
    rest = _LEADS_IN.sub("", re.sub(r"(?:\s|[,.;](?=[\s,.;]))+", " ", rest)).strip(" ,;")
    least = _FEWER_WORDS if name or takes_the_offer(text) else _MESSAGE_WORDS
    given = found_in(text, country) | ({"name": name} if name else {})
    if len(rest.split()) >= least and not wants_message(rest):
        given["message"] = rest[:_LONGEST_MESSAGE]
    return given


def told_in(text: str, country: str | None) -> dict[str, Any]:
    """The same, where name, number or address are among it; else nothing."""
    given = given_in(text, country)
    return given if given.keys() - {"message"} else {}


def _own_name(text: str) -> str | None:
    named = _NAMES_ITSELF.search(text)
    return read_name(named["said"] or named["capital"] or named["bare"]).value if named else None


def without_details(text: str, *found: str) -> str:
    """A message without its number and address."""
    text = re.sub(r"\S*@\S*", " ", text) if any("@" in one for one in found) else text
    digits = any(one.startswith("+") for one in found)
    return re.sub(r"\+?\(?\d[\d\s().\-/]{5,}\d", " ", text).strip(" ,;") if digits else text


def beside_details(text: str) -> str:
    """A message without name, number and address, and the words that only lead to them."""
    return _WAY_WITH_WORDS.sub(" ", _NAMES_ITSELF.sub(" ", text))


def wants_message(text: str) -> bool:
    """Whether a message asks to take one: "can I leave a note?"."""
    return bool(_WANTS_MESSAGE.search(text))


def takes_the_offer(text: str) -> bool:
    """Whether a message says that something is to be passed on."""
    return bool(_PASSES_ON.search(text))


def says_it_gave(text: str) -> bool:
    """Whether a client says to have given a name or number already."""
    return bool(_GAVE.search(text))


def missing_in(contact: Contact, found: dict[str, Any]) -> dict[str, Any]:
    """What of the found details the message to the clinic does not have yet."""
    return {field: value for field, value in found.items() if getattr(contact, field) is None}


def with_words(contact: Contact, words: str) -> Contact:
    """The message with some words more."""
    message = ". ".join(filter(None, (contact.message and contact.message.rstrip(" .,;"), words.strip(" ,;"))))
    return contact.but(message=message[:_LONGEST_MESSAGE])


def whole_message(text: str) -> str:
    """What a client wrote, as the message: no longer than staff get it."""
    return text.strip()[:_LONGEST_MESSAGE]


def is_about_it(words: str) -> bool:
    """Whether the words beside a number begin with what the message is about."""
    return bool(_ABOUT_IT.match(words))


def says_when(words: str) -> bool:
    """Whether the words beside a number say when to call."""
    return bool(_WHEN.search(words))


def corrected(contact: Contact, text: str, country: str | None) -> Contact | None:
    """The message with what the client puts right: "no, my number is 512 555 0199", "my name is Ann with an e"."""
    found = found_in(text, country)
    if found:
        return contact.but(**found)
    if ending := with_last_digits(contact, text):
        return ending
    match = re.search(r"\bname(?: is|'s| to|:)\s+(.+)$|\bi(?:'m| am) (?:called )?([A-Z].+)$", text)
    parts = re.split(r"[,;!?]|\.\s|\bbut\b", match[1] or match[2]) if match else ()
    names = (read_name(_SPELLED.sub("", part)).value for part in parts if not _NO_NEW_NAME.match(part))
    name = next(filter(None, names), None)
    return contact.but(name=name) if name else None


def with_last_digits(contact: Contact, text: str) -> Contact | None:
    """The message with other last digits of the number that was given."""
    match = _LAST_DIGITS.search(text)
    # "The 12th, not the 13th" is about days.
    other = match is not None and match["old"] is not None and not (contact.phone or "").endswith(match["old"])
    if match is None or other or not contact.phone:
        return None
    digits = match["a"] or match["b"]
    return contact.but(phone=contact.phone[: -len(digits)] + digits)


def added_words(text: str, country: str | None) -> str | None:
    """What is to be said besides; a number or an address belongs elsewhere, and "let them know please" adds nothing."""
    more = _ADDS.match(text)
    if more is None or found_in(text, country) or _COURTESY.fullmatch(more["added"]):
        return None
    return more["added"]


def new_words(text: str) -> str | None:
    """What the message should be instead, where the client says so; a few words may be no more than which part is wrong."""
    new = _INSTEAD.match(text)
    return whole_message(new["words"]) if new is not None and not hardly_more(new["words"]) else None


def hardly_more(rest: str) -> bool:
    """Whether so few words stand beside a number or an address that they only lead to it."""
    return len(rest.split()) <= _CORRECTION_WORDS


def field_of(text: str) -> str | None:
    """The part of the message that a text names: `name`, `way` or `message`."""
    return next((field for field, pattern in FIELDS.items() if pattern.search(text)), None)
