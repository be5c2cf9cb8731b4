"""Whether a client agrees that a message is passed on, or sends it: a whole message that says nothing else.

Nothing may leave the conversation on half a yes. So a yes with a condition, a question or a change beside it is none here, while
to other questions (`yes_no.py`) how a message begins is enough.
"""

from __future__ import annotations

import re

from nmt_guide.dialogue.details import beside_details
from nmt_guide.dialogue.reading import asks
from nmt_guide.dialogue.yes_no import YES_WORDS

#: What agrees to pass on, what agrees to send, and what may stand beside it: see `_is_only`.
_AGREEING = (
    rf"{YES_WORDS}|y|ok|okay|okey|k|kk|sure(?: thing)?|of course|certainly|absolutely|definitely|by all means|go ahead|"
    r"go for it|please do|do (?:it|so|that)|you (?:may|can)|i (?:do )?(?:agree|consent|allow (?:it|that))|agreed|i do|fine|alright|all right|"
    r"no (?:problem|worries|objections?)|(?:(?:that|it|this)(?:'?s| is| sounds| works)|sounds|all) (?:fine|ok|okay|good|great|alright|all right)|"
    r"you have my (?:permission|consent|ok)"
)
_POLITE = (
    r"please|pls|plz|thank you|thankyou|thanks?|thx|ty|cheers|then|now|so|and|oh|well|right|great|good|perfect|cool|lovely|love|hon|dear|"
    r"mate|lol|haha|for me|(?:by|with|to) me|let (?:them|him|her|the clinic|staff) know|pass (?:it|that|this|them|my message) on"
)
_SENDING = (
    r"(?:you can |just |i said )?(?:send|submit)(?: (?:it|that|this|them|(?:the|my) message))?(?: (?:off|over|away|in))?(?: to (?:them|the clinic|staff))?|"
    r"(?:(?:that|it|this|everything|all)(?:'?s| is| looks)? |looks |all )(?:right|correct|good|great|perfect|fine|it|ok|okay|well)|"
    r"perfect|correct|right|great|good|lovely|(?:good|ready) to go"
)
_AGREES = re.compile(rf"^\W*(?:{_AGREEING})\b", re.IGNORECASE)
#: Beside a yes with a number or an address: a no, a condition, a moment to think.
_REFUSES = re.compile(
    r"n't\b|\b(?:no|not|nope|nah|never|none|dont|cant|wont|if|unless|until|till|stop|cancel)\b", re.IGNORECASE
)
_HOLDS_BACK = re.compile(
    r"\b(?:but|before|first|wait|hold|hang on|maybe|perhaps|unsure|rather|without|guess|private)\b", re.IGNORECASE
)
#: "Ok hold on" asks for nothing.
_WAITS = re.compile(
    r"^\W*(?:(?:yes|ok|okay|but|no|oh|please|can you|just)\W+)*(?:wait|hold|hang|stop|not yet)\b", re.IGNORECASE
)
#: Nothing is to be sent, whatever else is said ("don't send it love, I'll ring you. So is that normal?"); "don't send it yet" and
#: "don't send me paper bills" say something else.
_NOT_TO_BE_SENT = re.compile(
    r"\b(?:do ?n[o']?t|do not) send(?: (?:it|that|this|anything|(?:the|my) message))?(?: (?:love|hon|then|please|thanks|lol|any ?more|after all))*"
    r"\s*(?:$|[.!;?,](?! ?(?:use|first|add|until|till|yet|before))|\bi(?:'?ll| will)\b)",
    re.IGNORECASE,
)


def agrees_only(text: str) -> bool:
    """Whether a whole message agrees."""
    return _is_only(text, _AGREEING)


def sends_only(text: str) -> bool:
    """Whether a whole message says that it is right as it is, or agrees."""
    return _is_only(text, f"{_AGREEING}|{_SENDING}")


def says_send(text: str) -> bool:
    """The same of a message that asks nothing: what else stands there may be a change or a question."""
    return "?" not in text and sends_only(text)


def begins_with_a_yes(text: str) -> bool:
    """Whether a message begins with a yes, whatever follows: "yes but only mornings"."""
    return bool(_AGREES.match(text))


def consents(text: str, gives_details: bool) -> bool:
    """Whether a whole message agrees; beside a number or an address that it gives, its first or its last sentence.

    Args:
        text: the message.
        gives_details: whether it gives name, number or address.
    """
    if "?" in text:
        return False
    if agrees_only(text):
        return True
    if not gives_details or _REFUSES.search(text) or asks(text):
        return False
    sentences = re.split(r"[.!,;:\n]+|\b(?:and|then)\b", beside_details(text))
    sentences = [one for one in sentences if re.search(r"\w", one)] or [""]
    after_a_correction = agrees_only(sentences[-1])
    return after_a_correction or (agrees_only(sentences[0]) and not _HOLDS_BACK.search(text))


def says_not_to_send(text: str) -> bool:
    """Whether nothing is to be sent, whatever else a message says."""
    return bool(_NOT_TO_BE_SENT.search(text))


def waits(text: str) -> bool:
    """Whether a message asks for a moment."""
    return bool(_WAITS.match(text))


def _is_only(text: str, phrases: str) -> bool:
    """Whether a text is nothing but some phrases, one at least, and courtesy."""
    some = re.search(rf"\b(?:{phrases})\b", text, re.IGNORECASE)
    return bool(some) and not re.search(r"\w", re.sub(rf"\b(?:{phrases}|{_POLITE})\b", " ", text, flags=re.IGNORECASE))
