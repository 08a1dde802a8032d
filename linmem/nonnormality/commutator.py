r"""The commutator W W* - W* W, which is 0 for normal matrices only, and what follows from its size.

Conventions
-----------
||.||_F is the Frobenius norm, ||.|| the spectral one, and d(W) Henrici's departure from normality. No function of these
numbers determines memory: a chain and its transpose agree in all of them. Bounds are rounded outward: they hold for the
stored matrix whatever the computation rounds, and the error of a bound is what that rounding may have cost it.

Contents
--------
commutator_norm
    ||W W* - W* W||_F.
DepartureBounds, departure_bounds
    Bounds on the departure from normality, without eigenvalues.
normal_distance
    Bounds on the distance from W to the nearest normal matrix.
measured_commutator
    ||W W* - W* W||_F of entries of about 1, with its error.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import blas_threads_for, congruence, squared_norm
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled, without_mean
from linmem.measured import Measured, measured_array
from linmem.network import NetworkOrMatrix, as_network
from linmem.nonnormality.departure import henrici_departure

LARGEST_EXACT = 200  # units up to which integers are asked where doubles leave few digits
FEW_DIGITS = 1e-6  # relative error from which on they are asked
SUMMED = 40 * ULP  # relative rounding of the root of a sum of squares in pairs, whatever the number of terms


def commutator_norm(W: NetworkOrMatrix) -> Any:
    r"""Commutator norm ||W W* - W* W||_F, 0 for normal matrices only, with its error; over a stack, arrays.

    The error is proved. Where doubles leave few digits, the norm is computed in integers, up to 200 units.

    It does not grow with the length of a chain, where Henrici's departure does: it is sqrt(2) |a^2 - b^2| for a chain
    with forward weights a and backward weights b. It is of the size of the *square* of W: for ||W|| below 1e-154 it is
    0 in double precision, with an error of the smallest double.

    Raises
    ------
    InvalidNetworkError
        W is a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> import linmem as lm
    >>> round(commutator_norm(lm.chain(10, gain=2)) / 2**0.5, 12)
    4.0
    """
    network = as_network(W)
    matrices = network.dense().reshape(-1, network.size, network.size)
    norms = []
    with blas_threads_for(network.size):
        for matrix in matrices:
            near_one, exponent = scaled(matrix)
            norms.append(measured_commutator(near_one).times_power_of_two(2 * exponent))
    if not network.stack_shape:
        return norms[0]
    values = np.reshape(np.array(norms, float), network.stack_shape)
    errors = np.reshape([norm.error for norm in norms], network.stack_shape)
    return measured_array(values, errors, ", ".join(sorted({norm.method for norm in norms})))


class DepartureBounds(NamedTuple):
    """Bounds on Henrici's departure from normality, without eigenvalues.

    `lower` and `commutator_upper` come from the commutator, `trace_upper` from the trace of the square of W - mean I;
    `upper` is the smaller of the two upper bounds. Each is rounded outward, and a `linmem.Measured`.
    """

    lower: Measured
    upper: Measured
    commutator_upper: Measured
    trace_upper: Measured


def departure_bounds(W: NetworkOrMatrix) -> DepartureBounds:
    r"""Bounds on Henrici's departure from normality d(W), by c = ||W W* - W* W||_F and by a trace, without eigenvalues.

    With f = ||W||_F and B = W - (trace W / N) I:

    - d^2 >= f^2 - sqrt(f^4 - c^2 / 2), which is at least c^2 / (4 f^2) (Kress, de Vries & Wegmann 1974, Linear Algebra
      Appl. 8:109);
    - d^2 <= sqrt((N^3 - N) / 12) c (Henrici 1962, Numer. Math. 4:24);
    - d^2 <= ||B||_F^2 - |trace B^2|, with equality if and only if the eigenvalues lie on a line (Lee 1995, Linear
      Algebra Appl. 222:25).

    Where doubles leave few digits of a bound, all are computed in integers and balls, up to 200 units.

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> [round(bound, 6) for bound in departure_bounds([[0, 0], [2, 0]])]        # nilpotent, 2 x 2: all are sharp
    [2.0, 2.0, 2.0, 2.0]
    """
    network = as_network(W)
    network.require_single("departure_bounds")
    matrix, exponent = scaled(network.dense())
    with blas_threads_for(network.size):
        bounds = _bounds_in_doubles(matrix)
    if len(matrix) <= LARGEST_EXACT and any(bound.relative_error > FEW_DIGITS for bound in bounds):
        bounds = _bounds_in_balls(matrix)
    lower, commutator_upper, trace_upper = (bound.times_power_of_two(exponent) for bound in bounds)
    return DepartureBounds(lower, min(commutator_upper, trace_upper), commutator_upper, trace_upper)


def _bounds_in_doubles(W: np.ndarray) -> list[Measured]:
    """The lower bound and the two upper bounds, rounded outward, of entries of about 1."""
    n = len(W)
    c, f = measured_commutator(W), _frobenius(W)
    least, most = max(c - c.error, 0.0), c + c.error
    lower = _lower_bound(least, f * (1 + SUMMED), 1), _lower_bound(most, f * (1 - SUMMED), -1)
    factor = ((n**3 - n) / 12) ** 0.25
    commutator_upper = factor * np.sqrt(least), factor * np.sqrt(most)
    # Any number in the place of the mean gives a bound, so that its own rounding does not matter.
    B = without_mean(W)
    square = _frobenius(B) ** 2
    difference = square - abs(np.sum(B * B.T))
    rounding = 2 * SUMMED * square
    trace_upper = np.sqrt(max(difference - rounding, 0.0)), np.sqrt(max(difference, 0.0) + rounding)
    return [_from_below(*lower), _from_above(*commutator_upper), _from_above(*trace_upper)]


def _bounds_in_balls(W: np.ndarray) -> list[Measured]:
    from linmem.balls.departure import enclose_departure_bounds

    enclosed = enclose_departure_bounds(W)
    least, most = enclosed.values[0] - enclosed.errors[0], enclosed.values[0] + enclosed.errors[0]
    method = "ball arithmetic"
    return [
        _from_below(least[0], most[0], method),
        *(_from_above(low, high, method) for low, high in zip(least[1:], most[1:], strict=True)),
    ]


def _from_below(least: float, most: float, method: str = "double precision") -> Measured:
    """A lower bound that is known to lie between two numbers: the smaller one, a few ulps lower."""
    least, most = max(least * (1 - 8 * ULP), 0.0), most * (1 + 8 * ULP)
    return Measured(least, most - least, method)


def _from_above(least: float, most: float, method: str = "double precision") -> Measured:
    """An upper bound that is known to lie between two numbers: the larger one, a few ulps higher."""
    least, most = max(least * (1 - 8 * ULP), 0.0), most * (1 + 8 * ULP)
    return Measured(most, most - least, method)


def _lower_bound(c: float, f: float, side: int) -> float:
    """sqrt(f^2 - sqrt(f^4 - c^2 / 2)) without cancellation; on the lower side (1) or the upper one (-1) of rounding."""
    if not f:
        return 0.0
    radicand = f**4 - c**2 / 2 + side * 8 * ULP * f**4
    denominator = 2 * (f**2 + np.sqrt(max(radicand, 0.0)))
    return float(c / np.sqrt(denominator))


def normal_distance(W: NetworkOrMatrix) -> tuple[Measured, Measured]:
    r"""Lower and upper bound on the distance to the nearest normal matrix, min ||W - A||_F over normal A.

    The upper bound is the smallest of the distances to the diagonal of the Schur form (d), to the Hermitian and to the
    skew-Hermitian part, and to the nearest multiple of a unitary matrix.

    The lower bound is the larger of d / sqrt(N) (Laszlo 1994, SIAM J. Matrix Anal. Appl. 15:1035) and the positive root
    e of c = 4 ||W|| e + sqrt(2) e^2 with c = ||W W* - W* W||_F: as A = W - E is normal, the commutator of W is that of
    the terms with E, of norm at most 4 ||W|| ||E||_F + sqrt(2) ||E||_F^2.

    d is `henrici_departure`; parameters and errors are those of it, for one matrix. Both bounds are rounded outward.

    Examples
    --------
    >>> normal_distance([[0, 1], [1, 0]])
    (0.0, 0.0)
    """
    network = as_network(W)
    network.require_single("normal_distance")
    departure = henrici_departure(network)
    matrix, exponent = scaled(network.dense())
    n = len(matrix)
    d = departure.times_power_of_two(-exponent)
    singular = sl.svdvals(matrix, check_finite=False)
    rounding = (n + 8) * ULP * singular[0]  # of each singular value
    c = measured_commutator(matrix)
    norm = singular[0] + rounding
    by_departure = _from_below(max(d - d.error, 0.0) / np.sqrt(n), (d + d.error) / np.sqrt(n))
    ends = [_distance_by_commutator(end, norm) for end in (max(c - c.error, 0.0), c + c.error)]
    below = max(by_departure, _from_below(ends[0], ends[1]))
    above = min(_distances_from_above(matrix, d, singular, rounding))
    return below.times_power_of_two(exponent), above.times_power_of_two(exponent)


def _distances_from_above(W: np.ndarray, d: Measured, singular: np.ndarray, rounding: float) -> list[Measured]:
    """The distances to four normal matrices, rounded up: Schur diagonal, Hermitian, skew-Hermitian, near-unitary."""
    adjoint = W.conj().T
    distances = [Measured(_frobenius(part) / 2, 0.0, "") for part in (W - adjoint, W + adjoint)]
    to_unitary = Measured(_frobenius(singular - singular.mean()), 2 * np.sqrt(len(W)) * rounding, "")
    bounds = []
    for distance in (d, *distances, to_unitary):
        summed = SUMMED * distance
        bounds.append(_from_above(distance - distance.error - summed, distance + distance.error + summed))
    return bounds


def _distance_by_commutator(c: float, norm: float) -> float:
    """The positive root e of c = 4 norm e + sqrt(2) e^2."""
    if not c:
        return 0.0
    discriminant = 16 * norm**2 + np.sqrt(32) * c
    return 2 * c / (4 * norm + np.sqrt(discriminant))


def measured_commutator(W: np.ndarray) -> Measured:
    """||W W* - W* W||_F for entries of about 1: in doubles, or in integers where that leaves few digits."""
    adjoint = np.ascontiguousarray(W.conj().T)
    difference = congruence(W) - congruence(adjoint)
    c = _frobenius(difference)
    # Each of two sums of N products, which are complex, and the difference: |.| of the terms sums to ||W||_F^2 at most.
    error = (2 * (len(W) + 2) + 1) * ULP * squared_norm(W) + SUMMED * c
    if error <= FEW_DIGITS * c or len(W) > LARGEST_EXACT or not W.any():
        return Measured(c, error, "double precision")
    from linmem.balls.departure import enclose_commutator_norm

    enclosed = enclose_commutator_norm(W)
    return Measured(enclosed.values[0], enclosed.errors[0], "integers")


def _frobenius(A: np.ndarray) -> float:
    """||A||_F, summed in pairs: to a relative error of `SUMMED`."""
    parts = np.ascontiguousarray(A).view(float)
    return float(np.sqrt(np.sum(parts * parts)))
