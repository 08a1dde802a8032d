r"""Many diagonal networks of one input each, side by side: the closed forms of `linmem.gramian.diagonal`.

Contents
--------
curves_of_channels
    J(k) of every channel.
differ
    Whether the eigenvalues of each channel differ.
seen_by_readouts
    What one number that is read of each channel tells.
"""

from __future__ import annotations

import numpy as np

from linmem.gramian.diagonal import TINY
from linmem.kernels import all_pass as kernels
from linmem.kernels.threads import in_threads
from linmem.linalg.all_pass import TOGETHER, Cascade
from linmem.linalg.modes import inside_circle
from linmem.linalg.stein import ULP


def curves_of_channels(
    eigenvalues: np.ndarray, rows: np.ndarray, lags: int, enters_with_input: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """J(k), (H, K), bounds on the errors, and the totals, (H,), of modes (H, n) with input weights (H, n).

    Complex eigenvalues stand for themselves and their conjugates. Noise of variance 1, in the state or in the input;
    there the eigenvalues of a channel must differ, and every weight not be 0.
    """
    if enters_with_input:
        is_pair = eigenvalues.imag != 0
        pulse = Cascade.of(eigenvalues, is_pair).pulse(lags)
        return pulse.energy, pulse.error, (1.0 + is_pair).sum(axis=1)
    weights = rows.real**2 + rows.imag**2
    squares = eigenvalues.real**2 + eigenvalues.imag**2
    power = weights * inside_circle(eigenvalues.ravel()).reshape(eigenvalues.shape)
    values = np.empty((len(power), lags))
    in_threads(
        lambda some: kernels.sums_of_powers(power[some], squares[some], values[some]),
        [slice(start, start + TOGETHER) for start in range(0, len(power), TOGETHER)],
    )
    # the weights, 1 - |l|^2, its powers, and the sum, in which no term is negative
    relative = ULP * (16 + eigenvalues.shape[1] + 4 * np.arange(lags))
    total = weights.sum(axis=1)
    return values, relative * values + TINY * (1 + total[:, None]), total


def differ(eigenvalues: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Whether the eigenvalues of each channel, (H, n), differ from each other and from all conjugates, and the input
    enters all of them.
    """
    upper = np.sort(np.where(eigenvalues.imag < 0, eigenvalues.conj(), eigenvalues), axis=1)
    return (upper[:, 1:] != upper[:, :-1]).all(axis=1) & (rows != 0).all(axis=1)


def seen_by_readouts(
    eigenvalues: np.ndarray,
    rows: np.ndarray,
    readouts: np.ndarray,
    lags: int,
    enters_with_input: bool,
    is_half: bool,
    readout_noise: float,
) -> tuple[np.ndarray, np.ndarray]:
    """h_k^2 / (E y^2 + r), (H, K), and bounds on the errors, of y = Re(C x), h_k = Re sum c l^k b, noise of variance 1.

    `is_half`: complex numbers stand for themselves and their conjugates; else the sums are complex. Where large terms
    of the variance cancel, the bound grows with what is lost.
    """
    # what is read, in units in which neither it nor the noise of the readout loses its square
    read = np.abs(readouts * rows if enters_with_input else readouts).max(axis=1)
    exponents = np.frexp(np.maximum(read, np.sqrt(readout_noise)))[1]
    unit = np.ldexp(1.0, np.clip(-exponents, -1000, 1000))
    products = readouts * rows * unit[:, None]
    if not enters_with_input:
        readouts = readouts * unit[:, None]
    power, size = products.copy(), np.abs(products)
    moduli = np.abs(eigenvalues)
    kernel, scale = np.empty((2, len(rows), lags))
    kernel = kernel if is_half else kernel.astype(complex)
    for k in range(lags):
        total = power.sum(axis=1)
        kernel[:, k], scale[:, k] = (total.real if is_half else total), size.sum(axis=1)
        power, size = power * eigenvalues, size * moduli
    lost = ULP * (8 + np.log2(eigenvalues.shape[1]) + 4 * np.arange(lags)) * scale
    lost += TINY * eigenvalues.shape[1]
    variance, of_variance = _variances(eigenvalues, products, readouts, enters_with_input, is_half)
    variance = variance + (np.sqrt(readout_noise) * unit) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        least = np.maximum(variance - of_variance, 0)[:, None]
        values = np.abs(kernel) ** 2 / variance[:, None]
        error = ((2 * np.abs(kernel) + lost) * lost + values * of_variance[:, None] + TINY) / least
    nothing = scale[:, :1] == 0  # nothing is read
    return np.where(nothing, 0.0, values), np.where(nothing, 0.0, np.nan_to_num(error, nan=np.inf))


def _variances(
    eigenvalues: np.ndarray, products: np.ndarray, readouts: np.ndarray, enters_with_input: bool, is_half: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The variance of y in each channel, (H,), and bounds on the errors."""
    if not enters_with_input:
        power = np.abs(readouts) ** 2 / inside_circle(eigenvalues.ravel()).reshape(eigenvalues.shape)
        variance = power.sum(axis=1)
        return variance, ULP * (16 + np.log2(power.shape[1])) * variance
    variance, size = np.zeros((2, len(products)))
    for n in range(products.shape[1]):  # a row of 1 / (1 - l_i l_j*) at a time
        with_conjugate = (
            products[:, n : n + 1] * products.conj() / _one_minus(eigenvalues[:, n : n + 1], eigenvalues.conj())
        )
        terms = with_conjugate.sum(axis=1).real
        size += np.abs(with_conjugate).sum(axis=1)
        if is_half:  # of y = (z + z*) / 2: E y^2 = (E |z|^2 + Re E z^2) / 2
            alike = products[:, n : n + 1] * products / _one_minus(eigenvalues[:, n : n + 1], eigenvalues)
            terms = (terms + alike.sum(axis=1).real) / 2
            size += np.abs(alike).sum(axis=1)
        variance += terms
    return variance, ULP * (24 + products.shape[1]) * size


def _one_minus(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """1 - l m of l = `own` and m, by 1 - |l|^2 and the difference of m from l*: it loses nothing near the circle."""
    remainder = inside_circle(own.ravel()).reshape(own.shape)
    return remainder - own * (others - own.conj())
