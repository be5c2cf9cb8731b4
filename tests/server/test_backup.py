"""Backups: what must come back, and what must not be taken for one."""

import hashlib
import os
import shutil
import sqlite3
import tarfile
import tracemalloc
from datetime import timedelta

import pytest
import sqlalchemy as sa

from nmt_guide.errors import SetupError, UsageError
from nmt_guide.server.backup import _checksum, _damage, backup, restore
from nmt_guide.settings import Settings
from nmt_guide.webchat.tokens import Tokens, read_secret


def settings_for(folder):
    return Settings({"NMT_VAR_DIR": str(folder)})


def fill(file, text):
    file.parent.mkdir(exist_ok=True)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS notes (text)")
        connection.execute("INSERT INTO notes VALUES (?)", (text,))
    connection.close()


def notes(file):
    connection = sqlite3.connect(file)
    found = [text for (text,) in connection.execute("SELECT text FROM notes")]
    connection.close()
    return found


@pytest.fixture
def var(tmp_path):
    for name in ("knowledge", "conversations"):
        fill(tmp_path / "var" / f"{name}.db", f"{name} at first")
    return tmp_path / "var"


def test_what_was_there_comes_back_and_what_came_later_goes(var, tmp_path):
    backup(settings_for(var), tmp_path / "backup.tar")
    fill(var / "conversations.db", "later")
    (var / "knowledge.db").unlink()
    restore(settings_for(var), tmp_path / "backup.tar")

    assert notes(var / "conversations.db") == ["conversations at first"]
    assert notes(var / "knowledge.db") == ["knowledge at first"]


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path):
    data = bytes(range(256)) * 100_000
    (tmp_path / "large").write_bytes(data)
    tracemalloc.start()
    checksum = _checksum(tmp_path / "large")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert checksum == hashlib.sha256(data).hexdigest()
    assert most < len(data) / 5


def test_a_database_in_use_is_copied_as_of_its_last_commit(var, tmp_path):
    writer = sqlite3.connect(var / "conversations.db", isolation_level=None)
    writer.execute("INSERT INTO notes VALUES ('committed')")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO notes VALUES ('not committed')")
    backup(settings_for(var), tmp_path / "backup.tar")
    writer.close()
    restore(settings_for(tmp_path / "new"), tmp_path / "backup.tar")

    assert notes(tmp_path / "new" / "conversations.db") == ["conversations at first", "committed"]


def test_a_browser_opens_its_conversation_after_a_restore(var, tmp_path):
    token = Tokens(read_secret(settings_for(var)), timedelta(days=1)).sign(64 * "a")
    backup(settings_for(var), tmp_path / "backup.tar")
    new = settings_for(tmp_path / "new")
    read_secret(new)  # one was made meanwhile

    assert restore(new, tmp_path / "backup.tar") == ["knowledge", "conversations", "secret"]
    assert Tokens(read_secret(new), timedelta(days=1)).session(token) == 64 * "a"
    assert (tmp_path / "new" / "secret").stat().st_mode & 0o777 == 0o600


def test_a_secret_of_ones_own_is_left_alone(var, tmp_path):
    read_secret(settings_for(var))
    own = Settings({"NMT_VAR_DIR": str(var), "NMT_SECRET_FILE": str(tmp_path / "own")})
    backup(own, tmp_path / "without.tar")
    backup(settings_for(var), tmp_path / "with.tar")
    (var / "secret").unlink()

    assert restore(own, tmp_path / "with.tar") == ["knowledge", "conversations"]
    assert restore(settings_for(var), tmp_path / "without.tar") == ["knowledge", "conversations"]
    assert not (var / "secret").exists()


def test_nobody_else_may_read_it(var, tmp_path):
    backup(settings_for(var), tmp_path / "backup.tar")

    assert (tmp_path / "backup.tar").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".backup-")] == []


def test_before_the_first_start_it_says_that_nothing_is_there(tmp_path):
    assert backup(settings_for(tmp_path / "var"), tmp_path / "backup.tar") == [
        "knowledge: nothing there yet",
        "conversations: nothing there yet",
    ]


def test_a_file_that_cannot_be_written_is_named(var, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        backup(settings_for(var), tmp_path / "no folder" / "backup.tar")


def test_what_is_no_backup_changes_nothing(var, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear all")
    with tarfile.open(tmp_path / "other.tar", "w") as archive:
        archive.add(tmp_path / "letter.txt", "../../letter.txt")
    for name in ("letter.txt", "other.tar", "missing.tar"):
        with pytest.raises(UsageError, match=name):
            restore(settings_for(var), tmp_path / name)

    assert notes(var / "knowledge.db") == ["knowledge at first"]


def test_a_damaged_database_in_it_changes_nothing(var, tmp_path):
    (tmp_path / "knowledge.db").write_bytes(b"This is no database. " * 500)
    with tarfile.open(tmp_path / "backup.tar", "w") as archive:
        archive.add(tmp_path / "knowledge.db", "knowledge.db")
    with pytest.raises(UsageError, match=r"backup\.tar is damaged, and nothing was changed: knowledge\.db"):
        restore(settings_for(var), tmp_path / "backup.tar")

    assert notes(var / "knowledge.db") == ["knowledge at first"]


def overwrite(file, start, length):
    with file.open("r+b") as archive:
        archive.seek(start)
        archive.write(b"\x5a" * length)


@pytest.fixture
def large(var, tmp_path):
    """A backup of which the conversations are the greater part, and what was said after it."""
    for _ in range(200):
        fill(var / "conversations.db", "word " * 1_000)
    backup(settings_for(var), tmp_path / "backup.tar")
    fill(var / "conversations.db", "said later")
    fill(var / "knowledge.db", "learnt later")
    return tmp_path / "backup.tar"


@pytest.mark.parametrize("length", [1, 200_000])
def test_damage_anywhere_in_it_changes_nothing(large, var, length):
    overwrite(large, 500_000, length)
    with pytest.raises(UsageError, match=r"damaged, and nothing was changed: conversations\.db"):
        restore(settings_for(var), large)

    assert notes(var / "conversations.db")[-1] == "said later"
    assert notes(var / "knowledge.db")[-1] == "learnt later"


def test_a_part_that_was_lost_changes_nothing(large, var):
    with tarfile.open(large) as archive:
        start = archive.getmember("conversations.db").offset
    overwrite(large, start, 512)  # its head: the archive seems to end there
    with pytest.raises(UsageError, match=r"damaged, and nothing was changed: conversations\.db"):
        restore(settings_for(var), large)

    assert notes(var / "knowledge.db")[-1] == "learnt later"


def test_an_older_backup_without_checksums_is_read_through(large, var, tmp_path):
    def without_checksums(name):
        with tarfile.open(large) as archive, tarfile.open(tmp_path / name, "w") as other:
            for member in archive.getmembers():
                if member.name != "checksums":
                    other.addfile(member, archive.extractfile(member))
        return tmp_path / name

    damaged = without_checksums("damaged.tar")
    overwrite(damaged, 500_000, 200_000)
    with pytest.raises(UsageError, match=r"damaged, and nothing was changed: conversations\.db"):
        restore(settings_for(var), damaged)
    assert notes(var / "knowledge.db")[-1] == "learnt later"

    restore(settings_for(var), without_checksums("older.tar"))
    assert notes(var / "knowledge.db") == ["knowledge at first"]


def test_a_damaged_database_is_told_before_somebody_trusts_its_backup(var, tmp_path):
    for _ in range(20):
        fill(var / "conversations.db", "word " * 1_000)
    overwrite(var / "conversations.db", 40_000, 20_000)
    with pytest.raises(SetupError, match=r"conversations\.db"):
        backup(settings_for(var), tmp_path / "backup.tar")

    assert not (tmp_path / "backup.tar").exists()


@pytest.mark.skipif("NMT_TEST_POSTGRES_URL" not in os.environ, reason="NMT_TEST_POSTGRES_URL names no database.")
@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="PostgreSQL's client programs are not installed.")
def test_postgresql_comes_back(tmp_path):
    url = os.environ["NMT_TEST_POSTGRES_URL"]
    settings = Settings({"NMT_DATABASE_URL": url, "NMT_TRACKER_URL": url})
    engine = sa.create_engine(url, future=True)

    def run(statement):
        with engine.begin() as connection:
            return connection.execute(sa.text(statement))

    run("CREATE TABLE IF NOT EXISTS backup_notes (text VARCHAR)")
    run("INSERT INTO backup_notes VALUES ('kept')")
    backup(settings, tmp_path / "backup.tar")
    run("DROP TABLE backup_notes")
    whole = (tmp_path / "backup.tar").read_bytes()
    (tmp_path / "damaged.tar").write_bytes(whole.replace(b"PGDMP", b"PGDMQ"))
    with pytest.raises(UsageError, match="damaged"):
        restore(settings, tmp_path / "damaged.tar")
    restore(settings, tmp_path / "backup.tar")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT text FROM backup_notes")).scalar() == "kept"
    run("DROP TABLE backup_notes")
    engine.dispose()


def test_without_pg_restore_no_copy_is_called_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="pg_restore is not there"):
        _damage(tmp_path / "knowledge.dump")
