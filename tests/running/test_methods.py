"""Each method for the memory at one end by itself: J at every lag within its stated error, against 600 bits."""

import numpy as np
import pytest

import linmem as lm
from linmem.gramian import pulses
from tests.running import truth

KINDS = ("plain", "scaled", "grows, then decays", "sparse", "chain", "one dimension", "one basis")
# seeds with which a method once stated too small an error: noise that mixes units, inputs that differ by many digits
# beside it, one row that is read, two units
FOUND = [(None, 169), (None, 120), (None, 665), ("scaled", 2261), (None, 4094), ("sparse", 5470), (None, 8288)]


def network(kind, seed):
    """A, B, Q and what is read, of a few units and steps; of a kind at random where that is None."""
    rng = np.random.default_rng(seed)
    N, T, d = int(rng.integers(1, 9)), int(rng.integers(1, 40)), int(rng.integers(1, 3))
    kind = rng.choice(KINDS) if kind is None else kind
    A = rng.standard_normal((T, N, N)) * rng.choice([0.1, 0.5, 1, 3]) / np.sqrt(N)
    B, Q = rng.standard_normal((T, N, d)), np.eye(N)
    if kind == "scaled":
        scale = 10.0 ** rng.uniform(-6, 6, N)
        A, B, Q = A * scale[:, None] / scale, B * scale[:, None], np.diag(scale**2)
    elif kind == "grows, then decays":
        A = A * np.where(np.arange(T) < T // 2, 10.0, 0.05)[:, None, None]
    elif kind == "sparse":
        A = A * (rng.random(A.shape) < 0.3)
    elif kind == "chain":
        A = np.repeat(np.eye(N, k=-1)[None] * rng.uniform(0.5, 2.5), T, axis=0)
    elif kind == "one dimension":
        A = A[:, :, :1] @ A[:, :1, :]
    elif kind == "one basis":
        U = np.linalg.qr(rng.standard_normal((N, N)))[0]
        A = np.repeat((U * 10.0 ** rng.uniform(-3, 1, N) @ U.T)[None], T, axis=0)
    if rng.random() < 0.3:
        G = rng.standard_normal((N, N))
        Q = G @ G.T + 1e-3 * np.eye(N)
        Q = (Q + Q.T) / 2
    observe = rng.standard_normal((max(1, N // 2), N)) if rng.random() < 0.3 else None
    return A, B, Q, observe


@pytest.mark.parametrize("method", pulses.METHODS, ids=lambda method: method.__name__)
@pytest.mark.parametrize(("kind", "seed"), [*((kind, seed) for kind in KINDS for seed in range(12)), *FOUND])
def test_each_method_knows_its_error(monkeypatch, method, kind, seed):
    A, B, Q, observe = network(kind, seed)
    monkeypatch.setattr(pulses, "METHODS", (method,))
    net = lm.TimeVaryingNetwork(A, B, noise=Q)
    try:
        curve = lm.fisher_memory_curve(net, observe=observe, rtol=1e-3)
    except lm.AccuracyError:
        assert method is not pulses.pulses_by_square_root or kind in ("scaled", "one dimension", None)
        return
    exact = truth.memory(A, B, Q, observe=observe)
    assert (np.abs(curve.values - exact) <= curve.error).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_all_ends_know_their_errors(kind, seed):
    A, B, Q, observe = network(kind, seed)
    try:
        curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B, noise=Q), len(A), at="all", observe=observe)
    except lm.AccuracyError:
        assert kind in ("scaled", "one basis", "chain")
        return
    for stop in (1, (len(A) + 1) // 2, len(A)):
        exact = truth.memory(A[:stop], B[:stop], Q, observe=observe)
        assert (np.abs(curve.values[stop - 1, :stop] - exact) <= curve.error[stop - 1, :stop]).all()


@pytest.mark.parametrize("method", pulses.METHODS, ids=lambda method: method.__name__)
@pytest.mark.parametrize(("kind", "seed"), [*((kind, seed) for kind in KINDS for seed in range(5)), ("scaled", 27)])
def test_decoding_and_spatial_memory_know_their_errors(monkeypatch, method, kind, seed):
    """With signals of any size: ("scaled", 27) has an information of 8e-8, of which ln det once lost eight digits."""
    A, B, Q, observe = network(kind, seed)
    snr = 10.0 ** np.random.default_rng(seed).uniform(-3, 6)
    monkeypatch.setattr(pulses, "METHODS", (method,))
    net = lm.TimeVaryingNetwork(A, B, noise=Q)
    try:
        function = lm.memory_function(net, snr=snr, observe=observe, rtol=1e-3)
        spatial = lm.spatial_fisher_memory(net, observe=observe, rtol=1e-3)
    except lm.AccuracyError:
        assert method is not pulses.pulses_by_square_root or kind in ("scaled", "one dimension", "one basis")
        return
    values, information = truth.memory_function(A, B, Q, snr, observe)
    assert (np.abs(function.values - values) <= function.error).all()
    assert abs(function.information - information) <= function.information.error
    by_unit = truth.memory(A, np.repeat(np.eye(len(Q))[None], len(A), axis=0), Q, observe=observe).sum(axis=0)
    assert (np.abs(spatial - by_unit) <= spatial.error).all()
