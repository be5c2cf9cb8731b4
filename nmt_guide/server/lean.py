"""Leaves libraries out of a serving process that Rasa imports and no message ever needs.

Rasa 3.6 imports TensorFlow wherever it imports a policy, and the libraries of all its channels and stores with the
first of them. Of what a serving process took before the first message, that was more than half of the time (9 s of
processor time for TensorFlow, 3 s for the others) and 360 MB of the memory. There is no extension point for imports.

A stand-in has every name one may ask for, so that Rasa's modules can be imported and their classes defined; using one
is an error that says what to do. Training, `rasa run` and tests load the real ones.
"""

from __future__ import annotations

import os
import sys
from abc import ABCMeta
from collections.abc import Collection, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import yaml

from nmt_guide.errors import SetupError

#: The Rasa that this was made for; another one gets everything that it asks for.
MADE_FOR = "3.6.21"
#: By library: the sections of `credentials.yml` or components of `config.yml` that need it.
_TENSORFLOW = {
    "DIETClassifier", "ResponseSelector", "TEDPolicy", "UnexpecTEDIntentPolicy", "LanguageModelFeaturizer",
    "ConveRTFeaturizer",
}  # fmt: skip
LIBRARIES: dict[str, Collection[str]] = {
    "tensorflow": _TENSORFLOW,
    "tensorflow_hub": _TENSORFLOW,
    "tensorflow_text": _TENSORFLOW,
    "keras": _TENSORFLOW,
    "matplotlib": (),  # plots of `rasa test`
    "questionary": (),  # `rasa interactive` and `rasa shell`
    "prompt_toolkit": (),
    "pymongo": (),  # tracker stores other than ours
    "boto3": (),
    "botocore": (),
    "aiogram": ("telegram",),
    "fbmessenger": ("facebook",),
    "slack_sdk": ("slack", "nmt_guide.channels.slack.SlackInput"),
    "twilio": ("twilio", "twilio_voice"),
    "webexteamssdk": ("webexteams",),
}


def apply(config: Path, channels: Collection[str]) -> frozenset[str]:
    """Put stand-ins in place of the libraries that nothing configured needs, before Rasa is imported.

    Args:
        config: Rasa's `config.yml`.
        channels: the channels that are on, as `credentials.yml` names them.

    Returns:
        The libraries that are left out: none when the patches are off, or Rasa is another one.
    """
    if os.environ.get("NMT_RASA_PATCHES") == "off" or version("rasa") != MADE_FOR:
        return frozenset()
    used = _components(config) | set(channels)
    names = frozenset(name for name, needed_by in LIBRARIES.items() if used.isdisjoint(needed_by))
    names -= sys.modules.keys()
    sys.meta_path.insert(0, _Finder(names))
    return names


class _StandInMeta(ABCMeta):
    """Classes that have every attribute."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class StandIn(Exception, metaclass=_StandInMeta):
    """Stands for any class or function of a library that is left out. An exception, so that it may be caught."""

    def __init__(self, *_: Any, **__: Any) -> None:
        _refuse(type(self).__name__)


def _refuse(what: str) -> NoReturn:
    raise SetupError(
        f"{what} needs a library that is left out while serving (nmt_guide/server/lean.py): start with NMT_RASA_PATCHES=off."
    )


class _Module(ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn


class _Finder(MetaPathFinder, Loader):
    """Finds stand-ins for some libraries and all of their modules."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in self._names:
            return None
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """A stand-in has no code to run."""


def _components(config: Path) -> set[str]:
    parts = yaml.safe_load(config.read_text(encoding="utf-8"))
    listed = [*(parts.get("pipeline") or ()), *(parts.get("policies") or ())]
    return {str(part["name"]).rpartition(".")[2] for part in listed}
