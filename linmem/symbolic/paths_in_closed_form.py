"""Proofs for claims H7 to H9: memory along steps in closed form, and where it is infinite."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import inverse
from linmem.symbolic.proofs import Steps, equation, given, proof, shown


def covariance_after(steps: list[sp.Matrix], noise: sp.Matrix) -> sp.Matrix:
    """C of the recursion C_t = A_t C_{t-1} A_t' + Q, from a known start."""
    C = sp.zeros(*noise.shape)
    for A in steps:
        C = A * C * A.T + noise
    return C


@proof("H7", scope="any N; the matrices written out for N = T = 3")
def chain_of_changing_links_in_closed_form() -> Steps:
    """J(k) = P_k / V_k with the variance V_k = P_k (1 / P_0 + ... + 1 / P_k) of the unit that the input has reached."""
    g, P, total = sp.symbols("g P_k S_k", positive=True)
    yield given("The input has passed k links, of squared product P_k; S_k is the sum of 1 / P_m for m <= k.", P)
    yield shown(
        "The variance P_k S_k becomes that of the next unit over a link g, with noise of its own: induction.",
        g**2 * P * total + 1,
        g**2 * P * (total + 1 / (g**2 * P)),
    )
    yield shown(
        "The first unit has P_0 = 1, S_0 = 1, and noise of its own only.", (P * total).subs({P: 1, total: 1}), 1
    )
    links = sp.symbols("g_1:7", positive=True)
    steps = [sp.Matrix([[0, 0, 0], [links[2 * t], 0, 0], [0, links[2 * t + 1], 0]]) for t in range(3)]
    v = sp.Matrix([1, 0, 0])
    moved = steps[2] * steps[1] * v
    J = (moved.T * inverse(covariance_after(steps, sp.eye(3))) * moved)[0]
    first, second = links[2] ** 2, links[2] ** 2 * links[5] ** 2
    yield shown(
        "Three units, three steps, six links: the memory of the first input is that of the two links it has passed.",
        J,
        1 / (1 + 1 / first + 1 / second),
    )
    yield shown(
        "Links of 1/2, 1/2, 2, 2 have the gradient 1, and this memory.", memory_of(["1/2", "1/2", 2, 2]), "1/26"
    )
    yield shown("In the other order it is larger.", memory_of([2, 2, "1/2", "1/2"]), "16/41")
    yield shown("Links of 1 have this one.", memory_of([1, 1, 1, 1]), "1/5")


def memory_of(links: list[int | str]) -> sp.Expr:
    """1 / sum_m 1 / P_m."""
    squares, P = [sp.S.One], sp.S.One
    for link in links:
        P = P * sp.Rational(link) ** 2
        squares.append(1 / P)
    return 1 / sp.Add(*squares)


@proof("H8", scope="one unit, any number of steps")
def lstm_of_one_unit_in_closed_form() -> Steps:
    """With constant gates, at rest, J(k) of (h, c) and of h alone are these fractions."""
    f, o, b, S, of_hidden, of_cell = sp.symbols("f o b S q_h q_c", positive=True)
    k, T = sp.symbols("k T", integer=True, positive=True)
    yield given("At rest c' = f c + b s and h' = o c', as the tanh has slope 1 at 0; S is the variance of f c.", S)
    variance = of_cell * (f**2 - f ** (2 * T)) / (1 - f**2)
    yield shown("After the first step f c has no noise.", variance.subs(T, 1), 0, of="S_1")
    yield shown(
        "Each further step adds q_c to c and multiplies by f^2: induction.",
        f**2 * (variance + of_cell),
        variance.subs(T, T + 1),
    )
    C = sp.Matrix([[o**2 * S + of_hidden, o * S], [o * S, S + of_cell]])
    moved = f**k * b * sp.Matrix([o, 1])
    yield given("The covariance of (h, c) is this.", equation(sp.Symbol("C"), C))
    of_both = b**2 * f ** (2 * k) / (S + 1 / (1 / of_cell + o**2 / of_hidden))
    yield shown(
        "An input k steps before moves (h, c) by b f^k (o, 1).",
        (moved.T * inverse(C) * moved)[0],
        of_both,
        of="J(k)",
    )
    of_h = moved[0] ** 2 / C[0, 0]
    yield shown("What h knows alone is this.", of_h, b**2 * f ** (2 * k) / (S + of_hidden / o**2))
    yield shown("With a shut output gate h knows nothing.", sp.limit(of_h, o, 0), 0)
    yield shown("c still knows this.", sp.limit(of_both, o, 0), b**2 * f ** (2 * k) / (S + of_cell))


@proof("H9", scope="N = 2, T = 3; the first unit without noise")
def memory_without_noise_is_infinite() -> Steps:
    """With noise of variance e in a unit that no other reaches, e J(0) goes to the square of its input weight."""
    a, b = sp.symbols("a b", real=True)
    e, p, q = sp.symbols("e p q", positive=True)
    C = covariance_after([sp.Matrix([[0, 0], [a, b]])] * 3, sp.diag(e, 1))
    v = sp.Matrix([p, q])
    J = (v.T * inverse(C) * v)[0]
    yield shown("The covariance does not couple that unit to the other.", C[0, :], sp.Matrix([[e, 0]]))
    yield shown(
        "The memory is the sum of that of the unit and of that of the other.",
        J,
        p**2 / e + q**2 / C[1, 1],
    )
    yield shown(
        "Times e it goes to p^2, so that without noise it is infinite.",
        sp.limit(sp.expand(e * J), e, 0),
        p**2,
    )
