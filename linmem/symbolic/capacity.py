"""Proof for claim E4: memory without noise."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.proofs import Steps, equation, given, proof, shown
from linmem.symbolic.words import letter


@proof("E4", scope="N = 2, real eigenvalues, any lag")
def noiseless_memory_is_a_cascade_of_filters() -> Steps:
    """Without noise m(k) is a sum of squares of power series coefficients of the Takenaka-Malmquist functions; m(0) =
    1 - det(W)^2."""
    p, q = sp.symbols("p q", real=True)
    k = sp.Symbol("k", integer=True, positive=True)
    W, v = sp.diag(p, q), sp.ones(2, 1)
    P = sp.Matrix(2, 2, lambda i, j: 1 / (1 - W[i, i] * W[j, j]))
    inverse = P.inv().applyfunc(sp.cancel)
    P_, W_, Ws_, v_, vs_ = map(letter, ("P", "W", "W'", "v", "v'"))
    yield given(
        "Memory does not depend on coordinates: take eigenvalues p, q and v = (1, 1). P is the sum of w_k w_k'.",
        P,
    )
    yield shown(
        "P solves its Stein equation.",
        W * P * W.T + v * v.T,
        P,
        display=equation(P_, W_ * P_ * Ws_ + v_ * vs_),
    )

    def memory(first: sp.Expr, second: sp.Expr) -> sp.Expr:
        """w' P^-1 w."""
        w = sp.Matrix([first, second])
        return (w.T * inverse * w)[0]

    yield shown(
        "At lag 0 the memory is 1 - det(W)^2.",
        memory(1, 1),
        1 - (p * q) ** 2,
    )
    coefficient = (q**k * (1 - p * q) - p**k * (1 - p**2)) / (q - p)
    yield from _functions(p, q, coefficient)
    a, b = sp.symbols("A B", real=True)  # p^k, q^k
    cascade = (1 - p**2) * a**2 + (1 - q**2) * coefficient.subs({p**k: a, q**k: b}) ** 2
    yield shown(
        "The sum of both squares is the memory at lag k; A = p^k, B = q^k.",
        cascade,
        memory(a, b),
        display=equation(cascade, sp.Symbol("m_k")),
    )
    total = (inverse * P).trace()
    yield shown(
        "All lags together have two units: tr P^-1 P.",
        total,
        2,
    )


def _functions(p: sp.Symbol, q: sp.Symbol, coefficient: sp.Expr) -> Steps:
    z = sp.Symbol("z")
    first, second = 1 / (1 - p * z), (z - p) / ((1 - p * z) * (1 - q * z))
    yield given(
        "These are the functions, up to their norms sqrt(1 - p^2) and sqrt(1 - q^2).",
        sp.Tuple(first, second),
    )
    by_parts = ((1 - p * q) / (1 - q * z) - (1 - p**2) / (1 - p * z)) / (q - p)
    yield shown(
        "By partial fractions, the second is a sum of two geometric series.",
        by_parts,
        second,
    )
    yield given("This is its coefficient of z^k.", coefficient)
