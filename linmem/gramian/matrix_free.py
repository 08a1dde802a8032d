r"""The matrix-free method, for large sparse networks: C is applied, never formed, and J comes between two bounds.

Conjugate gradients solve C_n x = b for b = W^k v, many lags side by side (see `refined_solver`). However rough x is,
J(k) = b* C^-1 b lies between two numbers that can be computed from it, because C >= C_n >= I:

    f - sum_{m >= n} ||W*^m x||^2  <=  J(k)  <=  f + ||b - C_n x||^2,      f = 2 Re x* b - x* C_n x

(b* C_n^-1 b is the maximum of f over x). The error is the *square* of the residual: half the digits of a solution
give all of J. What remains of a series after its n-th term is bounded by its next p terms times ||W^p||^2 / (1 -
||W^p||^2) and those terms themselves, for a p whose power contracts (see `sparse_operator`).

Minutes may pass: the time is estimated before (see `sparse_cost`); the share that is done and the time that remains are
told about once a second (see `linmem.progress`).

Contents
--------
MatrixFreeGramian
    The Gramian of a sparse network with independent noise, which gives the Fisher memory curve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import ceil, sqrt

import numpy as np
import scipy.sparse as sparse

from linmem.errors import AccuracyError
from linmem.gramian.conjugate_gradients import STEPS
from linmem.gramian.quantities import Answer, Gramian, largest_entry
from linmem.gramian.refined_solver import RefinedSolver
from linmem.gramian.request import Request
from linmem.gramian.sparse_cost import dense_gigabytes, dense_seconds, estimated_cost
from linmem.gramian.sparse_operator import (
    Contraction,
    Operator,
    inner,
    powers,
    squared_columns,
)
from linmem.gramian.sparse_radius import early_contraction, required_contraction
from linmem.gramian.sparse_series import Series
from linmem.linalg.blas import one_blas_thread
from linmem.linalg.stein import ULP
from linmem.progress import Progress, duration

BLOCK = 128  # columns solved side by side: more take fewer steps, but longer ones outside the products
LONGEST = 3600.0  # seconds of the estimate of a computation that is begun
USEFUL = 0.1  # a relative error beyond which no digit is right
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
    is_last
        Whether no dense method follows, which has an answer where this one has none or takes longer.
    """

    request: Request
    operator: Operator
    neighbour: Operator
    deviation: np.ndarray
    is_last: bool
    method: str = "matrix-free"

    @classmethod
    def of(cls, request: Request, *, is_last: bool = True) -> MatrixFreeGramian:
        """The Gramian of a network with independent noise."""
        deviation = request.network.noise_deviation
        inverse, direct = sparse.diags_array(1 / deviation), sparse.diags_array(deviation)
        scaled = sparse.csr_array(inverse @ request.network.recurrent @ direct)
        signs = 2 * np.random.default_rng(1).integers(0, 2, scaled.nnz) - 1
        perturbed = (scaled.data * (1 + ULP * signs), scaled.indices, scaled.indptr)
        neighbour = Operator.of(sparse.csr_array(perturbed, scaled.shape))
        return cls(request, Operator.of(scaled), neighbour, deviation, is_last)

    @cached_property
    def single(self) -> Operator | None:
        """W in single precision."""
        return self.operator.in_single_precision()

    @cached_property
    def contraction(self) -> Contraction | None:
        """A power that contracts, which proves stability; None over a horizon that is counted to its end."""
        return (required_contraction if self.is_last else early_contraction)(self.operator, self.request)

    def fisher_memory_curve(self, request: Request) -> Answer | None:
        """J(k), (lags, d, d), and its sum over all lags, (d, d); None where a dense method is to be asked.

        Without one it raises AccuracyError where conjugate gradients do not get to a single digit, where a series is
        too long or the time that it takes, and UnstableNetworkError or UndecidedStabilityError where the network
        cannot be shown to be stable.
        """
        if self.is_last:
            return self._curve(request)
        try:
            return self._curve(request)
        except AccuracyError:
            return None

    def _curve(self, request: Request) -> Answer:
        V = request.columns / self.deviation[:, None]
        scale = 2.0 ** np.round(np.log2(np.abs(V).max() or 1.0))  # the bounds are for inputs of about unit norm
        V = np.ascontiguousarray(V / scale)
        d, lags = V.shape[1], request.lags
        values = np.zeros((lags, d, d), V.dtype)
        contraction = self.contraction
        if not V.any():
            total = np.zeros_like(values[0])
            return Answer.within(0.0, self.method, (values, largest_entry(values)), (total, largest_entry(total)))
        series = Series(self.operator, contraction, request.horizon, request.rtol)
        with one_blas_thread():  # products have threads of their own
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

    def _until_negligible(self, series: Series, V: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """J(k) until it is negligible, (K, d, d), bounds on the errors, (K,), and on the sum over all later lags."""
        terms, largest = series.terms(V)
        left = series.shares_left()
        later = series.later(V, series.rtol / 8 * largest)
        d, lags = V.shape[1], len(later) - 1
        rtol = series.rtol
        self._require_affordable(series, left, terms, lags * d, rtol / 4 * largest)
        progress = Progress(f"{lags} lags of {len(V)} units, {terms} terms of C")
        solver = RefinedSolver(self.operator, self.single, series, left, in_doubles=self.is_last)
        memory: list[np.ndarray] = []
        errors: list[float] = []
        for block in self._blocks(V, lags):
            report = progress.part(len(memory) / lags, block.columns.shape[1] / (lags * d))
            aim = rtol / 4 * largest * block.columns.shape[1] / (lags * d)
            values, of_values, terms = self._memory(solver, block, d, terms, aim, report)
            memory.extend(values)
            errors.extend(of_values)
            largest = float(np.abs(np.sum(memory, axis=0)).max())
            reached = max(errors) / np.abs(memory[0]).max()
            if not reached < USEFUL:
                estimate = float(np.nan_to_num(reached, nan=np.inf))
                raise AccuracyError(estimate, series.rtol, reason=self._why_not(reached, terms))
            rtol = max(rtol, reached)  # what one block could not reach, the others need not
        return np.array(memory), np.array(errors), float(later[-1])

    def _blocks(self, V: np.ndarray, lags: int) -> Iterator[_Block]:
        """W^k V of all lags, in blocks of about the same width."""
        signal, perturbed = powers(self.operator.forward, V), powers(self.neighbour.forward, V)
        width = max(1, min(BLOCK, len(V) // 4) // V.shape[1])
        for part in np.array_split(np.arange(lags), ceil(lags / width)):
            columns = np.hstack([next(signal) for _ in part])
            yield _Block(columns, np.hstack([next(perturbed) for _ in part]) - columns)

    def _memory(
        self,
        solver: RefinedSolver,
        block: _Block,
        d: int,
        terms: int,
        aim: float,
        report: Callable[[float], None],
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """J(k) of the lags of a block, (K, d, d), bounds on their errors, (K,), and the terms that it took."""
        X, enough = np.zeros_like(block.columns), terms
        for _ in range(ROUNDS):
            terms = enough
            X, R, squares = solver.solve(block.columns, X, terms, aim, report)
            omitted, enough = solver.series.omitted(squares, terms, aim)
            if enough == terms:
                break
        # f of the neighbour minus f, for the same x
        moved_series = self.neighbour.squares_of_powers(X, terms).sum(axis=0) - squares[:terms].sum(axis=0)
        sensitivity = np.abs(2 * inner(X, block.change).real - moved_series)
        error = np.maximum(omitted, squared_columns(R)) + SAFETY * sensitivity
        return _form(block.columns, X, R, d), error.reshape(-1, d).sum(axis=1), enough

    def _require_affordable(self, series: Series, left: np.ndarray, terms: int, columns: int, aim: float) -> None:
        """Raise AccuracyError where the computation would take too long, or longer than the dense one that follows."""
        operator, units = self.single or self.operator, len(self.deviation)
        cost = estimated_cost(operator, series, left, terms, columns, aim)
        limit = LONGEST if self.is_last else dense_seconds(units, terms) / 2
        if cost.seconds > limit:
            raise AccuracyError(
                np.inf,
                series.rtol,
                reason=f"{columns} columns W^k v of {units} units, {terms} terms of the noise covariance and about "
                f"{cost.steps:.0f} steps of conjugate gradients would take {duration(cost.seconds)}; take a larger "
                f"rtol or a shorter horizon=n, or {self._dense_instead(terms)}",
            )

    def _dense_instead(self, terms: int) -> str:
        units = len(self.deviation)
        return (
            f"pass recurrent.toarray(), about {duration(dense_seconds(units, terms))}, if "
            f"{dense_gigabytes(units):.0f} GB of memory are there"
        )

    def _why_not(self, reached: float, terms: int) -> str:
        if not np.isfinite(reached):
            return "the powers of recurrent overflow; take a shorter horizon=n"
        return (
            f"the noise covariance is so ill-conditioned that {STEPS} steps of conjugate gradients do not solve "
            f"it; take a shorter horizon=n, or {self._dense_instead(terms)}"
        )


@dataclass(frozen=True, eq=False)
class _Block:
    """W^k V at some lags, side by side, (N, K d), and how far the last bits of the weights move it."""

    columns: np.ndarray
    change: np.ndarray


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
