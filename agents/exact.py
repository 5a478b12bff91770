"""Arithmetic on columns that gives the same bits on every processor.

NumPy's exponentials and logarithms, and products of matrices (BLAS), are written anew for each kind of
processor and differ in their last bits, and one bit may tip a choice. Here each number is worked out by itself, by the
system's mathematical library, and sums run in one order.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from agents.rule import loop


@loop
def fill_exponentials(x: np.ndarray, out: np.ndarray) -> None:
    """Fill e^x, shape (numbers,)."""
    for i in range(x.shape[0]):
        out[i] = math.exp(x[i])


@loop
def fill_logarithms(x: np.ndarray, out: np.ndarray) -> None:
    """Fill natural logarithms, shape (numbers,): minus infinity of 0."""
    for i in range(x.shape[0]):
        out[i] = math.log(x[i])


def exponential(x: ArrayLike) -> np.ndarray:
    """e^x of every number, same shape."""
    given = np.asarray(x, dtype=np.float64)
    out = np.empty(given.size)
    fill_exponentials(given.ravel(), out)
    return out.reshape(given.shape)


def logarithm(x: ArrayLike) -> np.ndarray:
    """Natural logarithm of every number, same shape."""
    given = np.asarray(x, dtype=np.float64)
    out = np.empty(given.size)
    fill_logarithms(given.ravel(), out)
    return out.reshape(given.shape)


def product(first: ArrayLike, second: ArrayLike) -> np.ndarray:
    """Product of two matrices, or of a matrix and a vector, as `@` means it.

    >>> product([1.0, 2.0], [[1.0, 0.0], [3.0, 4.0]]).tolist(), float(product([1.0, 2.0], [3.0, 4.0]))
    ([7.0, 8.0], 11.0)
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    return np.asarray(np.einsum(f"{'i' * (a.ndim - 1)}k,k{'j' * (b.ndim - 1)}", a, b))


def cholesky(matrix: ArrayLike) -> np.ndarray:
    """Lower triangle whose product with its transpose is a small positive definite matrix."""
    given = np.asarray(matrix, dtype=np.float64).tolist()
    root = np.zeros((len(given), len(given))).tolist()
    for i, row in enumerate(root):
        for j in range(i + 1):
            rest = given[i][j] - sum(row[k] * root[j][k] for k in range(j))
            if i == j and not rest > 0.0:
                raise np.linalg.LinAlgError("the matrix is not positive definite")
            row[j] = math.sqrt(rest) if i == j else rest / root[j][j]
    return np.array(root)


def solution(matrix: ArrayLike, right: ArrayLike) -> np.ndarray:
    """Solution x of matrix x = right, for a small positive definite matrix.

    >>> solution([[4.0, 2.0], [2.0, 2.0]], [8.0, 6.0]).tolist()
    [1.0, 2.0]
    """
    root, found = cholesky(matrix).tolist(), np.asarray(right, dtype=np.float64).tolist()
    for i, row in enumerate(root):
        found[i] = (found[i] - sum(row[k] * found[k] for k in range(i))) / row[i]
    for i in reversed(range(len(root))):
        found[i] = (found[i] - sum(root[k][i] * found[k] for k in range(i + 1, len(root)))) / root[i][i]
    return np.array(found)
