"""Proof for claim E4: memory without noise."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.proofs import equation, given, proof, shown
from linmem.symbolic.words import letter


@proof("E4", scope="N = 2, real eigenvalues, any lag")
def noiseless_memory_is_a_cascade_of_filters():
    """Without noise m(k) sums squares of power series coefficients of the Takenaka-Malmquist functions; m(0) = 1 -
    det(W)^2."""
    p, q = sp.symbols("p q", real=True)
    k = sp.Symbol("k", integer=True, positive=True)
    W, v = sp.diag(p, q), sp.ones(2, 1)
    P = sp.Matrix(2, 2, lambda i, j: 1 / (1 - W[i, i] * W[j, j]))
    yield given("Memory does not depend on coordinates: take eigenvalues p, q and v = (1, 1). P sums w_k w_k'.", P)
    yield shown(
        "It solves its Stein equation.",
        W * P * W.T + v * v.T,
        P,
        display=equation(letter("P"), letter("W") * letter("P") * letter("W'") + letter("v") * letter("v'")),
    )
    inverse = P.inv().applyfunc(sp.cancel)

    def memory(first, second):
        w = sp.Matrix([first, second])
        return (w.T * inverse * w)[0]

    yield shown("At lag 0:", memory(1, 1), 1 - (p * q) ** 2)
    z = sp.Symbol("z")
    functions = (1 / (1 - p * z), (z - p) / ((1 - p * z) * (1 - q * z)))
    yield given("The functions but for their norms sqrt(1 - p^2), sqrt(1 - q^2)", sp.Tuple(*functions))
    coefficient = (q**k * (1 - p * q) - p**k * (1 - p**2)) / (q - p)
    by_parts = ((1 - p * q) / (1 - q * z) - (1 - p**2) / (1 - p * z)) / (q - p)
    yield shown("Partial fractions: the coefficient of z^k is of geometric series,", by_parts, functions[1])
    yield given("that is", coefficient)
    a, b = sp.symbols("A B", real=True)  # p^k, q^k
    c = [a, coefficient.subs({p**k: a, q**k: b})]
    cascade = (1 - p**2) * c[0] ** 2 + (1 - q**2) * c[1] ** 2
    yield shown(
        "The sum of both squares is the memory at lag k; A = p^k, B = q^k.",
        cascade,
        memory(a, b),
        display=equation(cascade, sp.Symbol("m_k")),
    )
    total = sum(inverse[i, j] * P[i, j] for i in range(2) for j in range(2))
    yield shown("All lags together hold two units: tr P^-1 P.", total, 2)
