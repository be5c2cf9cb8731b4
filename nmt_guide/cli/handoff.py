"""`nmt-guide handoff`: what clients left for staff."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated

import typer

from nmt_guide.cli.files import harmless
from nmt_guide.errors import DeliveryError, UsageError
from nmt_guide.settings import Settings

if TYPE_CHECKING:
    from nmt_guide.handoff.outbox import Delivery, Entry, Outbox
    from nmt_guide.knowledge.content import Clinic

handoff_app = typer.Typer(help="See and send what clients left for the clinic's staff.", no_args_is_help=True)

_Id = Annotated[str, typer.Argument(metavar="ID", help="The request's id, or its first characters.")]
_Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="The requests' ids, or their first characters.")]


@handoff_app.command("list")
def handoff_list(
    every: Annotated[bool, typer.Option("--all", help="Also those that are dealt with.")] = False,
) -> None:
    """List what clients left and nobody dealt with yet, oldest first, and whether it was sent."""
    outbox, clinic = _outbox_and_clinic()
    found = [entry for entry in outbox.entries() if every or entry.done_at is None]
    for entry in found:
        request = entry.request
        reach = ", ".join(filter(None, (request.name, request.phone, request.email))) or "no contact details"
        what = f"{request.kind}, {request.flag}" if request.flag else request.kind
        typer.echo(f"{request.id[:8]}  {_moment(request.created_at, clinic)}  {what}: {harmless(reach)}")
        typer.echo(f"          {_progress(entry, clinic)}")
    if not found:
        typer.echo("There is nothing." if every else "There is nothing to deal with.")


@handoff_app.command("show")
def handoff_show(request_id: _Id) -> None:
    """Show one request as staff get it, and how far it came."""
    from nmt_guide.handoff.notices import notice

    outbox, clinic = _outbox_and_clinic()
    entry = _one(outbox, request_id)
    shown = notice(entry.request, clinic)
    typer.echo(harmless(f"{shown.subject}\n\n{shown.body}\n{_progress(entry, clinic)}"))


@handoff_app.command("done")
def handoff_done(request_ids: _Ids) -> None:
    """Note that requests are dealt with: they leave the list and are not sent any more."""
    outbox, _ = _outbox_and_clinic()
    for entry in [_one(outbox, request_id) for request_id in request_ids]:  # all are found before any is changed
        outbox.done(entry.request.id, datetime.now(timezone.utc))
        typer.echo(f"{entry.request.id[:8]} is dealt with.")


@handoff_app.command("reopen")
def handoff_reopen(request_ids: _Ids) -> None:
    """Take back that requests are dealt with: they are on the list again, and sent if they were not yet."""
    outbox, _ = _outbox_and_clinic()
    for entry in [_one(outbox, request_id) for request_id in request_ids]:
        outbox.done(entry.request.id, None)
        typer.echo(f"{entry.request.id[:8]} is on the list again.")


@handoff_app.command("send")
def handoff_send() -> None:
    """Try once to send everything that waits; a running assistant does so by itself."""
    from nmt_guide.handoff.wiring import courier, outbox

    settings = Settings()
    who = courier(settings)
    if not who.senders:
        raise UsageError("No way to staff is set up: set NMT_SMTP_URL and NMT_STAFF_EMAIL, or NMT_STAFF_SLACK_WEBHOOK.")

    async def once() -> tuple[int, list[str]]:
        await who.hurry()
        tally = await who.deliver_due()
        return tally.sent, tally.errors

    sent, errors = asyncio.run(once())
    typer.echo(f"Sent {sent}; {len(outbox(settings).pending())} wait.")
    if errors:
        raise DeliveryError("Not everything was sent; it is kept and tried again. " + " ".join(dict.fromkeys(errors)))


@handoff_app.command("test")
def handoff_test() -> None:
    """Send a test message to staff on every way that is set up."""
    from nmt_guide.handoff.notices import Notice
    from nmt_guide.handoff.requests import Request
    from nmt_guide.handoff.wiring import senders

    ways = senders(Settings())
    if not ways:
        raise UsageError("No way to staff is set up: set NMT_SMTP_URL and NMT_STAFF_EMAIL, or NMT_STAFF_SLACK_WEBHOOK.")
    failed = []
    for way in ways:
        test = Notice(
            id=Request(kind="question", conversation="test", channel="test").id,
            subject="Test message of NMT Guide",
            body="This is a test. What clients leave for the clinic will arrive here.\n",
        )
        try:
            asyncio.run(way.send(test))
        except DeliveryError as error:
            failed.append(f"{way.way}: {error}")
        else:
            typer.echo(f"{way.way}: the message was accepted. Look whether it arrived.")
    if failed:
        raise DeliveryError("\n".join(failed))


def _outbox_and_clinic() -> tuple[Outbox, Clinic]:
    from nmt_guide.handoff.wiring import outbox
    from nmt_guide.knowledge.store import Store

    settings = Settings()
    return outbox(settings), Store(settings.database_url).clinic()


def _one(outbox: Outbox, request_id: str) -> Entry:
    found = outbox.entries(request_id.lower())
    if len(found) != 1:
        how_many = "no request" if not found else f"{len(found)} requests"
        raise UsageError(
            f"{how_many.capitalize()} with an id that begins with {request_id!r}: see 'nmt-guide handoff list'."
        )
    return found[0]


def _progress(entry: Entry, clinic: Clinic) -> str:
    if entry.done_at is not None:
        return f"dealt with on {_moment(entry.done_at, clinic)}"
    if not entry.deliveries:
        return "not sent to staff yet"
    return "; ".join(_way(delivery, clinic) for delivery in entry.deliveries)


def _way(delivery: Delivery, clinic: Clinic) -> str:
    if delivery.delivered_at is not None:
        return f"{delivery.way}: delivered on {_moment(delivery.delivered_at, clinic)}"
    if delivery.state == "sending":
        return f"{delivery.way}: being sent"
    stuck = "STUCK, " if delivery.stuck else ""
    tried = f"{stuck}tried {delivery.attempts} times, again on {_moment(delivery.next_try_at, clinic)}"
    return f"{delivery.way}: {tried}. {delivery.last_error}" if delivery.last_error else f"{delivery.way}: not sent yet"


def _moment(when: datetime, clinic: Clinic) -> str:
    from nmt_guide.handoff.hours import time_zone

    return f"{when.astimezone(time_zone(clinic)):%Y-%m-%d %H:%M}"
