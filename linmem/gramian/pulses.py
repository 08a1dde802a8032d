r"""Measures of a time-varying network from its whitened pulses: the method that is tried when, the error of each entry.

Contents
--------
curve_at, curve_at_all_ends
    J_T(k) at one end, and at all of them.
matrix_at, memory_function_at
    J_kl and m(k) at one end.
spatial_at
    sum_k Phi_k* C^-1 Phi_k at one end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import scipy.linalg as sl

from linmem.errors import AccuracyError
from linmem.gramian.ends import Ends, ends_by_cholesky, ends_by_square_root
from linmem.gramian.methods import SAFETY, BestAnswer, spread
from linmem.gramian.noise_rounding import rounding_of_noise
from linmem.gramian.quantities import NEAR_UNDERFLOW, Answer, sizes_by_lag, sizes_by_pair, underflow
from linmem.gramian.summed import pulses_by_products
from linmem.gramian.time_varying import (
    Path,
    Pulses,
    Readout,
    pulses_by_cholesky,
    pulses_by_square_root,
)
from linmem.linalg.blas import blas_threads_for, product
from linmem.linalg.stein import ULP

RTOL = 1e-8
Measure = Callable[[np.ndarray], tuple[np.ndarray, ...]]  # the arrays that are made of pulses
METHODS = (pulses_by_products, pulses_by_cholesky, pulses_by_square_root)  # from the fastest to the most accurate

SINGULAR = (
    "the noise leaves a direction of the state that is read without noise, to rounding, or the state overflows; give "
    "every direction noise, observe units that have some, or take fewer steps"
)


def curve_at(path: Path, stop: int, lags: int, readout: Readout, rtol: float) -> BestAnswer:
    """J(k), (K, d, d), after `stop` steps."""

    def curve(y: np.ndarray) -> tuple[np.ndarray]:
        return (np.einsum("pka,pkb->kab", y.conj(), y),)

    noisy, is_infinite = noisy_part(path, stop, lags, readout)
    answer = _best_at_one_end(path, stop, lags, noisy, rtol, curve, sizes_by_lag)
    if not is_infinite.any():
        return answer
    values, error = answer.numbers[0].copy(), answer.errors[0].copy()
    beside = is_infinite[:, :, None] | is_infinite[:, None, :]
    values[beside], error[beside] = np.nan, 0.0
    lag, place = np.nonzero(is_infinite)
    values[lag, place, place], error[lag, place, place] = np.inf, 0.0
    return replace(answer, numbers=(values,), errors=(error,))


def noisy_part(path: Path, stop: int, lags: int, readout: Readout) -> tuple[Readout, np.ndarray]:
    """What is read with noise, and whether an input of a lag moves anything that is read without any, (K, d).

    By the zeros of the weights and of the noise alone: units to which no path leads from a unit with noise. Raises
    AccuracyError where rounding may be all that moves them.
    """
    moves = np.zeros((lags, path.inputs), bool)
    if path.is_regular or readout.noise_factor is not None:
        return readout, moves
    O = np.eye(path.size) if readout.matrix is None else readout.matrix  # noqa: E741
    silent = ~(O[:, path.units_with_noise(stop)] != 0).any(axis=1)
    if not silent.any():
        return readout, moves
    ahead, moduli = O[silent].astype(path.dtype), np.abs(O[silent])
    for lag, (A, B, _) in zip(range(lags), path.backwards(stop), strict=False):
        pulse = np.abs(ahead @ B)
        is_rounding = (pulse > 0) & (pulse <= ULP * path.size * (lag + 1) * (moduli @ np.abs(B)))
        moves[lag] = ((pulse > 0) & ~is_rounding).any(axis=0)
        if (is_rounding.any(axis=0) & ~moves[lag]).any():
            raise AccuracyError(np.inf, RTOL, reason=SINGULAR)
        ahead, moduli = ahead @ A, moduli @ np.abs(A)
    return Readout(O[~silent]), moves


def _of_finite_part(path: Path, stop: int, lags: int, readout: Readout, rtol: float) -> Readout:
    """What is read with noise; an error where an input has infinite memory, which a matrix cannot hold."""
    noisy, is_infinite = noisy_part(path, stop, lags, readout)
    if is_infinite.any():
        lag = int(np.argmax(is_infinite.any(axis=1)))
        raise AccuracyError(
            np.inf, rtol, reason=f"the memory of lag {lag} is infinite: the input moves a unit without any noise"
        )
    return noisy


def matrix_at(path: Path, stop: int, lags: int, readout: Readout, rtol: float) -> BestAnswer:
    """J_kl, (K, K, d, d), after `stop` steps."""

    def matrix(y: np.ndarray) -> tuple[np.ndarray]:
        rows, lags, inputs = y.shape
        flat = y.reshape(rows, lags * inputs)
        by_pair = product(np.ascontiguousarray(flat.conj().T), flat).reshape(lags, inputs, lags, inputs)
        return (by_pair.transpose(0, 2, 1, 3),)

    noisy = _of_finite_part(path, stop, lags, readout, rtol)
    return _best_at_one_end(path, stop, lags, noisy, rtol, matrix, sizes_by_pair)


def spatial_at(path: Path, stop: int, readout: Readout, rtol: float) -> BestAnswer:
    """sum_k Phi_k* C^-1 Phi_k, (N, N), after `stop` steps: the curve of an input to every unit, summed over lags."""

    def chunk(start: int, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        A, _, G = path.chunk(start, stop)
        return A, np.broadcast_to(np.eye(path.size, dtype=path.dtype), A.shape), G

    def spatial(y: np.ndarray) -> tuple[np.ndarray]:
        flat = y.reshape(-1, path.size)
        return (product(np.ascontiguousarray(flat.conj().T), flat),)

    def sizes(matrix: np.ndarray) -> np.ndarray:
        lengths = np.sqrt(matrix.diagonal().real)
        return np.outer(lengths, lengths)

    of_units = replace(path, chunk=chunk, inputs=path.size)
    noisy = _of_finite_part(of_units, stop, stop, readout, rtol)
    return _best_at_one_end(of_units, stop, stop, noisy, rtol, spatial, sizes)


def memory_function_at(
    path: Path, stop: int, lags: int, readout: Readout, rtol: float, signal_factor: np.ndarray, amplitude: float
) -> BestAnswer:
    """m(k), (K,), and the information, after `stop` steps, of signals of covariance x^2 F F*, x = `amplitude`.

    F, `signal_factor`, has entries near 1; it is (d, d) for a signal white in time, or (t d, t d) with the latest step
    first. All t steps interfere.
    """
    inputs = path.inputs
    is_white = len(signal_factor) == inputs
    variances = np.sum(np.abs(signal_factor) ** 2, axis=1).reshape(-1, inputs).sum(axis=1)
    variances = np.broadcast_to(variances, stop) if is_white else variances

    def function(y: np.ndarray, amplitude: float = amplitude) -> tuple[np.ndarray, np.ndarray]:
        rows = len(y)
        flat = np.ascontiguousarray(y).reshape(rows, stop * inputs)
        signals = (y @ signal_factor).reshape(flat.shape) if is_white else product(flat, signal_factor)
        signals = amplitude * signals
        if not np.isfinite(signals).all():
            return np.full(lags, np.nan), np.asarray(np.nan)
        # T* T = 1 + signals signals*, without the squares of `signals`
        T = sl.qr(np.vstack([signals.conj().T, np.eye(rows)]), mode="r", check_finite=False)[0][:rows]
        explained = sl.solve_triangular(T, signals, trans="C", check_finite=False)
        covariances = _covariances(explained, signal_factor, stop, is_white)
        values = np.divide(covariances, variances, out=np.zeros(stop), where=variances > 0)
        # log det (1 + signals signals*) / 2; the diagonal of T, which is near 1, has lost what is small beside it
        singular = sl.svdvals(signals, check_finite=False)
        small = np.log1p(np.square(np.minimum(singular, 1))) / 2
        information = np.where(singular > 1, np.log(np.hypot(1, singular)), small).sum()
        return values[:lags], np.asarray(information)

    noisy = _of_finite_part(path, stop, stop, readout, rtol)
    # at amplitude 1 nothing that is not 0 falls below the smallest double
    return _best_at_one_end(path, stop, stop, noisy, rtol, function, np.abs, partial(function, amplitude=1.0))


def _covariances(explained: np.ndarray, F: np.ndarray, stop: int, is_white: bool) -> np.ndarray:
    """The explained variance of the signals of each step, (t,): F times the part that is explained in units of F."""
    rows = len(explained)
    if is_white:
        by_step = explained.reshape(rows, stop, len(F)) @ F.conj().T
    else:
        by_step = product(explained, np.ascontiguousarray(F.conj().T)).reshape(rows, stop, -1)
    return np.einsum("pki,pki->k", by_step, by_step.conj()).real


def _best_at_one_end(
    path: Path,
    stop: int,
    lags: int,
    readout: Readout,
    rtol: float,
    measure: Measure,
    sizes: Callable[[np.ndarray], np.ndarray],
    where_not_zero: Measure | None = None,
) -> BestAnswer:
    """The measure of the pulses of the first method that is accurate enough, or of the most accurate one.

    Where its exact value may differ from 0 is where `where_not_zero`, `measure` itself where None, is not 0 of pulses
    whose entries are 1 or 0.
    """

    nothing = np.zeros((0, lags, path.inputs), path.dtype)

    def answers() -> Iterator[Answer]:
        if readout.matrix is not None and not len(readout.matrix):  # all that is read is without noise
            yield _answer(Pulses(nothing, (nothing,), 0.0, "products"), measure, sizes, where_not_zero or measure)
            return
        rounding = rounding_of_noise(path, stop, readout)
        if rounding == np.inf:
            return
        for method in METHODS:
            pulses = method(path, stop, lags, readout)
            if pulses is not None:
                pulses = replace(pulses, relative_error=pulses.relative_error + rounding)
                yield _answer(pulses, measure, sizes, where_not_zero or measure)

    return _most_accurate(path, answers, rtol)


def _answer(
    pulses: Pulses,
    measure: Measure,
    sizes: Callable[[np.ndarray], np.ndarray],
    where_not_zero: Measure,
) -> Answer:
    numbers = measure(pulses.columns)
    is_any_small = any((np.abs(array) < NEAR_UNDERFLOW).any() for array in numbers)
    structure = where_not_zero((pulses.columns != 0).astype(float)) if is_any_small else numbers
    parts = [(array, sizes(array)) for array in numbers]
    answer = Answer.within(pulses.relative_error, pulses.method, *parts)
    others = [measure(columns) for columns in pulses.perturbed]
    errors = []
    for i, (array, size) in enumerate(zip(numbers, answer.sizes, strict=True)):
        change = np.max([np.abs(array - other[i]) for other in others], axis=0)
        errors.append(SAFETY * spread(change, size) + underflow(array, structure[i] == 0))
    return answer.widened(*errors)


def curve_at_all_ends(path: Path, lags: int, readout: Readout, rtol: float) -> BestAnswer:
    """J_t(k), (min(t + 1, K), d, d), one array for each end t."""

    if not path.is_regular or path.rounding > rtol / 2:  # which may be less at one end
        return _one_by_one(path, lags, readout, rtol)

    def answers() -> Iterator[Answer]:
        for method in (ends_by_cholesky, ends_by_square_root):
            ends = method(path, lags, readout)
            if ends is not None:
                yield _answer_at_all_ends(replace(ends, relative_error=ends.relative_error + path.rounding))

    return _most_accurate(path, answers, rtol)


def _one_by_one(path: Path, lags: int, readout: Readout, rtol: float) -> BestAnswer:
    """Each end by itself: where a noise is singular the ends differ in the units that noise has reached."""
    ends = [curve_at(path, stop, min(stop, lags), readout, rtol) for stop in range(1, path.length + 1)]
    numbers, errors, sizes = zip(*((end.numbers[0], end.errors[0], end.sizes[0]) for end in ends), strict=True)
    methods = {end.method for end in ends}
    method = methods.pop() if len(methods) == 1 else "mixed"
    return BestAnswer(numbers, errors, sizes, method, rtol)


def _answer_at_all_ends(ends: Ends) -> Answer:
    """One part for each end: its error is relative to its own largest value."""
    steps, lags = ends.values.shape[:2]
    size = np.abs(np.einsum("tkaa->tka", ends.values)).max(axis=2)
    error = ends.relative_error[:, None] * size + SAFETY * _spread_by_drift(ends.drift, size)
    numbers, errors, sizes = [], [], []
    for t in range(steps):
        stop = min(t + 1, lags)
        values = ends.values[t, :stop]
        of_lag = np.broadcast_to(size[t, :stop, None, None], values.shape)
        of_end = error[t, :stop, None, None] + underflow(values, ends.is_zero[t, :stop])
        if ends.other is not None:
            of_end = of_end + SAFETY * spread(np.abs(values - ends.other[t, :stop]), of_lag)
        numbers.append(values)
        sizes.append(of_lag)
        errors.append(of_end)
    return Answer(tuple(numbers), tuple(errors), tuple(sizes), ends.method)


def _spread_by_drift(drift: np.ndarray, size: np.ndarray) -> np.ndarray:
    """How far J_t(k) may move, (T, K): relative to it no less than at the lags before, and nowhere more than it moved.

    Drift is relative to |y|, and J is its square.
    """
    furthest = (2 * drift * size).max(axis=1, keepdims=True)
    return np.minimum(2 * np.maximum.accumulate(drift, axis=1) * size, furthest)


def _most_accurate(path: Path, answers: Callable[[], Iterator[Answer]], rtol: float) -> BestAnswer:
    best = None
    with blas_threads_for(path.size), np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        for answer in answers():
            if not all(np.isfinite(array).all() for array in answer.numbers):
                continue
            candidate = BestAnswer(answer.numbers, answer.errors, answer.sizes, answer.method, rtol)
            if best is None or candidate.relative_error < best.relative_error:
                best = candidate
            if candidate.relative_error <= rtol:
                break
    if best is None:
        raise AccuracyError(np.inf, rtol, reason=SINGULAR)
    return best
