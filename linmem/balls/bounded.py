"""An exact matrix and one bound on how far it lies from the matrix meant.

Interval matrices widen with every product (the wrapping effect); a midpoint with a *norm* bound does not. Every
product here multiplies two exact midpoints, rounds the result to the working precision, and adds what was rounded
away to a scalar. Norms are Frobenius norms, which bound spectral ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import acb, acb_mat, arb, arb_mat, ctx

MAX_DOUBLINGS = 80  # 2^80 steps: a radius within 1e-22 of one, closer than a double can say


class InconclusiveError(ArithmeticError):
    """The working precision is too low for a proof: double it, or give up."""


@dataclass(frozen=True, eq=False)
class Enclosed:
    """Arrays with proved absolute errors: every entry of the true array lies within that of `errors` from that of
    `values`.
    """

    values: tuple[Any, ...]
    errors: tuple[Any, ...]
    bits: int

    @property
    def relative_error(self) -> float:
        """The largest error of each array relative to its largest entry; the worst of the arrays."""
        return max(
            float(np.max(error) / max(np.abs(value).max(), np.finfo(float).tiny))
            for value, error in zip(self.values, self.errors, strict=True)
        )


class Bounded:
    """A matrix within `error` (Frobenius norm) of the exact matrix `mid`."""

    __slots__ = ("error", "mid", "norm")

    def __init__(self, balls, error=0):
        self.mid = balls.mid()
        self.error = (arb(error) + frobenius(balls - self.mid)).upper()
        self.norm = (frobenius(self.mid) + self.error).upper()

    def __matmul__(self, other: Bounded) -> Bounded:
        return Bounded(self.mid * other.mid, self.error * other.norm + self.norm * other.error)

    def __add__(self, other: Bounded) -> Bounded:
        return Bounded(self.mid + other.mid, self.error + other.error)

    @property
    def adjoint(self) -> Bounded:
        return Bounded(adjoint(self.mid), self.error)


def exact(array: np.ndarray):
    """Doubles as the dyadic rationals they are: an `arb_mat`, or an `acb_mat` where complex; a vector is a column."""
    rows = np.atleast_2d(array) if array.ndim != 1 else array[:, None]
    if np.iscomplexobj(rows):
        return acb_mat([[acb(z.real, z.imag) for z in row] for row in rows.tolist()])
    return arb_mat(rows.tolist())


def adjoint(matrix):
    return matrix.transpose() if isinstance(matrix, arb_mat) else matrix.transpose().conjugate()


def above(ball: arb) -> float:
    """A double that is no less."""
    return float(np.nextafter(float(ball.upper()), np.inf))


def shifted(matrix, shift):
    """M + shift I."""
    result = matrix * 1
    for i in range(result.nrows()):
        result[i, i] += shift
    return result


def side_by_side(columns):
    """[x_0 x_1 ...] of a list of blocks of columns."""
    tables = [x.tolist() for x in columns]
    return type(columns[0])([[entry for table in tables for entry in table[i]] for i in range(columns[0].nrows())])


def frobenius(matrix) -> arb:
    """An upper bound of the Frobenius norm."""
    if isinstance(matrix, arb_mat):
        squares = (x * x for x in matrix.entries())
    else:
        squares = (z.real * z.real + z.imag * z.imag for z in matrix.entries())
    return sum(squares, arb(0)).upper().sqrt().upper()


def cayley(A: Bounded, Q: Bounded) -> tuple[Bounded, Bounded, Bounded]:
    """W = (I - h A)^-1 (I + h A), P Q P* and P = sqrt(2 h) (I - h A)^-1: A C + C A* = -Q is C = W C W* + P Q P*.

    h is a power of four, so that sqrt(2 h) needs one root of two, and about 1 / (2 ||A||).
    """
    one = A.mid * 0
    for i in range(one.nrows()):
        one[i, i] = 1
    h = arb(4) ** min(-1, -int(np.ceil(np.log(max(float(A.norm), 1e-300)) / np.log(4))) - 1)
    resolvent = Bounded((one - A.mid * h).inv())
    kick = Bounded(resolvent.mid * (2 * h).sqrt(), resolvent.error * (2 * h).sqrt())
    return resolvent @ Bounded(one + A.mid * h), kick @ Q @ kick.adjoint, kick


def geometric_sum(ratio: Bounded, first: Bounded, terms: int | None = None) -> Bounded:
    """sum_{0 <= k < terms} A^k Q A^k* for A = `ratio`, Q = `first`; the whole series where `terms` is None.

    Binary method: S_2m = S_m + A^m S_m A^m*, S_{m+1} = Q + A S_m A*. The whole series S satisfies S = S_n + P S P*, P =
    A^n, so that ||S - S_n|| <= ||P||^2 ||S_n|| / (1 - ||P||^2) as soon as ||P|| < 1: which also *proves* that the
    radius of A is below 1.
    """
    if terms is None:
        return _whole_series(ratio, first)
    total, power = first, ratio
    for bit in bin(terms)[3:]:
        total, power = total + power @ total @ power.adjoint, power @ power
        if bit == "1":
            total, power = first + ratio @ total @ ratio.adjoint, ratio @ power
    return total


def _whole_series(ratio: Bounded, first: Bounded) -> Bounded:
    total, power = first, ratio
    negligible = arb(2) ** -ctx.prec
    for _ in range(MAX_DOUBLINGS):
        total, power = total + power @ total @ power.adjoint, power @ power
        if power.norm < 1:
            square = power.norm * power.norm
            tail = square * total.norm / (1 - square)
            if tail < negligible or power.norm < 4 * power.error:
                return Bounded(total.mid, total.error + tail)
        elif power.error > 1:
            break
    raise InconclusiveError(f"W^k was not shown to decay at {ctx.prec} bits")


def series_by_residual(ratio: Bounded, first: Bounded) -> tuple[Any, arb]:
    """An approximation S~ of the whole series, and a bound of ||E||_F, E = S~ - A S~ A* - Q.

    From midpoints alone, which takes half the bits that bounds on every step do. With ||E||_F <= eta q, q = min eig Q,
    eta < 1: if the radius of A is below 1, then (1 - eta) S <= S~ <= (1 + eta) S; and if S~ > 0, then it is (Lyapunov).
    """
    total, power = first.mid, ratio.mid
    for _ in range(MAX_DOUBLINGS):
        added = (power * total * adjoint(power)).mid()
        total, power = (total + added).mid(), (power * power).mid()
        if frobenius(added) < arb(2) ** -ctx.prec * frobenius(total):
            break
    stepped = ratio @ Bounded(total) @ ratio.adjoint
    return total, (frobenius(total - stepped.mid - first.mid) + stepped.error + first.error).upper()


def factored(matrix) -> tuple[Any, arb] | None:
    """L, lower triangular, and a bound below 1 of ||L^-1 M L^-* - I||_F, which proves M > 0; None without a proof."""
    lower = _cholesky(matrix)
    if lower is None:
        return None
    near = lower.solve(adjoint(lower.solve(matrix)))
    for i in range(near.nrows()):
        near[i, i] -= 1
    away = frobenius(near)
    return (lower, away) if away < 1 else None


def _cholesky(matrix):
    """L of midpoints with L L* near M, by halves; None where a pivot is not positive. Balls would widen on the way."""
    size, kind, rows = matrix.nrows(), type(matrix), matrix.tolist()
    if size == 1:
        pivot = rows[0][0].real if kind is acb_mat else rows[0][0]
        return kind([[pivot.mid().sqrt().mid()]]) if pivot > 0 else None
    half = size // 2
    A, B, D = (kind([row[c] for row in rows[r]]) for r, c in _quarters(half))
    first = _cholesky(A)
    if first is None:
        return None
    across = adjoint(first.solve(B)).mid()
    last = _cholesky((D - across * adjoint(across)).mid())
    if last is None:
        return None
    zeros = [0] * (size - half)
    upper = [row + zeros for row in first.tolist()]
    return kind(upper + [left + right for left, right in zip(across.tolist(), last.tolist(), strict=True)])


def _quarters(half):
    top, rest = slice(None, half), slice(half, None)
    return (top, top), (top, rest), (rest, rest)
