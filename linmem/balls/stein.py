r"""Solutions of the Stein equation S = A S A* + Q with a proof of their error.

The solution is the geometric sum S = sum_k A^k Q A*^k. Two ways are taken to it.

* With a bound on every step (`geometric_sum`): S_2m = S_m + A^m S_m A*^m. The whole series satisfies S = S_n + P S P*,
  P = A^n, so that

      ||S - S_n|| <= ||P||^2 ||S_n|| / (1 - ||P||^2)    as soon as ||P|| < 1,

  which also *proves* that the spectral radius of A is below one.
* From midpoints alone (`series_by_residual`), with the residual E = S~ - A S~ A* - Q at the end, which takes half as
  many bits. If the radius of A is below one and ||E|| <= eta q, q I <= Q, then (1 - eta) S <= S~ <= (1 + eta) S, since
  S~ - S = sum_k A^k E A*^k and -eta Q <= E <= eta Q. If S~ > 0 and eta < 1, the radius *is* below one (Lyapunov; Stein
  1952, J. Res. NBS 48:82).

The Lyapunov equation A C + C A* = -Q becomes a Stein equation by the Cayley transform (`cayley`).
"""

from __future__ import annotations

import math

from flint import arb, ctx

from linmem.balls.bounded import Bounded, InconclusiveError, Matrix, adjoint, frobenius, identity, trace

MAX_DOUBLINGS = 80  # 2^80 steps: a radius within 1e-22 of one, closer than a double can be


def cayley(A: Bounded, Q: Bounded) -> tuple[Bounded, Bounded, Bounded]:
    """W = (I - h A)^-1 (I + h A), P Q P* and P = sqrt(2 h) (I - h A)^-1: A C + C A* = -Q is C = W C W* + P Q P*.

    h is about 1 / (4 ||A||) or less, and a power of four, so that sqrt(2 h) needs no root but that of two.
    """
    norm = max(float(A.norm), 1e-300)
    # 4^exponent >= ||A||, and so h ||A|| <= 1/4
    exponent = math.ceil(math.log(norm, 4))
    h = arb(4) ** min(-1, -exponent - 1)
    scaled = A.mid * h
    unit = identity(A.mid)
    resolvent = Bounded((unit - scaled).inv())
    step = resolvent @ Bounded(unit + scaled)
    root = (2 * h).sqrt()
    kick = resolvent.times(root)
    noise = kick @ Q @ kick.adjoint
    return step, noise, kick


def geometric_sum(ratio: Bounded, first: Bounded, terms: int | None = None) -> Bounded:
    """S = sum_{0 <= k < terms} A^k Q A^k* for A = `ratio`, Q = `first`; the whole series where `terms` is None.

    By the binary digits of `terms`: S_2m = S_m + A^m S_m A^m*, S_{m+1} = Q + A S_m A*.
    """
    if terms is None:
        return _whole_series(ratio, first)
    total, power = first, ratio
    for bit in bin(terms)[3:]:
        total, power = _doubled(total, power)
        if bit == "1":
            total = first + ratio @ total @ ratio.adjoint
            power = ratio @ power
    return total


def _doubled(total: Bounded, power: Bounded) -> tuple[Bounded, Bounded]:
    """S_2m = S_m + P S_m P* and P^2, P = A^m."""
    later = power @ total @ power.adjoint
    square = power @ power
    return total + later, square


def _whole_series(ratio: Bounded, first: Bounded) -> Bounded:
    total, power = first, ratio
    negligible = arb(2) ** -ctx.prec
    for _ in range(MAX_DOUBLINGS):
        total, power = _doubled(total, power)
        if power.norm < 1:
            # S - S_n = P S P*, hence ||S|| <= ||S_n|| / (1 - ||P||^2)
            square = power.norm * power.norm
            tail = square * total.norm / (1 - square)
            if tail < negligible or power.norm < 4 * power.error:
                return Bounded(total.mid, total.error + tail)
        elif power.error > 1:
            break
    raise InconclusiveError(f"W^k was not shown to decay at {ctx.prec} bits")


def series_by_residual(ratio: Bounded, first: Bounded) -> tuple[Matrix, arb]:
    """An approximation S~ of the whole series of a semidefinite Q, and a bound of ||E||_F, E = S~ - A S~ A* - Q."""
    total, power = first.mid, ratio.mid
    enough = arb(2) ** -ctx.prec
    for _ in range(MAX_DOUBLINGS):
        later = (power * total * adjoint(power)).mid()
        total = (total + later).mid()
        power = (power * power).mid()
        # both are positive semidefinite, up to rounding: no trace is less than its norm
        if trace(later) < enough * trace(total):
            break
    stepped = ratio @ Bounded(total) @ ratio.adjoint
    distance = frobenius(total - stepped.mid - first.mid)
    return total, (distance + stepped.error + first.error).upper()
