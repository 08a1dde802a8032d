"""What measures of a network along its steps return.

Contents
--------
in_units_of_network
    Memory of scaled inputs and noise as that of the network.
OfSmallNoise
    The limits of validity of both.
CurveAlongPath
    J_t(k) after one step, or after all.
CurvesAlongPaths
    J(k) of many paths.
MemoryFunctionAlongPath
    m(k) after one step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.linalg.structure import times_power_of_two
from linmem.measured import Measured, MeasuredArray


def in_units_of_network(
    values: np.ndarray, errors: np.ndarray, input_exponent: int, variance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Memory of inputs divided by 2^`input_exponent`, and of noise divided by its variance, as that of the network.

    With its errors, which gain what falls below the smallest double.

    Raises
    ------
    InvalidNetworkError
        If a value leaves the range of doubles: infinity stands for infinite memory alone.
    """
    # one factor, so that nothing on the way leaves the range of doubles
    mantissa, exponent = np.frexp(variance)
    exponent = 2 * input_exponent - int(exponent)
    limits = np.finfo(float)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        scaled = times_power_of_two(np.asarray(values / mantissa), exponent)
        widened = times_power_of_two(np.asarray(errors / mantissa), exponent)
        is_rounded = (np.abs(scaled) < limits.tiny) & (values != 0) | (widened < limits.tiny) & (errors != 0)
    if (np.isinf(scaled) & np.isfinite(values)).any():
        raise InvalidNetworkError(
            "feedforward has entries whose memory, J, exceeds the largest double; divide feedforward by a power of "
            "ten, and J is divided by its square"
        )
    return scaled, np.where(is_rounded, widened + 2 * limits.smallest_subnormal, widened)


class OfSmallNoise:
    """How small the noise has to be, where the network is a path that was linearised."""

    network: Any
    at: int | str

    @cached_property
    def limits(self) -> Any:
        """The `LimitsOfLinearity`; None of a network that is linear itself."""
        limits = getattr(self.network, "limits_of_linearity", None)
        return None if limits is None else limits(self.at)

    @property
    def noise_limit(self) -> float | None:
        """The factor by which the standard deviation of the noise may be multiplied: below 1 it is too large already.

        None where there is no such limit, or the cell does not say.
        """
        return None if self.limits is None else self.limits.noise


@dataclass(frozen=True, eq=False)
class CurveAlongPath(OfSmallNoise):
    """J_t(k), what the state after step t tells about the input k steps before.

    Attributes
    ----------
    network
        The network.
    lags
        0, 1, ..., K - 1; lag 0 is the input of the step itself.
    values
        J(k), (K,), or (K, d, d) for d inputs; after all steps (T, K) or (T, K, d, d), nan for lags before the first
        step. Infinite for an input that moves units without any noise.
    error
        An upper estimate of the error of each value; nan where the value is.
    total
        The sum over all lags, where the lags reach back to the first step; else None. At every end: None.
    relative_error
        The largest error over the largest value, of the worst end.
    method
        "products", "cholesky" or "square-root": see `linmem.gramian.time_varying`.
    at
        The step after which the state is read, 0, ..., T - 1, or "all".
    """

    network: Any
    lags: np.ndarray
    values: np.ndarray
    error: np.ndarray
    total: Measured | MeasuredArray | None
    relative_error: float
    method: str
    at: int | str
    AXES: ClassVar[dict[str, str]] = {"lag": "lags", "lag input other_input": "values error"}

    @property
    def signal_limit(self) -> np.ndarray | None:
        """The change of an input that the state shows by one standard deviation at the largest noise, (K,).

        noise_limit / sqrt(J(k)). A larger one is seen by more, but the path may bend before it is. Of several inputs
        that of each, (K, d). None without a limit.
        """
        if self.noise_limit is None:
            return None
        J = self.values
        if J.ndim - (self.at == "all") == 3:
            J = np.einsum("...aa->...a", J).real
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.noise_limit / np.sqrt(J)


@dataclass(frozen=True, eq=False)
class CurvesAlongPaths:
    """J(k) of many paths after the same step.

    Attributes
    ----------
    network, at
        The networks of the paths, and the step after which the states are read.
    lags
        0, 1, ..., K - 1.
    values, error
        J(k) of each path, (..., K), or (..., K, d, d) for d inputs, with the leading axes of the trajectory; and the
        errors.
    relative_error, method
        Of each path, (...): as of `CurveAlongPath`.
    """

    network: Any
    lags: np.ndarray
    values: np.ndarray
    error: np.ndarray
    relative_error: np.ndarray
    method: np.ndarray
    at: int


@dataclass(frozen=True, eq=False)
class MemoryFunctionAlongPath(OfSmallNoise):
    """m(k), the share of the input k steps before that the best linear readout of the state explains.

    All inputs since the first step, other than the one that is read, are in its way, and so is the noise.

    Attributes
    ----------
    network, lags, at
        The network, 0, ..., K - 1, and the step after which the state is read.
    values, error
        m(k), (K,), between 0 and 1, of all inputs of a step together, weighted by their variance; and its error.
    information
        Between the state and all inputs since the first step, nats, of Gaussian ones.
    snr
        The mean variance of the inputs over that of the noise.
    relative_error, method
        As of `CurveAlongPath`.
    """

    network: Any
    lags: np.ndarray
    values: np.ndarray
    error: np.ndarray
    information: Measured
    snr: float
    relative_error: float
    method: str
    at: int
    AXES: ClassVar[dict[str, str]] = {"lag": "lags values error"}
