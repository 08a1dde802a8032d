r"""Memory without noise: what the past signal alone confuses in the state.

Without noise m(k) = w_k* P^-1 w_k, P = sum_k w_k w_k*, does not change under any similarity, and so depends on nothing
but the eigenvalues l_i of what the input reaches. P is so ill-conditioned that a solve finds 53 of the 100 units of
capacity of a Gaussian network of 100. Instead, m(k) = sum_i |c_ik|^2 with the power series

    sum_k c_ik z^k = sqrt(1 - |l_i|^2) / (1 - l_i z) prod_{j < i} (z - conj l_j) / (1 - l_j z)

of the orthonormal Takenaka-Malmquist functions: filters in a row, each of which loses nothing. Where double precision
does not know the eigenvalues, as of strongly non-normal matrices, they are computed with more. How many there are,
the capacity, is the rank of [v, W v, W^2 v, ...], which is decided exactly for the stored matrix: no threshold would be
the same in all units.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl
from scipy.sparse.csgraph import connected_components

from linmem.balls.decisions import LARGEST_RANK, reached_dimension
from linmem.balls.eigenvalues import eigenvalues
from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.gramian.diagonal import CascadeGramian
from linmem.gramian.reached import reached_matrix, reached_units
from linmem.gramian.request import Request
from linmem.linalg import eigenvalue_bounds
from linmem.linalg.all_pass import Cascade
from linmem.linalg.stein import ULP
from linmem.linalg.structure import balanced
from linmem.measured import Measured

SAFETY = 32  # on the change that rounding makes
LARGEST_EXACT = 128  # units, for eigenvalues of more than double precision
PRECISIONS = (128, 256, 512, 1024, 2048)  # bits


def noiseless_capacity(request: Request) -> Measured:
    """The dimension of what the input reaches, exactly."""
    if request.network.modes is not None:
        return _measured(_of_modes(request).dimension)
    return _measured(_reached(request)[2])


def noiseless_memory(request: Request) -> tuple[np.ndarray, Measured, float, str]:
    """m(k), (K,), the capacity, the relative error of m, and the method."""
    if request.network.modes is not None:
        modes = _of_modes(request)
        curve = modes.fisher_memory_curve(request)
        values = curve.numbers[0] if request.network.feedforward_is_matrix else curve.numbers[0][:, 0, 0]
        return values, _measured(modes.dimension), curve.relative_error, modes.method
    W, v, dimension = _reached(request)
    if not dimension:
        values, error, method = np.zeros(request.lags), 0.0, "eigenvalues"
    else:
        # of W itself where the input reaches everything: a change of basis would round it
        matrix, rounding = (W, ULP) if dimension == len(W) else reached_matrix(W, v, dimension)
        values, error, method = _of_matrix(matrix, rounding, request.lags)
        if not error <= request.rtol and dimension == len(W) <= LARGEST_EXACT:
            values, error, method = _to_more_digits(W, values, request.lags, request.rtol)
    if request.network.feedforward_is_matrix:
        values = values[:, None, None]
    return values, _measured(dimension), error, method


def _measured(dimension: int) -> Measured:
    return Measured(dimension, 0.0, "exact rank")


def _of_modes(request: Request) -> CascadeGramian:
    """The cascade of a diagonal network, whose noiseless memory is its memory of an input that is as noisy."""
    _require_one_input(request)
    request.network.require_stable()
    return CascadeGramian.of(request.network.modes, request.columns)


def _require_one_input(request: Request) -> None:
    if request.network.n_inputs != 1:
        raise InvalidNetworkError(
            f"feedforward has {request.network.n_inputs} inputs; without noise (snr=inf) memory is computed of one: "
            "take a column, or a large finite snr"
        )


def _reached(request: Request) -> tuple[np.ndarray, np.ndarray, int]:
    """W and v of the units that the input reaches, and the dimension of what it reaches."""
    network = request.network
    _require_one_input(request)
    W, v = network.dense(), request.columns[:, 0]
    network.require_stable()
    units = reached_units(W, v)
    W, v = W[np.ix_(units, units)], v[units]
    dimension = reached_dimension(W, v) if len(units) else 0
    if dimension is None:
        raise AccuracyError(
            np.inf,
            request.rtol,
            reason=f"the input reaches {len(units)} units, and between 1 and {len(units)} dimensions: their number is "
            f"decided for up to {LARGEST_RANK} units, and memory without noise depends on it; take a finite snr",
        )
    return W, v, dimension


def _of_matrix(W: np.ndarray, rounding: float, lags: int) -> tuple[np.ndarray, float, str]:
    """m(k) by the eigenvalues in double precision, and an error from those of two matrices within rounding.

    `rounding` is relative to the norm, after a diagonal similarity that makes rows and columns alike.
    """
    own = 4 * ULP * len(W)
    exact = _eigenvalues_of_triangle(W)
    if exact is not None:
        return cascade(exact, lags), own, "eigenvalues"
    W, _ = balanced(W)
    spectrum = eigenvalue_bounds.eigenvalues(W)
    values = cascade(spectrum, lags)
    if not np.isfinite(rounding):
        return values, np.inf, "eigenvalues"
    rng = np.random.default_rng(0)
    scale = rounding * sl.norm(W) / np.sqrt(len(W))
    neighbours = [W + scale * rng.standard_normal(W.shape) for _ in range(2)]
    perturbed = [cascade(eigenvalue_bounds.eigenvalues(neighbour), lags) for neighbour in neighbours]
    error = SAFETY * _change(values, *perturbed) + own + _of_rounded(spectrum)
    return values, error, "eigenvalues"


def cascade(spectrum: np.ndarray, lags: int) -> np.ndarray:
    """m(k) of the eigenvalues, all of modulus below 1; nan where one is not."""
    if not np.abs(spectrum).max() < 1:
        return np.full(lags, np.nan)
    return Cascade.of(spectrum, np.zeros(len(spectrum), bool)).pulse(lags).energy


def _eigenvalues_of_triangle(W: np.ndarray) -> np.ndarray | None:
    """The diagonal, where no two units can reach each other: such a matrix is triangular in some order."""
    is_weight = W != 0
    np.fill_diagonal(is_weight, False)
    components, _ = connected_components(is_weight, directed=True, connection="strong")
    if components < len(W):  # two units are in one loop
        return None
    return np.diag(W).astype(complex)


def _to_more_digits(W: np.ndarray, values: np.ndarray, lags: int, rtol: float) -> tuple[np.ndarray, float, str]:
    error = np.inf
    for bits in PRECISIONS:
        spectrum = eigenvalues(W, bits)
        finer = cascade(spectrum, lags)
        error = SAFETY * _change(finer, values) + 4 * ULP * len(W) + _of_rounded(spectrum)
        values = finer
        if error <= rtol:
            break
    return values, error, f"eigenvalues to {bits} bits"


def _of_rounded(spectrum: np.ndarray) -> float:
    """What the rounding of eigenvalues to doubles makes of 1 - |l|^2, the largest relative change."""
    return float(2 * ULP / np.maximum(1 - np.abs(spectrum).max(), ULP))


def _change(values: np.ndarray, *others: np.ndarray) -> float:
    """The largest difference, relative to the largest value; infinite where one is not there."""
    differences = [np.abs(values - other).max() for other in others]
    largest = max(differences) / np.abs(values).max()
    return float(largest) if np.isfinite(largest) else np.inf
