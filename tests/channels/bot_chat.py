"""How tests talk to an assistant on Telegram: updates in by the webhook, and what a chat then gets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from bot_api import TOKEN, BotApi, eventually
from processes import Place, Server, serving
from telegram_updates import text

from nmt_guide.channels.inbox import Inbox
from nmt_guide.channels.telegram.channel import conversation_of, webhook_secret
from nmt_guide.knowledge.store import Store

URL = "https://chat.example.com/webhooks/telegram/webhook"
SECRET = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret(TOKEN)}
_chats = itertools.count(5_000_000_001)  # chat ids have more than 32 bits


def new_chat() -> int:
    """A chat in which nothing was said yet."""
    return next(_chats)


@contextmanager
def serving_telegram(place: Place, telegram: BotApi, **settings: str) -> Iterator[Server]:
    """The assistant on Telegram by webhook, when Telegram knows of it."""
    ours = {"NMT_TELEGRAM_TOKEN": TOKEN, "NMT_TELEGRAM_API_URL": telegram.url, "NMT_TELEGRAM_WEBHOOK_URL": URL}
    with serving(place, **ours, **settings) as running:
        eventually(lambda: telegram.webhook)
        telegram.inbox = Inbox(Store(f"sqlite:///{place.knowledge}").engine, "telegram")
        yield running


def post(assistant: Server, update: Any, **headers: str) -> httpx.Response:
    """Give the assistant an update, as Telegram does."""
    url = f"{assistant.url}/webhooks/telegram/webhook"
    return httpx.post(url, json=update, headers={**SECRET, **headers}, timeout=60)


def ask(assistant: Server, telegram: BotApi, chat: int, words: str) -> list[dict[str, Any]]:
    """The messages that answer a question."""
    before = len(telegram.sent(chat))
    assert post(assistant, text(chat, words)).status_code == 200
    # /delete deletes its own place in the inbox before it answers.
    eventually(lambda: len(telegram.sent(chat)) > before)
    return settled(telegram, chat, before)


def settled(telegram: BotApi, chat: int, before: int = 0) -> list[dict[str, Any]]:
    """What a chat got beyond what it had, when all that came from it is done."""
    eventually(lambda: not telegram.inbox.waiting(conversation_of(chat)), 120)
    return telegram.sent(chat)[before:]
