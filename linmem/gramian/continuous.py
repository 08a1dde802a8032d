r"""Continuous time, by the methods of discrete time.

The Cayley transform turns A into W = (I - h A)^-1 (I + h A), and A C + C A* = -Q into C = W C W* + P Q P* with
P = sqrt(2 h) (I - h A)^-1. The network (W, P V) with that noise has the same stationary covariance and the same total
memory, and J^s = P* J^s_W P. Only J(t) itself needs e^{A t}, a contraction in input-normal coordinates, as W is.

Contents
--------
ContinuousGramian, gramian_of_flow
    A discrete Gramian of the Cayley transform, and what leads back to continuous time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import InputNormalGramian, repeated, squared_amplitudes
from linmem.gramian.quantities import Answer, Gramian, sizes_by_lag, sizes_by_pair
from linmem.gramian.request import Request
from linmem.linalg.blas import product, product_adjoint, squared_norm
from linmem.linalg.expm import exponential
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled

POWER_ITERATIONS = 6  # enough for two thirds of the norm of a random matrix

Build = Callable[[np.ndarray, np.ndarray | None, int | None], InputNormalGramian | None]


@dataclass(frozen=True, eq=False, kw_only=True)
class ContinuousGramian(Gramian):
    """A discrete Gramian of the Cayley transform, the drift A, and the input transform P."""

    stepped: InputNormalGramian
    drift: np.ndarray
    kick: np.ndarray
    perturbed: tuple[Gramian, ...] = ()

    @property
    def method(self) -> str:  # type: ignore[override]
        """The computation that gave the discrete Gramian."""
        return self.stepped.method

    @property
    def relative_error(self) -> float:
        """That of the discrete Gramian."""
        return self.stepped.relative_error

    def fisher_memory_curve(self, request: Request) -> Answer:
        """J(t) at the given times, (K, d, d), and its integral over all times, (d, d)."""
        V, times = request.columns, request.lags
        amplitudes = self._trajectory(V, times).reshape(len(V), len(times), V.shape[1])
        values = squared_amplitudes(amplitudes)
        of_steps = replace(request, columns=product(self.kick, V), lags=1)
        of_total = self.stepped.fisher_memory_curve(of_steps)
        of_curve = self._answer(times, values, sizes_by_lag(values))
        return of_curve.with_part_of(of_total, 1)

    def fisher_memory_matrix(self, request: Request) -> Answer:
        """J(t, t'), (K, K, d, d)."""
        count, d = len(request.lags), request.columns.shape[1]
        rows = self._trajectory(request.columns, request.lags).conj().T
        matrix = product_adjoint(rows, rows).reshape(count, d, count, d).transpose(0, 2, 1, 3)
        return self._answer(request.lags, matrix, sizes_by_pair(matrix))

    def spatial_fisher_memory(self, request: Request) -> Answer:
        """J^s = P* J^s_W P, (N, N)."""
        answer = self.stepped.spatial_fisher_memory(request)
        spatial = product(self.kick.conj().T, product(answer.numbers[0], self.kick))
        return Answer.within(answer.relative_error, self.method, (spatial, sizes_by_pair(spatial)))

    def noise_covariance(self, request: Request) -> Answer:
        """C, (N, N)."""
        return self.stepped.noise_covariance(request)

    def noise_covariance_factor(self, request: Request) -> Answer:
        """S, (N, N)."""
        return self.stepped.noise_covariance_factor(request)

    def _answer(self, times: np.ndarray, numbers: np.ndarray, sizes: np.ndarray) -> Answer:
        """Numbers that come from e^{B t} at all times."""
        answer = Answer.within(self.relative_error, self.method, (numbers, sizes))
        # an error of e^{B t} is relative to b, and not to what is left of it
        of_exponential = self._rounding(times) * np.sqrt(sizes * sizes.max(initial=0.0))
        return replace(answer, errors=(answer.errors[0] + of_exponential,))

    def _trajectory(self, V: np.ndarray, times: np.ndarray) -> np.ndarray:
        """e^{B t} b at all times, (N, K d): one exponential for an even grid, one for each step of an uneven one."""
        S = self.stepped.factor
        B = sl.solve_triangular(S, product_adjoint(self.drift, S), trans="C", check_finite=False)
        state = sl.solve_triangular(S, V, trans="C", check_finite=False)
        if times[0] > 0:
            state = product(exponential(B * times[0]), state)
        spans = np.diff(times)
        if not len(spans):
            return state
        mean = (times[-1] - times[0]) / len(spans)
        if np.abs(spans - mean).max() <= 8 * ULP * times[-1]:
            states = list(repeated(exponential(B * mean), state, len(times)))
        else:
            states = [state]
            for span in spans:
                states.append(product(exponential(B * span), states[-1]))
        known = np.concatenate(states, axis=1)
        vanished = len(times) * V.shape[1] - known.shape[1]
        return np.pad(known, ((0, 0), (0, vanished)))

    def _rounding(self, times: np.ndarray) -> float:
        """B is off by about the condition of S, and e^{B t} by that times t."""
        size_of_drift = np.sqrt(squared_norm(self.drift))
        condition = squared_norm(self.stepped.factor) * squared_norm(self.kick)
        growth = condition**0.25 * size_of_drift * times[-1]
        return float(4 * ULP * (len(times) + growth))


def gramian_of_flow(build: Build, A: np.ndarray, Q: np.ndarray | None, horizon: None) -> ContinuousGramian | None:
    """What `build` makes of the Cayley transform, with h = 1 / (2 ||A||_2): then I - h A is well conditioned."""
    identity = np.eye(len(A))
    h = 0.5 / max(_norm(A), np.finfo(float).tiny)
    resolvent = sl.inv(identity - h * A, check_finite=False)
    kick = np.sqrt(2 * h) * resolvent
    noise = product_adjoint(kick if Q is None else product(kick, Q), kick)
    noise = (noise + noise.conj().T) / 2
    stepped = build(product(resolvent, identity + h * A), noise, horizon)
    return None if stepped is None else ContinuousGramian(stepped=stepped, drift=A, kick=kick)


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
