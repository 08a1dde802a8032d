r"""The numerical abscissa and the numerical radius (field of values), enclosed.

What is proved, for the stored doubles of a matrix taken as exact:

* The numerical abscissa is the largest eigenvalue of (W + W*) / 2 (`linmem.balls.spectrum`).
* The numerical radius r(W) = max |x* W x| is at least |x* W x| / ||x||^2 of any vector. It is below a level l if I - 2
  Re(e^{it} A) > 0 for all t, A = W / (2 l). Cyclic reduction squares that trigonometric polynomial: with D = I - A A* -
  A* A > 0, which a factor proves, it is positive exactly if the same holds of D^-1/2 A^2 D^-1/2 in the place of A (up
  to a unitary factor, any L with D = L L* may stand for the root). Once ||A|| < 1/2 it is positive.
"""

from __future__ import annotations

from operator import itemgetter

import numpy as np
import scipy.linalg as sl
from flint import acb_mat, arb, ctx

from linmem.balls.bounded import Bounded, Enclosed, InconclusiveError, adjoint, between, exact, frobenius, identity
from linmem.balls.positive import factored
from linmem.balls.precision import START_BITS
from linmem.balls.spectrum import largest_eigenvalue
from linmem.linalg.blas import one_blas_thread

SLACKS = (1e-10, 1e-8, 1e-6, 1e-4)  # levels above the numerical radius that are tried
STEPS = 60  # of cyclic reduction, each of which squares: more than any level above the radius takes
ANGLES = 24  # at which the search for the vector begins
TURNS = 200  # that it takes at most


def enclose_numerical_abscissa(W: np.ndarray) -> Enclosed:
    """omega(W) = lambda_max((W + W*) / 2), enclosed."""
    with ctx.workprec(START_BITS):
        balls = exact(W)
        hermitian = (balls + adjoint(balls)) * arb(0.5)
        doubles = W + W.conj().T
        scale = np.abs(doubles).max() or 1.0
        lower, upper = largest_eigenvalue(hermitian, doubles / 2, scale)
    return between(lower, upper, START_BITS)


def enclose_numerical_radius(W: np.ndarray, approximate: float) -> Enclosed:
    """r(W) = max |x* W x|, enclosed: from below by a vector, from above by a proved level above `approximate`."""
    if not W.any():
        return Enclosed((np.float64(0),), (np.float64(0),), START_BITS)
    with one_blas_thread():
        x = _vector_of_radius(W)
    lower = rayleigh(W, x)
    for slack in SLACKS:
        for bits in (START_BITS, 2 * START_BITS):
            if prove_numerical_radius(W, approximate * (1 + slack), bits):
                return between(lower, arb(approximate) * (1 + arb(slack)), bits)
    raise InconclusiveError("the numerical radius was not bounded from above")


def prove_numerical_radius(W: np.ndarray, level: float, bits: int = START_BITS) -> bool:
    """Whether r(W) < level is proved, by cyclic reduction of I - 2 Re(e^{it} A) > 0 with a bound on every rounding."""
    with ctx.workprec(bits):
        A: Bounded | None = Bounded(exact(W) * (1 / (2 * arb(level))))
        for _ in range(STEPS):
            if A is None:
                return False
            if A.norm < 0.5:
                return True
            A = _reduced(A)
    return False


def _reduced(A: Bounded) -> Bounded | None:
    """L^-1 A^2 L^-* with D = I - A A* - A* A = L L*; None where D > 0 is not proved."""
    D = Bounded(identity(A.mid)) - A @ A.adjoint - A.adjoint @ A
    proof = factored(D.mid)
    if proof is None:
        return None
    lower, distance = proof
    inverse = lower.inv()
    # D = L (I + F) L*, ||F|| <= distance + ||L^-1||^2 times the error of D
    distance = (distance + D.error * frobenius(inverse) ** 2).upper()
    if not distance < 0.5:
        return None
    root = Bounded(inverse)
    reduced = root @ (A @ A) @ root.adjoint
    # (I + F)^-1 is within ||F|| / (1 - ||F||) of I
    return Bounded(reduced.mid, reduced.error + reduced.norm * (distance / (1 - distance)))


def rayleigh(W: np.ndarray, x: np.ndarray) -> arb:
    """A lower bound of |x* W x| / ||x||^2, the modulus of a point of the numerical range."""
    with ctx.workprec(START_BITS):
        vector, matrix = acb_mat(exact(x)), acb_mat(exact(W))
        row = adjoint(vector)
        form, square = row * (matrix * vector), row * vector
        quotient = abs(form[0, 0]) / square[0, 0].real
        return quotient.lower()


def _vector_of_radius(W: np.ndarray) -> np.ndarray:
    """A vector x for which |x* W x| is nearly the largest, in double precision.

    From the best of a few angles t the search turns to the angle of x* W x for the largest eigenvector x of Re(e^{-it}
    W), until that eigenvalue grows no more.
    """
    angles = np.linspace(0, 2 * np.pi, ANGLES)
    support, x = max((_support(W, angle) for angle in angles), key=itemgetter(0))
    for _ in range(TURNS):
        angle = np.angle(x.conj() @ W @ x)
        next_support, next_x = _support(W, float(angle))
        if next_support <= support:
            break
        support, x = next_support, next_x
    return x


def _support(W: np.ndarray, angle: float) -> tuple[float, np.ndarray]:
    """The largest eigenvalue of Re(e^{-it} W) and its eigenvector."""
    turned = np.exp(-1j * angle) * W
    twice = turned + turned.conj().T
    values, vectors = sl.eigh(twice / 2)
    top = vectors[:, -1]
    return values[-1], top
