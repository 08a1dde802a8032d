r"""Eigenvalues of largest modulus, largest real part, and largest value, enclosed.

What is proved, for the stored doubles of a matrix taken as exact:

* The spectral radius (abscissa) is that of the roots of the characteristic polynomial, which is exact
  (`linmem.balls.roots`). Units that are on no common cycle share no eigenvalue: each strong component has a polynomial
  of its own. Eigenvalues that no number of bits tells from the circle, or the axis, lie on it exactly where the
  polynomial and its mirror image have a common root.
* The largest eigenvalue of a Hermitian matrix H is at least the Rayleigh quotient x* H x / x* x of any vector, and at
  most mu if mu I - H > 0, which a factor proves (`linmem.balls.positive`). Vector and mu may come from anywhere.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl
from flint import acb_mat, arb, ctx
from scipy.sparse.csgraph import connected_components

from linmem.balls.bounded import Enclosed, InconclusiveError, Matrix, adjoint, between, exact, shifted
from linmem.balls.positive import factored
from linmem.balls.precision import START_BITS
from linmem.balls.roots import Spectrum

LIMIT_BITS = 2048
LEVELS = 40  # above a Rayleigh quotient that are tried, each four times as far


def enclose_spectral_radius(
    W: np.ndarray, *, rtol: float = 1e-12, continuous: bool = False, limit: int = LIMIT_BITS
) -> tuple[Enclosed, bool | None]:
    """max |lambda|, or max Re lambda in continuous time, and whether that is proved to be below 1, or 0.

    None is returned for the latter where it is as near to the edge as `limit` bits can tell.
    """
    edge = 0 if continuous else 1
    spectra = [Spectrum(W[np.ix_(units, units)]) for units in _strong_components(W)]
    on_edge = None
    smallest_width = rtol * 1e-3 * np.abs(W).max()  # the radius of a nilpotent matrix is zero
    bits = START_BITS
    while True:
        with ctx.workprec(bits):
            lower, upper = _largest_root(spectra, continuous, bits)
            radius = between(lower, upper, bits)
            stable = True if upper < edge else False if lower >= edge else None
        if stable is None:
            if on_edge is None:
                on_edge = any(spectrum.has_mirrored_pair(continuous) for spectrum in spectra)
            stable = False if on_edge else None
        largest_width = max(rtol * abs(radius.values[0]), smallest_width)
        precise = radius.errors[0] <= largest_width
        if (precise and stable is not None) or bits >= limit:
            break
        bits *= 2
    if not precise:
        raise InconclusiveError(f"no eigenvalues of relative width {rtol:g} within {limit} bits")
    return radius, stable


def _strong_components(W: np.ndarray) -> list[np.ndarray]:
    """The units of each strongly connected component."""
    count, component = connected_components(W != 0, directed=True, connection="strong")
    components = []
    for number in range(count):
        units = np.flatnonzero(component == number)
        components.append(units)
    return components


def _largest_root(spectra: list[Spectrum], continuous: bool, bits: int) -> tuple[arb, arb]:
    lower, upper = [], []
    for spectrum in spectra:
        for root, _ in spectrum.at(bits):
            size = root.real if continuous else abs(root)
            lower.append(size.lower())
            upper.append(size.upper())
    return max(lower), max(upper)


def largest_eigenvalue(balls: Matrix, H: np.ndarray, scale: float) -> tuple[arb, arb]:
    """Bounds of the largest eigenvalue of every Hermitian matrix in `balls`; H is one of them in doubles.

    `scale` is about the size of the entries: below 2^-40 of it no digit is looked for.
    """
    hermitian = (H + H.conj().T) / 2
    _, vectors = sl.eigh(hermitian)
    top = type(balls)(exact(vectors[:, -1]))
    lower = _rayleigh_quotient(balls, top).lower()
    smallest = arb(scale) * arb(2) ** -40
    slack = arb(2) ** -44 * max(abs(lower), smallest)
    for _ in range(LEVELS):
        upper = lower + slack
        # mu I - H > 0
        if factored(shifted(balls * -1, upper)) is not None:
            return lower, upper.upper()
        slack *= 4
    raise InconclusiveError("a largest eigenvalue was not bounded from above")


def _rayleigh_quotient(balls: Matrix, vector: Matrix) -> arb:
    row = adjoint(vector)
    form, square = row * (balls * vector), row * vector
    quotient = form[0, 0] / square[0, 0]
    return quotient.real if isinstance(balls, acb_mat) else quotient
