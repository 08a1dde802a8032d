"""Proofs for claims I1 to I4: diagonal networks, with noise in the state and in the input."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import fisher_memory_at_lag, total_fisher_memory
from linmem.symbolic.proofs import Steps, equation, given, proof, shown, shown_of_words
from linmem.symbolic.words import N, Tr, letter, letters

W, Ws = letters("W")
v, vs = letters("v")
x, xs = letters("x")
C = letter("C")
P = C**-1
STEIN = {W * C * Ws: C - v * vs}  # with noise in the input, Q = v v'
k, K = sp.symbols("k K", integer=True, nonnegative=True)


def pair_of_real_numbers(a: sp.Expr, c: sp.Expr) -> sp.Matrix:
    """The step of the real and the imaginary part of a mode with the eigenvalue a + i c."""
    return sp.Matrix([[a, -c], [c, a]])


@proof("I1", scope="any N: modes do not act on each other")
def diagonal_memory_is_the_square_of_its_input() -> Steps:
    """Each mode with noise of its own holds |b|^2 in all, |b|^2 |l|^(2k) (1 - |l|^2) at lag k."""
    square, b = sp.Symbol("x", positive=True), sp.Symbol("b", positive=True)
    variance = 1 / (1 - square)
    yield given("x is |l|^2 of one mode, and b is |b|. Nothing couples it to another.", square)
    yield shown("The noise of a mode has the variance 1 / (1 - x).", square * variance + 1, variance)
    memory = b**2 * square**k / variance
    yield shown("Its memory is this.", memory, b**2 * square**k * (1 - square), of="J(k)")
    partial = b**2 * (1 - square ** (K + 1))
    yield shown("At lag 0 it is this.", partial.subs(K, 0), memory.subs(k, 0))
    yield shown(
        "Each further lag adds its memory, and the sum tends to b^2.",
        partial.subs(K, K + 1) - partial,
        memory.subs(k, K + 1),
    )
    a, c, p, q = sp.symbols("a c p q", real=True)
    step = pair_of_real_numbers(a, c)
    yield shown(
        "The real and imaginary part of a mode turn and shrink together.", step * step.T, (a**2 + c**2) * sp.eye(2)
    )
    yield shown(
        "Elimination gives their total: the square of both input weights.",
        total_fisher_memory(step, [p, q]),
        p**2 + q**2,
    )


@proof("I2", note="C is regular if and only if all eigenvalues differ and no entry of b is 0.")
def noise_in_the_input_leaves_as_many_as_modes() -> Steps:
    """With Q = v v' the total is the trace of C^-1 C, and J(k) is the same for every v without zeros."""
    terms = letter("C_K")  # the noise of the first K steps
    power, its_adjoint = letters("W^k")
    yield given("C is the sum of W^k v v' W'^k over all k, as the noise enters as the signal does.", C)
    yield shown_of_words(
        "In the trace each lag contributes C^-1 W^k v v' W'^k.",
        Tr(vs * its_adjoint * P * power * v),
        Tr(P * power * v * vs * its_adjoint),
    )
    yield shown_of_words("These add up to C^-1 C, which has trace N.", Tr(P * C), N)
    yield given("C_K is the sum of the first K lags; the rest vanishes with W^K.", terms)
    D, Ds = letters("D")
    one, ones = letters("u")
    G = letter("G")
    yield given("v = D u with D diagonal and u of ones. D commutes with W, and C = D G D'.", equation(v, D * one))
    rules = {W * D: D * W, Ds * Ws: Ws * Ds}
    yield shown_of_words(
        "D G D' solves the equation of C if G solves that of ones.",
        W * (D * G * Ds) * Ws + D * one * ones * Ds - D * G * Ds,
        0,
        rules | {W * G * Ws: G - one * ones},
    )
    inverse = Ds**-1 * G**-1 * D**-1
    yield shown_of_words(
        "At lag 2, and so at every lag, D cancels: J is that of ones.",
        ones * Ds * Ws**2 * inverse * W**2 * D * one,
        ones * Ws**2 * G**-1 * W**2 * one,
        rules,
    )


@proof("I3", note="C - x x' is positive semidefinite: it is a sum of terms y y'.")
def memory_of_a_noisy_input_is_a_share() -> Steps:
    """J - J^2 is the form of a positive semidefinite matrix, so that J is between 0 and 1."""
    R = letter("R")
    yield given("x is W^k v, and R is the sum of all other terms of C.", equation(R, C - x * xs))
    yield shown_of_words(
        "J - J^2, with J = x' C^-1 x, is the form of R at C^-1 x.",
        xs * P * R * P * x,
        xs * P * x - xs * P * x * xs * P * x,
        {R: C - x * xs},
    )
    a, b, p, q = sp.symbols("a b p q", real=True)
    step, weights = sp.diag(a, b), sp.Matrix([p, q])
    J = [fisher_memory_at_lag(step, weights, lag, noise=weights * weights.T) for lag in (0, 1)]
    yield shown("For two real modes 1 - J(0) is a square.", 1 - J[0], (a * b) ** 2)
    yield shown("J(1) is J(0) less a square.", J[0] - J[1], ((a + b) * (1 - a * b)) ** 2)


@proof("I4", scope="any N by determinants; two and three modes by elimination", note="det(1 - x y') = 1 - y' x.")
def memory_of_the_newest_noisy_input() -> Steps:
    """1 - J(0) is the determinant of 1 - C^-1 v v', which is det W det W'."""
    yield shown_of_words(
        "The Stein equation turns C (1 - C^-1 v v') into W C W'; the determinants give 1 - J(0) = det W det W'.",
        C * (1 - P * v * vs),
        W * C * Ws,
        STEIN,
    )
    a, b, c, p, q, r = sp.symbols("a b c p q r", real=True)
    yield shown("Two real modes.", newest(sp.diag(a, b), [p, q]), 1 - (a * b) ** 2, of="J(0)")
    yield shown("Three real modes.", newest(sp.diag(a, b, c), [p, q, r]), 1 - (a * b * c) ** 2, of="J(0)")
    yield shown(
        "The two parts of one complex mode, which stand for it and its conjugate.",
        newest(pair_of_real_numbers(a, c), [p, q]),
        1 - (a**2 + c**2) ** 2,
        of="J(0)",
    )


def newest(step: sp.Matrix, weights: list[sp.Expr]) -> sp.Expr:
    """J(0) with noise in the input."""
    column = sp.Matrix(weights)
    return fisher_memory_at_lag(step, weights, 0, noise=column * column.T)
