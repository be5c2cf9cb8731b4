"""The chat on a page in a real browser, used as a client uses it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from playwright.sync_api import Locator, Page
from processes import Server

from nmt_guide.knowledge.store import Store
from nmt_guide.webchat.entries import Entries

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass
class Chat:
    """The chat on a page. Playwright looks into open shadow roots by itself."""

    page: Page
    server: Server

    @property
    def element(self) -> Locator:
        return self.page.locator("nmt-chat")

    @property
    def launcher(self) -> Locator:
        return self.element.locator(".launcher")

    @property
    def panel(self) -> Locator:
        return self.element.locator("dialog.panel")

    @property
    def field(self) -> Locator:
        return self.element.locator("#field")

    @property
    def asked(self) -> Locator:
        """The client's messages."""
        return self.element.locator(".message.client")

    @property
    def replies(self) -> Locator:
        """The assistant's messages, without the greeting."""
        return self.element.locator(".message.assistant")

    @property
    def notice(self) -> Locator:
        return self.element.locator(".notice")

    def open(self) -> Chat:
        self.launcher.click()
        self.element.locator(".welcome .chips").wait_for(state="attached")
        return self

    def say(self, text: str) -> Locator:
        """Type a message; the first reply to it."""
        before = self.replies.count()
        self.field.fill(text)
        self.field.press("Enter")
        reply = self.replies.nth(before)
        reply.wait_for()
        return reply

    def choose(self, item: str) -> None:
        """Choose from the menu."""
        self.element.get_by_role("button", name="More", exact=True).click()
        self.element.locator(".menu").get_by_text(item).click()

    @property
    def session(self) -> str:
        """The id of the conversation, out of the token that the browser keeps."""
        kept = self.page.evaluate("JSON.parse(Object.values(localStorage).find((kept) => kept.includes('token')))")
        return str(jwt.decode(kept["token"], options={"verify_signature": False})["sub"])

    @property
    def entries(self) -> Entries:
        """What the assistant keeps of the website chat."""
        return Entries(Store(f"sqlite:///{Path(self.server.environment['NMT_VAR_DIR']) / 'knowledge.db'}").engine)

    def put(self, asked: str, *replies: dict[str, Any]) -> None:
        """Add a question with replies to the stored conversation, behind the browser's back; a reload shows them."""
        entry, _ = self.entries.accept(self.session, str(uuid.uuid4()), asked)
        self.entries.answer(self.session, entry, [{"metadata": {}, **reply} for reply in replies])

    def reload(self) -> Chat:
        self.page.reload()
        if not self.panel.is_visible():
            self.launcher.click()
        self.element.locator(".welcome .chips").wait_for(state="attached")
        return self

    def messages(self) -> list[str]:
        """What the bubbles say, in order, without their sources."""
        texts: list[str] = self.element.locator(".message .bubble").evaluate_all(
            """(bubbles) => bubbles.map((bubble) =>
                [...bubble.querySelectorAll(":scope > p, :scope > ul > li")].map((line) => line.textContent).join("\\n"))"""
        )
        return texts
