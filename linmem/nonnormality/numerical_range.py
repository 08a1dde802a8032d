r"""The numerical range F(W) = {x* W x : ||x|| = 1}, and the numbers read off it.

Conventions
-----------
h(t) = lambda_max(H(t)), H(t) = (e^{-it} W + e^{it} W*) / 2, is the support function of F(W), which is convex: the line
Re(e^{-it} z) = h(t) touches it at x* W x, x an eigenvector of h(t) (Johnson 1978, SIAM J. Numer. Anal. 15:595). Angles
are in radians and run counterclockwise.

Contents
--------
NumericalRange, numerical_range
    The set, between a polygon inside and a polygon around it.
numerical_radius
    The largest modulus in it: ||W^k|| <= 2 r^k.
numerical_abscissa
    The largest real part in it: the slope of ||e^{At}|| at 0.
crawford_number
    Its distance from 0.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg as sl

from linmem.errors import InvalidNetworkError
from linmem.linalg.blas import congruence, one_blas_thread, product
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.network import Network, as_network
from linmem.validation import number, whole_number

SLACK = 1e-13  # by how much, relatively, the level that is proved to lie above the numerical radius exceeds it
COARSE = 8  # angles among which the search for the radius starts
STEPS = 100  # more than any of the iterations takes; they end by themselves


@dataclass(frozen=True, eq=False)
class NumericalRange:
    """The numerical range of a matrix, enclosed by two polygons.

    Attributes
    ----------
    network
        Whose numerical range it is.
    boundary
        Points on its boundary, counterclockwise, complex (m,): the corners of the polygon inside. Two for a line
        segment, one for a point.
    outer
        The corners of the polygon around it, where neighbouring supporting lines meet, complex (k,).
    angles, support
        The angles t looked from, (k,), increasing, and h(t): F(W) lies in Re(e^{-it} z) <= h(t).
    gap
        The largest distance from the outer polygon to the inner one: neither is farther from F(W).
    """

    network: Network
    boundary: np.ndarray
    outer: np.ndarray
    angles: np.ndarray
    support: np.ndarray
    gap: float


def numerical_range(W: Any, *, points: int = 400, rtol: float = 1e-4) -> NumericalRange:
    r"""Numerical range F(W) = {x* W x : ||x|| = 1}, a convex set that holds the eigenvalues; of a normal W their hull.

    Parameters
    ----------
    W
        A matrix (N, N) or a network; a sparse one is made dense.
    points
        The largest number of angles to look from, at least 4.
    rtol
        Stop where the gap between the polygons inside and around is below rtol times the width of F(W).

    Returns
    -------
    NumericalRange
        Its `gap` tells whether rtol was reached.

    Raises
    ------
    InvalidNetworkError
        For a stack, and for a sparse matrix of more units than can be made dense.

    Notes
    -----
    The next angle is where the polygons differ most, along the normal of the inner one's side: the gap falls with the
    square of the number of angles, whatever the curvature, and flat sides are found after finitely many. Where h(t) is
    a multiple eigenvalue the boundary has a flat side there, and both its ends are taken. Of a real W only the upper
    half is computed.

    Examples
    --------
    >>> triangle = numerical_range([[0, 0, 1], [1, 0, 0], [0, 1, 0]])      # normal: the hull of the cube roots of 1
    >>> len(triangle.boundary), bool(np.allclose(triangle.boundary**3, 1))
    (3, True)
    """
    points, rtol = whole_number("points", points, at_least=4), number("rtol", rtol, above=0)
    network, W, exponent = _scaled("numerical_range", W)
    rounding = 32 * ULP * sl.norm(W)
    with one_blas_thread():  # threads gain a fifth here, and lose much on a busy machine
        sides = _sandwich(W, points, rtol, rounding)
    ends = np.array([end for side in sides for end in (side.left.last, side.right.first)])
    distinct = abs(ends - np.roll(ends, 1)) > rounding
    if not distinct.any():
        distinct[0] = True
    return NumericalRange(
        network,
        boundary=_read_only(_times_power(ends[distinct], exponent)),
        outer=_read_only(_times_power(np.array([side.corner for side in sides]), exponent)),
        angles=_read_only(np.array([side.left.angle for side in sides])),
        support=_read_only(_times_power(np.array([side.left.support for side in sides]), exponent)),
        gap=float(np.ldexp(max(side.height for side in sides), exponent)),
    )


def numerical_radius(W: Any) -> float:
    r"""Numerical radius r(W) = max |x* W x| over ||x|| = 1 = max_t h(t), to a relative error of 1e-13.

    The largest modulus in the numerical range. rho(W) <= r(W) and ||W|| / 2 <= r(W) <= ||W||. It bounds transients:
    ||W^k|| <= 2 r(W)^k (Berger 1965).

    Raises
    ------
    InvalidNetworkError
        For a stack, and for a sparse matrix of more units than can be made dense.

    Notes
    -----
    h may have many local maxima; no grid is trusted. From a coarse one a local maximum L is climbed to; then r(W) <
    (1 + 1e-13) L is decided for all angles at once: r(A) <= 1/2 if and only if X + A* X^-1 A = I has a positive
    definite solution (Engwerda, Ran & Rijkeboer 1993, Linear Algebra Appl. 186:255), which cyclic reduction settles,
    converging quadratically (Meini 2002, Math. Comp. 71:1189). Where the answer is no, it yields an angle at which h
    is larger, to climb on from. A disc about 0 is no special case; for the level sets of Mengi & Overton (2005, IMA J.
    Numer. Anal. 25:648), found by the pencil z^2 W* - 2 L z I + W, it is: the pencil is singular there.

    Examples
    --------
    >>> import linmem as lm
    >>> round(numerical_radius(lm.chain(5)), 12), round(3**0.5 / 2, 12)       # a disc of radius cos(pi / 6)
    (0.866025403784, 0.866025403784)
    """
    _, W, exponent = _scaled("numerical_radius", W)
    with one_blas_thread():
        return float(np.ldexp(_radius_bounds(W)[0], exponent))


def numerical_abscissa(W: Any) -> float:
    r"""Numerical abscissa omega(W) = lambda_max((W + W*) / 2) = max Re(x* W x) over ||x|| = 1.

    The slope of ||e^{Wt}|| at t = 0: a continuous-time network amplifies some state at once where it is positive.
    (What a network in discrete time amplifies in one step is ||W||.) Trefethen & Embree (2005), Spectra and
    Pseudospectra, ch. 17.

    Raises
    ------
    InvalidNetworkError
        For a stack, and for a sparse matrix of more units than can be made dense.

    Examples
    --------
    >>> round(numerical_abscissa([[0, 4], [0, 0]]), 12)
    2.0
    """
    _, W, exponent = _scaled("numerical_abscissa", W)
    last = len(W) - 1
    with one_blas_thread():
        return float(np.ldexp(sl.eigvalsh((W + W.conj().T) / 2, subset_by_index=[last, last])[0], exponent))


def crawford_number(W: Any) -> float:
    r"""Crawford number c(W) = min |x* W x| over ||x|| = 1 = max(0, max_t lambda_min(H(t))), to 1e-14 ||W||.

    The distance of the numerical range from 0, exactly 0.0 where 0 is in it. At most the smallest singular value. For
    W = A + i B with Hermitian A and B it is the distance of the pair (A, B) from an indefinite one (Stewart 1979,
    Linear Algebra Appl. 23:69).

    Raises
    ------
    InvalidNetworkError
        For a stack, and for a sparse matrix of more units than can be made dense.

    Notes
    -----
    F(W) is convex: of two points found, and all between them, the nearest to 0 gives the direction of the next line;
    where that touches is a third point, and the nearest side of the triangle is kept (Gilbert 1966, SIAM J. Control
    4:61). Its distance bounds c(W) from above, the line's from below.

    Examples
    --------
    >>> round(crawford_number([[3, 4], [0, 3]]), 12)           # a disc of radius 2 about 3
    1.0
    >>> crawford_number([[0, 1], [0, 0]])
    0.0
    """
    _, W, exponent = _scaled("crawford_number", W)
    with one_blas_thread():
        return float(np.ldexp(_crawford_bounds(W)[0], exponent))


def _scaled(what: str, W: Any) -> tuple[Network, np.ndarray, int]:
    """The network, its matrix as a dense array with entries of about 1, and the power of two taken out."""
    network = as_network(W)
    network.require_single(what)
    if network.is_sparse and network.size > LARGEST_DENSE:
        raise InvalidNetworkError(
            f"{network.MATRIX} is sparse with {network.size} units; {what} needs a dense matrix, of at most "
            f"{LARGEST_DENSE} units: pass a smaller network, or a part of it"
        )
    matrix = network.dense()
    exponent = int(np.frexp(abs(matrix.view(float)).max())[1])
    return network, _times_power(matrix, -exponent), exponent


def _times_power(array: np.ndarray, exponent: int) -> np.ndarray:
    """array 2^exponent, also where 2^exponent itself overflows."""
    return np.ldexp(array.view(float), exponent).view(array.dtype)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


class _Touch(NamedTuple):
    """What is seen from one angle: h(t), and where the supporting line touches: the ends of a flat side, in order."""

    angle: float
    support: float
    first: complex
    last: complex


def _touch(W: np.ndarray, angle: float, flat: float | None = None) -> _Touch:
    """Eigenvalues that differ by at most `flat` count as one; None where any point on the line will do."""
    rotated = np.exp(-1j * angle) * W
    hermitian, top = (rotated + rotated.conj().T) / 2, len(W) - 1
    second = top if flat is None else max(top - 1, 0)
    values, vectors = sl.eigh(hermitian, subset_by_index=[second, top], check_finite=False)
    if flat is not None and values[-1] - values[0] <= flat:
        values, vectors = sl.eigh(hermitian, check_finite=False)
        vectors = vectors[:, values >= values[-1] - flat]
    else:
        vectors = vectors[:, -1:]
    seen = product(vectors.conj().T, product(rotated, vectors))
    along = sl.eigvalsh((seen - seen.conj().T) / 2j)
    turn = np.exp(1j * angle)
    return _Touch(angle, values[-1], turn * (values[-1] + 1j * along[0]), turn * (values[-1] + 1j * along[-1]))


class _Side:
    """Between two touches: a side of the inner polygon, and the triangle over it that the supporting lines leave."""

    def __init__(self, left: _Touch, right: _Touch):
        self.left, self.right = left, right
        chord, between = right.first - left.last, right.angle - left.angle
        turn = float(np.angle(-1j * chord * np.exp(-1j * left.angle)))
        self.angle = left.angle + turn  # the outward normal of the chord: where to look next
        # Clipped where rounding turns a flat or a vanishing chord beyond the supporting lines.
        at_left, at_right = (min(max(np.sin(part), 0.0), np.sin(between)) for part in (turn, between - turn))
        opposite = abs(chord) / np.sin(between)
        self.height = float(opposite * at_left * at_right)
        self.corner = left.last + 1j * np.exp(1j * left.angle) * opposite * at_right

    def __lt__(self, other: _Side) -> bool:
        return self.height > other.height

    def mirrored(self) -> _Side:
        return _Side(_mirrored(self.right), _mirrored(self.left))


def _mirrored(touch: _Touch) -> _Touch:
    return _Touch(2 * np.pi - touch.angle, touch.support, touch.last.conjugate(), touch.first.conjugate())


def _sandwich(W: np.ndarray, points: int, rtol: float, rounding: float) -> list[_Side]:
    """The sides all around, refined where the triangles over them are highest."""
    real = not np.iscomplexobj(W)
    seen = [_touch(W, quarter * np.pi / 2, rounding) for quarter in range(3 if real else 4)]
    opposite = [seen[2], _mirrored(seen[1]) if real else seen[3]]
    width = max(near.support + far.support for near, far in zip(seen, opposite, strict=False))
    corners = seen if real else [*seen, seen[0]._replace(angle=2 * np.pi)]
    heap = [_Side(left, right) for left, right in pairwise(corners)]
    heapq.heapify(heap)
    angles, more = 4, 2 if real else 1
    while heap[0].height > max(rtol * width, rounding) and angles + more <= points:
        left, right = heap[0].left, heap[0].right
        middle = _touch(W, heap[0].angle, rounding)
        heapq.heapreplace(heap, _Side(left, middle))
        heapq.heappush(heap, _Side(middle, right))
        angles += more
    sides = sorted(heap, key=lambda side: side.left.angle)
    return sides + [side.mirrored() for side in reversed(sides)] if real else sides


def _radius_bounds(W: np.ndarray) -> tuple[float, float]:
    """r(W) from below, and from above, for W of entries of about 1."""
    if not W.any():
        return 0.0, 0.0
    angles = np.linspace(0, 2 * np.pi, COARSE, endpoint=False)
    if not np.iscomplexobj(W):
        angles = angles[: COARSE // 2 + 1]  # h(-t) = h(t)
    lower, slack = _climb(W, max((_touch(W, angle) for angle in angles), key=lambda touch: touch.support)), SLACK
    while (angle := _angle_above(W, lower * (1 + slack))) is not None:
        found = _climb(W, _touch(W, angle))
        if found <= lower * (1 + slack):  # nothing but rounding lies above
            slack *= 4
        lower = max(lower, found)
    return lower, lower * (1 + slack)


def _climb(W: np.ndarray, touch: _Touch) -> float:
    """A local maximum of h, to rounding.

    If z is touched from t, then h(arg z) >= |z| >= h(t): turning towards z never loses. It converges linearly, at the
    rate (radius of curvature at the maximum) / r, which the secant of the turn speeds up.
    """
    turn, before = _turn(touch), None
    for _ in range(STEPS):
        step = turn
        if before is not None:
            past = touch.angle - before[0]
            bends_down = (turn - before[1]) * past < 0
            step = turn * past / (before[1] - turn) if bends_down else 2 * past
        if abs(step * turn) < ULP:  # twice the relative gain to expect
            break
        following = _touch(W, touch.angle + step)
        if following.support < touch.support and step != turn:
            following = _touch(W, touch.angle + turn)
        if following.support <= touch.support:
            break
        before = touch.angle, turn
        touch, turn = following, _turn(following)
    return float(touch.support)


def _turn(touch: _Touch) -> float:
    return float(np.angle(touch.first * np.exp(-1j * touch.angle)))


def _angle_above(W: np.ndarray, level: float) -> float | None:
    """None if r(W) < level, else an angle t with h(t) >= level.

    With A = W / (2 level) the question is whether I - 2 H(t) > 0 for all t, where H is that of A. As
    (I - 2 H(t)) (I + 2 H(t)) = D - e^{-2it} A^2 - e^{2it} A*^2, D = I - A A* - A* A, and -H(t) = H(t + pi), it is so if
    and only if D > 0 (the mean over t) and the same holds for L^-1 A^2 L^-*, D = L L*: cyclic reduction. The gap below
    1/2 is multiplied by four (or, at a maximum along a whole arc, kept, while A vanishes), until ||A|| < 1/2 says all.
    Rounding is not amplified. Backwards, every angle comes from one of two, which differ by pi.
    """
    A, reduced = W / (2 * level), []
    while _norm_bound(A) >= 0.5:
        D, square = np.eye(len(A)) - congruence(A) - congruence(A.conj().T), product(A, A)
        L, failed = sl.lapack.get_lapack_funcs("potrf", (D,))(D, lower=1, clean=1)
        reduced.append(A)
        if failed or len(reduced) == STEPS:
            break
        half = sl.solve_triangular(L, square, lower=True, check_finite=False)
        A = sl.solve_triangular(L, half.conj().T, lower=True, check_finite=False).conj().T
    else:
        return None
    lowest = sl.eigh(D, subset_by_index=[0, 0])[1]
    angle = float(np.angle(product(lowest.conj().T, product(square, lowest))[0, 0]))
    for A in reversed(reduced):
        rotated = np.exp(-0.5j * angle) * A
        values = sl.eigvalsh((rotated + rotated.conj().T) / 2, check_finite=False)
        angle = angle / 2 if values[-1] >= -values[0] else angle / 2 + np.pi
    return angle


def _norm_bound(A: np.ndarray) -> float:
    """An upper bound of ||A||_2, at no cost."""
    return float(min(sl.norm(A), np.sqrt(sl.norm(A, 1) * sl.norm(A, np.inf))))


def _crawford_bounds(W: np.ndarray) -> tuple[float, float]:
    """c(W) from below, and from above, for W of entries of about 1."""
    first = last = complex(np.trace(W)) / len(W)
    distance, direction = _nearest(first, last)
    lower, rounding = 0.0, ULP * sl.norm(W)
    for _ in range(STEPS):
        if distance - lower <= rounding:
            break
        opposite = _touch(W, direction + np.pi)
        lower = max(lower, -float(opposite.support))
        found = complex(opposite.first)
        if _holds_zero(first, last, found):
            return 0.0, 0.0
        end = min(first, last, key=lambda end: _nearest(end, found)[0])
        before, (distance, direction) = distance, _nearest(end, found)
        if not distance < before:
            break
        first, last = end, found
    return lower, max(lower, distance)


def _nearest(a: complex, b: complex) -> tuple[float, float]:
    """The distance of the points between a and b from 0, and the direction of the nearest.

    Within the segment that is the direction of its normal, to all digits where the nearest point has lost some.
    """
    side = b - a
    length = abs(side)
    along = -(a * side.conjugate()).real
    if not 0 < along < length**2:
        nearest = min(a, b, key=abs)
        return abs(nearest), float(np.angle(nearest))
    height = (a * side.conjugate()).imag / length  # a = height * (i side / length) + a part along the side
    return abs(height), float(np.angle(1j * side if height > 0 else -1j * side))


def _holds_zero(a: complex, b: complex, c: complex) -> bool:
    """Whether 0 lies inside the triangle."""
    turns = [(p.conjugate() * q).imag for p, q in ((a, b), (b, c), (c, a))]
    return min(turns) > 0 or max(turns) < 0
