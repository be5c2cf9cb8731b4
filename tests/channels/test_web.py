"""The website chat on a running server: what a browser sees, and what somebody else's browser does not."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing

import jwt
import pytest
from browser import Browser, browsing
from processes import Place, Server, serving
from socketio.exceptions import ConnectionError as Refused

from nmt_guide.settings import Settings

MOST = Settings({}).max_message_chars
SITE = "https://clinic.example"


@pytest.fixture(scope="module")
def web(place: Place) -> Iterator[Server]:
    """A server without limits on how much is asked, for pages of its own address and of one site."""
    limits = {"NMT_WEB_MESSAGES_PER_MINUTE": "0", "NMT_WEB_REQUESTS_PER_MINUTE": "0"}
    with serving(place, NMT_WEB_ORIGINS=SITE, **limits) as server:
        yield server


@pytest.fixture
def tab(web: Server) -> Iterator[Browser]:
    """A tab of a client who is here for the first time."""
    with browsing(web.url) as browser:
        yield browser


def rows(place, query, *values, database="knowledge.db"):
    with closing(sqlite3.connect(place.folder / "var" / database)) as connection, connection:
        return connection.execute(query, values).fetchall()


def session_id(token):
    return jwt.decode(token, options={"verify_signature": False})["sub"]


def texts(entries):
    return [entry["text"] for entry in entries]


# --- what a client expects ---------------------------------------------------------------------------------------


def test_a_new_client_is_greeted_with_questions_to_press(tab):
    session = tab.session

    assert session["resumed"] is False
    assert session["history"] == []
    assert session["limits"] == {"max_chars": MOST}
    assert session["clinic"] == {
        "name": "Harbor Lane Neuromuscular Clinic (example)",
        "phone": "(512) 555-0142",
        "phone_href": "tel:5125550142",
        "emergency_number": "911",
    }
    assert {"title": "Prices", "payload": '/faq{"topic":"cost"}'} in session["suggestions"]
    assert session["retention_days"] == 365


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_question_is_acknowledged_with_its_replies(web, transport):
    with browsing(web.url, transport=transport) as tab:
        told = tab.say("How much does it cost?", "my-message-1")

        assert told["status"] == "ok"
        assert told["seq"] == 1
        (reply,) = told["replies"]
        assert reply["seq"] == 2
        assert reply["from"] == "assistant"
        assert reply["metadata"]["topic"] == "cost"
        assert reply["time"].endswith("Z")
        assert {"title", "payload"} <= set(reply["buttons"][0])
        assert tab.wait_for("entry", lambda entry: entry["seq"] == 2) == reply
        events = [(event, data) for event, data in tab.heard if event != "session"]
        assert events == [("typing", {"on": True}), ("typing", {"on": False}), ("entry", reply)]


def test_a_pressed_suggestion_is_answered_and_shown_by_its_title(tab):
    reply = tab.say("Prices", payload='/faq{"topic":"cost"}')["replies"][0]

    assert reply["metadata"]["topic"] == "cost"
    with browsing(tab._client.connection_url, token=tab.token) as again:
        assert texts(again.session["history"])[0] == "Prices"


def test_a_button_is_good_for_as_long_as_it_is_on_the_screen(tab):
    offered = tab.say("What is NMT?")["replies"][0]["buttons"][1]
    for _ in range(13):  # more replies than `guard.py` looks back
        tab.say("hello")

    reply = tab.say(offered["title"], payload=offered["payload"])["replies"][0]

    assert f'"{reply["metadata"]["topic"]}"' in offered["payload"]


@pytest.mark.parametrize("order", ["/restart", '/faq{"topic":"bot_identity"}', '/set{"topic": "x"}'])
def test_an_order_that_no_button_offered_is_read_as_text(web, tab, order):
    pressed = tab.say("How much does it cost?", payload=order)
    with browsing(web.url) as other:
        typed = other.say(order)

    assert typed["replies"][0]["text"] == web.say(order.lstrip("/"))[0]["text"]
    assert pressed["replies"][0]["metadata"]["topic"] == "cost"


def test_a_reload_brings_everything_back(web, tab):
    said = tab.say("Does it <script>alert(1)</script> hurt?")
    with browsing(web.url, token=tab.token) as again:
        session = again.session

    assert session["resumed"] is True
    assert session_id(session["token"]) == session_id(tab.token)
    assert session["history"][0] | {"time": ""} == {
        "seq": 1,
        "from": "client",
        "time": "",
        "text": "Does it <script>alert(1)</script> hurt?",
        "id": session["history"][0]["id"],
    }
    assert session["history"][1:] == said["replies"]


def test_after_a_break_only_what_is_new_comes(web, tab):
    seen = tab.say("What is NMT?")["replies"][-1]["seq"]
    missed = tab.say("How much does it cost?")

    with browsing(web.url, token=tab.token, since=seen) as back:
        assert [entry["seq"] for entry in back.session["history"]] == [seen + 1, *(r["seq"] for r in missed["replies"])]


def test_a_reply_that_was_missed_is_there_on_return(web, tab, place):
    message = uuid.uuid4().hex
    token = tab.token
    tab.send("How much does it cost?", message)
    tab.wait_for("typing", lambda data: data["on"])
    tab.close()
    with browsing(web.url, token=token) as back:
        told = back.say("How much does it cost?", message)

        assert told["replies"][0]["metadata"]["topic"] == "cost"
    with browsing(web.url, token=token) as again:
        assert [entry["from"] for entry in again.session["history"]] == ["client", "assistant"]


def test_the_same_message_twice_is_one_question(web, tab, place):
    message = uuid.uuid4().hex
    first = tab.say("What is NMT?", message)
    second = tab.say("What is NMT?", message)

    assert first == second
    assert events(place, tab, "user") == 1


def test_the_same_message_from_many_tabs_at_once_is_one_question(web, tab, place):
    message = uuid.uuid4().hex
    told = []

    def ask():
        with browsing(web.url, token=tab.token) as other:
            told.append(other.say("What is NMT?", message))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(told) == 5
    assert all(one == told[0] for one in told)
    assert events(place, tab, "user") == 1


def test_a_turn_that_only_rasa_kept_is_not_asked_again(tab, place):
    """What a crash leaves between Rasa's keeping of a turn and ours."""
    message = uuid.uuid4().hex
    first = tab.say("What is NMT?", message)
    session = session_id(tab.token)
    rows(place, "DELETE FROM web_entry WHERE session = ? AND seq > 1", session)
    rows(place, "UPDATE web_entry SET answered = 0 WHERE session = ?", session)

    again = tab.say("What is NMT?", message)

    assert texts(again["replies"]) == texts(first["replies"])
    assert [reply["metadata"] for reply in again["replies"]] == [reply["metadata"] for reply in first["replies"]]
    assert events(place, tab, "user") == 1


def test_two_tabs_show_the_same(web, tab):
    with browsing(web.url, token=tab.token) as other:
        told = tab.say("What is NMT?")
        other.wait_for("entry", lambda entry: entry["seq"] == told["replies"][-1]["seq"])

        assert [entry["seq"] for entry in other.entries()] == [1, *(reply["seq"] for reply in told["replies"])]
        assert texts(other.entries())[0] == "What is NMT?"
        assert texts(tab.entries()) == texts(told["replies"])


def test_messages_at_once_are_answered_one_by_one(tab):
    ids = [uuid.uuid4().hex for _ in range(4)]
    for message in ids:
        tab.send("hello", message)
    told = [tab.say("hello", message) for message in ids]

    numbers = sorted(seq for one in told for seq in (one["seq"], *(reply["seq"] for reply in one["replies"])))
    assert numbers == [*range(1, len(numbers) + 1)]


def test_thumbs_are_kept_with_the_topic_and_shown_again(web, tab, place):
    seq = tab.say("How much does it cost?")["replies"][0]["seq"]

    assert tab.call("feedback", {"seq": seq, "rating": "up", "comment": "  Clear, thank you \U0001f642 "}) == {
        "status": "ok"
    }
    query = "SELECT rating, topic, comment FROM web_feedback WHERE session = ?"
    assert rows(place, query, session_id(tab.token)) == [("up", "cost", "Clear, thank you \U0001f642")]
    with browsing(web.url, token=tab.token) as again:
        assert again.session["history"][1]["feedback"] == "up"

    tab.call("feedback", {"seq": seq, "rating": "down"})
    assert rows(place, query, session_id(tab.token)) == [("down", "cost", None)]
    tab.call("feedback", {"seq": seq, "rating": None})
    assert rows(place, query, session_id(tab.token)) == []


@pytest.mark.parametrize(
    "given",
    [{"seq": 1, "rating": "up"}, {"seq": 99, "rating": "up"}, {"seq": "2", "rating": "up"}, {"seq": 2, "rating": "5"},
     {"seq": True, "rating": "up"}, {"seq": 2, "rating": "up", "comment": 7}, {}, "up", None],
    ids=str,
)  # fmt: skip
def test_feedback_on_nothing_is_refused(tab, given):
    tab.say("hello")

    assert tab.call("feedback", given)["code"] == "bad_request"


def test_an_endless_comment_is_refused(tab):
    tab.say("hello")

    assert tab.call("feedback", {"seq": 2, "rating": "up", "comment": "x" * 1001})["code"] == "too_long"


# --- deletion ----------------------------------------------------------------------------------------------------


def test_deleting_leaves_no_word_behind(web, tab, place):
    old = tab.token
    seq = tab.say("My quokka-sized knee hurts, what does it cost?")["replies"][0]["seq"]
    tab.call("feedback", {"seq": seq, "rating": "down", "comment": "quokka"})
    with browsing(web.url, token=old) as other:
        assert tab.call("delete", {}) == {"status": "ok"}
        fresh = tab.wait_for("session", lambda data: session_id(data["token"]) != session_id(old))
        assert other.wait_for("session", lambda data: data["token"] == fresh["token"])["history"] == []

    for table in ("web_entry", "web_feedback"):
        assert rows(place, f"SELECT * FROM {table} WHERE session = ?", session_id(old)) == []
    events = "SELECT * FROM events WHERE sender_id = ?"
    assert rows(place, events, session_id(old), database="conversations.db") == []
    assert b"quokka" not in (place.folder / "var" / "knowledge.db").read_bytes()
    assert b"quokka" not in (place.folder / "var" / "conversations.db").read_bytes()
    assert "quokka" not in web.errors()
    assert tab.say("hello")["seq"] == 1


def test_what_was_deleted_does_not_come_back(web, tab):
    old = tab.token
    tab.say("hello")
    tab.call("delete", {})

    with browsing(web.url, token=old) as back:
        assert back.session["resumed"] is False
        assert session_id(back.token) != session_id(old)


def test_deleting_while_an_answer_is_made_deletes_that_too(web, tab, place):
    old = session_id(tab.token)
    tab.send("How much does it cost?", uuid.uuid4().hex)
    tab.wait_for("typing")
    tab.call("delete", {})

    assert rows(place, "SELECT * FROM web_entry WHERE session = ?", old) == []
    assert rows(place, "SELECT * FROM events WHERE sender_id = ?", old, database="conversations.db") == []


# --- what is refused ---------------------------------------------------------------------------------------------


def test_a_client_who_knows_a_session_id_gets_nothing_of_it(web, tab):
    tab.say("hello")
    victim = session_id(tab.token)
    claims = jwt.decode(tab.token, options={"verify_signature": False})
    head, body, signature = tab.token.split(".")
    forged = [
        victim,
        jwt.encode(claims, "x" * 64, algorithm="HS256"),
        jwt.encode(claims, None, algorithm="none"),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        {"sub": victim},
        7,
    ]
    for token in forged:
        with browsing(web.url, token=token) as thief:
            assert thief.session["resumed"] is False
            assert thief.session["history"] == []
            tab.say("hello")
            assert thief.entries() == []
            assert session_id(thief.token) != victim


def test_replies_reach_nobody_else(web, tab):
    with browsing(web.url) as stranger:
        tab.say("hello")
        stranger.say("How much does it cost?")

        assert [entry["metadata"]["topic"] for entry in stranger.entries()] == ["cost"]
        assert len(tab.entries()) == 1


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://clinic.example.evil.example"])
def test_a_page_of_another_site_is_refused(web, origin, transport):
    with pytest.raises(Refused):
        Browser(web.url, origin=origin, transport=transport)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_pages_of_the_listed_site_and_our_own_may_use_it(web, transport):
    for origin in (SITE, web.url):
        with browsing(web.url, origin=origin, transport=transport) as tab:
            assert tab.say("hello")["status"] == "ok"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"id": "a" * 8, "text": ""}, "empty"),
        ({"id": "a" * 8, "text": " \n\t\0 "}, "empty"),
        ({"id": "a" * 8, "text": "x" * (MOST + 1)}, "too_long"),
        ({"id": "a" * 8, "text": "x", "payload": "/" + "x" * MOST}, "too_long"),
        ({"id": "short", "text": "hello"}, "bad_request"),
        ({"id": "a" * 65, "text": "hello"}, "bad_request"),
        ({"id": "a b c d e", "text": "hello"}, "bad_request"),
        ({"id": 12345678, "text": "hello"}, "bad_request"),
        ({"text": "hello"}, "bad_request"),
        ({"id": "a" * 8}, "bad_request"),
        ({"id": "a" * 8, "text": ["hello"]}, "bad_request"),
        ({"id": "a" * 8, "text": "hello", "payload": {}}, "bad_request"),
        ("hello", "bad_request"),
        (None, "bad_request"),
        ([], "bad_request"),
    ],
)
def test_a_bad_message_is_told_in_words_and_not_kept(tab, place, data, code):
    told = tab.call("message", data)

    assert told["status"] == "error"
    assert told["code"] == code
    assert told["message"].endswith(".")
    assert rows(place, "SELECT * FROM web_entry WHERE session = ?", session_id(tab.token)) == []


@pytest.mark.parametrize("text", ["🙂", "\u202eHow much?\u202c", "هل يؤلم؟", "Hello\0there", "x" * MOST], ids=ascii)
def test_strange_text_is_answered(tab, text):
    assert tab.say(text)["status"] == "ok"


def test_a_browser_that_knows_more_than_we_do_begins_anew(web, tab):
    """Entries were purged, or an old backup came back: numbers that the browser has would be given again."""
    tab.say("hello")
    with browsing(web.url, token=tab.token, since=1000) as ahead:
        assert ahead.session["resumed"] is False
        assert session_id(ahead.token) != session_id(tab.token)


def events(place, tab, kind):
    """How many events of a kind Rasa keeps of a tab's conversation."""
    query = "SELECT COUNT(*) FROM events WHERE sender_id = ? AND type_name = ?"
    return rows(place, query, session_id(tab.token), kind, database="conversations.db")[0][0]
