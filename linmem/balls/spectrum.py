"""Largest eigenvalues, singular values and numerical radii, enclosed, of the stored doubles of a matrix.

Conventions
-----------
A largest eigenvalue is bounded from below by a vector, from above by a factorisation of mu - H > 0: both are proofs,
wherever vector and mu come from. A spectral radius is that of the roots of the characteristic polynomial.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.linalg as sl
from flint import acb_mat, arb, ctx
from scipy.sparse.csgraph import connected_components

from linmem.balls.bounded import Bounded, Enclosed, InconclusiveError, adjoint, exact, factored, frobenius
from linmem.balls.fisher import START_BITS
from linmem.balls.powers import doubles_of
from linmem.balls.roots import Spectrum
from linmem.linalg.blas import one_blas_thread

LIMIT_BITS = 2048
SLACKS = (1e-10, 1e-8, 1e-6, 1e-4)  # levels above the numerical radius that are tried
STEPS = 60  # of cyclic reduction, each of which squares: more than any level above the radius takes


def enclose_spectral_radius(W, *, rtol=1e-12, continuous=False, limit=LIMIT_BITS) -> tuple[Enclosed, bool | None]:
    """max |lambda|, or max Re lambda in continuous time; and whether that is proved to be below 1, or 0.

    Units that are on no common cycle share no eigenvalues. None where it is as near to the edge as `limit` bits can
    tell.
    """
    _, group = connected_components(W != 0, directed=True, connection="strong")
    members = (np.flatnonzero(group == one) for one in np.unique(group))
    spectra = [Spectrum(W[np.ix_(units, units)]) for units in members]
    edge, bits = 0 if continuous else 1, START_BITS
    on_edge = any(one.holds(edge) or one.holds(-edge) for one in spectra)
    while True:
        with ctx.workprec(bits):
            sizes = [z.real if continuous else abs(z) for one in spectra for z, _ in one.at(bits)]
            lower, upper = max(one.lower() for one in sizes), max(one.upper() for one in sizes)
            stable = True if upper < edge else False if lower >= edge or on_edge else None
            found = between(lower, upper, bits)
        precise = found.errors[0] <= rtol * max(abs(found.values[0]), 1e-3 * np.abs(W).max())
        if (precise and stable is not None) or bits >= limit:
            break
        bits *= 2
    if not precise:
        raise InconclusiveError(f"no eigenvalues of relative width {rtol:g} within {limit} bits")
    return found, stable


def enclose_numerical_abscissa(W: np.ndarray) -> Enclosed:
    """lambda_max((W + W*) / 2)."""
    with ctx.workprec(START_BITS):
        balls = exact(W)
        H = W + W.conj().T
        lower, upper = _largest((balls + adjoint(balls)) * arb(0.5), H / 2, np.abs(H).max() or 1.0)
    return between(lower, upper, START_BITS)


def enclose_numerical_radius(W: np.ndarray, found: float) -> Enclosed:
    """max |x* W x|: from below by a vector, from above by a level above `found` for which the proof succeeds."""
    if not W.any():
        return Enclosed((np.float64(0),), (np.float64(0),), START_BITS)
    with one_blas_thread():
        x = _climbed(W)
    lower = rayleigh(W, x)
    for slack in SLACKS:
        for bits in (START_BITS, 2 * START_BITS):
            if prove_numerical_radius(W, found * (1 + slack), bits):
                return between(lower, arb(found) * (1 + arb(slack)), bits)
    raise InconclusiveError("the numerical radius was not bounded from above")


def _climbed(W):
    """A vector where |x* W x| is nearly the largest: from the best of a few angles, turning to what is found there."""
    best = max((_support(W, angle) for angle in np.linspace(0, 2 * np.pi, 24)), key=lambda seen: seen[0])
    for _ in range(200):
        support, x = best
        turned = _support(W, float(np.angle(x.conj() @ W @ x)))
        if turned[0] <= support:
            break
        best = turned
    return best[1]


def _support(W, angle):
    turned = np.exp(-1j * angle) * W
    values, vectors = sl.eigh((turned + turned.conj().T) / 2)
    return values[-1], vectors[:, -1]


def enclose_transient_growth(W, steps: int, *, rtol=1e-12, limit=LIMIT_BITS) -> Enclosed:
    """||W^k||, k = 0, 1, ..., steps: powers with a bound of their rounding, and the largest eigenvalue of W*^k W^k."""
    bits = START_BITS
    while bits <= limit:
        with ctx.workprec(bits):
            values: list[Any] = [1.0]
            errors: list[Any] = [0.0]
            for power in _bounded_powers(Bounded(exact(W)), steps):
                scaled, exponent = doubles_of(power.mid)
                lower = upper = arb(0)
                if scaled.any():
                    with ctx.workprec(START_BITS):
                        near = power.mid * arb(2) ** -exponent
                        bounds = _largest(adjoint(near) * near, scaled.conj().T @ scaled, 1.0)
                    lower, upper = (bound.sqrt() * arb(2) ** exponent for bound in bounds)
                one = between((lower - power.error).max(arb(0)), upper + power.error, bits)
                values.append(one.values[0])
                errors.append(one.errors[0])
        if max(errors) <= rtol * max(values):
            return Enclosed((np.array(values),), (np.array(errors),), bits)
        bits *= 2
    raise InconclusiveError(f"no powers of relative width {rtol:g} within {limit} bits")


def prove_numerical_radius(W: np.ndarray, level: float, bits: int = START_BITS) -> bool:
    """Whether r(W) < level is proved: cyclic reduction of I - 2 H(t) > 0, as `linmem.nonnormality.numerical_range` has
    it, with a bound on every rounding.
    """
    with ctx.workprec(bits):
        A = Bounded(exact(W) * (1 / (2 * arb(level))))
        one = exact(np.eye(len(W), dtype=W.dtype))
        for _ in range(STEPS):
            if A.norm < 0.5:
                return True
            D = Bounded(one) + _negative(A @ A.adjoint) + _negative(A.adjoint @ A)
            found = factored(D.mid)
            if found is None:
                return False
            lower, away = found
            # D = L (I + F) L*, ||F|| <= away + what the bound of D becomes between L^-1 and L^-*
            inverse = lower.inv()
            away = (away + D.error * frobenius(inverse) ** 2).upper()
            if not away < 0.5:
                return False
            square, root = A @ A, Bounded(inverse)
            reduced = root @ square @ root.adjoint
            A = Bounded(reduced.mid, reduced.error + reduced.norm * (away / (1 - away)))
    return False


def rayleigh(W: np.ndarray, x: np.ndarray) -> arb:
    """|x* W x| / ||x||^2: a point of the numerical range."""
    with ctx.workprec(START_BITS):
        vector = acb_mat(exact(x))
        value = (adjoint(vector) * (acb_mat(exact(W)) * vector))[0, 0]
        return (abs(value) / (adjoint(vector) * vector)[0, 0].real).lower()


def _negative(matrix: Bounded) -> Bounded:
    return Bounded(matrix.mid * -1, matrix.error)


def _bounded_powers(W: Bounded, steps: int) -> Iterator[Bounded]:
    power = W
    for k in range(steps):
        power = W @ power if k else power
        yield power


def _largest(balls, H: np.ndarray, scale: float) -> tuple[arb, arb]:
    """Bounds of lambda_max of every Hermitian matrix in `balls`; H is one in doubles."""
    vector = type(balls)(exact(sl.eigh((H + H.conj().T) / 2)[1][:, -1]))
    seen, square = (adjoint(vector) * (balls * vector))[0, 0], (adjoint(vector) * vector)[0, 0]
    lower = ((seen / square).real if isinstance(balls, acb_mat) else seen / square).lower()
    slack = arb(2) ** -44 * max(abs(lower), arb(scale) * arb(2) ** -40)
    for _ in range(40):
        above = balls * -1
        for i in range(above.nrows()):
            above[i, i] += lower + slack
        if factored(above) is not None:
            return lower, (lower + slack).upper()
        slack *= 4
    raise InconclusiveError("a largest eigenvalue was not bounded from above")


def between(lower, upper, bits) -> Enclosed:
    value = float(((lower + upper) / 2).mid())
    away = (upper - value).max(value - lower).max(arb(0)).upper()
    error = 0.0 if away == 0 else np.nextafter(float(away), np.inf)
    return Enclosed((np.float64(value),), (np.float64(error),), bits)
