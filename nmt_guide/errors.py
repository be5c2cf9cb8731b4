"""Every error this project raises on purpose.

    NMTGuideError
    ├── SetupError            the machine or the settings are not as they must be
    ├── UsageError            a command was asked for something it will not do
    ├── ContentError          the content files hold mistakes (carries the list of them)
    ├── ForgetError           not everything that is kept of a conversation could be deleted
    ├── EvaluationError       the labelled sets, or the model they are for, are missing or not as they must be
    └── StoreError
        ├── StoreUnavailable  the database cannot be reached or read
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


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in the content files: where it is, and what to do about it."""

    file: str
    entry: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.entry}: {self.message}" if self.entry else f"{self.file}: {self.message}"


class ContentError(NMTGuideError):
    """The content files hold mistakes.

    Attributes:
        problems: all of them, so that an editor can mend them in one go.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        count = len(self.problems)
        super().__init__(
            f"{count} mistake{'s' if count != 1 else ''} in the content files:\n"
            + "\n".join(f"  {problem}" for problem in self.problems)
        )


class ForgetError(NMTGuideError):
    """Not everything that is kept of a conversation could be deleted."""


class EvaluationError(NMTGuideError):
    """The labelled sets, or the model they are for, are missing or not as they must be."""


class StoreError(NMTGuideError):
    """The knowledge store failed."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or read."""


class StoreEmpty(StoreError):
    """The database holds no content yet."""
