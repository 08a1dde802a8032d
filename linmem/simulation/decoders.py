r"""Readout: linear decoders fitted to states, and memory measured from simulations, of networks linear or not.

Conventions
-----------
Lag k, 0 ... K - 1, is the signal k steps ago. r^2 is the share of the variance of a target that is explained, the
square of a correlation, as in `memory_function`; held out, it can be negative. Every number that comes from samples
stands beside its standard error.

Two estimates of the memory function are given, as neither serves alone. `r2`, on data that the decoder has not seen, is
what a decoder fitted to that much data is worth: below m(k), by about (1 - m) N / steps. `adjusted` estimates m(k)
itself: the r^2 of the fit, which is N / (steps - 1) too high where there is nothing to explain, corrected for that.

Contents
--------
FittedDecoder, fit_decoder
    Ridge regression of lagged signals, or of any target, on states.
DecodeCurve, decode_curve
    The memory function of any network, by simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import scipy.linalg as sl

from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.linalg.blas import blas_threads_for, product
from linmem.linalg.stein import ULP
from linmem.memory.decoding import memory_function
from linmem.network import LinearNetwork
from linmem.simulation.trajectories import Simulation, inner_products, real_array, simulate, single_network
from linmem.validation import number, whole_number

PENALTIES = (1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0)
BLOCKS = 60  # independent pieces, at most, from which a standard error is taken


@dataclass(frozen=True, eq=False)
class FittedDecoder:
    """A linear readout with intercept, s^ = weights' h + intercept, for each of K targets.

    Attributes
    ----------
    weights, intercept
        (N, K) and (K,), fitted to all the data; (N, K, d) and (K, d) for d signals, and so on below.
    penalty
        That was chosen for each target, in units of the mean variance of a unit, (K,).
    r2, standard_error
        r^2 on held-out data, (K,), and its standard error.
    adjusted, adjusted_standard_error
        The estimate of the memory function: r^2 of the unpenalised fit, adjusted for the number of weights.
    steps
        Of data that were used.
    """

    weights: np.ndarray
    intercept: np.ndarray
    penalty: np.ndarray
    r2: np.ndarray
    standard_error: np.ndarray
    adjusted: np.ndarray
    adjusted_standard_error: np.ndarray
    steps: int

    def decode(self, states: Any) -> np.ndarray:
        """The estimates (..., K) for states (..., N)."""
        return np.tensordot(np.asarray(states, float), self.weights, 1) + self.intercept


def fit_decoder(
    states: Any, targets: Any, *, lags: int | None = None, penalties: Any = PENALTIES, folds: int = 5
) -> FittedDecoder:
    r"""Linear decoder by ridge regression, min_w mean (y - w' h - c)^2 + penalty * ||w||^2 * (mean variance of a unit).

    Data are cut into `folds` contiguous pieces, with `lags` steps left out between two of them, so that no signal is
    seen on both sides. Each piece is predicted by a decoder fitted to the others, whose penalty was chosen, for each
    target by itself, by cross-validation within those others: so the held-out r^2 owes nothing to the choice.

    Parameters
    ----------
    states
        (steps, N), or (batch, steps, N), or a `Simulation`.
    targets
        With `lags`: the signal, (steps,) or (steps, d), or with a leading axis of trials, and the targets are s_{t-k};
        the first lags - 1 steps of a trial serve as targets only. Without: the targets, (steps,) or (steps, K), or with
        a leading axis. None for a `Simulation`: its signal.
    penalties
        To choose from. 0 asks for a Gram matrix that is not singular.
    folds
        At least 3.

    Raises
    ------
    InvalidNetworkError
        Shapes that do not fit, too few steps, a target that does not vary, penalty 0 with a singular Gram matrix.

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
    X, Y, shape = _rows(states, targets, lags)
    penalties, folds = _penalties(penalties), whole_number("folds", folds, at_least=3)
    with blas_threads_for(X.shape[1]):
        return _fitted(X, Y, shape, penalties, folds, lags or 0)


def _fitted(
    X: Any, Y: Any, shape: tuple[int, ...], penalties: tuple[float, ...], folds: int, gap: int
) -> FittedDecoder:
    pieces = _pieces(X, folds, gap)
    middle = X.mean(axis=0), Y.mean(axis=0)
    X, Y = X - middle[0], Y - middle[1]
    if not (np.ptp(Y, axis=0) > 0).all() or not np.ptp(X, axis=0).any():
        raise InvalidNetworkError("states or targets do not vary, so that there is nothing to decode")
    X, Y = [X[piece] for piece in pieces], [Y[piece] for piece in pieces]
    moments = [_Moments.of(x, y) for x, y in zip(X, Y, strict=True)]
    whole = _Ridge(_Moments.added(moments), penalties)
    penalty, chosen = _cross_validated(moments, penalties)
    r2, error = _explained([y - weights.estimate(x) for x, y, weights in zip(X, Y, chosen, strict=True)], Y)
    plain = whole.solution(None)
    in_sample, in_sample_error = _explained([y - plain.estimate(x) for x, y in zip(X, Y, strict=True)], Y)
    freedom = (whole.count - 1) / (whole.count - whole.rank - 1)
    best = whole.solution(penalty)
    intercept = middle[1] + best.intercept - middle[0] @ best.weights
    return FittedDecoder(
        weights=best.weights.reshape(-1, *shape),
        intercept=intercept.reshape(shape),
        penalty=np.array(penalties)[penalty].reshape(shape),
        r2=r2.reshape(shape),
        standard_error=error.reshape(shape),
        adjusted=(1 - (1 - in_sample) * freedom).reshape(shape),
        adjusted_standard_error=(in_sample_error * freedom).reshape(shape),
        steps=whole.count,
    )


@dataclass(frozen=True, eq=False)
class DecodeCurve:
    """Memory of a network as a linear decoder finds it in simulated states.

    Attributes
    ----------
    network
        Whose memory it is.
    lags
        0, 1, ..., K - 1.
    values, standard_error
        r^2 on held-out data and its standard error, (K,), or (K, d) for d inputs.
    adjusted, adjusted_standard_error
        The estimate of the memory function m(k).
    theory
        m(k) of the linear theory, for a linear network; None for others.
    decoder
        The decoder fitted to all the data.
    snr, nonlinearity
        As they were asked for.
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
    nonlinearity: Any


def decode_curve(
    network: Any,
    lags: int,
    *,
    snr: float,
    rng: Any,
    nonlinearity: str | Callable[[float], float] | None = None,
    noise: bool = True,
    readout_noise: float = 0.0,
    steps: int = 10_000,
    batch: int = 8,
    burn_in: int = 1000,
    penalties: Any = PENALTIES,
    folds: int = 5,
) -> DecodeCurve:
    r"""r^2 of a linear decoder of s_{t-k} from h_t against the lag k, by simulation with a white Gaussian signal.

    Of a linear network its limit for many steps is `memory_function`, which is returned beside it as `theory`.

    Parameters
    ----------
    snr
        Variance of the signal over that of the noise (which stays the unit where noise=False).
    steps, batch, burn_in
        Steps that are used of each of `batch` independent trials, and steps before them, with signal.
    network, rng, nonlinearity, noise, readout_noise
        As for `simulate`.
    lags, penalties, folds
        As for `fit_decoder`.

    Raises
    ------
    InvalidNetworkError
        As `simulate` and `fit_decoder` do.
    UnstableNetworkError, UndecidedStabilityError, AccuracyError
        For a linear network, as `memory_function` does.

    Examples
    --------
    >>> import linmem as lm
    >>> found = lm.decode_curve(lm.chain(3), 3, snr=2.0, rng=0, steps=2000)
    >>> bool((abs(found.adjusted - found.theory) < 4 * found.adjusted_standard_error).all())
    True
    """
    lags, steps, batch = whole_number("lags", lags), whole_number("steps", steps), whole_number("batch", batch)
    snr, network = number("snr", snr, above=0), single_network(network)
    burn_in = max(whole_number("burn_in", burn_in, at_least=0), lags)
    theory = None
    if nonlinearity in (None, "identity") and (noise or not readout_noise):
        theory = memory_function(network, lags, snr=snr if noise else np.inf, readout_noise=readout_noise).values
        theory = theory if not network.feedforward_is_matrix else np.diagonal(theory, axis1=1, axis2=2).real
    rng = generator(rng)
    shape = (batch, burn_in + steps, *network.columns().shape[1:])
    signal = np.sqrt(snr * network.noise_variance) * rng.standard_normal(shape)
    signal = signal[..., 0] if not network.feedforward_is_matrix else signal
    options: dict[str, Any] = {"nonlinearity": nonlinearity, "noise": noise, "readout_noise": readout_noise}
    states = simulate(network, signal, rng=rng, **options).states
    first = burn_in - (lags - 1)
    fitted = fit_decoder(states[:, first:], signal[:, first:], lags=lags, penalties=penalties, folds=folds)
    return DecodeCurve(
        network, np.arange(lags), fitted.r2, fitted.standard_error, fitted.adjusted, fitted.adjusted_standard_error,
        theory, fitted, snr, nonlinearity or "identity",
    )  # fmt: skip


class _Moments:
    """Sums over one piece of data; they add up."""

    def __init__(self, count: int, x: np.ndarray, y: np.ndarray, xx: np.ndarray, xy: np.ndarray, yy: np.ndarray):
        self.parts = count, x, y, xx, xy, yy

    @classmethod
    def of(cls, X: np.ndarray, Y: np.ndarray) -> _Moments:
        return cls(
            len(X), X.sum(axis=0), Y.sum(axis=0), inner_products(X, X), inner_products(X, Y), np.sum(Y * Y, axis=0)
        )

    @classmethod
    def added(cls, several: list[_Moments]) -> _Moments:
        return cls(*(sum(parts) for parts in zip(*(one.parts for one in several), strict=True)))  # type: ignore[arg-type]

    def about(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums of squares and products about the points a and b: xx, xy, yy."""
        count, x, y, xx, xy, yy = self.parts
        return (
            xx - np.outer(x, a) - np.outer(a, x) + count * np.outer(a, a),
            xy - np.outer(x, b) - np.outer(a, y) + count * np.outer(a, b),
            yy - 2 * y * b + count * b * b,
        )


@dataclass(frozen=True, eq=False)
class _Solution:
    weights: np.ndarray
    intercept: np.ndarray

    def estimate(self, X: np.ndarray) -> np.ndarray:
        return product(X, self.weights) + self.intercept


class _Ridge:
    """Ridge regressions of one training set for all penalties, in the eigenvectors of its Gram matrix."""

    def __init__(self, moments: _Moments, penalties: tuple[float, ...]):
        self.count, x, y = moments.parts[:3]
        self.x, self.y = x / self.count, y / self.count
        xx, xy, _ = moments.about(self.x, self.y)
        values, self.vectors = sl.eigh(xx / self.count)
        self.values = np.maximum(values, 0)
        self.target = product(self.vectors.T, xy / self.count)
        self.heard = self.values > len(values) * ULP * values[-1]
        self.rank = int(self.heard.sum())
        if 0 in penalties and not self.heard.all():
            raise InvalidNetworkError(
                f"penalties holds 0, but the Gram matrix of the states is singular (rank {self.rank} of "
                f"{len(values)}); take a penalty above 0, e.g. 1e-10"
            )
        self.penalties = np.array(penalties) * values.mean()

    def losses(self, test: _Moments) -> np.ndarray:
        """Sum of squared errors in other data, (penalties, targets)."""
        xx, xy, yy = test.about(self.x, self.y)
        xx, xy = product(product(self.vectors.T, xx), self.vectors), product(self.vectors.T, xy)
        result = np.empty((len(self.penalties), len(yy)))
        for p, penalty in enumerate(self.penalties):
            weights = self.target / (self.values + penalty)[:, None]
            result[p] = yy + np.sum(weights * (product(xx, weights) - 2 * xy), axis=0)
        return result

    def solution(self, choice: np.ndarray | None) -> _Solution:
        """With one of the penalties for each target; with none, and as many directions as there are, where None."""
        if choice is None:
            inverse = np.where(self.heard, 1 / np.where(self.heard, self.values, 1), 0)[:, None]
        else:
            inverse = 1 / (self.values[:, None] + self.penalties[choice])
        weights = product(self.vectors, self.target * inverse)
        return _Solution(weights, self.y - self.x @ weights)


def _cross_validated(moments: list[_Moments], penalties: tuple[float, ...]) -> tuple[np.ndarray, list[_Solution]]:
    """The penalty of each target, by its place, and for each piece the decoder that has not seen it in any way."""
    every = range(len(moments))

    def without(*out: int) -> _Ridge:
        return _Ridge(_Moments.added([moments[g] for g in every if g not in out]), penalties)

    loss = {f: np.zeros((len(penalties), len(moments[0].parts[2]))) for f in every}
    for f, g in combinations(every, 2):
        ridge = without(f, g)
        loss[f] += ridge.losses(moments[g])
        loss[g] += ridge.losses(moments[f])
    outer = [without(f) for f in every]
    chosen = [outer[f].solution(loss[f].argmin(axis=0)) for f in every]
    return np.sum([outer[f].losses(moments[f]) for f in every], axis=0).argmin(axis=0), chosen


def _explained(residuals: list[np.ndarray], targets: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """r^2 and its standard error, from sums over blocks of e^2 - (1 - r^2) y^2, whose mean is zero."""
    total = sum(np.sum(y * y, axis=0) for y in targets)
    left = sum(np.sum(e * e, axis=0) for e in residuals) / total
    blocks = [
        np.sum(block, axis=0)
        for e, y in zip(residuals, targets, strict=True)
        for block in np.array_split(e * e - left * y * y, min(BLOCKS // len(targets), len(y)))
    ]
    return 1 - left, np.std(blocks, axis=0, ddof=1) * np.sqrt(len(blocks)) / total


def _pieces(X: np.ndarray, folds: int, gap: int) -> list[slice]:
    """Contiguous folds with a gap between two of them."""
    edges = np.linspace(0, len(X), folds + 1).astype(int)
    pieces = [slice(int(edges[f]) + gap * (f > 0), int(edges[f + 1])) for f in range(folds)]
    lengths = [max(piece.stop - piece.start, 0) for piece in pieces]
    needed = 2 * (X.shape[1] + 1)
    if min(lengths) < 10 or sum(lengths) < needed:
        raise InvalidNetworkError(
            f"states holds {len(X)} steps of {X.shape[1]} units with all their lags, of which {sum(lengths)} remain in "
            f"{folds} folds with {gap} left out between two; at least {needed} in all and 10 a fold are needed: "
            "simulate longer, or ask for fewer lags"
        )
    return pieces


def _rows(states: Any, targets: Any, lags: int | None) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """States (T, N) and targets (T, K), trial after trial, and the shape of the targets of one step."""
    if isinstance(states, Simulation):
        if targets is None:
            targets = states.signal
            if targets is not None and states.states.ndim == 3 and len(targets) != len(states.states):
                targets = np.broadcast_to(targets, (len(states.states), *targets.shape))
        states = states.states
    X = real_array("states", states, "(steps, N) or (batch, steps, N)")
    Y = real_array("targets", targets, "one row for each row of states")
    if X.ndim not in (2, 3) or not X.size:
        raise InvalidNetworkError(f"states has shape {X.shape}; it must be (steps, N) or (batch, steps, N)")
    if Y.ndim not in (X.ndim - 1, X.ndim) or Y.shape[: X.ndim - 1] != X.shape[:-1] or not Y.size:
        raise InvalidNetworkError(
            f"targets has shape {Y.shape}, but states has {X.shape}; its first axes must be {X.shape[:-1]}"
        )
    shape = Y.shape[X.ndim - 1 :]
    X, Y = X.reshape(-1, *X.shape[-2:]), Y.reshape(-1, X.shape[-2], int(np.prod(shape)))
    if lags is not None:
        lags = whole_number("lags", lags)
        if lags > X.shape[1]:
            raise InvalidNetworkError(f"lags={lags}, but states holds {X.shape[1]} steps; pass fewer lags")
        X = X[:, lags - 1 :]
        Y = np.moveaxis(np.lib.stride_tricks.sliding_window_view(Y, lags, axis=1)[..., ::-1], -1, 2)
        shape = (lags, *shape)
    return X.reshape(-1, X.shape[-1]), Y.reshape(-1, int(np.prod(shape))), shape


def _penalties(penalties: Any) -> tuple[float, ...]:
    values = tuple(np.atleast_1d(np.asarray(penalties, dtype=object)))
    if not values:
        raise InvalidNetworkError("penalties is empty; give at least one")
    return tuple(number("penalties", value, at_least=0) for value in values)
