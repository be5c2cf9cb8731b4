"""Traces of messages by OpenTelemetry, where its packages are installed and an address is set.

A message is one trace: `message` with `understanding`, `action ...`, `store read` and `store write` in it. Like all that is
kept for those who run the assistant, it holds nothing that was said, and no name of a conversation.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

logger = logging.getLogger(__name__)

#: The standard's own variables; the exporter reads them, and those of headers, timeout and certificate.
_ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_tracer: Any = None
_provider: Any = None


def set_up() -> None:
    """Begin to export, when an address is set and the packages are there."""
    global _tracer, _provider
    if not any(os.environ.get(name) for name in _ADDRESSES):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        logger.error(
            "%s is set, but the packages of OpenTelemetry are not installed: no traces. See docs/deploy.md.",
            " or ".join(_ADDRESSES),
        )
        return
    name = os.environ.get("OTEL_SERVICE_NAME", "nmt-guide")
    # Our own provider, not the process's: what other libraries trace is none of ours, and may hold texts.
    _provider = TracerProvider(resource=Resource.create({"service.name": name}))
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = _provider.get_tracer("nmt_guide")


def shut_down() -> None:
    """Export what is left."""
    if _provider is not None:
        _provider.shutdown()


def span(name: str, **attributes: Any) -> AbstractContextManager[Any]:
    """A part of a message's way, from its beginning to its end. Does nothing when nothing is exported.

    Args:
        name: the part.
        attributes: what to say of it; nothing that was said.
    """
    if _tracer is None:
        return nullcontext()
    # An exception's own text may hold anything.
    span: AbstractContextManager[Any] = _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    )
    return span


def traced(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """An asynchronous function whose calls are a part of a message's way."""

    @functools.wraps(work)
    async def inner(*arguments: Any, **named: Any) -> Any:
        with span(name):
            return await work(*arguments, **named)

    return inner


def add(**attributes: Any) -> None:
    """Say more of the part that is at work now."""
    if _tracer is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attributes(attributes)


def trace_id() -> str | None:
    """The id of the trace that is at work now, to find it from a log line."""
    if _tracer is None:
        return None
    from opentelemetry import trace

    found = trace.get_current_span().get_span_context()
    return trace.format_trace_id(found.trace_id) if found.is_valid else None
