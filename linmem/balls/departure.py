r"""Henrici's departure from normality, enclosed, and normality decided.

What is proved, for the stored doubles of a matrix taken as exact: d^2 = ||W||_F^2 - sum |lambda_i|^2, where the first
term is an integer times a power of two, and the eigenvalues are the roots of the exact characteristic polynomial, each
known up to its last bits however defective the matrix is (`linmem.balls.roots`). Normality, W W* = W* W, is decided in
integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpz_mat

from linmem.balls.bounded import Enclosed, InconclusiveError, as_doubles, between, squared_modulus
from linmem.balls.precision import START_BITS
from linmem.balls.roots import Spectrum, as_real, integers

PRECISIONS = (128, 256, 512, 1024, 2048)  # bits of the roots


def enclose_henrici_departure(W: np.ndarray, tolerance: float) -> Enclosed:
    """d(W), enclosed to an error of at most `tolerance`.

    Raises InconclusiveError where the difference is not known well enough at any precision tried.
    """
    copies = 1 + np.iscomplexobj(W)  # of every eigenvalue in the real form
    entries, unit = integers(as_real(W))
    square_norm = sum(entry * entry for row in entries for entry in row)
    spectrum = Spectrum(W)
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            norm = arb(square_norm) * arb(4) ** unit
            square = (norm - _squared_moduli(spectrum, bits)) / copies
            # d^2 >= 0 although its ball may reach below
            lower, upper = square.lower().max(arb(0)), square.upper().max(arb(0))
            departure = between(lower.sqrt(), upper.sqrt(), bits)
        if departure.errors[0] <= tolerance:
            return departure
    raise InconclusiveError(f"eigenvalues at {PRECISIONS[-1]} bits")


def _squared_moduli(spectrum: Spectrum, bits: int) -> arb:
    """sum |lambda_i|^2."""
    total = arb(0)
    for eigenvalue, multiplicity in spectrum.at(bits):
        total += squared_modulus(eigenvalue) * multiplicity
    return total


def is_normal(W: np.ndarray) -> bool:
    """Whether W W* = W* W, exactly."""
    if np.array_equal(W, W.conj().T):
        return True
    whole = fmpz_mat(integers(as_real(W))[0])
    return bool(whole * whole.transpose() == whole.transpose() * whole)


def enclose_commutator_norm(W: np.ndarray) -> Enclosed:
    """||W W* - W* W||_F, enclosed: its square is an integer times a power of two."""
    entries, unit = integers(as_real(W))
    with ctx.workprec(START_BITS):
        norm = (arb(_squared_commutator(entries)) / _copies(W)).sqrt() * arb(4) ** unit
        return between(norm.lower(), norm.upper(), START_BITS)


def enclose_departure_bounds(W: np.ndarray) -> Enclosed:
    """The bounds of `linmem.departure_bounds`, enclosed, (3,): the lower one, that of the commutator, of the trace."""
    n, copies = len(W), _copies(W)
    entries, unit = integers(as_real(W))
    square_norm = sum(entry * entry for row in entries for entry in row)
    square = _squared_commutator(entries)
    bits = START_BITS + 4 * square_norm.bit_length()  # no difference of integers loses a digit
    with ctx.workprec(bits):
        f2, c2 = arb(square_norm) / copies, arb(square) / copies
        root = (arb(2 * square_norm**2 - copies * square) / (2 * copies**2)).sqrt()
        total = f2 + root
        lower = (c2 / (2 * total)).sqrt() if square else arb(0)
        commutator_upper = ((arb(n**3 - n) / 12) * c2).sqrt().sqrt()
        trace_upper = (_squared_bound_by_trace(entries, n, square_norm // copies) / n).sqrt()
        row = [bound * arb(2) ** unit for bound in (lower, commutator_upper, trace_upper)]
        values, errors = as_doubles(arb_mat([row]))
    return Enclosed((values[0],), (errors[0],), bits)


def _copies(W: np.ndarray) -> int:
    """How often every eigenvalue, and every square, stands in the real form."""
    return 2 if np.iscomplexobj(W) else 1


def _squared_commutator(entries: list[list[int]]) -> Any:
    """||M M' - M' M||_F^2 of a matrix of integers."""
    whole = fmpz_mat(entries)
    transposed = whole.transpose()
    commutator = whole * transposed - transposed * whole
    return sum(entry * entry for entry in commutator.entries())


def _squared_bound_by_trace(entries: list[list[int]], n: int, square_norm: int) -> arb:
    """N (||B||_F^2 - |trace B^2|), B = W - (trace W / N) I, of the real form of N W in integers; never below zero."""
    A = np.array([row[:n] for row in entries[:n]], object)
    B = np.array([row[:n] for row in entries[n:]] or A * 0, object)
    trace = np.trace(A), np.trace(B)
    real = n * ((A * A.T).sum() - (B * B.T).sum()) - trace[0] ** 2 + trace[1] ** 2
    imaginary = 2 * (n * (A * B.T).sum() - trace[0] * trace[1])
    square = n * square_norm - trace[0] ** 2 - trace[1] ** 2
    modulus = arb(real**2 + imaginary**2).sqrt() if imaginary else arb(abs(real))
    return (arb(square) - modulus).max(arb(0))
