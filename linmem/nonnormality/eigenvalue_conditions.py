r"""How far perturbations move eigenvalues: the condition of each eigenvalue, and of the eigenvectors together.

Contents
--------
eigenvalue_conditions
    The eigenvalues, and the condition 1 / |y* x| of each.
eigenvector_condition
    kappa(X) = ||X|| ||X^-1|| of the matrix of eigenvectors.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled, times_power_of_two
from linmem.network import NetworkOrMatrix, as_network
from linmem.nonnormality.normality import normality_test


def eigenvalue_conditions(W: NetworkOrMatrix) -> tuple[np.ndarray, np.ndarray]:
    r"""Eigenvalues (N,), and the condition 1 / |y* x| of each (N,), x and y its unit right and left eigenvectors.

    A perturbation E moves the eigenvalue by at most its condition times ||E||, to first order. The condition is 1 for
    all eigenvalues of a normal matrix, also for equal ones, whose eigenvectors are not unique, and infinite for a
    defective eigenvalue. Wilkinson (1965), The Algebraic Eigenvalue Problem, ch. 2.

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> _, conditions = eigenvalue_conditions([[0, 1], [0, 1]])
    >>> bool(abs(conditions - 2**0.5).max() < 1e-14)
    True
    """
    network = as_network(W)
    network.require_single("eigenvalue_conditions")
    matrix, exponent = scaled(network.dense())
    values, left_vectors, right_vectors = sl.eig(matrix, left=True, right=True, check_finite=False)
    eigenvalues = times_power_of_two(values, exponent)
    if normality_test(matrix).normal:
        return eigenvalues, np.ones(len(values))
    products = np.einsum("ij,ij->j", left_vectors.conj(), right_vectors)
    overlap = np.abs(products)
    # The overlap at a defective eigenvalue is 0, but for rounding.
    is_defective = overlap <= len(values) * ULP**2
    with np.errstate(divide="ignore"):
        conditions = np.maximum(1 / overlap, 1)
    return eigenvalues, np.where(is_defective, np.inf, conditions)


def eigenvector_condition(W: NetworkOrMatrix) -> float:
    r"""Condition kappa(X) = ||X|| ||X^-1|| of the eigenvectors, unit columns of X: 1 for normal matrices.

    It is infinite for defective matrices, and where double precision cannot tell X from a singular matrix. No choice of
    lengths of the columns makes it smaller by more than a factor sqrt(N) (van der Sluis 1969).

    ||W^k|| <= kappa(X) rho^k. A perturbation E moves no eigenvalue further than kappa(X) ||E|| (Bauer & Fike 1960).

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> eigenvector_condition([[0, 1], [1, 0]]), eigenvector_condition([[1, 1], [0, 1]])
    (1.0, inf)
    """
    network = as_network(W)
    network.require_single("eigenvector_condition")
    matrix, _ = scaled(network.dense())
    if normality_test(matrix).normal:
        return 1.0
    _, X = sl.eig(matrix, check_finite=False)
    singular = sl.svdvals(X, check_finite=False)
    largest, smallest = singular[0], singular[-1]
    if smallest <= len(X) * ULP * largest:
        return float("inf")
    return float(largest / smallest)
