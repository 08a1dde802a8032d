"""Conjugate gradients for many right-hand sides that share one space of directions (O'Leary 1980)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg as sl

from linmem.gramian.sparse_operator import squared_columns

STEPS = 1000
STEPS_SINGLE = 150  # in single precision: what takes more has a condition that single precision does not solve


def conjugate_gradients(
    apply: Callable[[np.ndarray, float], np.ndarray], B: np.ndarray, aim: float, report: Callable[[float], None]
) -> np.ndarray:
    """X with A X = B, until the squared residual ||B - A X||_F^2 is at most `aim`, for at most `STEPS` steps, fewer
    in single precision, in the precision of B.

    `apply` is (X, size) -> A X, A Hermitian and positive definite, where the squared residual is `size`: the product
    may be as rough as what is left to be solved, sqrt(aim / size). After each step `report` is called with the share
    that is done, on a logarithmic scale, as residuals fall like powers.

    All columns search in the same space, which needs some half of the steps of one column. The residual block is kept
    as Q times a small matrix with orthonormal Q, so that columns may be dependent, zero, or of any size (Dubrulle 2001,
    ETNA 12:216).
    """
    X = np.zeros_like(B)
    Q, residual = _orthonormal(B)
    P = Q
    first = size = float(squared_columns(residual).sum())
    for _ in range(STEPS if B.dtype == _double(B) else min(STEPS, STEPS_SINGLE)):
        if not size > aim:  # also where it is not a number any more
            break
        AP = apply(P, size)
        curvature = P.conj().T @ AP
        try:
            inverse = np.linalg.inv((curvature + curvature.conj().T).astype(_double(B)) / 2).astype(B.dtype)
        except np.linalg.LinAlgError:
            break
        X += P @ (inverse @ residual)
        Q, change = _orthonormal(Q - AP @ inverse)
        P = Q + P @ change.conj().T
        residual = change @ residual
        size = float(squared_columns(residual).sum())
        report(_share_done(first, size, aim))
    return X


def _orthonormal(B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Q with orthonormal columns, and R, with B = Q R."""
    if not np.isfinite(B).all():
        return B, np.full((B.shape[1], B.shape[1]), np.nan, B.dtype)
    Q, R = sl.qr(B, mode="economic", check_finite=False)
    return np.ascontiguousarray(Q), R


def _double(B: np.ndarray) -> type:
    return complex if B.dtype.kind == "c" else float


def _share_done(first: float, size: float, aim: float) -> float:
    if not aim < size < first:
        return float(size <= aim)
    return max(0.0, float(np.log(first / size) / np.log(first / aim)))
