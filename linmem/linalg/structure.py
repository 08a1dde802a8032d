"""Structure of a matrix that its stored numbers show exactly, its scale, and an upper bound on its norm.

Conventions
-----------
W[i, j] is the weight from unit j to unit i. A structure is exact or absent: no entry counts as zero because it is
small. Functions take a dense array, and those of structure and the norm bound also a `scipy.sparse` array.

Contents
--------
Matrix
    The type of a dense or sparse matrix.
Lines, find_lines
    Delay lines and rings: every unit has at most one source and one target.
log_modulus
    log |value|, also near the unit circle.
is_triangular
    Whether the eigenvalues can be read off the diagonal.
symmetrised_tridiagonal
    The symmetric matrix to which a diagonal similarity takes a tridiagonal one.
hermitian_part, without_mean
    (W + W*) / 2, and W - (trace W / N) I.
binary_exponent, times_power_of_two, scaled, scaled_members, with_unit_diagonal
    Scaling by powers of two, which is exact.
balanced
    A diagonal similarity by powers of two.
norm_bound
    An upper bound on the spectral norm, in O(N^2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
import scipy.sparse.linalg as spl

from linmem.linalg.modes import inside_circle

Matrix: TypeAlias = np.ndarray | sparse.sparray | sparse.spmatrix

SUM_ROUNDING = 1e-15  # relative rounding error of a norm, for each row of the matrix


@dataclass(frozen=True, eq=False)
class Lines:
    """Delay lines and rings: the only weight into unit i comes from unit `source[i]` and has modulus `weight[i]`.

    W W* is then diagonal, and so is the noise covariance for any diagonal Q: every quantity is a walk along the lines.
    """

    source: np.ndarray  # (N,) int64, -1 for a unit without a source
    weight: np.ndarray  # (N,) float64, >= 0; 0 for a unit without a source
    logarithm: np.ndarray  # (N,) natural logarithm of the weight; 0 for a unit without a source


def find_lines(W: Matrix) -> Lines | None:
    """Delay lines and rings of which W consists, or None where some unit has two sources or two targets."""
    n = W.shape[-1]
    entries = _nonzero_entries(W, at_most=n)
    if entries is None:
        return None
    row, column, value = entries
    if _repeats(row) or _repeats(column):
        return None
    source = np.full(n, -1, np.int64)
    weight = np.zeros(n)
    logarithm = np.zeros(n)
    source[row] = column
    weight[row] = np.abs(value)
    logarithm[row] = log_modulus(value)
    return Lines(source, weight, logarithm)


def _nonzero_entries(W: Matrix, at_most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Rows, columns and values of the entries that are not zero, or None where there are more than `at_most`."""
    if sparse.issparse(W):
        stored = sparse.coo_array(W)
        nonzero = stored.data != 0
        if np.count_nonzero(nonzero) > at_most:
            return None
        return stored.row[nonzero], stored.col[nonzero], stored.data[nonzero]
    if np.count_nonzero(W) > at_most:
        return None
    row, column = np.nonzero(W)
    return row, column, W[row, column]


def _repeats(indices: np.ndarray) -> bool:
    """Whether an index occurs twice."""
    if not len(indices):
        return False
    return bool(np.bincount(indices).max() > 1)


def log_modulus(value: np.ndarray) -> np.ndarray:
    """log |value| with a relative error of a few ulps.

    For complex numbers near the unit circle the rounding of |value| is too large: log |value| is then half of
    log1p(|value|^2 - 1), which `inside_circle` gives without cancellation.
    """
    with np.errstate(divide="ignore"):
        logarithm = np.log(np.abs(value))
    if np.iscomplexobj(value):
        near_circle = np.flatnonzero(np.abs(logarithm) < 0.25)
        logarithm[near_circle] = np.log1p(-inside_circle(value[near_circle])) / 2
    return logarithm


def is_triangular(W: Matrix) -> bool:
    """Whether W is lower or upper triangular."""
    if sparse.issparse(W):
        stored = sparse.coo_array(W)
        has_lower = (stored.row > stored.col).any()
        has_upper = (stored.row < stored.col).any()
    else:
        has_lower = np.tril(W, -1).any()
        has_upper = np.triu(W, 1).any()
    return not (has_lower and has_upper)


def symmetrised_tridiagonal(W: Matrix) -> tuple[np.ndarray, np.ndarray] | None:
    """Diagonal (N,) and off-diagonal (N - 1,) of the real symmetric tridiagonal matrix with the eigenvalues of W.

    None for other matrices. D^-1 W D is symmetric for a diagonal D, with off-diagonals sqrt(W[i, i+1] W[i+1, i]), where
    no such product is negative. The eigenvalues of a feedback chain are well conditioned in this form, but not in W.
    """
    if sparse.issparse(W) or np.iscomplexobj(W) or len(W) < 3:
        return None
    bands = [np.diag(W, offset) for offset in (-1, 0, 1)]
    if np.count_nonzero(W) != sum(np.count_nonzero(band) for band in bands):
        return None
    lower, diagonal, upper = bands
    if np.any(np.sign(lower) * np.sign(upper) < 0):
        return None
    return diagonal.copy(), np.sqrt(np.abs(lower)) * np.sqrt(np.abs(upper))


def hermitian_part(W: np.ndarray) -> np.ndarray:
    """A = (W + W*) / 2, of W = A + i B with Hermitian A and B; B is the Hermitian part of -i W."""
    return (W + W.conj().T) / 2


def without_mean(W: np.ndarray) -> np.ndarray:
    """W - (trace W / N) I, whose eigenvalues have the mean 0, with the commutator W W* - W* W of W."""
    return W - np.trace(W) / len(W) * np.eye(len(W))


def binary_exponent(*arrays: np.ndarray) -> int:
    """e such that 2^(e-1) <= m < 2^e, m the largest real or imaginary part in all the arrays; 0 where m is 0."""
    largest = max(np.abs(_parts(array)).max() for array in arrays)
    _, exponent = np.frexp(largest)
    return int(exponent)


def times_power_of_two(array: np.ndarray, exponent: int) -> np.ndarray:
    """array 2^exponent, exact, also where 2^exponent itself is no double."""
    return np.ldexp(_parts(array), exponent).view(array.dtype)


def scaled(W: np.ndarray) -> tuple[np.ndarray, int]:
    """W / 2^e with a largest entry of about 1, and e.

    Squares of its entries neither overflow nor vanish. LAPACK needs it too: its eigenvalues of matrices with entries
    beyond 1e138 or below 1e-138 can be wrong by any factor.
    """
    exponent = binary_exponent(W)
    return times_power_of_two(W, -exponent), exponent


def scaled_members(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same for every matrix of a stack (M, N, N), and the exponents, (M,)."""
    parts = _parts(W)
    largest = np.abs(parts).max(axis=(-2, -1))
    _, exponents = np.frexp(largest)
    members = np.ldexp(parts, -exponents[:, None, None])
    return members.view(W.dtype), exponents


def with_unit_diagonal(Q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """D^-1 Q D^-1 of a Hermitian Q with a positive diagonal, whose own is between 1/2 and 2, and e, (N,), D = diag 2^e.

    Q is positive definite exactly if that is: it is the same covariance in other units, unit by unit.
    """
    _, exponents = np.frexp(Q.diagonal().real)
    halves = exponents // 2
    table = -(halves[:, None] + halves[None, :])
    if np.iscomplexobj(Q):
        return np.ldexp(Q.real, table) + 1j * np.ldexp(Q.imag, table), halves
    return np.ldexp(Q, table), halves


def balanced(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """D^-1 W D with rows and columns alike, and the diagonal of D, powers of two, so that nothing is rounded."""
    (gebal,) = sl.get_lapack_funcs(("gebal",), (W,))
    matrix, _, _, units, _ = gebal(W, scale=1, permute=0)
    return matrix, units


def _parts(array: np.ndarray) -> np.ndarray:
    """The real and imaginary parts side by side along the last axis."""
    return np.ascontiguousarray(array).view(float)


def norm_bound(W: Matrix) -> float:
    """An upper bound on ||W||, the spectral norm: the smaller of ||W||_F and sqrt(||W||_1 ||W||_inf).

    The rounding of these norms is added.
    """
    norm = spl.norm if sparse.issparse(W) else sl.norm
    frobenius = norm(W)
    of_columns_and_rows = np.sqrt(norm(W, 1) * norm(W, np.inf))
    smaller = min(frobenius, of_columns_and_rows)
    return float(smaller * (1 + W.shape[0] * SUM_ROUNDING))
