"""The command line: everything a person does with the assistant, under one name."""

from nmt_guide.cli.commands import main

__all__ = ["main"]
