"""Many paths of a small cell side by side: against each path by itself, and against 600 bits."""

import numpy as np
import pytest

import linmem as lm
from tests.running import truth

RNG = np.random.default_rng(11)
N, M, T = 5, 2, 25


def normal(*shape):
    return RNG.normal(size=shape) / np.sqrt(N)


CELLS = {
    "tanh": (lm.RNNCell(normal(N, N), normal(N, M), normal(N), leak=0.7), 0.3),
    "noise before f": (lm.RNNCell(normal(N, N), normal(N, M), leak=0.7), lm.Noise(hidden=0.3, where="before")),
    "current": (lm.RNNCell(normal(N, N), normal(N, M), form="current", nonlinearity="elu"), lm.Noise(hidden=1e-3)),
    "GRU": (lm.GRUCell(normal(3 * N, N), normal(3 * N, M), reset="before"), 1.0),
    "LSTM": (lm.LSTMCell(normal(4 * N, N), normal(4 * N, M)), lm.Noise(hidden=0.1, cell=0.2)),
    "LSTM, c before h": (lm.LSTMCell(normal(4 * N, N), normal(4 * N, M)), lm.Noise(hidden=0.1, cell=1, where="before")),
    "stack": (lm.StackedCell([lm.RNNCell(normal(3, 3), normal(3, M)), lm.RNNCell(normal(4, 4), normal(4, 3))]), 0.5),
}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("which", [None, 1])
def test_paths_side_by_side_are_those_by_themselves(name, which):
    """19 paths: two groups of lanes and a part of a third."""
    cell, noise = CELLS[name]
    paths = lm.trajectory(cell, RNG.normal(size=(19, T, M)))
    together = lm.fisher_memory_curve(lm.linearise(paths, noise=noise, input=which), 12, at=20)
    assert together.values.shape == ((19, 12, M, M) if which is None else (19, 12))
    for i in range(19):
        alone = lm.fisher_memory_curve(lm.linearise(paths[i], noise=noise, input=which), 12, at=20)
        assert (np.abs(together.values[i] - alone.values) <= together.error[i] + alone.error).all()
        assert together.relative_error[i] < 1e-10


@pytest.mark.parametrize("gain", [0.5, 1.5, 3.0])
def test_paths_side_by_side_know_their_errors(gain):
    W, V = RNG.normal(size=(N, N)) * gain / np.sqrt(N), RNG.normal(size=(N, 1))
    paths = lm.trajectory(lm.RNNCell(W, V), RNG.normal(size=(9, T, 1)))
    together = lm.fisher_memory_curve(lm.linearise(paths, noise=1.0))
    A, B = paths.jacobians()
    for i in range(9):
        exact = truth.memory(A[i], B[i], np.eye(N))[:, 0, 0]
        assert (np.abs(together.values[i] - exact) <= together.error[i]).all()


def turned_line(gain):
    """The paths of a line whose links amplify, seen through a rotation, and J of its rounded weights."""
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(20, 20)))[0]
    W, v = turn @ np.diag(np.full(19, gain), -1) @ turn.T, turn[:, :1]
    cell = lm.RNNCell(W, v, nonlinearity="linear")
    exact = truth.memory(np.repeat(W[None], 30, axis=0), np.repeat(v[None], 30, axis=0), np.eye(20))
    return lm.linearise(lm.trajectory(cell, np.zeros((3, 30, 1))), noise=1.0), exact[:20, 0, 0]


def test_paths_that_lose_too_much_are_taken_one_by_one():
    networks, exact = turned_line(2.5)
    curves = lm.fisher_memory_curve(networks, 20)
    assert set(curves.method) <= {"cholesky", "square-root"}
    assert (np.abs(curves.values - exact) <= curves.error).all()
    assert (curves.error <= 1e-8).all()


def test_what_is_known_too_little_is_kept_with_its_error():
    networks, exact = turned_line(4.5)
    with pytest.raises(lm.AccuracyError, match=r"path [012] of 3 is known least") as caught:
        lm.fisher_memory_curve(networks, 20)
    curves = caught.value.result
    assert curves.values.shape == (3, 20)
    assert (np.abs(curves.values - exact) <= curves.error).all()


def test_the_leading_axes_are_those_of_the_inputs():
    cell, noise = CELLS["GRU"]
    paths = lm.trajectory(cell, RNG.normal(size=(2, 3, T, M)), RNG.normal(size=N))
    networks = lm.linearise(paths, noise=noise, input=0)
    curves = lm.fisher_memory_curve(networks, 4)
    assert curves.values.shape == (2, 3, 4)
    alone = lm.fisher_memory_curve(networks[1, 2], 4)
    np.testing.assert_allclose(curves.values[1, 2], alone.values, rtol=1e-10)
    # one sequence from many states
    same = lm.trajectory(cell, RNG.normal(size=(T, M)), RNG.normal(size=(4, N)))
    curves = lm.fisher_memory_curve(lm.linearise(same, noise=noise, input=0), 4)
    alone = lm.fisher_memory_curve(lm.linearise(same[3], noise=noise, input=0), 4)
    np.testing.assert_allclose(curves.values[3], alone.values, rtol=1e-10)


def test_parts_of_the_state_of_each_path():
    cell, noise = CELLS["LSTM"]
    networks = lm.linearise(lm.trajectory(cell, RNG.normal(size=(3, T, M))), noise=noise, input=0)
    seen = lm.fisher_memory_curve(networks, 6, observe=np.arange(N))
    alone = lm.fisher_memory_curve(networks[2], 6, observe=np.arange(N))
    np.testing.assert_array_equal(seen.values[2], alone.values)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda networks: lm.memory_function(networks, snr=1.0), "memory_function is of one of them"),
        (lambda networks: lm.fisher_memory_matrix(networks), "fisher_memory_matrix is of one of them"),
        (lambda networks: lm.spatial_fisher_memory(networks), "spatial_fisher_memory is of one of them"),
        (lambda networks: lm.transient_growth(networks), "transient_growth is of one of them"),
        (lambda networks: lm.gradient_norms(networks), "several paths"),
        (lambda networks: lm.total_fisher_memory(networks), "whose weights change"),
        (lambda networks: lm.fisher_memory_curve(networks, at="all"), "several paths"),
        (lambda networks: lm.fisher_memory_curve(networks, 50), "lags=50 is more than"),
        (lambda networks: networks.trajectory[0][0], "is one path"),
    ],
)
def test_what_is_of_one_path_says_so(ask, words):
    cell, noise = CELLS["tanh"]
    with pytest.raises(lm.LinmemError, match=words):
        ask(lm.linearise(lm.trajectory(cell, RNG.normal(size=(2, T, M))), noise=noise))
