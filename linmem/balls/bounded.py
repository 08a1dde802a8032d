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
UPWARD = 1 + 1e-9  # more than doubles lose in a norm of N x N numbers, N^2 ulps
TINY, HUGE = 1e-290, 1e300  # between them doubles hold a number to an ulp


class InconclusiveError(ArithmeticError):
    """The working precision is too low for a proof; more bits may do."""


@dataclass(frozen=True, eq=False)
class Enclosed:
    """Arrays with proved absolute errors: every entry of the true array lies within that of `errors` from that of
    `values`. `bits` is the precision of the arithmetic that proved it, `point` where an extreme is nearly attained.
    """

    values: tuple[Any, ...]
    errors: tuple[Any, ...]
    bits: int
    point: complex | None = None

    @property
    def relative_error(self) -> float:
        """The largest error of each array relative to its largest entry, for the worst of the arrays."""
        widths = []
        for value, error in zip(self.values, self.errors, strict=True):
            largest = max(float(np.abs(value).max()), float(np.finfo(float).tiny))
            # what is beyond the largest double has no width; of Python's floats a quotient too large is inf in silence
            widths.append(float(np.max(error)) / largest if np.isfinite(largest) else np.inf)
        return max(widths)


class Bounded:
    """A matrix of which is known that it lies within `error` (Frobenius norm) of the exact matrix `mid`."""

    __slots__ = ("_norm", "error", "mid")

    def __init__(self, balls: Matrix, error: Any = 0):
        self.mid = balls.mid()
        self.error = (arb(error) + _norm_of_radii(balls, self.mid)).upper()
        self._norm: arb | None = None

    @property
    def norm(self) -> arb:
        """An upper bound of the Frobenius norm of the matrix that is meant."""
        if self._norm is None:
            self._norm = (frobenius(self.mid) + self.error).upper()
        return self._norm

    def __matmul__(self, other: Bounded) -> Bounded:
        # ||A B - A~ B~|| <= ||A - A~|| ||B|| + ||A|| ||B - B~||
        of_first = self.error * other.norm
        of_second = self.norm * other.error
        return Bounded(self.mid * other.mid, of_first + of_second)

    def __add__(self, other: Bounded) -> Bounded:
        error = self.error + other.error
        return Bounded(self.mid + other.mid, error)

    def __sub__(self, other: Bounded) -> Bounded:
        error = self.error + other.error
        return Bounded(self.mid - other.mid, error)

    def __neg__(self) -> Bounded:
        return Bounded(self.mid * -1, self.error)

    @property
    def adjoint(self) -> Bounded:
        """The adjoint (conjugate transpose), which is as far from its midpoint and has the same norm."""
        turned = Bounded(adjoint(self.mid), self.error)
        turned._norm = self.norm
        return turned

    def times(self, factor: Any) -> Bounded:
        """The matrix times a number that is a ball."""
        error = self.error * abs(factor).upper()
        return Bounded(self.mid * factor, error)

    def form(self, x: Matrix) -> Bounded:
        """x* A x for exact columns x."""
        # ||x* E x|| <= ||E|| ||x||^2
        error = self.error * frobenius(x) ** 2
        product = self.mid * x
        return Bounded(adjoint(x) * product, error)

    def balls(self) -> Matrix:
        """The matrix as one of balls: no entry is off by more than the Frobenius norm."""
        error = around_zero(self.mid) * self.error
        table = self.mid.tolist()
        for row in table:
            row[:] = [entry + error for entry in row]
        return type(self.mid)(table)


def exact(array: np.ndarray) -> Matrix:
    """Doubles as the dyadic rationals they are: an `arb_mat`, or an `acb_mat` where complex; a vector is a column."""
    matrix = array[:, None] if array.ndim == 1 else array
    table = matrix.tolist()
    if not np.iscomplexobj(matrix):
        return arb_mat(table)
    for row in table:
        row[:] = [acb(z.real, z.imag) for z in row]
    return acb_mat(table)


def adjoint(matrix: Matrix) -> Matrix:
    """The conjugate transpose of a matrix of balls."""
    transposed = matrix.transpose()
    if isinstance(matrix, arb_mat):
        return transposed
    return transposed.conjugate()


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
    first, *others = blocks
    table = first.tolist()
    for block in others:
        for row, more in zip(table, block.tolist(), strict=True):
            row.extend(more)
    return type(first)(table)


def blocks_of(joined: Matrix, width: int) -> Iterator[Matrix]:
    """The blocks x_k of `width` columns each of [x_0 x_1 ...], one after the other."""
    table = joined.tolist()
    kind = type(joined)
    for start in range(0, joined.ncols(), width):
        end = start + width
        yield kind([row[start:end] for row in table])


def frobenius(matrix: Matrix) -> arb:
    """An upper bound of the Frobenius norm of every matrix in the balls."""
    if matrix.ncols() == 1:
        return trace(adjoint(matrix) * matrix).upper().sqrt().upper()
    middle = matrix.mid()
    return (_norm_of_midpoints(middle) + _norm_of_radii(matrix, middle)).upper()


def _norm_of_midpoints(middle: Matrix) -> arb:
    """An upper bound of the Frobenius norm of an exact matrix, by doubles where its largest entry is in their range."""
    kind, square = (float, _squared) if isinstance(middle, arb_mat) else (complex, squared_modulus)
    entries = middle.entries()
    values = np.array(list(map(kind, entries)))
    largest = float(np.abs(values).max())
    if TINY < largest < HUGE:
        # UPWARD is more than the roundings lose, and more than all entries that are too small for a double
        return arb(largest * float(np.linalg.norm(values / largest)) * UPWARD)
    return sum(map(square, entries), arb(0)).upper().sqrt().upper()


def _norm_of_radii(balls: Matrix, middle: Matrix) -> arb:
    """An upper bound of the Frobenius norm of what balls are wide, at most N^1/2 times that norm for N columns.

    The sums of the radii of each row, by a product of flint: the squares of these sums are no less than those of radii.
    """
    ones = type(balls)([[1]] * balls.ncols())
    sums = (balls - middle) * ones
    return frobenius(sums)


def _squared(x: arb) -> arb:
    return x * x


def squared_modulus(z: acb) -> arb:
    """|z|^2 by products, as a power of a ball around zero is not a number."""
    square = z.real * z.real
    return square + z.imag * z.imag


def trace(matrix: Matrix) -> arb:
    """The real part of the trace, summed in balls, so that the rounding of the sum is part of its radius."""
    return matrix.trace().real


def around_zero(matrix: Matrix) -> Any:
    """The ball of radius one around zero, complex for a complex matrix: times a bound it is an error of an entry."""
    unit = arb(0, 1)
    return unit if isinstance(matrix, arb_mat) else acb(unit, unit)


def above(ball: arb) -> float:
    """A double that is no less than any number of the ball."""
    nearest = float(ball.upper())
    return float(np.nextafter(nearest, np.inf))


def as_double(ball: arb) -> Rounded:
    """A double near a real ball, and a bound of its distance from every number of the ball."""
    value = float(ball.mid())
    error = above(abs(ball - value))
    return np.float64(value), np.float64(error)


def as_doubles(balls: Matrix) -> Rounded:
    """Doubles near the entries of a matrix of balls, and bounds of their errors."""
    nearest = float if isinstance(balls, arb_mat) else complex
    values, errors = [], []
    for ball in balls.entries():
        value = nearest(ball.mid())
        values.append(value)
        # the rounding to a double is a part of the distance
        errors.append(above(abs(ball - value)))
    shape = balls.nrows(), balls.ncols()
    return np.reshape(values, shape), np.reshape(errors, shape)


def between(lower: arb, upper: arb, bits: int) -> Enclosed:
    """The enclosure of one real number that lies between two bounds."""
    middle = (lower + upper) / 2
    value = np.float64(middle.mid())
    distance = (upper - float(value)).max(float(value) - lower)
    # not below zero, where the bounds touch; and exact where they do
    distance = distance.max(arb(0)).upper()
    error = np.float64(distance)
    if error:
        error = np.nextafter(error, np.inf)
    return Enclosed((value,), (error,), bits)
