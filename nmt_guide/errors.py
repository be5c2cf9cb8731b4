"""Every error this project raises on purpose.

    NMTGuideError
    ├── SetupError            the machine or the settings are not as they must be
    ├── UsageError            a command was asked for something it will not do
    ├── ContentError          the content files hold mistakes (carries the list of them)
    ├── ForgetError           not everything that is kept of a conversation could be deleted
    ├── DirectoryError        a file of therapists holds mistakes (carries the list of them)
    ├── EvaluationError       the labelled sets, or the model they are for, are missing or not as they must be
    ├── DeliveryError         a reply, or a message for the staff, did not arrive
    │   ├── DeliveryPostponed it may arrive when it is tried again
    │   └── DeliveryRefused   the other side said no
    ├── AnalyticsError        what is to be counted is no event of the assistant
    ├── BrokerUnavailable     RabbitMQ cannot be reached, or does not take a message
    ├── TooBusy               more messages are at work than the machine can do (carries how long to wait)
    └── StoreError
        ├── StoreUnavailable  the database cannot be reached or read
        ├── StoreRefused      the database does not take a value
        └── StoreEmpty        the database holds no content yet

Callers catch ``NMTGuideError``; its text is one or a few plain sentences that may be shown to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class NMTGuideError(Exception):
    """Base of all errors raised on purpose."""


class SetupError(NMTGuideError):
    """The machine or the settings are not as they must be."""


class UsageError(NMTGuideError):
    """A command was asked for something it will not do."""


@dataclass(frozen=True)
class Problem:
    """One mistake in the content files: where it is, and what to do about it.

    Attributes:
        line: counted from 1; 0 when it cannot be told.
    """

    file: str
    entry: str
    message: str
    line: int = 0

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        return ": ".join(part for part in (self.file, line, self.entry, self.message) if part)


class ContentError(NMTGuideError):
    """The content files hold mistakes.

    Attributes:
        problems: all of them, so that an editor can mend them in one go.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda one: (one.file, one.line, one.entry, one.message))
        count = len(self.problems)
        super().__init__(
            f"{count} mistake{'s' if count != 1 else ''} in the content files:\n"
            + "\n".join(f"  {problem}" for problem in self.problems)
        )


class ForgetError(NMTGuideError):
    """Not everything that is kept of a conversation could be deleted."""


class DirectoryError(NMTGuideError):
    """A file of therapists holds mistakes, so that nothing of it was imported.

    Attributes:
        problems: all of them in the order of the file, so that an editor can mend them in one go.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        count = len(self.problems)
        super().__init__(
            f"Nothing was imported, because of {count} mistake{'s' if count != 1 else ''}:\n"
            + "\n".join(f"  {problem}" for problem in self.problems)
        )


class EvaluationError(NMTGuideError):
    """The labelled sets, or the model they are for, are missing or not as they must be."""


class DeliveryError(NMTGuideError):
    """A reply, or a message for the staff, did not arrive, or perhaps did not.

    Attributes:
        maybe_sent: it may have arrived after all: the answer to it was lost.
    """

    maybe_sent = False


class DeliveryPostponed(DeliveryError):
    """The other side cannot be reached, or asks to wait.

    Attributes:
        seconds: how long to wait before the next attempt.
    """

    def __init__(self, reason: str, seconds: float = 0.0, *, maybe_sent: bool = False) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.maybe_sent = maybe_sent


class DeliveryRefused(DeliveryError):
    """The other side will not take it.

    Attributes:
        status: its HTTP status, where it has one.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class AnalyticsError(NMTGuideError):
    """What is to be counted is no event of the assistant."""


class BrokerUnavailable(NMTGuideError):
    """RabbitMQ cannot be reached, or does not take a message."""


class TooBusy(NMTGuideError):
    """More messages are at work than the machine can do.

    Attributes:
        retry_seconds: when to try again.
    """

    def __init__(self, retry_seconds: int) -> None:
        self.retry_seconds = retry_seconds
        super().__init__(f"Too many messages are at work. Please try again in {retry_seconds} seconds.")


class StoreError(NMTGuideError):
    """The knowledge store failed."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or read."""


class StoreEmpty(StoreError):
    """The database holds no content yet."""


class StoreRefused(StoreError):
    """The database does not take a value."""


def reason_of(error: Exception) -> str:
    """What a database's driver said, in one line; SQLAlchemy adds the statement and a link."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
