"""The truth about a matrix: norms, eigenvalues, non-normality, pseudospectra, the numerical range, growth.

As `truth`: definitions in ball arithmetic, nothing of the package. Extremes over all angles are `Threshold`s, decided
by the positivity of a matrix on the whole unit circle; maxima over a region are balls between a point and a proof.
"""

from functools import cached_property
from itertools import pairwise, permutations

import numpy as np
import scipy.linalg as sl
from flint import acb, acb_mat, arb

from tests.differential import balls
from tests.differential.balls import (
    Threshold,
    UndecidedError,
    entries,
    exact,
    frobenius,
    identity,
    inverse,
    is_positive,
    is_positive_on_circle,
    star,
)

HALF = arb(0.5)


class Matrix:
    """The quantities of one matrix of doubles."""

    def __init__(self, W):
        self.doubles = np.asarray(W)
        self.n = len(self.doubles)
        self.W = exact(self.doubles)
        self.one = identity(self.n)

    # sizes

    @cached_property
    def norm(self):
        return balls.norm(self.W)

    @cached_property
    def frobenius(self):
        return frobenius(self.W)

    @cached_property
    def commutator(self):
        return frobenius(self.W * star(self.W) - star(self.W) * self.W)

    def growth(self, steps):
        """||W^k||, k = 0 ... steps."""
        return [balls.norm(P) for P in balls.powers(self.W, self.one, steps + 1)]

    def continuous_growth(self, times):
        """||e^{At}||."""
        return [balls.norm((self.W * arb(float(t))).exp()) for t in times]

    # eigenvalues

    @cached_property
    def roots(self):
        """[(eigenvalue, multiplicity)] of a real W; of a complex one those of conj(W) too."""
        return balls.characteristic_roots(self.doubles)

    @property
    def radius(self):
        return largest_of([abs(root) for root, _ in self.roots])

    @property
    def abscissa(self):
        return largest_of([root.real for root, _ in self.roots])

    @property
    def departure(self):
        """sqrt(||W||_F^2 - sum |lambda|^2)."""
        if balls.is_exactly_normal(self.doubles):
            return arb(0)
        squares = sum((balls.abs_squared(root) * count for root, count in self.roots), arb(0))
        squares = squares / (2 if np.iscomplexobj(self.doubles) else 1)
        difference = self.frobenius * self.frobenius - squares
        if not difference > 0:
            raise UndecidedError
        return difference.sqrt()

    @cached_property
    def eigenvalues(self):
        """[(eigenvalue, multiplicity, whether it is defective)], or UndecidedError."""
        if not np.iscomplexobj(self.doubles):
            minimal = balls.minimal_roots(self.doubles)
            return [
                (root, count, any(deep > 1 and root.overlaps(other) for other, deep in minimal))
                for root, count in self.roots
            ]
        try:
            return [(root, 1, False) for root in self.W.eig()]
        except ValueError:
            raise UndecidedError from None

    def condition(self, index):
        """1 / |y* x| = ||adj(lambda - W)||_F / |p'(lambda)|; None for a multiple one of a W not normal."""
        root, count, defective = self.eigenvalues[index]
        if balls.is_exactly_normal(self.doubles):
            return arb(1)
        if defective:
            return arb("inf")
        if count > 1:
            return None
        slope = arb(1)
        for other, (value, times, _) in enumerate(self.eigenvalues):
            if other != index:
                slope *= abs(root - value) ** times
        return frobenius(self.adjugate(root)) / slope

    def adjugate(self, z):
        """adj(z - W), by Faddeev and LeVerrier."""
        M, shifted = self.one, self.one * z - self.W
        for k in range(1, self.n):
            product = shifted * M
            M = self.one * (balls.trace(product) / k) - product
        return M

    @cached_property
    def eigenvector_condition(self):
        """||X|| ||X^-1||; None where eigenvectors are not unique and W is not normal."""
        if balls.is_exactly_normal(self.doubles):
            return arb(1)
        if any(defective for _, _, defective in self.eigenvalues):
            return arb("inf")
        if any(count > 1 for _, count, _ in self.eigenvalues):
            return None
        columns = []
        for root, _, _ in self.eigenvalues:
            table = self.adjugate(root).tolist()
            sizes = [sum(balls.abs_squared(row[j]) for row in table) for j in range(self.n)]
            best = max(range(self.n), key=lambda j: float(sizes[j].mid()))
            column = [row[best] for row in table]
            size = sizes[best].sqrt()
            columns.append([x / size for x in column])
        X = acb_mat(columns).transpose()
        return balls.norm(X).enclosure() * balls.norm(inverse(X)).enclosure()

    # resolvent

    def smallest_singular_value(self, z):
        """sigma_min(z - W)."""
        shifted = self.one * acb(z) - self.W
        if self._is_exactly_singular(z):
            return arb(0)
        return balls.smallest_singular_value(shifted)

    def _is_exactly_singular(self, z):
        """Of a real matrix and a real z."""
        if np.iscomplexobj(self.doubles) or np.imag(z) or not exact_shift(self, z):
            return False
        return balls.integer_matrix(np.real(z) * np.eye(self.n) - self.doubles)[0].det() == 0

    def pseudospectral_radius(self, eps):
        """sigma_min(z - W) > eps for all |z| = y, and all eigenvalues within."""
        eps = arb(eps)
        square = star(self.W) * self.W - self.one * (eps * eps)

        def is_below(y):
            inside = self._has_eigenvalues_within(y)
            if not inside:
                return inside
            return is_positive_on_circle(square + self.one * (y * y), self.W * (-y))

        return Threshold(is_below)

    def _has_eigenvalues_within(self, y):
        if self.radius < y:
            return True
        return False if self.radius >= y else None

    def pseudospectral_abscissa(self, eps):
        """sigma_min(z - W) > eps for all Re z = y, by z - y = (1 + u) / (1 - u) times a unit, and rho on the left."""
        eps = arb(eps)
        unit = (self.frobenius + eps).mid()

        def is_below(y):
            if not self.abscissa < y:
                return False if self.abscissa >= y else None
            B = (self.W - self.one * y) / unit
            e = eps / unit
            minus, plus = self.one - B, self.one + B
            M = star(minus) * minus + star(plus) * plus - self.one * (2 * e * e)
            return is_positive_on_circle(M, star(minus) * plus + self.one * (e * e))

        return Threshold(is_below)

    # numerical range

    def support(self, angle):
        """h(t) = lambda_max((e^{-it} W + e^{it} W*) / 2)."""
        return balls.largest_eigenvalue(self._hermitian(angle))

    def _hermitian(self, angle):
        rotated = self.W * acb(0, -arb(float(angle))).exp()
        return (rotated + star(rotated)) * HALF

    @property
    def numerical_abscissa(self):
        return balls.largest_eigenvalue((self.W + star(self.W)) * HALF)

    @property
    def numerical_radius(self):
        return Threshold(lambda y: is_positive_on_circle(self.one * (2 * y), self.W * -1) if y > 0 else False)

    @cached_property
    def crawford(self):
        """A ball between the best supporting line and the hull of points of the range, found in doubles."""
        W = self.doubles / (np.abs(self.doubles).max() or 1)
        angle, points = _crawford_search(W)
        inside = [self._point(x) for x in points]
        upper = _distance_of_hull(inside)
        if upper is None:
            return arb(0)
        rotated = self.W * acb(0, -arb(float(angle))).exp()
        H = (rotated + star(rotated)) * HALF
        low, high = arb(0), upper.upper()
        for _ in range(80):
            middle = ((low + high) / 2).mid()
            if is_positive(H - self.one * middle):
                low = middle
            else:
                high = middle
        return low.union(upper)

    def _point(self, x):
        x = exact(x)
        return (star(x) * self.W * x)[0, 0] / (star(x) * x)[0, 0]

    # bounds of the departure and the distance to normal matrices

    def departure_formulas(self):
        """lower, commutator_upper, trace_upper."""
        n, f2, c = self.n, self.frobenius * self.frobenius, self.commutator
        root = (f2 * f2 - c * c / 2).nonnegative_part().sqrt()
        lower = (f2 - root).nonnegative_part().sqrt()
        upper = (arb(n**3 - n) / 12).root(4) * c.nonnegative_part().sqrt() if n > 1 else arb(0)
        B = self.W - self.one * (balls.trace(self.W) / n)
        size = frobenius(B)
        trace_upper = (size * size - abs(balls.trace(B * B))).nonnegative_part().sqrt()
        return lower, upper, trace_upper

    def normal_distance_formulas(self):
        """Lower and upper bound, as stated: balls."""
        d, c = self.departure, self.commutator
        size = self.norm.enclosure() if self.doubles.any() else arb(0)
        # c = 4 ||W|| e + sqrt(2) e^2
        root2 = arb(2).sqrt()
        lower = d / arb(self.n).sqrt()
        if size > 0:
            e = c / (2 * size + (4 * size * size + root2 * c).sqrt())
            lower = lower.max(e)
        hermitian = frobenius(self.W - star(self.W)) / 2
        skew = frobenius(self.W + star(self.W)) / 2
        return lower, d.min(hermitian).min(skew)

    def unitary_distance(self):
        """||s - mean s|| of the singular values, in doubles: to the nearest multiple of a unitary matrix."""
        scale = np.abs(self.doubles).max() or 1.0
        singular = sl.svdvals(self.doubles / scale)
        return np.linalg.norm(singular - singular.mean()) * scale

    # chains

    def heaviest_path(self):
        """The largest sum of |w|^2 along a path through all units, among all orders."""
        squares = np.abs(self.doubles / (np.abs(self.doubles).max() or 1)) ** 2
        return max(weight_of_path(squares, order) for order in permutations(range(self.n)))


def weight_of_path(squares, order):
    return float(sum(squares[b, a] for a, b in pairwise(order)))


def exact_shift(matrix, z):
    """Whether z - W_ii is a double for every i, so that the matrix of doubles z - W is exact."""
    diagonal = np.diag(matrix.doubles).real
    shifted = np.real(z) - diagonal
    return all(balls.Fraction(float(s)) == balls.Fraction(float(np.real(z))) - balls.Fraction(float(d))
               for s, d in zip(shifted, diagonal, strict=True))  # fmt: skip


def largest_of(numbers):
    result = numbers[0]
    for number in numbers[1:]:
        result = result.max(number)
    return result


def _crawford_search(W):
    """An angle at which lambda_min(H(t)) is nearly largest, and unit vectors whose points span what is next to 0."""

    def lowest(angle):
        H = (np.exp(-1j * angle) * W + np.exp(1j * angle) * W.conj().T) / 2
        return np.linalg.eigh(H)

    grid = np.linspace(0, 2 * np.pi, 65)[:-1]
    values = [lowest(angle)[0][0] for angle in grid]
    best = grid[int(np.argmax(values))]
    low, high = best - np.pi / 32, best + np.pi / 32
    for _ in range(100):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (a, high) if lowest(a)[0][0] < lowest(b)[0][0] else (low, b)
    best = (low + high) / 2
    angles = [*grid[::8], best, *(best + s * 10.0**-k for k in range(1, 13) for s in (-1, 1))]
    vectors = [lowest(angle)[1][:, j] for angle in angles for j in range(min(2, len(W)))]
    return best, [vector.astype(complex) for vector in vectors]


def _distance_of_hull(points):
    """An upper bound of the distance from 0 to the hull of points of a convex set; None where 0 is inside: proved."""
    z = np.array([complex(point) for point in points])
    order = np.argsort(np.abs(z))
    best = abs(points[order[0]])
    for i in range(len(points)):
        for j in range(i):
            best = _nearer(best, _distance_of_segment(points[i], points[j]))
    angles = np.sort(np.angle(z))
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    if gaps.max() < np.pi * (1 - 1e-12) and len(z) > 2 and np.abs(z).min() > 0:
        return None
    return None if best.is_zero() else best


def _nearer(a, b):
    return a if float(a.mid()) <= float(b.mid()) else b


def _distance_of_segment(p, q):
    """The distance of some point of the segment, nearly the nearest, from 0."""
    difference = q - p
    size = balls.abs_squared(difference)
    if not size > 0:
        return abs(p)
    share = (-(p * difference.conjugate()).real / size).mid()
    share = min(max(float(share), 0.0), 1.0)
    return abs(p + difference * arb(share))


__all__ = ["Matrix", "entries", "weight_of_path"]
