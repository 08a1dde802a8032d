r"""The Crawford number c(W) = min |x* W x|: the distance of the numerical range (field of values) from 0.

Contents
--------
crawford_number
    c(W), 0 where 0 is in the numerical range.
"""

from __future__ import annotations

import numpy as np

from linmem.linalg.blas import one_blas_thread
from linmem.linalg.structure import scaled
from linmem.measured import Measured
from linmem.network import NetworkOrMatrix, as_network
from linmem.nonnormality.supporting_lines import rounding_of_support, supporting_line

METHOD = "double precision"
STEPS = 100  # more than the iteration takes: it ends by itself


def crawford_number(W: NetworkOrMatrix) -> Measured:
    r"""Crawford number c(W) = min |x* W x| over ||x|| = 1 = max(0, max_t lambda_min(H(t))), to 1e-14 ||W||.

    It is the distance of the numerical range (field of values) from 0, exactly 0.0 where 0 is in it, and at most the
    smallest singular value. It has the nearest `.point` of the range, complex, and its `.error`, estimated: the gap
    between a lower and an upper bound, and rounding; 0 where 0 lies inside by more than that.

    H(t) = (e^{-it} W + e^{it} W*) / 2. For W = A + i B with Hermitian A and B it is the distance of the pair (A, B)
    from an indefinite one (Stewart 1979, Linear Algebra Appl. 23:69).

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more units than can be made dense.

    Notes
    -----
    Gilbert's method (1966, SIAM J. Control 4:61): of the segment between two points of the convex set F(W), the point
    nearest to 0 gives the direction of the next supporting line. The point where that line touches F(W) is a third
    one, and the nearest side of the triangle is the next segment. Its distance from 0 is an upper bound of c(W), the
    distance of the line a lower one.

    Examples
    --------
    >>> round(crawford_number([[3, 4], [0, 3]]), 12)           # a disc of radius 2 about 3
    1.0
    >>> crawford_number([[0, 1], [0, 0]])
    0.0
    """
    network = as_network(W)
    network.require_single("crawford_number")
    matrix, exponent = scaled(network.dense())
    with one_blas_thread():
        return _crawford(matrix).times_power_of_two(exponent)


def _crawford(W: np.ndarray) -> Measured:
    """c(W), for W with entries of about 1: the lower of two bounds."""
    first = last = complex(np.trace(W)) / len(W)  # the mean of the eigenvalues is in F(W)
    distance, direction = _nearest(first, last)
    lower = 0.0
    rounding = rounding_of_support(W)
    for _ in range(STEPS):
        if distance - lower <= rounding / 16:
            break
        opposite = supporting_line(W, direction + np.pi)
        lower = max(lower, -float(opposite.support))
        touched = complex(opposite.first)
        if _holds_zero(first, last, touched):
            return Measured(0.0, 0.0 if _depth(first, last, touched) > rounding else rounding, METHOD, 0j)
        end = min(first, last, key=lambda end: _nearest(end, touched)[0])
        past_distance = distance
        distance, direction = _nearest(end, touched)
        if not distance < past_distance:
            break
        first, last = end, touched
    nearest = distance * complex(np.exp(1j * direction))
    return Measured(lower, max(distance - lower, 0.0) + rounding, METHOD, nearest)


def _nearest(a: complex, b: complex) -> tuple[float, float]:
    """The distance of the segment from a to b from 0, and the direction of its nearest point.

    Inside the segment the direction is that of its normal, which has all digits where the nearest point has lost some.
    """
    side = b - a
    length = abs(side)
    product = a * side.conjugate()
    along = -product.real  # the place of the nearest point of the whole line, times `length`
    if not 0 < along < length**2:
        nearest = min(a, b, key=abs)
        return abs(nearest), float(np.angle(nearest))
    height = product.imag / length  # a = height * (i side / length) + a part along the side
    normal = 1j * side if height > 0 else -1j * side
    return abs(height), float(np.angle(normal))


def _holds_zero(a: complex, b: complex, c: complex) -> bool:
    """Whether 0 lies inside the triangle a, b, c: seen from 0, its corners turn in one direction."""
    turns = [_cross(a, b), _cross(b, c), _cross(c, a)]
    return min(turns) > 0 or max(turns) < 0


def _depth(a: complex, b: complex, c: complex) -> float:
    """How far 0 lies inside the triangle a, b, c that holds it."""
    return min(abs(_cross(p, q)) / abs(q - p) for p, q in ((a, b), (b, c), (c, a)))


def _cross(p: complex, q: complex) -> float:
    """The cross product of two points: positive where q is counterclockwise of p, seen from 0."""
    return (p.conjugate() * q).imag
