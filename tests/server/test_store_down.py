"""A running assistant whose knowledge database comes, goes and changes. The tests tell one story, in this order."""

import re
import time

import pytest
from processes import Place, command, make_place, serving

QUESTION = "How much does it cost?"
STAYS = "The last good content stays in use"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Place:
    return make_place(tmp_path_factory.mktemp("store") / "place")


@pytest.fixture(scope="module")
def content(place):
    return place.copy_content()


@pytest.fixture(scope="module")
def restless(place, content):
    """A server that looks for new content all the time."""
    with serving(place, NMT_CONTENT_DIR=str(content), NMT_CONTENT_REFRESH_SECONDS="0.2") as server:
        yield server


def load(place, content):
    result = command(place, "content", "load", NMT_CONTENT_DIR=str(content))
    assert result.returncode == 0, result.stderr


def wait_for(server, text):
    """Ask until an answer holds a text: new content takes a few seconds to arrive, on a busy machine more."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if text in server.say(QUESTION)[0]["text"]:
            return
        time.sleep(0.3)
    raise AssertionError(f"{text!r} did not arrive: {server.say(QUESTION)}")


def test_a_store_lost_before_the_first_message_is_told_with_the_phone_number(restless, place):
    place.knowledge.unlink()
    reply = restless.say(QUESTION)

    assert reply[0]["metadata"] == {"kind": "handoff", "outage": True}
    assert "555" in reply[0]["text"]
    assert "No reply could be made" in restless.errors()


def test_the_store_is_used_as_soon_as_it_is_back(restless, place, content):
    load(place, content)

    assert restless.say(QUESTION)[0]["metadata"]["topic"] == "cost"


def test_new_content_arrives_without_a_restart(restless, place, content):
    (file,) = (content / "topics").rglob("cost.yml")
    text, changes = re.subn(r"(?m)^(short: *(?:[|>][+-]?\n +)?)", r"\g<1>Newly written. ", file.read_text(), count=1)
    assert changes == 1
    file.write_text(text)
    load(place, content)

    wait_for(restless, "Newly written.")


def test_content_with_a_mistake_changes_nothing(restless, place, content):
    (file,) = (content / "topics").rglob("cost.yml")
    good = file.read_text()
    file.write_text(good + "\nnonsense: true\n")
    result = command(place, "content", "load", NMT_CONTENT_DIR=str(content))
    file.write_text(good)

    assert result.returncode == 1
    assert "cost.yml" in result.stderr
    assert "Newly written." in restless.say(QUESTION)[0]["text"]


@pytest.mark.parametrize("damage", ["removed", "a folder", "no database"])
def test_the_last_good_content_answers_while_the_store_is(restless, place, damage):
    """Unreadable by permissions would not hold for root, who runs these tests in a container."""
    knowledge = place.knowledge
    kept = knowledge.read_bytes()
    knowledge.unlink()
    if damage == "a folder":
        knowledge.mkdir()
    elif damage == "no database":
        knowledge.write_bytes(b"This is no database. " * 500)
    try:
        before = restless.errors().count(STAYS)
        end = time.monotonic() + 60
        while restless.errors().count(STAYS) == before:  # it looks beside the answers
            assert time.monotonic() < end
            assert "Newly written." in restless.say(QUESTION)[0]["text"]
            time.sleep(0.1)
        assert "Newly written." in restless.say(QUESTION)[0]["text"]
    finally:
        knowledge.rmdir() if knowledge.is_dir() else knowledge.unlink(missing_ok=True)
        knowledge.write_bytes(kept)


def test_content_arrives_again_after_the_store_was_down(restless, place, content):
    (file,) = (content / "topics").rglob("cost.yml")
    file.write_text(file.read_text().replace("Newly written.", "Written once more."))
    load(place, content)

    wait_for(restless, "Written once more.")
