"""Telegram's Bot API (https://core.telegram.org/bots/api): one JSON request a call, with its failures told apart."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx

from nmt_guide.errors import DeliveryPostponed, DeliveryRefused

logger = logging.getLogger(__name__)

#: Waits before a call is tried again, in seconds; after the last one it is postponed.
_BACK_OFF = (0.5, 2.0, 5.0)
#: Longest wait that Telegram may ask for while a reply keeps its place, in seconds. Longer ones are postponed.
_LONGEST_PAUSE = 20.0
_POSTPONED_SECONDS = 30.0
#: A token that is refused will hardly be accepted a moment later.
_TOKEN_SECONDS = 300.0
#: A reply that Telegram took may be sent twice when its confirmation is slower than this, in seconds.
_CALL_SECONDS = 60.0


class BotApi:
    """A bot's connection to the Bot API.

    Args:
        token: the bot's token. It is part of every address, so addresses are never logged.
        url: the server; Telegram's own, or one that somebody runs (https://github.com/tdlib/telegram-bot-api).
    """

    def __init__(self, token: str, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=f"{url.rstrip('/')}/bot{token}/", timeout=_CALL_SECONDS)
        logging.getLogger("httpx").setLevel(logging.WARNING)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def call(self, method: str, /, **params: Any) -> Any:
        """Call a method; wait and try again while that may help.

        Args:
            method: its name, for example `sendMessage`.
            params: its parameters; those that are None are left out.

        Returns:
            The result, as the method's documentation describes it.

        Raises:
            DeliveryPostponed: the service is down, overloaded, or refuses the token.
            DeliveryRefused: it will not do this, for example because the client has blocked the bot.
        """
        for pause in (*_BACK_OFF, None):
            try:
                return await self.once(method, **params)
            except DeliveryPostponed as error:
                wait = max(error.seconds, pause or 0.0)
                if pause is None or wait > _LONGEST_PAUSE:
                    raise DeliveryPostponed(str(error), max(error.seconds, _POSTPONED_SECONDS)) from error
                await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def once(self, method: str, /, **params: Any) -> Any:
        """As `call`, but a single attempt. The seconds of `DeliveryPostponed` are what Telegram asked for, or 0."""
        body = {name: value for name, value in params.items() if value is not None}
        # Telegram holds a getUpdates open for the seconds it is asked to.
        patience = _CALL_SECONDS + float(body.get("timeout", 0))
        try:
            response = await self._client.post(method, json=body, timeout=patience)
        except httpx.HTTPError as error:
            raise DeliveryPostponed(f"Telegram cannot be reached ({type(error).__name__}).", 0.0) from None
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or response.status_code >= 500:
            raise DeliveryPostponed(f"Telegram answered {method} with HTTP {response.status_code}.", 0.0)
        if answer.get("ok") is True:
            return answer.get("result")
        return self._failed(method, int(answer.get("error_code") or response.status_code), answer)

    def _failed(self, method: str, status: int, answer: dict[str, Any]) -> None:
        description = str(answer.get("description") or "no reason given")
        if status == 429:
            seconds = float((answer.get("parameters") or {}).get("retry_after") or 1)
            raise DeliveryPostponed(f"Telegram asks to wait {seconds:.0f} s before {method}.", seconds)
        if status >= 500:
            raise DeliveryPostponed(f"Telegram answered {method} with {status}: {description}.", 0.0)
        if status in (401, 404):
            raise DeliveryPostponed(
                f"Telegram does not know the bot's token ({status}: {description}): see NMT_TELEGRAM_TOKEN.",
                _TOKEN_SECONDS,
            )
        raise DeliveryRefused(f"Telegram refused {method} ({status}: {description}).", status)
