"""What the rounding of the factors of the noise, Q = G G*, does to memory after a step.

Contents
--------
rounding_of_noise
    Its bound, relative to J.
"""

from __future__ import annotations

import numpy as np

from linmem.gramian.step_factors import squared_rows, triangle, well_conditioned
from linmem.gramian.time_varying import Path, Readout, factor_of_covariance, stacked
from linmem.linalg.blas import product, solve_lower, squared_norm
from linmem.linalg.stein import ULP

ACCEPTED = 1e-12  # of rounding that is not looked at more closely


def rounding_of_noise(path: Path, stop: int, readout: Readout) -> float:
    """How far the rounding of the factors of Q may have moved J after `stop` steps, relative to it.

    Q_ij is wrong by some ulps of (Q_ii Q_jj)^1/2, and C by the sum of Phi_k times that: E = L^-1 (C - exact) L^-* is at
    most that many ulps of sum_k ||Y_k D_k^1/2||^2, D the diagonal of Q. At most `path.rounding`, and less where other
    noise covers the directions in which Q is small. Infinite where nothing covers those in which Q is singular.
    """
    if not path.rounding > ACCEPTED:
        return path.rounding
    factored = factor_of_covariance(path, stop)
    L = None if factored is None else triangle(stacked(readout.of(factored[0]), readout.noise_factor)).conj().T
    if L is None or not well_conditioned(L):
        return path.rounding
    Y = np.ascontiguousarray(solve_lower(np.asfortranarray(L), readout.of(np.eye(path.size, dtype=path.dtype))))
    total = 0.0
    for A, _, G in path.backwards(stop):
        total += squared_norm(Y) if G is None else squared_norm(Y * np.sqrt(squared_rows(G)))
        Y = product(Y, A)
    total += squared_norm(Y * np.sqrt(squared_rows(path.start())))
    return min(path.rounding, ULP * (8 + 2 * path.size) * total)
