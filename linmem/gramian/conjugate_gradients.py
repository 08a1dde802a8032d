r"""The path of large sparse networks: C is applied, never formed, and every number comes between two bounds.

C_n = sum_{m < n} W^m W*^m, in coordinates where the noise is white, costs 2 n sparse products by Horner's rule.
Conjugate gradients solve C_n x = b for b = W^k v, some columns side by side. However rough x is, J(k) = b* C^-1 b lies
between two numbers that can be computed from it, because C >= C_n >= I:

    f - sum_{m >= n} ||W*^m x||^2  <=  J(k)  <=  f + ||b - C_n x||^2,      f = 2 Re x* b - x* C_n x

(b* C_n^-1 b is the maximum of f over x). The error is the *square* of the residual: half the digits of a solution
give all of J. What is left of a series after its n-th term is bounded by its next p terms times ||W^p||^2 / (1 -
||W^p||^2) and those terms themselves, for a p whose power is seen to contract.

||W^p|| is bounded from what W^p does to 16 Gaussian vectors: ||A|| <= 6 sqrt(2 / pi) max_i ||A g_i|| but with
probability 6^-16 < 10^-12 (Halko, Martinsson & Tropp 2011, SIAM Review 53:217, lemma 4.1), and rounding in the powers
is added. This is also what proves that the spectral radius is below one.

Minutes may pass: the share that is done and the time left are logged, at the level INFO, about once a second.

Contents
--------
MatrixFreeForm, form_matrix_free
    The Fisher memory curve of a sparse network, stationary or over a horizon.
radius_by_powers, radius_by_arpack
    The spectral radius of a sparse matrix: bounded from above in a moment, and from both sides in some minutes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, pairwise
from math import ceil, sqrt
from time import perf_counter
from typing import Any

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as ssl

from linmem.errors import AccuracyError, UndecidedStabilityError, UnstableNetworkError
from linmem.kernels import sparse as kernels
from linmem.linalg.eigenvalue_bounds import Stability
from linmem.linalg.stein import ULP

LOGGER = logging.getLogger(__name__)
PROBES = 16
NORM_MARGIN = 6 * sqrt(2 / np.pi)  # a norm over the largest of PROBES samples, but with probability 6^-PROBES
LONGEST = 4096  # steps in which a power must contract, where there is no horizon
LONG = 256  # steps after which ARPACK is asked whether a power can ever contract
BLOCK = 16  # columns solved side by side: more do not make a product cheaper per column
MEMORY = 2**31  # bytes for the powers that Horner's rule comes back to
STEPS = 1000  # of conjugate gradients
USEFUL = 0.1  # a relative error beyond which no digit is right
RESTARTS = 100  # of ARPACK, about forty products each
SHARED = 100  # lags among which the error is shared, before their number is known
ROUNDS = 4  # of solving, checking, and lengthening the series
LARGEST_SERIAL = 2**22  # multiplications, some milliseconds: threads cost more than they bring below
PAUSE = 1.0  # seconds between two lines of progress
SAFETY = 32  # times what the last bit of every weight does

Step = Callable[[np.ndarray], np.ndarray]
Told = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Operator:
    """W and W* as they act on blocks of columns, (N, c)."""

    matrix: sparse.csr_array
    adjoint: sparse.csr_array

    @classmethod
    def of(cls, W) -> Operator:
        return cls(sparse.csr_array(W), sparse.csr_array(W.conj().T))

    def forward(self, X: np.ndarray) -> np.ndarray:
        return _add_product(self.matrix, X, np.zeros_like(X))

    def backward(self, X: np.ndarray) -> np.ndarray:
        return _add_product(self.adjoint, X, np.zeros_like(X))

    def covariance(self, X: np.ndarray, terms: int, room: np.ndarray | None = None) -> np.ndarray:
        """C_n X = X + W (W* X + W (W*^2 X + ...)), n = `terms`.

        The powers W*^m X are all kept where memory allows, else every sqrt(n)-th, and the others are computed twice.
        `room` is where they are kept: memory that is new at every call costs as much as a third of the products.
        """
        stretch = _stretch(X, terms)
        starts = range(0, terms, stretch)
        marks = list(islice(_powers(self.backward, X), 0, starts[-1] + 1, stretch))
        room = self.room_for(X, terms) if room is None else room
        result = np.zeros_like(X)
        for start in reversed(starts):
            count = min(stretch, terms - start)
            kept = room[: count * X.size].reshape(count, *X.shape)
            kept[0] = marks.pop()
            for before, power in pairwise(kept):
                power[:] = 0
                _add_product(self.adjoint, before, power)
            for power in kept[::-1]:
                result = _add_product(self.matrix, result, power)
            result = result.copy()
        return result

    def room_for(self, X: np.ndarray, terms: int) -> np.ndarray:
        return np.empty(_stretch(X, terms) * X.size, X.dtype)


@dataclass(frozen=True)
class Contraction:
    """||W^steps||^2 <= squared < 1."""

    steps: int
    squared: float

    def beyond(self, squares: np.ndarray) -> np.ndarray:
        """A bound on sum_m ||W^m x||^2 over all m after those in `squares`, (m, c), which holds at least `steps`."""
        return squares[-self.steps :].sum(axis=0) * (self.squared / (1 - self.squared))


@dataclass
class Progress:
    """The share of a computation that is done, logged about once a second with the time left at that pace."""

    work: str
    started: float = field(default_factory=perf_counter)
    logged: float = field(default_factory=perf_counter)
    share: float = 0.0

    def tell(self, share: float) -> None:
        self.share, now = max(self.share, share), perf_counter()
        if now - self.logged < PAUSE or not self.share > 0:
            return
        self.logged, taken = now, now - self.started
        left = taken * (1 / self.share - 1)
        LOGGER.info("%s: %.0f %% in %s, about %s left", self.work, 100 * self.share, _duration(taken), _duration(left))

    def part(self, before: float, size: float) -> Told:
        """What hears of the share done of a part of that size, where `before` is done."""
        return lambda share: self.tell(before + size * share)


@dataclass(frozen=True, eq=False)
class MatrixFreeForm:
    """A sparse network in coordinates of white noise, and the same with the last bit of every weight moved."""

    operator: Operator
    moved: Operator
    deviation: np.ndarray  # of the noise, (N,)
    contraction: Contraction | None  # None over a horizon that is counted to its end
    horizon: int | None
    rtol: float
    method: str = "matrix-free"
    relative_error: float = 0.0
    siblings: tuple = ()

    def curve(self, V, lags):
        """J(k), (lags, d, d), and its sum over all lags, (d, d).

        Raises AccuracyError where conjugate gradients do not get to a single digit.
        """
        V = V / self.deviation[:, None]
        scale = 2.0 ** np.round(np.log2(np.abs(V).max() or 1.0))
        V = np.ascontiguousarray(V / scale, np.result_type(V, self.operator.matrix.dtype))
        values = np.zeros((lags, V.shape[1], V.shape[1]), V.dtype)
        if not V.any():
            return (values, np.zeros_like(values[0])), 0.0
        memory, error, left = self._all_lags(V)
        kept = min(lags, len(memory))
        values[:kept] = memory[:kept]
        total = memory.sum(axis=0)
        of_curve = max(error.max(), left if lags > len(memory) else 0.0) / np.abs(memory).max()
        of_total = (error.sum() + left) / np.abs(total).max()
        rounding = ULP * sqrt(len(V))
        return (values * scale**2, total * scale**2), float(max(of_curve, of_total) + rounding)

    def _all_lags(self, V) -> tuple[np.ndarray, np.ndarray, float]:
        """J(k) until it is negligible, (K, d, d), bounds on the errors, (K,), and on the sum of what is left."""
        terms, largest = self._terms(V)
        later = self._later(V, self.rtol / 8 * largest)
        powers, moved = _powers(self.operator.forward, V), _powers(self.moved.forward, V)
        memory: list[np.ndarray] = []
        error: list[float] = []
        rtol, d, lags = self.rtol, V.shape[1], len(later) - 1
        progress = Progress(f"{lags} lags of {len(V)} units, {terms} terms of C")
        for start in range(0, lags, max(1, BLOCK // d)):
            count = min(max(1, BLOCK // d), lags - start)
            B, moved_B = (np.hstack([next(each) for _ in range(count)]) for each in (powers, moved))
            aim = rtol / (3 * lags * d) * largest
            told = progress.part(start / lags, count / lags)
            block, errors, terms = self._memory(B, moved_B, d, terms, aim, told)
            memory.extend(block)
            error.extend(errors)
            largest = float(np.abs(np.sum(memory, axis=0)).max())
            reached = max(error) / np.abs(memory[0]).max()
            if not reached < USEFUL:
                raise AccuracyError(float(np.nan_to_num(reached, nan=np.inf)), self.rtol, reason=self._why_not(reached))
            rtol = max(rtol, reached)  # what one block could not reach, the others need not
        return np.array(memory), np.array(error), float(later[-1])

    def _why_not(self, reached: float) -> str:
        if not np.isfinite(reached):
            return "the powers of recurrent overflow; take a shorter horizon=n"
        gigabytes = 5 * 8 * self.operator.matrix.shape[0] ** 2 / 2**30
        return (
            f"the noise covariance is so ill-conditioned that {STEPS} steps of conjugate gradients do not solve it; "
            f"take a shorter horizon=n, or pass recurrent.toarray() if {gigabytes:.0f} GB of memory are there"
        )

    def _memory(self, B, moved_B, d: int, terms: int, aim: float, told: Told) -> tuple[np.ndarray, np.ndarray, int]:
        """J(k) of the lags in B, (K, d, d), bounds on their errors, (K,), and the terms of the series that it took."""
        X, longer = np.zeros_like(B), terms
        for _ in range(ROUNDS):
            terms = longer
            apply = partial(self.operator.covariance, terms=terms, room=self.operator.room_for(X, terms))
            X = conjugate_gradients(apply, B, X, aim, told)
            squares, omitted, longer = self._omitted(X, terms, aim)
            if longer == terms:
                break
        R = B - apply(X)
        moved = _squares(self.moved.backward, X, terms).sum(axis=0) - squares.sum(axis=0)
        change = np.abs(2 * _inner(X, moved_B - B).real - moved)
        error = np.maximum(omitted, _inner(R, R).real) + SAFETY * change
        lags = [array.reshape(len(B), -1, d).transpose(1, 0, 2) for array in (B, X, R)]
        memory = lags[0].conj().transpose(0, 2, 1) @ lags[1] + lags[1].conj().transpose(0, 2, 1) @ lags[2]
        memory = (memory + memory.conj().transpose(0, 2, 1)) / 2
        return memory, error.reshape(-1, d).sum(axis=1), longer

    def _terms(self, V) -> tuple[int, float]:
        """The terms of the series that matter for lag 0, as x = s V shows them, and a lower bound on the largest J(0).

        J(0) >= 2 Re x* v - x* C x for any x, and the best s makes that ||v||^4 / v* C v.
        """
        squares, rest = self._until(self.operator.backward, V, lambda total: self.rtol / (8 * SHARED) * total)
        largest = float((squares[0] ** 2 / (squares.sum(axis=0) + rest))[squares[0] > 0].max())
        if self.contraction is None or len(squares) == self.horizon:
            return len(squares), largest
        return max(1, len(squares) - self.contraction.steps), largest

    def _later(self, V, floor: float) -> np.ndarray:
        """Bounds on J(k) + J(k + 1) + ... for k = 0 ... K, the last of them the first below `floor`.

        J(k) <= ||W^k V||^2.
        """
        squares, rest = self._until(self.operator.forward, V, lambda total: floor / len(total))
        later = np.append(np.cumsum(squares.sum(axis=1)[::-1])[::-1], 0.0) + rest.sum()
        return later[: 1 + max(1, int(np.argmax(later <= floor)))]

    def _until(self, step: Step, X, floor: Callable[[np.ndarray], Any]) -> tuple[np.ndarray, np.ndarray]:
        """||A^m x||^2 for m = 0, 1, ..., (m, c), until the last ones and all that follow are below `floor(their sum)`,
        and a bound on the sum of what follows.
        """
        squares: list[np.ndarray] = []
        total, rest = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        for power in islice(_powers(step, X), self.horizon):
            squares.append(_squared(power))
            total = total + squares[-1]
            if self.contraction is not None and len(squares) >= self.contraction.steps:
                last = np.array(squares[-self.contraction.steps :])
                rest = self.contraction.beyond(last)
                if np.all(last.sum(axis=0) + rest <= floor(total)):
                    break
        return np.array(squares), np.zeros_like(rest) if len(squares) == self.horizon else rest

    def _omitted(self, X, terms: int, aim: float) -> tuple[np.ndarray, np.ndarray, int]:
        """||W*^m x||^2 of the terms taken, (terms, c), a bound on the sum of the others, (c,), and how many terms
        bring it below `aim`.
        """
        if self.contraction is None or terms == self.horizon:
            return _squares(self.operator.backward, X, terms), np.zeros(X.shape[1]), terms
        squares = _squares(self.operator.backward, X, terms + self.contraction.steps)
        later = np.cumsum(squares[terms:][::-1], axis=0)[::-1]
        omitted, wanted = later[0] + self.contraction.beyond(squares), terms
        if omitted.max() > aim:
            enough = later.max(axis=1) <= aim / 4
            wanted += int(np.argmax(enough)) if enough.any() else len(later)
        return squares[:terms], omitted, min(wanted, self.horizon or wanted)


def form_matrix_free(
    W, deviation: np.ndarray, horizon: int | None, rtol: float, *, known_stable: bool = False
) -> MatrixFreeForm:
    """The form of a sparse W with independent noise of the given standard deviations, stationary or over a horizon.

    Raises UnstableNetworkError or UndecidedStabilityError of a network not seen to be stable, and AccuracyError of one
    whose series are too long to be summed.
    """
    scaled = sparse.csr_array(sparse.diags_array(1 / deviation) @ W @ sparse.diags_array(deviation))
    operator = Operator.of(scaled)
    contraction = _required_contraction(operator, horizon, rtol, known_stable)
    signs = 2 * np.random.default_rng(1).integers(0, 2, scaled.nnz) - 1
    moved = sparse.csr_array((scaled.data * (1 + ULP * signs), scaled.indices, scaled.indptr), scaled.shape)
    return MatrixFreeForm(operator, Operator.of(moved), deviation, contraction, horizon, rtol)


def radius_by_powers(W) -> Stability:
    """The spectral radius of a sparse matrix from above: that of W^p to the power 1 / p, by its norm."""
    upper = _find_contraction(Operator.of(W), LONG)[1]
    return Stability(upper, 0.0, upper)


def radius_by_arpack(operator: Operator, upper: float) -> Stability | None:
    """The spectral radius as ARPACK sees it, below the bound `upper`; None where it finds no eigenvalue.

    The lower bound is that of first order, ten times the residuals over the overlap of the eigenvectors.
    """
    start = np.random.default_rng(2).standard_normal(operator.matrix.shape[0])
    options = {"k": 2, "ncv": min(64, len(start)), "v0": start, "tol": 1e-6, "maxiter": RESTARTS}
    try:
        values, right = ssl.eigs(operator.matrix, **options)
        others, left = ssl.eigs(operator.adjoint, **options)
    except ssl.ArpackError:
        return None
    found = int(np.argmax(np.abs(values)))
    other = int(np.argmin(np.abs(others.conj() - values[found])))
    x, y, value = right[:, found], left[:, other], values[found]
    residual = np.linalg.norm(operator.matrix @ x - value * x) + np.linalg.norm(operator.adjoint @ y - value.conj() * y)
    lower = abs(value) - 10 * residual / max(abs(y.conj() @ x), ULP)
    return Stability(min(float(abs(value)), upper), max(float(lower), 0.0), upper)


def conjugate_gradients(apply: Step, B: np.ndarray, X: np.ndarray, aim: float, told: Told) -> np.ndarray:
    """X with A X = B, from the given X on, each column until its squared residual is below `aim`, or for
    `STEPS` steps.

    `apply` is X -> A X, A Hermitian and positive definite. `told` hears of the share done after each step: residuals
    fall as powers do. Hestenes & Stiefel (1952).
    """
    X, R = X.copy(), B - apply(X) if X.any() else B
    size = _squared(R)
    open_columns = np.flatnonzero(size > aim)
    R, size = np.take(R, open_columns, axis=1), size[open_columns]
    P, first = R.copy(), size.max(initial=aim)
    for _ in range(STEPS):
        if not len(open_columns):
            break
        AP = apply(P)
        step = size / _inner(P, AP).real
        X[:, open_columns] += step * P
        R -= step * AP
        before, size = size, _squared(R)
        P *= size / before
        P += R
        left = size > aim
        told(float(np.log(first / size.max()) / np.log(first / aim)) if left.any() else 1.0)
        if not left.all():
            open_columns, size = open_columns[left], size[left]
            R, P = np.compress(left, R, axis=1), np.compress(left, P, axis=1)
    return X


def _required_contraction(operator: Operator, horizon, rtol: float, known_stable: bool) -> Contraction | None:
    """A power that contracts; None where a horizon is short enough to be counted to its end."""
    contraction, upper = _find_contraction(operator, min(LONG, horizon or LONG))
    if contraction is not None or (horizon is not None and horizon <= LONG):
        return contraction
    undecided = horizon is None and not known_stable
    if undecided:
        _require_not_outside(radius_by_arpack(operator, upper))
    contraction, upper = _find_contraction(operator, min(LONGEST, horizon or LONGEST))
    if contraction is not None or (horizon is not None and horizon <= LONGEST):
        return contraction
    if undecided and not upper < 1:
        raise UndecidedStabilityError(0.0, upper)
    raise AccuracyError(
        np.inf,
        rtol,
        reason=f"recurrent decays so slowly that no power up to {LONGEST} is seen to halve every state; count the last "
        f"n <= {LONGEST} steps, horizon=n",
    )


@np.errstate(over="ignore", invalid="ignore")
def _find_contraction(operator: Operator, longest: int) -> tuple[Contraction | None, float]:
    """The first power with a norm of at most a half, and a bound on the spectral radius.

    An error e in a product grows to at most ||W^j|| e in j more steps.
    """
    W = abs(operator.matrix)
    rounding = ULP * (np.diff(W.indptr).max() + 2) * sqrt(W.sum(axis=0).max() * W.sum(axis=1).max())
    samples = _gaussian((W.shape[0], PROBES), operator.matrix.dtype)
    seen, upper = [sqrt(_squared(samples).max())], np.inf
    progress = Progress(f"at most {longest} powers of {W.shape[0]} units, until one contracts")
    for steps, power in enumerate(islice(_powers(operator.forward, samples), 1, longest + 1), start=1):
        progress.tell(steps / longest)
        seen.append(sqrt(_squared(power).max()))
        if not seen[-1] < np.inf:
            break
        lost = NORM_MARGIN * rounding * np.dot(seen[:-1], seen[-2::-1]) if seen[-1] else 0.0
        norm = float(NORM_MARGIN * (seen[-1] + lost))
        upper = min(upper, norm ** (1 / steps))
        if norm <= 0.5:
            return Contraction(steps, norm**2), upper
    return None, upper


def _gaussian(shape, dtype) -> np.ndarray:
    """Real, or complex of variance two: what shows a real or a complex matrix its norm."""
    rng = np.random.default_rng(0)
    real = rng.standard_normal(shape)
    return real + 1j * rng.standard_normal(shape) if dtype.kind == "c" else real


def _require_not_outside(radius: Stability | None) -> None:
    if radius is not None and radius.stable is False:
        raise UnstableNetworkError(radius.value)
    if radius is not None and radius.value >= 1:
        raise UndecidedStabilityError(radius.lower, radius.upper)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _stretch(X: np.ndarray, terms: int) -> int:
    """How many powers of a series are kept at a time."""
    return terms if terms * X.nbytes <= MEMORY else ceil(sqrt(terms))


def _powers(step: Step, X: np.ndarray) -> Iterator[np.ndarray]:
    """X, A X, A^2 X, ..., each computed when it is asked for."""
    yield X
    while True:
        X = step(X)
        yield X


def _squares(step: Step, X: np.ndarray, terms: int) -> np.ndarray:
    """||A^m x||^2 of every column, (terms, c)."""
    return np.array([_squared(power) for power in islice(_powers(step, X), terms)])


def _squared(X: np.ndarray) -> np.ndarray:
    return _inner(X, X).real


def _inner(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """x* y, column by column."""
    return np.einsum("ij,ij->j", X.conj(), Y)


def _add_product(matrix: sparse.csr_array, X: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out + A X, in place."""
    work = matrix.nnz * X.shape[1]
    kernel = kernels.add_product if work < LARGEST_SERIAL else kernels.add_product_threaded
    kernel(matrix.data, matrix.indices, matrix.indptr, X, out)
    return out
