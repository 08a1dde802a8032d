r"""The resolvent (z - W)^-1 at many points z, by the smallest singular values sigma_min(z - W) = 1 / ||(z - W)^-1||.

Conventions
-----------
W = Z T Z* is reduced to its Schur form T once, as sigma_min(z - W) = sigma_min(T - z). The points z are a complex array
(K,). Below about N ulp ||W|| a smallest singular value is known absolutely, not relatively.

Contents
--------
smallest_singular_values
    sigma_min(z - W) of a dense matrix.
SchurFactor
    Its Schur form, for callers that need more points of the same matrix later, or singular vectors.
values_of_sparse
    sigma_min(z - W) of a large sparse matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
import scipy.sparse.linalg as spl
from scipy.linalg.lapack import ztrtrs

from linmem.kernels import resolvent as kernels
from linmem.kernels.threads import in_threads
from linmem.kernels.tiles import aligned
from linmem.linalg.blas import one_blas_thread
from linmem.linalg.structure import Matrix, binary_exponent, scaled, times_power_of_two
from linmem.nonnormality.schur import eigenvalues_of_blocks, feedforward_part

RTOL = 1e-10  # of the squares, as Lanczos estimates it; where it converges slowly, values are still right to 1e-6
MAX_STEPS = 400  # of Lanczos; at a point that takes more, singular values are computed
SMALLEST_PIVOT = 1e-120  # what stands for a smaller diagonal entry of T - z
SINGULAR = 1e-100  # smaller values are 0: z is an eigenvalue exactly
NORMAL = 1e-9  # norm of what is off the diagonal, for a T of norm about one whose eigenvalues give sigma_min
ACCURACY = 1e-7  # relative, of a distance from an eigenvalue that is taken for a singular value
SPARSE_RTOL = 1e-7  # of the singular values of a sparse matrix
WORK = 2**20  # points times N^2 of a task, a few milliseconds
LEAST = 16 * kernels.LANES  # points of a task, at whose end lanes are idle
LARGEST_BY_SVD = 100  # units up to which the singular value decomposition takes no longer than inverse Lanczos
TRIPLET_STEPS = 40  # of Lanczos for a triplet; a point that takes more has singular values that lie close together
TRIPLET_RTOL = 1e-10  # residual of the singular vectors, relative to the largest eigenvalue of the inverse

Report = Callable[[float], object]  # called with the share of the work that is done


def smallest_singular_values(W: np.ndarray, z: np.ndarray) -> np.ndarray:
    """sigma_min(z - W) of a dense matrix W at the points z, (K,)."""
    sigma, _ = SchurFactor(W).values(np.asarray(z, complex))
    return sigma


class SchurFactor:
    """The Schur form W = Z T Z* of a dense matrix W, which is computed once, and sigma_min(z - W) by it.

    Attributes
    ----------
    T
        Complex and upper triangular; of a real W real, with 2 x 2 blocks for pairs of eigenvalues, as arithmetic with
        real weights takes half as long.
    Z
        Orthonormal columns.
    """

    def __init__(self, W: np.ndarray):
        near_one, exponent = scaled(W)
        output = "complex" if np.iscomplexobj(W) else "real"
        with one_blas_thread():
            T, Z = sl.schur(near_one, output=output, check_finite=False)
        self.T = np.ascontiguousarray(T) * 2.0**exponent
        self.Z = Z

    @property
    def eigenvalues(self) -> np.ndarray:
        """The eigenvalues of W, (N,), complex."""
        return eigenvalues_of_blocks(self.T)

    @cached_property
    def triangle(self) -> tuple[np.ndarray, np.ndarray]:
        """T and Z of the complex Schur form."""
        if np.iscomplexobj(self.T):
            return self.T, self.Z
        near_one, exponent = scaled(self.T)
        T, Z = sl.rsf2csf(near_one, self.Z, check_finite=False)
        return T * 2.0**exponent, Z

    def values(self, z: np.ndarray, report: Report | None = None) -> tuple[np.ndarray, np.ndarray]:
        """sigma_min(z - W) at the points z, (K,), and whether the iteration converged there, (K,)."""
        exponent = binary_exponent(self.T, z)
        T = times_power_of_two(self.T, -exponent)
        z = times_power_of_two(z, -exponent)
        sigma, converged = _distances_from_eigenvalues(T, z)
        rest = np.flatnonzero(~converged)
        if len(rest):
            sigma[rest], converged[rest] = _by_inverse_lanczos(T, z[rest], report)
        sigma[sigma < SINGULAR] = 0.0
        return times_power_of_two(sigma, exponent), converged

    def triplet(self, z: complex) -> tuple[float, np.ndarray, np.ndarray]:
        """sigma_min(z - W) with its left and its right singular vector: (z - W) right = sigma_min left."""
        T, Z = self.triangle
        sigma, left, right = _triplet_of_triangle(T, z)
        return sigma, Z @ -left, Z @ right


def _distances_from_eigenvalues(T: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """min |lambda - z|, and where it is sigma_min(T - z) to the accuracy needed, for a nearly normal T.

    By Weyl's inequality the two differ by at most the norm of the feedforward part of T, and by how far it moves the
    eigenvalues of a 2 x 2 block, which is no more. Lanczos converges slowly for normal matrices, where eigenvalues at
    nearly the same distance from z are hard to separate.
    """
    difference = 2 * float(np.linalg.norm(feedforward_part(T)))
    if difference > NORMAL:
        nowhere = np.zeros(len(z), bool)
        return np.empty(len(z)), nowhere
    eigenvalues = eigenvalues_of_blocks(T)
    distances = [np.abs(eigenvalues - point).min() for point in z]
    sigma = np.array(distances)
    is_accurate = sigma >= difference / ACCURACY
    return sigma, is_accurate


def _by_inverse_lanczos(T: np.ndarray, z: np.ndarray, report: Report | None) -> tuple[np.ndarray, np.ndarray]:
    """sigma_min(T - z) by inverse Lanczos, by singular values where that does not converge, and where it did."""
    count = len(z)
    sigma, converged = np.empty(count), np.empty(count, bool)
    padded, pairs, start = _in_rows_of_four(T)
    # without imaginary parts, an array of them that is not read
    parts = _contiguous_parts(padded) if np.iscomplexobj(T) else (padded, np.zeros((1, 1)))
    reflected = tuple(np.ascontiguousarray(part.T[::-1, ::-1]) for part in parts)
    zr, zi = _contiguous_parts(z)
    together = max(LEAST, WORK // len(T) ** 2)
    tasks = [slice(first, first + together) for first in range(0, count, together)]

    def fill(task: slice) -> None:
        work = aligned(kernels.ARRAYS, len(padded), 2 * kernels.LANES, dtype=float)
        kernels.smallest_singular_values(
            *parts, *reflected, np.iscomplexobj(T), pairs, start, work, zr[task], zi[task],
            SMALLEST_PIVOT, MAX_STEPS, RTOL, sigma[task], converged[task],
        )  # fmt: skip
        converged[task] &= np.isfinite(sigma[task])
        for k in task.start + np.flatnonzero(~converged[task]):
            shifted = T - z[k] * np.eye(len(T))
            sigma[k] = sl.svdvals(shifted, check_finite=False)[-1]

    with one_blas_thread(), np.errstate(all="ignore"):
        in_threads(fill, tasks, report)
    return sigma, converged


def _in_rows_of_four(T: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """T with rows and columns of zeros put in, so that their number is a multiple of 4 and blocks begin at even rows.

    With it come the rows at which a block begins, and the first vector of the iteration, (rows, 2): it is 0 in the new
    rows, which thereby stay out of it.
    """
    size = len(T)
    begins = np.append(np.diagonal(T, -1) != 0, False)
    places: list[int] = []
    following = 0
    for i in range(size):
        following += begins[i] and following % 2
        places.append(following)
        following += 1
    rows = -(-following // kernels.ROWS) * kernels.ROWS
    padded = np.zeros((rows, rows), T.dtype)
    padded[np.ix_(places, places)] = T
    pairs = np.zeros(rows, bool)
    pairs[places] = begins
    k = np.arange(size)
    angle = 2.399963 * k * k + 0.7 * k  # spread over all angles, so as to miss no direction
    start = np.zeros((rows, 2))
    start[places] = np.stack([np.cos(angle), np.sin(angle)], axis=1) / np.sqrt(size)
    return padded, pairs, start


def _triplet_of_triangle(T: np.ndarray, z: complex) -> tuple[float, np.ndarray, np.ndarray]:
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


def values_of_sparse(W: Matrix, z: np.ndarray, report: Report | None = None) -> tuple[np.ndarray, np.ndarray]:
    """sigma_min(z - W) of a sparse matrix at the points z, (K,), and whether the iteration converged there, (K,)."""
    rng = np.random.default_rng(0)
    start = rng.standard_normal(size=(W.shape[0],))
    sigma = np.empty(len(z))
    converged = np.empty(len(z), bool)
    for k, point in enumerate(z):
        sigma[k], converged[k] = _value_of_sparse(W, point, start)
        if report is not None:
            report((k + 1) / len(z))
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
