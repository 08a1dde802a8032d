"""Proofs for claims D1 and D3: chains with feedback, W[i + 1, i] = a and W[i, i + 1] = b."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import noise_covariance
from linmem.symbolic.formulas import closed_form, feedback_weights
from linmem.symbolic.proofs import Steps, equation, given, proof, shown, shown_of_words
from linmem.symbolic.words import letter, letters

SIZES = (2, 3, 4, 5, 6)


@proof("D1")
def eigenvalues_of_a_chain_with_feedback_are_cosines() -> Steps:
    """The eigenvalues of a chain of N units, a forwards and b back, are 2 sqrt(ab) cos(j pi / (N + 1)), j = 1 ... N."""
    form = closed_form("feedback_chain_eigenvalue")
    a, b, j, N = form.parameters
    theta, mu = sp.symbols("theta mu", real=True)
    root = 2 * sp.sqrt(a * b) * sp.cos(theta)
    yield given(
        "Expand the determinant of mu - W along its last row: p_(n+2) = mu p_(n+1) - a b p_n, p_0 = 1, p_1 = mu.",
        mu,
    )
    yield from _recursion_in_sines(a * b, theta, root)
    angle = j * sp.pi / (N + 1)
    yield shown(
        "At theta = j pi / (N + 1), which is not a multiple of pi, the polynomial of N units vanishes with its sine.",
        _characteristic(N, a * b, theta).subs(theta, angle),
        0,
        display=equation(sp.sin((N + 1) * theta), 0),
    )
    yield shown(
        "These are N different roots: the eigenvalues.",
        root.subs(theta, angle),
        form.expression,
        of="mu_j",
    )
    for size in SIZES:
        yield from _determinant(size, a * b, mu)


def _characteristic(size: sp.Expr, product: sp.Expr, theta: sp.Symbol) -> sp.Expr:
    """sqrt(a b)^n sin((n + 1) theta) / sin(theta)."""
    return sp.sqrt(product) ** size * sp.sin((size + 1) * theta) / sp.sin(theta)


def _recursion_in_sines(product: sp.Expr, theta: sp.Symbol, root: sp.Expr) -> Steps:
    n = sp.Symbol("n", integer=True, nonnegative=True)
    p_0, p_1, p_n, p_n1, p_n2 = (_characteristic(size, product, theta) for size in (0, 1, n, n + 1, n + 2))
    yield given("At mu = 2 sqrt(ab) cos theta the solution is to be this function.", p_n)
    yield shown(
        "It is 1 for no unit.",
        p_0,
        1,
        of="p_0",
    )
    yield shown(
        "It is mu for one unit.",
        sp.expand_trig(p_1),
        root,
        of="p_1",
    )
    step = p_n2 - root * p_n1 + product * p_n
    phi = sp.Symbol("phi", real=True)  # (n + 2) theta
    scaled = sp.powsimp(sp.expand(step * sp.sin(theta) / sp.sqrt(product) ** (n + 2)))
    sines = sp.sin(phi + theta) - 2 * sp.cos(theta) * sp.sin(phi) + sp.sin(phi - theta)
    yield shown(
        "Its recursion is that of the sine, phi = (n + 2) theta.",
        scaled.subs(n, phi / theta - 2),
        0,
        by=lambda difference: sp.simplify(sp.expand_trig(sp.simplify(difference))),
        display=equation(sines, 0),
    )


def _determinant(size: int, product: sp.Expr, mu: sp.Symbol) -> Steps:
    determinant = (mu * sp.eye(size) - feedback_weights(size)).det()
    polynomials = [sp.S.One, mu]
    for _ in range(size - 1):
        polynomials.append(mu * polynomials[-1] - product * polynomials[-2])
    yield shown(
        f"For N = {size}, the determinant is that of the recursion.",
        determinant,
        polynomials[size],
        display=equation(letter("p"), sp.expand(determinant)),
    )


@proof("D3", scope="any N")
def the_best_input_of_a_chain_with_feedback_is_on_every_other_unit() -> Steps:
    """C and J^s of a chain with feedback do not couple even units with odd ones, so that a best input is on one kind
    only."""
    W, Ws = letters("W")
    C, S, P = letter("C"), letter("J^s"), letter("P")
    row, column = sp.symbols("i j", integer=True)
    sign = (-1) ** row * (-1) ** column
    yield given("P = diag((-1)^i) is its own inverse. W connects neighbours, for which i - j is 1 or -1.", (-1) ** row)
    for step in (1, -1):
        yield shown(
            f"For i = j + {step} this is the sign of P W P.",
            sign.subs(row, column + step),
            -1,
        )
    one = {P * P: sp.S.One}
    noise = {**one, W * P: -P * W, P * Ws: -Ws * P, W * C * Ws: C - 1}
    memory = {**one, Ws * P: -P * Ws, P * W: -W * P, Ws * S * W: S - C**-1}
    yield given("So P W P = -W. The sign drops from the Stein equations.", equation(P * W * P, -W))
    yield shown_of_words(
        "P C P solves the equation of C, so that it is C.",
        W * P * C * P * Ws,
        P * (C - 1) * P,
        noise,
    )
    yield shown_of_words(
        "P J^s P solves the equation of J^s.",
        Ws * P * S * P * W,
        P * (S - C**-1) * P,
        memory,
    )
    for size in SIZES[:3]:
        covariance = noise_covariance(feedback_weights(size))
        signs = sp.diag(*((-1) ** i for i in range(size)))
        yield shown(
            f"For N = {size}, elimination shows the same.",
            signs * covariance * signs,
            covariance,
            display=equation(P * C * P, C),
        )
