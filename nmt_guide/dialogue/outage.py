"""What is said when nothing else can be: the store is down, an action failed, a turn stayed empty."""

from __future__ import annotations

from functools import lru_cache

from nmt_guide.dialogue.model import Message
from nmt_guide.errors import NMTGuideError
from nmt_guide.knowledge.files import read_content
from nmt_guide.settings import Settings


@lru_cache(maxsize=1)
def _contact() -> str:
    """The clinic's phone, from the content files: the store may be what is down."""
    try:
        clinic = read_content(Settings().content_dir).clinic
    except NMTGuideError:
        return "the clinic"
    return f"the clinic on {clinic.text('phone')}" if clinic.text("phone") else "the clinic"


def outage_message() -> Message:
    """One sentence that tells the client where to turn."""
    text = (
        f"I am sorry, something went wrong on my side and I cannot answer just now. Please try again in a minute, or call {_contact()}. "
        "If this is an emergency, call your emergency number."
    )
    return Message(text, {"kind": "handoff", "outage": True})
