"""Excitatory and inhibitory networks: the feedforward link grows as sqrt(n); two populations after a pulse."""

import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm
from linmem.errors import ArgumentError
from linmem.files.sources import network_from_source


@pytest.mark.parametrize("excitatory", [0.3, 0.5, 0.8])
def test_the_hidden_link_grows_as_the_root_of_the_size(excitatory):
    """||W v|| over 2 g sqrt(2 n f (1 - f) / (pi - 2)) is 1, up to the scatter of the radius of a draw."""
    ratios = []
    for n in (100, 400):
        expected = 2 * 0.7 * np.sqrt(2 * n * excitatory * (1 - excitatory) / (np.pi - 2))
        nets = [lm.dale_balanced(n, excitatory=excitatory, gain=0.7, rng=seed) for seed in range(3)]
        ratios.append(np.mean([np.linalg.norm(net.recurrent @ net.feedforward) for net in nets]) / expected)
    assert np.allclose(ratios, 1, atol=0.12)


@pytest.mark.parametrize(("n", "excitatory", "count"), [(2, 0.01, 1), (2, 0.99, 1), (10, 0.5, 5), (7, 0.8, 6)])
def test_columns_have_one_sign_and_common_activity_evokes_nothing(n, excitatory, count):
    net = lm.dale_balanced(n, excitatory=excitatory, rng=4)
    assert np.array_equal(np.sign(net.recurrent), np.tile(np.repeat([1.0, -1.0], [count, n - count]), (n, 1)))
    assert np.array_equal(np.sign(net.feedforward), np.repeat([1.0, -1.0], [count, n - count]))
    assert np.linalg.norm(net.feedforward) == pytest.approx(1, abs=1e-15)
    assert np.abs(net.recurrent @ np.ones(n)).max() < 1e-14 * n * np.abs(net.recurrent).max()
    assert np.abs(np.linalg.eigvals(net.recurrent)).max() == pytest.approx(0.9, rel=1e-9)


def test_a_radius_does_not_change_the_shape_of_a_balanced_network():
    one, half = (lm.dale_balanced(8, gain=gain, rng=0).recurrent for gain in (1.0, 0.5))
    assert np.array_equal(one, 2 * half)
    assert np.array_equal(lm.dale_balanced(8, gain=0, rng=0).recurrent, np.zeros((8, 8)))


@pytest.mark.parametrize(("w", "k"), [(30 / 7, 1.1), (2.0, 1.0), (0.5, 3.0), (4.0, 0.9)])
def test_a_difference_evokes_a_sum(w, k):
    """After a pulse the difference is e^-t, and the sum f (e^-t - e^-lt) / (l - 1), or f t e^-t at l = 1."""
    net = lm.balanced_amplification(weight=w, ratio=k)
    forward, decay = w * (1 + k), 1 + w * (k - 1)
    for t in (0.2, 1.0, 4.0):
        state = sl.expm(net.drift * t) @ net.feedforward
        total, difference = (state[0] + state[1]) / np.sqrt(2), (state[0] - state[1]) / np.sqrt(2)
        spread = t * np.exp(-t) if decay == 1 else (np.exp(-t) - np.exp(-decay * t)) / (decay - 1)
        assert difference == pytest.approx(np.exp(-t), abs=1e-13)
        assert total == pytest.approx(forward * spread, rel=1e-12)
    assert net.labels == ("excitatory", "inhibitory")
    assert net.abscissa.value == pytest.approx(-min(1, decay), rel=1e-7)  # at l = 1 it is a Jordan block
    C = sl.solve_continuous_lyapunov(net.drift, -np.eye(2))
    spatial = sl.solve_continuous_lyapunov(net.drift.T, -np.linalg.inv(C))
    expected = 1 + forward**2 / (forward**2 + (decay + 1) ** 2)
    assert net.feedforward @ spatial @ net.feedforward == pytest.approx(expected, rel=1e-11)
    assert lm.total_fisher_memory(net) == pytest.approx(expected, rel=1e-11)


def test_its_source_in_words():
    net = network_from_source("balanced_amplification:weight=2,ratio=1")
    assert np.array_equal(net.matrix, [[1, -2], [2, -3]])
    assert isinstance(network_from_source("balanced_amplification"), lm.ContinuousNetwork)


BAD = [
    (lambda: lm.dale_balanced(2.0, rng=0), ["n is 2.0"]),
    (lambda: lm.dale_balanced(5, excitatory=0, rng=0), ["excitatory is 0", "> 0"]),
    (lambda: lm.dale_balanced(5, excitatory=np.nan, rng=0), ["excitatory is nan"]),
    (lambda: lm.dale_balanced(5, excitatory="most", rng=0), ["excitatory is 'most'"]),
    (lambda: lm.dale_balanced(5, gain=-1, rng=0), ["gain is -1"]),
    (lambda: lm.dale_balanced(5, rng="x"), ["rng is 'x'"]),
    (lambda: lm.balanced_amplification(weight=np.inf), ["weight is inf"]),
    (lambda: lm.balanced_amplification(ratio=-0.1), ["ratio is -0.1"]),
]
BAD_NETWORKS = [
    (lambda: lm.balanced_amplification(weight=1e151), ["drift has an entry"]),
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
