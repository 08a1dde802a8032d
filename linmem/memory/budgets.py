r"""Matrices of any size, brought to a budget of weights: W as a function of a free matrix X, and gradients back to X.

Contents
--------
in_frobenius_ball
    ||W||_F = B.
in_spectral_ball
    ||W||_2 < B.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg as sl

Back = Callable[[np.ndarray], np.ndarray]  # from dJ/dW to dJ/dX


def in_frobenius_ball(X: np.ndarray, budget: float) -> tuple[np.ndarray, Back]:
    """W = B X / ||X||_F, (N, N), and how a gradient goes back: without its part along X."""
    size = sl.norm(X)

    def back(G: np.ndarray) -> np.ndarray:
        along = np.sum(G * X) / size**2
        return budget / size * (G - along * X)

    return budget / size * X, back


def in_spectral_ball(X: np.ndarray, budget: float) -> tuple[np.ndarray, Back]:
    """W = B X (1 + X' X)^(-1/2), (N, N), of singular values B g(s), g(s) = s / sqrt(1 + s^2), and gradients back.

    In the bases of the singular vectors the derivative divides the symmetric part of a gradient by s_i - s_j and the
    antisymmetric part by s_i + s_j (divided differences of g).
    """
    U, s, Vh = sl.svd(X)
    g = s / np.sqrt(1 + s**2)
    row = s[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (1 + row**2) ** -1.5  # g'(s), where two singular values are equal
        differences = np.where(np.isclose(row, s, rtol=1e-7), slope, (g[:, None] - g) / (row - s))
        sums = np.where(row + s > 0, (g[:, None] + g) / (row + s), 1.0)  # g(s) / s = 1 at 0

    def back(G: np.ndarray) -> np.ndarray:
        M = U.T @ G @ Vh.T
        symmetric, antisymmetric = (M + M.T) / 2, (M - M.T) / 2
        return budget * U @ (symmetric * differences + antisymmetric * sums) @ Vh

    return budget * (U * g) @ Vh, back
