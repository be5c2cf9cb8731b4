"""Which websites' pages may use the chat."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from nmt_guide.errors import SetupError

logger = logging.getLogger(__name__)

#: So many refused websites are named in the log, each once: anybody can make up more. Then it says that it stops.
_MOST_NAMED = 50


class Origins:
    """The assistant's own address, and a list.

    Args:
        listed: origins, separated by commas.

    Raises:
        SetupError: one of them is not an origin.
    """

    def __init__(self, listed: str) -> None:
        self._listed = {_checked(origin.strip()) for origin in listed.split(",") if origin.strip()}
        self._refused: set[str] = set()

    def allow(self, origin: str | None, host: str | None) -> bool:
        """Whether a request may come from where it says that it comes from.

        Args:
            origin: its `Origin` header. A browser sends it whenever a page talks to another site or opens a websocket,
                so that a request without it comes from no page of another site.
            host: its `Host` header.
        """
        if origin is None or origin in self._listed or _is_own(origin, host):
            return True
        if origin not in self._refused and len(self._refused) < _MOST_NAMED:
            self._refused.add(origin)
            logger.warning(
                "The chat is refused to the website %r. If it is yours: add it to NMT_WEB_ORIGINS.", origin[:200]
            )
            if len(self._refused) == _MOST_NAMED:
                logger.warning(
                    "%d websites were refused; no others are named until the next start. Whether yours is among them, the "
                    "browser's console (F12) says on its page.",
                    _MOST_NAMED,
                )
        return False

    def headers(self, origin: str | None, host: str | None) -> dict[str, str]:
        """The headers that let a browser show our answer to the page that asked; none for other pages."""
        if origin is None or not self.allow(origin, host):
            return {"Vary": "Origin"}
        return {"Vary": "Origin", "Access-Control-Allow-Origin": origin}


def _is_own(origin: str, host: str | None) -> bool:
    # Not the scheme: a web server with TLS in front of us speaks plain HTTP to us.
    return host is not None and urlsplit(origin).netloc.lower() == host.lower()


def _checked(origin: str) -> str:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
        raise SetupError(
            f"NMT_WEB_ORIGINS: {origin!r} is not the origin of a website. Write it as https://www.example.com, "
            "without a path or a slash at its end, and separate several by commas."
        )
    return origin.lower()
