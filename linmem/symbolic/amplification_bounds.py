r"""Proofs for claims C6 to C8: how much memory transient amplification allows, in any network.

The bound of Ganguli, Huh & Sompolinsky (2008), eq. 11, is proved for every stable W, with one inequality of Cauchy
and Schwarz for each lag.
"""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.proofs import Steps, equation, given, positive, proof, shown, shown_of_words
from linmem.symbolic.words import Tr, letter, letters

W, Ws = letters("W")
v, vs = letters("v")
h, hs = letters("x")


@proof("C6", scope="any W, any lag; the sums written out for lags <= 3")
def amplification_bounds_memory() -> Steps:
    """J(k) <= 1 / sum_{l <= k} 1 / A_l with A_l = ||W^l v||^2: no network has more memory than the delay line of its
    amplification."""
    C, w, ws = letter("C"), letter("w"), letter("w'")
    A, B, D = letter("A"), letter("B"), letter("D")  # W^l, W^(k-l), W^k
    x, xs = C**-1 * w, ws * C**-1
    yield given("Let w = W^k v and x = C^-1 w. J(k) is w' C^-1 w.", equation(h, C**-1 * w))
    yield shown_of_words(
        "Then x' w is J(k), and so is x' C x.",
        xs * C * x,
        xs * w,
        display=equation(hs * C * h, hs * w),
    )
    yield given(
        "x' C x is the sum of ||W'^l x||^2 over all l, because C is the sum of W^l W'^l.",
        equation(hs * C * h, hs * w),
    )
    yield shown_of_words(
        "W^l W^(k-l) = W^k, so that the product of W'^l x with W^(k-l) v is z = J(k).",
        hs * A * B * v,
        hs * D * v,
        {A * B: D},
    )
    norm, size, z = sp.symbols("P A z", positive=True)  # ||W'^l x||^2, A_(k-l), J(k)
    share = z / size
    yield shown(
        "Hence ||W'^l x||^2 exceeds z^2 / A_(k-l) by a square, ||W'^l x - (z / A_(k-l)) W^(k-l) v||^2.",
        norm - 2 * share * z + share**2 * size,
        norm - z**2 / size,
        of="s_l",
    )
    for lag in range(1, 4):
        yield from _sum_over_steps(lag, z)


def _sum_over_steps(lag: int, z: sp.Symbol) -> Steps:
    norms = sp.symbols(f"P_:{lag + 1}", nonnegative=True)
    amplification = sp.symbols(f"A_:{lag + 1}", positive=True)
    squares = sp.symbols(f"s_:{lag + 1}", nonnegative=True)
    beyond = sp.Symbol("t", nonnegative=True)  # the sum of ||W'^l x||^2 over l > k
    exact = {norms[i]: squares[i] + z**2 / amplification[lag - i] for i in range(lag + 1)}
    bound = z**2 * sum(1 / value for value in amplification)
    gap = (sum(norms) + beyond).subs(exact) - bound
    yield shown(
        f"At lag {lag} the sum, J(k), exceeds J(k)^2 sum 1 / A_l by this sum.",
        gap,
        sum(squares) + beyond,
    )
    yield positive("It is not negative, so that J(k) sum 1 / A_l <= 1.", sum(squares) + beyond)


@proof("C7", note="Sums are compared with J(k) <= 1 / sum 1 / A_l, amplification_bounds_memory.")
def memory_of_linear_growth_is_logarithmic() -> Steps:
    """If A_l <= c (l + 1), then J(k) <= c / H_(k+1); if A_l <= c, then J(k) <= c / (k + 1)."""
    k = sp.Symbol("k", integer=True, nonnegative=True)
    step = sp.Symbol("l", integer=True, nonnegative=True)
    c = sp.Symbol("c", positive=True)
    m = sp.Symbol("m", integer=True, positive=True)  # l + 1
    yield shown(
        "For linear growth, the sum of 1 / A_l is at least this number.",
        sp.summation(1 / (c * m), (m, 1, k + 1)),
        sp.harmonic(k + 1) / c,
    )
    yield shown(
        "Without growth, the sum is at least this number.",
        sp.summation(1 / c, (step, 0, k)),
        (k + 1) / c,
    )
    yield shown(
        "Then the total is at most c H_N, which grows as the logarithm: log(k) / k tends to 0.",
        sp.limit(sp.log(k) / k, k, sp.oo),
        0,
    )


@proof(
    "C8",
    scope="any W; the sums written out for lags <= 4",
    note="J(k) <= 1 / sum 1 / A_l is amplification_bounds_memory.",
)
def noise_power_bounds_memory() -> Steps:
    """J(k) <= 1 / (1 + k^2 / (tr C - N)): large memory at large lags needs large noise."""
    along, across = v * vs, 1 - v * vs
    yield given(
        "tr C is the sum of tr W^m W'^m over m, and m = 0 contributes N. Let v be a unit vector.",
        equation(Tr(Ws * W), Tr(W * Ws)),
    )
    yield shown_of_words(
        "The trace of each power splits into a part along v and a part across it.",
        Tr(W * along * Ws) + Tr(W * across * Ws),
        Tr(W * Ws),
    )
    yield shown_of_words(
        "The part along v is A_m.",
        Tr(W * along * Ws),
        Tr(vs * Ws * W * v),
    )
    yield shown_of_words(
        "The part across v is a square, because 1 - v v' is its own square.",
        across * across,
        across,
        {vs * v: sp.S.One},
    )
    for lag in range(1, 5):
        A = sp.symbols(f"A_1:{lag + 1}", positive=True)
        gap = sum(A) * sum(1 / value for value in A) - lag**2
        squares = sum((A[i] - A[j]) ** 2 / (A[i] * A[j]) for i in range(lag) for j in range(i))
        yield shown(
            f"At lag {lag}, sum A sum 1 / A exceeds k^2 by this sum of squares.",
            gap,
            squares,
        )
        yield positive("It is not negative.", squares)
    X, S, k = sp.symbols("X S k", positive=True)  # tr C - N = S + X, S the sum of A_m
    difference = k**2 * X / (S * (S + X))
    yield shown(
        "sum 1 / A_m >= k^2 / S, and S <= tr C - N. So 1 + k^2 / S exceeds 1 + k^2 / (tr C - N) by this number.",
        (1 + k**2 / S) - (1 + k**2 / (S + X)),
        difference,
    )
    yield positive("It is not negative, and the bound follows.", difference)
