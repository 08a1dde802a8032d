r"""Henrici's departure from normality: the size of the feedforward part of the Schur form.

Conventions
-----------
||.||_F is the Frobenius norm. Over a stack of matrices the result is an array. No function of the departure alone
determines memory: a chain and its transpose have the same.

Contents
--------
henrici_departure
    sqrt(||W||_F^2 - sum_i |lambda_i|^2), with an estimate of its error that decides how it is computed.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg as sl
from scipy.sparse.csgraph import connected_components

from linmem.errors import AccuracyError
from linmem.linalg.blas import blas_threads_for, one_blas_thread, squared_norm
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled
from linmem.measured import Measured, measured_array
from linmem.network import NetworkOrMatrix, as_network
from linmem.nonnormality.schur import feedforward_part
from linmem.validation import number, truth

RTOL = 1e-9
SAFETY = 64  # factor on the change that perturbations of an ulp make, in the estimate of the error
PERTURBATIONS = 2  # of an ulp, for that estimate
FAR = 0.1  # d / ||W||_F from which on ||W||_F^2 less the eigenvalues cancels by two digits at most
IN_DOUBLES, IN_BALLS, EXACT = "double precision", "ball arithmetic", "exact"
LARGEST_ENCLOSED = 200  # units up to which exact arithmetic is tried: seconds there, and minutes soon beyond


def henrici_departure(W: NetworkOrMatrix, *, relative: bool = False, rtol: float = RTOL) -> Any:
    r"""Henrici's departure from normality d(W) = sqrt(||W||_F^2 - sum_i |lambda_i|^2), 0 for normal matrices only.

    It is the Frobenius norm of the strictly upper triangular part of the Schur form, whatever the order of the
    eigenvalues. It comes with its error: a `linmem.Measured`, or over a stack a `linmem.MeasuredArray`.

    Parameters
    ----------
    W
        A matrix or a network, or a stack of them.
    relative
        True to return d / ||W||_F, between 0 and 1 (0 for W = 0).
    rtol
        The largest error to accept, relative to ||W||_F.

    Raises
    ------
    AccuracyError
        No computation reaches rtol; the error carries the departure as `.result`.
    ArgumentError
        rtol is not positive, or relative is not True or False.
    InvalidNetworkError
        W is a sparse matrix of more than 6000 units.

    Notes
    -----
    Double precision is wrong here by up to 20 % of ||W||_F exactly where it matters: the computed eigenvalues of
    feedback chains, and of chains in a random basis, are far off. The computation therefore uses what is exact first:

    - Units that are not on a common cycle do not share eigenvalues, and weights between such groups of units are
      feedforward exactly.
    - A group that is a tree of links has d^2 = sum of (|w_ij| - |w_ji|)^2 over the links, if all w_ij w_ji > 0 (real
      eigenvalues), or all w_ij w_ji < 0 and all w_ii are equal (imaginary eigenvalues but for a shift).
    - For other groups double precision is used where perturbations of an ulp change d by much less than rtol.
    - Up to 200 units, exact arithmetic is used otherwise: the characteristic polynomial of the stored numbers, with its
      roots in balls. Defective matrices are no exception.

    Henrici (1962), Numer. Math. 4:24; Orhan & Pitkow (2020), section 2.4.

    Examples
    --------
    >>> import linmem as lm
    >>> round(henrici_departure(lm.feedback_chain(101, feedforward=0.95, feedback=0.2)), 12)        # 10 (0.95 - 0.2)
    7.5
    """
    network = as_network(W)
    rtol = number("rtol", rtol, above=0)
    relative = truth("relative", relative)
    matrices = network.dense().reshape(-1, network.size, network.size)
    departures = _in_doubles(matrices, rtol)
    # Balls are computed one after the other: their precision is a global setting of all threads.
    for i, matrix in enumerate(matrices):
        if not departures[i].error <= rtol:
            departures[i] = _departure(matrix, rtol, in_balls=True)
    result = _measured(departures, network.stack_shape, relative)
    worst = max(departure.error for departure in departures)
    if not worst <= rtol:
        raise AccuracyError(worst, rtol, result, reason="the eigenvalues are not known well enough")
    return result


class _Departure(NamedTuple):
    """d of W / 2^exponent, its error relative to ||W / 2^exponent||_F, and that norm."""

    value: float
    error: float
    norm: float
    exponent: int
    method: str

    def measured(self, relative: bool) -> Measured:
        """d, or d / ||W||_F."""
        if relative:
            value = self.value / self.norm if self.norm else 0.0
            return Measured(value, self.error + 4 * ULP * value, self.method)
        return Measured(self.value, self.error * self.norm, self.method).times_power_of_two(self.exponent)


def _measured(departures: list[_Departure], stack_shape: tuple[int, ...], relative: bool) -> Any:
    numbers = [departure.measured(relative) for departure in departures]
    if not stack_shape:
        return numbers[0]
    values = np.array(numbers, float).reshape(stack_shape)
    errors = np.array([number.error for number in numbers]).reshape(stack_shape)
    methods = sorted({number.method for number in numbers})
    return measured_array(values, errors, ", ".join(methods))


def _in_doubles(matrices: np.ndarray, rtol: float) -> list[_Departure]:
    """The departure of each matrix without balls: several matrices share the threads, one gives them to BLAS."""
    if len(matrices) == 1:
        with blas_threads_for(matrices.shape[-1]):
            return [_departure(matrices[0], rtol)]
    with one_blas_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda matrix: _departure(matrix, rtol), matrices))


def _departure(W: np.ndarray, rtol: float, in_balls: bool = False) -> _Departure:
    """d of one matrix, group by group of units on common cycles; with balls where double precision misses rtol."""
    near_one, exponent = scaled(W)
    norm = np.sqrt(squared_norm(near_one))
    if not norm:
        return _Departure(0.0, 0.0, 0.0, 0, EXACT)
    count, group = connected_components(W != 0, directed=True, connection="strong")
    between_groups = near_one * (group[:, None] != group)
    d = np.sqrt(squared_norm(between_groups))
    error = 0.0
    method = IN_DOUBLES
    tolerance = rtol * norm / (2 * np.sqrt(count))
    for label in np.flatnonzero(np.bincount(group) > 1):
        units = np.flatnonzero(group == label)
        block = np.ix_(units, units)
        d_of_group, error_of_group = _departure_of_group(near_one[block])
        if in_balls and error_of_group > tolerance and len(units) <= LARGEST_ENCLOSED:
            # Of the numbers as given: scaling them down may lose a weak link that closes a cycle.
            enclosed = _in_balls(W[block], np.ldexp(tolerance, exponent))
            if enclosed:
                d_of_group, error_of_group = np.ldexp(enclosed, -exponent)
                method = IN_BALLS
        d = np.hypot(d, d_of_group)
        error = np.hypot(error, error_of_group)
    rounding = 8 * ULP * len(W) * d
    return _Departure(float(d), float((error + rounding) / norm), float(norm), exponent, method)


def _departure_of_group(W: np.ndarray) -> tuple[float, float]:
    """d of units that all reach each other, in double precision, and an estimate of its error."""
    links = _links_of_a_tree(W)
    if links is not None:
        moduli = np.abs(W)
        return float(sl.norm(moduli[links] - moduli.T[links])), 0.0
    if np.array_equal(W, W.conj().T):
        return 0.0, 0.0
    norm = np.sqrt(squared_norm(W))
    formula = _from_eigenvalues
    d = formula(W)
    if not d > FAR * norm:
        formula = _from_schur
        d = formula(W)
    rng = np.random.default_rng(0)
    changes = []
    for _ in range(PERTURBATIONS):
        perturbation = ULP * norm / len(W) * rng.standard_normal(W.shape)
        changes.append(abs(formula(W + perturbation) - d))
    # LAPACK's backward error is several ulps of the norm, and of a nearly normal matrix that is all there is of d
    backward = (8 + np.sqrt(len(W))) * ULP * norm
    return d, max(SAFETY * max(changes), backward)


def _links_of_a_tree(W: np.ndarray) -> np.ndarray | None:
    """The links (i, j), i < j, of a tree for which d has a closed form, as a mask (N, N); None for other matrices.

    A diagonal similarity makes such a W symmetric, or skew-symmetric but for a multiple of the identity.
    """
    is_nonzero = W != 0
    is_link = np.triu(is_nonzero | is_nonzero.T, 1)
    if np.iscomplexobj(W) or is_link.sum() != len(W) - 1:
        return None
    signs = np.sign(W) * np.sign(W.T)
    signs_of_links = signs[is_link]
    is_symmetric = np.all(signs_of_links > 0)
    is_skew = np.all(signs_of_links < 0) and np.ptp(np.diag(W)) == 0
    return is_link if is_symmetric or is_skew else None


def _from_eigenvalues(W: np.ndarray) -> float:
    """d by its definition, which cancels where d is small."""
    eigenvalues = np.linalg.eigvals(W)  # SciPy's holds the interpreter's lock, and threads wait for each other
    of_normal_part = np.sum(np.abs(eigenvalues) ** 2)
    squared_departure = max(squared_norm(W) - of_normal_part, 0.0)
    return float(np.sqrt(squared_departure))


def _from_schur(W: np.ndarray) -> float:
    """d as the norm of the feedforward part of the Schur form."""
    T, _ = sl.schur(W, check_finite=False)
    return float(np.sqrt(squared_norm(feedforward_part(T))))


def _in_balls(W: np.ndarray, tolerance: float) -> tuple[float, float] | None:
    """d and its error by exact arithmetic; None where that reaches no answer."""
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.departure import enclose_henrici_departure

    try:
        enclosed = enclose_henrici_departure(W, tolerance)
    except InconclusiveError:
        return None
    return float(enclosed.values[0]), float(enclosed.errors[0])
