"""The REST webhook as clients use and misuse it, on a running server."""

import uuid
from contextlib import suppress

import httpx
import pytest

from nmt_guide.settings import Settings

MOST = Settings({}).max_message_chars


def test_a_question_gets_text_buttons_and_metadata(server):
    response = server.post(json={"sender": "a client", "message": "How much does it cost?", "metadata": {"page": "/"}})

    first = response.json()[0]
    assert response.status_code == 200
    assert first["recipient_id"] == "a client"
    assert first["text"].strip()
    assert first["metadata"]["topic"] == "cost"
    assert first["metadata"]["kind"]
    assert all({"title", "payload"} <= set(button) for button in first["buttons"])


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param({"content": b"{bad"}, 400, id="malformed JSON"),
        pytest.param({"content": b'{"sender": "a", "message": "\xff\xfe"}'}, 400, id="not UTF-8"),
        pytest.param({"content": b""}, 400, id="nothing"),
        pytest.param({"json": ["sender", "message"]}, 400, id="a list"),
        pytest.param({"json": "Hello"}, 400, id="a text"),
        pytest.param({"json": None}, 400, id="null"),
        pytest.param({"json": {"message": "Hello"}}, 400, id="no sender"),
        pytest.param({"json": {"sender": "", "message": "Hello"}}, 400, id="empty sender"),
        pytest.param({"json": {"sender": " \t", "message": "Hello"}}, 400, id="blank sender"),
        pytest.param({"json": {"sender": None, "message": "Hello"}}, 400, id="null sender"),
        pytest.param({"json": {"sender": 7, "message": "Hello"}}, 400, id="sender is a number"),
        pytest.param({"json": {"sender": "s" * 256, "message": "Hello"}}, 400, id="sender too long"),
        pytest.param({"json": {"sender": "a\0b", "message": "Hello"}}, 400, id="NUL in sender"),
        pytest.param({"content": b'{"sender": "\\ud800", "message": "Hello"}'}, 400, id="half a surrogate pair in sender"),
        pytest.param({"json": {"sender": "a"}}, 400, id="no message"),
        pytest.param({"json": {"sender": "a", "message": None}}, 400, id="null message"),
        pytest.param({"json": {"sender": "a", "message": {"text": "Hello"}}}, 400, id="message is an object"),
        pytest.param({"json": {"sender": "a", "message": "x" * (MOST + 1)}}, 413, id="message too long"),
        pytest.param({"json": {"sender": "a", "message": "x" * 100_000}}, 413, id="100 kB"),
        pytest.param({"json": {"sender": "a", "message": "Hello", "metadata": "page"}}, 400, id="metadata is a text"),
        pytest.param({"json": {"sender": "a", "message": "Hello", "input_channel": 7}}, 400, id="channel is a number"),
    ],
)  # fmt: skip
def test_a_bad_request_is_told_what_is_wrong(server, request_, status):
    response = server.post(**request_)

    assert response.status_code == status
    assert set(response.json()) == {"error"}
    assert response.json()["error"].endswith(".")
    assert server.say("Hello"), "The server is still there."


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_told_so_in_json(server, method):
    response = httpx.request(method, f"{server.url}/webhooks/rest/webhook", timeout=60)

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert method in response.json()["error"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/webhooks/nothing/webhook", "/webhooks/rest/webhook/more", "/model/parse"]
)
def test_an_unknown_address_is_told_so_in_json(server, path):
    response = httpx.post(f"{server.url}{path}", json={}, timeout=60)

    assert response.status_code == 404
    assert path in response.json()["error"]


def test_a_message_as_long_as_allowed_gets_a_reply(server):
    text = "Does it help with my stiff neck? " * 200

    assert server.say(text[:MOST])[0]["text"].strip()


@pytest.mark.parametrize(
    "text",
    ["", "   \n\t ", "🙂", "👩‍⚕️👍🏽", "هل يساعد العلاج في آلام الظهر؟", "\u202eHow much?\u202c", "\0", "Hello\0there",
     "\x1b[31mHow much does it cost?\x07", "\x7f\x85\x9f", "/", "///", "\ufeff", "\u200b"],
    ids=ascii,
)  # fmt: skip
def test_strange_characters_get_a_reply(server, text):
    reply = server.say(text)

    assert reply
    assert all(message["text"].strip() for message in reply)
    assert not reply[0]["metadata"].get("outage")


def test_half_a_surrogate_pair_gets_a_reply(server):
    reply = server.post(content=b'{"sender": "half", "message": "How much does it cost? \\ud83d"}').json()

    assert reply[0]["metadata"]["topic"] == "cost"


def test_control_characters_do_not_hide_the_question(server):
    assert server.say("How much\0does it\x1bcost?")[0]["metadata"]["topic"] == "cost"


def test_the_health_address_says_that_the_server_runs(server):
    assert httpx.get(f"{server.url}/webhooks/rest/", timeout=60).json() == {"status": "ok"}


def test_two_clients_at_once_get_their_own_answers(server):
    from concurrent.futures import ThreadPoolExecutor

    texts = {"What is NMT?": "what_is_nmt", "How much does it cost?": "cost"}
    senders = [(uuid.uuid4().hex, text) for text in [*texts] * 4]
    with ThreadPoolExecutor(len(senders)) as pool:
        replies = list(pool.map(lambda one: server.say(one[1], sender=one[0]), senders))

    for (sender, text), reply in zip(senders, replies, strict=True):
        assert reply[0]["recipient_id"] == sender
        assert reply[0]["metadata"]["topic"] == texts[text]


def test_a_request_of_100_mb_is_refused_before_it_is_read(server):
    sent = 0

    def endless():
        nonlocal sent
        while sent < 100_000_000:
            sent += 65_536
            yield b"x" * 65_536

    with suppress(httpx.WriteError):  # the server closed the connection
        assert server.post(content=endless()).status_code == 413
    assert sent < 50_000_000
    assert server.say("Hello")


def test_a_repeated_request_is_no_second_question(server):
    from concurrent.futures import ThreadPoolExecutor

    request = {"sender": uuid.uuid4().hex, "message": "What is NMT?", "message_id": "1"}
    with ThreadPoolExecutor(5) as pool:
        replies = list(pool.map(lambda _: server.post(json=request).json(), range(5)))
    server.post(json={**request, "message": "How much does it cost?", "message_id": "2"})

    assert all(reply == replies[0] for reply in replies)
    assert server.post(json=request).json() == replies[0]
    assert server.post(json={**request, "message": "Does it hurt?"}).status_code == 409
    by_header = server.post(json={k: request[k] for k in ("sender", "message")}, headers={"Idempotency-Key": "1"})
    assert by_header.json() == replies[0]
