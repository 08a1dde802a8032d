r"""The structured method for diagonal networks: closed forms of each mode, without a matrix of N x N numbers.

Independent noise of equal variance in the state has a diagonal covariance, C_n = (1 - |l|^2n) / (1 - |l|^2), and
J(k) = sum |b|^2 |l|^2k / C_n, of which every term is positive.

Noise that enters with the one input has Q = b b*, and C_ij = b_i b_j* / (1 - l_i l_j*). In the coordinates of a cascade
of all-pass sections (see `linmem.linalg.all_pass`) C is the identity, J(k) is the squared length of a pulse in the
cascade, and neither b nor a solve is needed. Eigenvalues that are equal count once, and modes that the input does not
enter not at all: the noise does not enter them either.

Contents
--------
ModesGramian
    Noise in the state.
CascadeGramian
    Noise in one input.
decoded_like_noise
    The memory function of a signal that enters as the noise does.
require_affordable
    Refuse an N x N answer that would fill the memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.gramian.input_normal import displacement_of_pairs
from linmem.gramian.quantities import Answer, Gramian, largest_entry, sizes_by_lag, sizes_by_pair
from linmem.gramian.request import Request
from linmem.linalg.all_pass import Cascade
from linmem.linalg.blas import product_adjoint
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.modes import Modes
from linmem.linalg.stein import ULP

TINY = np.finfo(float).tiny


@dataclass(frozen=True, eq=False)
class ModesGramian(Gramian):
    """C of a diagonal network with noise of variance 1 in every number of the state."""

    modes: Modes
    horizon: int | None
    method: str = "structured"

    @cached_property
    def precision(self) -> tuple[np.ndarray, float]:
        """1 / C of each mode, (n,), and a bound on the relative error."""
        remainders = self.modes.remainders
        if self.horizon is None:
            return remainders, 4 * ULP
        exponents = self.horizon * np.log1p(-remainders)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            inverse = np.where(remainders == 0, 1 / self.horizon, remainders / -np.expm1(exponents))
        # an error of a growing power is one of its exponent; that of a decaying one counts as little as the power
        return inverse, ULP * (12 + 4 * float(max(exponents.max(), 0.0)))

    @cached_property
    def squares(self) -> np.ndarray:
        """|l|^2, (n,)."""
        own = self.modes.eigenvalues
        return own.real**2 + own.imag**2 if np.iscomplexobj(own) else own * own

    def fisher_memory_curve(self, request: Request) -> Answer:
        """J(k), (lags, d, d), and its sum over all lags, (d, d), which is that of |b|^2."""
        rows = self.modes.rows(request.columns)
        d = rows.shape[1]
        pairs = rows.conj()[:, :, None] * rows[:, None, :]
        weights = np.ascontiguousarray(pairs.reshape(len(rows), d * d).T)
        weights = weights if np.iscomplexobj(request.columns) else np.ascontiguousarray(weights.real)
        power, error = self.precision
        power, terms = power.copy(), np.empty_like(weights)
        curve = np.empty((request.lags, d * d), weights.dtype)
        for k in range(request.lags):
            np.multiply(weights, power, out=terms)
            curve[k] = terms.sum(axis=1)
            power *= self.squares
        values, total = curve.reshape(-1, d, d), weights.sum(axis=1).reshape(d, d)
        # numpy adds in pairs, of blocks of 128
        of_sum = ULP * (16 + np.log2(len(rows)))
        parts = (values, sizes_by_lag(values)), (total, largest_entry(total))
        answer = Answer.within(of_sum + 4 * ULP, self.method, *parts)
        by_lag = error + 4 * ULP * (1 + np.arange(request.lags))
        # powers below the smallest double, whose weight may be large
        lost = TINY * (1 + float(np.trace(total).real))
        return answer.widened(by_lag[:, None, None] * sizes_by_lag(values) + lost, 0.0)

    def fisher_memory_matrix(self, request: Request) -> Answer:
        """J_kl, (lags, lags, d, d)."""
        (size, d), lags = request.columns.shape, request.lags
        inverse, error = self.precision
        own = self.modes.eigenvalues[:, None]
        powers = np.cumprod(np.hstack([np.ones_like(own), np.broadcast_to(own, (len(own), lags - 1))]), axis=1)
        amplitudes = np.sqrt(inverse)[:, None, None] * powers[:, :, None] * self.modes.rows(request.columns)[:, None, :]
        columns = self.modes.columns(amplitudes.reshape(len(own), lags * d))
        rows = columns.conj().T
        matrix = product_adjoint(rows, rows).reshape(lags, d, lags, d).transpose(0, 2, 1, 3)
        # the length of the columns of each lag, whose square, on the diagonal, may be below the smallest double
        by_lag = np.abs(columns).reshape(-1, lags, d).transpose(1, 0, 2).reshape(lags, -1)
        largest = by_lag.max(axis=1)
        shares = np.divide(by_lag, largest[:, None], out=np.zeros_like(by_lag), where=largest[:, None] > 0)
        lengths = largest * np.linalg.norm(shares, axis=1)
        sizes = np.outer(lengths, lengths)[:, :, None, None]
        answer = Answer.within(error + ULP * size, self.method, (matrix, sizes))
        drifts = (4 * np.arange(lags) + 8) * ULP * lengths + TINY * (1 + lengths[0])
        moved = np.outer(lengths, drifts)
        moved = moved + moved.T + np.outer(drifts, drifts) + ULP * TINY * size
        return answer.widened(moved[:, :, None, None])

    def spatial_fisher_memory(self, request: Request) -> Answer:
        """J^s, the identity, (N, N)."""
        return self._diagonal(np.ones(len(self.modes.eigenvalues)), 0.0)

    def noise_covariance(self, request: Request) -> Answer:
        """C, (N, N), diagonal."""
        inverse, error = self.precision
        return self._diagonal(1 / inverse, error + ULP)

    def noise_covariance_factor(self, request: Request) -> Answer:
        """S, (N, N), diagonal."""
        inverse, error = self.precision
        return self._diagonal(1 / np.sqrt(inverse), error + 2 * ULP)

    def _diagonal(self, of_modes: np.ndarray, error: float) -> Answer:
        require_affordable(self.modes)
        entries = np.empty(self.modes.size)
        entries[self.modes.first] = of_modes
        entries[self.modes.second[self.modes.imaginary]] = of_modes[self.modes.imaginary]
        matrix = np.diag(entries)
        return Answer.within(error, self.method, (matrix, matrix))


def require_affordable(modes: Modes) -> None:
    """Raise where an N x N answer would fill the memory."""
    if modes.size > LARGEST_DENSE:
        raise InvalidNetworkError(
            f"the state has {modes.size} numbers; an N x N answer is given up to {LARGEST_DENSE}, the curve and the "
            "total at any size"
        )


@dataclass(frozen=True, eq=False)
class CascadeGramian(Gramian):
    """C of a diagonal network with noise of variance 1 in its one input, in the coordinates of the cascade."""

    cascade: Cascade
    method: str = "structured"

    @classmethod
    def of(cls, modes: Modes, columns: np.ndarray) -> CascadeGramian:
        """The cascade of the different eigenvalues of modes that the one column, (N, 1), enters."""
        own = modes.eigenvalues[modes.rows(columns)[:, 0] != 0]
        if modes.imaginary.size:
            own = np.unique(np.where(own.imag < 0, own.conj(), own))
            return cls(Cascade.of(own, own.imag > 0))
        own = np.unique(own)
        return cls(Cascade.of(own, np.zeros(len(own), bool)))

    @property
    def dimension(self) -> int:
        """The number of different eigenvalues that the input enters."""
        return int(self.cascade.is_pair.size + self.cascade.is_pair.sum())

    def fisher_memory_curve(self, request: Request) -> Answer:
        """J(k), (lags, 1, 1), and its sum over all lags, (1, 1), which is a whole number."""
        total = np.full((1, 1), float(self.dimension))
        if not self.dimension:
            values = error = np.zeros((request.lags, 1, 1))
            return Answer((values, total), (error, np.zeros((1, 1))), (values, total), self.method)
        pulse = self.cascade.pulse(request.lags)
        values, error = pulse.energy[:, None, None], pulse.error[:, None, None]
        return Answer((values, total), (error, np.zeros((1, 1))), (sizes_by_lag(values), total), self.method)

    def fisher_memory_matrix(self, request: Request) -> Answer:
        """J_kl, (lags, lags, 1, 1)."""
        if not self.dimension:
            matrix = np.zeros((request.lags, request.lags, 1, 1))
            return Answer.within(0.0, self.method, (matrix, matrix))
        pulse = self.cascade.pulse(request.lags, keep=True)
        rows = pulse.states.conj()
        matrix = product_adjoint(rows, rows)[:, :, None, None]
        answer = Answer.within(ULP * self.dimension, self.method, (matrix, sizes_by_pair(matrix)))
        return answer.widened(displacement_of_pairs(matrix, pulse.drift)[:, :, None, None])

    def memory_function(self, request: Request) -> Answer | None:
        """m(k), (lags, 1, 1), the capacity and the information, of a white signal and a readout without noise."""
        if request.readout_noise or request.autocovariance is not None:
            return None
        return decoded_like_noise(self.fisher_memory_curve(request), request, self.dimension)


def decoded_like_noise(curve: Answer, request: Request, dimension: int) -> Answer:
    """m(k) = x J(k) / (1 + x), capacity and information of a signal with the covariance of the noise, x times."""
    x = request.signal_variance
    share = x / (1 + x)
    capacity, information = np.asarray(share * dimension), np.asarray(dimension * np.log1p(x) / 2)
    parts = (share * curve.numbers[0], share * curve.sizes[0]), (capacity, capacity), (information, information)
    return Answer.within(4 * ULP, curve.method, *parts).widened(share * curve.errors[0], 0.0, 0.0)
