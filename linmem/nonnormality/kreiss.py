r"""The Kreiss constant K(W): a lower bound on transient growth that the resolvent gives, between two bounds itself.

Conventions
-----------
K(W) = sup over |z| > 1 of (|z| - 1) ||(z - W)^-1||; in continuous time K(A) = sup over Re z > 0 of Re z ||(z - A)^-1||.
As z tends to infinity the value tends to 1, so that K >= 1. The first factor is called the margin of z.

Contents
--------
KreissConstant, kreiss_constant
    K between two bounds, and the point where it is attained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
from scipy.optimize import minimize

from linmem.errors import AccuracyError, InvalidNetworkError, errors_of_other_libraries
from linmem.linalg.blas import one_blas_thread
from linmem.linalg.structure import scaled
from linmem.measured import Measured
from linmem.network import ContinuousNetwork, Network, NetworkOrMatrix, as_network
from linmem.nonnormality.matrix_powers import product_rounding
from linmem.nonnormality.numerical_radius import numerical_radius
from linmem.nonnormality.resolvent import SchurFactor
from linmem.nonnormality.resolvent_bounds import ResolventBounds
from linmem.nonnormality.unstable_regions import OutsideUnitDisc, RightHalfPlane, UnstableRegion
from linmem.validation import number

RTOL = 1e-4
ROUNDING = 1e-7  # relative error of sigma_min^2 that the bounds allow for
FIRST = 16  # squares along the side of the region, to begin with
GRADIENT = 1e-10  # at which a climb ends
LEAST_RTOL = 3  # times the relative rounding of sigma_min, for a proof in doubles
LARGEST_ENCLOSED = (30, 200)  # units, of which bounds that rounding keeps apart are proved in balls: seconds, minutes
USELESS = 0.1  # relative distance of bounds that leave no digit
GIVEN_UP = 200_000  # points, where rounding decides
MAX_POINTS = 1_000_000  # at which sigma_min is computed
SQUARE = np.array([0, 1, 1j, 1 + 1j])  # the corners of the unit square
TRIANGLES = ([0, 1, 2], [3, 1, 2])  # the two halves of a square, by its corners


@dataclass(frozen=True, eq=False)
class KreissConstant:
    """The Kreiss constant of a matrix, between two bounds.

    Attributes
    ----------
    network
        The network whose constant it is.
    value
        The largest value found, with its `error`, the distance to the bounds, and its `point`.
    lower, upper
        Bounds of the constant. The rounding of the singular values is in them, estimated; where it decides they are
        proved in ball arithmetic, for up to 200 units.
    point
        Where `value` is attained, complex; infinity where K is 1.
    """

    network: Network
    value: Measured
    lower: float
    upper: float
    point: complex


def kreiss_constant(W: NetworkOrMatrix, *, rtol: float | None = None) -> KreissConstant:
    r"""Kreiss constant K(W) = sup over |z| > 1 of (|z| - 1) ||(z - W)^-1||, between two bounds.

    In continuous time K(A) = sup over Re z > 0 of Re z ||(z - A)^-1||.

    Parameters
    ----------
    W
        A matrix or a network, in discrete or in continuous time; not a stack.
    rtol
        How far apart the bounds may be, (upper - lower) / lower, at least 1e-6. None: 1e-4, or as near as the rounding
        of double precision leaves them where ball arithmetic would take minutes.

    Returns
    -------
    KreissConstant
        Its bounds are infinite where the spectral radius (abscissa) is above 1 (0).

    Raises
    ------
    UndecidedStabilityError
        Double precision cannot tell on which side of 1 the radius lies, or it is exactly 1.
    AccuracyError
        The bounds are farther apart than rtol, or than 0.1 where that is None; the error carries them as `.result`.
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.
    ArgumentError
        rtol is below 1e-6.

    Notes
    -----
    K <= max ||W^k|| <= e N K (Kreiss 1962; Spijker 1991, BIT 31:551). K = 1 for normal matrices of radius below 1.

    The lower bound is the best of several climbs. The upper bound does not depend on how fine a grid is:
    sigma_min(z - W)^2 - |z|^2 = lambda_min(W* W - z* W - z W*) is a *concave* function of z = x + i y, so that over a
    triangle it is at least the plane L through its values at the corners. That no point of the triangle exceeds K
    follows where

        K^2 (|z|^2 + L) - (|z| - 1)^2 = (K^2 - 1) |z|^2 + 2 |z| - 1 + K^2 L >= 0,

    a convex function plus a plane. It is tested at the corners, with the tangent of the convex function. Triangles that
    fail are divided. Beyond |z| = (K ||W|| - 1) / (K - 1) nothing has to be tested.

    Where the resolvent is large over wide regions, triangles would have to be as small as sigma_min. There
    R'' = sum_k (k + 1) (k + 2) W^k z^-(k+3), bounded by the norms of the powers, says how far ||R|| can rise above the
    plane through its values at the corners. The rounding of the singular values is added to the bounds.

    Examples
    --------
    >>> constant = kreiss_constant([[0, 8], [0, 0]])
    >>> 1 < constant.lower < 8, constant.upper <= constant.lower * (1 + 1.01e-4)
    (True, True)
    """
    network = as_network(W)
    acceptable = USELESS if rtol is None else number("rtol", rtol, at_least=1e-6)
    rtol = min(acceptable, RTOL) if rtol is None else acceptable
    network.require_single("kreiss_constant")
    if network.stability.stable is False:
        eigenvalue = complex(network.stability.value)
        return KreissConstant(network, Measured(np.inf, 0, "stability", eigenvalue), np.inf, np.inf, eigenvalue)
    network.require_stable()
    matrix, exponent = network.dense(), 0
    continuous = isinstance(network, ContinuousNetwork)
    if continuous:  # K(A) does not depend on the unit of time
        matrix, exponent = scaled(matrix)
    # what overflows fails its test, and is not proved
    message = f"{network.MATRIX} is so large that its resolvent overflows; scale it down"
    with np.errstate(all="ignore"), errors_of_other_libraries(InvalidNetworkError, message):
        search = _Search(matrix, continuous, any_ray=_looks_alike_along_all_rays(network))
        lower, upper = search.bounds(rtol)
    method = "search"
    quick, possible = LARGEST_ENCLOSED
    asked = rtol if network.size <= quick else acceptable
    if not upper <= lower * (1 + asked) * (1 + ROUNDING) and network.size <= possible:
        enclosed = _in_balls(search, rtol)
        if enclosed is not None and enclosed[1] / enclosed[0] < upper / lower:
            (lower, upper, search.point), method = enclosed, "balls"
            search.best = lower
    point = search.point * 2.0**exponent if np.isfinite(search.point) else search.point
    value = float(np.clip(search.best, lower, upper))
    measured = Measured(value, max(upper - value, value - lower), method, point)
    result = KreissConstant(network, measured, lower, upper, point)
    if not upper <= lower * (1 + acceptable) * (1 + 2 * ROUNDING):
        raise AccuracyError(upper / lower - 1, acceptable, result, reason=f"after {search.used} points")
    return result


def _in_balls(search: _Search, rtol: float) -> tuple[float, float, complex] | None:
    """The two bounds, proved, and the point of the lower one; None where balls do not lead there."""
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.kreiss import enclose_kreiss_constant

    continuous = isinstance(search.region, RightHalfPlane)
    radius = search.norm if continuous else float(numerical_radius(search.W))
    try:
        with np.errstate(all="ignore"):
            enclosed = enclose_kreiss_constant(search.W, search.sigma, radius, continuous, rtol=rtol / 4)
    except (InconclusiveError, np.linalg.LinAlgError, ValueError, OverflowError):  # what is beyond the largest double
        return None
    value, error = float(enclosed.values[0]), float(enclosed.errors[0])
    lower, upper = float(np.nextafter(value - error, 0)), float(np.nextafter(value + error, np.inf))
    return max(lower, 1.0), upper, search.point if enclosed.point is None else enclosed.point


def _looks_alike_along_all_rays(network: Network) -> bool:
    """Whether e^{it} W is W in other axes for every t, as for delay lines: one ray then stands for the whole plane."""
    return network.lines is not None and network.stability.value == 0


class _Search:
    """The search for the largest quotient margin / sigma_min(z - W), by climbs from below and by proofs from above.

    Attributes
    ----------
    best, point
        The largest quotient so far, and where it is attained.
    used
        The number of points at which sigma_min has been computed.
    """

    def __init__(self, W: np.ndarray, continuous: bool, any_ray: bool = False):
        self.W = W
        self.any_ray = any_ray
        self.is_real = not np.iscomplexobj(W)
        self.region: UnstableRegion = RightHalfPlane() if continuous else OutsideUnitDisc()
        self.factor = SchurFactor(W)
        with one_blas_thread():
            self.norm = float(sl.svdvals(W, check_finite=False)[0])
            self.resolvent = ResolventBounds(W, self.region)
        self.best = 1.0
        self.point = complex(np.inf)
        self.used = 0

    def rounding(self, z: np.ndarray | complex) -> np.ndarray | float:
        """How far singular values of z - W may be off, absolutely, as double precision computes them."""
        return product_rounding(len(self.W)) * (self.norm + np.abs(z))

    def bounds(self, rtol: float) -> tuple[float, float]:
        """A lower and an upper bound on K, at most `rtol` apart, or an infinite upper one where that takes too long."""
        if self.region.has_no_growth(self.W, self.norm):
            return 1.0, 1.0
        points = self.region.first_points(self.norm, self.is_real)
        self.improve(points, self.sigma(points))
        while self.used < MAX_POINTS:
            known = self.known()
            # the proof takes sigma_min less its rounding, which must leave it some of rtol to spare
            enough = max(rtol, LEAST_RTOL * (1 / known - 1))
            if not enough < 1:
                break
            lower = max(1.0, self.best * known)
            level = lower * (1 + enough)
            if self.nothing_exceeds(level):
                return lower, level
            if self.used > GIVEN_UP and enough > rtol:
                break
        return max(1.0, self.best * self.known()), np.inf

    def known(self) -> float:
        """The best quotient with sigma_min rounded up, over itself."""
        if not np.isfinite(self.point):
            return 1.0
        sigma = self._margin_at(self.point) / self.best
        return float(sigma / (sigma + self.rounding(self.point)))

    def sigma(self, z: np.ndarray) -> np.ndarray:
        """sigma_min(z - W) at the points z."""
        self.used += len(z)
        sigma, _ = self.factor.values(z)
        return sigma

    # climbs

    def improve(self, z: np.ndarray, sigma: np.ndarray) -> bool:
        """Whether one of the points is better than the best so far; if so, climb from there to a local maximum."""
        margin = self.region.margin(z)
        with np.errstate(divide="ignore", invalid="ignore"):
            quotients = np.where(margin > 0, margin / sigma, 0)
        highest = np.argmax(quotients)
        if not quotients[highest] > self.best * (1 + ROUNDING):
            return False
        start, quotient = complex(z[highest]), float(quotients[highest])
        top, quotient_at_top = self._climb(start)
        if quotient_at_top >= quotient:
            self.best, self.point = quotient_at_top, top
        else:
            self.best, self.point = quotient, start
        return True

    def _climb(self, start: complex) -> tuple[complex, float]:
        """A local maximum of the quotient, and its value; the value is 0 where the climb fails."""
        start_xy = [start.real, start.imag]
        climb = minimize(self._descent, start_xy, jac=True, method="BFGS", options={"gtol": GRADIENT})
        top = complex(*climb.x)
        is_inside = self._margin_at(top) > 0
        if not np.isfinite(climb.fun) or not is_inside:
            return top, 0.0
        return top, float(np.exp(-climb.fun))

    def _descent(self, xy: np.ndarray) -> tuple[float, np.ndarray]:
        """-log of the quotient at (Re z, Im z), and its gradient by the singular vectors."""
        z = complex(*xy)
        margin = self._margin_at(z)
        if not margin > 0:
            return np.inf, np.zeros(2)
        sigma, left_vector, right_vector = self.factor.triplet(z)
        turn = left_vector.conj() @ right_vector  # d sigma = Re(turn dz)
        slope = np.array([turn.real, -turn.imag]) / sigma
        value = float(np.log(sigma) - np.log(margin))
        return value, slope - self.region.outward(z) / margin

    def _margin_at(self, z: complex) -> float:
        margins = self.region.margin(np.array([z]))
        return float(margins[0])

    # proofs

    def nothing_exceeds(self, level: float) -> bool:
        """Whether no point has a quotient above `level`; False also where a better one is found or points run out."""
        corner, side = self._first_squares(level)
        while len(corner):
            squares = corner[:, None] + side[:, None] * SQUARE
            is_open = self._is_open(squares, level)
            corner, side, squares = corner[is_open], side[is_open], squares[is_open]
            if not len(corner):
                break
            if self.used > MAX_POINTS:
                return False
            points, position = np.unique(squares.ravel(), return_inverse=True)
            sigma = self.sigma(points)
            if self.improve(points, sigma):
                return False
            failed = ~self._is_proved(squares, sigma[position].reshape(squares.shape), level)
            corner, side = _quarters(corner[failed], side[failed])
        return True

    def _first_squares(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower left corners and sides of squares that cover every point which can have a quotient above `level`."""
        reach = self.region.reach(level, self.norm)
        all_edges = np.linspace(-1, 1, FIRST + 1)
        edges = all_edges[:-1] * reach
        corner = edges[None, :] + 1j * edges[:, None]
        side = 2 * reach / FIRST
        return corner.ravel(), np.full(corner.size, side)

    def _is_open(self, squares: np.ndarray, level: float) -> np.ndarray:
        """Which of the squares, by their corners (M, 4), have to be tested."""
        margin = self.region.margin(squares).max(axis=1)
        is_open = margin > 0
        low, right, top = squares[:, 0].imag, squares[:, 3].real, squares[:, 3].imag
        if self.is_real:  # the lower half plane mirrors the upper one
            is_open &= top > 0
        if self.any_ray:
            is_open &= (low <= 0) & (right > 0)
        return is_open & ~self.resolvent.prove(squares, margin, level)

    def _is_proved(self, squares: np.ndarray, sigma: np.ndarray, level: float) -> np.ndarray:
        """For which of the squares both triangles are proved to have no quotient above `level`."""
        proved = np.ones(len(squares), bool)
        for triangle in TRIANGLES:
            corners = squares[:, triangle]
            values = sigma[:, triangle]
            by_concavity = self.by_concavity(corners, values, level)
            by_growth = self.by_growth(corners, values, level)
            proved &= by_concavity | by_growth
        return proved

    def by_concavity(self, corners: np.ndarray, sigma: np.ndarray, level: float) -> np.ndarray:
        """Whether level^2 sigma^2 >= margin^2 all over each triangle, (M, 3) corners with their singular values.

        sigma^2 - |z|^2 is concave, and so at least the plane through its values at the corners.
        """
        sigma = np.maximum(sigma * (1 - ROUNDING) - self.rounding(corners), 0)
        squares_of_sigma = sigma**2
        plane = squares_of_sigma - np.abs(corners) ** 2
        convex = self.region.convex_part(corners, level)
        difference = convex + level**2 * plane
        return np.all(difference >= 0, axis=1)

    def by_growth(self, corners: np.ndarray, sigma: np.ndarray, level: float) -> np.ndarray:
        """Whether margin ||R|| <= level all over each triangle, by ||R|| at its corners and a bound on ||R''||.

        ||R|| is at most the plane through its values at the corners plus ||R''|| d^2 / 2. The margin is convex, and at
        most a plane too. The product of two planes exceeds the largest of its values at the corners by at most a third
        of what one of them gains along a side while the other falls.
        """
        with np.errstate(divide="ignore", over="ignore"):
            norms = 1 / np.maximum(sigma * (1 - ROUNDING) - self.rounding(corners), 0)
        margin = np.maximum(self.region.margin(corners), 0)
        centre = corners.mean(axis=1, keepdims=True)
        distance = np.abs(corners - centre).max(axis=1)
        bend = self.resolvent.curvature(corners) * distance**2 / 2
        with np.errstate(invalid="ignore", over="ignore"):
            highest_corner = (margin * norms).max(axis=1)
            excess = _excess_of_product(margin, norms)
            highest = highest_corner + excess + bend * margin.max(axis=1)
        return highest <= level


def _excess_of_product(margin: np.ndarray, norms: np.ndarray) -> np.ndarray:
    """The largest -gain * loss / 3 along the sides of each triangle: see `by_growth`."""
    excess = np.zeros(len(margin))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        gain = margin[:, i] - margin[:, j]
        loss = norms[:, i] - norms[:, j]
        excess = np.maximum(excess, -gain * loss / 3)
    return excess


def _quarters(corner: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each square divided into four, by lower left corners and sides."""
    half = side / 2
    corners = corner[:, None] + half[:, None] * SQUARE
    sides = np.repeat(half, len(SQUARE))
    return corners.ravel(), sides
