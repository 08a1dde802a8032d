r"""Discrimination: the Fisher memory curve measured on simulated trials, of networks linear or not.

Conventions
-----------
Lag k, 0 ... K - 1, is the time since a pulse. A linear readout tells trials with a pulse of some size from trials
without by d' standard deviations, and J(k) = (d'/size)^2. Every number stands beside its standard error.

Contents
--------
EmpiricalFisherMemory, empirical_fisher_memory
    The curve, for small pulses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as sl

from linmem.errors import InvalidNetworkError
from linmem.linalg.blas import blas_threads_for
from linmem.memory.fisher import fisher_memory_curve
from linmem.network import LinearNetwork
from linmem.simulation.trajectories import Trials, inner_products, real_array, single_network
from linmem.validation import number, whole_number


@dataclass(frozen=True, eq=False)
class EmpiricalFisherMemory:
    """Linear Fisher information about a pulse, measured on simulated trials.

    Attributes
    ----------
    network
        Whose memory it is.
    lags
        0, 1, ..., K - 1.
    values, standard_error
        The unbiased estimate of J(k), and its standard error, (K,). All lags share one sample covariance, so that their
        errors are strongly correlated.
    theory
        J(k) of the linear theory, over the same number of steps; None for a non-linear network.
    trials, size
        How many trials, and the pulse.
    """

    network: LinearNetwork
    lags: np.ndarray
    values: np.ndarray
    standard_error: np.ndarray
    theory: np.ndarray | None
    trials: int
    size: float


def empirical_fisher_memory(
    network: Any,
    lags: int,
    *,
    rng: Any,
    signal: Any = None,
    size: float | None = None,
    trials: int | None = None,
    nonlinearity: str | Callable[[float], float] | None = None,
    burn_in: int = 500,
) -> EmpiricalFisherMemory:
    r"""Fisher memory curve J(k) = (d'/size)^2, from trials with a pulse at lag k and trials without.

    d'^2 = D' S^-1 D is the discriminability of the two by a linear readout, D the difference of the mean states and S
    the covariance of the states without a pulse: for a linear network exactly J(k) size^2, whatever the signal. For
    others it is the linear Fisher information, which depends on the signal on which the pulse stands. Kanitscheider et
    al. (2015), PLoS Comput Biol 11:e1004218, for its unbiased estimate.

    Parameters
    ----------
    network, rng, nonlinearity
        As for `simulate`; the network has one input.
    lags
        How many, from 0 on.
    signal
        On which the pulse stands, (steps,), at least `lags` of them: lag 0 is the last. Zero where None.
    size
        Of the pulse; a thousandth of the standard deviation of the noise where None.
    trials
        Pairs of trials, of the same noise with and without a pulse; 20 N + 100 where None, and at least N + 10.
    burn_in
        Steps of noise before the signal.

    Raises
    ------
    InvalidNetworkError
        As `simulate` does; too few trials; several inputs; a state in which some direction has no noise.

    Examples
    --------
    >>> import linmem as lm
    >>> found = lm.empirical_fisher_memory(lm.chain(3), 3, rng=0)
    >>> bool((abs(found.values - found.theory) < 3 * found.standard_error).all())
    True
    """
    network, lags = single_network(network), whole_number("lags", lags)
    if network.feedforward_is_matrix:
        raise InvalidNetworkError("feedforward has several columns; a pulse is of one input: LinearNetwork(W, V[:, 0])")
    count = whole_number("trials", 20 * network.size + 100 if trials is None else trials, at_least=network.size + 10)
    size = number("size", 1e-3 * np.sqrt(network.noise_variance) if size is None else size, above=0)
    background = _background(signal, lags)
    runs = Trials(network, count, rng=rng, nonlinearity=nonlinearity)
    burn_in = whole_number("burn_in", burn_in, at_least=0)
    with blas_threads_for(network.size):
        values, variance = _pulsed(runs, background, lags, size, burn_in)
    theory = None
    if nonlinearity in (None, "identity"):
        theory = fisher_memory_curve(network, lags, horizon=burn_in + background.shape[1]).values
    return EmpiricalFisherMemory(network, np.arange(lags), values, np.sqrt(variance), theory, count, size)


def _pulsed(runs: Trials, background: np.ndarray, lags: int, size: float, burn_in: int) -> np.ndarray:
    """J and its variance, from trials with pulses that branch off, from the oldest on, from one run without them."""
    states, steps = np.zeros((runs.batch, runs.size)), background.shape[1]
    runs.advance(states, steps=burn_in, first=-burn_in, keep=False)
    runs.advance(states, background[:, : steps - lags], keep=False)
    plain = states.copy()
    runs.advance(plain, background[:, steps - lags :], first=steps - lags, keep=False)
    try:
        factor = sl.cholesky(_covariance(plain), lower=True)
    except sl.LinAlgError:
        raise InvalidNetworkError(
            f"in {runs.batch} trials the states have a covariance that is not positive definite; pass more trials, or "
            "leave out units that never vary"
        ) from None
    found = []
    for k in reversed(range(lags)):
        pulsed, shown = states.copy(), background[:, steps - 1 - k :].copy()
        shown[:, 0] += size
        runs.advance(pulsed, shown, first=steps - 1 - k, keep=False)
        found.append(_discriminability((pulsed - plain) / size, factor))
        runs.advance(states, background[:, steps - 1 - k : steps - k], first=steps - 1 - k, keep=False)
    return np.array(found[::-1]).T


def _discriminability(differences: np.ndarray, factor: np.ndarray) -> tuple[float, float]:
    """D' Sigma^-1 D without bias, and its variance, from paired differences and the factor of the sample covariance.

    (n - 1) D' S^-1 D / D' Sigma^-1 D is the inverse of a chi squared variable of n - N degrees of freedom; noise in D
    adds trace(S^-1 cov D).
    """
    count, size = differences.shape
    scaled = sl.solve_triangular(factor, differences.T, lower=True)
    mean = scaled.mean(axis=1)
    scatter = _covariance(scaled.T) / count
    value = (count - size - 2) / (count - 1) * (mean @ mean - np.trace(scatter))
    spread = 4 * mean @ scatter @ mean + 2 * np.sum(scatter**2)
    return value, 2 * value**2 / (count - size - 4) + spread


def _covariance(samples: np.ndarray) -> np.ndarray:
    centred = samples - samples.mean(axis=0)
    return inner_products(centred, centred) / (len(samples) - 1)


def _background(signal: Any, lags: int) -> np.ndarray:
    """The signal as (1, steps, 1)."""
    if signal is None:
        return np.zeros((1, lags, 1))
    values = real_array("signal", signal, "(steps,)")
    if values.ndim != 1 or len(values) < lags:
        raise InvalidNetworkError(
            f"signal has shape {values.shape}; it must have (steps,), with at least {lags} steps, one for each lag"
        )
    return values[None, :, None]
