r"""The matrix-free method, for large sparse networks: C is applied, never formed, and J comes between two bounds.

Conjugate gradients solve C_n x = b for b = W^k v, some columns side by side. However rough x is, J(k) = b* C^-1 b lies
between two numbers that can be computed from it, because C >= C_n >= I:

    f - sum_{m >= n} ||W*^m x||^2  <=  J(k)  <=  f + ||b - C_n x||^2,      f = 2 Re x* b - x* C_n x

(b* C_n^-1 b is the maximum of f over x). The error is the *square* of the residual: half the digits of a solution
give all of J. What remains of a series after its n-th term is bounded by its next p terms times ||W^p||^2 / (1 -
||W^p||^2) and those terms themselves, for a p whose power contracts (see `sparse_operator`).

Minutes may pass: the share that is done and the time that remains are logged, at the level INFO, about once a second.

Contents
--------
MatrixFreeGramian
    The Gramian of a sparse network with independent noise, which gives the Fisher memory curve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from math import sqrt
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.errors import AccuracyError
from linmem.gramian import conjugate_gradients as solver
from linmem.gramian.progress import Progress
from linmem.gramian.quantities import Answer, Gramian, largest_entry
from linmem.gramian.request import Request
from linmem.gramian.sparse_operator import (
    Contraction,
    Operator,
    Step,
    inner,
    powers,
    squared_columns,
    squares_of_powers,
)
from linmem.gramian.sparse_radius import required_contraction
from linmem.linalg.stein import ULP

BLOCK = 16  # columns solved side by side: more do not make a product cheaper per column
USEFUL = 0.1  # a relative error beyond which no digit is right
SHARED = 100  # lags among which the error is shared, before their number is known
ROUNDS = 4  # of solving, checking, and lengthening the series
SAFETY = 32  # times what the last bit of every weight does


@dataclass(frozen=True, eq=False)
class MatrixFreeGramian(Gramian):
    """A sparse network in coordinates in which its noise is white.

    Attributes
    ----------
    request
        With the network, the horizon and the tolerance.
    operator, neighbour
        W in these coordinates, and the same with the last bit of every weight moved.
    deviation
        The standard deviation of the noise, (N,).
    """

    request: Request
    operator: Operator
    neighbour: Operator
    deviation: np.ndarray
    method: str = "matrix-free"

    @classmethod
    def of(cls, request: Request) -> MatrixFreeGramian:
        """The Gramian of a network with independent noise."""
        deviation = request.network.noise_deviation
        inverse, direct = sparse.diags_array(1 / deviation), sparse.diags_array(deviation)
        scaled = sparse.csr_array(inverse @ request.network.recurrent @ direct)
        signs = 2 * np.random.default_rng(1).integers(0, 2, scaled.nnz) - 1
        perturbed = (scaled.data * (1 + ULP * signs), scaled.indices, scaled.indptr)
        neighbour = Operator.of(sparse.csr_array(perturbed, scaled.shape))
        return cls(request, Operator.of(scaled), neighbour, deviation)

    @cached_property
    def contraction(self) -> Contraction | None:
        """A power that contracts, which proves stability; None over a horizon that is counted to its end."""
        return required_contraction(self.operator, self.request)

    def fisher_memory_curve(self, request: Request) -> Answer:
        """J(k), (lags, d, d), and its sum over all lags, (d, d).

        Raises AccuracyError where conjugate gradients do not get to a single digit, or a series is too long, and
        UnstableNetworkError or UndecidedStabilityError where the network cannot be shown to be stable.
        """
        V = request.columns / self.deviation[:, None]
        scale = 2.0 ** np.round(np.log2(np.abs(V).max() or 1.0))  # the bounds are for inputs of about unit norm
        V = np.ascontiguousarray(V / scale)
        d, lags = V.shape[1], request.lags
        values = np.zeros((lags, d, d), V.dtype)
        contraction = self.contraction
        if not V.any():
            total = np.zeros_like(values[0])
            return Answer.within(0.0, self.method, (values, largest_entry(values)), (total, largest_entry(total)))
        series = _Series(self.operator, contraction, request.horizon, request.rtol)
        memory, error, rest = self._until_negligible(series, V)
        count = min(lags, len(memory))
        values[:count] = memory[:count]
        total = memory.sum(axis=0)
        parts = (
            (values * scale**2, largest_entry(values) * scale**2),
            (total * scale**2, largest_entry(total) * scale**2),
        )
        answer = Answer.within(ULP * sqrt(len(V)), self.method, *parts)
        of_values = np.full(lags, rest)  # no later lag has more memory than all of them together
        of_values[:count] = error[:count]
        return answer.widened(scale**2 * of_values[:, None, None], scale**2 * (error.sum() + rest))

    def _until_negligible(self, series: _Series, V: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """J(k) until it is negligible, (K, d, d), bounds on the errors, (K,), and on the sum over all later lags."""
        terms, largest = series.terms(V)
        later = series.later(V, series.rtol / 8 * largest)
        d, lags = V.shape[1], len(later) - 1
        signal, neighbour = powers(self.operator.forward, V), powers(self.neighbour.forward, V)
        memory: list[np.ndarray] = []
        errors: list[float] = []
        rtol, width = series.rtol, max(1, BLOCK // d)
        progress = Progress(f"{lags} lags of {len(V)} units, {terms} terms of C")
        for start in range(0, lags, width):
            count = min(width, lags - start)
            B = np.hstack([next(signal) for _ in range(count)])
            change = np.hstack([next(neighbour) for _ in range(count)]) - B
            aim = rtol / (3 * lags * d) * largest
            report = progress.part(start / lags, count / lags)
            block, block_errors, terms = self._memory(series, B, change, d, terms, aim, report)
            memory.extend(block)
            errors.extend(block_errors)
            largest = float(np.abs(np.sum(memory, axis=0)).max())
            reached = max(errors) / np.abs(memory[0]).max()
            if not reached < USEFUL:
                estimate = float(np.nan_to_num(reached, nan=np.inf))
                raise AccuracyError(estimate, series.rtol, reason=self._why_not(reached))
            rtol = max(rtol, reached)  # what one block could not reach, the others need not
        return np.array(memory), np.array(errors), float(later[-1])

    def _memory(
        self,
        series: _Series,
        B: np.ndarray,
        change: np.ndarray,
        d: int,
        terms: int,
        aim: float,
        report: Callable[[float], None],
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """J(k) of the lags in B, (K, d, d), bounds on their errors, (K,), and the terms of the series that it took.

        `change` is how far the last bits of the weights move B.
        """
        X, enough = np.zeros_like(B), terms
        for _ in range(ROUNDS):
            terms = enough
            workspace = self.operator.workspace(X, terms)
            apply = partial(self.operator.covariance, terms=terms, workspace=workspace)
            X = solver.conjugate_gradients(apply, B, X, aim, report)
            squares, omitted, enough = series.omitted(X, terms, aim)
            if enough == terms:
                break
        R = B - apply(X)
        # f of the neighbour minus f, for the same x
        moved_series = squares_of_powers(self.neighbour.backward, X, terms).sum(axis=0) - squares.sum(axis=0)
        sensitivity = np.abs(2 * inner(X, change).real - moved_series)
        error = np.maximum(omitted, squared_columns(R)) + SAFETY * sensitivity
        return _form(B, X, R, d), error.reshape(-1, d).sum(axis=1), enough

    def _why_not(self, reached: float) -> str:
        if not np.isfinite(reached):
            return "the powers of recurrent overflow; take a shorter horizon=n"
        gigabytes = 5 * 8 * self.operator.matrix.shape[0] ** 2 / 2**30
        return (
            f"the noise covariance is so ill-conditioned that {solver.STEPS} steps of conjugate gradients do not solve "
            f"it; take a shorter horizon=n, or pass recurrent.toarray() if {gigabytes:.0f} GB of memory are there"
        )


@dataclass(frozen=True, eq=False)
class _Series:
    """How many terms of sum_m ||A^m x||^2 matter, and bounds on the others."""

    operator: Operator
    contraction: Contraction | None
    horizon: int | None
    rtol: float

    def terms(self, V: np.ndarray) -> tuple[int, float]:
        """The terms of C that matter for lag 0, as x = s V shows them, and a lower bound on the largest J(0).

        J(0) >= 2 Re x* v - x* C x for any x, and the best s makes that ||v||^4 / v* C v.
        """
        share = self.rtol / (8 * SHARED)
        squares, rest = self._until(self.operator.backward, V, lambda total: share * total)
        v_C_v = squares.sum(axis=0) + rest
        present = squares[0] > 0
        largest = float((squares[0] ** 2 / v_C_v)[present].max())
        if self.contraction is None or len(squares) == self.horizon:
            return len(squares), largest
        return max(1, len(squares) - self.contraction.steps), largest

    def later(self, V: np.ndarray, floor: float) -> np.ndarray:
        """Bounds on J(k) + J(k + 1) + ... for k = 0 ... K, the last of them the first below `floor`.

        J(k) <= ||W^k V||^2, as C >= I.
        """
        squares, rest = self._until(self.operator.forward, V, lambda total: floor / len(total))
        by_lag = squares.sum(axis=1)
        sums_from_lag = np.cumsum(by_lag[::-1])[::-1]
        sums_from_lag = np.append(sums_from_lag, 0.0) + rest.sum()
        is_small = sums_from_lag <= floor
        count = max(1, int(np.argmax(is_small)))
        return sums_from_lag[: 1 + count]

    def omitted(self, X: np.ndarray, terms: int, aim: float) -> tuple[np.ndarray, np.ndarray, int]:
        """||W*^m x||^2 of the terms taken, (terms, c), a bound on the sum of the others, (c,), and how many terms
        bring it below `aim`.
        """
        if self.contraction is None or terms == self.horizon:
            return squares_of_powers(self.operator.backward, X, terms), np.zeros(X.shape[1]), terms
        further = terms + self.contraction.steps
        squares = squares_of_powers(self.operator.backward, X, further)
        sums_from_term = np.cumsum(squares[terms:][::-1], axis=0)[::-1]
        omitted = sums_from_term[0] + self.contraction.beyond(squares)
        enough = terms
        if omitted.max() > aim:
            is_small = sums_from_term.max(axis=1) <= aim / 4
            if is_small.any():
                enough += int(np.argmax(is_small))
            else:
                enough += len(sums_from_term)
        return squares[:terms], omitted, min(enough, self.horizon or enough)

    def _until(self, step: Step, X: np.ndarray, floor: Callable[[np.ndarray], Any]) -> tuple[np.ndarray, np.ndarray]:
        """||A^m x||^2 for m = 0, 1, ..., (m, c), until the last ones and all that follow are below `floor(their sum)`,
        and a bound on the sum of what follows.
        """
        squares: list[np.ndarray] = []
        total, rest = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        for power in islice(powers(step, X), self.horizon):
            squares.append(squared_columns(power))
            total = total + squares[-1]
            if self.contraction is not None and len(squares) >= self.contraction.steps:
                last = np.array(squares[-self.contraction.steps :])
                rest = self.contraction.beyond(last)
                if np.all(last.sum(axis=0) + rest <= floor(total)):
                    break
        if len(squares) == self.horizon:  # nothing follows
            rest = np.zeros_like(rest)
        return np.array(squares), rest


def _form(B: np.ndarray, X: np.ndarray, R: np.ndarray, d: int) -> np.ndarray:
    """f by lag, (K, d, d): X* B + B* X - X* C_n X = B* X + X* R, made Hermitian."""
    b, x, r = _by_lag(B, d), _by_lag(X, d), _by_lag(R, d)
    memory = _adjoint(b) @ x + _adjoint(x) @ r
    return (memory + _adjoint(memory)) / 2


def _by_lag(columns: np.ndarray, d: int) -> np.ndarray:
    """Columns side by side, (N, K d), as (K, N, d)."""
    size = len(columns)
    return columns.reshape(size, -1, d).transpose(1, 0, 2)


def _adjoint(stack: np.ndarray) -> np.ndarray:
    """The conjugate transposes of a stack of matrices."""
    return stack.conj().transpose(0, 2, 1)
