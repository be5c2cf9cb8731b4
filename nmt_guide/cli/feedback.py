"""`nmt-guide feedback`: what clients think of the assistant's replies."""

from __future__ import annotations

import textwrap
from typing import Annotated

import typer

from nmt_guide.cli.files import harmless
from nmt_guide.cli.store import ready_store
from nmt_guide.settings import Settings

feedback_app = typer.Typer(help="Read what clients think of the replies in the website chat.", no_args_is_help=True)

#: Characters of a reply that are shown: enough to recognise it.
_SHOWN_CHARS = 80


@feedback_app.command("list")
def feedback_list(
    comments: Annotated[bool, typer.Option("--comments", help="Only those with a comment.")] = False,
) -> None:
    """List ratings and comments, newest first, each with the topic and the beginning of the reply that it is about."""
    from nmt_guide.handoff.hours import time_zone
    from nmt_guide.webchat.entries import Entries

    store = ready_store(Settings())
    zone = time_zone(store.clinic())
    found = [rating for rating in Entries(store.engine).ratings() if rating.comment or not comments]
    for rating in found:
        about = textwrap.shorten(harmless(rating.reply), _SHOWN_CHARS, placeholder=" ...")
        typer.echo(
            f"{rating.given_at.astimezone(zone):%Y-%m-%d %H:%M}  {rating.rating:4}  {rating.topic or 'no topic'}"
        )
        typer.echo(f"    on: {about}")
        for line in harmless(rating.comment or "").splitlines():
            typer.echo(f"    > {line}")
    if not found:
        typer.echo("There is no comment." if comments else "Nobody rated a reply.")
