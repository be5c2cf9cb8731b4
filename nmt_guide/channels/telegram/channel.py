"""The Telegram channel: updates in, by webhook or by long polling; replies out.

It does not build on Rasa's `TelegramInput`. That one rests on aiogram 2.15 of 2020, registers its webhook while the server
is being put together (no network: no start), asks Telegram who it is on every message, checks no secret, fails with a 500
on updates without a text, and puts whole payloads into buttons. What is left to share is the name. The Bot API is one JSON
request a call (`api`), so that the channel's own code is what it decides: what an update means (`updates`), how a reply
looks (`render`), and that nothing is lost or said twice (`nmt_guide.channels.inbox_channel`).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import html
import logging
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import Any

from sanic import Blueprint, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from nmt_guide.channels.guard import offered_in
from nmt_guide.channels.inbox import Call, Entry
from nmt_guide.channels.inbox_channel import MOST_WAITING_IN_CONVERSATION, InboxChannel, InboxFull
from nmt_guide.channels.telegram.api import BotApi
from nmt_guide.channels.telegram.render import calls_for, key_of, plain
from nmt_guide.channels.telegram.updates import WANTED, Incoming, read, update_id
from nmt_guide.channels.turn import OnNewMessage
from nmt_guide.channels.worker import in_background
from nmt_guide.errors import DeliveryError, DeliveryPostponed, DeliveryRefused
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

#: How long Telegram keeps a request for updates open when there are none, in seconds.
_POLL_SECONDS = 25
#: Waits after failures of the connection, in seconds; a second poller with the same token is a failure too.
_RECONNECT_SECONDS = 5.0
_CONFLICT_SECONDS = 15.0
#: After a week without updates Telegram numbers them anew: an older place in the row says nothing.
_PLACE_SECONDS = 3 * 86_400.0
#: Telegram shows "typing" for five seconds.
_TYPING_SECONDS = 4.0

COMMANDS = [
    {"command": "start", "description": "Begin, and see what others ask"},
    {"command": "help", "description": "What I can and cannot do"},
    {"command": "delete", "description": "Delete what we talked about"},
]
#: What /start and /help ask the assistant, so that their replies are the clinic's own, with buttons.
_QUESTIONS = {"start": "Hello", "help": "What can you do?"}
_HELP = "Write your question in your own words. /delete deletes what we talked about."
_DELETED = (
    "Done. I have deleted what we talked about, and begin anew. The messages that you see here are kept by Telegram: to "
    "remove those too, delete this chat."
)
_NOT_DELETED = "I could not delete everything just now. Please send /delete again in a minute, or tell the clinic."
_PRIVATE_ONLY = "I answer in private chats only, so that nobody else reads what you ask."
_OLD_BUTTONS = "These buttons are too old. Please write your question in words."
_TOO_FAST = "You write faster than I can answer, so I had to leave out some messages. Please ask again in a minute."


def conversation_of(chat: int) -> str:
    """The sender id of a chat. No other channel lets a client name a conversation like this."""
    return f"telegram:{chat}"


def webhook_secret(token: str) -> str:
    """What Telegram sends in the header `X-Telegram-Bot-Api-Secret-Token`, so that nobody else can post updates.

    Made from the token: it is as secret, the same in every process, and nobody has to set it.
    """
    return hmac.new(token.encode(), b"telegram webhook", hashlib.sha256).hexdigest()


class TelegramInput(InboxChannel):
    """A bot on Telegram.

    Args:
        token: the bot's token, from @BotFather.
        settings: the webhook's address (empty: long polling), the Bot API's address, the database.
    """

    def __init__(self, token: str, settings: Settings) -> None:
        super().__init__(settings)
        self._secret = webhook_secret(token)
        self._token = token
        self._bot_name = ""
        self._flooded: set[str] = set()
        self._connection: asyncio.Task[None] | None = None
        self._api: BotApi

    @classmethod
    def name(cls) -> str:
        """See parent class."""
        return "telegram"

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any]) -> TelegramInput:
        """See parent class."""
        return cls(credentials["token"], Settings())

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """See parent class."""
        webhook = self._blueprint(on_new_message)

        @webhook.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            given = request.headers.get("x-telegram-bot-api-secret-token", "")
            if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._secret.encode()):
                return response.json({"error": "The secret token is missing or wrong."}, status=401)
            try:
                update = request.json
            except InvalidUsage:
                update = None
            if update_id(update) is None:
                return response.json({"error": "The body is not an update of the Bot API."}, status=400)
            try:
                await self._take(update)
            except (InboxFull, SQLAlchemyError) as error:
                # Telegram comes back with what was not taken.
                logger.error("An update is left to Telegram for now: %s", error)
                return response.json({"error": "Come back later."}, status=503, headers={"Retry-After": "10"})
            return response.json({})

        return webhook

    async def _open(self) -> None:
        self._api = BotApi(self._token, self._settings.telegram_api_url)

    async def _begin(self) -> None:
        # In the background: without a network the assistant starts all the same.
        self._connection = asyncio.create_task(self._connect())

    async def _end(self) -> None:
        if self._connection is not None:
            self._connection.cancel()
            await asyncio.gather(self._connection, return_exceptions=True)

    async def _close(self) -> None:
        await self._api.close()

    async def _connect(self) -> None:
        """Get to know Telegram, however long that takes, and receive updates."""
        while True:
            try:
                await self._introduce()
                break
            except DeliveryError as error:
                logger.error("Telegram: not connected, trying again. %s", error)
                await asyncio.sleep(getattr(error, "seconds", 0.0) or _RECONNECT_SECONDS)
        if not self._settings.telegram_webhook_url:
            await self._poll()

    async def _introduce(self) -> None:
        me = await self._api.call("getMe")
        self._bot_name = str(me.get("username", ""))
        await self._api.call("setMyCommands", commands=COMMANDS)
        url = self._settings.telegram_webhook_url
        if url:
            # One connection: updates then come in order. Taking one takes milliseconds, so that this is fast enough.
            await self._api.call(
                "setWebhook", url=url, secret_token=self._secret, max_connections=1, allowed_updates=WANTED
            )
        else:
            await self._api.call("deleteWebhook")
        logger.info("Telegram: connected as @%s, by %s.", self._bot_name, "webhook" if url else "long polling")

    async def _poll(self) -> None:
        """Ask for updates for ever. Asking for the next ones tells Telegram that the ones before are safe here."""
        place: int | None = None
        placed = float("-inf")
        while True:
            try:
                if place is None:
                    newest = await asyncio.to_thread(self._inbox.newest)
                    place, placed = (None if newest is None else newest + 1), time.monotonic()
                elif time.monotonic() - placed > _PLACE_SECONDS:
                    place = None
                updates = await self._api.once(
                    "getUpdates", offset=place, timeout=_POLL_SECONDS, allowed_updates=WANTED
                )
                for update in updates:
                    await self._take(update)
                    number = update_id(update)
                    if number is not None:
                        place, placed = number + 1, time.monotonic()
            except DeliveryPostponed as error:
                logger.warning("Telegram: no updates. %s", error)
                await asyncio.sleep(max(error.seconds, _RECONNECT_SECONDS))
            except DeliveryRefused as error:
                # 409: another process asks for the same bot's updates, or somebody set a webhook.
                logger.error("Telegram: no updates. %s", error)
                await asyncio.sleep(_CONFLICT_SECONDS)
            except (InboxFull, SQLAlchemyError) as error:
                logger.error("Telegram: updates wait. %s", error)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _take(self, update: Any) -> None:
        """Write down what concerns us in an update.

        Raises:
            InboxFull: too many wait already.
            SQLAlchemyError: it cannot be written down.
        """
        number, incoming = update_id(update), read(update, self._bot_name)
        if incoming is None:
            return
        conversation = conversation_of(incoming.chat)
        waiting = await self._waiting(conversation)
        if waiting >= MOST_WAITING_IN_CONVERSATION:
            self._slow_down(incoming, conversation)
            return
        if not waiting:
            self._flooded.discard(conversation)
        # Only what is needed is kept, no names or phone numbers of an update.
        await self._write_down(str(number), conversation, number or 0, asdict(incoming), incoming.subject)

    def _slow_down(self, incoming: Incoming, conversation: str) -> None:
        if conversation in self._flooded:
            return
        self._flooded.add(conversation)
        logger.error(
            "Conversation %s has %d unanswered messages; more are left out.", conversation, MOST_WAITING_IN_CONVERSATION
        )
        in_background(self._try("sendMessage", chat_id=incoming.chat, text=_TOO_FAST))

    async def _calls(self, entry: Entry) -> list[Call]:
        incoming = Incoming(**entry.body)
        if incoming.subject and not await asyncio.to_thread(
            self._inbox.first_about, entry.key, entry.conversation, incoming.subject
        ):
            # A second tap on the same buttons, a second picture of an album. A tap wants its clock taken away.
            if incoming.callback:
                await self._try("answerCallbackQuery", callback_query_id=incoming.callback)
            return []
        where = _where(incoming)
        async with self._typing(where):
            return await self._reply(entry, incoming, where)

    def _apology(self, entry: Entry, text: str, _meta: Mapping[str, Any]) -> list[Call]:
        return [plain(text, **_where(Incoming(**entry.body)))]

    async def _reply(self, entry: Entry, incoming: Incoming, where: Call) -> list[Call]:
        if incoming.kind == "group":
            return [self._refusal(incoming, where)]
        if incoming.kind == "press":
            return await self._pressed(entry, incoming, where)
        if incoming.kind == "command":
            return await self._command(entry, incoming.text, where)
        calls = [plain(incoming.note, **where)] if incoming.note else []
        if incoming.kind == "unreadable" and not incoming.text:
            return calls
        most = self._settings.max_message_chars
        if len(incoming.text) > most:
            return [plain(f"Your message is too long for me. Please use at most {most} characters.", **where)]
        calls += calls_for(await self._answer(entry, incoming.text), **where)
        if incoming.edited:
            calls[0]["reply_parameters"] = {"message_id": incoming.message_id, "allow_sending_without_reply": True}
        return calls

    async def _pressed(self, entry: Entry, incoming: Incoming, where: Call) -> list[Call]:
        offered = await offered_in(entry.conversation, self._trackers)
        payload = next((payload for payload in offered if key_of(payload) == incoming.text), None)
        toast = f"You chose: {incoming.title}"[:200] if payload and incoming.title else None
        await self._try("answerCallbackQuery", callback_query_id=incoming.callback, text=toast)
        without = {"method": "editMessageReplyMarkup", "chat_id": incoming.chat, "message_id": incoming.message_id}
        if payload is None:
            # On a second attempt the turn itself may have pushed the buttons out of reach; then it was answered.
            before = await self._answered_before(entry)
            return [without, *(calls_for(before, **where) if before else [plain(_OLD_BUTTONS, **where)])]
        return [without, *calls_for(await self._answer(entry, payload), **where)]

    async def _command(self, entry: Entry, command: str, where: Call) -> list[Call]:
        if command == "delete":
            return [plain(_DELETED if await self._forget(entry.conversation) else _NOT_DELETED, **where)]
        calls = calls_for(await self._answer(entry, _QUESTIONS[command]), **where)
        return [plain(_HELP, **where), *calls] if command == "help" else calls

    def _refusal(self, incoming: Incoming, where: Call) -> Call:
        button = {"text": "Write to me", "url": f"https://t.me/{self._bot_name}"}
        return {
            **plain(_PRIVATE_ONLY, **where),
            "reply_parameters": {"message_id": incoming.message_id, "allow_sending_without_reply": True},
            "reply_markup": {"inline_keyboard": [[button]]},
        }

    @asynccontextmanager
    async def _typing(self, where: Call) -> AsyncIterator[None]:
        """Shows that somebody is at it."""

        async def show() -> None:
            while True:
                await self._try("sendChatAction", action="typing", **where)
                await asyncio.sleep(_TYPING_SECONDS)

        task = in_background(show())
        try:
            yield
        finally:
            task.cancel()

    async def _try(self, method: str, **params: Any) -> None:
        """A call whose failure is no loss."""
        with suppress(DeliveryError):
            await self._api.once(method, **params)

    async def _send(self, call: Call) -> None:
        """Send one reply; see `Worker`."""
        params = {name: value for name, value in call.items() if name != "method"}
        try:
            await self._api.call(call["method"], **params)
        except DeliveryRefused as error:
            if call["method"] != "sendMessage":  # the keyboard is gone already, or its message is
                logger.info("%s", error)
            elif error.status == 400 and "parse_mode" in params:
                # Whatever displeased Telegram, the words must arrive.
                logger.error("A reply is sent without its markup and buttons. %s", error)
                text = html.unescape(re.sub(r"</?(?:b|a)\b[^>]*>", "", params["text"]))
                await self._api.call("sendMessage", chat_id=params["chat_id"], text=text)
            else:
                raise


def _where(incoming: Incoming) -> Call:
    where: Call = {"chat_id": incoming.chat}
    return where if incoming.thread is None else {**where, "message_thread_id": incoming.thread}
