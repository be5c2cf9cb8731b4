"""Deletes everything that is kept of one conversation, wherever it is kept.

A part of the assistant that keeps anything of a conversation writes a function `forget(settings, conversation)`, which says
how many things it deleted, and names it in `FORGETTERS`. The list holds names, not functions: each is imported when something
is deleted, so that a command deletes as much as the running assistant does, and no part is left out because it was not
imported yet.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from nmt_guide.errors import ForgetError
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

Forgetter = Callable[[Settings, str], int]

#: Every part that keeps something, as `module:function`, with what it keeps. Deleting what is not there is no error.
FORGETTERS = {
    "nmt_guide.webchat.entries:forget": "entries of the website chat",
    "nmt_guide.channels.inbox:forget": "messages that came in",
    "nmt_guide.channels.rest_once:forget": "answers kept for a repetition",
    "nmt_guide.handoff.wiring:forget": "requests to staff",
    "nmt_guide.privacy.conversations:forget": "events",  # last: they name the conversation
}


def forget(settings: Settings, conversation: str) -> dict[str, int]:
    """Delete a conversation everywhere. One part that fails does not keep the others from deleting.

    Args:
        settings: where the parts keep things.
        conversation: the sender id.

    Returns:
        By what the parts keep (the values of `FORGETTERS`), how much was deleted.

    Raises:
        ForgetError: a part failed; deleting again is safe, and needed.
    """
    failed = []
    deleted = {}
    for name, what in FORGETTERS.items():
        try:
            deleted[what] = _function(name)(settings, conversation)
        except Exception:
            logger.exception("%s could not delete conversation %s.", name, conversation)
            failed.append(name.partition(":")[0])
    if failed:
        raise ForgetError(
            f"Not everything of {conversation!r} was deleted: {', '.join(failed)} failed. Try again; the log says why."
        )
    return deleted


def ids_elsewhere(settings: Settings, prefix: str) -> set[str]:
    """Ids that begin so, of what is kept beside the events: some of it stays when a part failed to delete.

    Args:
        settings: where the parts keep things; their tables are there.
        prefix: how the ids begin.
    """
    from nmt_guide.channels.tables import channel_inbox, rest_answer
    from nmt_guide.handoff.tables import request
    from nmt_guide.knowledge.store import shared_store
    from nmt_guide.webchat.tables import entry

    ids = (entry.c.session, channel_inbox.c.conversation, rest_answer.c.conversation, request.c.conversation)
    with shared_store(settings.database_url).engine.connect() as connection:
        found = [
            connection.execute(select(one).where(func.substr(one, 1, len(prefix)) == prefix)).scalars() for one in ids
        ]
        return {name for names in found for name in names}


async def forget_between_turns(settings: Settings, conversation: str, lock_store: Any) -> None:
    """Delete a conversation of the running assistant; waits for an answer that is being made, which would be saved after.

    Args:
        settings: where the parts keep things.
        conversation: the sender id.
        lock_store: Rasa's, which lets one message of a conversation in at a time (`agent.lock_store`).

    Raises:
        ForgetError: see `forget`.
    """
    async with lock_store.lock(conversation, wait_time_in_seconds=0.1):
        await asyncio.to_thread(forget, settings, conversation)


def _function(name: str) -> Forgetter:
    module, _, function = name.partition(":")
    found: Forgetter = getattr(importlib.import_module(module), function)
    return found
