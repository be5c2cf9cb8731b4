"""What a request to the REST webhook must be before the assistant sees it: who asks, what, and how often."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import jwt
from sanic import response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse

from nmt_guide.channels.credentials import secret
from nmt_guide.channels.limits import Limit
from nmt_guide.errors import SetupError, TooBusy
from nmt_guide.server.load import gate
from nmt_guide.settings import Settings

#: Longest body of any request, in bytes. The server stops reading there.
MOST_BYTES = 1_000_000
MAX_NAME_CHARS = 255
MAX_ID_CHARS = 128
#: Control characters end a process of Rasa's (`SQLTrackerStore.session_scope`), and so does half a surrogate pair.
_CONTROL = r"\u0000-\u001f\u007f-\u009f"
NAME = rf"^[^{_CONTROL}]*[^{_CONTROL}\s][^{_CONTROL}]*$"
#: A header of HTTP carries no other characters.
HEADER_ID = rf"^[!-~]{{1,{MAX_ID_CHARS}}}\Z"
#: Conversations of these channels belong to people who proved who they are: nobody may speak for them here.
RESERVED = r"^(callback|slack|telegram|web):"

_SHORTEST_KEY = 32
_LEEWAY_SECONDS = 30


class Refused(Exception):
    """A request that is not answered: its HTTP status, what is wrong, and what to do.

    Attributes:
        status: the HTTP status.
        headers: further headers, for example `Retry-After`.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})

    def response(self) -> HTTPResponse:
        """The answer to the caller."""
        return response.json({"error": str(self)}, status=self.status, headers=self.headers)


@dataclass(frozen=True)
class Body:
    """A request that is in order.

    Attributes:
        sender: the conversation.
        message: the client's text.
        metadata: what the caller adds for the conversation.
        input_channel: what the caller wants the channel to be called.
        message_id: the caller's name for this message; the same name again is the same message.
    """

    sender: str
    message: str
    metadata: dict[str, Any] | None
    input_channel: str | None
    message_id: str | None


class Reception:
    """Lets requests in.

    Args:
        settings: secrets and limits.

    Raises:
        SetupError: a secret cannot be read, or is too short. Without it everybody would be let in, so this is the one
            channel whose secrets stop the start.
    """

    def __init__(self, settings: Settings) -> None:
        self._most_chars = settings.max_message_chars
        self._token = _optional_secret(settings, "rest_token")
        self._key = _optional_secret(settings, "rest_jwt_key")
        # The kind of key decides: a caller who could choose would sign with the public key as if it were a secret.
        self._algorithm = "RS256" if self._key.startswith("-----BEGIN") else "HS256"
        if self._key and len(self._key) < _SHORTEST_KEY:
            raise SetupError(f"NMT_REST_JWT_KEY is too short: use at least {_SHORTEST_KEY} characters.")
        self._proxies = settings.proxies
        self._by_sender = Limit(settings.rest_sender_per_minute)
        self._by_address = Limit(settings.rest_address_per_minute)

    def read(self, request: Request) -> Body:
        """The request, when it may come in.

        Raises:
            Refused: it may not.
        """
        subject = self._check_caller(request)
        body = _read_body(request, self._most_chars)
        if subject is not None and subject != body.sender:
            raise Refused(403, "The token is for another conversation: its 'sub' is not this 'sender'.")
        self._check_rate(request, body.sender)
        return body

    def check_room(self) -> None:
        """See that the assistant has time for one more message.

        Raises:
            Refused: too many are at work.
        """
        try:
            gate().check()
        except TooBusy as error:
            raise Refused(503, str(error), {"Retry-After": str(error.retry_seconds)}) from error

    def _check_caller(self, request: Request) -> str | None:
        """The conversation that the caller's token is for; nothing when it is for all."""
        if not self._token and not self._key:
            return None
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        given = given.strip()
        if scheme.lower() != "bearer" or not given:
            raise _unknown("Send the header 'Authorization: Bearer <token>'.")
        if self._token and hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._token.encode()):
            return None
        if not self._key:
            raise _unknown("The token is not the right one.")
        try:
            claims = jwt.decode(
                given, self._key, algorithms=[self._algorithm], leeway=_LEEWAY_SECONDS, options={"require": ["exp"]}
            )
        except jwt.ExpiredSignatureError:
            raise _unknown("The token has expired.") from None
        except jwt.PyJWTError:
            raise _unknown(f"The token is not the right one, nor a valid {self._algorithm} token with 'exp'.") from None
        subject = claims.get("sub")
        return None if subject is None else str(subject)

    def _check_rate(self, request: Request, sender: str) -> None:
        address = client_address(request, self._proxies)
        if address is None:
            return
        wait = max(self._by_address.take(address), self._by_sender.take(sender))
        if wait:
            seconds = ceil(wait)
            raise Refused(429, f"Too many messages. Please try again in {seconds} s.", {"Retry-After": str(seconds)})


def client_address(request: Request, proxies: int) -> str | None:
    """The address that a request comes from; nothing when it comes from this machine, through no web server.

    Args:
        request: the request.
        proxies: how many web servers in front add to `X-Forwarded-For`. What stands before theirs is anybody's word.
    """
    named = [part.strip() for line in request.headers.getall("x-forwarded-for", []) for part in line.split(",")]
    if proxies > 0 and len(named) >= proxies:
        return str(named[-proxies])
    if not named and _is_loopback(request.ip):
        return None
    return str(request.ip)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _unknown(message: str) -> Refused:
    return Refused(401, message, {"WWW-Authenticate": "Bearer"})


def _optional_secret(settings: Settings, name: str) -> str:
    if not getattr(settings, name) and not getattr(settings, f"{name}_file"):
        return ""
    return secret(settings, name)


def _read_body(request: Request, most: int) -> Body:
    if len(request.body) > most * 8 + 4096:
        raise Refused(413, f"The request is too large. A message may have {most} characters.")
    try:
        body = request.json
    except InvalidUsage:
        raise Refused(400, 'The body is not JSON. Send {"sender": "...", "message": "..."}.') from None
    if not isinstance(body, dict):
        raise Refused(400, 'The body must be an object: {"sender": "...", "message": "..."}.')
    sender, message = body.get("sender"), body.get("message")
    if not isinstance(sender, str) or not sender.strip():
        raise Refused(400, "The field 'sender' is missing: send a text that names the conversation.")
    _check_name("sender", sender, MAX_NAME_CHARS)
    if re.match(RESERVED, sender):
        raise Refused(
            400, f"The field 'sender' may not begin with '{sender.partition(':')[0]}:': that is another channel."
        )
    if not isinstance(message, str):
        raise Refused(400, "The field 'message' is missing or not a text.")
    if len(message) > most:
        raise Refused(413, f"The message is too long: {len(message)} characters, {most} is the most.")
    metadata, input_channel = body.get("metadata"), body.get("input_channel")
    if metadata is not None and not isinstance(metadata, dict):
        raise Refused(400, "The field 'metadata' must be an object.")
    if input_channel is not None:
        if not isinstance(input_channel, str):
            raise Refused(400, "The field 'input_channel' must be a text.")
        _check_name("input_channel", input_channel, MAX_NAME_CHARS)
    return Body(sender, message, metadata, input_channel, _message_id(request, body.get("message_id")))


def _message_id(request: Request, in_body: Any) -> str | None:
    if in_body is not None and not isinstance(in_body, str):
        raise Refused(400, "The field 'message_id' must be a text.")
    in_header = request.headers.get("idempotency-key")
    if in_header is not None and not re.match(HEADER_ID, in_header):
        raise Refused(400, f"The header 'Idempotency-Key' must hold 1 to {MAX_ID_CHARS} letters, digits or signs.")
    if in_body is None:
        return None if in_header is None else str(in_header)
    _check_name("message_id", in_body, MAX_ID_CHARS)
    return in_body


def _check_name(field: str, value: str, most: int) -> None:
    if len(value) > most:
        raise Refused(400, f"The field '{field}' is too long: {most} characters is the most.")
    if not re.match(NAME, value) or any("\ud800" <= c <= "\udfff" for c in value):
        raise Refused(400, f"The field '{field}' must hold printable characters.")
