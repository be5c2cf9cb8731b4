"""The chat on the clinic's website: socket.io, the same over plain HTTP, and the files that browsers load.

`docs/web-channel.md` describes what goes over the wire. Rasa's own socket.io channel is not built upon: it lets whoever
knows a session's id read along, has no acknowledgements, keeps nothing, checks no origin, and never replies with
python-socketio 5.10 or later (RasaHQ/rasa#13027).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import InputChannel
from rasa.core.channels.socketio import SocketBlueprint
from sanic import Blueprint, Sanic, response
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse
from socketio import AsyncRedisManager, AsyncServer
from socketio.exceptions import ConnectionRefusedError

from nmt_guide.channels.turn import OnNewMessage
from nmt_guide.channels.web_chat import Json, Refused, WebChat
from nmt_guide.dialogue.outage import outage_message
from nmt_guide.settings import ROOT, Settings
from nmt_guide.webchat.origins import Origins
from nmt_guide.webchat.pages import Page, Pages

logger = logging.getLogger(__name__)

_PREFIX = "/webhooks/web"
_STATUS = {"too_long": 413, "too_fast": 429, "empty": 400, "failed": 503, "expired": 401, "bad_request": 400}


class WebInput(InputChannel):
    """The channel, as `credentials.yml` names it.

    Args:
        settings: limits, origins, stores; the process's own by default.
        widget: the folder of the widget.
    """

    def __init__(self, settings: Settings | None = None, widget: Path = ROOT / "widget") -> None:
        self._settings = settings or Settings()
        self._pages = Pages(widget)
        self._origins = Origins(self._settings.web_origins)
        #: By connection of this process: its session, and where it comes from.
        self._connected: dict[str, tuple[str, str]] = {}

    @classmethod
    def name(cls) -> str:
        """See parent class."""
        return "web"

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """See parent class."""
        redis = self._settings.redis_url
        self._sio = AsyncServer(
            async_mode="sanic",
            client_manager=AsyncRedisManager(redis) if redis else None,
            cors_allowed_origins=lambda origin, environ: self._origins.allow(origin, environ.get("HTTP_HOST")),
            cors_credentials=False,
            max_http_buffer_size=_most_bytes(self._settings),
        )
        self._chat = WebChat(self._settings, on_new_message, lambda: self._app.ctx.agent, self._emit)
        self._listen()
        web = _Blueprint(self._sio, f"{_PREFIX}/socket.io", "nmt_guide_web", __name__)
        web.ctx.attach = self._attach
        self._route(web)
        return web

    def _attach(self, app: Sanic) -> None:
        """Set up what lies outside of the channel's own addresses."""
        self._app = app
        app.config.PROXIES_COUNT = self._settings.proxies or None
        app.on_response(self._cors)
        app.add_task(self._chat.warm_up())
        for path in self._pages.demo_paths():
            if path == "/":
                app.on_request(self._root)
            else:
                app.add_route(self._demo, path, methods=["GET", "HEAD"], name=f"nmt_guide_web_demo_{path}")

    async def _root(self, request: Request) -> HTTPResponse | None:
        """The demo page. Rasa has a route for "/" already, and Sanic takes no second one."""
        return await self._demo(request) if request.path == "/" and request.method == "GET" else None

    async def _cors(self, request: Request, answer: HTTPResponse) -> None:
        """The headers for pages of other sites. Rasa's CORS extension answers preflights before any route does."""
        if not request.path.startswith(f"{_PREFIX}/") or request.path.startswith(f"{_PREFIX}/socket.io"):
            return
        varies = answer.headers.get("Vary")
        answer.headers.update(self._origins.headers(*_origin(request)))
        if varies:
            answer.headers["Vary"] += f", {varies}"
        if request.method == "OPTIONS" and "Access-Control-Allow-Origin" in answer.headers:
            answer.headers["Access-Control-Allow-Methods"] = "GET, POST"
            answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
            answer.headers["Access-Control-Max-Age"] = "86400"

    async def _demo(self, request: Request) -> HTTPResponse:
        return _page(self._pages.demo(request.path, request.headers.get("if-none-match")))

    async def _emit(self, event: str, data: Any, session: str, skip: str | None) -> None:
        await self._sio.emit(event, data, room=session, skip_sid=skip)

    # --- socket.io -----------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        sio = self._sio
        sio.on("connect", self._connect)
        sio.on("disconnect", self._disconnect)
        sio.on("message", self._on(self._chat.message))
        sio.on("feedback", self._on(lambda session, data, _: self._chat.feedback(session, data)))
        sio.on("delete", self._on(self._delete))

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        request = environ["sanic.request"]
        address = _address(request)
        try:
            self._chat.admit(address)
        except Refused as refused:
            raise ConnectionRefusedError(str(refused), refused.wire()) from refused
        asked = auth if isinstance(auth, dict) else {}
        since = _since(asked)
        session, resumed = await self._chat.open(asked.get("token"), since)
        self._connected[sid] = (session, address)
        # Into the room before the history is read: what is said in between comes twice, rather than never.
        await self._sio.enter_room(sid, session)
        welcome = await self._chat.welcome(session, resumed, since)
        # The browser hears of the connection when this handler has returned, and of the session after that.
        self._sio.start_background_task(self._sio.emit, "session", welcome, to=sid)

    async def _disconnect(self, sid: str, _reason: object = None) -> None:
        self._connected.pop(sid, None)

    async def _delete(self, session: str, _data: object, sid: str) -> Json:
        await self._chat.delete(session)
        fresh, _ = await self._chat.open(None, 0)
        welcome = await self._chat.welcome(fresh, resumed=False, since=0)
        # All tabs of this browser begin anew together. Those that another process serves learn it from the refusal of
        # their next message (`expired`).
        for tab in [tab for tab, (held, _) in self._connected.items() if held == session]:
            self._connected[tab] = (fresh, self._connected[tab][1])
            await self._sio.leave_room(tab, session)
            await self._sio.enter_room(tab, fresh)
        await self._emit("session", welcome, fresh, None)
        return {"status": "ok"}

    def _on(self, do: Callable[[str, object, str], Awaitable[Json]]) -> Callable[..., Awaitable[Json]]:
        """A handler of an event: whatever happens, the browser is told."""

        async def handle(sid: str, data: object = None, *_: object) -> Json:
            async def work() -> Json:
                session, address = self._connected[sid]
                self._chat.admit(address)
                return await do(session, data, sid)

            return await _told(work())

        return handle

    # --- plain HTTP ----------------------------------------------------------------------------------------------

    def _route(self, web: Blueprint) -> None:
        @web.route("/", methods=["GET"])
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @web.route("/nmt-chat.js", methods=["GET", "HEAD"])
        async def script(request: Request) -> HTTPResponse:
            encodings = request.headers.get("accept-encoding", "")
            return _page(self._pages.script(request.headers.get("if-none-match"), encodings))

        @web.route("/session", methods=["POST"])
        async def session(request: Request) -> HTTPResponse:
            async def work(body: Json) -> Json:
                since = _since(body)
                session, resumed = await self._chat.open(body.get("token"), since)
                return await self._chat.welcome(session, resumed, since)

            return await self._respond(request, work)

        @web.route("/message", methods=["POST"])
        async def message(request: Request) -> HTTPResponse:
            async def work(body: Json) -> Json:
                return await self._chat.message(self._chat.session(body.get("token")), body)

            return await self._respond(request, work)

        @web.route("/feedback", methods=["POST"])
        async def feedback(request: Request) -> HTTPResponse:
            async def work(body: Json) -> Json:
                return await self._chat.feedback(self._chat.session(body.get("token")), body)

            return await self._respond(request, work)

        @web.route("/delete", methods=["POST"])
        async def delete(request: Request) -> HTTPResponse:
            async def work(body: Json) -> Json:
                return await self._delete(self._chat.session(body.get("token")), body, "")

            return await self._respond(request, work)

    async def _respond(self, request: Request, do: Callable[[Json], Awaitable[Json]]) -> HTTPResponse:
        if not self._origins.allow(*_origin(request)):
            refusal = {"status": "error", "code": "bad_request", "message": "This website may not use the chat."}
            return response.json(refusal, status=403)

        async def work() -> Json:
            self._chat.admit(_address(request))
            return await do(_body(request, _most_bytes(self._settings)))

        told = await _told(work())
        headers = {"Cache-Control": "no-store"}
        if "retry_after" in told:
            headers["Retry-After"] = str(int(told["retry_after"]) + 1)
        return response.json(told, status=_STATUS.get(told.get("code", ""), 200), headers=headers)


class _Blueprint(SocketBlueprint):
    """Rasa's, which tells the channel when the server that it belongs to is there."""

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        """See parent class."""
        super().register(app, options)
        self.ctx.attach(app)


async def _told(work: Awaitable[Json]) -> Json:
    try:
        return await work
    except Refused as refused:
        return refused.wire()
    except (Exception, SystemExit):
        logger.exception("The website chat failed.")
        return Refused("failed", outage_message().text).wire()


def _most_bytes(settings: Settings) -> int:
    return settings.max_message_chars * 12 + 4096  # in JSON, a character may take twelve


def _body(request: Request, most: int) -> Json:
    if len(request.body) > most:
        raise Refused("too_long", "That message is too long.")
    try:
        body = request.json
    except SanicException:
        body = None
    if not isinstance(body, dict):
        raise Refused("bad_request", "Send a JSON object.")
    return body


def _since(fields: Json) -> int:
    since = fields.get("since")
    return since if type(since) is int and since > 0 else 0


def _origin(request: Request) -> tuple[str | None, str | None]:
    """The headers `Origin`, all of them when somebody sent several, and `Host`."""
    return ",".join(request.headers.getall("origin", [])) or None, request.headers.get("host")


def _address(request: Request) -> str:
    return str(request.remote_addr or request.ip)


def _page(page: Page) -> HTTPResponse:
    return response.raw(page.body, status=page.status, headers=dict(page.headers), content_type=None)
