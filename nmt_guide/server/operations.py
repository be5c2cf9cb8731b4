"""What those who run the assistant ask of it: is it alive, is it ready, how is it doing?

An input channel without messages: that is Rasa's way to add addresses to its server.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.lock_store import RedisLockStore
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from nmt_guide.analytics.forwarder import Forwarder
from nmt_guide.errors import NMTGuideError, SetupError
from nmt_guide.knowledge.store import Store, shared_store
from nmt_guide.server import metrics, tracing
from nmt_guide.server.load import gate
from nmt_guide.server.tracker_store import TailTrackerStore
from nmt_guide.server.turns import timed
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

#: A part that takes longer to answer counts as one that is down, in seconds.
_PATIENCE_SECONDS = 5.0
#: Parts that no message needs: what they are to get waits for them.
_WAITED_FOR = {"broker"}


class Operations(InputChannel):
    """`/health`, `/ready` and `/metrics`; and what is counted and warmed up for them."""

    @classmethod
    def name(cls) -> str:
        """See parent class."""
        return "operations"

    def url_prefix(self) -> str:
        """At the root, beside `/webhooks/`."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """See parent class."""
        addresses = Blueprint("nmt_guide_operations", __name__)
        settings = Settings()
        store = shared_store(settings.database_url)

        @addresses.listener("after_server_start")
        async def begin(app: Sanic, _loop: Any) -> None:
            agent: Agent = app.ctx.agent
            agent.handle_message = _observed(agent.handle_message)
            if agent.processor is not None:
                agent.processor.parse_message = tracing.traced("understanding", agent.processor.parse_message)
            await _warm_up(agent)

        @addresses.route("/health", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @addresses.route("/ready", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            parts = await readiness(request.app.ctx.agent, store, getattr(request.app.ctx, "analytics", None))
            well = all(state == "ok" for name, state in parts.items() if name not in _WAITED_FOR)
            return response.json({"ready": well, "parts": parts}, status=200 if well else 503)

        @addresses.route("/metrics", methods=["GET"])
        async def show_metrics(request: Request) -> HTTPResponse:
            if not _may_read_metrics(request, settings.metrics_token):
                return response.json({"error": "The metrics are not for everyone: see NMT_METRICS_TOKEN."}, status=403)
            return response.raw(generate_latest(), content_type=CONTENT_TYPE_LATEST)

        return addresses


async def readiness(agent: Agent, store: Store, analytics: Forwarder | None = None) -> dict[str, str]:
    """Each part of the assistant: ``ok``, or what is wrong with it in plain words.

    Args:
        agent: Rasa's, with the model.
        store: the knowledge.
        analytics: who passes on what was asked.
    """

    async def model() -> None:
        if not agent.is_ready():
            raise SetupError("No model is loaded.")

    async def knowledge() -> None:
        if await asyncio.to_thread(store.fingerprint) is None:
            raise SetupError("No content is loaded.")

    async def conversations() -> None:
        if isinstance(agent.tracker_store, TailTrackerStore):
            await agent.tracker_store.check()

    async def locks() -> None:
        if isinstance(agent.lock_store, RedisLockStore):
            await asyncio.to_thread(agent.lock_store.red.ping)

    async def broker() -> None:
        events = agent.tracker_store.event_broker
        if events is not None and not events.is_ready():
            raise SetupError("It is not connected.")
        if analytics is not None and analytics.trouble:
            raise SetupError("What was asked cannot be passed on. It waits in the database.")

    parts = {
        "model": model, "knowledge": knowledge, "conversations": conversations, "locks": locks, "broker": broker
    }  # fmt: skip
    states = await asyncio.gather(*(_state(name, part) for name, part in parts.items()))
    return dict(zip(parts, states, strict=True))


async def _state(name: str, part: Callable[[], Awaitable[None]]) -> str:
    try:
        await asyncio.wait_for(part(), _PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        return f"It does not answer within {_PATIENCE_SECONDS:.0f} s."
    except SetupError as error:
        return str(error)
    except Exception as error:
        # Addresses and names of users stand in the texts of drivers: those belong into the log.
        logger.warning("The part '%s' is not ready: %s", name, error)
        return "It cannot be used." if isinstance(error, NMTGuideError) else "It cannot be reached."
    return "ok"


def _observed(handle: Callable[[UserMessage], Awaitable[Any]]) -> Callable[[UserMessage], Awaitable[Any]]:
    async def handle_message(message: UserMessage) -> Any:
        about = tracing.span("message", channel=message.input_channel or "")
        with gate().message(), metrics.FAILURES.count_exceptions(), metrics.SECONDS.time(), timed(), about:
            return await handle(message)

    return handle_message


async def _warm_up(agent: Agent) -> None:
    """Let nobody wait for what is done once: the encoder's first run, the first look into the knowledge."""
    try:
        if agent.is_ready():
            await agent.processor.parse_message(UserMessage("Hello"))
        if not Settings().action_server_url:
            from actions.reply import library

            await library().current()
    except Exception:
        logger.warning("The first message will take longer: the warm-up failed.", exc_info=True)


def _may_read_metrics(request: Request, token: str) -> bool:
    if token:
        return hmac.compare_digest((request.token or "").encode(), token.encode())
    through_a_proxy = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip"))
    return request.ip in ("127.0.0.1", "::1") and not through_a_proxy
