"""What a browser is told of the clinic when the chat opens."""

from __future__ import annotations

import re
from typing import Any

from nmt_guide.dialogue.answers import choose
from nmt_guide.knowledge.content import Content

#: What new clients ask most (see the founding questions), as topics; those that the content lacks are left out.
_SUGGESTED = ("what_is_nmt", "session_pain", "cost", "find_therapist")


class Greeting:
    """The clinic's name and phone, its country's emergency number, first questions to press, and how long a conversation is kept.

    Args:
        content: the clinic's content.
    """

    def __init__(self, content: Content | None) -> None:
        clinic = content.clinic if content else None
        phone = clinic.text("phone") if clinic else None
        self.clinic = {
            "name": clinic.text("name") if clinic else None,
            "phone": phone,
            "phone_href": "tel:" + re.sub(r"(?!\A\+)\D", "", phone) if phone else None,
            "emergency_number": content.country.emergency if content else None,
        }
        days = clinic.text("privacy.retention_days") if clinic else None
        self.retention_days = int(days) if days and days.isdigit() else None
        topics = content.topic if content else {}
        self.suggestions = [
            {"title": topics[topic].button, "payload": choose(topic)} for topic in _SUGGESTED if topic in topics
        ]

    @property
    def offered(self) -> set[str]:
        """The payloads of the suggestions."""
        return {suggestion["payload"] for suggestion in self.suggestions}

    def wire(self) -> dict[str, Any]:
        """What of it goes into `session`."""
        return {"clinic": self.clinic, "suggestions": self.suggestions, "retention_days": self.retention_days}
