"""Random networks: counts of their distributions, the semicircle to one per cent, and networks in a random basis."""

from itertools import product
from math import comb

import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm
from linmem.connectivity.ensembles import _random_subset
from linmem.errors import ArgumentError


@pytest.mark.parametrize("seed", [0, 1])
def test_a_wigner_network_follows_the_semicircle_to_one_per_cent(seed):
    """B9, one draw of 1000: the mean of J over its sites is a spectral moment, and scatters as 1 / n; that of one site
    scatters as 1 / sqrt(n)."""
    gain = 0.95
    W = lm.symmetric_wigner(1000, gain=gain, recipe="as drawn", rng=seed).recurrent
    moments = [gain ** (2 * k) * comb(2 * k, k) / (k + 1) / 4**k for k in range(7)]  # Catalan numbers
    expected = -np.diff(moments)
    square = W @ W
    power, found = np.eye(1000), []
    for _ in range(6):
        found.append(np.trace(power - power @ square) / 1000)
        power = power @ square
    assert np.allclose(found, expected, rtol=0.01)


def test_of_gaussian_draws_few_are_stable_and_the_best_input_holds_more():
    """The numbers of the docstring: 0.100 +- 0.005 (4500 draws), 3.461 +- 0.009 (1500), to four standard errors."""
    gain, draws = 0.99**0.5, range(300)
    drawn = [lm.ginibre(100, gain=gain, recipe="as drawn", rng=seed).recurrent for seed in draws]
    stable = np.mean([np.abs(np.linalg.eigvals(W)).max() < 1 for W in drawn])
    assert stable == pytest.approx(0.10, abs=4 * np.sqrt(0.09 / len(draws)))
    nets = [lm.ginibre(100, gain=gain, rng=seed) for seed in draws[:30]]
    largest = [np.linalg.eigvalsh(lm.spatial_fisher_memory(net))[-1] for net in nets]
    assert np.mean(largest) == pytest.approx(3.46, abs=4 * 0.365 / np.sqrt(30))


def test_connections_are_random_subset_independently():
    """Each of the 16 networks of 2 units has probability p^links (1 - p)^(4 - links): chi squared, 15 degrees."""
    p, draws, rng = 0.3, 4000, np.random.default_rng(0)
    build = lm.sparse_random
    seen = [tuple((build(2, density=p, recipe="as drawn", rng=rng).recurrent != 0).ravel()) for _ in range(draws)]
    chi = 0
    for pattern in product([False, True], repeat=4):
        expected = draws * p ** sum(pattern) * (1 - p) ** (4 - sum(pattern))
        chi += (seen.count(pattern) - expected) ** 2 / expected
    assert chi < 15 + 4 * np.sqrt(30)


def test_more_connections_than_expected_are_all_kept():
    """A batch has the expected number and six standard deviations more; here more are needed: every distance is 1."""

    class Crowded:
        def geometric(self, probability, size):
            return np.ones(size, dtype=int)

    assert np.array_equal(_random_subset(500, 0.01, Crowded()), np.arange(500))


@pytest.mark.parametrize("density", [1e-18, 1e-300, 5e-324])
def test_a_density_of_nearly_nothing_gives_no_connections(density):
    net = lm.sparse_random(20, density=density, recipe="as drawn", sparse=True, rng=0)
    assert net.recurrent.nnz == 0


@pytest.mark.parametrize("recipe", ["rescaled", "as drawn"])
def test_a_sparse_random_network_is_the_same_sparse_and_dense(recipe):
    options = {"density": 0.2, "recipe": recipe, "gain": 0.8, "rng": 3}
    sparse, dense = lm.sparse_random(40, sparse=True, **options), lm.sparse_random(40, **options)
    assert sparse.is_sparse
    assert not dense.is_sparse
    assert np.array_equal(sparse.dense(), dense.dense())


def test_a_sparse_network_has_the_disc_of_a_full_one():
    """For n p = 60 connections a unit, |lambda|^2 is nearly uniform on [0, g^2]: mean g^2 / 2, edge g to n^-1/2."""
    W = lm.sparse_random(600, density=0.1, gain=0.9, recipe="as drawn", rng=0).recurrent
    square = np.abs(np.linalg.eigvals(W)) ** 2 / 0.81
    assert square.mean() == pytest.approx(0.5, abs=0.02)
    assert square.max() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("feedforward", [0.1, 1.0, 30.0])
def test_low_rank_memory_from_the_stein_equations(feedforward):
    """J_tot = 1 + f^2 / (1 + f^2) for every g, by SciPy's solver; the departure is f sqrt(r)."""
    for gain in (-0.5, 0.0, 0.9):
        net = lm.low_rank(9, rank=4, gain=gain, feedforward=feedforward, rng=1)
        W, v = net.recurrent, net.feedforward
        C = sl.solve_discrete_lyapunov(W, np.eye(9))
        spatial = sl.solve_discrete_lyapunov(W.T, np.linalg.inv(C))
        # SciPy solves 81 linear equations of condition up to 4e6, twice, and C is inverted, of condition up to 5e3.
        assert v @ spatial @ v == pytest.approx(1 + feedforward**2 / (1 + feedforward**2), rel=1e-8)
        assert np.linalg.eigvalsh(spatial)[-1] <= 4 + 1
        assert lm.henrici_departure(net) == pytest.approx(feedforward * 2, rel=1e-9)
        assert np.trace(W) == pytest.approx(4 * gain, abs=1e-13 * (1 + feedforward))
        first = W @ v / feedforward  # a column of M: there it stays
        assert np.allclose(W @ first, gain * first, atol=1e-14 * (1 + feedforward))


def test_hidden_networks_turn_their_noise_and_forget_what_was_proved():
    Q = np.diag([1.0, 2.0, 3.0, 4.0])
    inputs = np.eye(4)[:, :2]
    for net, lags in (
        (lm.LinearNetwork(lm.chain(4).recurrent, inputs, Q, known_radius=0), 4),
        (lm.ContinuousNetwork(lm.leaky_chain(4).drift, inputs, Q, known_abscissa=-1), [0.0, 0.5, 3.0]),
    ):
        turned = lm.in_random_basis(net, rng=0)
        found, expected = (lm.fisher_memory_curve(one, lags).values for one in (turned, net))
        assert np.allclose(found, expected, rtol=1e-9, atol=1e-13)
        assert getattr(turned, "known_radius", None) is None
        assert getattr(turned, "known_abscissa", None) is None
        assert np.abs(turned.noise - Q).max() > 0.1
        assert np.array_equal(turned.noise, turned.noise.T)


BAD = [
    (lambda: lm.symmetric_wigner(0, rng=0), ["n is 0"]),
    (lambda: lm.symmetric_wigner(3, gain=-1, rng=0), ["gain is -1"]),
    (lambda: lm.symmetric_wigner(3, recipe=None, rng=0), ["recipe is None", "'rescaled', 'as drawn'"]),
    (lambda: lm.symmetric_wigner(3, rng=1.0), ["rng is 1.0"]),
    (lambda: lm.sparse_random(3, density=np.nan, rng=0), ["density is nan"]),
    (lambda: lm.sparse_random(3, density="x", rng=0), ["density is 'x'"]),
    (lambda: lm.sparse_random(3, density=-0.1, rng=0), ["density is -0.1", "> 0"]),
    (lambda: lm.low_rank(1, rng=0), ["rank is 1", "n = 1"]),
    (lambda: lm.low_rank(4, rank=0, rng=0), ["rank is 0"]),
    (lambda: lm.low_rank(4, feedforward=np.inf, rng=0), ["feedforward is inf"]),
    (lambda: lm.in_random_basis(lm.chain(3), rng=None), ["rng is None"]),
]
BAD_NETWORKS = [
    (lambda: lm.ginibre(3, gain=1e200, rng=0), ["entries above 1e+150"]),
    (lambda: lm.in_random_basis([[1, 2]], rng=0), ["(1, 2)", "square"]),
    (lambda: lm.in_random_basis(np.zeros((2, 3, 3)), rng=0), ["stack of shape (2,)", "net.member(0)"]),
]


@pytest.mark.parametrize(("build", "words"), BAD, ids=range(len(BAD)))
def test_bad_arguments_are_refused(build, words):
    with pytest.raises(ArgumentError) as caught:
        build()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


@pytest.mark.parametrize(("build", "words"), BAD_NETWORKS, ids=range(len(BAD_NETWORKS)))
def test_bad_networks_are_refused(build, words):
    with pytest.raises(lm.InvalidNetworkError) as caught:
        build()
    assert type(caught.value) is lm.InvalidNetworkError
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
