"""Delay lines and rings in O(N): the walk against the dense methods, closed forms, and arithmetic beyond doubles."""

from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np
import pytest
import scipy.sparse as sparse

import linmem as lm
from linmem.gramian.delay_lines import DelayLineGramian
from linmem.gramian.doubling import gramian_by_doubling
from linmem.gramian.request import Request
from linmem.gramian.square_root import gramian_by_square_root
from linmem.kernels import lines as kernels

PARTS = {  # lengths of chains, lengths of rings
    "one chain": ([7], []),
    "one ring": ([], [7]),
    "chains": ([1, 4, 2, 6], []),
    "rings": ([], [1, 5, 2, 3]),
    "chains and rings": ([3, 1, 5], [4, 1, 2]),
    "loops of one": ([], [1, 1, 1]),
    "units alone": ([1, 1, 1], []),
    "a unit": ([1], []),
    "a loop": ([], [1]),
}


def union(chains, rings, seed, *, largest=0.95):
    """Chains and rings of random weights, in random order; rings turn with a gain below `largest`."""
    rng = np.random.default_rng(seed)
    n, first = sum(chains) + sum(rings), 0
    W = np.zeros((n, n))
    for length, is_ring in [(m, False) for m in chains] + [(m, True) for m in rings]:
        weights = rng.uniform(0.3, 2, length) * rng.choice([-1, 1], length)
        if is_ring:
            weights *= largest * rng.uniform(0.5, 1) / np.abs(weights).prod() ** (1 / length)
        for i in range(length if is_ring else length - 1):
            W[first + (i + 1) % length, first + i] = weights[i]
        first += length
    order = rng.permutation(n)
    return W[np.ix_(order, order)]


def dense_forms(net, horizon):
    """The same network by the other methods."""
    Q = net.noise if net.noise_is_matrix else None
    return gramian_by_doubling(net.dense(), Q, horizon), gramian_by_square_root(net.dense(), Q, horizon)


def assert_forms_agree(net, horizon):
    noise = np.sqrt(np.diag(net.noise)) if net.noise_is_matrix else np.ones(net.size)
    walk = DelayLineGramian(net.lines, noise, horizon)
    lags = min(2 * net.size, horizon or 2 * net.size)
    request = Request(net, net.columns(), lags, horizon)
    for form in dense_forms(net, horizon):
        for quantity in ("fisher_memory_curve", "spatial_fisher_memory", "noise_covariance"):
            computed, expected = (getattr(gramian, quantity)(request).numbers for gramian in (walk, form))
            for ours, theirs in zip(computed, expected, strict=True):
                assert np.abs(ours - theirs).max() <= 1e-11 * np.abs(theirs).max()  # cond(C) up to 1e4 in the others


@pytest.mark.parametrize("horizon", [None, 1, 2, 5, 40])
@pytest.mark.parametrize("name", PARTS)
def test_walks_agree_with_dense_paths(name, horizon):
    for seed in range(3):
        W = union(*PARTS[name], seed)
        rng = np.random.default_rng(seed)
        net = lm.LinearNetwork(W, rng.standard_normal(len(W)))
        assert_forms_agree(net, horizon)
        assert_forms_agree(replace(net, feedforward=rng.standard_normal((len(W), 2))), horizon)


@pytest.mark.parametrize("horizon", [None, 1, 6, 30])
@pytest.mark.parametrize("name", PARTS)
def test_walks_know_unequal_noise(name, horizon):
    W = union(*PARTS[name], 5)
    variances = np.random.default_rng(6).uniform(0.05, 4, len(W))
    assert_forms_agree(lm.LinearNetwork(W, np.ones(len(W)), noise=np.diag(variances)), horizon)


@pytest.mark.parametrize("name", PARTS)
def test_complex_lines_are_lines(name):
    """Phases of weights are moved to the units: J does not see them where one unit is driven."""
    W = union(*PARTS[name], 7)
    phases = np.exp(1j * np.random.default_rng(8).uniform(0, 6, W.shape))
    v = np.eye(len(W))[0]
    plain, turned = (lm.fisher_memory_curve(lm.LinearNetwork(M, v)) for M in (W, W * phases))
    assert turned.method == "structured"
    assert turned.values == pytest.approx(plain.values, rel=1e-14)


@pytest.mark.parametrize("horizon", [2, 10, 60])
def test_rings_of_gain_above_one_over_a_horizon(horizon):
    """J_n(k) = g^2k (g^2 - 1) / (g^2n - 1)."""
    gain = 1.3
    net = lm.ring(5, gain=gain)
    found = lm.fisher_memory_curve(net, horizon, horizon=horizon)
    assert found.method == "structured"
    expected = gain ** (2.0 * np.arange(horizon)) / np.sum(gain ** (2.0 * np.arange(horizon)))
    assert found.values == pytest.approx(expected, rel=horizon * 1e-15)
    assert_forms_agree(replace(net, feedforward=np.arange(5.0)), 8)


def test_a_horizon_that_overflows_is_refused():
    with pytest.raises(lm.ArgumentError, match="horizon=100000 lets the noise grow beyond"):
        lm.fisher_memory_curve(lm.ring(3, gain=1.5), 10, horizon=100_000)


def test_a_long_amplifying_chain_does_not_overflow():
    """Gain 1.02, N = 1e5: the noise grows to 1e1720, and J settles at 1 - 1 / a^2."""
    net = lm.chain(100_000, gain=1.02, sparse=True)
    found = lm.fisher_memory_curve(net, 100_001)
    plateau = 1 - 1.02**-2
    assert found.values[5000:-1] == pytest.approx(np.full(94_999 + 1, plateau), rel=1e-11)  # sqrt(N) roundings
    assert found.values[-1] == 0
    assert found.relative_error < 1e-10
    # N (1 - q) + (1 - q) sum q^m / (1 - q^m), q = 1 / a^2: the sum has ended long before N
    q = 1.02**-2
    m = np.arange(1, 4000)
    assert found.total == pytest.approx(100_000 * (1 - q) + (1 - q) * np.sum(q**m / (1 - q**m)), rel=1e-11)


@pytest.mark.parametrize("size", [1e120, 1e145])
def test_growing_and_shrinking_again_loses_nothing(size):
    """Weights A, 1 / A, A, 1 / A, ...: J(k) = 1 / sum of A_m^-1, A_m = A^2, 1, A^2, 1, ..."""
    for repeats in (1, 2, 5):
        found = lm.fisher_memory_curve(lm.inhomogeneous_chain([size, 1 / size] * repeats), 2 * repeats + 1)
        expected = 1 / np.array([1.0, *np.repeat(np.arange(1, repeats + 1), 2)])
        expected[2::2] = 1 / np.arange(2, repeats + 2)
        assert found.values == pytest.approx(expected, rel=1e-13)


def test_growing_far_and_shrinking_again():
    """Six weights of 1e120 and six of 1e-120: on the way the noise is 1e720 and has no double."""
    found = lm.fisher_memory_curve(lm.inhomogeneous_chain([1e120] * 6 + [1e-120] * 6), 13)
    assert found.values == pytest.approx([*[1.0] * 12, 0.5], rel=1e-13)  # up to terms of 1e-240


def test_zero_weights_and_zero_inputs():
    net = lm.LinearNetwork(np.zeros((4, 4)), [0, 2.0, 0, 1.0])
    assert np.array_equal(lm.fisher_memory_curve(net, 3).values, [5, 0, 0])
    silent = replace(lm.chain(4), feedforward=np.zeros(4))
    found = lm.fisher_memory_curve(silent, 3)
    assert not found.values.any()
    assert found.total == 0
    cut = lm.inhomogeneous_chain([2.0, 0.0, 3.0])  # a weight of zero ends the line
    assert lm.fisher_memory_curve(cut, 4).values == pytest.approx([1, 0.8, 0, 0], rel=1e-15)


def test_stored_zeros_are_no_weights():
    W = sparse.csr_array(([1.5, 0.0, 0.0], ([1, 0, 2], [0, 1, 0])), shape=(3, 3))
    assert lm.LinearNetwork(W, [1, 0, 0]).lines is not None
    assert lm.fisher_memory_curve(lm.LinearNetwork(W, [1, 0, 0]), 3).values == pytest.approx([1, 9 / 13, 0], rel=1e-15)


@pytest.mark.parametrize("name", PARTS)
def test_sparse_and_dense_are_one(name):
    W = union(*PARTS[name], 9)
    v = np.arange(1.0, len(W) + 1)
    dense, thin = lm.LinearNetwork(W, v), lm.LinearNetwork(sparse.coo_array(W), v)
    assert thin.is_sparse
    assert np.array_equal(lm.fisher_memory_curve(dense).values, lm.fisher_memory_curve(thin).values)
    assert np.array_equal(lm.noise_covariance(dense), lm.noise_covariance(thin))


def test_two_inputs_or_two_outputs_are_no_line():
    for entries in ([(0, 1), (0, 2)], [(1, 0), (2, 0)]):
        W = np.zeros((3, 3))
        for i, j in entries:
            W[i, j] = 0.5
        assert lm.LinearNetwork(W, [1, 0, 0]).lines is None


def test_correlated_noise_is_no_line():
    net = replace(lm.chain(3), noise=[[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]])
    assert net.lines is None
    assert lm.fisher_memory_curve(net).method != "structured"


def test_signals_on_a_line_do_not_meet():
    """Several driven units: J is the sum of theirs, and the memory matrix does see them meet in time."""
    net, v = lm.chain(6, gain=1.2), np.array([1, 2, 0, 3, 0, -1.0])
    apart = sum(v[i] ** 2 * lm.fisher_memory_curve(replace(net, feedforward=np.eye(6)[i])).values for i in range(6))
    assert lm.fisher_memory_curve(replace(net, feedforward=v)).values == pytest.approx(apart, rel=1e-14)
    F = lm.fisher_memory_matrix(replace(net, feedforward=v), 6)
    assert np.diag(F) == pytest.approx(apart[:6], rel=1e-12)
    assert np.abs(F - np.diag(np.diag(F))).max() > 0.1


@pytest.mark.parametrize("name", PARTS)
def test_kernels_are_what_their_source_says(name):
    """Compiled and interpreted, to the last bit but for fused multiplications."""
    lines = lm.LinearNetwork(union(*PARTS[name], 10)).lines
    n = len(lines.source)
    results = []
    for rings, follow, stationary in (
        (kernels.rings, kernels.follow, kernels.stationary),
        (kernels.rings.py_func, kernels.follow.py_func, kernels.stationary.py_func),
    ):
        target, inverse, shift, passed = np.empty(n, np.int64), np.empty(n), np.empty(n, np.int64), np.zeros(n)
        follow(lines.source, target)
        stationary(lines.source, target, lines.weight, lines.logarithm, np.ones(n), inverse, shift, passed)
        results.append((target, inverse, passed, rings(lines.source, lines.weight, lines.logarithm)))
    for compiled, interpreted in zip(*results, strict=True):
        assert compiled == pytest.approx(interpreted, rel=1e-14)


@pytest.mark.parametrize("n", [1, 10, 100_000])
def test_radius_of_a_ring_is_a_geometric_mean(n):
    """A sum of logarithms over the ring: relative error of some sqrt(N) ulps."""
    weights = np.random.default_rng(11).uniform(0.1, 3, n)
    unit = np.arange(n)
    W = sparse.csr_array((weights, ((unit + 1) % n, unit)), shape=(n, n))
    expected = np.exp(np.mean(np.log(weights.astype(np.longdouble))))
    assert lm.LinearNetwork(W).radius.value == pytest.approx(float(expected), rel=1e-13)


@pytest.mark.slow
def test_a_million_units():
    """J(k) = 1 / (k + 1), to sqrt(N) roundings."""
    n = 1_000_000
    found = lm.fisher_memory_curve(lm.chain(n, sparse=True), n)
    assert found.values == pytest.approx(1 / np.arange(1.0, n + 1), rel=1e-10)
    assert found.total == pytest.approx(np.log(n) + np.euler_gamma + 1 / (2 * n), rel=1e-11)


@pytest.mark.parametrize("gain", [1 - 1e-3, 1 - 1e-10, 1 - 2**-45])
def test_rings_keep_their_digits_at_the_edge_of_stability(gain):
    """J_tot = 1 and J(0) = 1 - a^2, where doubling loses 1 / (1 - a) ulps."""
    curve = lm.fisher_memory_curve(lm.ring(50, gain=gain))
    assert curve.method == "structured"
    assert curve.relative_error < 1e-12
    assert abs(curve.total - 1) <= curve.relative_error
    assert curve.values[0] == pytest.approx((1 - gain) * (1 + gain), rel=1e-13)  # 1 - a is exact in doubles


def test_a_ring_whose_weights_cancel_says_so():
    """log 1e6 - log 1e6 + tiny: the sum of the logarithms has lost digits, and the estimate knows how many."""
    W = np.array([[0, 1e-6 * (1 - 1e-9)], [1e6, 0]])
    careless = lm.fisher_memory_curve(lm.LinearNetwork(W, [1, 0]), rtol=0.5)
    assert careless.method == "structured"
    assert careless.relative_error > 1e-8
    assert lm.fisher_memory_curve(lm.LinearNetwork(W, [1, 0])).method != "structured"


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("gap", [1e-2, 1e-7, 1e-12])
def test_memory_of_complex_rings_near_the_unit_circle(n, gap):
    """J_tot of one unit is 1 - prod |w|^2 over the sum of their partial products: |w|, rounded, would be too coarse.

    Against rational arithmetic on the stored doubles; a few ulps for each unit.
    """
    rng = np.random.default_rng(5)
    weights = (1 - gap) * np.exp(2j * np.pi * rng.random(n))
    unit = np.arange(n)
    W = np.zeros((n, n), complex)
    W[(unit + 1) % n, unit] = weights
    net = lm.LinearNetwork(W, np.eye(n)[0])
    squares = [Fraction(w.real) ** 2 + Fraction(w.imag) ** 2 for w in weights]
    # the noise of unit 0: its own, and what each round brings back from the units before it
    heard = [prod(squares[n - k :], start=Fraction(1)) for k in range(n)]
    gone = 1 - prod(squares)
    found = lm.fisher_memory_curve(net, 2)
    assert net.radius.stable
    assert found.values[0] == pytest.approx(float(gone / sum(heard)), rel=1e-14)
    assert found.relative_error < 1e-13


def exact_ring(weights, horizon, lags):
    """J(k) and J_tot of unit 0 of a ring, one walk of geometric series in rational arithmetic (floats at the end)."""
    n = len(weights)
    squares = [Fraction(w) ** 2 for w in weights]  # weights[i] leads into unit i

    def variance(unit):
        return geometric([squares[(unit - m) % n] for m in range(n)], [Fraction(1)] * n)

    def geometric(factors, firsts):
        """sum_{m < horizon} (product of m factors) first_m, around and around."""
        products = [Fraction(1)]
        for factor in factors:
            products.append(products[-1] * factor)
        terms = [p * f for p, f in zip(products[:-1], firsts, strict=True)]
        rounds, rest = divmod(horizon, n)
        around = products[-1] ** rounds
        repeated = Fraction(rounds) if products[-1] == 1 else (1 - around) / (1 - products[-1])
        return sum(terms) * repeated + around * sum(terms[:rest])

    variances = [variance(unit) for unit in range(n)]
    into_next = [squares[(m + 1) % n] for m in range(n)]
    curve, product = [], Fraction(1)
    for k in range(lags):
        curve.append(product / variances[k % n])
        product *= into_next[k % n]
    total = geometric(into_next, [1 / value for value in variances])
    return np.array([float(J) for J in curve]), float(total)


def ring_of(weights):
    n = len(weights)
    W = np.zeros((n, n))
    W[np.arange(n), (np.arange(n) - 1) % n] = weights
    return lm.LinearNetwork(W, np.eye(n)[0])


@pytest.mark.parametrize("horizon", [1, 4, 5, 6, 23, 1000])
@pytest.mark.parametrize("spread", [0.0, 1e-3, 0.5])
def test_rings_over_a_horizon_are_rational(spread, horizon):
    """Random weights, to the errors that the curve states."""
    for seed in range(3):
        weights = np.random.default_rng(seed).uniform(1 - spread, 1 + spread, 5)
        curve = lm.fisher_memory_curve(ring_of(weights), min(horizon, 12), horizon=horizon)
        values, total = exact_ring(weights, horizon, len(curve.lags))
        assert curve.method == "structured"
        assert curve.relative_error < 1e-11
        assert (np.abs(curve.values - values) <= curve.error + 1e-15 * values).all()
        assert abs(curve.total - total) <= curve.total.error + 1e-15 * total


@pytest.mark.parametrize("horizon", [10**6, 10**9, 10**15])
@pytest.mark.parametrize("gain", [0.99, 1 - 1e-9, 1.0])
def test_long_horizons_of_rings(gain, horizon):
    """J_n(k) = g^2k (1 - g^2) / (1 - g^2n), and J_tot = 1, from logarithms that lose nothing near 1."""
    curve = lm.fisher_memory_curve(lm.ring(5, gain=gain), 8, horizon=horizon)
    logarithm = 2 * np.log1p(gain - 1)
    first = 1 / horizon if gain == 1 else np.expm1(logarithm) / np.expm1(logarithm * horizon)
    assert curve.method == "structured"
    assert curve.relative_error < 1e-12
    assert curve.values == pytest.approx(first * np.exp(logarithm * np.arange(8)), rel=1e-13)
    assert curve.total == pytest.approx(1, rel=1e-13)


def test_late_lags_of_rings_say_what_rounding_did():
    """Every round is rounded in the same way: 1e5 steps add up to 1e-11, far more than the root of 1e5 ulps."""
    lags, worst = 100_000, 0.0
    for seed in range(5):
        weights = 1 - 1e-5 * np.random.default_rng(seed).random(5)
        curve = lm.fisher_memory_curve(ring_of(weights), lags)
        logarithms = np.log1p(weights.astype(np.longdouble) - 1)
        rounds = (lags - 1) // 5
        # J(5 m) = J(0) p^2m, p the product of the weights
        expected = float(curve.values[0] * np.exp(2 * rounds * logarithms.sum()))
        error = abs(curve.values[5 * rounds] - expected)
        assert error <= curve.error[5 * rounds]
        worst = max(worst, error / expected)
    assert worst > 1e-12  # which is what the statement is about
