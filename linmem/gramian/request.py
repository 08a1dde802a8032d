"""What is asked of a Gramian: lags, horizon, tolerance and signal, all checked, and the input in a scale of its own.

Contents
--------
Request
    One request; its constructors `of_...` check every argument.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.linalg.eigenvalue_bounds import least_eigenvalue
from linmem.linalg.structure import binary_exponent, times_power_of_two
from linmem.validation import RTOL, number, whole_number


@dataclass(frozen=True, eq=False)
class Request:
    """What is asked of a network. The constructors `of_...` check every argument; nothing checks them again.

    Attributes
    ----------
    network
        A `Network`: one, or a stack.
    columns
        V, (..., N, d), in the type of the results, `Network.dtype`; None for a quantity that does not depend on the
        input.
    lags
        The number of lags K, from 0 on; in continuous time the times, (K,).
    horizon
        The number of last steps that count; None for all steps.
    rtol
        The largest relative error to accept.
    snr, readout_noise
        Variance of the signal, and of noise in the readout, in units of the noise variance.
    autocovariance
        r_0 = 1, r_1, ... of the signal; None for a white one.
    input_scale
        The power of two, at most 1, that the input was divided by in `columns`, so that no square of it vanishes.
    """

    network: Any
    columns: Any = None
    lags: Any = 1
    horizon: int | None = None
    rtol: float = RTOL
    snr: float = 1.0
    readout_noise: float = 0.0
    autocovariance: Any = None
    input_scale: float = 1.0

    def __post_init__(self) -> None:
        # all arrays that are computed from the columns take their type: it forgets neither W nor the noise
        if self.columns is not None:
            object.__setattr__(self, "columns", self.columns.astype(self.network.dtype, copy=False))

    @classmethod
    def of_network(cls, network: Any, horizon: Any, rtol: Any) -> Self:
        """The request of a quantity that depends on W and the noise alone."""
        rtol = number("rtol", rtol, above=0)
        horizon = None if horizon is None else _horizon(network, horizon)
        return cls(network, horizon=horizon, rtol=rtol)

    @classmethod
    def of_input(cls, network: Any, lags: Any, horizon: Any, rtol: Any) -> Self:
        """The request of a quantity that depends on the input as well. Lags default to 2 N, or to the horizon."""
        rtol = number("rtol", rtol, above=0)
        horizon = None if horizon is None else _horizon(network, horizon)
        columns = network.columns()
        lags = _times(network, lags) if network.is_continuous else _lags(network, lags, horizon)
        # where noise enters with the input, its size does not count: memory is the same of all
        exponent = (
            0 if network.enters_with_input else min(binary_exponent(columns), 0)
        )  # a large input stays: what is left of it at late lags may be small
        if exponent:
            columns = times_power_of_two(columns, -exponent)
        return cls(network, columns, lags, horizon, rtol, input_scale=2.0**exponent)

    @classmethod
    def of_signal(
        cls, network: Any, lags: Any, horizon: Any, rtol: Any, snr: Any, readout_noise: Any, autocovariance: Any = None
    ) -> Self:
        """The request of a quantity that depends on the statistics of the signal. In discrete time."""
        network.require_feedforward()
        if network.is_continuous:
            raise InvalidNetworkError(
                "network is one in continuous time, where a white signal has no variance to explain; look at it in "
                "steps: net.discretised(dt)"
            )
        request = cls.of_input(network, lags, horizon, rtol)
        return replace(
            request,
            snr=np.inf if isinstance(snr, float) and snr == np.inf else number("snr", snr, above=0),
            readout_noise=number("readout_noise", readout_noise, at_least=0),
            autocovariance=None if autocovariance is None else _autocorrelation(autocovariance),
        )

    def member(self, index: tuple[int, ...]) -> Self:
        """The same request of one network of the stack."""
        columns = None if self.columns is None else self.columns[index]
        return replace(self, network=self.network.member(*index), columns=columns)

    @cached_property
    def least_noise(self) -> tuple[np.ndarray, float]:
        """Deviations d, (N,), and q > 0 with x* Q^-1 x <= ||x / d||^2 / q for the noise Q of mean variance one.

        Q = D R D with the deviations on the diagonal of D, and q the least eigenvalue of R: the same in any units.
        """
        deviation = self.network.noise_deviation
        if self.network.noise_is_independent:
            return deviation, 1.0
        correlation = self.network.unit_noise / deviation[:, None] / deviation
        return deviation, least_eigenvalue(correlation)

    @property
    def signal_variance(self) -> float:
        """The variance of the signal that enters by `columns`, in units of the noise variance."""
        return self._of_this_input(self.snr, 1.0)

    def memory(self, array: Any) -> Any:
        """Fisher memory for noise of variance 1 and the scaled input as that for those of the network."""
        return self._of_this_input(array, self.network.noise_variance)

    def _of_this_input(self, array: Any, variance: float) -> Any:
        """What grows with the square of the input over a variance; an error where it overflows."""
        if variance == 1 and self.input_scale == 1:
            return array
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            scaled = np.divide(array, variance) * self.input_scale * self.input_scale
        if not np.isfinite(scaled).all() and np.isfinite(array).all():
            if self.columns is None:
                raise InvalidNetworkError(
                    f"the noise in some direction of the state is so small, with noise={variance:.0e}, that memory per "
                    "unit of the state exceeds the largest double; measure the state in smaller units: multiply its "
                    "noise, or the feedforward with which noise enters, by a power of ten"
                )
            largest = np.abs(self.columns).max() * self.input_scale
            raise InvalidNetworkError(
                f"feedforward has entries up to {largest:.0e}, whose memory exceeds the largest double; measure the "
                "signal in larger units: divide feedforward by a power of ten"
            )
        return scaled

    def without_input_axes(self, array: np.ndarray) -> np.ndarray:
        """The array without its two last axes, where the network has one input, given as a vector."""
        return array if self.network.feedforward_is_matrix else array[..., 0, 0]


def _horizon(network: Any, horizon: Any) -> int:
    """A number of steps, which continuous time does not have."""
    if network.is_continuous:
        raise ArgumentError(
            f"horizon is {horizon!r}, but the network is one in continuous time; look at its last n steps of length "
            "dt: net.discretised(dt) with horizon=n"
        )
    return whole_number("horizon", horizon)


def _lags(network: Any, lags: Any, horizon: int | None) -> int:
    if lags is None:
        return min(2 * network.size, horizon or 2 * network.size)
    lags = whole_number("lags", lags)
    if horizon is not None and lags > horizon:
        raise ArgumentError(
            f"lags={lags} is beyond horizon={horizon}; a horizon of n steps holds lags 0 to n - 1: pass lags <= horizon"
        )
    return lags


def _times(network: Any, times: Any) -> np.ndarray:
    """Increasing times from 0 on; where a number of them is given, up to ten times the slowest decay time."""
    if times is None or isinstance(times, (int, np.integer)):
        count = 200 if times is None else whole_number("lags", times)
        network.require_stable()
        return np.linspace(0, 10 / abs(network.abscissa.value), count)
    try:
        grid = np.array(times, dtype=float)
    except (TypeError, ValueError):
        grid = np.empty(0)
    is_row = grid.ndim == 1 and grid.size > 0 and np.isfinite(grid).all()
    if not is_row or grid[0] < 0 or np.any(np.diff(grid) <= 0):
        raise ArgumentError(
            f"lags is {times!r:.80}; in continuous time it holds the times at which J(t) is wanted: finite, >= 0, "
            "increasing, e.g. numpy.linspace(0, 10, 200)"
        )
    grid.flags.writeable = False
    return grid


def _autocorrelation(autocovariance: Any) -> np.ndarray:
    """The autocovariance over the variance of the signal."""
    try:
        r = np.array(autocovariance, dtype=float)
    except (TypeError, ValueError):
        r = np.empty(0)
    if r.ndim != 1 or not r.size or not np.isfinite(r).all() or not r[0] > 0:
        raise ArgumentError(
            f"autocovariance is {autocovariance!r:.80}; it must be a row of finite numbers, the variance, > 0, first"
        )
    r = r / r[0]
    # the power spectrum on a fine grid; a sequence is an autocovariance if and only if it is nowhere negative (Bochner)
    spectrum = 2 * np.fft.rfft(r, 16 * len(r)).real - 1
    if spectrum.min() < -1e-8 * spectrum.max():
        raise ArgumentError(
            f"autocovariance {autocovariance!r:.80} belongs to no signal: its spectrum falls to "
            f"{spectrum.min():.3g}; a truncated one must taper to zero"
        )
    return r
