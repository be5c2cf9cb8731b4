"""Which channels are on: those whose secrets are set.

Rasa stops at its start when a channel lacks a secret. So a channel is named to it only when it is complete, and each
one that is off says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from nmt_guide.errors import SetupError
from nmt_guide.settings import Settings
from nmt_guide.settings import secret as settings_secret

#: By module path of the channel: its arguments, as Rasa's `credentials.yml` holds them.
Credentials = dict[str, dict[str, Any]]

ALWAYS_ON = (
    "nmt_guide.channels.rest.RestInput",
    "nmt_guide.channels.web.WebInput",
    # /health, /ready and /metrics: no channel, but Rasa adds addresses in no other way.
    "nmt_guide.server.operations.Operations",
)


@dataclass(frozen=True)
class Channel:
    """A channel that is on when it has its secrets.

    Attributes:
        title: its name for people.
        path: its module path.
        secrets: by argument of the channel: the setting that holds it. `<setting>_file` may name a file instead.
    """

    title: str
    path: str
    secrets: dict[str, str]


CHANNELS = (
    Channel(
        "Slack",
        "nmt_guide.channels.slack.SlackInput",
        {"token": "slack_token", "signing_secret": "slack_signing_secret"},
    ),
    Channel("Telegram", "nmt_guide.channels.telegram.TelegramInput", {"token": "telegram_token"}),
    Channel(
        "Callback",
        "nmt_guide.channels.callback.CallbackInput",
        {"url": "callback_url", "secret": "callback_secret"},
    ),
)


def channels_on(settings: Settings) -> tuple[Credentials, list[str]]:
    """The channels that can be started, and a line about each that people may want.

    Args:
        settings: where the secrets are.

    Returns:
        The credentials for Rasa, and lines such as "Slack: off (NMT_SLACK_TOKEN is not set)".
    """
    on: Credentials = {path: {} for path in ALWAYS_ON}
    lines = []
    for channel in CHANNELS:
        try:
            found = {argument: secret(settings, name) for argument, name in channel.secrets.items()}
            if "url" in found and not _is_web_address(found["url"]):
                variable = f"NMT_{channel.secrets['url'].upper()}"
                raise SetupError(f"{variable} must be an address like https://app.example.com/replies.")
        except SetupError as error:
            lines.append(f"{channel.title}: off ({str(error).removesuffix('.')})")
        else:
            on[channel.path] = found
            lines.append(f"{channel.title}: on")
    return on, lines


def _is_web_address(text: str) -> bool:
    """Whether httpx, which sends to it, takes it."""
    try:
        url = httpx.URL(text)
        return url.scheme in ("http", "https") and bool(url.host) and (url.port is None or 0 < url.port < 65536)
    except (httpx.InvalidURL, ValueError):  # ValueError: a name that IDNA does not allow
        return False


def secret(settings: Settings, name: str) -> str:
    """The value of a secret setting that must be set.

    Args:
        settings: all settings.
        name: the setting, for example `slack_token`.

    Raises:
        SetupError: it is not set, or its file is empty or cannot be read.
    """
    value = settings_secret(settings, name).strip()
    if value:
        return value
    file = getattr(settings, f"{name}_file", "")
    raise SetupError(f"NMT_{name.upper()}_FILE: {file} is empty" if file else f"NMT_{name.upper()} is not set")
