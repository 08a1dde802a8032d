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
snr_curve, seen_by_outputs
    Fisher memory behind a noisy readout, of the whole state and of some outputs.
nuisance_information
    The information about one lag, where the other lags are unknown.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import InputNormalGramian, displacement, squared_amplitudes
from linmem.gramian.quantities import Answer, Gramian, largest_entry, sizes_by_lag
from linmem.gramian.reached import reached_lags
from linmem.gramian.request import Request
from linmem.linalg.blas import product, product_adjoint, squared_norm
from linmem.linalg.stein import LONGEST_SINGLE, MAX_DOUBLINGS, STACKED, ULP, accumulate, accumulate_factor
from linmem.linalg.structure import binary_exponent, times_power_of_two


def memory_function(
    gramian: InputNormalGramian, request: Request, known_rows: np.ndarray | None = None
) -> Answer | None:
    """m(k), (lags, d, d), the capacity and the information, of a white signal of variance `snr`.

    `known_rows` are R with R* R = G where G is known exactly.
    """
    size, d = request.columns.shape
    snr = request.signal_variance
    amplitudes, drift = _amplitudes(gramian, request, request.lags)
    rows = _gathered_rows(gramian, request) if known_rows is None else known_rows
    lost = gramian.accumulated_rounding if known_rows is None else 0.0
    if rows is None:
        return None
    root = np.sqrt(snr) * _read_out(gramian, request, rows.conj().T).conj().T
    if not np.isfinite(root).all():
        return None
    spectrum = sl.svdvals(root, check_finite=False) ** 2  # eigenvalues of x G
    # T* T = 1 + x G
    T = sl.qr(np.vstack([root, np.eye(size)]), mode="r", check_finite=False)[0][:size]
    explained = sl.solve_triangular(T, amplitudes, trans="C", check_finite=False)
    values = snr * squared_amplitudes(explained.reshape(size, request.lags, d))
    capacity = np.asarray(np.sum(spectrum / (1 + spectrum)))
    information = np.asarray(np.log1p(spectrum).sum() / 2)
    factorisations = min(request.horizon or 0, LONGEST_SINGLE) / STACKED  # of the rows, one after the other
    rounding = 8 * ULP * np.sqrt(size) * (1 + ULP * spectrum[0]) + 2 * ULP * factorisations
    rounding += lost * spectrum[0]
    return _answer(gramian, rounding, np.sqrt(snr) * drift, lost, values, capacity, information)


def memory_function_of_correlated_signal(gramian: InputNormalGramian, request: Request) -> Answer | None:
    """The same of a signal with autocorrelation r_0 = 1, r_1, ..., r_{m-1}, zero beyond those given.

    With Y the signals y_k, and Z_k = sum_l r_{k-l} y_l, the covariance of signal and state is x Z, and x Z Y* takes the
    place of x G. From k = m - 1 on y_{k+1} = B y_k and Z_{k+1} = B Z_k, so that both sums over all lags are series of
    the contraction B.
    """
    (size, d), snr = request.columns.shape, request.signal_variance
    last = len(request.autocovariance) - 1
    Y, Z, drift = _signal_and_correlated(gramian, request, max(request.lags, last + 1))
    before, y, z = slice(last * d), Y[:, last * d : (last + 1) * d], Z[:, last * d : (last + 1) * d]
    together = product_adjoint(Z[:, before], Y[:, before]) + _summed_product(gramian.step, z, y)
    read_out = _read_out(gramian, request, np.eye(size))
    covariance = snr * product_adjoint(product(read_out, together), read_out)
    covariance = (covariance + covariance.conj().T) / 2
    if not np.isfinite(covariance).all():
        return None
    spectrum = np.maximum(sl.eigvalsh(covariance, check_finite=False), 0)
    rounding = 8 * ULP * size * (1 + spectrum[-1])
    rounding += gramian.accumulated_rounding * spectrum[-1] * np.abs(request.autocovariance).sum()
    if not rounding < 1:
        return None
    L = sl.cholesky(np.eye(size) + covariance, lower=True, check_finite=False)
    explains = sl.solve_triangular(L, read_out, lower=True, check_finite=False)
    explained = product(explains, Z)
    by_lag = np.ascontiguousarray(explained[:, : request.lags * d]).reshape(size, request.lags, d)
    values = snr * squared_amplitudes(by_lag)
    later = accumulate(gramian.step, product_adjoint(z, z))[0]
    of_later = np.einsum("ij,ij->", product(explains, later), explains.conj()).real
    capacity = np.asarray(snr * (squared_norm(explained[:, before]) + of_later))
    information = np.asarray(np.log1p(spectrum).sum() / 2)
    drifts, lost = np.full(request.lags, np.sqrt(snr) * drift), gramian.accumulated_rounding
    return _answer(gramian, rounding, drifts, lost, values, capacity, information)


def _answer(
    gramian: InputNormalGramian,
    rounding: float,
    drift: np.ndarray,
    lost: float,
    values: np.ndarray,
    capacity: np.ndarray,
    information: np.ndarray,
) -> Answer:
    """A memory function with the errors of the Gramian, of the solve, and of the amplitudes, which may have drifted.

    `lost` is what the sum G over all lags lost, over ||G||.
    """
    parts = (values, sizes_by_lag(values)), (capacity, capacity), (information, information)
    answer = Answer.within(gramian.relative_error + rounding, gramian.method, *parts)
    change = displacement(values, drift)
    largest = float(largest_entry(values))
    relative = float(change.max()) / largest if largest else 0.0
    relative += lost  # of trace G
    return answer.widened(change[:, None, None], relative * capacity, relative * information)


def snr_curve(gramian: InputNormalGramian, request: Request) -> Answer:
    """y_k* y_k, (lags, d, d): Fisher memory behind a noisy readout."""
    size, d = request.columns.shape
    amplitudes, drift = _amplitudes(gramian, request, request.lags)
    values = squared_amplitudes(amplitudes.reshape(size, request.lags, d))
    answer = Answer.within(gramian.relative_error, gramian.method, (values, sizes_by_lag(values)))
    return answer.widened(displacement(values, drift)[:, None, None])


def seen_by_outputs(gramian: Gramian, request: Request, outputs: np.ndarray) -> Answer | None:
    """w* O* (O C O* + r)^-1 O w by lag, (lags, d, d), of outputs O, (P, N), with noise of variance r > 0 in each."""
    if not isinstance(gramian, InputNormalGramian):
        return None
    d, lags = request.columns.shape[1], request.lags
    amplitudes, drift = _signal(gramian, request, lags)
    rows = np.vstack([product(gramian.factor, outputs.conj().T), np.sqrt(request.readout_noise) * np.eye(len(outputs))])
    S = sl.qr(rows, mode="r", check_finite=False)[0][: len(outputs)]
    state = product(outputs, product(gramian.factor.conj().T, amplitudes))
    seen = sl.solve_triangular(S, state, trans="C", check_finite=False)
    values = squared_amplitudes(seen.reshape(len(outputs), lags, d))
    answer = Answer.within(gramian.relative_error, gramian.method, (values, sizes_by_lag(values)))
    # an output shows no more of a drift than the state
    return answer.widened(displacement(values, drift)[:, None, None])


def nuisance_information(gramian: InputNormalGramian, request: Request) -> Answer:
    """1 / [F^-1]_kk, (lags, d): the squared distance of the amplitude y_k from the span of the others.

    A lag at which no path leads from the input to a unit has no information, and hides none.
    """
    (size, d), lags = request.columns.shape, request.lags
    amplitudes, drift = _amplitudes(gramian, request, lags)
    is_reached = reached_lags(request.network.dense(), request.columns, lags).ravel()
    columns = amplitudes[:, is_reached]
    squares = np.einsum("ij,ij->j", columns.conj(), columns).real
    lengths = np.sqrt(squares)
    drifts = np.repeat(drift, d)[is_reached] + 8 * ULP * np.sqrt(size) * lengths
    shares, errors = _shares_of_distance(columns, lengths, drifts)
    information, error, sizes = np.zeros(lags * d), np.zeros(lags * d), np.zeros(lags * d)
    information[is_reached] = squares * shares
    error[is_reached] = squares * (errors + gramian.relative_error * np.maximum(shares, errors))
    sizes[is_reached] = squares
    shape = lags, d
    return Answer((information.reshape(shape),), (error.reshape(shape),), (sizes.reshape(shape),), gramian.method)


def _shares_of_distance(columns: np.ndarray, lengths: np.ndarray, drifts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The squared distance of each column from the span of the others over its squared length, and its error.

    The distance moves by at most sum_j |c_j| drift_j, to first order, for the coefficients c of the nearest
    combination. Where the columns may be dependent, as far as their drifts tell, only an upper bound is known: with
    F <= 2 (F~ + e^2) for columns of unit length whose errors have a norm of at most e.
    """
    if not columns.shape[1]:
        return np.zeros(0), np.zeros(0)
    with np.errstate(divide="ignore"):
        relative = np.where(lengths > 0, drifts / lengths, np.inf)
    if not relative.max() < 1:  # a signal of unknown direction may hide any other
        return np.zeros(len(lengths)), np.ones(len(lengths))
    _, singular, adjoint = sl.svd(columns / lengths, check_finite=False)
    spectrum = np.zeros(len(adjoint))
    spectrum[: len(singular)] = singular**2
    e = np.sqrt(squared_norm(relative))
    if spectrum.min() > (4 * e) ** 2:
        inverse = product(adjoint.conj().T / spectrum, adjoint)
        shares = 1 / np.diag(inverse).real
        moved = 2 * shares * (relative @ np.abs(inverse))
        return shares, (2 * np.sqrt(shares) + moved) * moved
    upper = 2 / np.einsum("ik,i->k", np.abs(adjoint) ** 2, 1 / (spectrum + e**2))
    return np.zeros(len(upper)), np.minimum(upper, 1)


def _amplitudes(gramian: InputNormalGramian, request: Request, lags: int) -> tuple[np.ndarray, np.ndarray]:
    """M y_k for k < lags side by side, (N, lags d), and how far each may have drifted, (lags,)."""
    amplitudes, drift = _signal(gramian, request, lags)
    return _read_out(gramian, request, amplitudes), drift


def _signal(gramian: InputNormalGramian, request: Request, lags: int) -> tuple[np.ndarray, np.ndarray]:
    """The same of y_k itself. Zeros for the lags at which the signal has vanished."""
    size, d = request.columns.shape
    blocks, drifts = [np.zeros((size, 0))], [np.zeros(0)]
    for block, drift in gramian.trajectory(request, min(lags, request.horizon or lags)):
        blocks.append(block)
        drifts.append(drift)
    amplitudes, drift = np.concatenate(blocks, axis=1), np.concatenate(drifts)
    amplitudes = np.pad(amplitudes, ((0, 0), (0, lags * d - amplitudes.shape[1])))
    return amplitudes, np.pad(drift, (0, lags - len(drift)), constant_values=drift.max(initial=0.0))


def _read_out(gramian: InputNormalGramian, request: Request, columns: np.ndarray) -> np.ndarray:
    """M Y, as a readout with noise of variance r sees the columns Y; Y where there is none."""
    if not request.readout_noise:
        return columns
    size = len(gramian.factor)
    noise = np.sqrt(request.readout_noise) * np.eye(size)
    S = sl.qr(np.vstack([gramian.factor, noise]), mode="r", check_finite=False)[0][:size]
    state = product(gramian.factor.conj().T, columns)
    return sl.solve_triangular(S, state, trans="C", check_finite=False)


def _gathered_rows(gramian: InputNormalGramian, request: Request) -> np.ndarray | None:
    """R with R* R = G: doubling from the row b*, until nothing is added that a signal of variance `snr` would show.

    None where the signal of the horizon overflows.
    """
    start = gramian.whitened(request.columns)
    if request.horizon is not None:
        factor = accumulate_factor(gramian.step, start, request.horizon)
        return None if factor is None else factor[0]
    exponent = binary_exponent(start)  # squares of small inputs would vanish
    rows, power = times_power_of_two(start.conj().T, -exponent), gramian.step
    with np.errstate(divide="ignore"):
        visible = 1 / np.ldexp(request.signal_variance, 2 * exponent)
    for _ in range(MAX_DOUBLINGS):
        ahead = product_adjoint(rows, power)
        rows = np.vstack([ahead, rows])
        if len(rows) > len(power):
            rows = sl.qr(rows, mode="r", check_finite=False)[0][: len(power)]
        if squared_norm(ahead) <= ULP / 16 * min(visible, squared_norm(rows)):
            break
        power = product(power, power)
    return times_power_of_two(rows, exponent)


def _signal_and_correlated(
    gramian: InputNormalGramian, request: Request, lags: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Y and Z, (N, K d), of the first K = `lags` lags, and how far a column of Z may have drifted."""
    size, d = request.columns.shape
    correlation = request.autocovariance
    followed = lags + len(correlation) - 1  # Z_k reaches as far beyond y_k as r does
    amplitudes, drift = _signal(gramian, request, followed)
    by_lag = amplitudes.reshape(size, followed, d).transpose(1, 0, 2).reshape(followed, size * d)
    padded = np.zeros(followed)
    padded[: len(correlation)] = correlation
    correlated = sl.matmul_toeplitz(padded, by_lag, check_finite=False)
    # the Fourier transform loses a few ulps of the largest signal in every lag
    largest = np.sqrt(squared_norm(amplitudes[:, :d]))
    moved = 2 * np.abs(correlation).sum() * (drift.max() + 16 * ULP * np.log2(2 + followed) * largest)
    Z = correlated.reshape(followed, size, d).transpose(1, 0, 2).reshape(size, followed * d)
    return amplitudes[:, : lags * d], np.ascontiguousarray(Z[:, : lags * d]), float(moved)


def _summed_product(B: np.ndarray, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The Hermitian part of sum_k B^k z y* B*^k, as the difference of two positive sums."""
    lengths = np.sqrt(squared_norm(z)), np.sqrt(squared_norm(y))
    if not all(lengths):
        return np.zeros_like(B)
    balance = np.sqrt(lengths[1] / lengths[0])
    plus, minus = balance * z + y / balance, balance * z - y / balance
    difference = accumulate(B, product_adjoint(plus, plus))[0] - accumulate(B, product_adjoint(minus, minus))[0]
    return difference / 4
