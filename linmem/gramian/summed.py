r"""The pulses at one end of a time-varying network, from the products Phi_k = A_t ... A_{t-k+1} alone.

C = sum_k Phi_k Q Phi_k* is added up while the products are formed, from the last step to the first, and the pulses
Phi_k B are kept until C is known: every step costs one product of matrices, and half of one while its noise still
counts. Its terms are positive, so that rounding moves C_ij by no more than a few ulps of (C_ii C_jj)^1/2; what the
products themselves have lost is shown by rows that are combined before and after them.

Contents
--------
pulses_by_products
    The pulses, where they are known to 1e-9.
rounding_of_sums
    What rounding did to C.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem.gramian.time_varying import COPY, PROBES, Path, Pulses, Readout, moved_pulses, plus_noise
from linmem.linalg.blas import cholesky_lower, congruence, product, solve_lower, squared_norm
from linmem.linalg.stein import ULP

ACCURATE = 1e-9  # a larger relative error is left to the methods that lose less
FADED = ULP / 16  # noise below that, relative to the least of C_ii, is not added up


def pulses_by_products(path: Path, stop: int, lags: int, readout: Readout) -> Pulses | None:
    """The pulses of the last `lags` of `stop` steps; None where they are not known to ACCURATE."""
    rows = readout.of(np.eye(path.size))
    # not powers of two: the rows are rounded otherwise, even where there is one of them
    sign = np.random.default_rng(0).choice([-COPY, COPY], (PROBES, len(rows)))
    sums = _Sums(sign, np.zeros((len(rows), len(rows)), path.dtype))
    pulses = np.zeros((len(rows), lags, path.inputs), path.dtype)
    drift, lag = np.zeros((lags, path.inputs)), 0
    # the rows that are read, and their combinations, go through the same products side by side
    ahead = np.vstack([rows, sign @ rows]).astype(path.dtype)
    for A, B, G in path.chunks_backwards(stop):
        products, ahead = _products(ahead, A, path.full_columns)
        if not np.isfinite(ahead).all():
            return None
        sums.add(products, G)
        counted = min(len(A), lags - lag)
        if counted > 0:
            seen = products[:counted] @ B[:counted]
            pulses[:, lag : lag + counted] = seen[:, : len(rows)].transpose(1, 0, 2)
            difference = sign @ seen[:, : len(rows)] - seen[:, len(rows) :]
            drift[lag : lag + counted] = np.sqrt(np.mean(np.abs(difference) ** 2, axis=1))
        lag += len(A)
    sums.add(ahead[None], path.start())
    return _whitened(pulses, drift, sums, readout)


def _products(ahead: np.ndarray, A: np.ndarray, full: int | None) -> tuple[np.ndarray, np.ndarray]:
    """O Phi_k of the steps A, the latest first, (n, p, N), and the one after the last of them.

    Of a step whose columns after the first `full` are diagonal in each block, the product takes those alone.
    """
    products = np.empty((len(A), *ahead.shape), ahead.dtype)
    for k, step in enumerate(A):
        products[k] = ahead
        if full is None:
            ahead = product(ahead, step)
            continue
        others = step.shape[1] - full
        blocks = [slice(start, start + others) for start in range(0, len(step), others)]
        moved = sum(ahead[:, rows] * step[rows, full:].diagonal() for rows in blocks)
        ahead = np.hstack([product(ahead, np.ascontiguousarray(step[:, :full])), moved])
    return products, ahead


@dataclass
class _Sums:
    """C as it is added up, with what may be wrong with it.

    `drift` is the sum of the squared distances of Phi_k G from what other roundings give, `faded` the trace of what
    was not added, `terms` how many numbers stand in a sum.
    """

    sign: np.ndarray
    C: np.ndarray
    drift: float = 0.0
    faded: float = 0.0
    terms: int = 0

    def add(self, products: np.ndarray, G: np.ndarray | None) -> None:
        """Add the noise of steps, Phi_k G G* Phi_k*, to C."""
        noisy = products if G is None else _times_factor(products, G)
        count = len(self.C)
        moved, probes = noisy[:, :count], noisy[:, count:]
        size = float((np.abs(moved) ** 2).sum())
        if size <= FADED * self.C.diagonal().real.min():
            self.faded += size
            return
        self.drift += float((np.abs(self.sign @ moved - probes) ** 2).sum()) / len(self.sign)
        side_by_side = np.ascontiguousarray(moved.transpose(1, 0, 2)).reshape(count, -1)
        self.C += congruence(side_by_side)
        self.terms += side_by_side.shape[1]


def _times_factor(products: np.ndarray, G: np.ndarray) -> np.ndarray:
    """Phi_k G for each step, or for one G; noise that is independent in all units has a diagonal factor."""
    if G.shape[-1] == G.shape[-2]:
        diagonals = np.diagonal(G, axis1=-2, axis2=-1)
        if np.count_nonzero(G) == np.count_nonzero(diagonals):
            return products * diagonals[..., None, :]
    return products @ G


def rounding_of_sums(size: int, terms: int, in_units: Any, of_inverse: Any, drift: Any) -> Any:
    """How far rounding may have moved C = L L*, (p, p), as the norm of E = L^-1 (C - exact) L^-*.

    In units of (C_ii C_jj)^1/2 an entry, a sum of `terms`, is wrong by a few ulps: `in_units` is ||L^-1 D^1/2||_F^2, D
    the diagonal of C. `drift` is the sum of the squared errors of Phi_k G, of which the ||L^-1 Phi_k G||_F^2 sum up to
    p; `of_inverse` is ||L^-1||_F^2. The last three may be arrays, one number for each of several C.
    """
    return ULP * (8 + np.sqrt(terms)) * in_units + 4 * np.sqrt(size * of_inverse * drift)


def _whitened(pulses: np.ndarray, drift: np.ndarray, sums: _Sums, readout: Readout) -> Pulses | None:
    """L^-1 times the pulses, with C = L L*; None where C or they may be wrong by more than ACCURATE."""
    C = sums.C if readout.noise_factor is None else plus_noise(sums.C, readout.noise_factor)
    L = cholesky_lower(np.asfortranarray(C)) if np.isfinite(C).all() else None
    if L is None:
        return None
    inverse = np.ascontiguousarray(solve_lower(L, np.eye(len(L), dtype=L.dtype)))
    of_inverse = squared_norm(inverse)
    in_units = squared_norm(inverse * np.sqrt(C.diagonal().real))
    relative = rounding_of_sums(len(L), sums.terms, in_units, of_inverse, sums.drift) + sums.faded * of_inverse
    if not relative <= ACCURATE:
        return None
    rows, lags, inputs = pulses.shape
    columns = np.ascontiguousarray(solve_lower(L, pulses.reshape(rows, lags * inputs))).reshape(pulses.shape)
    return Pulses(columns, moved_pulses(columns, np.sqrt(of_inverse) * drift), float(relative), "products")
