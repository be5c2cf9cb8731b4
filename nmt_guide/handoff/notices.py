"""What staff read of a request: one text for e-mail and Slack.

The subject holds nothing that a client wrote: it becomes a header of an e-mail. What the client wrote stands in the body,
marked as theirs.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nmt_guide.handoff.hours import clock, time_zone
from nmt_guide.handoff.requests import Kind, Request
from nmt_guide.knowledge.content import Clinic

#: By kind: the subject, and what to do.
WORDS: Mapping[Kind, tuple[str, str]] = {
    "call_back": ("Please call back", "A client asks to be called back."),
    "booking": ("Booking request", "A client would like to book a visit."),
    "cancellation": ("Cancellation or change", "A client would like to cancel or move a visit."),
    "complaint": ("Complaint", "A client has a complaint."),
    "urgent": (
        "URGENT: possible emergency",
        "A client wrote something that can be an emergency. The assistant told them to get help at once. What they "
        "wrote is not in this message; read the conversation if you may.",
    ),
    "question": ("Question", "A client has a question for a person."),
}


@dataclass(frozen=True)
class Notice:
    """A request as it is sent.

    Attributes:
        id: the request's id; the same on every try.
        to: an address that gets it instead of the staff, or nothing.
        reply_to: the client's address, or nothing.
    """

    id: str
    subject: str
    body: str
    urgent: bool = False
    to: str | None = None
    reply_to: str | None = None


def notice(request: Request, clinic: Clinic, *, maybe_sent: bool = False) -> Notice:
    """A request in words for staff.

    Args:
        request: what the client asks.
        clinic: for its name, its time zone and who answers complaints.
        maybe_sent: an earlier try may have arrived: say so.
    """
    subject, what = WORDS[request.kind]
    lines = [what, ""]
    if maybe_sent:
        lines = ["Possible duplicate: an earlier try may have reached you already.", "", *lines]
    # On one line each: a name of two lines could look like a fact of ours.
    lines += [f"{title + ':':<14}{' '.join(value.split())}" for title, value in _facts(request, clinic) if value]
    if request.message:
        lines += ["", "The client wrote:", "", *(f"> {line}" for line in request.message.splitlines())]
    if request.kind == "urgent":
        lines += ["", f"To read it: nmt-guide conversations show {shlex.quote(' '.join(request.conversation.split()))}"]
    lines += ["", f"When it is dealt with: nmt-guide handoff done {request.id[:8]}"]
    return Notice(
        id=request.id,
        subject=f"{'(possible duplicate) ' if maybe_sent else ''}{subject} [{request.id[:8]}]",
        body="\n".join(lines) + "\n",
        urgent=request.kind == "urgent",
        to=_complaints_to(clinic) if request.kind == "complaint" else None,
        reply_to=request.email,
    )


def moment(when: datetime, clinic: Clinic) -> str:
    """A moment in the clinic's time zone, written out."""
    here = when.astimezone(time_zone(clinic))
    return f"{here:%A, %B} {here.day}, {here.year}, {clock(here)} ({time_zone(clinic)})"


def _facts(request: Request, clinic: Clinic) -> list[tuple[str, str | None]]:
    return [
        ("Name", request.name),
        ("Phone", request.phone),
        ("E-mail", request.email),
        ("Red flag", request.flag),
        ("Topic", request.topic),
        ("When", moment(request.created_at, clinic)),
        ("Clinic", clinic.text("name")),
        ("Conversation", f"{request.conversation} ({request.channel})"),
    ]


def _complaints_to(clinic: Clinic) -> str | None:
    """Who answers complaints, by e-mail. The example clinic's address belongs to nobody."""
    contact: Any = clinic.facts.get("complaint_contact")
    if clinic.facts.get("fictional") or not isinstance(contact, Mapping):
        return None
    return str(contact["email"]) if contact.get("email") else None
