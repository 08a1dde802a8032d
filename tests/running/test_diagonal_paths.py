"""Paths of selective state-space cells: closed forms against the methods of dense steps, and of the cell itself."""

import numpy as np
import pytest

import linmem as lm
from linmem.gramian import diagonal_paths
from linmem.running.linearised_path import DiagonalPath

STEPS = 40


def selective(channels=3, n=4, seed=0):
    rng = np.random.default_rng(seed)
    return lm.SelectiveSSM(
        -np.exp(rng.normal(size=(channels, n)) / 2),
        rng.normal(size=(channels, channels)) / channels**0.5,
        rng.normal(size=(n, channels)) / channels**0.5,
        bias_dt=rng.normal(size=channels) - 2,
    )


def gated(units=5, seed=1):
    rng = np.random.default_rng(seed)
    return lm.RGLRUCell(rng.normal(size=units) - 4, rng.normal(size=(units, units)), rng.normal(size=(units, units)))


def path_of(cell, steps=STEPS, seed=2):
    return lm.trajectory(cell, np.random.default_rng(seed).normal(size=(steps, cell.n_inputs)))


@pytest.mark.parametrize("cell", [selective(), gated()], ids=["SelectiveSSM", "RGLRUCell"])
@pytest.mark.parametrize("input", [0, None, "contrasts"])
@pytest.mark.parametrize("noise", [0.5, lm.Noise(hidden=0.5)], ids=["variance", "Noise"])
@pytest.mark.parametrize("at", [-1, 9, "all"])
def test_the_curve_is_that_of_dense_steps(cell, input, noise, at):
    path = path_of(cell)
    net = lm.linearise(path, noise=noise, input=input)
    A, B = path.jacobians()
    columns = {0: np.eye(cell.n_inputs)[0], None: np.eye(cell.n_inputs)}.get(input)
    B = lm.linearise(path, noise=1.0, input=input).recurrent(0, STEPS)[1] if columns is None else B @ columns
    dense = lm.TimeVaryingNetwork(A, B, 0.5)
    own, other = (lm.fisher_memory_curve(network, 8, at=at) for network in (net, dense))
    assert isinstance(net, DiagonalPath) and own.method == "structured" != other.method
    known = np.isfinite(other.values)
    assert np.array_equal(known, np.isfinite(own.values))
    # both state their errors
    assert (np.abs(own.values - other.values) <= own.error + other.error)[known].all()


def test_chunks_and_blocks_make_no_difference(monkeypatch):
    net = lm.linearise(path_of(selective()), noise=1.0)
    whole = lm.fisher_memory_curve(net, STEPS)
    every = lm.fisher_memory_curve(net, 7, at="all")
    monkeypatch.setattr(diagonal_paths, "STORED", 200)
    monkeypatch.setattr(diagonal_paths, "BLOCK", 5)
    net = lm.linearise(path_of(selective()), noise=1.0)
    for other, curve in (
        (lm.fisher_memory_curve(net, STEPS), whole),
        (lm.fisher_memory_curve(net, 7, at="all"), every),
    ):
        known = np.isfinite(curve.values)
        assert (np.abs(other.values - curve.values) <= curve.error)[known].all()
    assert whole.total.trace() > 0


def test_what_is_read_in_part_is_that_of_dense_steps():
    path = path_of(gated())
    net, dense = lm.linearise(path, noise=1.0), lm.TimeVaryingNetwork(*path.jacobians())
    for arguments in ({"observe": [0, 3]}, {"readout_noise": 0.5}):
        own, other = (lm.fisher_memory_curve(network, 6, **arguments) for network in (net, dense))
        assert (np.abs(own.values - other.values) <= own.error + other.error).all()
    own, other = (lm.memory_function(network, 5, snr=2.0) for network in (net, dense))
    assert own.values == pytest.approx(other.values, rel=1e-9)


def test_constant_gates_are_a_diagonal_network():
    """Without input weights of the gate the recurrence does not change: it is that of `rg_lru`."""
    units, steps = 4, 4000
    cell = lm.RGLRUCell(np.linspace(-3, 0, units), np.zeros((units, units)), np.zeros((units, units)))
    net = lm.linearise(lm.trajectory(cell, np.zeros((steps, units))), noise=1.0, input=0)
    a = np.exp(-4 * np.log1p(np.exp(cell.recurrent_param)))
    fixed = lm.DiagonalNetwork(a, np.eye(units)[0] * np.sqrt(1 - a[0] ** 2) / 2, noise_enters="state")
    along, stationary = lm.fisher_memory_curve(net, 30), lm.fisher_memory_curve(fixed, 30)
    # 4000 steps are stationary: the slowest unit has a = .82
    assert (np.abs(along.values - stationary.values) <= along.error + stationary.error).all()


def test_a_state_as_large_as_that_of_a_model():
    cell = selective(channels=400, n=16)
    path = path_of(cell, steps=30)
    net = lm.linearise(path, noise=1.0, input=7)
    curve = lm.fisher_memory_curve(net, 30)
    a, B = cell.diagonal_jacobian(path.states[:30], path.inputs[:30], np.eye(400)[:, 7:8])
    variance = np.zeros(6400)
    for t in range(30):
        variance = a[t] ** 2 * variance + 1
    newest = (B[29, :, 0] ** 2 / variance).sum()
    assert curve.values[0] == pytest.approx(newest, rel=1e-12)
    with pytest.raises(lm.ArgumentError, match="the Fisher memory curve of the whole state alone"):
        lm.memory_function(lm.linearise(path_of(selective(800, 16), 3), noise=1.0, input=0), 2, snr=1.0)


def test_several_paths():
    cell = gated()
    inputs = np.random.default_rng(3).normal(size=(3, STEPS, cell.n_inputs))
    paths = lm.linearise(lm.trajectory(cell, inputs), noise=1.0, input=1)
    curves = lm.fisher_memory_curve(paths, 6)
    for place in range(3):
        one = lm.fisher_memory_curve(paths[place], 6)
        assert one.method == "structured"
        assert (np.abs(curves.values[place] - one.values) <= curves.error[place] + one.error).all()
