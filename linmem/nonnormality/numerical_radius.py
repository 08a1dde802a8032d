r"""The numerical radius r(W) = max |x* W x|: the largest modulus in the numerical range (field of values).

Conventions
-----------
h(t) = lambda_max(H(t)), H(t) = (e^{-it} W + e^{it} W*) / 2, is the support function of the numerical range, and r(W) is
its maximum over all angles t.

Contents
--------
numerical_radius
    r(W), with ||W^k|| <= 2 r^k.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import congruence, one_blas_thread, product
from linmem.linalg.stein import ULP
from linmem.linalg.structure import hermitian_part, norm_bound, scaled
from linmem.measured import Measured
from linmem.network import NetworkOrMatrix, as_network
from linmem.nonnormality.supporting_lines import SupportingLine, rounding_of_support, supporting_line

SLACK = 1e-13  # by how much, relatively, the level that is proved to lie above the numerical radius exceeds it
COARSE = 8  # angles among which the search for the radius starts
STEPS = 100  # more than any of the iterations takes: they end by themselves


def numerical_radius(W: NetworkOrMatrix) -> Measured:
    r"""Numerical radius r(W) = max |x* W x| over ||x|| = 1 = max_t h(t), to a relative error of about 1e-13.

    It is the largest modulus in the numerical range (field of values), and has the `.point` x* W x where it is reached,
    complex, and its `.error`, estimated: what the search leaves open, and rounding.

    rho(W) <= r(W) and ||W|| / 2 <= r(W) <= ||W||. It bounds transient growth: ||W^k|| <= 2 r(W)^k (Berger 1965).

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more units than can be made dense.

    Notes
    -----
    h may have many local maxima, and a grid of angles can miss the largest. From the best of a few angles the search
    climbs to a local maximum L. Whether r(W) < (1 + 1e-13) L is then decided for all angles at once: r(A) <= 1/2 if and
    only if X + A* X^-1 A = I has a positive definite solution (Engwerda, Ran & Rijkeboer 1993, Linear Algebra Appl.
    186:255), which cyclic reduction decides with quadratic convergence (Meini 2002, Math. Comp. 71:1189). Where the
    answer is no, it gives an angle at which h is larger than L, and the search climbs on from there. The method also
    holds for a disc about 0. The level sets of Mengi & Overton (2005, IMA J. Numer. Anal. 25:648) do not: their pencil
    z^2 W* - 2 L z I + W is singular for such a disc.

    Examples
    --------
    >>> import linmem as lm
    >>> round(numerical_radius(lm.chain(5)), 12), round(3**0.5 / 2, 12)       # a disc of radius cos(pi / 6)
    (0.866025403784, 0.866025403784)
    """
    network = as_network(W)
    network.require_single("numerical_radius")
    matrix, exponent = scaled(network.dense())
    with one_blas_thread():
        line, slack = _highest_line(matrix)
    error = slack * line.support + rounding_of_support(matrix)
    return Measured(line.support, error, "double precision", complex(line.first)).times_power_of_two(exponent)


def _highest_line(W: np.ndarray) -> tuple[SupportingLine, float]:
    """The supporting line farthest from 0, and by which share others may be farther; of entries of about 1."""
    if not W.any():
        return SupportingLine(0.0, 0.0, 0j, 0j), 0.0
    best = _climb(W, _best_of_coarse_angles(W))
    slack = SLACK
    while (angle := _angle_above(W, best.support * (1 + slack))) is not None:
        line = _climb(W, supporting_line(W, angle))
        if line.support <= best.support * (1 + slack):  # what lies above this level is rounding
            slack *= 4
        best = max(best, line, key=lambda line: line.support)
    return best, slack


def _best_of_coarse_angles(W: np.ndarray) -> SupportingLine:
    """The supporting line with the largest h(t) among a few angles."""
    angles = np.linspace(0, 2 * np.pi, COARSE, endpoint=False)
    if not np.iscomplexobj(W):
        angles = angles[: COARSE // 2 + 1]  # h(-t) = h(t)
    lines = (supporting_line(W, angle) for angle in angles)
    return max(lines, key=lambda line: line.support)


def _climb(W: np.ndarray, line: SupportingLine) -> SupportingLine:
    """The line at a local maximum of h, to rounding.

    If z is where the line at t touches, then h(arg z) >= |z| >= h(t): to turn to arg z never loses. That converges
    linearly, at the rate (radius of curvature at the maximum) / r. The secant method on the turn makes it faster.
    """
    turn = _turn(line)
    past_angle = past_turn = None
    for _ in range(STEPS):
        step = _secant_step(line.angle, turn, past_angle, past_turn)
        if abs(step * turn) < ULP:  # twice the relative gain in h that is to be expected
            break
        following = supporting_line(W, line.angle + step)
        if following.support < line.support and step != turn:
            following = supporting_line(W, line.angle + turn)
        if following.support <= line.support:
            break
        past_angle, past_turn = line.angle, turn
        line, turn = following, _turn(following)
    return line


def _turn(line: SupportingLine) -> float:
    """The angle from the normal of a supporting line to the point where it touches."""
    rotated = line.first * np.exp(-1j * line.angle)
    return float(np.angle(rotated))


def _secant_step(angle: float, turn: float, past_angle: float | None, past_turn: float | None) -> float:
    """The step in the angle to where the turn would vanish; twice the last one where h does not bend down."""
    if past_angle is None or past_turn is None:
        return turn
    past_step = angle - past_angle
    bends_down = (turn - past_turn) * past_step < 0
    return turn * past_step / (past_turn - turn) if bends_down else 2 * past_step


def _angle_above(W: np.ndarray, level: float) -> float | None:
    """None if r(W) < level, else an angle t with h(t) >= level, by cyclic reduction.

    With A = W / (2 level) the question is whether I - 2 H(t) > 0 for all t, where H is that of A. As
    (I - 2 H(t)) (I + 2 H(t)) = D - e^{-2it} A^2 - e^{2it} A*^2, D = I - A A* - A* A, and -H(t) = H(t + pi), this is so
    if and only if D > 0 (the mean over t) and it holds for L^-1 A^2 L^-* with D = L L*, a reduction of A. Each
    reduction multiplies the distance of r(A) from 1/2 by four (or keeps it at a maximum along a whole arc, while A
    vanishes), until ||A|| < 1/2 decides. Rounding is not amplified.
    """
    A = W / (2 * level)
    reduced = []
    while norm_bound(A) >= 0.5:
        reduced.append(A)
        D = np.eye(len(A)) - congruence(A) - congruence(A.conj().T)
        square = product(A, A)
        factorise = sl.lapack.get_lapack_funcs("potrf", (D,))
        L, failed = factorise(D, lower=1, clean=1)
        if failed or len(reduced) == STEPS:
            return _angle_of_failure(D, square, reduced)
        half = sl.solve_triangular(L, square, lower=True, check_finite=False)
        A = sl.solve_triangular(L, half.conj().T, lower=True, check_finite=False).conj().T
    return None


def _angle_of_failure(D: np.ndarray, square: np.ndarray, reduced: list[np.ndarray]) -> float:
    """The angle at which I - 2 H(t) is not positive for the first A, from where D was not positive for the last one.

    Every angle of a reduction belongs to one of two angles of the matrix before it, which differ by pi.
    """
    _, lowest = sl.eigh(D, subset_by_index=[0, 0])
    form = product(lowest.conj().T, product(square, lowest))
    angle = float(np.angle(form[0, 0]))
    for A in reversed(reduced):
        angle /= 2
        rotated = np.exp(-1j * angle) * A
        values = sl.eigvalsh(hermitian_part(rotated), check_finite=False)
        if values[-1] < -values[0]:
            angle += np.pi
    return angle
