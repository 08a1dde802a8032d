r"""Transient growth ||W^k||, enclosed.

What is proved, for the stored doubles of a matrix taken as exact: a power P~ that lies within e of W^k, by the bounds
of `linmem.balls.bounded`, and the largest eigenvalue of P~* P~ (`linmem.balls.spectrum`), give

    | ||W^k|| - ||P~|| | <= e.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from flint import arb, ctx

from linmem.balls.bounded import Bounded, Enclosed, InconclusiveError, Rounded, adjoint, between, exact
from linmem.balls.powers import doubles_of
from linmem.balls.precision import START_BITS
from linmem.balls.spectrum import LIMIT_BITS, largest_eigenvalue


def enclose_transient_growth(W: np.ndarray, steps: int, *, rtol: float = 1e-12, limit: int = LIMIT_BITS) -> Enclosed:
    """||W^k|| for k = 0, 1, ..., steps, (steps + 1,), enclosed."""
    bits = START_BITS
    while bits <= limit:
        with ctx.workprec(bits):
            norms = [_norm(power, bits) for power in _bounded_powers(Bounded(exact(W)), steps)]
        values, errors = np.array([(1.0, 0.0), *norms]).T
        if errors.max() <= rtol * values.max():
            return Enclosed((values,), (errors,), bits)
        bits *= 2
    raise InconclusiveError(f"no powers of relative width {rtol:g} within {limit} bits")


def _norm(power: Bounded, bits: int) -> Rounded:
    """The spectral norm, from the largest eigenvalue of P* P, P scaled to entries near one."""
    doubles, exponent = doubles_of(power.mid)
    lower = upper = arb(0)
    if doubles.any():
        with ctx.workprec(START_BITS):  # eigenvalues to a double's digits need no more, whatever the power took
            scaled = power.mid * arb(2) ** -exponent
            gram = adjoint(scaled) * scaled
            square_below, square_above = largest_eigenvalue(gram, doubles.conj().T @ doubles, 1.0)
        lower = square_below.sqrt() * arb(2) ** exponent
        upper = square_above.sqrt() * arb(2) ** exponent
    lower = (lower - power.error).max(arb(0))
    norm = between(lower, upper + power.error, bits)
    return norm.values[0], norm.errors[0]


def _bounded_powers(W: Bounded, steps: int) -> Iterator[Bounded]:
    power = W
    for k in range(steps):
        power = W @ power if k else power
        yield power
