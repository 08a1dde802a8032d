"""Proofs for claims F7 to F9: feedforward integrators and Legendre memory, in continuous time."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import equation, given, proof, shown
from linmem.symbolic.words import letter


@proof("F7", scope="any N; the flow written out for N <= 5")
def feedforward_integrators_hold_their_sum():
    """The sum of N stages, each driving the next at rate 1, is Gamma(N, t) / Gamma(N) after a pulse: near 1 until t =
    N."""
    form = closed_form("integrator_response")
    n, t = form.parameters
    m = sp.Symbol("m", integer=True, nonnegative=True)
    time = sp.Symbol("t", positive=True)
    stage = time**m / sp.factorial(m) * sp.exp(-time)
    yield given("Stage m should hold", stage)
    yield shown("It leaks, and is driven by the one before:", sp.diff(stage, time), (-stage + stage * m / time))
    yield shown(
        "which is the stage before.",
        (stage * m / time),
        stage.subs(m, m - 1),
        by=lambda e: sp.simplify(sp.gammasimp(e.rewrite(sp.gamma).subs(m, sp.Symbol("m", positive=True)))),
    )
    response = form.expression.subs(t, time)
    yield shown(
        "So the sum of N falls by what its last stage passes on,",
        sp.diff(response, time),
        -stage.subs(m, n - 1),
        by=lambda e: sp.simplify(e.rewrite(sp.gamma)),
    )
    yield shown("from 1.", sp.uppergamma(n, 0) / sp.gamma(n), 1, of="Q(N, 0)")
    for size in range(2, 6):
        drift = sp.Matrix(size, size, lambda i, j: {0: -1, 1: 1}.get(i - j, 0))
        states = sp.Matrix([stage.subs(m, i) for i in range(size)])
        yield shown(
            f"{size} stages solve dx/dt = A x", states.diff(time), drift * states, display=equation(letter("x"), states)
        )
        yield shown("and their sum is", sum(states), sp.expand_func(response.subs(n, size)))


@proof("F8", scope="q = 2, 3, 4")
def legendre_memory_is_a_pade_delay():
    """The output of a Legendre memory unit of order q has the transfer function [q-1/q] of exp(-s), its Pade
    approximant."""
    s = sp.Symbol("s")
    for q in (2, 3, 4):
        drift = sp.Matrix(q, q, lambda i, j: (2 * i + 1) * (-1 if i < j else (-1) ** (i - j + 1)))
        drive = sp.Matrix([(2 * i + 1) * (-1) ** i for i in range(q)])
        resolvent = s * sp.eye(q) - drift
        above, below = sp.expand(sum(resolvent.adjugate() * drive)), sp.expand(resolvent.det())
        yield given(f"q = {q}: the transfer function", above / below)
        yield shown("Its numerator is of degree q - 1,", sp.degree(above, s), q - 1)
        yield shown("its denominator of degree q,", sp.degree(below, s), q)
        delay = sum((-s) ** order / sp.factorial(order) for order in range(2 * q))
        difference = sp.expand(above - below * delay)
        agreed = sum(difference.coeff(s, order) * s**order for order in range(2 * q))
        yield shown("and it agrees with exp(-s) up to s^(2q-1), as no other such fraction does.", agreed, 0)


@proof("F9")
def hippo_drifts_are_normal_but_for_few_ranks():
    """Of LegS A + A' = -1 - p p', p_n = sqrt(2n + 1); of LegT, normalised, A + A' = -b b' - p p'."""
    n = sp.Symbol("n", integer=True, nonnegative=True)
    i, j = sp.symbols("i j", integer=True, nonnegative=True)
    p_i, p_j = sp.sqrt(2 * i + 1), sp.sqrt(2 * j + 1)
    yield given("LegS: beside the diagonal, i > j, A_ij = -p_i p_j and A_ji = 0; on it -(n + 1).", -p_i * p_j)
    yield shown("Beside the diagonal", -p_i * p_j + 0, -p_i * p_j)
    yield shown("and on it.", -2 * (n + 1), -1 - sp.sqrt(2 * n + 1) ** 2)
    lag = sp.Symbol("d", integer=True, positive=True)  # i - j
    sign = (-1) ** (lag + 1)
    b_i, b_j = (-1) ** (j + lag) * p_i, (-1) ** j * p_j
    yield given("LegT: i = j + d below the diagonal has (-1)^(d+1) p_i p_j, above it -p_i p_j.", sign * p_i * p_j)
    yield shown("Beside the diagonal", sign * p_i * p_j - p_i * p_j, -b_i * b_j - p_i * p_j)
    b_n = (-1) ** n * sp.sqrt(2 * n + 1)
    yield shown("and on it.", -2 * (2 * n + 1), -(b_n**2) - sp.sqrt(2 * n + 1) ** 2)
