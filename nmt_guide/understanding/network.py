"""A small network over meaning, spelling and the topic before: one hidden layer, learnt with dropout.

TensorFlow, which Rasa brings, teaches it; it is used as an ONNX graph with 8-bit weights.

Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting"; Kingma & Ba 2015,
arXiv:1412.6980 (Adam).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from nmt_guide.understanding.graphs import GraphBuilder, quantized, session
from nmt_guide.understanding.spelling import Sketch

if TYPE_CHECKING:
    import onnx

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
#: With 256 examples a step it took twice as long, and no more were right.
_BATCH = 512
_LEARNING_RATE = 3e-3
#: The input for the topic before, beside numbers of a size of about one: with half of it fewer next messages were right.
_BEFORE_WEIGHT = 6.0
#: A number that is the same in all sentence vectors tells nothing.
_LEAST_SPREAD = 1e-4


@dataclass(frozen=True)
class NetworkOptions:
    """What may be tuned; the defaults were chosen by `nmt-guide evaluate`."""

    #: The size of the sentence vector's numbers.
    meaning_weight: float = 0.7
    #: Numbers that stand for the words and letters of a message, and their size.
    sketch: int = 2048
    spelling_weight: float = 0.35
    hidden: int = 768
    #: How often every example is seen: with more passes no more are right.
    passes: int = 6
    input_dropout: float = 0.2
    dropout: float = 0.5
    seed: int = 1


class Network:
    """The fitted network.

    Args:
        sketch: of words and letters.
        spread: mean and scale of the sentence vectors, each of shape (768,), and scale of the sketches: so that what is
            learnt from is of about the same size everywhere. The numbers after a middle layer lie far from zero.
        labels: how many there are.
        graph: the layers, as `_graph` makes them.
    """

    def __init__(self, sketch: Sketch, spread: tuple[Floats, Floats, float], labels: int, graph: bytes) -> None:
        self._sketch, self._spread, self._labels, self._graph = sketch, spread, labels, graph
        self._session = session(graph)

    @classmethod
    def fit(
        cls, options: NetworkOptions, vectors: Floats, spelling: csr_matrix, before: Integers, targets: Integers
    ) -> Network:
        """Learn from examples.

        Args:
            options: what may be tuned.
            vectors: sentence vectors, shape (n, 768).
            spelling: words and letters, shape (n, columns).
            before: the number of the label that was answered before, -1 for none, shape (n,).
            targets: the number of each example's label, shape (n,); all numbers from 0 on occur.
        """
        sketch = Sketch.draw(spelling.shape[1], options.sketch, options.seed)
        sketches = sketch.of_many(spelling)
        mean, scale = vectors.mean(axis=0), options.meaning_weight / (vectors.std(axis=0) + _LEAST_SPREAD)
        spread = mean, scale, options.spelling_weight / float(sketches.std())
        labels, numbers = int(targets.max()) + 1, vectors.shape[1]
        # Filled in place: the whole is a gigabyte, and copies of it cost seconds.
        inputs = np.zeros((len(targets), numbers + options.sketch + labels), dtype=np.float32)
        np.multiply(vectors - mean, scale, out=inputs[:, :numbers])
        np.multiply(sketches, spread[2], out=inputs[:, numbers:-labels])
        inputs[np.nonzero(before >= 0)[0], before[before >= 0] - labels] = _BEFORE_WEIGHT
        return cls(sketch, spread, labels, quantized(_graph(_learn(options, inputs, targets))))

    def score(self, vectors: Floats, rows: Sequence[tuple[Integers, Floats]], before: int = -1) -> Floats:
        """Probabilities of all labels, shape (n, labels).

        Args:
            vectors: sentence vectors of messages, shape (n, 768).
            rows: columns and weights of each message's words and letters.
            before: the number of the label that was answered before, -1 for none.
        """
        after = np.zeros((len(rows), self._labels), dtype=np.float32)
        if before >= 0:
            after[:, before] = _BEFORE_WEIGHT
        mean, scale, spelling = self._spread
        sketches = np.array([self._sketch.of(*row) for row in rows]) * spelling
        inputs = np.concatenate([(vectors - mean) * scale, sketches, after], axis=1, dtype=np.float32)
        probabilities: Floats = self._session.run(None, {"inputs": inputs})[0]
        return probabilities

    def __reduce__(self) -> tuple[object, ...]:
        return Network, (self._sketch, self._spread, self._labels, self._graph)


def _graph(layers: Sequence[Floats]) -> onnx.ModelProto:
    """The network as an ONNX graph.

    Input: `inputs`, float32 of shape (n, numbers). Output: `probabilities`, float32 of shape (n, labels).
    """
    from onnx import TensorProto, helper

    build = GraphBuilder()
    into, bias, out, out_bias = (build.constant(f"weights_{n}", layer) for n, layer in enumerate(layers))
    hidden = build.node("Relu", build.node("Add", build.node("MatMul", "inputs", into), bias))
    build.node(
        "Softmax", build.node("Add", build.node("MatMul", hidden, out), out_bias), output="probabilities", axis=-1
    )
    return build.model(
        "network",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["n", len(layers[0])])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(layers[3])])],
    )


def _learn(options: NetworkOptions, inputs: Floats, targets: Integers) -> list[Floats]:
    """Weights and biases of both layers.

    Keras's own `fit`, which hands the batches over one by one, with its newer Adam, which makes a dozen operations of
    what the older one does in one, took 1.4 times as long.
    """
    import tensorflow as tf

    # The same examples teach the same network every time: what was measured is what clients meet.
    tf.keras.utils.set_random_seed(options.seed)
    tf.config.experimental.enable_op_determinism()
    labels = int(targets.max()) + 1
    batch = min(_BATCH, len(inputs))
    steps = len(inputs) // batch
    drawn = [tf.keras.initializers.GlorotUniform(seed=options.seed + layer) for layer in range(2)]
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Dropout(options.input_dropout, seed=options.seed),
            tf.keras.layers.Dense(options.hidden, "relu", kernel_initializer=drawn[0]),
            tf.keras.layers.Dropout(options.dropout, seed=options.seed + 1),
            tf.keras.layers.Dense(labels, kernel_initializer=drawn[1]),
        ]
    )
    model.build((None, inputs.shape[1]))
    rate = tf.keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, steps * options.passes)
    adam = tf.keras.optimizers.legacy.Adam(rate)
    known, wanted = tf.constant(inputs), tf.constant(targets)

    @tf.function
    def one_pass(order: tf.Tensor) -> None:
        for step in tf.range(steps):
            chosen = order[step * batch : (step + 1) * batch]
            with tf.GradientTape() as tape:
                said = model(tf.gather(known, chosen), training=True)
                cost = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.gather(wanted, chosen), said)
            adam.minimize(cost, model.trainable_variables, tape=tape)

    random = np.random.default_rng(options.seed)
    for _ in range(options.passes):
        one_pass(tf.constant(random.permutation(len(inputs))))
    return [np.asarray(weights, dtype=np.float32) for weights in model.get_weights()]
