"""The website chat, whichever way its messages come: sessions, messages, feedback, deletion."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import LockError
from sqlalchemy.exc import SQLAlchemyError

from nmt_guide.channels.guard import readable
from nmt_guide.channels.limits import Limit
from nmt_guide.channels.turn import OnNewMessage, Reply, answer, answered_before
from nmt_guide.dialogue.outage import outage_message
from nmt_guide.errors import ForgetError, StoreError
from nmt_guide.knowledge.library import Library
from nmt_guide.knowledge.store import shared_store
from nmt_guide.privacy.forget import forget_between_turns
from nmt_guide.settings import Settings
from nmt_guide.webchat.entries import Entries, Entry
from nmt_guide.webchat.greeting import Greeting
from nmt_guide.webchat.tokens import Tokens, new_session, read_secret

logger = logging.getLogger(__name__)

#: Tells all browsers of a session something: event, data, session, and the connection that knows already.
Emit = Callable[[str, Any, str, "str | None"], Awaitable[None]]
Json = dict[str, Any]

MOST_COMMENT_CHARS = 1000
_MESSAGE_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_TOKEN_LIFETIME = timedelta(days=365)
#: How often who waits for a turn looks whether it has come, in seconds. Rasa's own second is long to a client.
_LOOK_SECONDS = 0.05


class Refused(Exception):
    """What is not done, in words for the client.

    Attributes:
        code: for the widget: too_long, too_fast, empty, failed, expired or bad_request.
        retry_after: seconds after which it may be tried again.
    """

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after

    def wire(self) -> Json:
        """The refusal as JSON."""
        told: Json = {"status": "error", "code": self.code, "message": str(self)}
        if self.retry_after is not None:
            told["retry_after"] = round(self.retry_after, 1)
        return told


@dataclass(frozen=True)
class Said:
    """A client's message, checked.

    Attributes:
        id: made by the browser; the same when it tries again.
        payload: of the button that was pressed.
    """

    id: str
    text: str
    payload: str | None


class WebChat:
    """All chats of this process.

    Args:
        settings: stores, limits.
        on_new_message: what Rasa gave the channel to handle messages.
        agent: the agent, which Rasa loads after its channels are made.
        emit: tells the browsers of a session something.

    Raises:
        SetupError: the secret cannot be used.
    """

    def __init__(
        self, settings: Settings, on_new_message: OnNewMessage, agent: Callable[[], Agent], emit: Emit
    ) -> None:
        self._settings = settings
        self._on_new_message = on_new_message
        self._agent = agent
        self._emit = emit
        self._at_work: set[asyncio.Task[Json]] = set()
        store = shared_store(settings.database_url)
        self._entries = Entries(store.engine)
        self._greetings = Library(store, Greeting, settings.content_refresh_seconds)
        self._tokens = Tokens(read_secret(settings), _TOKEN_LIFETIME)
        self._messages = Limit(settings.web_messages_per_minute)
        self._requests = Limit(settings.web_requests_per_minute)

    async def warm_up(self) -> None:
        """Read the content before the first client comes; it takes a second or two."""
        await self._greeting()

    def admit(self, address: str) -> None:
        """Count a request.

        Raises:
            Refused: there were too many from this address.
        """
        _within(self._requests, address)

    def session(self, token: object) -> str:
        """The session that a token opens.

        Raises:
            Refused: it opens none.
        """
        session = self._tokens.session(token)
        if session is None:
            raise _expired()
        return session

    async def open(self, token: object, since: int) -> tuple[str, bool]:
        """The session that a browser comes back to, or a new one.

        Args:
            token: what the browser keeps.
            since: the last entry that it has.

        Returns:
            The session, and whether it is the old one.
        """
        session = self._tokens.session(token)
        try:
            if session is None or await asyncio.to_thread(self._is_over, session, since):
                return new_session(), False
        except SQLAlchemyError as error:
            logger.error("Whether a chat was deleted cannot be seen, so it goes on: %s", error)
            assert session is not None
        return session, True

    async def welcome(self, session: str, resumed: bool, since: int) -> Json:
        """What a browser is told when the chat opens.

        Args:
            session: the session.
            resumed: whether it is an old one.
            since: the last entry that the browser has.
        """
        history: list[Entry] = []
        try:
            if resumed:
                history = await asyncio.to_thread(self._entries.history, session, since)
        except SQLAlchemyError as error:
            logger.error("A chat opens without its history: %s", error)
        return {
            "token": self._tokens.sign(session),
            "resumed": resumed,
            "history": [entry.wire() for entry in history],
            "limits": {"max_chars": self._settings.max_message_chars},
            **(await self._greeting()).wire(),
        }

    async def message(self, session: str, data: object, sender: str | None = None) -> Json:
        """Answer a client's message.

        Args:
            session: the session.
            data: what the browser sent.
            sender: the connection that it came by.

        Raises:
            Refused: it was not answered; the browser may send it again, with the same id.
        """
        said = self._read(data)
        _within(self._messages, session)
        # A browser that goes away cancels its request. The answer is made all the same, and waits for its return.
        task = asyncio.create_task(self._answer(session, said, sender))
        self._at_work.add(task)  # the event loop itself would let go of it
        task.add_done_callback(self._at_work.discard)
        return await asyncio.shield(task)

    async def feedback(self, session: str, data: object) -> Json:
        """Keep what a client thinks of a reply.

        Raises:
            Refused: there is no such reply, or something is wrong with the rating.
        """
        fields = data if isinstance(data, dict) else {}
        seq, rating, comment = fields.get("seq"), fields.get("rating"), fields.get("comment")
        if type(seq) is not int or rating not in ("up", "down", None) or not isinstance(comment, (str, type(None))):
            raise _unreadable()
        if comment and len(comment) > MOST_COMMENT_CHARS:
            raise Refused("too_long", f"That is too long. Please use at most {MOST_COMMENT_CHARS} characters.")
        comment = readable(comment).strip() if comment else None
        with _failures():
            if not await asyncio.to_thread(self._entries.rate, session, seq, rating, comment):
                raise _unreadable()
        return {"status": "ok"}

    async def delete(self, session: str) -> None:
        """Delete all that is kept of a session. Its token opens nothing any more.

        Raises:
            Refused: not all of it could be deleted; it may be tried again.
        """
        with _failures():
            async with self._turn(session):
                await forget_between_turns(self._settings, session, self._agent().lock_store)

    async def _answer(self, session: str, said: Said, sender: str | None) -> Json:
        with _failures():
            # One message of a session at a time: the same one, sent again, waits here and finds its replies.
            async with self._turn(session):
                if await asyncio.to_thread(self._entries.is_deleted, session):
                    raise _expired()
                asked, new = await asyncio.to_thread(self._entries.accept, session, said.id, said.text)
                if new:
                    await self._emit("entry", asked.wire(), session, sender)
                if asked.answered:
                    replies = await asyncio.to_thread(self._entries.replies, session, asked)
                else:
                    made = await self._make(session, said, new)
                    replies = await asyncio.to_thread(self._entries.answer, session, asked, made)
                    for reply in replies:
                        await self._emit("entry", reply.wire(), session, None)
        return {"status": "ok", "seq": asked.seq, "replies": [reply.wire() for reply in replies]}

    async def _make(self, session: str, said: Said, new: bool) -> list[Reply]:
        """The replies to a message that has none yet.

        Raises:
            Refused: the turn failed. The message stays open, so that sending it again asks again.
        """
        await self._emit("typing", {"on": True}, session, None)
        try:
            trackers = self._agent().tracker_store
            # The process may have died between Rasa's keeping of the turn and ours.
            replies = [] if new else await answered_before(session, said.id, trackers)
            if not replies or _failed(replies):
                pressed = await self._pressed(session, said)
                message = UserMessage(pressed or said.text, sender_id=session, input_channel="web", message_id=said.id)
                replies = await answer(self._on_new_message, message, trackers, [pressed] if pressed else ())
        finally:
            await self._emit("typing", {"on": False}, session, None)
        if _failed(replies):
            raise Refused("failed", replies[0]["text"])
        return replies

    async def _pressed(self, session: str, said: Said) -> str | None:
        """What the pressed button sends, if it was offered in this session: by a reply, or by the greeting."""
        if said.payload is None:
            return None
        offered = (await self._greeting()).offered | await asyncio.to_thread(self._entries.offered, session)
        return said.payload if said.payload in offered else None

    async def _greeting(self) -> Greeting:
        try:
            return await self._greetings.current()
        except StoreError as error:
            logger.error("A chat opens without the clinic's name: %s", error)
            return Greeting(None)

    def _is_over(self, session: str, since: int) -> bool:
        # A browser that has more than we do kept it over a purge, or over the return of an old backup: numbers that it
        # knows would be given again, and it would take new entries for old ones.
        return self._entries.is_deleted(session) or since > self._entries.last(session)

    def _read(self, data: object) -> Said:
        fields = data if isinstance(data, dict) else {}
        message_id, text, payload = fields.get("id"), fields.get("text"), fields.get("payload")
        if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
            raise _unreadable()
        if not isinstance(text, str) or not isinstance(payload, (str, type(None))):
            raise _unreadable()
        most = self._settings.max_message_chars
        if max(len(text), len(payload or "")) > most:
            raise Refused("too_long", f"That message is too long. Please use at most {most} characters.")
        text = readable(text).strip()
        if not text:
            raise Refused("empty", "Please write a message first.")
        return Said(message_id, text, payload)

    def _turn(self, session: str) -> AbstractAsyncContextManager[Any]:
        # Not Rasa's own lock of the conversation, which is taken inside this one.
        lock: AbstractAsyncContextManager[Any] = self._agent().lock_store.lock(
            f"web {session}", wait_time_in_seconds=_LOOK_SECONDS
        )
        return lock


@contextmanager
def _failures() -> Iterator[None]:
    """What goes wrong on our side becomes a refusal with the clinic's phone number.

    Raises:
        Refused: the store, the lock or the deletion failed.
    """
    try:
        yield
    except (SQLAlchemyError, LockError, ForgetError) as error:
        logger.exception("The website chat failed.")
        raise Refused("failed", outage_message().text) from error


def _failed(replies: list[Reply]) -> bool:
    return any(reply["metadata"].get("outage") for reply in replies)


def _within(limit: Limit, key: str) -> None:
    wait = limit.take(key)
    if wait:
        raise Refused("too_fast", "That was a lot at once. Please wait a moment and try again.", wait)


def _expired() -> Refused:
    return Refused("expired", "This conversation was deleted or is too old. Please start a new one.")


def _unreadable() -> Refused:
    return Refused("bad_request", "The chat sent something that I cannot read. Please reload the page and try again.")
