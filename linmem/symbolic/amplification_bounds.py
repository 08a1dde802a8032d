r"""Proofs for claims C6 to C8: how much memory transient amplification allows, in any network.

The bound of Ganguli, Huh & Sompolinsky (2008), eq. 11, is proved of every stable W, with one inequality of Cauchy
and Schwarz for each lag.
"""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.proofs import equation, given, positive, proof, shown, shown_of_words
from linmem.symbolic.words import Tr, letter, letters

W, Ws = letters("W")
v, vs = letters("v")
h, hs = letters("x")


@proof("C6", scope="any W, any lag; the sums written out for lags <= 3")
def amplification_bounds_memory():
    """J(k) <= 1 / sum_{l <= k} 1 / A_l with A_l = ||W^l v||^2: no network does better than the delay line of its
    amplification."""
    C, w, ws = letter("C"), letter("w"), letter("w'")
    A, B, D = letter("A"), letter("B"), letter("D")
    yield given("Let w = W^k v and x = C^-1 w; J(k) is w' C^-1 w.", equation(h, C**-1 * w))
    x, xs = C**-1 * w, ws * C**-1
    yield shown_of_words(
        "Then x' w is J(k), and so is x' C x,", xs * C * x, xs * w, display=equation(hs * C * h, hs * w)
    )
    yield given("which sums ||W'^l x||^2 over all l, since C sums W^l W'^l.", equation(hs * C * h, hs * w))
    yield shown_of_words(
        "W^l W^(k-l) = W^k: W'^l x has the product z = J(k) with W^(k-l) v.", hs * A * B * v, hs * D * v, {A * B: D}
    )
    norm, size, z = sp.symbols("P A z", positive=True)  # ||W'^l x||^2, A_(k-l), J(k)
    square = norm - 2 * (z / size) * z + (z / size) ** 2 * size
    yield shown(
        "Hence ||W'^l x||^2 exceeds z^2 / A_(k-l) by a square, ||W'^l x - (z / A_(k-l)) W^(k-l) v||^2.",
        square,
        norm - z**2 / size,
        of="s_l",
    )
    for lag in range(1, 4):
        norms = sp.symbols(f"P_:{lag + 1}", nonnegative=True)
        amplification = sp.symbols(f"A_:{lag + 1}", positive=True)
        squares = sp.symbols(f"s_:{lag + 1}", nonnegative=True)
        beyond = sp.Symbol("t", nonnegative=True)  # sum over l > k of ||W'^l x||^2
        exact = {one: s + z**2 / amplification[lag - i] for i, (one, s) in enumerate(zip(norms, squares, strict=True))}
        gap = (sum(norms) + beyond).subs(exact) - z**2 * sum(1 / one for one in amplification)
        yield shown(f"Lag {lag}: the sum of all, J(k), exceeds J(k)^2 sum 1 / A_l by", gap, sum(squares) + beyond)
        yield positive("which is not negative: J(k) sum 1 / A_l <= 1.", sum(squares) + beyond)


@proof("C7", note="Sums are compared with J(k) <= 1 / sum 1 / A_l, amplification_bounds_memory.")
def memory_of_linear_growth_is_logarithmic():
    """Where A_l <= c (l + 1), J(k) <= c / H_(k+1); where A_l <= c, J(k) <= c / (k + 1)."""
    k = sp.Symbol("k", integer=True, nonnegative=True)
    l = sp.Symbol("l", integer=True, nonnegative=True)  # noqa: E741
    c, m = sp.Symbol("c", positive=True), sp.Symbol("m", integer=True, positive=True)  # m = l + 1
    yield shown(
        "Linear growth: the sum of 1 / A_l is at least",
        sp.summation(1 / (c * m), (m, 1, k + 1)),
        sp.harmonic(k + 1) / c,
    )
    yield shown("No growth: it is at least", sp.summation(1 / c, (l, 0, k)), (k + 1) / c)
    yield shown(
        "and (1 / k) sum of c / (l + 1) -> 0: the total grows as the logarithm.", sp.limit(sp.log(k) / k, k, sp.oo), 0
    )


@proof(
    "C8",
    scope="any W; the sums written out for lags <= 4",
    note="J(k) <= 1 / sum 1 / A_l is amplification_bounds_memory.",
)
def noise_power_bounds_memory():
    """J(k) <= 1 / (1 + k^2 / (tr C - N)): large memory at large lags needs large noise."""
    yield given("tr C is the sum of tr W^m W'^m; m = 0 gives N, and of a unit v", equation(Tr(Ws * W), Tr(W * Ws)))
    yield shown_of_words(
        "the trace of each splits along v and across it:", Tr(W * v * vs * Ws) + Tr(W * (1 - v * vs) * Ws), Tr(W * Ws)
    )
    yield shown_of_words("along v it is A_m,", Tr(W * v * vs * Ws), Tr(vs * Ws * W * v))
    yield shown_of_words(
        "across v a square: 1 - v v' is its own square.", (1 - v * vs) * (1 - v * vs), 1 - v * vs, {vs * v: sp.S.One}
    )
    for lag in range(1, 5):
        A = sp.symbols(f"A_1:{lag + 1}", positive=True)
        gap = sum(A) * sum(1 / one for one in A) - lag**2
        squares = sum((A[i] - A[j]) ** 2 / (A[i] * A[j]) for i in range(lag) for j in range(i))
        yield shown(f"Lag {lag}: sum A sum 1 / A exceeds k^2 by", gap, squares)
        yield positive("which is not negative.", squares)
    X, S, k = sp.symbols("X S k", positive=True)  # tr C - N >= S = sum A_m
    yield shown(
        "With sum 1 / A_m >= k^2 / S and S <= tr C - N the bound follows: 1 + k^2 / S is at least",
        (1 + k**2 / S) - (1 + k**2 / (S + X)),
        k**2 * X / (S * (S + X)),
    )
    yield positive("larger than 1 + k^2 / (tr C - N), by", k**2 * X / (S * (S + X)))
