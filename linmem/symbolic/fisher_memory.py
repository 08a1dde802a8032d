"""Proofs for claims A1 to A7 and A10: properties of the Fisher memory of every stable network, of any size."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.proofs import Steps, equation, given, positive, proof, shown, shown_of_words
from linmem.symbolic.words import N, Tr, letter, letters, reduced

W, Ws = letters("W")
V, Vs = letters("V")
C, S = letter("C"), letter("J^s")
P = C**-1
NOISE = {W * C * Ws: C - 1}  # C = W C W' + 1
MEMORY = {Ws * S * W: S - P}  # J^s = W' J^s W + C^-1

EIGENVALUES = sp.symbols("mu_1:5", positive=True)  # of J^s, of four units
SHARES = sp.symbols("p_1:5", nonnegative=True)  # |u_i' v|^2, which add up to 1


def stein_equations() -> Steps:
    """The definitions of C and J^s."""
    yield given(
        "The noise covariance is the sum of W^k W'^k over all k. It solves a Stein equation.",
        equation(C, W * C * Ws + 1),
    )
    yield given(
        "The spatial memory matrix is the sum of W'^k C^-1 W^k. It solves a Stein equation as well.",
        equation(S, Ws * S * W + P),
    )


@proof("A1")
def fisher_memory_is_the_information_about_the_past() -> Steps:
    """The divergence between the states of two signals is a quadratic form of the Fisher memory matrix, exactly."""
    L, Ls = letters("L")
    xi, xis = letters("xi")
    m, ms = letters("mu")
    v, vs = letters("v")
    lags = range(3)
    d = sp.symbols("d_:3", real=True)
    mean = sum(d[k] * W**k * v for k in lags)
    adjoint = sum(d[k] * vs * Ws**k for k in lags)
    yield given(
        "The state is Gaussian with covariance C = L L'. It differs from its mean by L xi, where xi is white.",
        equation(C, L * Ls),
    )
    yield given(
        "A change d of the signal moves the mean of the state, and nothing else; written for three lags.",
        equation(m, mean),
    )
    after = (xis * Ls + ms) * P * (L * xi + m)
    before = xis * Ls * P * L * xi
    ratio = (after - before) / 2
    linear = (xis * Ls * P * m + ms * P * L * xi) / 2
    yield shown_of_words(
        "The logarithm of the ratio of the two densities is affine in xi.",
        ratio,
        linear + ms * P * m / 2,
    )
    divergence = reduced(ratio).subs({xi: 0, xis: 0})
    yield shown_of_words(
        "The divergence is its mean. The terms in xi drop out, because xi has mean 0.",
        divergence,
        ms * P * m / 2,
    )
    J = sum(d[k] * d[j] * vs * Ws**k * P * W**j * v for k in lags for j in lags)
    yield shown_of_words(
        "The divergence is the quadratic form of J_kl = v' W'^k C^-1 W^l v.",
        divergence.subs({m: mean, ms: adjoint}),
        J / 2,
    )


@proof("A2")
def trace_of_spatial_memory_is_n() -> Steps:
    """The spatial Fisher memory matrix of every stable network has trace N."""
    yield from stein_equations()
    yield shown_of_words(
        "By the first equation the identity is C - W C W'.",
        Tr(S),
        Tr(S * (C - W * C * Ws)),
        NOISE,
    )
    yield shown_of_words(
        "The trace is cyclic, so that the powers pass from C to J^s.",
        Tr(S * (C - W * C * Ws)),
        Tr((S - Ws * S * W) * C),
    )
    yield shown_of_words(
        "By the second equation the product is C^-1 C, which has trace N.",
        Tr((S - Ws * S * W) * C),
        N,
        MEMORY,
    )


@proof("A3", scope="any W; the sums written out for N = 4")
def total_memory_is_at_most_n() -> Steps:
    """The total memory of a unit input is positive and, for more than one unit, less than N."""
    yield from stein_equations()
    yield given(
        "J^s exceeds C^-1, which is positive definite, by a matrix that is not negative: its eigenvalues are positive.",
        equation(S - P, Ws * S * W),
    )
    ones = sum(SHARES)
    total = sum(mu * share for mu, share in zip(EIGENVALUES, SHARES, strict=True))
    trace = sum(EIGENVALUES)
    yield given("In its eigenvectors a unit input v has shares p_i, which add up to 1.", equation(ones, 1))
    rest = sum(EIGENVALUES[i] * SHARES[j] for i in range(4) for j in range(4) if i != j)
    yield shown(
        "The trace, which is N, exceeds the total by this sum.",
        (trace * ones - total).expand(),
        rest,
    )
    yield positive("The sum is not negative.", rest)
    with_a_share = rest.subs(SHARES[0], sp.Symbol("p_1", positive=True))
    yield positive(
        "At least one share is positive, say the first. Then the sum is positive.",
        with_a_share,
        strict=True,
    )


@proof("A4")
def random_inputs_hold_one_unit() -> Steps:
    """Over random unit inputs the total memory has mean 1, and variance 2 (tr (J^s)^2 - N) / (N (N + 2))."""
    n = sp.Symbol("N", integer=True, positive=True)
    x = sp.Symbol("x", positive=True)
    half, rest = sp.Rational(1, 2), (n - 1) / 2
    norm = sp.gamma(n / 2) / (sp.gamma(half) * sp.gamma(rest))
    yield given(
        "The square of one coordinate of a random unit vector has a beta density.",
        x ** (half - 1) * (1 - x) ** (rest - 1) * norm,
    )

    second, fourth = 1 / n, 3 / (n * (n + 2))
    yield shown(
        "Its mean is 1 / N.",
        _moment_of_coordinate(n, 1),
        second,
    )
    yield shown(
        "Its second moment follows from the same integral.",
        _moment_of_coordinate(n, 2),
        fourth,
    )
    mixed = 1 / (n * (n + 2))
    yield shown(
        "The squares add up to 1, which determines the mixed moment.",
        fourth + (n - 1) * mixed,
        second,
    )
    squares = sp.Symbol("s_2", positive=True)  # tr (J^s)^2
    mean = second * n
    yield shown(
        "The total is the sum of mu_i v_i^2, and the mu_i add up to N. Its mean is 1.",
        mean,
        1,
    )
    square = fourth * squares + mixed * (n**2 - squares)
    variance = 2 * (squares - n) / (n * (n + 2))
    yield shown(
        "Its variance follows, with s_2 the sum of mu_i^2, tr (J^s)^2.",
        square - mean**2,
        variance,
    )


def _moment_of_coordinate(n: sp.Symbol, power: int) -> sp.Expr:
    """The mean of the squared coordinate to a power: a ratio of beta functions."""
    half = sp.Rational(1, 2)
    above = sp.gamma(half + power) * sp.gamma(n / 2)
    return above / (sp.gamma(half) * sp.gamma(n / 2 + power))


@proof("A5", scope="any W; the sums written out for N = 4")
def best_input_is_the_top_eigenvector() -> Steps:
    """No unit input is remembered better than the top eigenvector of J^s, whose total lies between 1 and N."""
    gaps = sp.symbols("d_2:5", nonnegative=True)
    least = sp.Symbol("mu_4", positive=True)
    mu = [least + sum(gaps[i:]) for i in range(3)] + [least]
    yield given("The eigenvalues are in order, the largest first. The gaps d_i are not negative.", sp.Tuple(*mu))
    ones = sum(SHARES)
    total = sum(value * share for value, share in zip(mu, SHARES, strict=True))
    lost = sum((mu[0] - mu[i]) * SHARES[i] for i in range(1, 4))
    yield shown(
        "The largest eigenvalue exceeds the total of an input, with shares p_i that add up to 1, by this sum.",
        mu[0] * ones - total,
        lost,
    )
    yield positive("The sum is not negative.", lost.expand())
    yield positive("The largest eigenvalue is at least the mean, which is N / N = 1.", sp.expand(mu[0] - sum(mu) / 4))
    yield positive(
        "It is less than the sum of all eigenvalues, which is N.",
        sp.expand(sum(mu) - mu[0]),
        strict=True,
    )


@proof("A6", note="J(k) <= 1 / sum_{l <= k} 1 / A_l is amplification_bounds_memory.")
def memory_is_at_most_the_amplification() -> Steps:
    """J(k) is at most 1, and at most the amplification A_k = ||W^k v||^2."""
    A, others = sp.symbols("A_k", positive=True), sp.Symbol("r", nonnegative=True)
    bound = 1 / (1 + 1 / A + others)
    yield given("The amplification bounds J(k): A_0 = 1, and r is the sum of 1 / A_l over 0 < l < k.", bound)
    yield positive(
        "The bound is less than 1, by this number.",
        sp.together(1 - bound),
        strict=True,
    )
    yield positive(
        "The bound is less than A_k, by this number.",
        sp.together(A - bound),
        strict=True,
    )


@proof("A7")
def memory_never_increases_with_the_lag() -> Steps:
    """J(k) never increases: J(k) - J(k + 1) is a quadratic form of a positive definite matrix."""
    yield from stein_equations()
    decrease = P - Ws * P * W
    inverse = C + C * Ws * W * C
    yield given("J(k) - J(k + 1) is the quadratic form of this matrix at W^k v.", decrease)
    yield shown_of_words(
        "The matrix is the inverse of C + (W C)' (W C), which is positive definite.",
        decrease * inverse,
        sp.S.One,
        NOISE,
    )
    yield shown_of_words(
        "It is the inverse from the other side as well.",
        inverse * decrease,
        sp.S.One,
        NOISE,
    )


@proof("A10", scope="any N; the bound written out for N = 5, 2 inputs")
def several_inputs_share_the_largest_eigenvalues() -> Steps:
    """The totals of p orthonormal inputs add up to at most the p largest eigenvalues of J^s; of N inputs, to N."""
    yield from stein_equations()
    yield given("The sum of the memory over all lags is the sum over k of V' W'^k C^-1 W^k V.", Vs * S * V)
    yield shown_of_words(
        "With N orthonormal inputs, V V' = 1, its trace is that of J^s, which is N (A2).",
        Tr(Vs * S * V),
        Tr(S),
        {V * Vs: sp.S.One},
    )
    yield shown_of_words(
        "For a normal W, where J^s = 1, the trace is the number of inputs.",
        Tr(Vs * S * V),
        Tr(letter("1_p")),
        {S: sp.S.One, Vs * V: letter("1_p")},
    )
    mu = sp.symbols("mu_1:6", positive=True)
    gaps = sp.symbols("d_1:5", nonnegative=True)
    in_order = {mu[i]: mu[4] + sum(gaps[i:]) for i in range(4)}
    t = sp.symbols("t_1:6", nonnegative=True)  # t_i = u_i' V V' u_i, between 0 and 1
    u = sp.symbols("r_1:3", nonnegative=True)  # 1 - t_i
    yield given(
        "Each eigenvector has a share t_i of the inputs, 0 <= t_i <= 1. The shares add up to p = 2.",
        equation(sum(t), 2),
    )
    lost = mu[0] + mu[1] - sum(value * share for value, share in zip(mu, t, strict=True))
    above = sum((mu[i] - mu[1]) * (1 - t[i]) for i in range(2))
    below = sum((mu[1] - mu[i]) * t[i] for i in range(2, 5))
    constraint = mu[1] * (2 - sum(t))
    yield shown(
        "The two largest eigenvalues exceed the trace by this sum. Its last term is 0.",
        lost,
        above + below + constraint,
    )
    signs = (above + below).subs({1 - t[0]: u[0], 1 - t[1]: u[1]}).subs(in_order)
    yield positive(
        "The sum is not negative, because the eigenvalues are in order; r_i = 1 - t_i.",
        sp.expand(signs),
    )
