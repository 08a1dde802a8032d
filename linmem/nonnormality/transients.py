r"""Transient growth of the whole matrix: ||W^k|| and ||e^{At}||, and the initial state that grows to the peak.

Conventions
-----------
||.|| is the spectral norm, the largest singular value: ||W^k|| is the largest factor by which k steps amplify any
state. The growth of one input, ||W^k v||, is `transient_amplification`. In discrete time k = 0, 1, ..., steps; in
continuous time there are `steps` even steps up to `duration`.

Contents
--------
TransientGrowth, transient_growth
    ||W^k|| or ||e^{At}||, its peak, and the initial state that grows to the peak.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from linmem.errors import AccuracyError, ArgumentError, InvalidNetworkError
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.measured import Measured, measured_array
from linmem.memory.along_path import MeasuredAlongPath, require_no_horizon
from linmem.network import ContinuousNetwork, Network, NetworkOrMatrix, as_network
from linmem.nonnormality.matrix_powers import (
    LARGEST_EXTENDED,
    MatrixGrowth,
    growth_along_lines,
    growth_in_doubles,
    more_accurate,
)
from linmem.plotted import Plotted
from linmem.validation import number, whole_number

RTOL = 1e-6
METHOD = "powers"
DECAY_TIMES = 10  # of the slowest decay, in the default duration


@dataclass(frozen=True, eq=False)
class TransientGrowth(Plotted):
    """Transient growth ||W^k||, or ||e^{At}||, over time.

    Over a stack every field but `network` and `times` gains the leading axes of the stack.

    Attributes
    ----------
    network
        The network whose growth it is.
    times
        0, 1, ..., steps, (steps + 1,); in continuous time the times t.
    norms
        The spectral norm of W^k or e^{At} at these times, (steps + 1,). The first is 1.
    error
        An upper estimate of the error of each norm, (steps + 1,).
    peak
        The largest norm. It carries its `error`, and the step as `point`; of a stack it is an array.
    peak_step
        The step at which the peak is reached, `norms[peak_step]`: the first of those that are equal to 12 digits.
    initial_condition
        A unit state that grows to the peak, (N,): a right singular vector, its largest entry positive.
    """

    PICTURE: ClassVar[str] = "plot_transient_growth"
    network: Any
    times: np.ndarray
    norms: np.ndarray
    error: np.ndarray
    peak: Measured | np.ndarray
    peak_step: int | np.ndarray
    initial_condition: np.ndarray
    AXES: ClassVar[dict[str, str]] = {"time": "times norms error", "unit": "initial_condition"}

    @property
    def relative_error(self) -> float | np.ndarray:
        """The largest error, relative to the peak."""
        return self.error.max(axis=-1) / self.peak


def transient_growth(
    W: NetworkOrMatrix | MeasuredAlongPath,
    steps: int | None = None,
    *,
    duration: float | None = None,
    rtol: float = RTOL,
) -> TransientGrowth:
    r"""Transient growth ||W^k|| for k = 0, 1, ..., steps, or ||e^{At}|| at steps + 1 times from 0 on, with its peak.

    It is the growth of the whole matrix, the largest over all initial states. The growth of one input is
    `transient_amplification`.

    Parameters
    ----------
    W
        A matrix or a network, in discrete or in continuous time; or a stack. At any spectral radius. Of a
        `TimeVaryingNetwork` it is the growth ||A_t ... A_1|| from the first step on.
    steps
        The number of steps, at least 1; 200 where None, or all steps of a `TimeVaryingNetwork`.
    duration
        In continuous time the last t; ten times the slowest decay time where None. In discrete time None.
    rtol
        The largest error of a norm, relative to the peak, to accept. Where double precision does not reach it, as
        late in the decay of a strongly amplifying chain in a random basis, up to 200 units are computed in extended
        precision.

    Raises
    ------
    ArgumentError
        steps < 1; a duration in discrete time.
    InvalidNetworkError
        A norm exceeds the largest double; W is a sparse matrix of more than 6000 units, and no delay lines or rings.
    UnstableNetworkError, UndecidedStabilityError
        In continuous time without a duration, where there is no slowest decay.
    AccuracyError
        rtol is not reached; the error carries the growth as `.result`.

    Notes
    -----
    A normal matrix has ||W^k|| = rho^k, and for a radius below 1 its norms fall from the start. That they rise at first
    is what makes memory extensive. The slope of ||e^{At}|| at 0 is the numerical abscissa of A. In continuous time the
    peak is that of the grid.

    Powers are products by W, one step at a time, as squaring through a transient loses digits. Each norm is the root of
    the largest eigenvalue of W^k W*^k. The error of a power is at most sum_{j < k} ||W^{k-1-j}|| delta ||W^j||, delta
    the rounding of one product; `error` is this sum with the computed norms. Trefethen & Embree (2005), Spectra and
    Pseudospectra, chs 14-16.

    Examples
    --------
    >>> import linmem as lm
    >>> growth = transient_growth(lm.chain(4, gain=2), steps=5)
    >>> growth.norms
    array([1., 2., 4., 8., 0., 0.])
    >>> growth.peak_step, growth.initial_condition
    (3, array([1., 0., 0., 0.]))
    """
    if isinstance(W, MeasuredAlongPath):
        require_no_horizon(duration=duration)
        return _growth_along_path(W, whole_number("steps", W.steps if steps is None else steps), rtol)
    network = as_network(W)
    steps = whole_number("steps", 200 if steps is None else steps)
    rtol = number("rtol", rtol, above=0)
    times = _times(network, steps, duration)
    if network.lines is not None:
        growth = growth_along_lines(network.in_steps(), network.lines, steps)
        _require_finite([growth], steps)
        return _result(network, times, [growth])
    _require_affordable(network)
    matrices = network.dense().reshape(-1, network.size, network.size)
    dt = float(times[1]) if network.is_continuous else None
    growths = growth_in_doubles(matrices, steps, dt)
    _require_finite(growths, steps)
    for i, matrix in enumerate(matrices):
        if not growths[i].relative_error <= rtol:
            growths[i] = more_accurate(growths[i], matrix, steps, dt, rtol)
    _require_finite(growths, steps)
    result = _result(network, times, growths)
    worst = float(np.max(result.relative_error))
    if not worst <= rtol:
        reason = f"in double precision, beyond which {LARGEST_EXTENDED} units are the most"
        raise AccuracyError(worst, rtol, result, reason=reason)
    return result


def _growth_along_path(network: MeasuredAlongPath, steps: int, rtol: float) -> TransientGrowth:
    rtol = number("rtol", rtol, above=0)
    norms, error, state = network.growth(steps)
    if not np.isfinite(norms).all():
        raise InvalidNetworkError(
            f"steps={steps}: a norm exceeds the largest double from step {np.isfinite(norms).argmin()} on; ask for the "
            "steps before it"
        )
    step = int(np.argmax(norms >= norms.max() * (1 - 1e-12)))
    peak = Measured(float(norms[step]), float(error.max()), METHOD, step)
    result = TransientGrowth(network, np.arange(steps + 1), norms, error, peak, step, state)
    worst = float(error.max() / peak)
    if not worst <= rtol:
        raise AccuracyError(worst, rtol, result, reason="rounding of the products")
    return result


def _times(network: Network, steps: int, duration: float | None) -> np.ndarray:
    """The times of the norms, (steps + 1,)."""
    if not network.is_continuous:
        if duration is not None:
            raise ArgumentError(
                f"duration is {duration!r}, but the network is one in discrete time: it takes steps; leave duration out"
            )
        return np.arange(steps + 1)
    if duration is None:
        if network.stack_shape:
            raise ArgumentError(
                f"duration is None, but drift is a stack of shape {network.matrix.shape}, whose members decay at "
                "different rates; pass the last time of all, duration=t"
            )
        network.require_stable()
        abscissa = cast(ContinuousNetwork, network).abscissa.value
        duration = DECAY_TIMES / abs(abscissa)
    last = number("duration", duration, above=0)
    return np.linspace(0, last, steps + 1)


def _require_affordable(network: Network) -> None:
    if network.is_sparse and network.size > LARGEST_DENSE:
        raise InvalidNetworkError(
            f"{network.MATRIX} is sparse with {network.size} units, and no delay line; its powers are dense, and are "
            f"computed for up to {LARGEST_DENSE} units: take lm.transient_amplification(net), the growth of one input"
        )


def _require_finite(growths: list[MatrixGrowth], steps: int) -> None:
    """Raise where a norm is too large for a double."""
    is_finite = np.all([np.isfinite(growth.norms) for growth in growths], axis=0)
    if not is_finite.all():
        raise InvalidNetworkError(
            f"steps={steps}: a norm exceeds the largest double from step {is_finite.argmin()} on; ask for the steps "
            "before it"
        )


def _result(network: Network, times: np.ndarray, growths: list[MatrixGrowth]) -> TransientGrowth:
    """The growths of all members of a stack, or of the only one, in one result."""

    def gathered(field: Callable[[MatrixGrowth], Any]) -> np.ndarray:
        values = np.array([field(growth) for growth in growths])
        shape = network.stack_shape + values.shape[1:]
        return values.reshape(shape)

    norms = gathered(lambda growth: growth.norms)
    error = gathered(lambda growth: growth.error)
    initial_condition = gathered(lambda growth: growth.initial_condition)
    # what is no normal double is off by half of the smallest one
    error = np.where(norms < np.finfo(float).tiny, error + np.finfo(float).smallest_subnormal, error)
    for array in (times, norms, error, initial_condition):
        array.flags.writeable = False
    of_peak = np.max(error, axis=-1)
    peak: Measured | np.ndarray = measured_array(gathered(lambda growth: growth.peak), of_peak, METHOD)
    peak_step: int | np.ndarray = gathered(lambda growth: growth.peak_step)
    if not network.stack_shape:
        peak_step = int(peak_step)
        peak = Measured(float(peak), float(of_peak), METHOD, peak_step)
    return TransientGrowth(network, times, norms, error, peak, peak_step, initial_condition)
