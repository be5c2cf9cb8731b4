"""One message of a client and what answered it, reduced to what may be counted.

No text, no name of a conversation and no moment closer than its hour: what is kept here is kept for years, and cannot be
traced to a person. What the client named (`sciatica`) is reduced to its facet (`condition`).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from nmt_guide.errors import AnalyticsError

#: What ids look like. Anything else is no id of ours, and may be words of a client: a caller of the REST webhook names
#: its channel itself, and an action server may be another one than ours.
_ID = re.compile(r"[A-Za-z][\w.:/-]{0,63}\Z", re.ASCII)
_STRANGE = "other"


@dataclass(frozen=True)
class Reply:
    """One message of the assistant.

    Attributes:
        kind: as in the reply metadata; `outage` when something was down.
        topic: what it is about. When the assistant asks back, or did not understand: the nearest topic that it offered.
        facets: what the client named, by facet, sorted.
        level: how urgent, on a safety message.
        flag: the red flag, on a safety message.
    """

    kind: str
    topic: str | None = None
    facets: tuple[str, ...] = ()
    level: str | None = None
    flag: str | None = None


@dataclass(frozen=True)
class Turn:
    """One message of a client, and its replies.

    Attributes:
        channel: how it came in.
        hour: the hour in which it came, in UTC.
        seconds: from the message to its replies, where it was measured.
        replies: what answered it.
        id: says whether a turn that comes again was counted already; random, so that it leads nowhere.
    """

    channel: str
    hour: datetime
    seconds: float | None
    replies: tuple[Reply, ...]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def as_json(self) -> str:
        """As one line of JSON."""
        plain = {**vars(self), "hour": self.hour.isoformat(), "replies": list(map(vars, self.replies))}
        return json.dumps(plain, separators=(",", ":"))


def turn(channel: str, timestamp: float, seconds: float | None, replies: list[Mapping[str, Any]]) -> Turn:
    """What may be counted of a message.

    Args:
        channel: how it came in.
        timestamp: when, in seconds since 1970.
        seconds: how long its answer took, where it was measured.
        replies: the metadata of each message that answered.
    """
    when = datetime.fromtimestamp(timestamp, timezone.utc).replace(minute=0, second=0, microsecond=0)
    rounded = None if seconds is None else round(seconds, 4)
    return Turn(_id(channel) or "", when, rounded, tuple(map(_reply, replies)))


def from_json(text: str | bytes) -> Turn:
    """A turn as `as_json` wrote it. Fields that a newer replica added are left out.

    Raises:
        AnalyticsError: it is none.
    """
    try:
        found = json.loads(text)
        hour = datetime.fromisoformat(found["hour"])
        if hour.tzinfo is None or not re.fullmatch(r"[0-9a-f]{32}", found["id"]):
            raise ValueError("no id, or an hour without its zone")
        seconds = None if found["seconds"] is None else float(found["seconds"])
        replies = tuple(_read(each) for each in found["replies"])
        return Turn(_id(found["channel"]) or "", hour.astimezone(timezone.utc), seconds, replies, found["id"])
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise AnalyticsError(f"This is no event of the assistant: {type(error).__name__}.") from error


def _reply(metadata: Mapping[str, Any]) -> Reply:
    options = metadata.get("options")
    nearest = options[0] if isinstance(options, list) and options else None
    facets = metadata.get("facets")
    return _read({
        "kind": "outage" if metadata.get("outage") else metadata.get("kind"),
        "topic": metadata.get("topic") or nearest,
        "facets": list(facets) if isinstance(facets, Mapping) else [],
        "level": metadata.get("level"),
        "flag": metadata.get("flag"),
    })  # fmt: skip


def _read(found: Mapping[str, Any]) -> Reply:
    facets = sorted(filter(None, map(_id, found["facets"])))
    return Reply(
        _id(found["kind"]) or "", _id(found["topic"]), tuple(facets), _id(found["level"]), _id(found["flag"])
    )  # fmt: skip


def _id(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) and _ID.match(value) else _STRANGE
