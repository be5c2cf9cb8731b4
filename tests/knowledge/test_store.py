"""What is saved comes back whole, on each kind of database, and a failure leaves the old content untouched."""

from __future__ import annotations

import sqlite3
import threading
import traceback
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, func, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from nmt_guide.analytics import wiring as analytics
from nmt_guide.channels.web_chat import WebChat
from nmt_guide.errors import StoreEmpty, StoreUnavailable
from nmt_guide.handoff import wiring as handoff
from nmt_guide.knowledge import store as store_module
from nmt_guide.knowledge import tables as t
from nmt_guide.knowledge.content import Clinic
from nmt_guide.knowledge.migrations import DESCRIBED
from nmt_guide.knowledge.store import Store, shared_store
from nmt_guide.settings import Settings


def renamed(content, name):
    """The content of a clinic with another name."""
    return changed(content, clinic=Clinic(facts={**content.clinic.facts, "name": name}))


def changed(entry, **fields):
    """An entry with other fields. (Pydantic's own copy would take stale cached properties along.)"""
    return type(entry)(**{**{name: getattr(entry, name) for name in entry.__fields__}, **fields})


def test_the_real_content_comes_back_as_it_was_saved(store, real_content):
    store.save(real_content, "a")

    assert store.load() == real_content


def test_the_small_content_comes_back_in_the_order_of_the_files(store, folder):
    folder.edit("facets/condition.yml", lambda f: f["values"].reverse())  # a child before its parent
    content = folder.read()
    store.save(content, "a")

    assert store.load() == content


def test_saving_again_replaces_everything(store, folder, real_content):
    store.save(real_content, "a")
    store.save(folder.read(), "b")

    assert store.load() == folder.read()
    assert store.fingerprint() == "b"


def test_a_store_without_content_says_what_to_run(store):
    assert store.fingerprint() is None
    with pytest.raises(StoreEmpty, match="nmt-guide content load"):
        store.load()


def test_a_store_without_tables_is_empty(store):
    store.migrate("base")

    assert store.fingerprint() is None
    with pytest.raises(StoreEmpty):
        store.load()


def test_migrating_goes_down_and_up_again(store, folder):
    store.save(folder.read(), "a")
    store.migrate("base")
    assert set(inspect(store.engine).get_table_names()) <= {"alembic_version"}

    store.migrate()
    store.migrate()  # a second time changes nothing
    store.save(folder.read(), "b")
    assert store.load() == folder.read()


def test_the_migrations_make_the_tables_that_the_code_describes(store):
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), DESCRIBED) == []


def test_the_migrations_make_the_check_constraints_that_the_code_describes(store):
    # Alembic compares tables, columns and keys, but no check constraints.
    found = inspect(store.engine)
    for table in (table for metadata in DESCRIBED for table in metadata.sorted_tables):
        constraints = {*table.constraints, *(c for column in table.c for c in column.constraints)}
        described = {str(c.name) for c in constraints if isinstance(c, CheckConstraint)}
        assert {c["name"] for c in found.get_check_constraints(table.name)} == described, table.name


def test_foreign_keys_are_enforced(store):
    with pytest.raises(IntegrityError), store.engine.begin() as connection:
        connection.execute(insert(t.answer_source).values(topic_id="nothing", source_id="nothing", position=0))


def test_a_failed_write_leaves_the_old_content_untouched(store, folder, monkeypatch):
    old = folder.read()
    store.save(old, "old")
    topic = old.topics[0]
    broken = changed(old, topics=(changed(topic, related=("nothing",)), *old.topics[1:]))

    with pytest.raises(StoreUnavailable):
        store.save(broken, "new")

    assert store.load() == old
    assert store.fingerprint() == "old"


def test_a_crash_while_writing_leaves_the_old_content_untouched(store, folder, monkeypatch):
    old = folder.read()
    store.save(old, "old")

    def crash(*args):
        raise MemoryError

    monkeypatch.setattr(store_module, "_red_flag_row", crash)
    with pytest.raises(MemoryError):
        store.save(renamed(old, "New Clinic"), "new")

    assert store.load() == old


def test_a_reader_sees_the_old_content_or_the_new_one_never_a_mixture(store, folder, monkeypatch):
    old = folder.read()
    new = renamed(old, "New Clinic")
    new = changed(new, topics=tuple(changed(topic, title="New title") for topic in new.topics))
    store.save(old, "old")
    reviewed = store_module._review_of
    saved: list[threading.Thread] = []

    def review_while_somebody_saves(row):
        # Is called between the queries of one load.
        if not saved:
            saved.append(threading.Thread(target=store.save, args=(new, "new")))
            saved[0].start()
            saved[0].join(0.5)  # SQLite lets the writer wait until the reader is done
        return reviewed(row)

    monkeypatch.setattr(store_module, "_review_of", review_while_somebody_saves)
    seen = store.load()
    saved[0].join()

    assert seen == old
    assert store.load() == new


def test_content_that_this_version_cannot_read_is_told_in_plain_words(store, folder):
    store.save(folder.read(), "a")
    with store.engine.begin() as connection:
        connection.execute(t.answer.update().values(evidence_grade="magic"))

    with pytest.raises(StoreUnavailable, match="content load --force"):
        store.load()


def test_what_a_clinic_writes_comes_back(store, folder):
    text = "prices: [{name: Übung, price: '60 €', minutes: null}]\ncountry: US\nlanguages: []\nopen: true\nphone: '☎'\n"
    folder.write("clinic.yml", text)
    content = folder.read()
    store.save(content, "a")

    assert store.load().clinic == content.clinic


def test_a_store_that_cannot_be_reached_says_so_without_the_password():
    store = Store("postgresql://nmt:secret@127.0.0.1:1/nmt")

    for action in (store.fingerprint, store.load, store.migrate):
        with pytest.raises(StoreUnavailable, match="cannot be used") as caught:
            action()
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["nonsense", "", "nosuchdb://host/name", "postgresql//nmt:s3cret@db/nmt", "postgresql://nmt:s3cret@db:54x2/nmt"],
)
def test_an_address_that_means_nothing_says_so_without_the_password(url):
    with pytest.raises(StoreUnavailable, match="address of the knowledge store") as caught:
        Store(url)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_the_parts_of_a_process_share_their_connections(tmp_path):
    settings = Settings({"NMT_VAR_DIR": str(tmp_path)})
    engine = shared_store(settings.database_url).engine

    assert handoff.outbox(settings)._engine is engine
    assert handoff.courier(settings)._outbox._engine is engine
    assert analytics.counts(settings)._engine is engine
    assert WebChat(settings, None, None, None)._entries._engine is engine


def test_a_file_that_is_no_database_says_so(tmp_path):
    path = tmp_path / "knowledge.db"
    path.write_text("this is not a database, it is a poem about one, and it is long enough to be read")
    store = Store(f"sqlite:///{path}")

    with pytest.raises(StoreUnavailable, match="not a database"):
        store.load()


def test_a_locked_database_says_so(tmp_path, folder):
    path = tmp_path / "knowledge.db"
    Store(f"sqlite:///{path}").migrate()
    store = Store(f"sqlite:///{path}?timeout=0.1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(StoreUnavailable, match="locked"):
        store.save(folder.read(), "a")
    other.close()


def test_who_keeps_a_message_waits_while_content_is_loaded(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'knowledge.db'}").engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == store_module.PATIENCE_SECONDS * 1000


def test_others_may_write_while_content_is_made_of_what_was_read(tmp_path, folder, monkeypatch):
    path = tmp_path / "knowledge.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.save(folder.read(), "a")
    made, written = store_module.Content, []

    def write_meanwhile(**fields):
        with closing(sqlite3.connect(path, timeout=0)) as other, other:
            written.append(other.execute("UPDATE release SET fingerprint = 'b'").rowcount)
        return made(**fields)

    monkeypatch.setattr(store_module, "Content", write_meanwhile)

    assert store.load() == folder.read()
    assert written == [1]


def test_every_class_of_the_content_has_a_row(store, real_content):
    store.save(real_content, "a")

    with store.engine.connect() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar()
            for table in t.metadata.sorted_tables
        }
    assert counts["topic"] == counts["answer"] == len(real_content.topics)
    # No topic uses 'includes' so far.
    assert [name for name, count in counts.items() if not count and name != "topic_includes"] == []
