"""Memory along the path of a cell: against closed forms, constant networks, and simulated noise."""

import numpy as np
import pytest

import linmem as lm

RNG = np.random.default_rng(0)
N, T = 5, 30
GRU = lm.GRUCell(RNG.normal(size=(3 * N, N)), RNG.normal(size=(3 * N, 2)), reset="after")
LSTM = lm.LSTMCell(RNG.normal(size=(4 * N, N)), RNG.normal(size=(4 * N, 2)), RNG.normal(size=4 * N))
INPUTS = RNG.normal(size=(T, 2))


def test_a_linear_cell_has_the_memory_of_its_network():
    """The path of a linear cell is its network, at every state: horizon T of the stationary routes is another code."""
    W, V = RNG.normal(size=(N, N)) / 3, RNG.normal(size=(N, 2))
    cell = lm.RNNCell(W, V, nonlinearity="linear", leak=0.4)
    path = lm.trajectory(cell, INPUTS, RNG.normal(size=N))
    net = lm.LinearNetwork(0.6 * np.eye(N) + 0.4 * W, 0.4 * V, 0.3)
    along = lm.fisher_memory_curve(lm.linearise(path, noise=0.3), 10)
    right = lm.fisher_memory_curve(net, 10, horizon=T)
    assert np.allclose(along.values, right.values, rtol=1e-11, atol=1e-13 * np.abs(right.values).max())


def test_one_input_is_a_column_of_all():
    path = lm.trajectory(GRU, INPUTS)
    every = lm.fisher_memory_curve(lm.linearise(path, noise=1.0), 8).values
    for one in range(2):
        alone = lm.fisher_memory_curve(lm.linearise(path, noise=1.0, input=one), 8).values
        assert np.allclose(alone, every[:, one, one], rtol=1e-11)


@pytest.mark.parametrize(
    ("cell", "noise"),
    [
        (GRU, 0.5),
        (LSTM, lm.Noise(hidden=0.2, cell=0.7)),
        (LSTM, lm.Noise(hidden=0.2, cell=0.7, where="before")),
        (lm.RNNCell(np.eye(N) / 2, np.ones((N, 2)), leak=0.5), lm.Noise(hidden=0.3, where="before")),
    ],
)
def test_small_noise_moves_the_end_as_the_linear_network_says(cell, noise):
    """The covariance of the end of many noisy runs is C_T: J at lag 0 of every direction of the end needs no more."""
    rng = np.random.default_rng(1)
    size, trials, steps = 1e-5, 20_000, 6
    path = lm.trajectory(cell, INPUTS[:steps])
    n = cell.state_size
    x = np.broadcast_to(path.states[0], (trials, n))
    for t in range(steps):
        x = noisy_step(cell, noise, x, np.broadcast_to(INPUTS[t], (trials, 2)), size, rng)
    simulated = np.cov(((x - path.states[-1]) / size).T)
    # C_T is what the noise of each step becomes at the end
    network = lm.linearise(path, noise=noise)
    C = np.zeros((n, n))
    for A, _, G in network.path.forwards(steps):
        Q = (np.eye(n) if G is None else G @ G.T) * network.noise_variance
        C = A @ C @ A.T + Q
    # a covariance of 20,000 trials is known to about 1 / sqrt(10,000) of the product of deviations: 6 of these
    scale = np.sqrt(np.outer(np.diag(C), np.diag(C)))
    assert np.all(np.abs(simulated - C) <= 0.06 * scale)


def noisy_step(cell, noise, x, s, size, rng):
    """One step with noise of that size where it enters, by the definition and not by a Jacobian."""
    normal = rng.standard_normal
    if not isinstance(noise, lm.Noise):
        return cell.step(x, s) + size * np.sqrt(noise) * normal(x.shape)
    hidden, of_cell = size * np.sqrt(noise.hidden), size * np.sqrt(noise.cell)
    if isinstance(cell, lm.LSTMCell):
        new = cell.step(x, s)
        h, c = new[:, :N], new[:, N:]
        moved = c + of_cell * normal(c.shape)
        if noise.where == "before":
            # h is o tanh(c): the output gate without peepholes does not see the noise
            h = h / np.tanh(c) * np.tanh(moved)
        return np.concatenate([h + hidden * normal(h.shape), moved], axis=1)
    if noise.where == "after":
        return cell.step(x, s) + hidden * normal(x.shape)
    u = x @ cell.weight_hh.T + s @ cell.weight_ih.T + cell.bias + hidden * normal(x.shape)
    return (1 - cell.leak) * x + cell.leak * np.tanh(u)


@pytest.mark.parametrize("cell", [LSTM, lm.LSTMCell(LSTM.weight_hh, LSTM.weight_ih, peepholes=RNG.normal(size=3 * N))])
def test_columns_that_are_diagonal_are_told_from_full_ones(cell):
    """The same steps as arrays, of which no structure is known."""
    path = lm.trajectory(cell, INPUTS)
    A, B = path.jacobians()
    assert cell.recurrent_columns == N
    for blocks in (A[:, :N, N:], A[:, N:, N:]):
        assert np.count_nonzero(blocks * (1 - np.eye(N))) == 0
    known = lm.fisher_memory_curve(lm.linearise(path, noise=0.5), observe=np.arange(3))
    general = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B, noise=0.5), observe=np.arange(3))
    assert known.method == general.method == "products"
    assert (np.abs(known.values - general.values) <= known.error + general.error).all()
    projected = lm.LSTMCell(LSTM.weight_hh[:, :2], LSTM.weight_ih, weight_hr=RNG.normal(size=(2, N)))
    assert projected.recurrent_columns is None


def test_memory_beyond_what_h_shows_sits_in_c():
    path = lm.trajectory(LSTM, INPUTS)
    network = lm.linearise(path, noise=lm.Noise(hidden=1.0, cell=1.0), input=0)
    whole = lm.fisher_memory_curve(network, 12)
    shown = lm.fisher_memory_curve(network, 12, observe=np.arange(N))
    assert np.all(shown.values <= whole.values * (1 + 1e-9))  # less is never more: data processing
    assert np.all(shown.values[1:] < whole.values[1:])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lm.Noise(), "hidden and cell are 0"),
        (lambda: lm.Noise(hidden=-1), "hidden is -1"),
        (lambda: lm.Noise(hidden=1, where="inside"), "where is 'inside'"),
        (lambda: lm.linearise(3, noise=1.0), "trajectory is a int"),
        (lambda: lm.linearise(lm.trajectory(GRU, INPUTS[None]), noise=-1), "noise is -1"),
        (lambda: lm.linearise(lm.trajectory(GRU, INPUTS), noise=1.0, input=2), "input is 2"),
        (lambda: lm.linearise(lm.trajectory(GRU, INPUTS), noise=0), "noise is 0"),
        (lambda: lm.linearise(lm.trajectory(GRU, INPUTS), noise=lm.Noise(1, 1)), "has no c"),
        (lambda: lm.linearise(lm.trajectory(GRU, INPUTS), noise=lm.Noise(1, where="before")), "no such place"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    with pytest.raises(lm.ArgumentError) as caught:
        call()
    assert words in str(caught.value)


# --- exponents ---


def test_exponents_of_a_constant_network_are_the_logarithms_of_its_eigenvalues():
    W = np.diag([0.9, 0.5, 0.2]) + np.triu(np.ones((3, 3)), 1)
    cell = lm.RNNCell(W, np.ones((3, 1)), nonlinearity="linear")
    found = lm.lyapunov_exponents(lm.trajectory(cell, np.zeros(400)), burn_in=100)
    # the directions have turned by (0.5 / 0.9)^100, and (0.2 / 0.5)^100
    assert np.allclose(found.values, np.log([0.9, 0.5, 0.2]), atol=1e-12)
    assert found.steps == 300
    two = lm.lyapunov_exponents(lm.trajectory(cell, np.zeros(400)), 2, burn_in=100)
    assert np.allclose(two.values, found.values[:2])


def test_the_sum_of_all_is_the_mean_logarithm_of_the_determinants():
    path = lm.trajectory(GRU, RNG.normal(size=(200, 2)))
    A, _ = path.jacobians()
    right = np.mean([np.linalg.slogdet(one)[1] for one in A])
    assert lm.lyapunov_exponents(path).values.sum() == pytest.approx(right, rel=1e-11)


def test_exponents_of_the_henon_map_are_those_of_the_literature():
    """Sum: log 0.3, exactly. Largest: 0.4192 (Sprott 2003, Chaos and Time-Series Analysis, A.5.1)."""
    cell = lm.CustomCell(
        lambda x, s: np.array([1 - 1.4 * x[0] ** 2 + x[1], 0.3 * x[0]]),
        lambda x, s: (np.array([[-2.8 * x[0], 1.0], [0.3, 0.0]]), np.zeros((2, 1))),
        2,
        1,
    )
    found = lm.lyapunov_exponents(lm.trajectory(cell, np.zeros(20_000), [0.1, 0.1]), burn_in=500)
    assert found.values.sum() == pytest.approx(np.log(0.3), rel=1e-12)
    assert abs(found.values[0] - 0.4192) < 5 * found.standard_error[0] < 0.05


def test_a_direction_that_dies_has_the_exponent_minus_infinity():
    cell = lm.RNNCell(np.diag([1.0], -1), np.ones((2, 1)), nonlinearity="linear")
    found = lm.lyapunov_exponents(lm.trajectory(cell, np.zeros(50)))
    assert np.all(np.isneginf(found.values))


@pytest.mark.parametrize(
    ("options", "words"), [({"k": 6}, "k is 6"), ({"burn_in": 30}, "burn_in is 30"), ({"k": 0}, "k is 0")]
)
def test_bad_numbers_of_exponents(options, words):
    with pytest.raises(lm.ArgumentError, match=words):
        lm.lyapunov_exponents(lm.trajectory(GRU, INPUTS), **options)


def test_contrasts_of_many_paths_are_those_of_each():
    rng = np.random.default_rng(5)
    cell = lm.GRUCell(rng.normal(size=(3 * N, N)), rng.normal(size=(3 * N, 3)), reset="after")
    paths = lm.trajectory(cell, np.eye(3)[rng.integers(0, 3, (2, 8))])
    together = lm.fisher_memory_curve(lm.linearise(paths, noise=1.0, input="contrasts"), 5)
    assert together.values.shape == (2, 5, 2, 2)
    for i in range(2):
        one = lm.fisher_memory_curve(lm.linearise(paths[i], noise=1.0, input="contrasts"), 5)
        assert np.allclose(together.values[i], one.values, rtol=1e-10)
    for wrong in ("others", 3, -1, True):
        with pytest.raises(lm.ArgumentError, match="it must be None, 'contrasts' or one of 0 to 2"):
            lm.linearise(paths, noise=1.0, input=wrong)
