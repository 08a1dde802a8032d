"""Proofs for claims F: continuous time, A C + C A' = -1 and A' J^s + J^s A = -C^-1."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import noise_covariance, small_gain_flow_series, spatial_fisher_memory
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import equation, given, proof, shown, shown_of_words
from linmem.symbolic.words import N, Tr, letter, letters

A, As = letters("A")
C, S = letter("C"), letter("J^s")
P = C**-1
NOISE = {A * C: -1 - C * As}
MEMORY = {As * S: -P - S * A}


def lyapunov_equations():
    """What C and J^s are."""
    yield given(
        "The noise covariance is an integral of exp(A t) exp(A' t): it solves a Lyapunov equation.",
        equation(A * C + C * As, -1),
    )
    yield given("So does the spatial memory matrix, with the inverse of C.", equation(As * S + S * A, -P))


@proof("F1")
def trace_is_n_in_continuous_time():
    """In continuous time too the spatial Fisher memory matrix of every stable network has trace N."""
    yield from lyapunov_equations()
    flow = -(A * C + C * As)
    yield shown_of_words("By the first equation the identity is -(A C + C A').", flow, 1, NOISE)
    yield shown_of_words("Under the trace A passes from C to J^s,", Tr(S * flow), Tr(-(As * S + S * A) * C))
    yield shown_of_words("and the second equation leaves C^-1 C.", Tr(-(As * S + S * A) * C), N, MEMORY)


@proof("F2")
def normal_flows_hold_one_unit():
    """In continuous time J^s = 1 if and only if A is normal."""
    yield from lyapunov_equations()
    K = letter("K")
    normal = {A * As: As * A}
    yield given("Let A be normal, K = -(A + A') and C its inverse.", equation(C * K, 1))
    yield shown_of_words("A commutes with K.", A * (A + As), (A + As) * A, normal)
    yield shown_of_words(
        "K times the equation of C: K A C = A K C = A, so that",
        K * (A * C + C * As + 1),
        A + As + K,
        {K * A: A * K, K * C: sp.S.One},
    )
    yield shown_of_words("which is 0: C is the noise covariance.", A + As + K, 0, {K: -A - As})
    yield shown_of_words("The identity solves the equation of J^s.", As + A, -K, {K: -A - As})
    yield given(
        "Conversely J^s = 1 says that C^-1 = K; the equation of C between two K:",
        K * A * C * K + K * C * As * K + K * K,
    )
    between = {K * C: sp.S.One, C * K: sp.S.One}
    yield shown_of_words("it is K A + A' K + K^2 = 0,", K * (A * C + C * As + 1) * K, K * A + As * K + K * K, between)
    yield shown_of_words("which is the commutator.", K * A + As * K + K * K, A * As - As * A, {K: -A - As})
    rate, t = sp.symbols("g t", positive=True)
    yield shown(
        "One mode of decay rate g: J(t) = 2 g exp(-2 g t) has integral",
        sp.integrate(2 * rate * sp.exp(-2 * rate * t), (t, 0, sp.oo)),
        1,
    )


@proof("F3")
def memory_never_increases_with_time():
    """J(t) never increases: its slope is minus the squared norm of C^-1 exp(A t) v."""
    yield from lyapunov_equations()
    yield given("The slope is the form of this matrix at exp(A t) v.", As * P + P * A)
    yield shown_of_words("It is -C^-1 C^-1.", C * (As * P + P * A) * C, -1, NOISE)


@proof("F4")
def small_gain_flows_remember_by_the_commutator():
    """Of A = -c + g M the spatial memory matrix is 1 + (g^2 / 4 c^2) (M' M - M M') up to terms of order g^3."""
    g, c = sp.symbols("g c", positive=True)
    M, Ms = letters("M")
    guess = 1 + g**2 / (4 * c**2) * (Ms * M - M * Ms)
    noise = 1 / (2 * c) + g * (M + Ms) / (4 * c**2) + g**2 * (M**2 + 2 * M * Ms + Ms**2) / (8 * c**3)
    precision = 2 * c - g * (M + Ms) + g**2 * (Ms * M - M * Ms) / (2 * c)
    yield given("The noise covariance up to g^2", noise)
    yield given("and its inverse", precision)
    drift, adjoint = -c + g * M, -c + g * Ms
    for order in range(3):
        yield shown_of_words(
            f"Order {order} of the equation of C", _order(drift * noise + noise * adjoint + 1, g, order), 0
        )
        yield shown_of_words("of its inverse", _order(noise * precision - 1, g, order), 0)
        yield shown_of_words(
            "and of the equation of J^s.", _order(adjoint * guess + guess * drift + precision, g, order), 0
        )
    yield shown_of_words("The series, computed term by term, agrees.", small_gain_flow_series(2), guess)


def _order(expression, g, order):
    return sp.expand(expression).coeff(g, order)


@proof("F5", scope="N = 2")
def two_modes_hold_at_most_two_units():
    """Of A = [[-x, f], [0, -1]] the second mode holds 1 + f^2 / (f^2 + (x + 1)^2), which tends to 2 with f."""
    form = closed_form("two_modes_total")
    f = form.parameters[1]
    x = sp.Symbol("x", positive=True)
    drift = sp.Matrix([[-x, f], [0, -1]])
    covariance = noise_covariance(drift, continuous=True)
    yield given("The noise covariance, by elimination,", equation(C, covariance))
    yield shown(
        "solves its equation.",
        drift * covariance + covariance * drift.T,
        -sp.eye(2),
        display=equation(A * C + C * As, -1),
    )
    J = spatial_fisher_memory(drift, continuous=True)
    yield shown(
        "J^s solves its own,",
        covariance * (drift.T * J + J * drift),
        -sp.eye(2),
        display=equation(C * (As * S + S * A), -1),
    )
    yield shown("has trace 2", J.trace(), 2)
    yield shown("and this entry.", J[1, 1], form.expression.subs(form.parameters[0], x))
    yield shown(
        "As f grows it tends to 2.", sp.limit(form.expression.subs(form.parameters[0], x), f, sp.oo), 2, of="J_tot"
    )
    balanced = closed_form("balanced_amplification_total")
    w, ratio = balanced.parameters
    pair = sp.Matrix([[w, -ratio * w], [w, -ratio * w]])
    turn = sp.Matrix([[1, 1], [1, -1]]) / sp.sqrt(2)
    link = sp.Matrix([[w * (1 - ratio), w * (1 + ratio)], [0, 0]])
    yield shown("Excitation and inhibition are of this form in sum and difference.", turn * pair * turn.T, link)
    rate = 1 - link[0, 0]
    yield shown(
        "so that the difference holds",
        form.expression.subs({form.parameters[0]: rate, f: link[0, 1]}, simultaneous=True),
        balanced.expression,
        of="J_tot",
    )
