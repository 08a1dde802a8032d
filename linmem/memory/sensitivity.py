r"""Sensitivity of Fisher memory to the rounding of the weights.

Conventions
-----------
Many networks round to the one that is stored. The `relative_error` of a curve is about the stored numbers. The
sensitivity is another quantity: the largest change of J, to first order, when every weight moves by up to a relative
`ROUNDING` = 2^-53, half an ulp at most, each independently (real and imaginary parts too). Zeros stay zeros. Where the
sensitivity is about 1 or more, storing the weights as doubles has changed the memory of the network altogether.

Contents
--------
RoundingSensitivity, rounding_sensitivity
    Of the total Fisher memory, and of the curve at each lag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.gramian.methods import best
from linmem.gramian.quantities import Answer
from linmem.gramian.request import Request
from linmem.linalg.structure import binary_exponent, times_power_of_two
from linmem.measured import Measured
from linmem.network import Network, as_network
from linmem.validation import whole_number

ROUNDING = 2.0**-53
RTOL = 1e-2  # of a condition number


@dataclass(frozen=True, eq=False)
class RoundingSensitivity:
    """The largest relative change of memory that rounding the weights may make, to first order.

    Attributes
    ----------
    network
        The network.
    total
        max |change of J_tot| / J_tot; traces for several inputs.
    values
        max |change of J(k)| / J(0) for the first lags, (K,): relative to the largest, as `relative_error` is.
    error
        An upper estimate of the error of each of the values.
    method
        The computation that gave it: "fast", "extended", "square-root" or "balls".
    """

    network: Network
    total: Measured
    values: np.ndarray
    error: np.ndarray
    method: str
    AXES: ClassVar[dict[str, str]] = {"lag": "values error"}

    @property
    def condition(self) -> float:
        """The relative change of J_tot for a relative change of the weights, at most."""
        return self.total / ROUNDING


def rounding_sensitivity(network: Network, lags: int = 0) -> RoundingSensitivity:
    r"""Largest relative change of the total Fisher memory, and of J(k), that rounding the weights can make.

    To first order and exactly: max |dJ| over all |dW_ij| <= 2^-53 |W_ij| is 2^-53 sum_ij |G_ij W_ij|, with the gradient

        G = dJ_tot / dW = 2 (X W P - Y W C),    X = W* X W + C^-1,    Y = W* Y W + C^-1 P C^-1,

    C = W C W* + Q and P = W P W* + V V* the covariances of noise and signal. In continuous time G = 2 (X P - Y C), with
    the Lyapunov equations of the same right-hand sides.

    Parameters
    ----------
    network
        A network with an input, in discrete or in continuous time, with stationary noise.
    lags
        The number of lags of the curve to include; each takes as long as the total. In discrete time.

    Raises
    ------
    AccuracyError
        Where neither double precision nor balls (up to 200 units) know it to 1 %.
    UnstableNetworkError, UndecidedStabilityError
        As for `fisher_memory_curve`.
    ArgumentError
        lags < 0, or lags in continuous time.
    InvalidNetworkError
        A stack, no input, or an input of 0.

    Notes
    -----
    The adjoint of the three Stein equations, in the coordinates in which the noise is white (C = I): there G is 2 S^-1
    (T B P_b - Y_b B) S, with T, P_b, Y_b the same sums for the contraction B. Where the
    sensitivity nears 1, the first order does not suffice: rounding may do less or more. The result is right to 1 % of
    itself, or of 2^-53 where it is less.

    Memory is far less sensitive than eigenvalues are. A chain in a random basis, rounded, has a spectral radius of 0.8
    where it was 0, and its memory to all digits.

    Examples
    --------
    >>> import linmem as lm
    >>> unit = lm.LinearNetwork([[0.5]], [1.0])             # J(0) = 1 - w^2: 2 w^2 / (1 - w^2) times 2^-53
    >>> round(float(rounding_sensitivity(unit, lags=1).values[0]) * 2**53, 12)
    0.666666666667
    """
    network = as_network(network)
    network.require_single("rounding_sensitivity")
    columns = network.columns()
    if not columns.any():
        raise InvalidNetworkError("feedforward is 0, so that there is no memory to change; give an input that is not 0")
    lags = whole_number("lags", lags, at_least=0)
    if lags and network.is_continuous:
        raise ArgumentError(f"lags is {lags}, but the network is one in continuous time; take lags=0")
    # the sensitivity does not depend on the size of the input, whose squares may be below the smallest double
    request = Request(network, times_power_of_two(columns, -binary_exponent(columns)), lags, rtol=RTOL)
    answer = best(request, lambda gramian: gramian.rounding_sensitivity(request))
    return answer.accept(_presented(network, answer))


def _presented(network: Network, answer: Answer) -> RoundingSensitivity:
    """The result; the last entry of each array is the least scale of its error."""
    total, values = (array[:-1] * ROUNDING for array in answer.numbers)
    of_total, error = (array[:-1] * ROUNDING for array in answer.errors)
    return RoundingSensitivity(network, Measured(total[0], of_total[0], answer.method), values, error, answer.method)
