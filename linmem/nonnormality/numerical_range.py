r"""The numerical range, or field of values, F(W) = {x* W x : ||x|| = 1}, and its largest real part.

Conventions
-----------
h(t) is the support function of F(W): F(W) lies in the half plane Re(e^{-it} z) <= h(t) for every angle t, and touches
its edge, the supporting line at t. Angles are in radians and run counterclockwise.

Contents
--------
NumericalRange, numerical_range
    F(W), between a polygon inside and a polygon around it.
numerical_abscissa
    The largest real part in F(W): the slope of ||e^{At}|| at t = 0.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from scipy.sparse.csgraph import connected_components

from linmem.linalg.blas import one_blas_thread
from linmem.linalg.structure import hermitian_part, scaled, times_power_of_two
from linmem.measured import Measured, MeasuredArray, measured_array
from linmem.network import Network, NetworkOrMatrix, as_network
from linmem.nonnormality.supporting_lines import SupportingLine, rounding_of_support, supporting_line
from linmem.validation import number, whole_number

METHOD = "double precision"
FEW_DIGITS = 1e-8  # relative error of the abscissa from which on it is computed block by block, and in balls
LARGEST_ENCLOSED = 200  # units up to which balls are asked: seconds there


@dataclass(frozen=True, eq=False)
class NumericalRange:
    """The numerical range (field of values) of a matrix, between two polygons.

    Every number but the angles, which are as chosen, has an error, estimated from rounding: that of a point of the
    boundary is its distance from the boundary.

    Attributes
    ----------
    network
        The network whose numerical range it is.
    boundary
        Points on the boundary of F(W), counterclockwise, complex (m,): the corners of the polygon inside. There are two
        for a line segment, one for a point.
    outer
        The corners of the polygon around F(W), where neighbouring supporting lines meet, complex (k,).
    angles, support
        The angles t of the supporting lines, (k,), increasing, and h(t): F(W) lies in Re(e^{-it} z) <= h(t).
    gap
        The largest distance from the outer polygon to the inner one: neither is farther than this from F(W).
    """

    network: Network
    boundary: MeasuredArray
    outer: MeasuredArray
    angles: np.ndarray
    support: MeasuredArray
    gap: Measured
    AXES: ClassVar[dict[str, str]] = {
        "corner": "boundary",
        "outer_corner": "outer",
        "angle": "angles support",
    }


def numerical_range(W: NetworkOrMatrix, *, points: int = 400, rtol: float = 1e-4) -> NumericalRange:
    r"""Numerical range (field of values) F(W) = {x* W x : ||x|| = 1}, between two polygons.

    F(W) is a convex set that holds the eigenvalues. For a normal W it is their convex hull.

    Parameters
    ----------
    W
        A matrix (N, N) or a network; a sparse one is made dense.
    points
        The largest number of angles at which a supporting line is computed, at least 4.
    rtol
        The gap between the polygons at which the refinement stops, relative to the width of F(W).

    Returns
    -------
    NumericalRange
        Its `gap` tells whether rtol was reached.

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more units than can be made dense.
    ArgumentError
        points is below 4, or rtol is not positive.

    Notes
    -----
    The next supporting line is taken where the polygons differ most, along the normal of that side of the inner one.
    The gap then falls with the square of the number of angles, whatever the curvature, and a polygon is found after
    finitely many. Where h(t) is a multiple eigenvalue the boundary has a flat side, and both its ends are computed. For
    a real W only the upper half is computed. Johnson (1978), SIAM J. Numer. Anal. 15:595.

    Examples
    --------
    >>> triangle = numerical_range([[0, 0, 1], [1, 0, 0], [0, 1, 0]])      # normal: the hull of the cube roots of 1
    >>> len(triangle.boundary), bool(np.allclose(triangle.boundary**3, 1))
    (3, True)
    """
    points = whole_number("points", points, at_least=4)
    rtol = number("rtol", rtol, above=0)
    network = as_network(W)
    network.require_single("numerical_range")
    matrix, exponent = scaled(network.dense())
    rounding = 2 * rounding_of_support(matrix)
    with one_blas_thread():  # more threads gain a fifth at best, and lose much on a busy machine
        sides = _sides(matrix, points, rtol, rounding)
    corners = np.array([side.corner for side in sides])
    support = np.array([side.left.support for side in sides])
    return NumericalRange(
        network,
        boundary=_measured(_distinct_ends(sides, rounding), 2 * rounding, exponent),
        outer=_measured(corners, 4 * rounding / np.sin([side.between for side in sides]), exponent),
        angles=_read_only(np.array([side.left.angle for side in sides])),
        support=_measured(support, rounding, exponent),
        gap=Measured(max(side.height for side in sides), 4 * rounding, METHOD).times_power_of_two(exponent),
    )


def numerical_abscissa(W: NetworkOrMatrix) -> Measured:
    r"""Numerical abscissa omega(W) = lambda_max((W + W*) / 2) = max Re(x* W x) over ||x|| = 1.

    It is the slope of ||e^{Wt}|| at t = 0: a network in continuous time amplifies some state at once where it is
    positive. (A network in discrete time amplifies by at most ||W|| in one step.) It has the `.point` x* W x where it
    is reached, complex, and its `.error`: estimated from rounding, or proved where balls were asked, as few digits were
    left in doubles.

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more units than can be made dense.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra, ch. 17.

    Examples
    --------
    >>> round(numerical_abscissa([[0, 4], [0, 0]]), 12)
    2.0
    """
    network = as_network(W)
    network.require_single("numerical_abscissa")
    matrix, exponent = scaled(network.dense())
    with one_blas_thread():
        abscissa = _abscissa(matrix)
        if abscissa.relative_error > FEW_DIGITS:
            abscissa = _abscissa_by_blocks(matrix)
    if abscissa.relative_error > FEW_DIGITS and len(matrix) <= LARGEST_ENCLOSED:
        abscissa = _enclosed_abscissa(matrix, abscissa)
    return abscissa.times_power_of_two(exponent)


def _abscissa(W: np.ndarray) -> Measured:
    """omega(W) of entries of about 1; 0 exactly for a skew-Hermitian W."""
    rounding = rounding_of_support(hermitian_part(W))
    line = supporting_line(W, 0.0)
    return Measured(line.support, rounding, METHOD, complex(line.first))


def _abscissa_by_blocks(W: np.ndarray) -> Measured:
    """The same by the blocks of (W + W*) / 2, each with the rounding of its own size."""
    _, block = connected_components(hermitian_part(W) != 0, directed=False)
    abscissae = []
    for label in range(block.max() + 1):
        units = np.flatnonzero(block == label)
        abscissae.append(_abscissa(W[np.ix_(units, units)]))
    largest = max(abscissae)
    highest = max(abscissa + abscissa.error for abscissa in abscissae)
    return Measured(largest, max(largest.error, highest - largest), METHOD, largest.point)


def _enclosed_abscissa(W: np.ndarray, in_doubles: Measured) -> Measured:
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.numerical_range import enclose_numerical_abscissa

    try:
        enclosed = enclose_numerical_abscissa(W)
    except InconclusiveError:
        return in_doubles
    return Measured(enclosed.values[0], enclosed.errors[0], "ball arithmetic", in_doubles.point)


class _Side:
    """A side of the inner polygon, from one supporting line's point to the next one's, and the triangle over it.

    The two supporting lines and the side bound the triangle; the boundary of F(W) runs inside it. Its height, by the
    law of sines in the chord and the angles at its ends, is how far the two polygons are apart here.
    """

    def __init__(self, left: SupportingLine, right: SupportingLine):
        self.left = left
        self.right = right
        chord = right.first - left.last
        self.between = between = right.angle - left.angle
        rotated_normal = -1j * chord * np.exp(-1j * left.angle)
        turn = float(np.angle(rotated_normal))
        self.angle = left.angle + turn  # of the outward normal of the chord: the next supporting line is taken there
        largest_sine = np.sin(between)
        sine_at_left = _clipped_sine(turn, largest_sine)
        sine_at_right = _clipped_sine(between - turn, largest_sine)
        diameter = abs(chord) / largest_sine
        self.height = float(diameter * sine_at_left * sine_at_right)
        along_left_line = 1j * np.exp(1j * left.angle)
        self.corner = left.last + along_left_line * diameter * sine_at_right

    def __lt__(self, other: _Side) -> bool:
        """The order in a heap: the side with the highest triangle comes first."""
        return self.height > other.height

    def mirrored(self) -> _Side:
        """The side in the lower half plane that belongs to this one, for a real W."""
        return _Side(self.right.mirrored(), self.left.mirrored())


def _clipped_sine(angle: float, largest: float) -> float:
    """sin(angle) between 0 and `largest`: rounding can turn a flat or vanishing chord beyond the supporting lines."""
    return min(max(np.sin(angle), 0.0), largest)


def _sides(W: np.ndarray, points: int, rtol: float, rounding: float) -> list[_Side]:
    """The sides of the inner polygon, counterclockwise, divided until the triangles over them are low."""
    is_real = not np.iscomplexobj(W)
    lines, width = _first_lines(W, is_real, rounding)
    sides = [_Side(left, right) for left, right in pairwise(lines)]
    heapq.heapify(sides)
    angles = 4
    angles_per_line = 2 if is_real else 1  # the mirrored line comes for nothing
    while sides[0].height > max(rtol * width, rounding) and angles + angles_per_line <= points:
        highest = sides[0]
        middle = supporting_line(W, highest.angle, rounding)
        heapq.heapreplace(sides, _Side(highest.left, middle))
        heapq.heappush(sides, _Side(middle, highest.right))
        angles += angles_per_line
    sides.sort(key=lambda side: side.left.angle)
    if is_real:
        sides += [side.mirrored() for side in reversed(sides)]
    return sides


def _first_lines(W: np.ndarray, is_real: bool, rounding: float) -> tuple[list[SupportingLine], float]:
    """Supporting lines at multiples of a right angle, around F(W) or its upper half, and the width of F(W)."""
    right = supporting_line(W, 0.0, rounding)
    top = supporting_line(W, np.pi / 2, rounding)
    opposite = supporting_line(W, np.pi, rounding)
    bottom = top.mirrored() if is_real else supporting_line(W, 3 * np.pi / 2, rounding)
    horizontal_width = right.support + opposite.support
    vertical_width = top.support + bottom.support
    width = max(horizontal_width, vertical_width)
    upper_half = [right, top, opposite]
    if is_real:
        return upper_half, width
    return [*upper_half, bottom, right._replace(angle=2 * np.pi)], width


def _distinct_ends(sides: list[_Side], rounding: float) -> np.ndarray:
    """The corners of the inner polygon, each once."""
    ends = []
    for side in sides:
        ends += [side.left.last, side.right.first]
    corners = np.array(ends)
    distance = abs(corners - np.roll(corners, 1))
    is_new = distance > rounding
    if not is_new.any():
        return corners[:1]
    return corners[is_new]


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def _measured(array: np.ndarray, error: Any, exponent: int) -> MeasuredArray:
    """An array of entries of about 1, and its error, times 2^exponent."""
    tiny = np.finfo(float).smallest_subnormal if exponent < 0 and np.any(error) else 0.0
    return measured_array(times_power_of_two(array, exponent), np.ldexp(error, exponent) + tiny, METHOD)
