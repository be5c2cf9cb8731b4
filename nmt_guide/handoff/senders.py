"""The ways to staff: e-mail by SMTP, and a Slack incoming webhook.

A sender returns when the other side took the message, and raises `DeliveryPostponed` or `DeliveryRefused` otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import localtime
from typing import Protocol

import httpx
from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused, SMTPResponseException

from nmt_guide.errors import DeliveryPostponed, DeliveryRefused
from nmt_guide.handoff.notices import Notice
from nmt_guide.handoff.requests import KINDS, Kind

logger = logging.getLogger(__name__)
# It logs addresses at level INFO, and that of a webhook is a secret.
logging.getLogger("httpx").setLevel(logging.WARNING)

#: Longest wait for one answer of the other side, in seconds, and longest try altogether: far below the lease of a claim
#: (`outbox.LEASE`), after which another process would send the same.
ANSWER_SECONDS = 30.0
SEND_SECONDS = 90.0

#: Header and body in 7 bits: every mail server takes them.
_POLICY = SMTP_POLICY.clone(cte_type="7bit")


class Sender(Protocol):
    """A way to staff.

    Attributes:
        way: its name in the outbox.
        kinds: the kinds of request that go this way.
    """

    @property
    def way(self) -> str:
        """See above."""

    @property
    def kinds(self) -> Collection[Kind]:
        """See above."""

    async def send(self, notice: Notice) -> None:
        """Hand a notice to the other side.

        Raises:
            DeliveryPostponed: it may arrive when it is tried again.
            DeliveryRefused: the other side said no.
        """


@dataclass(frozen=True)
class MailServer:
    """Where e-mails are handed in.

    Attributes:
        tls: "tls" from the first byte, "starttls" (and nothing without it), or "none".
    """

    host: str
    port: int
    tls: str
    user: str | None = None
    password: str | None = None


@dataclass(frozen=True)
class EmailSender:
    """E-mail by SMTP.

    Attributes:
        server: where e-mails are handed in.
        sender: the address that they come from.
        staff: the addresses that they go to.
    """

    server: MailServer
    sender: str
    staff: tuple[str, ...]
    way: str = "email"
    kinds: Collection[Kind] = KINDS

    async def send(self, notice: Notice) -> None:
        """See parent class."""
        recipients = (notice.to,) if notice.to else self.staff
        try:
            data = self._message(notice, recipients).as_bytes()
        except (MessageError, ValueError) as error:
            raise DeliveryRefused(f"No e-mail can be made of it: {error}") from error
        leaving = asyncio.Event()
        try:
            await asyncio.wait_for(self._hand_in(data, recipients, leaving), SEND_SECONDS)
        except SMTPResponseException as error:
            said = f"The mail server answered {error.code} {' '.join(str(error.message).split())}"
            if 400 <= error.code < 500:
                raise DeliveryPostponed(said) from error
            raise DeliveryRefused(said) from error
        except (SMTPException, OSError, asyncio.TimeoutError) as error:
            where = f"{self.server.host}:{self.server.port}"
            reason = f"The mail server at {where} did not take it: {error or 'no answer in time'}"
            raise DeliveryPostponed(reason, maybe_sent=leaving.is_set()) from error

    async def _hand_in(self, data: bytes, recipients: tuple[str, ...], leaving: asyncio.Event) -> None:
        """Hand an e-mail to the server.

        Args:
            data: the e-mail.
            recipients: their addresses.
            leaving: is set when the e-mail begins to leave: from then on only an answer tells whether it arrived.
        """
        client = SMTP(
            hostname=self.server.host,
            port=self.server.port,
            use_tls=self.server.tls == "tls",
            start_tls=self.server.tls == "starttls",
            username=self.server.user,
            password=self.server.password,
            timeout=ANSWER_SECONDS,
            local_hostname=self._domain,  # else it asks the name service, which may be down
        )
        try:
            await client.connect()
            await client.mail(self.sender)
            await self._name_recipients(client, recipients)
            leaving.set()
            try:
                await client.data(data)
            except SMTPResponseException:
                leaving.clear()
                raise
            with contextlib.suppress(SMTPException, OSError):  # it has the e-mail: a rude goodbye does not matter
                await client.quit()
        finally:
            client.close()

    async def _name_recipients(self, client: SMTP, recipients: tuple[str, ...]) -> None:
        """Name the recipients; an address that is refused does not keep the others from theirs."""
        refusals = []
        for address in recipients:
            try:
                await client.rcpt(address)
            except SMTPRecipientRefused as error:
                refusals.append(error)
                logger.error("The mail server refuses the address %s: %s %s", address, error.code, error.message)
        if len(refusals) == len(recipients):
            raise refusals[0]

    def _message(self, notice: Notice, recipients: tuple[str, ...]) -> EmailMessage:
        message = EmailMessage(policy=_POLICY)
        message["Subject"] = notice.subject
        message["From"] = self.sender
        message["To"] = ", ".join(recipients)
        message["Date"] = localtime()
        # The same on every try: mail programs show a message that came twice once.
        message["Message-ID"] = f"<{notice.id}.handoff@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if notice.urgent:
            message["X-Priority"] = "1"
            message["Importance"] = "high"
        if notice.reply_to and notice.reply_to.isascii():
            # As an address, not as a text: what is none is refused, and cannot bring headers of its own.
            message["Reply-To"] = Address(addr_spec=notice.reply_to)
        message.set_content(notice.body)
        return message

    @property
    def _domain(self) -> str:
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True)
class SlackSender:
    """A channel of the clinic's Slack, by incoming webhook.

    Attributes:
        webhook: its address. It is a secret: who knows it can post there.
    """

    webhook: str
    way: str = "slack"
    kinds: Collection[Kind] = KINDS

    async def send(self, notice: Notice) -> None:
        """See parent class."""
        text = f"*{_escape(notice.subject)}*\n{_escape(notice.body)}"
        try:
            response = await asyncio.wait_for(self._post(text), SEND_SECONDS)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise DeliveryPostponed(f"Slack cannot be reached: {error or 'no connection in time'}") from error
        except (httpx.TransportError, asyncio.TimeoutError) as error:
            raise DeliveryPostponed("Slack did not answer", maybe_sent=True) from error
        if response.is_success:
            return
        said = f"Slack answered {response.status_code} {' '.join(response.text.split())[:200]}".strip()
        if response.status_code in (408, 429) or response.status_code >= 500:
            # A gateway does not know whether what is behind it took the message.
            maybe_sent = response.status_code in (502, 504)
            raise DeliveryPostponed(said, after=_retry_after(response), maybe_sent=maybe_sent)
        raise DeliveryRefused(said)

    async def _post(self, text: str) -> httpx.Response:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as client:
            return await client.post(self.webhook, json={"text": text, "unfurl_links": False})


def _escape(text: str) -> str:
    """Text in which nothing calls a channel or makes a link (Slack's "Formatting text for app surfaces")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _retry_after(response: httpx.Response) -> float:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:  # a date: Slack sends seconds
        return 0.0
