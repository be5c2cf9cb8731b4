"""A local server that speaks Slack's Web API, and signs requests as Slack does, with Slack's own SDK.

The shapes of requests and responses are those of Slack's public documentation.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import httpx
from processes import free_port
from slack_sdk.models.blocks import Block
from slack_sdk.signature import SignatureVerifier

TOKEN = "xoxb-test-token"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BOT = "U0BOT00001"
_PATIENCE_SECONDS = 60
_USES_OF_A_RESPONSE_URL = 5


@dataclass
class Fault:
    """What a call gets instead of a good answer."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    slow_seconds: float = 0.0


@dataclass
class FakeSlack:
    """The service. `calls` holds what it accepted, in order; `refused` what it did not."""

    port: int = field(default_factory=free_port)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    uses: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    inbox: Any = None  # the assistant's, when a test looks into it

    def __post_init__(self) -> None:
        self._number = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def settings(self) -> dict[str, str]:
        """What brings an assistant to this Slack."""
        return {"NMT_SLACK_TOKEN": TOKEN, "NMT_SLACK_SIGNING_SECRET": SECRET, "NMT_SLACK_API_URL": self.url}

    def start(self) -> None:
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                slack._serve(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        with self._lock:
            self.calls.clear()
            self.refused.clear()
            self.faults.clear()

    def said(self, channel: str) -> list[dict[str, Any]]:
        """The messages in a channel, as they were posted."""
        with self._lock:
            return [call for method, call in self.calls if method == "chat.postMessage" and call["channel"] == channel]

    def all(self, method: str) -> list[dict[str, Any]]:
        with self._lock:
            return [call for name, call in self.calls if name == method]

    def wait_for(self, what: Any) -> Any:
        """Wait until a condition gives something, and return it."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            found = what()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"Nothing came. Calls: {self.calls}\nRefused: {self.refused}")

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])) or b"{}")
        if handler.path.startswith("/respond/"):
            self._answer(handler, "respond", {"url": handler.path, **body}, self._respond)
            return
        method = handler.path.removeprefix("/api/")
        if handler.headers["Authorization"] != f"Bearer {TOKEN}":
            self._write(handler, 200, {"ok": False, "error": "invalid_auth"})
            return
        self._answer(handler, method, body, self._call)

    def _answer(self, handler: BaseHTTPRequestHandler, method: str, body: dict[str, Any], serve: Any) -> None:
        with self._lock:
            fault = self.faults[method].popleft() if self.faults[method] else None
        if fault is not None:
            time.sleep(fault.slow_seconds)
            if fault.status != 200 or fault.body:
                with self._lock:
                    self.refused.append((method, body))
                self._write(handler, fault.status, fault.body, fault.headers)
                return
        with self._lock:
            status, result = serve(method, body)
            (self.calls if result.get("ok") else self.refused).append((method, body))
        self._write(handler, status, result)

    def _respond(self, _method: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.uses[body["url"]] += 1
        if self.uses[body["url"]] > _USES_OF_A_RESPONSE_URL:
            return 404, {"ok": False, "error": "used_url"}
        return 200, {"ok": True}

    def _call(self, method: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        blocks = body.get("blocks", body.get("view", {}).get("blocks"))
        if problem := blocks and wrong_with(blocks):
            return 200, {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": [problem]}}
        self._number += 1
        stamp = f"1700000000.{self._number:06d}"
        if method == "auth.test":
            return 200, {"ok": True, "url": "https://clinic.slack.com/", "user_id": BOT, "bot_id": "B0BOT00001"}
        if method == "chat.postMessage":
            message = {"type": "message", "user": BOT, "bot_id": "B0BOT00001", "ts": stamp, **body}
            return 200, {"ok": True, "channel": body["channel"], "ts": stamp, "message": message}
        if method == "chat.update":
            return 200, {"ok": True, "channel": body["channel"], "ts": body["ts"], "text": body["text"]}
        return 200, {"ok": True}

    @staticmethod
    def _write(handler: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        kind = "text/html" if isinstance(body, str) and not body.startswith("{") else "application/json; charset=utf-8"
        try:
            handler.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(data)
        except ConnectionError:
            pass  # the client did not wait


def wrong_with(blocks: list[dict[str, Any]]) -> str:
    """What Slack would not like about blocks: its SDK's own checks, and those that the SDK leaves to the server."""
    if len(blocks) > 50:
        return "no more than 50 items allowed"
    names = [e["action_id"] for b in blocks if b["type"] == "actions" for e in b["elements"]]
    if len(set(names)) != len(names):
        return "action_id not unique"
    try:
        for block in Block.parse_all(blocks):
            block.validate_json()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    for block in blocks:
        text = block.get("text", {}).get("text")
        if "text" in block and not 0 < len(text) <= (150 if block["type"] == "header" else 3000):
            return "must be between 1 and 3000 characters"
        if block["type"] == "actions":
            for button in block["elements"]:
                if not 0 < len(button["text"]["text"]) <= 75 or len(button.get("value", "")) > 2000:
                    return "button too long"
    return ""


@dataclass
class Sender:
    """Sends what Slack sends, signed."""

    url: str

    def post(
        self, body: str, kind: str, secret: str = SECRET, at: float | None = None, **headers: str
    ) -> httpx.Response:
        stamp = str(int(time.time() if at is None else at))
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
        signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": str(signature), "Content-Type": kind}
        return httpx.post(self.url, content=body.encode(), headers={**signed, **headers}, timeout=_PATIENCE_SECONDS)

    def json(self, payload: Any, **how: Any) -> httpx.Response:
        return self.post(json.dumps(payload), "application/json", **how)

    def event(self, event: dict[str, Any], **how: Any) -> httpx.Response:
        return self.json(event_callback(event), **how)

    def press(self, payload: dict[str, Any], **how: Any) -> httpx.Response:
        return self.post(urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded", **how)

    def command(self, **fields: str) -> httpx.Response:
        return self.post(urlencode(fields), "application/x-www-form-urlencoded")


def new_id(kind: str) -> str:
    """An id as Slack gives them: U for users, D for direct messages, C for channels."""
    return f"{kind}{uuid.uuid4().hex[:10].upper()}"


def stamp() -> str:
    """A message's time, which is its id as well."""
    return f"{time.time():.6f}"


def event_callback(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "token": "XXYYZZ",
        "team_id": "T123ABC456",
        "api_app_id": "A123ABC456",
        "event": event,
        "type": "event_callback",
        "authorizations": [{"team_id": "T123ABC456", "user_id": BOT, "is_bot": True}],
        "event_context": "EC123ABC456",
        "event_id": new_id("Ev"),
        "event_time": int(time.time()),
    }


def direct_message(user: str, channel: str, text: str, **more: Any) -> dict[str, Any]:
    message = {"type": "message", "channel": channel, "user": user, "text": text, "ts": stamp(), "channel_type": "im"}
    return {**message, "event_ts": message["ts"], **more}


def mention(user: str, channel: str, text: str, **more: Any) -> dict[str, Any]:
    message = {"type": "app_mention", "channel": channel, "user": user, "text": f"<@{BOT}> {text}", "ts": stamp()}
    return {**message, "event_ts": message["ts"], **more}


def button_press(user: str, post: dict[str, Any], button: dict[str, Any], ts: str) -> dict[str, Any]:
    """A press of a button under a message that the app posted."""
    thread = {"thread_ts": post["thread_ts"]} if "thread_ts" in post else {}
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "client", "name": "client", "team_id": "T123ABC456"},
        "api_app_id": "A123ABC456",
        "token": "XXYYZZ",
        "container": {
            "type": "message", "message_ts": ts, "channel_id": post["channel"], "is_ephemeral": False, **thread,
        },
        "trigger_id": f"{uuid.uuid4().int % 10**12}.13345224609.{uuid.uuid4().hex}",
        "team": {"id": "T123ABC456", "domain": "clinic"},
        "channel": {"id": post["channel"], "name": "directmessage"},
        "message": {"type": "message", "user": BOT, "ts": ts, "text": post["text"], "blocks": post["blocks"], **thread},
        "response_url": "https://hooks.slack.com/actions/T123/1/x",
        "actions": [{"type": "button", "block_id": "Yz", "action_ts": stamp(), **button}],
    }  # fmt: skip


def buttons_of(post: dict[str, Any]) -> list[dict[str, Any]]:
    return [e for block in post["blocks"] if block["type"] == "actions" for e in block["elements"] if "value" in e]
