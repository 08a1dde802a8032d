r"""Fisher memory at one end of many paths of a small network: the method of `summed`, for all paths side by side.

Every bound is that of `summed`, of each path by itself; paths that it does not reach are left to the caller.

Contents
--------
Paths
    The steps of many paths, those of some of them at a time.
curves_at
    J(k) of each path, and its error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from linmem.gramian.methods import SAFETY
from linmem.gramian.quantities import underflow
from linmem.gramian.summed import ACCURATE, rounding_of_sums
from linmem.gramian.time_varying import COPY
from linmem.kernels.along_paths import products_of_steps
from linmem.kernels.threads import in_threads
from linmem.kernels.tiles import MEMBERS, SIDE, aligned, padded
from linmem.linalg.blas import one_blas_thread
from linmem.linalg.stein import ULP

GROUPS, NUMBERS = 8, 2**18  # groups of paths whose Jacobians are built at once, and how many numbers they are
LARGEST = 48  # units, above which one path after the other is faster


@dataclass(frozen=True)
class Paths:
    """S paths of T steps of a network of N units and d inputs, whose noise is independent in all units.

    `chunk(first, last, start, stop)` is A (s, n, N, N), B (s, n, N, d) and the standard deviations of the noise, (s, n,
    N), or None where all are 1, of some paths and some of their steps.
    """

    chunk: Callable[[int, int, int, int], tuple[np.ndarray, np.ndarray, np.ndarray | None]]
    count: int
    size: int
    inputs: int


def curves_at(paths: Paths, stop: int, lags: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """J(k) after `stop` steps, (S, K, d, d), the errors, and the largest over the largest value, (S,).

    The relative error is infinite where it would be above ACCURATE, or where a noise is singular.
    """
    values = np.empty((paths.count, lags, paths.inputs, paths.inputs))
    error, relative = np.empty_like(values), np.empty(paths.count)

    def fill(first: int) -> None:
        block = slice(first, min(first + GROUPS * MEMBERS, paths.count))
        with np.errstate(all="ignore"):
            values[block], error[block], relative[block] = _block(paths, block, stop, lags)

    with one_blas_thread():
        in_threads(fill, range(0, paths.count, GROUPS * MEMBERS))
    return values, error, relative


def _block(paths: Paths, block: slice, stop: int, lags: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of some paths, whose products fit the caches."""
    count, size, d = block.stop - block.start, paths.size, paths.inputs
    combining = np.random.default_rng(0).choice([-COPY, COPY], (SIDE, size))
    groups = -(-count // MEMBERS)
    rows = padded(size, SIDE)
    C, ahead = (aligned(groups, count, rows, MEMBERS, dtype=float) for count in (rows, rows + SIDE))
    signs = aligned(SIDE, rows, MEMBERS, dtype=float)
    signs[:, :size] = combining[:, :, None]
    ahead[:, np.arange(size), np.arange(size)] = 1
    ahead[:, rows:] = signs
    pulses, drift = np.zeros((groups, lags, size, d, MEMBERS)), np.zeros((groups, lags, d, MEMBERS))
    of_noise = np.zeros((groups, MEMBERS))
    at_once = max(1, min(stop, NUMBERS // (count * size**2)))
    for last in range(stop, 0, -at_once):
        first = max(last - at_once, 0)
        A, B, scales = paths.chunk(block.start, block.stop, first, last)
        scales = np.ones((count, 0, size)) if scales is None else scales
        for group in range(groups):
            of_group = slice(group * MEMBERS, (group + 1) * MEMBERS)
            arrays = ahead[group], C[group], pulses[group], drift[group], of_noise[group]
            products_of_steps(A[of_group], B[of_group], scales[of_group], signs, stop - last, *arrays)
    return _memory(
        _by_path(C, count)[:, :size, :size],
        _by_path(pulses, count),
        np.sqrt(_by_path(drift, count)),
        _by_path(of_noise, count),
        size * stop,
    )


def _by_path(array: np.ndarray, count: int) -> np.ndarray:
    """(groups, ..., MEMBERS) as (count, ...)."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 1).reshape(-1, *array.shape[1:-1])[:count])


def _memory(
    C: np.ndarray, pulses: np.ndarray, drift: np.ndarray, of_noise: np.ndarray, terms: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """J(k) of C, (s, N, N), and the pulses, (s, K, N, d), its errors, and the largest relative one, (s,)."""
    count, lags, size, d = pulses.shape
    deviations = np.sqrt(np.einsum("sii->si", C))
    is_regular = (deviations > 0).all(axis=1) & np.isfinite(C).all(axis=(1, 2))
    correlations = C / deviations[:, :, None] / deviations[:, None, :]
    correlations = np.where(is_regular[:, None, None], correlations, np.eye(size))
    least = np.linalg.eigvalsh(correlations)[:, 0]
    is_regular &= least > 8 * ULP / ACCURATE  # as in_units is at least 1 / least, others have no bound below ACCURATE
    L = np.linalg.cholesky(np.where(is_regular[:, None, None], C, np.eye(size)))
    inverse = np.linalg.inv(L)
    of_inverse = np.einsum("sij,sij->s", inverse, inverse)
    in_units = np.einsum("sij,sj->s", inverse**2, deviations**2)
    rounding = rounding_of_sums(size, terms, in_units, of_inverse, of_noise)
    rounding = np.where(is_regular & (rounding <= ACCURATE), rounding, np.inf)
    y = inverse @ pulses.transpose(0, 2, 1, 3).reshape(count, size, lags * d)
    y = y.reshape(count, size, lags, d)
    values = np.einsum("spka,spkb->skab", y, y)
    lengths = np.sqrt(np.einsum("skaa->ska", values))
    moved = SAFETY * np.sqrt(of_inverse)[:, None, None] * drift
    own, other = lengths[..., :, None], lengths[..., None, :]
    by_drift = own * moved[..., None, :] + moved[..., :, None] * other + moved[..., :, None] * moved[..., None, :]
    is_zero = (y == 0).all(axis=1)
    error = rounding[:, None, None, None] * own * other + by_drift
    error += underflow(values, is_zero[..., :, None] | is_zero[..., None, :])
    largest = values.max(axis=(1, 2, 3))
    relative = np.where(largest > 0, error.max(axis=(1, 2, 3)) / largest, np.where(np.isfinite(rounding), 0.0, np.inf))
    return values, error, relative
