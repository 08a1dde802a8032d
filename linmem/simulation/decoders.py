r"""Decoders: the linear readout of a reservoir (an echo state network), fitted to its simulated states.

Conventions
-----------
Lag k, 0 ... K - 1, is the signal k steps ago. r^2 is the share of the variance of a target that is explained, the
square of a correlation, as in `memory_function`; on held-out data it can be negative. Every number that comes from
samples stands beside its standard error.

There are two estimates of the memory function, because neither serves alone. `r2`, on data to which the decoder was not
fitted, is what a decoder fitted to that much data is worth: it lies below m(k), by about (1 - m) N / steps. `adjusted`
estimates m(k) itself: it is the r^2 of the fit, which is N / (steps - 1) too high where there is nothing to explain,
corrected for that bias.

Contents
--------
FittedDecoder, fit_decoder
    Ridge regression of lagged signals, or of any target, on states.
DecodeCurve, decode_curve
    The memory function of any network, by simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError
from linmem.linalg.blas import blas_threads_for
from linmem.memory.decoding import memory_function
from linmem.network import LinearNetwork, NetworkOrMatrix
from linmem.simulation.ridge import Readout, RidgeRegressions, SampleSums, cross_validated, explained_share
from linmem.simulation.trajectories import Simulation, simulate
from linmem.simulation.trials import Nonlinearity, real_array, single_network
from linmem.validation import number, whole_number

PENALTIES = (1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0)
SHORTEST_FOLD = 10  # steps


@dataclass(frozen=True, eq=False)
class FittedDecoder:
    """K linear readouts with intercept, s^ = weights' h + intercept.

    For d signals every array has a last axis of d more.

    Attributes
    ----------
    weights, intercept
        (N, K) and (K,), fitted to all the data.
    penalty
        The penalty that was chosen for each target, in units of the mean variance of a unit, (K,).
    r2, standard_error
        r^2 on held-out data, (K,), and its standard error.
    adjusted, adjusted_standard_error
        The estimate of the memory function: r^2 of the unpenalised fit, adjusted for the number of weights, (K,), and
        its standard error.
    steps
        The number of steps of data that were used.
    """

    weights: np.ndarray
    intercept: np.ndarray
    penalty: np.ndarray
    r2: np.ndarray
    standard_error: np.ndarray
    adjusted: np.ndarray
    adjusted_standard_error: np.ndarray
    steps: int
    AXES: ClassVar[dict[str, str]] = {
        "unit target input": "weights",
        "target input": "intercept penalty r2 standard_error adjusted adjusted_standard_error",
    }

    def decode(self, states: ArrayLike) -> np.ndarray:
        """The estimates (..., K) for states (..., N)."""
        rows = np.asarray(states, float)
        return np.tensordot(rows, self.weights, axes=1) + self.intercept


def fit_decoder(
    states: Simulation | ArrayLike,
    targets: ArrayLike | None,
    *,
    lags: int | None = None,
    penalties: ArrayLike = PENALTIES,
    folds: int = 5,
) -> FittedDecoder:
    r"""Linear readout of a reservoir by ridge regression: weights w, intercept c, and r^2 of each target.

    They minimise mean (y - w' h - c)^2 + penalty * ||w||^2 * (mean variance of a unit). The data are cut into `folds`
    contiguous pieces, with `lags` steps left out between two of them, so that no signal belongs to two pieces. Each
    piece is predicted by a decoder that is fitted to the others. Its penalty is chosen, for each target separately, by
    cross-validation within those others: so the held-out r^2 owes nothing to the choice.

    Parameters
    ----------
    states
        (steps, N), or (batch, steps, N), or a `Simulation`.
    targets
        With `lags`: the signal, (steps,) or (steps, d), or with a leading axis of trials; the targets are s_{t-k}, and
        the first lags - 1 steps of a trial serve as targets only. Without: the targets, (steps,) or (steps, K), or with
        a leading axis. None for a `Simulation`: its signal.
    penalties
        The penalties to choose from. 0 needs a Gram matrix that is not singular.
    folds
        At least 3.

    Raises
    ------
    ArgumentError
        For shapes that do not fit, too few steps, a target that does not vary, penalty 0 with a singular Gram matrix.

    Notes
    -----
    Standard errors come from pieces of time far longer than the memory: they hold for stationary data. The adjustment
    1 - (1 - r^2) (steps - 1) / (steps - rank - 1) is exact where there is nothing to explain.

    Examples
    --------
    >>> import linmem as lm
    >>> signal = np.random.default_rng(0).standard_normal(2000)
    >>> fitted = lm.fit_decoder(lm.simulate(lm.chain(3), signal, rng=1, noise=False), None, lags=5)
    >>> fitted.r2.round(2) + 0.0
    array([1., 1., 1., 0., 0.])
    """
    if lags is not None:
        lags = whole_number("lags", lags)
    if isinstance(states, Simulation):
        if targets is None:
            targets = _signal_of_trials(states)
        states = states.states
    X, Y = _trials_of(states, targets)
    shape = Y.shape[2:]
    if lags is not None:
        X, Y = _lagged(X, Y, lags)
        shape = (lags, *shape)
    penalties = _penalties(penalties)
    folds = whole_number("folds", folds, at_least=3)
    rows, target_rows = X.reshape(-1, X.shape[-1]), Y.reshape(-1, prod(shape))
    with blas_threads_for(rows.shape[1]):
        return _fitted(rows, target_rows, shape, penalties, folds, gap=lags or 0)


def _fitted(
    X: np.ndarray, Y: np.ndarray, shape: tuple[int, ...], penalties: Sequence[float], folds: int, gap: int
) -> FittedDecoder:
    """The decoder of targets Y (T, prod(shape)) from states X (T, N)."""
    pieces = _pieces(X, folds, gap)
    # numbers about their means lose no digits in the sums of squares below
    state_mean, target_mean = X.mean(axis=0), Y.mean(axis=0)
    X, Y = X - state_mean, Y - target_mean
    if not (np.ptp(Y, axis=0) > 0).all() or not np.ptp(X, axis=0).any():
        raise ArgumentError("states or targets do not vary, so that there is nothing to decode")
    states, targets = [X[piece] for piece in pieces], [Y[piece] for piece in pieces]
    sums = [SampleSums.of(x, y) for x, y in zip(states, targets, strict=True)]

    # held-out r^2
    chosen, held_out = cross_validated(sums, penalties)
    r2, standard_error = explained_share(_residuals(held_out, states, targets), targets)

    # adjusted r^2: E (1 - r^2) of a fit of `rank` weights is (T - rank - 1) / (T - 1) where there is nothing to explain
    whole = RidgeRegressions(SampleSums.together(sums), penalties)
    in_sample_readouts = [whole.unpenalised()] * len(pieces)
    in_sample_r2, in_sample_error = explained_share(_residuals(in_sample_readouts, states, targets), targets)
    adjustment = (whole.count - 1) / (whole.count - whole.rank - 1)

    # the decoder of all the data
    readout = whole.solution(chosen)
    intercept = target_mean + readout.intercept - state_mean @ readout.weights
    return FittedDecoder(
        weights=readout.weights.reshape(-1, *shape),
        intercept=intercept.reshape(shape),
        penalty=np.array(penalties)[chosen].reshape(shape),
        r2=r2.reshape(shape),
        standard_error=standard_error.reshape(shape),
        adjusted=(1 - (1 - in_sample_r2) * adjustment).reshape(shape),
        adjusted_standard_error=(in_sample_error * adjustment).reshape(shape),
        steps=whole.count,
    )


@dataclass(frozen=True, eq=False)
class DecodeCurve:
    """Memory of a network, measured by a linear decoder of its simulated states.

    Attributes
    ----------
    network
        The network that was simulated.
    lags
        0, 1, ..., K - 1.
    values, standard_error
        r^2 on held-out data and its standard error, (K,), or (K, d) for d inputs.
    adjusted, adjusted_standard_error
        The estimate of the memory function m(k) and its standard error.
    theory
        m(k) of the linear theory, for a linear network; None for others.
    decoder
        The decoder fitted to all the data.
    snr, nonlinearity
        As they were given.
    """

    network: LinearNetwork
    lags: np.ndarray
    values: np.ndarray
    standard_error: np.ndarray
    adjusted: np.ndarray
    adjusted_standard_error: np.ndarray
    theory: np.ndarray | None
    decoder: FittedDecoder
    snr: float
    nonlinearity: Nonlinearity
    AXES: ClassVar[dict[str, str]] = {
        "lag": "lags",
        "lag input": "values standard_error adjusted adjusted_standard_error theory",
    }


def decode_curve(
    network: NetworkOrMatrix,
    lags: int,
    *,
    snr: float,
    rng: RandomSource,
    nonlinearity: Nonlinearity = None,
    noise: bool = True,
    readout_noise: float = 0.0,
    steps: int = 10_000,
    batch: int = 8,
    burn_in: int = 1000,
    penalties: ArrayLike = PENALTIES,
    folds: int = 5,
) -> DecodeCurve:
    r"""r^2 of a linear decoder of s_{t-k} from h_t against the lag k, by simulation with a white Gaussian signal.

    This is the memory function of a reservoir as it is measured, linear or not. For a linear network its limit for many
    steps is `memory_function`, which is returned beside it as `theory`.

    Parameters
    ----------
    snr
        Variance of the signal over that of the noise (which stays the unit where noise=False).
    steps, batch, burn_in
        The number of steps that are used of each of `batch` independent trials, and of steps with a signal before them.
    network, rng, nonlinearity, noise, readout_noise
        As for `simulate`.
    lags, penalties, folds
        As for `fit_decoder`.

    Raises
    ------
    InvalidNetworkError, ArgumentError
        As `simulate` and `fit_decoder` do.
    UnstableNetworkError, UndecidedStabilityError, AccuracyError
        For a linear network, as `memory_function` does.

    Examples
    --------
    >>> import linmem as lm
    >>> curve = lm.decode_curve(lm.chain(3), 3, snr=2.0, rng=0, steps=2000)
    >>> bool((abs(curve.adjusted - curve.theory) < 4 * curve.adjusted_standard_error).all())
    True
    """
    lags, steps, batch = whole_number("lags", lags), whole_number("steps", steps), whole_number("batch", batch)
    snr, network = number("snr", snr, above=0), single_network(network)
    # the oldest signal of the first step that is used is one of the burn-in
    burn_in = max(whole_number("burn_in", burn_in, at_least=0), lags)
    is_linear = nonlinearity in (None, "identity")
    # without any noise the linear theory is that of snr = inf, which has no readout noise
    has_theory = is_linear and (noise or not readout_noise)
    theory = _linear_theory(network, lags, snr if noise else np.inf, readout_noise) if has_theory else None

    rng = generator(rng)
    signal = np.sqrt(snr * network.noise_variance) * rng.standard_normal((batch, burn_in + steps, network.n_inputs))
    if not network.feedforward_is_matrix:
        signal = signal[..., 0]
    simulation = simulate(network, signal, rng=rng, nonlinearity=nonlinearity, noise=noise, readout_noise=readout_noise)
    first = burn_in - (lags - 1)
    decoder = fit_decoder(simulation.states[:, first:], signal[:, first:], lags=lags, penalties=penalties, folds=folds)
    return DecodeCurve(
        network=network,
        lags=np.arange(lags),
        values=decoder.r2,
        standard_error=decoder.standard_error,
        adjusted=decoder.adjusted,
        adjusted_standard_error=decoder.adjusted_standard_error,
        theory=theory,
        decoder=decoder,
        snr=snr,
        nonlinearity=nonlinearity or "identity",
    )


def _linear_theory(network: LinearNetwork, lags: int, snr: float, readout_noise: float) -> np.ndarray:
    """m(k) of each input by itself, (K,) or (K, d)."""
    values = memory_function(network, lags, snr=snr, readout_noise=readout_noise).values
    if network.feedforward_is_matrix:
        return np.diagonal(values, axis1=1, axis2=2).real
    return values


def _residuals(
    readouts: Sequence[Readout], states: Sequence[np.ndarray], targets: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """The errors of each piece's readout in that piece."""
    residuals = []
    for readout, x, y in zip(readouts, states, targets, strict=True):
        residuals.append(y - readout.estimate(x))
    return residuals


def _pieces(X: np.ndarray, folds: int, gap: int) -> list[slice]:
    """Contiguous folds of the rows, with `gap` rows left out between two of them."""
    first, *stops = np.linspace(0, len(X), folds + 1).astype(int).tolist()
    starts = [first, *(stop + gap for stop in stops[:-1])]
    pieces = list(map(slice, starts, stops))
    lengths = [max(piece.stop - piece.start, 0) for piece in pieces]
    # twice as many rows as weights, so that a fit to part of the folds is determined
    needed = 2 * (X.shape[1] + 1)
    if min(lengths) < SHORTEST_FOLD or sum(lengths) < needed:
        raise ArgumentError(
            f"states holds {len(X)} steps of {X.shape[1]} units with all their lags, of which {sum(lengths)} remain in "
            f"{folds} folds with {gap} left out between two; at least {needed} in all and {SHORTEST_FOLD} a fold are "
            "needed: simulate longer, or ask for fewer lags"
        )
    return pieces


def _signal_of_trials(simulation: Simulation) -> np.ndarray | None:
    """The signal of a simulation, with an axis of trials where the states have one."""
    signal, states = simulation.signal, simulation.states
    if signal is None or states.ndim == 2:
        return signal
    axes_of_one_trial = 2 if simulation.network.feedforward_is_matrix else 1
    shared = signal.ndim == axes_of_one_trial
    return np.broadcast_to(signal, (len(states), *signal.shape)) if shared else signal


def _trials_of(states: ArrayLike, targets: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    """States (trials, steps, N) and targets (trials, steps, ...), checked against each other."""
    if targets is None:
        raise ArgumentError("targets is None; give the targets, or a simulation with a signal")
    X = real_array("states", states, "(steps, N) or (batch, steps, N)")
    Y = real_array("targets", targets, "one row for each row of states")
    if X.ndim not in (2, 3) or not X.size:
        raise ArgumentError(f"states has shape {X.shape}; it must be (steps, N) or (batch, steps, N)")
    axes = X.shape[:-1]
    shared_axes, more = Y.shape[: len(axes)], Y.ndim - len(axes)
    if shared_axes != axes or more not in (0, 1) or not Y.size:
        raise ArgumentError(f"targets has shape {Y.shape}, but states has {X.shape}; its first axes must be {axes}")
    return (X, Y) if X.ndim == 3 else (X[None], Y[None])


def _lagged(X: np.ndarray, signals: np.ndarray, lags: int) -> tuple[np.ndarray, np.ndarray]:
    """The states that have all their lags, (trials, T, N), and their targets s_{t-k}, (trials, T, lags, ...)."""
    if lags > X.shape[1]:
        raise ArgumentError(f"lags={lags}, but states holds {X.shape[1]} steps; pass fewer lags")
    states = X[:, lags - 1 :]
    windows = sliding_window_view(signals, lags, axis=1)
    # a window begins with its oldest signal, which has the largest lag
    by_lag = windows[..., ::-1]
    return states, np.moveaxis(by_lag, -1, 2)


def _penalties(penalties: ArrayLike) -> tuple[float, ...]:
    values = tuple(np.atleast_1d(np.asarray(penalties, dtype=object)))
    if not values:
        raise ArgumentError("penalties is empty; give at least one")
    return tuple(number("penalties", value, at_least=0) for value in values)
