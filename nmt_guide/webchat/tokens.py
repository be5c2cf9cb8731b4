"""Sessions of the website chat: an id that nobody can guess, and a signed token that is the only key to it."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from datetime import datetime, timedelta, timezone
from pathlib import Path

import jwt

from nmt_guide.errors import SetupError
from nmt_guide.private import make_folder
from nmt_guide.settings import Settings

_ALGORITHM = "HS256"
_AUDIENCE = "nmt-guide web chat"
#: RFC 7518, section 3.2: a key for HS256 has at least 256 bits.
_SECRET_BYTES = 32
_SESSION = re.compile(r"[0-9a-f]{64}")


def new_session() -> str:
    """A new session id: 256 random bits, in hexadecimal."""
    return secrets.token_hex(32)


def is_session(text: str) -> bool:
    """Whether a text has the shape of a session id."""
    return _SESSION.fullmatch(text) is not None


class Tokens:
    """Signs session ids, and reads them back.

    Args:
        secret: the installation's secret.
        lifetime: how long a token is good for; each visit brings a new one.
    """

    def __init__(self, secret: str, lifetime: timedelta) -> None:
        self._secret = secret
        self._lifetime = lifetime

    def sign(self, session: str) -> str:
        """The token of a session."""
        now = datetime.now(timezone.utc)
        claims = {"sub": session, "aud": _AUDIENCE, "iat": now, "exp": now + self._lifetime}
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def session(self, token: object) -> str | None:
        """The session that a token opens; nothing when it is not ours, was changed, or is too old."""
        if not isinstance(token, str):
            return None
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["sub", "aud", "exp"]},
            )
        except (jwt.InvalidTokenError, ValueError):  # ValueError: half a surrogate pair in it
            return None
        session = claims["sub"]
        return session if isinstance(session, str) and is_session(session) else None


def made_secret(settings: Settings) -> Path:
    """The file of the secret that is made when no file is set."""
    return settings.var_dir / "secret"


def read_secret(settings: Settings) -> str:
    """The installation's secret; made on the first start when no file is set.

    Raises:
        SetupError: the file cannot be read or made, or holds too little.
    """
    path = Path(settings.secret_file) if settings.secret_file else made_secret(settings)
    try:
        if not settings.secret_file and not path.exists():
            write_secret(path, secrets.token_hex(_SECRET_BYTES))
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            f"The secret of the website chat (NMT_SECRET_FILE): {path} cannot be used: {error}."
        ) from error
    if len(secret) < _SECRET_BYTES:
        raise SetupError(
            f"The secret of the website chat (NMT_SECRET_FILE): {path} holds fewer than {_SECRET_BYTES} characters. "
            "Make one with: openssl rand -hex 32"
        )
    return secret


def write_secret(path: Path, secret: str) -> None:
    """Write a secret that only this user can read, unless there is one: of two processes at once, one makes it and both
    use it."""
    make_folder(path.parent)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, never replaces the other's
    finally:
        draft.unlink()
