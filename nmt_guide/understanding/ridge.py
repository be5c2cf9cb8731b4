"""Kernel ridge regression over meaning and spelling.

Two messages are similar when their sentence vectors are (meaning) and when they share words and letters (spelling).
The similarity of a message to every example, weighed, gives each label a score. With the squared loss the weights
follow from one linear system.

Source: Rifkin, Yeo & Poggio 2003, "Regularized least-squares classification". Sums of kernels: Shawe-Taylor &
Cristianini 2004, "Kernel methods for pattern analysis", section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg
from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RidgeOptions:
    """What may be tuned; the defaults were chosen by `nmt-guide evaluate`."""

    #: How fast similarity of meaning falls with the angle between two vectors: exp(sharpness * (cosine - 1)).
    sharpness: float = 4.0
    #: Weight of shared words and letters against similarity of meaning (1).
    spelling_weight: float = 0.5
    #: Ridge: how little a single example may pull.
    ridge: float = 0.3
    #: Messages are compared along so many directions of the 384: the others cost time and memory, and change nothing
    #: (0.931 right with all, 0.938 with 256, 0.931 with 128).
    directions: int = 128


class KernelRidge:
    """The fitted regression.

    Args:
        options: as it was fitted.
        basis: the directions in which examples differ most, shape (384, `directions`).
        vectors: sentence vectors of the examples along them, shape (n, `directions`).
        weights: of the examples, shape (n, labels).
        spelling_weights: of words and letters, shape (columns, labels), 16 bits: only a few rows are read for a message.
    """

    def __init__(
        self,
        options: RidgeOptions,
        basis: Floats,
        vectors: Floats,
        weights: Floats,
        spelling_weights: npt.NDArray[np.float16],
    ) -> None:
        self.options = options
        self._basis, self._vectors, self._weights = basis, vectors, weights
        self._spelling_weights = spelling_weights

    @classmethod
    def fit(cls, options: RidgeOptions, vectors: Floats, spelling: csr_matrix, targets: Floats) -> KernelRidge:
        """Learn from examples.

        Args:
            options: what may be tuned.
            vectors: sentence vectors, shape (n, 384), each of length 1.
            spelling: words and letters, shape (n, columns).
            targets: 1 where an example has a label, shape (n, labels).
        """
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        # It is symmetric: as LAPACK reads an array, column by column, this is the same. Only its lower half is filled.
        kernel = _meaning(vectors, vectors, options.sharpness).T
        kernel = _with_products(kernel, spelling, options.spelling_weight)
        kernel[np.diag_indices_from(kernel)] += options.ridge
        factor = scipy.linalg.cholesky(kernel, lower=True, overwrite_a=True, check_finite=False)
        weights = scipy.linalg.cho_solve((factor, True), targets, check_finite=False).astype(np.float32)
        spelling_weights = options.spelling_weight * np.asarray(spelling.T @ weights)
        basis = np.linalg.eigh(vectors.T @ vectors)[1][:, -options.directions :].astype(np.float32)
        along = np.ascontiguousarray(vectors @ basis)
        return cls(options, basis, along, weights, spelling_weights.astype(np.float16))

    def score(self, vectors: Floats, rows: list[tuple[npt.NDArray[np.int64], Floats]]) -> Floats:
        """Scores of all labels, shape (n, labels): near 1 for a sure label, near 0 for others.

        Args:
            vectors: sentence vectors, shape (n, 384).
            rows: columns and weights of the words and letters of each message.
        """
        scores: Floats = _meaning(vectors @ self._basis, self._vectors, self.options.sharpness) @ self._weights
        for score, (columns, weights) in zip(scores, rows, strict=True):
            score += weights @ self._spelling_weights[columns].astype(np.float32)
        return scores

    def __getstate__(self) -> dict[str, object]:
        halves = {"_vectors": self._vectors.astype(np.float16), "_weights": self._weights.astype(np.float16)}
        return {**self.__dict__, **halves}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._vectors, self._weights = self._vectors.astype(np.float32), self._weights.astype(np.float32)


def _meaning(left: Floats, right: Floats, sharpness: float) -> Floats:
    kernel = left @ right.T
    kernel -= 1.0
    kernel *= sharpness
    return np.exp(kernel, out=kernel)


#: A column that so many rows share is common.
_COMMON = 150
_ROWS = 2000


def _with_products(kernel: Floats, rows: csr_matrix, weight: float) -> Floats:
    """A symmetric matrix plus `weight` times the products of all rows with each other, in its lower half.

    The few thousand columns that most rows share make nearly all of the work: a dense product does them several times
    faster than a sparse one, which is left with the rare ones.
    """
    common = np.asarray((rows != 0).sum(axis=0)).ravel() >= _COMMON
    dense = rows[:, common].toarray() * np.float32(np.sqrt(weight))
    kernel = scipy.linalg.blas.ssyrk(1.0, dense.T, 1.0, kernel, trans=1, lower=1, overwrite_c=1)
    rare = rows[:, ~common]
    for start in range(0, rows.shape[0], _ROWS):
        part = slice(start, start + _ROWS)
        kernel[part] += weight * (rare[part] @ rare.T).toarray()
    return kernel
