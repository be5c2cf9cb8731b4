"""Small networks over meaning, spelling and the topic before: one hidden layer each, learnt with dropout.

TensorFlow, which Rasa brings, teaches them; they are used as one ONNX graph with 8-bit weights. All examples are seen once, but
for the last few that fill no batch; after that mostly those that are not known yet.

Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting"; Kingma & Ba 2015,
arXiv:1412.6980 (Adam); Jiang et al. 2019, "Accelerating deep learning by focusing on the biggest losers", arXiv:1910.00762;
Szegedy et al. 2016, arXiv:1512.00567 (label smoothing); Guo et al. 2017, arXiv:1706.04599 (temperature).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from nmt_guide.understanding.graphs import GraphBuilder, quantized, session
from nmt_guide.understanding.spelling import Sketch

if TYPE_CHECKING:
    import onnx
    import tensorflow as tf

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
#: With 256 examples a step it took twice as long, and no more were right.
_BATCH = 512
_LEARNING_RATE = 3e-3
#: The input for the topic before, beside numbers of a size of about one: with half of it fewer next messages were right.
BEFORE_WEIGHT = 6.0
#: So many numbers tell beside it what the topic before is about, and their size: "how long till it goes?" asks after a bruise
#: what it asks after soreness. See `docs/understanding.md` for what that gives.
_MARKS = 96
_MARKS_WEIGHT = 2.0
#: A number that is the same in all sentence vectors tells nothing.
LEAST_SPREAD = 1e-4


@dataclass(frozen=True)
class NetworkOptions:
    """What may be tuned; the defaults were chosen by `nmt-guide evaluate`."""

    #: The size of the sentence vector's numbers.
    meaning_weight: float = 0.7
    #: Numbers that stand for the words and letters of a message, and their size.
    sketch: int = 1024
    spelling_weight: float = 0.35
    hidden: int = 768
    #: The first pass is over all examples, the others over this share of them, the least known ones, and this share of the rest:
    #: see `docs/understanding.md` for what that gives.
    passes: int = 6
    unknown: float = 0.15
    known: float = 0.2
    input_dropout: float = 0.2
    dropout: float = 0.5
    #: The share of each example that is given to all labels alike: without it, on messages that were not learnt, more were
    #: wrong and sure of it (cross-entropy of three networks 0.179 instead of 0.150).
    smoothing: float = 0.1
    #: What is learnt so is too unsure by this factor.
    temperature: float = 0.5
    seed: int = 1


class Networks:
    """The fitted networks, heard together.

    Args:
        sketch: of words and letters, the networks' own ones side by side.
        labels: how many there are.
        graph: the layers, as `_graph` makes them.
    """

    def __init__(self, sketch: Sketch, labels: int, graph: bytes) -> None:
        self._sketch, self._labels, self._graph = sketch, labels, graph
        self._session = session(graph)

    @classmethod
    def fit(
        cls,
        options: Sequence[NetworkOptions],
        vectors: Floats,
        spelling: csr_matrix,
        before: Integers,
        targets: Integers,
    ) -> Networks:
        """Learn from examples.

        Args:
            options: what may be tuned, of each network.
            vectors: sentence vectors, shape (n, 768).
            spelling: words and letters, shape (n, columns).
            before: the number of the label that was answered before, -1 for none, shape (n,).
            targets: the number of each example's label, shape (n,); all numbers from 0 on occur.
        """
        mean, spread = vectors.mean(axis=0), vectors.std(axis=0) + LEAST_SPREAD
        labels, numbers = int(targets.max()) + 1, vectors.shape[1]
        marks = np.hstack([plain_marks(labels), _related_marks((vectors - mean) / spread, before, targets)])
        told = marks.shape[1]
        learnt = []
        for one in options:
            sketch = Sketch.draw(spelling.shape[1], one.sketch, one.seed)
            sketches = sketch.of_many(spelling)
            scales = one.meaning_weight / spread, one.spelling_weight / float(sketches.std())
            # Filled in place: the whole is a gigabyte, and copies of it cost seconds.
            inputs = np.zeros((len(targets), numbers + one.sketch + told), dtype=np.float32)
            np.multiply(vectors - mean, scales[0], out=inputs[:, :numbers])
            np.multiply(sketches, scales[1], out=inputs[:, numbers:-told])
            tell_before(inputs, before, marks)
            into, *others = learn(one, inputs, targets, labels)
            # In use, one number for each label says the same as its marks.
            into = np.vstack([into[:-told], marks @ into[-told:] / BEFORE_WEIGHT])
            learnt.append(_Learnt(sketch, scales, [into, *others]))
        return cls(Sketch.side_by_side([one.sketch for one in learnt]), labels, quantized(_graph(mean, learnt)))

    def score(self, vectors: Floats, rows: Sequence[tuple[Integers, Floats]], before: int = -1) -> Floats:
        """Probabilities of all labels, the mean over the networks, shape (n, labels).

        Args:
            vectors: sentence vectors of messages, shape (n, 768).
            rows: columns and weights of each message's words and letters.
            before: the number of the label that was answered before, -1 for none.
        """
        after = np.zeros((len(rows), self._labels), dtype=np.float32)
        if before >= 0:
            after[:, before] = BEFORE_WEIGHT
        sketches = np.array([self._sketch.of(*row) for row in rows])
        inputs = {"meaning": vectors, "spelling": sketches, "before": after}
        probabilities: Floats = self._session.run(None, inputs)[0]
        return probabilities

    def __reduce__(self) -> tuple[object, ...]:
        return Networks, (self._sketch, self._labels, self._graph)


@dataclass(frozen=True)
class _Learnt:
    """One network.

    Attributes:
        sketch: of words and letters.
        scales: of the sentence vectors' numbers, shape (768,), and of the sketches: so that what is learnt from is of about
            the same size everywhere. The numbers after a middle layer lie far from zero.
        layers: weights and biases.
    """

    sketch: Sketch
    scales: tuple[Floats, float]
    layers: Sequence[Floats]


def _graph(mean: Floats, networks: Sequence[_Learnt]) -> onnx.ModelProto:
    """The networks as one ONNX graph.

    Inputs, float32: `meaning` of shape (n, 768), `spelling` of shape (n, all sketches), `before` of shape (n, labels).
    Output: `probabilities`, float32 of shape (n, labels).

    Args:
        mean: of the sentence vectors, shape (768,).
        networks: what was learnt.
    """
    from onnx import TensorProto, helper

    build = GraphBuilder()
    meaning = build.node("Sub", "meaning", build.constant("mean", mean))
    axis = build.constant("columns", np.array([1], dtype=np.int64))
    heard, first = [], 0
    for number, network in enumerate(networks):
        ends = (build.constant(f"place_{end}", np.array([end])) for end in (first, first + network.sketch.size))
        scale = build.constant(f"scale_{number}", network.scales[0])
        sketch = build.node("Slice", "spelling", *ends, axis)
        sketch = build.node("Mul", sketch, build.number(f"sketch_scale_{number}", network.scales[1]))
        inputs = build.node("Concat", build.node("Mul", meaning, scale), sketch, "before", axis=1)
        into, bias, out, out_bias = (
            build.constant(f"weights_{number}_{n}", layer) for n, layer in enumerate(network.layers)
        )
        hidden = build.node("Relu", build.node("Add", build.node("MatMul", inputs, into), bias))
        said = build.node("Add", build.node("MatMul", hidden, out), out_bias)
        heard.append(build.node("Softmax", said, axis=-1))
        first += network.sketch.size
    build.node("Mean", *heard, output="probabilities")
    widths = {"meaning": len(mean), "spelling": first, "before": len(networks[0].layers[3])}
    return build.model(
        "networks",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width]) for name, width in widths.items()],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", widths["before"]])],
    )


def plain_marks(labels: int) -> Floats:
    """What stands for each label where it was answered before: a number of its own, shape (labels, labels)."""
    return BEFORE_WEIGHT * np.eye(labels, dtype=np.float32)


def _related_marks(vectors: Floats, before: Integers, targets: Integers) -> Floats:
    """Numbers that labels of alike messages have alike, shape (labels, at most `_MARKS`): the principal components of the
    labels' mean vectors.

    Args:
        vectors: of the examples, of about the same size in all columns, shape (n, 768).
        before: the number of the label that was answered before, -1 for none, shape (n,).
        targets: the number of each example's label, shape (n,).
    """
    means = np.empty((int(targets.max()) + 1, vectors.shape[1]), dtype=np.float32)
    for label in range(len(means)):
        of_label = targets == label
        alone = of_label & (before < 0)
        means[label] = vectors[alone if alone.any() else of_label].mean(axis=0)
    turned, sizes, _ = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    marks = (turned * sizes)[:, :_MARKS]
    return _MARKS_WEIGHT * marks / (marks.std() + LEAST_SPREAD)


def tell_before(inputs: Floats, before: Integers, marks: Floats) -> None:
    """Write what was answered before into the last columns of inputs.

    Args:
        inputs: zeros there, shape (n, columns); is changed.
        before: the number of the label, -1 for none, shape (n,).
        marks: what stands for each label, shape (labels, numbers).
    """
    told = np.nonzero(before >= 0)[0]
    inputs[told, -marks.shape[1] :] = marks[before[told]]


def learn(options: NetworkOptions, inputs: Floats, targets: Integers, labels: int) -> list[Floats]:
    """Weights and biases of both layers of one network.

    Args:
        options: what may be tuned.
        inputs: float32, shape (n, columns).
        targets: the number of each example's label, shape (n,).
        labels: how many there are.

    Keras's own `fit`, which hands the batches over one by one, with its newer Adam, which makes a dozen operations of
    what the older one does in one, took 1.4 times as long.
    """
    import tensorflow as tf

    # The same examples teach the same network every time, on one kind of processor (see `product`): what was measured is what
    # clients meet.
    tf.keras.utils.set_random_seed(options.seed)
    tf.config.experimental.enable_op_determinism()
    everything = len(inputs)
    batch = min(_BATCH, everything)
    unknown = max(batch, round(options.unknown * everything))
    again = unknown + round(options.known * (everything - unknown))
    drawn = [tf.keras.initializers.GlorotUniform(seed=options.seed + layer) for layer in range(2)]
    into = tf.Variable(drawn[0]((inputs.shape[1], options.hidden)))
    out = tf.Variable(drawn[1]((options.hidden, labels)))
    bias, out_bias = tf.Variable(tf.zeros(options.hidden)), tf.Variable(tf.zeros(labels))
    steps = everything // batch + (options.passes - 1) * (again // batch)
    adam = tf.keras.optimizers.legacy.Adam(tf.keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, steps))
    messages, wanted = tf.constant(inputs), tf.constant(targets)
    # What each example cost when it was seen last: the few that fill no batch count as unknown.
    costs = tf.Variable(tf.fill([everything], np.float32(np.inf)))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
    def see(order: tf.Tensor) -> None:
        for step in tf.range(tf.size(order) // batch):
            chosen = order[step * batch : (step + 1) * batch]
            seed = tf.stack([options.seed, tf.cast(adam.iterations, tf.int32)])
            given = _dropped(tf.gather(messages, chosen), options.input_dropout, seed)
            with tf.GradientTape() as tape:
                hidden = tf.nn.relu(product(given, into) + bias)
                said = tf.nn.log_softmax(product(_dropped(hidden, options.dropout, seed + 1), out) + out_bias)
                right = tf.gather(said, tf.gather(wanted, chosen), axis=1, batch_dims=1)
                cost = (options.smoothing - 1) * right - options.smoothing * tf.reduce_mean(said, axis=1)
            costs.scatter_update(tf.IndexedSlices(cost, chosen))
            adam.minimize(cost, [into, bias, out, out_bias], tape=tape)

    random = np.random.default_rng(options.seed)
    see(tf.constant(random.permutation(everything)))
    for _ in range(options.passes - 1):
        order = np.argsort(-costs.numpy(), kind="stable")
        rest = random.permutation(order[unknown:])[: again - unknown]
        see(tf.constant(random.permutation(np.concatenate([order[:unknown], rest]))))
    temperature = options.temperature
    return [into.numpy(), bias.numpy(), out.numpy() / temperature, out_bias.numpy() / temperature]


def product(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """The product of two matrices of 32-bit numbers; where the processor multiplies those faster, of their first 16 bits, and
    rounded to as many.

    With its instructions for bfloat16 learning takes little more than half of the time. Source: Kalamkar et al. 2019, "A study
    of BFLOAT16 for deep learning training", arXiv:1905.12322.
    """
    import tensorflow as tf

    if not _multiplies_bfloat16():
        return tf.matmul(x, y)
    return tf.cast(tf.matmul(tf.cast(x, tf.bfloat16), tf.cast(y, tf.bfloat16)), tf.float32)


@lru_cache(maxsize=1)
def _multiplies_bfloat16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _dropped(numbers: tf.Tensor, rate: float, seed: tf.Tensor) -> tf.Tensor:
    """Numbers of which a random share is zero, and the others as much larger.

    Keras draws a random float for each: with a random byte, a step of learning takes an eighth less.

    Args:
        numbers: float32, shape (n, columns).
        rate: the share, in steps of 1/256.
        seed: two numbers.
    """
    import tensorflow as tf

    lost = round(rate * 256)
    size = tf.size(numbers)
    drawn = tf.random.stateless_uniform([size // 4 + 1], seed, minval=None, maxval=None, dtype=tf.uint32)
    drawn = tf.reshape(tf.reshape(tf.bitcast(drawn, tf.uint8), [-1])[:size], tf.shape(numbers))
    return tf.where(drawn >= lost, numbers * (256 / (256 - lost)), 0.0)
