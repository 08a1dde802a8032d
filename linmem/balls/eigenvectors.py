r"""Repeated eigenvalues decided, and eigensystems to any number of bits.

What is proved, for the stored doubles of a matrix taken as exact: which eigenvalues are repeated, by the characteristic
polynomial, and which of them are defective, by the minimal polynomial. Both are exact, of integers.

The eigensystem itself is not proved: its residuals are computed at more bits than it has, and
`linmem.linalg.eigenvectors` takes the errors from them, to second order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from flint import acb_mat, arb, ctx, fmpz_mat

from linmem.balls.bounded import InconclusiveError, Matrix, exact
from linmem.balls.roots import Spectrum
from linmem.linalg.eigenvectors import Residuals
from linmem.linalg.stein import ULP

SPARE_BITS = 64  # of the residuals beside those of the eigensystem


class Root(NamedTuple):
    """An eigenvalue as a ball, how often it occurs in the real form, and whether it is defective there."""

    ball: Any
    multiplicity: int
    defective: bool


def roots_of(W: np.ndarray, bits: int) -> list[Root]:
    """The distinct eigenvalues of the real form of W (of W itself, where it is real)."""
    spectrum = Spectrum(W)
    _, factors = spectrum.polynomial.factor_squarefree()
    repeated = None  # the eigenvalues with a Jordan block of two or more
    if any(multiplicity > 1 for _, multiplicity in factors):
        minimal = fmpz_mat(spectrum.matrix).minpoly()
        repeated = minimal.gcd(minimal.derivative())
    roots = []
    with ctx.workprec(bits):
        unit = arb(2) ** spectrum.unit
        for factor, multiplicity in factors:
            of_blocks = factor.gcd(repeated) if multiplicity > 1 else factor // factor
            for part, defective in ((of_blocks, True), (factor // of_blocks, False)):
                if part.degree() > 0:
                    roots += [Root(ball * unit, multiplicity, defective) for ball, _ in part.complex_roots()]
    return roots


def eigensystem(W: np.ndarray, roots: list[Root], bits: int) -> tuple[Residuals, np.ndarray]:
    """The eigensystem of W computed at `bits`, and which eigenvalues are defective.

    Raises InconclusiveError where the computed eigenvalues do not fall to the roots by their multiplicities.
    """
    with ctx.workprec(bits):
        A = acb_mat(exact(W))
        try:
            values, left, right = _apart(A, W, bits).eig(left=True, right=True, algorithm="approx")
        except (ValueError, ZeroDivisionError):  # flint found no eigensystem at this precision
            raise InconclusiveError(f"no eigensystem at {bits} bits") from None
    with ctx.workprec(bits + SPARE_BITS):
        group = _groups([root.ball for root in roots], values)
        defective = _defective(roots, group)
        X, L = _normalised(right.mid(), left.mid())
        E, D = L * (A * X), L * X
        middles = [roots[number].ball.mid() for number in group]
        for i, middle in enumerate(middles):
            E[i, i] -= middle
            D[i, i] -= 1
        gaps = [[float(abs(a - b)) for b in middles] for a in middles]
        X, L = _array(X), _array(L)
        return _orthonormal_in_groups(middles, X, L, np.array(gaps), _sizes(E), _sizes(D), group, defective), defective


def _apart(A: Matrix, W: np.ndarray, bits: int) -> Matrix:
    """A with entries off by about 2^-bits of its largest: a defective matrix has no basis of eigenvectors otherwise.

    The residuals are those of A itself, and so tell what it cost.
    """
    change = np.random.default_rng(0).standard_normal(W.shape) * np.abs(W).max()
    return A + acb_mat(exact(change)) * arb(2) ** -bits


def _groups(balls: list[Any], values: list[Any]) -> np.ndarray:
    """The number of the root nearest to each computed eigenvalue, (N,)."""
    return np.array([min(range(len(balls)), key=lambda k: float(abs(balls[k].mid() - value))) for value in values])


def _defective(roots: list[Root], group: np.ndarray) -> np.ndarray:
    """Whether each eigenvalue is defective, (N,)."""
    size = np.bincount(group, minlength=len(roots))
    result = np.zeros(len(roots), bool)
    for number, root in enumerate(roots):
        conjugate = min(range(len(roots)), key=lambda k: float(abs(roots[k].ball.mid() - root.ball.mid().conjugate())))
        of_both = size[number] + size[conjugate]
        whole = size[number] == root.multiplicity or of_both == root.multiplicity  # of a real W, or of a complex one
        if size[number] and not whole:
            raise InconclusiveError("computed eigenvalues do not fall to the roots")
        if root.defective and size[number] > 1:
            if conjugate != number and size[number] != root.multiplicity and size[conjugate] > 1:
                raise InconclusiveError("one of two conjugate eigenvalues is defective, and it is not known which")
            result[number] = True
    return result[group]


def _normalised(X: Matrix, L: Matrix) -> tuple[Matrix, Matrix]:
    """X with unit columns, and L with rows for which (L X)_ii = 1."""
    columns, rows = X.transpose().tolist(), L.tolist()
    for column, row in zip(columns, rows, strict=True):
        norm = sum((z.real * z.real + z.imag * z.imag for z in column), arb(0)).sqrt()
        overlap = sum(a * b for a, b in zip(row, column, strict=True))
        column[:] = [(z / norm).mid() for z in column]
        row[:] = [(z * norm / overlap).mid() for z in row]
    return acb_mat(columns).transpose(), acb_mat(rows)


def _orthonormal_in_groups(
    middles: list[Any],
    X: np.ndarray,
    L: np.ndarray,
    gaps: np.ndarray,
    E: np.ndarray,
    D: np.ndarray,
    group: np.ndarray,
    defective: np.ndarray,
) -> Residuals:
    """The residuals with orthonormal eigenvectors for every repeated eigenvalue, whose condition is ||L|| of all."""
    n = len(X)
    largest = np.abs(L).max(axis=1)  # up to 1e154: its square is no double
    conditions = np.linalg.norm(L / largest[:, None], axis=1) * largest
    rounding = np.full(n, (n + 8) * ULP)
    for number in np.unique(group):
        (units,) = np.nonzero(group == number)
        if len(units) > 1 and not defective[units[0]]:
            Q, T = np.linalg.qr(X[:, units])
            X[:, units], L[units] = Q, T @ L[units]
            conditions[units] = np.linalg.norm(L[units], 2)
            rounding[units] = (n + 8) * ULP * np.linalg.cond(T)
            size = np.linalg.norm(E[np.ix_(units, units)]), np.linalg.norm(D[np.ix_(units, units)])
            E[units], D[units] = np.abs(T) @ E[units], np.abs(T) @ D[units]
            inverse = np.abs(np.linalg.inv(T))
            E[:, units], D[:, units] = E[:, units] @ inverse, D[:, units] @ inverse
            gaps[np.ix_(units, units)] = np.inf  # equal, exactly: no error turns one vector to another
            rounding[units] += size[1]
    values = np.array([complex(middle) for middle in middles])
    return Residuals(values, X, L, gaps, E, D, np.maximum(conditions, 1), rounding)


def _array(matrix: Matrix) -> np.ndarray:
    return np.array([[complex(z) for z in row] for row in matrix.tolist()])


def _sizes(matrix: Matrix) -> np.ndarray:
    """|z| of every entry, at most."""
    return np.array([[float(abs(z).upper()) for z in row] for row in matrix.tolist()])
