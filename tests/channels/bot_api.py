"""A local server that speaks Telegram's Bot API: its shapes, its limits, its refusals, and its bad days.

Shapes and limits are those of https://core.telegram.org/bots/api; descriptions of errors are Telegram's own.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
BOT = {"id": 110201543, "is_bot": True, "first_name": "Harbor Lane", "username": "harbor_lane_bot"}
_ALLOWED_TAGS = {"b", "i", "a", "u", "s", "code", "pre"}


class _Text(HTMLParser):
    """What is left of a text in Telegram's HTML; what Telegram refuses is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.open = "", []

    def handle_starttag(self, tag, attrs):
        if tag not in _ALLOWED_TAGS:
            raise ValueError(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise ValueError(tag)

    def handle_data(self, data):
        self.text += data


def shown(params: dict[str, Any]) -> str:
    """The text of a message as a person sees it."""
    if params.get("parse_mode") != "HTML":
        return str(params["text"])
    parser = _Text()
    parser.feed(params["text"])
    parser.close()
    if parser.open:
        raise ValueError(parser.open)
    return parser.text


@dataclass
class BotApi:
    """The server's state, for tests to look at and to change."""

    port: int
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    webhook: dict[str, Any] | None = None
    blocked: set[int] = field(default_factory=set)
    failures: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=lambda: defaultdict(list))
    down: bool = False
    slow_seconds: float = 0.0
    known_token: str = TOKEN
    inbox: Any = None  # the assistant's, when a test looks into it
    lock: threading.RLock = field(default_factory=threading.RLock)
    _number: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fail(self, method: str, status: int, description: str, times: int = 1, **parameters: Any) -> None:
        """Answer the next calls of a method with an error, as Telegram words it."""
        body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
        if parameters:
            body["parameters"] = parameters
        self.failures[method] += [(status, body)] * times

    def sent(self, chat: int) -> list[dict[str, Any]]:
        """The messages that a chat got, in order."""
        with self.lock:
            return [params for method, params in self.calls if method == "sendMessage" and params["chat_id"] == chat]

    def called(self, method: str, **params: Any) -> list[dict[str, Any]]:
        """The accepted calls of a method with these parameters."""
        with self.lock:
            return [p for m, p in self.calls if m == method and params.items() <= p.items()]

    def answer(self, token: str, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body for one call."""
        if token != self.known_token:
            return _error(401, "Unauthorized")
        if self.slow_seconds and method != "getUpdates":
            time.sleep(self.slow_seconds)
        with self.lock:
            if self.failures[method]:
                return self.failures[method].pop(0)
            refused = _refused(self, method, params)
            if refused:
                return refused
            if method != "getUpdates":
                self.calls.append((method, params))
            result = getattr(self, f"_{method}")(params) if hasattr(self, f"_{method}") else True
        if method == "getUpdates":
            result = self._wait_for_updates(params)
        return 200, {"ok": True, "result": result}

    def _getMe(self, params):  # noqa: N802
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    def _setWebhook(self, params):  # noqa: N802
        self.webhook = params
        return True

    def _deleteWebhook(self, params):  # noqa: N802
        self.webhook = None
        return True

    def _sendMessage(self, params):  # noqa: N802
        self._number += 1
        chat = {"id": params["chat_id"], "type": "private", "first_name": "Anna"}
        return {"message_id": self._number, "from": BOT, "chat": chat, "date": int(time.time()), "text": shown(params)}

    def _wait_for_updates(self, params):
        end = time.monotonic() + min(float(params.get("timeout", 0)), 2.0)
        while True:
            with self.lock:
                offset = params.get("offset")
                if offset is not None:  # asking for the next ones confirms those before
                    self.updates = [update for update in self.updates if update["update_id"] >= offset]
                if self.updates or time.monotonic() > end:
                    return self.updates[: params.get("limit", 100)]
            time.sleep(0.05)


def _refused(api: BotApi, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
    if method == "getUpdates" and api.webhook:
        return _error(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        )
    if method == "setWebhook":
        if not params["url"].startswith("https://"):
            return _error(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", params.get("secret_token", "x")):
            return _error(400, "Bad Request: secret token contains unallowed characters")
    if method != "sendMessage":
        return None
    if params["chat_id"] in api.blocked:
        return _error(403, "Forbidden: bot was blocked by the user")
    try:
        text = shown(params)
    except ValueError as error:
        return _error(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{error}"')
    if not text.strip():
        return _error(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > 4096:
        return _error(400, "Bad Request: message is too long")
    for row in params.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            if len(button.get("callback_data", "").encode()) > 64:
                return _error(400, "Bad Request: BUTTON_DATA_INVALID")
            if not {"callback_data", "url"} & set(button):
                return _error(
                    400,
                    "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
                )
            if "url" in button and not re.match(r"(https?://[^\s/]+\.|tg://)", button["url"]):
                return _error(400, "Bad Request: inline keyboard button URL is invalid: Wrong HTTP URL")
    return None


def _error(status: int, description: str) -> tuple[int, dict[str, Any]]:
    return status, {"ok": False, "error_code": status, "description": description}


@contextmanager
def bot_api(port: int = 0) -> Iterator[BotApi]:
    """A running server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if state.down:
                self.close_connection = True
                return
            token, _, method = self.path.removeprefix("/bot").partition("/")
            status, answer = state.answer(token, method, json.loads(body or b"{}"))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # the assistant was killed while it waited
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    state = BotApi(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def eventually(condition, seconds: float = 60.0):
    """The first true value of a condition; an error when it does not come true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"It did not come true within {seconds} s.")
