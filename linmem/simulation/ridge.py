r"""Ridge regression of many targets on states, from sums over pieces of the data: the fit and its cross-validation.

Conventions
-----------
Rows X (T, N) are states and rows Y (T, K) targets, both about their means over all the data. A training set is a union
of pieces, and all that a regression needs of it are sums, which add up: so nested cross-validation takes one
eigendecomposition for each training set, and no second look at the data.

Contents
--------
SampleSums
    Sums of one piece of data, or of several together.
Readout
    Weights and intercept of K linear readouts.
RidgeRegressions
    The regressions of one training set for all penalties.
cross_validated
    The penalty of each target, and for each piece the readouts that have not been fitted to it.
explained_share
    r^2 and its standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.linalg as sl

from linmem.errors import ArgumentError
from linmem.linalg.blas import product
from linmem.linalg.stein import ULP
from linmem.simulation.trials import inner_products

BLOCKS = 60  # independent blocks, at most, from which a standard error is taken


@dataclass(frozen=True, eq=False)
class SampleSums:
    """Sums over the rows of data: their number, x, y, x x', x y' and y^2."""

    count: int
    x: np.ndarray
    y: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray

    @classmethod
    def of(cls, X: np.ndarray, Y: np.ndarray) -> SampleSums:
        """The sums of rows X (T, N) and Y (T, K)."""
        return cls(
            count=len(X),
            x=X.sum(axis=0),
            y=Y.sum(axis=0),
            xx=inner_products(X, X),
            xy=inner_products(X, Y),
            yy=np.sum(Y * Y, axis=0),
        )

    @classmethod
    def together(cls, pieces: Sequence[SampleSums]) -> SampleSums:
        """The sums of several pieces of data as one."""
        return sum(pieces[1:], pieces[0])

    def __add__(self, other: SampleSums) -> SampleSums:
        return SampleSums(
            self.count + other.count,
            self.x + other.x,
            self.y + other.y,
            self.xx + other.xx,
            self.xy + other.xy,
            self.yy + other.yy,
        )

    def about(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The sums of (x - a)(x - a)', (x - a)(y - b)' and (y - b)^2."""
        # sum (x - a)(y - b)' = sum x y' - (sum x) b' - a (sum y)' + count a b', and alike for the others
        x_a = np.outer(self.x, a)
        x_b = np.outer(self.x, b)
        a_y = np.outer(a, self.y)
        a_a = self.count * np.outer(a, a)
        a_b = self.count * np.outer(a, b)
        b_b = self.count * b * b
        xx = self.xx - x_a - x_a.T + a_a
        xy = self.xy - x_b - a_y + a_b
        yy = self.yy - 2 * self.y * b + b_b
        return xx, xy, yy


@dataclass(frozen=True, eq=False)
class Readout:
    """K linear readouts with intercept: weights (N, K) and intercept (K,)."""

    weights: np.ndarray
    intercept: np.ndarray

    def estimate(self, X: np.ndarray) -> np.ndarray:
        """The estimates of the targets, (T, K), from states (T, N)."""
        return product(X, self.weights) + self.intercept


class RidgeRegressions:
    """The ridge regressions of one training set for all penalties, in the eigenvectors of its Gram matrix.

    Raises
    ------
    ArgumentError
        For penalty 0 where the Gram matrix is singular.
    """

    def __init__(self, sums: SampleSums, penalties: Sequence[float]) -> None:
        self.count = sums.count
        self.state_mean = sums.x / sums.count
        self.target_mean = sums.y / sums.count
        gram, state_by_target, _ = sums.about(self.state_mean, self.target_mean)
        # This decomposes the covariance of a sample, not of the theory, which the solver alone decomposes: a readout is
        # fitted to data, and its rank is that of the data. `fisher_from_trials` is the other such place.
        variances, self.directions = sl.eigh(gram / self.count)
        self.variances = np.maximum(variances, 0)
        self.covariances = product(self.directions.T, state_by_target / self.count)
        # N ulp times the largest eigenvalue bounds what rounding alone puts in place of a zero eigenvalue
        self.determined = self.variances > len(variances) * ULP * variances[-1]
        self.rank = int(self.determined.sum())
        if 0 in penalties and not self.determined.all():
            raise ArgumentError(
                f"penalties holds 0, but the Gram matrix of the states is singular (rank {self.rank} of "
                f"{len(variances)}); take a penalty above 0, e.g. 1e-10"
            )
        self.penalties = np.array(penalties) * variances.mean()

    def losses(self, test: SampleSums) -> np.ndarray:
        """The sums of squared errors in other data, (penalties, K)."""
        gram, state_by_target, squares = test.about(self.state_mean, self.target_mean)
        gram = product(product(self.directions.T, gram), self.directions)
        state_by_target = product(self.directions.T, state_by_target)
        losses = np.empty((len(self.penalties), len(squares)))
        for row, penalty in zip(losses, self.penalties, strict=True):
            penalised = self.variances + penalty
            weights = self.covariances / penalised[:, None]
            # sum (y - w'x)^2 = sum y^2 + w' (sum x x') w - 2 w' sum x y
            gradient = product(gram, weights) - 2 * state_by_target
            row[:] = squares + np.sum(weights * gradient, axis=0)
        return losses

    def solution(self, choice: np.ndarray) -> Readout:
        """The readout with, for each target, the penalty of that index."""
        penalties = self.penalties[choice]
        penalised = self.variances[:, None] + penalties
        return self._readout(1 / penalised)

    def unpenalised(self) -> Readout:
        """The least-squares readout in the directions in which the states vary."""
        inverses = np.zeros_like(self.variances)
        inverses[self.determined] = 1 / self.variances[self.determined]
        return self._readout(inverses[:, None])

    def _readout(self, inverse_variances: np.ndarray) -> Readout:
        in_directions = self.covariances * inverse_variances
        weights = product(self.directions, in_directions)
        intercept = self.target_mean - self.state_mean @ weights
        return Readout(weights, intercept)


def cross_validated(pieces: Sequence[SampleSums], penalties: Sequence[float]) -> tuple[np.ndarray, list[Readout]]:
    """The index of the best penalty for each target, (K,), and for each piece a readout that owes nothing to it.

    The readout of piece f is fitted to the other pieces, with the penalty that does best when each of these others is
    predicted from those that are neither f nor itself.
    """

    def fitted_without(*omitted: int) -> RidgeRegressions:
        training = [piece for index, piece in enumerate(pieces) if index not in omitted]
        return RidgeRegressions(SampleSums.together(training), penalties)

    n_targets = len(pieces[0].y)
    inner_losses = np.zeros((len(pieces), len(penalties), n_targets))
    for f, g in combinations(range(len(pieces)), 2):
        # fitted without f and g, the regressions serve twice: f tests the choice for g, and g the choice for f
        regressions = fitted_without(f, g)
        inner_losses[f] += regressions.losses(pieces[g])
        inner_losses[g] += regressions.losses(pieces[f])
    outer_losses = np.zeros((len(penalties), n_targets))
    held_out = []
    for f, piece in enumerate(pieces):
        regressions = fitted_without(f)
        outer_losses += regressions.losses(piece)
        best = inner_losses[f].argmin(axis=0)
        held_out.append(regressions.solution(best))
    return outer_losses.argmin(axis=0), held_out


def explained_share(residuals: Sequence[np.ndarray], targets: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """r^2 of each target, (K,), and its standard error, from the residuals e and the targets y of all pieces."""
    target_squares = _sum_of_squares(targets)
    unexplained = _sum_of_squares(residuals) / target_squares
    # r^2 is a ratio of sums; its error is that of the sum of e^2 - (1 - r^2) y^2, whose mean is zero
    block_sums = []
    for e, y in zip(residuals, targets, strict=True):
        deviations = e * e - unexplained * y * y
        n_blocks = min(BLOCKS // len(targets), len(y))
        for block in np.array_split(deviations, n_blocks):
            block_sums.append(block.sum(axis=0))
    spread = np.std(block_sums, axis=0, ddof=1)
    standard_error = spread * np.sqrt(len(block_sums)) / target_squares
    return 1 - unexplained, standard_error


def _sum_of_squares(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """The sum of the squares of each column over the rows of all pieces."""
    total = np.zeros(pieces[0].shape[1])
    for rows in pieces:
        total += np.sum(rows * rows, axis=0)
    return total
