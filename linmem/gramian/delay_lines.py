"""The structured method: delay lines and rings in O(N), over n steps in O(N log n), right to a few ulps a step.

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
from typing import TypeAlias

import numpy as np

from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.gramian.quantities import Answer, Gramian, largest_entry, sizes_by_lag
from linmem.gramian.request import Request
from linmem.kernels import lines as kernels
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.linalg.structure import Lines

Roots: TypeAlias = tuple[np.ndarray, np.ndarray]  # square roots of sums, and their relative errors


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
    total
        Memory over all lags (of the horizon) of what enters at a unit.
    relative_error
        Of memory, over all units.
    """

    target: np.ndarray
    passed: np.ndarray
    amplitude: np.ndarray
    total: np.ndarray
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
        curve = np.zeros((lags, d, d), weights.dtype)
        by_lag, by_start = curve.reshape(lags, d * d), weights.reshape(len(starts), d * d)
        kernels.curve(starts, by_start, walk.target, walk.passed, walk.amplitude, by_lag)
        total = np.einsum("m,mab->ab", walk.total[starts], weights)
        parts = (curve, sizes_by_lag(curve)), (total, largest_entry(total))
        answer = Answer.within(walk.relative_error, self.method, *parts)
        # each step rounds the memory that is left, around a ring every time by as much
        return answer.widened(4 * ULP * np.arange(lags)[:, None, None] * sizes_by_lag(curve), 0.0)

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
        count = max(size, request.lags)
        count = min(count, request.horizon or count)
        of_all_lags = Request(request.network, V, count, request.horizon)
        curve = self.fisher_memory_curve(of_all_lags)
        ratio = request.signal_variance * curve.numbers[0].real
        # m is concave in J, and so is the information: no relative error grows
        explained, error = ratio / (1 + ratio), request.signal_variance * curve.errors[0] / (1 + ratio)
        capacity, information = np.asarray(explained.sum()), np.asarray(np.log1p(ratio).sum() / 2)
        asked = slice(request.lags)
        parts = (explained[asked], explained[asked]), (capacity, capacity), (information, information)
        answer = Answer.within(4 * ULP + ULP * np.sqrt(count), self.method, *parts)
        return answer.widened(error[asked], float(error.sum()), float(error.sum()) / 2)

    def spatial_fisher_memory(self, request: Request) -> Answer:
        """J^s, (N, N), diagonal."""
        self._affordable()
        return self._diagonal(self.walk.total)

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
    return Walk(target, passed, amplitude, share * amplitude**2, error)


def _walk_over_horizon(lines: Lines, noise: np.ndarray, horizon: int) -> Walk:
    """The walk after so many steps from rest: C_ii sums the noise that has reached unit i, and the memory of unit j the
    signal of it that has reached other units, over the noise there.
    """
    size = len(noise)
    target, passed = np.empty(size, np.int64), np.zeros(size)
    kernels.follow(lines.source, target)
    to_source = _Steps.along(lines.source, lines.logarithm)
    deviation, of_deviation = _root_of_sum(to_source, noise, np.zeros(size), horizon)
    to_target = _Steps.along(target, lines.logarithm[target])
    root, of_root = _root_of_sum(to_target, 1 / deviation, of_deviation, horizon)
    fed = lines.source >= 0
    passed[fed] = lines.weight[fed] * (deviation[lines.source[fed]] / deviation[fed])
    if not all(np.isfinite(array).all() for array in (deviation, root, passed)):
        raise ArgumentError(
            f"horizon={horizon} lets the noise grow beyond {np.finfo(float).max:.0e}; take a shorter one"
        )
    error = 2 * max(of_deviation.max(), of_root.max()) + 4 * ULP
    return Walk(target, passed, 1 / deviation, root**2, float(error))


@dataclass(frozen=True, eq=False)
class _Steps:
    """m steps along the lines from every unit: where they end, and the product of the weights that they pass.

    The product is represented by its logarithm, whose error is that of the weights: squaring a product would double its
    error, and 10^9 steps around a ring square it 30 times. Unit N stands behind the end of every line, and leads to N.

    Attributes
    ----------
    end
        The unit where the steps end, (N + 1,).
    logarithm
        Of the product, (N + 1,).
    error
        Of the logarithm, absolute, (N + 1,).
    """

    end: np.ndarray
    logarithm: np.ndarray
    error: np.ndarray

    @classmethod
    def along(cls, following: np.ndarray, logarithm: np.ndarray) -> _Steps:
        """One step, from unit i to following[i], -1 where its line ends."""
        end = np.append(np.where(following >= 0, following, len(following)), len(following))
        logarithm = np.append(np.where(following >= 0, logarithm, 0.0), 0.0)
        return cls(end, logarithm, 2 * ULP * np.abs(logarithm))

    def then(self, later: _Steps) -> _Steps:
        """These steps, and others from where they end."""
        logarithm = self.logarithm + later.logarithm[self.end]
        error = self.error + later.error[self.end] + ULP * np.abs(logarithm)
        return _Steps(later.end[self.end], logarithm, error)

    def added(self, own: Roots, ahead: Roots) -> Roots:
        """(R^2 + (w S)^2)^1/2 of R = `own` and S = `ahead` at the unit where the steps end, with its relative error."""
        (root, error), (other, other_error) = own, ahead
        brought = np.exp(self.logarithm) * other[self.end]
        total = np.hypot(root, brought)
        share = np.divide(brought, total, out=np.zeros_like(total), where=total > 0) ** 2
        brought_error = other_error[self.end] + self.error + ULP
        return total, error + share * (brought_error - error) + 2 * ULP


def _root_of_sum(step: _Steps, first: np.ndarray, error: np.ndarray, terms: int) -> Roots:
    """R_i = [sum_{0 <= m < terms} (w f)^2]^1/2 and its relative error, (N,): w is the product of the weights of m steps
    from unit i, f what `first` holds where they end, known to `error`.

    By doubling, R_2m from R_m, in O(N log terms).
    """
    one = total = np.append(first, 0.0), np.append(error, 0.0)
    steps = step
    for digit in bin(terms)[3:]:
        total, steps = steps.added(total, total), steps.then(steps)
        if digit == "1":
            total, steps = step.added(one, total), step.then(steps)
    return total[0][:-1], total[1][:-1]


def _fed_units(V: np.ndarray) -> np.ndarray:
    """The units that an input reaches directly."""
    return np.flatnonzero(np.any(V != 0, axis=1))
