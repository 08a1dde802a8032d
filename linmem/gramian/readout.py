r"""What a linear readout of the state extracts of the signal, in input-normal coordinates.

y_k = S^-* W^k v is the signal of lag k there, C = S* S. Of a white signal of variance x (in units of the noise)

    m(k) = x y_k* (1 + x G)^-1 y_k,    G = sum_k y_k y_k*,

with the capacity trace[(1 + x G)^-1 x G] and the information log det(1 + x G) / 2. G = R* R comes from doubling R, as
y_k = B^k b and B is a contraction; 1 + x G is never formed, only its triangular factor. An error of a factor 1 +- eta
in C is one of at most that factor in m and in the information, which are concave in x G and grow with it.

A readout with noise of its own, of variance r, sees C + r: y_k becomes M y_k with M = S_r^-* S*, S_r* S_r = C + r.

Contents
--------
memory_function, memory_function_of_correlated_signal
    m(k), the capacity and the information.
snr_curve
    Fisher memory behind a noisy readout.
nuisance_information
    The information about one lag, where the other lags are unknown.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import InputNormalGramian, displacement, squared_amplitudes
from linmem.gramian.quantities import Answer
from linmem.linalg.blas import product, product_adjoint, squared_norm
from linmem.linalg.stein import MAX_DOUBLINGS, ULP
from linmem.validation import Request

LONGEST = 2**16  # lags of a correlated signal that are followed


def memory_function(gramian: InputNormalGramian, request: Request) -> Answer:
    """m(k), (lags, d, d), the capacity and the information, of a white signal of variance `snr`."""
    size, d = request.columns.shape
    snr = request.snr
    amplitudes, drift = _amplitudes(gramian, request, request.lags)
    rows = _gathered_rows(gramian, request)
    root = np.sqrt(snr) * _read_out(gramian, request, rows.conj().T).conj().T
    spectrum = sl.svdvals(root, check_finite=False) ** 2  # eigenvalues of x G
    # T* T = 1 + x G
    T = sl.qr(np.vstack([root, np.eye(size)]), mode="r", check_finite=False)[0][:size]
    explained = sl.solve_triangular(T, amplitudes, trans="C", check_finite=False)
    values = snr * squared_amplitudes(explained.reshape(size, request.lags, d))
    capacity = np.asarray(np.sum(spectrum / (1 + spectrum)))
    information = np.asarray(np.log1p(spectrum).sum() / 2)
    error = gramian.relative_error + _largest_displacement(values, np.sqrt(snr) * drift)
    rounding = 8 * ULP * np.sqrt(size) * (1 + ULP * spectrum[0])
    return Answer((values, capacity, information), error + rounding, gramian.method)


def memory_function_of_correlated_signal(gramian: InputNormalGramian, request: Request) -> Answer:
    """The same of a signal with autocorrelation r_0 = 1, r_1, ..., zero beyond those given.

    With Y the signals y_k of all lags, and Z_k = sum_l r_{k-l} y_l, the covariance of signal and state is x Z, and
    x Z Y* takes the place of x G.
    """
    (size, d), snr = request.columns.shape, request.snr
    correlation = request.autocovariance
    total_correlation = np.abs(correlation).sum()
    smallest = min(1 / (snr * total_correlation), squared_norm(gramian.whitened(request.columns)) or np.inf)
    amplitudes, drift = _amplitudes(gramian, request, LONGEST, below=ULP * smallest)
    Y, Z = _signal_and_correlated(amplitudes, correlation, d, request.lags)
    covariance = snr * product_adjoint(Z, Y)
    covariance = (covariance + covariance.conj().T) / 2
    spectrum = np.maximum(sl.eigvalsh(covariance, check_finite=False), 0)
    L = sl.cholesky(np.eye(size) + covariance, lower=True, check_finite=False)
    explained = sl.solve_triangular(L, Z, lower=True, check_finite=False)
    first = np.ascontiguousarray(explained[:, : request.lags * d])
    values = snr * squared_amplitudes(first.reshape(size, request.lags, d))
    capacity = np.asarray(snr * squared_norm(explained))
    information = np.asarray(np.log1p(spectrum).sum() / 2)
    away = 2 * np.sqrt(snr) * total_correlation * drift.max(initial=0)
    error = gramian.relative_error + _largest_displacement(values, away)
    rounding = 8 * ULP * size * (1 + spectrum[-1])
    return Answer((values, capacity, information), error + rounding, gramian.method)


def snr_curve(gramian: InputNormalGramian, request: Request) -> Answer:
    """y_k* y_k, (lags, d, d): Fisher memory behind a noisy readout."""
    size, d = request.columns.shape
    amplitudes, drift = _amplitudes(gramian, request, request.lags)
    values = squared_amplitudes(amplitudes.reshape(size, request.lags, d))
    error = gramian.relative_error + _largest_displacement(values, drift)
    return Answer((values,), error, gramian.method)


def nuisance_information(gramian: InputNormalGramian, request: Request) -> Answer:
    """1 / [F^-1]_kk, (lags, d), with its error in units of the largest J(k).

    With Y = U R, F = R* R and 1 / [F^-1]_kk = 1 / ||row k of R^-1||^2. Zeros where F is singular to rounding: the
    exact information is then below ulp^2 J.
    """
    (size, d), lags = request.columns.shape, request.lags
    amplitudes, drift = _amplitudes(gramian, request, lags)
    count = amplitudes.shape[1]
    largest = np.sqrt(squared_norm(amplitudes[:, :d]))
    error = gramian.relative_error + (2 * drift.max() / largest if largest else 0.0)
    nothing = Answer((np.zeros((lags, d)),), error, gramian.method)
    if count > size:
        return nothing
    R = sl.qr(amplitudes, mode="economic", check_finite=False)[1]
    pivots = np.abs(np.diag(R))
    if pivots.min() <= count * ULP * pivots.max():
        return nothing
    inverse = sl.solve_triangular(R, np.eye(count), check_finite=False)
    information = 1 / np.einsum("ij,ij->i", inverse.conj(), inverse).real
    rounding = ULP * count * float(pivots.max() / pivots.min())
    return Answer((information.reshape(lags, d),), error + rounding, gramian.method)


def _amplitudes(
    gramian: InputNormalGramian, request: Request, lags: int, below: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """M y_k for k < lags side by side, (N, lags d), and how far each may have drifted, (lags,).

    Where `below` is given, only up to the first block with ||y_k||^2 below it.
    """
    size, d = request.columns.shape
    blocks, drifts = [np.zeros((size, 0))], [np.zeros(0)]
    for block, drift in gramian.trajectory(request, min(lags, request.horizon or lags)):
        blocks.append(block)
        drifts.append(drift)
        if squared_norm(block) < below * d:
            break
    amplitudes, drift = np.concatenate(blocks, axis=1), np.concatenate(drifts)
    if not below:  # zeros for the lags at which the signal has vanished
        amplitudes = np.pad(amplitudes, ((0, 0), (0, lags * d - amplitudes.shape[1])))
        drift = np.pad(drift, (0, lags - len(drift)))
    return _read_out(gramian, request, amplitudes), drift


def _read_out(gramian: InputNormalGramian, request: Request, columns: np.ndarray) -> np.ndarray:
    """M Y, as a readout with noise of variance r sees the columns Y; Y where there is none."""
    if not request.readout_noise:
        return columns
    size = len(gramian.factor)
    noise = np.sqrt(request.readout_noise) * np.eye(size)
    S = sl.qr(np.vstack([gramian.factor, noise]), mode="r", check_finite=False)[0][:size]
    state = product(gramian.factor.conj().T, columns)
    return sl.solve_triangular(S, state, trans="C", check_finite=False)


def _gathered_rows(gramian: InputNormalGramian, request: Request) -> np.ndarray:
    """R with R* R = G: doubling from the row b*, until nothing is added that a signal of variance `snr` would show."""
    if request.horizon is not None:
        without_noise = Request(request.network, request.columns, horizon=request.horizon)
        return _amplitudes(gramian, without_noise, request.horizon)[0].conj().T
    rows, power = gramian.whitened(request.columns).conj().T, gramian.step
    for _ in range(MAX_DOUBLINGS):
        ahead = product_adjoint(rows, power)
        rows = np.vstack([ahead, rows])
        if len(rows) > len(power):
            rows = sl.qr(rows, mode="r", check_finite=False)[0][: len(power)]
        added, gathered = request.snr * squared_norm(ahead), request.snr * squared_norm(rows)
        if added <= ULP / 16 * min(1.0, gathered):
            break
        power = product(power, power)
    return rows


def _signal_and_correlated(
    amplitudes: np.ndarray, correlation: np.ndarray, d: int, lags: int
) -> tuple[np.ndarray, np.ndarray]:
    """Y and Z, (N, K d), of at least `lags` lags: Z_k = sum_l r_{k-l} y_l reaches as far beyond Y as r does."""
    size, known, reach = len(amplitudes), amplitudes.shape[1] // d, len(correlation)
    followed = max(lags, known + reach)
    by_lag = np.zeros((followed, size, d), amplitudes.dtype)
    by_lag[:known] = amplitudes.reshape(size, known, d).transpose(1, 0, 2)
    padded = np.zeros(followed)
    padded[:reach] = correlation[:followed]
    correlated = sl.matmul_toeplitz(padded, by_lag.reshape(followed, -1)).reshape(by_lag.shape)
    return _side_by_side(by_lag), _side_by_side(correlated)


def _side_by_side(by_lag: np.ndarray) -> np.ndarray:
    """(K, N, d) as (N, K d)."""
    return np.ascontiguousarray(by_lag.transpose(1, 0, 2).reshape(by_lag.shape[1], -1))


def _largest_displacement(values: np.ndarray, drift: np.ndarray) -> float:
    """The largest displacement of all lags, relative to the largest value."""
    largest = np.trace(values, axis1=1, axis2=2).real.max()
    if not largest > 0:
        return 0.0
    change = displacement(values, drift)
    return float(np.max(change) / largest)
