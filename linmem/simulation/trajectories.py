r"""Simulation: state trajectories of a recurrent network (a reservoir, echo state network), linear or not, and moments.

Conventions
-----------
h_t = f(W h_{t-1} + V s_t + z_t), where f acts on every unit separately. z is the noise of the network, or absent. The
variances of the signal (`snr`) and of the noise that is added at the readout (`readout_noise`) are in units of the
noise variance eps (of coloured noise: the mean variance), as in `memory_function`. They keep that unit where the noise
itself is switched off. Random numbers are a function of `rng` alone: any number of threads gives the same bits.

Contents
--------
Simulation, simulate
    States of one trial, or of many at once.
StateMoments, simulate_moments
    Mean, covariance and covariance with the past signal over any number of steps, in constant memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.linalg.blas import blas_threads_for
from linmem.network import LinearNetwork, NetworkOrMatrix
from linmem.simulation.trials import Nonlinearity, Trials, inner_products, real_array, single_network
from linmem.validation import number, whole_number

CHUNK = 2**20  # numbers held at a time where states are not stored


@dataclass(frozen=True, eq=False)
class Simulation:
    """State trajectories of a network.

    Attributes
    ----------
    network
        The network that was simulated.
    states
        h_t plus the readout noise, (steps, N), or (batch, steps, N).
    signal
        s_t, (steps,), (steps, d), or with a leading axis of trials; None for a simulation without a signal.
    final
        The last h_t, without readout noise, (N,) or (batch, N): the argument `initial` of a continuation.
    nonlinearity
        Its name, or the function.
    """

    network: LinearNetwork
    states: np.ndarray
    signal: np.ndarray | None
    final: np.ndarray
    nonlinearity: Nonlinearity
    AXES: ClassVar[dict[str, str]] = {
        "trial step unit": "states",
        "trial step input": "signal",
        "trial unit": "final",
    }


def simulate(
    network: NetworkOrMatrix,
    signal: ArrayLike | None = None,
    *,
    rng: RandomSource,
    nonlinearity: Nonlinearity = None,
    steps: int | None = None,
    batch: int | None = None,
    noise: bool = True,
    readout_noise: float = 0.0,
    burn_in: int = 0,
    initial: ArrayLike | None = None,
) -> Simulation:
    r"""States h_t = f(W h_{t-1} + V s_t + z_t), t = 0, 1, ..., of a reservoir, in one trial or many in parallel.

    Parameters
    ----------
    network
        A `LinearNetwork` (or a bare matrix, without a signal), real, dense or sparse, of any spectral radius.
    signal
        (steps,) for one input, (steps, d) for d inputs, shared by all trials; or with a leading axis (batch, ...), one
        signal for each trial. None: no signal, for `steps` steps.
    rng
        Seed or Generator, from which one key of the noise is drawn. Trial i has the same noise whatever the batch.
    nonlinearity
        f: None or "identity", "tanh", "relu", "elu", "softplus", "erf", or a function of one number that numba has
        compiled (`numba.njit`). The simulation is compiled anew for such a function, once, which takes seconds.
    steps
        The number of steps, where there is no signal.
    batch
        The number of trials. None: that of the signal, or one trial whose states have no axis of trials.
    noise
        False: no noise in the network.
    readout_noise
        Variance of the noise that is added to every unit when it is read out, over the noise variance of the network.
    burn_in
        Steps without a signal, with noise, before the first one: the time after which the noise is stationary.
    initial
        The state before the burn-in, (N,) or (batch, N); zero where None.

    Raises
    ------
    InvalidNetworkError
        For a complex or continuous network, or a stack; for a network without an input where there is a signal; for a
        state beyond 1e300: the message gives the step and the spectral radius.
    ArgumentError
        For a signal or an initial state of the wrong shape, and for other arguments that break their rule.

    Examples
    --------
    >>> import linmem as lm
    >>> lm.simulate(lm.chain(3, gain=2), [1.0, 0, 0], rng=0, noise=False).states
    array([[1., 0., 0.],
           [0., 2., 0.],
           [0., 0., 4.]])
    """
    network = single_network(network)
    if batch is not None:
        batch = whole_number("batch", batch)
    if signal is None:
        trial_signals, steps = None, _steps_without_signal(steps)
    else:
        trial_signals, batch = _trial_signals(signal, steps, batch, network)
        steps = trial_signals.shape[1]
        signal = np.array(signal, dtype=float)
    trials = Trials(network, batch or 1, rng=rng, nonlinearity=nonlinearity, noise=noise, readout_noise=readout_noise)
    final = _initial_states(initial, trials)
    burn_in = whole_number("burn_in", burn_in, at_least=0)
    # steps of the burn-in have negative numbers, so that their noise is that of no later step
    trials.advance(final, steps=burn_in, first=-burn_in, keep=False)
    states = trials.advance(final, trial_signals, steps=steps)
    if batch is None:
        states, final = states[0], final[0]
    return Simulation(network, states, signal, final, nonlinearity or "identity")


@dataclass(frozen=True, eq=False)
class StateMoments:
    """Moments of the states of a network that is driven by a white Gaussian signal, over a long simulation.

    Attributes
    ----------
    network
        The network that was simulated.
    lags
        0, 1, ..., K - 1.
    mean, covariance
        Mean (N,) and covariance (N, N) of h_t plus the readout noise.
    cross_covariance
        Covariance of the state h_t and the signal s_{t-k}: (K, N), or (K, N, d) for d inputs. For a linear network it
        tends to W^k V times the variance of the signal.
    signal_variance
        The variance of the signal, snr times the noise variance.
    steps
        The number of steps, in all trials together.
    """

    network: LinearNetwork
    lags: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    cross_covariance: np.ndarray
    signal_variance: float
    steps: int
    AXES: ClassVar[dict[str, str]] = {
        "lag": "lags",
        "unit": "mean",
        "unit other_unit": "covariance",
        "lag unit input": "cross_covariance",
    }


def simulate_moments(
    network: NetworkOrMatrix,
    lags: int,
    *,
    steps: int,
    snr: float,
    rng: RandomSource,
    nonlinearity: Nonlinearity = None,
    noise: bool = True,
    readout_noise: float = 0.0,
    burn_in: int = 1000,
    batch: int = 16,
) -> StateMoments:
    r"""Sample mean and covariance of h_t, and its covariance with s_{t-k}, k < lags, of a white Gaussian signal.

    Only the moments are stored, so that memory does not grow with the number of steps.

    Parameters
    ----------
    lags
        The number of lags K, from 0 on.
    steps
        The number of steps that count, in each of `batch` independent trials.
    snr
        Variance of the signal over that of the noise.
    burn_in
        Steps with a signal before the first that counts; at least `lags` are taken.
    network, rng, nonlinearity, noise, readout_noise
        As for `simulate`.

    Raises
    ------
    InvalidNetworkError, ArgumentError
        As `simulate` does.

    Examples
    --------
    >>> import linmem as lm
    >>> moments = lm.simulate_moments(lm.chain(3), 3, steps=20_000, snr=1.0, rng=0)
    >>> moments.cross_covariance.round(1) + 0.0
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    lags, steps, snr = whole_number("lags", lags), whole_number("steps", steps), number("snr", snr, above=0)
    batch = whole_number("batch", batch)
    # the oldest signal of the first step that counts is one of the burn-in
    burn_in = max(whole_number("burn_in", burn_in, at_least=0), lags)
    network = single_network(network)
    network.require_feedforward()
    rng = generator(rng)
    trials = Trials(network, batch, rng=rng, nonlinearity=nonlinearity, noise=noise, readout_noise=readout_noise)
    signal_variance = snr * network.noise_variance
    sums = _MomentSums(network.size, lags * trials.n_inputs)
    with np.errstate(over="ignore", invalid="ignore"):  # squares of states overflow before the states do
        for states, lagged_signal in _counted_steps(trials, lags, steps, burn_in, signal_variance, rng):
            sums.add(states, lagged_signal)
        covariance, cross = sums.covariances()
    if not (np.isfinite(covariance).all() and np.isfinite(cross).all()):
        raise InvalidNetworkError(
            f"the simulation diverges: the squares of its states overflow; recurrent has spectral radius "
            f"{network.radius.value:.4g}: scale it down, net.rescaled(radius=0.95), pass fewer steps, or a bounded "
            "nonlinearity ('tanh', 'erf')"
        )
    cross = cross.reshape(trials.n_inputs, lags, network.size)
    cross = np.moveaxis(cross, 0, -1) if network.feedforward_is_matrix else cross[0]
    return StateMoments(
        network=network,
        lags=np.arange(lags),
        mean=sums.mean(),
        covariance=covariance,
        cross_covariance=cross,
        signal_variance=signal_variance,
        steps=sums.count,
    )


class _MomentSums:
    """Sums of states and lagged signals, and of their products, to which the rows of one chunk after another are added.

    States are counted from the mean of the first chunk: near their mean, a covariance as the difference of a mean
    square and a squared mean loses no digits.
    """

    def __init__(self, size: int, width: int) -> None:
        self.count = 0
        self.origin = np.zeros(size)
        self.states = np.zeros(size)
        self.signals = np.zeros(width)
        self.states_by_states = np.zeros((size, size))
        self.signals_by_states = np.zeros((width, size))

    def add(self, states: np.ndarray, signals: np.ndarray) -> None:
        """Add the rows of states (T, N) and of lagged signals (T, width)."""
        if self.count == 0:
            self.origin = states.mean(axis=0)
        states = states - self.origin
        self.count += len(states)
        self.states += states.sum(axis=0)
        self.signals += signals.sum(axis=0)
        with blas_threads_for(states.shape[1]):
            self.states_by_states += inner_products(states, states)
            self.signals_by_states += inner_products(signals, states)

    def mean(self) -> np.ndarray:
        """The mean state, (N,)."""
        return self.states / self.count + self.origin

    def covariances(self) -> tuple[np.ndarray, np.ndarray]:
        """The covariance of the states, (N, N), and that of the lagged signals and the states, (width, N)."""
        mean = self.states / self.count
        mean_signal = self.signals / self.count
        mean_products = self.states_by_states / self.count
        mean_cross_products = self.signals_by_states / self.count
        covariance = mean_products - np.outer(mean, mean)
        cross_covariance = mean_cross_products - np.outer(mean_signal, mean)
        return covariance, cross_covariance


def _counted_steps(
    trials: Trials, lags: int, steps: int, burn_in: int, signal_variance: float, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of states (T, N) and of the signals at all lags (T, d K), chunk by chunk of the steps after the burn-in."""
    batch, size, n_inputs = trials.batch, trials.size, trials.n_inputs
    end = burn_in + steps
    length = max(lags, CHUNK // (batch * (size + lags * n_inputs)))
    states = np.zeros((batch, size))
    past = np.zeros((batch, lags - 1, n_inputs))
    for first in range(0, end, length):
        shape = batch, min(length, end - first), n_inputs
        signal = np.sqrt(signal_variance) * rng.standard_normal(shape)
        recorded = trials.advance(states, signal, first=first)
        # the first steps of a chunk have their older signals in the chunk before
        signal = np.concatenate([past, signal], axis=1)
        past = signal[:, signal.shape[1] - (lags - 1) :]
        skipped = max(0, burn_in - first)
        if skipped < recorded.shape[1]:
            rows = recorded[:, skipped:].reshape(-1, size)
            windows = sliding_window_view(signal[:, skipped:], lags, axis=1)
            # a window begins with its oldest signal, which has the largest lag
            yield rows, windows[..., ::-1].reshape(len(rows), n_inputs * lags)


def _steps_without_signal(steps: int | None) -> int:
    if steps is None:
        raise ArgumentError("signal and steps are None; give a signal, or the number of steps without one")
    return whole_number("steps", steps)


def _trial_signals(
    signal: ArrayLike, steps: int | None, batch: int | None, network: LinearNetwork
) -> tuple[np.ndarray, int | None]:
    """The signals as (1 or batch, steps, d), and the number of trials; None for one trial without an axis of trials."""
    n_inputs = network.n_inputs
    single = not network.feedforward_is_matrix
    shape = "(steps,) or (batch, steps)" if single else f"(steps, {n_inputs}) or (batch, steps, {n_inputs})"
    values = real_array("signal", signal, shape)
    axes_of_one_trial = 1 if single else 2
    right_axes = values.ndim in (axes_of_one_trial, axes_of_one_trial + 1)
    if not right_axes or not values.size or not (single or values.shape[-1] == n_inputs):
        raise ArgumentError(f"signal has shape {values.shape}; for this network it must have {shape}")
    if single:
        values = values[..., None]
    if values.ndim == 2:
        values = values[None]
    elif batch not in (None, len(values)):
        raise ArgumentError(f"signal has shape {np.shape(signal)}, but batch is {batch}; leave out batch")
    else:
        batch = len(values)
    if steps not in (None, values.shape[1]):
        raise ArgumentError(f"steps is {steps!r}, but the signal has {values.shape[1]}; leave out steps")
    return np.ascontiguousarray(values), batch


def _initial_states(initial: ArrayLike | None, trials: Trials) -> np.ndarray:
    """The states (batch, N) before the first step: zero where `initial` is None."""
    states = np.zeros((trials.batch, trials.size))
    if initial is not None:
        shape = f"({trials.size},) or ({trials.batch}, {trials.size})"
        values = real_array("initial", initial, shape)
        if values.shape not in ((trials.size,), states.shape):
            raise ArgumentError(f"initial has shape {values.shape}; it must have {shape}")
        states[:] = values
    return states
