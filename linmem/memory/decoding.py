r"""Decoding: how well a linear readout of the state tells a past signal from everything else in it.

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

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.gramian import readout as decoding
from linmem.gramian.methods import RTOL, each_member, of_member, request, trusted
from linmem.memory.fisher import fisher_memory_curve
from linmem.memory.noiseless import noiseless_memory
from linmem.network import LinearNetwork, Network
from linmem.validation import number, whole_number


@dataclass(frozen=True, eq=False)
class MemoryFunction:
    """m(k) of a network for the first lags.

    Attributes
    ----------
    network
        Whose memory it is.
    lags
        0, 1, ..., K - 1.
    values
        m(k), (K,), between 0 and 1; (K, d, d) for d inputs, 1 - the covariance of what is left of them.
    capacity
        The sum of m(k) over *all* lags (its trace, for several inputs): at most N, and at most snr eps J_tot.
    information
        Between the state and the whole past signal, nats; infinite without noise.
    snr
        As it was asked for.
    relative_error
        An upper estimate of max_k |error of m(k)| / max_k m(k), and of the relative error of the others.
    method
        The computation that gave it.
    readout_noise, autocovariance, horizon
        As they were asked for.
    """

    network: Network
    lags: np.ndarray
    values: np.ndarray
    capacity: float
    information: float
    snr: float
    relative_error: float
    method: str
    readout_noise: float = 0.0
    autocovariance: np.ndarray | None = None
    horizon: int | None = None


def memory_function(
    network: Network,
    lags: int | None = None,
    *,
    snr: float,
    readout_noise: float = 0.0,
    autocovariance: Any = None,
    horizon: int | None = None,
    rtol: float = RTOL,
) -> MemoryFunction:
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

    Raises
    ------
    UnstableNetworkError, UndecidedStabilityError, AccuracyError
        As for `fisher_memory_curve`.
    InvalidNetworkError
        snr <= 0, readout_noise < 0, an autocovariance that belongs to no signal, lags beyond the horizon; continuous
        time.

    Examples
    --------
    >>> import linmem as lm
    >>> found = memory_function(lm.chain(3), lags=3, snr=2.0)     # J = 1, 1/2, 1/3
    >>> found.values.round(12)
    array([0.66666667, 0.5       , 0.4       ])
    >>> round(found.capacity, 12)
    1.566666666667
    """
    network, lags, horizon, rtol = _request(network, lags, horizon, rtol)
    x, readout = _signal(snr), number("readout_noise", readout_noise, at_least=0)
    correlation = None if autocovariance is None else _correlation(autocovariance)
    if network.stack_shape:
        options: dict[str, Any] = {"snr": x, "readout_noise": readout, "horizon": horizon, "rtol": rtol}
        options["autocovariance"] = correlation
        return _stacked(network, lambda one: memory_function(one, lags, **options))
    if x == np.inf:
        if readout or correlation is not None or horizon is not None:
            raise InvalidNetworkError(
                "snr is inf, which is for a white signal at rest without any noise; leave out readout_noise, "
                "autocovariance and horizon, or take a finite snr"
            )
        values, error, path = noiseless_memory(network, lags, rtol)
        found = MemoryFunction(network, np.arange(lags), *values, np.inf, np.inf, error, path)
        if not error <= rtol:
            raise AccuracyError(error, rtol, found, reason="the eigenvalues are not known well enough")
        return found

    def present(numbers: tuple[np.ndarray, ...], error: float, path: str) -> MemoryFunction:
        values, capacity, information = numbers
        if not network.feedforward_is_matrix:
            values = np.ascontiguousarray(values[:, 0, 0].real)
        asked = readout, correlation, horizon
        return MemoryFunction(
            network, np.arange(lags), values, float(capacity), float(information), x, error, path, *asked
        )

    if correlation is None:
        return trusted(network, horizon, rtol, decoding.decoded, (network.columns(), lags, x, readout), present)
    if horizon is not None:
        raise InvalidNetworkError(f"horizon is {horizon}, but the signal is correlated; a horizon is of a white signal")
    arguments = network.columns(), lags, x, readout, correlation
    return trusted(network, horizon, rtol, decoding.decoded_from_correlated, arguments, present)


def memory_capacity(network: Network, snr: float = np.inf, **options: Any) -> float | np.ndarray:
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
    network = request(network, None, RTOL)[0]
    if network.stack_shape:
        return each_member(network, lambda one: memory_capacity(one, snr, **options))
    return memory_function(network, 1, snr=snr, **options).capacity


def mutual_information(network: Network, snr: float, **options: Any) -> float | np.ndarray:
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
    if _signal(snr) == np.inf:
        raise InvalidNetworkError("snr is inf; without noise the information is infinite: take a finite one")
    network = request(network, None, RTOL)[0]
    if network.stack_shape:
        return each_member(network, lambda one: mutual_information(one, snr, **options))
    return memory_function(network, 1, snr=snr, **options).information


def snr_curve(
    network: Network,
    lags: int | None = None,
    *,
    snr: float,
    readout_noise: float = 0.0,
    horizon: int | None = None,
    rtol: float = RTOL,
) -> np.ndarray:
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
    network, lags, horizon, rtol = _request(network, lags, horizon, rtol)
    x, readout = _signal(snr), number("readout_noise", readout_noise, at_least=0)
    if x == np.inf:
        raise InvalidNetworkError("snr is inf; take a finite one")
    if network.stack_shape:
        options: dict[str, Any] = {"snr": x, "readout_noise": readout, "horizon": horizon, "rtol": rtol}
        return each_member(network, lambda one: snr_curve(one, lags, **options))
    if not readout:
        curve = fisher_memory_curve(network, lags, horizon=horizon, rtol=rtol).values * (network.noise_variance * x)
        return curve if not network.feedforward_is_matrix else np.trace(curve, axis1=1, axis2=2).real

    def present(numbers: tuple[np.ndarray, ...], error: float, path: str) -> np.ndarray:
        return x * np.trace(numbers[0], axis1=1, axis2=2).real

    return trusted(network, horizon, rtol, decoding.through_readout, (network.columns(), lags, readout), present)


def nuisance_information(
    network: Network, lags: int, *, readout_noise: float = 0.0, horizon: int | None = None, rtol: float = RTOL
) -> np.ndarray:
    r"""Fisher information about each of K lags where the other K - 1 are unknown, 1 / [F^-1]_kk <= J(k), (K,) or (K,
    d).

    Signals older than that are known. F is the Fisher memory matrix of the K lags; where they are more than N (K d, for
    d inputs) it is singular, and nothing is known of any. Equal to J(k) where no two lags are confused. Parameters and
    errors as for `memory_function`.

    Examples
    --------
    >>> import linmem as lm
    >>> nuisance_information(lm.chain(3), lags=2).round(12), nuisance_information(lm.identity(3), lags=2)
    (array([1. , 0.5]), array([0., 0.]))
    """
    network, lags, horizon, rtol = _request(network, lags, horizon, rtol)
    readout = number("readout_noise", readout_noise, at_least=0)
    if network.stack_shape:
        options: dict[str, Any] = {"readout_noise": readout, "horizon": horizon, "rtol": rtol}
        return each_member(network, lambda one: nuisance_information(one, lags, **options))

    def present(numbers: tuple[np.ndarray, ...], error: float, path: str) -> np.ndarray:
        alone = numbers[0] / network.noise_variance
        return alone[:, 0] if not network.feedforward_is_matrix else alone

    return trusted(network, horizon, rtol, decoding.unshared, (network.columns(), lags, readout), present)


def _request(network: Any, lags: int | None, horizon: int | None, rtol: float) -> tuple[Any, int, int | None, float]:
    network, horizon, rtol = request(network, horizon, rtol)
    network.require_feedforward()
    if not isinstance(network, LinearNetwork):
        raise InvalidNetworkError(
            "network is one in continuous time, where a white signal has no variance to explain; look at it in steps: "
            "net.discretised(dt)"
        )
    lags = whole_number("lags", min(2 * network.size, horizon or 2 * network.size) if lags is None else lags)
    if horizon is not None and lags > horizon:
        raise InvalidNetworkError(f"lags={lags} is beyond horizon={horizon}; pass lags <= horizon")
    return network, lags, horizon, rtol


def _signal(snr: Any) -> float:
    return np.inf if isinstance(snr, float) and snr == np.inf else number("snr", snr, above=0)


def _correlation(autocovariance: Any) -> np.ndarray:
    """r / r_0 of a signal that there can be: its spectrum is nowhere negative."""
    try:
        r = np.array(autocovariance, dtype=float)
    except (TypeError, ValueError):
        r = np.empty(0)
    if r.ndim != 1 or not r.size or not np.isfinite(r).all() or not r[0] > 0:
        raise InvalidNetworkError(
            f"autocovariance is {autocovariance!r:.80}; it must be a row of finite numbers, the variance, > 0, first"
        )
    r = r / r[0]
    spectrum = 2 * np.fft.rfft(r, 16 * len(r)).real - 1
    if spectrum.min() < -1e-8 * spectrum.max():
        raise InvalidNetworkError(
            f"autocovariance {autocovariance!r:.80} belongs to no signal: its spectrum falls to "
            f"{spectrum.min():.3g}; a cut "
            "one must taper to zero"
        )
    return r


def _stacked(network: Network, measure: Callable[[Any], Any]) -> MemoryFunction:
    """The results of the members, with the leading axes of the stack."""
    members = [of_member(network, index, measure) for index in np.ndindex(network.stack_shape)]

    def gathered(field: str) -> np.ndarray:
        values = np.array([getattr(one, field) for one in members])
        return values.reshape(*network.stack_shape, *values.shape[1:])

    paths = {one.method for one in members}
    return replace(
        members[0],
        network=network,
        values=gathered("values"),
        capacity=gathered("capacity"),
        information=gathered("information"),
        relative_error=gathered("relative_error"),
        method=paths.pop() if len(paths) == 1 else "mixed",
    )
