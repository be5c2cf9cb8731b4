"""What was seen once is not answered twice: by threads, processes, or after a restart."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from nmt_guide.channels.seen import Seen
from nmt_guide.channels.tables import channel_seen
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import ROOT

_PROCESS = """
import sys
from nmt_guide.channels.seen import Seen
from nmt_guide.knowledge.store import Store
seen = Seen(Store(sys.argv[1]).engine)
print(sum(seen.first("slack", str(key)) for key in range(50)))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'knowledge.db'}"
    if request.param == "postgresql":
        url = os.environ.get("NMT_TEST_POSTGRES_URL", "")
        if not url:
            pytest.skip("NMT_TEST_POSTGRES_URL names no PostgreSQL database that the tests may fill and empty")
    made = Store(url)
    made.migrate("base")
    made.migrate()
    yield made
    made.migrate("base")
    made.engine.dispose()


def rows(store):
    with store.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(channel_seen)).scalar()


def test_a_repetition_is_recognised(store):
    seen = Seen(store.engine)

    assert [seen.first("slack", "Ev1"), seen.first("slack", "Ev1"), seen.first("slack", "Ev2")] == [True, False, True]


def test_channels_do_not_mix_their_keys(store):
    seen = Seen(store.engine)

    assert seen.first("slack", "1")
    assert seen.first("telegram", "1")


def test_a_restart_does_not_forget(store):
    Seen(store.engine).first("slack", "Ev1")

    assert not Seen(store.engine).first("slack", "Ev1")


def test_many_threads_at_once_have_one_winner(store):
    seen = Seen(store.engine)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: seen.first("slack", "Ev1"), range(40)))

    assert won.count(True) == 1


def test_two_processes_share_the_work(store):
    command = [sys.executable, "-c", _PROCESS, store.engine.url.render_as_string(hide_password=False)]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    won = [int(process.communicate(timeout=120)[0]) for process in processes]

    assert sum(won) == 50


def test_what_is_given_back_may_come_again(store):
    seen = Seen(store.engine)
    seen.first("slack", "Ev1")
    seen.forget("slack", "Ev1")

    assert seen.first("slack", "Ev1")


@pytest.mark.parametrize("key", ["x" * 10_000, "\0", "\ud800", "Ü☎", ""], ids=ascii)
def test_keys_may_be_any_text(store, key):
    seen = Seen(store.engine)

    assert [seen.first("rest", key), seen.first("rest", key)] == [True, False]


def test_old_keys_are_deleted_new_ones_stay(store):
    seen = Seen(store.engine)
    seen.first("slack", "Ev1")

    assert seen.purge() == 0
    assert seen.purge(timedelta(seconds=-1)) == 1
    assert rows(store) == 0


def test_content_that_is_loaded_leaves_them_alone(store):
    from nmt_guide.knowledge.files import read_content

    Seen(store.engine).first("slack", "Ev1")
    store.save(read_content(ROOT / "knowledge"), "a")

    assert rows(store) == 1


def test_without_a_database_one_process_remembers_for_itself(tmp_path, caplog):
    seen = Seen(Store(f"sqlite:///{tmp_path / 'empty.db'}").engine)  # a database without tables

    assert [seen.first("slack", "Ev1"), seen.first("slack", "Ev1")] == [True, False]
    seen.forget("slack", "Ev1")
    assert seen.first("slack", "Ev1")
    assert "Only this process knows" in caplog.text
