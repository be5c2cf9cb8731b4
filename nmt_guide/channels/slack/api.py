"""Slack's Web API (https://docs.slack.dev/apis/web-api): one request a call, with its failures told apart."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from nmt_guide.errors import DeliveryPostponed, DeliveryRefused

logger = logging.getLogger(__name__)

#: A message that Slack took may be sent twice when its confirmation is slower than this, in seconds.
_CALL_SECONDS = 30.0
#: Waits after a failure, in seconds: doubled with each failure in a row, up to the longest.
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
#: A token that is refused will hardly be accepted a moment later.
_TOKEN_SECONDS = 300.0

#: What was asked for is so already.
_DONE_BEFORE = {"already_reacted", "no_reaction"}
_PASSING = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_TOKEN_REFUSED = {"not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"}
#: Slack does not like the look of a message; its words alone may pass.
_LAYOUT_REFUSED = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_arguments"}


class SlackApi:
    """The connection of a Slack app. Make it inside the event loop that uses it.

    Args:
        token: the bot token.
        url: address of the Web API.
    """

    def __init__(self, token: str, url: str) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS))
        # Who sends messages in order must wait in order: the SDK's own retries are left out.
        self._client = AsyncWebClient(token, base_url=url, session=self._session, retry_handlers=[])
        self._failures = 0

    async def close(self) -> None:
        """Close its connections."""
        await self._session.close()

    async def call(self, method: str, /, **arguments: Any) -> None:
        """Call a method of the Web API once.

        Args:
            method: its name, for example `chat.postMessage`.
            arguments: its arguments.

        Raises:
            DeliveryPostponed: Slack is down, overloaded, or refuses the token.
            DeliveryRefused: it will not do this, for example because the app was taken out of the channel.
        """
        try:
            await self._client.api_call(method, json=arguments)
        except SlackApiError as error:
            code = _code(error)
            if code in _LAYOUT_REFUSED and "blocks" in arguments:
                # Whatever displeased Slack, the words must arrive.
                logger.error("Slack refused the layout of a message (%s); it is sent as plain text.", code)
                del arguments["blocks"]
                return await self.call(method, **arguments)
            self._judge(method, error.response, code)
        except (SlackClientError, aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise self._unreachable(error) from None
        self._failures = 0

    async def respond(self, url: str, body: dict[str, Any]) -> None:
        """Post to the address that came with a button or a slash command; it is good for 30 minutes and five posts.

        Raises:
            DeliveryPostponed: Slack is down or overloaded.
            DeliveryRefused: the address is no longer good.
        """
        try:
            async with self._session.post(url, json=body) as answer:
                status, headers, text = answer.status, answer.headers, await answer.text()
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise self._unreachable(error) from None
        if status == 429 or status >= 500:
            raise DeliveryPostponed(f"Slack answered with HTTP {status}.", self._wait(headers))
        self._failures = 0
        if status != 200:
            raise DeliveryRefused(
                f"Slack refused a reply to a command or button (HTTP {status}: {text[:200]}).", status
            )

    def _judge(self, method: str, response: Any, code: str) -> None:
        status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
        if status == 429 or status >= 500 or code in _PASSING or not code:
            raise DeliveryPostponed(
                f"Slack answered {method} with HTTP {status} {code}.".replace(" .", "."), self._wait(response.headers)
            )
        self._failures = 0
        if code in _TOKEN_REFUSED:
            raise DeliveryPostponed(f"Slack does not accept the token ({code}): see NMT_SLACK_TOKEN.", _TOKEN_SECONDS)
        if code not in _DONE_BEFORE:
            raise DeliveryRefused(f"Slack refused {method} ({code}).", status)

    def _unreachable(self, error: Exception) -> DeliveryPostponed:
        return DeliveryPostponed(f"Slack cannot be reached ({type(error).__name__}).", self._wait({}))

    def _wait(self, headers: Any) -> float:
        """Seconds to wait: what Slack asks for, or else longer with each failure in a row."""
        self._failures += 1
        try:
            return max(1.0, float(headers.get("Retry-After", "")))
        except ValueError:
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(self._failures - 1, 10))
            return wait * random.uniform(0.8, 1.2)  # processes that failed together should not come back together


def _code(error: SlackApiError) -> str:
    """Slack's name for what went wrong; empty when its answer was none of its own."""
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""
