"""One question without a server, for people at a shell."""

from __future__ import annotations

import asyncio
import os

from nmt_guide.errors import SetupError
from nmt_guide.server import lean
from nmt_guide.server.build import model_file, quiet_environment
from nmt_guide.settings import ROOT, Settings


def ask(text: str, settings: Settings) -> str:
    """What the assistant says to one message, with what it understood.

    Args:
        text: the client's message.
        settings: where model and stores are.

    Raises:
        SetupError: there is no model yet.
    """
    if not model_file(settings).exists():
        raise SetupError("The assistant is not trained yet: run './nmt-guide train'.")
    os.environ.update(quiet_environment())
    os.chdir(ROOT)
    import logging

    logging.disable(logging.WARNING)
    lean.apply(ROOT / "config.yml", ())
    from rasa.core.agent import load_agent
    from rasa.core.channels.channel import UserMessage
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.log_utils import configure_structlog

    from nmt_guide.channels.turn import Replies
    from nmt_guide.server.actions import InProcessActions

    configure_structlog(logging.ERROR)

    async def once() -> str:
        endpoints = AvailableEndpoints(action=InProcessActions())
        agent = await load_agent(str(model_file(settings)), endpoints=endpoints)
        replies = Replies()
        await agent.handle_message(UserMessage(text, replies, "ask"))
        tracker = await agent.tracker_store.retrieve("ask")
        heard = tracker.latest_message.parse_data if tracker else {}
        lines = []
        for question in heard.get("questions", []):
            best = ", ".join(f"{label} {score:.2f}" for label, score in question["ranking"][:3])
            lines.append(f"understood: {question['text']!r} as {best} (confidence {question['confidence']:.2f})")
            lines.append(f"facets:     {question['facets']}")
        lines += [f"alarm:      {alarm}" for alarm in heard.get("alarms", [])]
        for message in replies.messages:
            meta = message["metadata"]
            lines += ["", f"[{meta.get('kind')} {meta.get('topic', meta.get('flag', ''))}]", message["text"]]
            lines += [f"  ( {button['title']} )" for button in message.get("buttons", [])]
        return "\n".join(lines)

    return asyncio.run(once())
