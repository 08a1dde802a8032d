"""The noise of each step as a factor, Q_t = G_t G_t*, from a variance, a covariance, or one for each step.

Contents
--------
StepNoise, step_noise
    The factors, in units of the mean variance.
is_positive_definite
    Whether a covariance is, and an error where it is none.
factor_of, rounding_of_factor
    A factor of one covariance, which may be singular; and how far it may be from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem import validation as checks
from linmem.errors import InvalidNetworkError
from linmem.linalg.blas import cholesky_lower, solve_lower, squared_norm
from linmem.linalg.stein import ULP
from linmem.linalg.structure import with_unit_diagonal


@dataclass(frozen=True, eq=False)
class StepNoise:
    """The noise of T steps: `variance`, the mean of all units and steps, and Q_t over it.

    `covariance` is None for independent noise of equal variance, (N, N) for the same at every step, or (T, N, N).
    `is_regular` says that every Q_t is positive definite; `rounding` is the largest `rounding_of_factor`.
    """

    variance: float
    covariance: np.ndarray | None
    is_regular: bool
    rounding: float = 0.0

    def factors(self, start: int, stop: int) -> np.ndarray | None:
        """G of the steps, (n, N, N), or (N, N) where it is the same at every step; None for the identity."""
        if self.covariance is None:
            return None
        if self.covariance.ndim == 2:
            return factor_of(self.covariance)
        return np.array([factor_of(Q) for Q in self.covariance[start:stop]])


def step_noise(value: Any, steps: int, size: int) -> StepNoise:
    """The noise that was given, checked; or an error that names the step."""
    shape = np.shape(value)
    if shape == ():
        return StepNoise(float(checks.noise(value, size)), None, is_regular=True)
    Q = checks.array("noise", value)
    if Q.shape not in ((size, size), (steps, size, size)):
        raise InvalidNetworkError(
            f"noise has shape {Q.shape}; it must be a variance, a covariance of shape {(size, size)}, or one for each "
            f"step, {(steps, size, size)}"
        )
    checks.finite("noise", Q)
    variance = float(np.einsum("...ii->...", Q).real.mean() / size)
    stack = Q if Q.ndim == 3 else Q[None]
    is_regular, rounding = True, 0.0
    for t, covariance in enumerate(stack):
        place = "noise" if Q.ndim == 2 else f"noise of step {t}"
        is_regular &= is_positive_definite(place, covariance)
        rounding = max(rounding, rounding_of_factor(covariance))
    if not variance > 0:
        raise InvalidNetworkError("noise is 0 at every step; memory is measured against some noise: give a variance")
    unit = (Q + np.conj(np.swapaxes(Q, -1, -2))) / (2 * variance)
    unit.flags.writeable = False
    return StepNoise(variance, unit, bool(is_regular), rounding)


def is_positive_definite(argument: str, Q: np.ndarray) -> bool:
    """Whether a covariance, which may be singular, is positive definite; an error where it is no covariance."""
    checks.require_symmetric(argument, Q)
    if cholesky_lower(np.asfortranarray(Q)) is not None:
        return True
    is_noisy, correlations, _ = _noisy_units(Q)
    least = np.linalg.eigvalsh(correlations)[0] if is_noisy.any() else 0.0
    # a unit of variance 0 has no covariance with any other
    if Q.diagonal().real.min() < 0 or Q[~is_noisy].any() or least < -4 * len(Q) * ULP:
        raise InvalidNetworkError(
            f"{argument} has the eigenvalue {np.linalg.eigvalsh(Q)[0]:.3g}; a covariance has none below 0: build it as "
            "G @ G.T"
        )
    return False


def _noisy_units(Q: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which units have a variance, (N,), their covariance in units in which it is near 1, and those units."""
    is_noisy = Q.diagonal().real > 0
    correlations, exponents = with_unit_diagonal(Q[np.ix_(is_noisy, is_noisy)])
    return is_noisy, correlations, np.ldexp(1.0, exponents)


def rounding_of_factor(Q: np.ndarray) -> float:
    """How far G G* of `factor_of` may be from Q, relative to Q.

    Each entry is wrong by some ulps of (Q_ii Q_jj)^1/2: that is ||G^-1 D^1/2||^2 times larger relative to Q, with D the
    diagonal. Infinite where the noise of several units together is singular: of a direction in which Q may be 0, no
    share is known.
    """
    diagonal = Q.diagonal().real
    if np.count_nonzero(Q) == np.count_nonzero(diagonal):
        return 4 * ULP
    _, correlations, _ = _noisy_units(Q)
    L = cholesky_lower(np.asfortranarray(correlations))
    if L is None:
        return np.inf
    of_inverse = squared_norm(solve_lower(L, np.diag(np.sqrt(correlations.diagonal().real)).astype(L.dtype)))
    return float(ULP * (8 + np.sqrt(len(Q))) * of_inverse)


def factor_of(Q: np.ndarray) -> np.ndarray:
    """G, (N, N), with G G* = Q; directions without noise, to rounding, are columns of zeros.

    Of independent noise it is exact: a unit without noise is one.
    """
    diagonal = Q.diagonal().real
    if np.count_nonzero(Q) == np.count_nonzero(diagonal):
        return np.diag(np.sqrt(diagonal)).astype(Q.dtype)
    is_noisy, correlations, units = _noisy_units(Q)
    factor = cholesky_lower(np.asfortranarray(correlations))
    if factor is None:
        values, vectors = np.linalg.eigh(correlations)
        values[values < len(Q) * ULP] = 0
        factor = vectors * np.sqrt(values)
    G = np.zeros_like(Q)
    G[np.ix_(is_noisy, is_noisy)] = units[:, None] * factor
    return G
