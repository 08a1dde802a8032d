"""Proofs for two units: every real matrix with real eigenvalues is a rotation of an upper triangular one."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import noise_covariance
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import equation, given, positive, proof, shown
from linmem.symbolic.words import letter, letters

P, Q, R = sp.symbols("p q r", real=True)  # W = [[p, r], [0, q]]
TRIANGULAR = sp.ImmutableMatrix([[P, R], [0, Q]])
IDENTITY = sp.eye(2)


@proof("A13", scope="N = 2, real eigenvalues")
def two_units_in_closed_form():
    """Of W = [[p, r], [0, q]] the spatial memory matrix is a closed form, and so is its largest eigenvalue."""
    W, Ws, C, S = *letters("W"), letter("C"), letter("J^s")
    M, covariance = TRIANGULAR, noise_covariance(TRIANGULAR)
    J = closed_form("two_units_spatial_memory").expression
    yield given("The closed form", equation(S, J))
    yield given("The solution of the Stein equation, by elimination,", equation(C, covariance))
    yield shown("solves it.", M * covariance * M.T + IDENTITY, covariance, display=equation(W * C * Ws + 1, C))
    yield shown(
        "The closed form solves the equation of J^s.",
        covariance * (J - M.T * J * M),
        IDENTITY,
        display=equation(C * (S - Ws * S * W), 1),
    )
    largest = closed_form("two_units_largest_total").expression
    characteristic = J.charpoly().eval(largest)
    mu = sp.Symbol("mu")
    yield given("The largest eigenvalue should be", equation(mu, largest))
    yield shown("It is a root of", characteristic, 0, display=equation(J.charpoly(mu).as_expr(), 0))
    above = (largest - J.trace() / 2).subs(1 - P * Q, sp.Symbol("e", positive=True))
    yield positive("It exceeds half the trace by this, e = 1 - p q > 0: it is the larger root.", above)
