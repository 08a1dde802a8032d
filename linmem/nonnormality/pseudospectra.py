r"""Pseudospectra: where small perturbations can move eigenvalues to, which is where the resolvent is large.

Conventions
-----------
sigma_min(z - W) = 1 / ||(z - W)^-1||. The eps-pseudospectrum is the set of z where it is below eps, which is the set of
the eigenvalues of all W + E with ||E|| < eps. Below about N ulp ||W|| it is known absolutely, not relatively: double
precision does not know where the eigenvalues are there. Trefethen & Embree (2005), Spectra and Pseudospectra.

Contents
--------
Pseudospectrum, pseudospectrum
    sigma_min(z - W) on a grid.
Pseudomode, pseudomode
    A state that W changes as if z were an eigenvalue, up to sigma_min(z - W).
Resolvent
    Both of one network, for many grids and points: its Schur form is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import scipy.linalg as sl

from linmem.errors import ArgumentError, errors_of_other_libraries
from linmem.linalg.blas import one_blas_thread
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.linalg.structure import hermitian_part, norm_bound
from linmem.measured import Measured
from linmem.network import Network, NetworkOrMatrix, as_network
from linmem.nonnormality.matrix_powers import product_rounding
from linmem.nonnormality.resolvent import SchurFactor, values_of_sparse
from linmem.plotted import Plotted
from linmem.progress import Progress
from linmem.remembering import computed_once
from linmem.validation import LARGEST, whole_number

ACCURACY = 1e-6  # relative, of the iteration where it converges slowly
MARGIN = 0.15  # of the width of the numerical range, around it


@dataclass(frozen=True, eq=False)
class Pseudospectrum(Plotted):
    """sigma_min(z - W) on the grid z = x + i y: the norm of the resolvent, inverted.

    Attributes
    ----------
    network
        The network whose pseudospectrum it is.
    x, y
        The grid, (nx,) and (ny,), increasing.
    sigma_min
        (ny, nx), a row for each y: the distance of W from the nearest matrix that has the eigenvalue z.
    eigenvalues
        The eigenvalues of W, (N,); empty for a large sparse W.
    converged
        (ny, nx), False where the iteration did not converge and singular values were computed instead.
    error
        (ny, nx), an upper estimate of the error of each value, absolute: 1e-6 of it, and the rounding of z - W.
    """

    PICTURE: ClassVar[str] = "plot_pseudospectrum"
    network: Network
    x: np.ndarray
    y: np.ndarray
    sigma_min: np.ndarray
    eigenvalues: np.ndarray
    converged: np.ndarray
    error: np.ndarray
    AXES: ClassVar[dict[str, str]] = {
        "x": "x",
        "y": "y",
        "y x": "sigma_min converged error",
        "eigenvalue": "eigenvalues",
    }


@dataclass(frozen=True, eq=False)
class Pseudomode(Plotted):
    """Singular vectors of the smallest singular value of z - W: (z - W) vector = sigma_min image.

    Attributes
    ----------
    network
        The network whose pseudomode it is.
    z
        The point, complex.
    sigma_min
        The smallest singular value of z - W; its `error` is absolute. Near an eigenvalue it is rounding.
    vector
        The right singular vector u, (N,), of length 1: ||W u - z u|| is sigma_min, within its error. Its largest
        entry is positive.
    image
        The left singular vector, (N,), of length 1: the input to which the resolvent responds most, with `vector`.
    """

    PICTURE: ClassVar[str] = "plot_pseudomode"
    network: Network
    z: complex
    sigma_min: Measured
    vector: np.ndarray
    image: np.ndarray
    AXES: ClassVar[dict[str, str]] = {"unit": "vector image"}


class Resolvent:
    r"""The resolvent (z - W)^-1 of one network, for many grids and points: the Schur form of W is computed once.

    Parameters
    ----------
    W
        As in `pseudospectrum`.

    Attributes
    ----------
    network
        The network.

    Examples
    --------
    A picture that is zoomed: each box takes only the time of its points.

    >>> import linmem as lm
    >>> resolvent = Resolvent(lm.grcar(50))
    >>> whole = resolvent.pseudospectrum(points=25)
    >>> part = resolvent.pseudospectrum((0, 1, 0, 1), points=25)
    >>> part.sigma_min.shape
    (25, 25)

    A computation that a newer one replaces is ended by an error of one's own:

    >>> def stop(share):
    ...     raise InterruptedError("there is a newer box")
    >>> resolvent.pseudospectrum((0, 1, 0, 1), progress=stop)
    Traceback (most recent call last):
    InterruptedError: there is a newer box
    """

    def __init__(self, W: NetworkOrMatrix):
        self.network = as_network(W)
        self.network.require_single("the resolvent")

    @cached_property
    def _factor(self) -> SchurFactor:
        return SchurFactor(self.network.dense())

    def pseudospectrum(
        self,
        box: Sequence[float] | None = None,
        points: int | tuple[int, int] = 100,
        *,
        progress: Callable[[float], object] | None = None,
    ) -> Pseudospectrum:
        """sigma_min(z - W) on a grid, as the function `pseudospectrum` computes it.

        `progress` is called again and again, in the thread of the caller, with the share that is done. An error that it
        raises ends the computation after the blocks of points that have been begun, and is passed on.
        """
        network = self.network
        nx, ny = _grid_size(points)
        x0, x1, y0, y1 = _default_box(network) if box is None else _checked_box(box)
        x = np.linspace(x0, x1, nx)
        y = np.linspace(y0, y1, ny)
        is_symmetric = y0 == -y1 and not np.iscomplexobj(network.matrix)
        rows = y[: (ny + 1) // 2] if is_symmetric else y
        z = x[None, :] + 1j * rows[:, None]
        report = Progress("pseudospectrum").report if progress is None else progress
        sigma, converged, eigenvalues = self._values(z.ravel(), report)
        sigma = sigma.reshape(z.shape)
        converged = converged.reshape(z.shape)
        if is_symmetric:
            sigma = _with_mirror_image(sigma, ny)
            converged = _with_mirror_image(converged, ny)
        error = ACCURACY * sigma + _rounding(network, np.hypot(x[None, :], y[:, None]))
        for array in (x, y, sigma, eigenvalues, converged, error):
            array.flags.writeable = False
        return Pseudospectrum(network, x, y, sigma, eigenvalues, converged, error)

    def pseudomode(self, z: complex) -> Pseudomode:
        """The pseudomode at z, as the function `pseudomode` computes it."""
        message = f"z is {z!r:.60}; it must be a complex number of modulus below {LARGEST:g}"
        with errors_of_other_libraries(ArgumentError, message, caught=(TypeError, ValueError)):
            point = complex(z)
        if not abs(point) < LARGEST:
            raise ArgumentError(message)
        sigma, image, vector = self._factor.triplet(point)
        turn = _phase(vector)
        vector, image = vector / turn, image / turn
        if not np.iscomplexobj(self.network.matrix) and point.imag == 0:
            vector, image = vector.real, image.real
        for array in (vector, image):
            array.flags.writeable = False
        error = ACCURACY * sigma + float(_rounding(self.network, abs(point)))
        return Pseudomode(self.network, point, Measured(sigma, error, "inverse Lanczos", point), vector, image)

    def _values(self, z: np.ndarray, report: Callable[[float], object]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """sigma_min at the points z, where the iteration converged, and the eigenvalues where they are computed."""
        if _stays_sparse(self.network):
            no_eigenvalues = np.zeros(0, complex)
            sigma, converged = values_of_sparse(self.network.matrix, z, report)
            return sigma, converged, no_eigenvalues
        sigma, converged = self._factor.values(z, report)
        return sigma, converged, self._factor.eigenvalues


def pseudospectrum(
    W: NetworkOrMatrix,
    box: Sequence[float] | None = None,
    points: int | tuple[int, int] = 100,
    *,
    progress: Callable[[float], object] | None = None,
) -> Pseudospectrum:
    r"""Pseudospectrum of W: sigma_min(z - W), the inverse of the norm of the resolvent, on a grid of points z.

    Parameters
    ----------
    W
        A matrix (N, N) or a network; in continuous time its drift. A `scipy.sparse` matrix of more than 6000 units
        stays sparse, and takes a factorisation of z - W at every point: seconds to hours.
    box
        (x0, x1, y0, y1); a square around the numerical range where None.
    points
        n for a grid of n x n points, or (nx, ny).
    progress
        Called again and again with the share that is done, from 0 to 1. An error that it raises ends the computation,
        and is passed on. Where None, the share is logged, as that of all long computations.

    Returns
    -------
    Pseudospectrum
        Every value is within its `error`: 1e-6 of it, and the rounding of z - W; 0.0 at an exact eigenvalue,
        and where the resolvent or its square is beyond the largest double.

    Raises
    ------
    ArgumentError
        box has no area, or points is below two.
    InvalidNetworkError
        W is a stack.

    Notes
    -----
    W is reduced to its Schur form T, which is real for a real W. Inverse Lanczos on T - z then runs for 32 points at a
    time (Lui 1997, SIAM J. Sci. Comput. 18:565; Trefethen 1999, Acta Numerica 8:247). For a real W and a box that is
    symmetric about the real axis, one half is computed. For several boxes of one network take a `Resolvent`, which
    keeps T.

    Examples
    --------
    >>> spectrum = pseudospectrum([[0, 0], [0, 1]], box=(-1, 2, -1, 1), points=3)   # normal: the distance to 0 and 1
    >>> spectrum.sigma_min.round(12)[1]
    array([1. , 0.5, 1. ])
    """
    return _resolvent(W).pseudospectrum(box, points, progress=progress)


def pseudomode(W: NetworkOrMatrix, z: complex) -> Pseudomode:
    r"""Pseudomode of W at z: the unit vector u for which ||W u - z u|| is smallest, which is sigma_min(z - W).

    Where it is small, W acts on u as if z were an eigenvalue, although z may be far from all of them: u is an
    eigenvector of a matrix W + E with ||E|| = sigma_min.

    Parameters
    ----------
    W
        A matrix (N, N) or a network; in continuous time its drift.
    z
        A complex number.

    Returns
    -------
    Pseudomode
        The vector, its image and sigma_min. The largest entry of the vector is positive, which fixes its phase; for a
        real W and a real z both are real.

    Raises
    ------
    ArgumentError
        z is no finite number.
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Notes
    -----
    sigma_min has the error of `pseudospectrum`. Where several singular values are equal within it, as in a normal
    matrix at the same distance from two eigenvalues, it is any combination of their vectors. Trefethen & Embree
    (2005), Spectra and Pseudospectra, chs 2 and 7, who show pseudomodes that are wave packets.

    Examples
    --------
    >>> import linmem as lm
    >>> mode = pseudomode(lm.chain(20), 0.5)        # the only eigenvalue is 0
    >>> float(mode.sigma_min) < 1e-6, (mode.vector[11:14] / mode.vector[10:13]).round(3)
    (True, array([2., 2., 2.]))
    """
    return _resolvent(W).pseudomode(z)


def _resolvent(W: NetworkOrMatrix) -> Resolvent:
    return computed_once(Resolvent, as_network(W))


def _rounding(network: Network, modulus: np.ndarray | float) -> np.ndarray:
    """How far sigma_min may be off at points of this modulus by the rounding of z - W, absolutely."""
    return 2 * product_rounding(network.size) * (np.asarray(modulus) + norm_bound(network.matrix))


def _phase(vector: np.ndarray) -> complex:
    """The phase of the entry of largest modulus; the first of those that are equal but for rounding."""
    moduli = np.abs(vector)
    entry = complex(vector[int(np.argmax(moduli >= moduli.max() * (1 - 1e-9)))])
    return entry / abs(entry)


def _stays_sparse(network: Network) -> bool:
    return network.is_sparse and network.size > LARGEST_DENSE


def _with_mirror_image(lower_rows: np.ndarray, ny: int) -> np.ndarray:
    """All ny rows of a grid that is symmetric about the real axis, from the lower half."""
    upper_rows = lower_rows[: ny // 2][::-1]
    return np.concatenate([lower_rows, upper_rows])


def _grid_size(points: Any) -> tuple[int, int]:
    """(nx, ny)."""
    sizes = (points, points) if np.ndim(points) == 0 else tuple(points)
    if len(sizes) != 2:
        raise ArgumentError(f"points is {points!r}; it must be a number, or two: (nx, ny)")
    nx, ny = (whole_number("points", size, at_least=2) for size in sizes)
    return nx, ny


def _checked_box(box: Sequence[float]) -> tuple[float, float, float, float]:
    message = f"box is {box!r:.60}; it must be four numbers, (x0, x1, y0, y1)"
    with errors_of_other_libraries(ArgumentError, message, caught=(TypeError, ValueError)):
        x0, x1, y0, y1 = (float(edge) for edge in box)
    has_width = -LARGEST < x0 < x1 < LARGEST
    has_height = -LARGEST < y0 < y1 < LARGEST
    if not (has_width and has_height):
        raise ArgumentError(f"box is {box!r:.60}, which has no area; it must be (x0, x1, y0, y1), x0 < x1, y0 < y1")
    return x0, x1, y0, y1


def _default_box(network: Network) -> tuple[float, float, float, float]:
    """A square around the numerical range, or around the disc of radius ||W|| for a large sparse matrix."""
    if _stays_sparse(network):
        half = norm_bound(network.matrix) or 1.0
        return _square(0.0, 0.0, half)
    W = network.dense()
    with one_blas_thread():
        real_parts = sl.eigvalsh(hermitian_part(W), check_finite=False)
        imaginary_parts = sl.eigvalsh(hermitian_part(-1j * W), check_finite=False)
    x0, x1 = real_parts[0], real_parts[-1]
    y0, y1 = imaginary_parts[0], imaginary_parts[-1]
    middle_x = (x0 + x1) / 2
    middle_y = (y0 + y1) / 2 if np.iscomplexobj(W) else 0.0
    width = max(x1 - x0, y1 - y0)
    half = (1 + 2 * MARGIN) / 2 * width
    largest = max(abs(edge) for edge in (x0, x1, y0, y1))
    if not half > 8 * ULP * largest:  # W is a multiple of the identity
        half = largest or 1.0
    return _square(middle_x, middle_y, half)


def _square(x: float, y: float, half: float) -> tuple[float, float, float, float]:
    """The box about (x, y) with sides of length 2 half."""
    x0, x1 = x - half, x + half
    y0, y1 = y - half, y + half
    return x0, x1, y0, y1
