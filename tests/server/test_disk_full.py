"""A disk that is full and gets room again, under the databases of one machine."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
import subprocess
import time
import uuid

import httpx
import pytest
from processes import make_place, serving

from nmt_guide.directory import gazetteer
from nmt_guide.settings import Settings


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A disk of 24 MB with what the assistant's folder needs on it."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.xfail("A small disk can be made by root alone, and not in every container.")
    for built in ("encoder", gazetteer.FILE):
        (folder / built).symlink_to((Settings().var_dir / built).resolve())
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(file):
    """Write until there is no room."""
    with file.open("wb", buffering=0) as target:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    target.write(b"x" * size)
            except OSError:
                pass


def rows(file, query):
    connection = sqlite3.connect(file, timeout=30)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_a_full_disk_is_told_and_loses_nothing_that_was_answered(disk, tmp_path_factory):
    sender, answered, numbers = uuid.uuid4().hex, [], itertools.count(2)
    place = make_place(tmp_path_factory.mktemp("disk_full") / "place")
    with serving(place, NMT_VAR_DIR=str(disk), NMT_ANALYTICS_SECONDS="0.2") as server:

        def say():
            text = f"How much do {next(numbers)} sessions cost?"
            (first, *_) = server.say(text, sender)
            if not first["metadata"].get("outage"):
                answered.append(text)
            return first

        assert say()["metadata"]["topic"] == "cost"
        fill(disk / "filler")
        for _ in range(60):  # SQLite has some room of its own left
            sorry = say()
            if sorry["metadata"].get("outage"):
                break
        assert sorry["metadata"] == {"kind": "handoff", "outage": True}
        assert "555" in sorry["text"]
        assert httpx.get(f"{server.url}/health").status_code == 200

        (disk / "filler").unlink()
        assert say()["metadata"]["topic"] == "cost"
        stored = rows(disk / "conversations.db", "SELECT data FROM events WHERE type_name = 'user' ORDER BY id")
        assert [json.loads(data)["text"] for (data,) in stored] == answered
        end = time.monotonic() + 150  # it is tried again ever more seldom
        while rows(disk / "knowledge.db", "SELECT count(*) FROM analytics_turn") != [(len(answered),)]:
            assert time.monotonic() < end, "Not all that was asked was counted."
            time.sleep(0.2)
