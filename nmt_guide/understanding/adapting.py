"""Teaches the encoder the questions of clients: `python -m nmt_guide.understanding.adapting [FILE]`

First all of its layers learn to tell the labels of the examples apart, together with a network over them that is thrown away
afterwards. Then fewer layers learn to give the same vectors. Of the encoder only low-rank additions to its matrices are
learnt, and its layer normalisations; `adapter.py` keeps them. On two cores that takes half an hour and an hour; the model is to
be trained anew afterwards, and the numbers that were fitted to what it says are to be fitted again (docs/understanding.md).

Source: as for `encoder.py` and `adapter.py`; Hinton et al. 2015, "Distilling the knowledge in a neural network", arXiv:1503.02531.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import TEXT

from nmt_guide.settings import ROOT, Settings
from nmt_guide.understanding import adapter, encoder
from nmt_guide.understanding.adapter import DOWN, UP, Tensors
from nmt_guide.understanding.components import label_before, label_of, learn_spelling
from nmt_guide.understanding.encoder import padded
from nmt_guide.understanding.labels import after_any, numbered
from nmt_guide.understanding.network import (
    BEFORE_WEIGHT,
    LEAST_SPREAD,
    Floats,
    Integers,
    NetworkOptions,
    learn,
    plain_marks,
    product,
    tell_before,
)
from nmt_guide.understanding.text import words

_ATTENTION = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
_MATRICES = (*_ATTENTION, "intermediate.dense", "output.dense")
_NORMS = ("attention.output.LayerNorm", "output.LayerNorm")
#: The tokenizer's `[MASK]`; the ids up to it are no words.
_MASK = 103
#: What stands between two questions: nothing, a comma, "and", both, a full stop.
_JOINTS = ((), (1010,), (1998,), (1010, 1998), (1012,))
#: So many batches are drawn at once and sorted by length.
_NEAR = 50


@dataclass(frozen=True)
class Options:
    """What may be tuned."""

    #: The published layers that are kept.
    layers: Sequence[int] = encoder.PUBLISHED_LAYERS
    #: Columns of each new addition; those that were learnt before are kept beside them.
    rank: int = 32
    #: Their product counts so much.
    scale: float = 2.0
    passes: int = 4
    batch: int = 128
    #: With three times as much it forgets in the first steps what it knew.
    rate: float = 5e-4
    head_rate: float = 1e-3
    #: Steps in which the rates rise.
    warming: int = 300
    #: The share of tokens that are hidden, so that no single word decides.
    hidden_tokens: float = 0.05
    dropout: float = 0.05
    head_input_dropout: float = 0.1
    head_dropout: float = 0.3
    #: The share of batches in which two examples at a time are one message, of which each part is to be understood.
    together: float = 0.25
    #: What was right with this probability when it was last seen is seen half as often.
    known: float = 0.75
    smoothing: float = 0.1
    #: What being right counts, and being like the model.
    by_label: float = 1.0
    like_model: float = 0.0
    #: So many examples teach the network over the encoder before both learn together.
    first: int = 40_000
    seed: int = 0


#: The first lesson, and the second one: fewer layers learn to say what all of them say.
ALL_LAYERS = Options()
FEWER_LAYERS = Options(layers=encoder.LAYERS, passes=6, rate=7e-4, known=1.0, by_label=0.3, like_model=3.0, dropout=0.0)


@dataclass(frozen=True)
class Examples:
    """What is learnt from.

    Attributes:
        tokens: of each example.
        targets: the number of its label.
        before: the number of the label that was answered before, -1 for none.
    """

    tokens: Sequence[Sequence[int]]
    targets: Integers
    before: Integers

    def digest(self) -> str:
        """A short name for what all layers learn from these examples."""
        taught = repr((encoder.WEIGHTS_SHA256, ALL_LAYERS, self.tokens)).encode()
        return hashlib.sha256(taught + self.targets.tobytes() + self.before.tobytes()).hexdigest()[:12]

    @classmethod
    def of(cls, texts: Sequence[str], labels: Sequence[str], after: Sequence[str | None]) -> Examples:
        """Examples as they are written.

        Args:
            texts: spelling put right.
            labels: of each, `intent/key`.
            after: the label that was answered before; None for most.
        """
        _, targets, before = numbered(labels, after)
        return cls([each.ids for each in encoder.tokenizer().encode_batch(list(texts))], targets, before)


class Reader(tf.Module):
    """The encoder in TensorFlow, with additions that can be learnt. What it says without them is what `Encoder` says.

    Args:
        published: the weights by name.
        options: layers, rank and scale of the additions.
        begun: additions that were learnt before, as `additions` gives them; they are learnt on.
    """

    def __init__(self, published: Tensors, options: Options, begun: Tensors | None = None) -> None:
        super().__init__()
        random = np.random.default_rng(options.seed)
        begun = begun or {}
        self._options = options
        self._fixed = {name: tf.constant(tensor) for name, tensor in published.items() if "pooler" not in name}
        self._learnt: dict[str, tf.Variable] = {}
        for layer in options.layers:
            for name in _MATRICES:
                full = f"encoder.layer.{layer}.{name}.weight"
                outputs, inputs = published[full].shape
                self._fixed[full] = tf.constant(published[full].T)
                down = random.normal(size=(inputs, options.rank)).astype(np.float32) / np.sqrt(inputs, dtype=np.float32)
                up = np.zeros((options.rank, outputs), dtype=np.float32)
                if full + DOWN in begun:
                    down = np.hstack([begun[full + DOWN], down])
                    up = np.vstack([begun[full + UP] / options.scale, up])
                self._learnt[full + DOWN], self._learnt[full + UP] = tf.Variable(down), tf.Variable(up)
            for name in _NORMS:
                for kind in ("weight", "bias"):
                    full = f"encoder.layer.{layer}.{name}.{kind}"
                    self._learnt[full] = tf.Variable(begun.get(full, published[full]))

    @property
    def variables(self) -> list[tf.Variable]:
        """What is learnt."""
        return list(self._learnt.values())

    def additions(self) -> Tensors:
        """What was learnt, as `adapter.save` takes it."""
        found = {name: variable.numpy() for name, variable in self._learnt.items()}
        return {name: tensor * (self._options.scale if name.endswith(UP) else 1) for name, tensor in found.items()}

    def __call__(self, ids: tf.Tensor, mask: tf.Tensor, parts: tf.Tensor, learning: bool) -> tf.Tensor:
        """Vectors of parts of messages, those of a message side by side, shape (batch * parts, 768).

        Args:
            ids: tokens, int64 of shape (batch, tokens).
            mask: 1 for a token, 0 for padding, float32 of the same shape.
            parts: 1 for a token of the part, float32 of shape (batch, parts, tokens).
            learning: whether some of what passes is dropped, and products may be of 16 bits.
        """
        batch, tokens = tf.shape(ids)[0], tf.shape(ids)[1]
        width, heads = encoder.WIDTH, encoder.HEADS
        kind = self._fixed["embeddings.token_type_embeddings.weight"][0]
        words = tf.gather(self._fixed["embeddings.word_embeddings.weight"], ids)
        places = self._fixed["embeddings.position_embeddings.weight"][:tokens]
        x = self._normalised(words + places + kind, "embeddings.LayerNorm")
        x = tf.reshape(self._dropped(x, learning), [-1, width])
        padding = (mask - 1)[:, None, None, :] * 1e9

        def apart(each: tf.Tensor) -> tf.Tensor:
            return tf.transpose(tf.reshape(each, [batch, tokens, heads, width // heads]), [0, 2, 1, 3])

        read = []
        dense = partial(self._dense, multiply=product if learning else tf.matmul)
        for layer in self._options.layers:
            name = f"encoder.layer.{layer}."
            query, key, value = (apart(dense(x, name + each)) for each in _ATTENTION[:3])
            scores = tf.matmul(query, key, transpose_b=True) / np.sqrt(width / heads) + padding
            context = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), [0, 2, 1, 3])
            attended = dense(tf.reshape(context, [-1, width]), name + _ATTENTION[3])
            x = self._normalised(self._dropped(attended, learning) + x, name + _NORMS[0])
            inner = tf.nn.gelu(dense(x, name + _MATRICES[4]))
            x = self._normalised(self._dropped(dense(inner, name + _MATRICES[5]), learning) + x, name + _NORMS[1])
            if layer in encoder.READ_AFTER:
                read.append(tf.reshape(x, [batch, tokens, width]))
        count = tf.reduce_sum(parts, axis=2, keepdims=True)
        means = [tf.reshape(tf.matmul(parts, each) / count, [-1, width]) for each in read]
        return tf.concat([tf.math.l2_normalize(each, axis=1) for each in means], axis=1)

    def _tensor(self, name: str) -> tf.Tensor:
        return self._learnt.get(name, self._fixed.get(name))

    def _dense(self, x: tf.Tensor, name: str, multiply: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> tf.Tensor:
        weight = f"{name}.weight"
        added = multiply(multiply(x, self._learnt[weight + DOWN]), self._learnt[weight + UP])
        return multiply(x, self._fixed[weight]) + self._fixed[f"{name}.bias"] + self._options.scale * added

    def _normalised(self, x: tf.Tensor, name: str) -> tf.Tensor:
        apart = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        spread = tf.reduce_mean(apart * apart, axis=-1, keepdims=True)
        return apart * tf.math.rsqrt(spread + encoder.EPSILON) * self._tensor(f"{name}.weight") + self._tensor(
            f"{name}.bias"
        )

    def _dropped(self, x: tf.Tensor, learning: bool) -> tf.Tensor:
        return tf.nn.dropout(x, self._options.dropout) if learning else x


class Lesson:
    """Examples, and what learns from them.

    Args:
        examples: what is learnt from.
        reader: the encoder.
        options: what may be tuned.
        model: the vectors that the encoder is to give the examples, shape (n, 768); None when it is to find its own.
    """

    def __init__(self, examples: Examples, reader: Reader, options: Options, model: Floats | None = None) -> None:
        self._tokens, self._targets, self._before = examples.tokens, examples.targets, examples.before
        self._reader, self._options, self._model = reader, options, model
        self._random = np.random.default_rng(options.seed)
        self._labels = int(self._targets.max()) + 1
        self._lengths = np.array([len(each) for each in self._tokens])
        #: How probable each example's label was when it was last seen.
        self._probable = np.zeros(len(self._tokens), dtype=np.float32)
        self._head = self._first()

    def learn(self) -> Iterator[tuple[float, float, float]]:
        """All steps; of each the cost, the share of the batch that was right, and how far the vectors are from the model's, in
        units of their spread (no number without a model)."""
        options, done = self._options, 0
        steps = round(len(self._tokens) * options.passes / options.batch)
        rates = [tf.Variable(0.0), tf.Variable(0.0)]
        learners = [tf.keras.optimizers.legacy.Adam(rate) for rate in rates]
        of_reader = len(self._reader.variables)
        variables = [*self._reader.variables, *self._head]

        @tf.function(reduce_retracing=True)
        def step(
            ids: tf.Tensor, mask: tf.Tensor, parts: tf.Tensor, targets: tf.Tensor, before: tf.Tensor, model: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            hidden = (tf.random.uniform(tf.shape(ids)) < options.hidden_tokens) & (ids > _MASK)
            with tf.GradientTape() as tape:
                vectors = self._reader(tf.where(hidden, tf.cast(_MASK, ids.dtype), ids), mask, parts, learning=True)
                said = self._say(vectors, before)
                right = tf.gather(said, targets, axis=1, batch_dims=1)
                smooth = options.smoothing
                cost = tf.reduce_mean((smooth - 1) * right - smooth * tf.reduce_mean(said, axis=1))
                # In units of their spread, as the networks of `network.py` hear them.
                apart = tf.reduce_mean(tf.square((vectors - model) / self._spread))
                cost = options.by_label * cost + (options.like_model * apart if self._model is not None else 0.0)
            slopes, _ = tf.clip_by_global_norm(tape.gradient(cost, variables), 1.0)
            learners[0].apply_gradients(zip(slopes[:of_reader], variables[:of_reader]))  # noqa: B905 (no such option here)
            learners[1].apply_gradients(zip(slopes[of_reader:], variables[of_reader:]))  # noqa: B905
            first = tf.argmax(said, axis=1, output_type=tf.int64) == targets
            return cost, tf.reduce_mean(tf.cast(first, tf.float32)), apart, tf.exp(right)

        while done < steps:
            for chosen in self._batches()[: steps - done]:
                share = min(1.0, (done + 1) / options.warming) * (0.5 + 0.5 * np.cos(np.pi * done / steps))
                rates[0].assign(options.rate * share)
                rates[1].assign(options.head_rate * share)
                if self._random.random() < options.together and len(chosen) > 1:
                    chosen = chosen[: len(chosen) // 2 * 2]
                    given = self._pairs(chosen)
                else:
                    given = _whole(self._tokens[n] for n in chosen)
                before = self._before_any(chosen)
                model = np.zeros((1, 1), dtype=np.float32) if self._model is None else self._model[chosen]
                cost, right, apart, self._probable[chosen] = step(*given, self._targets[chosen], before, model)
                done += 1
                yield float(cost), float(right), float(apart) if self._model is not None else float("nan")

    def _first(self) -> list[tf.Variable]:
        """The network over the encoder, after a first lesson without changes of the encoder."""
        options, chosen = self._options, self._random.permutation(len(self._tokens))[: self._options.first]
        network = NetworkOptions(dropout=options.head_dropout, temperature=1.0, seed=options.seed)
        some = [self._tokens[n] for n in chosen]
        vectors = vectors_of(self._reader, some) if self._model is None else self._model[chosen]
        numbers = vectors.shape[1]
        self._mean, self._spread = vectors.mean(axis=0), vectors.std(axis=0) + LEAST_SPREAD
        self._scale = network.meaning_weight / self._spread
        inputs = np.zeros((len(chosen), numbers + self._labels), dtype=np.float32)
        inputs[:, :numbers] = (vectors - self._mean) * self._scale
        tell_before(inputs, self._before_any(chosen), plain_marks(self._labels))
        return [tf.Variable(weights) for weights in learn(network, inputs, self._targets[chosen], self._labels)]

    def _say(self, vectors: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
        into, bias, out, out_bias = self._head
        seen = tf.nn.dropout((vectors - self._mean) * self._scale, self._options.head_input_dropout)
        inputs = tf.concat([seen, BEFORE_WEIGHT * tf.one_hot(before, self._labels)], axis=1)
        hidden = tf.nn.dropout(tf.nn.relu(inputs @ into + bias), self._options.head_dropout)
        return tf.nn.log_softmax(hidden @ out + out_bias)

    def _batches(self) -> list[Integers]:
        """Batches of one pass in random order, each of examples that are about as long."""
        options, order = self._options, self._random.permutation(len(self._tokens))
        order = order[(self._probable[order] < options.known) | (self._random.random(len(order)) < 0.5)]
        batches: list[Integers] = []
        for start in range(0, len(order), options.batch * _NEAR):
            near = order[start : start + options.batch * _NEAR]
            near = near[np.argsort(self._lengths[near], kind="stable")]
            batches += [near[first : first + options.batch] for first in range(0, len(near), options.batch)]
        return [batches[n] for n in self._random.permutation(len(batches))]

    def _before_any(self, chosen: Integers) -> Integers:
        return after_any(self._before[chosen], self._labels, self._random)

    def _pairs(self, chosen: Integers) -> tuple[Integers, Floats, Floats]:
        """The same, the first example and the second one message, the third and the fourth the next.

        Args:
            chosen: an even number of examples.
        """
        tokens, ends = [], []
        for first, second in zip(chosen[::2], chosen[1::2], strict=True):
            joint = _JOINTS[self._random.integers(len(_JOINTS))]
            begun = [*self._tokens[first][:-1], *joint]
            tokens.append([*begun, *self._tokens[second][1:]])
            ends.append((len(self._tokens[first]) - 1, len(begun), len(tokens[-1]) - 1))
        ids, mask = padded(tokens)
        parts = np.zeros((len(tokens), 2, ids.shape[1]), dtype=np.float32)
        for n, (end, start, stop) in enumerate(ends):
            parts[n, 0, 1:end] = parts[n, 1, start:stop] = 1
        return ids, mask.astype(np.float32), parts


def vectors_of(reader: Reader, tokens: Sequence[Sequence[int]], at_once: int = 128) -> Floats:
    """What an encoder says of texts as it is now, shape (n, 768)."""

    @tf.function(reduce_retracing=True)
    def read(ids: tf.Tensor, mask: tf.Tensor, parts: tf.Tensor) -> tf.Tensor:
        return reader(ids, mask, parts, learning=False)

    vectors = np.zeros((len(tokens), encoder.DIMENSIONS), dtype=np.float32)
    order = sorted(range(len(tokens)), key=lambda n: len(tokens[n]))
    for start in range(0, len(order), at_once):
        chosen = order[start : start + at_once]
        vectors[chosen] = read(*_whole(tokens[n] for n in chosen)).numpy()
    return vectors


def _whole(tokens: Iterable[Sequence[int]]) -> tuple[Integers, Floats, Floats]:
    """What `Reader` takes, each text a message of one part."""
    ids, mask = padded(list(tokens))
    real = mask.astype(np.float32)
    return ids, real, real[:, np.newaxis]


def adapt(
    examples: Examples,
    tell: Callable[[str], None],
    options: Options,
    begun: Tensors | None = None,
    model: Floats | None = None,
) -> Tensors:
    """What the encoder learns from examples, as `adapter.save` takes it.

    Args:
        examples: what is learnt from.
        tell: is called with a line now and then.
        options: what may be tuned.
        begun: what was learnt before, which is learnt on.
        model: the vectors that the encoder is to give the examples, shape (n, 768); None when it is to find its own.
    """
    tf.keras.utils.set_random_seed(options.seed)
    started = time.monotonic()
    reader = Reader(encoder.published(), options, begun)
    steps = []
    for step in Lesson(examples, reader, options, model).learn():
        steps.append(step)
        if len(steps) % 100 == 0:
            cost, right, apart = np.mean(steps[-100:], axis=0)
            seconds = time.monotonic() - started
            tell(f"{len(steps)} steps, {seconds:.0f} s: cost {cost:.3f}, right {right:.3f}, apart {apart:.3f}")
    return reader.additions()


def all_examples() -> Examples:
    """Those of the repository."""
    importer = TrainingDataImporter.load_from_config(
        str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data")]
    )
    found = [each for each in importer.get_nlu_data().intent_examples if words(str(each.get(TEXT)))]
    texts = [str(example.get(TEXT)) for example in found]
    speller = learn_spelling(texts)
    return Examples.of(
        [speller.correct(text) for text in texts],
        [label_of(example) for example in found],
        [label_before(example) for example in found],
    )


def main(file: Path) -> None:
    """Learn from all examples of the repository.

    Args:
        file: where what was learnt is kept.
    """

    def tell(line: str) -> None:
        print(line, flush=True)

    examples = all_examples()
    kept = Settings().var_dir / "encoder" / f"all-layers-{examples.digest()}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        tell(f"All layers learn; what they learn is kept in {kept} ...")
        adapter.save(adapt(examples, tell, ALL_LAYERS), kept)
    begun = adapter.load(kept)
    whole = Reader(encoder.published(), replace(ALL_LAYERS, rank=0), begun)
    tell("Reading the examples ...")
    model = vectors_of(whole, examples.tokens)
    tell("Fewer layers learn to give the same vectors ...")
    adapter.save(adapt(examples, tell, FEWER_LAYERS, begun, model), file)
    tell("Now 'nmt-guide build', and fit again what docs/understanding.md names.")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else adapter.FILE)
