"""Memory functions, capacity and information: by other formulas, by closed forms, and by their inequalities."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.linalg as sl
from flint import fmpq, fmpq_mat
from scipy.special import digamma

import linmem as lm
from linmem.balls.decoding import enclose_memory_function
from linmem.memory.noiseless import cascade

ULP = np.finfo(float).eps

SNRS = (1e-3, 1.0, 20.0, 1e4)
KINDS = {
    "gaussian": lambda: lm.ginibre(12, gain=0.9, rng=1),
    "feedback chain": lambda: lm.feedback_chain(12, feedforward=0.9, feedback=0.2),
    "ring": lambda: lm.ring(8, gain=0.95),
    "two inputs": lambda: lm.LinearNetwork(lm.ginibre(8, gain=0.9, rng=2).recurrent, np.eye(8)[:, :2]),
    "coloured": lambda: lm.LinearNetwork(
        lm.ginibre(6, gain=0.9, rng=3).recurrent, np.eye(6)[0], np.diag([0.5, 1, 2, 3, 0.2, 1.3])
    ),
    "complex": lambda: lm.LinearNetwork(1j * lm.ginibre(6, gain=0.8, rng=4).recurrent + 0.1 * np.eye(6), np.eye(6)[0]),
}
LAGS = 1500  # 0.95^3000: what comes later is below rounding


def directly(net, snr, readout=0.0, correlation=(1.0,)):
    """m and I from the covariance of state and signal, in the coordinates of the network."""
    W, V, n = net.dense(), net.columns(), net.size
    eps = net.noise_variance
    Q = net.noise if net.noise_is_matrix else eps * np.eye(n)
    C = sl.solve_discrete_lyapunov(W, Q) + readout * eps * np.eye(n)
    states = [V]
    for _ in range(LAGS - 1):
        states.append(W @ states[-1])
    Y = np.concatenate(states, axis=1)
    padded = np.zeros(LAGS)
    padded[: len(correlation)] = correlation
    S = np.kron(snr * eps * sl.toeplitz(padded), np.eye(V.shape[1]))
    total = C + Y @ S @ Y.conj().T
    shared = S @ Y.conj().T
    explained = np.einsum("kn,nk->k", shared, np.linalg.solve(total, shared.conj().T)).real / (snr * eps)
    information = (np.linalg.slogdet(total)[1] - np.linalg.slogdet(C)[1]) / 2
    return explained, information


@pytest.mark.parametrize("snr", SNRS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_memory_function_is_the_variance_explained_by_the_best_readout(kind, snr):
    net = KINDS[kind]()
    explained, information = directly(net, snr)
    found = lm.memory_function(net, 30, snr=snr)
    values = found.values if not net.feedforward_is_matrix else np.diagonal(found.values, axis1=1, axis2=2).real.ravel()
    # the direct route loses x ulp in C + x P: 1e4 ulp N
    assert np.abs(values - explained[: len(values)]).max() < 1e-10 * explained.max()
    assert found.capacity == pytest.approx(explained.sum(), rel=1e-9)
    assert found.information == pytest.approx(information, rel=1e-9, abs=1e-13)
    assert found.relative_error < 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_a_readout_with_noise_of_its_own_sees_less(kind):
    net = KINDS[kind]()
    explained, information = directly(net, 5.0, readout=0.3)
    found = lm.memory_function(net, 10, snr=5.0, readout_noise=0.3)
    assert found.capacity == pytest.approx(explained.sum(), rel=1e-10)
    assert found.information == pytest.approx(information, rel=1e-10)
    assert found.information < lm.mutual_information(net, 5.0)


def test_readout_noise_breaks_the_sum_rule():
    """Noise in the loop: trace N. With noise in the readout as well, or alone, there is no such law (A2)."""
    net = lm.ginibre(12, gain=0.9, rng=0)
    inputs = lm.LinearNetwork(net.recurrent, np.eye(12))
    assert lm.snr_curve(inputs, 400, snr=1.0).sum() == pytest.approx(12, rel=1e-9)
    assert lm.snr_curve(inputs, 400, snr=1.0, readout_noise=0.3).sum() < 11


@pytest.mark.parametrize("correlation", [(1.0,), (1.0, 0.5, 0.2), (1.0, -0.4)])
@pytest.mark.parametrize("kind", ["gaussian", "feedback chain", "two inputs", "complex"])
def test_a_correlated_signal(kind, correlation):
    net = KINDS[kind]()
    explained, information = directly(net, 5.0, 0.1, correlation)
    found = lm.memory_function(net, 10, snr=5.0, readout_noise=0.1, autocovariance=3 * np.array(correlation))
    values = found.values if not net.feedforward_is_matrix else np.diagonal(found.values, axis1=1, axis2=2).real.ravel()
    assert np.abs(values - explained[: len(values)]).max() < 1e-12
    assert found.information == pytest.approx(information, rel=1e-11)


def test_of_a_correlated_signal_more_is_known():
    """What the neighbours tell: r^2 at lags that the network itself has forgotten."""
    net = lm.chain(10)
    white, correlated = (lm.memory_function(net, 12, snr=20.0, autocovariance=r) for r in ([1.0], [1.0, 0.45]))
    assert white.values[10] < 1e-30
    assert correlated.values[10] > 0.05


@pytest.mark.parametrize("snr", SNRS)
@pytest.mark.parametrize("kind", ["gaussian", "feedback chain", "ring", "coloured"])
def test_each_lag_is_bounded_by_its_own_signal_to_noise(kind, snr):
    """E2: m <= x J / (1 + x J); the sum at most x J_tot and at most N."""
    net = KINDS[kind]()
    found, ratio = lm.memory_function(net, 40, snr=snr), lm.snr_curve(net, 40, snr=snr)
    assert np.all(found.values <= ratio / (1 + ratio) * (1 + 1e-12))
    assert found.capacity <= min(net.size, snr * net.noise_variance * lm.total_fisher_memory(net)) * (1 + 1e-12)
    assert np.all(np.diff(found.values) <= 1e-13)


@pytest.mark.parametrize("net", [lm.chain(10, gain=1.1), lm.fan_out_tree(5)], ids=["chain", "tree"])
def test_the_bound_is_reached_where_no_lags_are_confused_and_only_there(net):
    ratio = lm.snr_curve(net, 12, snr=20.0)
    assert np.allclose(lm.memory_function(net, 12, snr=20.0).values, ratio / (1 + ratio), rtol=1e-12)
    ring = lm.ring(8, gain=0.99)
    ratio = lm.snr_curve(ring, 12, snr=20.0)
    assert np.all(lm.memory_function(ring, 12, snr=20.0).values < 0.9 * ratio / (1 + ratio))


def test_a_hidden_chain_is_decoded_as_the_chain_is():
    """The structured method and the dense ones."""
    chain = lm.chain(20, gain=1.05)
    plain, turned = (lm.memory_function(net, 25, snr=20.0) for net in (chain, lm.in_random_basis(chain, rng=0)))
    assert plain.method == "structured"
    assert turned.method != "structured"
    assert np.allclose(plain.values, turned.values, atol=1e-12)
    assert turned.capacity == pytest.approx(plain.capacity, rel=1e-12)


def test_a_million_units():
    """All weights 1: m(k) = x / (k + 1 + x), whose sum is a difference of two digamma functions."""
    expected = 20 * (digamma(10**6 + 21) - digamma(21))
    assert lm.memory_capacity(lm.chain(10**6, sparse=True), snr=20.0) == pytest.approx(expected, rel=1e-9)


def test_the_shift_register():
    """E7: of a ring with noise, White, Lee & Sompolinsky (2004)."""
    n, gain, snr = 10, 0.95, 1000.0
    k, power = np.arange(40), gain**2
    expected = power**k / (power ** (k % n) / (1 - power**n) + 1 / (snr * (1 - power)))
    assert np.allclose(lm.memory_function(lm.ring(n, gain=gain), 40, snr=snr).values, expected, rtol=1e-11)


@pytest.mark.parametrize(("power", "shift", "random"), [(0.9, 44.3, 39.5), (0.98, 88.2, 76.8), (0.995, 90.8, 80.3)])
def test_the_shift_register_beats_random_rotations(power, shift, random):
    """E7: capacities at N = 100, eps = 1e-3; the random one is one draw of many."""
    gain = np.sqrt(power)
    assert lm.memory_capacity(lm.ring(100, gain=gain), snr=1e3) == pytest.approx(shift, abs=0.05)
    assert lm.memory_capacity(lm.random_orthogonal(100, gain=gain, rng=0), snr=1e3) == pytest.approx(random, abs=2.5)


def test_the_square_of_the_correlation_is_not_the_correlation():
    """E8: the fan-out tree at SNR 20 has r^2 = .952 at lag 0 and .789 at lag 117; Pearson's r there is .888."""
    tree = lm.fan_out_tree(40)
    values = lm.memory_function(tree, 40, snr=20.0).values
    harmonic = np.cumsum(1 / np.arange(1, 41))
    assert np.allclose(values, 20 / (harmonic + 20), rtol=1e-10)
    harmonic = np.sum(1 / np.arange(1, 119))
    assert round(values[0], 3) == 0.952
    assert round(20 / (harmonic + 20), 3) == 0.789
    assert round(np.sqrt(20 / (harmonic + 20)), 3) == 0.888


# --- information ---


@pytest.mark.parametrize("kind", ["gaussian", "feedback chain", "ring", "two inputs"])
def test_information_grows_as_estimation_says(kind):
    """I-MMSE: 2 x dI/dx = sum of m; the derivative by differences of fourth order, right to h^4."""
    net, x, h = KINDS[kind](), 3.0, 0.01
    at = {step: lm.mutual_information(net, x * np.exp(step * h)) for step in (-2, -1, 1, 2)}
    slope = (at[-2] - 8 * at[-1] + 8 * at[1] - at[2]) / (12 * h)
    assert 2 * slope == pytest.approx(lm.memory_capacity(net, snr=x), rel=1e-7)


def test_information_is_bounded_by_total_fisher_memory_and_reaches_it_for_weak_signals():
    net = lm.feedback_chain(12, feedforward=0.9, feedback=0.2)
    total = lm.total_fisher_memory(net)
    for x in SNRS:
        information = lm.mutual_information(net, x)
        assert information < 6 * np.log1p(x * total / 12) <= x * total / 2
    assert 2 * lm.mutual_information(net, 1e-6) / 1e-6 == pytest.approx(total, rel=1e-5)


# --- without noise ---


def test_without_noise_the_capacity_is_n_and_a_solve_finds_half_of_it():
    """E4 and Ballarin, Grigoryeva & Ortega (2024): 100.0 where a Gram solve gives about 53."""
    net = lm.ginibre(100, gain=0.9, rng=0)
    found = lm.memory_function(net, 3000, snr=np.inf)
    assert found.capacity == 100
    assert found.values.sum() == pytest.approx(100, abs=1e-9)
    assert found.information == np.inf
    P = sl.solve_discrete_lyapunov(net.recurrent, np.outer(net.feedforward, net.feedforward))
    states, solved = net.feedforward, 0.0
    for _ in range(400):
        solved += states @ np.linalg.lstsq(P, states, rcond=None)[0]
        states = net.recurrent @ states
    assert solved < 75


@pytest.mark.parametrize("n", [2, 5, 8])
def test_the_cascade_agrees_with_a_solve_where_a_solve_is_right(n):
    net = lm.ginibre(n, gain=0.8, rng=n)
    P = sl.solve_discrete_lyapunov(net.recurrent, np.outer(net.feedforward, net.feedforward))
    states = [np.linalg.matrix_power(net.recurrent, k) @ net.feedforward for k in range(20)]
    solved = [state @ np.linalg.solve(P, state) for state in states]
    assert np.allclose(lm.memory_function(net, 20, snr=np.inf).values, solved, atol=1e-8)  # cond P ulp


def test_the_cascade_of_200_eigenvalues():
    """The sum is N and m(0) = 1 - prod |l|^2; every value is that of the same product of functions in 60 digits."""
    rng = np.random.default_rng(0)
    spectrum = 0.97 * np.sqrt(rng.uniform(size=200)) * np.exp(2j * np.pi * rng.uniform(size=200))
    values, lags = cascade(spectrum, 6000), 12
    assert values.sum() == pytest.approx(200, abs=1e-9)
    with mpmath.workdps(60):
        exact, product = [mpmath.mpf(0)] * lags, [mpmath.mpc(k == 0) for k in range(lags)]
        for one in map(mpmath.mpc, spectrum.tolist()):
            heard = times(product, [one**k for k in range(lags)])  # 1 / (1 - l z)
            scale = 1 - abs(one) ** 2
            exact = [m + scale * abs(c) ** 2 for m, c in zip(exact, heard, strict=True)]
            product = times(heard, [-mpmath.conj(one), 1] + [0] * (lags - 2))
        assert float(exact[0]) == pytest.approx(1 - np.prod(np.abs(spectrum) ** 2), rel=1e-14)
        assert max(abs(values[k] - float(exact[k])) for k in range(lags)) < 1e-12


def times(first, second):
    """The product of two power series."""
    return [sum(first[j] * second[k - j] for j in range(k + 1)) for k in range(len(first))]


def test_without_noise_similar_networks_remember_alike_and_with_noise_they_do_not():
    """E3 and its control."""
    net = lm.ginibre(6, gain=0.8, rng=5)
    S = np.random.default_rng(0).standard_normal((6, 6))
    other = lm.LinearNetwork(S @ net.recurrent @ np.linalg.inv(S), np.ones(6))
    noiseless = [lm.memory_function(one, 20, snr=np.inf).values for one in (net, other)]
    assert np.allclose(*noiseless, atol=1e-11)
    noisy = [lm.memory_capacity(one, snr=1.0) for one in (net, other)]
    assert abs(noisy[0] - noisy[1]) > 0.01


HADAMARD = np.array(sl.hadamard(8), float)  # rows of norm sqrt(8): H D H' / 8 is exact for short numbers


def test_only_what_the_input_reaches_counts():
    """E3: 4 of 8 eigenvectors; one of a multiple of the identity."""
    W = HADAMARD @ np.diag([0.75, 0.5, 0.25, -0.375, -0.625, 0.125, 0, 0.875]) @ HADAMARD.T / 8
    for turn in (1.0, 1j):
        for v in (HADAMARD[:, :4].sum(axis=1), 1e-150 * HADAMARD[:, :4].sum(axis=1)):
            net = lm.LinearNetwork(turn * W, v)
            assert lm.memory_capacity(net) == 4
            expected = cascade(turn * np.array([0.75, 0.5, 0.25, -0.375]), 20)
            assert lm.memory_function(net, 20, snr=np.inf).values == pytest.approx(expected, abs=1e-12)
    assert lm.memory_capacity(lm.LinearNetwork(0.9 * np.eye(6), np.ones(6))) == 1
    assert lm.memory_capacity(lm.LinearNetwork(W, np.zeros(8))) == 0


def exact_rank(W, v):
    """Of [v, W v, ...] over the rational numbers, or the Gaussian ones as real matrices of twice the size."""
    if np.iscomplexobj(W):
        W = np.block([[W.real, -W.imag], [W.imag, W.real]])
        columns = [np.append(v.real, v.imag), np.append(-v.imag, v.real)]
        return exact_dimension(W, columns) // 2
    return exact_dimension(W, [v])


def exact_dimension(W, columns):
    n = len(W)
    step = fmpq_mat(n, n, [fmpq(*float(x).as_integer_ratio()) for x in W.ravel()])
    states = [fmpq_mat(n, 1, [fmpq(*float(x).as_integer_ratio()) for x in column]) for column in columns]
    rows = []
    for _ in range(n):
        rows += [state.entries() for state in states]
        states = [step * state for state in states]
    return fmpq_mat(rows).rank()


@pytest.mark.parametrize("seed", range(24))
def test_the_rank_is_that_of_rational_arithmetic(seed):
    """Sparse matrices of few values, where every rank occurs; in units of any size, and with links of any weight."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 9))
    W = rng.choice([0, 0, 0.25, -0.25, 0.125], (n, n)) * 0.5
    v = rng.choice([0, 1.0, -1], n)
    if seed % 3 == 1:
        W = W * 10.0 ** rng.integers(-14, 0, (n, n))
    if seed % 3 == 2:
        W, v = W * rng.choice([1, 1j], (n, n)), v * rng.choice([1, 1j], n)
    expected = exact_rank(W, v)
    units = 10.0 ** rng.permutation(np.linspace(-35, 35, n).round())
    binary = 2.0 ** np.round(np.log2(units))
    for scale in (1.0, 2.0**-400):
        found = lm.memory_capacity(lm.LinearNetwork(W, scale * v))
        other = lm.memory_capacity(lm.LinearNetwork(binary[:, None] * W / binary, scale * binary * v))
        assert found == other == expected
        assert found.error == other.error == 0


def test_weak_links_and_large_units_do_not_change_the_memory_function():
    """What the input reaches by 1e-13 it reaches; eigenvalues as of the same network in other units."""
    net = lm.LinearNetwork(np.diag(np.linspace(-0.6, 0.7, 5)) + np.diag([1e-13, 1, 1e-5, 0.5], -1), np.eye(5)[0])
    found = lm.memory_function(net, 20, snr=np.inf)
    assert found.capacity == 5
    assert found.values == pytest.approx(cascade(np.linspace(-0.6, 0.7, 5) + 0j, 20), abs=1e-13)
    A = np.random.default_rng(5).standard_normal((7, 7)) / 4
    units = 2.0 ** np.linspace(-60, 60, 7).round()
    memories = [
        lm.memory_function(lm.LinearNetwork(W, v), 30, snr=np.inf).values
        for W, v in ((A, np.ones(7)), (units[:, None] * A / units, units))
    ]
    assert memories[0] == pytest.approx(memories[1], abs=1e-12)


def test_eigenvalues_that_double_precision_does_not_know_are_computed_with_more():
    """A chain with feedback, symmetrised by hand: 2 sqrt(ab) cos(j pi / (N + 1))."""
    a, b, n = 0.95, 0.2, 100
    found = lm.memory_function(lm.feedback_chain(n, feedforward=a, feedback=b), 200, snr=np.inf)
    spectrum = 2 * np.sqrt(a * b) * np.cos(np.arange(1, n + 1) * np.pi / (n + 1))
    assert "bits" in found.method
    assert np.abs(found.values - cascade(spectrum + 0j, 200)).max() < 1e-9


def test_a_noiseless_delay_line_forgets_nothing_and_then_everything():
    found = lm.memory_function(lm.chain(10, gain=0.3), 15, snr=np.inf)
    assert np.array_equal(found.values, [1] * 10 + [0] * 5)


def test_the_limit_of_weak_noise():
    net = lm.ginibre(4, gain=0.8, rng=0)
    assert lm.memory_capacity(net, snr=1e12) == pytest.approx(4, abs=1e-6)


# --- balls ---


@pytest.mark.parametrize("readout", [0.0, 0.3])
@pytest.mark.parametrize("kind", ["coloured", "complex", "two inputs"])
def test_enclosures_contain_what_many_digits_say(kind, readout):
    """m, its sum and I by Gauss with 60 digits, all lags up to 3000 counted."""
    net, lags, snr = KINDS[kind](), 4, 7.0
    Q = net.noise if net.noise_is_matrix else np.eye(net.size)
    found = enclose_memory_function(net.recurrent, net.columns(), Q, lags, snr, readout)
    n, d = net.columns().shape
    with mpmath.workdps(60):
        W, V, source = (mpmath.matrix(one.tolist()) for one in (net.recurrent, net.columns(), Q))
        eps = sum(source[i, i] for i in range(n)) / n
        C, P, power = source.copy(), V * V.H, W.copy()
        for _ in range(12):  # 4096 steps, by doubling
            C, P, power = C + power * C * power.H, P + power * P * power.H, power * power
        C += eps * mpmath.mpf(readout) * mpmath.eye(n)
        M = C + snr * eps * P
        state, values = V, []
        for _ in range(lags):
            values.append(snr * eps * (state.H * mpmath.lu_solve(M, state) if d == 1 else state.H * M**-1 * state))
            state = W * state
        capacity = mpmath.fsum((M**-1 * snr * eps * P)[i, i] for i in range(n))
        information = mpmath.log(abs(mpmath.det(M) / mpmath.det(C))) / 2
        # The truth keeps its sixty digits here: rounded to a double it may leave an enclosure that is right.
        for k, a, b in np.ndindex(lags, d, d):
            assert abs(values[k][a, b] - found.values[0][k, a, b].item()) <= found.errors[0][k, a, b]
        assert abs(mpmath.re(capacity) - float(found.values[1])) <= found.errors[1]
        assert abs(information - float(found.values[2])) <= found.errors[2]
    assert found.relative_error < 1e-13


def test_what_double_precision_cannot_decode_balls_can():
    net = lm.feedback_chain(100, feedforward=0.95, feedback=0.2)
    found = lm.memory_function(net, 5, snr=1e4, readout_noise=0.3)
    assert found.method == "balls"
    assert found.relative_error < 1e-12


# --- nuisance, stacks, horizons, orders of magnitude ---


def test_where_the_other_lags_are_unknown_less_is_known():
    """A15: 1 / [F^-1]_kk; equal to J where F is diagonal; nothing of more than N lags."""
    net = lm.ginibre(6, gain=0.8, rng=0)
    F = lm.fisher_memory_matrix(net, 6)
    alone = lm.nuisance_information(net, 6)
    assert np.allclose(alone, 1 / np.diag(np.linalg.inv(F)), rtol=1e-8)
    assert np.all(alone < np.diag(F))
    assert not lm.nuisance_information(net, 7).any()
    chain = lm.chain(6, gain=1.1)
    assert np.allclose(lm.nuisance_information(chain, 6), lm.fisher_memory_curve(chain, 6).values, rtol=1e-12)


def test_a_stack_is_its_members():
    W = np.stack([lm.ginibre(5, rng=seed).recurrent for seed in range(3)])
    stack = lm.LinearNetwork(W, np.eye(5)[0])
    found = lm.memory_function(stack, 7, snr=4.0)
    for i in range(3):
        one = lm.memory_function(stack.member(i), 7, snr=4.0)
        assert np.array_equal(found.values[i], one.values)
        assert found.capacity[i] == one.capacity == lm.memory_capacity(stack, snr=4.0)[i]
        assert lm.mutual_information(stack, 4.0)[i] == one.information
        assert np.array_equal(lm.snr_curve(stack, 7, snr=4.0)[i], lm.snr_curve(stack.member(i), 7, snr=4.0))


def test_over_a_horizon_networks_may_be_unstable():
    n, steps = 5, 6
    net = lm.ginibre(n, gain=1.3, rng=0)
    powers = [np.linalg.matrix_power(net.recurrent, k) for k in range(steps)]
    C = sum(P @ P.T for P in powers)
    Y = np.stack([P @ net.feedforward for P in powers], axis=1)
    F = Y.T @ np.linalg.solve(C, Y)
    expected = 1 - np.diag(np.linalg.inv(np.eye(steps) + 3 * F))
    found = lm.memory_function(net, steps, snr=3.0, horizon=steps)
    assert np.allclose(found.values, expected, rtol=1e-9)
    assert found.capacity == pytest.approx(expected.sum(), rel=1e-9)


def test_hard_chains_are_decoded_where_the_textbook_route_fails():
    """cond C = 1e20: x = 20, against the bound and the information by two routes of our own."""
    net = lm.feedback_chain(100, feedforward=0.95, feedback=0.2)
    found = lm.memory_function(net, 300, snr=20.0)
    F = lm.fisher_memory_matrix(net, 1500)
    spread = np.linalg.eigvalsh(20 * F)
    assert found.information == pytest.approx(np.log1p(spread.clip(0)).sum() / 2, rel=1e-7)
    assert found.capacity == pytest.approx((spread / (1 + spread)).sum(), rel=1e-7)


BAD = [
    (lambda: lm.memory_function(lm.chain(3), snr=0), lm.ArgumentError, ["snr is 0", "> 0"]),
    (lambda: lm.memory_function(lm.chain(3), snr=-1.0), lm.ArgumentError, ["snr is -1.0"]),
    (lambda: lm.memory_function(lm.chain(3), snr=np.nan), lm.ArgumentError, ["snr is nan"]),
    (lambda: lm.memory_function(lm.chain(3), 0, snr=1), lm.ArgumentError, ["lags is 0"]),
    (lambda: lm.memory_function(lm.chain(3), snr=1, readout_noise=-1), lm.ArgumentError, ["readout_noise is -1"]),
    (
        lambda: lm.memory_function(lm.chain(3), snr=1, autocovariance=[]),
        lm.ArgumentError,
        ["autocovariance", "variance, > 0, first"],
    ),
    (
        lambda: lm.memory_function(lm.chain(3), snr=1, autocovariance=[1, 0.9]),
        lm.ArgumentError,
        ["belongs to no signal"],
    ),
    (lambda: lm.memory_function(lm.chain(3), snr=1, autocovariance=[1, np.nan]), lm.ArgumentError, ["autocovariance"]),
    (lambda: lm.memory_function(lm.chain(3), 5, snr=1, horizon=4), lm.ArgumentError, ["lags=5 is beyond horizon=4"]),
    (
        lambda: lm.memory_function(lm.chain(3), snr=1, horizon=4, autocovariance=[1]),
        lm.ArgumentError,
        ["horizon is 4", "correlated"],
    ),
    (lambda: lm.memory_function(lm.chain(3), snr=np.inf, horizon=4), lm.ArgumentError, ["snr is inf", "horizon"]),
    (
        lambda: lm.memory_function(lm.LinearNetwork(np.eye(2) / 2), snr=1),
        lm.InvalidNetworkError,
        ["feedforward is None"],
    ),
    (
        lambda: lm.memory_function(lm.LinearNetwork(np.eye(2) / 2, np.eye(2)), snr=np.inf),
        lm.InvalidNetworkError,
        ["2 inputs", "take a column"],
    ),
    (
        lambda: lm.memory_function(lm.ContinuousNetwork(-np.eye(2), [1, 0]), snr=1),
        lm.InvalidNetworkError,
        ["continuous", "discretised"],
    ),
    (lambda: lm.mutual_information(lm.chain(3), np.inf), lm.ArgumentError, ["infinite"]),
    (lambda: lm.snr_curve(lm.chain(3), snr=np.inf), lm.ArgumentError, ["snr is inf"]),
    (lambda: lm.nuisance_information(lm.chain(3), -2), lm.ArgumentError, ["lags is -2"]),
]


@pytest.mark.parametrize(("call", "kind", "words"), BAD, ids=range(len(BAD)))
def test_bad_requests_are_refused(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


@pytest.mark.parametrize("snr", [5.0, np.inf])
def test_unstable_networks_are_refused(snr):
    with pytest.raises(lm.UnstableNetworkError):
        lm.memory_function(lm.ginibre(5, gain=1.1, rng=0), snr=snr)


# --- without noise, near the unit circle ---


@pytest.mark.parametrize("eigenvalue", [1 - 1e-12, -1 + 1e-9, (0.6 + 0.8j) * (1 - 1e-11), 1j * (1 - 2.0**-50)])
def test_one_slow_unit_without_noise(eigenvalue):
    """m(k) = (1 - |l|^2) |l|^2k, the remainder in rational arithmetic: 1 - |l|^2 in doubles is off by 1e-16."""
    square = Fraction(float(np.real(eigenvalue))) ** 2 + Fraction(float(np.imag(eigenvalue))) ** 2
    found = lm.memory_function(lm.LinearNetwork([[eigenvalue]], [2.0]), 3, snr=np.inf)
    assert found.values == pytest.approx([float((1 - square) * square**k) for k in range(3)], rel=1e-12)
    assert found.capacity == 1


def test_computed_eigenvalues_near_the_circle_count_the_rounding_of_one_minus_their_modulus():
    """Computed to any number of bits and rounded to doubles: 1 - |l|^2 of 1e-12 is known to 1e-4, which is refused."""
    net = lm.LinearNetwork((1 - 1e-12) * lm.random_orthogonal(3, gain=1, rng=0).recurrent, np.ones(3))
    with pytest.raises(lm.AccuracyError, match="eigenvalues are not known well enough") as caught:
        lm.memory_function(net, 2, snr=np.inf)
    assert 1e-6 < caught.value.relative_error < 1e-2
    assert lm.memory_capacity(net) == 3


# --- information among nuisances, lag by lag; correlated signals to their end ---


def test_a_lag_that_nothing_reaches_has_no_information_and_hides_none():
    """Of chains with weights: J(k) where a path of k steps exists, 0 beyond, in closed form by the walk."""
    for net in (
        lm.chain(4, gain=0.7),
        lm.inhomogeneous_chain([2.0, 0.1, 3.0]),
        lm.LinearNetwork(np.eye(4, k=-1), [0, 1, 0, 0]),
    ):
        J = lm.fisher_memory_curve(net, 7).values
        information = lm.nuisance_information(net, 7)
        assert np.abs(information - J).max() <= information.error.max() + 16 * ULP * J.max()
        assert (information[J == 0] == 0).all()
        assert (information.error[J == 0] == 0).all()


def test_information_among_nuisances_is_a_squared_distance():
    """By least squares in the coordinates S^-* h, and 0 where the other lags span it."""
    net = lm.ginibre(6, gain=0.9, rng=4)
    S = lm.noise_covariance_factor(net)
    states = [np.linalg.matrix_power(net.recurrent, k) @ net.feedforward for k in range(9)]
    y = np.linalg.solve(np.asarray(S).T, np.array(states).T)
    for lags in (3, 5, 9):
        information = lm.nuisance_information(net, lags)
        for k in range(lags):
            others = np.delete(y[:, :lags], k, axis=1)
            c = np.linalg.lstsq(others, y[:, k], rcond=None)[0]
            distance = np.sum((y[:, k] - others @ c) ** 2)
            # least squares in doubles: an ulp of y times the condition of the columns, below 1e4
            assert abs(information[k] - distance) <= information.error[k] + 1e-11


@pytest.mark.parametrize("gap", [1e-3, 1e-5, 1e-7])
def test_a_correlated_signal_is_followed_to_its_end(gap):
    """White noise given as an autocovariance is white, however slowly the network forgets; one unit in closed form.

    J(k) = (1 - a^2) a^2k, a = 1 - gap, and the capacity of x = 1 is x / (1 + x) for any a: all signals are in one unit.
    """
    net = lm.LinearNetwork([[1 - gap]], [1.0])
    white = lm.memory_function(net, 3, snr=1.0)
    given = lm.memory_function(net, 3, snr=1.0, autocovariance=[1.0])
    assert abs(given.capacity - 0.5) <= given.capacity.error
    assert (np.abs(given.values - white.values) <= given.error + white.error).all()
    assert abs(given.information - np.log(2) / 2) <= given.information.error
