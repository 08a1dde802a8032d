"""Proofs for claims C1 to C5 and C10: delay lines, of which the noise of each unit follows from the one before."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import fisher_memory_at_lag, fisher_memory_matrix, spatial_fisher_memory
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import equation, given, positive, proof, shown

k, l = sp.symbols("k l", integer=True, nonnegative=True)  # noqa: E741
j, m = sp.symbols("j m", integer=True, positive=True)
SIZES = (2, 3, 4, 5, 6)


def shift(weights) -> sp.Matrix:
    """W[i + 1, i] = weights[i]."""
    return sp.Matrix(
        len(weights) + 1, len(weights) + 1, lambda row, column: weights[column] if row == column + 1 else 0
    )


def variance_of(curve, gain, lag):
    """c_(k+1) = a^(2k) / J(k): the noise of unit k + 1, whose share of the signal of lag k is a^k."""
    return gain ** (2 * lag) / curve


@proof("C1", scope="any N; written out for N <= 6")
def chain_curve():
    """A chain of gain a remembers J(k) = a^2k (1 - a^2) / (1 - a^(2k+2)) for k < N, 1 / (k + 1) at a = 1."""
    form = closed_form("chain_curve")
    a, lag = form.parameters
    c = variance_of(form.general, a, lag)
    yield given("W^k e_1 = a^k e_(k+1), and units hold noise of different times: J(k) = a^2k / c_(k+1).", form.general)
    yield given("so that the variance of unit k + 1 should be", c)
    yield shown("The first unit holds its own noise only.", c.subs(lag, 0), 1, of="c_1")
    yield shown(
        "Each next one holds its own, and a^2 of the one before: by induction all do.",
        1 + a**2 * c,
        c.subs(lag, lag + 1),
    )
    yield shown("At a = 1 the limit is 1 / (k + 1).", form.limit("a", 1), form.at(a=1), of="J(k)")
    for size in SIZES:
        W, C = shift([a] * (size - 1)), sp.diag(*(c.subs(lag, i) for i in range(size)))
        yield shown(
            f"N = {size}: the diagonal matrix of these variances solves the Stein equation.",
            W * C * W.T + sp.eye(size),
            C,
            display=equation(sp.Symbol("C"), C.applyfunc(sp.cancel)),
        )
    yield shown("After N steps nothing of the signal is left.", W**6, sp.zeros(6, 6))


@proof("C2")
def chain_total_is_a_lambert_sum():
    """J_tot of a chain is H_N at a = 1, a Lambert sum in a^2 below and in a^-2 above, where it grows as N (1 -
    a^-2)."""
    form = closed_form("chain_curve")
    a, lag = form.parameters
    al, q = a**2, a**-2
    yield shown("With m = k + 1, below 1:", form.general, (1 - al) / al * (al**m / (1 - al**m)).subs(m, lag + 1))
    yield shown(
        "above 1, with q = a^-2: each lag holds 1 - q, and a term that falls:",
        form.general,
        ((1 - q) + (1 - q) * q**m / (1 - q**m)).subs(m, lag + 1),
    )
    yield shown("At a = 1 the lags are those of the harmonic numbers.", form.at(a=1), 1 / (lag + 1))
    total = closed_form("chain_total")
    yield shown("N = 5, the sum of the closed form", total.at(N=5, a=1), sp.harmonic(5))
    above = 1 + sp.Symbol("c", positive=True)
    rest = sp.Symbol("Q", positive=True)  # q^-m, m -> oo
    yield shown(
        "Above 1, q^m -> 0, so that J(k) tends to the slope",
        sp.limit((1 - above**-2) / (1 - 1 / rest), rest, sp.oo),
        1 - above**-2,
    )


@proof("C3", scope="any N; written out for N <= 6")
def chains_hold_most_at_their_source():
    """J^s of a chain is diagonal, its entries fall from the source to the sink, and add to N."""
    form = closed_form("chain_spatial_memory")
    a, entry, _ = form.parameters
    i = form.expression.limits[0][0]
    term = form.general.function
    yield given("Entry j should be", form.general)
    precision = (a**2 - 1) / (a ** (2 * i) - 1)
    yield shown(
        "Each next entry has all terms but the first, over a^2: the equation s_j = 1 / c_j + a^2 s_(j+1).",
        term.subs(i, entry),
        precision.subs(i, entry),
    )
    yield shown("Term by term:", a**2 * term.subs(entry, entry + 1), term)
    geometric = (a ** (2 * i) - 1) / (a**2 - 1)
    yield shown("Sum over j <= i first, a geometric sum:", geometric.subs(i, 1), 1)
    yield shown("one more term", geometric.subs(i, i + 1) - geometric, a ** (2 * i))
    yield shown("times the precision of unit i leaves 1 for each of N units.", geometric * precision, 1)
    c = [sp.Add(*(a ** (2 * s) for s in range(t))) for t in range(1, 7)]
    last = sum(a ** (2 * s) * (1 / c[s] - 1 / c[s + 1]) for s in range(5)) + a**10 / c[5]
    first, second = (sum(a ** (2 * (t - s)) / c[t] for t in range(s, 6)) for s in (0, 1))
    yield shown("N = 6: two neighbouring entries differ by", first - second, last)
    yield positive("which is positive, since the variances grow.", last, strict=True)
    for n in SIZES[:-1]:
        found = spatial_fisher_memory(shift([a] * (n - 1)))
        expected = sp.diag(*(sum(a ** (2 * (t - s)) / c[t] for t in range(s, n)) for s in range(n)))
        yield shown(f"N = {n}, by elimination:", found, expected, display=equation(sp.Symbol("J^s"), expected))


@proof("C4", scope="N <= 6")
def chains_keep_lags_apart():
    """The Fisher memory matrix of a chain is diagonal: no lag is confused with another."""
    a = closed_form("chain_curve").parameters[0]
    for n in SIZES:
        J = fisher_memory_matrix(shift([a] * (n - 1)), [1] + [0] * (n - 1), n)
        yield shown(f"N = {n}", J, sp.diag(*J.diagonal()), display=equation(sp.Symbol("J"), J))


@proof("C5", scope="any N; written out for N <= 5")
def delay_line_memory_is_of_its_amplification():
    """A delay line of amplification A_k = (a_1 ... a_k)^2 remembers J(k) = 1 / sum_{l <= k} 1 / A_l."""
    A, S, weight = sp.symbols("A_k S_k a", positive=True)  # a: the weight to the next unit; S_k = sum 1 / A_l
    yield given("The variance of unit k + 1 should be A_k S_k, S_k the sum of 1 / A_l over l <= k.", A * S)
    yield shown("The first unit holds its own noise: A_0 = S_0 = 1.", (A * S).subs({A: 1, S: 1}), 1, of="c_1")
    grown = A * weight**2
    yield shown(
        "The next one holds its own, and a^2 of the one before: by induction all do.",
        1 + weight**2 * (A * S),
        grown * (S + 1 / grown),
    )
    yield shown("J(k) = A_k / (A_k S_k).", A / (A * S), 1 / S)
    for lag in range(1, 5):
        form = closed_form("delay_line_curve", lag=lag)
        found = fisher_memory_at_lag(shift(form.parameters), [1] + [0] * lag, lag)
        yield shown(f"N = {lag + 1}, lag {lag}, by elimination:", found, form.expression)
    yield shown(
        "A_k = k^2 leaves a plateau: the sum tends to", sp.Sum(1 / m**2, (m, 1, sp.oo)).doit() + 1, 1 + sp.pi**2 / 6
    )
    yield shown("A_k = k + 1 leaves 1 / H_(k+1).", 1 / sp.Sum(1 / m, (m, 1, lag + 1)).doit(), 1 / sp.harmonic(lag + 1))


@proof("C9", scope="N <= 6")
def reversed_chains_forget():
    """Read against its direction, a chain holds at its sink 1 / C_11 only, (a^2 - 1) / (a^2N - 1)."""
    a = closed_form("chain_curve").parameters[0]
    for n in SIZES:
        W = shift([a] * (n - 1)).T
        unit = [1] + [0] * (n - 1)
        yield shown(f"N = {n}: at lag 0", fisher_memory_at_lag(W, unit, 0), (a**2 - 1) / (a ** (2 * n) - 1))
        yield shown("and nothing at lag 1.", fisher_memory_at_lag(W, unit, 1), 0)


@proof("C10", scope="any number of layers; written out for 3")
def fan_out_memory_is_harmonic():
    """A fan-out tree, layer k of k units, has A_k = k + 1 and J(k) = 1 / H_(k+1)."""
    size = sp.Symbol("l", integer=True, positive=True)
    H = sp.Symbol("H_l", positive=True)
    form = closed_form("fan_out_curve")
    yield given(
        "Each unit of layer l + 1 receives 1 / l times the sum over layer l: the signal stays 1 in every unit.",
        size * (1 / size),
    )
    sum_variance = size**2 * H  # of the sum over layer l
    yield given("The noise of the sum over layer l should have variance l^2 H_l.", sum_variance)
    yield shown("The first layer is one unit: its own noise.", sum_variance.subs({size: 1, H: 1}), 1, of="q_1")
    grown = (size + 1) + ((size + 1) / size) ** 2 * sum_variance
    yield shown(
        "The next sum adds l + 1 independent noises to (l + 1) / l times this one.",
        grown,
        (size + 1) ** 2 * (H + 1 / (size + 1)),
    )
    shared = sp.Symbol("beta", nonnegative=True)
    units = sp.ones(3, 1)
    C = sp.eye(3) + shared * units * units.T
    yield shown(
        "In a layer C = 1 + beta 1 1', of which the ones are an eigenvector,", C * units, (1 + 3 * shared) * units
    )
    yield shown(
        "so that J = 1' C^-1 1 = l^2 over the variance of the sum:",
        (units.T * C.inv() * units)[0],
        9 / (units.T * C * units)[0],
    )
    yield shown("J(l - 1) = 1 / H_l.", size**2 / sum_variance, 1 / H)
    W = sp.zeros(6, 6)
    W[1, 0] = W[2, 0] = 1
    for row in (3, 4, 5):
        W[row, 1] = W[row, 2] = sp.Rational(1, 2)
    source, last = sp.Matrix([1, 0, 0, 0, 0, 0]), sp.Matrix([0, 0, 0, 1, 1, 1])
    yield shown("Three layers: the signal of lag 2 is 1 in all units of the last.", W**2 * source, last)
    for lag in range(3):
        yield shown(f"Three layers, lag {lag}, by elimination:", fisher_memory_at_lag(W, source, lag), form.at(k=lag))
