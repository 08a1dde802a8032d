r"""Decoding: how well a linear readout of the state (as of a reservoir, an echo state network) recovers past signals.

Conventions
-----------
The signal s is white, of variance `snr` in units of the noise variance eps (the mean variance, of coloured noise), or
has the autocovariance that is given. The memory function m(k) is the share of its variance that the best linear readout
explains, 1 - MMSE / variance: r^2, the *square* of Pearson's correlation between signal and readout, and equal to
E[s s^] / E[s^2]. Information is in nats. `readout_noise` is the variance, in the same units, of noise that is added to
every unit as it is read, and never enters the network.

Contents
--------
snr_curve
    Signal to noise of each lag, the other lags known.
MemoryFunction, memory_function
    m(k), with the capacity and the information.
memory_capacity, mutual_information
    The capacity alone; the information alone.
nuisance_information
    Fisher information about each lag, the other lags unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, overload

import numpy as np

from linmem.errors import AccuracyError, ArgumentError
from linmem.gramian.methods import best
from linmem.gramian.request import Request
from linmem.measured import Measured, MeasuredArray, measured_array
from linmem.memory.along_path import MeasuredAlongPath, require_no_horizon, require_stationary_arguments
from linmem.memory.noiseless import noiseless_capacity, noiseless_memory
from linmem.memory.stacks import arranged, arranged_with_errors, common_method, for_each_member, of_members
from linmem.network import Network, as_network
from linmem.plotted import Plotted
from linmem.validation import RTOL, SNR


@dataclass(frozen=True, eq=False)
class MemoryFunction(Plotted):
    """m(k) of a network for the first lags.

    Attributes
    ----------
    network
        The network.
    lags
        0, 1, ..., K - 1.
    values
        m(k), (K,), between 0 and 1; (K, d, d) for d inputs, 1 - the covariance of what is left of them.
    error
        An upper estimate of |error of m(k)|, in the shape of the values.
    capacity
        The sum of m(k) over *all* lags (its trace, for several inputs): at most N, and at most snr eps J_tot.
    information
        Between the state and the whole past signal, nats; infinite without noise.
    relative_error
        An upper estimate of max_k |error of m(k)| / max_k m(k), and of the relative error of the others.
    method
        The computation that gave it.
    snr, readout_noise, autocovariance, horizon
        The arguments of `memory_function`; snr is x, the variance of the signal over that of the noise.
    """

    PICTURE: ClassVar[str] = "plot_memory_function"
    network: Network
    lags: np.ndarray
    values: np.ndarray
    error: np.ndarray
    capacity: Measured | MeasuredArray
    information: Measured | MeasuredArray
    snr: float
    relative_error: float | np.ndarray
    method: str
    readout_noise: float = 0.0
    autocovariance: np.ndarray | None = None
    horizon: int | None = None
    AXES: ClassVar[dict[str, str]] = {
        "lag": "lags",
        "lag input other_input": "values error",
        "separation": "autocovariance",
    }


@overload
def memory_function(
    network: MeasuredAlongPath,
    lags: int | None = None,
    *,
    snr: float = SNR,
    readout_noise: float = 0.0,
    rtol: float = RTOL,
    at: int | None = None,
    observe: Any = None,
    input_covariance: Any = None,
) -> Any: ...


@overload
def memory_function(
    network: Network,
    lags: int | None = None,
    *,
    snr: float = SNR,
    readout_noise: float = 0.0,
    autocovariance: Any = None,
    horizon: int | None = None,
    rtol: float = RTOL,
) -> MemoryFunction: ...


def memory_function(
    network: Network | MeasuredAlongPath,
    lags: int | None = None,
    *,
    snr: float = SNR,
    readout_noise: float = 0.0,
    autocovariance: Any = None,
    horizon: int | None = None,
    rtol: float = RTOL,
    at: int | None = None,
    observe: Any = None,
    input_covariance: Any = None,
) -> Any:
    r"""Memory function m(k) = x w_k* (C + x P)^-1 w_k, w_k = W^k v, P = sum_k w_k w_k*: the r^2 of the best linear
    readout.

    With F the Fisher memory matrix for eps = 1, m(k) = 1 - [(1 + x F)^-1]_kk, where x = `snr`. Hence m(k) <= x J(k) /
    (1 + x J(k)), with equality where no two lags are confused (a delay line, the fan-out tree). White, Lee &
    Sompolinsky (2004), PRL 92:148102; Ganguli, Huh & Sompolinsky (2008), Fig 5.

    Parameters
    ----------
    network
        A `LinearNetwork`, or a stack of them; several inputs are independent signals of the same variance.
    lags
        How many, from 0 on; 2 N where None (or the horizon).
    snr
        x > 0, the variance of the signal over that of the noise; inf for no noise at all, where m depends on nothing
        but the eigenvalues of what the input reaches (Ballarin, Grigoryeva & Ortega 2024), and is computed from them.
    readout_noise
        Variance of noise in the readout, over that of the noise in the network.
    autocovariance
        r_0, r_1, ... of the signal, zero beyond; only its shape counts, the variance is `snr`. White where None.
    horizon
        The last n steps only, of signal and noise, at any radius. Of a white signal.
    rtol
        The largest relative error to accept.
    at, observe
        Of a `TimeVaryingNetwork`: the step after which the state is read, and what is read of it, as for
        `fisher_memory_curve`. All inputs since the first step are in the way of each other.
    input_covariance
        Of a `TimeVaryingNetwork`: of the d inputs of a step, (d, d), where they are white in time, or of the inputs of
        all steps until then, (T d, T d), step 0 first. Only its shape counts, the mean variance is `snr`.

    Raises
    ------
    UnstableNetworkError, UndecidedStabilityError, AccuracyError
        As for `fisher_memory_curve`.
    ArgumentError
        snr <= 0, readout_noise < 0, an autocovariance that belongs to no signal, lags beyond the horizon.
    InvalidNetworkError
        No feedforward, or a network in continuous time.

    Examples
    --------
    >>> import linmem as lm
    >>> function = memory_function(lm.chain(3), lags=3, snr=2.0)     # J = 1, 1/2, 1/3
    >>> function.values.round(12)
    array([0.66666667, 0.5       , 0.4       ])
    >>> round(function.capacity, 12)
    1.566666666667
    """
    if isinstance(network, MeasuredAlongPath):
        require_no_horizon(horizon=horizon, autocovariance=autocovariance)
        return network.memory_function(
            lags,
            snr=snr,
            at=-1 if at is None else at,
            observe=observe,
            readout_noise=readout_noise,
            input_covariance=input_covariance,
            rtol=rtol,
        )
    require_stationary_arguments(at=at, observe=observe, input_covariance=input_covariance)
    request = Request.of_signal(as_network(network), lags, horizon, rtol, snr, readout_noise, autocovariance)
    _require_compatible(request)
    if request.network.stack_shape:
        return _gathered(request, of_members(request, _memory_function))
    return _memory_function(request)


def memory_capacity(
    network: Network,
    snr: float = np.inf,
    *,
    readout_noise: float = 0.0,
    autocovariance: Any = None,
    horizon: int | None = None,
    rtol: float = RTOL,
) -> Measured | MeasuredArray:
    r"""Memory capacity sum_k m(k) over all lags = trace[(C + x P)^-1 x P].

    Without noise (`snr` inf) it is the dimension of what the input reaches, rank[v, W v, ..., W^(N-1) v]: N for
    nearly every network, whatever its weights; so it tells networks apart by their noise only. Jaeger (2001), GMD
    report 152. Parameters and errors as for `memory_function`.

    Examples
    --------
    >>> import linmem as lm
    >>> memory_capacity(lm.chain(5)), memory_capacity(lm.identity(5))
    (5.0, 1.0)
    """
    if isinstance(snr, float) and snr == np.inf:
        request = Request.of_signal(as_network(network), 1, horizon, rtol, np.inf, readout_noise, autocovariance)
        _require_compatible(request)
        return for_each_member(request, noiseless_capacity)
    function = memory_function(
        network, 1, snr=snr, readout_noise=readout_noise, autocovariance=autocovariance, horizon=horizon, rtol=rtol
    )
    return function.capacity


def mutual_information(
    network: Network,
    snr: float = SNR,
    *,
    readout_noise: float = 0.0,
    autocovariance: Any = None,
    horizon: int | None = None,
    rtol: float = RTOL,
) -> Measured | MeasuredArray:
    r"""Mutual information between the state and the whole past signal, log det(1 + x F) / 2, nats.

    Of Gaussian signals; an upper bound for others of the same covariance. At most (N / 2) log(1 + x eps J_tot / N),
    at most x eps J_tot / 2, which it approaches as x falls. Its slope gives the capacity, 2 x dI/dx = sum_k m(k)
    (Guo, Shamai & Verdu 2005, IEEE TIT 51:1261). For complex signals and networks, which hold twice the dimensions,
    it is 2 I. Parameters and errors as for `memory_function`, with a finite snr.

    Examples
    --------
    >>> import linmem as lm
    >>> bool(abs(mutual_information(lm.chain(2), snr=2.0) - np.log(6) / 2) < 1e-14)    # J = 1, 1/2
    True
    """
    _require_finite(snr, "without noise the information is infinite: take a finite one")
    function = memory_function(
        network, 1, snr=snr, readout_noise=readout_noise, autocovariance=autocovariance, horizon=horizon, rtol=rtol
    )
    return function.information


def snr_curve(
    network: Network,
    lags: int | None = None,
    *,
    snr: float = SNR,
    readout_noise: float = 0.0,
    horizon: int | None = None,
    rtol: float = RTOL,
) -> MeasuredArray:
    r"""Signal-to-noise ratio of each lag, x w_k* (C + r)^-1 w_k, (K,): the best of any linear readout, the other lags
    known.

    That is x J(k) eps: of a normal network it adds up to x, whatever its size; of a delay line to up to N x. With noise
    in the readout alone an amplified signal gains, and it is no longer bounded so. Traces for several inputs.
    Parameters and errors as for `memory_function`.

    Examples
    --------
    >>> import linmem as lm
    >>> snr_curve(lm.chain(3), lags=3, snr=6.0).round(12)
    array([6., 3., 2.])
    """
    request = Request.of_signal(as_network(network), lags, horizon, rtol, snr, readout_noise)
    _require_finite(request.snr, "take a finite one")
    return for_each_member(request, _snr_curve)


def nuisance_information(
    network: Network, lags: int, *, readout_noise: float = 0.0, horizon: int | None = None, rtol: float = RTOL
) -> MeasuredArray:
    r"""Fisher information about each of K lags where the other K - 1 are unknown, 1 / [F^-1]_kk <= J(k), (K,) or (K,
    d).

    Signals older than that are known. F is the Fisher memory matrix of the K lags, and the information is the squared
    distance of W^k v from the span of the others, in the norm of C^-1: 0 where it lies in that span. Equal to J(k)
    where no two lags are confused. `rtol` is relative to the largest J(k). Parameters and errors as for
    `memory_function`.

    Examples
    --------
    >>> import linmem as lm
    >>> nuisance_information(lm.chain(3), lags=2).round(12), nuisance_information(lm.identity(3), lags=2)
    (array([1. , 0.5]), array([0., 0.]))
    """
    request = Request.of_signal(as_network(network), lags, horizon, rtol, 1.0, readout_noise)
    return for_each_member(request, _nuisance_information)


def _memory_function(request: Request) -> MemoryFunction:
    if request.snr == np.inf:
        return _noiseless(request)
    answer = best(request, lambda gramian: gramian.memory_function(request))
    values, capacity, information = answer.numbers
    error, of_capacity, of_information = answer.errors
    values, error = request.without_input_axes(values), request.without_input_axes(error)
    if not request.network.feedforward_is_matrix:
        values = np.ascontiguousarray(values.real)
    function = MemoryFunction(
        network=request.network,
        lags=np.arange(request.lags),
        values=values,
        error=error,
        capacity=Measured(float(capacity), float(of_capacity), answer.method),
        information=Measured(float(information), float(of_information), answer.method),
        snr=request.snr,
        relative_error=answer.relative_error,
        method=answer.method,
        readout_noise=request.readout_noise,
        autocovariance=request.autocovariance,
        horizon=request.horizon,
    )
    return answer.accept(function)


def _noiseless(request: Request) -> MemoryFunction:
    values, capacity, error, method = noiseless_memory(request)
    function = MemoryFunction(
        network=request.network,
        lags=np.arange(request.lags),
        values=values,
        error=np.full(values.shape, error * np.abs(values).max(initial=0.0)),
        capacity=capacity,
        information=Measured(np.inf, 0.0, "exact"),
        snr=np.inf,
        relative_error=error,
        method=method,
    )
    if not error <= request.rtol:
        raise AccuracyError(error, request.rtol, function, reason="the eigenvalues are not known well enough")
    return function


def _snr_curve(request: Request) -> MeasuredArray:
    if request.readout_noise:
        answer = best(request, lambda gramian: gramian.snr_curve(request))
    else:
        answer = best(request, lambda gramian: gramian.fisher_memory_curve(request))
    numbers, errors = (np.trace(array[0], axis1=1, axis2=2).real for array in (answer.numbers, answer.errors))
    with np.errstate(over="ignore"):
        curve, error = request.signal_variance * numbers, request.signal_variance * errors
    if not np.isfinite(curve).all():
        raise ArgumentError(f"snr is {request.snr:.0e}, whose ratio exceeds the largest double; take a smaller one")
    return answer.accept(measured_array(curve, error, answer.method))


def _nuisance_information(request: Request) -> MeasuredArray:
    answer = best(request, lambda gramian: gramian.nuisance_information(request))
    information, error = map(request.memory, (answer.numbers[0], answer.errors[0]))
    if not request.network.feedforward_is_matrix:
        information, error = information[:, 0], error[:, 0]
    return answer.accept(measured_array(information, error, answer.method))


def _require_compatible(request: Request) -> None:
    """Refuse what is not known of noiseless memory and of correlated signals."""
    correlated = request.autocovariance is not None
    if request.snr == np.inf and (request.readout_noise or correlated or request.horizon is not None):
        raise ArgumentError(
            "snr is inf, which is for the stationary memory of a white signal without any noise; leave out "
            "readout_noise, autocovariance and horizon, or take a finite snr"
        )
    if correlated and request.horizon is not None:
        raise ArgumentError(
            f"horizon is {request.horizon}, but the signal is correlated; a horizon is for a white signal: leave out "
            "one of the two"
        )


def _require_finite(snr: Any, advice: str) -> None:
    if isinstance(snr, float) and snr == np.inf:
        raise ArgumentError(f"snr is inf; {advice}")


def _gathered(request: Request, members: list[MemoryFunction]) -> MemoryFunction:
    """The memory functions of the members as one, with the leading axes of the stack."""
    return replace(
        members[0],
        network=request.network,
        values=arranged(request, [member.values for member in members]),
        error=arranged(request, [member.error for member in members]),
        capacity=arranged_with_errors(request, [member.capacity for member in members]),
        information=arranged_with_errors(request, [member.information for member in members]),
        relative_error=arranged(request, [member.relative_error for member in members]),
        method=common_method(members),
    )
