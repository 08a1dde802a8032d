r"""The Kreiss constant, enclosed.

K = sup margin(z) ||(z - W)^-1|| with margin(z) = |z| - 1 over |z| > 1; in continuous time margin(z) = Re z over Re z >
0. It is looked for on curves: circles |z| = r, or lines Re z = x.

What is proved, for the stored doubles of a matrix taken as exact:

* From below, K is at least the product at any point z, where the norm of the resolvent is bounded by one vector.
* On a curve ||(z - W)^-1|| <= 1 / s, s a proved lower bound of sigma_min(z - W) (`linmem.balls.resolvent`).
* Between two curves the logarithm of the largest norm M on a curve is below its chord over log r (over x). That is
  Hadamard's theorem of three circles (lines), as the logarithm of the norm of an analytic function is subharmonic, also
  for matrices. The resolvent has no poles there, since the radius (abscissa) is proved to be below 1 (0). log margin
  is concave, so that a tangent bounds the sum of both.
* Beyond the last curve ||(z - W)^-1|| <= 1 / (|z| - w), w an upper bound of the numerical radius (on lines, of the
  numerical abscissa). margin / (|z| - w) falls with |z| if w > 1 (0). For w <= 1 (0) it is at most 1, and K = 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as sl
from flint import acb, acb_mat, arb, ctx
from scipy.optimize import minimize_scalar

from linmem.balls.bounded import Enclosed, InconclusiveError, Matrix, above, adjoint, between, exact, shifted
from linmem.balls.numerical_range import enclose_numerical_abscissa, prove_numerical_radius
from linmem.balls.resolvent import BITS, prove_distance
from linmem.balls.spectrum import enclose_spectral_radius
from linmem.linalg.blas import one_blas_thread

Distances = Callable[[np.ndarray], np.ndarray]

CURVES = 400
POINTS = 64  # that are looked at on a curve, beside those next to eigenvalues
LOOSEST = 0.5  # what s may be below the distance found, relative to it
NEAREST = 0.1  # of an interval: a new curve keeps that far from its ends


def enclose_kreiss_constant(
    W: np.ndarray, distances: Distances, radius: float, continuous: bool = False, *, rtol: float = 1e-6
) -> Enclosed:
    """K, enclosed to a relative width of about `rtol`, or as near as 400 curves lead.

    It is infinite where the spectral radius is proved to be above 1 (the abscissa above 0). `distances` gives
    sigma_min(z - W) at an array of points, and `radius` is the numerical radius, both in double precision: they decide
    where to look, and prove nothing.
    """
    eigenvalue, stable = enclose_spectral_radius(W, continuous=continuous)
    if not stable:
        if eigenvalue.values[0] - eigenvalue.errors[0] > (0 if continuous else 1):
            return Enclosed((np.float64(np.inf),), (np.float64(0),), eigenvalue.bits)
        raise InconclusiveError("the radius (abscissa) is at the edge of stability, or too near to it")
    highest = _highest_abscissa(W) if continuous else _highest_radius(W, radius)
    if highest is None:
        return Enclosed((np.float64(1),), (np.float64(0),), BITS)
    with one_blas_thread(), ctx.workprec(BITS):
        search = _Search(_Plane(W, continuous), distances, highest, rtol)
        upper = search.upper_bound()
        return between(search.lower_bound(), arb(upper), BITS)


def _highest_abscissa(A: np.ndarray) -> float | None:
    """An upper bound of the numerical abscissa; None where it is proved to be at most 0."""
    abscissa = enclose_numerical_abscissa(A)
    highest = float(np.nextafter(abscissa.values[0] + abscissa.errors[0], np.inf))
    return highest if highest > 0 else None


def _highest_radius(W: np.ndarray, level: float) -> float | None:
    """An upper bound of the numerical radius, about `level`; None where it is proved to be at most 1."""
    if level < 1 and prove_numerical_radius(W, 1.0):
        return None
    for slack in (1e-9, 1e-6, 1e-3):
        if prove_numerical_radius(W, level * (1 + slack)):
            return level * (1 + slack)
    raise InconclusiveError("the numerical radius was not bounded from above")


@dataclass(frozen=True, eq=False)
class _Plane:
    """The part of the plane where K is attained: outside of the unit circle, or right of the imaginary axis."""

    W: np.ndarray
    continuous: bool

    @property
    def edge(self) -> float:
        """The radius of the smallest circle, or the real part of the leftmost line."""
        return 0.0 if self.continuous else 1.0

    def margin(self, at: Any) -> Any:
        """|z| - 1 on the circle |z| = `at`, or Re z on the line; for doubles and balls."""
        return at - self.edge

    def coordinate(self, at: float) -> arb:
        """log r or x, over which log M is convex."""
        return arb(at) if self.continuous else arb(at).log()

    def slope_of_log_margin(self, at: float) -> arb:
        """The derivative of log margin by the coordinate: 1 / x, or r / (r - 1)."""
        return (1 if self.continuous else at) / self.margin(arb(at))

    def points(self, at: float, along: Any) -> Any:
        """Points z of a curve, from angles on a circle or imaginary parts on a line."""
        return at + 1j * along if self.continuous else at * np.exp(1j * along)

    def smallest_singular_value(self, z: complex) -> float:
        """sigma_min(z - W) in double precision."""
        return float(sl.svdvals(self.W - z * np.eye(len(self.W)), check_finite=False)[-1])


@dataclass(frozen=True)
class _Curve:
    """A circle or a line, and s with sigma_min(z - W) >= s > 0 all along it."""

    at: float  # r or x
    proved: float

    def log_norm(self) -> arb:
        """An upper bound of the logarithm of the largest norm of the resolvent."""
        return -arb(self.proved).log()


class _Search:
    """Curves where they are needed, each proved as it is added, and the best point that was met on the way."""

    def __init__(self, plane: _Plane, distances: Distances, highest: float, rtol: float):
        self.plane, self.distances, self.highest, self.rtol = plane, distances, highest, rtol
        self.scale = float(sl.norm(plane.W, 2))
        eigenvalues = sl.eigvals(plane.W, check_finite=False)
        self.near_eigenvalues = eigenvalues.imag if plane.continuous else np.angle(eigenvalues)
        self.product, self.point = 1.0, complex(np.inf)  # of double precision; at infinity the product is 1

    def upper_bound(self) -> float:
        """A proved upper bound of K, as near to the best point as 400 curves lead."""
        for at in self.plane.edge + self.scale * np.logspace(-6, 1, 30):
            self._smallest_distance(float(at))
        curves = [self._proved(at) for at in self._first_curves()]
        for _ in range(CURVES):
            bounds, tops = zip(*map(self._bound_between, curves, curves[1:]), strict=True)
            worst, beyond = int(np.argmax(bounds)), self._bound_beyond(curves[-1].at)
            upper = max(bounds[worst], beyond)
            if upper <= self.product * (1 + self.rtol) or beyond == upper:
                break
            curves.insert(worst + 1, self._proved(tops[worst]))
        return upper

    def lower_bound(self) -> arb:
        """The product at the best point, from below: ||(z - W)^-1|| >= ||(z - W)^-1 x|| / ||x|| for one vector x."""
        if not np.isfinite(self.point):
            return arb(1)
        W, z = self.plane.W, acb(self.point.real, self.point.imag)
        shifted_doubles = W - self.point * np.eye(len(W))
        vector = acb_mat(exact(sl.svd(shifted_doubles)[0][:, -1].astype(complex)))
        resolved = shifted(acb_mat(exact(W)) * -1, z).solve(vector)
        norm = (_square(resolved) / _square(vector)).sqrt()
        size = z.real if self.plane.continuous else abs(z)
        return (norm * self.plane.margin(size)).lower().max(arb(1))

    def _first_curves(self) -> list[float]:
        """The edge, the curve of the best point, and one beyond which nothing can be left."""
        level, w = self.product * (1 + self.rtol / 2), self.highest
        # margin / (at - w) = level
        last = (level * w - self.plane.edge) / (level - 1)
        best = self.point.real if self.plane.continuous else abs(self.point)
        curves = [self.plane.edge, best, last] if self.plane.edge < best < last else [self.plane.edge, last]
        return sorted(set(curves))

    def _smallest_distance(self, at: float) -> float:
        """The smallest sigma_min(z - W) found along a curve, in double precision. The best point so far is kept."""
        along, sigma = self._sampled(at)
        lowest = int(np.argmin(sigma))
        place, smallest = along[lowest], float(sigma[lowest])
        if not smallest > 0:
            return 0.0
        start, end = along[max(lowest - 1, 0)], along[min(lowest + 1, len(along) - 1)]

        def relative_distance(share: float) -> float:
            z = self.plane.points(at, start + share * (end - start))
            return self.plane.smallest_singular_value(z) / smallest

        minimum = minimize_scalar(relative_distance, bounds=(0, 1), options={"xatol": 1e-7})
        if minimum.fun < 1:
            place, smallest = start + minimum.x * (end - start), float(minimum.fun) * smallest
        product = self.plane.margin(at) / smallest
        if product > self.product:
            self.product, self.point = product, complex(self.plane.points(at, place))
        return smallest

    def _sampled(self, at: float) -> tuple[np.ndarray, np.ndarray]:
        """Places along a curve, and sigma_min(z - W) there."""
        half = 2 * self.scale if self.plane.continuous else np.pi
        along = np.sort(np.concatenate([np.linspace(-half, half, POINTS), self.near_eigenvalues]))
        return along, self.distances(self.plane.points(at, along))

    def _proved(self, at: float) -> _Curve:
        """A curve with as large a distance as can be proved; a loose one will do where K is not nearly attained."""
        distance = self._smallest_distance(at)
        if not distance:
            raise InconclusiveError("the resolvent is beyond double precision")
        shortfall = 1 - self.plane.margin(at) / (distance * self.product)
        slack = max(self.rtol / 8, shortfall / 20)
        while slack <= LOOSEST:
            s = distance * (1 - slack)
            if prove_distance(self.plane.W, at, s, slack * arb(distance) ** 2, self.plane.continuous):
                return _Curve(at, s)
            slack *= 20
        raise InconclusiveError("the resolvent was not bounded from above")

    def _bound_between(self, first: _Curve, last: _Curve) -> tuple[float, float]:
        """An upper bound of margin ||(z - W)^-1|| between two curves, and about where the bound is attained."""
        plane, start, end = self.plane, self.plane.coordinate(first.at), self.plane.coordinate(last.at)
        slope = (last.log_norm() - first.log_norm()) / (end - start)
        top = self._top_of_chord(-float(slope.mid()), first.at, last.at)
        here = plane.coordinate(top)
        # the chord of log M, and the tangent of log margin at the top: a sum that is linear, so largest at an end
        at_top = first.log_norm() + slope * (here - start) + plane.margin(arb(top)).log()
        rise = slope + plane.slope_of_log_margin(top)
        highest = at_top + (rise * (start - here)).max(rise * (end - here))
        aside = NEAREST * (last.at - first.at)
        return above(highest.exp()), float(np.clip(top, first.at + aside, last.at - aside))

    def _top_of_chord(self, fall: float, first: float, last: float) -> float:
        """Where the chord plus log margin is largest: 1 / x = `fall`, or r / (r - 1) = `fall`, between two curves."""
        excess = fall if self.plane.continuous else fall - 1
        top = 1 / excess + self.plane.edge if excess > 0 else np.inf
        return float(np.clip(top, first, last))

    def _bound_beyond(self, at: float) -> float:
        """An upper bound of margin / (|z| - w) beyond a curve, which falls towards 1."""
        ratio = self.plane.margin(arb(at)) / (at - arb(self.highest))
        return above(ratio.max(arb(1)))


def _square(vector: Matrix) -> arb:
    """||x||^2."""
    return (adjoint(vector) * vector)[0, 0].real
