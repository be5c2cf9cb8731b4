"""The Slack channel: events, buttons and slash commands in; replies out.

It does not build on Rasa's `SlackInput`. That one drops buttons beyond the fifth, splits a reply at every empty line, keeps
nothing of what it acknowledged (a restart loses it), recognises a repetition by one header alone, knows neither slash
commands nor a home tab, and never retries. Requests are checked and sent with Slack's own SDK. What the channel's own code
decides is what a request means (`events`), how a reply looks (`render`), and that nothing is lost or said twice
(`nmt_guide.channels.inbox_channel`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from slack_sdk.signature import SignatureVerifier
from sqlalchemy.exc import SQLAlchemyError

from nmt_guide.channels.guard import offered_in
from nmt_guide.channels.inbox import Call, Entry
from nmt_guide.channels.inbox_channel import MOST_WAITING_IN_CONVERSATION, InboxChannel, InboxFull
from nmt_guide.channels.slack import render
from nmt_guide.channels.slack.api import SlackApi
from nmt_guide.channels.slack.events import Heard, read_command, read_event, read_interaction
from nmt_guide.channels.turn import OnNewMessage, Reply
from nmt_guide.channels.worker import in_background
from nmt_guide.errors import DeliveryError, DeliveryRefused
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

#: Slack's own requests stay far below.
_MOST_BODY_BYTES = 1_000_000
#: How long an answer waits for the sign that somebody is at it, in seconds.
_SIGN_SECONDS = 1.0
_WORKING = "eyes"

_WORDS_ONLY = (
    "I can only read words, not files, pictures or recordings. Please write your question in words. If it is urgent, "
    "call the clinic or your emergency number."
)
_HOW_TO_ASK = "Write your question after the command, for example: {command} does it hurt?"
_DELETE = "delete"
_DELETED = "Done. I have deleted what we talked about, and begin anew. What you see in Slack is kept by Slack."
_NOT_DELETED = "I could not delete everything just now. Please try again in a minute, or tell the clinic."
_TOO_FAST = "You write faster than I can answer. Please ask again in a minute."


class BadRequest(Exception):
    """What is wrong with a request, and its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class SlackInput(InboxChannel):
    """An app on Slack.

    Args:
        token: the app's bot token.
        signing_secret: what Slack signs its requests with.
        settings: the Web API's address, the database.
    """

    def __init__(self, token: str, signing_secret: str, settings: Settings) -> None:
        super().__init__(settings)
        self._token = token
        self._verifier = SignatureVerifier(signing_secret)
        self._api: SlackApi

    @classmethod
    def name(cls) -> str:
        """See parent class."""
        return "slack"

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any] | None) -> SlackInput:
        """See parent class."""
        known = credentials or cls.raise_missing_credentials_exception()
        return cls(known["token"], known["signing_secret"], Settings())

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """See parent class."""
        webhook = self._blueprint(on_new_message)

        @webhook.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            try:
                return await self._receive(request)
            except BadRequest as error:
                return response.json({"error": str(error)}, status=error.status)
            except (InboxFull, SQLAlchemyError) as error:
                # Slack comes back with an event that was not taken.
                logger.error("A request is left to Slack for now: %s", error)
                return response.json({"error": "Come back later."}, status=503)

        return webhook

    async def _open(self) -> None:
        self._api = SlackApi(self._token, self._settings.slack_api_url)

    async def _begin(self) -> None:
        # In the background: without a network the assistant starts all the same.
        in_background(self._check_token())

    async def _close(self) -> None:
        await self._api.close()

    async def _receive(self, request: Request) -> HTTPResponse:
        """Write down what concerns us, and say so: Slack waits three seconds at most."""
        self._check(request)
        if request.headers.get("content-type", "").startswith("application/json"):
            payload = _json(request.body)
            if isinstance(payload, dict) and payload.get("type") == "url_verification":
                return response.json({"challenge": payload.get("challenge")})
            await self._take(read_event(payload))
            return response.empty(200)
        form = _form(request.body)
        if "payload" in form:
            await self._take(read_interaction(_json(form["payload"].encode())))
            return response.empty(200)
        heard = read_command(form)
        if heard is None:
            text = _HOW_TO_ASK.format(command=form.get("command") or "/nmt")
        else:
            text = f"You asked: {heard.text}" if await self._take(heard) else _TOO_FAST
        return response.json({"response_type": "ephemeral", "text": render.escaped(text)})

    def _check(self, request: Request) -> None:
        """See that Slack sent this, not longer than five minutes ago.

        Raises:
            BadRequest: it is too large, or Slack did not.
        """
        if len(request.body) > _MOST_BODY_BYTES:
            raise BadRequest(413, "The request is too large.")
        try:
            genuine = self._verifier.is_valid_request(request.body, dict(request.headers))
        except (ValueError, TypeError):  # a time that is no number, a body or signature that is no text
            genuine = False
        if not genuine:
            raise BadRequest(401, "The request is not signed by Slack, or is older than five minutes.")

    async def _take(self, heard: Heard | None) -> bool:
        """Write down what was heard.

        Returns:
            Whether it will be answered, now or because it was written down before.

        Raises:
            InboxFull: too many wait already.
            SQLAlchemyError: it cannot be written down.
        """
        if heard is None:
            return True
        conversation = heard.conversation
        if await self._waiting(conversation) >= MOST_WAITING_IN_CONVERSATION:
            logger.error("Conversation %s has too many unanswered messages; one is left out.", conversation)
            return False
        await self._write_down(heard.key, conversation, heard.position, asdict(heard))
        return True

    async def _calls(self, entry: Entry) -> list[Call]:
        heard = Heard(**entry.body)
        if heard.kind == "home":
            return [render.home_for(heard.user)]
        async with self._working(heard) as after:
            return [*await self._reply(entry, heard), *after]

    def _apology(self, entry: Entry, text: str, _meta: Mapping[str, Any]) -> list[Call]:
        return [self._note(Heard(**entry.body), text)]

    async def _reply(self, entry: Entry, heard: Heard) -> list[Call]:
        if heard.kind == "command" and heard.text.lower() == _DELETE:
            return [self._note(heard, _DELETED if await self._forget(entry.conversation) else _NOT_DELETED)]
        if heard.unreadable:
            return [self._note(heard, _WORDS_ONLY)]
        most = self._settings.max_message_chars
        if len(heard.text) > most:
            return [self._note(heard, f"Your message is too long for me. Please use at most {most} characters.")]
        calls = self._without_buttons(heard)
        replies = await self._ask(entry, heard)
        if heard.response_url:
            return [*calls, *render.answers_for(replies, heard.response_url)]
        # Who pressed a button on the home tab finds the answer elsewhere, without the question.
        asked = heard.title if heard.kind == "press" and not heard.message else ""
        return [*calls, *render.posts_for(replies, _where(heard), asked)]

    async def _ask(self, entry: Entry, heard: Heard) -> list[Reply]:
        text = heard.text
        if heard.kind == "press" and text not in await offered_in(entry.conversation, self._trackers):
            # An old button. What stood on it says what the client wants to know.
            text = heard.title
        return await self._answer(entry, text)

    def _without_buttons(self, heard: Heard) -> list[Call]:
        """The call that takes the buttons away of which one was pressed; those of the home tab stay."""
        if heard.kind != "press":
            return []
        if heard.response_url:
            return [render.used_answer(heard.response_url, heard.title)]
        if heard.message:
            return [render.used(heard.channel, heard.message, heard.blocks, heard.title)]
        return []

    @asynccontextmanager
    async def _working(self, heard: Heard) -> AsyncIterator[list[Call]]:
        """Shows that somebody is at it: a reaction to the client's message, which is taken away after the answer."""
        if heard.kind != "message":
            yield []
            return
        reaction = {"channel": heard.channel, "timestamp": heard.message, "name": _WORKING}
        sign = in_background(self._try("reactions.add", reaction))
        yield [{"method": "reactions.remove", **reaction}]
        # The other order would leave the sign there for ever.
        await asyncio.wait({sign}, timeout=_SIGN_SECONDS)

    def _note(self, heard: Heard, text: str) -> Call:
        return render.note_for(text, _where(heard), heard.response_url)

    async def _try(self, method: str, arguments: Mapping[str, Any]) -> None:
        """A call whose failure is no loss."""
        try:
            await self._api.call(method, **arguments)
        except DeliveryError as error:
            logger.info("%s", error)

    async def _send(self, call: Call) -> None:
        """Send one reply; see `Worker`."""
        if call["method"] == "respond":
            await self._api.respond(call["url"], call["body"])
            return
        try:
            await self._api.call(call["method"], **{name: value for name, value in call.items() if name != "method"})
        except DeliveryRefused as error:
            if call["method"] not in ("reactions.remove", "chat.update"):
                raise
            logger.info("%s", error)  # the message is gone, or the app may not react to it

    async def _check_token(self) -> None:
        try:
            await self._api.call("auth.test")
        except DeliveryError as error:
            logger.error("Slack: %s", error)


def _where(heard: Heard) -> dict[str, str]:
    where = {"channel": heard.channel}
    return {**where, "thread_ts": heard.thread} if heard.thread else where


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequest(400, "The body is not JSON.") from None


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True))
    except ValueError:
        raise BadRequest(400, "The body is neither JSON nor a form.") from None
