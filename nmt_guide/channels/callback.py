"""The callback channel: questions come in as on the REST webhook, replies go out to an address of the clinic's own app.

Rasa's channel of this name keeps the address and the shape of what it posts; ours adds the metadata, a signature, and
that a receiver which is down gets everything later, in order.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import httpx
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from nmt_guide.channels.inbox import Call, Entry
from nmt_guide.channels.inbox_channel import InboxChannel, InboxFull
from nmt_guide.channels.rest_request import Body, Reception, Refused
from nmt_guide.channels.turn import OnNewMessage
from nmt_guide.errors import DeliveryPostponed, DeliveryRefused
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 15.0
#: Waits before a reply is posted again while it keeps its place, in seconds.
_BACK_OFF = (0.5, 2.0)
_POSTPONED_SECONDS = 30.0
_LONGEST_POSTPONED_SECONDS = 3600.0


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What the header `X-NMT-Signature` holds: the time, and HMAC-SHA256 over time, a dot and the body.

    Args:
        secret: the shared secret.
        timestamp: seconds since 1970. A receiver refuses old ones, so that nobody can send a recorded reply again.
        body: the bytes that are posted.
    """
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


class CallbackInput(InboxChannel):
    """Takes questions at `/webhooks/callback/webhook` and posts the replies.

    Args:
        url: where to post them.
        secret: what signs them.
        settings: tokens and limits of the REST webhook, which hold here as well; the database.
    """

    def __init__(self, url: str, secret: str, settings: Settings) -> None:
        super().__init__(settings)
        self._url = url
        self._secret = secret
        self._reception = Reception(settings)
        self._client: httpx.AsyncClient

    @classmethod
    def name(cls) -> str:
        """See parent class."""
        return "callback"

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any]) -> CallbackInput:
        """See parent class."""
        return cls(credentials["url"], credentials["secret"], Settings())

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """See parent class."""
        webhook = self._blueprint(on_new_message)

        @webhook.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            try:
                body = self._reception.read(request)
                await self._take(body)
            except Refused as error:
                return error.response()
            except SQLAlchemyError as error:
                logger.error("A message cannot be written down: %s", error)
                return Refused(503, "The message cannot be taken just now.", {"Retry-After": "10"}).response()
            return response.text("success")  # as Rasa's

        return webhook

    async def _open(self) -> None:
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)

    async def _close(self) -> None:
        await self._client.aclose()

    async def _take(self, body: Body) -> None:
        try:
            await self._waiting(body.sender)
        except InboxFull as error:
            raise Refused(503, f"{error} Please try again later.", {"Retry-After": "30"}) from error
        name = hashlib.sha256(f"{body.sender}\0{body.message_id or uuid.uuid4().hex}".encode()).hexdigest()
        # Microseconds: the order in which messages of one conversation came in.
        await self._write_down(name, body.sender, time.time_ns() // 1000, asdict(body))

    async def _calls(self, entry: Entry) -> list[Call]:
        body = Body(**entry.body)
        replies = await self._answer(entry, body.message, body.input_channel or "", metadata=body.metadata)
        return [{"id": f"{entry.key}-{number}", "message": reply} for number, reply in enumerate(replies)]

    def _apology(self, entry: Entry, text: str, meta: Mapping[str, Any]) -> list[Call]:
        message = {"recipient_id": entry.conversation, "text": text, "metadata": dict(meta)}
        return [{"id": f"{entry.key}-0", "message": message}]

    async def _send(self, call: Call) -> None:
        """Post one reply; see `Worker`."""
        content = json.dumps(call["message"]).encode()
        for pause in (*_BACK_OFF, None):
            try:
                await self._post(call["id"], content)
                return
            except DeliveryPostponed as error:
                if pause is None or error.seconds > pause:
                    raise DeliveryPostponed(str(error), max(error.seconds, _POSTPONED_SECONDS)) from error
                await asyncio.sleep(pause)

    async def _post(self, name: str, content: bytes) -> None:
        headers = {
            "Content-Type": "application/json",
            # The receiver can tell a reply that comes twice: it took it, and its "200" got lost.
            "X-NMT-Delivery": name,
            "X-NMT-Signature": signature(self._secret, int(time.time()), content),
        }
        try:
            answered = await self._client.post(self._url, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise DeliveryPostponed(f"NMT_CALLBACK_URL cannot be reached ({type(error).__name__}).", 0.0) from None
        status = answered.status_code
        if status in (408, 425, 429) or status >= 500:
            raise DeliveryPostponed(f"NMT_CALLBACK_URL answered {status}.", _retry_after(answered))
        if not answered.is_success:
            raise DeliveryRefused(f"NMT_CALLBACK_URL answered {status}.", status)


def _retry_after(answered: httpx.Response) -> float:
    text = answered.headers.get("retry-after", "")
    return min(float(text), _LONGEST_POSTPONED_SECONDS) if text.isascii() and text.isdigit() else 0.0
