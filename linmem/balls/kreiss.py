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
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.linalg as sl
from flint import acb, acb_mat, arb, ctx
from scipy.optimize import minimize_scalar

from linmem.balls.bounded import Enclosed, InconclusiveError, above, between, exact
from linmem.balls.numerical_range import enclose_numerical_abscissa, prove_numerical_radius
from linmem.balls.resolvent import BITS, norm_of_resolvent, prove_distance
from linmem.balls.spectrum import enclose_spectral_radius
from linmem.linalg.blas import one_blas_thread

Distances = Callable[[np.ndarray], np.ndarray]

CURVES = 400
POINTS = 64  # that are looked at on a curve, beside those next to eigenvalues
SMALL = 1e-7  # times ||W||: of smaller singular values doubles know a few digits at most
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
        return replace(between(search.lower_bound(), arb(upper), BITS), point=search.point)


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
        place = arb(at)
        return place if self.continuous else place.log()

    def slope_of_log_margin(self, at: float) -> arb:
        """The derivative of log margin by the coordinate: 1 / x, or r / (r - 1)."""
        margin = self.margin(arb(at))
        return (1 if self.continuous else at) / margin

    def points(self, at: float, along: Any) -> Any:
        """Points z of a curve, from angles on a circle or imaginary parts on a line."""
        if self.continuous:
            return at + 1j * along
        return at * np.exp(1j * along)

    def smallest_singular_value(self, z: complex) -> float:
        """sigma_min(z - W) in double precision."""
        shifted_matrix = self.W - z * np.eye(len(self.W))
        values = sl.svdvals(shifted_matrix, check_finite=False)
        return float(values[-1])


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
        self.plane = plane
        self.distances = distances
        self.highest = highest
        self.rtol = rtol
        self.matrix = acb_mat(exact(plane.W))
        self.scale = float(sl.norm(plane.W, 2))
        eigenvalues = sl.eigvals(plane.W, check_finite=False)
        self.near_eigenvalues = eigenvalues.imag if plane.continuous else np.angle(eigenvalues)
        # the best so far, in double precision; at infinity the product is 1
        self.product = 1.0
        self.point = complex(np.inf)

    def upper_bound(self) -> float:
        """A proved upper bound of K, as near to the best point as 400 curves lead."""
        for margin in self.scale * np.logspace(-6, 1, 30):
            self._smallest_distance(float(self.plane.edge + margin))
        curves = [self._proved(at) for at in self._first_curves()]
        for _ in range(CURVES):
            between_curves = [self._bound_between(*pair) for pair in pairwise(curves)]
            bounds = [bound for bound, _ in between_curves]
            worst = int(np.argmax(bounds))
            beyond = self._bound_beyond(curves[-1].at)
            upper = max(bounds[worst], beyond)
            if upper <= self.product * (1 + self.rtol) or beyond == upper:
                break
            _, top = between_curves[worst]
            curves.insert(worst + 1, self._proved(top))
        return upper

    def lower_bound(self) -> arb:
        """The product at the best point, from below: ||(z - W)^-1|| >= ||(z - W)^-1 x|| / ||x|| for one vector x."""
        if not np.isfinite(self.point):
            return arb(1)
        # not above the norm of the resolvent, by the errors of its inverse
        log_norm, _ = norm_of_resolvent(self.matrix, self.point)
        z = acb(self.point.real, self.point.imag)
        at = z.real if self.plane.continuous else abs(z)
        product = self.plane.margin(at) * arb(log_norm).exp()
        return product.lower().max(arb(1))

    def _singular_value(self, z: complex) -> float:
        """sigma_min(z - W), by an inverse in balls where it is so small that doubles do not know it."""
        sigma = self.plane.smallest_singular_value(z)
        if sigma > SMALL * self.scale:
            return sigma
        log_norm, _ = norm_of_resolvent(self.matrix, z)
        return float(np.exp(-log_norm))

    def _first_curves(self) -> list[float]:
        """The edge, the curve of the best point, and one beyond which nothing can be left."""
        edge, w = self.plane.edge, self.highest
        level = self.product * (1 + self.rtol / 2)
        # margin / (at - w) = level
        last = (level * w - edge) / (level - 1)
        best = self.point.real if self.plane.continuous else abs(self.point)
        if edge < best < last:
            return [edge, best, last]
        return sorted({edge, last})

    def _smallest_distance(self, at: float) -> float:
        """The smallest sigma_min(z - W) found along a curve, in double precision. The best point so far is kept."""
        along = self._samples()
        sigma = self.distances(self.plane.points(at, along))
        lowest = int(np.argmin(sigma))
        place = along[lowest]
        smallest = self._singular_value(complex(self.plane.points(at, place)))
        if not smallest > 0:
            return 0.0
        start = along[max(lowest - 1, 0)]
        end = along[min(lowest + 1, len(along) - 1)]

        def relative_distance(share: float) -> float:
            somewhere = start + share * (end - start)
            return self._singular_value(complex(self.plane.points(at, somewhere))) / smallest

        minimum = minimize_scalar(relative_distance, bounds=(0, 1), options={"xatol": 1e-7})
        if minimum.fun < 1:
            place = start + minimum.x * (end - start)
            smallest *= float(minimum.fun)
        product = self.plane.margin(at) / smallest
        if product > self.product:
            self.product = product
            self.point = complex(self.plane.points(at, place))
        return smallest

    def _samples(self) -> np.ndarray:
        """Places along a curve at which sigma_min(z - W) is looked at, in order."""
        half = 2 * self.scale if self.plane.continuous else np.pi
        evenly = np.linspace(-half, half, POINTS)
        return np.sort(np.append(evenly, self.near_eigenvalues))

    def _proved(self, at: float) -> _Curve:
        """A curve with as large a distance as can be proved; a loose one will do where K is not nearly attained."""
        distance = self._smallest_distance(at)
        if not distance:
            raise InconclusiveError("the resolvent is beyond double precision")
        shortfall = 1 - self.plane.margin(at) / (distance * self.product)
        slack = max(self.rtol / 8, shortfall / 20)
        while slack <= LOOSEST:
            s = distance * (1 - slack)
            spare = slack * arb(distance) ** 2
            if prove_distance(self.plane.W, at, s, spare, self.plane.continuous):
                return _Curve(at, s)
            slack *= 20
        raise InconclusiveError("the resolvent was not bounded from above")

    def _bound_between(self, first: _Curve, last: _Curve) -> tuple[float, float]:
        """An upper bound of margin ||(z - W)^-1|| between two curves, and about where the bound is attained."""
        plane = self.plane
        start, end = plane.coordinate(first.at), plane.coordinate(last.at)
        height = first.log_norm()
        slope = (last.log_norm() - height) / (end - start)
        top = self._top_of_chord(-float(slope.mid()), first.at, last.at)
        here = plane.coordinate(top)
        # the chord of log M and the tangent of log margin at the top
        at_top = height + slope * (here - start)
        at_top += plane.margin(arb(top)).log()
        rise = slope + plane.slope_of_log_margin(top)
        # their sum is linear, and so largest at an end
        towards_start = rise * (start - here)
        towards_end = rise * (end - here)
        highest = at_top + towards_start.max(towards_end)
        aside = NEAREST * (last.at - first.at)
        next_curve = np.clip(top, first.at + aside, last.at - aside)
        return above(highest.exp()), float(next_curve)

    def _top_of_chord(self, fall: float, first: float, last: float) -> float:
        """Where the chord plus log margin is largest: 1 / x = `fall`, or r / (r - 1) = `fall`, between two curves."""
        excess = fall if self.plane.continuous else fall - 1
        if not excess > 0:
            return last
        top = self.plane.edge + 1 / excess
        return float(np.clip(top, first, last))

    def _bound_beyond(self, at: float) -> float:
        """An upper bound of margin / (|z| - w) beyond a curve, which falls towards 1."""
        w = arb(self.highest)
        ratio = self.plane.margin(arb(at)) / (at - w)
        return above(ratio.max(arb(1)))
