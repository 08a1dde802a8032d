"""Simulation: against a plain loop, against the theory within standard errors, and the same bits on any threads."""

import tracemalloc
from dataclasses import replace

import mpmath
import numba
import numpy as np
import pytest
import scipy.linalg as sl
import scipy.stats
from scipy.special import erf

import linmem as lm
from linmem.kernels import simulate as kernels
from linmem.simulation.trajectories import simulate, simulate_moments
from linmem.simulation.trials import NONLINEARITIES

FUNCTIONS = {
    "identity": lambda u: u,
    "tanh": np.tanh,
    "relu": lambda u: np.maximum(u, 0),
    "elu": lambda u: np.where(u < 0, np.expm1(np.minimum(u, 0)), u),
    "softplus": lambda u: np.logaddexp(0, u),
    "erf": erf,
}
GAUSSIAN = lm.ginibre(13, gain=0.9, rng=1)  # 13 is no multiple of the block of a product
TWO_INPUTS = replace(GAUSSIAN, feedforward=np.eye(13)[:, :2])
COLOURED = replace(GAUSSIAN, noise=np.diag(np.linspace(0.1, 2, 13)) + 0.05)


@numba.njit
def bent(u):
    return u / (1 + abs(u))


def looped(net, signal, function, initial=0.0):
    """The recursion, written as it is read, without noise."""
    h, states = np.zeros(net.size) + initial, []
    for s in np.asarray(signal):
        h = function(net.dense() @ h + net.columns() @ np.atleast_1d(s))
        states.append(h)
    return np.array(states)


def signal_for(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("name", NONLINEARITIES)
@pytest.mark.parametrize(
    "net", [GAUSSIAN, lm.chain(9, gain=1.1, sparse=True), TWO_INPUTS], ids=["dense", "sparse", "two"]
)
def test_without_noise_the_recursion_is_followed(net, name):
    signal = signal_for(50, 2) if net.feedforward_is_matrix else signal_for(50)
    found = simulate(net, signal, rng=0, nonlinearity=name, noise=False)
    # 50 steps, each of which sums 13 products in another order
    assert np.abs(found.states - looped(net, signal, FUNCTIONS[name])).max() < 1e-12
    assert np.array_equal(found.final, found.states[-1]) and found.nonlinearity == name


def test_a_compiled_function_serves_as_non_linearity():
    signal = signal_for(30)
    found = simulate(GAUSSIAN, signal, rng=0, nonlinearity=bent, noise=False).states
    assert np.abs(found - looped(GAUSSIAN, signal, lambda u: u / (1 + abs(u)))).max() < 1e-13
    one_step = simulate(GAUSSIAN, steps=1, rng=0).states
    found = simulate(GAUSSIAN, steps=1, rng=0, nonlinearity=bent).states
    assert np.array_equal(found, one_step / (1 + np.abs(one_step)))  # the noise is that of the built-in functions


def test_signals_are_shared_or_of_each_trial():
    signal, each = signal_for(20), signal_for(3, 20)
    shared = simulate(GAUSSIAN, signal, rng=0, batch=3, noise=False).states
    assert shared.shape == (3, 20, 13) and np.array_equal(shared[0], shared[2])
    found = simulate(GAUSSIAN, each, rng=0, noise=False).states
    for trial in range(3):
        assert np.abs(found[trial] - looped(GAUSSIAN, each[trial], FUNCTIONS["identity"])).max() < 1e-13
    both = simulate(TWO_INPUTS, signal_for(3, 20, 2), rng=0, noise=False).states
    assert np.abs(both[1] - looped(TWO_INPUTS, signal_for(3, 20, 2)[1], FUNCTIONS["identity"])).max() < 1e-13


def test_a_simulation_is_continued_from_its_last_state():
    signal = signal_for(40)
    whole = simulate(GAUSSIAN, signal, rng=0, nonlinearity="tanh", noise=False).states
    first = simulate(GAUSSIAN, signal[:25], rng=0, nonlinearity="tanh", noise=False, readout_noise=1.0)
    rest = simulate(GAUSSIAN, signal[25:], rng=0, nonlinearity="tanh", noise=False, initial=first.final)
    assert np.array_equal(rest.states, whole[25:])


@pytest.mark.parametrize("net", [GAUSSIAN, COLOURED, TWO_INPUTS], ids=["white", "coloured", "two inputs"])
def test_any_number_of_threads_and_any_batch_gives_the_same_bits(net):
    options = {"rng": 5, "nonlinearity": "elu", "readout_noise": 0.3, "burn_in": 7, "steps": 11}
    try:
        numba.set_num_threads(1)
        alone = simulate(net, batch=19, **options).states
    finally:
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert np.array_equal(simulate(net, batch=19, **options).states, alone)
    for batch in (1, 2, 8, 9):
        assert np.array_equal(simulate(net, batch=batch, **options).states, alone[:batch])
    assert np.array_equal(simulate(net, **options).states, alone[0])
    another = simulate(net, batch=19, **{**options, "rng": 6}).states
    assert np.abs(another - alone).min() > 0 and np.abs(alone[0] - alone[1]).min() > 0


def test_moments_are_reproducible_and_do_not_depend_on_threads():
    options = {"steps": 500, "snr": 2.0, "rng": 3, "burn_in": 50, "batch": 5}
    try:
        numba.set_num_threads(1)
        alone = simulate_moments(GAUSSIAN, 4, **options)
    finally:
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert np.array_equal(simulate_moments(GAUSSIAN, 4, **options).covariance, alone.covariance)


def test_threefry_gives_the_published_words():
    """Random123, kat_vectors, threefry2x64 of 20 rounds: counters and keys of zeros, of ones, of digits of pi."""
    ones, pi = [2**64 - 1] * 4, [0xA4093822299F31D0, 0x082EFA98EC4E6C89, 0x243F6A8885A308D3, 0x13198A2E03707344]
    published = {
        (0, 0, 0, 0): (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D),
        tuple(ones): (0xE02CB7C4D95D277A, 0xD06633D0893B8B68),
        tuple(pi): (0x263C7D30BB0F0AF1, 0x56BE8361D3311526),
    }
    for words, expected in published.items():
        assert tuple(int(word) for word in kernels.threefry(*map(np.uint64, words))) == expected


def test_noise_is_normal_and_independent():
    """Of numbers of one step, of two steps and of two trials; each p-value is of a fixed seed."""
    size = 200_000
    z = {}
    for trial, step in ((0, 0), (0, 1), (1, 0)):
        z[trial, step] = np.empty(size)
        words = np.empty((2, size // 2), np.uint64)
        kernels.normals(np.array([1, 2], np.uint64), np.uint64(0), trial, step, words, z[trial, step])
    for numbers in z.values():
        assert scipy.stats.kstest(numbers, "norm").pvalue > 1e-3
        assert abs(np.mean(numbers**4) - 3) < 4 * np.sqrt(96 / size)
    pairs = [(z[0, 0], z[0, 1]), (z[0, 0], z[1, 0]), (z[0, 0][: size // 2], z[0, 0][size // 2 :])]
    for a, b in pairs:  # the last: cosines and sines of the same angles, and their squares
        assert abs(np.mean(a * b)) < 4 / np.sqrt(len(a))
        assert abs(np.mean((a**2 - 1) * (b**2 - 1))) < 4 * 2 / np.sqrt(len(a))


@pytest.mark.parametrize("name", NONLINEARITIES[1:])
def test_functions_are_right_to_a_few_units_in_the_last_place(name):
    u = np.concatenate([-np.geomspace(1e-300, 600, 100), np.linspace(-20, 20, 401), np.geomspace(1e-300, 600, 100)])
    found = u.copy()
    kernels.activate(NONLINEARITIES.index(name), found)
    exact = {
        "tanh": mpmath.tanh,
        "relu": lambda x: max(x, mpmath.mpf(0)),
        "elu": lambda x: x if x > 0 else mpmath.expm1(x),
        "softplus": lambda x: mpmath.log1p(mpmath.exp(-abs(x))) + max(x, mpmath.mpf(0)),
        "erf": mpmath.erf,
    }[name]
    with mpmath.workdps(40):
        expected = np.array([float(exact(mpmath.mpf(x))) for x in u])
    assert np.all(np.abs(found - expected) <= 4 * 2.0**-52 * np.abs(expected))
    strange = np.array([np.nan])
    kernels.activate(NONLINEARITIES.index(name), strange)
    assert np.isnan(strange[0])


def standard_error_of_covariance(W, C, steps):
    """Of the sample covariance of a Gaussian h_t = W h_{t-1} + ...: sum over lags of C_ii C_jj + C_ij C_ji."""
    total, lagged = np.zeros_like(C), C
    for lag in range(400):
        both = np.outer(np.diag(lagged), np.diag(lagged)) + lagged * lagged.T
        total += both if lag == 0 else 2 * both
        lagged = W @ lagged
    return np.sqrt(total / steps)


@pytest.mark.parametrize("net", [GAUSSIAN, COLOURED, lm.chain(8, gain=1.1)], ids=["white", "coloured", "chain"])
def test_the_covariance_of_the_states_is_that_of_the_theory(net):
    snr, batch, steps = 2.0, 16, 20_000
    found = simulate_moments(net, 6, steps=steps, snr=snr, rng=7, batch=batch, burn_in=300)
    W, v, variance = net.dense(), net.feedforward, snr * net.noise_variance
    noise = net.noise if net.noise_is_matrix else net.noise * np.eye(net.size)
    C = sl.solve_discrete_lyapunov(W, noise + variance * np.outer(v, v))
    z = (found.covariance - C) / standard_error_of_covariance(W, C, batch * steps)
    assert np.abs(z).max() < 4.5 and 0.5 < np.sqrt(np.mean(z**2)) < 1.6  # the entries are correlated
    expected = np.array([variance * np.linalg.matrix_power(W, k) @ v for k in range(6)])
    # E (h s)^2 <= 3 C_ii var(s), and s is white
    error = np.sqrt(3 * np.diag(C) * variance / (batch * steps))
    assert np.all(np.abs(found.cross_covariance - expected) < 4.5 * error)
    assert np.all(np.abs(found.mean) < 4.5 * np.sqrt(np.diag(C) * 20 / (batch * steps)))


def test_moments_are_those_of_the_stored_states():
    """Across the chunks of a long run: the same trials, stored."""
    net, batch, steps, burn_in = lm.ginibre(4, gain=0.8, rng=0), 64, 4000, 500
    found = simulate_moments(net, 3, steps=steps, snr=2.0, rng=9, batch=batch, burn_in=burn_in, nonlinearity="softplus")
    rng = np.random.default_rng(9)
    key = np.random.default_rng(9)
    key.integers(0, 2**64, size=2, dtype=np.uint64)
    length = 2**20 // (batch * (4 + 3))
    assert length < burn_in + steps, "the run is of several chunks"
    drawn = [
        key.standard_normal((batch, min(length, burn_in + steps - t), 1)) for t in range(0, burn_in + steps, length)
    ]
    signal = np.sqrt(2.0) * np.concatenate(drawn, axis=1)[..., 0]
    states = simulate(net, signal, rng=rng, nonlinearity="softplus").states[:, burn_in:]
    rows = states.reshape(-1, 4)
    # a sum of 3e5 terms in another order
    assert np.abs(found.mean - rows.mean(axis=0)).max() < 1e-11
    assert np.abs(found.covariance - np.cov(rows.T, bias=True)).max() < 1e-10
    for k in range(3):
        past = signal[:, burn_in - k : burn_in + steps - k].ravel()
        expected = (rows - rows.mean(axis=0)).T @ (past - past.mean()) / len(past)
        assert np.abs(found.cross_covariance[k] - expected).max() < 1e-10
    assert found.steps == batch * steps


def test_memory_does_not_grow_with_the_number_of_steps():
    peaks = []
    for steps in (10_000, 40_000):
        tracemalloc.start()
        simulate_moments(GAUSSIAN, 10, steps=steps, snr=1.0, rng=0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.05 * peaks[0]


def test_readout_noise_is_seen_but_not_fed_back():
    with_noise = simulate(GAUSSIAN, steps=4000, rng=0, readout_noise=0.5, batch=4).states
    without = simulate(GAUSSIAN, steps=4000, rng=0, batch=4).states
    added = with_noise - without
    assert np.mean(added**2) == pytest.approx(0.5, rel=4 * np.sqrt(2 / added.size))
    assert abs(np.mean(added[:, 1:] * added[:, :-1])) < 4 * 0.5 / np.sqrt(added.size)


def test_burn_in_makes_the_noise_stationary_before_the_first_step():
    net = lm.LinearNetwork([[0.99]], [1.0])
    first = [simulate(net, steps=1, rng=0, batch=4000, burn_in=burn_in).states[:, 0, 0].var() for burn_in in (0, 1000)]
    assert first[0] == pytest.approx(1, rel=4 * np.sqrt(2 / 4000))
    assert first[1] == pytest.approx(1 / (1 - 0.99**2), rel=4 * np.sqrt(2 / 4000))


def test_a_divergent_simulation_says_when():
    net = lm.LinearNetwork([[2.0]], [1.0])
    # 2^t passes 1e300 at t = 997
    with pytest.raises(lm.InvalidNetworkError, match=r"at step 997 a state exceeds 1e\+300.*spectral radius 2"):
        simulate(net, [1.0] + [0.0] * 1100, rng=0, noise=False)
    assert np.isfinite(simulate(net, [1.0] + [0.0] * 900, rng=0, noise=False).states).all()
    assert np.abs(simulate(net, steps=2000, rng=0, nonlinearity="tanh").states).max() <= 1
    with pytest.raises(lm.InvalidNetworkError, match="step -3"):
        simulate(net, steps=1, rng=0, burn_in=1000, noise=True)


BAD = {
    "complex": (lambda: simulate(lm.LinearNetwork([[0.5j]], [1]), [1.0], rng=0), "network is complex"),
    "complex input": (lambda: simulate(lm.LinearNetwork([[0.5]], [1j]), [1.0], rng=0), "network is complex"),
    "stack": (lambda: simulate(lm.LinearNetwork(np.zeros((2, 3, 3)), np.ones(3)), [1.0], rng=0), "is of one network"),
    "continuous": (lambda: simulate(lm.ContinuousNetwork([[-1.0]], [1]), [1.0], rng=0), "continuous time"),
    "no rng": (lambda: simulate(GAUSSIAN, [1.0], rng=None), "rng is None"),
    "no steps": (lambda: simulate(GAUSSIAN, rng=0), "signal and steps are None"),
    "zero steps": (lambda: simulate(GAUSSIAN, rng=0, steps=0), "steps is 0"),
    "steps and signal": (lambda: simulate(GAUSSIAN, [1.0], rng=0, steps=2), "steps is 2, but the signal has 1"),
    "batch and signal": (lambda: simulate(GAUSSIAN, [[1.0]], rng=0, batch=2), "batch is 2"),
    "empty signal": (lambda: simulate(GAUSSIAN, [], rng=0), r"signal has shape \(0,\)"),
    "scalar signal": (lambda: simulate(GAUSSIAN, 1.0, rng=0), r"signal has shape \(\)"),
    "nan signal": (lambda: simulate(GAUSSIAN, [np.nan], rng=0), "signal holds values that are not finite"),
    "words": (lambda: simulate(GAUSSIAN, "loud", rng=0), "signal is 'loud'"),
    "columns": (lambda: simulate(TWO_INPUTS, np.zeros((5, 3)), rng=0), r"must have \(steps, 2\)"),
    "no input": (lambda: simulate([[0.5]], [1.0], rng=0), "feedforward is None"),
    "unknown f": (lambda: simulate(GAUSSIAN, [1.0], rng=0, nonlinearity="gelu"), "nonlinearity is 'gelu'"),
    "misspelt f": (lambda: simulate(GAUSSIAN, [1.0], rng=0, nonlinearity="thanh"), "did you mean 'tanh'"),
    "python f": (lambda: simulate(GAUSSIAN, [1.0], rng=0, nonlinearity=np.sin), "compiled by numba.njit"),
    "noise size": (lambda: simulate(GAUSSIAN, [1.0], rng=0, noise=0.0), "noise is 0.0; it must be True or False"),
    "readout": (lambda: simulate(GAUSSIAN, [1.0], rng=0, readout_noise=-1), "readout_noise is -1"),
    "burn-in": (lambda: simulate(GAUSSIAN, [1.0], rng=0, burn_in=-1), "burn_in is -1"),
    "initial": (lambda: simulate(GAUSSIAN, [1.0], rng=0, initial=np.zeros(4)), r"initial has shape \(4,\)"),
    "batch": (lambda: simulate(GAUSSIAN, [1.0], rng=0, batch=0), "batch is 0"),
    "lags": (lambda: simulate_moments(GAUSSIAN, 0, steps=10, snr=1, rng=0), "lags is 0"),
    "snr": (lambda: simulate_moments(GAUSSIAN, 1, steps=10, snr=0, rng=0), "snr is 0"),
    "moments without input": (lambda: simulate_moments([[0.5]], 1, steps=10, snr=1, rng=0), "feedforward is None"),
}


OF_THE_NETWORK = ("complex", "complex input", "stack", "continuous", "no input", "moments without input")


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_sentence(case):
    call, message = BAD[case]
    kind = lm.InvalidNetworkError if case in OF_THE_NETWORK else lm.ArgumentError
    with pytest.raises(lm.LinmemError, match=message) as caught:
        call()
    assert caught.type is kind and "\n" not in str(caught.value)


def test_a_bare_matrix_is_simulated_without_a_signal():
    assert simulate([[0.5]], steps=3, rng=0).states.shape == (3, 1)
