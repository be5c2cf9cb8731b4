"""Which channels are on: those whose secrets are set.

Rasa stops at its start when a channel lacks a secret. So a channel is named to it only when it is complete, and each
one that is off says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmt_guide.errors import SetupError
from nmt_guide.settings import Settings

#: By module path of the channel: its arguments, as Rasa's `credentials.yml` holds them.
Credentials = dict[str, dict[str, Any]]

ALWAYS_ON = ("nmt_guide.channels.rest.RestInput", "nmt_guide.channels.web.WebInput")


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
            on[channel.path] = {argument: secret(settings, name) for argument, name in channel.secrets.items()}
        except SetupError as error:
            lines.append(f"{channel.title}: off ({error})")
        else:
            lines.append(f"{channel.title}: on")
    return on, lines


def secret(settings: Settings, name: str) -> str:
    """The value of a secret setting, or what stands in the file that `<name>_file` names.

    Args:
        settings: all settings.
        name: the setting, for example `slack_token`.

    Raises:
        SetupError: it is not set, or its file is empty or cannot be read.
    """
    value = str(getattr(settings, name)).strip()
    file = str(getattr(settings, f"{name}_file"))
    variable = f"NMT_{name.upper()}"
    if value or not file:
        if not value:
            raise SetupError(f"{variable} is not set")
        return value
    try:
        value = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text"
        raise SetupError(f"{variable}_FILE: {file} cannot be read: {reason}") from error
    if not value:
        raise SetupError(f"{variable}_FILE: {file} is empty")
    return value
