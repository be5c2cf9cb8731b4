"""A small network over meaning and spelling: one hidden layer, learnt with dropout.

It errs elsewhere than the kernel ridge regression does; together they are right more often than either alone.
TensorFlow, which Rasa brings, teaches it; two matrix products use it.

Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting"; Szegedy et al. 2016,
arXiv:1512.00567, section 7 (label smoothing); Kingma & Ba 2015, arXiv:1412.6980 (Adam).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from nmt_guide.understanding.spelling import Sketch

Floats = npt.NDArray[np.float32]
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
    smoothing: float = 0.1
    seed: int = 1


class Network:
    """The fitted network."""

    def __init__(self, sketch: Sketch, scales: tuple[float, float], layers: list[Floats]) -> None:
        self._sketch, self._scales, self._layers = sketch, scales, layers

    @classmethod
    def fit(cls, options: NetworkOptions, vectors: Floats, spelling: csr_matrix, targets: Floats) -> Network:
        """Learn from examples; arguments as of `KernelRidge.fit`."""
        import tensorflow as tf

        sketch = Sketch.draw(spelling.shape[1], options.sketch, options.seed)
        sketches = sketch.of_many(spelling)
        scales = (1.0 / float(vectors.std()), options.spelling_weight / float(sketches.std()))
        inputs = np.hstack([vectors * scales[0], sketches * scales[1]]).astype(np.float32)
        # The same examples teach the same network every time: what was measured is what clients meet.
        tf.keras.utils.set_random_seed(options.seed)
        tf.config.experimental.enable_op_determinism()
        drawn = [tf.keras.initializers.GlorotUniform(seed=options.seed + layer) for layer in range(2)]
        model = tf.keras.Sequential(
            [
                tf.keras.layers.Dropout(options.input_dropout, seed=options.seed),
                tf.keras.layers.Dense(options.hidden, "relu", kernel_initializer=drawn[0]),
                tf.keras.layers.Dropout(options.dropout, seed=options.seed + 1),
                tf.keras.layers.Dense(targets.shape[1], kernel_initializer=drawn[1]),
            ]
        )
        steps = max(1, len(inputs) // _BATCH * options.passes)
        rate = tf.keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, steps)
        loss = tf.keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=options.smoothing)
        model.compile(tf.keras.optimizers.Adam(rate), loss)
        order = np.random.default_rng(options.seed).permutation(len(inputs))
        model.fit(inputs[order], targets[order], _BATCH, options.passes, verbose=0)
        return cls(sketch, scales, [np.asarray(weights, dtype=np.float32) for weights in model.get_weights()])

    def score(self, vectors: Floats, rows: list[tuple[npt.NDArray[np.int64], Floats]]) -> Floats:
        """Probabilities of all labels, shape (n, labels); arguments as of `KernelRidge.score`."""
        # One by one: for the few parts of a message that is several times faster than a product of matrices.
        return np.array([self._score(*one) for one in zip(vectors, rows, strict=True)], dtype=np.float32)

    def _score(self, vector: Floats, row: tuple[npt.NDArray[np.int64], Floats]) -> Floats:
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
