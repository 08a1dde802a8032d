"""Proofs for claims F7 to F9: feedforward integrators and Legendre memory, in continuous time."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import Steps, equation, given, proof, shown
from linmem.symbolic.words import letter


@proof("F7", scope="any N; the flow written out for N <= 5")
def feedforward_integrators_hold_their_sum() -> Steps:
    """The sum of N stages, each driving the next at rate 1, is Gamma(N, t) / Gamma(N) after a pulse: near 1 until t =
    N."""
    form = closed_form("integrator_response")
    n, t = form.parameters
    m = sp.Symbol("m", integer=True, nonnegative=True)
    time = sp.Symbol("t", positive=True)
    stage = time**m / sp.factorial(m) * sp.exp(-time)
    response = form.expression.subs(t, time)
    driven = stage * m / time
    yield given("The state of stage m is to be this function.", stage)
    yield shown(
        "The stage leaks, and is driven by this function.",
        sp.diff(stage, time),
        -stage + driven,
    )
    yield shown(
        "The function is the state of the stage before.",
        driven,
        stage.subs(m, m - 1),
        by=lambda difference: _by_gammas(difference, m),
    )
    yield shown(
        "So the sum of N stages falls by the output of the last one.",
        sp.diff(response, time),
        -stage.subs(m, n - 1),
        by=lambda difference: sp.simplify(difference.rewrite(sp.gamma)),
    )
    yield shown(
        "The sum is 1 at the beginning.",
        sp.uppergamma(n, 0) / sp.gamma(n),
        1,
        of="Q(N, 0)",
    )
    for size in range(2, 6):
        yield from _stages(size, stage, m, response.subs(n, size))


def _stages(size: int, stage: sp.Expr, m: sp.Symbol, response: sp.Expr) -> Steps:
    time = sp.Symbol("t", positive=True)
    drift = sp.Matrix(size, size, lambda row, column: {0: -1, 1: 1}.get(row - column, 0))
    states = sp.Matrix([stage.subs(m, i) for i in range(size)])
    yield shown(
        f"{size} stages solve dx/dt = A x.",
        states.diff(time),
        drift * states,
        display=equation(letter("x"), states),
    )
    yield shown(
        "Their sum is the closed form.",
        sum(states),
        sp.expand_func(response),
    )


def _by_gammas(expression: sp.Expr, whole: sp.Symbol) -> sp.Expr:
    """Simplified as gamma functions of a variable that need not be whole."""
    smooth = sp.Symbol("m", positive=True)
    return sp.simplify(sp.gammasimp(expression.rewrite(sp.gamma).subs(whole, smooth)))


@proof("F8", scope="q = 2, 3, 4")
def legendre_memory_is_a_pade_delay() -> Steps:
    """The output of a Legendre memory unit of order q has the transfer function [q-1/q] of exp(-s), its Pade
    approximant."""
    s = sp.Symbol("s")
    for q in (2, 3, 4):
        drift = sp.Matrix(q, q, lambda i, j: (2 * i + 1) * (-1 if i < j else (-1) ** (i - j + 1)))
        drive = sp.Matrix([(2 * i + 1) * (-1) ** i for i in range(q)])
        resolvent = s * sp.eye(q) - drift
        numerator = sp.expand(sum(resolvent.adjugate() * drive))
        denominator = sp.expand(resolvent.det())
        yield given(f"For q = {q}, this is the transfer function.", numerator / denominator)
        yield shown(
            "Its numerator is of degree q - 1.",
            sp.degree(numerator, s),
            q - 1,
        )
        yield shown(
            "Its denominator is of degree q.",
            sp.degree(denominator, s),
            q,
        )
        orders = range(2 * q)
        delay = sum((-s) ** order / sp.factorial(order) for order in orders)
        difference = sp.expand(numerator - denominator * delay)
        low_orders = sum(difference.coeff(s, order) * s**order for order in orders)
        yield shown(
            "It agrees with exp(-s) up to s^(2q-1), as no other such fraction does.",
            low_orders,
            0,
        )


@proof("F9")
def hippo_drifts_are_normal_but_for_few_ranks() -> Steps:
    """For LegS A + A' = -1 - p p', p_n = sqrt(2n + 1); for LegT, normalised, A + A' = -b b' - p p'."""
    n = sp.Symbol("n", integer=True, nonnegative=True)
    i, j = sp.symbols("i j", integer=True, nonnegative=True)
    p_n, p_i, p_j = (sp.sqrt(2 * index + 1) for index in (n, i, j))
    yield given("In LegS, for i > j, A_ij = -p_i p_j and A_ji = 0. On the diagonal A_nn = -(n + 1).", -p_i * p_j)
    yield shown(
        "Off the diagonal, A + A' is that of -1 - p p'.",
        -p_i * p_j + 0,
        -p_i * p_j,
    )
    yield shown(
        "On the diagonal it is, too.",
        -2 * (n + 1),
        -1 - p_n**2,
    )
    lag = sp.Symbol("d", integer=True, positive=True)  # i - j
    below = (-1) ** (lag + 1) * p_i * p_j
    above = -p_i * p_j
    b_i, b_j = (-1) ** (j + lag) * p_i, (-1) ** j * p_j
    b_n = (-1) ** n * p_n
    yield given("In LegT, for i = j + d, A_ij = (-1)^(d+1) p_i p_j, and A_ji = -p_i p_j.", below)
    yield shown(
        "Off the diagonal, A + A' is that of -b b' - p p'.",
        below + above,
        -b_i * b_j - p_i * p_j,
    )
    yield shown(
        "On the diagonal it is, too.",
        -2 * (2 * n + 1),
        -(b_n**2) - p_n**2,
    )
