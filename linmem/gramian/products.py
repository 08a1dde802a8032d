r"""Products of the steps of a time-varying network, Phi_k = A_t ... A_{t-k+1}, in units of powers of two.

Products leave the range of doubles long before a path ends: each is held as M 2^e. Copies that round otherwise follow,
and show what rounding does.

Contents
--------
gradients
    The norms of O Phi_k B, k = 0, 1, ...: how far an input moves what is read later.
growth
    The norms of A_t ... A_1, t = 0, 1, ...: how far a state moves all that follow.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from linmem.gramian.methods import SAFETY
from linmem.gramian.time_varying import COPY, PROBES, Path
from linmem.linalg.blas import blas_threads_for, product
from linmem.linalg.stein import ULP
from linmem.linalg.structure import binary_exponent, times_power_of_two


def gradients(
    path: Path, stop: int, lags: int, rows: np.ndarray, norm: Callable[[np.ndarray], float]
) -> tuple[np.ndarray, np.ndarray]:
    """log norm(O Phi_k B), (K,), -inf where it is 0, and the error of each norm relative to it; O = `rows`."""
    logarithms, relative = np.full(lags, -np.inf), np.zeros(lags)
    exponent = 0
    sign = COPY * np.random.default_rng(3).choice([-1.0, 1.0], (PROBES, len(rows)))
    ahead = rows.astype(path.dtype)
    probe = sign @ ahead  # the same rows, combined before the products and not after
    with blas_threads_for(path.size), np.errstate(divide="ignore", under="ignore"):
        for lag, (A, B, _) in zip(range(lags), path.backwards(stop), strict=False):
            moved = ahead @ B
            size = norm(moved)
            drift = np.linalg.norm(sign @ moved - probe @ B) / np.sqrt(PROBES)
            logarithms[lag] = np.log(size) + exponent * np.log(2)
            relative[lag] = drift / size if size > 0 else 0.0
            ahead, probe = product(ahead, A), product(probe, A)
            ahead, probe, exponent = _rescaled(ahead, probe, exponent)
    # what has lost digits at one lag has lost them at all later ones
    relative = SAFETY * np.maximum.accumulate(np.nan_to_num(relative, nan=np.inf))
    return logarithms, relative + ULP * (8 + np.sqrt(path.size))


def growth(path: Path, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The spectral norms of the products of the first 0, 1, ..., `stop` steps, (T + 1,), their errors, and the unit
    state, (N,), that grows to the largest of them.
    """
    norms, error = np.ones(stop + 1), np.zeros(stop + 1)
    exponent = 0
    ahead = np.eye(path.size, dtype=path.dtype)
    sign = COPY * np.random.default_rng(3).choice([-1.0, 1.0], (path.size, PROBES))
    probe, peak = sign.astype(path.dtype), 1.0
    state = ahead[:, 0].copy()
    with blas_threads_for(path.size), np.errstate(over="ignore", under="ignore"):
        for t, (A, _, _) in enumerate(path.forwards(stop)):
            ahead, probe = product(A, ahead), product(A, probe)
            ahead, probe, exponent = _rescaled(ahead, probe, exponent)
            _, singular, right = np.linalg.svd(ahead)
            norms[t + 1] = np.ldexp(singular[0], exponent)
            drift = np.sqrt(np.mean(np.sum(np.abs(ahead @ sign - probe) ** 2, axis=0)))
            error[t + 1] = np.ldexp(SAFETY * drift + ULP * (8 + np.sqrt(path.size)) * singular[0], exponent)
            if norms[t + 1] > peak * (1 + 1e-12):
                peak, state = norms[t + 1], right[0].conj()
    largest = state[np.argmax(np.abs(state))]
    return norms, error, state * (np.abs(largest) / largest)


def _rescaled(ahead: np.ndarray, probe: np.ndarray, exponent: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The product and its copies with entries near 1."""
    if not ahead.any():
        return ahead, probe, exponent
    of_step = binary_exponent(ahead)
    if abs(of_step) < 100:  # far from the ends of the range of doubles
        return ahead, probe, exponent
    return times_power_of_two(ahead, -of_step), times_power_of_two(probe, -of_step), exponent + of_step
