"""Which websites' pages may use the chat."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from nmt_guide.errors import SetupError


class Origins:
    """The assistant's own address, and a list.

    Args:
        listed: origins, separated by commas.

    Raises:
        SetupError: one of them is not an origin.
    """

    def __init__(self, listed: str) -> None:
        self._listed = {_checked(origin.strip()) for origin in listed.split(",") if origin.strip()}

    def allow(self, headers: Mapping[str, str]) -> bool:
        """Whether a request may come from where it says that it comes from.

        A browser names the origin whenever a page talks to another site or opens a websocket, so that a request that
        names none is no page of another site.
        """
        origin = headers.get("origin")
        return origin is None or origin in self._listed or _is_own(origin, headers.get("host"))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers that let a browser show our answer to the page that asked; none for other pages."""
        origin = headers.get("origin")
        if origin is None or not self.allow(headers):
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
