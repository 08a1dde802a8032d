r"""The Kreiss constant, enclosed, for the stored doubles of a matrix.

Conventions
-----------
K = sup margin(z) ||(z - W)^-1||, margin(z) = |z| - 1 on circles |z| = r > 1; in continuous time Re z on lines Re z = x
> 0. M is the largest norm of the resolvent on a curve.

From below K is the product at a point. From above:

* M <= 1 / s on a curve where (z - W) (z - W)* - s^2 > 0. With z = r e^{it} (on a line y = c tan(t / 2)) that is a
  trigonometric polynomial T(t) = D + e^{it} B + e^{-it} B*, and positive for all t if [[Y, B], [B*, D - Y]] > 0 for
  some Y, as x* T(t) x is what it makes of (x, e^{it} x). Y is the largest solution of Y + B* Y^-1 B = D, by cyclic
  reduction (Meini 2002, Math. Comput. 71:1189), in whatever arithmetic; that the block matrix is positive is proved.
* Between two curves log M is below its chord over log r (over x): Hadamard's theorem of three circles (lines), as the
  logarithm of the norm of an analytic function is subharmonic, also for matrices. The resolvent has no poles there,
  since the radius (abscissa) is proved to be below 1 (0). log margin is concave, so that a tangent bounds the sum.
* Beyond the last curve ||(z - W)^-1|| <= 1 / (|z| - w), w the numerical radius, bounded from above (the numerical
  abscissa on lines), and margin / (|z| - w) falls for w > 1 (0). For w <= 1 (0) it is at most 1: K = 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
from flint import acb, acb_mat, arb, ctx
from scipy.optimize import minimize_scalar

from linmem.balls.bounded import (
    Enclosed,
    InconclusiveError,
    above,
    adjoint,
    exact,
    factored,
    frobenius,
    shifted,
    side_by_side,
)
from linmem.balls.powers import doubles_of
from linmem.balls.spectrum import between, enclose_numerical_abscissa, enclose_spectral_radius, prove_numerical_radius
from linmem.linalg.blas import one_blas_thread

BITS = 128
FINER = 384  # bits of Y, where double precision has none that will do
STEPS = 70  # of cyclic reduction, each of which squares
CURVES = 400
POINTS = 64  # that are looked at on a curve, beside those next to eigenvalues
LOOSEST = 0.5  # what s may be below the distance found, relative to it
NEAREST = 0.1  # of an interval: a new curve keeps that far from its ends


@dataclass(frozen=True)
class _Curve:
    """A circle or a line, and s with sigma_min(z - W) >= s > 0 all along it."""

    at: float  # r or x
    proved: float

    def log_norm(self) -> arb:
        return -arb(self.proved).log()


def enclose_kreiss_constant(
    W: np.ndarray, distances: Callable, widest: float, continuous=False, *, rtol=1e-6
) -> Enclosed:
    """K, to a relative width of about `rtol`, or as near as 400 curves lead; infinite where the radius is proved to be
    above 1 (the abscissa, 0).

    `distances` gives sigma_min(z - W) at an array of points, and `widest` is the numerical radius, both as well as
    double precision can.
    """
    radius, stable = enclose_spectral_radius(W, continuous=continuous)
    if not stable:
        if radius.values[0] - radius.errors[0] > (0 if continuous else 1):
            return Enclosed((np.float64(np.inf),), (np.float64(0),), radius.bits)
        raise InconclusiveError("the radius (abscissa) is at the edge of stability, or too near to it")
    highest = _highest_abscissa(W) if continuous else _highest_radius(W, widest)
    if highest is None:
        return Enclosed((np.float64(1),), (np.float64(0),), BITS)
    with one_blas_thread(), ctx.workprec(BITS):
        return _Search(W, distances, highest, continuous, rtol).enclosed()


def _highest_abscissa(A) -> float | None:
    """A bound of the numerical abscissa; None where it is proved to be at most 0."""
    found = enclose_numerical_abscissa(A)
    highest = float(np.nextafter(found.values[0] + found.errors[0], np.inf))
    return highest if highest > 0 else None


def _highest_radius(W, level) -> float | None:
    """A bound of the numerical radius, about `level`; None where it is proved to be at most 1."""
    if level < 1 and prove_numerical_radius(W, 1.0):
        return None
    for slack in (1e-9, 1e-6, 1e-3):
        if prove_numerical_radius(W, level * (1 + slack)):
            return level * (1 + slack)
    raise InconclusiveError("the numerical radius was not bounded from above")


class _Search:
    """Curves where they are needed, each proved as it is added."""

    def __init__(self, W, distances, highest, continuous, rtol):
        self.W, self.distances, self.highest, self.continuous, self.rtol = W, distances, highest, continuous, rtol
        self.edge = 0.0 if continuous else 1.0
        self.scale = float(sl.norm(W, 2))
        spectrum = sl.eigvals(W, check_finite=False)
        self.seen = spectrum.imag if continuous else np.angle(spectrum)
        self.best, self.point = 1.0, complex(np.inf)

    def enclosed(self) -> Enclosed:
        for at in self.edge + self.scale * np.logspace(-6, 1, 30):
            self._distance(float(at))
        curves = [self._proved(at) for at in self._first()]
        for _ in range(CURVES):
            bounds, tops = zip(*map(self._between, curves, curves[1:]), strict=True)
            worst, beyond = int(np.argmax(bounds)), self._beyond(curves[-1].at)
            upper = max(bounds[worst], beyond)
            if upper <= self.best * (1 + self.rtol) or beyond == upper:
                break
            curves.insert(worst + 1, self._proved(tops[worst]))
        return between(self._attained(), arb(upper), BITS)

    def _first(self) -> list[float]:
        """The edge, where the best was found, and where nothing can be left beyond."""
        level, w = self.best * (1 + self.rtol / 2), self.highest
        last = (level * w if self.continuous else level * w - 1) / (level - 1)
        best = self.point.real if self.continuous else abs(self.point)
        return sorted({self.edge, best, last} if self.edge < best < last else {self.edge, last})

    def _margin(self, at):
        return at if self.continuous else at - 1

    def _points(self, at, along) -> np.ndarray:
        return at + 1j * along if self.continuous else at * np.exp(1j * along)

    def _distance(self, at: float) -> float:
        """The smallest sigma_min(z - W) found along a curve. The best point so far is kept."""
        half = 2 * self.scale if self.continuous else np.pi
        along = np.sort(np.concatenate([np.linspace(-half, half, POINTS), self.seen]))
        sigma = self.distances(self._points(at, along))
        lowest = int(np.argmin(sigma))
        place, smallest = along[lowest], float(sigma[lowest])
        if not smallest > 0:
            return 0.0
        start, end = along[max(lowest - 1, 0)], along[min(lowest + 1, len(along) - 1)]
        found = minimize_scalar(
            lambda share: self._sigma(self._points(at, start + share * (end - start))) / smallest,
            bounds=(0, 1),
            options={"xatol": 1e-7},
        )
        if found.fun < 1:
            place, smallest = start + found.x * (end - start), float(found.fun) * smallest
        if self._margin(at) / smallest > self.best:
            self.best, self.point = self._margin(at) / smallest, complex(self._points(at, place))
        return smallest

    def _sigma(self, z) -> float:
        return float(sl.svdvals(self.W - z * np.eye(len(self.W)), check_finite=False)[-1])

    def _proved(self, at: float) -> _Curve:
        """A curve with as large a distance as can be proved; a loose one will do where K is not nearly attained."""
        distance = self._distance(at)
        if not distance:
            raise InconclusiveError("the resolvent is beyond double precision")
        slack = max(self.rtol / 8, (1 - self._margin(at) / (distance * self.best)) / 20)
        while slack <= LOOSEST:
            s = distance * (1 - slack)
            if prove_distance(self.W, at, s, slack * arb(distance) ** 2, self.continuous):
                return _Curve(at, s)
            slack *= 20
        raise InconclusiveError("the resolvent was not bounded from above")

    def _between(self, first: _Curve, last: _Curve) -> tuple[float, float]:
        """A bound of the product between two curves, and about where it is attained."""
        start, end = (self._coordinate(curve.at) for curve in (first, last))
        slope = (last.log_norm() - first.log_norm()) / (end - start)
        steep = -float(slope.mid())
        ahead = steep if self.continuous else steep - 1
        top = float(np.clip(1 / ahead + self.edge if ahead > 0 else np.inf, first.at, last.at))
        here, margin = self._coordinate(top), self._margin(arb(top))
        rise = slope + (1 / margin if self.continuous else top / margin)
        highest = first.log_norm() + slope * (here - start) + margin.log()
        highest += (rise * (start - here)).max(rise * (end - here))
        aside = NEAREST * (last.at - first.at)
        return above(highest.exp()), float(np.clip(top, first.at + aside, last.at - aside))

    def _coordinate(self, at: float) -> arb:
        return arb(at) if self.continuous else arb(at).log()

    def _beyond(self, at: float) -> float:
        margin = self._margin(arb(at))
        return above((margin / (at - arb(self.highest))).max(arb(1)))

    def _attained(self) -> arb:
        """The product at the best point, from below, by one vector; at infinity it is 1."""
        if not np.isfinite(self.point):
            return arb(1)
        z = acb(self.point.real, self.point.imag)
        vector = acb_mat(exact(sl.svd(self.W - self.point * np.eye(len(self.W)))[0][:, -1].astype(complex)))
        grown = shifted(acb_mat(exact(self.W)) * -1, z).solve(vector)
        ratio = ((adjoint(grown) * grown)[0, 0].real / (adjoint(vector) * vector)[0, 0].real).sqrt()
        return (ratio * (z.real if self.continuous else abs(z) - 1)).lower().max(arb(1))


def prove_distance(W: np.ndarray, at: float, s: float, slack: arb, continuous=False) -> bool:
    """Whether sigma_min(z - W) > s is proved for all z on a circle or line; `slack` is about what s^2 has to spare."""
    A = exact(W)
    if continuous:
        c = arb(2) ** int(np.frexp(np.abs(W).max())[1])
        from_left = shifted(A * -1, arb(at))
        F = shifted(from_left * adjoint(from_left), -(arb(s) ** 2))
        D, B = shifted(F * 2, 2 * c**2), shifted(F + (A - adjoint(A)) * c, -(c**2))
    else:
        D, B = shifted(A * adjoint(A), arb(at) ** 2 - arb(s) ** 2), adjoint(A) * -arb(at)
    for solution, bits in ((_in_doubles, BITS), (_in_more_digits, FINER)):
        Y = solution(D, B, slack)
        with ctx.workprec(bits):
            if Y is not None and _positive(Y, B, D):
                return True
    return False


def _positive(Y, B, D) -> bool:
    """Whether [[Y, B], [B*, D - Y]] > 0 is proved, by its Schur complement."""
    if factored(Y) is None:
        return False
    return factored(D - Y - adjoint(B) * Y.solve(B)) is not None


def _in_doubles(D, B, slack):
    """Y with Y + B* Y^-1 B near D - slack, or None."""
    scaled, exponent = doubles_of(D)
    unit = arb(2) ** exponent
    A, apart = doubles_of(B)
    A, enough = A * 2.0 ** (apart - exponent), float(slack / unit)
    Q = X = scaled - enough * np.eye(len(scaled))
    for _ in range(STEPS):
        try:
            factor = sl.cho_factor(Q, check_finite=False)
        except np.linalg.LinAlgError:
            return None
        ahead, back = (sl.cho_solve(factor, one, check_finite=False) for one in (A, A.conj().T))
        up, down, A = A.conj().T @ ahead, A @ back, A @ ahead
        X, Q = X - up, Q - up - down
        if np.abs(up).max() < enough / 1000:
            break
    return exact((X + X.conj().T) / 2) * unit


def _in_more_digits(D, B, slack):
    with ctx.workprec(FINER):
        Q = X = shifted(D, -slack).mid()
        A = B.mid()
        size = Q.nrows()
        for _ in range(STEPS):
            try:
                both = Q.solve(side_by_side([A, adjoint(A)])).mid().tolist()
            except ZeroDivisionError:
                return None
            ahead, back = (type(A)([row[part] for row in both]) for part in (slice(size), slice(size, None)))
            up, down, A = (adjoint(A) * ahead).mid(), (A * back).mid(), (A * ahead).mid()
            X, Q = (X - up).mid(), (Q - up - down).mid()
            if not frobenius(up) > slack / 1000:
                break
        return ((X + adjoint(X)) * arb(0.5)).mid()
