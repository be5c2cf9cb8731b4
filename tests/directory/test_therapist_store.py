"""What is kept comes back; a failure leaves the old list; the sample gives way to a clinic's own list, never the other way."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from nmt_guide.directory import sample, store
from nmt_guide.directory.imports import read_csv
from nmt_guide.errors import DirectoryError, StoreUnavailable
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import ROOT


def test_therapists_come_back_as_they_were_stored(knowledge, person):
    bare = replace(person, id="bare", phone=None, email=None, website=None, gender=None, specialities=(), days=())
    store.replace(knowledge.engine, [person, bare])

    assert store.load(knowledge.engine) == (person, bare)


def test_an_update_changes_and_adds_and_leaves_the_others(knowledge, person):
    other = replace(person, id="bob", name="Bob")
    store.replace(knowledge.engine, [person, other])
    store.update(knowledge.engine, [replace(person, name="Ann New"), replace(person, id="zoe")])

    assert [(p.id, p.name) for p in store.load(knowledge.engine)] == [
        ("ann", "Ann New"),
        ("bob", "Bob"),
        ("zoe", "Ann Example"),
    ]


def test_a_replacement_removes_the_others(knowledge, person):
    store.replace(knowledge.engine, [person, replace(person, id="bob")])
    store.replace(knowledge.engine, [])

    assert store.load(knowledge.engine) == ()
    assert store.state(knowledge.engine) is not None


def test_a_failed_write_leaves_the_old_list_untouched(knowledge, person):
    store.replace(knowledge.engine, [person])
    before = store.state(knowledge.engine)

    with pytest.raises(StoreUnavailable, match="therapist directory"):
        store.replace(knowledge.engine, [person, person])

    assert store.load(knowledge.engine) == (person,)
    assert store.state(knowledge.engine) == before


def test_the_version_changes_with_every_change(knowledge, person):
    versions = {store.state(knowledge.engine)}
    for change in (store.replace, store.update, store.update):
        change(knowledge.engine, [person])
        versions.add(store.state(knowledge.engine))

    assert len(versions) == 4


def test_loading_content_leaves_the_directory_alone(knowledge, person, content):
    store.replace(knowledge.engine, [person])
    knowledge.save(content, "again")

    assert store.load(knowledge.engine) == (person,)


def test_a_database_without_tables_or_out_of_reach_says_so(tmp_path):
    for url in (f"sqlite:///{tmp_path / 'empty.db'}", "postgresql://nmt:secret@127.0.0.1:1/nmt"):
        engine = Store(url).engine
        with pytest.raises(StoreUnavailable, match="cannot be used") as caught:
            store.load(engine)
        assert "secret" not in str(caught.value)


@pytest.fixture
def folder(tmp_path):
    """A content folder with the shipped sample."""
    shutil.copy(ROOT / "knowledge" / "therapists.csv", tmp_path / "therapists.csv")
    return tmp_path


def test_the_sample_fills_an_empty_directory_once(knowledge, folder, places):
    assert sample.wanted(knowledge, folder)
    sample.load(knowledge, folder, places)

    assert 25 <= len(store.load(knowledge.engine)) <= 40
    assert not sample.wanted(knowledge, folder)


def test_the_sample_is_clearly_fictional(knowledge, folder, places):
    sample.load(knowledge, folder, places)

    for person in store.load(knowledge.engine):
        assert person.id.startswith("example-")
        assert re.search("Ex[ae]mple", person.address)
        assert all("example.com" in (value or "example.com") for value in (person.email, person.website))
        if person.country in ("US", "CA"):
            assert "555-01" in (person.phone or "")


def test_a_changed_sample_is_loaded_again(knowledge, folder, places):
    sample.load(knowledge, folder, places)
    file = folder / "therapists.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Ben Carver", "Ben Changed"), encoding="utf-8")

    assert sample.wanted(knowledge, folder)
    sample.load(knowledge, folder, places)
    assert "Ben Changed" in {person.name for person in store.load(knowledge.engine)}


@pytest.mark.parametrize("own", [True, False])
def test_the_sample_never_replaces_a_clinics_own_list(knowledge, folder, places, person, own):
    sample.load(knowledge, folder, places)
    store.replace(knowledge.engine, [person] if own else [])
    (folder / "therapists.csv").write_text("changed")

    assert not sample.wanted(knowledge, folder)


def test_assistants_that_start_at_once_load_the_sample_once(knowledge, folder, places):
    therapists = read_csv(folder / "therapists.csv", knowledge.load(), places)
    with ThreadPoolExecutor(4) as pool:
        for started in [pool.submit(sample.load, Store(knowledge.url), folder, places) for _ in range(4)]:
            started.result()

    assert list(store.load(knowledge.engine)) == therapists


def test_no_sample_is_no_mistake(knowledge, tmp_path):
    assert not sample.wanted(knowledge, tmp_path / "nothing")


def test_a_broken_sample_loads_nothing(knowledge, folder, places):
    (folder / "therapists.csv").write_text("id,name\n")

    with pytest.raises(DirectoryError, match=r"therapists\.csv"):
        sample.load(knowledge, folder, places)
    assert store.state(knowledge.engine) is None
