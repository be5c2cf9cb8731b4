"""The parts of the documentation that are made from the code.

``python -m nmt_guide.docs`` writes them into ``docs/``; a test fails when they differ from what stands there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from nmt_guide.settings import ROOT, SETTINGS, Setting

BEGIN = "<!-- made by python -m nmt_guide.docs -->"
END = "<!-- end of the made part -->"


def settings_table() -> str:
    """The settings as a Markdown table."""
    return _table(("Variable", "Default", "What it is for"), map(_setting_row, SETTINGS))


def commands_table() -> str:
    """The commands of ``nmt-guide`` with their options as a Markdown table."""
    from nmt_guide.cli.commands import app

    return _table(("Command", "What it does"), _command_rows(typer.main.get_command(app), "nmt-guide"))


#: By file: what makes its part.
PARTS = {"settings.md": settings_table, "commands.md": commands_table}


def updated(text: str, part: str) -> str:
    """A document with its made part replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The document lacks the lines {BEGIN!r} and {END!r}.")
    return f"{before}{begin}\n\n{part}\n\n{end}{after}"


def write(folder: Path) -> None:
    """Write every made part into its document."""
    for name, make in PARTS.items():
        path = folder / name
        path.write_text(updated(path.read_text(encoding="utf-8"), make()), encoding="utf-8")


def _setting_row(setting: Setting) -> tuple[str, str, str]:
    # The same table on every machine: paths are shown as they stand in the project's folder.
    default = setting.default.replace(f"{ROOT}/", "")
    return f"`{setting.variable}`", f"`{default}`" if default else "(empty)", setting.help


def _command_rows(command: Any, name: str) -> Iterator[tuple[str, str]]:
    # Told apart by what they have, not by class: newer releases of typer carry a click of their own.
    if hasattr(command, "commands"):
        for child in command.commands.values():
            yield from _command_rows(child, f"{name} {child.name}")
        return
    arguments = [p.human_readable_name.upper() for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    help_texts = [f"`{option.opts[0]}`: {_one_line(option.help)}" for option in options]
    yield f"`{' '.join([name, *arguments])}`", " ".join([_one_line(command.help), *help_texts])


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    write(ROOT / "docs")
