"""Proofs that a Hermitian matrix is positive definite, by a factor that need not be exact.

For any invertible L, M > 0 exactly if L^-1 M L^-* > 0 (Sylvester's law of inertia), and that holds where

    ||L^-1 M L^-* - I||_F < 1,

as every eigenvalue is then within less than one of one. L is a Cholesky factor of midpoints, computed without any bound
of its rounding: only the norm above is computed in balls (Rump 2006, BIT 46:433).
"""

from __future__ import annotations

from flint import acb_mat, arb

from linmem.balls.bounded import Matrix, adjoint, frobenius, shifted, side_by_side


def factored(matrix: Matrix) -> tuple[Matrix, arb] | None:
    """L, lower triangular, and a bound below 1 of ||L^-1 M L^-* - I||_F, which proves M > 0; None without a proof."""
    lower = _cholesky(matrix)
    if lower is None:
        return None
    near_identity = lower.solve(adjoint(lower.solve(matrix)))
    distance = frobenius(shifted(near_identity, -1))
    return (lower, distance) if distance < 1 else None


def _cholesky(matrix: Matrix) -> Matrix | None:
    """L of midpoints with L L* near M, by halves; None where a pivot is not positive. Balls would widen on the way.

    [[A, B], [B*, D]] = [[L_A, 0], [Y, L_S]] [...]*, Y = (L_A^-1 B)*, L_S the factor of the Schur complement D - Y Y*.
    """
    size, kind = matrix.nrows(), type(matrix)
    if size == 1:
        return _root(matrix)
    half = size // 2
    rows = matrix.tolist()
    A = kind([row[:half] for row in rows[:half]])
    B = kind([row[half:] for row in rows[:half]])
    D = kind([row[half:] for row in rows[half:]])
    upper_factor = _cholesky(A)
    if upper_factor is None:
        return None
    across = adjoint(upper_factor.solve(B)).mid()
    complement = D - across * adjoint(across)
    lower_factor = _cholesky(complement.mid())
    if lower_factor is None:
        return None
    zeros = [0] * (size - half)
    top = [row + zeros for row in upper_factor.tolist()]
    bottom = side_by_side([across, lower_factor]).tolist()
    return kind(top + bottom)


def _root(matrix: Matrix) -> Matrix | None:
    """The square root of a matrix of one entry, if that is positive."""
    entry = matrix[0, 0]
    pivot = entry.real if isinstance(matrix, acb_mat) else entry
    if not pivot > 0:
        return None
    root = pivot.mid().sqrt()
    return type(matrix)([[root.mid()]])
