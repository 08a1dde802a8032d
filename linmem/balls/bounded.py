"""An exact matrix together with one bound of its distance from the matrix that is meant.

Interval matrices widen with every product (the wrapping effect); a midpoint with a bound in a *norm* does not. Every
product here multiplies two exact midpoints, rounds the result to the working precision, and adds what the rounding took
away to one scalar. Norms are Frobenius norms. They are submultiplicative and bound the spectral norm, so that

    ||A B - A~ B~|| <= ||A - A~|| ||B~|| + ||A|| ||B - B~||.

Balls are those of Arb (Johansson 2017, IEEE Trans. Comput. 66:1281), by python-flint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import acb, acb_mat, arb, arb_mat

Matrix = Any  # arb_mat or acb_mat: their operators have no type in common
Rounded = tuple[Any, Any]  # doubles and bounds of their errors


class InconclusiveError(ArithmeticError):
    """The working precision is too low for a proof; more bits may do."""


@dataclass(frozen=True, eq=False)
class Enclosed:
    """Arrays with proved absolute errors: every entry of the true array lies within that of `errors` from that of
    `values`. `bits` is the precision of the arithmetic that proved it.
    """

    values: tuple[Any, ...]
    errors: tuple[Any, ...]
    bits: int

    @property
    def relative_error(self) -> float:
        """The largest error of each array relative to its largest entry, for the worst of the arrays."""
        tiny = np.finfo(float).tiny
        pairs = zip(self.values, self.errors, strict=True)
        return max(float(np.max(error) / max(np.abs(value).max(), tiny)) for value, error in pairs)


class Bounded:
    """A matrix of which is known that it lies within `error` (Frobenius norm) of the exact matrix `mid`."""

    __slots__ = ("error", "mid", "norm")

    def __init__(self, balls: Matrix, error: Any = 0):
        self.mid = balls.mid()
        rounding = frobenius(balls - self.mid)
        self.error = (arb(error) + rounding).upper()
        self.norm = (frobenius(self.mid) + self.error).upper()

    def __matmul__(self, other: Bounded) -> Bounded:
        # ||A B - A~ B~|| <= ||A - A~|| ||B|| + ||A|| ||B - B~||
        error = self.error * other.norm + self.norm * other.error
        return Bounded(self.mid * other.mid, error)

    def __add__(self, other: Bounded) -> Bounded:
        return Bounded(self.mid + other.mid, self.error + other.error)

    def __sub__(self, other: Bounded) -> Bounded:
        return Bounded(self.mid - other.mid, self.error + other.error)

    def __neg__(self) -> Bounded:
        return Bounded(self.mid * -1, self.error)

    @property
    def adjoint(self) -> Bounded:
        """The adjoint (conjugate transpose), which is as far from its midpoint."""
        return Bounded(adjoint(self.mid), self.error)

    def times(self, factor: Any) -> Bounded:
        """The matrix times a number that is a ball."""
        return Bounded(self.mid * factor, self.error * abs(factor).upper())

    def form(self, x: Matrix) -> Bounded:
        """x* A x for exact columns x."""
        return Bounded(adjoint(x) * (self.mid * x), self.error * frobenius(x) ** 2)

    def balls(self) -> Matrix:
        """The matrix as one of balls: no entry is off by more than the Frobenius norm."""
        around = around_zero(self.mid) * self.error
        return type(self.mid)([[entry + around for entry in row] for row in self.mid.tolist()])


def exact(array: np.ndarray) -> Matrix:
    """Doubles as the dyadic rationals they are: an `arb_mat`, or an `acb_mat` where complex; a vector is a column."""
    rows = np.atleast_2d(array) if array.ndim != 1 else array[:, None]
    if not np.iscomplexobj(rows):
        return arb_mat(rows.tolist())
    return acb_mat([[acb(z.real, z.imag) for z in row] for row in rows.tolist()])


def adjoint(matrix: Matrix) -> Matrix:
    """The conjugate transpose of a matrix of balls."""
    return matrix.transpose() if isinstance(matrix, arb_mat) else matrix.transpose().conjugate()


def identity(matrix: Matrix) -> Matrix:
    """The identity of the size and the kind of a square matrix."""
    return shifted(matrix * 0, 1)


def shifted(matrix: Matrix, shift: Any) -> Matrix:
    """M + shift I, for a number or a ball."""
    result = matrix * 1
    for i in range(result.nrows()):
        result[i, i] += shift
    return result


def side_by_side(blocks: list[Matrix]) -> Matrix:
    """[x_0 x_1 ...], the blocks of columns x_k joined to one matrix."""
    tables = [block.tolist() for block in blocks]
    joined = [[entry for row in rows for entry in row] for rows in zip(*tables, strict=True)]
    return type(blocks[0])(joined)


def blocks_of(joined: Matrix, width: int) -> Iterator[Matrix]:
    """The blocks x_k of `width` columns each of [x_0 x_1 ...], one after the other."""
    table = joined.tolist()
    for start in range(0, joined.ncols(), width):
        yield type(joined)([row[start : start + width] for row in table])


def frobenius(matrix: Matrix) -> arb:
    """An upper bound of the Frobenius norm of every matrix in the balls."""
    if isinstance(matrix, arb_mat):
        squares = (x * x for x in matrix.entries())
    else:
        squares = (z.real * z.real + z.imag * z.imag for z in matrix.entries())
    return sum(squares, arb(0)).upper().sqrt().upper()


def trace(matrix: Matrix) -> arb:
    """The real part of the trace, summed in balls, so that the rounding of the sum is part of its radius."""
    return sum((acb(matrix[i, i]).real for i in range(matrix.nrows())), arb(0))


def around_zero(matrix: Matrix) -> Any:
    """The ball of radius one around zero, complex for a complex matrix: times a bound it is an error of an entry."""
    unit = arb(0, 1)
    return unit if isinstance(matrix, arb_mat) else acb(unit, unit)


def above(ball: arb) -> float:
    """A double that is no less than any number of the ball."""
    return float(np.nextafter(float(ball.upper()), np.inf))


def as_double(ball: arb) -> Rounded:
    """A double near a real ball, and a bound of its distance from every number of the ball."""
    value = float(ball.mid())
    return np.float64(value), np.float64(above(abs(ball - value)))


def as_doubles(balls: Matrix) -> Rounded:
    """Doubles near the entries of a matrix of balls, and bounds of their errors."""
    nearest = float if isinstance(balls, arb_mat) else complex
    table = balls.tolist()
    values = [[nearest(ball.mid()) for ball in row] for row in table]
    errors = np.empty((balls.nrows(), balls.ncols()))
    for i, row in enumerate(table):
        for j, ball in enumerate(row):
            # the rounding to a double is a part of the distance
            errors[i, j] = above(abs(ball - values[i][j]))
    return np.array(values), errors


def between(lower: arb, upper: arb, bits: int) -> Enclosed:
    """The enclosure of one real number that lies between two bounds."""
    value = float(((lower + upper) / 2).mid())
    distance = (upper - value).max(value - lower).max(arb(0)).upper()
    error = 0.0 if distance == 0 else np.nextafter(float(distance), np.inf)
    return Enclosed((np.float64(value),), (np.float64(error),), bits)
