"""Delay lines, and the bound they attain: claims C1 to C10. Gains are amplitude gains a; GHS write alpha = a^2."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import zeta

import linmem as lm

EXACT = 1e-13  # the walk along a line of N <= 100 units rounds a few times a step
TIGHT = 1e-10
GAINS = [0.3, 0.9, 0.999, 1.0, 1.02, 1.1, 2.0, -1.1]


def exact_curve(weights):
    """J(k) = 1 / sum_{m <= k} (a_1 ... a_m)^-2 (GHS eq. 10), as rationals of the stored doubles."""
    found, product, total = [], Fraction(1), Fraction(0)
    for a in [1, *weights]:
        product *= Fraction(a) ** 2
        total += 1 / product
        found.append(1 / total)
    return found


def floats(fractions):
    return np.array([float(value) for value in fractions])


def harmonic(n):
    return sum(Fraction(1, m) for m in range(1, n + 1))


@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("n", [1, 2, 5, 60])
def test_c1_curve(n, gain):
    """J(k) = al^k (1 - al) / (1 - al^(k+1)), 1 / (k + 1) at al = 1, for k < N, and 0 after: GHS p. 18972."""
    al, k = Fraction(gain) ** 2, range(n)
    expected = [Fraction(1, i + 1) if al == 1 else al**i * (1 - al) / (1 - al ** (i + 1)) for i in k]
    found = lm.fisher_memory_curve(lm.chain(n, gain=gain))
    assert found.values[:n] == pytest.approx(floats(expected), rel=EXACT)
    assert not found.values[n:].any()
    # Lambert's form of the total is checked below; here it is the sum
    assert found.total == pytest.approx(float(sum(expected)), rel=EXACT)


def test_c1_needs_the_source():
    """Negative control: from the second unit, from the last, and with W transposed, the curve is another."""
    net = lm.chain(30, gain=1.1)
    source = lm.fisher_memory_curve(net).values
    for other in (
        replace(net, feedforward=np.eye(30)[1]),
        replace(net, feedforward=np.eye(30)[-1]),
        replace(net, recurrent=net.recurrent.T),
    ):
        assert np.abs(lm.fisher_memory_curve(other).values - source).max() > 0.1


@pytest.mark.parametrize("gain", [0.3, 0.9, 1.0, 1.02, 1.1, 2.0])
@pytest.mark.parametrize("n", [1, 10, 100])
def test_c2_total(n, gain):
    """Below one ((1 - al) / al) sum al^m / (1 - al^m), at one H_N, above N (1 - q) + (1 - q) sum q^m / (1 - q^m)."""
    al, m = gain**2, np.arange(1, n + 1)
    if al < 1:
        expected = (1 - al) / al * np.sum(al**m / (1 - al**m))
    elif al == 1:
        expected = float(harmonic(n))
    else:
        q = 1 / al
        expected = n * (1 - q) + (1 - q) * np.sum(q**m / (1 - q**m))
    assert lm.total_fisher_memory(lm.chain(n, gain=gain)) == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("gain", [1.05, 1.3])
def test_c2_amplifying_chains_are_extensive(gain):
    """J(k) -> 1 - 1 / a^2, which each further unit adds."""
    plateau = 1 - gain**-2
    short, long = (lm.fisher_memory_curve(lm.chain(n, gain=gain), n) for n in (400, 800))
    assert long.values[-1] == pytest.approx(plateau, rel=EXACT)  # 1.05^-800 is below rounding
    assert (long.total - short.total) / 400 == pytest.approx(plateau, rel=1e-12)


@pytest.mark.parametrize(("power", "limit"), [(0.5, 1.607), (0.9, 3.010), (0.99, 5.206)])
def test_c2_decaying_chains_saturate_but_not_at_one(power, limit):
    """GHS say J_tot ~ 1 for al < 1, which holds for small al only: Lambert's series at N = infinity."""
    net = lm.chain(4000, gain=np.sqrt(power), sparse=True)
    assert lm.total_fisher_memory(net) == pytest.approx(limit, abs=5e-4)  # the digits given
    assert lm.total_fisher_memory(lm.chain(4000, gain=0.05, sparse=True)) == pytest.approx(1, abs=0.003)


@pytest.mark.parametrize("gain", [0.8, 1.0, 1.2])
def test_c3_spatial_matrix(gain):
    """Diagonal, entry j sum_{i >= j} al^(i-j) (al - 1) / (al^i - 1), falling from source to sink, of sum N."""
    n, al = 12, Fraction(gain) ** 2
    variance = [sum(al**m for m in range(i)) for i in range(1, n + 1)]
    expected = [sum(al ** (i - j) / variance[i] for i in range(j, n)) for j in range(n)]
    J = lm.spatial_fisher_memory(lm.chain(n, gain=gain))
    assert pytest.approx(np.diag(floats(expected)), abs=EXACT * float(expected[0])) == J
    assert np.all(np.diff(np.diag(J)) < 0)
    assert sum(expected) == n
    assert lm.optimal_input(lm.chain(n, gain=gain)) == pytest.approx(np.eye(n)[0], abs=1e-15)


def test_c4_delay_lines_confuse_no_lags():
    """The memory matrix is diagonal; negative control: with feedback it is not."""
    F = lm.fisher_memory_matrix(lm.inhomogeneous_chain([2, 0.5, 3]), 6)
    assert np.array_equal(F, np.diag(np.diag(F)))
    F = lm.fisher_memory_matrix(lm.feedback_chain(10), 6)
    assert np.abs(F - np.diag(np.diag(F))).max() > 0.01


@pytest.mark.parametrize("seed", range(4))
def test_c5_inhomogeneous_chain(seed):
    """GHS eq. 10."""
    weights = np.random.default_rng(seed).uniform(-3, 3, 40)
    found = lm.fisher_memory_curve(lm.inhomogeneous_chain(weights), 50)
    assert found.values[:41] == pytest.approx(floats(exact_curve(weights)), rel=EXACT)
    assert not found.values[41:].any()


def chain_of_amplification(A):
    """The delay line with ||W^k v||^2 = A[k]."""
    A = np.asarray(A, float)
    return lm.inhomogeneous_chain(np.sqrt(A[1:] / A[:-1]), sparse=True)


def test_c5_quadratic_growth_has_a_plateau():
    """A_k = k^2: J -> 1 / (1 + pi^2 / 6), to 1 / k."""
    found = lm.fisher_memory_curve(chain_of_amplification([1, *np.arange(1.0, 20_000) ** 2]), 20_000)
    assert found.values[-1] == pytest.approx(1 / (1 + np.pi**2 / 6), rel=1e-4)


def test_c6_no_network_beats_the_delay_line_of_its_amplification(net):
    """GHS eq. 11: J(m) <= 1 / sum_{l <= m} ||W^l v||^-2."""
    found = lm.fisher_memory_curve(net, rtol=TIGHT)
    with np.errstate(divide="ignore"):
        bound = 1 / np.cumsum(lm.transient_amplification(net) ** -2.0)
    assert np.all(found.values <= bound * (1 + TIGHT) + found.relative_error * found.values.max())


def test_c6_holds_with_equality_where_the_line_is_hidden():
    net = lm.in_random_basis(lm.chain(20, gain=1.1), rng=0)
    bound = 1 / np.cumsum(lm.transient_amplification(net, 20) ** -2.0)
    assert lm.fisher_memory_curve(net, 20).values == pytest.approx(bound, rel=1e-11)  # cond(C) about 1e3 of rounding


def test_c6_needs_white_noise():
    """Negative control: less noise at the source, of the same total, and the bound is broken at lag 0."""
    variances = np.array([0.05, *np.ones(9)])
    net = replace(lm.chain(10), noise=np.diag(variances * 10 / variances.sum()))
    assert lm.fisher_memory_curve(net).values[0] > 10  # 1 is the bound


def test_c7_linear_growth_is_not_enough():
    """A_k = k + 1: J = 1 / H_{k+1} -> 0; A_k = (k + 1)^1.5: a plateau, 1 / zeta(1.5)."""
    found = lm.fisher_memory_curve(chain_of_amplification(np.arange(1.0, 101)), 100)
    assert found.values == pytest.approx(floats(1 / harmonic(k + 1) for k in range(100)), rel=EXACT)
    found = lm.fisher_memory_curve(chain_of_amplification(np.arange(1.0, 100_001) ** 1.5), 100_000)
    # the rest of the zeta series is 2 / sqrt(k) = 0.006 of 2.6
    assert found.values[-1] == pytest.approx(1 / zeta(1.5), rel=3e-3)
    assert found.values[-1] > 1 / zeta(1.5)


def test_c8_noise_bounds_memory(net):
    """Tr C >= N + sum_{m >= 1} A_m, and J(k) <= 1 / (1 + k^2 / (Tr C - N)), GHS eq. 12 sharpened."""
    found, amplification = lm.fisher_memory_curve(net, rtol=TIGHT), lm.transient_amplification(net) ** 2
    excess = np.trace(lm.noise_covariance(net)).real - net.size
    assert excess >= amplification[1:].sum() * (1 - 1e-12) - 1e-12
    k, rounding = np.arange(1, len(found.values)), found.relative_error * found.values.max()
    assert np.all(found.values[1:] <= excess / (excess + k**2) + rounding)
    # and with the signal's own power up to lag k in place of the noise's: NR = sum_{m <= k} A_m
    power = np.cumsum(amplification[1:])
    assert np.all(found.values[1:] <= power / (power + k**2) + rounding)


def test_c8_growing_noise_buys_memory():
    """Negative control: with Tr C free to grow, J_tot is extensive and passes any fixed bound pi / 2 sqrt(NR) + 1."""
    net = lm.chain(100, gain=1.3)
    assert lm.total_fisher_memory(net) > np.pi / 2 * np.sqrt(4 * net.size) + 1  # R = 4
    assert np.trace(lm.noise_covariance(net)) > 4 * net.size


@pytest.mark.parametrize("gain", [0.9, 1.02, 1.3])
def test_c9_the_transposed_chain_forgets_at_once(gain):
    """Codes that multiply rows put the chain above the diagonal: as columns, its J_tot is (a^2 - 1) / (a^2N - 1)."""
    net = lm.chain(100, gain=gain)
    transposed = replace(net, recurrent=net.recurrent.T)
    expected = (gain**2 - 1) / (gain**200 - 1)
    assert lm.total_fisher_memory(transposed) == pytest.approx(expected, rel=1e-11)  # gain**200 - 1 by powers
    assert lm.total_fisher_memory(net) > 1


def test_c9_numbers_of_the_published_gain():
    """a = 1.02, N = 100: 7.61 as it is meant, 7.8e-4 as it is read."""
    net = lm.chain(100, gain=1.02)
    assert lm.total_fisher_memory(net) == pytest.approx(7.61, abs=0.005)
    assert lm.total_fisher_memory(replace(net, recurrent=net.recurrent.T)) == pytest.approx(7.8e-4, abs=5e-6)


@pytest.mark.parametrize("layers", [1, 2, 9, 25])
def test_c10_fan_out_tree(layers):
    """||W^k v||^2 = k + 1 and J(k) = 1 / H_{k+1} for k < L, 0 after; N = L (L + 1) / 2. GHS Fig 5."""
    net = lm.fan_out_tree(layers)
    expected = np.zeros(layers + 5)
    expected[:layers] = floats(1 / harmonic(k + 1) for k in range(layers))
    assert net.size == layers * (layers + 1) // 2
    # weights 1 / k are rounded, k of them are added up: some 1e-14 after 25 layers
    assert lm.fisher_memory_curve(net, layers + 5).values == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert lm.total_fisher_memory(net) == pytest.approx(expected.sum(), rel=1e-12)
    amplification = lm.transient_amplification(net, layers + 1) ** 2
    assert amplification == pytest.approx([*range(1, layers + 1), 0], rel=1e-13, abs=1e-13)


def test_c10_each_neuron_of_the_tree_carries_the_same_signal():
    net, state = lm.fan_out_tree(7), None
    for k in range(7):
        state = net.feedforward if state is None else net.recurrent @ state
        active = state[np.abs(state) > 1e-12]
        assert len(active) == k + 1
        assert active == pytest.approx(np.ones(k + 1), rel=1e-14)


def test_p5_gains_are_amplitude_gains():
    """Two-step memory of a chain is a^2 / (1 + a^2): with the power gain of GHS it would be a / (1 + a)."""
    assert lm.fisher_memory_curve(lm.chain(2, gain=2)).values[1] == pytest.approx(4 / 5, rel=1e-15)
    assert lm.chain(2, gain=2).recurrent[1, 0] == 2
