"""Ball arithmetic for the truth: exact matrices of doubles, sums of powers, positivity, and exact ranks.

Nothing of the package is used. A ball that is too wide to decide a question raises `UndecidedError` or answers None,
and the question is asked again with more bits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import acb, acb_mat, arb, ctx, fmpz_mat

DOUBLINGS = 110  # steps of doubling until powers have vanished: of a radius of 1 - 1e-16 at 8192 bits, about 70


class UndecidedError(Exception):
    """The balls are too wide: more bits are needed."""


class UnstableError(Exception):
    """The sum over all powers does not exist: proved."""


def exact(array):
    """Doubles, (n, m) or (n,) for a column, as balls of radius 0."""
    array = np.asarray(array)
    array = array[:, None] if array.ndim == 1 else array
    return acb_mat([[acb(float(x.real), float(x.imag)) for x in row] for row in array.tolist()])


def star(M):
    return M.conjugate().transpose()


def identity(n):
    return acb_mat([[int(i == j) for j in range(n)] for i in range(n)])


def entries(M):
    """The entries as an array of objects, (n, m)."""
    result = np.empty((M.nrows(), M.ncols()), object)
    for i, row in enumerate(M.tolist()):
        result[i] = row
    return result


def frobenius(M):
    """||M||_F."""
    return sum((abs_squared(x) for x in M.entries()), arb(0)).nonnegative_part().sqrt()


def abs_squared(x):
    return x.real * x.real + x.imag * x.imag  # x ** 2 of a ball about 0 is nan


def trace(M):
    return sum((M[i, i] for i in range(M.nrows())), acb(0))


def inverse(M):
    try:
        return M.inv()
    except ZeroDivisionError:
        raise UndecidedError from None


def widened(M, radius):
    """The balls of M, each with a radius larger by `radius`."""
    extra = acb(arb(0, radius.upper()), arb(0, radius.upper()))
    return acb_mat([[x + extra for x in row] for row in M.tolist()])


def power_sum(A, M, horizon=None):
    """sum_{k < horizon} A^k M A*^k, M >= 0; the sum of all terms where None, with a bound of the tail in its balls."""
    if horizon is None:
        return _whole_sum(A, M)
    total, power = M * 0, identity(A.nrows())
    for bit in bin(horizon)[2:]:
        total, power = total + power * total * star(power), power * power
        if bit == "1":
            total, power = M + A * total * star(A), A * power
    return total


def _whole_sum(A, M):
    total, power = M, A
    vanished = arb(2) ** (-ctx.prec)
    for _ in range(DOUBLINGS):
        size = frobenius(power)
        if size < vanished:
            # total = sum_{k < m}: what is missing is sum_{j > 0} A^(jm) total A*^(jm)
            return widened(total, size * size / (1 - size * size) * frobenius(total))
        if abs(trace(power)) > A.nrows():
            raise UnstableError
        if not size.is_finite():
            break
        total, power = total + power * total * star(power), power * power
    raise UndecidedError


def powers(A, first, count):
    """first, A first, ..., A^(count - 1) first."""
    result = [first]
    for _ in range(count - 1):
        result.append(A * result[-1])
    return result


def is_positive(H):
    """Whether the Hermitian H is positive definite: by its pivots; None where the balls leave it open."""
    rows = H.tolist()
    n = len(rows)
    for k in range(n):
        pivot = rows[k][k].real
        if not pivot > 0:
            return False if pivot <= 0 else None
        for i in range(k + 1, n):
            factor = rows[i][k] / pivot
            for j in range(k + 1, i + 1):
                rows[i][j] -= factor * rows[j][k].conjugate()
    return True


def is_positive_on_circle(M, A):
    """Whether M + u A + conj(u) A* is positive definite for all |u| = 1, M Hermitian.

    If and only if the block Toeplitz operator with M on its diagonal and A beside it is. Cyclic reduction takes the
    Schur complements onto every second block until A has vanished beside M.
    """
    for _ in range(200):
        positive = is_positive(M)
        if not positive:
            return positive
        if is_positive(M - identity(M.nrows()) * (2 * frobenius(A).upper())):
            return True
        try:
            forwards, backwards = M.solve(A), M.solve(star(A))
        except ZeroDivisionError:
            return None
        M, A = M - star(A) * forwards - A * backwards, -(A * forwards)
        M = (M + star(M)) * arb(0.5)
    return None


@dataclass
class Threshold:
    """A real number x, known by the answer to `x < y` for every y: True, False, or None where it is open."""

    is_below: Callable

    def within(self, value, error):
        """Whether |x - value| <= error; None where it is open."""
        above = self.is_below(arb(value) + arb(error))
        if above is False:
            return False
        below = self.is_below(arb(value) - arb(error))
        if below is True:
            return False
        return True if above is True and below is False else None

    def enclosure(self, steps=100):
        """A ball that holds x >= 0, by bisection."""
        low, high = arb(0), arb(0.7548776662466927)  # no likely value
        while self.is_below(high) is False:
            high = 2 * high
        if self.is_below(high) is None:
            raise UndecidedError
        while self.is_below(high / 2) is True and high > arb(2) ** -2000:
            high = high / 2
        for _ in range(steps):
            middle = ((low + high) / 2).mid()
            below = self.is_below(middle)
            if below is None:
                break
            low, high = (low, middle) if below else (middle, high)
        return low.union(high)


def norm(M):
    """||M||, the spectral norm."""
    H = star(M) * M
    return Threshold(lambda y: _not(is_positive(identity(H.nrows()) * (y * y) - H), y))


def _not(positive, y):
    """||M|| < y for y > 0 if y^2 - M* M is positive."""
    return positive if y > 0 else False


def largest_eigenvalue(H):
    return Threshold(lambda y: is_positive(identity(H.nrows()) * y - H))


def smallest_singular_value(M):
    """sigma_min(M); exactly 0 of an exactly singular M is not decided here."""
    H = star(M) * M

    def is_below(y):
        if not y > 0:
            return False
        positive = is_positive(H - identity(H.nrows()) * (y * y))
        return None if positive is None else not positive

    return Threshold(is_below)


# exact arithmetic of integers


def integers(array):
    """The doubles of an array times a common power of two, as integers, and the exponent of that power."""
    array = np.asarray(array, float)
    parts = [[Fraction(float(x)) for x in row] for row in array.tolist()]
    shift = max((part.denominator.bit_length() - 1 for row in parts for part in row), default=0)
    return [[int(part * 2**shift) for part in row] for row in parts], shift


def embedded(array):
    """A complex array (n, m) as a real one (2n, 2m), whose rank is twice as large."""
    array = np.asarray(array)
    if not np.iscomplexobj(array):
        return array
    return np.block([[array.real, -array.imag], [array.imag, array.real]])


def integer_matrix(array):
    """The (embedded) array as an exact integer matrix, and the exponent of two by which it is too large."""
    rows, shift = integers(embedded(array))
    return fmpz_mat(rows), shift


def characteristic_roots(W):
    """The roots of the exact characteristic polynomial, [(root, multiplicity)]; of a complex W those of conj(W) too."""
    A, shift = integer_matrix(W)
    unit = arb(2) ** -shift
    return [(acb(root) * unit, multiplicity) for root, multiplicity in A.charpoly().complex_roots()]


def minimal_roots(W):
    """The same of the minimal polynomial: an eigenvalue is defective where its multiplicity here exceeds 1."""
    A, shift = integer_matrix(W)
    unit = arb(2) ** -shift
    return [(acb(root) * unit, multiplicity) for root, multiplicity in A.minpoly().complex_roots()]


def exact_rank(columns):
    """The rank of the columns, each an exact integer column of fmpz_mat."""
    if not columns:
        return 0
    tables = [column.tolist() for column in columns]
    return fmpz_mat([[x for table in tables for x in table[i]] for i in range(len(tables[0]))]).rank()


def is_exactly_normal(W):
    """Whether W W* = W* W for the stored doubles."""
    A, _ = integer_matrix(W)
    return A * A.transpose() == A.transpose() * A


def log2_ceil(x):
    return math.ceil(math.log2(x)) if x > 0 else 0
