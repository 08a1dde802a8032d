"""Proofs for claims B1 to B7: normal matrices, and a horizon of n steps."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import fisher_memory_at_lag, noise_covariance, spatial_fisher_memory
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import equation, given, positive, proof, shown, shown_of_words
from linmem.symbolic.two_units import TRIANGULAR
from linmem.symbolic.words import N, Tr, letter, letters

W, Ws = letters("W")
C, S = letter("C"), letter("J^s")
P = C**-1
k, K = sp.symbols("k K", integer=True, nonnegative=True)
n = sp.Symbol("n", integer=True, positive=True)
z, c, s = sp.symbols("z c s", positive=True)
l = sp.Symbol("x", positive=True)  # |lambda|^2 of one mode  # noqa: E741


@proof("B1", note="Diagonalisation by a unitary matrix changes nothing: rotations_change_nothing.")
def normal_memory_is_a_sum_over_modes():
    """Of a normal W, J(k) = sum_i |u_i' v|^2 |lambda_i|^(2k) (1 - |lambda_i|^2)."""
    yield given("In its eigenvectors W is diagonal, and each mode, x = |lambda|^2, is alone with its noise.", l)
    yield shown("Its noise has variance 1 / (1 - x).", l / (1 - l) + 1, 1 / (1 - l))
    memory = l**k * (1 - l)
    yield shown("A mode that takes the whole input remembers x^k over that variance.", l**k / (1 / (1 - l)), memory)
    angle, gain = sp.Symbol("theta", real=True), sp.Symbol("g", positive=True)
    rotation = gain * sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]])
    covariance = sp.eye(2) / (1 - gain**2)
    yield shown(
        "A rotation of two units with a gain: |lambda|^2 = g^2, and C",
        rotation * covariance * rotation.T + sp.eye(2),
        covariance,
    )
    first, second = sp.symbols("c_0 c_1", real=True)
    third = sp.Symbol("c_2", real=True)
    circulant = sp.Matrix(3, 3, lambda i, j: (first, second, third)[(i - j) % 3])
    yield shown("Circulant matrices of three units are normal,", circulant * circulant.T, circulant.T * circulant)
    K = sp.eye(3) - circulant.T * circulant
    C_3 = K.adjugate() / K.det()
    yield shown(
        "and C, the inverse of 1 - W' W, solves their Stein equation.",
        circulant * C_3 * circulant.T + sp.eye(3),
        C_3,
        display=equation(W * C * Ws + 1, C),
    )


@proof("B2")
def normal_networks_have_unit_memory():
    """Of a normal W the spatial memory matrix is the identity, so that every unit input has J_tot = 1."""
    K_ = letter("K")
    yield given("Normality", equation(W * Ws, Ws * W))
    yield given("Let C be the inverse of K = 1 - W' W.", equation(C * K_, 1))
    normal = {W * Ws: Ws * W}
    yield shown_of_words("W commutes with K.", W * (1 - Ws * W), (1 - Ws * W) * W, normal)
    yield shown_of_words(
        "K times the Stein equation: K W C W' = W K C W' = W W', so that",
        K_ * (C - W * C * Ws - 1),
        1 - W * Ws - K_,
        {K_ * W: W * K_, K_ * C: sp.S.One},
    )
    yield shown_of_words("which is 0: C is the noise covariance.", 1 - W * Ws - K_, 0, normal | {K_: 1 - Ws * W})
    yield shown_of_words(
        "The identity solves the equation of J^s, J^s - W' J^s W = C^-1 = K.", 1 - Ws * W, K_, {K_: 1 - Ws * W}
    )
    x = l
    partial = 1 - x ** (K + 1)
    yield shown("Mode by mode: the memory of lag 0", partial.subs(K, 0), 1 - x)
    yield shown(
        "and of each lag after it add to 1 - x^(K+1), which tends to 1.",
        partial.subs(K, K + 1) - partial,
        x ** (K + 1) * (1 - x),
    )


@proof("B3")
def unit_memory_implies_normality():
    """Only normal matrices have J^s = 1."""
    K = 1 - Ws * W
    inverse = {C * Ws * W: C - 1, Ws * W * C: C - 1}
    yield given("With J^s = 1 its equation says that C^-1 = 1 - W' W: C (1 - W' W) = (1 - W' W) C = 1.", equation(P, K))
    yield given("The noise covariance solves its own equation.", equation(C, W * C * Ws + 1))
    yield shown_of_words(
        "Multiply that by 1 - W W' from the left: on the right stands the identity,",
        (1 - W * Ws) * (W * C * Ws + 1),
        1,
        inverse,
    )
    yield shown_of_words(
        "so that C is the inverse of 1 - W W' as well: with C (1 - W' W) = 1", (1 - W * Ws) * C * K, 1 - W * Ws, inverse
    )
    yield shown_of_words("is 1 - W' W by the line before, and the two agree.", (1 - W * Ws) - K, Ws * W - W * Ws)
    J = spatial_fisher_memory(TRIANGULAR)
    p, r, q = TRIANGULAR[0, 0], TRIANGULAR[0, 1], TRIANGULAR[1, 1]
    yield shown(
        "Of two units J^s_22 - 1 vanishes only with the coupling r.", J[1, 1] - 1, r**2 / ((1 - p * q) ** 2 + r**2)
    )


@proof("B4")
def trace_is_n_over_any_horizon():
    """Over a horizon of n steps the spatial memory matrix has trace N for every W, stable or not, and is 1 for normal
    W."""
    A, As = letters("W_k")  # W^k
    yield given("C_n = sum_{k < n} W^k W'^k, and its inverse stands in M_n = sum_{k < n} W'^k C_n^-1 W^k.", P)
    yield shown_of_words("Under the trace each lag gives C_n^-1 W^k W'^k,", Tr(As * P * A), Tr(P * A * As))
    yield shown_of_words("and these add to C_n^-1 C_n, of trace N.", Tr(P * C), N)
    total = (1 - l**n) / (1 - l)
    yield shown("Of a normal W, mode by mode, x = |lambda|^2: C_1 is", total.subs(n, 1), 1, of="C_1")
    yield shown("and each step adds its power: C_n = (1 - x^n) / (1 - x).", total.subs(n, n + 1) - total, l**n)
    yield given("The lags of M_n are x^k / C_n, whose numerators add to C_n: M_n = 1.", equation(sp.Symbol("M_n"), 1))
    a, b, p, q = sp.symbols("a b p q", real=True)
    general = sp.Matrix([[a, b], [p, q]])
    yield shown("Written out for two units, any weights, n = 2:", spatial_fisher_memory(general, horizon=2).trace(), 2)


@proof("B5")
def two_steps_tell_normal_from_not():
    """M_2 = 1 + (1 + W W')^-1 - (1 + W' W)^-1, which is 1 if and only if W is normal; no stability is needed."""
    X, Y = letter("X"), letter("Y")
    inverse = {W * Ws * X: 1 - X, X * W * Ws: 1 - X, Ws * W * Y: 1 - Y, Y * Ws * W: 1 - Y}
    yield given("X is the inverse of C_2 = 1 + W W'.", equation(X * (1 + W * Ws), 1))
    yield given("Y is the inverse of 1 + W' W.", equation(Y * (1 + Ws * W), 1))
    yield shown_of_words("Push W through the inverse:", (1 + Ws * W) * (1 - Ws * X * W), 1, inverse)
    push = {Ws * X * W: 1 - Y}
    yield shown_of_words("so that W' X W = 1 - Y, and M_2 is", X + Ws * X * W, 1 + X - Y, push)
    yield shown_of_words(
        "It is 1 if X = Y; then the inverses agree, hence the commutator is 0.",
        (1 + W * Ws) - (1 + Ws * W),
        W * Ws - Ws * W,
    )
    M = spatial_fisher_memory(TRIANGULAR, horizon=2)
    r = TRIANGULAR[0, 1]
    yield positive(
        "Of two units: (1 - M_11) det / r^2 is a sum of squares and 1.", sp.cancel((1 - M[0, 0]) / r**2), strict=True
    )


@proof("B6")
def orthogonal_memory_is_the_same_for_every_input():
    """Of an orthogonal R times g < 1, J(k) = g^(2k) (1 - g^2); over n steps g^(2k) (g^2 - 1) / (g^(2n) - 1), 1/n at g =
    1."""
    R, Rs = letters("R")
    v, vs = letters("v")
    form = closed_form("orthogonal_curve")
    g = form.parameters[0]
    variance = 1 / (1 - g**2)
    rules = {R * Rs: sp.S.One, Rs * R: sp.S.One, vs * v: sp.S.One}
    yield shown(
        "The noise covariance is a multiple of the identity: (g R) C (g R)' = g^2 C.", g**2 * variance + 1, variance
    )
    yield shown_of_words("The rotation itself leaves the identity as it is.", R * Rs, 1, rules)
    yield shown_of_words("W^k v keeps its norm but for the gain; here k = 3.", vs * Rs**3 * R**3 * v, 1, rules)
    kk = form.parameters[1]
    yield shown("J(k) is the closed form.", g ** (2 * kk) / variance, form.expression, of="J(k)")
    finite = closed_form("orthogonal_curve_of_horizon")
    steps = finite.parameters[2]
    total = g ** (2 * kk) / finite.general
    yield shown("Over a horizon: C_1 of the closed form is", total.subs(steps, 1), 1, of="C_1")
    yield shown("and each step adds its power.", total.subs(steps, steps + 1) - total, g ** (2 * steps))
    yield shown("At g = 1 the limit is 1 / n.", finite.limit("g", 1), finite.at(g=1), of="J(k)")


@proof("B7")
def rings_forget_exponentially():
    """A ring of gain a < 1, of any length, remembers J(k) = a^(2k) (1 - a^2), as any rotation does."""
    form = closed_form("ring_curve")
    a, lag = form.parameters
    ring = sp.Matrix(4, 4, lambda i, j: int((i - j) % 4 == 1))
    yield shown("The shift along a ring is orthogonal, here of four units.", ring * ring.T, sp.eye(4))
    R, Rs = letters("R")
    yield given("Of any number of units its columns are different unit vectors.", equation(R * Rs, 1))
    C = noise_covariance(a * ring)
    yield shown("Its noise covariance, by elimination", C, sp.eye(4) / (1 - a**2))
    for value in (0, 1, 5):
        yield shown(
            f"and its curve at lag {value}.",
            fisher_memory_at_lag(a * ring, [1, 0, 0, 0], value),
            form.expression.subs(lag, value),
        )
    yield shown(
        "It is the curve of a rotation.",
        form.expression,
        closed_form("orthogonal_curve").expression.subs(closed_form("orthogonal_curve").parameters[0], a),
    )
