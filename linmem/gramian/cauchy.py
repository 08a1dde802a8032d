r"""Noise that enters with several inputs of a diagonal network: C_ij = b_i b_j* / (1 - l_i l_j*), by rows.

C - diag(l) C diag(l)* = B B* has as many columns as inputs, and so has what is left of C when a column of its factor is
taken off (the algorithm of Schur, for Cauchy-like matrices: Gohberg, Kailath & Olshevsky 1995). The row of mode j is
then b_j + (b_j p) (t_j - 1) p*, t_j = (l_j - l_n) / (1 - l_j l_n*), |t_j| <= 1, for the mode n and the direction p of
its own row: nothing grows, and of one input every entry of the factor is a product, known to a few ulps. The same
directions make the cascade in which C is the identity.

Contents
--------
CauchyGramian, cauchy_gramian
    The factor, the step and the start of that cascade, (N, N).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from linmem.gramian import readout
from linmem.gramian.diagonal import TINY, decoded_like_noise, require_affordable
from linmem.gramian.input_normal import InputNormalGramian
from linmem.gramian.quantities import Answer
from linmem.gramian.request import Request
from linmem.linalg.modes import Modes, inside_circle
from linmem.linalg.stein import ULP, accumulate

SEEDS = (1, 2)  # of networks that differ in the last bit of each number
KNOWN = 1 / 32  # the largest share of rounding in what is left of a row of input weights


@dataclass(frozen=True, eq=False, kw_only=True)
class CauchyGramian(InputNormalGramian):
    """The network in the coordinates of its cascade, (N, N).

    Attributes
    ----------
    contraction
        B, lower triangular.
    start
        S^-* V of the input with which the noise enters, (N, d).
    columns
        V itself.
    """

    contraction: np.ndarray
    start: np.ndarray
    columns: np.ndarray

    @property
    def step(self) -> np.ndarray:
        """B, (N, N)."""
        return self.contraction

    def whitened(self, columns: np.ndarray) -> np.ndarray:
        """S^-* X; of the input itself without a solve."""
        if np.array_equal(columns, self.columns):
            return self.start
        return super().whitened(columns)

    def trajectory(self, request: Request, lags: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """As of every Gramian in input-normal coordinates."""
        for block, drift in super().trajectory(request, lags):
            yield block, drift + 8 * ULP * len(self.factor)

    @cached_property
    def accumulated_rounding(self) -> float:
        """What a sum over all lags loses by B, relatively: a few ulps of B, times the norm of sum_k B^k B*^k."""
        with np.errstate(all="ignore"):
            sums = accumulate(self.step)[0], self.summed_steps(None)
            largest = max(float(np.linalg.norm(matrix)) for matrix in sums)  # of Frobenius: at least that of the sum
        return 8 * ULP * largest if largest < np.inf else np.inf

    def spatial_fisher_memory(self, request: Request) -> Answer:
        """J^s, (N, N)."""
        answer = super().spatial_fisher_memory(request)
        return answer.widened(self.accumulated_rounding * answer.sizes[0])

    def noise_covariance(self, request: Request) -> Answer:
        """C, (N, N)."""
        answer = super().noise_covariance(request)
        return answer.widened(TINY * len(self.factor))  # products of small numbers of S

    def _later_memory(self, last: np.ndarray, drift: float, terms: int | None) -> tuple[np.ndarray, float]:
        """The memory beyond the last lag, and its error."""
        memory, error = super()._later_memory(last, drift, terms)
        return memory, error + self.accumulated_rounding * float(np.trace(memory).real)

    def memory_function(self, request: Request) -> Answer | None:
        """m(k), (lags, d, d), the capacity and the information: a white signal has the covariance of noise, x times."""
        if request.autocovariance is not None:
            return super().memory_function(request)
        if request.readout_noise:  # sum_k y_k y_k* is the covariance of the noise, 1
            return readout.memory_function(self, request, np.eye(len(self.factor)))
        return decoded_like_noise(self.fisher_memory_curve(request), request, len(self.factor))

    def _is_all(self, request: Request, last: np.ndarray, total: np.ndarray) -> bool:
        return False  # the memory beyond is that of T

    def rounding_sensitivity(self, request: Request) -> Answer | None:
        """Not known here: noise would have to move with the input weights."""
        return None


def cauchy_gramian(modes: Modes, columns: np.ndarray) -> CauchyGramian | None:
    """The Gramian of noise that enters with the columns, (N, d), and those of two networks within rounding.

    None where the noise leaves a direction of the state free: modes of equal eigenvalues in the same direction.
    """
    require_affordable(modes)
    rows = modes.rows(columns)
    found = _factorised(modes, rows)
    if found is None:
        return None
    neighbours = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        moved = Modes(_moved(modes.eigenvalues, rng), modes.first, modes.second)
        neighbour = None if not np.all(moved.remainders > 0) else _factorised(moved, _moved(rows, rng))
        if neighbour is None:
            return None
        # the input of a neighbour is its own, moved as its modes are
        neighbours.append(CauchyGramian(**(neighbour | {"columns": found["columns"]})))
    return CauchyGramian(**found, perturbed=tuple(neighbours))


def _moved(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every part of every number moved by a relative ulp, up or down."""
    parts = np.ascontiguousarray(values).view(float)
    return (parts * (1 + ULP * (2 * rng.integers(0, 2, parts.shape) - 1))).view(values.dtype)


def _factorised(modes: Modes, rows: np.ndarray) -> dict[str, Any] | None:
    """The parts of a `CauchyGramian`, in the coordinates of the state."""
    pairs = modes.imaginary
    eigenvalues = np.empty(modes.size, np.result_type(modes.eigenvalues, complex if pairs.size else float))
    b = np.empty((modes.size, rows.shape[1]), np.result_type(rows, eigenvalues))
    eigenvalues[modes.first], b[modes.first] = modes.eigenvalues, rows
    eigenvalues[modes.second[pairs]], b[modes.second[pairs]] = modes.eigenvalues[pairs].conj(), rows[pairs].conj()
    with np.errstate(all="ignore"):
        L, step, start = _cascade(eigenvalues, b)
        for both in pairs:  # of a mode and its conjugate to its real and imaginary part
            own = [modes.first[both], modes.second[both]]
            L[own] = np.array([[0.5, 0.5], [-0.5j, 0.5j]]) @ L[own]
        for n in range(len(modes.first)):
            own = [modes.first[n]] if modes.second[n] < 0 else [modes.first[n], modes.second[n]]
            turn = _turned_to_triangle(L[np.ix_(own, own)])
            L[:, own], step[:, own] = L[:, own] @ turn, step[:, own] @ turn
            step[own], start[own] = turn.conj().T @ step[own], turn.conj().T @ start[own]
    is_finite = all(np.isfinite(array).all() for array in (L, step, start))
    if not is_finite or not np.all(np.diag(L).real > TINY / ULP):  # smaller numbers are not known to an ulp
        return None
    if pairs.size:  # the state is real then
        L, step, start = L.real, step.real, start.real
    factor = np.triu(L.conj().T)
    known = {"factor": factor, "contraction": step, "start": start, "columns": modes.columns(rows)}
    return known | {"method": "structured", "relative_error": 8 * ULP * len(factor)}


def _cascade(eigenvalues: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """L with C = L L*, lower triangular, and the step and the start of the cascade, of listed eigenvalues."""
    N, d = b.shape
    b, exponents = b.copy(), np.zeros(N, int)
    lost = np.zeros(N)  # rounding in each row of b
    remainders = inside_circle(eigenvalues)
    roots = np.sqrt(remainders)
    L, step = np.zeros((2, N, N), b.dtype)
    start = np.zeros((N, d), b.dtype)
    channel, held = np.eye(d, dtype=b.dtype), np.zeros((d, N), b.dtype)
    for n in range(N):
        # the rows by powers of two: L takes them as factors, and squares of what is left of a row would vanish
        by = np.frexp(np.maximum(np.abs(b[n:].real), np.abs(b[n:].imag)).max(axis=1))[1]
        b[n:], lost[n:] = _times_powers_of_two(b[n:], -by), np.ldexp(lost[n:], -by)
        exponents[n:] += by
        own = b[n]
        length = np.sqrt((own @ own.conj()).real)
        if not lost[n] < KNOWN * length:
            L[n:] = np.nan
            break
        p = own.conj() / length
        distance = eigenvalues[n:] - eigenvalues[n]
        # 1 - l_j l_n*, of which neither part is much larger than the sum
        below = remainders[n] - eigenvalues[n].conj() * distance
        along = b[n:] @ p
        L[n:, n] = _times_powers_of_two((along * roots[n] / below)[:, None], exponents[n:])[:, 0]
        passed = distance / below
        if d == 1:
            b[n:, 0] *= passed
        else:
            lost[n:] += 8 * ULP * np.sqrt(d) * np.linalg.norm(b[n:], axis=1)
            b[n:] += np.outer(along * (passed - 1), p.conj())
        step[n, :n], start[n] = roots[n] * (p.conj() @ held[:, :n]), roots[n] * (p.conj() @ channel)
        step[n, n] = eigenvalues[n]
        for signal in (channel, held):
            signal -= (1 + eigenvalues[n].conj()) * np.outer(p, p.conj() @ signal)
        held[:, n] = roots[n] * p
    return L, step, start


def _times_powers_of_two(rows: np.ndarray, exponents: np.ndarray) -> np.ndarray:
    """Each row times a power of two."""
    parts = np.ascontiguousarray(rows).view(float)
    return np.ldexp(parts, exponents[:, None]).view(rows.dtype)


def _turned_to_triangle(block: np.ndarray) -> np.ndarray:
    """A unitary T, (1, 1) or (2, 2), for which block T is lower triangular with a positive diagonal."""
    if len(block) == 1:
        return block.conj() / np.abs(block)
    orthogonal, upper = np.linalg.qr(block.conj().T)
    diagonal = np.diag(upper)
    return orthogonal * (diagonal / np.abs(diagonal))
