r"""The network in the coordinates in which its noise is white.

C = S* S, y = S^-* h. There the step is B = S^-* W S*, the fresh noise has covariance I - B B* >= 0, and so B is a
contraction: however violently W amplifies on the way, seen against its own noise no step gains. All of memory is plain
geometry (balanced coordinates: Moore 1981):

    J(k) = ||B^k b||^2      J_kl = (B^k b)* B^l b      J_tot = b* T b      J^s = S^-1 T S^-*
    b = S^-* v              T = sum_k B*^k B^k

Powers of a contraction can be squared without loss, which powers of W cannot.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import product, product_adjoint, squared_norm
from linmem.linalg.stein import ULP, accumulate

BLOCK = 8  # lags propagated by one matrix product: more would cost more squarings than they save
VANISHED = 1e-160  # an amplitude whose square is no normal double: memory is zero from here on

Numbers = tuple[np.ndarray, ...]  # what is computed, for noise of mean variance one


@dataclass(frozen=True, eq=False, kw_only=True)
class BalancedForm:
    """S and B of a network: stationary, or of the last `horizon` steps (B is then no contraction, and all else holds).

    Each quantity comes with an upper estimate of its error, relative to its largest entry. `relative_error` is what
    went wrong with S and B. `siblings` are the same forms of networks that differ in the last bit of each weight: how
    far they differ is what rounding can do.
    """

    method: str
    factor: np.ndarray  # S, (N, N), upper triangular
    relative_error: float
    horizon: int | None = None
    siblings: tuple[BalancedForm, ...] = ()

    @property
    @abstractmethod
    def step(self) -> np.ndarray:
        """B, (N, N)."""

    def curve(self, V: np.ndarray, lags: int) -> tuple[Numbers, float]:
        """J(k), (lags, d, d), and its sum over all lags, (d, d)."""
        size, d = V.shape
        values = np.zeros((lags, d, d), np.result_type(V, self.factor))
        total = np.zeros((d, d), values.dtype)
        longest = self.horizon or max(lags, 8 * size // d)  # beyond that, T is cheaper than more lags
        known, left, worst, lost = 0, None, 0.0, 0.0
        for block, drift in self._trajectory(V, longest):
            amplitude = block.reshape(size, -1, d)
            memory = _squares(amplitude)
            moved = displacement(memory, drift)
            worst, lost = max(worst, moved.max()), lost + moved.sum()
            total += memory.sum(axis=0)
            kept = max(0, min(lags - known, len(memory)))
            values[known : known + kept] = memory[:kept]
            known += len(memory)
            if known >= lags and self.horizon is None:
                left = amplitude[:, -1]
                if self._negligible(left, total):
                    left = None
                    break
        if left is not None and known == longest:
            left = product(self.step, left)
            total += left.conj().T @ product(self._accumulated(), left)
        error = max(worst / np.trace(values[0]).real, lost / np.trace(total).real) if lost else 0.0
        return (values, total), self.relative_error + error

    def gram(self, V: np.ndarray, lags: int) -> tuple[Numbers, float]:
        """F_kl, (lags, lags, d, d)."""
        size, d = V.shape
        amplitude = np.zeros((size, lags * d), np.result_type(V, self.factor))
        known, drift = 0, np.zeros(1)
        for block, drift in self._trajectory(V, lags):
            amplitude[:, known : known + block.shape[1]] = block
            known += block.shape[1]
        gram = product_adjoint(amplitude.conj().T, amplitude.conj().T).reshape(lags, d, lags, d).transpose(0, 2, 1, 3)
        largest = np.trace(gram[0, 0]).real
        return (gram,), self.relative_error + (displacement(gram[0], drift[-1])[0] / largest if largest else 0.0)

    def spatial(self) -> tuple[Numbers, float]:
        """J^s, (N, N)."""
        seen = self._seen(np.eye(len(self.factor)))
        full = product(seen.conj().T, product(self._accumulated(), seen))
        return ((full + full.conj().T) / 2,), self.relative_error

    def covariance(self) -> tuple[Numbers, float]:
        """C, (N, N)."""
        return (product_adjoint(self.factor.conj().T, self.factor.conj().T),), self.relative_error

    def _trajectory(self, V, lags) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """B^k b for k = 0, 1, ... in blocks of columns (by lag, then input), and how far each lag may have drifted.

        It ends early where the signal has vanished.
        """
        for block in repeated(self.step, self._seen(V), lags):
            yield block, np.zeros(block.shape[1] // V.shape[1])

    def _seen(self, V) -> np.ndarray:
        """S^-* V."""
        return sl.solve_triangular(self.factor, V, trans="C", check_finite=False)

    def _negligible(self, last, total) -> bool:
        """Whether lags after `last` add less than an ulp of the total.

        What is left is w* J^s w <= N ||w||^2 / min eig Q, as trace(Q J^s) = N; the eigenvalue is left to the margin.
        """
        w = product(self.factor.conj().T, last)
        return bool(len(w) * squared_norm(w) < ULP / 16 * np.trace(total).real)

    def _accumulated(self) -> np.ndarray:
        """T = sum_k B*^k B^k over the horizon, or over all lags."""
        return accumulate(self.step.conj().T, terms=self.horizon)[0]


def _squares(amplitude: np.ndarray) -> np.ndarray:
    """Y_k* Y_k for each lag of Y, (N, K, d): (K, d, d)."""
    if amplitude.shape[2] == 1:
        return np.einsum("nka,nkb->kab", amplitude.conj(), amplitude)
    by_lag = amplitude.transpose(1, 0, 2)
    return by_lag.conj().transpose(0, 2, 1) @ by_lag


def repeated(step: np.ndarray, state: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """B^k b for k < count, in blocks of columns: a contraction may be squared. It ends early where nothing is left."""
    d, width = state.shape[1], 1
    while width < min(BLOCK, count):
        state = np.concatenate([state, product(step, state)], axis=1)
        step, width = product(step, step), 2 * width
    for start in range(0, count, width):
        if start:
            state = product(step, state)
        if np.abs(state).max() < VANISHED:
            return
        yield state[:, : (count - start) * d]


def displacement(memory: np.ndarray, drift: np.ndarray) -> np.ndarray:
    """By lag, what a drift of Y_k makes of the trace of Y_k* Y_k, (K, d, d), at most."""
    return (2 * np.sqrt(np.trace(memory, axis1=1, axis2=2).real) + drift) * drift
