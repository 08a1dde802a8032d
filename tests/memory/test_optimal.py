"""Networks that remember most: gradients by differences, delay lines by brute force, and who beats whom."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest

import linmem as lm
from linmem.gramian.gradient import total_and_gradient
from linmem.memory.budgets import in_frobenius_ball, in_spectral_ball
from linmem.memory.optimal import (
    optimal_chain,
    optimal_network,
)

PRINTED = [1.878, 1.413, 1.182, 1.032, 0.914, 0.802, 0.677, 0.512, 0.240]


def test_the_gradient_by_differences():
    """Central differences of step 1e-5: right to 1e-10 times third derivatives, and rounding of 1e-11."""
    rng = np.random.default_rng(0)
    W, v = 0.5 * rng.standard_normal((5, 5)), rng.standard_normal(5)
    _, by_W, by_v = total_and_gradient(W, v, 8)
    for _ in range(5):
        E, e, h = rng.standard_normal((5, 5)), rng.standard_normal(5), 1e-5
        plus, minus = (total_and_gradient(W + s * h * E, v + s * h * e, 8)[0] for s in (1, -1))
        assert (plus - minus) / (2 * h) == pytest.approx(np.sum(by_W * E) + by_v @ e, rel=1e-6)


@pytest.mark.parametrize("within", [in_frobenius_ball, in_spectral_ball])
def test_gradients_go_back_through_the_budget(within):
    rng = np.random.default_rng(1)
    X, G, E, h = (*rng.standard_normal((3, 4, 4)), 1e-6)
    W, back = within(X, 1.7)
    slope = np.sum(G * (within(X + h * E, 1.7)[0] - within(X - h * E, 1.7)[0])) / (2 * h)
    assert slope == pytest.approx(np.sum(back(G) * E), rel=1e-7)
    norm = np.linalg.norm(W) if within is in_frobenius_ball else np.linalg.norm(W, 2)
    assert norm <= 1.7 * (1 + 1e-14)


def test_memory_over_a_horizon_is_that_of_the_library():
    net = lm.ginibre(6, rng=0)
    total, *_ = total_and_gradient(np.array(net.recurrent), np.array(net.feedforward), 9)
    assert total == pytest.approx(lm.total_fisher_memory(net, horizon=9), rel=1e-11)


# --- delay lines ---


def test_the_best_delay_line_of_sixteen_units():
    net = optimal_chain(16, 3.2)
    weights = np.diag(net.dense(), -1)
    assert np.allclose(weights[:9], PRINTED, atol=6e-4)
    assert not weights[9:].any()
    assert np.linalg.norm(net.dense()) == pytest.approx(3.2, rel=1e-13)
    assert lm.total_fisher_memory(net) == pytest.approx(5.58145, abs=5e-6)
    uniform = lm.chain(16, gain=3.2 / np.sqrt(15))
    assert lm.total_fisher_memory(uniform) == pytest.approx(1.988, abs=5e-4)


@pytest.mark.parametrize("budget", [0.5, 1.0, 2.0, 5.0])
def test_the_best_delay_line_by_brute_force(budget):
    """Three weights on a grid of directions; the grid's best may be behind by its spacing squared."""
    best = lm.total_fisher_memory(optimal_chain(4, budget))
    a, b = np.meshgrid(*2 * [np.linspace(0, np.pi / 2, 60)])
    W = np.zeros((a.size, 4, 4))
    W[:, [1, 2, 3], [0, 1, 2]] = budget * np.stack(
        [np.cos(a), np.sin(a) * np.cos(b), np.sin(a) * np.sin(b)], -1
    ).reshape(-1, 3)
    found = lm.total_fisher_memory(lm.LinearNetwork(W, np.eye(4)[0])).max()
    assert found <= best * (1 + 1e-10)
    assert found >= best * (1 - 2e-3)


def test_no_shift_of_weight_improves_the_best_delay_line():
    """First-order optimality: squares moved between any two links that are used."""
    net = optimal_chain(8, 2.5)
    weights = np.diag(net.dense(), -1)
    used = int(np.count_nonzero(weights))
    best = lm.total_fisher_memory(net)
    for i in range(used):
        for j in range(used):
            squares = weights**2
            squares[i], squares[j] = squares[i] + 1e-4, squares[j] - 1e-4
            if i != j and squares.min() >= 0:
                assert lm.total_fisher_memory(lm.inhomogeneous_chain(np.sqrt(squares))) < best + 1e-9


def test_under_a_spectral_norm_all_weights_are_equal():
    assert np.array_equal(np.diag(optimal_chain(5, 1.3, norm="spectral").dense(), -1), np.full(4, 1.3))
    assert optimal_chain(1, 2.0).size == 1


# --- networks ---


def test_networks_beat_the_best_delay_line_and_use_the_whole_budget():
    """From a random rotation, N = 16, ||W||_F = 3.2: 6.547, certified, against 5.58145."""
    found = optimal_network(16, 3.2, horizon=16, rng=0)
    net = found.network
    assert found.total == pytest.approx(6.547, abs=2e-3)
    assert lm.certify(lm.total_fisher_memory, net).lower > 5.58145
    assert np.linalg.norm(net.recurrent) == pytest.approx(3.2, rel=1e-12)
    assert np.linalg.norm(net.feedforward) == pytest.approx(1, rel=1e-12)
    assert net.stability.stable
    assert lm.henrici_departure(net) > 2
    assert found.total < 16


def test_every_start_ends_at_the_same_memory():
    totals = [optimal_network(8, 2.0, horizon=12, rng=seed).history.total[-1] for seed in range(4)]
    assert np.ptp(totals) < 1e-5 * max(totals)


def test_from_a_delay_line_ascent_finds_the_best_delay_line_which_is_a_saddle():
    found = optimal_network(8, 2.0, horizon=12, start=lm.chain(8), rng=0)
    assert found.total == pytest.approx(lm.total_fisher_memory(optimal_chain(8, 2.0)), rel=1e-4)
    assert optimal_network(8, 2.0, horizon=12, rng=0).total > 1.1 * found.total


def test_the_way_there_rises_and_begins_at_a_rotation():
    found = optimal_network(6, 2.0, rng=3)
    history = found.history
    assert np.all(np.diff(history.total) > -1e-9)
    first = history.recurrent[0] / np.linalg.norm(history.recurrent[0]) * np.sqrt(6)
    assert np.allclose(first @ first.T, np.eye(6), atol=1e-12)
    assert lm.henrici_departure(history.recurrent[0]) < 1e-12
    assert lm.henrici_departure(history.recurrent[-1]) > 0.5
    assert history.total[-1] == pytest.approx(lm.total_fisher_memory(found.network, horizon=found.horizon), rel=1e-9)


def test_a_longer_horizon_holds_more():
    totals = [optimal_network(8, 2.0, horizon=h, rng=0).total for h in (8, 16, 32)]
    assert totals[0] < totals[1] < totals[2] < 8


def test_under_a_spectral_norm():
    """Below 1 no network of any size holds more than 1 / (1 - B^2); above it, a chain of weight B is beaten or met."""
    small = optimal_network(6, 0.8, norm="spectral", iterations=200, rng=0)
    assert small.total < 1 / (1 - 0.64)
    found = optimal_network(6, 1.2, norm="spectral", iterations=200, rng=0)
    assert np.linalg.norm(found.network.recurrent, 2) <= 1.2 * (1 + 1e-12)
    assert found.total > 0.95 * lm.total_fisher_memory(optimal_chain(6, 1.2, norm="spectral"))


def test_the_same_seed_gives_the_same_network():
    first, second = (optimal_network(5, 1.5, rng=7) for _ in range(2))
    assert np.array_equal(first.network.recurrent, second.network.recurrent)


BAD = [
    (lambda: optimal_chain(0, 1), lm.ArgumentError, ["n is 0"]),
    (lambda: optimal_chain(3, 0), lm.ArgumentError, ["norm_budget is 0", "> 0"]),
    (lambda: optimal_chain(3, 1, norm="nuclear"), lm.ArgumentError, ["norm is 'nuclear'", "'frobenius', 'spectral'"]),
    (lambda: optimal_network(3, -1, rng=0), lm.ArgumentError, ["norm_budget is -1"]),
    (lambda: optimal_network(3, 1, rng=None), lm.ArgumentError, ["rng is None"]),
    (lambda: optimal_network(3, 1, horizon=0, rng=0), lm.ArgumentError, ["horizon is 0"]),
    (lambda: optimal_network(3, 1, iterations=0, rng=0), lm.ArgumentError, ["iterations is 0"]),
    (lambda: optimal_network(3, 1, start="chain", rng=0), lm.ArgumentError, ["start is 'chain'"]),
    (lambda: optimal_network(3, 1, start=np.eye(4), rng=0), lm.InvalidNetworkError, ["real network of 3 units"]),
    (lambda: optimal_network(3, 1, start=np.zeros((3, 3)), rng=0), lm.InvalidNetworkError, ["not 0"]),
]


@pytest.mark.parametrize(("call", "kind", "words"), BAD, ids=range(len(BAD)))
def test_bad_requests_are_refused(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


@pytest.mark.parametrize(("norm", "budget"), [("frobenius", 2.0), ("spectral", 0.7)])
def test_the_residual_is_the_first_order_gain_of_the_best_other_network(norm, budget):
    """By differences of J along the way to the W that gains most, which is B G / ||G||, or B U V' of G = U S V'."""
    stopped = optimal_network(5, budget, norm=norm, horizon=8, iterations=4, rng=1)
    W, v = stopped.history.recurrent[-1], stopped.history.feedforward[-1]
    total, by_W, by_v = total_and_gradient(W, v, 8)
    U, _, Vh = np.linalg.svd(by_W)
    best = budget * (by_W / np.linalg.norm(by_W) if norm == "frobenius" else U @ Vh)
    h = 1e-6
    gain = (total_and_gradient(W + h * (best - W), v, 8)[0] - total_and_gradient(W - h * (best - W), v, 8)[0]) / (2 * h)
    gain += np.linalg.norm(by_v) - by_v @ v
    assert stopped.residual == pytest.approx(gain / total, rel=1e-6, abs=1e-9)
    assert not stopped.converged
    if norm == "frobenius":
        assert optimal_network(5, budget, horizon=8, rng=1).residual < 1e-9 < stopped.residual


def test_the_total_of_the_optimum_carries_its_error():
    found = optimal_network(4, 1.5, horizon=6, iterations=40, rng=2)
    proved = lm.certify(lm.total_fisher_memory, found.network)
    assert abs(found.total - proved.value) <= found.total.error + proved.error
    assert 0 < found.total.error < 1e-9


@pytest.mark.parametrize("build", [lambda B: optimal_network(3, B, rng=0), lambda B: lm.optimal_chain(3, B)])
def test_budgets_whose_squares_overflow_are_refused(build):
    with pytest.raises(lm.ArgumentError, match=r"norm_budget is 1e\+170.*overflow"):
        build(1e170)


@pytest.mark.parametrize("start", [3, [[1, 2]], np.ones((2, 3)), None, object()])
def test_a_start_that_is_no_network_is_named_start(start):
    with pytest.raises(lm.InvalidNetworkError, match=r"^start is"):
        optimal_network(3, 1.0, start=start, rng=0)


# --- the best input ---


@pytest.mark.parametrize("seed", range(6))
def test_the_best_input_is_within_its_error_of_the_exact_one(seed):
    """The top eigenvector of the enclosed J^s by mpmath; a normal network has none of its own, and any vector does."""
    rng = np.random.default_rng(seed)
    n = 5
    W = np.triu(rng.standard_normal((n, n))) * 10.0 ** rng.uniform(-1, 1)
    W[np.diag_indices(n)] = rng.uniform(-0.9, 0.9, n)
    W = W + 1j * np.triu(rng.standard_normal((n, n)), 1) * (seed % 2)
    found = lm.optimal_input(W)
    with mpmath.workdps(40):
        spatial = lm.certify(lm.spatial_fisher_memory, lm.LinearNetwork(W), rtol=1e-15).value
        _, vectors = mpmath.eighe(mpmath.matrix(spatial.tolist()))
        top = np.array([complex(x) for x in vectors[:, n - 1]])
    top = top * (np.vdot(top, found) / abs(np.vdot(top, found)))
    assert np.abs(found - top).max() <= found.error.max() < 1e-6


@pytest.mark.parametrize("net", [lm.ring(7, gain=0.9), lm.random_orthogonal(20, gain=0.7, rng=0), lm.identity(3)])
def test_every_input_of_a_normal_network_is_the_best(net):
    """J^s is the identity but for rounding: LAPACK finds no eigenvector there where it is asked for the last alone."""
    found = lm.optimal_input(net)
    assert np.linalg.norm(found) == pytest.approx(1, rel=1e-14)
    assert lm.total_fisher_memory(replace(net, feedforward=np.asarray(found))) == pytest.approx(1, rel=1e-12)
    assert found.error.max() == 2
    stack = lm.optimal_input(lm.LinearNetwork(np.stack([net.recurrent, np.tril(net.recurrent)])))
    assert stack.shape == stack.error.shape == (2, net.size)
