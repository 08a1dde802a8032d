r"""Fisher memory: how much the present state tells about the input k steps ago.

Conventions
-----------
J is in units of 1 / (signal units)^2: the information about s_{t-k} when everything else is known; its inverse is the
variance of the best unbiased estimate. Lags are 0, 1, ..., lags - 1. V is used as it is: where ||v|| is not 1, J
scales with ||v||^2.

Contents
--------
FisherMemoryCurve, fisher_memory_curve
    J(k), its total over all lags, and how far to trust them.
fisher_memory_matrix
    J_kl, the information that two lags share.
total_fisher_memory
    The total alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, overload

import numpy as np

from linmem.errors import AccuracyError, ArgumentError
from linmem.gramian.methods import best
from linmem.gramian.request import Request
from linmem.measured import Measured, MeasuredArray, measured_array
from linmem.memory.along_path import MeasuredAlongPath, require_no_horizon, require_stationary_arguments
from linmem.memory.sensitivity import rounding_sensitivity
from linmem.memory.stacks import curve_of_stack, for_each_member
from linmem.network import Network, as_network
from linmem.plotted import Plotted
from linmem.validation import RTOL, number


@dataclass(frozen=True, eq=False)
class FisherMemoryCurve(Plotted):
    """J(k) of a network for the first lags, and its total over all lags.

    Over a stack `values`, `total` and `relative_error` gain its leading axes.

    Attributes
    ----------
    network
        The network.
    lags
        0, 1, ..., K - 1; in continuous time the times t, (K,).
    values
        J(k), (K,), or (K, d, d) for d inputs; in continuous time J(t), a rate.
    total
        J_tot, a float, or (d, d): the sum over *all* lags (of the horizon), not only over those in `values`; in
        continuous time the integral over all t.
    error
        An upper estimate of |error of J(k)|, lag by lag, in the shape of the values. Where it exceeds J(k), nothing is
        known of memory but that it is below the error.
    relative_error
        An upper estimate of max_k |error of J(k)| / max_k J(k), and of the relative error of the total.
    method
        The computation that gave it: "structured", "matrix-free", "fast", "extended", "square-root" or
        "balls" (see `linmem.gramian.methods`); "mixed" for a stack of several.
    horizon
        The number of last steps that count; None for all.
    """

    PICTURE: ClassVar[str] = "plot_fisher_memory_curve"
    network: Network
    lags: np.ndarray
    values: np.ndarray
    error: np.ndarray
    total: Measured | MeasuredArray
    relative_error: float | np.ndarray
    method: str
    horizon: int | None = None
    AXES: ClassVar[dict[str, str]] = {
        "lag": "lags",
        "lag input other_input": "values error",
        "input other_input": "total",
    }

    def lag_of_share(self, share: float = 0.5) -> int | None:
        """The first lag k with J(0) + ... + J(k) >= share * total, of one network of one input, in discrete time.

        None where the lags computed do not reach that far.
        """
        if np.ndim(self.total) or self.network.is_continuous:
            raise ArgumentError(
                "the curve is of several inputs, of a stack, or in continuous time; the lag of a share is that of one "
                "input of one network in discrete time: take an input or a member, or net.discretised(dt)"
            )
        return lag_of_share(self.values, float(self.total), number("share", share, at_least=0))

    @property
    def rounding_sensitivity(self) -> float:
        """The largest relative change of the stationary total that rounding the weights may make: see
        `linmem.rounding_sensitivity`.
        """
        if self.horizon is not None:
            raise ArgumentError(
                f"horizon is {self.horizon}; the sensitivity is computed for stationary memory: take horizon=None"
            )
        return rounding_sensitivity(self.network).total


@overload
def fisher_memory_curve(
    network: MeasuredAlongPath,
    lags: Any = None,
    *,
    horizon: None = None,
    rtol: float = RTOL,
    at: int | str | None = None,
    observe: Any = None,
    readout_noise: float | None = None,
) -> Any: ...


@overload
def fisher_memory_curve(
    network: Network, lags: Any = None, *, horizon: int | None = None, rtol: float = RTOL
) -> FisherMemoryCurve: ...


def fisher_memory_curve(
    network: Network | MeasuredAlongPath,
    lags: Any = None,
    *,
    horizon: int | None = None,
    rtol: float = RTOL,
    at: int | str | None = None,
    observe: Any = None,
    readout_noise: float | None = None,
) -> Any:
    r"""Fisher memory curve J(k) = v* W*^k C^-1 W^k v, C = sum_m W^m Q W*^m the covariance of the noise in the state.

    Parameters
    ----------
    network
        A `LinearNetwork`, or a stack of them; or a `ContinuousNetwork`.
    lags
        How many, from 0 on; 2 N where None (or the horizon, where that is shorter). In continuous time the times at
        which J(t) = v* e^{A* t} C^-1 e^{A t} v is wanted, increasing from 0 or later; or how many, up to ten times the
        slowest decay time, 200 where None.
    horizon
        None for all steps, with stationary noise, which needs a spectral radius below 1. n counts the last n steps
        only, in signal and in noise, C_n = sum_{m < n} W^m Q W*^m, at any radius; lags go up to n. Discrete time.
    rtol
        The largest relative error to accept. Methods are tried from the fastest to the most accurate until the
        estimate of the error is below.
    at, observe, readout_noise
        Of a `TimeVaryingNetwork`: the step after which the state is read, -1 for the last, or "all"; what is read of
        the state, a matrix O (p, N) or the numbers of units, all of it where None; and the variance of noise in that,
        in units of the noise variance.

    Returns
    -------
    FisherMemoryCurve, or `linmem.running.results.CurveAlongPath` of a `TimeVaryingNetwork`
        For d inputs J(k) = V* W*^k C^-1 W^k V is a d x d matrix. For complex signals J is per complex parameter (for
        real signals in complex networks the information is 2 J).

    Raises
    ------
    UnstableNetworkError, UndecidedStabilityError
        With horizon=None, where the spectral radius is not below one, or cannot be told from one.
    AccuracyError
        Where no method reaches rtol; it carries the best curve as `.result`.
    ArgumentError
        lags < 1, lags > horizon, times that do not increase, a horizon in continuous time.
    InvalidNetworkError
        No feedforward; a sparse network too large for the quantity.

    Notes
    -----
    With feedforward I, (N, N), trace J(k) / N is the mean of J(k) over all unit inputs.

    Assumes Gaussian noise, white in time, and that the whole state is read. Then J is exact for any signal, not only
    for small ones, and never increases with k. Ganguli, Huh & Sompolinsky (2008), PNAS 105:18970, eqs 2-3. Of normal
    networks the total is 1 for every unit input, of any network at most N (eqs 5, 9).

    Examples
    --------
    >>> import linmem as lm
    >>> curve = lm.fisher_memory_curve(lm.chain(4), lags=4)      # 1, 1/2, 1/3, 1/4
    >>> (1 / curve.values).round(12)
    array([1., 2., 3., 4.])
    >>> round(curve.total, 12) == round(25 / 12, 12)
    True
    """
    if isinstance(network, MeasuredAlongPath):
        require_no_horizon(horizon=horizon)
        return network.fisher_memory_curve(
            lags, at=-1 if at is None else at, observe=observe, readout_noise=readout_noise or 0.0, rtol=rtol
        )
    require_stationary_arguments(at=at, observe=observe, readout_noise=readout_noise)
    request = Request.of_input(as_network(network), lags, horizon, rtol)
    if request.network.stack_shape:
        return FisherMemoryCurve(network=request.network, horizon=request.horizon, **curve_of_stack(request, _curve))
    return _curve(request)


def fisher_memory_matrix(
    network: Network | MeasuredAlongPath,
    lags: Any = None,
    *,
    horizon: int | None = None,
    rtol: float = RTOL,
    at: int | None = None,
    observe: Any = None,
    readout_noise: float | None = None,
) -> MeasuredArray:
    r"""Fisher memory matrix J_kl = v* W*^k C^-1 W^l v, (K, K), or (K, K, d, d) for d inputs.

    Its diagonal is the Fisher memory curve; an entry beside it says how far the information about one lag is confused
    with that about another. For lags=1 it is V* C^-1 V, the quadratic form of any columns V in the precision of the
    noise.

    It is the Fisher information of the Gaussian P(h | s) about the whole past signal, and KL(P(.|s + u) || P(.|s)) =
    u' J u / 2 exactly. Ganguli, Huh & Sompolinsky (2008), eqs 2-3. Parameters, errors and assumptions as for
    `fisher_memory_curve`.

    Examples
    --------
    >>> import linmem as lm
    >>> lm.fisher_memory_matrix(lm.chain(3), lags=3).round(12)[0]      # a delay line confuses nothing
    array([1., 0., 0.])
    """
    if isinstance(network, MeasuredAlongPath):
        require_no_horizon(horizon=horizon)
        matrix: MeasuredArray = network.fisher_memory_matrix(
            lags, at=-1 if at is None else at, observe=observe, readout_noise=readout_noise or 0.0, rtol=rtol
        )
        return matrix
    require_stationary_arguments(at=at, observe=observe, readout_noise=readout_noise)
    request = Request.of_input(as_network(network), lags, horizon, rtol)
    return for_each_member(request, _matrix)


def total_fisher_memory(
    network: Network, *, horizon: int | None = None, rtol: float = RTOL
) -> Measured | MeasuredArray:
    r"""Total Fisher memory J_tot = sum_k J(k) = v* J^s v, over all lags (of the horizon): a float, (d, d) for d
    inputs, an array over a stack; with its `.error` and `.method`.

    At most N / eps for a unit input, and exactly 1 / eps for a normal W. Ganguli, Huh & Sompolinsky (2008), eqs 5-9.
    Parameters, errors and assumptions as for `fisher_memory_curve`.

    Examples
    --------
    >>> import linmem as lm
    >>> round(lm.total_fisher_memory(lm.random_orthogonal(20, gain=0.9, rng=0)), 12)
    1.0
    """
    network = as_network(network)
    lags = [0.0] if network.is_continuous else 1
    return fisher_memory_curve(network, lags, horizon=horizon, rtol=rtol).total


def lag_of_share(values: np.ndarray, total: float, share: float = 0.5) -> int | None:
    """The first lag at which J(0) + ... + J(k), (K,), has reached a share of the total; None where it does not."""
    has_reached = np.cumsum(values) >= share * total
    if not has_reached.any():
        return None
    return int(np.argmax(has_reached))


def _curve(request: Request) -> FisherMemoryCurve:
    network = request.network
    answer = best(request, lambda gramian: gramian.fisher_memory_curve(request))
    values, total = map(request.memory, answer.numbers)
    errors, of_total = map(request.memory, answer.errors)
    if network.feedforward_is_matrix:
        measured_total: Measured | MeasuredArray = measured_array(total, of_total, answer.method)
    else:
        values, errors = np.ascontiguousarray(values[:, 0, 0].real), np.ascontiguousarray(errors[:, 0, 0])
        measured_total = Measured(total[0, 0].real, of_total[0, 0], answer.method)
    values.flags.writeable = False
    errors.flags.writeable = False
    lags = request.lags if network.is_continuous else np.arange(request.lags)
    curve = FisherMemoryCurve(
        network, lags, values, errors, measured_total, answer.relative_error, answer.method, request.horizon
    )
    if request.columns.any() and not total.any():
        raise AccuracyError(np.inf, request.rtol, curve, reason="the memory of an input is below the smallest double")
    return answer.accept(curve)


def _matrix(request: Request) -> MeasuredArray:
    answer = best(request, lambda gramian: gramian.fisher_memory_matrix(request))
    matrix, error = request.memory(answer.numbers[0]), request.memory(answer.errors[0])
    without_axes = request.without_input_axes
    return answer.accept(measured_array(without_axes(matrix), without_axes(error), answer.method))
