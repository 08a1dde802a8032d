"""Pseudomodes: states that a matrix nearly multiplies by a number which need not be an eigenvalue.

Contents
--------
Pseudomode, pseudomode
    The right singular vector of the smallest singular value of z - W.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as sl

from linmem.errors import ArgumentError, InvalidNetworkError, errors_of_other_libraries
from linmem.linalg.blas import one_blas_thread
from linmem.linalg.structure import norm_bound
from linmem.measured import Measured
from linmem.network import Network, NetworkOrMatrix, as_network
from linmem.nonnormality.matrix_powers import product_rounding
from linmem.validation import LARGEST


@dataclass(frozen=True, eq=False)
class Pseudomode:
    """The state u of norm 1 that z - W makes smallest.

    Attributes
    ----------
    network
        The network whose pseudomode it is.
    z
        The point.
    sigma_min
        The norm of (z - W) u, which is the smallest singular value, with its error.
    vector
        u, (N,), complex; its largest entry is positive. For the W and z that are stored, ||(z - W) u|| is within the
        error of `sigma_min`, whether other states are as good or not.
    """

    network: Network
    z: complex
    sigma_min: Measured
    vector: np.ndarray


def pseudomode(W: NetworkOrMatrix, z: complex) -> Pseudomode:
    r"""Pseudomode of W at z: the unit vector u with ||(z - W) u|| = sigma_min(z - W).

    u is an eigenvector, of eigenvalue z, of a matrix W + E with ||E|| = sigma_min. Trefethen & Embree (2005), Spectra
    and Pseudospectra, chapter 2.

    Parameters
    ----------
    W
        A matrix (N, N) or a network; in continuous time its drift. Made dense.
    z
        A finite complex number.

    Raises
    ------
    ArgumentError
        z is not a finite number.
    InvalidNetworkError
        W is a stack, or sparse and too large to be made dense.

    Examples
    --------
    >>> found = pseudomode([[0.5, 1.0], [0.0, 0.5]], 0.5)       # the eigenvector, to which the other one is turned
    >>> float(found.sigma_min), abs(found.vector).round(12)
    (0.0, array([1., 0.]))
    """
    network = as_network(W)
    network.require_single("a pseudomode")
    z = _point(z)
    matrix = network.dense()
    shifted = z * np.eye(network.size) - matrix
    if not np.isfinite(shifted).all() or np.abs(shifted).max() > LARGEST:
        raise InvalidNetworkError("z - W has entries beyond the largest number that can be squared; scale W and z")
    with one_blas_thread():
        _, singular, right = sl.svd(shifted, check_finite=False)
    vector = right[-1].conj()
    largest = vector[np.argmax(np.abs(vector))]
    vector = vector * (abs(largest) / largest)
    vector.flags.writeable = False
    error = 2 * product_rounding(network.size) * (abs(z) + norm_bound(matrix))
    return Pseudomode(network, z, Measured(float(singular[-1]), float(error), "double precision"), vector)


def _point(z: Any) -> complex:
    message = f"z is {z!r:.60}; it must be a finite complex number"
    with errors_of_other_libraries(ArgumentError, message, caught=(TypeError, ValueError)):
        point = complex(z)
    if not np.isfinite(point):
        raise ArgumentError(message)
    return point
