r"""The network in input-normal coordinates (Moore 1981), in which its noise is white: C = I.

With C = S* S and y = S^-* h, one step is B = S^-* W S*, and the noise that enters in a step has covariance I - B B*
>= 0. So B is a contraction, however much W amplifies on the way, and all of memory is made of inner products:

    J(k) = ||B^k b||^2      J_kl = (B^k b)* B^l b      J_tot = b* T b      J^s = S^-1 T S^-*
    b = S^-* v              T = sum_k B*^k B^k

Powers of a contraction can be squared without loss of accuracy; powers of W cannot.

Contents
--------
InputNormalGramian
    S and B of a network, and the quantities that follow from them.
repeated
    B^k b for a row of lags.
squared_amplitudes, displacement, displacement_of_pairs
    What memory is made of, and how far an error in the amplitudes moves it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from linmem.gramian.quantities import (
    Answer,
    Gramian,
    largest_entry,
    sizes_by_column,
    sizes_by_lag,
    sizes_by_pair,
)
from linmem.gramian.request import Request
from linmem.linalg.blas import product, product_adjoint, solve_upper_adjoint, squared_norm
from linmem.linalg.stein import ULP, accumulate, accumulate_factor

BLOCK = 8  # lags propagated by one matrix product: more would cost more squarings than they save
KNOWN = 1 / 32  # change of a pivot of S, relatively, from which on it is rounding
COLUMNS = 512  # columns that are propagated before T is formed: for few units, more of them are cheaper than T
VANISHED = 1e-160  # an amplitude whose square is no normal double: stationary memory is zero from here on


@dataclass(frozen=True, eq=False, kw_only=True)
class InputNormalGramian(Gramian):
    """S and B of a network: stationary, or of the last steps (B is then no contraction; everything else holds).

    Attributes
    ----------
    method
        The computation that gave S and B.
    factor
        S, (N, N), upper triangular.
    relative_error
        An upper estimate of what the errors of S and B do to any quantity.
    perturbed
        The same of networks that differ in the last bit of each weight.
    """

    method: str
    factor: np.ndarray
    relative_error: float
    perturbed: tuple[Gramian, ...] = ()

    @property
    @abstractmethod
    def step(self) -> np.ndarray:
        """B, (N, N)."""

    def fisher_memory_curve(self, request: Request) -> Answer:
        """J(k), (lags, d, d), and its sum over all lags, (d, d)."""
        size, d = request.columns.shape
        lags = request.lags
        # beyond `longest` lags the sum over the others costs less by T
        longest = max(lags, 8 * size // d, COLUMNS // d)
        if request.horizon is not None:
            longest = request.horizon if request.horizon <= longest else lags  # where T is needed, it is enough
        values = np.zeros((lags, d, d), request.columns.dtype)
        total = np.zeros((d, d), values.dtype)
        changes = np.zeros(lags)
        known, summed_change = 0, 0.0
        for block, drift in self.trajectory(request, longest):
            amplitudes = block.reshape(size, -1, d)
            memory = squared_amplitudes(amplitudes)
            change = displacement(memory, drift)
            summed_change += float(change.sum())
            total += memory.sum(axis=0)
            wanted = max(0, lags - known)
            values[known : known + len(memory)] = memory[:wanted]
            changes[known : known + len(memory)] = change[:wanted]
            known += len(memory)
            last = amplitudes[:, -1]
            if known >= lags and request.horizon is None and self._is_all(request, last, total):
                break
        else:
            if known == longest != request.horizon:
                later = None if request.horizon is None else request.horizon - longest
                memory_beyond, change_beyond = self._later_memory(last, float(drift[-1]), later)
                total += memory_beyond
                summed_change += change_beyond
        changes[known:] = size * d * VANISHED**2
        parts = (values, sizes_by_lag(values)), (total, largest_entry(total))
        answer = Answer.within(self.relative_error, self.method, *parts)
        summed_change += ULP * known * float(np.trace(total).real)  # the rounding of the sum
        return answer.widened(changes[:, None, None], summed_change)

    def fisher_memory_matrix(self, request: Request) -> Answer:
        """J_kl, (lags, lags, d, d)."""
        size, d = request.columns.shape
        lags = request.lags
        amplitudes = np.zeros((size, lags * d), request.columns.dtype)
        drifts = np.zeros(lags)
        known = 0
        for block, drift in self.trajectory(request, lags):
            amplitudes[:, known : known + block.shape[1]] = block
            drifts[known // d : known // d + len(drift)] = drift
            known += block.shape[1]
        rows = amplitudes.conj().T
        matrix = product_adjoint(rows, rows).reshape(lags, d, lags, d).transpose(0, 2, 1, 3)
        answer = Answer.within(self.relative_error, self.method, (matrix, sizes_by_pair(matrix)))
        return answer.widened(displacement_of_pairs(matrix, drifts)[:, :, None, None])

    def spatial_fisher_memory(self, request: Request) -> Answer:
        """J^s = S^-1 T S^-*, (N, N)."""
        inverse = self.whitened(np.eye(len(self.factor)))
        summed = product(self.summed_steps(request.horizon), inverse)
        spatial = product(inverse.conj().T, summed)
        spatial = (spatial + spatial.conj().T) / 2
        return Answer.within(self.relative_error, self.method, (spatial, sizes_by_pair(spatial)))

    def noise_covariance(self, request: Request) -> Answer:
        """C = S* S, (N, N)."""
        adjoint = self.factor.conj().T
        covariance = product_adjoint(adjoint, adjoint)
        return Answer.within(self.relative_error, self.method, (covariance, sizes_by_pair(covariance)))

    def noise_covariance_factor(self, request: Request) -> Answer:
        """S, (N, N), with a positive diagonal: QR leaves the sign (phase) of each row open."""
        diagonal = np.diag(self.factor)
        phase = diagonal / np.abs(diagonal)
        factor = self.factor * phase.conj()[:, None]
        return Answer.within(self.relative_error, self.method, (factor, sizes_by_column(factor)))

    # The formulas of the next methods stand in files of their own, which use this class: hence the imports inside.

    def memory_function(self, request: Request) -> Answer | None:
        """m(k), (lags, d, d), the capacity and the information."""
        from linmem.gramian import readout

        if request.autocovariance is None:
            return readout.memory_function(self, request)
        return readout.memory_function_of_correlated_signal(self, request)

    def snr_curve(self, request: Request) -> Answer | None:
        """Fisher memory behind a noisy readout, (lags, d, d)."""
        from linmem.gramian import readout

        return readout.snr_curve(self, request)

    def nuisance_information(self, request: Request) -> Answer | None:
        """1 / [F^-1]_kk, (lags, d)."""
        from linmem.gramian import readout

        return readout.nuisance_information(self, request)

    def rounding_sensitivity(self, request: Request) -> Answer | None:
        """The change of J_tot and of J(k) when the weights are rounded."""
        from linmem.gramian import rounding

        return rounding.rounding_sensitivity(self, request)

    def trajectory(self, request: Request, lags: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """B^k b for k = 0, 1, ... in blocks of columns (by lag, then input), and how far each lag may have drifted.

        The trajectory ends early where the signal has vanished.
        """
        size, d = request.columns.shape
        start = self.whitened(request.columns)
        # what the product of B^k and a block loses: no later step enlarges it, as B is a contraction
        rounding = 4 * ULP * np.sqrt(size)
        drift = rounding * np.sqrt(squared_norm(start))
        vanished = VANISHED if request.horizon is None else 0.0
        for block in repeated(self.step, start, lags, vanished):
            yield block, np.full(block.shape[1] // d, drift)
            drift += rounding * np.sqrt(squared_norm(block[:, :d]))

    def whitened(self, columns: np.ndarray) -> np.ndarray:
        """S^-* X."""
        return solve_upper_adjoint(self.factor, columns)

    def holds_memory(self, request: Request) -> bool:
        """Whether S holds what the input is measured against, or there is no input.

        Where C varies by more than S can show, the noise of some directions is rounding, far above what it should be,
        and the memory in them is lost from the answers of all networks alike. The pivots of S, which are that noise,
        then differ from one network to the next.
        """
        neighbours = [gramian for gramian in self.perturbed if isinstance(gramian, InputNormalGramian)]
        if request.columns is None or not request.columns.any() or not neighbours:
            return True
        pivots, others = np.abs(np.diag(self.factor)), np.abs(np.diag(neighbours[0].factor))
        return bool((np.abs(pivots - others) < KNOWN * pivots).all())

    @property
    def accumulated_rounding(self) -> float:
        """What a sum G = sum_k B^k b b* B*^k loses by B, over ||G||, where it is not in `relative_error`."""
        return 0.0

    def _later_memory(self, last: np.ndarray, drift: float, terms: int | None) -> tuple[np.ndarray, float]:
        """sum_k y* B*^k B^k y of y = B `last` over so many terms, or all, (d, d), and its error where that is known."""
        return self._summed_memory(product(self.step, last), terms), 0.0

    def _summed_memory(self, state: np.ndarray, terms: int | None) -> np.ndarray:
        """sum_k y* B*^k B^k y over so many terms, or all, (d, d)."""
        T = self.summed_steps(terms)
        if terms is None or np.isfinite(T).all():
            return state.conj().T @ product(T, state)
        # T of a growing network overflows where its factor does not
        factor = accumulate_factor(self.step.conj().T, np.eye(len(T)), terms)
        if factor is None:
            return np.full((state.shape[1], state.shape[1]), np.nan)
        summed = product(factor[0], state)
        return summed.conj().T @ summed

    def summed_steps(self, horizon: int | None) -> np.ndarray:
        """T = sum_k B*^k B^k over the horizon, or over all lags."""
        return accumulate(self.step.conj().T, terms=horizon)[0]

    def _is_all(self, request: Request, last: np.ndarray, total: np.ndarray) -> bool:
        """Whether the lags after `last` add less than an ulp of the total.

        They add w* J^s w <= N w* Q^-1 w, since trace(Q J^s) = N.
        """
        deviation, q = request.least_noise
        w = product(self.factor.conj().T, last) / deviation[:, None]
        later = len(w) * squared_norm(w)
        largest = np.trace(total).real
        return bool(later < ULP / 16 * largest * q)


def squared_amplitudes(amplitudes: np.ndarray) -> np.ndarray:
    """Y_k* Y_k for each lag of Y, (N, K, d): (K, d, d)."""
    if amplitudes.shape[2] == 1:
        column = amplitudes[:, :, 0]
        return np.einsum("nk,nk->k", column.conj(), column)[:, None, None]
    by_lag = amplitudes.transpose(1, 0, 2)
    return by_lag.conj().transpose(0, 2, 1) @ by_lag


def displacement(memory: np.ndarray, drift: np.ndarray) -> np.ndarray:
    """A bound, by lag, of the change of trace(Y_k* Y_k) when Y_k changes by `drift`: (2 ||Y_k|| + drift) drift."""
    amplitude = np.sqrt(np.einsum("kaa->k", memory).real)
    return (2 * amplitude + drift) * drift


def displacement_of_pairs(matrix: np.ndarray, drift: np.ndarray) -> np.ndarray:
    """A bound, by pair of lags, of the change of the matrix Y_k* Y_l, (K, K, d, d), when each Y_k changes by `drift`.

    |(y + e)* (z + f) - y* z| <= ||y|| ||f|| + ||e|| ||z|| + ||e|| ||f||.
    """
    lengths = np.sqrt(np.einsum("kkaa->k", matrix).real)
    moved = np.outer(lengths, drift)
    return moved + moved.T + np.outer(drift, drift)


def repeated(step: np.ndarray, state: np.ndarray, count: int, vanished: float = VANISHED) -> Iterator[np.ndarray]:
    """B^k b for k < count, in blocks of columns, by squaring B. It ends where no amplitude is above `vanished`."""
    d, width = state.shape[1], 1
    while width < min(BLOCK, count):
        state = np.concatenate([state, product(step, state)], axis=1)
        step = product(step, step)
        width *= 2
    for start in range(0, count, width):
        if start:
            state = product(step, state)
        if np.abs(state).max() < vanished:
            return
        yield state[:, : (count - start) * d]
