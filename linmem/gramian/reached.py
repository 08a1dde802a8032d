"""The space that an input reaches, span(v, W v, W^2 v, ...): the range of the controllability Gramian of the signal."""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.errors import AccuracyError

NEGLIGIBLE, REACHED = 1e-11, 1e-8  # of ||W||: at most what rounding leads to, and at least what it cannot lead to


def reached_matrix(W: np.ndarray, v: np.ndarray, rtol: float) -> np.ndarray:
    """W in an orthonormal basis of the space that v reaches, v first: the Hessenberg matrix of Arnoldi's method.

    It ends where a step leads no further. Raises AccuracyError where rounding leaves that open.
    """
    size, scale, length = len(W), sl.norm(W), sl.norm(v)
    if not length:
        return np.zeros((0, 0))
    basis = np.zeros((size, size), np.result_type(W, v))
    H = np.zeros((size, size), basis.dtype)
    basis[:, 0] = v / length
    for step in range(size):
        count = step + 1
        ahead = W @ basis[:, step]
        for _ in range(2):  # twice is enough: one pass leaves rounding that is not orthogonal to the basis
            inside = basis[:, :count].conj().T @ ahead
            ahead = ahead - basis[:, :count] @ inside
            H[:count, step] += inside
        length = sl.norm(ahead)
        if count == size or length <= NEGLIGIBLE * scale:
            return H[:count, :count]
        if length < REACHED * scale:
            raise AccuracyError(
                np.inf,
                rtol,
                reason=f"whether the input reaches more than {count} dimensions is open: a further one is reached by "
                f"{length / scale:.1g} of ||W||",
            )
        H[count, step] = length
        basis[:, count] = ahead / length
    return H
