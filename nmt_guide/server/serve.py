"""Starts the assistant: Rasa's server, built from its public pieces."""

from __future__ import annotations

import errno
import logging
import os
import socket
from pathlib import Path

from nmt_guide.errors import SetupError
from nmt_guide.handoff.worker import Background, Courier
from nmt_guide.server.build import quiet_environment
from nmt_guide.settings import ROOT, Settings


def check_port(settings: Settings) -> None:
    """See that the address is free, before anything is loaded.

    Raises:
        SetupError: it is taken, or may not be used.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OverflowError as error:
            raise SetupError(f"There is no port {settings.port}: choose one from 1 to 65535.") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SetupError(
                    f"Port {settings.port} is taken by another program: stop it, or choose another with NMT_PORT=5006 ./run."
                ) from error
            raise SetupError(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.") from error


def check_tracker(settings: Settings) -> None:
    """See that conversations can be stored. Rasa would start without, and fail on every message.

    Raises:
        SetupError: the database cannot be reached.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        create_engine(settings.tracker_url).connect().close()
    except (SQLAlchemyError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise SetupError(f"The database of the conversations (NMT_TRACKER_URL) cannot be used: {reason}") from error


def serve(settings: Settings, model: Path, courier: Courier) -> None:
    """Serve until interrupted.

    Args:
        settings: address, stores, log level.
        model: the trained model.
        courier: who brings clients' requests to staff meanwhile.
    """
    os.environ.update(quiet_environment())
    os.environ["LOG_LEVEL"] = settings.log_level
    os.environ["LOG_LEVEL_LIBRARIES"] = "ERROR"
    os.chdir(ROOT)

    # Rasa's and its libraries' deprecations are of no use to who runs this. Some of them turn warnings on again, so
    # that a filter does not hold.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)

    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.endpoints import EndpointConfig
    from rasa.utils.log_utils import configure_structlog

    from nmt_guide.server import patches
    from nmt_guide.server.actions import ActionServer, InProcessActions

    configure_logging_and_warnings(warn_only_once=False, filter_repeated_logs=False)
    configure_structlog(logging.getLevelName(settings.log_level))
    patches.apply()
    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    endpoints.tracker_store = EndpointConfig(
        type="SQL", dialect=settings.tracker_url.partition(":")[0], url=settings.tracker_url
    )
    if settings.action_server_url:
        endpoints.action = ActionServer(url=settings.action_server_url)
    else:
        endpoints.action = InProcessActions()
    delivers = bool(courier.senders) and settings.handoff_seconds > 0
    serve_application(
        model_path=str(model),
        interface=settings.host,
        port=settings.port,
        credentials="credentials.yml",
        endpoints=endpoints,
        enable_api=False,
        cors=[],
        server_listeners=Background(courier, settings.handoff_seconds).listeners if delivers else None,
    )
