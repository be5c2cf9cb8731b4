"""Commands on stored conversations."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated

import typer

from nmt_guide.errors import UsageError
from nmt_guide.settings import Settings

conversations_app = typer.Typer(help="Delete stored conversations.", no_args_is_help=True)


@conversations_app.command("delete")
def conversations_delete(sender: Annotated[str, typer.Argument(help="The name of the conversation.")]) -> None:
    """Delete all that is stored of one conversation."""
    from nmt_guide.knowledge.store import Store
    from nmt_guide.privacy.forget import forget

    settings = Settings()
    Store(settings.database_url).migrate()  # what was never used has no tables yet
    forget(settings, sender)
    typer.echo(f"Deleted what was stored of {sender!r}.")


@conversations_app.command("purge")
def conversations_purge(
    older_than: Annotated[
        int | None,
        typer.Option(min=1, help="Days to keep. Without it: privacy.retention_days of knowledge/clinic.yml."),
    ] = None,
) -> None:
    """Delete all that is older than the clinic keeps; let cron or a timer run it once a day."""
    from nmt_guide.handoff import wiring
    from nmt_guide.knowledge.store import Store
    from nmt_guide.privacy.conversations import purge
    from nmt_guide.webchat.entries import Entries

    settings = Settings()
    days = _retention_days(settings) if older_than is None else older_than
    before = datetime.now(timezone.utc) - timedelta(days=days)
    store = Store(settings.database_url)
    store.migrate()
    counts = (
        f"{purge(settings, days)} events, {Entries(store.engine).purge(before)} entries of website chats and "
        f"{wiring.outbox(settings).purge(before)} requests to staff"
    )
    typer.echo(f"Deleted what was older than {days} days: {counts}.")


def _retention_days(settings: Settings) -> int:
    from nmt_guide.knowledge.files import read_content

    days = (read_content(settings.content_dir).clinic.facts.get("privacy") or {}).get("retention_days")
    if not isinstance(days, int) or days < 1:
        raise UsageError(
            "clinic.yml does not say how long messages are kept: fill in privacy.retention_days, or give --older-than DAYS."
        )
    return days
