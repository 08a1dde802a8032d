r"""Eigenvalues, their conditions and that of the eigenvectors, each with an error from what the system leaves over.

Conventions
-----------
X holds unit right eigenvectors in columns, and L, near X^-1, left eigenvectors in rows. With D = L X - I and E the part
of L W X beside the eigenvalues, W is similar to diag(lambda) + E, whose eigenvectors differ from the unit vectors by
p_ji = E_ji / (lambda_i - lambda_j), to first order, and q_ij = E_ij / (lambda_i - lambda_j) for the left ones; a second
order is added. Nothing of this changes under a diagonal change of the units of W, and a weak block of units has errors
of its own size.

Contents
--------
Residuals
    What a computed eigensystem leaves over, in doubles.
Eigensystem, measured_eigensystem
    The eigenvalues and conditions with their errors, from the residuals.
eigensystem_in_doubles
    The eigensystem by LAPACK.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import congruence, product
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled


class Residuals(NamedTuple):
    """A computed eigensystem and what it leaves over.

    `gaps` are |lambda_i - lambda_j|, infinite for eigenvalues that are equal exactly. `conditions` are ||L_i||, or the
    norm of the rows of L of all equal eigenvalues; `rounding` is their relative error as computed.
    """

    values: np.ndarray
    X: np.ndarray
    L: np.ndarray
    gaps: np.ndarray
    E: np.ndarray
    D: np.ndarray
    conditions: np.ndarray
    rounding: np.ndarray


class Eigensystem(NamedTuple):
    """Eigenvalues (N,) and the condition of each, with absolute errors; X, L, and the relative error of ||X|| ||L||."""

    values: np.ndarray
    value_errors: np.ndarray
    conditions: np.ndarray
    condition_errors: np.ndarray
    X: np.ndarray
    L: np.ndarray
    relative_error: float

    def of_vectors(self) -> tuple[float, float]:
        """kappa(X) = ||X|| ||X^-1|| and its absolute error."""
        if not np.isfinite(self.relative_error):
            return np.inf, np.inf
        condition = max(_largest_singular_value(self.X) * _largest_singular_value(self.L), 1.0)
        return condition, condition * self.relative_error


def eigensystem_in_doubles(W: np.ndarray) -> Eigensystem:
    """The eigensystem of W, with entries of about 1, by LAPACK; errors are infinite where it is of no use."""
    n = len(W)
    values, left, X = sl.eig(W, left=True, right=True, check_finite=False)
    overlap = np.einsum("ij,ij->j", left.conj(), X)
    with np.errstate(all="ignore"):  # what is not finite ends as an infinite error
        L = (left / overlap.conj()).conj().T
        rounding = (n + 4) * ULP
        sizes = product(np.abs(W), np.abs(X)) + np.abs(X) * np.abs(values)
        residual = _times_complex(W, X) - X * values
        E = product(np.abs(L), np.abs(residual) + rounding * sizes)
        conditions = np.maximum(1 / np.abs(overlap), 1)
        D = np.abs(product(L, X) - np.eye(n)) + rounding * conditions[:, None]
        gaps = np.abs(values[:, None] - values)
        return measured_eigensystem(Residuals(values, X, L, gaps, E, D, conditions, rounding * conditions))


def measured_eigensystem(system: Residuals) -> Eigensystem:
    """The eigensystem with its errors."""
    values, X, L, gaps, E, D, conditions, rounding = system
    n = len(values)
    with np.errstate(all="ignore"):
        E = E + product(D, E)  # X^-1 = (I + D)^-1 L
        own = np.diag(E)
        gaps = gaps - own[:, None] - own
        np.fill_diagonal(gaps, np.inf)
        first = _over_gaps(E, gaps)
        P = first + 2 * _over_gaps(product(E, first), gaps)  # of right eigenvectors, in columns
        Q = first + 2 * _over_gaps(product(first, E), gaps)  # of left eigenvectors, in rows
        of_columns = P.sum(axis=0)
        of_rows = (Q + D) @ conditions / conditions
        second = (P * Q.T).sum(axis=0)
        relative = 2 * (of_columns + of_rows + second) + rounding
        value_errors = own + 2 * (E * P.T).sum(axis=1)
        relative_error = 2 * (np.linalg.norm(P) + of_columns.max() + np.linalg.norm(D) + rounding.max())
        return Eigensystem(
            values,
            _or_infinite(value_errors),
            conditions,
            _or_infinite(conditions * relative),
            X,
            L,
            float(_or_infinite(relative_error + (n + 8) * 4 * ULP)),
        )


def _times_complex(W: np.ndarray, X: np.ndarray) -> np.ndarray:
    """W X; for a real W by real products."""
    if np.iscomplexobj(W) or not np.iscomplexobj(X):
        return product(W, X)
    return product(W, np.ascontiguousarray(X).view(float)).view(complex)


def _over_gaps(E: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    return np.where(gaps > 0, E / gaps, np.inf)


def _largest_singular_value(A: np.ndarray) -> float:
    A, exponent = scaled(A)
    last = len(A) - 1
    (square,) = sl.eigvalsh(congruence(A), subset_by_index=[last, last], check_finite=False)
    return float(np.ldexp(np.sqrt(square), exponent))


def _or_infinite(errors: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(errors), np.inf, errors)
