"""The structured method: delay lines and rings in O(N), right to a few ulps a step, at any gain and any length.

Where every unit has at most one input and one output, C is diagonal, and memory is handed on along the line: a signal
that moves from unit j to its target i keeps the share passed[i]^2 = W_ij^2 C_j / C_i of its memory, since the rest of
C_i is fresh noise.

Contents
--------
DelayLineGramian
    The Gramian of delay lines and rings, stationary or over a horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.gramian.quantities import Answer, Gramian, largest_entry, sizes_by_lag
from linmem.gramian.request import Request
from linmem.kernels import lines as kernels
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.linalg.structure import Lines


@dataclass(frozen=True, eq=False)
class Walk:
    """The results of the walk along the lines, one number for every unit.

    Attributes
    ----------
    target
        The unit that unit j feeds, -1 where there is none.
    passed
        The share of the deviation of a unit that comes from its source.
    amplitude
        1 / sqrt(C_ii), whose square may be below the smallest double where the memory of later lags is not.
    share
        Memory over all lags of what enters at a unit, in units of that of lag 0; None over a horizon.
    relative_error
        Of all of them.
    """

    target: np.ndarray
    passed: np.ndarray
    amplitude: np.ndarray
    share: np.ndarray | None
    relative_error: float


@dataclass(frozen=True, eq=False)
class DelayLineGramian(Gramian):
    """Delay lines and rings with independent noise; `deviation` is its standard deviation by unit.

    Stationary, where the network is known to be stable, or over a horizon.
    """

    lines: Lines
    deviation: np.ndarray
    horizon: int | None
    method: str = "structured"

    @cached_property
    def walk(self) -> Walk:
        """The walk along the lines, computed for the first quantity that needs it."""
        radius, cancellation = kernels.rings(self.lines.source, self.lines.weight, self.lines.logarithm)
        longer_than_lines = self.horizon is not None and self.horizon >= len(self.deviation) and radius == 0
        if self.horizon is None or longer_than_lines:  # without rings, all noise has left after N steps
            return _stationary_walk(self.lines, self.deviation, cancellation)
        return _walk_over_horizon(self.lines, self.deviation, self.horizon)

    def fisher_memory_curve(self, request: Request) -> Answer:
        """J(k), (lags, d, d), and its sum over all lags, (d, d)."""
        walk, V, lags = self.walk, request.columns, request.lags
        d = V.shape[1]
        starts = _fed_units(V)
        weights = V[starts].conj()[:, :, None] * V[starts][:, None, :]
        # over a horizon the total is the sum of the curve to its end
        values = np.zeros((request.horizon or lags, d, d), weights.dtype)
        by_lag, by_start = values.reshape(len(values), d * d), weights.reshape(len(starts), d * d)
        kernels.curve(starts, by_start, walk.target, walk.passed, walk.amplitude, by_lag)
        if walk.share is None:
            total = values.sum(axis=0)
        else:
            total = np.einsum("m,mab->ab", walk.share[starts] * walk.amplitude[starts] ** 2, weights)
        error = walk.relative_error + 2 * ULP * np.sqrt(lags)
        curve = values[:lags]
        return Answer.within(error, self.method, (curve, sizes_by_lag(curve)), (total, largest_entry(total)))

    def memory_function(self, request: Request) -> Answer | None:
        """m(k) = x J(k) / (1 + x J(k)), where no unit ever carries two lags: one input at one unit of a line."""
        V, size = request.columns, len(self.deviation)
        correlated = request.autocovariance is not None
        starts = _fed_units(V)
        if V.shape[1] > 1 or len(starts) > 1 or request.readout_noise or correlated:
            return None
        ring = kernels.ring_length(self.lines.source, starts[0]) if len(starts) else 0
        if ring and (request.horizon is None or ring < request.horizon):  # the signal comes back
            return None
        everything = max(size, request.lags)
        count = min(everything, request.horizon or everything) + 1
        of_all_lags = Request(request.network, V, count, request.horizon)
        answer = self.fisher_memory_curve(of_all_lags)
        ratio = request.signal_variance * answer.numbers[0].real
        values = np.zeros((request.lags, 1, 1))
        values[: len(ratio)] = (ratio / (1 + ratio))[: request.lags]
        capacity = np.asarray(np.sum(ratio / (1 + ratio)))
        information = np.asarray(np.log1p(ratio).sum() / 2)
        parts = (values, values), (capacity, capacity), (information, information)
        return Answer.within(answer.relative_error, self.method, *parts)

    def spatial_fisher_memory(self, request: Request) -> Answer:
        """J^s, (N, N), diagonal."""
        walk, size = self.walk, len(self._affordable())
        if walk.share is not None:
            return self._diagonal(walk.share * walk.amplitude**2)
        by_lag = np.zeros((request.horizon or 1, size))
        kernels.curve(np.arange(size), np.eye(size), walk.target, walk.passed, walk.amplitude, by_lag)
        return self._diagonal(by_lag.sum(axis=0))

    def noise_covariance(self, request: Request) -> Answer:
        """C, (N, N), diagonal."""
        return self._diagonal(self._affordable() ** -2.0)

    def noise_covariance_factor(self, request: Request) -> Answer:
        """S, (N, N), diagonal."""
        return self._diagonal(1 / self._affordable())

    def _diagonal(self, entries: np.ndarray) -> Answer:
        matrix = np.diag(entries)
        return Answer.within(self.walk.relative_error, self.method, (matrix, matrix))

    def _affordable(self) -> np.ndarray:
        """1 / sqrt(C_ii), where an N x N matrix fits into memory."""
        size = len(self.deviation)
        if size > LARGEST_DENSE:
            raise InvalidNetworkError(
                f"recurrent has {size} units; an N x N answer is given up to {LARGEST_DENSE}, the curve and the total "
                "at any size"
            )
        return self.walk.amplitude


def _stationary_walk(lines: Lines, noise: np.ndarray, cancellation: float) -> Walk:
    """The walk of a stable network, or of one whose noise has left before the horizon."""
    size = len(noise)
    target, passed, inverse = np.empty(size, np.int64), np.zeros(size), np.empty(size)
    shift, share = np.empty(size, np.int64), np.empty(size)
    kernels.follow(lines.source, target)
    kernels.stationary(lines.source, target, lines.weight, lines.logarithm, noise, inverse, shift, passed)
    kernels.whole(lines.source, target, lines.logarithm, passed, share)
    # 1 / deviation is inverse * STEP**-shift; no step enlarges what is below the smallest double
    amplitude = np.ldexp(inverse, -int(np.log2(kernels.STEP)) * np.minimum(shift, 3))
    # what enters a ring decays by 1 - exp(2 sum log w), which is as accurate as the sum
    error = ULP * (16 + 2 * np.sqrt(size) + 8 * cancellation)
    return Walk(target, passed, amplitude, share, error)


def _walk_over_horizon(lines: Lines, noise: np.ndarray, horizon: int) -> Walk:
    size = len(noise)
    target, passed = np.empty(size, np.int64), np.zeros(size)
    deviation, scratch = np.empty(size), np.empty(size)
    kernels.follow(lines.source, target)
    kernels.finite_horizon(lines.source, lines.weight, noise, horizon, deviation, scratch)
    fed = lines.source >= 0
    passed[fed] = lines.weight[fed] * deviation[lines.source[fed]] / deviation[fed]
    if not np.isfinite(deviation).all() or not np.isfinite(passed).all():
        raise ArgumentError(
            f"horizon={horizon} lets the noise grow beyond {np.finfo(float).max:.0e}; take a shorter one"
        )
    return Walk(target, passed, 1 / deviation, None, 8 * ULP * horizon)


def _fed_units(V: np.ndarray) -> np.ndarray:
    """The units that an input reaches directly."""
    return np.flatnonzero(np.any(V != 0, axis=1))
