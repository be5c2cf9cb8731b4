"""Who may call the REST webhook, how often, and how many at once."""

from __future__ import annotations

import time
from types import SimpleNamespace

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sanic.compat import Header
from sanic.exceptions import InvalidUsage

from nmt_guide.channels import rest_request
from nmt_guide.channels.rest_request import Reception, Refused, client_address
from nmt_guide.errors import SetupError
from nmt_guide.server.load import Gate
from nmt_guide.settings import Settings

KEY = "a key of at least thirty-two characters"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
).decode()  # fmt: skip
SECURED = {"NMT_REST_TOKEN": "the token"}


class Request(SimpleNamespace):
    """As much of a request as a reception looks at."""

    @property
    def json(self):
        if self.content is None:
            raise InvalidUsage("no JSON")
        return self.content


def request(ip="203.0.113.5", headers=(), **content):
    content = {"sender": "anna", "message": "Hello", **content}
    return Request(ip=ip, headers=Header(dict(headers)), body=b"{}", content=content)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def status(reception, asked):
    try:
        reception.read(asked)
    except Refused as error:
        return error.status, error.headers
    return 200, {}


def signed(key=KEY, algorithm="HS256", seconds=60, **claims):
    return jwt.encode({"exp": time.time() + seconds, **claims}, key, algorithm)


def test_without_a_token_set_everybody_may_call():
    assert status(Reception(Settings({})), request())[0] == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "the token"}, {"Authorization": "Bearer"}, {"Authorization": "Basic dGhlIHRva2Vu"},
     bearer("wrong"), bearer("the token more"), {"Authorization": "Bearer \u00e9"}],
)  # fmt: skip
def test_without_the_token_the_caller_is_asked_for_it(headers):
    assert status(Reception(Settings(SECURED)), request(headers=headers)) == (401, {"WWW-Authenticate": "Bearer"})


def test_with_the_token_the_caller_is_let_in():
    assert status(Reception(Settings(SECURED)), request(headers=bearer("the token")))[0] == 200
    assert status(Reception(Settings(SECURED)), request(headers={"Authorization": "bearer the token"}))[0] == 200


def test_a_token_may_stand_in_a_file_and_a_missing_file_stops_the_start(tmp_path):
    file = tmp_path / "token"
    with pytest.raises(SetupError, match="NMT_REST_TOKEN_FILE"):
        Reception(Settings({"NMT_REST_TOKEN_FILE": str(file)}))
    file.write_text("from a file\n")

    assert (
        status(Reception(Settings({"NMT_REST_TOKEN_FILE": str(file)})), request(headers=bearer("from a file")))[0]
        == 200
    )


def test_a_signed_token_is_let_in_and_speaks_for_its_subject_alone():
    reception = Reception(Settings({"NMT_REST_JWT_KEY": KEY}))

    assert status(reception, request(headers=bearer(signed())))[0] == 200
    assert status(reception, request(headers=bearer(signed(sub="anna"))))[0] == 200
    assert status(reception, request(headers=bearer(signed(sub="bo"))))[0] == 403


def test_a_token_signed_with_a_private_key_is_let_in():
    reception = Reception(Settings({"NMT_REST_JWT_KEY": PUBLIC}))

    assert status(reception, request(headers=bearer(signed(RSA, "RS256"))))[0] == 200


def _unsigned():
    return jwt.encode({"exp": time.time() + 60}, None, "none")


def _signed_with_the_public_key():
    # What a caller would try who knows the public key alone. PyJWT does not sign so; an attacker's library does.
    import base64
    import hashlib
    import hmac

    head, claims, _ = signed().split(".")
    mac = hmac.new(PUBLIC.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    return f"{head}.{claims}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize("key", [KEY, PUBLIC], ids=["HS256", "RS256"])
@pytest.mark.parametrize(
    "token",
    [_unsigned(), _signed_with_the_public_key(), signed("another key of thirty-two characters"), "x.y.z", "x",
     signed(rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256"), signed(seconds=-60),
     signed(RSA, "RS256", seconds=-60), jwt.encode({"sub": "anna"}, KEY), jwt.encode({"sub": "anna"}, RSA, "RS256"),
     signed(nbf=time.time() + 600)],
    ids=["unsigned", "public key as secret", "wrong key", "no token", "no dots", "wrong private key", "expired",
         "expired RS256", "for ever", "for ever RS256", "not yet"],
)  # fmt: skip
def test_forged_and_expired_tokens_are_refused(key, token):
    assert status(Reception(Settings({"NMT_REST_JWT_KEY": key})), request(headers=bearer(token)))[0] == 401


def test_a_short_key_stops_the_start():
    with pytest.raises(SetupError, match="NMT_REST_JWT_KEY"):
        Reception(Settings({"NMT_REST_JWT_KEY": "short"}))


def test_a_sender_who_asks_too_often_is_told_when_to_come_back():
    reception = Reception(Settings({"NMT_REST_SENDER_PER_MINUTE": "3"}))
    statuses = [status(reception, request()) for _ in range(5)]

    assert [code for code, _ in statuses] == [200, 200, 200, 429, 429]
    assert statuses[-1][1]["Retry-After"] == "20"
    assert status(reception, request(sender="bo"))[0] == 200


def test_an_address_that_asks_too_often_is_told_so_whatever_sender_it_names():
    reception = Reception(Settings({"NMT_REST_ADDRESS_PER_MINUTE": "3"}))
    statuses = [status(reception, request(sender=f"{n}"))[0] for n in range(5)]

    assert statuses == [200, 200, 200, 429, 429]
    assert status(reception, request(ip="203.0.113.6"))[0] == 200


def test_calls_of_this_machine_are_not_limited_unless_a_web_server_passed_them_on():
    reception = Reception(Settings({"NMT_REST_SENDER_PER_MINUTE": "1"}))
    passed_on = {"X-Forwarded-For": "203.0.113.9"}

    assert [status(reception, request(ip="127.0.0.1"))[0] for _ in range(3)] == [200] * 3
    assert [status(reception, request(ip="::1", headers=passed_on))[0] for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [(0, "198.51.100.1", "203.0.113.5"), (1, "198.51.100.1", "198.51.100.1"),
     (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"), (2, "6.6.6.6, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
     (2, "198.51.100.1", "203.0.113.5"), (1, None, "203.0.113.5")],
)  # fmt: skip
def test_only_what_our_own_web_servers_say_of_an_address_is_believed(proxies, header, address):
    headers = {"X-Forwarded-For": header} if header else {}

    assert client_address(request(headers=headers), proxies) == address


def test_a_full_house_is_told_to_come_back(monkeypatch):
    full = Gate(most=1)
    monkeypatch.setattr(rest_request, "gate", lambda: full)
    reception = Reception(Settings({}))
    with full.message(), pytest.raises(Refused) as error:
        reception.check_room()
    reception.check_room()

    assert (error.value.status, error.value.headers) == (503, {"Retry-After": "2"})


@pytest.mark.parametrize("sender", ["telegram:5", "slack:D1", "web:x", "callback:x"])
def test_nobody_speaks_for_another_channel(sender):
    assert status(Reception(Settings({})), request(sender=sender))[0] == 400


@pytest.mark.parametrize(
    ("in_body", "in_header", "expected"),
    [("a", None, "a"), (None, "a", "a"), ("a", "a", "a"), ("a", "b", "a"), ("", None, 400), (7, None, 400),
     ("x" * 129, None, 400), ("a\0", None, 400), ("\ud800", None, 400), (None, None, None)],
)  # fmt: skip
def test_a_message_id_is_a_short_name(in_body, in_header, expected):
    headers = {"Idempotency-Key": in_header} if in_header else {}
    asked = request(message_id=in_body, headers=headers)
    if expected == 400:
        assert status(Reception(Settings({})), asked)[0] == 400
    else:
        assert Reception(Settings({})).read(asked).message_id == expected
