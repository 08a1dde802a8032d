r"""Fisher memory of a time-varying network at all its end times in one pass.

The pulses that have entered are pushed forwards, X <- [B, A X], and J_t(k) are the squared lengths of the columns of
C_t^-1/2 X. Columns stand in a ring: that of step s in slot s mod K, until the pulse of step s + K takes its place.

Contents
--------
Ends
    J_t(k) at all ends, with the errors.
ends_by_cholesky, ends_by_square_root
    By a factorisation of C at each end, and by contractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem.gramian.quantities import NEAR_UNDERFLOW
from linmem.gramian.step_factors import orthonormal_and_triangle
from linmem.gramian.time_varying import (
    COPY,
    LARGEST,
    TRUSTED,
    Path,
    Readout,
    contractions,
    plus_noise,
    stacked,
)
from linmem.linalg.blas import cholesky_lower, product, product_adjoint, solve_lower, squared_norm
from linmem.linalg.stein import ULP

SAMPLED = 8  # of so many pulses one is followed twice


@dataclass(frozen=True, eq=False)
class Ends:
    """J_t(k), (T, K, d, d), 0 where k > t; how far lengths |y_k| have drifted relative to them, (T, K); and more.

    `is_zero` says where J_t(k) is exactly 0, (T, K, d, d), and not below the smallest double. `other` is the same with
    other roundings, or None. `relative_error` is of C, at each end, (T,).
    """

    values: np.ndarray
    is_zero: np.ndarray
    drift: np.ndarray
    relative_error: np.ndarray
    method: str
    other: np.ndarray | None = None


def ends_by_cholesky(path: Path, lags: int, readout: Readout) -> Ends | None:
    """J_t(k) by L of each C_t and L^-1 X; None where the noise is not regular, or rounding may have reached C."""
    ring = _Ring(path, lags)
    C = product_adjoint(path.start(), path.start())
    relative, of_state = np.zeros(path.length), 0.0
    for t, (A, B, G) in enumerate(path.forwards(path.length)):
        largest = float(C.diagonal().real.max())
        C = plus_noise(product_adjoint(product(A, C), A), G)
        seen, reading = readout.covariance(C), readout.of(ring.push(t, A, B))
        L = cholesky_lower(np.asfortranarray(seen)) if C.diagonal().real.max() < LARGEST else None
        least = path.least_noise(G)
        if L is None or not least > 0:
            return None
        # E <- K E K* + D, where D is at most |rounding of C| / least times 1 - K K*: E never exceeds the largest D
        rounding = ULP * np.sqrt(path.size) * (squared_norm(A) * largest + float(C.diagonal().real.max())) / least
        of_state = max(of_state, rounding)
        relative[t] = of_state + _rounding_of_readout(readout, C, L)
        if not relative[t] < TRUSTED:
            return None
        ring.measure(t, np.ascontiguousarray(solve_lower(L, reading)))
    extra = ULP * (8 + np.sqrt(path.size))
    return Ends(ring.by_lag(ring.values), ring.by_lag(ring.is_zero), ring.drift(), relative + extra, "cholesky")


def _rounding_of_readout(readout: Readout, C: np.ndarray, L: np.ndarray) -> float:
    """The rounding of O C O* over the least eigenvalue of O C O* + R = L L*."""
    if readout.matrix is None:
        return 0.0
    largest = float(C.diagonal().real.max()) * squared_norm(readout.matrix)
    return ULP * np.sqrt(len(C)) * largest * squared_norm(solve_lower(L, np.eye(len(L))))


def ends_by_square_root(path: Path, lags: int, readout: Readout) -> Ends | None:
    """J_t(k) by contractions, in two orders of the units; None where a noise is singular, or S overflows."""
    ring = _contracted_ends(path, lags, readout)
    other = _contracted_ends(path.with_other_rounding(), lags, readout.reversed())
    if ring is None or other is None:
        return None
    values, is_zero = ring.by_lag(ring.values), ring.by_lag(ring.is_zero)
    rounding = np.full(path.length, ULP * (8 + np.sqrt(path.size)))
    no_drift = np.zeros(values.shape[:2])
    return Ends(values, is_zero, no_drift, rounding, "square-root", other.by_lag(other.values))


def _contracted_ends(path: Path, lags: int, readout: Readout) -> _Ring | None:
    """The ring after the last step; None where a noise is singular, or S overflows."""
    if not readout.is_regular:
        return None
    ring = _Ring(path, lags, copies=False)
    for t, (S, K, b) in enumerate(contractions(path, path.length)):
        if S is None:
            return None
        X = ring.push(t, K, b)
        if not readout.is_whole_state:
            Z, _ = orthonormal_and_triangle(stacked(readout.of(S.conj().T), readout.noise_factor))
            X = product(Z[: path.size].conj().T, X)
        ring.measure(t, X)
    return ring


class _Ring:
    """The pulses of the last steps, each in its slot, and copies of some of them that round otherwise."""

    def __init__(self, path: Path, lags: int, *, copies: bool = True):
        self.lags, self.inputs, self.length = lags, path.inputs, path.length
        self.sampled = min(SAMPLED, max(1, lags // 2))
        self.copies = -(-lags // self.sampled) + 1 if copies else 0
        self.columns = np.zeros((path.size, (lags + self.copies) * path.inputs), path.dtype)
        self.values = np.zeros((path.length, lags, path.inputs, path.inputs), path.dtype)
        self.is_zero = np.zeros(self.values.shape, bool)
        self.moved = np.zeros((path.length, self.copies))

    def push(self, t: int, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        """The pulses after step t, (N, (K + copies) d)."""
        d = self.inputs
        # before the first step there is nothing to push, and a contraction starts from a space of another dimension
        pushed = product(A, self.columns) if t else self.columns
        slot = t % self.lags
        pushed[:, slot * d : (slot + 1) * d] = B
        if self.copies and t % self.sampled == 0:
            place = self.lags + self._copy_of(t)
            pushed[:, place * d : (place + 1) * d] = COPY * B
        self.columns = pushed
        return pushed

    def _copy_of(self, t: Any) -> Any:
        return t // self.sampled % self.copies

    def measure(self, t: int, whitened: np.ndarray) -> None:
        """Keep the products of whitened pulses, and how far the copies are from them."""
        y = whitened.reshape(len(whitened), self.lags + self.copies, self.inputs)
        pulses = y[:, : self.lags]
        if self.inputs == 1:
            self.values[t, :, 0, 0] = np.einsum("pk,pk->k", pulses[:, :, 0].conj(), pulses[:, :, 0])
        else:
            self.values[t] = np.einsum("pka,pkb->kab", pulses.conj(), pulses)
        if np.abs(np.einsum("kaa->ka", self.values[t])).min() < NEAR_UNDERFLOW:
            is_zero = (pulses == 0).all(axis=0)
            self.is_zero[t] = is_zero[:, :, None] | is_zero[:, None, :]
        if self.copies:
            self.moved[t] = self._distances(t, y)

    def _distances(self, t: int, y: np.ndarray) -> np.ndarray:
        """The distance of each copy from its pulse, (copies,), the largest of the inputs."""
        first = max(0, t - self.lags + 1)
        steps = np.arange(-(-first // self.sampled) * self.sampled, t + 1, self.sampled)
        difference = y[:, self.lags + self._copy_of(steps)] / COPY - y[:, steps % self.lags]
        lengths = np.sqrt(np.einsum("pki,pki->ki", difference, difference.conj()).real.max(axis=1))
        distances = np.zeros(self.copies)
        distances[self._copy_of(steps)] = lengths
        return distances

    def by_lag(self, by_slot: np.ndarray) -> np.ndarray:
        """`values` or `is_zero`, (T, K, d, d), by lags and not by slots; what stands where k > t has no meaning."""
        steps, lags = np.arange(self.length)[:, None], np.arange(self.lags)
        return by_slot[steps, (steps - lags) % self.lags]

    def drift(self) -> np.ndarray:
        """How far |y_k| may have drifted relative to it, (T, K): as far as the copies next to it have."""
        steps, lags = np.arange(self.length)[:, None], np.arange(self.lags)
        before = (steps - lags) // self.sampled * self.sampled  # the step of a copy at or before that of the pulse
        relative = np.zeros((self.length, self.lags))
        largest = np.sqrt(np.einsum("tkaa->tka", self.values).real.max(axis=2))
        for copied in (before, before + self.sampled):
            is_there = (copied >= 0) & (copied <= steps) & (steps - copied < self.lags)
            distance = self.moved[steps, self._copy_of(copied)]
            length = largest[steps, copied % self.lags]
            share = np.divide(distance, length, out=np.zeros_like(distance), where=length > 0)
            relative = np.maximum(relative, np.where(is_there, share, 0))
        return relative
