"""Builds what is derived, each only when its source changed.

Encoder, list of places, knowledge database, model, website chat.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nmt_guide.directory import gazetteer, sample
from nmt_guide.directory.places import Places
from nmt_guide.errors import SetupError
from nmt_guide.knowledge.files import content_files, fingerprint, read_content, teaching_files
from nmt_guide.knowledge.store import shared_store
from nmt_guide.private import make_folder
from nmt_guide.server import widget
from nmt_guide.settings import ROOT, Settings
from nmt_guide.understanding import encoder

#: What the model is trained from, besides the content files.
_MODEL_SOURCES = (
    "config.yml",
    "domain.yml",
    "data",
    "nmt_guide/understanding",
    "nmt_guide/understanding/adapter.npz",
    "nmt_guide/safety",
    "requirements.txt",
)
_MODEL = "nmt-guide"
_STAMP = "trained.json"

Tell = Callable[[str], None]


def build_all(settings: Settings, tell: Tell) -> None:
    """Bring encoder, list of places, knowledge database, directory, model and website chat up to date.

    Without network the website chat cannot be built for the first time. All else works without it.

    Args:
        settings: where everything is.
        tell: is called with one line for every step that takes a while.

    Raises:
        NMTGuideError: a step failed; the text says what to do.
    """
    with _disk_errors(settings.var_dir):
        build_encoder(settings, tell)
        build_places(settings, tell)
        load_content(settings, tell)
        load_directory(settings, tell)
        train(settings, tell)
        try:
            build_widget(tell)
        except SetupError as error:
            tell(f"{error}\nThe assistant works without it; the next start tries again.")


def build_widget(tell: Tell) -> None:
    """Build the website chat's script when its source changed.

    Raises:
        SetupError: it could not be built.
    """
    if not widget.is_built():
        with _step("Building the website chat", tell):
            widget.build()


def build_encoder(settings: Settings, tell: Tell) -> None:
    """Write the encoder's graph when it is not there yet."""
    make_folder(settings.var_dir)
    folder = settings.var_dir / "encoder"
    if not encoder.is_built(folder):
        with _step("Building the sentence encoder", tell):
            encoder.build(folder)


def build_places(settings: Settings, tell: Tell) -> Places:
    """Write the list of places when it is not there yet.

    Returns:
        The places.
    """
    make_folder(settings.var_dir)
    file = settings.var_dir / gazetteer.FILE
    if not gazetteer.is_built(file):
        with _step("Building the list of places", tell):
            gazetteer.build(file)
    return Places(file)


def load_content(settings: Settings, tell: Tell, force: bool = False) -> bool:
    """Check the content files and load them into the store when they changed.

    Returns:
        Whether anything was loaded.
    """
    files = content_files(settings.content_dir)
    current = fingerprint(files, settings.content_dir)
    store = shared_store(settings.database_url)
    store.migrate()  # not only with new content: a new version may bring tables of its own
    if store.fingerprint() == current and not force:
        return False
    with _step("Checking and loading the content", tell):
        content = read_content(settings.content_dir)
        store.save(content, current)
    return True


def load_directory(settings: Settings, tell: Tell) -> None:
    """Fill an empty therapist directory with the sample; one that a clinic imported stays as it is."""
    store = shared_store(settings.database_url)
    store.migrate()
    if sample.wanted(store, settings.content_dir):
        places = build_places(settings, tell)
        with _step("Loading the sample of therapists", tell):
            sample.load(store, settings.content_dir, places)


def train(settings: Settings, tell: Tell, force: bool = False) -> Path:
    """Train the model when examples, vocabulary or configuration changed.

    Returns:
        The model file.

    Raises:
        SetupError: training failed.
    """
    model = model_file(settings)
    if not force and is_trained(settings):
        return model
    current = _model_fingerprint(settings)
    settings.model_dir.mkdir(parents=True, exist_ok=True)
    log = settings.var_dir / "train.log"
    with _step("Training the model", tell), log.open("w") as output:
        command = [
            sys.executable,
            "-m",
            "rasa",
            "train",
            "--skip-validation",
            "--fixed-model-name",
            _MODEL,
            "--out",
            str(settings.model_dir),
        ]
        command += ["--force"] if force else []
        result = subprocess.run(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=quiet_environment(), check=False
        )
    if result.returncode != 0 or not model.exists():
        last = "\n".join(log.read_text().splitlines()[-15:])
        raise SetupError(
            f"Training failed. The end of {log.relative_to(ROOT) if log.is_relative_to(ROOT) else log}:\n{last}"
        )
    (settings.model_dir / _STAMP).write_text(json.dumps({"fingerprint": current}))
    return model


def model_file(settings: Settings) -> Path:
    """Where the trained model is, or will be."""
    return settings.model_dir / f"{_MODEL}.tar.gz"


def is_trained(settings: Settings) -> bool:
    """Whether the model knows the examples, vocabulary and configuration as they are now."""
    return model_file(settings).exists() and _trained_from(settings) == _model_fingerprint(settings)


def quiet_environment() -> dict[str, str]:
    """The environment in which Rasa neither reports home nor prints what is of no use to anyone here."""
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
    }


def _model_fingerprint(settings: Settings) -> str:
    paths: list[Path] = []
    for name in _MODEL_SOURCES:
        source = ROOT / name
        paths += sorted(source.rglob("*.yml")) + sorted(source.rglob("*.py")) if source.is_dir() else [source]
    return fingerprint(paths, ROOT) + fingerprint(teaching_files(settings.content_dir), settings.content_dir)


def _trained_from(settings: Settings) -> str | None:
    try:
        stamp = json.loads((settings.model_dir / _STAMP).read_text())
    except (OSError, ValueError):
        return None
    return str(stamp.get("fingerprint"))


@contextlib.contextmanager
def _step(name: str, tell: Tell) -> Iterator[None]:
    tell(f"{name} ...")
    start = time.monotonic()
    yield
    tell(f"{name}: done in {time.monotonic() - start:.0f} s.")


@contextlib.contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        import errno

        if error.errno == errno.ENOSPC:
            raise SetupError(f"The disk is full: free some space for {folder} and start again.") from error
        if error.errno in (errno.EACCES, errno.EROFS):
            raise SetupError(f"{error.filename} cannot be written: check its permissions.") from error
        if error.filename is not None:
            raise SetupError(f"{error.filename} cannot be used: {error.strerror}.") from error
        raise
