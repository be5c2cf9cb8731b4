"""Commands of `nmt-guide`. What takes long to import is imported in the command that needs it."""

from __future__ import annotations

import logging
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from nmt_guide.cli.analytics import analytics_app
from nmt_guide.cli.backup import backup, restore
from nmt_guide.cli.conversations import conversations_app
from nmt_guide.cli.evaluate import evaluate
from nmt_guide.cli.feedback import feedback_app
from nmt_guide.cli.handoff import handoff_app
from nmt_guide.cli.therapists import therapists_app
from nmt_guide.cli.topic import topic_app
from nmt_guide.errors import ContentError, NMTGuideError, UsageError
from nmt_guide.settings import ROOT, Settings

app = typer.Typer(
    help="NMT Guide: answers clients' questions about neuromuscular therapy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
content_app = typer.Typer(help="Check, load and print the content files.", no_args_is_help=True)
app.add_typer(content_app, name="content")
app.add_typer(topic_app, name="topic")
app.add_typer(therapists_app, name="therapists")
app.add_typer(handoff_app, name="handoff")
app.add_typer(feedback_app, name="feedback")
app.add_typer(conversations_app, name="conversations")
app.add_typer(analytics_app, name="analytics")
app.command()(evaluate)
app.command()(backup)
app.command()(restore)


def main() -> None:
    """Run a command; an error of ours is told in plain words, without a traceback."""
    # Rasa's and its libraries' deprecations are of no use to who runs this. Some of them turn warnings on again, so
    # that a filter does not hold.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    try:
        app()
    except NMTGuideError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        sys.exit(1)


def tell(line: str) -> None:
    """Print a line of progress at once."""
    typer.echo(line)
    sys.stdout.flush()


@app.command()
def serve() -> None:
    """Build what changed and serve the assistant until Ctrl-C."""
    from nmt_guide.analytics import wiring as analytics
    from nmt_guide.channels.credentials import channels_on
    from nmt_guide.handoff import wiring
    from nmt_guide.server import build, logs
    from nmt_guide.server.serve import check_port, check_tracker, web_address
    from nmt_guide.server.serve import serve as run

    settings = Settings()
    tell = logs.teller(settings)
    check_port(settings)
    ways = wiring.senders(settings)
    build.build_all(settings, tell)
    check_tracker(settings)
    credentials, lines = channels_on(settings)
    for line in [*lines, wiring.status(ways)]:
        tell(line)
    tell(f"NMT Guide starts on {web_address(settings, settings.host)} (Ctrl-C stops it) ...")
    forwarder = analytics.forwarder(settings) if analytics.on(settings) else None
    run(settings, build.model_file(settings), credentials, wiring.courier(settings), forwarder)


@app.command()
def build() -> None:
    """Build encoder, places, knowledge database, model and website chat, each only when its source changed."""
    from nmt_guide.server.build import build_all

    build_all(Settings(), tell)
    tell("Everything is up to date.")


@app.command()
def widget() -> None:
    """Build the website chat's script, widget/dist/nmt-chat.js."""
    from nmt_guide.server.build import build_widget

    build_widget(tell)
    tell("The website chat is up to date.")


@app.command()
def train(force: Annotated[bool, typer.Option(help="Train even when nothing changed.")] = False) -> None:
    """Train the model from data/ and the content files."""
    from nmt_guide.server import build

    settings = Settings()
    build.build_encoder(settings, tell)
    build.build_places(settings, tell)  # an image is made by this command: all that needs no database belongs in it
    tell(f"The model is {build.train(settings, tell, force)}.")


@app.command()
def ask(text: str) -> None:
    """Ask one question and see topic, confidence and answer."""
    from nmt_guide.server.ask import ask as ask_once

    settings = Settings()
    tell(ask_once(text, settings))


@content_app.command("check")
def content_check(
    overdue: Annotated[bool, typer.Option("--fail-overdue", help="Fail when a review is overdue.")] = False,
    sources: Annotated[
        bool, typer.Option("--sources", help="List what rests on a source nobody read in full.")
    ] = False,
    examples: Annotated[Path, typer.Option(help="The file of example questions.")] = ROOT / "data" / "nlu.yml",
) -> None:
    """Check all content files, example questions and `next.yml` beside them; names every mistake with file, line and entry."""
    from nmt_guide.knowledge import reachability
    from nmt_guide.knowledge.checks import due, unread_sources
    from nmt_guide.knowledge.examples import read_examples, read_next
    from nmt_guide.knowledge.files import read_content
    from nmt_guide.knowledge.lines import with_lines
    from nmt_guide.knowledge.warnings import warnings

    folders = Settings().content_dir, examples.parent
    content = read_content(folders[0])
    problems = reachability.check(content, read_examples(examples))
    said_next = examples.with_name("next.yml")
    if said_next.exists():
        problems += reachability.check_next(content, read_next(said_next))
    if problems:
        raise ContentError(with_lines(problems, *folders))
    late = with_lines(due(content, date.today()), *folders)
    if late and overdue:
        raise ContentError(late)
    for problem in [*late, *with_lines(warnings(content, date.today()), *folders)]:
        tell(f"warning: {problem}")
    if sources:
        for source, topics in sorted(unread_sources(content).items()):
            tell(f"{source} (not read in full): {', '.join(topics)}")
    counts = f"{len(content.topics)} topics, {len(content.sources)} sources, {len(content.red_flags)} red flags"
    tell(f"The content is in order: {counts}.")


@content_app.command("load")
def content_load(
    force: Annotated[bool, typer.Option(help="Load even when nothing changed.")] = False,
) -> None:
    """Check the content files and load them into the store; a running assistant uses them within seconds."""
    from nmt_guide.server.build import is_trained, load_content

    settings = Settings()
    tell("Loaded." if load_content(settings, tell, force) else "Nothing changed in the answers.")
    if not is_trained(settings):
        tell("Questions, names or signs changed since the training: run './nmt-guide train' and restart to use them.")


@content_app.command("table")
def content_table() -> None:
    """Print what the content covers: claims, groups, reading grades, evidence, reviews, sources."""
    from nmt_guide.knowledge.coverage import table
    from nmt_guide.knowledge.files import read_content

    tell(table(read_content(Settings().content_dir)))


@content_app.command("reference")
def content_reference(
    out: Annotated[Path, typer.Option(help="The HTML file to write.")],
    group: Annotated[
        list[str] | None,
        typer.Option(help="Only this group: red_flags, or a folder of knowledge/topics. May be given several times."),
    ] = None,
    short: Annotated[
        bool, typer.Option("--short", help="Without long answers and what is said of a condition.")
    ] = False,
) -> None:
    """Write one printable page of all red flags and topics with answers, evidence, sources and review."""
    from nmt_guide.knowledge.files import read_content
    from nmt_guide.knowledge.reference import groups_of, page

    content = read_content(Settings().content_dir)
    for name in group or ():
        if name not in groups_of(content):
            raise UsageError(f"There is no group {name!r}. The groups are: {', '.join(groups_of(content))}.")
    text = page(content, date.today(), group or (), short)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}.") from error
    tell(f"Wrote {out}. Open it in a browser; its print command makes a PDF.")
