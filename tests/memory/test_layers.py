"""Memory of state-space layers: channel by channel as of single networks, and through the readout by dense formulas."""

import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm

LAGS = 15


def layer(channels=4, n=5, seed=0, conjugates="implied"):
    rng = np.random.default_rng(seed)
    eigenvalues = rng.uniform(0.3, 0.97, (channels, n)) * np.exp(1j * rng.uniform(0, np.pi, (channels, n)))
    eigenvalues[:, 0] = eigenvalues[:, 0].real
    B, C = (rng.standard_normal((channels, n)) + 1j * rng.standard_normal((channels, n)) for _ in range(2))
    B[:, 0] = 1
    return lm.StateSpaceLayer(eigenvalues, B, C, conjugates)


def shared(inputs=2, outputs=3, n=5, seed=0):
    one = layer(1, n, seed)
    rng = np.random.default_rng(seed + 1)
    B, C = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape) for shape in ((n, inputs), (outputs, n)))
    return lm.StateSpaceLayer(one.eigenvalues[0], B, C, "implied")


def outputs_of_state(network, C):
    """Re(C x) as rows that multiply the real state."""
    O = np.zeros((len(C), network.size))  # noqa: E741
    both = network.modes.imaginary
    O[:, network.modes.first], O[:, network.modes.second[both]] = C.real, -C[:, both].imag
    return O


def through_outputs(network, O, readout_noise):  # noqa: E741
    """w' O' (O C O' + r)^-1 O w by Lyapunov's equation and a solve."""
    W, V = network.recurrent.toarray(), network.columns()
    seen = O @ sl.solve_discrete_lyapunov(W, network.covariance) @ O.T + readout_noise * np.eye(len(O))
    signals = [O @ np.linalg.matrix_power(W, k) @ V for k in range(LAGS)]
    return np.array([np.diag(signal.T @ np.linalg.solve(seen, signal)) for signal in signals]).T


@pytest.mark.parametrize("enters", ["state", "input"])
@pytest.mark.parametrize("conjugates", ["implied", "listed"])
def test_channels_are_networks(enters, conjugates):
    of_layer = layer(conjugates=conjugates)
    memory = lm.memory_of_layer(of_layer, LAGS, noise_enters=enters, noise=2.0)
    for channel in range(of_layer.channels):
        curve = lm.fisher_memory_curve(of_layer.network(channel, 2.0, noise_enters=enters), LAGS)
        assert (np.abs(memory.values[channel] - curve.values) <= memory.error[channel] + curve.error).all()
        assert memory.total[channel] == pytest.approx(curve.total, rel=1e-14)  # a sum of five terms
    assert np.array_equal(memory.by_lag, memory.values.sum(axis=0))


@pytest.mark.parametrize("enters", ["state", "input"])
def test_what_the_readout_of_a_channel_shows(enters):
    of_layer = layer()
    memory = lm.memory_of_layer(of_layer, LAGS, noise_enters=enters, readout_noise=0.25)
    for channel in range(of_layer.channels):
        network = of_layer.network(channel, noise_enters=enters)
        O = outputs_of_state(network, of_layer.readout[channel][None])  # noqa: E741
        # Lyapunov's equation loses the condition of W, below 1e3 here
        assert memory.seen[channel] == pytest.approx(through_outputs(network, O, 0.25)[0], rel=1e-11)
    assert (memory.seen <= memory.values + memory.error).all()
    plain = lm.memory_of_layer(of_layer, 3000, noise_enters="input")
    # h^2 / sum h^2: what is left after 3000 steps at a radius of .97 is nothing
    assert plain.seen.sum(axis=1) == pytest.approx(np.ones(4), rel=1e-11)


@pytest.mark.parametrize("enters", ["state", "input"])
def test_modes_that_all_channels_share(enters):
    of_layer = shared()
    memory = lm.memory_of_layer(of_layer, LAGS, noise_enters=enters, readout_noise=0.5)
    network = of_layer.network(noise_enters=enters)
    curve = lm.fisher_memory_curve(network, LAGS)
    assert np.array_equal(memory.values, np.einsum("kmm->mk", curve.values))
    O = outputs_of_state(network, of_layer.readout)  # noqa: E741
    assert memory.seen == pytest.approx(through_outputs(network, O, 0.5), rel=1e-10)
    with pytest.raises(lm.ArgumentError, match="readout_noise is 0"):
        lm.memory_of_layer(of_layer, LAGS, noise_enters=enters)
    assert of_layer.network(1, noise_enters=enters).n_inputs == 1


def test_channels_with_equal_eigenvalues_are_taken_one_by_one():
    twice = lm.StateSpaceLayer([[0.5, 0.5], [0.5, 0.9]], [[1.0, 2.0], [1.0, 1.0]])
    memory = lm.memory_of_layer(twice, 5, noise_enters="input")
    assert memory.total.tolist() == [1, 2]
    assert memory.values[0] == pytest.approx(0.75 * 0.25 ** np.arange(5), rel=1e-14)  # of one mode


def test_shares_of_the_total():
    memory = lm.memory_of_layer(lm.StateSpaceLayer([[0.5], [0.999]], [[1.0], [1.0]]), 10, noise_enters="state")
    # 1 - 1/4 at once; 1 - .999^2k reaches a half at lag 346
    assert memory.lag_of_share()[0] == 0 and np.isnan(memory.lag_of_share()[1])
    longer = lm.memory_of_layer(memory.layer, 400, noise_enters="state")
    assert longer.lag_of_share(0.5).tolist() == [0, 346]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0.5], [1.0]), "must be \\(1, M\\)"),
        (([[0.5]], [1.0]), "must be \\(1, 1\\)"),
        (([[0.5]], [[1.0]], [1.0]), "readout has shape"),
        (([[[0.5]]], [1.0]), "eigenvalues has shape"),
        (([[0.5j]], [[1.0]]), "conjugates is None"),
    ],
)
def test_what_is_no_layer(arguments, words):
    with pytest.raises(lm.LinmemError, match=words):
        lm.StateSpaceLayer(*arguments)


def test_what_is_refused():
    of_layer = layer()
    with pytest.raises(lm.ArgumentError, match="channel is 4; it must be one of 0 to 3"):
        of_layer.network(4, noise_enters="state")
    with pytest.raises(lm.ArgumentError, match="layer is a DiagonalNetwork"):
        lm.memory_of_layer(of_layer.network(0, noise_enters="state"), noise_enters="state")
    with pytest.raises(lm.UnstableNetworkError):
        lm.memory_of_layer(lm.StateSpaceLayer([[1.0]], [[1.0]]), noise_enters="state")
    with pytest.raises(lm.InvalidNetworkError, match="with many channels"):
        lm.fisher_memory_curve(of_layer, 3)


@pytest.mark.parametrize("enters", ["state", "input"])
def test_what_is_seen_has_no_units(enters):
    """A power of two changes no digit, also where the squares of what is read are no doubles."""
    usual = layer(seed=3)
    unit = 2.0**-510
    small = lm.StateSpaceLayer(usual.eigenvalues, usual.feedforward, unit * usual.readout, "implied")
    seen, other = (lm.memory_of_layer(one, LAGS, noise_enters=enters).seen for one in (usual, small))
    assert np.array_equal(seen, other)


def test_real_modes_that_stand_for_themselves_show_the_real_part():
    """y = Re(C x), of shared modes too."""
    C = np.array([[1.0 - 1.5j, 0.5 + 2.0j]])
    memories = [
        lm.memory_of_layer(
            lm.StateSpaceLayer([0.9, 0.5], [[1.0], [2.0]], readout, "implied"),
            LAGS,
            noise_enters="state",
            readout_noise=0.1,
        )
        for readout in (C, C.real)
    ]
    assert np.array_equal(memories[0].seen, memories[1].seen)
