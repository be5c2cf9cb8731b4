"""Which pages may use the chat."""

from __future__ import annotations

import pytest

from nmt_guide.errors import SetupError
from nmt_guide.webchat.origins import Origins

OWN = "chat.example:8080"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://chat.example:8080", True),
        ("https://chat.example:8080", True),  # TLS ends at a web server in front
        ("https://clinic.example", True),
        ("http://clinic.example", False),
        ("https://clinic.example:444", False),
        ("https://www.clinic.example", False),
        ("https://clinic.example.evil.example", False),
        ("http://chat.example", False),
        ("http://chat.example:8080,https://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_the_own_address_and_listed_sites_alone(origin, allowed):
    origins = Origins("https://clinic.example, https://other.example")

    assert origins.allow(origin, OWN) is allowed
    assert origins.headers(origin, OWN).get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert origins.headers(origin, OWN)["Vary"] == "Origin"


def test_a_request_of_no_page_is_allowed():
    assert Origins("").allow(None, OWN)
    assert "Access-Control-Allow-Origin" not in Origins("").headers(None, OWN)


@pytest.mark.parametrize(
    "listed",
    [
        "*",
        "clinic.example",
        "https://clinic.example/",
        "https://clinic.example/page",
        "ftp://clinic.example",
        "https://",
    ],
)
def test_what_is_no_origin_is_named(listed):
    with pytest.raises(SetupError, match="NMT_WEB_ORIGINS"):
        Origins(listed)


def test_a_refused_website_is_named_once_with_the_setting(caplog):
    origins = Origins("https://clinic.example")
    for _ in range(3):
        origins.allow("https://www.clinic.example", OWN)
    for number in range(1000):
        origins.allow(f"https://made-up-{number}.example", OWN)
    origins.allow("https://clinic.example", OWN)

    assert caplog.messages[0] == (
        "The chat is refused to the website 'https://www.clinic.example'. If it is yours: add it to NMT_WEB_ORIGINS."
    )
    assert len(caplog.messages) == 51
    assert caplog.messages[-1].startswith("50 websites were refused; no others are named until the next start.")
