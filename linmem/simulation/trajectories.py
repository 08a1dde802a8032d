r"""Simulation: trajectories of a network, linear or not, and the moments of long ones.

Conventions
-----------
h_t = f(W h_{t-1} + V s_t + z_t), f acting on every unit by itself. z is the noise of the network, or absent. Variances
of signal (`snr`) and of noise in the readout (`readout_noise`) are in units of the noise variance eps (the mean
variance, of coloured noise), as in `memory_function`; they keep that unit where the noise itself is switched off. What
is random is a function of `rng` alone: any number of threads gives the same bits.

Contents
--------
NONLINEARITIES
    The functions that are known by name.
Simulation, simulate
    States of one trial, or of many at once.
StateMoments, simulate_moments
    Mean, covariance and covariance with the past signal over any number of steps, in constant memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
from scipy.linalg.blas import dgemm

from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.kernels import simulate as kernels
from linmem.linalg.blas import blas_threads_for
from linmem.network import LinearNetwork, as_network
from linmem.validation import number, whole_number

NONLINEARITIES = kernels.BUILT_IN
CHUNK = 2**20  # numbers held at a time where states are not kept


@dataclass(frozen=True, eq=False)
class Simulation:
    """Trajectories of a network.

    Attributes
    ----------
    network
        The network that was simulated.
    states
        What a readout sees of h_t, with its noise: (steps, N), or (batch, steps, N).
    signal
        s_t, (steps,), (steps, d), or with a leading axis of trials; None for none.
    final
        The last h_t, without readout noise, (N,) or (batch, N): `initial` of a continuation.
    nonlinearity
        Its name, or the function.
    """

    network: LinearNetwork
    states: np.ndarray
    signal: np.ndarray | None
    final: np.ndarray
    nonlinearity: Any


class Trials:
    """Trials of one network, ready to advance: the arrays that the kernel reads, and the key of their noise."""

    def __init__(self, network, batch: int, *, rng, nonlinearity=None, noise=True, readout_noise=0.0):
        self.network = single_network(network)
        self.batch, self.size = batch, self.network.size
        self.nonlinearity = nonlinearity
        self.kind, _, self.kernel = compiled(nonlinearity)
        self.key = generator(rng).integers(0, 2**64, size=2, dtype=np.uint64)
        if not isinstance(noise, (bool, np.bool_)):
            raise InvalidNetworkError(
                f"noise is {noise!r}; it must be True or False: its variance is that of the network, "
                "LinearNetwork(W, V, noise=...)"
            )
        V = np.zeros((self.size, 0)) if self.network.feedforward is None else self.network.columns()
        self.inputs = V.shape[1]
        whole = (sparse.hstack if self.network.is_sparse else np.hstack)([self.network.recurrent, V])
        empty = np.empty(0, np.int64)
        if self.network.is_sparse:
            rows = sparse.csr_array(whole)
            self.weights = np.empty((0, 0)), rows.indptr.astype(np.int64), rows.indices.astype(np.int64), rows.data
        else:
            self.weights = _filled_up(whole.T), empty, empty, np.empty(0)
        colour = self.network.unit_noise
        self.factor = np.empty((0, 0)) if colour is None else _filled_up(sl.cholesky(colour, lower=True).T)
        self.deviation = np.sqrt(self.network.noise_variance) if noise else 0.0
        self.readout = np.sqrt(number("readout_noise", readout_noise, at_least=0) * self.network.noise_variance)

    def advance(self, states: np.ndarray, signal=None, *, steps=None, first=0, keep=True) -> np.ndarray:
        """States (batch, steps, N) from step `first` on, none where they are not kept; the last stays in `states`.

        The signal is (1 or batch, steps, d), or None for a number of steps without one.
        """
        steps = signal.shape[1] if steps is None else steps
        signal = np.empty((1, 0, self.inputs)) if signal is None else np.ascontiguousarray(signal)
        diverged, out = np.full(len(states), -1), np.empty((len(states), steps if keep else 0, self.size))
        # steps of a burn-in are negative, and never met as the steps that count from 0
        self.kernel(
            *self.weights, self.factor, self.deviation, self.readout, self.kind, self.key, first, steps, signal, states,
            out, diverged, kernels.side_by_side(len(states)),
        )  # fmt: skip
        if (diverged >= 0).any():
            step = first + int(diverged[diverged >= 0].min())
            raise InvalidNetworkError(
                f"the simulation diverges: at step {step} a state exceeds {kernels.LARGEST:g}; recurrent has spectral "
                f"radius {self.network.radius.value:.4g}: scale it down, net.rescaled(radius=0.95), pass fewer steps, "
                "or a bounded nonlinearity ('tanh', 'erf')"
            )
        return out


def simulate(
    network,
    signal=None,
    *,
    rng,
    nonlinearity=None,
    steps: int | None = None,
    batch: int | None = None,
    noise: bool = True,
    readout_noise: float = 0.0,
    burn_in: int = 0,
    initial=None,
) -> Simulation:
    r"""States h_t = f(W h_{t-1} + V s_t + z_t), t = 0, 1, ..., of one trial or of many in parallel.

    Parameters
    ----------
    network
        A `LinearNetwork` (or a bare matrix, without a signal), real, dense or sparse, of any spectral radius.
    signal
        (steps,) for one input, (steps, d) for d of them, shared by all trials; or with a leading axis (batch, ...), one
        for each trial. None: no signal, for `steps` steps.
    rng
        Seed or Generator, from which one key of the noise is drawn. Trial i has the same noise whatever the batch.
    nonlinearity
        f: None or "identity", "tanh", "relu", "elu", "softplus", "erf", or a function of one number that numba has
        compiled (`numba.njit`), for which the simulation is compiled anew: some seconds, once.
    steps
        How many, where there is no signal.
    batch
        How many trials; one, without an axis for it, where None and the signal has none.
    noise
        False: no noise in the network.
    readout_noise
        Variance of noise that is added to every unit as it is read, over that of the noise in the network.
    burn_in
        Steps without a signal, with noise, before the first one; the time after which noise is stationary.
    initial
        The state before that, (N,) or (batch, N); zero where None.

    Raises
    ------
    InvalidNetworkError
        A complex or continuous network, or a stack; a signal of the wrong shape; a state beyond 1e300: the message
        gives the step and the spectral radius.

    Examples
    --------
    >>> import linmem as lm
    >>> lm.simulate(lm.chain(3, gain=2), [1.0, 0, 0], rng=0, noise=False).states
    array([[1., 0., 0.],
           [0., 2., 0.],
           [0., 0., 4.]])
    """
    network = single_network(network)
    given, steps, batch = _signal(signal, steps, batch, network)
    trials = Trials(network, batch or 1, rng=rng, nonlinearity=nonlinearity, noise=noise, readout_noise=readout_noise)
    states = _initial(initial, trials)
    burn_in = whole_number("burn_in", burn_in, at_least=0)
    trials.advance(states, steps=burn_in, first=-burn_in, keep=False)
    out = trials.advance(states, given, steps=steps)
    shown = None if signal is None else np.array(signal, dtype=float)
    return Simulation(
        network, out if batch else out[0], shown, states if batch else states[0], nonlinearity or "identity"
    )


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
        Of what a readout sees of the state: (N,) and (N, N).
    cross_covariance
        Of the state h_t and the signal s_{t-k}: (K, N), or (K, N, d) for d inputs. For a linear network W^k V times
        the variance of the signal.
    signal_variance
        That was asked for, snr times the noise variance.
    steps
        In all trials together.
    """

    network: LinearNetwork
    lags: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    cross_covariance: np.ndarray
    signal_variance: float
    steps: int


def simulate_moments(
    network,
    lags: int,
    *,
    steps: int,
    snr: float,
    rng,
    nonlinearity=None,
    noise: bool = True,
    readout_noise: float = 0.0,
    burn_in: int = 1000,
    batch: int = 16,
) -> StateMoments:
    r"""Mean and covariance of h_t, and its covariance with s_{t-k}, k < lags, of a white Gaussian signal.

    Nothing but the moments is stored, so that memory does not grow with the number of steps.

    Parameters
    ----------
    lags
        How many, from 0 on.
    steps
        That are counted, in each of `batch` independent trials.
    snr
        Variance of the signal over that of the noise.
    burn_in
        Steps with signal before the first that counts; at least `lags` are taken.
    network, rng, nonlinearity, noise, readout_noise
        As for `simulate`, and so are the errors.

    Examples
    --------
    >>> import linmem as lm
    >>> found = lm.simulate_moments(lm.chain(3), 3, steps=20_000, snr=1.0, rng=0)
    >>> found.cross_covariance.round(1) + 0.0
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    lags, steps, snr = whole_number("lags", lags), whole_number("steps", steps), number("snr", snr, above=0)
    batch, burn_in = whole_number("batch", batch), max(whole_number("burn_in", burn_in, at_least=0), lags)
    network = single_network(network)
    network.require_feedforward()
    rng = generator(rng)
    trials = Trials(network, batch, rng=rng, nonlinearity=nonlinearity, noise=noise, readout_noise=readout_noise)
    variance = snr * network.noise_variance
    size, width = network.size, lags * trials.inputs
    states, past = np.zeros((batch, size)), np.zeros((batch, lags - 1, trials.inputs))
    shift, total, signals = np.zeros(size), np.zeros(size), np.zeros(width)
    second, cross = np.zeros((size, size)), np.zeros((width, size))
    length = max(lags, CHUNK // (batch * (size + width)))
    for first in range(0, burn_in + steps, length):
        shape = batch, min(length, burn_in + steps - first), trials.inputs
        signal = np.sqrt(variance) * rng.standard_normal(shape)
        out = trials.advance(states, signal, first=first)
        signal = np.concatenate([past, signal], axis=1)
        past = signal[:, signal.shape[1] - (lags - 1) :]
        skipped = max(0, burn_in - first)
        counted = out[:, skipped:].reshape(-1, size)
        if not len(counted):
            continue
        if first <= burn_in:
            shift = counted.mean(axis=0)  # near the mean, which then cancels no digits
        counted = counted - shift
        lagged = np.lib.stride_tricks.sliding_window_view(signal[:, skipped:], lags, axis=1)
        lagged = lagged[..., ::-1].reshape(len(counted), width)
        total += counted.sum(axis=0)
        signals += lagged.sum(axis=0)
        with blas_threads_for(size):
            second += inner_products(counted, counted)
            cross += inner_products(lagged, counted)
    count = batch * steps
    mean = total / count
    covariance = second / count - np.outer(mean, mean)
    cross = (cross / count - np.outer(signals / count, mean)).reshape(trials.inputs, lags, size)
    cross = cross[0] if not network.feedforward_is_matrix else np.moveaxis(cross, 0, -1)
    return StateMoments(network, np.arange(lags), mean + shift, covariance, cross, variance, count)


def single_network(network) -> LinearNetwork:
    """The network, if it is one that can be simulated."""
    network = as_network(network)
    if not isinstance(network, LinearNetwork):
        raise InvalidNetworkError("network is one in continuous time; simulate it in steps of dt: net.discretised(dt)")
    network.require_single("a simulation")
    parts = [network.recurrent, network.noise] + ([] if network.feedforward is None else [network.feedforward])
    if any(np.iscomplexobj(part) for part in parts):
        raise InvalidNetworkError(
            "network is complex; a simulation is of a real one: write it as its real and imaginary parts, "
            "[[Re W, -Im W], [Im W, Re W]]"
        )
    return network


def compiled(nonlinearity):
    """The code of a function, and the kernels that apply it to a row of numbers and that simulate with it."""
    if nonlinearity is None:
        nonlinearity = "identity"
    if isinstance(nonlinearity, str) and nonlinearity in NONLINEARITIES:
        return NONLINEARITIES.index(nonlinearity), kernels.activate, kernels.trajectories
    if not hasattr(nonlinearity, "py_func"):
        raise InvalidNetworkError(
            f"nonlinearity is {nonlinearity!r}; it must be one of {', '.join(map(repr, NONLINEARITIES))}, or a "
            "function of one number compiled by numba.njit"
        )
    return kernels.CUSTOM, *_compiled_with(nonlinearity)


_compiled_with = cache(kernels.compiled_with)


def _filled_up(M) -> np.ndarray:
    """The matrix with columns of zeros added, up to a whole number of vector registers."""
    filled = np.zeros((len(M), -(-M.shape[1] // kernels.MEMBERS) * kernels.MEMBERS))
    filled[:, : M.shape[1]] = M
    return filled


def _signal(signal, steps, batch, network):
    """The signal as (1 or batch, steps, d), the steps, and the batch (None: one trial without an axis)."""
    batch = None if batch is None else whole_number("batch", batch)
    if signal is None:
        if steps is None:
            raise InvalidNetworkError("signal and steps are None; give a signal, or the number of steps without one")
        return None, whole_number("steps", steps), batch
    d = network.n_inputs if network.feedforward_is_matrix else None
    shape = "(steps,) or (batch, steps)" if d is None else f"(steps, {d}) or (batch, steps, {d})"
    values = real_array("signal", signal, shape)
    shared = 1 if d is None else 2
    if values.ndim not in (shared, shared + 1) or not values.size or (d is not None and values.shape[-1] != d):
        raise InvalidNetworkError(f"signal has shape {values.shape}; for this network it must have {shape}")
    if d is None:
        values = values[..., None]
    if values.ndim == 2:
        values = values[None]
    elif batch not in (None, len(values)):
        raise InvalidNetworkError(f"signal has shape {np.shape(signal)}, but batch is {batch}; leave out batch")
    else:
        batch = len(values)
    if steps not in (None, values.shape[1]):
        raise InvalidNetworkError(f"steps is {steps!r}, but the signal has {values.shape[1]}; leave out steps")
    return np.ascontiguousarray(values), values.shape[1], batch


def _initial(initial, trials) -> np.ndarray:
    states = np.zeros((trials.batch, trials.size))
    if initial is not None:
        shape = f"({trials.size},) or ({trials.batch}, {trials.size})"
        values = real_array("initial", initial, shape)
        if values.shape not in ((trials.size,), states.shape):
            raise InvalidNetworkError(f"initial has shape {values.shape}; it must have {shape}")
        states[:] = values
    return states


def inner_products(A, B) -> np.ndarray:
    """A' B for long real A and B, without a copy of either."""
    return dgemm(1.0, B.T, A.T, trans_b=True).T


def real_array(argument, value, shape: str) -> np.ndarray:
    """The value as an array of finite real numbers; the shape is for the message."""
    try:
        values = np.array(value, dtype=float)
    except (TypeError, ValueError):
        shown = " ".join(repr(value).split())
        raise InvalidNetworkError(f"{argument} is {shown:.60}; it must hold real numbers, {shape}") from None
    if not np.isfinite(values).all():
        raise InvalidNetworkError(f"{argument} holds values that are not finite; it must hold finite numbers, {shape}")
    return values
