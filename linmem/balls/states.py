r"""The states w_k = W^k V that an input leaves behind, and how far rounding moves them.

w_k is rounded at every step by r_j. In the norm of C^-1 later steps cannot enlarge that, since W^j C W*^j <= C, and
||r||_{C^-1} <= ||r|| / sqrt(q) where q I <= Q <= C:

    ||w~_k - w_k||_{C^-1} <= sum_{j < k} ||r_j|| / sqrt(q) = rho_k.

Hence there is no wrapping effect, whatever the transient. In continuous time e^{A t} takes the place of W^k; it shrinks
every vector in the norm of C^-1 too, as C solves the Lyapunov equation.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb

from linmem.balls.bounded import Bounded, Matrix, frobenius

Lags = int | np.ndarray  # a number of lags; in continuous time, the times


@dataclass(frozen=True, eq=False)
class States:
    """Columns w~_k near w_k, one (N, d) matrix a lag, and rho_k, a bound of their distance in the norm of C^-1."""

    columns: list[Matrix]
    drift: list[arb]


def states_at(W: Matrix, V: Matrix, lags: Lags, q: arb) -> States:
    """W^k V for k = 0, 1, ..., lags - 1; or e^{W t} V where `lags` is an array of times t. q I <= C."""
    if isinstance(lags, int | np.integer):
        return _propagated(W, V, int(lags), q)
    return _flow(W, V, lags, q)


def _propagated(W: Matrix, V: Matrix, lags: int, q: arb) -> States:
    columns, drift = [], []
    w, rho = V, arb(0)
    for _ in range(lags):
        columns.append(w)
        drift.append(rho)
        balls = W * w
        w = balls.mid()
        rho = (rho + frobenius(balls - w) / q.sqrt()).upper()
    return States(columns, drift)


def _flow(A: Matrix, V: Matrix, times: np.ndarray, q: arb) -> States:
    columns, drift = [], []
    exponentials: dict[float, Bounded] = {}  # of the distances between times, which are often equal
    w, rho, now = V, arb(0), Fraction(0)
    for time in map(Fraction, map(float, times)):
        span = float(time - now)  # as rounded, so that the distances of an even grid are equal
        if span > 0:
            if span not in exponentials:
                exponentials[span] = Bounded((A * arb(span)).exp())
            w, lost = _rounded(exponentials[span], w)
            rho, now = (rho + lost / q.sqrt()).upper(), now + Fraction(span)
        # what rounding has left of the time: the state is moved to the time itself
        left = time - now
        if left:
            moved, lost = _rounded(Bounded((A * (arb(left.numerator) / left.denominator)).exp()), w)
            columns.append(moved)
            drift.append((rho + lost / q.sqrt()).upper())
        else:
            columns.append(w)
            drift.append(rho)
    return States(columns, drift)


def _rounded(step: Bounded, w: Matrix) -> tuple[Matrix, arb]:
    """The midpoint of the step times w, and how far it may be from the product."""
    balls = step.mid * w
    return balls.mid(), frobenius(balls - balls.mid()) + step.error * frobenius(w)
