"""Fisher memory curves against the peers that do the same work, timed in the same run.

    pip install -e .[benchmark]
    pytest benchmarks --benchmark-json=benchmarks/last.json && python benchmarks/table.py

Nothing here passes or fails by its time. What is compared is checked to agree first.
"""

import tracemalloc

import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm


def gaussian(n, radius=0.9, seed=0):
    return lm.ginibre(n, gain=radius, rng=seed)


def textbook_curve(W, v, lags, solve=sl.solve_discrete_lyapunov):
    """C from a Lyapunov solver, its inverse, one lag at a time."""
    precision = np.linalg.inv(solve(W, np.eye(len(W))))
    values = []
    for _ in range(lags):
        values.append(v @ precision @ v)
        v = W @ v
    return np.array(values)


def control_curve(W, v, lags):
    control = pytest.importorskip("control")
    pytest.importorskip("slycot")
    return textbook_curve(W, v, lags, solve=lambda A, Q: control.dlyap(A, Q, method="slycot"))


def timed(benchmark, group, function, rounds=5):
    benchmark.group = group
    return benchmark.pedantic(function, rounds=rounds, warmup_rounds=min(1, rounds - 1))


@pytest.mark.parametrize("peer", ["linmem", "scipy.linalg.schur alone", "scipy", "python-control, slycot"])
@pytest.mark.parametrize("n", [1000, 2000])
def test_one_curve(benchmark, n, peer):
    if n == 2000 and peer.startswith("python-control"):
        pytest.skip("minutes a run")
    net = gaussian(n)
    W, v = np.array(net.recurrent), np.array(net.feedforward)
    run = {
        "linmem": lambda: lm.fisher_memory_curve(net, 400).values,
        "scipy.linalg.schur alone": lambda: sl.schur(W),
        "scipy": lambda: textbook_curve(W, v, 400),
        "python-control, slycot": lambda: control_curve(W, v, 400),
    }[peer]
    found = timed(benchmark, f"one curve, N = {n}, 400 lags", run, rounds=1 if n == 2000 and peer == "scipy" else 5)
    if peer not in ("linmem", "scipy.linalg.schur alone"):
        ours = lm.fisher_memory_curve(net, 400).values
        assert np.abs(found - ours).max() < 1e-8  # J(0) is of order one, and cond(C) about 1e3


@pytest.mark.parametrize("peer", ["linmem", "scipy"])
@pytest.mark.parametrize(("n", "count"), [(100, 1000), (16, 10000)])
def test_stack(benchmark, n, count, peer):
    """1000 networks by linmem; the loop over scipy is timed on fewer, and both are told per network."""
    single = 50 if peer == "scipy" else count
    members = [gaussian(n, seed=seed) for seed in range(single)]
    W, V = np.array([net.recurrent for net in members]), np.array([net.feedforward for net in members])
    stack = lm.LinearNetwork(W, V)
    run = {
        "linmem": lambda: lm.fisher_memory_curve(stack, 100).values,
        "scipy": lambda: np.array([textbook_curve(W[m], V[m], 100) for m in range(single)]),
    }[peer]
    found = timed(benchmark, f"a stack, N = {n}, 100 lags, per network", run)
    benchmark.extra_info["networks"] = single
    assert np.abs(found[3] - textbook_curve(W[3], V[3], 100)).max() < 1e-8


def test_long_chain(benchmark):
    net = lm.chain(10**6, sparse=True)
    curve = timed(benchmark, "chain(10**6, sparse=True), 10^6 lags", lambda: lm.fisher_memory_curve(net, lags=10**6))
    tracemalloc.start()
    lm.fisher_memory_curve(lm.chain(10**6, sparse=True), lags=10**6)
    benchmark.extra_info["peak_megabytes"] = round(tracemalloc.get_traced_memory()[1] / 1e6, 1)
    tracemalloc.stop()
    assert abs(curve.total - np.sum(1 / np.arange(1, 10**6 + 1))) < 1e-9


@pytest.mark.parametrize(("feedforward", "feedback"), [(0.9, 0.2), (0.95, 0.2)])
def test_hard_chain(benchmark, feedforward, feedback):
    """Where the textbook route returns no correct digit, or none at all."""
    net = lm.feedback_chain(100, feedforward=feedforward, feedback=feedback)
    timed(benchmark, f"feedback chain ({feedforward}, {feedback}), N = 100", lambda: lm.fisher_memory_curve(net))


@pytest.mark.parametrize("peer", ["linmem", "linmem, discrete time"])
def test_continuous_time(benchmark, peer):
    """N = 300, 600 points: what continuous time costs beside the same number of lags."""
    discrete, v = gaussian(300), np.eye(300)[0]
    continuous = lm.ContinuousNetwork(np.array(discrete.recurrent) - np.eye(300), v)
    times = np.linspace(0, 10, 600)
    run = {
        "linmem": lambda: lm.fisher_memory_curve(continuous, times),
        "linmem, discrete time": lambda: lm.fisher_memory_curve(discrete, 600),
    }[peer]
    found = timed(benchmark, "continuous time, N = 300, 600 points", run, rounds=9)
    assert found.relative_error < 1e-8
