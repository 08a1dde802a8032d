r"""How far perturbations move eigenvalues: the condition of each eigenvalue, and of the eigenvectors together.

Conventions
-----------
Eigenvalues that are equal and have as many eigenvectors count as one, with the orthogonal projector's analogue in the
place of x y*: the condition is the norm of the spectral projector, and the columns of X for it are orthonormal. Errors
are estimates of second order from the residuals of the computed eigensystem (`linmem.linalg.eigenvectors`).

Contents
--------
eigenvalue_conditions
    The eigenvalues, and the condition 1 / |y* x| of each.
eigenvector_condition
    kappa(X) = ||X|| ||X^-1|| of the matrix of eigenvectors.
is_well_conditioned
    Whether the condition of the eigenvectors is surely below a limit, as doubles tell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from linmem.errors import AccuracyError
from linmem.linalg.eigenvectors import Eigensystem, eigensystem_in_doubles, measured_eigensystem
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled, times_power_of_two
from linmem.measured import Measured, MeasuredArray, measured_array
from linmem.network import NetworkOrMatrix, as_network
from linmem.nonnormality.normality import normality_test

FEW_DIGITS = 1e-6  # relative error from which on more bits are taken
LARGEST_DECIDED = 200  # units up to which repeated eigenvalues are decided: seconds there
LARGEST_OF_MANY_BITS = 100  # units up to which the eigensystem is computed at more bits: up to half a minute there
PRECISIONS = (128, 256, 512)
IN_DOUBLES, NORMAL, IN_BITS = "double precision", "normal exactly", "{} bits"


def eigenvalue_conditions(W: NetworkOrMatrix) -> tuple[MeasuredArray, MeasuredArray]:
    r"""Eigenvalues (N,), and the condition 1 / |y* x| of each (N,), x and y its unit right and left eigenvectors.

    A perturbation E moves the eigenvalue by at most its condition times ||E||, to first order. The condition is 1 for
    all eigenvalues of a normal matrix, also for equal ones, whose eigenvectors are not unique, and infinite for a
    defective eigenvalue: only where that is proved. Both arrays have an error beside each number.

    Raises
    ------
    AccuracyError
        No method finds the eigenvectors: eigenvalues equal to rounding are told apart up to 100 units only. The error
        carries what doubles give as `.result`.
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Notes
    -----
    Where doubles leave few digits, repeated eigenvalues are decided by the exact characteristic polynomial, up to 200
    units, and the eigensystem is computed at 128 to 512 bits, up to 100 units: a fraction of a second at 30 units, half
    a minute at 100. Wilkinson (1965), The Algebraic Eigenvalue Problem, ch. 2.

    Examples
    --------
    >>> _, conditions = eigenvalue_conditions([[0, 1], [0, 1]])
    >>> bool(abs(conditions - 2**0.5).max() < 1e-14), conditions[0].error < 1e-13
    (True, True)
    """
    network = as_network(W)
    network.require_single("eigenvalue_conditions")
    matrix, exponent = scaled(network.dense())
    system = eigensystem_in_doubles(matrix)
    method = IN_DOUBLES
    if not _has_digits(system, matrix):
        if normality_test(matrix).verdict == "normal":
            return _of_normal(matrix, exponent)
        if len(matrix) <= LARGEST_OF_MANY_BITS:
            system, method = _system_of_many_bits(matrix, system)
    result = _result(system, exponent, method)
    if not _has_digits(system, matrix):
        raise AccuracyError(_worst(system), FEW_DIGITS, result, reason="eigenvalues are too close to each other")
    return result


def eigenvector_condition(W: NetworkOrMatrix) -> Measured:
    r"""Condition kappa(X) = ||X|| ||X^-1|| of the eigenvectors, unit columns of X: 1 for normal matrices.

    It is infinite for defective matrices: only where that is proved. No choice of lengths of the columns makes it
    smaller by more than a factor sqrt(N) (van der Sluis 1969). The eigenvectors of equal eigenvalues are orthonormal.

    ||W^k|| <= kappa(X) rho^k. A perturbation E moves no eigenvalue further than kappa(X) ||E|| (Bauer & Fike 1960).

    Raises
    ------
    AccuracyError
        No method finds the eigenvectors, as for `eigenvalue_conditions`.
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> condition = eigenvector_condition([[1, 1], [0, 2]])
    >>> eigenvector_condition([[0, 1], [1, 0]]), eigenvector_condition([[1, 1], [0, 1]]), round(condition, 12)
    (1.0, inf, 2.414213562373)
    """
    network = as_network(W)
    network.require_single("eigenvector_condition")
    matrix, _ = scaled(network.dense())
    system = eigensystem_in_doubles(matrix)
    if system.relative_error <= FEW_DIGITS:
        return Measured(*system.of_vectors(), IN_DOUBLES)
    if normality_test(matrix).verdict == "normal":
        return Measured(1.0, 0.0, NORMAL)
    method = IN_DOUBLES
    if len(matrix) <= LARGEST_DECIDED:
        roots = _roots(matrix)
        if any(root.defective for root in roots):
            return Measured(np.inf, 0.0, "exact")
        if len(matrix) <= LARGEST_OF_MANY_BITS:
            system, method = _system_of_many_bits(matrix, system)
    result = Measured(*system.of_vectors(), method)
    if not system.relative_error <= FEW_DIGITS:
        raise AccuracyError(_worst(system), FEW_DIGITS, result, reason="eigenvalues are too close to each other")
    return result


def is_well_conditioned(W: np.ndarray, limit: float) -> bool:
    """Whether kappa(X) is surely below the limit; where doubles cannot tell, it counts as larger."""
    if np.array_equal(W, W.conj().T):
        return True
    condition, error = eigensystem_in_doubles(scaled(W)[0]).of_vectors()
    if condition + error < limit:
        return True
    return normality_test(W).verdict == "normal"


def _of_normal(W: np.ndarray, exponent: int) -> tuple[MeasuredArray, MeasuredArray]:
    """Eigenvalues of a normal matrix, which LAPACK finds to a backward error, and conditions of 1."""
    is_hermitian = np.array_equal(W, W.conj().T)
    values = np.asarray(sl.eigvalsh(W) if is_hermitian else sl.eigvals(W, check_finite=False), complex)
    error = 4 * len(W) * ULP * sl.norm(W)
    return (
        measured_array(times_power_of_two(values, exponent), np.ldexp(error, exponent), IN_DOUBLES),
        measured_array(np.ones(len(W)), 0.0, NORMAL),
    )


def _roots(W: np.ndarray) -> list[Any]:
    from linmem.balls.eigenvectors import roots_of

    return roots_of(W, PRECISIONS[-1])


def _system_of_many_bits(W: np.ndarray, in_doubles: Eigensystem) -> tuple[Eigensystem, str]:
    """The eigensystem at the fewest bits that leave digits; the one in doubles where none do."""
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.eigenvectors import eigensystem

    roots = _roots(W)
    for bits in PRECISIONS:
        try:
            residuals, defective = eigensystem(W, roots, bits)
        except InconclusiveError:
            continue
        found = measured_eigensystem(residuals)
        found = found._replace(
            value_errors=np.where(defective, 0.0, found.value_errors) + 2 * ULP * np.abs(found.values),
            conditions=np.where(defective, np.inf, found.conditions),
            condition_errors=np.where(defective, 0.0, found.condition_errors),
        )
        if _has_digits(found, W):
            return found, IN_BITS.format(bits)
    return in_doubles, IN_DOUBLES


def _has_digits(system: Eigensystem, W: np.ndarray) -> bool:
    """Whether eigenvalues and conditions are known to a few digits, the eigenvalues in units of ||W||."""
    norm = sl.norm(W)
    return bool(
        np.all(system.condition_errors <= FEW_DIGITS * system.conditions)
        and np.all(system.value_errors <= FEW_DIGITS * norm)
    )


def _worst(system: Eigensystem) -> float:
    return float(np.max(system.condition_errors / system.conditions))


def _result(system: Eigensystem, exponent: int, method: str) -> tuple[MeasuredArray, MeasuredArray]:
    values = times_power_of_two(np.asarray(system.values, complex), exponent)
    return (
        measured_array(values, np.ldexp(system.value_errors, exponent), method),
        measured_array(system.conditions, system.condition_errors, method),
    )
