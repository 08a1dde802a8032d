"""||W^k V|| against powers of W, closed forms, and at the edge of doubles."""

from dataclasses import replace

import flint
import numpy as np
import pytest

import linmem as lm
from tests.nonnormality.hard_matrices import balls, distance, hard_matrices, root, squared_norm


def by_powers(W, V, lags):
    return np.array([np.linalg.norm(np.linalg.matrix_power(W, k) @ V, axis=0) for k in range(lags)])


def test_amplification_is_that_of_powers(net):
    lags, largest = 12, np.linalg.norm(net.dense(), 2)
    found = lm.transient_amplification(net, lags)
    expected = by_powers(net.dense(), net.feedforward, lags)
    # a product with W rounds by N ulps of ||W||, and powers of W carry that on
    rounding = 1e-15 * net.size * max(1, largest) ** np.arange(lags)
    assert np.all(np.abs(found - expected) <= rounding + 1e-14 * expected)
    assert found.shape == (lags,)
    # Two sums of N squares, in any order, round by N half ulps each, which the roots halve; and each root by one.
    assert found[0] == pytest.approx(np.linalg.norm(net.feedforward), rel=(net.size + 2) * 2.0**-53)


def test_default_lags_are_twice_the_units():
    assert lm.transient_amplification(lm.chain(7)).shape == (14,)
    assert lm.transient_amplification(lm.ginibre(7, rng=0)).shape == (14,)


@pytest.mark.parametrize("gain", [0.5, 1.02, -3.0])
def test_chains_amplify_by_their_gain_until_they_end(gain):
    expected = [*np.abs(gain) ** np.arange(10.0), 0, 0]
    assert lm.transient_amplification(lm.chain(10, gain=gain), 12) == pytest.approx(expected, rel=1e-14)
    hidden = lm.in_random_basis(lm.chain(10, gain=gain), rng=1)
    assert lm.transient_amplification(hidden, 12) == pytest.approx(expected, rel=1e-13, abs=1e-13 * max(expected))


@pytest.mark.parametrize(
    "net", ["chain", "Ginibre .9", "feedback chain", "complex Ginibre", "sparse random"], indirect=True
)
def test_several_inputs_are_columns(net):
    V = np.random.default_rng(2).standard_normal((net.size, 3))
    found = lm.transient_amplification(replace(net, feedforward=V), 9)
    assert found.shape == (9, 3)
    for column in range(3):
        alone = lm.transient_amplification(replace(net, feedforward=V[:, column]), 9)
        assert found[:, column] == pytest.approx(alone, rel=1e-14)


@pytest.mark.parametrize("net", ["chain", "sparse chain", "Ginibre .9", "orthogonal"], indirect=True)
def test_amplification_at_any_radius(net):
    """(c W)^k v = c^k W^k v, stable or not."""
    larger = lm.transient_amplification(replace(net, recurrent=4 * net.recurrent, known_radius=None), 20)
    assert larger == pytest.approx(4.0 ** np.arange(20) * lm.transient_amplification(net, 20), rel=1e-13)


@pytest.mark.parametrize(
    ("build", "last"), [(lambda: lm.ring(3, gain=1e100), 3), (lambda: lm.identity(3, gain=1e10), 30)]
)
def test_overflow_is_refused_at_the_lag_where_it_happens(build, last):
    assert np.isfinite(lm.transient_amplification(build(), last + 1)).all()
    with pytest.raises(lm.InvalidNetworkError, match=f"lags=50: .* from k = {last + 1} on; ask for lags <= {last + 1}"):
        lm.transient_amplification(build(), 50)


def test_overflow_of_a_dense_network():
    net = lm.LinearNetwork([[1e100, 1.0], [1.0, 1e100]], [1, 0])
    with pytest.raises(lm.InvalidNetworkError, match="ask for lags <= 4"):
        lm.transient_amplification(net, 10)
    assert lm.transient_amplification(net, 4) == pytest.approx([1, 1e100, 1e200, 1e300], rel=1e-13)


def test_squares_of_norms_need_not_be_doubles():
    """Entries of 1e-200 and 1e149: their squares underflow or overflow, the norms do not."""
    tiny = lm.LinearNetwork([[0, 0.5, 0], [0.5, 0, 0.5], [0, 0, 0]], [3e-200, 4e-200, 0])
    assert lm.transient_amplification(tiny, 2) == pytest.approx([5e-200, 2.5e-200], rel=1e-15)
    large = lm.LinearNetwork([[0, 1e149, 0], [1e149, 0, 1.0], [0, 0, 0]], [3, 4, 0])
    assert lm.transient_amplification(large, 3) == pytest.approx([5, 5e149, 5e298], rel=1e-14)
    line = lm.chain(4, gain=1e100)
    assert lm.transient_amplification(line, 4) == pytest.approx([1, 1e100, 1e200, 1e300], rel=1e-14)


def test_stacks_keep_their_axes():
    rng = np.random.default_rng(3)
    net = lm.LinearNetwork(rng.standard_normal((2, 3, 4, 4)), rng.standard_normal((2, 3, 4, 2)))
    found = lm.transient_amplification(net, 5)
    assert found.shape == (2, 3, 5, 2)
    for index in np.ndindex(2, 3):
        assert found[index] == pytest.approx(by_powers(net.recurrent[index], net.feedforward[index], 5), rel=1e-13)


@pytest.mark.parametrize("scale", [1e-60, 1.0, 1e3])
@pytest.mark.parametrize("n", [2, 5, 18])
@pytest.mark.parametrize("name", list(hard_matrices(3)))
def test_no_error_is_too_small(name, n, scale):
    """Against powers of 1000 bits, lag by lag; most of the curves of hidden chains are noise, and say so."""
    W = hard_matrices(n, seed=n)[name] * scale
    V = np.random.default_rng(n).standard_normal((n, 2))
    found = lm.transient_amplification(lm.LinearNetwork(W, V), 20)
    with flint.ctx.workprec(1000):
        power, columns = balls(W), balls(V)
        for k in range(20):
            for j in range(2):
                exact = root(squared_norm(flint.acb_mat([[columns[i, j]] for i in range(n)])))
                assert distance(found[k, j], exact) <= found.error[k, j]
            columns = power * columns


def test_the_error_of_a_well_conditioned_network_is_small_and_that_of_noise_is_not():
    found = lm.transient_amplification(lm.random_orthogonal(40, rng=0), 200)
    assert np.all(found.error <= 1e-11 * found)
    hidden = lm.transient_amplification(lm.in_random_basis(lm.chain(12), rng=0), 40)
    assert np.all(hidden.error[20:] >= hidden[20:])


def test_what_falls_below_the_doubles_has_an_error():
    for W in (1e-200 * np.eye(2, k=-1), 1e-200 * np.array([[1.0, 2.0], [3.0, 4.0]])):
        found = lm.transient_amplification(lm.LinearNetwork(W, [1e-150, 1e-150]), 3)
        assert found[1] == 0 and found.error[1] > 0
