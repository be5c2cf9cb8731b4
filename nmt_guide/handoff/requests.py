"""What a client leaves for the clinic's staff."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal, get_args

Kind = Literal["call_back", "booking", "cancellation", "complaint", "urgent", "question"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def _new_id() -> str:
    return uuid.uuid4().hex


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One wish of a client that a person has to see.

    Attributes:
        kind: what it is about.
        conversation: Rasa's sender id.
        channel: where the client writes, for example ``rest``.
        name: the client's name.
        phone: in E.164 form (``+15125550123``), with `` ext. 4`` after it when there is an extension.
        email: the client's address.
        message: the client's own words.
        topic: the topic that the conversation was at.
        flag: the red flag, on ``urgent``.
        consent: whether the client agreed that the clinic gets what they gave.
        created_at: when, with a time zone.
        id: 32 hexadecimal digits; adding the same id twice stores it once.

    Raises:
        ValueError: the kind does not exist, the time has no zone, or something of the client's own is in it without
            their consent. An ``urgent`` notice needs no consent because it holds nothing of theirs.
    """

    kind: Kind
    conversation: str
    channel: str
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    message: str | None = None
    topic: str | None = None
    flag: str | None = None
    consent: bool = False
    created_at: datetime = field(default_factory=_now)
    id: str = field(default_factory=_new_id)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no kind of request {self.kind!r}: it is one of {', '.join(KINDS)}.")
        if self.created_at.tzinfo is None:
            raise ValueError("The time of a request needs a time zone.")
        if not self.consent and any((self.name, self.phone, self.email, self.message)):
            raise ValueError("Without the client's consent a request holds no name, number, address or message.")
