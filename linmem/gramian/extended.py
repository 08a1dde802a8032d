r"""Hard networks in doubles, in input-normal coordinates that were found with more bits than doubles have.

`linmem.balls.coordinates` gives B and M = Y Q Y* of the exact coordinates y = Y h, where C_y is near the identity. From
there doubles do, and what they lose is bounded. Norms are spectral norms where nothing else is said.

* R = I - B B* - M is measured; D = sum_k B^k R B*^k is I - C_y. It is computed in doubles, to a residual s, and so to
  s x with x >= ||P||, P = sum_k B^k B*^k. With T the strictly lower triangle and half of the diagonal of -D,
  (I + T) (I + T)* = I - D + T T*: the coordinates (I + T)^-1 y have C = I to eta = (||T||^2 + s x) / (1 - ||T||)^2.
* X near P with ||X - B X B* - I|| <= e < 1 and X > 0 proves that the radius of W is below one (Lyapunov), and that
  P <= X / (1 - e). X > 0 where Cholesky's factorisation in doubles of X less a multiple of its rounding runs through
  (Rump 2006, BIT 46:433).
* B is a contraction in the norm of C^-1, so that z_{k+1} = B z_k + r_k is off by at most sum_j ||r_j||. It is one in
  the norm of X^-1 by the rate gamma, gamma^2 = 1 - (1 - e) / x, as well: the errors fade, and the smaller bound counts.

Contents
--------
ExtendedGramian, ExtendedFlow
    A stationary Gramian with B and S^-* known to the last bit of a double, and that of a flow.
extended_gramian
    Both, from a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.linalg as sl

from linmem.gramian.continuous import ContinuousGramian
from linmem.gramian.input_normal import VANISHED, InputNormalGramian
from linmem.gramian.quantities import Answer, sizes_by_pair
from linmem.gramian.request import Request
from linmem.linalg.blas import cholesky_lower, product, product_adjoint, squared_norm
from linmem.linalg.stein import ULP, accumulate
from linmem.linalg.structure import hermitian_part, norm_bound

if TYPE_CHECKING:
    from linmem.balls.coordinates import Coordinates

LARGEST = 400  # units: tens of seconds
LARGEST_TURN = 1e-3
LARGEST_ETA = 0.1
UPWARD = 1 + 1e-6  # more than the norms and sums of bounds lose


@dataclass(frozen=True, eq=False, kw_only=True)
class ExtendedGramian(InputNormalGramian):
    """A stationary Gramian in exact coordinates, and what is proved about it.

    Attributes
    ----------
    contraction, step_error
        B, (N, N), and a bound of how far it is from that of the coordinates.
    coordinates, turn
        Y, and T of the coordinates (I + T)^-1 Y.
    largest_sum, decay
        Bounds of ||P||, P = sum_k B^k B*^k, and of gamma < 1.
    eta
        C is within a factor 1 +- eta of I.
    """

    contraction: np.ndarray
    step_error: float
    coordinates: Coordinates
    turn: np.ndarray
    largest_sum: float
    decay: float
    eta: float

    @property
    def step(self) -> np.ndarray:
        """B, (N, N)."""
        return self.contraction

    def whitened(self, columns: np.ndarray) -> np.ndarray:
        """S^-* X."""
        return self._states(columns)[0]

    def trajectory(self, request: Request, lags: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """B^k b for k = 0, 1, ..., one lag at a time, and a bound of the drift of each.

        One product a lag: what it loses is known, where powers of B would lose more.
        """
        state, error = self._states(request.columns)
        drift = faded = float(np.sqrt(error @ error))
        lost = self._lost_by_step
        for _ in range(lags):
            yield state, np.array([self._drift(drift, faded)])
            length = np.sqrt(squared_norm(state))
            if length < VANISHED:
                return
            drift += lost * length
            faded = self.decay * faded + lost * length
            state = product(self.contraction, state)

    def spatial_fisher_memory(self, request: Request) -> Answer:
        """J^s = S^-1 T S^-*, (N, N), T = sum_k B*^k B^k."""
        inverse, errors = self._states(np.eye(len(self.factor)))
        T, error = self._summed
        spatial = hermitian_part(product(inverse.conj().T, product(T, inverse)))
        answer = Answer.within(self.relative_error + error, self.method, (spatial, sizes_by_pair(spatial)))
        deviation = np.sqrt(np.abs(np.diag(spatial)))
        moved = np.sqrt(norm_bound(T)) * errors
        moduli = np.abs(inverse)
        rounding = rounding_of_sums(2 * len(T), T) * product(moduli.T, product(np.abs(T), moduli))
        return answer.widened(np.outer(moved, deviation + moved) + np.outer(deviation, moved) + rounding)

    # A readout with noise of its own needs S beside its inverse, where doubles lose digits: other methods follow.

    def memory_function(self, request: Request) -> Answer | None:
        """m(k), (lags, d, d), the capacity and the information."""
        return None if request.readout_noise else super().memory_function(request)

    def snr_curve(self, request: Request) -> Answer | None:
        """Fisher memory behind a noisy readout, (lags, d, d)."""
        return None if request.readout_noise else super().snr_curve(request)

    def nuisance_information(self, request: Request) -> Answer | None:
        """1 / [F^-1]_kk, (lags, d)."""
        return None if request.readout_noise else super().nuisance_information(request)

    def summed_steps(self, horizon: int | None) -> np.ndarray:
        """T = sum_k B*^k B^k over all lags."""
        return self._summed[0]

    @property
    def accumulated_rounding(self) -> float:
        """What a sum G = sum_k B^k b b* B*^k loses by B, over ||G||."""
        return 2 * self._lost_by_step * self.largest_sum

    def _later_memory(self, last: np.ndarray, drift: float, terms: int | None) -> tuple[np.ndarray, float]:
        T, error = self._summed
        state = product(self.contraction, last)
        memory = state.conj().T @ product(T, state)
        moved = np.sqrt(norm_bound(T)) * (drift + self._lost_by_step * np.sqrt(squared_norm(last)))
        amount = float(np.trace(memory).real)
        return memory, error * amount + (2 * np.sqrt(amount) + moved) * moved

    @cached_property
    def _summed(self) -> tuple[np.ndarray, float]:
        """T, and a bound of its relative error in the Loewner order."""
        T = hermitian_part(accumulate(self.contraction.conj().T)[0])
        residual = residual_of_series(self.contraction.conj().T, T, self.step_error)
        if not (residual < 1 and self.eta < 1):
            return T, np.inf
        return T, float((1 / ((1 - self.eta) * (1 - residual)) - 1) * UPWARD)

    @cached_property
    def _lost_by_step(self) -> float:
        """What a product with B loses of a vector of length one."""
        size = len(self.contraction)
        rounding = rounding_of_sums(size, self.contraction) * norm_bound(self.contraction)
        return float((rounding + self.step_error) * UPWARD)

    def _drift(self, plain: float, faded: float) -> float:
        """The smaller of the two bounds of the drift, in the norm of C^-1."""
        return float(min(plain, np.sqrt(self.largest_sum) * faded) * UPWARD)

    def _states(self, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(I + T)^-1 Y X, and a bound of the error of each column."""
        states, errors = self.coordinates.states(columns)
        turned = states - _solve_turn(self.turn, product(self.turn, states))
        t = np.sqrt(squared_norm(self.turn))
        lost = (ULP + 4 * t * rounding_of_sums(len(states), states)) * np.linalg.norm(states, axis=0)
        return turned, (errors / (1 - t) + lost) * UPWARD


@dataclass(frozen=True, eq=False, kw_only=True)
class ExtendedFlow(ContinuousGramian):
    """The same in continuous time: `stepped` holds the coordinates, in which B = S^-* A S* is known as well."""

    stepped: ExtendedGramian

    def whitened(self, columns: np.ndarray) -> np.ndarray:
        """S^-* X."""
        return self.stepped.whitened(columns)

    @cached_property
    def flow(self) -> np.ndarray:
        """B = S^-* A S*, (N, N), B + B* = -S^-* Q S^-1."""
        return self._flow[0]

    @cached_property
    def flow_rounding(self) -> float:
        """How far B may be off, in ulps, and what its exponential loses."""
        return float(self._flow[1] / ULP + np.sqrt(squared_norm(self.flow)))

    @property
    def relative_error(self) -> float:
        """That of the coordinates, which hold the Cayley transform to more bits."""
        return self.stepped.relative_error

    @cached_property
    def summed_flow(self) -> tuple[np.ndarray, float]:
        """T = int_0^inf e^{B* t} e^{B t} dt, (N, N), and its relative error in the Loewner order."""
        T, error = super().summed_flow
        r = error + 2 * self._flow[1] * norm_bound(T)
        return T, r if r < 1 else np.inf

    @cached_property
    def _flow(self) -> tuple[np.ndarray, float]:
        coordinates, turn = self.stepped.coordinates, self.stepped.turn
        t = float(np.sqrt(squared_norm(turn)) * UPWARD)
        return _turned_step(turn, *coordinates.nearest(coordinates.flow), t)


def extended_gramian(network: Any) -> ExtendedGramian | ExtendedFlow | None:
    """The stationary Gramian for noise of mean variance one; None where nothing could be proved."""
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.coordinates import near_identity

    W, continuous = network.dense(), network.is_continuous
    try:
        coordinates = near_identity(W, network.covariance, network.noise_variance, continuous)
    except (InconclusiveError, ZeroDivisionError, OverflowError):
        return None
    gramian = _in_doubles(coordinates)
    if gramian is None or not continuous:
        return gramian
    return ExtendedFlow(stepped=gramian, drift=W, noise=network.unit_noise)


def _in_doubles(coordinates: Coordinates) -> ExtendedGramian | None:
    """The coordinates turned to C = I, with B as doubles and all bounds; None where they prove nothing."""
    factor = coordinates.factor
    rough, rough_error = coordinates.nearest(coordinates.step)
    R, residual_error = coordinates.residual()
    D = _series_of_indefinite(rough, R)
    missing = _size_of_residual(rough, D, R, rough_error) + residual_error
    turn = -np.tril(D, -1) - np.diag(np.diag(D).real) / 2
    t = float(np.sqrt(squared_norm(turn)) * UPWARD)
    if not (t < LARGEST_TURN and np.isfinite(factor).all()):
        return None
    B, step_error = _turned_step(turn, rough, rough_error, t)
    largest_sum, residual = _bound_of_sum(B, step_error)
    # the sum of the powers before the turn is at most ((1 + t) / (1 - t))^2 times that after it
    eta = float((t**2 + missing * largest_sum * ((1 + t) / (1 - t)) ** 2) / (1 - t) ** 2 * UPWARD)
    if not (residual < 1 and eta < LARGEST_ETA):
        return None
    return ExtendedGramian(
        method="extended",
        factor=factor + product(turn.conj().T, factor),
        relative_error=eta / (1 - eta) + 4 * rounding_of_sums(len(B) + 2, B),
        contraction=B,
        step_error=step_error,
        coordinates=coordinates,
        turn=turn,
        largest_sum=largest_sum,
        decay=float(np.sqrt(1 - 1 / largest_sum) * (1 + 4 * ULP)),
        eta=eta,
    )


def _turned_step(turn: np.ndarray, B: np.ndarray, error: float, t: float) -> tuple[np.ndarray, float]:
    """(I + T)^-1 B (I + T) = B + (I + T)^-1 (B T - T B), and a bound of its error: only the small part is rounded."""
    small = _solve_turn(turn, product(B, turn) - product(turn, B))
    norm = norm_bound(B)
    rounding = rounding_of_sums(3 * len(B), B) * 4 * t * np.sqrt(squared_norm(B)) + ULP * np.sqrt(squared_norm(B))
    return B + small, float((error * (1 + t) / (1 - t) + rounding + ULP * t * norm) * UPWARD)


def _solve_turn(turn: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(I + T)^-1 X."""
    unit = np.eye(len(turn)) + turn
    return sl.solve_triangular(unit, columns, lower=True, check_finite=False)


def _series_of_indefinite(B: np.ndarray, R: np.ndarray) -> np.ndarray:
    """sum_k B^k R B*^k for a small Hermitian R, as the difference of two positive series."""
    size = float(np.sqrt(squared_norm(R)))
    if not size:
        return np.zeros_like(R)
    two = 2 * np.eye(len(R))
    return hermitian_part(size * (accumulate(B, R / size + two)[0] - accumulate(B, two)[0]))


def _bound_of_sum(B: np.ndarray, step_error: float) -> tuple[float, float]:
    """A bound x of ||P||, P = sum_k B^k B*^k, and the residual e that proves it; infinite without a proof."""
    X = hermitian_part(accumulate(B)[0])
    residual = residual_of_series(B, X, step_error)
    if not (residual < 1 and _is_positive(X)):
        return np.inf, np.inf
    largest = float(sl.eigvalsh(X, subset_by_index=[len(X) - 1, len(X) - 1], check_finite=False)[0]) * UPWARD
    if not _is_positive(largest * np.eye(len(X)) - X):
        largest = norm_bound(X) * UPWARD
    return float(largest / (1 - residual) * UPWARD), residual


def residual_of_series(B: np.ndarray, X: np.ndarray, step_error: float) -> float:
    """A bound of ||X - B X B* - I|| for every B within `step_error`."""
    return _size_of_residual(B, X, np.eye(len(X)), step_error)


def _size_of_residual(B: np.ndarray, X: np.ndarray, Q: np.ndarray, step_error: float) -> float:
    """A bound of ||X - B X B* - Q|| for Hermitian X and every B within `step_error`."""
    E = X - product_adjoint(product(B, X), B) - Q
    moduli, size = np.abs(B), np.abs(X)
    rounded = size + product_adjoint(product(moduli, size), moduli) + np.abs(Q)
    rounding = rounding_of_sums(2 * len(X) + 4, B) * np.sqrt(squared_norm(rounded))
    of_step = (2 * norm_bound(B) + step_error) * step_error * np.sqrt(squared_norm(X))
    return float((np.sqrt(squared_norm(E)) + rounding + of_step) * UPWARD)


def _is_positive(X: np.ndarray) -> bool:
    """Whether X > 0 is proved: X less twice what its factorisation may lose is factorised in doubles (Rump 2006)."""
    lost = 2 * rounding_of_sums(len(X) + 2, X) * float(np.trace(X).real) * UPWARD
    return cholesky_lower(X - lost * np.eye(len(X))) is not None


def rounding_of_sums(count: int, *arrays: np.ndarray) -> float:
    """n u / (1 - n u): what a sum of n products loses, relative to that of the moduli (Higham 2002, section 3.1)."""
    lost = count * ULP / 2 * (4 if any(map(np.iscomplexobj, arrays)) else 1)
    return lost / (1 - lost)
