"""Commands on what clients asked."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from datetime import datetime, timezone
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from nmt_guide.cli.store import ready_store
from nmt_guide.errors import UsageError
from nmt_guide.settings import Settings

analytics_app = typer.Typer(help="What clients asked, without who and in which words.", no_args_is_help=True)


@analytics_app.command("report")
def analytics_report(
    weeks: Annotated[int, typer.Option(min=1, max=520, help="How many weeks, this one among them.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, whole, for another program.")] = False,
) -> None:
    """What clients asked, what went unanswered and how often safety messages went out, by week."""
    from nmt_guide.analytics import wiring
    from nmt_guide.analytics.report import as_text, report
    from nmt_guide.knowledge.files import read_content

    settings = Settings()
    ready_store(settings)
    zone = ZoneInfo(read_content(settings.content_dir).clinic.facts.get("timezone") or "UTC")
    found = report(wiring.counts(settings), weeks, datetime.now(timezone.utc), zone)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=2))
        return
    typer.echo(as_text(found))
    waiting = wiring.outbox(settings).waiting()
    if waiting:
        typer.echo(f"\n{waiting} more messages are not counted yet: 'nmt-guide analytics status' says more.")


@analytics_app.command("consume")
def analytics_consume() -> None:
    """Count what comes through RabbitMQ, until interrupted; without RabbitMQ the assistant does it itself."""
    from nmt_guide.analytics import wiring
    from nmt_guide.analytics.rabbit import Reader
    from nmt_guide.server import logs

    settings = Settings()
    url = _broker(settings)
    logs.set_up(settings)
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # a lost connection is told by us, in one line
    ready_store(settings)

    async def read() -> None:
        reader = Reader(url, wiring.counts(settings).add)
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, reader.stop)
        logs.teller(settings)("Counting what clients ask (Ctrl-C stops it) ...")
        await reader.run()

    asyncio.run(read())


@analytics_app.command("status")
def analytics_status() -> None:
    """Say what is not counted yet. Fails when nobody reads the queue, or a part cannot be reached."""
    from nmt_guide.analytics import wiring
    from nmt_guide.analytics.rabbit import state

    settings = Settings()
    typer.echo(f"In the database of the conversations: {wiring.outbox(settings).waiting()} messages wait.")
    if not settings.rabbitmq_url:
        typer.echo("There is no RabbitMQ (NMT_RABBITMQ_URL): a running assistant counts them itself.")
        return
    found = asyncio.run(state(_broker(settings)))
    typer.echo(f"In RabbitMQ: {found.messages} messages wait, for {found.readers} readers.")
    if not found.readers:
        raise UsageError("Nobody reads the queue: start 'nmt-guide analytics consume'.")


def _broker(settings: Settings) -> str:
    if not settings.rabbitmq_url:
        raise UsageError("There is no RabbitMQ (NMT_RABBITMQ_URL): a running assistant counts what clients ask itself.")
    return settings.rabbitmq_url
