"""Proofs for claims D1, D3 and G5: chains with feedback, W[i + 1, i] = a and W[i, i + 1] = b."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import noise_covariance
from linmem.symbolic.formulas import closed_form, feedback_weights
from linmem.symbolic.proofs import equation, given, proof, shown, shown_of_words
from linmem.symbolic.words import letter, letters

SIZES = (2, 3, 4, 5, 6)


@proof("D1")
def eigenvalues_of_a_chain_with_feedback_are_cosines():
    """The eigenvalues of a chain of N units, a forwards and b back, are 2 sqrt(ab) cos(j pi / (N + 1)), j = 1 ... N."""
    form = closed_form("feedback_chain_eigenvalue")
    a, b, j, N = form.parameters
    theta, mu = sp.symbols("theta mu", real=True)
    root = 2 * sp.sqrt(a * b) * sp.cos(theta)
    n = sp.Symbol("n", integer=True, nonnegative=True)

    def characteristic(size):
        return sp.sqrt(a * b) ** size * sp.sin((size + 1) * theta) / sp.sin(theta)

    yield given(
        "Expand the determinant of mu - W along its last row: p_(n+2) = mu p_(n+1) - a b p_n, p_0 = 1, p_1 = mu.", mu
    )
    yield given("At mu = 2 sqrt(ab) cos theta the solution should be", characteristic(n))
    yield shown("It begins as it must:", characteristic(0), 1, of="p_0")
    yield shown("and", sp.expand_trig(characteristic(1)), root, of="p_1")
    step = characteristic(n + 2) - root * characteristic(n + 1) + a * b * characteristic(n)
    phi = sp.Symbol("phi", real=True)  # (n + 2) theta
    scaled = sp.powsimp(sp.expand(step * sp.sin(theta) / sp.sqrt(a * b) ** (n + 2))).subs(n, phi / theta - 2)
    sines = sp.sin(phi + theta) - 2 * sp.cos(theta) * sp.sin(phi) + sp.sin(phi - theta)
    yield shown(
        "Its recursion is that of the sine, phi = (n + 2) theta.",
        scaled,
        0,
        by=lambda difference: sp.simplify(sp.expand_trig(sp.simplify(difference))),
        display=equation(sines, 0),
    )
    last = characteristic(N).subs(theta, j * sp.pi / (N + 1))
    yield shown(
        "At theta = j pi / (N + 1), which is no multiple of pi, the polynomial of N units vanishes: so does",
        last,
        0,
        display=equation(sp.sin((N + 1) * theta), 0),
    )
    yield shown(
        "N different roots: these are the eigenvalues.",
        root.subs(theta, j * sp.pi / (N + 1)),
        form.expression,
        of="mu_j",
    )
    for size in SIZES:
        found = (mu * sp.eye(size) - feedback_weights(size)).det()
        recursive = [sp.S.One, mu]
        for _ in range(size - 1):
            recursive.append(mu * recursive[-1] - a * b * recursive[-2])
        yield shown(
            f"N = {size}: the determinant is that of the recursion.",
            found,
            recursive[size],
            display=equation(letter("p"), sp.expand(found)),
        )


@proof("D3", scope="any N")
def the_best_input_of_a_chain_with_feedback_is_on_every_other_unit():
    """C and J^s of a chain with feedback do not couple even units with odd ones, so that a best input lives on one
    kind."""
    W, Ws = letters("W")
    C, S, P = letter("C"), letter("J^s"), letter("P")
    row, column = sp.symbols("i j", integer=True)
    yield given("P = diag((-1)^i) is its own inverse; W joins neighbours, for which i - j is 1 or -1.", (-1) ** row)
    for step in (1, -1):
        yield shown(f"i = j + {step}: the sign of P W P", ((-1) ** row * (-1) ** column).subs(row, column + step), -1)
    noise = {P * P: sp.S.One, W * P: -P * W, P * Ws: -Ws * P, W * C * Ws: C - 1}
    memory = {P * P: sp.S.One, Ws * P: -P * Ws, P * W: -W * P, Ws * S * W: S - C**-1}
    yield given("So P W P = -W, which drops from the Stein equations:", equation(P * W * P, -W))
    yield shown_of_words("P C P solves that of C,", W * P * C * P * Ws, P * (C - 1) * P, noise)
    yield shown_of_words("and is C; then P J^s P solves that of J^s.", Ws * P * S * P * W, P * (S - C**-1) * P, memory)
    for size in SIZES[:3]:
        covariance = noise_covariance(feedback_weights(size))
        signs = sp.diag(*((-1) ** i for i in range(size)))
        yield shown(
            f"N = {size}, by elimination:", signs * covariance * signs, covariance, display=equation(P * C * P, C)
        )
