"""A browser with the website chat open, as far as the wire goes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import socketio

_PATIENCE_SECONDS = 60


class _Client(socketio.Client):
    """As patient as a browser: python-socketio gives up 5 s after a ping is due, a browser `pingTimeout` (20 s) after."""

    def _handle_eio_connect(self) -> None:
        # The longest silence that engineio's client bears is the longer of the two, and 5 s.
        self.eio.ping_timeout += self.eio.ping_interval
        super()._handle_eio_connect()


class Browser:
    """One tab. What the server tells it is kept in `heard`, in order.

    Args:
        url: the server.
        token: what the last visit left in the browser's storage.
        since: the last entry that is in the browser's storage.
        origin: the site of the page.
        transport: `websocket` or `polling`.
        forwarded: the address that a web server in front says it has.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        since: int = 0,
        origin: str | None = None,
        transport: str = "websocket",
        forwarded: str | None = None,
    ) -> None:
        self.heard: list[tuple[str, Any]] = []
        self._client = _Client(reconnection=False, websocket_extra_options={"origin": origin} if origin else {})
        for event in ("session", "entry", "typing"):
            self._client.on(event, self._keep(event))
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        if origin and transport == "polling":
            headers["Origin"] = origin
        self._client.connect(
            url,
            headers=headers,
            auth={"token": token, "since": since},
            transports=[transport],
            socketio_path="/webhooks/web/socket.io",
            wait_timeout=_PATIENCE_SECONDS,
        )
        self.wait_for("session")

    @property
    def session(self) -> dict[str, Any]:
        """The last `session` that it was told."""
        return dict([data for event, data in self.heard if event == "session"][-1])

    @property
    def token(self) -> str:
        """The key to its session."""
        return str(self.session["token"])

    def entries(self) -> list[dict[str, Any]]:
        """The entries that came by themselves."""
        return [data for event, data in self.heard if event == "entry"]

    def say(self, text: str, message_id: str | None = None, payload: str | None = None) -> dict[str, Any]:
        """Send a message and wait for the acknowledgement."""
        data = {"id": message_id or uuid.uuid4().hex, "text": text}
        return self.call("message", data | ({"payload": payload} if payload else {}))

    def send(self, text: str, message_id: str) -> None:
        """Send a message and wait for nothing."""
        self._client.emit("message", {"id": message_id, "text": text})

    def call(self, event: str, data: Any) -> dict[str, Any]:
        """Send an event and wait for the acknowledgement."""
        return dict(self._client.call(event, data, timeout=_PATIENCE_SECONDS))

    def wait_for(self, event: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """What an event carried; waits until it comes."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            for name, data in list(self.heard):
                if name == event and fits(data):
                    return data
            time.sleep(0.02)
        raise AssertionError(f"No {event} came: {self.heard}")

    def close(self) -> None:
        """Close the tab."""
        connection = self._client.eio
        self._client.disconnect()
        if connection.ws:  # of a connection that was lost it is still open, and would fail whichever test comes next
            connection.ws.shutdown()
        # The client's threads hold its connection a moment longer.
        connection.http = None

    def _keep(self, event: str) -> Callable[[Any], None]:
        return lambda data: self.heard.append((event, data))


@contextmanager
def browsing(url: str, **options: Any) -> Iterator[Browser]:
    """A tab that is closed in the end."""
    browser = Browser(url, **options)
    try:
        yield browser
    finally:
        browser.close()
