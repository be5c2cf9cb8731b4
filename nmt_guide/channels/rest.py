"""The REST webhook: Rasa's address and shape, with the reply metadata, and a clear answer to bad input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rest import RestInput as RasaRestInput
from sanic import Blueprint, Sanic, response
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse

from nmt_guide.channels.rest_once import Once
from nmt_guide.channels.rest_openapi import description
from nmt_guide.channels.rest_request import MOST_BYTES, Body, Reception, Refused
from nmt_guide.channels.turn import OnNewMessage, Reply, answer, answered_before
from nmt_guide.knowledge.store import shared_store
from nmt_guide.settings import Settings


class RestInput(RasaRestInput):
    """`POST /webhooks/rest/webhook` with `{"sender": ..., "message": ...}`, as every Rasa client sends it.

    Args:
        settings: secrets, limits, the database.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reception = Reception(settings)

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any] | None) -> RestInput:
        """See parent class."""
        return cls(Settings())

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """See parent class."""
        webhook = Blueprint("nmt_guide_rest", __name__)
        once = Once(shared_store(self._settings.database_url).engine)

        @webhook.listener("before_server_start")
        async def set_up(app: Sanic, _loop: Any) -> None:
            # A wrong address or method never reaches a channel's own routes, so that the handler is the server's.
            app.error_handler.add(SanicException, _error)
            # Sanic reads 100 MB of anything before a handler can say no.
            app.config.REQUEST_MAX_SIZE = MOST_BYTES

        @webhook.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @webhook.route("/openapi.json", methods=["GET"])
        async def openapi(request: Request) -> HTTPResponse:
            return response.json(description(self._settings))

        @webhook.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            trackers = request.app.ctx.agent.tracker_store
            try:
                body = self._reception.read(request)

                async def ask(again: bool) -> list[Reply]:
                    message = self._message(body)
                    before = await answered_before(body.sender, message.message_id, trackers) if again else []
                    return before or await answer(on_new_message, message, trackers)

                self._reception.check_room()
                return response.json(await once.answer(body, ask))
            except Refused as error:
                return error.response()

        return webhook

    def _message(self, body: Body) -> UserMessage:
        return UserMessage(
            body.message,
            sender_id=body.sender,
            input_channel=body.input_channel or self.name(),
            message_id=body.message_id and f"rest:{body.message_id}",
            metadata=body.metadata,
        )


def _error(_request: Request, error: SanicException) -> HTTPResponse:
    return response.json({"error": str(error)}, status=error.status_code, headers=getattr(error, "headers", None))
