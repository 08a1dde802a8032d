"""What a matrix can be seen to be before any arithmetic: found once, at the boundary.

Conventions
-----------
W[i, j] is the weight from unit j to unit i. Functions take a dense array or a `scipy.sparse` array, and look at the
stored doubles: a structure is exact or it is absent.

Contents
--------
Lines, find_lines
    Delay lines and rings: every unit has at most one input and one output.
is_triangular
    The eigenvalues can be read off the diagonal.
symmetrised_tridiagonal
    A tridiagonal matrix as a diagonal similarity of a symmetric one.
scaled
    A matrix in a unit in which its entries are about 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse


@dataclass(frozen=True, eq=False)
class Lines:
    """Delay lines and rings: unit i hears unit `source[i]` alone (-1: nobody) with a weight of modulus `weight[i]`.

    Then W W* is diagonal, and so is the noise covariance of any diagonal noise: everything is a walk along the lines.
    """

    source: np.ndarray  # (N,) int64
    weight: np.ndarray  # (N,) float64, >= 0
    logarithm: np.ndarray  # (N,) of the weight, where there is one


def find_lines(W) -> Lines | None:
    """The delay lines and rings of which W consists, or None where some unit has two inputs or two outputs."""
    n = W.shape[-1]
    if sparse.issparse(W):
        stored = W.tocoo()
        row, column, value = stored.row, stored.col, stored.data
        kept = value != 0
        row, column, value = row[kept], column[kept], value[kept]
        if len(row) > n:
            return None
    else:
        if np.count_nonzero(W) > n:
            return None
        row, column = np.nonzero(W)
        value = W[row, column]
    if (len(row) and np.bincount(row).max() > 1) or (len(column) and np.bincount(column).max() > 1):
        return None
    source, weight, logarithm = np.full(n, -1, np.int64), np.zeros(n), np.zeros(n)
    source[row], weight[row], logarithm[row] = column, np.abs(value), _log_modulus(value)
    return Lines(source, weight, logarithm)


def _log_modulus(value: np.ndarray) -> np.ndarray:
    """log |value| to a few ulps of itself: of complex numbers near the unit circle, |value| alone is too coarse."""
    logarithm = np.log(np.abs(value))
    if np.iscomplexobj(value):
        near = np.flatnonzero(np.abs(logarithm) < 0.25)
        parts = np.stack([value[near].real, value[near].imag])
        shifted = parts * (2.0**27 + 1)
        high = shifted - (shifted - parts)  # half of the bits: products of halves are exact
        low = parts - high
        terms = np.concatenate([high * high, 2 * high * low, low * low])
        logarithm[near] = [math.log1p(math.fsum([-1.0, *column])) / 2 for column in terms.T]
    return logarithm


def is_triangular(W) -> bool:
    """Whether W is lower or upper triangular."""
    if sparse.issparse(W):
        stored = W.tocoo()
        below, above = stored.row > stored.col, stored.row < stored.col
        return not (below.any() and above.any())
    return not (np.tril(W, -1).any() and np.triu(W, 1).any())


def symmetrised_tridiagonal(W) -> tuple[np.ndarray, np.ndarray] | None:
    """Diagonal and off-diagonal of the real symmetric tridiagonal matrix with the eigenvalues of W, or None.

    D^-1 W D is symmetric, with off-diagonals sqrt(W[i, i+1] W[i+1, i]), where these products are not negative: the
    eigenvalues of a feedback chain are then well conditioned, although those of W as it stands are not.
    """
    if sparse.issparse(W) or np.iscomplexobj(W) or len(W) < 3:
        return None
    lower, diagonal, upper = np.diag(W, -1), np.diag(W), np.diag(W, 1)
    if np.count_nonzero(W) != np.count_nonzero(lower) + np.count_nonzero(diagonal) + np.count_nonzero(upper):
        return None
    if np.any(np.sign(lower) * np.sign(upper) < 0):
        return None
    return diagonal.copy(), np.sqrt(np.abs(lower)) * np.sqrt(np.abs(upper))


def scaled(W: np.ndarray) -> tuple[np.ndarray, int]:
    """W with entries of about 1, and the exponent of the power of two taken out.

    No square overflows or vanishes then, and LAPACK, whose eigenvalues of entries beyond 1e138 and below 1e-138 can be
    off by any factor, is right.
    """
    parts = np.ascontiguousarray(W).view(float)
    exponent = int(np.frexp(np.abs(parts).max())[1])
    return np.ldexp(parts, -exponent).view(W.dtype), exponent
