"""The structured path: delay lines and rings in O(N), right to a few ulps a step, at any gain and any length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.kernels import lines as kernels
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.linalg.structure import Lines


@dataclass(frozen=True, eq=False)
class LinesForm:
    """Where every unit has at most one input and one output, C is diagonal, and memory is handed on along the line.

    A signal that moves from unit j to its target i keeps the share passed[i]^2 = W_ij^2 C_j / C_i of its memory: the
    rest of C_i is fresh noise.
    """

    source: np.ndarray
    target: np.ndarray
    passed: np.ndarray
    seen: np.ndarray  # 1 / C_ii
    share: np.ndarray | None  # whole memory in units of that of lag 0; None over a horizon
    horizon: int | None
    method: str = "structured"
    relative_error: float = 0.0
    siblings: tuple = ()

    def curve(self, V, lags):
        """J(k), (lags, d, d), and its sum over all lags, (d, d)."""
        starts = np.flatnonzero(np.any(V != 0, axis=1))
        weights = V[starts].conj()[:, :, None] * V[starts][:, None, :]
        counted = self.horizon or lags
        values = np.zeros((counted, *weights.shape[1:]), weights.dtype)
        products = weights.reshape(len(starts), V.shape[1] ** 2)
        kernels.curve(starts, products, self.target, self.passed, self.seen, values.reshape(counted, -1))
        if self.share is None:
            total = values.sum(axis=0)
        else:
            total = np.einsum("m,mab->ab", self.share[starts] * self.seen[starts], weights)
        return (values[:lags], total), self.relative_error + 2 * ULP * np.sqrt(lags)

    def decoded(self, V, lags, snr, readout):
        """m(k) = x J(k) / (1 + x J(k)), where no unit ever carries two lags: one input at one unit of a line."""
        starts, size = np.flatnonzero(np.any(V != 0, axis=1)), len(self.seen)
        if V.shape[1] > 1 or len(starts) > 1 or readout:
            return None
        (curve, _), error = self.curve(V, min(max(size, lags), self.horizon or max(size, lags)) + 1)
        ratio = snr * curve.real
        if len(ratio) > size and ratio[size:].any():  # a ring
            return None
        values = np.zeros((lags, 1, 1))
        values[: len(ratio)] = (ratio / (1 + ratio))[:lags]
        return (values, np.sum(ratio / (1 + ratio)), np.log1p(ratio).sum() / 2), error

    def spatial(self):
        """J^s, (N, N), diagonal."""
        size = len(_affordable(self.seen))
        if self.share is not None:
            return (np.diag(self.share * self.seen),), self.relative_error
        whole = np.zeros((self.horizon or 1, size))
        kernels.curve(np.arange(size), np.eye(size), self.target, self.passed, self.seen, whole)
        return (np.diag(whole.sum(axis=0)),), self.relative_error

    def covariance(self):
        """C, (N, N), diagonal."""
        return (np.diag(1 / _affordable(self.seen)),), self.relative_error


def form_of_lines(lines: Lines, noise: np.ndarray, horizon: int | None) -> LinesForm:
    """The form of a stable network of delay lines and rings, or of one over a horizon.

    `noise` holds the standard deviation of the noise into each unit.
    """
    source, weight, logarithm, size = lines.source, lines.weight, lines.logarithm, len(lines.source)
    target, passed = np.empty(size, np.int64), np.zeros(size)
    kernels.follow(source, target)
    radius, cancellation = kernels.rings(source, weight, logarithm)
    if horizon is not None and (horizon < size or radius > 0):
        deviation, scratch = np.empty(size), np.empty(size)
        kernels.finite_horizon(source, weight, noise, horizon, deviation, scratch)
        heard = source >= 0
        with np.errstate(over="ignore", invalid="ignore"):
            passed[heard] = weight[heard] * deviation[source[heard]] / deviation[heard]
        if not np.isfinite(deviation).all() or not np.isfinite(passed).all():
            raise InvalidNetworkError(
                f"horizon={horizon} lets the noise grow beyond {np.finfo(float).max:.0e}; take a shorter one"
            )
        return LinesForm(source, target, passed, deviation**-2.0, None, horizon, relative_error=8 * ULP * horizon)
    inverse, shift, share = np.empty(size), np.empty(size, np.int64), np.empty(size)
    kernels.stationary(source, target, weight, logarithm, noise, inverse, shift, passed)
    kernels.whole(source, target, logarithm, passed, share)
    seen = np.where(shift == 0, inverse, np.where(shift == 1, inverse / kernels.STEP, 0.0)) ** 2
    # what enters a ring decays by 1 - exp(2 sum log w), which is as good as the sum
    error = ULP * (16 + 2 * np.sqrt(size) + 8 * cancellation)
    return LinesForm(source, target, passed, seen, share, None, relative_error=error)


def _affordable(diagonal):
    if len(diagonal) > LARGEST_DENSE:
        raise InvalidNetworkError(
            f"recurrent has {len(diagonal)} units; an N x N answer is given up to {LARGEST_DENSE}, the curve and the "
            "total at any size"
        )
    return diagonal
