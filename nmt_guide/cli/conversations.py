"""Commands on stored conversations."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nmt_guide.cli.files import Force, check_free, harmless, write_private
from nmt_guide.cli.store import ready_store
from nmt_guide.errors import UsageError
from nmt_guide.settings import Settings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

conversations_app = typer.Typer(help="Find, read and delete stored conversations.", no_args_is_help=True)

_Id = Annotated[str, typer.Argument(metavar="ID", help="The conversation's id, or its first 8 characters or more.")]
#: Ids that are drawn at random, which the beginning tells apart. Of others, such as "telegram-123", it may be the whole
#: id of somebody else.
_RANDOM_ID = re.compile(r"[0-9a-f-]{32,}")
_SHORTEST_PREFIX = 8


@conversations_app.command("list")
def conversations_list(
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Only what was said on this day (2026-11-30), in the clinic's time zone."
        ),
    ] = None,
) -> None:
    """List stored conversations without their text: id, when, channel if known, how many messages; oldest first."""
    from nmt_guide.privacy.conversations import stored

    settings = Settings()
    zone = _time_zone(settings)
    since = None if on is None else on.replace(tzinfo=zone)
    found = stored(settings, since=since, until=None if since is None else since + timedelta(days=1))
    for each in found:
        first, last = each.first.astimezone(zone), each.last.astimezone(zone)
        until = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%Y-%m-%d %H:%M}"
        channel = each.channel or "channel unknown"
        typer.echo(f"{each.id}  {first:%Y-%m-%d %H:%M} to {until}  {channel}  {each.messages} messages")
    if not found:
        typer.echo("Nothing is stored." if on is None else "Nothing is stored of that day.")


@conversations_app.command("show")
def conversations_show(
    conversation: _Id,
    out: Annotated[Path | None, typer.Option(help="The text file to write, for who asked for a copy.")] = None,
    force: Force = False,
) -> None:
    """Show who said what when in one conversation."""
    from nmt_guide.privacy.conversations import said

    settings = Settings()
    if out is not None:
        check_free(out, force)
    zone = _time_zone(settings)
    name = _one(settings, conversation)
    lines = [
        f"{each.at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {each.author}: {_indented(each.text)}"
        for each in said(settings, name)
    ]
    if not lines:
        raise UsageError(f"Nothing is stored of {conversation!r}.")
    text = "\n".join([f"Conversation {name}, times of {zone}", "", *lines])
    if out is None:
        typer.echo(text)
        return
    try:
        write_private(out, f"{text}\n")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}.") from error
    typer.echo(f"Wrote {len(lines)} messages into {out}.")


@conversations_app.command("delete")
def conversations_delete(conversation: _Id) -> None:
    """Delete all that is stored of one conversation."""
    from nmt_guide.privacy.forget import forget

    settings = Settings()
    ready_store(settings)
    name = _one(settings, conversation)
    deleted = forget(settings, name)
    counts = ", ".join(f"{count} {what}" for what, count in deleted.items() if count)
    if not counts:
        raise UsageError(f"Nothing is stored of {conversation!r}.")
    typer.echo(f"Deleted what was stored of {name!r}: {counts}.")


@conversations_app.command("purge")
def conversations_purge(
    older_than: Annotated[
        int | None,
        typer.Option(min=1, help="Days to keep. Without it: privacy.retention_days of knowledge/clinic.yml."),
    ] = None,
) -> None:
    """Delete all that is older than the clinic keeps; let cron or a timer run it once a day."""
    from nmt_guide.handoff import wiring
    from nmt_guide.privacy.conversations import purge
    from nmt_guide.webchat.entries import Entries

    settings = Settings()
    days = _retention_days(settings) if older_than is None else older_than
    before = datetime.now(timezone.utc) - timedelta(days=days)
    store = ready_store(settings)
    counts = (
        f"{purge(settings, days)} events, {Entries(store.engine).purge(before)} entries of website chats and "
        f"{wiring.outbox(settings).purge(before)} requests to staff"
    )
    typer.echo(f"Deleted what was older than {days} days: {counts}.")


def _indented(text: str) -> str:
    """A message whose further lines cannot be taken for other messages."""
    return "\n    ".join(harmless(text).splitlines())


def _one(settings: Settings, conversation: str) -> str:
    """The id that was given, or the one that begins so."""
    from nmt_guide.privacy.conversations import stored
    from nmt_guide.privacy.forget import ids_elsewhere

    if len(conversation) < _SHORTEST_PREFIX:
        return conversation
    found = {each.id for each in stored(settings, conversation)} | ids_elsewhere(settings, conversation)
    random = [name for name in found if _RANDOM_ID.fullmatch(name)]
    if conversation in found or not random:
        return conversation
    if len(random) > 1:
        raise UsageError(
            f"{len(random)} conversations begin with {conversation!r}: see 'nmt-guide conversations list'."
        )
    return random[0]


def _time_zone(settings: Settings) -> ZoneInfo:
    from nmt_guide.handoff.hours import time_zone

    return time_zone(ready_store(settings).clinic())


def _retention_days(settings: Settings) -> int:
    from nmt_guide.knowledge.files import read_content

    days = (read_content(settings.content_dir).clinic.facts.get("privacy") or {}).get("retention_days")
    if not isinstance(days, int) or days < 1:
        raise UsageError(
            "clinic.yml does not say how long messages are kept: fill in privacy.retention_days, or give --older-than DAYS."
        )
    return days
