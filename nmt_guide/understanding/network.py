"""A small network over meaning and spelling: one hidden layer, learnt with dropout.

TensorFlow, which Rasa brings, teaches it; two matrix products use it.

Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting"; Kingma & Ba 2015,
arXiv:1412.6980 (Adam).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from nmt_guide.understanding.spelling import Sketch

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
#: With 256 examples a step it took twice as long, and no more were right.
_BATCH = 512
_LEARNING_RATE = 3e-3


@dataclass(frozen=True)
class NetworkOptions:
    """What may be tuned; the defaults were chosen by `nmt-guide evaluate`."""

    #: Numbers that stand for the words and letters of a message, and their weight against the sentence vector (1).
    sketch: int = 2048
    spelling_weight: float = 0.35
    hidden: int = 768
    #: How often every example is seen: with more passes no more are right.
    passes: int = 6
    input_dropout: float = 0.2
    dropout: float = 0.5
    seed: int = 1


class Network:
    """The fitted network."""

    def __init__(self, sketch: Sketch, scales: tuple[float, float], layers: list[Floats]) -> None:
        self._sketch, self._scales, self._layers = sketch, scales, layers

    @classmethod
    def fit(cls, options: NetworkOptions, vectors: Floats, spelling: csr_matrix, targets: Integers) -> Network:
        """Learn from examples.

        Args:
            options: what may be tuned.
            vectors: sentence vectors, shape (n, 384), each of length 1.
            spelling: words and letters, shape (n, columns).
            targets: the number of each example's label, shape (n,); all numbers from 0 on occur.
        """
        sketch = Sketch.draw(spelling.shape[1], options.sketch, options.seed)
        sketches = sketch.of_many(spelling)
        scales = (1.0 / float(vectors.std()), options.spelling_weight / float(sketches.std()))
        inputs = np.hstack([vectors * scales[0], sketches * scales[1]]).astype(np.float32)
        return cls(sketch, scales, _learn(options, inputs, targets))

    def score(self, vectors: Floats, rows: list[tuple[Integers, Floats]]) -> Floats:
        """Probabilities of all labels, shape (n, labels).

        Args:
            vectors: sentence vectors, shape (n, 384).
            rows: columns and weights of the words and letters of each message.
        """
        # One by one: for the few parts of a message that is several times faster than a product of matrices.
        return np.array([self._score(*one) for one in zip(vectors, rows, strict=True)], dtype=np.float32)

    def _score(self, vector: Floats, row: tuple[Integers, Floats]) -> Floats:
        inputs = np.concatenate([vector * self._scales[0], self._sketch.of(*row) * self._scales[1]], dtype=np.float32)
        into, bias, out, out_bias = self._layers
        logits = np.maximum(inputs @ into + bias, 0.0) @ out + out_bias
        odds = np.exp(logits - logits.max())
        probabilities: Floats = odds / odds.sum()
        return probabilities

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_layers": [layer.astype(np.float16) for layer in self._layers]}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._layers = [layer.astype(np.float32) for layer in self._layers]


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
