"""Proofs for claims F1 to F5: continuous time, A C + C A' = -1 and A' J^s + J^s A = -C^-1."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import noise_covariance, spatial_fisher_memory
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import Steps, equation, given, proof, shown, shown_of_words
from linmem.symbolic.series import small_gain_flow_series
from linmem.symbolic.words import N, Tr, letter, letters

A, As = letters("A")
C, S = letter("C"), letter("J^s")
P = C**-1
NOISE = {A * C: -1 - C * As}
MEMORY = {As * S: -P - S * A}


def lyapunov_equations() -> Steps:
    """The definitions of C and J^s."""
    yield given(
        "The noise covariance is the integral of exp(A t) exp(A' t). It solves a Lyapunov equation.",
        equation(A * C + C * As, -1),
    )
    yield given(
        "The spatial memory matrix solves one as well, with the inverse of C.",
        equation(As * S + S * A, -P),
    )


@proof("F1")
def trace_is_n_in_continuous_time() -> Steps:
    """In continuous time, too, the spatial Fisher memory matrix of every stable network has trace N."""
    yield from lyapunov_equations()
    flow = -(A * C + C * As)
    of_memory = -(As * S + S * A)
    yield shown_of_words(
        "By the first equation the identity is -(A C + C A').",
        flow,
        1,
        NOISE,
    )
    yield shown_of_words(
        "The trace is cyclic, so that A passes from C to J^s.",
        Tr(S * flow),
        Tr(of_memory * C),
    )
    yield shown_of_words(
        "By the second equation the product is C^-1 C, which has trace N.",
        Tr(of_memory * C),
        N,
        MEMORY,
    )


@proof("F2")
def normal_flows_hold_one_unit() -> Steps:
    """In continuous time J^s = 1 if and only if A is normal."""
    yield from lyapunov_equations()
    K = letter("K")
    by_K = {K: -A - As}
    stein = A * C + C * As + 1
    yield given("Let A be normal, K = -(A + A'), and C the inverse of K.", equation(C * K, 1))
    yield shown_of_words(
        "A commutes with K.",
        A * (A + As),
        (A + As) * A,
        {A * As: As * A},
    )
    yield shown_of_words(
        "Multiply the equation of C by K, with K A C = A K C = A.",
        K * stein,
        A + As + K,
        {K * A: A * K, K * C: sp.S.One},
    )
    yield shown_of_words(
        "The right side is 0, so that C is the noise covariance.",
        A + As + K,
        0,
        by_K,
    )
    yield shown_of_words(
        "The identity solves the equation of J^s.",
        As + A,
        -K,
        by_K,
    )
    yield from _only_normal_flows(K, stein)
    rate, t = sp.symbols("g t", positive=True)
    curve = 2 * rate * sp.exp(-2 * rate * t)
    yield shown(
        "For one mode of decay rate g, J(t) = 2 g exp(-2 g t) has integral 1.",
        sp.integrate(curve, (t, 0, sp.oo)),
        1,
    )


def _only_normal_flows(K: sp.Symbol, stein: sp.Expr) -> Steps:
    commutator = K * A + As * K + K * K
    yield given(
        "Conversely, J^s = 1 gives C^-1 = K. Multiply the equation of C by K from both sides.",
        K * A * C * K + K * C * As * K + K * K,
    )
    yield shown_of_words(
        "The result is K A + A' K + K^2 = 0.",
        K * stein * K,
        commutator,
        {K * C: sp.S.One, C * K: sp.S.One},
    )
    yield shown_of_words(
        "Its left side is the commutator.",
        commutator,
        A * As - As * A,
        {K: -A - As},
    )


@proof("F3")
def memory_never_increases_with_time() -> Steps:
    """J(t) never increases: its slope is minus the squared norm of C^-1 exp(A t) v."""
    yield from lyapunov_equations()
    slope = As * P + P * A
    yield given("The slope of J(t) is the quadratic form of this matrix at exp(A t) v.", slope)
    yield shown_of_words(
        "The matrix is -C^-1 C^-1.",
        C * slope * C,
        -1,
        NOISE,
    )


@proof("F4")
def small_gain_flows_remember_by_the_commutator() -> Steps:
    """For A = -c + g M the spatial memory matrix is 1 + (g^2 / 4 c^2) (M' M - M M') up to terms of order g^3."""
    g, c = sp.symbols("g c", positive=True)
    M, Ms = letters("M")
    drift, adjoint = -c + g * M, -c + g * Ms
    memory = 1 + g**2 / (4 * c**2) * (Ms * M - M * Ms)
    first = g * (M + Ms) / (4 * c**2)
    second = g**2 * (M**2 + 2 * M * Ms + Ms**2) / (8 * c**3)
    noise = 1 / (2 * c) + first + second
    precision = 2 * c - g * (M + Ms) + g**2 * (Ms * M - M * Ms) / (2 * c)
    yield given("This is the noise covariance up to g^2.", noise)
    yield given("This is its inverse up to g^2.", precision)
    equations = {
        "of C": drift * noise + noise * adjoint + 1,
        "of its inverse": noise * precision - 1,
        "of J^s": adjoint * memory + memory * drift + precision,
    }
    for order in range(3):
        for name, remainder in equations.items():
            term = sp.expand(remainder).coeff(g, order)
            yield shown_of_words(
                f"The term of order {order} of the equation {name} is 0.",
                term,
                0,
            )
    yield shown_of_words(
        "The series of J^s, computed term by term, is the same.",
        small_gain_flow_series(2),
        memory,
    )


@proof("F5", scope="N = 2")
def two_modes_hold_at_most_two_units() -> Steps:
    """For A = [[-x, f], [0, -1]] the total of the second mode is 1 + f^2 / (f^2 + (x + 1)^2), which tends to 2 with
    f."""
    form = closed_form("two_modes_total")
    decay, f = form.parameters
    x = sp.Symbol("x", positive=True)
    expected = form.expression.subs(decay, x)
    drift = sp.Matrix([[-x, f], [0, -1]])
    covariance = noise_covariance(drift, continuous=True)
    J = spatial_fisher_memory(drift, continuous=True)
    yield given("This is the noise covariance, by elimination.", equation(C, covariance))
    yield shown(
        "It solves its equation.",
        drift * covariance + covariance * drift.T,
        -sp.eye(2),
        display=equation(A * C + C * As, -1),
    )
    yield shown(
        "J^s, by elimination, solves its equation.",
        covariance * (drift.T * J + J * drift),
        -sp.eye(2),
        display=equation(C * (As * S + S * A), -1),
    )
    yield shown(
        "J^s has trace 2.",
        J.trace(),
        2,
    )
    yield shown(
        "Its second entry is the closed form.",
        J[1, 1],
        expected,
    )
    yield shown(
        "As f grows, it tends to 2.",
        sp.limit(expected, f, sp.oo),
        2,
        of="J_tot",
    )
    yield from _balanced_amplification(form.expression, decay, f)


def _balanced_amplification(two_modes: sp.Expr, decay: sp.Symbol, f: sp.Symbol) -> Steps:
    form = closed_form("balanced_amplification_total")
    w, ratio = form.parameters
    pair = sp.Matrix([[w, -ratio * w], [w, -ratio * w]])
    rotation = sp.Matrix([[1, 1], [1, -1]]) / sp.sqrt(2)
    modes = sp.Matrix([[w * (1 - ratio), w * (1 + ratio)], [0, 0]])
    yield shown(
        "Excitation and inhibition have this form in their sum and their difference.",
        rotation * pair * rotation.T,
        modes,
    )
    weights = {decay: 1 - modes[0, 0], f: modes[0, 1]}
    yield shown(
        "So the total of their difference is the closed form.",
        two_modes.subs(weights, simultaneous=True),
        form.expression,
        of="J_tot",
    )
