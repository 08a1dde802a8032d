"""Normal networks hold one unit of memory, whatever their eigenvalues: claims B1 to B7 and B12."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm
from linmem.connectivity.normal import haar

TIGHT = 1e-10
NORMAL = [
    "one unit",
    "one forgetful unit",
    "rotation of two units",
    "identity",
    "orthogonal",
    "orthogonal .9999",
    "ring",
    "symmetric",
    "normal",
    "hidden ring",
    "complex ring",
]


def by_eigenvectors(W, v, lags):
    """sum_i |u_i* v|^2 |lam_i|^2k (1 - |lam_i|^2): GHS eq. 4. The Schur vectors of a normal W are its eigenvectors."""
    T, U = sl.schur(W, output="complex")
    power = np.abs(np.diag(T)) ** 2
    return (power ** np.arange(lags)[:, None] * (1 - power)) @ np.abs(U.conj().T @ v) ** 2


@pytest.mark.parametrize("net", NORMAL, indirect=True)
def test_b1_curve_by_eigenvalues(net):
    found = lm.fisher_memory_curve(net, rtol=TIGHT)
    expected = by_eigenvectors(net.dense(), net.feedforward, len(found.values))
    # 1 - |lam|^2 >= 2e-4 has lost four digits in the formula, and W is normal to rounding only
    assert found.values == pytest.approx(expected, rel=1e-11, abs=found.relative_error * expected[0])


def test_b1_eigenvalues_alone_do_not_tell_the_curve_of_other_networks():
    """Negative control: the same formula on a Ginibre matrix."""
    net = lm.ginibre(20, gain=0.9, rng=0)
    expected = by_eigenvectors(net.recurrent, net.feedforward, 20)
    assert np.abs(lm.fisher_memory_curve(net, 20).values - expected).max() > 0.05


@pytest.mark.parametrize("net", NORMAL, indirect=True)
def test_b2_every_unit_input_has_total_one(net):
    """GHS eq. 5."""
    for v in haar(net.size, np.random.default_rng(1))[:, :3].T:
        assert lm.total_fisher_memory(replace(net, feedforward=v), rtol=TIGHT) == pytest.approx(1, rel=TIGHT)


def test_b2_other_networks_have_other_totals():
    """Negative control: non-normal; and, without damping, none."""
    assert abs(lm.total_fisher_memory(lm.ginibre(20, gain=0.9, rng=2)) - 1) > 0.02
    with pytest.raises(lm.UnstableNetworkError, match="radius 1, but"):
        lm.total_fisher_memory(lm.random_orthogonal(5, gain=1, rng=3))


@pytest.mark.parametrize("net", NORMAL, indirect=True)
def test_b3_spatial_matrix_is_the_identity(net):
    assert lm.spatial_fisher_memory(net, rtol=TIGHT) == pytest.approx(np.eye(net.size), abs=TIGHT)


def test_b3_and_of_no_other_network():
    """The converse: J^s is away from I in proportion to the commutator; the smallest ratio here is about 0.1."""
    rng = np.random.default_rng(4)
    stack = rng.standard_normal((300, 4, 4))
    stack *= (0.9 / np.abs(np.linalg.eigvals(stack)).max(axis=1))[:, None, None]
    away = np.linalg.norm(lm.spatial_fisher_memory(stack) - np.eye(4), axis=(1, 2))
    commutator = stack @ stack.transpose(0, 2, 1) - stack.transpose(0, 2, 1) @ stack
    assert np.all(away > 0.03 * np.linalg.norm(commutator, axis=(1, 2)))


def test_b3_one_input_with_total_one_proves_nothing():
    """Negative control: a chain remembers one unit of an input between its best and its worst."""
    net = lm.chain(6, gain=1.3)
    J = np.diag(lm.spatial_fisher_memory(net))
    share = (J[0] - 1) / (J[0] - J[-1])
    v = np.sqrt([1 - share, 0, 0, 0, 0, share])
    assert lm.total_fisher_memory(replace(net, feedforward=v)) == pytest.approx(1, rel=1e-13)


@pytest.mark.parametrize("horizon", [1, 2, 7, 40])
@pytest.mark.parametrize("radius", [0.9, 1.0, 1.2])
def test_b4_over_a_horizon_at_any_radius(horizon, radius):
    """Tr M_n = N for every W, and M_n = I for a normal one."""
    rng = np.random.default_rng(5)
    W = rng.standard_normal((8, 8))
    for matrix, is_normal in ((W, False), (W + W.T, True), (haar(8, rng), True)):
        scaled = matrix * (radius / np.abs(np.linalg.eigvals(matrix)).max())
        M = lm.spatial_fisher_memory(scaled, horizon=horizon, rtol=TIGHT)
        assert np.trace(M) == pytest.approx(8, rel=TIGHT)
        if is_normal:
            assert pytest.approx(np.eye(8), abs=TIGHT) == M
        elif horizon > 1:
            assert np.abs(M - np.eye(8)).max() > 0.05


def test_b4_trace_over_a_horizon(net):
    """The same over the zoo, at twice the weights: most of it is unstable then."""
    doubled = replace(net, recurrent=2 * net.recurrent, known_radius=None)
    assert np.trace(lm.spatial_fisher_memory(doubled, horizon=6, rtol=TIGHT)) == pytest.approx(net.size, rel=TIGHT)


@pytest.mark.parametrize("scale", [0.5, 1, 4])
def test_b5_two_steps_in_closed_form(scale):
    """M_2 = I + (I + WW')^-1 - (I + W'W)^-1, without any condition on W."""
    W, one = scale * np.random.default_rng(6).standard_normal((7, 7)), np.eye(7)
    expected = one + np.linalg.inv(one + W @ W.T) - np.linalg.inv(one + W.T @ W)
    # inverses of matrices >= I lose cond(I + WW') <= 1e3 roundings
    assert lm.spatial_fisher_memory(W, horizon=2, rtol=1e-12) == pytest.approx(expected, abs=2e-12)
    assert np.abs(expected - one).max() > 0.05
    # negative control: one step tells nothing
    assert lm.spatial_fisher_memory(W, horizon=1) == pytest.approx(one, abs=1e-15)


@pytest.mark.parametrize("gain", [0.3, 0.9, 0.999])
def test_b6_damped_rotations(gain):
    """J(k) = g^2k (1 - g^2) for every input."""
    expected = gain ** (2 * np.arange(30)) * (1 - gain**2)
    for net in (lm.random_orthogonal(6, gain=gain, rng=7), lm.identity(6, gain=gain), lm.identity(6, gain=-gain)):
        # 1 - g^2 >= 2e-3 has lost three digits
        assert lm.fisher_memory_curve(net, 30).values == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("gain", [0.9, 1.0, 1.1])
@pytest.mark.parametrize("horizon", [1, 2, 13, 50])
def test_b6_rotations_over_a_horizon(gain, horizon):
    """J_n(k) = g^2k (g^2 - 1) / (g^2n - 1), 1 / n at g = 1; k < n."""
    k, whole = np.arange(horizon), np.sum(gain ** (2.0 * np.arange(horizon)))
    networks = [lm.random_orthogonal(6, gain=gain, rng=8), lm.identity(6, gain=gain), lm.ring(6, gain=gain)]
    for net in networks:
        found = lm.fisher_memory_curve(net, horizon, horizon=horizon)
        assert found.values == pytest.approx(gain ** (2 * k) / whole, rel=1e-12)  # R is orthogonal to rounding
        assert found.total == pytest.approx(1, rel=1e-12)
        with pytest.raises(lm.ArgumentError, match=f"lags={horizon + 1} is beyond horizon={horizon}"):
            lm.fisher_memory_curve(net, horizon + 1, horizon=horizon)


@pytest.mark.parametrize("build", [lm.identity, lm.ring, lambda n, gain: lm.random_orthogonal(n, gain=gain, rng=9)])
@pytest.mark.parametrize("gain", [1.0, -1.0, 1.01])
def test_b6_refuses_undamped_rotations_without_a_horizon(build, gain):
    """Negative control: C is infinite."""
    for ask in (lm.fisher_memory_curve, lm.total_fisher_memory, lm.spatial_fisher_memory, lm.noise_covariance):
        with pytest.raises(lm.UnstableNetworkError, match="needs a radius below 1; pass horizon=n"):
            ask(build(5, gain=gain))


@pytest.mark.parametrize("gain", [0.2, 0.9, 0.9999])
@pytest.mark.parametrize("n", [1, 2, 4, 50])
def test_b7_a_ring_forgets_as_any_rotation(n, gain):
    """J(k) = a^2k (1 - a^2), at every input, also where a delay line of its length would have ended."""
    expected = gain ** (2 * np.arange(2 * n)) * -np.expm1(2 * np.log(gain))
    found = lm.fisher_memory_curve(lm.ring(n, gain=gain))
    assert found.method == "structured"
    assert found.values == pytest.approx(expected, rel=1e-11)  # 1 - a^2 = 2e-4 in the walk around the ring
    assert found.total == pytest.approx(1, rel=1e-11)


def envelope(lags):
    """k^k / (k + 1)^(k + 1)."""
    k = np.arange(lags, dtype=float)
    return np.exp(k * np.log(np.maximum(k, 1)) - (k + 1) * np.log(k + 1))


@pytest.mark.parametrize("net", NORMAL, indirect=True)
def test_b12_no_normal_network_is_above_the_envelope(net):
    """And every difference has its sign: J is the sequence of moments of a measure on [0, 1]."""
    found = lm.fisher_memory_curve(net, 40, rtol=TIGHT)
    rounding = found.relative_error * found.values.max()
    assert np.all(found.values <= envelope(40) + rounding)
    for order in range(1, 6):
        assert np.all((-1) ** order * np.diff(found.values, order) >= -(2**order) * (rounding + 1e-16))


@pytest.mark.parametrize("k", [1, 3, 10])
def test_b12_the_envelope_is_attained(k):
    """By all weight at |lam|^2 = k / (k + 1)."""
    found = lm.fisher_memory_curve(lm.ring(3, gain=np.sqrt(k / (k + 1))), 12)
    assert found.values[k] == pytest.approx(envelope(12)[k], rel=1e-14)


def test_b12_a_chain_is_above_the_envelope():
    """Negative control: 1 / (k + 1) exceeds it at every k > 0."""
    assert np.all(lm.fisher_memory_curve(lm.chain(30), 30).values[1:] > 1.9 * envelope(30)[1:])


def test_random_rotations_are_uniform():
    """Haar: every entry has mean 0 and variance 1/n. Without a choice of signs QR gives entries of one sign."""
    draws = np.array([lm.random_orthogonal(4, gain=1, rng=seed).recurrent for seed in range(2000)])
    assert np.abs(draws.mean(axis=0)).max() < 5 * np.sqrt(0.25 / 2000)  # five standard errors, sixteen entries
    assert (draws**2).mean(axis=0) == pytest.approx(np.full((4, 4), 0.25), abs=5 * np.sqrt(0.0625 / 2000))
