"""The website chat where websockets are blocked, its files, and its limits, on a running server."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import httpx
import pytest
from browser import Browser, browsing
from processes import Place, Server, serving
from socketio.exceptions import ConnectionError as Refused

from nmt_guide.server import widget
from nmt_guide.settings import Settings

MOST = Settings({}).max_message_chars
SITE = "https://clinic.example"
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def web(place: Place) -> Iterator[Server]:
    """A server that takes 3 messages of a chat and 12 requests of an address a minute, behind one web server."""
    limits = {"NMT_WEB_MESSAGES_PER_MINUTE": "3", "NMT_WEB_REQUESTS_PER_MINUTE": "12"}
    with serving(place, NMT_WEB_ORIGINS=SITE, NMT_PROXIES="1", **limits) as server:
        yield server


@pytest.fixture
def address():
    """An address of its own for every test."""
    return f"10.{uuid.uuid4().int % 256}.{uuid.uuid4().int % 256}.{uuid.uuid4().int % 256}"


@pytest.fixture
def post(web, address):
    def send(what, body, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body)
        headers = {"X-Forwarded-For": address, "Content-Type": "application/json", **headers}
        return httpx.post(f"{web.url}/webhooks/web/{what}", content=content, headers=headers, timeout=60)

    return send


def message(token, text, **fields):
    return {"token": token, "id": uuid.uuid4().hex, "text": text, **fields}


# --- the same without socket.io ----------------------------------------------------------------------------------


def test_a_conversation_by_http_is_the_one_by_socket(web, post, address):
    session = post("session", {}).json()
    asked = message(session["token"], "Prices", payload='/faq{"topic":"cost"}')
    told = post("message", asked)

    assert told.status_code == 200
    assert told.headers["Cache-Control"] == "no-store"
    assert told.json()["replies"][0]["metadata"]["topic"] == "cost"
    assert post("message", asked).json() == told.json()
    assert post("feedback", {"token": session["token"], "seq": 2, "rating": "up"}).json() == {"status": "ok"}
    with browsing(web.url, token=session["token"], forwarded=address) as tab:
        by_http = post("session", {"token": session["token"]}).json()
        assert {**tab.session, "token": ""} == {**by_http, "token": ""}
        assert by_http["history"][0]["text"] == "Prices"
        assert by_http["history"][1]["feedback"] == "up"
        since = post("session", {"token": session["token"], "since": 1}).json()["history"]
        assert [entry["seq"] for entry in since] == [2]


def test_a_message_by_http_shows_in_a_tab_with_a_socket(web, post, address):
    with browsing(web.url, forwarded=address) as tab:
        told = post("message", message(tab.token, "hello")).json()
        tab.wait_for("entry", lambda entry: entry["seq"] == told["replies"][-1]["seq"])

        assert tab.entries()[0]["text"] == "hello"


def test_deleting_by_http_ends_the_session(post):
    token = post("session", {}).json()["token"]
    post("message", message(token, "hello"))

    assert post("delete", {"token": token}).json() == {"status": "ok"}
    gone = post("message", message(token, "hello"))
    assert (gone.status_code, gone.json()["code"]) == (401, "expired")
    assert post("session", {"token": token}).json()["resumed"] is False


@pytest.mark.parametrize("what", ["message", "feedback", "delete"])
@pytest.mark.parametrize("token", ["", "a.b.c", None, 7])
def test_without_a_good_token_nothing_is_done(post, what, token):
    refused = post(what, message(token, "hello", seq=1, rating="up"))

    assert (refused.status_code, refused.json()["code"]) == (401, "expired")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{bad", 400, "bad_request"),
        (b"", 400, "bad_request"),
        (b"[]", 400, "bad_request"),
        (b'"\xff"', 400, "bad_request"),
        (b"{" + b" " * 100_000 + b"}", 413, "too_long"),
        ({"text": "x" * (MOST + 1)}, 413, "too_long"),
        ({"text": "  "}, 400, "empty"),
        ({"text": None}, 400, "bad_request"),
    ],
    ids=ascii,
)
def test_a_bad_request_is_told_what_is_wrong(post, body, status, code):
    if isinstance(body, dict):
        body = message(post("session", {}).json()["token"], **body)
    refused = post("message", body)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.json()["message"].endswith(".")


# --- other sites -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["session", "message", "feedback", "delete"])
def test_a_page_of_another_site_is_refused(post, what):
    refused = post(what, {}, Origin=EVIL)

    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_page_of_the_listed_site_may_read_the_answer(post):
    allowed = post("session", {}, Origin=SITE)

    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == SITE
    assert "Origin" in allowed.headers["Vary"]


@pytest.mark.parametrize(("origin", "allowed"), [(SITE, SITE), (EVIL, None)])
def test_a_browser_that_asks_beforehand_is_told(web, origin, allowed):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    told = httpx.options(f"{web.url}/webhooks/web/message", headers=asked, timeout=60)

    assert told.headers.get("Access-Control-Allow-Origin") == allowed
    assert told.headers.get("Access-Control-Allow-Headers") == ("Content-Type" if allowed else None)


# --- how much, how fast ------------------------------------------------------------------------------------------


def test_a_client_who_writes_too_fast_is_asked_to_wait(web, post, address):
    with browsing(web.url, forwarded=address) as tab:
        told = [tab.say("hello") for _ in range(4)]
        by_http = post("message", message(tab.token, "hello"))

    assert [one["status"] for one in told] == ["ok", "ok", "ok", "error"]
    assert told[3]["code"] == "too_fast"
    assert 0 < told[3]["retry_after"] <= 20
    assert by_http.status_code == 429
    assert int(by_http.headers["Retry-After"]) >= by_http.json()["retry_after"]


def test_an_address_that_asks_too_much_is_refused_and_others_are_not(web, post, address):
    told = [post("message", b"").status_code for _ in range(30)]
    assert told[:12] == [400] * 12
    assert 429 in told

    # Only the last address was added by the web server in front. What stands before it, anybody can write.
    assert post("session", {}, **{"X-Forwarded-For": f"1.2.3.4, {address}"}).status_code == 429
    assert post("session", {}, **{"X-Forwarded-For": f"{address}, 1.2.3.4"}).status_code == 200
    with pytest.raises(Refused):
        Browser(web.url, forwarded=address)


# --- files -------------------------------------------------------------------------------------------------------


def test_the_script_is_served_or_said_to_be_missing(web):
    told = httpx.get(f"{web.url}/webhooks/web/nmt-chat.js", timeout=60)

    assert told.status_code in (200, 503)
    assert told.headers["Content-Type"].startswith("text/javascript" if told.status_code == 200 else "text/plain")
    assert "Origin" in told.headers["Vary"]


def test_the_script_goes_over_the_wire_compressed(web):
    if not widget.is_built():
        pytest.skip("the chat's script is not built")
    told = httpx.get(f"{web.url}/webhooks/web/nmt-chat.js", headers={"Origin": SITE}, timeout=60)

    assert told.headers["Content-Encoding"] == "gzip"
    assert told.num_bytes_downloaded <= 30_000
    assert told.headers["Vary"] == "Origin, Accept-Encoding"


def test_the_health_address_says_that_the_server_runs(web):
    assert httpx.get(f"{web.url}/webhooks/web/", timeout=60).json() == {"status": "ok"}
    assert httpx.get(f"{web.url}/", timeout=60).status_code == 200
    assert "The demo page with the chat: http://127.0.0.1" in web.errors()


@pytest.mark.parametrize("path", ["/package.json", "/../pyproject.toml", "/%2e%2e/pyproject.toml", "/src/index.ts"])
def test_no_other_file_is_served(web, path):
    assert httpx.get(f"{web.url}{path}", timeout=60).status_code == 404
