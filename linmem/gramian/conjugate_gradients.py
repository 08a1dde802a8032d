"""Conjugate gradients for many right-hand sides, each to an accuracy of its own (Hestenes & Stiefel 1952)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from linmem.gramian.sparse_operator import Step, inner, squared_columns

STEPS = 1000


def conjugate_gradients(
    apply: Step, B: np.ndarray, X: np.ndarray, aim: float, report: Callable[[float], None]
) -> np.ndarray:
    """X with A X = B, each column until its squared residual is below `aim`, for at most `STEPS` steps.

    The iteration starts from the given X. `apply` is X -> A X, A Hermitian and positive definite. After each step
    `report` is called with the share that is done, on a logarithmic scale, as residuals fall like powers.
    """
    X = X.copy()
    R = B - apply(X) if X.any() else B
    size = squared_columns(R)
    open_columns = np.flatnonzero(size > aim)
    R, size = np.take(R, open_columns, axis=1), size[open_columns]
    P, first = R.copy(), size.max(initial=aim)
    for _ in range(STEPS):
        if not len(open_columns):
            break
        AP = apply(P)
        step = size / inner(P, AP).real
        X[:, open_columns] += step * P
        R -= step * AP
        before, size = size, squared_columns(R)
        P *= size / before
        P += R
        is_open = size > aim
        report(_share_done(first, size.max(), aim) if is_open.any() else 1.0)
        if not is_open.all():  # columns that have arrived cost no more products
            open_columns, size = open_columns[is_open], size[is_open]
            R, P = np.compress(is_open, R, axis=1), np.compress(is_open, P, axis=1)
    return X


def _share_done(first: float, largest: float, aim: float) -> float:
    return float(np.log(first / largest) / np.log(first / aim))
