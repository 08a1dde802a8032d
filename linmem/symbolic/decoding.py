"""Proofs for claims E1, E2 and E7: what a linear decoder can recover from the state."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import noise_covariance, solve_stein
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import Steps, equation, given, positive, proof, shown, shown_of_words
from linmem.symbolic.words import letter, letters


@proof("E1")
def memory_function_is_the_dual_of_the_memory_matrix() -> Steps:
    """m(k) = s w_k' (e C + s P)^-1 w_k = 1 - [(1 + (s/e) F)^-1]_kk, for signals of variance s in noise of variance
    e."""
    M, Ms = letters("M")
    C, X = letter("C"), letter("X")
    s, e = sp.symbols("s e", positive=True)
    state = s * M * Ms + e * C
    yield given(
        "M has the columns w_k = W^k v. The signal adds s M M' to the noise e C; F = M' C^-1 M.",
        state,
    )
    yield given("X is the inverse of the covariance of the state.", equation(state * X, 1))
    explained = s * Ms * X * M
    F = Ms * C**-1 * M
    yield given("Regression on the state explains the share s w_k' X w_k of a signal: the diagonal of this.", explained)
    yield shown_of_words(
        "One minus this matrix is the inverse of 1 + (s/e) F.",
        (1 + s / e * F) * (1 - explained),
        1,
        {M * Ms * X: (1 - e * C * X) / s},
    )
    yield from _chain_of_two(s, e)


def _chain_of_two(s: sp.Symbol, e: sp.Symbol) -> Steps:
    curve = closed_form("chain_curve")
    a = curve.parameters[0]
    W = sp.Matrix([[0, 0], [a, 0]])
    noise = noise_covariance(W) * e
    signal = sp.diag(1, a**2) * s
    inverse = (noise + signal).inv()
    for lag in (0, 1):
        w = W**lag * sp.Matrix([1, 0])
        memory = (s * w.T * inverse * w)[0]
        J = curve.general.subs(curve.parameters[1], lag)
        yield shown(
            f"For a chain of two, F is diagonal: at lag {lag}, m = x / (1 + x) with x = s J / e.",
            memory,
            s * J / (e + s * J),
        )


@proof(
    "E2",
    note="m(k) <= x / (1 + x) is about the diagonal of an inverse: shown for two lags, any F.",
    scope="any N; the bound for two lags",
)
def capacity_is_at_most_the_fisher_memory_and_the_rank() -> Steps:
    """m(k) <= x / (1 + x), x = s J(k) / e, with equality where F is diagonal."""
    x, y = sp.symbols("x y", positive=True)
    z = sp.Symbol("z", real=True)
    F = sp.Matrix([[x, z], [z, y]])
    yield given("This is (s/e) F for two lags.", F)
    memory = 1 - (sp.eye(2) + F).inv()[0, 0]
    determinant = (1 + x) * (1 + y) - z**2
    yield shown(
        "The bound exceeds m(0) by this number.",
        x / (1 + x) - memory,
        z**2 / ((1 + x) * determinant),
    )
    gram = sp.Symbol("r", nonnegative=True)  # x y - z^2
    yield shown(
        "Its determinant is 1 + x + y plus that of a Gram matrix, r >= 0.",
        determinant.subs(y, (gram + z**2) / x),
        1 + x + (gram + z**2) / x + gram,
    )
    yield positive("So the number is not negative.", z**2 / ((1 + x) * (1 + x + y + gram)))


@proof("E7", scope="any N; P written out for N = 3")
def shift_register_is_decoded_in_closed_form() -> Steps:
    """A ring of N units, gain a < 1, has m(k) = a^2k x / (x a^(2 (k mod N)) / (1 - a^2N) + 1 / (1 - a^2)), x = s /
    e."""
    form = closed_form("ring_memory_function")
    a, k, N, x = form.parameters
    j = sp.Symbol("j", integer=True, nonnegative=True)
    signal = a ** (2 * j) / (1 - a ** (2 * N))
    noise = 1 / (1 - a**2)
    yield given("Lags j, j + N, ... meet in unit j. The variance of the signal there is to be s times this.", signal)
    yield shown(
        "Each unit passes the signal to the next one.",
        a**2 * signal,
        signal.subs(j, j + 1),
    )
    yield shown(
        "The last unit passes it to the first, which receives the input as well.",
        a**2 * signal.subs(j, N - 1) + 1,
        signal.subs(j, 0),
    )
    yield shown(
        "The noise is the same in every unit.",
        a**2 * noise + 1,
        noise,
    )
    memory = a ** (2 * k) * x / (x * signal.subs(j, sp.Mod(k, N)) + noise)
    yield shown(
        "Units are independent: m(k) is the share of lag k in unit k mod N.",
        memory,
        form.expression,
    )
    ring = a * sp.Matrix(3, 3, lambda row, column: int((row - column) % 3 == 1))
    unit = sp.Matrix([1, 0, 0])
    expected = sp.diag(*(signal.subs({j: i, N: 3}) for i in range(3)))
    yield shown(
        "For N = 3, elimination gives the same signal.",
        solve_stein(ring, unit * unit.T),
        expected,
    )
    yield shown(
        "For N = 3, elimination gives the same noise.",
        noise_covariance(ring),
        noise * sp.eye(3),
    )
