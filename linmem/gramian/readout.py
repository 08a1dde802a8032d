r"""What a linear readout of the state makes of the signal, in the coordinates in which the noise is white.

y_k = S^-* W^k v is the signal of lag k there, C = S* S. Of a white signal of variance x (in units of the noise)

    m(k) = x y_k* (1 + x G)^-1 y_k,    G = sum_k y_k y_k*,

and its sum is trace[(1 + x G)^-1 x G]; I = log det(1 + x G) / 2. G = R* R comes by doubling of R, as y_k = B^k b and B
is a contraction; 1 + x G is never formed, only its triangular factor. An error of a factor 1 +- eta in C is one of at
most that factor in m and I, which are concave in x G and grow with it.

A readout with noise of its own, of variance r, sees C + r: y_k becomes M y_k with M = S_r^-* S*, S_r* S_r = C + r.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import displacement
from linmem.linalg.blas import product, product_adjoint, squared_norm
from linmem.linalg.stein import MAX_DOUBLINGS, ULP

if TYPE_CHECKING:
    from linmem.gramian.input_normal import BalancedForm, Numbers

LONGEST = 2**16  # lags of a correlated signal that are followed


def decoded(form: BalancedForm, V: np.ndarray, lags: int, snr: float, readout: float) -> tuple[Any, float]:
    """m(k), (lags, d, d), the capacity and the information, of a white signal of variance `snr`."""
    d = V.shape[1]
    amplitude, drift = amplitudes(form, V, lags, readout)
    root = np.sqrt(snr) * _read_out(form, readout, _gathered(form, V, snr).conj().T).conj().T
    spread = sl.svdvals(root, check_finite=False) ** 2
    T = sl.qr(np.vstack([root, np.eye(len(form.factor))]), mode="r", check_finite=False)[0][: len(form.factor)]
    seen = sl.solve_triangular(T, amplitude, trans="C", check_finite=False).reshape(len(V), lags, d)
    values = snr * np.einsum("nka,nkb->kab", seen.conj(), seen)
    numbers = values, np.sum(spread / (1 + spread)), np.log1p(spread).sum() / 2
    error = form.relative_error + _largest_displacement(values, np.sqrt(snr) * drift)
    return numbers, error + 8 * ULP * np.sqrt(len(V)) * (1 + ULP * spread[0])


def decoded_from_correlated(
    form: BalancedForm, V: np.ndarray, lags: int, snr: float, readout: float, correlation: np.ndarray
) -> tuple[Any, float]:
    """The same of a signal with autocorrelation r_0 = 1, r_1, ..., zero beyond those given."""
    (size, d), reach = V.shape, len(correlation)
    told = min(1 / (snr * np.abs(correlation).sum()), squared_norm(form._seen(V)) or np.inf)
    amplitude, drift = amplitudes(form, V, LONGEST, readout, below=ULP * told)
    followed = max(lags, amplitude.shape[1] // d + reach)
    Y = np.zeros((followed, size, d), amplitude.dtype)
    Y[: amplitude.shape[1] // d] = amplitude.reshape(size, -1, d).transpose(1, 0, 2)
    padded = np.zeros(followed)
    padded[:reach] = correlation[:followed]
    Z = sl.matmul_toeplitz(padded, Y.reshape(followed, -1)).reshape(Y.shape)
    flat_Y, flat_Z = (np.ascontiguousarray(one.transpose(1, 0, 2).reshape(size, -1)) for one in (Y, Z))
    covered = snr * product_adjoint(flat_Z, flat_Y)
    covered = (covered + covered.conj().T) / 2
    spread = np.maximum(sl.eigvalsh(covered, check_finite=False), 0)
    L = sl.cholesky(np.eye(size) + covered, lower=True, check_finite=False)
    seen = sl.solve_triangular(L, flat_Z[:, : lags * d], lower=True, check_finite=False).reshape(size, lags, d)
    values = snr * np.einsum("nka,nkb->kab", seen.conj(), seen)
    white = sl.solve_triangular(L, flat_Z, lower=True, check_finite=False)
    numbers = values, snr * squared_norm(white), np.log1p(spread).sum() / 2
    away = 2 * np.sqrt(snr) * np.abs(correlation).sum() * drift.max()
    error = form.relative_error + _largest_displacement(values, away)
    return numbers, error + 8 * ULP * size * (1 + spread[-1])


def through_readout(form: BalancedForm, V: np.ndarray, lags: int, readout: float) -> tuple[Numbers, float]:
    """y_k* y_k, (lags, d, d): Fisher memory as a noisy readout has it."""
    amplitude, drift = amplitudes(form, V, lags, readout)
    seen = amplitude.reshape(len(V), lags, V.shape[1])
    values = np.einsum("nka,nkb->kab", seen.conj(), seen)
    return (values,), form.relative_error + _largest_displacement(values, drift)


def unshared(form: BalancedForm, V: np.ndarray, lags: int, readout: float) -> tuple[Numbers, float]:
    """1 / [F^-1]_kk, (lags, d), with its error in units of the largest J(k).

    Zeros where F is singular to rounding: whatever is left is then below ulp^2 J.
    """
    amplitude, drift = amplitudes(form, V, lags, readout)
    count, largest = amplitude.shape[1], np.sqrt(squared_norm(amplitude[:, : V.shape[1]]))
    error = form.relative_error + (2 * drift.max() / largest if largest else 0.0)
    if count > len(V):
        return (np.zeros((lags, V.shape[1])),), error
    R = sl.qr(amplitude, mode="economic", check_finite=False)[1]
    size = np.abs(np.diag(R))
    if size.min() <= count * ULP * size.max():
        return (np.zeros((lags, V.shape[1])),), error
    inverse = sl.solve_triangular(R, np.eye(count), check_finite=False)
    alone = 1 / np.einsum("ij,ij->i", inverse.conj(), inverse).real
    return (alone.reshape(lags, -1),), error + ULP * count * float(size.max() / size.min())


def amplitudes(form, V, lags, readout, below=0.0) -> tuple[np.ndarray, np.ndarray]:
    """y_k for k < lags side by side, (N, lags d), and how far each may have drifted; or only up to where ||y_k||^2 is
    below a bound.
    """
    blocks, drifts = [np.zeros((len(V), 0))], [np.zeros(1)]
    for block, drift in form._trajectory(V, min(lags, form.horizon or lags)):
        blocks.append(block)
        drifts.append(drift)
        if squared_norm(block) < below * V.shape[1]:
            break
    found, drift = np.concatenate(blocks, axis=1), np.concatenate(drifts)[1:]
    if not below:
        found = np.pad(found, ((0, 0), (0, lags * V.shape[1] - found.shape[1])))
        drift = np.pad(drift, (0, lags - len(drift)))
    return _read_out(form, readout, found), drift


def _largest_displacement(values, drift) -> float:
    """Of all lags, relative to the largest value."""
    largest = np.trace(values, axis1=1, axis2=2).real.max()
    return float(np.max(displacement(values, drift)) / largest) if largest > 0 else 0.0


def _read_out(form, readout, columns):
    """M Y."""
    if not readout:
        return columns
    size = len(form.factor)
    S = sl.qr(np.vstack([form.factor, np.sqrt(readout) * np.eye(size)]), mode="r", check_finite=False)[0][:size]
    return sl.solve_triangular(S, product(form.factor.conj().T, columns), trans="C", check_finite=False)


def _gathered(form, V, snr):
    """R with R* R = G: doubling from the row b*, until nothing is added that a signal of variance `snr` would tell."""
    rows, power, left = form._seen(V).conj().T, form.step, form.horizon
    if left is not None:
        return amplitudes(form, V, left, 0.0)[0].conj().T
    for _ in range(MAX_DOUBLINGS):
        ahead = product_adjoint(rows, power)
        rows = np.vstack([ahead, rows])
        if len(rows) > len(power):
            rows = sl.qr(rows, mode="r", check_finite=False)[0][: len(power)]
        if snr * squared_norm(ahead) <= ULP / 16 * min(1.0, snr * squared_norm(rows)):
            break
        power = product(power, power)
    return rows
