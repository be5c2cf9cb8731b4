"""What the encoder learnt from the example questions: low-rank additions to the published weights.

The published encoder was taught with texts of all kinds. `adapting.py` teaches it once more, with the questions of
clients; that takes an hour and a half, so what it learnt is kept in `adapter.npz`, and `encoder.build` adds it to the weights. It
is learnt anew when many examples have changed, not with every training: new examples are understood without.

Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nmt_guide.errors import SetupError

Tensors = Mapping[str, npt.NDArray[np.float32]]
FILE = Path(__file__).with_name("adapter.npz")
#: The two factors of what is added to a matrix are named after it; all other tensors of the file replace the published ones.
DOWN, UP = ".down", ".up"


def digest(file: Path = FILE) -> str:
    """SHA-256 of the file.

    Raises:
        SetupError: it is missing.
    """
    return hashlib.sha256(_read(file)).hexdigest()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SetupError(
            f"What the encoder learnt cannot be read ({error}): get {file.name} from the repository."
        ) from error


def save(tensors: Tensors, file: Path = FILE) -> None:
    """Write what was learnt, 16 bits a number.

    Args:
        tensors: by the name of the published tensor; of a matrix of shape (out, in), its factors `DOWN` of shape
            (in, rank) and `UP` of shape (rank, out).
        file: is written anew.
    """
    np.savez(file, **{name: tensor.astype(np.float16) for name, tensor in tensors.items()})


def load(file: Path = FILE) -> Tensors:
    """What `save` wrote.

    Raises:
        SetupError: it cannot be read.
    """
    with np.load(io.BytesIO(_read(file))) as stored:
        return {name: tensor.astype(np.float32) for name, tensor in stored.items()}


def adapted(published: Tensors, file: Path = FILE) -> Tensors:
    """The published weights, and what was learnt.

    Args:
        published: weights by name, as the checkpoint has them.
        file: what `save` wrote.

    Raises:
        SetupError: the file does not fit the weights.
    """
    learnt = load(file)
    tensors = dict(published)
    for name, tensor in learnt.items():
        if name.endswith(UP):
            continue
        changed = name.removesuffix(DOWN)
        factors = name.endswith(DOWN)
        new = (tensor @ learnt[changed + UP]).T if factors else tensor
        if changed not in tensors or tensors[changed].shape != new.shape:
            raise SetupError(f"{file.name} does not fit the published weights: it changes {changed}, {new.shape}.")
        tensors[changed] = tensors[changed] + new if factors else new
    return tensors


def layers(file: Path = FILE) -> set[int]:
    """The numbers of the layers to which something was added."""
    return {int(name.split(".")[2]) for name in load(file)}
