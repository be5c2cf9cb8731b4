"""What is said when nothing else can be: the store is down, an action failed, a turn stayed empty."""

from __future__ import annotations

from nmt_guide.dialogue.model import Message
from nmt_guide.errors import NMTGuideError
from nmt_guide.knowledge.files import read_clinic
from nmt_guide.settings import Settings


def _contact() -> str:
    """The clinic's phone, from its file: the store may be what is down.

    Read each time: who waits for an answer hardly notices, and a file that was half written is soon a whole one.
    """
    try:
        phone = read_clinic(Settings().content_dir).text("phone")
    except NMTGuideError:
        phone = None
    return f"the clinic on {phone}" if phone else "the clinic"


def outage_message() -> Message:
    """One sentence that tells the client where to turn."""
    text = (
        f"I am sorry, something went wrong on my side and I cannot answer just now. Please try again in a minute, or call {_contact()}. "
        "If this is an emergency, call your emergency number."
    )
    return Message(text, {"kind": "handoff", "outage": True})
