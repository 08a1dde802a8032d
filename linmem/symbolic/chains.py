"""Proofs for claims C1 to C5, C9 and C10: delay lines, in which the noise of each unit follows from the one before."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from linmem.symbolic.exact import fisher_memory_at_lag, fisher_memory_matrix, spatial_fisher_memory
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import Steps, equation, given, positive, proof, shown

m = sp.Symbol("m", integer=True, positive=True)
SIZES = (2, 3, 4, 5, 6)


def shift(weights: Sequence[sp.Expr]) -> sp.Matrix:
    """The matrix of a delay line, W[i + 1, i] = weights[i]."""
    size = len(weights) + 1
    return sp.Matrix(size, size, lambda row, column: weights[column] if row == column + 1 else 0)


def first_unit(size: int) -> list[int]:
    """The input to the first unit."""
    return [1] + [0] * (size - 1)


def powers_of_squares(a: sp.Symbol, terms: int) -> sp.Expr:
    """1 + a^2 + ... + a^(2 terms - 2)."""
    return sp.Add(*(a ** (2 * power) for power in range(terms)))


@proof("C1", scope="any N; written out for N <= 6")
def chain_curve() -> Steps:
    """A chain of gain a has J(k) = a^2k (1 - a^2) / (1 - a^(2k+2)) for k < N, 1 / (k + 1) at a = 1."""
    form = closed_form("chain_curve")
    a, lag = form.parameters
    variance = a ** (2 * lag) / form.general
    yield given(
        "W^k e_1 = a^k e_(k+1), and the noise of different units is from different times: J(k) = a^2k / c_(k+1).",
        form.general,
    )
    yield given("So the variance c_(k+1) of unit k + 1 is to be this number.", variance)
    yield shown(
        "The first unit has its own noise only.",
        variance.subs(lag, 0),
        1,
        of="c_1",
    )
    yield shown(
        "Each next unit has its own noise, and a^2 of the noise of the unit before: induction.",
        1 + a**2 * variance,
        variance.subs(lag, lag + 1),
    )
    yield shown(
        "At a = 1 the limit is 1 / (k + 1).",
        form.limit("a", 1),
        form.at(a=1),
        of="J(k)",
    )
    for size in SIZES:
        W = shift([a] * (size - 1))
        C = sp.diag(*(variance.subs(lag, i) for i in range(size)))
        yield shown(
            f"For N = {size}, the diagonal matrix of these variances solves the Stein equation.",
            W * C * W.T + sp.eye(size),
            C,
            display=equation(sp.Symbol("C"), C.applyfunc(sp.cancel)),
        )
    yield shown(
        "After N steps, here N = 6, nothing of the signal remains.",
        W**6,
        sp.zeros(6, 6),
    )


@proof("C2")
def chain_total_is_a_lambert_sum() -> Steps:
    """J_tot of a chain is H_N at a = 1, a Lambert sum in a^2 below and in a^-2 above, where it grows as N (1 -
    a^-2)."""
    form = closed_form("chain_curve")
    a, lag = form.parameters
    al, q = a**2, a**-2
    below = (1 - al) / al * (al**m / (1 - al**m))
    above = (1 - q) + (1 - q) * q**m / (1 - q**m)
    yield shown(
        "Below a = 1, the terms are these, with m = k + 1.",
        form.general,
        below.subs(m, lag + 1),
    )
    yield shown(
        "Above a = 1, each lag has 1 - q, with q = a^-2, and a term that falls.",
        form.general,
        above.subs(m, lag + 1),
    )
    yield shown(
        "At a = 1 the lags are the terms of the harmonic numbers.",
        form.at(a=1),
        1 / (lag + 1),
    )
    total = closed_form("chain_total")
    yield shown(
        "For N = 5 the sum of the closed form is H_5.",
        total.at(N=5, a=1),
        sp.harmonic(5),
    )
    gain = 1 + sp.Symbol("c", positive=True)
    growing = sp.Symbol("Q", positive=True)  # q^-m, which grows with m
    yield shown(
        "Above a = 1, q^m tends to 0, so that J(k) tends to 1 - q, the slope of the total.",
        sp.limit((1 - gain**-2) / (1 - 1 / growing), growing, sp.oo),
        1 - gain**-2,
    )


@proof("C3", scope="any N; written out for N <= 6")
def chains_hold_most_at_their_source() -> Steps:
    """J^s of a chain is diagonal, its entries fall from the source to the sink, and they add up to N."""
    form = closed_form("chain_spatial_memory")
    a, entry, _ = form.parameters
    yield given("Entry j is to be this sum.", form.general)
    i = form.expression.limits[0][0]
    term = form.general.function
    precision = (a**2 - 1) / (a ** (2 * i) - 1)
    yield shown(
        "Its first term is 1 / c_j; the equation is s_j = 1 / c_j + a^2 s_(j+1).",
        term.subs(i, entry),
        precision.subs(i, entry),
    )
    yield shown(
        "Its other terms are those of the next entry, times a^2.",
        a**2 * term.subs(entry, entry + 1),
        term,
    )
    yield from _sum_of_entries(a, i, precision)
    yield from _falling_entries(a)
    for n in SIZES[:-1]:
        expected = sp.diag(*(_entry(a, s, n) for s in range(n)))
        yield shown(
            f"For N = {n}, elimination gives the same matrix.",
            spatial_fisher_memory(shift([a] * (n - 1))),
            expected,
            display=equation(sp.Symbol("J^s"), expected),
        )


def _sum_of_entries(a: sp.Symbol, i: sp.Symbol, precision: sp.Expr) -> Steps:
    geometric = (a ** (2 * i) - 1) / (a**2 - 1)
    yield shown(
        "To add the entries, sum over j <= i first: a geometric sum, which begins with 1.",
        geometric.subs(i, 1),
        1,
    )
    yield shown(
        "Each unit adds one more term.",
        geometric.subs(i, i + 1) - geometric,
        a ** (2 * i),
    )
    yield shown(
        "The sum times the precision of unit i is 1, for each of N units.",
        geometric * precision,
        1,
    )


def _entry(a: sp.Symbol, s: int, n: int) -> sp.Expr:
    """Entry s, counted from 0, of J^s of a chain of n units."""
    return sum(a ** (2 * (t - s)) / powers_of_squares(a, t + 1) for t in range(s, n))


def _falling_entries(a: sp.Symbol) -> Steps:
    variances = [powers_of_squares(a, terms) for terms in range(1, 7)]
    gained = sum(a ** (2 * s) * (1 / variances[s] - 1 / variances[s + 1]) for s in range(5))
    difference = gained + a**10 / variances[5]
    yield shown(
        "For N = 6, two neighbouring entries differ by this sum.",
        _entry(a, 0, 6) - _entry(a, 1, 6),
        difference,
    )
    yield positive(
        "The sum is positive, because the variances grow.",
        difference,
        strict=True,
    )


@proof("C4", scope="N <= 6")
def chains_keep_lags_apart() -> Steps:
    """The Fisher memory matrix of a chain is diagonal: no lag is confused with another."""
    a = closed_form("chain_curve").parameters[0]
    for n in SIZES:
        J = fisher_memory_matrix(shift([a] * (n - 1)), first_unit(n), n)
        yield shown(
            f"For N = {n} the matrix is diagonal.",
            J,
            sp.diag(*J.diagonal()),
            display=equation(sp.Symbol("J"), J),
        )


@proof("C5", scope="any N; written out for N <= 5")
def delay_line_memory_is_of_its_amplification() -> Steps:
    """A delay line of amplification A_k = (a_1 ... a_k)^2 has J(k) = 1 / sum_{l <= k} 1 / A_l."""
    A, S, weight = sp.symbols("A_k S_k a", positive=True)  # a: the weight to the next unit; S_k = sum 1 / A_l
    yield given("The variance of unit k + 1 is to be A_k S_k, S_k the sum of 1 / A_l over l <= k.", A * S)
    yield shown(
        "The first unit has its own noise only: A_0 = S_0 = 1.",
        (A * S).subs({A: 1, S: 1}),
        1,
        of="c_1",
    )
    grown = A * weight**2
    yield shown(
        "Each next unit has its own noise, and a^2 of the noise of the unit before: induction.",
        1 + weight**2 * (A * S),
        grown * (S + 1 / grown),
    )
    yield shown(
        "J(k) is A_k / (A_k S_k).",
        A / (A * S),
        1 / S,
    )
    for lag in range(1, 5):
        form = closed_form("delay_line_curve", lag=lag)
        yield shown(
            f"For N = {lag + 1} and lag {lag}, elimination gives the same.",
            fisher_memory_at_lag(shift(form.parameters), first_unit(lag + 1), lag),
            form.expression,
        )
    squares = sp.Sum(1 / m**2, (m, 1, sp.oo)).doit()
    yield shown(
        "For A_k = k^2 the sum tends to a limit, so that the curve has a plateau.",
        squares + 1,
        1 + sp.pi**2 / 6,
    )
    linear = sp.Sum(1 / m, (m, 1, lag + 1)).doit()
    yield shown(
        "For A_k = k + 1 the curve is 1 / H_(k+1), here for k = 4.",
        1 / linear,
        1 / sp.harmonic(lag + 1),
    )


@proof("C9", scope="N <= 6")
def reversed_chains_forget() -> Steps:
    """Read against its direction, a chain holds at its sink 1 / C_11 only, (a^2 - 1) / (a^2N - 1)."""
    a = closed_form("chain_curve").parameters[0]
    for n in SIZES:
        W = shift([a] * (n - 1)).T
        expected = (a**2 - 1) / (a ** (2 * n) - 1)
        yield shown(
            f"For N = {n}, this is the memory at lag 0.",
            fisher_memory_at_lag(W, first_unit(n), 0),
            expected,
        )
        yield shown(
            "At lag 1 there is no memory.",
            fisher_memory_at_lag(W, first_unit(n), 1),
            0,
        )


@proof("C10", scope="any number of layers; written out for 3")
def fan_out_memory_is_harmonic() -> Steps:
    """A fan-out tree, layer k of k units, has A_k = k + 1 and J(k) = 1 / H_(k+1)."""
    size = sp.Symbol("l", integer=True, positive=True)
    H = sp.Symbol("H_l", positive=True)
    yield given(
        "Each unit of layer l + 1 receives 1 / l times the sum over layer l, so that the signal is 1 in every unit.",
        size * (1 / size),
    )
    sum_variance = size**2 * H  # of the sum over layer l
    yield given("The noise of the sum over layer l is to have the variance l^2 H_l.", sum_variance)
    yield shown(
        "The first layer is one unit with its own noise.",
        sum_variance.subs({size: 1, H: 1}),
        1,
        of="q_1",
    )
    grown = (size + 1) + ((size + 1) / size) ** 2 * sum_variance
    yield shown(
        "The next sum adds l + 1 independent noises to (l + 1) / l times this one.",
        grown,
        (size + 1) ** 2 * (H + 1 / (size + 1)),
    )
    yield from _one_layer()
    yield shown(
        "So J(l - 1) = 1 / H_l.",
        size**2 / sum_variance,
        1 / H,
    )
    yield from _three_layers()


def _one_layer() -> Steps:
    shared = sp.Symbol("beta", nonnegative=True)
    units = sp.ones(3, 1)
    C = sp.eye(3) + shared * units * units.T
    yield shown(
        "In a layer C = 1 + beta 1 1', of which the vector of ones is an eigenvector.",
        C * units,
        (1 + 3 * shared) * units,
    )
    yield shown(
        "So J = 1' C^-1 1 is l^2 over the variance of the sum.",
        (units.T * C.inv() * units)[0],
        9 / (units.T * C * units)[0],
    )


def _three_layers() -> Steps:
    half = sp.Rational(1, 2)
    W = sp.zeros(6, 6)
    W[1, 0] = W[2, 0] = 1
    for row in (3, 4, 5):
        W[row, 1] = W[row, 2] = half
    source = sp.Matrix([1, 0, 0, 0, 0, 0])
    last_layer = sp.Matrix([0, 0, 0, 1, 1, 1])
    form = closed_form("fan_out_curve")
    yield shown(
        "With three layers, the signal of lag 2 is 1 in all units of the last.",
        W**2 * source,
        last_layer,
    )
    for lag in range(3):
        yield shown(
            f"With three layers, elimination gives the same at lag {lag}.",
            fisher_memory_at_lag(W, source, lag),
            form.at(k=lag),
        )
