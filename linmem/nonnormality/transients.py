r"""Transient growth: how large W^k and e^{At} become before the eigenvalues have their say.

Conventions
-----------
||.|| is the spectral norm, the largest singular value: ||W^k|| is the largest factor by which k steps stretch any
state. Discrete time: k = 0, 1, ..., steps. Continuous time: `steps` even steps up to `duration`.

Contents
--------
TransientGrowth, transient_growth
    ||W^k|| or ||e^{At}||, its peak, and the state that grows to it.
growth_lower_bound
    What the resolvent at a point says about the growth.
growth_upper_bound
    What the Kreiss constant says.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import scipy.linalg as sl

from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.linalg.blas import one_blas_thread, product
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.expm import exponential_of_small, squarings_for
from linmem.linalg.stein import ULP
from linmem.linalg.structure import Lines
from linmem.network import ContinuousNetwork, LinearNetwork, Network, as_network, number, whole_number
from linmem.validation import LARGEST

RTOL = 1e-6
TIED = 1e-12  # norms this close to the peak, relative to it, are the peak: the first of them is reported
LARGEST_EXTENDED = 200  # units up to which powers are taken in more than double precision: seconds
BITS = (128, 256, 512, 1024)
TOGETHER = 2**18  # entries of the networks that one thread takes at a time: what a cache holds


@dataclass(frozen=True, eq=False)
class TransientGrowth:
    """||W^k||, or ||e^{At}||, over time. Over a stack every field but `network` and `times` gains its leading axes.

    Attributes
    ----------
    network
        Whose growth it is.
    times
        0, 1, ..., steps, (steps + 1,); in continuous time the times t.
    norms
        The spectral norm of W^k or e^{At} at these times, (steps + 1,). The first is 1.
    error
        An upper estimate of the error of each norm, (steps + 1,).
    peak
        The largest norm.
    peak_step
        Its position, `norms[peak_step]`: the first of those that are equal to 12 digits.
    initial_condition
        A unit state that grows to the peak, (N,): a right singular vector, its largest entry positive.
    """

    network: Network
    times: np.ndarray
    norms: np.ndarray
    error: np.ndarray
    peak: float | np.ndarray
    peak_step: int | np.ndarray
    initial_condition: np.ndarray

    @property
    def relative_error(self) -> float | np.ndarray:
        """The largest error over the peak."""
        return self.error.max(axis=-1) / self.peak


def transient_growth(W: Any, steps: int = 200, *, duration: float | None = None, rtol: float = RTOL) -> TransientGrowth:
    r"""||W^k|| for k = 0, 1, ..., steps, or ||e^{At}|| at steps + 1 even times from 0 to `duration`, with its peak.

    Parameters
    ----------
    W
        A matrix or a network, in discrete or in continuous time; or a stack. At any spectral radius.
    steps
        How many, from W^1 on.
    duration
        In continuous time the last t; ten times the slowest decay time where None. In discrete time None.
    rtol
        The largest error of a norm, relative to the peak, to accept. Where double precision does not reach it, as
        late in the decay of a strongly amplifying hidden chain, up to 200 units are taken in extended precision.

    Raises
    ------
    InvalidNetworkError
        steps < 1; a norm beyond the largest double; a duration in discrete time; sparse weights of more than 6000
        units that are no delay lines or rings.
    UnstableNetworkError, UndecidedStabilityError
        In continuous time without a duration, where there is no slowest decay.
    AccuracyError
        Where rtol is not reached; it carries the growth as `.result`.

    Notes
    -----
    A normal matrix has ||W^k|| = rho^k, and below radius 1 its norms fall from the start; that they first rise is what
    makes memory extensive. The slope of ||e^{At}|| at 0 is the numerical abscissa of A. In continuous time the peak is
    that of the grid. Powers are products by W, one step at a time, as squaring through a transient loses digits. Each
    norm is the root of the largest eigenvalue of W*^k W^k. The error of a power is at most sum_{j < k}
    ||W^{k-1-j}|| delta ||W^j||, delta the rounding of one product, and `error` is that with the norms found.
    Trefethen & Embree (2005), Spectra and Pseudospectra, chs 14-16.

    Examples
    --------
    >>> import linmem as lm
    >>> growth = transient_growth(lm.chain(4, gain=2), steps=5)
    >>> growth.norms
    array([1., 2., 4., 8., 0., 0.])
    >>> growth.peak_step, growth.initial_condition
    (3, array([1., 0., 0., 0.]))
    """
    network, steps, rtol = as_network(W), whole_number("steps", steps), number("rtol", rtol, above=0)
    times = _times(network, steps, duration)
    if isinstance(network, LinearNetwork) and network.lines is not None:
        return _result(network, times, _finite([_along_lines(network, steps)], steps))
    if network.is_sparse and network.size > LARGEST_DENSE:
        raise InvalidNetworkError(
            f"{network.MATRIX} is sparse with {network.size} units, and no delay line; powers are dense, and beyond "
            f"{LARGEST_DENSE} units not computed: take lm.transient_amplification(net), the growth of one input"
        )
    members = network.dense().reshape(-1, network.size, network.size)
    time = None if isinstance(network, LinearNetwork) else float(times[1])
    found = [
        one if one.relative_error <= rtol else _again(one, member, steps, time, rtol)
        for one, member in zip(_finite(_in_doubles(members, steps, time), steps), members, strict=True)
    ]
    result = _result(network, times, _finite(found, steps))
    if not np.all(result.relative_error <= rtol):
        reason = f"in double precision, beyond which {LARGEST_EXTENDED} units are the most"
        raise AccuracyError(float(np.max(result.relative_error)), rtol, result, reason=reason)
    return result


def growth_lower_bound(W: Any, z: Any, tau: int | float = np.inf) -> float:
    r"""A lower bound of max_{0 < k <= tau} ||W^k||, or of max_{0 < t <= tau} ||e^{At}||, from the resolvent at z.

    With |z| = r > 1 and kappa = r (r - 1) ||(z - W)^-1|| - r + 1 it is r^tau / (1 + (r^tau - 1) / kappa), which tends
    to kappa with tau. In continuous time Re z = a > 0, kappa = a ||(z - A)^-1||, and e^{a tau} stands for r^tau.

    Parameters
    ----------
    W
        A matrix or a network, in discrete or in continuous time; not a stack.
    z
        A complex number or an array of them, beyond the unit circle, or to the right of the imaginary axis. The bound
        is the best of theirs.
    tau
        The number of steps, a whole number >= 1, or in continuous time the time; infinite for all of them.

    Raises
    ------
    InvalidNetworkError
        A z where the bound does not hold, a tau that is no time, a stack.

    Notes
    -----
    Expand the resolvent in powers of W, in groups of tau, each at most M^j times the first. Trefethen & Embree (2005),
    chs 14-16. kappa, and not the product (r - 1) ||(z - W)^-1|| of the Kreiss constant, makes it hold for large r.

    Examples
    --------
    >>> round(growth_lower_bound([[0, 0], [8, 0]], 2), 12)       # 1 + sqrt(5), of a norm of 8
    3.2360679775
    """
    network = as_network(W)
    network.require_single("growth_lower_bound")
    points = _points(z)
    continuous = isinstance(network, ContinuousNetwork)
    tau = tau if tau == np.inf else number("tau", tau, above=0) if continuous else whole_number("tau", tau)
    beyond = points.real if continuous else np.abs(points) - 1
    if not (beyond > 0).all():
        where, rule = points[np.argmin(beyond)], "Re z > 0" if continuous else "|z| > 1"
        raise InvalidNetworkError(f"z is {where:.6g}; the bound holds where {rule}")
    with np.errstate(divide="ignore", over="ignore"):
        resolvent = 1 / np.array([_smallest_singular_value(network.dense(), point) for point in points])
        kappa = beyond * resolvent if continuous else beyond * ((1 + beyond) * resolvent - 1)
        decay = (
            np.exp(-beyond * tau) if continuous else (1 + beyond) ** -float(min(tau, 1e300))
        )  # r^-tau, which may be 0
        return float(np.max(1 / ((1 - decay) / np.maximum(kappa, 0) + decay)))


def growth_upper_bound(W: Any) -> float:
    r"""e N K, an upper bound of ||W^k|| for all k >= 0, or of ||e^{At}|| for all t >= 0; K is the Kreiss constant.

    K <= max ||W^k|| <= e N K, the Kreiss matrix theorem with the constant of Spijker (1991), BIT 31:551. Without the
    factor N it fails on long chains. Parameters and errors as for `kreiss_constant`, whose own upper bound is taken.

    Examples
    --------
    >>> import linmem as lm
    >>> 1.8**4 <= growth_upper_bound(lm.chain(5, gain=1.8))
    True
    """
    from linmem.nonnormality.kreiss import kreiss_constant

    return math.e * as_network(W).size * kreiss_constant(W).upper


@dataclass(frozen=True, eq=False)
class _Member:
    """The growth of one network."""

    norms: np.ndarray
    error: np.ndarray
    step: int
    vector: np.ndarray

    @property
    def relative_error(self) -> float:
        return float(self.error.max() / self.norms[self.step])


def _times(network: Network, steps: int, duration: float | None) -> np.ndarray:
    if isinstance(network, LinearNetwork):
        if duration is not None:
            raise InvalidNetworkError(
                f"duration is {duration!r}, but the network is one in discrete time: it takes steps; leave duration out"
            )
        return np.arange(steps + 1)
    if duration is None:
        if network.stack_shape:
            raise InvalidNetworkError(
                f"duration is None, but drift is a stack of shape {network.matrix.shape}, whose members decay at "
                "different rates; pass the last time of all, duration=t"
            )
        network.require_stable()
        duration = 10 / abs(cast(ContinuousNetwork, network).abscissa.value)
    return np.linspace(0, number("duration", duration, above=0), steps + 1)


def _result(network: Network, times: np.ndarray, members: list[_Member]) -> TransientGrowth:
    def gathered(values: list[Any]) -> np.ndarray:
        return np.reshape(values, (*network.stack_shape, *np.shape(values[0])))

    norms = gathered([one.norms for one in members])
    step: int | np.ndarray = gathered([one.step for one in members])
    peak: float | np.ndarray = gathered([one.norms[one.step] for one in members])
    if not network.stack_shape:
        step, peak = int(step), float(peak)
    error, vector = gathered([one.error for one in members]), gathered([one.vector for one in members])
    for array in (times, norms, error, vector):
        array.flags.writeable = False
    return TransientGrowth(network, times, norms, error, peak, step, vector)


def _in_doubles(members: np.ndarray, steps: int, time: float | None) -> list[_Member]:
    """The growth of every member, many of them at a time in one thread.

    NumPy's products and eigenvalues of stacks free the interpreter; threads inside BLAS would only wait for each other.
    """
    width = max(1, TOGETHER // members.shape[-1] ** 2)
    blocks = [members[start : start + width] for start in range(0, len(members), width)]
    with one_blas_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
        return [one for block in pool.map(lambda block: _of_block(block, steps, time), blocks) for one in block]


def _of_block(members: np.ndarray, steps: int, time: float | None) -> list[_Member]:
    if time is None:
        first, off = members, np.zeros(len(members))
    else:
        stepped = [_exponential(A * time) for A in members]
        first, off = np.array([E for E, _ in stepped]), np.array([error for _, error in stepped])
    norms, step, best = _follow(_powers(first, steps), first, steps)
    return _members(norms, step, best, off, ULP)


def _again(one: _Member, W: np.ndarray, steps: int, time: float | None, rtol: float) -> _Member:
    """A growth whose error is too large: with a finer estimate of it, or else by powers of as many bits as it takes."""
    if time is None:
        # entry by entry a product loses an ulp of |W| |P|, and where no signs cancel, as in a chain, that is nothing
        (plain,) = _in_doubles(np.abs(W)[None], steps, None)
        rounding = _rounding(len(W)) * np.arange(1, steps + 2)
        one = replace(one, error=np.minimum(one.error, rounding * plain.norms))
    if one.relative_error <= rtol or len(W) > LARGEST_EXTENDED:
        return one
    from linmem.balls.powers import first_step, powers

    for bits in BITS:
        first, off = first_step(W, time, bits)
        stepped = ((P[None], np.array([exponent])) for P, exponent in powers(first, steps, bits))
        norms, step, best = _follow(stepped, W[None], steps)
        (one,) = _members(norms, step, best, np.array([off]), 2.0**-bits)
        if one.relative_error <= rtol:
            break
    return one


def _powers(first: np.ndarray, steps: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """P and e with W^k = P 2^e, the largest entry of P near 1, k = 1, 2, ..., steps."""
    W, shift = _scaled(first)
    power, exponent = W, shift
    yield power, exponent
    for _ in range(steps - 1):
        power, moved = _scaled(W @ power)
        exponent = exponent + shift + moved
        yield power, exponent


def _scaled(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each matrix times a power of two that brings its largest entry near 1, and the exponent taken out."""
    exponent = np.maximum(np.frexp(np.abs(matrices).max(axis=(1, 2)))[1], -1000)
    return matrices * np.ldexp(1.0, -exponent)[:, None, None], exponent


def _follow(
    powers: Iterable[tuple[np.ndarray, np.ndarray]], first: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Norms (m, steps + 1), the step of each peak, and the power there, up to scale."""
    norms, step = np.ones((len(first), steps + 1)), np.zeros(len(first), int)
    best = np.broadcast_to(np.eye(first.shape[-1], dtype=first.dtype), first.shape).copy()
    for k, (power, exponent) in enumerate(powers, start=1):
        with np.errstate(over="ignore", under="ignore"):
            norms[:, k] = np.ldexp(_spectral_norms(power), exponent)
        higher = norms[:, k] * (1 - TIED) > norms[np.arange(len(step)), step]
        step[higher], best[higher] = k, power[higher]
    return norms, step, best


def _finite(members: list[_Member], steps: int) -> list[_Member]:
    """The members as they are, or an error where a norm is too large for a double."""
    infinite = ~np.all([np.isfinite(one.norms) for one in members], axis=0)
    if infinite.any():
        raise InvalidNetworkError(
            f"steps={steps}: a norm exceeds the largest double from step {infinite.argmax()} on; ask for the steps "
            "before it"
        )
    return members


def _spectral_norms(P: np.ndarray) -> np.ndarray:
    """The root of the largest eigenvalue of P P*: as exact as by singular values, in two thirds of the time."""
    return np.sqrt(np.linalg.eigvalsh(P @ P.conj().swapaxes(1, 2))[:, -1])


def _members(norms: np.ndarray, step: np.ndarray, best: np.ndarray, off: np.ndarray, ulp: float) -> list[_Member]:
    """What was followed, with the errors: `off` of the matrix of one step, `ulp` of the arithmetic of its powers."""
    vectors = np.linalg.eigh(best.conj().swapaxes(1, 2) @ best)[1][:, :, -1]
    largest = vectors[np.arange(len(vectors)), np.abs(vectors).argmax(axis=1)]
    vectors *= (np.abs(largest) / largest)[:, None]
    one_product = _rounding(best.shape[-1])
    return [
        _Member(
            line,
            _spread(line, off[m] + one_product * (ulp / ULP) * line[1]) + one_product * line,
            int(step[m]),
            vectors[m],
        )
        for m, line in enumerate(norms)
    ]


def _spread(norms: np.ndarray, delta: float) -> np.ndarray:
    """sum_{j < k} ||W^{k-1-j}|| delta ||W^j|| for all k."""
    with np.errstate(over="ignore", invalid="ignore"):
        return delta * np.append(0.0, np.convolve(norms, norms)[: len(norms) - 1])


def _rounding(size: int) -> float:
    """Of a product of two matrices, relative to their norms: five times more than was met on hard networks."""
    return 2 * ULP * float(size) ** 0.5


def _exponential(A: np.ndarray) -> tuple[np.ndarray, float]:
    """e^A, and an estimate of its error: a squaring doubles the relative one, and more where norms have peaked."""
    squarings, rounding = squarings_for(A), _rounding(len(A))
    E = exponential_of_small(A / 2**squarings)
    norm = sl.norm(E, 2)
    error = rounding * norm
    for _ in range(squarings):
        with np.errstate(over="ignore", invalid="ignore"):
            E, error = product(E, E), norm * (2 * error + rounding * norm)
        if not np.isfinite(E).all():
            raise InvalidNetworkError(
                "duration is so long that ||e^{At}|| exceeds the largest double in the first step; pass a shorter one, "
                "or more steps"
            )
        norm = sl.norm(E, 2)
    return E, float(error)


def _along_lines(network: LinearNetwork, steps: int) -> _Member:
    """Along delay lines and rings W*^k W^k is diagonal: the norm is the largest product of k weights in a row."""
    lines = cast(Lines, network.lines)
    source = np.maximum(lines.source, 0)  # who hears nobody hears with weight 0
    mantissa, exponent = np.ones(network.size), np.zeros(network.size, np.int64)
    origin, start = np.arange(network.size), 0
    norms, step = np.ones(steps + 1), 0
    for k in range(1, steps + 1):
        mantissa, moved = np.frexp(lines.weight * mantissa[source])
        exponent, origin = exponent[source] + moved, origin[source]
        with np.errstate(over="ignore", under="ignore"):
            reached = np.ldexp(mantissa, exponent)
        norms[k] = reached.max()
        if norms[k] * (1 - TIED) > norms[step]:
            step, start = k, origin[reached.argmax()]
    vector = np.zeros(network.size, network.matrix.dtype)
    vector[start] = 1
    return _Member(norms, 2 * ULP * np.arange(steps + 1) * norms, step, vector)


def _points(z: Any) -> np.ndarray:
    try:
        points = np.atleast_1d(np.asarray(z, complex)).ravel()
    except (TypeError, ValueError):
        points = np.empty(0)
    if not len(points) or not (np.abs(points) < LARGEST).all():
        raise InvalidNetworkError(
            f"z is {z!r:.60}; it must be a complex number of modulus below {LARGEST:g}, or an array of them"
        )
    return points


def _smallest_singular_value(W: np.ndarray, z: complex) -> float:
    """Of z - W, with its rounding added, so that a bound by its inverse remains one."""
    values = sl.svdvals(z * np.eye(len(W)) - W, check_finite=False)
    return float(values[-1] + _rounding(len(W)) * values[0])
