"""`nmt-guide therapists`: the directory in and out of a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nmt_guide.cli.files import Force, check_free
from nmt_guide.cli.store import ready_store
from nmt_guide.directory.model import Place
from nmt_guide.errors import UsageError
from nmt_guide.settings import Settings

therapists_app = typer.Typer(help="Import, export and list the therapists of the directory.", no_args_is_help=True)


@therapists_app.command("import")
def therapists_import(
    file: Annotated[Path, typer.Argument(help="A CSV file; docs/directory.md says what it must hold.")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace/--update",
            help="Remove everybody who is not in the file; else those stay. The sample is removed in any case.",
        ),
    ] = False,
) -> None:
    """Check a CSV file of therapists and import it whole, or name every mistake and import nothing."""
    from nmt_guide.directory import store
    from nmt_guide.directory.imports import read_csv
    from nmt_guide.server import build

    settings = Settings()
    places = build.build_places(settings, typer.echo)
    build.load_content(settings, typer.echo)
    knowledge = ready_store(settings)
    doubts: list[str] = []
    therapists = read_csv(file, knowledge.load(), places, doubts.append)
    if not therapists:
        raise UsageError(f"{file.name} holds no therapist, only the names of the columns. Nothing was changed.")
    state = store.state(knowledge.engine)
    if replace or state is None or state.sample is not None:
        store.replace(knowledge.engine, therapists)
    else:
        store.update(knowledge.engine, therapists)
    for doubt in doubts:
        typer.echo(f"warning: {doubt}")
    count = len(store.load(knowledge.engine))
    typer.echo(
        f"Imported {len(therapists)} therapist{'s' if len(therapists) != 1 else ''}; the directory holds {count}. A running assistant uses them now."
    )


@therapists_app.command("export")
def therapists_export(
    file: Annotated[Path, typer.Argument(help="The CSV file to write.")], force: Force = False
) -> None:
    """Write all therapists into a CSV file, to be changed in a spreadsheet and imported again."""
    from nmt_guide.directory import store
    from nmt_guide.directory.imports import write_csv
    from nmt_guide.knowledge.store import Store

    check_free(file, force)
    therapists = store.load(Store(Settings().database_url).engine)
    write_csv(file, therapists)
    typer.echo(f"Wrote {len(therapists)} therapists into {file}.")


@therapists_app.command("list")
def therapists_list(
    near: Annotated[
        str | None, typer.Option(help="A town or postcode: only those who are near, nearest first.")
    ] = None,
) -> None:
    """Print who is in the directory."""
    from nmt_guide.directory.model import Found, Hit, Wish
    from nmt_guide.directory.search import Directory, distance_text
    from nmt_guide.knowledge.store import Store

    settings = Settings()
    knowledge = Store(settings.database_url)
    directory = Directory(knowledge.engine)
    if near is None:
        found = Found(tuple(Hit(person, None) for person in directory.all()))
    else:
        place = _place(near, knowledge.load().clinic.facts.get("country") or "US", settings)
        typer.echo(f"Near {place.name}:")
        found = directory.search(Wish(place))
        if not found.hits:
            typer.echo("Nobody is that near. The nearest are:")
    for person, distance in found.hits or found.beyond:
        where = ", ".join(filter(None, (person.city, person.region, person.country)))
        away = "" if distance is None else f" ({distance_text(distance, person.country)})"
        typer.echo(f"{person.id}: {person.name}, {where}{away}")
    typer.echo(f"{len(found.hits)} therapists.")


def _place(text: str, country: str, settings: Settings) -> Place:
    from nmt_guide.server import build

    found = build.build_places(settings, typer.echo).find(text, country)
    if not found:
        raise UsageError(f"{text!r} is not a town or postcode that is known.")
    if len(found) > 1:
        raise UsageError(f"{text!r} may be one of these, write which: {'; '.join(place.name for place in found)}.")
    return found[0]
