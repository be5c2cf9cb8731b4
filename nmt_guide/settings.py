"""The settings of the assistant: one list, each with its default and what it is for.

A setting is read from the environment variable of the same name in capitals with ``NMT_`` before it. The
table in ``docs/settings.md`` is made from this list, and a test compares them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from nmt_guide.errors import SetupError

ROOT = Path(__file__).resolve().parent.parent


#: Variables with our prefix that are read elsewhere and are no settings of the assistant.
_READ_ELSEWHERE = {
    "NMT_PYTHON",  # scripts/setup: the Python 3.10 to use
    "NMT_SETUP",  # scripts/setup: what to install
    "NMT_TEST_POSTGRES_URL",  # the tests: a PostgreSQL database that they may fill and empty
    "NMT_TEST_NO_SKIPS",  # the tests: one that is skipped fails
}

#: Settings that allow some words alone.
_CHOICES = {
    "log_level": ("DEBUG", "INFO", "WARNING", "ERROR"),
    "log_format": ("plain", "json"),
    "analytics": ("on", "off"),
}


@dataclass(frozen=True)
class Setting:
    """One setting: its name, default value and help text."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"NMT_{self.name.upper()}"


SETTINGS = (
    Setting("host", "127.0.0.1", "Address to listen on; 0.0.0.0 to be reached from other machines."),
    Setting("port", "5005", "Port to listen on."),
    Setting(
        "database_url",
        "",
        "SQLAlchemy address of the knowledge store, for example "
        "`postgresql://user:password@host/nmt`. Empty: a SQLite file in the `var` folder.",
    ),
    Setting(
        "tracker_url",
        "",
        "SQLAlchemy address of the conversations. Empty: a SQLite file in the `var` folder.",
    ),
    Setting(
        "database_password_file",
        "",
        "File that holds the password of `database_url` and `tracker_url`, for example a Docker secret. "
        "Empty: the addresses hold it themselves.",
    ),
    Setting(
        "action_server_url",
        "",
        "Address of a separate action server, for example `http://localhost:5055/webhook`. "
        "Empty: the actions run inside the assistant's own process.",
    ),
    Setting("content_dir", str(ROOT / "knowledge"), "Folder of the content files."),
    Setting("var_dir", str(ROOT / "var"), "Folder for everything that is built: databases, encoder."),
    Setting("model_dir", str(ROOT / "models"), "Folder of the trained Rasa models."),
    Setting("max_message_chars", "4000", "Longest message that is accepted, in characters."),
    Setting(
        "secret_file",
        "",
        "File with the secret that signs the sessions of the website chat, at least 32 characters; the same on all "
        "replicas. Empty: the file `secret` in the `var` folder, made on the first start.",
    ),
    Setting(
        "web_origins",
        "",
        "Websites whose pages may use the chat, separated by commas, for example `https://www.example.com`. The "
        "assistant's own address always may.",
    ),
    Setting(
        "web_messages_per_minute", "20", "Messages of one website chat that are accepted in a minute; 0: no limit."
    ),
    Setting(
        "web_requests_per_minute",
        "240",
        "Requests to the website chat that are accepted from one address in a minute; 0: no limit. A clinic's "
        "waiting room shares an address.",
    ),
    Setting(
        "proxies",
        "0",
        "Web servers in front that add to `X-Forwarded-For`. 0: the header is not believed, and the address is that of "
        "the connection.",
    ),
    Setting(
        "redis_url",
        "",
        "Redis that carries the website chat's messages between replicas, for example `redis://redis:6379/0`. "
        "Empty: one process serves all.",
    ),
    Setting(
        "slack_token",
        "",
        "Bot token of the Slack app, begins with `xoxb-`. Slack is on when this and `NMT_SLACK_SIGNING_SECRET` are "
        "set; see [channels.md](channels.md).",
    ),
    Setting("slack_token_file", "", "File that holds the Slack bot token, instead of `NMT_SLACK_TOKEN`."),
    Setting("slack_signing_secret", "", "Signing secret of the Slack app."),
    Setting(
        "slack_signing_secret_file", "", "File that holds the signing secret, instead of `NMT_SLACK_SIGNING_SECRET`."
    ),
    Setting(
        "slack_api_url",
        "https://slack.com/api/",
        "Address of Slack's Web API; another one for a relay of your own, or for tests.",
    ),
    Setting(
        "telegram_token",
        "",
        "Token of the Telegram bot. Telegram is on when it is set; see [channels.md](channels.md).",
    ),
    Setting(
        "telegram_token_file", "", "File that holds the token of the Telegram bot, instead of `NMT_TELEGRAM_TOKEN`."
    ),
    Setting(
        "telegram_webhook_url",
        "",
        "Public address where Telegram reaches this assistant, for example "
        "`https://chat.example.com/webhooks/telegram/webhook`. Empty: the assistant asks Telegram for messages itself "
        "(long polling), which needs no public address.",
    ),
    Setting(
        "telegram_api_url",
        "https://api.telegram.org",
        "Address of the Bot API; another one for a Bot API server of your own, or for tests.",
    ),
    Setting(
        "rest_token",
        "",
        "What callers of the REST webhook must send as `Authorization: Bearer ...`; see [rest.md](rest.md). Empty, and "
        "no `NMT_REST_JWT_KEY`: everybody may call it.",
    ),
    Setting("rest_token_file", "", "File that holds the token, instead of `NMT_REST_TOKEN`."),
    Setting(
        "rest_jwt_key",
        "",
        "Key that the callers' JSON Web Tokens are signed with: a text of at least 32 characters (HS256), or an RSA "
        "public key in PEM form (RS256).",
    ),
    Setting("rest_jwt_key_file", "", "File that holds that key, instead of `NMT_REST_JWT_KEY`."),
    Setting(
        "rest_sender_per_minute",
        "60",
        "Messages of one `sender` that the REST webhook accepts in a minute; 0: no limit.",
    ),
    Setting(
        "rest_address_per_minute",
        "3000",
        "Messages from one address that the REST webhook accepts in a minute; 0: no limit. Calls from this machine that "
        "came through no web server are never limited.",
    ),
    Setting(
        "callback_url",
        "",
        "Address that the callback channel posts replies to; see [rest.md](rest.md). Empty: the channel is off.",
    ),
    Setting("callback_secret", "", "Secret that signs what the callback channel posts."),
    Setting("callback_secret_file", "", "File that holds that secret, instead of `NMT_CALLBACK_SECRET`."),
    Setting(
        "staff_email",
        "",
        "Where clients' requests are sent, one or more e-mail addresses separated by commas; see [handoff.md](handoff.md).",
    ),
    Setting(
        "smtp_url",
        "",
        "The mail server that sends them: `smtp://user@host:587` (STARTTLS), `smtps://user@host:465` (TLS), or "
        "`smtp-plain://host:25` for one without encryption on the same machine.",
    ),
    Setting("smtp_password", "", "Password of the user in `NMT_SMTP_URL`."),
    Setting("smtp_password_file", "", "File that holds it, instead of `NMT_SMTP_PASSWORD`."),
    Setting("mail_from", "", "Address that the e-mails come from. Empty: the first of `NMT_STAFF_EMAIL`."),
    Setting(
        "staff_slack_webhook",
        "",
        "Address of a Slack incoming webhook: clients' requests are posted to its channel. It is a secret.",
    ),
    Setting("staff_slack_webhook_file", "", "File that holds it, instead of `NMT_STAFF_SLACK_WEBHOOK`."),
    Setting(
        "handoff_seconds",
        "5",
        "How often a running assistant looks for requests to send to staff, in seconds. 0: never; "
        "`nmt-guide handoff send` does it, for example by cron.",
    ),
    Setting(
        "max_messages_at_work",
        "100",
        "How many messages may be at work at once; further ones are told to come back (503 with Retry-After).",
    ),
    Setting(
        "analytics",
        "on",
        "Whether it is counted what clients ask, without who and in which words; see [analytics.md](analytics.md). `off`: "
        "nothing is.",
    ),
    Setting(
        "analytics_seconds",
        "5",
        "How often a running assistant passes on what was asked to where it is counted, in seconds. 0: never.",
    ),
    Setting(
        "rabbitmq_url",
        "",
        "RabbitMQ that carries what was asked to `nmt-guide analytics consume`, for example "
        "`amqp://user@rabbitmq:5672/`. Empty: the assistant counts it itself.",
    ),
    Setting(
        "rabbitmq_password_file",
        "",
        "File that holds the password of the user in `rabbitmq_url`. Empty: the address holds it itself.",
    ),
    Setting("log_level", "WARNING", "How much is logged: DEBUG, INFO, WARNING or ERROR."),
    Setting(
        "log_format",
        "plain",
        "`plain`: lines for people; `json`: one JSON object a line, for a collector of logs. Neither holds what clients "
        "wrote, but for the level DEBUG.",
    ),
    Setting(
        "metrics_token",
        "",
        "Bearer token with which Prometheus reads `/metrics`. Empty: it is shown to this machine alone, without a proxy.",
    ),
    Setting("rasa_patches", "on", "`off` leaves Rasa as it is; see `nmt_guide/server/patches.py`."),
    Setting(
        "content_refresh_seconds",
        "2",
        "How often a running assistant looks whether new content was loaded, in seconds.",
    ),
)


class Settings:
    """Values of all settings, from an environment.

    Args:
        environ: the environment variables; the process's own by default.

    Raises:
        SetupError: a variable that begins with ``NMT_`` is not a setting, a number is not a number, there is
            no such log level, a file with a password cannot be read, or the address of a database, of Redis or of
            RabbitMQ is none.
    """

    host: str
    port: int
    database_url: str
    tracker_url: str
    database_password_file: str
    action_server_url: str
    content_dir: Path
    var_dir: Path
    model_dir: Path
    max_message_chars: int
    secret_file: str
    web_origins: str
    web_messages_per_minute: float
    web_requests_per_minute: float
    proxies: int
    redis_url: str
    slack_token: str
    slack_token_file: str
    slack_signing_secret: str
    slack_signing_secret_file: str
    slack_api_url: str
    telegram_token: str
    telegram_token_file: str
    telegram_webhook_url: str
    telegram_api_url: str
    rest_token: str
    rest_token_file: str
    rest_jwt_key: str
    rest_jwt_key_file: str
    rest_sender_per_minute: float
    rest_address_per_minute: float
    callback_url: str
    callback_secret: str
    callback_secret_file: str
    staff_email: str
    smtp_url: str
    smtp_password: str
    smtp_password_file: str
    mail_from: str
    staff_slack_webhook: str
    staff_slack_webhook_file: str
    handoff_seconds: float
    max_messages_at_work: int
    analytics: str
    analytics_seconds: float
    rabbitmq_url: str
    rabbitmq_password_file: str
    log_level: str
    log_format: str
    metrics_token: str
    rasa_patches: str
    content_refresh_seconds: float

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        known = {setting.variable: setting for setting in SETTINGS}
        for variable in environ:
            if variable.startswith("NMT_") and variable not in known and variable not in _READ_ELSEWHERE:
                names = ", ".join(sorted(known))
                raise SetupError(f"{variable} is not a setting of NMT Guide. The settings are: {names}.")
        for variable, setting in known.items():
            text = environ.get(variable) or setting.default
            setattr(self, setting.name, self._convert(setting, text))
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                variable, choices = f"NMT_{name.upper()}", ", ".join(allowed)
                raise SetupError(f"{variable} must be one of {choices}, not {getattr(self, name)!r}.")
        if self.database_password_file:
            password = _read("NMT_DATABASE_PASSWORD_FILE", Path(self.database_password_file))
            self.database_url = _with_password(self.database_url, password)
            self.tracker_url = _with_password(self.tracker_url, password)
        if self.rabbitmq_password_file:
            password = _read("NMT_RABBITMQ_PASSWORD_FILE", Path(self.rabbitmq_password_file))
            self.rabbitmq_url = _with_password(self.rabbitmq_url, password)
        for variable, url in [("NMT_DATABASE_URL", self.database_url), ("NMT_TRACKER_URL", self.tracker_url)]:
            if url:
                _check_database(variable, url)
        _check_server("NMT_REDIS_URL", self.redis_url, "redis", "rediss")
        _check_server("NMT_RABBITMQ_URL", self.rabbitmq_url, "amqp", "amqps")
        self.database_url = self.database_url or f"sqlite:///{self.var_dir / 'knowledge.db'}"
        self.tracker_url = self.tracker_url or f"sqlite:///{self.var_dir / 'conversations.db'}"

    def _convert(self, setting: Setting, text: str) -> object:
        kind = type(self).__annotations__[setting.name]
        if kind == "Path":
            return Path(text)
        if kind == "str":
            return text
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            raise SetupError(f"{setting.variable} must be a number, not {text!r}.") from None


def secret(settings: Settings, name: str) -> str:
    """The value of a secret setting, or what stands in the file that `<name>_file` names; empty when neither is set.

    An address that belongs to a secret has no such file, and is taken as it is.

    Raises:
        SetupError: the file cannot be read.
    """
    file = str(getattr(settings, f"{name}_file", ""))
    return _read(f"NMT_{name.upper()}_FILE", Path(file)) if file else str(getattr(settings, name))


def _read(variable: str, file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text"
        raise SetupError(f"{variable}: {file} cannot be read: {reason}.") from error


def login_of(url: SplitResult) -> tuple[str | None, str | None]:
    """User and password in an address, decoded; nothing in place of one that is not there."""
    user, password = (unquote(part) if part else None for part in (url.username, url.password))
    return user, password


def _check_database(variable: str, url: str) -> None:
    from sqlalchemy.engine import make_url  # takes a moment: who uses the files in `var` may do without
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(url)
    except (ArgumentError, ValueError):
        # From None, as below: what the libraries say shows the address, and the password in it.
        raise SetupError(
            f"{variable} cannot be used: it should be like postgresql://user@host:5432/nmt or sqlite:///var/nmt.db."
        ) from None


def _check_server(variable: str, url: str, *schemes: str) -> None:
    try:
        parts = urlsplit(url)
        good = not url or (parts.scheme in schemes and parts.port != 0)
    except ValueError:
        good = False
    if not good:
        raise SetupError(
            f"{variable} must be an address like {schemes[0]}://user@host:port/, or begin with {schemes[1]}://."
        )


def _with_password(url: str, password: str) -> str:
    """An address of a database server with the password in it; the address of a file has none."""
    scheme, _, rest = url.partition("://")
    user, at, server = rest.partition("@")
    if not at or scheme.startswith("sqlite"):
        return url
    return f"{scheme}://{user.partition(':')[0]}:{quote(password, safe='')}@{server}"
