"""Fisher memory along a path against trials of the cell itself, in the limits of small noise and small pulses."""

import numpy as np
import pytest

import linmem as lm

RNG = np.random.default_rng(21)
N, T = 4, 9
INPUTS = RNG.normal(size=(T, 1))


def normal(*shape):
    return RNG.normal(size=shape) / np.sqrt(N)


CELLS = {
    "tanh": (lm.RNNCell(normal(N, N), normal(N, 1)), 1e-8),
    "elu with a leak": (lm.RNNCell(normal(N, N), normal(N, 1), nonlinearity="elu", leak=0.5), 1e-8),
    "current": (lm.RNNCell(normal(N, N), normal(N, 1), leak=0.5, form="current"), lm.Noise(hidden=1e-8)),
    "before f": (lm.RNNCell(normal(N, N), normal(N, 1), leak=0.5), lm.Noise(hidden=1e-8, where="before")),
    "GRU after": (lm.GRUCell(normal(3 * N, N), normal(3 * N, 1), reset="after"), 1e-8),
    "GRU before": (lm.GRUCell(normal(3 * N, N), normal(3 * N, 1), reset="before"), 1e-8),
    "LSTM": (lm.LSTMCell(normal(4 * N, N), normal(4 * N, 1)), lm.Noise(hidden=1e-8, cell=3e-8)),
    "LSTM, c before h": (
        lm.LSTMCell(normal(4 * N, N), normal(4 * N, 1)),
        lm.Noise(hidden=1e-8, cell=3e-8, where="before"),
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_trials_find_the_memory_of_the_linear_network(name):
    """No Jacobian is in the trials. 5 standard errors of 4 lags that share a sample, and a bias of order sd."""
    cell, noise = CELLS[name]
    network = lm.linearise(lm.trajectory(cell, INPUTS), noise=noise)
    found = lm.empirical_fisher_memory(network, 4, rng=1, trials=3000, at=7)
    theory = lm.fisher_memory_curve(network, 4, at=7).values
    np.testing.assert_array_equal(found.theory, theory)
    assert (np.abs(found.values - theory) < 5 * found.standard_error + 1e-3 * theory).all()
    assert (found.standard_error < 0.1 * theory).all()


def test_large_noise_shows_that_the_theory_is_of_small_noise():
    """tanh at ten times its limit: the trials know less than the linear network says, far beyond their error."""
    network = lm.linearise(lm.trajectory(lm.RNNCell([[0.9]], [[1.0]]), np.zeros(12)), noise=1.0)
    curve = lm.fisher_memory_curve(network, 4)
    assert curve.noise_limit < 0.1
    found = lm.empirical_fisher_memory(network, 4, rng=2, trials=4000, size=0.01)
    assert (curve.values[1:] - found.values[1:] > 5 * found.standard_error[1:]).all()


def test_trials_of_a_seed_are_the_same():
    cell, noise = CELLS["tanh"]
    network = lm.linearise(lm.trajectory(cell, INPUTS), noise=noise)
    first, again, other = (lm.empirical_fisher_memory(network, 2, rng=seed).values for seed in (5, 5, 6))
    assert (first == again).all() and (first != other).any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lags": 10}, "lags=10 is more than"),
        ({"trials": 3}, "trials is 3"),
        ({"size": 0}, "size is 0"),
        ({"signal": np.zeros(9)}, "signal is"),
        ({"nonlinearity": "tanh"}, "nonlinearity is"),
        ({"at": 9}, "at is 9"),
    ],
)
def test_wrong_arguments(options, words):
    cell, noise = CELLS["tanh"]
    network = lm.linearise(lm.trajectory(cell, INPUTS), noise=noise)
    with pytest.raises(lm.LinmemError, match=words):
        lm.empirical_fisher_memory(network, **{"lags": 2, "rng": 0, **options})


def test_wrong_networks():
    A, B = np.full((3, 2, 2), 0.3), np.ones((3, 2))
    with pytest.raises(lm.ArgumentError, match="trials are of a cell about one path"):
        lm.empirical_fisher_memory(lm.TimeVaryingNetwork(A, B), 2, rng=0)
    cell = lm.RNNCell(np.eye(2) / 2, np.eye(2))
    paths = lm.trajectory(cell, np.zeros((2, 5, 2)))
    with pytest.raises(lm.ArgumentError, match="trials are of a cell about one path"):
        lm.empirical_fisher_memory(lm.linearise(paths, noise=1.0), 2, rng=0)
    with pytest.raises(lm.InvalidNetworkError, match="a pulse is of one"):
        lm.empirical_fisher_memory(lm.linearise(paths[0], noise=1.0), 2, rng=0)
    with pytest.raises(lm.ArgumentError, match="at is 1"):
        lm.empirical_fisher_memory(lm.chain(3), 2, rng=0, at=1)


def test_trials_that_leave_the_range_of_doubles_are_refused():
    cell = lm.RNNCell([[1e200]], [[1.0]], nonlinearity="linear")
    with pytest.raises(lm.InvalidNetworkError, match="leave the range of doubles at step 2"):
        lm.empirical_fisher_memory(lm.linearise(lm.trajectory(cell, np.zeros(5)), noise=1.0), 3, rng=0)
