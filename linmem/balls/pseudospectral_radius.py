r"""The pseudospectral radius and abscissa, enclosed.

rho_eps = max |z|, or alpha_eps = max Re z, over all z with sigma_min(z - W) <= eps. What is proved, for the stored
doubles of W and eps taken as exact:

* From below, rho_eps >= |z| at any point z with ||(z - W)^-1|| >= 1 / eps. The inverse is a matrix of balls, and the
  norm of its midpoint is known to the rounding of a singular value decomposition, relatively.
* From above, rho_eps < r where sigma_min(z - W) > eps on the whole circle |z| = r (`linmem.balls.resolvent`) and the
  spectral radius is below r (`linmem.balls.spectrum`): the norm of the resolvent is subharmonic outside of it, and
  tends to 0, so that it is nowhere larger than on the circle. The same for lines and the abscissa.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import scipy.linalg as sl
from flint import acb, acb_mat, arb, ctx

from linmem.balls.bounded import Enclosed, InconclusiveError, above, between, exact
from linmem.balls.precision import START_BITS
from linmem.balls.resolvent import norm_of_resolvent, prove_distance
from linmem.balls.spectrum import enclose_spectral_radius
from linmem.linalg.curve_distances import point_on_curve
from linmem.linalg.stein import ULP

WIDTHS = (1e-10, 1e-8, 1e-6, 1e-4, 1e-2)  # of the enclosure, relative, in the order in which they are tried
POINTS = 48  # on a curve that is searched, beside those next to eigenvalues
ROUNDS = 8  # of the search
STEPS = 60  # of a search along a ray or along a curve
CLOSE = 1e-14  # relative, of sigma_min or of a modulus: where such a search ends


def enclose_pseudospectral_extreme(W: np.ndarray, eps: float, start: complex, continuous: bool = False) -> Enclosed:
    """rho_eps(W), or alpha_eps(W) in continuous time, with the point where the lower bound is attained.

    `start` is near such a point; it decides where to look, and proves nothing.
    """
    eigenvalue, _ = enclose_spectral_radius(W, continuous=continuous)
    edge = above(arb(eigenvalue.values[0]) + arb(eigenvalue.errors[0]))
    search = _Search(W, eps, edge, continuous)
    # eigenvalues lie in the pseudospectrum, which may reach no further than that in doubles
    search.reach, search.point = -above(arb(eigenvalue.errors[0]) - arb(eigenvalue.values[0])), start
    search.climb(start)
    for attempt in range(ROUNDS):
        upper = search.upper_bound(WIDTHS[:2])
        if upper is not None:
            return search.enclosed(upper)
        if not search.improve(POINTS * (1 + attempt)):
            break
    upper = search.upper_bound(WIDTHS)
    if upper is None:
        raise InconclusiveError("the resolvent was not bounded along any curve outside")
    return search.enclosed(upper)


class _Search:
    """Points of the pseudospectrum further and further out, each proved to lie in it.

    Attributes
    ----------
    point, reach
        The outermost point so far, and its modulus (real part).
    slope
        The derivative of sigma_min by the modulus (real part) there.
    climbed
        Whether the point is more than an eigenvalue.
    """

    def __init__(self, W: np.ndarray, eps: float, edge: float, continuous: bool):
        self.W, self.eps, self.edge, self.continuous = W, eps, edge, continuous
        self.matrix = acb_mat(exact(W))
        self.size = float(np.abs(W).max()) * len(W) + eps
        self.point, self.reach, self.slope = complex(np.nan), -np.inf, 1.0
        self.climbed = False

    def excess(self, z: complex) -> tuple[float, complex]:
        """log sigma_min(z - W) - log eps, not below its exact value, and d log sigma_min = Re(slope dz)."""
        log_norm, turn = norm_of_resolvent(self.matrix, z)
        log_eps = float(np.log(self.eps))
        rounding = 4 * ULP * (abs(log_norm) + abs(log_eps))
        return rounding - log_norm - log_eps, turn * np.exp(min(log_norm, 700.0))

    def on_curve(self, at: float, along: float) -> complex:
        """The point of a line with this imaginary part, or of a circle with this angle."""
        return point_on_curve(at, along, self.continuous)

    def along(self, z: complex) -> float:
        """The imaginary part of a point, or its angle."""
        return z.imag if self.continuous else float(np.angle(z))

    def outward(self, z: complex) -> complex:
        """The derivative of z by the real part, or by the modulus."""
        return 1.0 if self.continuous else z / abs(z)

    # from below

    def climb(self, start: complex) -> bool:
        """Whether a local maximum near a point lies further out than the best so far; it is the best then."""
        along, improved = self.along(start), False
        for _ in range(STEPS):
            at, slope = self._end_of_ray(along)
            gain = CLOSE * abs(self.reach) if np.isfinite(self.reach) else 0.0
            if not at > self.reach + gain:
                break
            self.reach, self.point, self.slope = at, self.on_curve(at, along), slope
            improved = self.climbed = True
            along = self._lowest_nearby(at, along)
        return improved

    def _end_of_ray(self, along: float) -> tuple[float, float]:
        """A point on a ray that is in the pseudospectrum, next to one that is not; and d sigma / d at there."""
        low, high = self.edge, 2 * self.size + abs(self.edge)
        best, slope = -np.inf, 1.0
        at = max(self.reach, self.edge + 1e-3 * (self.size + abs(self.edge)))
        for _ in range(STEPS):
            z = self.on_curve(at, along)
            excess, gradient = self.excess(z)
            rise = (gradient * self.outward(z)).real
            if excess <= 0:
                low, best, slope = at, at, rise * self.eps
            else:
                high = at
            away = at - self.edge
            rate = rise * away
            # of an eigenvalue at the edge, simple or not, sigma_min grows with a power of the distance from it
            step = self.edge + away * np.exp(-(excess + 4 * CLOSE) / rate) if rate > 0 else np.nan
            is_exact = abs(step - at) <= 2 * ULP * abs(at) or excess >= -10 * CLOSE
            if (excess <= 0 and is_exact) or high - low <= ULP * max(abs(high), abs(low)):
                break
            if excess > 0 and abs(step - at) <= 2 * ULP * abs(at):
                step = at - 4 * ULP * abs(at)
            # a step that leaves the bracket is replaced by its middle
            at = step if low < step < high else (low + high) / 2
        return best, slope

    def _lowest_nearby(self, at: float, along: float) -> float:
        """Where on a curve sigma_min is lowest, near a place: there its derivative along the curve vanishes."""

        def tilt(place: float) -> float:
            z = self.on_curve(at, place)
            _, gradient = self.excess(z)
            return (gradient * (1j if self.continuous else 1j * z)).real

        width = 1e-4 * (self.size if self.continuous else 1.0)
        here = tilt(along)
        before, at_before = along, here
        place = along - np.sign(here) * width
        for _ in range(8):
            now = tilt(place)
            if now == at_before or abs(now) < 1e-9 * abs(here):
                break
            step = -now * (place - before) / (now - at_before)
            step = float(np.clip(step, -1000 * width, 1000 * width))
            before, at_before, place = place, now, place + step
        return place if np.isfinite(place) else along

    def improve(self, points: int) -> bool:
        """Whether a point further out was found from the lowest places of the curve through the best point."""
        eigenvalues = sl.eigvals(self.W, check_finite=False)
        half = self.size if self.continuous else np.pi
        places = np.append(np.linspace(-half, half, points), [self.along(z) for z in eigenvalues])
        at = self.reach if np.isfinite(self.reach) else self.edge + 1e-3 * self.size
        if not np.iscomplexobj(self.W):
            places = places[places >= 0]
        heights = [(self.excess(self.on_curve(at, place))[0], place) for place in np.unique(places)]
        climbed = [self.climb(self.on_curve(at, place)) for _, place in sorted(heights)[:3]]
        return any(climbed)

    # from above

    def upper_bound(self, widths: Iterable[float]) -> float | None:
        """A curve outside of which nothing is left, as close to the best point as one of the widths allows."""
        if not np.isfinite(self.reach):
            return None
        size = abs(self.reach) or self.size
        for width in widths:
            at = max(self.reach, self.edge) + width * size
            spare = arb(2) * arb(self.eps) * arb(max(abs(self.slope), 1e-300)) * arb(width * size) / 2
            if at > self.edge and prove_distance(self.W, at, self.eps, spare, self.continuous):
                return at
        return None

    def enclosed(self, upper: float) -> Enclosed:
        """The enclosure between the best point, which it carries, and a bound."""
        z = acb(self.point.real, self.point.imag)
        with ctx.workprec(START_BITS):
            lower = (z.real if self.continuous else abs(z)).lower()
            if not self.climbed:
                lower = arb(self.reach)
            return replace(between(lower, arb(upper), START_BITS), point=self.point)
