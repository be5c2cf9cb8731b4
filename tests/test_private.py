"""What clients wrote is for the user that runs the assistant alone."""

import pytest
import sqlalchemy as sa

from nmt_guide.errors import SetupError
from nmt_guide.knowledge.store import Store
from nmt_guide.privacy.conversations import stored
from nmt_guide.private import make_folder, make_sqlite_file
from nmt_guide.server import build
from nmt_guide.server import tracker_store as t
from nmt_guide.server.backup import backup, restore
from nmt_guide.settings import Settings


def test_databases_with_their_logs_and_their_folder_are_closed_to_others(tmp_path):
    settings = Settings({"NMT_VAR_DIR": str(tmp_path / "new" / "var")})
    Store(settings.database_url).migrate()
    store = t.TailTrackerStore(None, settings.tracker_url)
    with store.engine.begin() as connection:
        row = {"sender_id": "a", "type_name": "user", "timestamp": 1.0, "data": "{}"}
        connection.execute(sa.insert(t.events).values(row))
    rights = {path.name: path.stat().st_mode & 0o777 for path in settings.var_dir.iterdir()}
    store.close()

    assert {"knowledge.db", "conversations.db", "conversations.db-wal"} <= set(rights)
    assert set(rights.values()) == {0o600}
    assert settings.var_dir.stat().st_mode & 0o777 == 0o700


def test_what_is_restored_is_closed_too(tmp_path):
    old = Settings({"NMT_VAR_DIR": str(tmp_path / "old")})
    Store(old.database_url).migrate()
    stored(old)
    backup(old, tmp_path / "backup.tar")
    new = Settings({"NMT_VAR_DIR": str(tmp_path / "new")})
    restore(new, tmp_path / "backup.tar")

    assert (new.var_dir / "conversations.db").stat().st_mode & 0o777 == 0o600
    assert new.var_dir.stat().st_mode & 0o777 == 0o700


def test_a_build_that_comes_first_closes_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(build.gazetteer, "is_built", lambda file: True)
    settings = Settings({"NMT_VAR_DIR": str(tmp_path / "var")})
    build.build_places(settings, print)

    assert settings.var_dir.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="file/var cannot be used"):
        make_folder(tmp_path / "file" / "var")


def test_an_address_of_sqlites_own_kind_is_no_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_sqlite_file("sqlite:///file:some.db?mode=ro&uri=true", folder=True)

    assert not list(tmp_path.iterdir())
