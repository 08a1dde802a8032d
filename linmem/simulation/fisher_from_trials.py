r"""Discrimination: the Fisher memory curve measured on simulated trials, of networks linear or not.

Conventions
-----------
Lag k, 0 ... K - 1, is the time since a pulse. A linear readout discriminates trials with a pulse of some size from
trials without by d' standard deviations, and J(k) = (d'/size)^2. Every number stands beside its standard error.

Contents
--------
EmpiricalFisherMemory, empirical_fisher_memory
    The curve, for small pulses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.linalg as sl
from numpy.typing import ArrayLike

from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.linalg.blas import blas_threads_for
from linmem.memory.along_path import MeasuredAlongPath, require_no_horizon, require_stationary_arguments
from linmem.memory.fisher import fisher_memory_curve
from linmem.network import LinearNetwork, NetworkOrMatrix
from linmem.running.linearised_path import LinearisedPath
from linmem.simulation.path_trials import PathTrials
from linmem.simulation.trials import Nonlinearity, Trials, inner_products, real_array, single_network
from linmem.validation import number, whole_number

RELATIVE_PULSE = 1e-3  # size of a pulse over the standard deviation of the noise: small enough to be linear


@dataclass(frozen=True, eq=False)
class EmpiricalFisherMemory:
    """Linear Fisher information about a pulse, measured on simulated trials.

    Attributes
    ----------
    network
        The network that was simulated.
    lags
        0, 1, ..., K - 1.
    values, standard_error
        The unbiased estimate of J(k), and its standard error, (K,). All lags share one sample covariance, so that their
        errors are strongly correlated.
    theory
        J(k) of the linear theory, over the same number of steps, or of the linear network of a path; None for a
        non-linear network.
    trials, size
        The number of trials, and the size of the pulse.
    """

    network: LinearNetwork | LinearisedPath
    lags: np.ndarray
    values: np.ndarray
    standard_error: np.ndarray
    theory: np.ndarray | None
    trials: int
    size: float
    AXES: ClassVar[dict[str, str]] = {"lag": "lags values standard_error theory"}


def empirical_fisher_memory(
    network: NetworkOrMatrix | MeasuredAlongPath,
    lags: int,
    *,
    rng: RandomSource,
    signal: ArrayLike | None = None,
    size: float | None = None,
    trials: int | None = None,
    nonlinearity: Nonlinearity = None,
    burn_in: int = 500,
    at: int | None = None,
) -> EmpiricalFisherMemory:
    r"""Fisher memory curve J(k) = (d'/size)^2, from trials with a pulse at lag k and trials without.

    d'^2 = D' S^-1 D is the discriminability of the two by a linear readout, with D the difference of the mean states
    and S the covariance of the states without a pulse. For a linear network it is exactly J(k) size^2, whatever the
    signal. For others it is the linear Fisher information, which depends on the signal to which the pulse is added.
    The unbiased estimate is that of Kanitscheider et al. (2015), PLoS Comput Biol 11:e1004218.

    Parameters
    ----------
    network, rng, nonlinearity
        As for `simulate`; the network has one input. Or the network of a path, from `linearise`: then the cell itself
        is run about its path, with its noise where that enters, and the theory is that of small noise and small pulses.
    lags
        The number of lags K, from 0 on.
    signal
        The signal to which the pulse is added, (steps,), at least `lags` of them: lag 0 is the last. Zero where None.
    size
        The size of the pulse; a thousandth of the standard deviation of the noise where None.
    trials
        Pairs of trials, of the same noise with and without a pulse; 20 N + 100 where None, and at least N + 10.
    burn_in
        Steps of noise before the signal; not of a path, which has a first step.
    at
        Of a path: the step after which the state is read, the last where None.

    Raises
    ------
    InvalidNetworkError
        As `simulate` does; for several inputs; for a state in which some direction has no noise.
    ArgumentError
        As `simulate` does; for too few trials, and for a signal of fewer steps than lags.

    Examples
    --------
    >>> import linmem as lm
    >>> curve = lm.empirical_fisher_memory(lm.chain(3), 3, rng=0)
    >>> bool((abs(curve.values - curve.theory) < 3 * curve.standard_error).all())
    True
    """
    lags = whole_number("lags", lags)
    if isinstance(network, MeasuredAlongPath):
        require_no_horizon(signal=signal, nonlinearity=nonlinearity)
        return _along_path(network, lags, -1 if at is None else at, rng, size, trials)
    require_stationary_arguments(at=at)
    network = single_network(network)
    if network.feedforward_is_matrix:
        raise InvalidNetworkError("feedforward has several columns; a pulse is of one input: LinearNetwork(W, V[:, 0])")
    trials = _number_of_trials(trials, network.size)
    if size is None:
        size = RELATIVE_PULSE * np.sqrt(network.noise_variance)
    size = number("size", size, above=0)
    background = _background(signal, lags)
    burn_in = whole_number("burn_in", burn_in, at_least=0)
    runs = Trials(network, trials, rng=rng, nonlinearity=nonlinearity)
    with blas_threads_for(network.size):
        values, variances = _curve_of_pulses(runs, background, lags, size, burn_in)
    theory = None
    if nonlinearity in (None, "identity"):
        theory = fisher_memory_curve(network, lags, horizon=burn_in + background.shape[1]).values
    return EmpiricalFisherMemory(
        network=network,
        lags=np.arange(lags),
        values=values,
        standard_error=np.sqrt(variances),
        theory=theory,
        trials=trials,
        size=size,
    )


def _curve_of_pulses(
    runs: Trials, background: np.ndarray, lags: int, size: float, burn_in: int
) -> tuple[np.ndarray, np.ndarray]:
    """J(k) and its variance, (K,) each, from the states after the last step of the background, (1, steps, 1).

    One run without a pulse goes through the background. At lag K - 1, then K - 2, ..., a run with a pulse branches off
    from it and is followed to the end; the noise of a step is the same in both.
    """
    steps = background.shape[1]
    states = np.zeros((runs.batch, runs.size))
    runs.advance(states, steps=burn_in, first=-burn_in, keep=False)
    runs.advance(states, background[:, : steps - lags], keep=False)

    without_pulse = states.copy()
    runs.advance(without_pulse, background[:, steps - lags :], first=steps - lags, keep=False)
    factor = _factor_of_sample_covariance(without_pulse)

    values, variances = np.empty(lags), np.empty(lags)
    for lag in reversed(range(lags)):
        step = steps - 1 - lag
        with_pulse = states.copy()
        pulsed_background = background[:, step:].copy()
        pulsed_background[:, 0] += size
        runs.advance(with_pulse, pulsed_background, first=step, keep=False)
        differences = (with_pulse - without_pulse) / size
        values[lag], variances[lag] = _discriminability(differences, factor)
        runs.advance(states, background[:, step : step + 1], first=step, keep=False)
    return values, variances


def _along_path(
    network: MeasuredAlongPath, lags: int, at: int, rng: RandomSource, size: float | None, trials: int | None
) -> EmpiricalFisherMemory:
    """The same of a cell about its path: a run with a pulse branches off at each lag."""
    if not isinstance(network, LinearisedPath):
        raise ArgumentError(
            f"network is a {type(network).__name__}; trials are of a cell about one path: linmem.linearise(path, "
            "noise=...)"
        )
    if network.feedforward_is_matrix:
        raise InvalidNetworkError("the path has several inputs; a pulse is of one: linearise(path, noise=..., input=0)")
    stop, lags = network.steps_until(at, lags)
    trials = _number_of_trials(trials, network.size)
    runs = PathTrials(network, trials, int(generator(rng).integers(2**63)))
    size = number("size", RELATIVE_PULSE * runs.deviation if size is None else size, above=0)
    values, variances = np.empty(lags), np.empty(lags)
    states = runs.advance(runs.start(), 0, stop - lags)
    without_pulse = runs.advance(states, stop - lags, stop)
    factor = _factor_of_sample_covariance(without_pulse)
    for lag in reversed(range(lags)):
        step = stop - 1 - lag
        differences = (runs.advance(states, step, stop, size) - without_pulse) / size
        values[lag], variances[lag] = _discriminability(differences, factor)
        states = runs.advance(states, step, step + 1)
    theory = fisher_memory_curve(network, lags, at=at).values
    return EmpiricalFisherMemory(network, np.arange(lags), values, np.sqrt(variances), theory, trials, size)


def _number_of_trials(trials: int | None, size: int) -> int:
    # the variance of the estimate is finite from n - N > 4 on, and of use a little above
    return whole_number("trials", 20 * size + 100 if trials is None else trials, at_least=size + 10)


def _factor_of_sample_covariance(states: np.ndarray) -> np.ndarray:
    """L with S = L L', the sample covariance of the states (trials, N)."""
    try:
        # This factorises the covariance of a sample, not of the theory, which the solver alone factorises: the trials
        # are the independent measurement by which the theory is judged.
        return sl.cholesky(_sample_covariance(states), lower=True)
    except sl.LinAlgError:
        raise InvalidNetworkError(
            f"in {len(states)} trials the states have a covariance that is not positive definite; pass more trials, or "
            "leave out units that never vary"
        ) from None


def _discriminability(differences: np.ndarray, factor: np.ndarray) -> tuple[float, float]:
    """D' Sigma^-1 D without bias, and its variance, from paired differences and the factor of the sample covariance.

    (n - 1) D' S^-1 D / D' Sigma^-1 D is the inverse of a chi squared variable of n - N degrees of freedom, and the
    noise in D adds trace(S^-1 cov D): Kanitscheider et al. (2015).
    """
    count, size = differences.shape
    whitened = sl.solve_triangular(factor, differences.T, lower=True)
    mean = whitened.mean(axis=1)
    covariance_of_mean = _sample_covariance(whitened.T) / count
    # E 1 / chi^2 of n - N degrees of freedom is 1 / (n - N - 2)
    correction = (count - size - 2) / (count - 1)
    value = correction * (mean @ mean - np.trace(covariance_of_mean))
    # the variances by the sample covariance, and by the noise of the mean
    by_covariance = 2 * value**2 / (count - size - 4)
    by_mean = 4 * mean @ covariance_of_mean @ mean + 2 * np.sum(covariance_of_mean**2)
    return value, by_covariance + by_mean


def _sample_covariance(samples: np.ndarray) -> np.ndarray:
    centred = samples - samples.mean(axis=0)
    return inner_products(centred, centred) / (len(samples) - 1)


def _background(signal: ArrayLike | None, lags: int) -> np.ndarray:
    """The signal without a pulse, as (1, steps, 1)."""
    if signal is None:
        return np.zeros((1, lags, 1))
    values = real_array("signal", signal, "(steps,)")
    if values.ndim != 1 or len(values) < lags:
        raise ArgumentError(
            f"signal has shape {values.shape}; it must have (steps,), with at least {lags} steps, one for each lag"
        )
    return values[None, :, None]
