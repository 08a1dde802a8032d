r"""Norms of the powers of a matrix, ||W^k|| or ||e^{A k dt}||, with an estimate of their errors.

Conventions
-----------
||.|| is the spectral norm. One step is a product by W, or by e^{A dt} in continuous time; `dt` is None in discrete
time. Several matrices (M, N, N) are handled at once.

Contents
--------
MatrixGrowth
    The norms of one matrix, their errors, the peak, and the initial state that grows to it.
growth_in_doubles, more_accurate
    The growth by products in double precision, and where that is not accurate enough, in extended precision.
growth_along_lines
    The growth of delay lines and rings.
product_rounding
    The rounding of a product of two matrices.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import scipy.linalg as sl

from linmem.errors import InvalidNetworkError
from linmem.linalg.blas import one_blas_thread, product
from linmem.linalg.expm import exponential_of_small, squarings_for
from linmem.linalg.stein import ULP
from linmem.linalg.structure import Lines, scaled_members
from linmem.network import LinearNetwork

TIED = 1e-12  # norms this close to the peak, relative to it, are the peak: the first of them is reported
LARGEST_EXTENDED = 200  # units up to which powers are computed in more than double precision: seconds
BITS = (128, 256, 512, 1024)  # of the extended precision, in the order in which they are tried
TOGETHER = 2**18  # matrix entries that one thread works on at a time: they fit into a cache


@dataclass(frozen=True, eq=False)
class MatrixGrowth:
    """The growth of one matrix.

    Attributes
    ----------
    norms, error
        The norms and an upper estimate of the error of each, (steps + 1,).
    peak_step
        The step at which the largest norm is reached.
    initial_condition
        A unit state that grows to the peak, (N,).
    """

    norms: np.ndarray
    error: np.ndarray
    peak_step: int
    initial_condition: np.ndarray

    @property
    def peak(self) -> float:
        """The largest norm."""
        return self.norms[self.peak_step]

    @property
    def relative_error(self) -> float:
        """The largest error, relative to the peak."""
        return float(self.error.max() / self.peak)


# double precision


def growth_in_doubles(matrices: np.ndarray, steps: int, dt: float | None) -> list[MatrixGrowth]:
    """The growth of each of the matrices (M, N, N) by powers in double precision, in blocks over threads.

    `dt` is the time of a step in continuous time, else None. NumPy's products and eigenvalues of stacks release the
    interpreter's lock. Threads inside BLAS would only wait for each other.
    """
    size = matrices.shape[-1]
    width = max(1, TOGETHER // size**2)
    starts = range(0, len(matrices), width)
    blocks = [matrices[start : start + width] for start in starts]
    with one_blas_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
        growths_of_blocks = list(pool.map(lambda block: _of_block(block, steps, dt), blocks))
    return list(chain.from_iterable(growths_of_blocks))


def _of_block(matrices: np.ndarray, steps: int, dt: float | None) -> list[MatrixGrowth]:
    """The growth of each of the matrices, all of them one step at a time."""
    if dt is None:
        first = matrices
        first_error = np.zeros(len(matrices))
    else:
        exponentials = [_exponential(A * dt) for A in matrices]
        first = np.array([E for E, _ in exponentials])
        first_error = np.array([error for _, error in exponentials])
    norms, peak_step, at_peak = _follow(_powers(first, steps), first, steps)
    return _growths(norms, peak_step, at_peak, first_error, ULP)


def _powers(first: np.ndarray, steps: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """P (M, N, N) and e (M,) with W^k = P 2^e and entries of P of about 1, for k = 1, 2, ..., steps."""
    W, exponent_of_step = scaled_members(first)
    power, exponent = W, exponent_of_step
    yield power, exponent
    for _ in range(steps - 1):
        power, change = scaled_members(W @ power)
        exponent = exponent + exponent_of_step + change
        yield power, exponent


def _exponential(A: np.ndarray) -> tuple[np.ndarray, float]:
    """e^A, and an estimate of its error: a squaring doubles the relative error, and more where norms have peaked."""
    squarings = squarings_for(A)
    rounding = product_rounding(len(A))
    E = exponential_of_small(A / 2**squarings)
    norm = sl.norm(E, 2)
    error = rounding * norm
    for _ in range(squarings):
        with np.errstate(over="ignore", invalid="ignore"):
            E = product(E, E)
            error = norm * (2 * error + rounding * norm)
        if not np.isfinite(E).all():
            raise InvalidNetworkError(
                "duration is so long that ||e^{At}|| exceeds the largest double in the first step; pass a shorter one, "
                "or more steps"
            )
        norm = sl.norm(E, 2)
    return E, float(error)


# more than double precision


def more_accurate(growth: MatrixGrowth, W: np.ndarray, steps: int, dt: float | None, rtol: float) -> MatrixGrowth:
    """A growth whose error is too large, with a finer estimate of the error, or else by powers of more bits."""
    if dt is None:
        growth = replace(growth, error=np.minimum(growth.error, _error_by_entries(W, steps)))
    if growth.relative_error <= rtol or len(W) > LARGEST_EXTENDED:
        return growth
    from linmem.balls.powers import first_step, powers

    for bits in BITS:
        first, first_error = first_step(W, dt, bits)
        as_stack = ((P[None], np.array([exponent])) for P, exponent in powers(first, steps, bits))
        norms, peak_step, at_peak = _follow(as_stack, W[None], steps)
        (growth,) = _growths(norms, peak_step, at_peak, np.array([first_error]), ulp=2.0**-bits)
        if growth.relative_error <= rtol:
            break
    return growth


def _error_by_entries(W: np.ndarray, steps: int) -> np.ndarray:
    """Errors of the norms by the powers of |W|, as the rounding of a product is an ulp of |W| |P| in each entry.

    Where no signs cancel, as in a chain, |W|^k is no larger than W^k.
    """
    moduli = np.abs(W)
    (growth,) = growth_in_doubles(moduli[None], steps, None)
    products = np.arange(1, steps + 2)
    return product_rounding(len(W)) * products * growth.norms


# norms, peaks and errors


def _follow(
    powers: Iterable[tuple[np.ndarray, np.ndarray]], first: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Norms (M, steps + 1), the step of each peak (M,), and the power there up to a factor, (M, N, N)."""
    members = np.arange(len(first))
    norms = np.ones((len(first), steps + 1))
    peak_step = np.zeros(len(first), int)
    identity = np.eye(first.shape[-1], dtype=first.dtype)
    at_peak = np.broadcast_to(identity, first.shape).copy()
    for k, (power, exponent) in enumerate(powers, start=1):
        with np.errstate(over="ignore", under="ignore"):
            norm = np.ldexp(_spectral_norms(power), exponent)
        norms[:, k] = norm
        is_higher = norm * (1 - TIED) > norms[members, peak_step]
        peak_step[is_higher] = k
        at_peak[is_higher] = power[is_higher]
    return norms, peak_step, at_peak


def _spectral_norms(P: np.ndarray) -> np.ndarray:
    """The root of the largest eigenvalue of P P*: as accurate as by singular values, in two thirds of the time."""
    gram = P @ P.conj().swapaxes(1, 2)
    largest = np.linalg.eigvalsh(gram)[:, -1]
    return np.sqrt(largest)


def _growths(
    norms: np.ndarray, peak_step: np.ndarray, at_peak: np.ndarray, first_error: np.ndarray, ulp: float
) -> list[MatrixGrowth]:
    """The growths with their errors: `first_error` is that of the matrix of one step, `ulp` that of the arithmetic."""
    initial_conditions = _initial_conditions(at_peak)
    of_norm = product_rounding(at_peak.shape[-1])
    of_product = of_norm * (ulp / ULP)
    growths = []
    for m, line in enumerate(norms):
        of_step = first_error[m] + of_product * line[1]
        error = _accumulated(line, of_step) + of_norm * line
        growths.append(MatrixGrowth(line, error, int(peak_step[m]), initial_conditions[m]))
    return growths


def _initial_conditions(powers: np.ndarray) -> np.ndarray:
    """The right singular vector of each power for its largest singular value, its largest entry positive, (M, N)."""
    gram = powers.conj().swapaxes(1, 2) @ powers
    _, eigenvectors = np.linalg.eigh(gram)
    vectors = eigenvectors[:, :, -1]
    position = np.abs(vectors).argmax(axis=1)
    largest = vectors[np.arange(len(vectors)), position]
    vectors *= (np.abs(largest) / largest)[:, None]
    return vectors


def _accumulated(norms: np.ndarray, delta: float) -> np.ndarray:
    """sum_{j < k} ||W^{k-1-j}|| delta ||W^j|| for all k, (steps + 1,): the error of W^k by an error delta a step."""
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.convolve(norms, norms)[: len(norms) - 1]
        return delta * np.append(0.0, sums)


def product_rounding(size: int) -> float:
    """The rounding of a product of two matrices, relative to their norms: five times more than on any hard network."""
    return 2 * ULP * float(size) ** 0.5


# delay lines and rings


def growth_along_lines(network: LinearNetwork, lines: Lines, steps: int) -> MatrixGrowth:
    """Along delay lines and rings W^k W*^k is diagonal: ||W^k|| is the largest product of k weights in a row.

    The product of the last k weights into each unit is mantissa 2^exponent, so that it neither overflows nor vanishes.
    """
    source = np.maximum(lines.source, 0)  # a unit without a source has weight 0, from whichever unit
    mantissa = np.ones(network.size)
    exponent = np.zeros(network.size, np.int64)
    origin = np.arange(network.size)  # the unit k steps back along the line
    norms = np.ones(steps + 1)
    peak_step, start = 0, 0
    for k in range(1, steps + 1):
        mantissa, change = np.frexp(lines.weight * mantissa[source])
        exponent = exponent[source] + change
        origin = origin[source]
        with np.errstate(over="ignore", under="ignore"):
            products = np.ldexp(mantissa, exponent)
        norms[k] = products.max()
        if norms[k] * (1 - TIED) > norms[peak_step]:
            peak_step, start = k, origin[products.argmax()]
    initial_condition = np.zeros(network.size, network.matrix.dtype)
    initial_condition[start] = 1
    error = 2 * ULP * np.arange(steps + 1) * norms
    return MatrixGrowth(norms, error, peak_step, initial_condition)
