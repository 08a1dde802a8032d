"""Proof for claim G5: the departure from normality of a chain with feedback."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.formulas import closed_form, feedback_weights
from linmem.symbolic.proofs import Steps, given, proof, shown

SIZES = (2, 3, 4, 5, 6)


@proof("G5", scope="any N; the commutator written out for N <= 7")
def departure_of_a_chain_grows_with_its_length() -> Steps:
    """For a chain, a forwards and b back, the departure from normality is sqrt(N - 1) |a - b|; the norm of its
    commutator is sqrt(2) |a^2 - b^2|, for every N."""
    form = closed_form("feedback_chain_departure")
    a, b, N = form.parameters
    j = sp.Symbol("j", integer=True, positive=True)
    yield given(
        "The eigenvalues are real. Their squares 4 a b cos^2(j pi / (N + 1)) add up to the trace of W^2.",
        4 * a * b * sp.cos(j * sp.pi / (N + 1)) ** 2,
    )
    for size in SIZES:
        W = feedback_weights(size)
        yield shown(
            f"For N = {size}, each of N - 1 links, forwards and back, adds 2 a b to the trace.",
            (W * W).trace(),
            2 * (size - 1) * a * b,
        )
        yield shown(
            "Each link adds a^2 + b^2 to the squared norm.",
            (W * W.T).trace(),
            (size - 1) * (a**2 + b**2),
        )
    squared_norm, trace = (N - 1) * (a**2 + b**2), 2 * (N - 1) * a * b
    yield shown(
        "The difference of the two is the square of the departure.",
        squared_norm - trace,
        form.expression**2,
    )
    yield from _commutator(a, b)


def _commutator(a: sp.Symbol, b: sp.Symbol) -> Steps:
    yield shown(
        "On the diagonal of W W' - W' W a unit with two neighbours has 0.",
        (a**2 + b**2) - (b**2 + a**2),
        0,
    )
    yield shown(
        "Two steps from the diagonal, W W' and W' W have the same entry a b.",
        a * b - b * a,
        0,
    )
    for size in (*SIZES, 7):
        W = feedback_weights(size)
        ends = sp.diag(b**2 - a**2, *[0] * (size - 2), a**2 - b**2)
        yield shown(
            f"For N = {size}, only the two ends remain.",
            W * W.T - W.T * W,
            ends,
        )
    squares = 2 * (a**2 - b**2) ** 2
    norm = sp.sqrt(2) * sp.Abs(a**2 - b**2)
    yield shown(
        "Their squares add up to the square of the norm.",
        squares,
        norm**2,
    )
