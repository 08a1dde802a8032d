"""Memory along steps whose weights change: against arithmetic of 600 bits, and identities that hold for any steps."""

from dataclasses import replace

import numpy as np
import pytest

import linmem as lm
from linmem.gramian import time_varying
from linmem.linalg.stein import ULP
from tests.running import truth

RTOL = 1e-6


def steps_of(n, steps, seed, *, gain=0.9, inputs=None, dtype=float):
    """Gaussian steps, each with weights of its own."""
    rng = np.random.default_rng(seed)

    def draw(*shape):
        x = rng.standard_normal(shape)
        return x + 1j * rng.standard_normal(shape) if dtype is complex else x

    A = gain * draw(steps, n, n) / np.sqrt(n * (2 if dtype is complex else 1))
    return A, draw(steps, n) if inputs is None else draw(steps, n, inputs)


def covariances(n, steps, seed, dtype=float):
    """Positive definite noise, other at each step."""
    rng = np.random.default_rng(seed)
    G = rng.standard_normal((steps, n, n)) + (1j * rng.standard_normal((steps, n, n)) if dtype is complex else 0)
    return G @ G.conj().swapaxes(1, 2) / n + 0.1 * np.eye(n)


HARD = {
    "chaotic": truth.chaotic(30, 100),
    "turned chain 2.5": truth.turned_chain(20, 2.5, 24),
    "turned chain 3.5": truth.turned_chain(20, 3.5, 24),
    "amplified 100": truth.amplified(10, 100),
    "amplified 1000": truth.amplified(10, 1000),
    "fading": steps_of(12, 60, 0, gain=0.4),
    "mild": steps_of(12, 60, 1),
    "growing": steps_of(12, 60, 2, gain=1.6),
}


@pytest.mark.parametrize("steps", HARD.values(), ids=HARD)
def test_each_lag_at_one_end_is_within_its_error(steps):
    A, B = steps
    exact = truth.memory(A, B, np.eye(A.shape[1]))[:, 0, 0]
    curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B), rtol=RTOL)
    assert (np.abs(curve.values - exact) <= curve.error).all()
    assert curve.relative_error < RTOL
    assert (curve.error <= RTOL * exact.max()).all()  # an infinite error would be right as well


@pytest.mark.parametrize("steps", HARD.values(), ids=HARD)
def test_each_lag_at_every_end_is_within_its_error(steps):
    A, B = steps
    lags = min(25, len(A))
    curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B), lags, at="all", rtol=RTOL)
    for stop in sorted({1, 2, 9, len(A) // 2, len(A)} & set(range(1, len(A) + 1))):
        exact = truth.memory(A[:stop], B[:stop], np.eye(A.shape[1]))[:lags, 0, 0]
        values, error = curve.values[stop - 1, : len(exact)], curve.error[stop - 1, : len(exact)]
        assert (np.abs(values - exact) <= error).all()
        assert (error <= 10 * RTOL * exact.max()).all()
        assert np.isnan(curve.values[stop - 1, len(exact) :]).all()


def test_all_methods_are_tried_on_the_hard_networks():
    """Otherwise the tests above look at some of them alone."""
    methods = {lm.fisher_memory_curve(lm.TimeVaryingNetwork(*steps), rtol=RTOL).method for steps in HARD.values()}
    assert methods == {"products", "cholesky", "square-root"}


def test_the_truth_does_not_depend_on_its_bits():
    A, B = HARD["chaotic"]
    at_600, at_900 = (truth.memory(A, B, np.eye(30), bits=bits) for bits in (600, 900))
    np.testing.assert_allclose(at_600, at_900, rtol=1e-15)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("inputs", [None, 3])
@pytest.mark.parametrize("observed", [False, True])
def test_every_kind_of_network_agrees_with_the_truth(dtype, inputs, observed):
    """Several inputs, complex weights, noise of each step, an uncertain start, part of the state with noise in it."""
    n, steps = 8, 20
    A, B = steps_of(n, steps, 3, inputs=inputs, dtype=dtype)
    Q, C0 = covariances(n, steps, 4, dtype), covariances(n, 1, 5, dtype)[0]
    net = lm.TimeVaryingNetwork(A, B, Q, C0)
    O = np.random.default_rng(6).standard_normal((3, n)) if observed else None  # noqa: E741
    readout_noise = 0.3 if observed else 0.0
    R = readout_noise * net.noise_variance * np.eye(3) if observed else None
    exact = truth.memory(A, B, Q, C0, O, R)
    exact = exact if inputs else exact[:, 0, 0].real
    curve = lm.fisher_memory_curve(net, observe=O, readout_noise=readout_noise)
    assert curve.values.shape == exact.shape
    assert (np.abs(curve.values - exact) <= curve.error).all()
    at_all = lm.fisher_memory_curve(net, steps, at="all", observe=O, readout_noise=readout_noise)
    assert (np.abs(at_all.values[-1] - exact) <= at_all.error[-1]).all()
    assert (curve.error < 1e-10).all()
    assert (at_all.error[-1] < 1e-8).all()


@pytest.mark.parametrize("method", [time_varying.pulses_by_cholesky, time_varying.pulses_by_square_root])
@pytest.mark.parametrize("initial", [False, True])
def test_the_trace_of_all_memory_is_the_number_of_units(method, initial):
    """sum_k tr(Phi_k* C^-1 Phi_k Q) + tr(Phi_T* C^-1 Phi_T C_0) = N: inputs that are a factor of the noise.

    The inputs of the first step also hold a factor of C_0, which enters one step before.
    """
    n, steps = 7, 30
    A, _ = steps_of(n, steps, 7, gain=1.1)
    Q = covariances(n, steps, 8)
    C0 = covariances(n, 1, 9)[0] if initial else np.zeros((n, n))
    B = np.zeros((steps, n, 2 * n))
    B[:, :, :n] = np.linalg.cholesky(Q)
    if initial:
        B[0, :, n:] = A[0] @ np.linalg.cholesky(C0)
    net = lm.TimeVaryingNetwork(A, B, Q, C0 if initial else None)
    pulses = method(net.path, steps, steps, time_varying.Readout())
    scale = 4.0**net.input_exponent / net.noise_variance
    assert abs(scale * np.sum(pulses.columns**2) - n) < 1e-12
    curve = lm.fisher_memory_curve(net)
    assert abs(np.trace(curve.total) - n) < 1e-12


NETS = {
    "Gaussian": lm.ginibre(15, gain=0.95, rng=0),
    "feedback chain": lm.feedback_chain(12, feedforward=0.9, feedback=0.1),
    "several inputs": replace(lm.ginibre(6, gain=0.9, rng=1), feedforward=np.eye(6)[:, :2]),
    "variance 4": replace(lm.ginibre(6, gain=0.9, rng=2), noise=4.0),
    "correlated": replace(lm.ginibre(6, gain=0.9, rng=3), noise=covariances(6, 1, 10)[0]),
    "tiny inputs": lm.LinearNetwork(lm.ginibre(6, gain=0.9, rng=2).recurrent, np.full(6, 1e-120)),
}


def repeated(net, steps):
    """The network in time with the same weights at every step."""
    A, B = np.repeat(net.recurrent[None], steps, axis=0), np.repeat(net.feedforward[None], steps, axis=0)
    return lm.TimeVaryingNetwork(A, B, net.noise)


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
def test_constant_weights_give_the_memory_over_a_horizon(net):
    steps = 25
    along = repeated(net, steps)
    stationary = lm.fisher_memory_curve(net, steps, horizon=steps)
    curve = lm.fisher_memory_curve(along)
    scale = np.abs(stationary.values).max()
    assert scale > 0
    assert np.abs(curve.values - stationary.values).max() < 1e-13 * scale
    assert np.abs(np.asarray(curve.total) - np.asarray(stationary.total)).max() < 1e-12 * scale
    matrix = lm.fisher_memory_matrix(along, 5)
    assert np.abs(matrix - lm.fisher_memory_matrix(net, 5, horizon=steps)).max() < 1e-12 * scale
    assert (matrix.error < 1e-10 * scale).all()


@pytest.mark.parametrize("name", ["Gaussian", "feedback chain", "variance 4", "correlated"])
def test_constant_weights_give_the_memory_function_over_a_horizon(name):
    net, steps = NETS[name], 25
    along = lm.memory_function(repeated(net, steps), 10, snr=2.0)
    stationary = lm.memory_function(net, 10, snr=2.0, horizon=steps)
    assert np.abs(along.values - stationary.values).max() < 1e-13
    assert abs(along.information - stationary.information) < 1e-12
    assert (along.error < 1e-10).all()


def test_the_memory_function_is_the_formula_with_all_pulses_in_the_way():
    """tr S P* (C + P S P*)^-1 P S of the inputs of a step over their variance, in the formula as it stands."""
    n, steps, d = 6, 9, 2
    A, B = steps_of(n, steps, 11, inputs=d)
    net = lm.TimeVaryingNetwork(A, B, 0.5)
    x = np.random.default_rng(12).standard_normal((steps * d, steps * d))
    S = x @ x.T
    S *= 3.0 * 0.5 / (np.trace(S) / len(S))  # of mean variance 3 eps
    C, P = np.zeros((n, n)), np.zeros((n, 0))
    for t in range(steps):
        C = A[t] @ C @ A[t].T + 0.5 * np.eye(n)
        P = np.hstack([A[t] @ P, B[t]])
    explained = S @ P.T @ np.linalg.solve(C + P @ S @ P.T, P @ S)
    by_step = np.diag(explained).reshape(steps, d).sum(axis=1) / np.diag(S).reshape(steps, d).sum(axis=1)
    function = lm.memory_function(net, snr=3.0, input_covariance=S)
    np.testing.assert_allclose(function.values, by_step[::-1], rtol=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_a_step_never_adds_to_what_is_known(seed):
    """J_{t+1}(k + 1) <= J_t(k) in Loewner order: A* (A C A* + Q)^-1 A <= C^-1."""
    A, B = steps_of(9, 30, seed, gain=1.2, inputs=3)
    curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B), 30, at="all")
    lost = 0.0
    for t in range(29):
        fallen = curve.values[t, : t + 1] - curve.values[t + 1, 1 : t + 2]
        slack = curve.error[t, : t + 1].max() + curve.error[t + 1, 1 : t + 2].max()
        assert np.linalg.eigvalsh(fallen).min() >= -slack - ULP
        lost = max(lost, np.linalg.eigvalsh(fallen).max())
    assert lost > 0.1


def test_memory_does_not_depend_on_the_coordinates():
    """x~_t = R_t x_t: A~ = R_t A R_{t-1}^-1, B~ = R_t B, Q~ = R_t Q R_t*, another R at every step."""
    n, steps = 8, 40
    A, B = steps_of(n, steps, 13)
    R = np.random.default_rng(14).standard_normal((steps + 1, n, n))
    A_other = R[1:] @ A @ np.linalg.inv(R[:-1])
    B_other, Q_other = (R[1:] @ B[..., None])[..., 0], R[1:] @ R[1:].swapaxes(1, 2)
    curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B))
    other = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A_other, B_other, (Q_other + Q_other.swapaxes(1, 2)) / 2))
    np.testing.assert_allclose(other.values, curve.values, rtol=1e-7)


@pytest.mark.parametrize("readout_noise", [0.0, 0.5])
def test_a_part_of_the_state_tells_less_than_all_of_it(readout_noise):
    A, B = steps_of(9, 30, 15, inputs=2)
    net = lm.TimeVaryingNetwork(A, B)
    whole = lm.fisher_memory_curve(net)
    part = lm.fisher_memory_curve(net, observe=[0, 3, 5], readout_noise=readout_noise)
    assert np.linalg.eigvalsh(whole.values - part.values).min() >= -1e-13
    by_matrix = lm.fisher_memory_curve(net, observe=np.eye(9)[[0, 3, 5]], readout_noise=readout_noise)
    np.testing.assert_array_equal(part.values, by_matrix.values)
    everything = lm.fisher_memory_curve(net, observe=range(9))
    np.testing.assert_allclose(everything.values, whole.values, rtol=1e-10, atol=1e-14)


def test_gradients_bound_memory():
    """J(k) <= |Phi_k B|^2 / lambda_min(Q_T): vanishing gradients leave no memory where the noise is regular."""
    for seed in range(20):
        A, B = steps_of(7, 25, seed, gain=0.5 + 0.1 * seed)
        Q = covariances(7, 25, seed)
        curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B, Q))
        ahead, squares = np.eye(7), []
        for t in reversed(range(25)):
            squares.append(np.sum((ahead @ B[t]) ** 2))
            ahead = ahead @ A[t]
        bound = np.array(squares) / np.linalg.eigvalsh(Q[-1])[0]
        assert (curve.values <= bound + curve.error).all()
        assert curve.values[0] > 1e-3 * bound[0]


def test_delay_lines_whose_links_change():
    """J(k) = prod g^2 / sum of the squared products of the links after each step; 1 / (k + 1) for links of 1."""
    n = 10
    links = np.random.default_rng(16).uniform(0.5, 2, (n, n - 1))
    A = np.zeros((n, n, n))
    A[:, np.arange(1, n), np.arange(n - 1)] = links
    B = np.eye(n)[[0] * n]
    # a pulse of lag k has come to unit k, whose noise entered 0, ..., k steps ago on the way there
    products = [[np.prod([links[n - 1 - j, k - 1 - j] for j in range(m)]) for m in range(k + 1)] for k in range(n)]
    expected = [of_lag[-1] ** 2 / np.sum(np.square(of_lag)) for of_lag in products]
    for curve in (
        lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B)).values,
        lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B), n, at="all").values[-1],
    ):
        np.testing.assert_allclose(curve, expected, rtol=1e-13)
    A[A != 0] = 1
    np.testing.assert_allclose(lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B)).values, 1 / np.arange(1, n + 1))


def test_tiny_memory_is_a_number_and_a_pulse_that_has_left_is_zero():
    n = 40
    A = np.repeat(np.diag(np.full(n - 1, 1e-4), -1)[None], n + 5, axis=0)
    net = lm.TimeVaryingNetwork(A, np.eye(n)[[0] * (n + 5)])
    for values, error in (
        (curve.values, curve.error) if curve.values.ndim == 1 else (curve.values[-1], curve.error[-1])
        for curve in (lm.fisher_memory_curve(net), lm.fisher_memory_curve(net, n + 5, at="all"))
    ):
        # sums of noise along the chain are 1 + 1e-8 + ...; memory at lag k is 1e-8^k over that
        expected = 1e-8 ** np.arange(38) / np.cumsum(1e-8 ** np.arange(38))
        np.testing.assert_allclose(values[:38], expected, rtol=1e-12)
        assert (error[:37] < 1e-10 * values[:37]).all()
        assert error[39] > 0  # 1e-312 has lost its digits
        assert (values[n:] == 0).all()
        assert (error[n:] == 0).all()


def extremes():
    """Inputs that fall by 1e-150 from step to step, with a variance that makes up for it, and weights of any size."""
    rng = np.random.default_rng(22)
    A, B = rng.standard_normal((4, 2, 2)), rng.standard_normal((4, 2, 2))
    falling = 10.0 ** np.array([140, 0, -20, -80])[:, None, None]
    return {
        "falling inputs": (A, B * falling, 1.0),
        "falling inputs, little noise": (A, B * falling, 1e-20),
        "tiny weights, little noise": (1e-100 * A, B, 1e-150),
        "huge weights": (1e40 * A, B, 1.0),
        "tiny inputs and noise": (A, 1e-149 * B, 1e-149),
        "no weights": (0 * A, B, 1e140),
        "no inputs": (A, 0 * B, 1.0),
    }


@pytest.mark.parametrize(("A", "B", "noise"), extremes().values(), ids=extremes())
@pytest.mark.parametrize("at", [-1, "all"])
def test_what_falls_below_the_smallest_double_on_the_way_is_part_of_the_error(A, B, noise, at):
    """J in units of inputs and noise near 1 may underflow where J itself is a number that a double holds."""
    exact = truth.memory(A, B, noise * np.eye(2), bits=3000)
    curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B, noise), 4, at=at)
    values, error = (curve.values[-1], curve.error[-1]) if at == "all" else (curve.values, curve.error)
    assert (np.abs(values - exact) <= error).all()
    assert (error <= 1e-8 * np.abs(exact).max()).all()


@pytest.mark.parametrize(
    ("snr", "scale"), [(1e-300, 1.0), (1e-300, 1e140), (1.0, 1e-140), (1.0, 1e140), (1e300, 1e-140), (1e300, 1e140)]
)
def test_the_memory_function_at_any_size_of_the_signal(snr, scale):
    rng = np.random.default_rng(23)
    A, B = rng.standard_normal((3, 3, 3)), rng.standard_normal((3, 3, 2))
    Q = min(scale, 1.0) ** 2 * np.diag([1.0, 1e-6, 1e6])
    function = lm.memory_function(lm.TimeVaryingNetwork(A, scale * B, Q), snr=snr)
    exact, information = truth.memory_function(A, scale * B, Q, snr, bits=6000)
    assert (np.abs(function.values - exact) <= function.error).all()
    assert abs(function.information - information) <= function.information.error
    assert (function.error < 1e-8 * exact.max()).all()


def test_the_information_of_noise_of_very_different_sizes_is_within_its_error():
    """Singular values of pulses are known to an ulp of the largest of them alone."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        B, Q = rng.standard_normal((1, 2, 2)), np.diag([1e-6, 1e6])
        net = lm.TimeVaryingNetwork(np.zeros((1, 2, 2)), B, Q)
        information = lm.memory_function(net, snr=10.0, rtol=1e-4).information
        assert abs(information - truth.memory_function(np.zeros((1, 2, 2)), B, Q, 10.0)[1]) <= information.error
        assert information.error < 1e-6


def test_memory_above_the_largest_double_is_not_called_infinite():
    """Infinity stands for an input that moves units without noise."""
    A, B = np.zeros((2, 2, 2)), np.full((2, 2, 2), 1e149)
    B[:, 1, 1] = -1e149
    for noise in (1e-100, np.diag([1e-100, 0.0])):
        net = lm.TimeVaryingNetwork(A, B, noise)
        with pytest.raises(lm.InvalidNetworkError, match="exceeds the largest double"):
            lm.fisher_memory_curve(net, observe=[0])
    with pytest.raises(lm.InvalidNetworkError, match="exceeds the largest double"):
        lm.fisher_memory_matrix(lm.TimeVaryingNetwork(A, B, 1e-100))


def test_all_ends_are_each_end_alone():
    A, B = steps_of(10, 40, 17, inputs=2)
    net = lm.TimeVaryingNetwork(A, B, covariances(10, 40, 18))
    at_all = lm.fisher_memory_curve(net, 12, at="all")
    for t in range(40):
        lags = min(t + 1, 12)
        alone = lm.fisher_memory_curve(net, lags, at=t)
        assert alone.at == t
        tolerance = alone.error + at_all.error[t, :lags]
        assert (np.abs(alone.values - at_all.values[t, :lags]) <= tolerance).all()
    np.testing.assert_array_equal(lm.fisher_memory_curve(net, 5, at=-1).values, lm.fisher_memory_curve(net, 5).values)
    few = lm.fisher_memory_curve(net, 1, at="all")
    np.testing.assert_allclose(few.values[:, 0], at_all.values[:, 0], rtol=1e-10)


def test_a_function_of_chunks_gives_what_arrays_give():
    A, B = steps_of(6, 150, 19)
    net = lm.TimeVaryingNetwork(A, B)
    calls = []

    def chunk(start, stop):
        calls.append(stop - start)
        return A[start:stop], B[start:stop]

    by_function = lm.TimeVaryingNetwork(chunk, steps=150)
    for options in ({}, {"at": "all", "lags": 9}):
        np.testing.assert_array_equal(
            lm.fisher_memory_curve(by_function, **options).values, lm.fisher_memory_curve(net, **options).values
        )
    assert max(calls) < 150
    G = np.random.default_rng(20).standard_normal((150, 6, 6))
    with_noise = lm.TimeVaryingNetwork(lambda start, stop: (A[start:stop], B[start:stop], G[start:stop]), steps=150)
    np.testing.assert_allclose(
        lm.fisher_memory_curve(with_noise, 20).values,
        lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B, G @ G.swapaxes(1, 2)), 20).values,
        rtol=1e-6,
    )


def test_jacobians_of_a_cell_are_steps():
    """Of a linear cell they are its weights at every step."""
    net = lm.ginibre(5, gain=0.9, rng=0)
    cell = lm.RNNCell(net.recurrent, net.feedforward[:, None], np.zeros(5), nonlinearity="linear")
    path = lm.trajectory(cell, np.random.default_rng(21).standard_normal((90, 1)))
    along = lm.TimeVaryingNetwork(path.jacobians, steps=path.steps)
    expected = lm.fisher_memory_curve(net, 12, horizon=90).values
    np.testing.assert_allclose(lm.fisher_memory_curve(along, 12).values[:, 0, 0], expected, rtol=1e-12)


# --- spatial memory ---


def test_spatial_memory_is_that_of_every_direction_and_its_trace_is_the_number_of_units():
    rng = np.random.default_rng(8)
    A = rng.standard_normal((12, 5, 5)) * 0.6
    G = rng.standard_normal((12, 5, 5))
    Q = G @ G.transpose(0, 2, 1)
    v = rng.standard_normal(5)
    spatial = lm.spatial_fisher_memory(lm.TimeVaryingNetwork(A, np.ones((12, 5)), noise=0.3), at=9)
    along_v = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, np.tile(v, (12, 1)), noise=0.3), at=9)
    # one is a sum over lags of a matrix, the other of one column that is whitened by itself
    assert v @ spatial @ v == pytest.approx(along_v.total, rel=1e-12)
    assert np.trace(spatial) * 0.3 == pytest.approx(5, rel=1e-12)
    # Q that changes: tr of each step's part with its own Q, by inverses
    C = np.zeros((5, 5))
    for t in range(12):
        C = A[t] @ C @ A[t].T + Q[t]
    ahead, right = np.eye(5), np.zeros((5, 5))
    for t in reversed(range(12)):
        right += ahead.T @ np.linalg.solve(C, ahead)
        ahead = ahead @ A[t]
    found = lm.spatial_fisher_memory(lm.TimeVaryingNetwork(A, np.ones((12, 5)), noise=Q))
    assert np.abs(found - right).max() < 1e-12 * np.linalg.cond(C) * np.abs(right).max()


def test_spatial_memory_of_constant_steps_is_that_of_the_horizon():
    W = np.random.default_rng(9).standard_normal((6, 6)) / 2
    steps = lm.TimeVaryingNetwork(np.repeat(W[None], 15, axis=0), np.ones((15, 6)))
    found, right = lm.spatial_fisher_memory(steps), lm.spatial_fisher_memory(W, horizon=15)
    # W grows, so that C is ill-conditioned: each stands by its own error
    assert (np.abs(found - right) <= found.error + right.error).all()
    assert max(found.error.max(), right.error.max()) < 1e-9 * np.abs(right).max()


def test_spatial_memory_is_refused_where_a_direction_has_no_noise():
    with pytest.raises(lm.AccuracyError, match="infinite"):
        lm.spatial_fisher_memory(lm.TimeVaryingNetwork(np.eye(2)[None], np.ones((1, 2)), noise=np.diag([1.0, 0.0])))
    with pytest.raises(lm.ArgumentError, match="same weights at every step"):
        lm.spatial_fisher_memory(np.eye(2) / 2, at=3)
