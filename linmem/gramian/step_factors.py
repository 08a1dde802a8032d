"""Factors of the noise and of covariances along steps, by transformations that are stable for rows of any size.

Contents
--------
squared_rows
    The squared norm of each row.
inverse_factor, well_conditioned
    G^-1 where it is accurate; whether a matrix is regular, in units of its rows.
triangle, orthonormal_and_triangle
    The factors of a QR decomposition that meets the largest rows first (Cox and Higham 1998).
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import squared_norm
from linmem.linalg.stein import largest_rows_first

SINGULAR = 1e-13  # a singular value below that, relative to the largest, may be 0


def squared_rows(rows: np.ndarray) -> np.ndarray:
    """The squared norm of each row."""
    return np.einsum("pi,pi->p", rows, rows.conj()).real


def inverse_factor(G: np.ndarray | None, size: int) -> np.ndarray | None:
    """G^-1; None where there is none, or where it is not accurate. (N, 0) stands for that of the identity."""
    if G is None:
        return np.zeros((size, 0))
    lengths = np.sqrt(squared_rows(G))
    if G.shape[0] != G.shape[1] or not lengths.all():
        return None
    try:
        inverse = np.linalg.inv(G / lengths[:, None])
    except np.linalg.LinAlgError:
        return None
    return inverse / lengths if np.sqrt(size * squared_norm(inverse)) * SINGULAR < 1 else None


def well_conditioned(matrix: np.ndarray) -> bool:
    """Whether the least singular value, in units of the rows, is above rounding."""
    lengths = np.sqrt(squared_rows(matrix / (np.abs(matrix).max() or 1.0)))
    if not lengths.all():
        return False
    singular = sl.svdvals(matrix / lengths[:, None], check_finite=False)
    return bool(len(singular) == len(matrix) and singular[-1] > SINGULAR * singular[0])


def triangle(rows: np.ndarray) -> np.ndarray:
    """R, (N, N), upper triangular, with R* R = rows* rows, by transformations that meet the largest rows first."""
    size = rows.shape[1]
    if not len(rows):
        return np.zeros((0, size), rows.dtype)
    if len(rows) < size:
        rows = np.vstack([rows, np.zeros((size - len(rows), size), rows.dtype)])
    return sl.qr(rows[largest_rows_first(rows)], mode="r", check_finite=False)[0][:size]


def orthonormal_and_triangle(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Z with orthonormal columns and R, rows = Z R, by transformations that meet the largest rows first."""
    order = largest_rows_first(rows)
    sorted_Z, R = np.linalg.qr(rows[order])
    Z = np.empty_like(sorted_Z)
    Z[order] = sorted_Z
    return Z, R
