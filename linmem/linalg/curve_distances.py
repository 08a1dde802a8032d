r"""Whether sigma_min(z - W) > s all along a circle or a line, in double precision: one matrix that has to be positive.

(z - W) (z - W)* - s^2 is a trigonometric polynomial T(t) = D + e^{it} B + e^{-it} B* on a curve. It is positive for all
t if [[Y, B], [B*, D - Y]] > 0 for some Hermitian Y (`linmem.balls.resolvent` has the derivation, and the proof).

Contents
--------
point_on_curve
    A point of a circle or a line.
polynomial_along_curve
    D and B.
largest_solution
    The largest Y with Y + B* Y^-1 B = D.
least_margin, exceeds_along_curve
    What s^2 has to be short of, for rounding; and the test.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.linalg.stein import ULP

STEPS = 70  # of cyclic reduction, each of which squares
ROUNDING = 4 * ULP  # times the root of 2N and the largest diagonal entry: of a Cholesky factor and of D


def point_on_curve(at: float, along: float, continuous: bool) -> complex:
    """The point of the line Re z = `at` with this imaginary part, or of the circle |z| = `at` with this angle."""
    return complex(at, along) if continuous else complex(at * np.exp(1j * along))


def polynomial_along_curve(W: np.ndarray, at: float, s: float, continuous: bool) -> tuple[np.ndarray, np.ndarray]:
    """D and B of the circle |z| = `at`, or of the line Re z = `at`, there times |1 + e^{it}|^2."""
    identity = np.eye(len(W))
    if not continuous:
        return W @ W.conj().T + (at**2 - s**2) * identity, -at * W.conj().T
    from_x = at * identity - W
    F = from_x @ from_x.conj().T - s**2 * identity
    # z = x + i tan(t / 2): (1 + e^{it}) z = x (1 + e^{it}) - (e^{it} - 1)
    return 2 * F + 2 * identity, F + (W - W.conj().T) - identity


def largest_solution(D: np.ndarray, B: np.ndarray, enough: float) -> np.ndarray | None:
    """Y with Y + B* Y^-1 B near D - `enough`, by cyclic reduction (Meini 2002, Math. Comput. 71:1189).

    None where double precision finds none.
    """
    X = D - enough * np.eye(len(D))
    Q, A = X, B
    for _ in range(STEPS):
        if not np.isfinite(Q).all():
            return None
        try:
            factor = sl.cho_factor(Q, check_finite=False)
        except np.linalg.LinAlgError:
            return None
        ahead = sl.cho_solve(factor, A, check_finite=False)
        back = sl.cho_solve(factor, A.conj().T, check_finite=False)
        up = A.conj().T @ ahead
        down = A @ back
        X = X - up
        Q = Q - up - down
        A = A @ ahead
        if np.abs(up).max() < enough / 1000:
            break
    return (X + X.conj().T) / 2


def least_margin(W: np.ndarray, at: float, continuous: bool) -> float:
    """By how much sigma_min^2 has to exceed s^2 along the curve, about, for `exceeds_along_curve` to see it."""
    largest = float(np.max(np.sum(np.abs(W) ** 2, axis=1)) + at**2)
    if continuous:
        largest = 2 * (largest + 1)
    return 4 * ROUNDING * float(2 * len(W)) ** 0.5 * largest


def exceeds_along_curve(W: np.ndarray, at: float, s: float, margin: float, continuous: bool) -> bool:
    """Whether sigma_min(z - W) > s for all |z| = `at`, or Re z = `at`: certain up to an estimate of the rounding.

    W has entries of about 1 at most. `margin` is about what s^2 has to spare.
    """
    D, B = polynomial_along_curve(W, at, s, continuous)
    with np.errstate(all="ignore"):
        Y = largest_solution(D, B, margin / 2)
        if Y is None:
            return False
        block = np.block([[Y, B], [B.conj().T, D - Y]])
        rounding = ROUNDING * float(len(block)) ** 0.5 * float(np.abs(np.diagonal(block)).max())
        block -= rounding * np.eye(len(block))
        if not np.isfinite(block).all():
            return False
    (factorise,) = sl.get_lapack_funcs(("potrf",), (block,))
    _, info = factorise(block, lower=1, overwrite_a=1, clean=0)
    return bool(info == 0)
