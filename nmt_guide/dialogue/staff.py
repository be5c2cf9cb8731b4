"""What the dialogue tells the clinic's staff, or takes back: a client's message, an urgent notice, the deletion of both."""

from __future__ import annotations

import logging
import re
import uuid
from datetime import timezone

from nmt_guide.dialogue.answers import Answers
from nmt_guide.dialogue.forms import Contact
from nmt_guide.dialogue.model import Message, Turn
from nmt_guide.dialogue.services import Services
from nmt_guide.errors import StoreError
from nmt_guide.handoff.requests import Request

logger = logging.getLogger(__name__)

#: Namespace of the ids of urgent notices, so that one flag in one conversation on one day is one notice.
_NOTICES = uuid.UUID("6f1c4f0e-3d0a-4b7e-9f5c-0d0a9a3b7c51")
_ORDERS_DELETION = re.compile(
    r"(?:^\W*|[.!?;]\s+)(?:(?:please|and|also|then|can you|could you|i want you to|i'd like you to|now)\W+)*(?:delete|erase|forget|remove|wipe)\b",
    re.IGNORECASE,
)

_NOT_DELETED = "I am sorry, I could not delete it just now. Please try again in a minute, or call {phone}."
#: Names every channel, as what is said is the same on each.
_DELETED = (
    "I have deleted the messages that this chat left for the clinic, and I begin anew. The clinic may already have got a message "
    "that you sent. What we wrote here is still stored. To delete that too, choose Delete this conversation in the menu of a web "
    "chat, send /delete in Telegram or /nmt delete in Slack, or write to {contact}."
)


def pass_on(contact: Contact, turn: Turn, services: Services) -> bool:
    """Leave a client's message for staff. The same one twice is left once.

    Returns:
        Whether it could be kept.
    """
    request = Request(
        kind=contact.kind,
        conversation=turn.conversation,
        channel=turn.channel,
        name=contact.name,
        phone=contact.phone,
        email=contact.email,
        message=contact.message,
        topic=contact.topic,
        consent=contact.consent,
        created_at=services.now(),
        id=contact.id,
    )
    try:
        services.staff.add(request)
    except StoreError:
        logger.exception("A message of conversation %s could not be kept.", turn.conversation)
        return False
    return True


def notify(flag: str, turn: Turn, services: Services) -> None:
    """Tell staff of an urgent red flag: which, when and in which conversation, and not a word of the client's.

    Nothing that fails here may keep the client from the safety message.
    """
    now = services.now()
    notice = uuid.uuid5(_NOTICES, f"{turn.conversation}/{flag}/{now.astimezone(timezone.utc).date()}")
    request = Request(
        kind="urgent",
        conversation=turn.conversation,
        channel=turn.channel,
        flag=flag,
        created_at=now,
        id=notice.hex,
    )
    try:
        services.staff.add(request)
    except Exception:
        logger.exception("Staff could not be told of %s in conversation %s.", flag, turn.conversation)


def orders_deletion(text: str) -> bool:
    """Whether the client orders the deletion, and does not only ask about it."""
    return bool(_ORDERS_DELETION.search(text))


def delete(turn: Turn, answers: Answers, services: Services) -> tuple[Message, bool]:
    """Delete what this conversation left for staff. The conversation itself cannot be deleted while it is answered.

    Returns:
        What is said of it, and whether it is deleted: then the memory should go too.
    """
    clinic = answers.content.clinic
    try:
        services.staff.forget(turn.conversation)
    except StoreError:
        logger.exception("The messages of conversation %s could not be deleted.", turn.conversation)
        return answers.on_form(_NOT_DELETED.format(phone=answers.phone), kind="privacy"), False
    contact = clinic.text("privacy.contact") or clinic.text("email") or answers.phone
    return answers.on_form(_DELETED.format(contact=contact), kind="privacy"), True
