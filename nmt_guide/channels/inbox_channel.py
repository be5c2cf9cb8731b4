"""What channels have in common that write down what comes in, and answer it from there."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.tracker_store import TrackerStore
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from nmt_guide.channels.inbox import Call, Entry, Inbox
from nmt_guide.channels.turn import OnNewMessage, Reply, answer, answered_before
from nmt_guide.channels.worker import Worker
from nmt_guide.dialogue.outage import outage_message
from nmt_guide.errors import ForgetError
from nmt_guide.knowledge.store import shared_store
from nmt_guide.privacy.forget import forget_between_turns
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

#: Unanswered messages of everybody, before the sender is asked to come back later.
_MOST_WAITING = 2000
#: Unanswered messages of one conversation, before some are left out.
MOST_WAITING_IN_CONVERSATION = 20
#: A message whose answer was begun so often has ended the process each time.
_MOST_ATTEMPTS = 5


class InboxFull(Exception):
    """Too many messages wait for an answer."""


class InboxChannel(InputChannel, ABC):
    """A channel that loses nothing and says nothing twice: an `Inbox` keeps its messages until they are answered.

    A channel adds its addresses to the blueprint, hands what comes in to `_write_down`, and says in `_calls`, `_apology`
    and `_send` how replies look and go out.

    Args:
        settings: the database.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: Sanic
        self._inbox: Inbox
        self._worker: Worker
        self._on_new_message: OnNewMessage

    def _blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """The addresses and listeners that all these channels have."""
        webhook = Blueprint(f"nmt_guide_{self.name()}", __name__)
        self._on_new_message = on_new_message

        # Before: the first request can come in while the listeners for "after" still run.
        @webhook.listener("before_server_start")
        async def prepare(app: Sanic, _loop: Any) -> None:
            self._app = app
            self._inbox = Inbox(shared_store(self._settings.database_url).engine, self.name())
            self._worker = Worker(self._inbox, self._prepare, self._send)
            await self._open()

        # After: what was left unanswered needs the agent, which Rasa loads in between.
        @webhook.listener("after_server_start")
        async def begin(_app: Sanic, _loop: Any) -> None:
            self._worker.start()
            await self._begin()

        @webhook.listener("before_server_stop")
        async def end(_app: Sanic, _loop: Any) -> None:
            await self._end()
            await self._worker.stop()
            await self._close()

        @webhook.route("/", methods=["GET"])
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        return webhook

    @abstractmethod
    async def _open(self) -> None:
        """Make the client that sends replies."""

    async def _begin(self) -> None:
        """The server runs; nothing may take long here."""

    async def _end(self) -> None:
        """The server is about to stop."""

    @abstractmethod
    async def _close(self) -> None:
        """Close the client that sends replies."""

    @abstractmethod
    async def _calls(self, entry: Entry) -> list[Call]:
        """The calls that answer a message."""

    @abstractmethod
    def _apology(self, entry: Entry, text: str, meta: Mapping[str, Any]) -> list[Call]:
        """The calls that answer a message which cannot be answered.

        Args:
            entry: the message.
            text: what is said.
            meta: the reply metadata.
        """

    @abstractmethod
    async def _send(self, call: Call) -> None:
        """Send one reply; see `Worker`."""

    @property
    def _trackers(self) -> TrackerStore:
        """Where conversations are stored."""
        store: TrackerStore = self._app.ctx.agent.tracker_store
        return store

    async def _waiting(self, conversation: str) -> int:
        """How many messages of a conversation wait for an answer.

        Raises:
            InboxFull: there are too many of everybody's.
            SQLAlchemyError: the inbox cannot be read.
        """
        if await asyncio.to_thread(self._inbox.waiting) >= _MOST_WAITING:
            raise InboxFull(f"{_MOST_WAITING} messages wait for an answer.")
        return await asyncio.to_thread(self._inbox.waiting, conversation)

    async def _write_down(
        self, key: str, conversation: str, position: int, body: Mapping[str, Any], subject: str | None = None
    ) -> None:
        """Keep a message until it is answered; see `Inbox.add`.

        Raises:
            SQLAlchemyError: it cannot be written down.
        """
        if await asyncio.to_thread(self._inbox.add, key, conversation, position, dict(body), subject):
            self._worker.wake(conversation)

    async def _prepare(self, entry: Entry) -> list[Call]:
        """The calls that answer a message, or say that this failed; see `Worker`."""
        if entry.attempts > _MOST_ATTEMPTS:
            logger.error("A message of conversation %s was begun %d times.", entry.conversation, entry.attempts)
        else:
            try:
                return await self._calls(entry)
            except SQLAlchemyError:
                raise
            except (Exception, SystemExit):  # SystemExit: Rasa's SQL store, see `turn.answer`
                logger.exception("A message of conversation %s failed.", entry.conversation)
        sorry = outage_message()
        return self._apology(entry, sorry.text, sorry.meta)

    async def _answer(self, entry: Entry, text: str, channel: str = "", **more: Any) -> list[Reply]:
        """The assistant's reply; on a second attempt the one it gave at the first, if it came so far.

        Args:
            entry: the message.
            text: the client's words, or what a button sends.
            channel: the name of the channel in the conversation, when it is not this one's own.
            more: further fields of Rasa's `UserMessage`.
        """
        before = await self._answered_before(entry)
        if before:
            return before
        message = UserMessage(
            text,
            sender_id=entry.conversation,
            input_channel=channel or self.name(),
            message_id=self._message_id(entry),
            **more,
        )
        return await answer(self._on_new_message, message, self._trackers)

    async def _answered_before(self, entry: Entry) -> list[Reply]:
        """The reply that an attempt before this one came to."""
        if entry.attempts == 1:
            return []
        return await answered_before(entry.conversation, self._message_id(entry), self._trackers)

    async def _forget(self, conversation: str) -> bool:
        """Delete all that is kept of a conversation.

        Returns:
            Whether all of it is deleted.
        """
        try:
            await forget_between_turns(self._settings, conversation, self._app.ctx.agent.lock_store)
        except ForgetError as error:
            logger.error("Conversation %s was not deleted: %s", conversation, error)
            return False
        return True

    def _message_id(self, entry: Entry) -> str:
        return f"{self.name()}:{entry.key}"
