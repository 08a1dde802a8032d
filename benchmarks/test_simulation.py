"""Simulation against a loop over the steps in numpy, and against the matrix products that such a loop cannot avoid.

Run and tabulated as `test_fisher_memory.py`. Nothing here passes or fails by its time.
"""

import numpy as np
import pytest
from test_fisher_memory import gaussian, timed

from linmem.linalg.blas import blas_threads_for
from linmem.simulation.trajectories import simulate, simulate_moments

BATCH, SNR = 16, 1.0


def loop(net, signal, rng):
    """The same in numpy: a product, the noise and an elu of (batch, N) at every step."""
    W, v = np.ascontiguousarray(net.recurrent.T), net.feedforward
    rng = np.random.default_rng(rng)
    states = np.empty((*signal.shape, len(v)))
    h = np.zeros((len(signal), len(v)))
    for t in range(signal.shape[1]):
        u = h @ W + signal[:, t, None] * v + rng.standard_normal(h.shape)
        h = np.where(u < 0, np.expm1(u), u)
        states[:, t] = h
    return states


def products(net, steps):
    W, h = np.ascontiguousarray(net.recurrent.T), np.ones((BATCH, net.size))
    u = np.empty_like(h)
    for _ in range(steps):
        np.dot(h, W, out=u)
    return u


@pytest.mark.parametrize("peer", ["linmem", "numpy loop", "numpy products alone"])
@pytest.mark.parametrize(("n", "steps"), [(100, 5000), (1000, 200)])
def test_many_trials(benchmark, n, steps, peer):
    net = gaussian(n)
    signal = np.random.default_rng(0).standard_normal((BATCH, steps))
    run = {
        "linmem": lambda: simulate(net, signal, rng=0, nonlinearity="elu").states,
        "numpy loop": lambda: loop(net, signal, 0),
        "numpy products alone": lambda: products(net, steps),
    }[peer]
    with blas_threads_for(n):  # which is best for the loop, too
        found = timed(benchmark, f"simulation, elu, N = {n}, {BATCH} trials, {steps} steps", run, rounds=9)
    if peer == "numpy loop":  # other noise, the same law
        ours = simulate(net, signal, rng=0, nonlinearity="elu").states
        assert abs(found[:, 100:].std() / ours[:, 100:].std() - 1) < 0.05


@pytest.mark.parametrize("peer", ["linmem", "reservoirpy"])
def test_one_trial(benchmark, peer):
    """tanh of 100 units, one trial of 10^4 steps, from the same weights, without noise."""
    nodes = pytest.importorskip("reservoirpy.nodes")
    net, signal = gaussian(100), np.random.default_rng(0).standard_normal((1, 10_000))
    reservoir = nodes.Reservoir(W=np.array(net.recurrent), Win=net.feedforward[:, None], activation="tanh")
    run = {
        "linmem": lambda: simulate(net, signal, rng=0, nonlinearity="tanh", noise=False).states[0],
        "reservoirpy": lambda: reservoir.run(signal.T),
    }[peer]
    found = timed(benchmark, "simulation, tanh, N = 100, one trial, 10^4 steps", run, rounds=5)
    ours = simulate(net, signal, rng=0, nonlinearity="tanh", noise=False).states[0]
    # reservoirpy goes on from the state of its last run, which is forgotten: 0.9^600 is 1e-28
    assert np.abs(found - ours)[600:].max() < 1e-12


@pytest.mark.parametrize("nonlinearity", ["identity", "tanh", "relu", "softplus", "erf"])
def test_non_linearities(benchmark, nonlinearity):
    net, signal = gaussian(100), np.random.default_rng(0).standard_normal((BATCH, 5000))
    timed(
        benchmark,
        f"simulation, {nonlinearity}, N = 100, {BATCH} trials, 5000 steps",
        lambda: simulate(net, signal, rng=0, nonlinearity=nonlinearity),
    )


def test_moments(benchmark):
    """10^6 steps in all: memory does not depend on their number."""
    net = gaussian(100)
    found = timed(
        benchmark,
        "moments of 10^6 steps, N = 100, 100 lags",
        lambda: simulate_moments(net, 100, steps=10**6 // BATCH, snr=SNR, rng=0, batch=BATCH),
        rounds=3,
    )
    assert found.covariance.shape == (100, 100)
