"""What the process writes about itself: lines for people, or one JSON object a line (`NMT_LOG_FORMAT=json`).

No line holds what a client wrote, unless `NMT_LOG_LEVEL=DEBUG` asks for everything that Rasa says.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

from nmt_guide.analytics.turns import Turn
from nmt_guide.settings import Settings

logger = logging.getLogger(__name__)

#: What every record has; everything else was given with `extra`.
_USUAL = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"}
#: Under these names Rasa logs what was said. Those that its own list for anonymization has (rasa/utils/log_utils.py,
#: 3.6.21), which holds them back only with a plugin that is not free.
WORDS = {
    "current_entity", "current_states", "entity", "json_message", "message", "next_entity", "old_states",
    "parse_data_entities", "parse_data_text", "prediction_events", "prefilled_slots", "rasa_event", "rasa_events",
    "response", "response_text", "slot_candidates", "slot_values", "states", "successes", "text", "token_text",
    "tracker_latest_message", "tracker_states", "user_message", "user_text",
}  # fmt: skip
#: Loggers of Sanic that write by themselves.
_SANIC = ("sanic.root", "sanic.error", "sanic.access")


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: time, level, logger, message, what was given with it, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """See parent class."""
        given = {name: value for name, value in record.__dict__.items() if name not in _USUAL}
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **given,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def teller(settings: Settings) -> Callable[[str], None]:
    """A function that prints a line of progress at once, in the form of the other lines."""

    def tell(line: str) -> None:
        if settings.log_format == "json":
            record = logging.makeLogRecord({"name": "nmt_guide", "levelname": "INFO", "msg": line.strip()})
            line = JsonFormatter().format(record)
        print(line, flush=True)

    return tell


def set_up(settings: Settings) -> None:
    """Let every logger write in the wanted form; after whoever else sets up logging.

    Args:
        settings: level and form.
    """
    root = logging.getLogger()
    if not root.handlers:
        logging.basicConfig(level=settings.log_level, stream=sys.stdout, format="%(levelname)s %(name)s: %(message)s")
    if settings.log_format != "json":
        return
    for handler in root.handlers:
        handler.setFormatter(JsonFormatter())
    for name in _SANIC:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def set_up_structlog(settings: Settings) -> None:
    """Hold back the words of clients in what Rasa logs by structlog; in JSON, hand it to the other lines' formatter."""
    import structlog

    processors: Sequence[Any] = structlog.get_config()["processors"]
    if settings.log_level != "DEBUG":
        processors = [without_words, *processors]
    if settings.log_format == "json":
        # The last two of Rasa's make a text of it.
        processors = [*(each for each in processors if not _makes_text(each)), hand_over]
    structlog.configure(processors=list(processors))


def without_words(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A processor of structlog: leaves out what was said."""
    return {name: value for name, value in event.items() if name not in WORDS}


def hand_over(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A processor of structlog, the last: arguments for the logger beneath, whose records have names of their own."""
    passed: dict[str, Any] = {name: event[name] for name in ("exc_info", "stack_info") if name in event}
    left_out = {*passed, "event_info", "level"}
    extra = {f"{name}_" if name in _USUAL else name: value for name, value in event.items() if name not in left_out}
    return {"msg": event.get("event_info") or event["event"], "extra": extra, **passed}


def note(turns: Sequence[Turn], trace_id: str | None = None) -> None:
    """Log that messages were answered, at level INFO: what is counted of them, and nothing else."""
    for turn in turns:
        replies = [f"{reply.kind}/{reply.flag or reply.topic or '-'}" for reply in turn.replies]
        logger.info(
            "Answered by %s in %s s: %s",
            turn.channel,
            turn.seconds,
            ", ".join(replies) or "nothing",
            extra={
                "channel": turn.channel,
                "seconds": turn.seconds,
                "kinds": [reply.kind for reply in turn.replies],
                "topics": [reply.topic for reply in turn.replies if reply.topic],
                "flags": [reply.flag for reply in turn.replies if reply.flag],
                **({"trace_id": trace_id} if trace_id else {}),
            },
        )


def _makes_text(processor: Any) -> bool:
    import structlog

    makers = (structlog.processors.JSONRenderer, structlog.processors.ExceptionRenderer, structlog.dev.ConsoleRenderer)
    return isinstance(processor, makers)
