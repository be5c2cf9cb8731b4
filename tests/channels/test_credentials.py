"""A channel without its secrets is off and says so; none stops the start."""

from __future__ import annotations

import pytest

from nmt_guide.channels.credentials import ALWAYS_ON, channels_on
from nmt_guide.settings import Settings

SLACK = "nmt_guide.channels.slack.SlackInput"
BOTH = {"NMT_SLACK_TOKEN": "xoxb-1", "NMT_SLACK_SIGNING_SECRET": "s1"}


def on(environment):
    return channels_on(Settings(environment))


def test_without_any_secret_rest_and_the_website_chat_are_on():
    credentials, lines = on({})

    assert credentials == {path: {} for path in ALWAYS_ON}
    assert "Slack: off (NMT_SLACK_TOKEN is not set)" in lines
    assert "Telegram: off (NMT_TELEGRAM_TOKEN is not set)" in lines


def test_with_its_secrets_a_channel_is_on():
    credentials, lines = on(BOTH)

    assert credentials[SLACK] == {"token": "xoxb-1", "signing_secret": "s1"}
    assert "Slack: on" in lines


def test_half_of_the_secrets_is_told_and_leaves_it_off():
    credentials, lines = on({"NMT_SLACK_TOKEN": "xoxb-1"})

    assert SLACK not in credentials
    assert "Slack: off (NMT_SLACK_SIGNING_SECRET is not set)" in lines


def test_a_secret_may_stand_in_a_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("xoxb-2\n")
    credentials, _ = on({**BOTH, "NMT_SLACK_TOKEN": "", "NMT_SLACK_TOKEN_FILE": str(file)})

    assert credentials[SLACK]["token"] == "xoxb-2"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file or directory"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "cannot be read: it is not a text"),
    ],
)
def test_a_bad_secret_file_is_one_sentence_and_leaves_it_off(tmp_path, content, why):
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    credentials, lines = on({**BOTH, "NMT_SLACK_TOKEN": "", "NMT_SLACK_TOKEN_FILE": str(file)})

    assert SLACK not in credentials
    assert f"Slack: off (NMT_SLACK_TOKEN_FILE: {file} {why})" in lines


def test_no_line_gives_a_secret_away():
    _, lines = on({**BOTH, "NMT_TELEGRAM_TOKEN": "12:secret"})

    assert not any(secret in line for line in lines for secret in ("xoxb-1", "s1", "12:secret"))


@pytest.mark.parametrize(
    "url", ["app.example.com", "https://", "ftp://a.example", "https://a.example:54x2", "http://[::1"]
)
def test_an_address_that_is_none_is_named_and_leaves_the_callback_off(url):
    credentials, lines = on({"NMT_CALLBACK_URL": url, "NMT_CALLBACK_SECRET": "s2"})

    assert "nmt_guide.channels.callback.CallbackInput" not in credentials
    assert "Callback: off (NMT_CALLBACK_URL must be an address like https://app.example.com/replies)" in lines
