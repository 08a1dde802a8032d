r"""Pseudospectra: where eigenvalues can be moved to, and where the resolvent is large.

Conventions
-----------
sigma_min(z - W) = 1 / ||(z - W)^-1||. The eps-pseudospectrum is where it is below eps: the eigenvalues of all W + E,
||E|| < eps. Below about N ulp ||W|| it is known absolutely, not relatively: there double precision does not know where
the eigenvalues are. Trefethen & Embree (2005), Spectra and Pseudospectra.

Contents
--------
Pseudospectrum, pseudospectrum
    sigma_min(z - W) on a grid.
smallest_singular_values
    The same at any points.
pseudospectral_abscissa, pseudospectral_radius
    The largest real part, and the largest modulus, of the eps-pseudospectrum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
import scipy.sparse.linalg as spl

from linmem.errors import InvalidNetworkError
from linmem.kernels import resolvent as kernels
from linmem.linalg.blas import one_blas_thread
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled
from linmem.network import Network, as_network
from linmem.validation import LARGEST, number, whole_number

RTOL = 1e-10  # of the squares, as Lanczos estimates it; where it creeps, a value is right to 1e-6 still
NORMAL = 1e-9  # off the diagonal of a Schur form of norm about one
ACCURACY = 1e-7  # of a distance that stands for a singular value
MOST = 80  # Lanczos steps; at a point that takes more, singular values are computed
MARGIN = 0.15  # of the width of the numerical range, around it
CROSSINGS = 50  # of the criss-cross, which converges quadratically


@dataclass(frozen=True, eq=False)
class Pseudospectrum:
    """sigma_min(z - W) on the grid z = x + i y.

    Attributes
    ----------
    network
        Whose it is.
    x, y
        The grid, (nx,) and (ny,), increasing.
    sigma_min
        (ny, nx), a row for each y: the distance of W from the nearest matrix that has the eigenvalue z.
    eigenvalues
        Of W, (N,); none for a sparse one.
    converged
        (ny, nx), False where the iteration did not settle and singular values were computed instead.
    """

    network: Network
    x: np.ndarray
    y: np.ndarray
    sigma_min: np.ndarray
    eigenvalues: np.ndarray
    converged: np.ndarray


def pseudospectrum(W: Any, box: Any = None, points: int | tuple[int, int] = 100) -> Pseudospectrum:
    r"""sigma_min(z - W) on a grid in the complex plane.

    Parameters
    ----------
    W
        A matrix (N, N) or a network; in continuous time its drift. A `scipy.sparse` one of more than 6000 units stays
        sparse, and takes a factorisation of z - W at every point: seconds to hours.
    box
        (x0, x1, y0, y1); a square around the numerical range where None.
    points
        n x n of them, or (nx, ny).

    Returns
    -------
    Pseudospectrum
        Every value within 1e-6 of that by singular value decomposition, and 0.0 at an eigenvalue found exactly.

    Raises
    ------
    InvalidNetworkError
        A box without area, fewer than two points, a stack.

    Notes
    -----
    One Schur form, then inverse Lanczos on the triangular T - z, for 16 points at a time (Lui 1997, SIAM J. Sci.
    Comput. 18:565; Trefethen 1999, Acta Numerica 8:247). Of a real W and a box that is symmetric about the real axis
    one half is computed.

    Examples
    --------
    >>> found = pseudospectrum([[0, 0], [0, 1]], box=(-1, 2, -1, 1), points=3)      # normal: the distance to 0 and 1
    >>> found.sigma_min.round(12)[1]
    array([1. , 0.5, 1. ])
    """
    network = as_network(W)
    network.require_single("pseudospectrum")
    nx, ny = (points, points) if np.ndim(points) == 0 else _pair(points)
    nx, ny = whole_number("points", nx, at_least=2), whole_number("points", ny, at_least=2)
    x0, x1, y0, y1 = _chosen_box(network) if box is None else _box(box)
    x, y = np.linspace(x0, x1, nx), np.linspace(y0, y1, ny)
    mirrored = y0 == -y1 and not np.iscomplexobj(network.matrix if network.is_sparse else network.dense())
    rows = y[: (ny + 1) // 2] if mirrored else y
    z = (x[None, :] + 1j * rows[:, None]).ravel()
    if network.is_sparse and network.size > LARGEST_DENSE:
        sigma, converged = _sparse_values(network.matrix, z)
        eigenvalues = np.zeros(0, complex)
    else:
        T = _triangle(network.dense())
        eigenvalues = np.diag(T).copy()
        sigma, converged = _values_of_triangle(T, z)
    sigma, converged = sigma.reshape(-1, nx), converged.reshape(-1, nx)
    if mirrored:
        sigma, converged = (np.concatenate([one, one[: ny // 2][::-1]]) for one in (sigma, converged))
    for array in (x, y, sigma, eigenvalues, converged):
        array.flags.writeable = False
    return Pseudospectrum(network, x, y, sigma, eigenvalues, converged)


def smallest_singular_values(W: np.ndarray, z: np.ndarray) -> np.ndarray:
    """sigma_min(z - W) of a dense matrix at points z, (K,)."""
    return _values_of_triangle(_triangle(W), np.asarray(z, complex))[0]


def pseudospectral_abscissa(W: Any, eps: float) -> float:
    r"""alpha_eps(W), the largest real part of an eigenvalue of any W + E with ||E|| <= eps.

    By the criss-cross of Burke, Lewis & Overton (2003), IMA J. Numer. Anal. 23:359: on a vertical line the boundary
    crosses where a Hamiltonian matrix has imaginary eigenvalues; from the middle of each part inside, to the right.
    Globally convergent, quadratically.

    Raises
    ------
    InvalidNetworkError
        eps <= 0, a stack, a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> round(pseudospectral_abscissa([[0, 1], [0, 0]], 1.0), 12) == round(2**0.5, 12)           # sqrt(eps^2 + eps)
    True
    """
    matrix, eps, scale = _scaled("pseudospectral_abscissa", W, eps)
    with one_blas_thread():
        best, angle = sl.eigvals(matrix), 0.0
        start = best[np.argmax(best.real)]
        found = _rightmost(matrix, eps, start.imag)
        for _ in range(CROSSINGS):
            crossings = _on_vertical_line(matrix, eps, found)
            reached = max((_rightmost(matrix, eps, middle) for middle in _middles(crossings)), default=found)
            if not reached > found + 4 * ULP * abs(found):
                break
            found = reached
    return float(np.ldexp(found + angle, scale))


def pseudospectral_radius(W: Any, eps: float) -> float:
    r"""rho_eps(W), the largest modulus of an eigenvalue of any W + E with ||E|| <= eps.

    As for `pseudospectral_abscissa`, with circles and rays (Mengi & Overton 2005, IMA J. Numer. Anal. 25:648). The
    Kreiss constant is the supremum of (rho_eps - 1) / eps.

    Examples
    --------
    >>> round(pseudospectral_radius([[0.5, 0], [0, -0.25j]], 0.25), 12)             # normal: the radius and eps
    0.75
    """
    matrix, eps, scale = _scaled("pseudospectral_radius", W, eps)
    with one_blas_thread():
        spectrum = sl.eigvals(matrix)
        found = _outermost(matrix, eps, float(np.angle(spectrum[np.argmax(np.abs(spectrum))])))
        for _ in range(CROSSINGS):
            angles = _on_circle(matrix, eps, found)
            arcs = np.append(angles, angles[:1] + 2 * np.pi)
            reached = max((_outermost(matrix, eps, middle) for middle in _middles(arcs)), default=found)
            if not reached > found * (1 + 4 * ULP):
                break
            found = reached
    return float(np.ldexp(found, scale))


def _triangle(W: np.ndarray) -> np.ndarray:
    near, exponent = scaled(W)
    with one_blas_thread():
        return np.ascontiguousarray(sl.schur(near, output="complex", check_finite=False)[0]) * 2.0**exponent


def _values_of_triangle(T: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sigma_min(T - z) and whether the iteration settled, at each of the points z, (K,)."""
    exponent = int(np.frexp(max(np.abs(T.view(float)).max(), np.abs(z.view(float)).max()))[1])
    T, z = (np.ldexp(one.view(float), -exponent).view(complex) for one in (T, z))
    sigma, known = _distances(T, z)
    converged = known.copy()
    rest = np.flatnonzero(~known)
    if len(rest):
        padded = np.concatenate([z[rest], np.repeat(z[rest[:1]], -len(rest) % kernels.LANES)])
        found, settled = np.empty(len(padded)), np.empty(len(padded), bool)
        Tr, Ti, zr, zi = (np.ascontiguousarray(one) for one in (T.real, T.imag, padded.real, padded.imag))
        with one_blas_thread(), np.errstate(all="ignore"):
            kernels.smallest_singular_values(Tr, Ti, zr, zi, 1e-120, MOST, RTOL, found, settled)
            found, settled = found[: len(rest)], settled[: len(rest)] & np.isfinite(found[: len(rest)])
            for k in np.flatnonzero(~settled):
                found[k] = sl.svdvals(T - z[rest[k]] * np.eye(len(T)), check_finite=False)[-1]
        sigma[rest], converged[rest] = found, settled
    sigma[sigma < 1e-100] = 0.0  # an eigenvalue, met exactly
    return np.ldexp(sigma, exponent), converged


def _distances(T: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """min |lambda - z|, and where it is sigma_min(T - z): Weyl, they differ by the norm of what is off the diagonal.

    On normal matrices Lanczos creeps, as eigenvalues that are equally far from z are no better one than the other.
    """
    eigenvalues = np.diagonal(T)
    off = float(np.linalg.norm(T - np.diag(eigenvalues)))
    if off > NORMAL:
        return np.empty(len(z)), np.zeros(len(z), bool)
    distances = np.array([np.abs(eigenvalues - point).min() for point in z])
    return distances, distances >= off / ACCURACY


def _sparse_values(W: Any, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By a sparse factorisation at each point, and the largest singular value of the inverse."""
    size = W.shape[0]
    sigma, converged = np.zeros(len(z)), np.ones(len(z), bool)
    start = np.random.default_rng(0).standard_normal(size)
    for k, point in enumerate(z):
        shifted = (point * sparse.eye_array(size, format="csc") - W).tocsc()
        try:
            factor = spl.splu(shifted)
        except RuntimeError:  # singular: z is an eigenvalue
            continue
        inverse = spl.LinearOperator(
            (size, size), lambda v, f=factor: f.solve(f.solve(v.astype(complex), trans="H")), dtype=complex
        )
        try:
            largest = spl.eigsh(inverse, k=1, v0=start, tol=1e-7, return_eigenvectors=False)[0]
        except spl.ArpackNoConvergence as error:
            converged[k] = False
            largest = max(error.eigenvalues, default=np.inf)
        sigma[k] = 1 / np.sqrt(largest)
    return sigma, converged


def _pair(points: Any) -> tuple[Any, Any]:
    pair = tuple(points)
    if len(pair) != 2:
        raise InvalidNetworkError(f"points is {points!r}; it must be a number, or two: (nx, ny)")
    return pair


def _box(box: Any) -> tuple[float, ...]:
    try:
        x0, x1, y0, y1 = (float(one) for one in box)
    except (TypeError, ValueError):
        raise InvalidNetworkError(f"box is {box!r:.60}; it must be four numbers, (x0, x1, y0, y1)") from None
    if not (-LARGEST < x0 < x1 < LARGEST and -LARGEST < y0 < y1 < LARGEST):
        raise InvalidNetworkError(
            f"box is {box!r:.60}, which has no area; it must be (x0, x1, y0, y1), x0 < x1, y0 < y1"
        )
    return x0, x1, y0, y1


def _chosen_box(network: Network) -> tuple[float, ...]:
    """A square around the numerical range, or around the norm of a large sparse matrix."""
    if network.is_sparse and network.size > LARGEST_DENSE:
        half = float(np.sqrt(abs(network.matrix).sum(axis=0).max() * abs(network.matrix).sum(axis=1).max())) or 1.0
        return -half, half, -half, half
    W = network.dense()
    real = not np.iscomplexobj(W)
    with one_blas_thread():
        ends = [sl.eigvalsh(one, check_finite=False)[[0, -1]] for one in ((W + W.conj().T) / 2, (W - W.conj().T) / 2j)]
    (left, right), (low, high) = ends
    middle_x, middle_y = (left + right) / 2, 0.0 if real else (low + high) / 2
    half = (1 + 2 * MARGIN) / 2 * max(right - left, high - low)
    if not half > 8 * ULP * max(abs(left), abs(right), abs(low), abs(high)):  # a multiple of the identity
        half = max(abs(left), abs(right), abs(low), abs(high)) or 1.0
    return middle_x - half, middle_x + half, middle_y - half, middle_y + half


def _scaled(what: str, W: Any, eps: float) -> tuple[np.ndarray, float, int]:
    """The matrix with entries of about 1, eps in the same unit, and the exponent taken out."""
    network, eps = as_network(W), number("eps", eps, above=0)
    network.require_single(what)
    if network.is_sparse and network.size > LARGEST_DENSE:
        raise InvalidNetworkError(f"{network.MATRIX} is sparse with {network.size} units; {what} takes {LARGEST_DENSE}")
    matrix = network.dense()
    exponent = int(np.frexp(max(np.abs(matrix.view(float)).max(), eps))[1])
    return np.ldexp(matrix.view(float), -exponent).view(matrix.dtype), float(np.ldexp(eps, -exponent)), exponent


def _rightmost(W: np.ndarray, eps: float, y: float) -> float:
    """The largest x with sigma_min(x + i y - W) = eps: a real eigenvalue of [[B, eps], [eps, B*]], B = W - i y."""
    B = W - 1j * y * np.eye(len(W))
    return _largest_real(B, eps)


def _outermost(W: np.ndarray, eps: float, angle: float) -> float:
    """The largest r with sigma_min(r e^{i angle} - W) = eps."""
    return _largest_real(np.exp(-1j * angle) * W, eps)


def _largest_real(B: np.ndarray, eps: float) -> float:
    size, one = len(B), np.eye(len(B))
    values = sl.eigvals(np.block([[B, eps * one], [eps * one, B.conj().T]]), check_finite=False)
    for value in sorted(values[np.abs(values.imag) <= _loose(values)].real, reverse=True):
        sigma = sl.svdvals(value * one - B, check_finite=False)[-1]
        if sigma <= eps * (1 + 1e-6) + 16 * ULP * size:
            return float(value)
    return -np.inf


def _on_vertical_line(W: np.ndarray, eps: float, x: float) -> np.ndarray:
    """All y with sigma_min(x + i y - W) = eps, increasing: imaginary eigenvalues of a Hamiltonian matrix."""
    one = np.eye(len(W))
    values = sl.eigvals(np.block([[W - x * one, eps * one], [-eps * one, x * one - W.conj().T]]), check_finite=False)
    return np.sort(values[np.abs(values.real) <= _loose(values)].imag)


def _on_circle(W: np.ndarray, eps: float, r: float) -> np.ndarray:
    """All t with sigma_min(r e^{it} - W) = eps, increasing: unimodular eigenvalues of a pencil."""
    one, zero = np.eye(len(W)), np.zeros(W.shape)
    left = np.block([[W, eps * one], [zero, r * one]])
    right = np.block([[r * one, zero], [eps * one, W.conj().T]])
    alpha, beta = sl.eigvals(left, right, homogeneous_eigvals=True, check_finite=False)
    near = np.abs(np.abs(alpha) - np.abs(beta)) <= 1e-6 * np.maximum(np.abs(alpha), np.abs(beta))
    return np.sort(np.angle(alpha[near] * beta[near].conj()))


def _loose(values: np.ndarray) -> float:
    """How far an eigenvalue that should be on a line may be off it: a double one moves by the root of an ulp."""
    return 1e-6 * float(np.abs(values).max())


def _middles(ends: np.ndarray) -> np.ndarray:
    return (ends[1:] + ends[:-1]) / 2
