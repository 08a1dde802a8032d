r"""Continuous time, by the methods of discrete time.

The Cayley transform turns A into W = (I - h A)^-1 (I + h A), and A C + C A* = -Q into C = W C W* + P Q P* with
P = sqrt(2 h) (I - h A)^-1. In input-normal coordinates, C = I, e^{A t} is a contraction e^{B t}, B + B* = -S^-* Q S^-1,
and all of memory is made of it: J(t) = ||e^{B t} b||^2, J_tot = b* T b, J^s = S^-1 T S^-*, B* T + T B = -I. What the
transform loses shows in the residuals of these two equations.

Contents
--------
ContinuousGramian, gramian_of_flow
    A discrete Gramian of the Cayley transform, and what leads back to continuous time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import (
    InputNormalGramian,
    displacement,
    displacement_of_pairs,
    repeated,
    squared_amplitudes,
)
from linmem.gramian.quantities import Answer, Gramian, largest_entry, sizes_by_lag, sizes_by_pair
from linmem.gramian.request import Request
from linmem.linalg.blas import product, product_adjoint, solve_upper_adjoint, squared_norm
from linmem.linalg.expm import exponential
from linmem.linalg.stein import ULP, accumulate
from linmem.linalg.structure import scaled

POWER_ITERATIONS = 6  # enough for two thirds of the norm of a random matrix

Build = Callable[[np.ndarray, np.ndarray | None, int | None], InputNormalGramian | None]


@dataclass(frozen=True, eq=False, kw_only=True)
class ContinuousGramian(Gramian):
    """A discrete Gramian of the Cayley transform, which has the same C; the drift A, and the noise Q (None for I)."""

    stepped: InputNormalGramian
    drift: np.ndarray
    noise: np.ndarray | None
    perturbed: tuple[Gramian, ...] = ()

    @property
    def method(self) -> str:  # type: ignore[override]
        """The computation that gave the discrete Gramian."""
        return self.stepped.method

    def holds_memory(self, request: Request) -> bool:
        """Whether S holds what the input is measured against, as in discrete time."""
        neighbours = tuple(gramian.stepped for gramian in self.perturbed if isinstance(gramian, ContinuousGramian))
        return replace(self.stepped, perturbed=neighbours).holds_memory(request)

    @cached_property
    def inverse(self) -> np.ndarray:
        """S^-*, (N, N)."""
        return self.whitened(np.eye(len(self.drift)))

    def whitened(self, columns: np.ndarray) -> np.ndarray:
        """S^-* X."""
        return solve_upper_adjoint(self.stepped.factor, columns)

    @cached_property
    def flow(self) -> np.ndarray:
        """B = S^-* A S*, (N, N): the drift in input-normal coordinates, B + B* = -S^-* Q S^-1."""
        return solve_upper_adjoint(self.stepped.factor, product_adjoint(self.drift, self.stepped.factor))

    @cached_property
    def relative_error(self) -> float:
        """That of the discrete Gramian, and what the Cayley transform has lost.

        With R = A C + C A* + Q for the computed C, C is right to r where -r Q <= R <= r Q (Lyapunov): here in the
        coordinates where C = I, which no change of units alters.
        """
        noise = self.inverse if self.noise is None else product(self.inverse, self.noise)
        Q = product_adjoint(noise, self.inverse)
        R = self.flow + self.flow.conj().T + Q
        smallest = sl.eigvalsh((Q + Q.conj().T) / 2, subset_by_index=[0, 0], check_finite=False)[0]
        if not smallest > 0:
            return np.inf
        rounding = 4 * ULP * np.sqrt(squared_norm(self.flow))
        return float(self.stepped.relative_error + (np.sqrt(squared_norm(R)) + rounding) / smallest)

    @cached_property
    def summed_flow(self) -> tuple[np.ndarray, float]:
        """T = int_0^inf e^{B* t} e^{B t} dt, (N, N), and its relative error in the Loewner order.

        T is the series of the Cayley transform of B. Its residual R = B* T + T B + I is measured: where -r I <= R <=
        r I, the computed T is right to r.
        """
        B, identity = self.flow, np.eye(len(self.drift))
        resolvent, h = _resolvent(B)
        K = np.sqrt(2 * h) * resolvent
        step = product(resolvent, identity + h * B)
        T = accumulate(step.conj().T, product_adjoint(K.conj().T, K.conj().T))[0]
        R = product(T, B)
        R = R + R.conj().T + identity
        rounding = 4 * ULP * np.sqrt(squared_norm(B) * squared_norm(T))
        r = float(np.sqrt(squared_norm(R)) + rounding)
        return T, r if r < 1 else np.inf

    def fisher_memory_curve(self, request: Request) -> Answer:
        """J(t) at the given times, (K, d, d), and its integral over all times, (d, d)."""
        V, times = request.columns, request.lags
        amplitudes = self._trajectory(V, times).reshape(len(V), len(times), V.shape[1])
        values = squared_amplitudes(amplitudes)
        b, (T, error) = self.whitened(V), self.summed_flow
        total = product(b.conj().T, product(T, b))
        of_total = Answer.within(self.relative_error + error, self.method, (total, largest_entry(total)))
        rounding = 4 * ULP * np.sqrt(squared_norm(T)) * squared_norm(b)
        of_curve = Answer.within(self.relative_error, self.method, (values, sizes_by_lag(values)))
        of_curve = of_curve.widened(displacement(values, self._drift(V, times))[:, None, None])
        return of_curve.with_part_of(of_total.widened(rounding), 0)

    def fisher_memory_matrix(self, request: Request) -> Answer:
        """J(t, t'), (K, K, d, d)."""
        count, d = len(request.lags), request.columns.shape[1]
        rows = self._trajectory(request.columns, request.lags).conj().T
        matrix = product_adjoint(rows, rows).reshape(count, d, count, d).transpose(0, 2, 1, 3)
        answer = Answer.within(self.relative_error, self.method, (matrix, sizes_by_pair(matrix)))
        drift = self._drift(request.columns, request.lags)
        return answer.widened(displacement_of_pairs(matrix, drift)[:, :, None, None])

    def spatial_fisher_memory(self, request: Request) -> Answer:
        """J^s = S^-1 T S^-*, (N, N)."""
        T, error = self.summed_flow
        spatial = product(self.inverse.conj().T, product(T, self.inverse))
        answer = Answer.within(self.relative_error + error, self.method, (spatial, sizes_by_pair(spatial)))
        moduli = np.abs(self.inverse)
        rounding = 8 * ULP * product(moduli.T, product(np.abs(T), moduli))
        return answer.widened(rounding)

    def noise_covariance(self, request: Request) -> Answer:
        """C, (N, N)."""
        answer = self.stepped.noise_covariance(request)
        return Answer.within(self.relative_error, self.method, (answer.numbers[0], answer.sizes[0]))

    def noise_covariance_factor(self, request: Request) -> Answer:
        """S, (N, N)."""
        answer = self.stepped.noise_covariance_factor(request)
        return Answer.within(self.relative_error, self.method, (answer.numbers[0], answer.sizes[0]))

    def _trajectory(self, V: np.ndarray, times: np.ndarray) -> np.ndarray:
        """e^{B t} b at all times, (N, K d): one exponential for an even grid, one for each step of an uneven one."""
        B, state = self.flow, self.whitened(V)
        if times[0] > 0:
            state = product(exponential(B * times[0]), state)
        spans = np.diff(times)
        if not len(spans):
            return state
        mean = (times[-1] - times[0]) / len(spans)
        if np.abs(times - times[0] - mean * np.arange(len(times))).max() <= 4 * ULP * times[-1]:
            states = list(repeated(exponential(B * mean), state, len(times)))
        else:
            states = [state]
            for span in spans:
                states.append(product(exponential(B * span), states[-1]))
        known = np.concatenate(states, axis=1)
        vanished = len(times) * V.shape[1] - known.shape[1]
        return np.pad(known, ((0, 0), (0, vanished)))

    def _drift(self, V: np.ndarray, times: np.ndarray) -> np.ndarray:
        """How far e^{B t} b is off, (K,): e^{B t} is a contraction, off by at most t times what rounding leaves of B.

        The error is relative to b, and not to what is left of it.
        """
        length = np.sqrt(squared_norm(self.whitened(V)))
        return 4 * ULP * length * (1 + np.arange(len(times)) + self.flow_rounding * times)

    @cached_property
    def flow_rounding(self) -> float:
        """How far rounding moves B, in ulps: the triangular solve leaves one of |S^-*| |A| |S*| in each entry."""
        moduli = product_adjoint(np.abs(self.drift), np.abs(self.stepped.factor))
        return float(np.sqrt(squared_norm(product(np.abs(self.inverse), moduli))))


def gramian_of_flow(build: Build, A: np.ndarray, Q: np.ndarray | None, horizon: None) -> ContinuousGramian | None:
    """What `build` makes of the Cayley transform."""
    resolvent, h = _resolvent(A)
    kick = np.sqrt(2 * h) * resolvent
    noise = product_adjoint(kick if Q is None else product(kick, Q), kick)
    noise = (noise + noise.conj().T) / 2
    stepped = build(product(resolvent, np.eye(len(A)) + h * A), noise, horizon)
    return None if stepped is None else ContinuousGramian(stepped=stepped, drift=A, noise=Q)


def _resolvent(A: np.ndarray) -> tuple[np.ndarray, float]:
    """(I - h A)^-1 for h = 1 / (2 ||A||_2), and h: I - h A is well conditioned."""
    h = 0.5 / max(_norm(A), np.finfo(float).tiny)
    return sl.inv(np.eye(len(A)) - h * A, check_finite=False), h


def _norm(A: np.ndarray) -> float:
    """A lower estimate of ||A||_2 by a few power iterations from the largest row. A longer step h means fewer steps."""
    A, exponent = scaled(A)
    rows = (A * A.conj()).real.sum(axis=1)
    x = A[[np.argmax(rows)]].conj().T
    estimate = 0.0
    for _ in range(POWER_ITERATIONS):
        length = np.sqrt(squared_norm(x))
        if not length > 0:
            break
        y = product(A, x / length)
        estimate = float(np.sqrt(squared_norm(y)))
        x = product(A.conj().T, y)
    return float(np.ldexp(estimate, exponent))
