r"""Bounds on the transient growth of ||W^k|| and ||e^{At}||, from the resolvent and from the Kreiss constant.

Contents
--------
growth_lower_bound
    What the norm of the resolvent at one point says about the growth.
growth_upper_bound
    What the Kreiss constant says about it.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg as sl
from numpy.typing import ArrayLike

from linmem.errors import ArgumentError
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled
from linmem.measured import Measured
from linmem.network import ContinuousNetwork, NetworkOrMatrix, as_network
from linmem.nonnormality.kreiss import kreiss_constant
from linmem.nonnormality.matrix_powers import product_rounding
from linmem.remembering import measure_of_matrix
from linmem.validation import LARGEST, number, whole_number

FINITE = 1e300  # what stands for an infinite number of steps: r^-tau is 0 then as well


def growth_lower_bound(W: NetworkOrMatrix, z: ArrayLike, tau: float = np.inf) -> Measured:
    r"""Lower bound of max_{0 < k <= tau} ||W^k||, or of max_{0 < t <= tau} ||e^{At}||, from the resolvent at z.

    With |z| = r > 1 and kappa = r (r - 1) ||(z - W)^-1|| - r + 1 it is r^tau / (1 + (r^tau - 1) / kappa), which tends
    to kappa with tau. In continuous time Re z = a > 0, kappa = a ||(z - A)^-1||, and e^{a tau} stands for r^tau.

    Parameters
    ----------
    W
        A matrix or a network, in discrete or in continuous time; not a stack.
    z
        A complex number or an array of them, outside of the unit circle, or to the right of the imaginary axis. The
        result is the largest of their bounds.
    tau
        The number of steps, a whole number >= 1, or in continuous time the time; infinite for all of them.

    Raises
    ------
    ArgumentError
        The bound does not hold at z, or tau is no time.
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Notes
    -----
    The resolvent is expanded in powers of W, in groups of tau, each of which is at most M^j times the first, M the
    largest norm. Trefethen & Embree (2005), Spectra and Pseudospectra, chs 14-16. With kappa, and not with the product
    (r - 1) ||(z - W)^-1|| of the Kreiss constant, the bound also holds for large r.

    Examples
    --------
    >>> round(growth_lower_bound([[0, 0], [8, 0]], 2), 12)       # 1 + sqrt(5), of a norm of 8
    3.2360679775
    """
    network = as_network(W)
    network.require_single("growth_lower_bound")
    points = _points(z)
    continuous = isinstance(network, ContinuousNetwork)
    tau = _duration(tau, continuous)
    margin = _margin(points, continuous)
    matrix = network.dense()
    sigma, rounding = np.array([_smallest_singular_value(matrix, point) for point in points]).T
    # rounding is added to sigma_min, so that the bound on the growth remains one
    bounds = _bounds(margin, sigma + rounding, tau, continuous)
    place = int(np.argmax(bounds))
    with np.errstate(invalid="ignore"):
        highest = _bounds(margin, np.maximum(sigma - rounding, 0), tau, continuous)
    error = float(np.max(highest)) - float(bounds[place]) + 8 * ULP * float(bounds[place])
    return Measured(bounds[place], error, "singular values", complex(points[place]))


def _bounds(margin: np.ndarray, sigma: np.ndarray, tau: float, continuous: bool) -> np.ndarray:
    """The bound at each point, by sigma_min there."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        resolvent = 1 / sigma
        if continuous:
            kappa = margin * resolvent
            decay = np.exp(-margin * tau)
        else:
            r = 1 + margin
            kappa = margin * (r * resolvent - 1)
            decay = r ** -float(min(tau, FINITE))
        # The bound, divided by r^tau, whose inverse `decay` may be 0.
        return 1 / ((1 - decay) / np.maximum(kappa, 0) + decay)


def growth_upper_bound(W: NetworkOrMatrix) -> Measured:
    r"""e N K, an upper bound of ||W^k|| for all k >= 0, or of ||e^{At}|| for all t >= 0; K is the Kreiss constant.

    K <= max ||W^k|| <= e N K, the Kreiss matrix theorem with the constant of Spijker (1991), BIT 31:551. Without the
    factor N the upper bound fails for long chains. Parameters and errors are those of `kreiss_constant`, and K is
    replaced by its upper bound.

    Examples
    --------
    >>> import linmem as lm
    >>> 1.8**4 <= growth_upper_bound(lm.chain(5, gain=1.8))
    True
    """
    network = as_network(W)
    network.require_single("growth_upper_bound")
    kreiss = measure_of_matrix(kreiss_constant, network)
    factor = math.e * network.size
    if np.isinf(kreiss.upper):
        return Measured(np.inf, 0, "Kreiss constant")
    upper = factor * kreiss.upper * (1 + 4 * ULP)
    return Measured(upper, upper - factor * kreiss.lower, "Kreiss constant", kreiss.point)


def _points(z: ArrayLike) -> np.ndarray:
    """z as a complex array (K,)."""
    try:
        points = np.atleast_1d(np.asarray(z, complex)).ravel()
    except (TypeError, ValueError):
        points = np.empty(0, complex)
    if not len(points) or not (np.abs(points) < LARGEST).all():
        raise ArgumentError(
            f"z is {z!r:.60}; it must be a complex number of modulus below {LARGEST:g}, or an array of them"
        )
    return points


def _duration(tau: float, continuous: bool) -> float:
    """tau, checked: a time, a whole number of steps, or infinity."""
    if tau == np.inf:
        return tau
    return number("tau", tau, above=0) if continuous else whole_number("tau", tau)


def _margin(points: np.ndarray, continuous: bool) -> np.ndarray:
    """Re z, or |z| - 1, for points where the bound holds."""
    margin = points.real if continuous else np.abs(points) - 1
    if not (margin > 0).all():
        worst = points[np.argmin(margin)]
        rule = "Re z > 0" if continuous else "|z| > 1"
        raise ArgumentError(f"z is {worst:.6g}; the bound holds where {rule}")
    return margin


def _smallest_singular_value(W: np.ndarray, z: complex) -> tuple[float, float]:
    """sigma_min(z - W), and its rounding."""
    shifted, exponent = scaled(z * np.eye(len(W)) - W)
    values = np.ldexp(sl.svdvals(shifted, check_finite=False), exponent)
    return float(values[-1]), product_rounding(len(W)) * float(values[0])
