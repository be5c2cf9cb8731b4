"""Starts the assistant: Rasa's server, built from its public pieces."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import faulthandler
import gc
import logging
import os
import socket
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from nmt_guide.analytics.forwarder import Forwarder
from nmt_guide.channels.credentials import Credentials
from nmt_guide.errors import SetupError, reason_of
from nmt_guide.handoff.worker import Background, Courier
from nmt_guide.private import make_sqlite_file
from nmt_guide.server import lean, logs, tracing
from nmt_guide.server.build import quiet_environment
from nmt_guide.settings import ROOT, Settings

#: A thread that needs Python for a moment, such as the encoder's, waits at most so long for the event loop. With Python's
#: own five milliseconds, eight clients at once got a twentieth fewer messages answered.
_SWITCH_SECONDS = 0.001
#: How long a stop may take, in seconds: less than a container is given (`stop_grace_period` in `docker-compose.yml`), more
#: than the longest wait for a client (15, Sanic) and for what is under way to staff and counting (5 each).
_STOP_SECONDS = 27.0


def check_port(settings: Settings) -> None:
    """See that the address is free, before anything is loaded.

    Raises:
        SetupError: it is taken, or may not be used.
    """
    try:
        for family in {found[0] for found in socket.getaddrinfo(settings.host, None)}:  # "localhost" has two
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:  # else "::" takes the port of IPv4 too, as the server does not
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind((settings.host, settings.port))
    except OverflowError as error:
        raise SetupError(f"There is no port {settings.port}: choose one from 1 to 65535.") from error
    except UnicodeError as error:  # Python's, of a name that cannot be
        raise SetupError(f"There is no host {settings.host!r} (NMT_HOST).") from error
    except OSError as error:
        raise _cannot_listen(settings, error) from error


def _cannot_listen(settings: Settings, error: OSError) -> SetupError:
    if error.errno == errno.EADDRINUSE:
        return SetupError(
            f"Port {settings.port} is taken by another program: stop it, or choose another with NMT_PORT=5006 ./run."
        )
    return SetupError(f"Cannot listen on {settings.host} (NMT_HOST), port {settings.port}: {error.strerror}.")


class _NotStarted(logging.Filter):
    """Takes the error for which Sanic could not listen. Sanic writes it into its log alone, and returns as after a stop.

    Attributes:
        error: what it was, or nothing.
    """

    error: OSError | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record goes into the log: all but this error, which is told in a sentence."""
        raised = record.exc_info[1] if record.exc_info else None
        if record.msg != "Unable to start server" or not isinstance(raised, OSError):
            return True
        self.error = raised
        return False


def web_address(settings: Settings, host: str) -> str:
    """The address of a host as a browser takes it: one of IPv6 stands in brackets."""
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def check_tracker(settings: Settings) -> None:
    """See that conversations can be stored. Rasa would start without, and fail on every message.

    Raises:
        SetupError: the database cannot be reached.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    make_sqlite_file(settings.tracker_url)
    try:
        create_engine(settings.tracker_url).connect().close()
    except (SQLAlchemyError, ImportError) as error:
        reason = reason_of(error)
        raise SetupError(f"The database of the conversations (NMT_TRACKER_URL) cannot be used: {reason}") from error


def serve(
    settings: Settings, model: Path, credentials: Credentials, courier: Courier, analytics: Forwarder | None
) -> None:
    """Serve until interrupted.

    Args:
        settings: address, stores, log level.
        model: the trained model.
        credentials: the channels that are on, from `channels_on`.
        courier: who brings clients' requests to staff meanwhile.
        analytics: who passes on what was asked, or nobody when it is not counted.

    Raises:
        SetupError: another program took the port while the model was loaded.
    """
    os.environ.update(quiet_environment())
    os.environ["LOG_LEVEL"] = settings.log_level
    os.environ["LOG_LEVEL_LIBRARIES"] = "ERROR"
    os.chdir(ROOT)

    lean.apply(ROOT / "config.yml", credentials)
    from rasa.core.run import close_resources, configure_app, load_agent_on_start
    from rasa.core.utils import AvailableEndpoints, number_of_sanic_workers
    from rasa.shared.utils.common import class_from_module_path
    from rasa.utils.common import configure_logging_and_warnings, update_sanic_log_level
    from rasa.utils.endpoints import EndpointConfig
    from rasa.utils.log_utils import configure_structlog

    from nmt_guide.server import metrics, patches
    from nmt_guide.server.actions import ActionServer, InProcessActions
    from nmt_guide.server.locks import lock_store
    from nmt_guide.server.tracker_store import TailTrackerStore

    configure_logging_and_warnings(warn_only_once=False, filter_repeated_logs=False)
    configure_structlog(logging.getLevelName(settings.log_level))
    logs.set_up(settings)
    logs.set_up_structlog(settings)
    tracing.set_up()
    patches.apply()
    _one_thread_for_products()
    sys.setswitchinterval(_SWITCH_SECONDS)
    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    store = f"{TailTrackerStore.__module__}.{TailTrackerStore.__name__}"
    endpoints.tracker_store = EndpointConfig(type=store, url=settings.tracker_url, analytics=analytics is not None)
    endpoints.lock_store = lock_store(endpoints.lock_store, settings.redis_url)
    if settings.action_server_url:
        endpoints.action = ActionServer(url=settings.action_server_url)
    else:
        endpoints.action = InProcessActions()
    # As `rasa.core.run.serve_application` does it. That one takes the credentials from a file alone, and the secrets in
    # them are better not written anywhere.
    channels = [class_from_module_path(path).from_credentials(known) for path, known in credentials.items()]
    app = configure_app(channels, cors=[], enable_api=False, port=settings.port, endpoints=endpoints)
    app.register_listener(partial(load_agent_on_start, str(model), endpoints, None), "before_server_start")
    app.register_listener(_tidy_memory, "after_server_start")
    app.register_listener(_end_in_time, "before_server_stop")
    app.register_listener(partial(_tell_ready, settings), "after_server_start")
    app.register_listener(close_resources, "after_server_stop")
    if courier.senders and settings.handoff_seconds > 0:
        for listener, event in Background(courier, settings.handoff_seconds).listeners:
            app.register_listener(listener, event)
    if analytics is not None:
        app.ctx.analytics = analytics
        metrics.ANALYTICS_STUCK.set_function(lambda: float(bool(analytics.trouble)))
        if settings.analytics_seconds > 0:
            for listener, event in Background(analytics, settings.analytics_seconds).listeners:
                app.register_listener(listener, event)
    app.register_listener(_end_traces, "after_server_stop")
    update_sanic_log_level()
    logs.set_up(settings)  # again: Sanic has loggers of its own by now
    workers = number_of_sanic_workers(endpoints.lock_store)
    not_started = _NotStarted()
    logging.getLogger("sanic.error").addFilter(not_started)
    app.run(host=settings.host, port=settings.port, backlog=100, workers=workers)
    if not_started.error is not None:
        _see_that_it_ends()  # what was loaded meanwhile was not told to stop
        raise _cannot_listen(settings, not_started.error)


def _one_thread_for_products() -> None:
    """Let each product of matrices be computed by one thread.

    Those of one message are too small to share: on two busy cores, the products of a message's topics took 6.7 ms of
    processor time by one thread and 9 to 11 ms by two, and came no sooner. Other messages, requests and replicas need
    the other cores.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


async def _tidy_memory(_app: Any, _loop: Any) -> None:
    """Hand back to the system what loading the model and the first message left behind: some 20 MB for good.

    What was needed to unpack the model is free by now, but lies between what stays. Only glibc has the call. What stays is
    taken out of Python's search for garbage, which would look at all of it every few hundred messages: for a fifth of a
    second, in which everybody waits.
    """
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


async def _tell_ready(settings: Settings, _app: Any, _loop: Any) -> None:
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host
    logs.teller(settings)(f"Ready. The demo page with the chat: {web_address(settings, host)}/")


async def _end_in_time(_app: Any, _loop: Any) -> None:
    _see_that_it_ends()


def _see_that_it_ends() -> None:
    """See that the process ends, even if something in it never does: it then says where each thread was.

    Nothing is lost by it: what clients sent and what is under way is in the database, for the next start.
    """
    faulthandler.dump_traceback_later(_STOP_SECONDS, exit=True)


async def _end_traces(_app: Any, _loop: Any) -> None:
    await asyncio.to_thread(tracing.shut_down)
