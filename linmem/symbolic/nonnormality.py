"""Proof for claim G5: the departure from normality of a chain with feedback."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.formulas import closed_form, feedback_weights
from linmem.symbolic.proofs import given, proof, shown

SIZES = (2, 3, 4, 5, 6)


@proof("G5", scope="any N; the commutator written out for N <= 7")
def departure_of_a_chain_grows_with_its_length():
    """Of a chain, a forwards and b back, the departure from normality is sqrt(N - 1) |a - b|; the norm of its
    commutator is sqrt(2) |a^2 - b^2|, whatever N."""
    form = closed_form("feedback_chain_departure")
    a, b, N = form.parameters
    j = sp.Symbol("j", integer=True, positive=True)
    yield given(
        "The squared eigenvalues 4 a b cos^2(j pi / (N + 1)) add to the trace of W^2, being real.",
        4 * a * b * sp.cos(j * sp.pi / (N + 1)) ** 2,
    )
    for size in SIZES:
        W = feedback_weights(size)
        yield shown(
            f"N = {size}: each of N - 1 links, there and back, adds 2 a b to it",
            (W * W).trace(),
            2 * (size - 1) * a * b,
        )
        yield shown("and a^2 + b^2 to the squared norm.", (W * W.T).trace(), (size - 1) * (a**2 + b**2))
    yield shown(
        "The difference is the square of the departure.",
        (N - 1) * (a**2 + b**2) - 2 * (N - 1) * a * b,
        form.expression**2,
    )
    interior = (a**2 + b**2) - (b**2 + a**2)
    yield shown("In the commutator W W' - W' W a unit with two neighbours has", interior, 0)
    yield shown("and two steps away W W' and W' W have the same a b.", a * b - b * a, 0)
    for size in (*SIZES, 7):
        W = feedback_weights(size)
        commutator = W * W.T - W.T * W
        ends = sp.diag(b**2 - a**2, *[0] * (size - 2), a**2 - b**2)
        yield shown(f"N = {size}: only the two ends are left.", commutator, ends)
    yield shown("Their squares add to", 2 * (a**2 - b**2) ** 2, (sp.sqrt(2) * sp.Abs(a**2 - b**2)) ** 2)
