r"""Paths whose weights are diagonal, as those of selective state-space layers: closed forms in O(N) a step.

Independent noise of variance 1 in every number of the state has a diagonal covariance, c <- a_t^2 c + 1, and

    J_T(k) = sum_i B_{T-k,i} B_{T-k,i}' phi_i(k)^2 / c_i,    phi(k) = a_T ... a_{T-k+1}.

All terms of c are positive, so that its relative error grows by three ulps a step at most, and phi loses half an ulp a
step. The terms of J(k) of one input are positive as well. Numbers of the state are shared among the threads.

Contents
--------
DiagonalSteps
    The steps of a path.
curve_of_diagonals, curves_of_diagonals
    J(k) after one step, and after every step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from linmem.gramian.diagonal import TINY
from linmem.gramian.methods import BestAnswer
from linmem.gramian.quantities import sizes_by_lag
from linmem.kernels import diagonal_paths as kernels
from linmem.kernels.threads import in_threads
from linmem.linalg.stein import ULP

STORED = 2**22  # numbers of the steps that are asked for at a time
BLOCK = 4096  # numbers of the state that one thread takes at a time
METHOD = "structured"

Chunk: TypeAlias = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class DiagonalSteps:
    """The steps of a path: `chunk(start, stop)` is the diagonals of A, (n, N), and B, (n, N, d); both are real."""

    chunk: Callable[[int, int], Chunk]
    length: int
    size: int
    inputs: int

    def chunks(self, stop: int) -> Iterator[tuple[int, Chunk]]:
        """The number of the first step of some at a time, with their A and B."""
        count = max(1, STORED // (self.size * (1 + self.inputs)))
        for start in range(0, stop, count):
            A, B = self.chunk(start, min(start + count, stop))
            yield start, (np.ascontiguousarray(A), np.ascontiguousarray(B))

    def chunks_backwards(self, stop: int, lags: int) -> Iterator[tuple[int, Chunk]]:
        """The lag of the last step of some at a time, with their A and B, until `lags` are reached."""
        count = max(1, STORED // (self.size * (1 + self.inputs)))
        lag = 0
        while lag < lags:
            start = max(stop - count, 0)
            A, B = self.chunk(start, stop)
            yield lag, (np.ascontiguousarray(A), np.ascontiguousarray(B))
            lag, stop = lag + stop - start, start

    @property
    def blocks(self) -> list[slice]:
        """The numbers of the state, some at a time."""
        return [slice(start, min(start + BLOCK, self.size)) for start in range(0, self.size, BLOCK)]


def curve_of_diagonals(steps: DiagonalSteps, stop: int, lags: int, rtol: float) -> BestAnswer:
    """J(k), (K, d, d), after `stop` steps."""
    variance, ahead = np.zeros(steps.size), np.ones(steps.size)
    blocks, d = steps.blocks, steps.inputs
    for _, (A, _) in steps.chunks(stop):
        in_threads(lambda some, A=A: kernels.add_noise(A[:, some], variance[some]), blocks)
    parts = np.zeros((len(blocks), lags, d, d))
    largest = 0.0
    for lag, (A, B) in steps.chunks_backwards(stop, lags):
        largest = max(largest, float(np.abs(B).max()))

        def backwards(place: int, lag: int = lag, A: np.ndarray = A, B: np.ndarray = B) -> None:
            some = blocks[place]
            kernels.memory_backwards(A[:, some], B[:, some], ahead[some], variance[some], parts[place], lag)

        in_threads(backwards, range(len(blocks)))
    values = parts.sum(axis=0)
    error = _error(values, largest, stop, steps.size, np.arange(lags))
    return BestAnswer((values,), (error,), (np.broadcast_to(sizes_by_lag(values), values.shape),), METHOD, rtol)


def curves_of_diagonals(steps: DiagonalSteps, lags: int, rtol: float) -> BestAnswer:
    """J_t(k), (min(t + 1, K), d, d), one array for each end t."""
    blocks, d = steps.blocks, steps.inputs
    variance, pulses = np.zeros(steps.size), [np.zeros((lags, some.stop - some.start, d)) for some in blocks]
    parts = np.zeros((len(blocks), steps.length, lags, d, d))
    largest = 0.0
    for first, (A, B) in steps.chunks(steps.length):
        largest = max(largest, float(np.abs(B).max()))

        def forwards(place: int, first: int = first, A: np.ndarray = A, B: np.ndarray = B) -> None:
            some = blocks[place]
            kernels.memory_at_all_ends(A[:, some], B[:, some], variance[some], pulses[place], parts[place], first)

        in_threads(forwards, range(len(blocks)))
    whole = parts.sum(axis=0)
    numbers = tuple(whole[t, : min(t + 1, lags)] for t in range(steps.length))
    errors = tuple(
        _error(values, largest, t + 1, steps.size, np.arange(len(values))) for t, values in enumerate(numbers)
    )
    sizes = tuple(np.broadcast_to(sizes_by_lag(values), values.shape) for values in numbers)
    return BestAnswer(numbers, errors, sizes, METHOD, rtol)


def _error(values: np.ndarray, largest: float, stop: int, size: int, lags: np.ndarray) -> np.ndarray:
    """A bound of the errors: of c after so many steps, of the products, of the sums in blocks, and below doubles."""
    relative = ULP * (8 + 3 * stop + lags + min(size, BLOCK) + size / BLOCK)
    lost = TINY * size * (1 + largest**2)
    return np.broadcast_to(relative[:, None, None] * sizes_by_lag(values) + lost, values.shape)
