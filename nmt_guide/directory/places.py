"""Finds the place that a client names, without asking a service."""

from __future__ import annotations

from pathlib import Path

from nmt_guide.directory.model import Place


class Places:
    """Towns and postcodes.

    Args:
        file: what `gazetteer.build` wrote: `places.db` in the `var` folder.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def find(self, text: str, country: str) -> list[Place]:
        """The places that a phrase such as "downtown Portland Maine" may mean, best first.

        Args:
            text: the client's words for a place.
            country: the clinic's country, whose places come first.
        """
        raise NotImplementedError

    def spot(self, text: str, country: str) -> list[Place]:
        """The places that a whole message names ("who does jaw work near 78704?"), best first; none when it names none."""
        raise NotImplementedError
