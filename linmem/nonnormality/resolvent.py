r"""The resolvent (z - W)^-1 at many points z, by the smallest singular values sigma_min(z - W) = 1 / ||(z - W)^-1||.

Conventions
-----------
W = Z T Z* is reduced to its complex Schur form T once, as sigma_min(z - W) = sigma_min(T - z). The points z are a
complex array (K,). Below about N ulp ||W|| a smallest singular value is known absolutely, not relatively.

Contents
--------
smallest_singular_values
    sigma_min(z - W) of a dense matrix.
schur_triangle, values_of_triangle
    Its two steps, for callers that need more points of the same matrix later.
smallest_singular_triplet
    sigma_min(T - z) at one point, with its singular vectors.
values_of_sparse
    sigma_min(z - W) of a large sparse matrix.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
import scipy.sparse.linalg as spl
from scipy.linalg.lapack import ztrtrs

from linmem.kernels import resolvent as kernels
from linmem.kernels.threads import in_threads
from linmem.linalg.blas import one_blas_thread
from linmem.linalg.structure import Matrix, binary_exponent, scaled, times_power_of_two

RTOL = 1e-10  # of the squares, as Lanczos estimates it; where it converges slowly, values are still right to 1e-6
MAX_STEPS = 80  # of Lanczos; at a point that takes more, singular values are computed
SMALLEST_PIVOT = 1e-120  # what stands for a smaller diagonal entry of T - z
SINGULAR = 1e-100  # smaller values are 0: z is an eigenvalue exactly
NORMAL = 1e-9  # norm of what is off the diagonal, for a T of norm about one whose eigenvalues give sigma_min
ACCURACY = 1e-7  # relative, of a distance from an eigenvalue that is taken for a singular value
SPARSE_RTOL = 1e-7  # of the singular values of a sparse matrix
WORK = 2**20  # points times N^2 of a task, a few milliseconds
LARGEST_BY_SVD = 100  # units up to which the singular value decomposition takes no longer than inverse Lanczos
TRIPLET_STEPS = 40  # of Lanczos for a triplet; a point that takes more has singular values that lie close together
TRIPLET_RTOL = 1e-10  # residual of the singular vectors, relative to the largest eigenvalue of the inverse


def smallest_singular_values(W: np.ndarray, z: np.ndarray) -> np.ndarray:
    """sigma_min(z - W) of a dense matrix W at the points z, (K,)."""
    sigma, _ = values_of_triangle(schur_triangle(W), np.asarray(z, complex))
    return sigma


def schur_triangle(W: np.ndarray) -> np.ndarray:
    """T, upper triangular and complex, of the Schur form W = Z T Z*."""
    near_one, exponent = scaled(W)
    with one_blas_thread():
        T, _ = sl.schur(near_one, output="complex", check_finite=False)
    return np.ascontiguousarray(T) * 2.0**exponent


def values_of_triangle(T: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sigma_min(T - z) at the points z, (K,), and whether the iteration converged there, (K,)."""
    exponent = binary_exponent(T, z)
    T = times_power_of_two(T, -exponent)
    z = times_power_of_two(z, -exponent)
    sigma, converged = _distances_from_eigenvalues(T, z)
    rest = np.flatnonzero(~converged)
    if len(rest):
        sigma[rest], converged[rest] = _by_inverse_lanczos(T, z[rest])
    sigma[sigma < SINGULAR] = 0.0
    return times_power_of_two(sigma, exponent), converged


def _distances_from_eigenvalues(T: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """min |lambda - z|, and where it is sigma_min(T - z) to the accuracy needed, for a nearly normal T.

    By Weyl's inequality the two differ by at most the norm of what is off the diagonal of T. Lanczos converges slowly
    for normal matrices, where eigenvalues at nearly the same distance from z are hard to separate.
    """
    eigenvalues = np.diagonal(T)
    off_diagonal = T - np.diag(eigenvalues)
    difference = float(np.linalg.norm(off_diagonal))
    if difference > NORMAL:
        nowhere = np.zeros(len(z), bool)
        return np.empty(len(z)), nowhere
    distances = [np.abs(eigenvalues - point).min() for point in z]
    sigma = np.array(distances)
    is_accurate = sigma >= difference / ACCURACY
    return sigma, is_accurate


def _by_inverse_lanczos(T: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sigma_min(T - z) by inverse Lanczos, by singular values where that does not converge, and where it did."""
    count = len(z)
    padding = -count % kernels.LANES
    padded = np.concatenate([z, np.repeat(z[:1], padding)])
    sigma = np.empty(len(padded))
    converged = np.empty(len(padded), bool)
    Tr, Ti = _contiguous_parts(T)
    zr, zi = _contiguous_parts(padded)

    # points of a task: of small matrices many, as a task takes longer to begin than they take
    together = kernels.LANES * max(1, WORK // (kernels.LANES * len(T) ** 2))

    def fill(first: int) -> None:
        for start in range(first, min(first + together, len(padded)), kernels.LANES):
            lanes = slice(start, start + kernels.LANES)
            kernels.smallest_singular_values(
                Tr, Ti, zr[lanes], zi[lanes], SMALLEST_PIVOT, MAX_STEPS, RTOL, sigma[lanes], converged[lanes]
            )

    with one_blas_thread(), np.errstate(all="ignore"):
        in_threads(fill, range(0, len(padded), together))
        sigma = sigma[:count]
        converged = converged[:count] & np.isfinite(sigma)
        for k in np.flatnonzero(~converged):
            shifted = T - z[k] * np.eye(len(T))
            sigma[k] = sl.svdvals(shifted, check_finite=False)[-1]
    return sigma, converged


def smallest_singular_triplet(T: np.ndarray, z: complex) -> tuple[float, np.ndarray, np.ndarray]:
    """sigma_min(T - z) of an upper triangular T, with its left and its right singular vector.

    Inverse Lanczos takes two triangular solves a step, O(N^2), where all singular values take O(N^3). The value is
    ||(T - z) x|| of the unit vector x that it ends with, and so is not below sigma_min.
    """
    shifted = np.asfortranarray(T - z * np.eye(len(T)))
    with one_blas_thread():
        right = _last_right_vector(shifted) if len(T) > LARGEST_BY_SVD else None
        if right is None:
            left_vectors, values, right_vectors = sl.svd(shifted, check_finite=False)
            return float(values[-1]), left_vectors[:, -1], right_vectors[-1].conj()
        image = shifted @ right
        sigma = float(np.linalg.norm(image))
    return sigma, image / sigma, right


def _last_right_vector(shifted: np.ndarray) -> np.ndarray | None:
    """The right singular vector of sigma_min of an upper triangular matrix; None where Lanczos does not converge.

    It belongs to the largest eigenvalue of the inverse of S* S. Every step is orthogonalised against all before, twice,
    as the Lanczos vectors of an ill-conditioned S are not orthogonal otherwise.
    """
    size = len(shifted)
    rng = np.random.default_rng(0)
    basis = np.empty((size, TRIPLET_STEPS), complex, order="F")
    vector = rng.standard_normal(size) + 1j * rng.standard_normal(size)
    beside = float(np.linalg.norm(vector))
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    for step in range(TRIPLET_STEPS):
        basis[:, step] = vector / beside
        adjoint_solution, _ = ztrtrs(shifted, basis[:, step], trans=2)
        vector, info = ztrtrs(shifted, adjoint_solution)
        if info or not np.isfinite(vector).all():  # z is an eigenvalue
            return None
        diagonal.append(float(np.vdot(basis[:, step], vector).real))
        known = basis[:, : step + 1]
        for _ in range(2):
            vector = vector - known @ (known.conj().T @ vector)
        beside = float(np.linalg.norm(vector))
        values, vectors = sl.eigh_tridiagonal(diagonal, off_diagonal)
        if beside * abs(vectors[-1, -1]) <= TRIPLET_RTOL * values[-1]:
            right = known @ vectors[:, -1]
            return right / np.linalg.norm(right)
        off_diagonal.append(beside)
    return None


def _contiguous_parts(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The real and the imaginary part, each with its numbers side by side in memory, as the kernel needs them."""
    real = np.ascontiguousarray(array.real)
    imaginary = np.ascontiguousarray(array.imag)
    return real, imaginary


def values_of_sparse(W: Matrix, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sigma_min(z - W) of a sparse matrix at the points z, (K,), and whether the iteration converged there, (K,)."""
    rng = np.random.default_rng(0)
    start = rng.standard_normal(size=(W.shape[0],))
    sigma = np.empty(len(z))
    converged = np.empty(len(z), bool)
    for k, point in enumerate(z):
        sigma[k], converged[k] = _value_of_sparse(W, point, start)
    return sigma, converged


def _value_of_sparse(W: Matrix, z: complex, start: np.ndarray) -> tuple[float, bool]:
    """1 / sigma^2 is the largest eigenvalue of the inverse of (z - W)* (z - W), applied by a sparse factorisation."""
    size = len(start)
    shifted = sparse.csc_array(z * sparse.eye_array(size, format="csc") - W)
    try:
        factor = spl.splu(shifted)
    except RuntimeError:  # the factorisation is singular: z is an eigenvalue
        return 0.0, True

    def solve_twice(v: np.ndarray) -> np.ndarray:
        adjoint_solution = factor.solve(v.astype(complex), trans="H")
        return factor.solve(adjoint_solution)

    inverse = spl.LinearOperator((size, size), solve_twice, dtype=complex)
    try:
        (largest,) = spl.eigsh(inverse, k=1, v0=start, tol=SPARSE_RTOL, return_eigenvectors=False)
        converged = True
    except spl.ArpackNoConvergence as error:
        largest = max(error.eigenvalues, default=np.inf)
        converged = False
    return 1 / np.sqrt(largest), converged
