"""Proofs for claims B1 to B7: normal matrices, and a horizon of n steps."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import fisher_memory_at_lag, noise_covariance, spatial_fisher_memory
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.limiting_cases import TRIANGULAR
from linmem.symbolic.proofs import Steps, equation, given, positive, proof, shown, shown_of_words
from linmem.symbolic.words import N, Tr, letter, letters

W, Ws = letters("W")
C, S = letter("C"), letter("J^s")
P = C**-1
k, K = sp.symbols("k K", integer=True, nonnegative=True)
n = sp.Symbol("n", integer=True, positive=True)
x = sp.Symbol("x", positive=True)  # |lambda|^2 of one mode


@proof("B1", note="Diagonalisation by a unitary matrix changes nothing: rotations_change_nothing.")
def normal_memory_is_a_sum_over_modes() -> Steps:
    """For a normal W, J(k) = sum_i |u_i' v|^2 |lambda_i|^(2k) (1 - |lambda_i|^2)."""
    yield given("In its eigenvectors W is diagonal. Each mode, x = |lambda|^2, has its own noise.", x)
    variance = 1 / (1 - x)
    yield shown(
        "The noise of a mode has the variance 1 / (1 - x).",
        x / (1 - x) + 1,
        variance,
    )
    memory = x**k * (1 - x)
    yield shown(
        "If the whole input enters one mode, its memory is x^k over that variance.",
        x**k / variance,
        memory,
    )
    yield from _rotation_of_two_units()
    yield from _circulant_of_three_units()


def _rotation_of_two_units() -> Steps:
    angle, gain = sp.Symbol("theta", real=True), sp.Symbol("g", positive=True)
    cosine, sine = sp.cos(angle), sp.sin(angle)
    rotation = gain * sp.Matrix([[cosine, -sine], [sine, cosine]])
    covariance = sp.eye(2) / (1 - gain**2)
    yield shown(
        "For a rotation of two units with a gain, |lambda|^2 = g^2, this covariance solves the Stein equation.",
        rotation * covariance * rotation.T + sp.eye(2),
        covariance,
    )


def _circulant_of_three_units() -> Steps:
    weights = sp.symbols("c_0 c_1 c_2", real=True)
    circulant = sp.Matrix(3, 3, lambda i, j: weights[(i - j) % 3])
    yield shown(
        "Circulant matrices of three units are normal.",
        circulant * circulant.T,
        circulant.T * circulant,
    )
    precision = sp.eye(3) - circulant.T * circulant
    covariance = precision.adjugate() / precision.det()
    yield shown(
        "The inverse of 1 - W' W solves their Stein equation.",
        circulant * covariance * circulant.T + sp.eye(3),
        covariance,
        display=equation(W * C * Ws + 1, C),
    )


@proof("B2")
def normal_networks_have_unit_memory() -> Steps:
    """For a normal W the spatial memory matrix is the identity, so that every unit input has J_tot = 1."""
    precision = letter("K")
    yield given("W is normal.", equation(W * Ws, Ws * W))
    yield given("Let C be the inverse of K = 1 - W' W.", equation(C * precision, 1))
    normal = {W * Ws: Ws * W}
    yield shown_of_words(
        "W commutes with K.",
        W * (1 - Ws * W),
        (1 - Ws * W) * W,
        normal,
    )
    yield shown_of_words(
        "Multiply the Stein equation by K, with K W C W' = W K C W' = W W'.",
        precision * (C - W * C * Ws - 1),
        1 - W * Ws - precision,
        {precision * W: W * precision, precision * C: sp.S.One},
    )
    yield shown_of_words(
        "The right side is 0, so that C is the noise covariance.",
        1 - W * Ws - precision,
        0,
        normal | {precision: 1 - Ws * W},
    )
    yield shown_of_words(
        "The identity solves the equation of J^s, J^s - W' J^s W = C^-1 = K.",
        1 - Ws * W,
        precision,
        {precision: 1 - Ws * W},
    )
    partial = 1 - x ** (K + 1)
    yield shown(
        "For one mode, the memory at lag 0 is 1 - x.",
        partial.subs(K, 0),
        1 - x,
    )
    yield shown(
        "Each further lag adds its memory, and the sum 1 - x^(K+1) tends to 1.",
        partial.subs(K, K + 1) - partial,
        x ** (K + 1) * (1 - x),
    )


@proof("B3")
def unit_memory_implies_normality() -> Steps:
    """Only normal matrices have J^s = 1."""
    precision = 1 - Ws * W
    inverse = {C * Ws * W: C - 1, Ws * W * C: C - 1}
    yield given(
        "With J^s = 1 its equation is C^-1 = 1 - W' W, hence C (1 - W' W) = (1 - W' W) C = 1.",
        equation(P, precision),
    )
    yield given("The noise covariance solves its own equation.", equation(C, W * C * Ws + 1))
    yield shown_of_words(
        "Multiply the right side by 1 - W W' from the left. The result is the identity.",
        (1 - W * Ws) * (W * C * Ws + 1),
        1,
        inverse,
    )
    yield shown_of_words(
        "So C is the inverse of 1 - W W' as well. With C (1 - W' W) = 1 this product is 1 - W W'.",
        (1 - W * Ws) * C * precision,
        1 - W * Ws,
        inverse,
    )
    yield shown_of_words(
        "By the line before it is 1 - W' W. The difference of the two is the commutator, which is 0.",
        (1 - W * Ws) - precision,
        Ws * W - W * Ws,
    )
    J = spatial_fisher_memory(TRIANGULAR)
    p, r, q = TRIANGULAR[0, 0], TRIANGULAR[0, 1], TRIANGULAR[1, 1]
    yield shown(
        "For two units J^s_22 - 1 vanishes only with the coupling r.",
        J[1, 1] - 1,
        r**2 / ((1 - p * q) ** 2 + r**2),
    )


@proof("B4")
def trace_is_n_over_any_horizon() -> Steps:
    """Over a horizon of n steps the spatial memory matrix has trace N for every W, stable or not, and is 1 for normal
    W."""
    A, As = letters("W_k")  # W^k
    yield given("C_n is the sum of W^k W'^k over k < n. M_n is the sum of W'^k C_n^-1 W^k over k < n.", P)
    yield shown_of_words(
        "In the trace each lag contributes C_n^-1 W^k W'^k.",
        Tr(As * P * A),
        Tr(P * A * As),
    )
    yield shown_of_words(
        "These add up to C_n^-1 C_n, which has trace N.",
        Tr(P * C),
        N,
    )
    total = (1 - x**n) / (1 - x)
    yield shown(
        "For one mode of a normal W, x = |lambda|^2, C_1 is 1.",
        total.subs(n, 1),
        1,
        of="C_1",
    )
    yield shown(
        "Each step adds its power: C_n = (1 - x^n) / (1 - x).",
        total.subs(n, n + 1) - total,
        x**n,
    )
    yield given("The lags of M_n are x^k / C_n. Their numerators add up to C_n.", equation(sp.Symbol("M_n"), 1))
    a, b, p, q = sp.symbols("a b p q", real=True)
    general = sp.Matrix([[a, b], [p, q]])
    yield shown(
        "For two units with any weights, and n = 2, the trace is 2.",
        spatial_fisher_memory(general, horizon=2).trace(),
        2,
    )


@proof("B5")
def two_steps_tell_normal_from_not() -> Steps:
    """M_2 = 1 + (1 + W W')^-1 - (1 + W' W)^-1, which is 1 if and only if W is normal; no stability is needed."""
    X, Y = letter("X"), letter("Y")
    inverse = {W * Ws * X: 1 - X, X * W * Ws: 1 - X, Ws * W * Y: 1 - Y, Y * Ws * W: 1 - Y}
    yield given("X is the inverse of C_2 = 1 + W W'.", equation(X * (1 + W * Ws), 1))
    yield given("Y is the inverse of 1 + W' W.", equation(Y * (1 + Ws * W), 1))
    yield shown_of_words(
        "1 - W' X W is an inverse of 1 + W' W.",
        (1 + Ws * W) * (1 - Ws * X * W),
        1,
        inverse,
    )
    yield shown_of_words(
        "So W' X W = 1 - Y, and M_2 is 1 + X - Y.",
        X + Ws * X * W,
        1 + X - Y,
        {Ws * X * W: 1 - Y},
    )
    yield shown_of_words(
        "It is 1 if X = Y. Then their inverses agree, and the commutator is 0.",
        (1 + W * Ws) - (1 + Ws * W),
        W * Ws - Ws * W,
    )
    M = spatial_fisher_memory(TRIANGULAR, horizon=2)
    r = TRIANGULAR[0, 1]
    yield positive(
        "For two units (1 - M_11) / r^2 is positive: it vanishes only with the coupling r.",
        sp.cancel((1 - M[0, 0]) / r**2),
        strict=True,
    )


@proof("B6")
def orthogonal_memory_is_the_same_for_every_input() -> Steps:
    """For an orthogonal R times g < 1, J(k) = g^(2k) (1 - g^2); over n steps g^(2k) (g^2 - 1) / (g^(2n) - 1), 1/n at
    g = 1."""
    R, Rs = letters("R")
    v, vs = letters("v")
    form = closed_form("orthogonal_curve")
    g, lag = form.parameters
    variance = 1 / (1 - g**2)
    rules = {R * Rs: sp.S.One, Rs * R: sp.S.One, vs * v: sp.S.One}
    yield shown(
        "The noise covariance is a multiple of the identity: (g R) C (g R)' = g^2 C.",
        g**2 * variance + 1,
        variance,
    )
    yield shown_of_words(
        "The rotation leaves the identity as it is.",
        R * Rs,
        1,
        rules,
    )
    yield shown_of_words(
        "The norm of W^k v changes by the gain only; written for k = 3.",
        vs * Rs**3 * R**3 * v,
        1,
        rules,
    )
    yield shown(
        "J(k) is the closed form.",
        g ** (2 * lag) / variance,
        form.expression,
        of="J(k)",
    )
    yield from _rotation_over_a_horizon()


def _rotation_over_a_horizon() -> Steps:
    finite = closed_form("orthogonal_curve_of_horizon")
    g, lag, steps = finite.parameters
    total = g ** (2 * lag) / finite.general
    yield shown(
        "Over a horizon, C_1 of the closed form is 1.",
        total.subs(steps, 1),
        1,
        of="C_1",
    )
    yield shown(
        "Each step adds its power.",
        total.subs(steps, steps + 1) - total,
        g ** (2 * steps),
    )
    yield shown(
        "At g = 1 the limit is 1 / n.",
        finite.limit("g", 1),
        finite.at(g=1),
        of="J(k)",
    )


@proof("B7")
def rings_forget_exponentially() -> Steps:
    """A ring of gain a < 1, of any length, has J(k) = a^(2k) (1 - a^2), as every rotation has."""
    form = closed_form("ring_curve")
    a, lag = form.parameters
    ring = sp.Matrix(4, 4, lambda i, j: int((i - j) % 4 == 1))
    R, Rs = letters("R")
    yield shown(
        "The shift along a ring is orthogonal, written for four units.",
        ring * ring.T,
        sp.eye(4),
    )
    yield given("For any number of units its columns are different unit vectors.", equation(R * Rs, 1))
    covariance = sp.eye(4) / (1 - a**2)
    yield shown(
        "Elimination gives its noise covariance.",
        noise_covariance(a * ring),
        covariance,
    )
    for value in (0, 1, 5):
        yield shown(
            f"Elimination gives its curve at lag {value}.",
            fisher_memory_at_lag(a * ring, [1, 0, 0, 0], value),
            form.expression.subs(lag, value),
        )
    of_rotation = closed_form("orthogonal_curve")
    yield shown(
        "It is the curve of a rotation.",
        form.expression,
        of_rotation.expression.subs(of_rotation.parameters[0], a),
    )
