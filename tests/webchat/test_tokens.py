"""A token opens its session and no other, and the secret stays a secret."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import jwt
import pytest

from nmt_guide.errors import SetupError
from nmt_guide.settings import Settings
from nmt_guide.webchat.tokens import Tokens, new_session, read_secret

SECRET = "s" * 64
DAY = timedelta(days=1)


@pytest.fixture
def tokens():
    return Tokens(SECRET, DAY)


def test_a_token_opens_its_session(tokens):
    session = new_session()

    assert tokens.session(tokens.sign(session)) == session


def test_sessions_are_not_to_be_guessed():
    assert len({new_session() for _ in range(1000)}) == 1000
    assert len(bytes.fromhex(new_session())) * 8 == 256


def test_an_old_token_opens_nothing():
    assert Tokens(SECRET, DAY).session(Tokens(SECRET, -DAY).sign(new_session())) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": None},
        {"aud": "another service"},
        {"exp": None},
        {"sub": "../../etc"},
        {"sub": "A" * 64},
        {"sub": 7},
    ],
    ids=str,
)
def test_a_token_of_another_shape_opens_nothing(tokens, claims):
    """Signed with our secret, which another program of the installation may use as well."""
    whole = jwt.decode(tokens.sign(new_session()), options={"verify_signature": False}) | claims
    made = jwt.encode({key: value for key, value in whole.items() if value is not None}, SECRET, algorithm="HS256")

    assert tokens.session(made) is None


@pytest.mark.parametrize(
    "token", [None, 7, "", "a.b.c", "\ud800", "\0", {}, ["a"], "x" * 100_000], ids=lambda t: ascii(t)[:20]
)
def test_what_is_no_token_opens_nothing(tokens, token):
    assert tokens.session(token) is None


def test_a_token_without_signature_opens_nothing(tokens):
    claims = {"sub": new_session(), "aud": "nmt-guide web chat", "exp": datetime.now(timezone.utc) + DAY}

    assert tokens.session(jwt.encode(claims, None, algorithm="none")) is None


def test_the_secret_is_made_once_and_read_by_nobody_else(tmp_path):
    settings = Settings({"NMT_VAR_DIR": str(tmp_path / "var")})
    secret = read_secret(settings)

    assert len(secret) == 64
    assert read_secret(settings) == secret
    assert (tmp_path / "var" / "secret").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["secret"]


def test_processes_that_start_at_once_use_one_secret(tmp_path):
    settings = Settings({"NMT_VAR_DIR": str(tmp_path)})
    secrets = []
    threads = [threading.Thread(target=lambda: secrets.append(read_secret(settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(secrets) == 8
    assert len(set(secrets)) == 1


@pytest.mark.parametrize("holds", [None, b"", b"short", b"\xff\xfe" * 40])
def test_a_secret_file_that_is_of_no_use_is_named(tmp_path, holds):
    file = tmp_path / "web_secret"
    if holds is not None:
        file.write_bytes(holds)

    with pytest.raises(SetupError, match=r"NMT_SECRET_FILE.*web_secret"):
        read_secret(Settings({"NMT_SECRET_FILE": str(file)}))
