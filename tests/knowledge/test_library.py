"""A running assistant always has content at hand, the newest good one, and never waits long for the database."""

from __future__ import annotations

import asyncio
import threading

import pytest

from nmt_guide.errors import StoreEmpty, StoreUnavailable
from nmt_guide.knowledge import library as library_module
from nmt_guide.knowledge.library import Library


class FakeStore:
    """A store whose content is a word; it can break and it can be slow."""

    def __init__(self, word: str | None = "first") -> None:
        self.word = word
        self.broken = False
        self.go = threading.Event()
        self.go.set()
        self.loads = 0

    def fingerprint(self) -> str | None:
        self.go.wait(60)
        if self.broken:
            raise StoreUnavailable("The database is away.")
        return self.word

    def load(self) -> FakeContent:
        if self.word is None:
            raise StoreEmpty("Nothing was loaded.")
        self.loads += 1
        return FakeContent(self.word)


class FakeContent:
    def __init__(self, word: str) -> None:
        self.word = word
        self.topics = ()


class Made:
    """What is made of the content."""

    def __init__(self, content: FakeContent) -> None:
        self.word = content.word


async def after_a_look(library):
    """What the library has after it looked once more."""
    await library.current()
    if library._look is not None:
        await library._look
    return (await library.current()).word


async def test_new_content_is_picked_up(folder):
    store = FakeStore()
    library = Library(store, Made, refresh_seconds=0)

    assert (await library.current()).word == "first"
    store.word = "second"
    assert await after_a_look(library) == "second"


async def test_the_same_content_is_read_once():
    store = FakeStore()
    library = Library(store, Made, refresh_seconds=0)
    for _ in range(5):
        await after_a_look(library)

    assert store.loads == 1


async def test_it_looks_only_now_and_then():
    store = FakeStore()
    library = Library(store, Made, refresh_seconds=3600)
    await library.current()
    store.word = "second"

    assert await after_a_look(library) == "first"


async def test_the_last_good_content_stays_when_the_store_breaks(caplog):
    store = FakeStore()
    library = Library(store, Made, refresh_seconds=0)
    await library.current()

    store.broken = True
    store.word = "second"
    assert await after_a_look(library) == "first"
    assert "The last good content stays in use: The database is away." in caplog.text

    store.broken = False
    assert await after_a_look(library) == "second"


async def test_the_last_good_content_stays_when_the_store_was_emptied():
    store = FakeStore()
    library = Library(store, Made, refresh_seconds=0)
    await library.current()
    store.word = None

    assert await after_a_look(library) == "first"


async def test_the_last_good_content_stays_when_nothing_can_be_made_of_the_new(caplog):
    class Picky(Made):
        def __init__(self, content: FakeContent) -> None:
            if content.word != "first":
                raise KeyError(content.word)
            super().__init__(content)

    store = FakeStore()
    library = Library(store, Picky, refresh_seconds=0)
    await library.current()
    store.word = "second"

    assert await after_a_look(library) == "first"
    assert "The last good content stays in use" in caplog.text


async def test_without_any_content_the_error_is_told():
    library = Library(FakeStore(None), Made, refresh_seconds=0)

    with pytest.raises(StoreEmpty):
        await library.current()


async def test_the_first_client_after_a_quiet_time_gets_the_new_content():
    store = FakeStore()
    library = Library(store, Made, refresh_seconds=0)
    await library.current()
    store.word = "second"

    assert (await library.current()).word == "second"


async def test_nobody_waits_long_for_a_slow_store(monkeypatch):
    monkeypatch.setattr(library_module, "_PATIENCE_SECONDS", 0.05)
    store = FakeStore()
    library = Library(store, Made, refresh_seconds=0)
    await library.current()
    store.go.clear()  # from now on the store hangs

    words = [(await library.current()).word for _ in range(100)]
    assert words == ["first"] * 100
    assert not library._look.done()
    store.go.set()
    await library._look


async def test_the_event_loop_runs_on_while_the_first_content_is_read():
    store = FakeStore()
    store.go.clear()
    library = Library(store, Made, refresh_seconds=0)
    first = asyncio.create_task(library.current())
    await asyncio.sleep(0.05)
    assert not first.done()

    store.go.set()
    assert (await first).word == "first"


async def test_many_clients_at_once_look_once():
    store = FakeStore()
    store.go.clear()
    library = Library(store, Made, refresh_seconds=0)
    clients = [asyncio.create_task(library.current()) for _ in range(4)]
    await asyncio.sleep(0.05)  # all of them wait for the store
    store.go.set()
    made = await asyncio.gather(*clients)

    assert {one.word for one in made} == {"first"}
    assert store.loads == 1


async def test_it_serves_a_real_store(store, folder):
    store.save(folder.read(), "a")
    library = Library(store, lambda content: content, refresh_seconds=0)

    assert await library.current() == folder.read()
