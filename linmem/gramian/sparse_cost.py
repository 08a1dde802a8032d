"""What the matrix-free method costs, estimated before it begins, beside a dense computation.

The estimates count multiplications, at speeds that are the same for every machine: what is chosen or refused does not
depend on how busy a machine is.

Contents
--------
Cost, estimated_cost
    Multiplications and seconds of a curve without a dense matrix.
dense_seconds, dense_gigabytes
    Time and memory of the same curve from a dense matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, log2, sqrt

import numpy as np

from linmem.gramian.conjugate_gradients import STEPS
from linmem.gramian.sparse_operator import Operator
from linmem.gramian.sparse_series import Series

SPEED = 3e9  # multiplications a second, in products of sparse matrices, of one core
DENSE_SPEED = 15e9  # the same in products of dense matrices
LANCZOS = 10  # steps after which the largest eigenvalue of C is known to some ten per cent
ROUGH = 0.01  # share of C that the largest eigenvalue may miss
MEAN_TERMS = 0.4  # of the terms of C that a step of conjugate gradients takes, on average (see `refined_solver`)
CHECKS = 4  # times all terms, in doubles: the residual, and the neighbour


@dataclass(frozen=True)
class Cost:
    """Steps of conjugate gradients, and the multiplications of all products."""

    steps: float
    multiplications: float

    @property
    def seconds(self) -> float:
        """By one core."""
        return self.multiplications / SPEED


def estimated_cost(operator: Operator, series: Series, left: np.ndarray, terms: int, columns: int, aim: float) -> Cost:
    """The cost of so many columns, solved to a squared residual of `aim` for right-hand sides of unit norm.

    `left` is the share of C that is left after its first terms. One column would take sqrt(kappa) / 2 log(2 /
    sqrt(aim)) steps, kappa the condition of C >= I, and many side by side some half of them.
    """
    few = min(terms, max(1, int(np.searchsorted(-left, -ROUGH))))
    condition = _largest_eigenvalue(operator, few)
    steps = min(STEPS, 3 + sqrt(condition) / 4 * log(2 / sqrt(min(aim, 1.0))))
    products = columns * (2 * MEAN_TERMS * terms * steps + CHECKS * terms + series.checked(terms))
    return Cost(steps, products * operator.matrix.nnz)


def dense_seconds(units: int, terms: int) -> float:
    """The time of the covariance by doubling."""
    return 3 * float(units) ** 3 * max(1.0, log2(terms)) / DENSE_SPEED


def dense_gigabytes(units: int) -> float:
    """The memory of a curve from a dense matrix."""
    return 6 * 8 * units**2 / 2**30


def _largest_eigenvalue(operator: Operator, terms: int) -> float:
    """About the largest eigenvalue of C_n, by some steps of the Lanczos method, and at least 1; inf on overflow."""
    x = np.random.default_rng(3).standard_normal((operator.matrix.shape[0], 1)).astype(operator.matrix.dtype)
    before, beta = np.zeros_like(x), 0.0
    diagonal, beside = [], []
    x /= np.linalg.norm(x)
    for _ in range(min(LANCZOS, len(x))):
        product = operator.covariance(x, terms)
        alpha = float(np.vdot(x, product).real)
        product -= alpha * x + beta * before
        beta = float(np.linalg.norm(product))
        if not np.isfinite(alpha + beta):
            return np.inf
        diagonal.append(alpha)
        beside.append(beta)
        if not beta > 0:
            break
        before, x = x, product / beta
    tridiagonal = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
    return max(1.0, float(np.linalg.eigvalsh(tridiagonal)[-1]))
