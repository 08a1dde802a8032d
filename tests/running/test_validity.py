"""How small noise has to be along a path: against closed forms and the recursion of the covariance."""

import numpy as np
import pytest

import linmem as lm
from linmem.running.validity import SPREAD

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("noise", [1.0, 1e-4, lm.Noise(hidden=1e-4)])
def test_the_limit_of_one_unit_at_rest_is_a_geometric_sum(noise):
    """At rest tanh has the slope 1: C before the last of T steps is (1 - w^2(T-1)) / (1 - w^2), times the variance."""
    w, steps = 0.8, 9
    path = lm.trajectory(lm.RNNCell([[w]], [[1.0]]), np.zeros(steps))
    variance = noise.hidden if isinstance(noise, lm.Noise) else noise
    spread = w * np.sqrt(variance * (1 - w ** (2 * steps - 2)) / (1 - w**2))
    curve = lm.fisher_memory_curve(lm.linearise(path, noise=noise), 3)
    assert curve.noise_limit == pytest.approx(0.1 / spread, rel=1e-13)
    assert curve.signal_limit == pytest.approx(0.1 / spread / np.sqrt(curve.values), rel=1e-13)
    # a change of the input and of the noise in the same proportion is seen as before
    assert curve.limits.near_kinks == 0


def test_a_spread_of_a_tenth_costs_one_per_cent_of_the_slope():
    """E f'(u) for Gaussian u, by Gauss and Hermite: what the limit is chosen for."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    mean_slope = weights @ (1 / np.cosh(SPREAD * nodes) ** 2) / weights.sum()
    assert 1 - mean_slope == pytest.approx(0.01, rel=0.03)


@pytest.mark.parametrize("kind", ["relu", "hard_sigmoid"])
def test_units_near_a_kink_are_counted(kind):
    N, steps, variance = 6, 20, 0.01
    W, V = RNG.normal(size=(N, N)) / 2, RNG.normal(size=(N, 1))
    inputs = RNG.normal(size=(steps, 1))
    path = lm.trajectory(lm.RNNCell(W, V, nonlinearity=kind), inputs)
    kinks = [0.0] if kind == "relu" else [-3.0, 3.0]
    C, count = np.zeros((N, N)), 0
    A, _ = path.jacobians()
    for t in range(steps):
        u = W @ path.states[t] + V @ inputs[t]
        distance = np.min([np.abs(u - kink) for kink in kinks], axis=0)
        count += np.count_nonzero(distance < np.sqrt(np.diag(W @ C @ W.T)))
        C = A[t] @ C @ A[t].T + variance * np.eye(N)
    limits = lm.linearise(path, noise=variance).limits_of_linearity()
    assert limits.near_kinks == count > 0 or kind == "hard_sigmoid"
    assert limits.noise == np.inf


def test_the_limit_of_gated_cells_is_that_of_their_gates_and_of_c():
    """By the preactivations themselves: their change with the state, by differences, times the covariance before."""
    N, M, steps = 4, 2, 12
    cell = lm.LSTMCell(RNG.normal(size=(4 * N, N)), RNG.normal(size=(4 * N, M)), peepholes=RNG.normal(size=3 * N))
    path = lm.trajectory(cell, RNG.normal(size=(steps, M)))
    net = lm.linearise(path, noise=lm.Noise(hidden=0.1, cell=0.2))
    p_i, p_o, p_f = cell.peepholes.reshape(3, N)
    A, _ = path.jacobians()
    C, largest = np.zeros((2 * N, 2 * N)), 0.0
    Q = np.diag([0.1] * N + [0.2] * N)
    for t in range(steps):
        for gate, peephole in enumerate((p_i, p_f, np.zeros(N), p_o)):
            rows = np.hstack([cell.weight_hh[gate * N : (gate + 1) * N], np.diag(peephole)])
            largest = max(largest, np.diag(rows @ C @ rows.T).max())
        largest = max(largest, np.diag(C)[N:].max())
        C = A[t] @ C @ A[t].T + Q
    assert net.limits_of_linearity().noise == pytest.approx(0.1 / np.sqrt(largest), rel=1e-12)


def test_stacks_have_the_smallest_limit_of_their_layers():
    below = lm.RNNCell([[0.5]], [[1.0]], nonlinearity="linear")
    above = lm.RNNCell([[0.5]], [[2.0]])
    net = lm.linearise(lm.trajectory(lm.StackedCell([below, above]), np.zeros(6)), noise=1.0)
    A = np.array([[0.5, 0.0], [1.0, 0.5]])
    C = np.zeros((2, 2))
    for _ in range(5):
        C = A @ C @ A.T + np.eye(2)
    # what enters the layer above: its own state, and the new state of the layer below, which moves with the old one
    spread = np.sqrt(np.array([1.0, 0.5]) @ C @ np.array([1.0, 0.5]))
    assert net.limits_of_linearity().noise == pytest.approx(0.1 / spread, rel=1e-12)


def test_linear_networks_have_no_limit_and_unknown_cells_do_not_say():
    A, B = np.full((4, 2, 2), 0.3), np.ones((4, 2))
    curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B))
    assert curve.limits is None and curve.noise_limit is None and curve.signal_limit is None
    linear = lm.RNNCell(np.eye(2) / 2, np.ones((2, 1)), nonlinearity="linear")
    function = lm.memory_function(lm.linearise(lm.trajectory(linear, np.zeros(4)), noise=1.0), snr=1.0)
    assert function.noise_limit == np.inf
    own = lm.CustomCell(lambda x, s: np.sin(x) + s, lambda x, s: (np.diag(np.cos(x)), np.eye(1)), 1, 1)
    curve = lm.fisher_memory_curve(lm.linearise(lm.trajectory(own, np.zeros(4)), noise=1.0))
    assert curve.limits.noise is None and curve.signal_limit is None


def test_a_chaotic_path_leaves_no_room_for_noise():
    """The covariance grows by e^(2 lambda T): beyond the doubles the limit is 0, not a number that has overflowed."""
    cell = lm.RNNCell([[3.0]], [[1.0]], nonlinearity=(np.sin, np.cos))
    path = lm.trajectory(cell, np.zeros(800), [1e-3])
    top = lm.lyapunov_exponents(path, burn_in=100).values[0]
    assert top > 0.3
    short = lm.linearise(path, noise=1.0).limits_of_linearity(at=40).noise
    assert 0 < short < np.exp(-top * 20)
    assert lm.linearise(path, noise=1.0).limits_of_linearity().noise < 1e-90
