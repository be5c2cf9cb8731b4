"""The REST webhook: Rasa's address and shape, with the reply metadata, and a clear answer to bad input."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rest import RestInput as RasaRestInput
from sanic import Blueprint, Sanic, response
from sanic.exceptions import InvalidUsage, SanicException
from sanic.request import Request
from sanic.response import HTTPResponse

from nmt_guide.channels.turn import OnNewMessage, answer
from nmt_guide.settings import Settings

_MAX_SENDER_CHARS = 255
_BODY_KEYS = ("sender", "message", "metadata", "input_channel")


class BadRequest(Exception):
    """What is wrong with a request, and its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class RestInput(RasaRestInput):
    """`POST /webhooks/rest/webhook` with `{"sender": ..., "message": ...}`, as every Rasa client sends it."""

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """See parent class."""
        webhook = Blueprint("nmt_guide_rest", __name__)

        @webhook.listener("before_server_start")
        async def errors_as_json(app: Sanic, _loop: Any) -> None:
            # A wrong address or method never reaches a channel's own routes, so that the handler is the server's.
            app.error_handler.add(SanicException, _error)

        @webhook.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @webhook.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            try:
                body = _body(request)
            except BadRequest as error:
                return response.json({"error": str(error)}, status=error.status)
            message = UserMessage(
                body["message"],
                sender_id=body["sender"],
                input_channel=body.get("input_channel") or self.name(),
                metadata=body.get("metadata"),
            )
            return response.json(await answer(on_new_message, message, request.app.ctx.agent.tracker_store))

        return webhook


def _error(_request: Request, error: SanicException) -> HTTPResponse:
    return response.json({"error": str(error)}, status=error.status_code, headers=getattr(error, "headers", None))


def _body(request: Request) -> dict[str, Any]:
    """The checked body of a request.

    Raises:
        BadRequest: with what is wrong and what to send instead.
    """
    most = Settings().max_message_chars
    if len(request.body) > most * 8 + 4096:
        raise BadRequest(413, f"The request is too large. A message may have {most} characters.")
    try:
        body = request.json
    except InvalidUsage:
        raise BadRequest(400, 'The body is not JSON. Send {"sender": "...", "message": "..."}.') from None
    if not isinstance(body, dict):
        raise BadRequest(400, 'The body must be an object: {"sender": "...", "message": "..."}.')
    sender, message = body.get("sender"), body.get("message")
    if not isinstance(sender, str) or not sender.strip():
        raise BadRequest(400, "The field 'sender' is missing: send a text that names the conversation.")
    if len(sender) > _MAX_SENDER_CHARS:
        raise BadRequest(400, f"The field 'sender' is too long: {_MAX_SENDER_CHARS} characters is the most.")
    if not sender.isprintable():
        # A NUL or half a surrogate pair in it ends Rasa's process (`SQLTrackerStore.session_scope`).
        raise BadRequest(400, "The field 'sender' may hold printable characters only.")
    if not isinstance(message, str):
        raise BadRequest(400, "The field 'message' is missing or not a text.")
    if len(message) > most:
        raise BadRequest(413, f"The message is too long: {len(message)} characters, {most} is the most.")
    if body.get("metadata") is not None and not isinstance(body["metadata"], dict):
        raise BadRequest(400, "The field 'metadata' must be an object.")
    if body.get("input_channel") is not None and not isinstance(body["input_channel"], str):
        raise BadRequest(400, "The field 'input_channel' must be a text.")
    return {key: body[key] for key in _BODY_KEYS if key in body}
