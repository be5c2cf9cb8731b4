"""The files that the assistant serves to browsers: the chat's script, and the demo page with what belongs to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
}
#: Nothing but our own files, and no frame around the page.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_NOT_BUILT = "The chat is not built yet. Run ./run (or 'nmt-guide build') and load this page again.\n"


@dataclass(frozen=True)
class Page:
    """An answer to a browser."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Pages:
    """The files of the widget.

    Args:
        folder: the widget's folder, with `dist/nmt-chat.js` and `demo/index.html`.
    """

    def __init__(self, folder: Path) -> None:
        self._script = folder / "dist" / "nmt-chat.js"
        self._demo = folder / "demo"

    def script(self, seen: str | None = None, encodings: str = "") -> Page:
        """The chat's script, compressed for browsers that take it so.

        Args:
            seen: the `If-None-Match` header: what the browser has already.
            encodings: the `Accept-Encoding` header.
        """
        if not self._script.is_file():
            headers = {"Content-Type": _TYPES[".txt"], "Cache-Control": "no-store", "Retry-After": "60"}
            return Page(503, _NOT_BUILT.encode(), headers)
        # Pages name it by one address for ever: a browser looks for a new one every five minutes.
        headers = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding"}
        small = self._script.with_name(f"{self._script.name}.gz")
        if _takes_gzip(encodings) and small.is_file():
            return _file(small, seen, {**headers, "Content-Encoding": "gzip"}, self._script.suffix)
        return _file(self._script, seen, headers)

    def demo_paths(self) -> list[str]:
        """The addresses of the demo page and of what belongs to it; none when there is no demo page."""
        files = [file.relative_to(self._demo) for file in self._demo.rglob("*") if file.suffix in _TYPES]
        return ["/", *sorted(f"/{file.as_posix()}" for file in files)] if Path("index.html") in files else []

    def demo(self, path: str, seen: str | None = None) -> Page:
        """The demo page, or a file that belongs to it.

        Args:
            path: one of `demo_paths`.
            seen: see `script`.
        """
        file = self._demo / (path.removeprefix("/") or "index.html")
        policy = {"Content-Security-Policy": _PAGE_POLICY, "Referrer-Policy": "no-referrer"}
        return _file(file, seen, {"Cache-Control": "no-cache", **policy})


def _takes_gzip(encodings: str) -> bool:
    for one in encodings.lower().split(","):
        name, _, quality = one.replace(" ", "").partition(";q=")
        if name == "gzip":
            return not quality or quality.strip("0.") != ""
    return False


def _file(file: Path, seen: str | None, headers: Mapping[str, str], suffix: str | None = None) -> Page:
    body = file.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "X-Content-Type-Options": "nosniff", **headers}
    if seen is not None and tag in [one.strip().removeprefix("W/") for one in seen.split(",")]:
        return Page(304, b"", headers)
    return Page(200, body, {"Content-Type": _TYPES[suffix or file.suffix], **headers})
