"""The space that an input reaches, span(v, W v, W^2 v, ...): the range of the controllability Gramian of the signal."""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
from scipy.sparse.csgraph import breadth_first_order

from linmem.linalg.blas import product
from linmem.linalg.stein import ULP


def reached_units(W: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The units to which a path of weights leads from the input: all others stay at zero."""
    size = len(W)
    links = np.zeros((size + 1, size + 1), bool)  # one node more, for the input; from row to column
    links[:size, :size] = W.T != 0
    links[size, :size] = v != 0
    order = breadth_first_order(sparse.csr_array(links), size, return_predecessors=False)
    return np.sort(order[1:])


def reached_lags(W: np.ndarray, V: np.ndarray, lags: int) -> np.ndarray:
    """Whether a path of k weights leads from each input to any unit, (lags, d): elsewhere W^k V is 0 exactly."""
    is_weight = (W != 0).astype(float)
    active = V != 0
    reached = np.zeros((lags, active.shape[1]), bool)
    for lag in range(lags):
        reached[lag] = active.any(axis=0)
        following = product(is_weight, active.astype(float)) > 0
        if (following == active).all():
            reached[lag:] = reached[lag]
            break
        active = following
    return reached


def reached_matrix(W: np.ndarray, v: np.ndarray, dimension: int) -> tuple[np.ndarray, float]:
    """W in an orthonormal basis of the space that v reaches, v first: the Hessenberg matrix of Arnoldi's method.

    `dimension` is that of the space, which doubles cannot tell. Also an estimate of how far rounding may have moved the
    matrix, in units of its norm: a direction that is reached by little is known by as much less.
    """
    scale = sl.norm(W) or 1.0
    basis = np.zeros((len(W), dimension), np.result_type(W, v))
    H = np.zeros((dimension, dimension), basis.dtype)
    ahead, shortest = v / np.abs(v).max(), 1.0
    for step in range(dimension):
        length = sl.norm(ahead)
        if step:
            H[step, step - 1] = length
            shortest = min(shortest, length / scale)
        if not shortest > 0:
            return H, np.inf
        basis[:, step] = ahead / length
        ahead = W @ basis[:, step]
        for _ in range(2):  # twice is enough: one pass leaves rounding that is not orthogonal to the basis
            inside = basis[:, : step + 1].conj().T @ ahead
            ahead = ahead - basis[:, : step + 1] @ inside
            H[: step + 1, step] += inside
    outside = sl.norm(ahead) / scale
    return H, float((ULP * len(W) + outside) / shortest)
