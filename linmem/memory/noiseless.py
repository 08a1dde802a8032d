r"""Memory without noise: what the past signal alone confuses in the state.

Without noise m(k) = w_k* P^-1 w_k, P = sum_k w_k w_k*, does not change under any similarity, and so depends on nothing
but the eigenvalues l_i of what the input reaches. P is so ill-conditioned that a solve finds 53 of the 100 units of
capacity of a Gaussian network of 100. Instead, m(k) = sum_i |c_ik|^2 with the power series

    sum_k c_ik z^k = sqrt(1 - |l_i|^2) / (1 - l_i z) prod_{j < i} (z - conj l_j) / (1 - l_j z)

of the orthonormal Takenaka-Malmquist functions: filters in a row, each of which loses nothing. Where double precision
does not know the eigenvalues, as of strongly non-normal matrices, they are computed with more.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl
from scipy.signal import lfilter
from scipy.sparse.csgraph import connected_components

from linmem.balls.eigenvalues import eigenvalues
from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.linalg import eigenvalue_bounds as stability
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.network import Network

SAFETY = 32  # on the change that rounding makes
LARGEST_EXACT = 128  # units, for eigenvalues of more than double precision
NEGLIGIBLE, REACHED = 1e-11, 1e-8  # of ||W||: what rounding may lead to, and what it cannot
PRECISIONS = (128, 256, 512, 1024, 2048)  # bits


def noiseless_memory(network: Network, lags: int, rtol: float) -> tuple[tuple[np.ndarray, float], float, str]:
    """(m(k), capacity), the relative error of m, and the path."""
    if network.n_inputs != 1:
        raise InvalidNetworkError(
            f"feedforward has {network.n_inputs} inputs; without noise (snr=inf) memory is computed of one: take a "
            "column, "
            "or a large finite snr"
        )
    if network.size > LARGEST_DENSE:
        raise InvalidNetworkError(f"recurrent has {network.size} units; without noise, up to {LARGEST_DENSE}")
    network.require_stable()
    W, v = network.dense(), network.columns()[:, 0]
    reached = _reached(W, v, rtol)
    count = len(reached)
    of_all = W if count == len(W) else reached
    if not count:
        return (_shaped(np.zeros(lags), network), 0.0), 0.0, "eigenvalues"
    exact = _eigenvalues_of_triangle(of_all)
    if exact is not None:
        return (_shaped(cascade(exact, lags), network), float(count)), 4 * ULP * count, "eigenvalues"
    values = cascade(stability.eigenvalues(of_all), lags)
    rng = np.random.default_rng(0)
    moved = [of_all + ULP * sl.norm(of_all) / np.sqrt(count) * rng.standard_normal(of_all.shape) for _ in range(2)]
    others = [stability.eigenvalues(one) for one in moved]
    error: float = _change(values, *(cascade(one, lags) for one in others)) * SAFETY + 4 * ULP * count
    path = "eigenvalues"
    if not error <= rtol and of_all is W and len(W) <= LARGEST_EXACT:
        values, error, path = _to_more_digits(W, values, lags, rtol)
    return (_shaped(values, network), float(count)), error, path


def cascade(spectrum: np.ndarray, lags: int) -> np.ndarray:
    """m(k) of the eigenvalues, all of modulus below 1; nan where one is not."""
    if not np.abs(spectrum).max() < 1:
        return np.full(lags, np.nan)
    values, signal = np.zeros(lags), np.zeros(lags, complex)
    signal[0] = 1
    for eigenvalue in spectrum:
        heard = lfilter([np.sqrt(1 - abs(eigenvalue) ** 2)], [1, -eigenvalue], signal)
        values += heard.real**2 + heard.imag**2
        signal = lfilter([-eigenvalue.conjugate(), 1], [1, -eigenvalue], signal)
    return values


def _reached(W: np.ndarray, v: np.ndarray, rtol: float) -> np.ndarray:
    """W in the space that v reaches, v first: Arnoldi's Hessenberg matrix, up to where a step leads no further."""
    size, scale = len(W), sl.norm(W)
    length = sl.norm(v)
    if not length:
        return np.zeros((0, 0))
    basis = np.zeros((size, size), np.result_type(W, v))
    H = np.zeros((size, size), basis.dtype)
    basis[:, 0] = v / length
    for step in range(size):
        ahead = W @ basis[:, step]
        for _ in range(2):
            inside = basis[:, : step + 1].conj().T @ ahead
            ahead = ahead - basis[:, : step + 1] @ inside
            H[: step + 1, step] += inside
        length = sl.norm(ahead)
        if step + 1 == size or length <= NEGLIGIBLE * scale:
            return H[: step + 1, : step + 1]
        if length < REACHED * scale:
            raise AccuracyError(
                np.inf,
                rtol,
                reason=f"whether the input reaches more than {step + 1} dimensions is open: a further one "
                f"is reached by {length / scale:.1g} of ||W||",
            )
        H[step + 1, step] = length
        basis[:, step + 1] = ahead / length
    return H


def _eigenvalues_of_triangle(W: np.ndarray) -> np.ndarray | None:
    """The diagonal, where no two units can reach each other: such a matrix is triangular in some order."""
    loops = connected_components((W != 0) & ~np.eye(len(W), dtype=bool), directed=True, connection="strong")[0]
    return np.diag(W).astype(complex) if loops == len(W) else None


def _to_more_digits(W: np.ndarray, values: np.ndarray, lags: int, rtol: float) -> tuple[np.ndarray, float, str]:
    error = np.inf
    for bits in PRECISIONS:
        finer = cascade(eigenvalues(W, bits), lags)
        error = SAFETY * _change(finer, values) + 4 * ULP * len(W)
        values = finer
        if error <= rtol:
            break
    return values, error, f"eigenvalues to {bits} bits"


def _change(values: np.ndarray, *others: np.ndarray) -> float:
    """The largest difference, relative to the largest value; infinite where one is not there."""
    largest = max(np.abs(values - other).max() for other in others) / np.abs(values).max()
    return float(largest) if np.isfinite(largest) else np.inf


def _shaped(values: np.ndarray, network: Network) -> np.ndarray:
    return values if not network.feedforward_is_matrix else values[:, None, None]
