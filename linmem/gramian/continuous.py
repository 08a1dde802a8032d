r"""Continuous time, by the paths of discrete time.

The Cayley transform turns A into W = (I - h A)^-1 (I + h A), and A C + C A* = -Q into C = W C W* + P Q P* with
P = sqrt(2 h) (I - h A)^-1. The network (W, P V) of that noise has the same stationary covariance, the same total
memory, and J^s = P* J^s_W P; only J(t) itself needs e^{A t}, which is a contraction in balanced coordinates, as W is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import BalancedForm, Numbers, repeated
from linmem.linalg.blas import product, product_adjoint, squared_norm
from linmem.linalg.expm import exponential
from linmem.linalg.stein import ULP

POWER_ITERATIONS = 6  # enough for two thirds of the norm of a random matrix


@dataclass(frozen=True, eq=False, kw_only=True)
class FlowForm:
    """A discrete form of the Cayley transform, and what leads back to continuous time."""

    stepped: BalancedForm
    drift: np.ndarray  # A
    kick: np.ndarray  # P
    siblings: tuple[FlowForm, ...] = ()

    @property
    def method(self) -> str:
        return self.stepped.method

    @property
    def relative_error(self) -> float:
        return self.stepped.relative_error

    def curve(self, V: np.ndarray, times: np.ndarray) -> tuple[Numbers, float]:
        """J(t) at the given times, (K, d, d), and its integral over all times, (d, d)."""
        d = V.shape[1]
        amplitude = self._trajectory(V, times).reshape(len(V), len(times), d)
        values = np.einsum("nka,nkb->kab", amplitude.conj(), amplitude)
        (_, total), error = self.stepped.curve(product(self.kick, V), 1)
        return (values, total), error + self._rounding(times)

    def gram(self, V: np.ndarray, times: np.ndarray) -> tuple[Numbers, float]:
        """J(t, t'), (K, K, d, d)."""
        lags, d = len(times), V.shape[1]
        rows = self._trajectory(V, times).conj().T
        gram = product_adjoint(rows, rows).reshape(lags, d, lags, d).transpose(0, 2, 1, 3)
        return (gram,), self.relative_error + self._rounding(times)

    def spatial(self) -> tuple[Numbers, float]:
        """J^s, (N, N)."""
        (stepped,), error = self.stepped.spatial()
        return (product(self.kick.conj().T, product(stepped, self.kick)),), error

    def covariance(self) -> tuple[Numbers, float]:
        """C, (N, N)."""
        return self.stepped.covariance()

    def _trajectory(self, V, times):
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
        found = np.concatenate(states, axis=1)
        return np.pad(found, ((0, 0), (0, len(times) * V.shape[1] - found.shape[1])))

    def _rounding(self, times) -> float:
        """B is off by about the condition of S; e^{B t} by that times t."""
        S, A = self.stepped.factor, self.drift
        condition = (squared_norm(S) * squared_norm(self.kick)) ** 0.25
        return float(4 * ULP * (len(times) + condition * np.sqrt(squared_norm(A)) * times[-1]))


def form_of_flow(
    build: Callable[..., BalancedForm | None], A: np.ndarray, Q: np.ndarray | None, horizon: None
) -> FlowForm | None:
    """The form that `build` makes of the Cayley transform, with h = 1 / (2 ||A||_2): I - h A is well conditioned."""
    size = len(A)
    h = 0.5 / max(_norm(A), np.finfo(float).tiny)
    resolvent = sl.inv(np.eye(size) - h * A, check_finite=False)
    kick = np.sqrt(2 * h) * resolvent
    noise = product_adjoint(kick if Q is None else product(kick, Q), kick)
    stepped = build(product(resolvent, np.eye(size) + h * A), (noise + noise.conj().T) / 2, horizon)
    return None if stepped is None else FlowForm(stepped=stepped, drift=A, kick=kick)


def _norm(A: np.ndarray) -> float:
    """||A||_2 from below, by a few power iterations that begin with the largest row: a longer step h, fewer of them."""
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
    return estimate
