r"""A lower bound of sigma_min(z - W) for all z of a circle or a line, by one matrix that is proved positive.

And the norm of the resolvent at one point, from an inverse in balls.

sigma_min(z - W) > s all along the curve exactly if (z - W) (z - W)* - s^2 > 0 there. With z = r e^{it} on a circle, and
z = x + i c tan(t / 2) on a line (after a multiplication by 1 + e^{it} and its conjugate), that is a trigonometric
polynomial

    T(t) = D + e^{it} B + e^{-it} B*.

It is positive for all t if [[Y, B], [B*, D - Y]] > 0 for some Hermitian Y, since x* T(t) x is what that block matrix
makes of (x, e^{it} x). Which Y does not matter for the proof. The largest solution of Y + B* Y^-1 B = D is taken, by
cyclic reduction (Meini 2002, Math. Comput. 71:1189): in doubles, or to 384 bits where doubles have no Y that will do.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl
from flint import acb, acb_mat, arb, ctx

from linmem.balls.bounded import InconclusiveError, Matrix, adjoint, blocks_of, exact, frobenius, shifted, side_by_side
from linmem.balls.positive import factored
from linmem.balls.powers import doubles_of
from linmem.linalg.curve_distances import largest_solution
from linmem.linalg.stein import ULP

BITS = 128
FINER_BITS = 384
INVERSE_BITS = (128, 256, 512, 1024)  # in the order in which they are tried
STEPS = 70  # of cyclic reduction, each of which squares


def norm_of_resolvent(matrix: acb_mat, z: complex) -> tuple[float, complex]:
    """log ||(z - W)^-1||, not above its exact value, and turn with d sigma_min(z - W) = Re(turn dz), W in balls.

    The inverse is one of balls. Doubles know the norm of its midpoint relatively, however small sigma_min is.
    """
    for bits in INVERSE_BITS:
        with ctx.workprec(bits):
            try:
                inverse = shifted(matrix * -1, acb(z.real, z.imag)).inv()
            except ZeroDivisionError:  # the balls hold a singular matrix
                continue
            middle = inverse.mid()
            spread = frobenius(inverse - middle) / frobenius(middle)
            if not spread < ULP:
                continue
            doubles, exponent = doubles_of(middle)
            left, values, right = sl.svd(doubles, check_finite=False)
            # the singular vectors of the inverse are those of z - W the other way round
            turn = complex(right[0] @ left[:, 0])
            log_norm = float(np.log(values[0]) + exponent * np.log(2.0))
            return log_norm - 4 * ULP * len(doubles), turn
    raise InconclusiveError(f"z is too near to an eigenvalue for {INVERSE_BITS[-1]} bits")


def prove_distance(W: np.ndarray, at: float, s: float, slack: arb, continuous: bool = False) -> bool:
    """Whether sigma_min(z - W) > s is proved for all |z| = `at`, or for all Re z = `at` in continuous time.

    `slack` is about what s^2 has to spare.
    """
    with ctx.workprec(FINER_BITS):
        D, B = _on_line(W, at, s) if continuous else _on_circle(W, at, s)
    Y = _solution_in_doubles(D, B, slack)
    if Y is not None:
        with ctx.workprec(BITS):
            if _positive(Y, B, D):
                return True
    Y = _solution(D, B, slack)
    with ctx.workprec(FINER_BITS):
        return Y is not None and _positive(Y, B, D)


def _on_circle(W: np.ndarray, r: float, s: float) -> tuple[Matrix, Matrix]:
    """(z - A) (z - A)* - s^2 = D + e^{it} B + e^{-it} B* for z = r e^{it}: D = A A* + r^2 - s^2, B = -r A*."""
    A = exact(W)
    spare = arb(r) ** 2 - arb(s) ** 2
    D = shifted(A * adjoint(A), spare)
    B = adjoint(A) * -arb(r)
    return D, B


def _on_line(W: np.ndarray, x: float, s: float) -> tuple[Matrix, Matrix]:
    """The same on a line, times |1 + e^{it}|^2 = 2 + e^{it} + e^{-it}: with F = (x - A) (x - A)* - s^2

    D = 2 F + 2 c^2,    B = F + c (A - A*) - c^2,    c a power of two about the largest entry.
    """
    A = exact(W)
    _, exponent = np.frexp(np.abs(W).max())
    c = arb(2) ** int(exponent)
    from_x = shifted(A * -1, arb(x))
    product = from_x * adjoint(from_x)
    F = shifted(product, -(arb(s) ** 2))
    square = c * c
    D = shifted(F * 2, 2 * square)
    skew = A - adjoint(A)
    B = shifted(F + skew * c, -square)
    return D, B


def _positive(Y: Matrix, B: Matrix, D: Matrix) -> bool:
    """Whether [[Y, B], [B*, D - Y]] > 0 is proved: by Y > 0 and its Schur complement D - Y - B* Y^-1 B > 0."""
    if factored(Y) is None:
        return False
    complement = D - Y - adjoint(B) * Y.solve(B)
    return factored(complement) is not None


def _solution_in_doubles(D: Matrix, B: Matrix, slack: arb) -> Matrix | None:
    """Y with Y + B* Y^-1 B near D - slack, or None where double precision finds none."""
    X, exponent = doubles_of(D)
    A, own_exponent = doubles_of(B)
    A = A * 2.0 ** (own_exponent - exponent)
    unit = arb(2) ** exponent
    enough = float(slack / unit)
    Y = largest_solution(X, A, enough)
    return None if Y is None else exact(Y) * unit


def _solution(D: Matrix, B: Matrix, slack: arb) -> Matrix | None:
    """The same by the same steps, at 384 bits."""
    with ctx.workprec(FINER_BITS):
        X = shifted(D, -slack).mid()
        Q, A = X, B.mid()
        for _ in range(STEPS):
            try:
                solved = Q.solve(side_by_side([A, adjoint(A)])).mid()
            except ZeroDivisionError:  # the balls hold a singular matrix
                return None
            ahead, back = blocks_of(solved, A.ncols())
            up = (adjoint(A) * ahead).mid()
            down = (A * back).mid()
            X = (X - up).mid()
            Q = (Q - up - down).mid()
            A = (A * ahead).mid()
            if not frobenius(up) > slack / 1000:
                break
        return ((X + adjoint(X)) * arb(0.5)).mid()
