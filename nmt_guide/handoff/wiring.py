"""The hand-off as the settings want it."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from urllib.parse import urlsplit

from nmt_guide.errors import SetupError
from nmt_guide.handoff.outbox import Outbox
from nmt_guide.handoff.requests import KINDS
from nmt_guide.handoff.senders import EmailSender, MailServer, Sender, SlackSender
from nmt_guide.handoff.worker import Courier
from nmt_guide.knowledge.store import shared_store
from nmt_guide.settings import Settings, login_of, secret

#: By scheme of the mail server's address: the encryption, and the port when none is named.
_SCHEMES = {"smtps": ("tls", 465), "smtp": ("starttls", 587), "smtp-plain": ("none", 25)}


def outbox(settings: Settings) -> Outbox:
    """The outbox in the knowledge store's database. Make it once in a process: it holds the connections.

    Raises:
        StoreUnavailable: the address means nothing.
    """
    return Outbox(shared_store(settings.database_url).engine)


def forget(settings: Settings, conversation: str) -> int:
    """Delete what a conversation left for staff.

    Returns:
        How many requests these were.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    return outbox(settings).forget(conversation)


def courier(settings: Settings) -> Courier:
    """Who brings requests to staff, on all ways that are configured.

    Raises:
        SetupError: see `senders`.
        StoreUnavailable: the address of the store means nothing.
    """
    store = shared_store(settings.database_url)
    return Courier(Outbox(store.engine), senders(settings), store.clinic)


def senders(settings: Settings) -> tuple[Sender, ...]:
    """The ways to staff that are configured.

    Raises:
        SetupError: a setting is wrong, or half of what a way needs is missing.
    """
    found: list[Sender] = []
    if settings.smtp_url or settings.staff_email:
        found.append(_email(settings))
    webhook = secret(settings, "staff_slack_webhook")
    if webhook:
        if not webhook.startswith(("https://", "http://")):
            raise SetupError("NMT_STAFF_SLACK_WEBHOOK must be an address that begins with https://.")
        # A channel is read by everyone, and a complaint may be about one of them.
        found.append(SlackSender(webhook, kinds=[kind for kind in KINDS if kind != "complaint" or not found]))
    return tuple(found)


def status(ways: tuple[Sender, ...]) -> str:
    """Whether staff are notified, in one line for who starts the assistant."""
    if not ways:
        return (
            "Staff: not notified of what clients leave (set NMT_SMTP_URL and NMT_STAFF_EMAIL, or NMT_STAFF_SLACK_WEBHOOK). "
            "It is kept: 'nmt-guide handoff list' shows it."
        )
    return f"Staff: notified by {' and '.join(way.way for way in ways)}."


def _email(settings: Settings) -> EmailSender:
    if not settings.smtp_url:
        raise SetupError("NMT_STAFF_EMAIL is set, but not NMT_SMTP_URL: which mail server is to send the e-mails?")
    staff = tuple(filter(None, (part.strip() for part in settings.staff_email.split(","))))
    if not staff:
        raise SetupError("NMT_SMTP_URL is set, but not NMT_STAFF_EMAIL: where are the e-mails to go?")
    sender = settings.mail_from or staff[0]
    for variable, address in [*(("NMT_STAFF_EMAIL", each) for each in staff), ("NMT_MAIL_FROM", sender)]:
        if not _is_address(address):
            raise SetupError(f"{variable}: {address!r} is no e-mail address. It should be like name@example.com.")
    return EmailSender(_mail_server(settings), sender, staff)


def _is_address(text: str) -> bool:
    try:
        return bool(Address(addr_spec=text).domain) and text.isascii()
    except (MessageError, ValueError, IndexError):
        return False


def _mail_server(settings: Settings) -> MailServer:
    url = urlsplit(settings.smtp_url)
    try:
        port = url.port
    except ValueError:
        raise SetupError("NMT_SMTP_URL: the port must be a number from 1 to 65535.") from None
    if url.scheme not in _SCHEMES or not url.hostname:
        raise SetupError(
            "NMT_SMTP_URL must be like smtp://user@host:587 (STARTTLS), smtps://user@host:465 (TLS) or smtp-plain://host:25."
        )
    tls, usual_port = _SCHEMES[url.scheme]
    user, password = login_of(url)
    password = password or secret(settings, "smtp_password")
    if user and not password:
        raise SetupError(
            "NMT_SMTP_URL names a user: set NMT_SMTP_PASSWORD, or NMT_SMTP_PASSWORD_FILE to the file that holds it."
        )
    if user and tls == "none":
        raise SetupError("NMT_SMTP_URL: a password is not sent without encryption; use smtp:// or smtps://.")
    return MailServer(url.hostname, port or usual_port, tls, user, password or None)
