"""Proofs for claims A12 to A14: networks with weak weights, of two units, and with a norm below 1."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import noise_covariance
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import Steps, equation, given, positive, proof, shown, shown_of_words
from linmem.symbolic.series import small_gain_series
from linmem.symbolic.words import letter, letters

p, q, r = sp.symbols("p q r", real=True)
TRIANGULAR = sp.ImmutableMatrix([[p, r], [0, q]])  # every real matrix with real eigenvalues, after a rotation


@proof("A12")
def small_gain_memory_is_the_commutator() -> Steps:
    """For W = g M the spatial memory matrix is 1 + g^2 (M' M - M M') up to terms of order g^4."""
    g = sp.Symbol("g", positive=True)
    M, Ms = letters("M")
    v, vs = letters("v")
    memory = 1 + g**2 * (Ms * M - M * Ms)
    noise, precision = 1 + g**2 * M * Ms, 1 - g**2 * M * Ms
    yield given("This is the noise covariance up to g^3.", noise)
    yield shown_of_words(
        "It solves its equation up to a term of order g^4.",
        noise - g**2 * M * noise * Ms - 1,
        -(g**4) * M**2 * Ms**2,
    )
    yield shown_of_words(
        "This is its inverse up to a term of order g^4.",
        noise * precision - 1,
        -(g**4) * M * Ms * M * Ms,
    )
    yield shown_of_words(
        "1 + g^2 (M' M - M M') solves the equation of J^s up to a term of order g^4.",
        memory - g**2 * Ms * memory * M - precision,
        -(g**4) * Ms * (Ms * M - M * Ms) * M,
    )
    yield shown_of_words(
        "The series of J^s, computed term by term, is the same.",
        small_gain_series(3),
        memory,
    )
    yield shown_of_words(
        "The total of a unit input is 1 + ||W v||^2 - ||W' v||^2.",
        vs * memory * v,
        1 + g**2 * (vs * Ms * M * v - vs * M * Ms * v),
        {vs * v: sp.S.One},
    )


@proof("A13", scope="N = 2, real eigenvalues")
def two_units_in_closed_form() -> Steps:
    """For W = [[p, r], [0, q]] the spatial memory matrix has a closed form, and so has its largest eigenvalue."""
    W, Ws, C, S = *letters("W"), letter("C"), letter("J^s")
    covariance = noise_covariance(TRIANGULAR)
    J = closed_form("two_units_spatial_memory").expression
    yield given("This is the closed form.", equation(S, J))
    yield given("This is the noise covariance, by elimination.", equation(C, covariance))
    yield shown(
        "It solves the Stein equation.",
        TRIANGULAR * covariance * TRIANGULAR.T + sp.eye(2),
        covariance,
        display=equation(W * C * Ws + 1, C),
    )
    yield shown(
        "The closed form solves the equation of J^s.",
        covariance * (J - TRIANGULAR.T * J * TRIANGULAR),
        sp.eye(2),
        display=equation(C * (S - Ws * S * W), 1),
    )
    mu = sp.Symbol("mu")
    largest = closed_form("two_units_largest_total").expression
    yield given("The largest eigenvalue is to be this number.", equation(mu, largest))
    yield shown(
        "It is a root of the characteristic polynomial.",
        J.charpoly().eval(largest),
        0,
        display=equation(J.charpoly(mu).as_expr(), 0),
    )
    above = (largest - J.trace() / 2).subs(1 - p * q, sp.Symbol("e", positive=True))
    yield positive("It is the larger root: it exceeds half the trace by this number, e = 1 - p q > 0.", above)


@proof("A14", note="J(k) <= A_k is memory_is_at_most_the_amplification.")
def contractions_hold_little() -> Steps:
    """If ||W|| = g < 1, the total memory of every input is less than 1 / (1 - g^2), however many units there are."""
    g = 1 / (1 + sp.Symbol("c", positive=True))
    k = sp.Symbol("k", integer=True, nonnegative=True)
    K = sp.Symbol("K", integer=True, nonnegative=True)
    partial = (1 - g ** (2 * K + 2)) / (1 - g**2)  # the sum of g^(2k) for k <= K
    yield given("J(k) <= A_k <= g^(2k), with g = 1 / (1 + c).", g ** (2 * k))
    yield shown(
        "The sum of one term is 1.",
        partial.subs(K, 0),
        1,
    )
    yield shown(
        "Each further term is the next power: induction.",
        partial.subs(K, K + 1) - partial,
        g ** (2 * K + 2),
    )
    bound = 1 / (1 - g**2)
    yield positive(
        "The bound exceeds every partial sum, by this number.",
        sp.simplify(bound - partial),
        strict=True,
    )
