"""The trained assistant in this process: what it understands and what it replies."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import dataclasses
import logging
import os
import time
import uuid
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nmt_guide.errors import EvaluationError
from nmt_guide.evaluation.replies import Heard
from nmt_guide.server.build import quiet_environment
from nmt_guide.settings import ROOT


class TrainedAssistant:
    """A loaded agent, and its components one by one.

    Args:
        agent: Rasa's agent, with the actions in this process.
        loop: where its coroutines run.
    """

    def __init__(self, agent: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._agent = agent
        self._loop = loop

    @classmethod
    def load(cls, model: Path) -> TrainedAssistant:
        """Load a model file.

        Raises:
            EvaluationError: there is no such file.
        """
        if not model.exists():
            raise EvaluationError(f"There is no trained model {model}: run 'nmt-guide build' first.")
        os.environ.update(quiet_environment())
        os.chdir(ROOT)
        warnings.filterwarnings("ignore")
        from rasa.core.agent import load_agent
        from rasa.core.utils import AvailableEndpoints
        from rasa.utils.log_utils import configure_structlog

        from nmt_guide.server import patches
        from nmt_guide.server.actions import InProcessActions

        configure_structlog(logging.ERROR)
        logging.disable(logging.WARNING)
        patches.apply()
        loop = asyncio.new_event_loop()
        endpoints = AvailableEndpoints(action=InProcessActions())
        return cls(loop.run_until_complete(load_agent(str(model), endpoints=endpoints)), loop)

    def talk(self, turns: Sequence[str]) -> list[Heard]:
        """A conversation of its own: each turn with the reply to it."""
        sender = f"evaluate-{uuid.uuid4().hex}"
        return [self._loop.run_until_complete(self._turn(text, sender)) for text in turns]

    def ask(self, text: str) -> Heard:
        """One message in a conversation of its own."""
        return self.talk([text])[0]

    async def _turn(self, text: str, sender: str) -> Heard:
        from rasa.core.channels.channel import UserMessage

        from nmt_guide.channels.guard import harmless
        from nmt_guide.channels.turn import Replies

        replies = Replies()
        trackers = self._agent.tracker_store
        safe = await harmless(text, sender, trackers)  # as every channel does
        await self._agent.handle_message(UserMessage(safe, replies, sender))
        tracker = await trackers.retrieve(sender)
        understood = tracker.latest_message.parse_data if tracker and tracker.latest_message else {}
        return Heard(
            text=text,
            questions=tuple(understood.get("questions") or ()),
            metadata=tuple(message.get("metadata") or {} for message in replies.messages),
            texts=tuple(message.get("text") or "" for message in replies.messages),
        )

    def parse(self, text: str) -> dict[str, Any]:
        """What Rasa's understanding returns for a message, without dialogue and reply."""
        from rasa.core.channels.channel import UserMessage

        parsed: dict[str, Any] = self._loop.run_until_complete(self._agent.processor.parse_message(UserMessage(text)))
        return parsed

    def components(self) -> dict[str, Any]:
        """The components of the pipeline by class name, in the order in which a message passes them.

        Rasa offers no public way to its loaded components; the order comes from the schema, which is public.
        """
        metadata = self._agent.processor.model_metadata
        nodes = metadata.predict_schema.nodes
        loaded = self._agent.processor.graph_runner._instantiated_nodes
        chain: list[str] = []
        name = metadata.nlu_target
        while name in nodes:
            chain.append(name)
            name = nodes[name].needs.get("messages", "")
        pipeline = [n for n in reversed(chain) if set(nodes[n].needs) <= {"messages", "tracker"}]
        # The first turns Rasa's message into one of the pipeline: it is no component of `config.yml`.
        return {type(loaded[n]._component).__name__: loaded[n]._component for n in pipeline if nodes[n].fn == "process"}

    def timed(self, text: str) -> tuple[Any, dict[str, float]]:
        """The message after all components, and the seconds that each took."""
        from rasa.shared.nlu.constants import TEXT
        from rasa.shared.nlu.training_data.message import Message

        message = Message(data={TEXT: text})
        seconds = {}
        for name, component in self.components().items():
            start = time.perf_counter()
            component.process([message])
            seconds[name] = time.perf_counter() - start
        return message, seconds

    def understood(self, texts: Sequence[str]) -> list[Any]:
        """Many messages after spelling correction and sentence encoder, quicker than one by one."""
        from rasa.shared.nlu.constants import TEXT
        from rasa.shared.nlu.training_data.message import Message

        messages = [Message(data={TEXT: text}) for text in texts]
        components = self.components()
        for name in ("SpellingCorrector", "SentenceEncoder"):
            components[name].process(messages)
        return messages

    def calibration(self) -> tuple[float, ...]:
        """What the signals of a topic are multiplied with to give its confidence: see `understanding.topics`."""
        return tuple(self.components()["TopicClassifier"]._config["calibration"])

    def screen(self) -> ScreenReader:
        """The safety screen in use."""
        components = self.components()
        return ScreenReader(components["SafetyScreen"].screen(components["Labeller"].reader))


class ScreenReader:
    """Reads messages with the safety screen once, and decides on them with any thresholds.

    Args:
        screen: `nmt_guide.safety.screen.Screen`.
    """

    def __init__(self, screen: Any) -> None:
        self._screen = screen
        self.thresholds = screen._thresholds

    def evidence(self, text: str) -> Any:
        """What the screen would decide on: scores of the examples, and rules that hold."""
        seen: list[Any] = []

        def keep(*args: Any) -> list[Any]:
            seen.append(args)
            return []

        reader = copy.copy(self._screen)
        reader._decide = keep
        reader.read(text)
        return seen[0]

    def alarmed(self, evidence: Any, **thresholds: float) -> bool:
        """Whether an urgent flag is likely when some thresholds are other than those in use."""
        reader = copy.copy(self._screen)
        reader._thresholds = dataclasses.replace(self.thresholds, **thresholds)
        return any(finding.likely and finding.flag in reader.urgent for finding in reader._decide(*evidence))


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Everything inside runs on one core and one thread, so that figures of different machines compare."""
    from threadpoolctl import threadpool_limits

    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    try:
        if cores:
            os.sched_setaffinity(0, {min(cores)})
        with threadpool_limits(1):
            yield
    finally:
        if cores:
            os.sched_setaffinity(0, cores)
