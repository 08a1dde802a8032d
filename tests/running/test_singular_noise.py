"""Noise that leaves units without any: memory is infinite there, by the zeros of the network, and never a guess."""

import numpy as np
import pytest

import linmem as lm
from linmem.errors import AccuracyError
from tests.running import truth


def lstm_like(n, steps, seed=0):
    """States (h, c) of 2 n units: h reads c, c is driven by h and the input; noise enters h alone."""
    rng = np.random.default_rng(seed)
    A = np.zeros((steps, 2 * n, 2 * n))
    A[:, :n, n:] = rng.standard_normal((steps, n, n)) / np.sqrt(n)
    A[:, n:, :n] = 0.5 * rng.standard_normal((steps, n, n)) / np.sqrt(n)
    A[:, n:, n:] = 0.9 * np.eye(n)
    B = rng.standard_normal((steps, 2 * n))
    return A, B, np.diag(np.repeat([1.0, 0.0], n))


def test_an_input_to_units_that_noise_has_not_reached_is_known_exactly():
    """After one step all of c is without noise; after two it has some, and memory is finite."""
    A, B, Q = lstm_like(3, 8)
    net = lm.TimeVaryingNetwork(A, B, Q)
    first = lm.fisher_memory_curve(net, at=0)
    assert np.isposinf(first.values).all()
    later = lm.fisher_memory_curve(net)
    exact = truth.memory(A, B, Q)[:, 0, 0]
    assert (np.abs(later.values - exact) <= later.error).all()
    assert later.relative_error < 1e-8
    at_all = lm.fisher_memory_curve(net, 8, at="all")
    assert np.isposinf(at_all.values[0, 0])
    assert np.isfinite(at_all.values[1, :2]).all()
    np.testing.assert_allclose(at_all.values[-1], later.values, rtol=1e-10)


def test_an_input_that_moves_noisy_units_alone_is_measured_there():
    """Two chains without a link between them, noise in one: its inputs are as if the other were not there."""
    A = np.zeros((6, 4, 4))
    A[:, 1, 0] = A[:, 3, 2] = 1
    B = np.zeros((6, 4, 2))
    B[:, 0, 0] = B[:, 2, 1] = 1
    net = lm.TimeVaryingNetwork(A, B, np.diag([1.0, 1.0, 0.0, 0.0]))
    curve = lm.fisher_memory_curve(net)
    variance = net.noise_variance
    assert variance == 0.5
    np.testing.assert_allclose(curve.values[:, 0, 0], [1, 0.5, 0, 0, 0, 0], rtol=1e-13)
    assert np.isposinf(curve.values[:2, 1, 1]).all()
    assert (curve.values[2:, 1, 1] == 0).all()
    assert np.isnan(curve.values[0, 0, 1])
    noisy = lm.fisher_memory_curve(net, readout_noise=2.0)
    np.testing.assert_allclose(noisy.values[:, 1, 1], [1, 1, 0, 0, 0, 0], rtol=1e-13)
    nothing_read = lm.fisher_memory_curve(net, observe=[2, 3])
    assert np.isposinf(nothing_read.values[:2, 1, 1]).all()
    assert (nothing_read.values[:, 0, 0] == 0).all()


def test_a_matrix_or_a_memory_function_of_infinite_memory_is_refused():
    A, B, Q = lstm_like(2, 5)
    net = lm.TimeVaryingNetwork(A, B, Q)
    for measure in (lm.fisher_memory_matrix, lambda net, at: lm.memory_function(net, snr=1.0, at=at)):
        with pytest.raises(AccuracyError, match="lag 0 is infinite"):
            measure(net, at=0)
        measure(net, at=-1)


def test_a_direction_without_noise_that_no_zero_shows_is_refused():
    """The same network seen from random axes: C is singular to rounding, and neither a number nor infinity is safe."""
    A, B, Q = lstm_like(3, 1)
    R, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((6, 6)))
    turned = R @ Q @ R.T
    net = lm.TimeVaryingNetwork(R @ A @ R.T, B @ R.T, (turned + turned.T) / 2)
    for options in ({}, {"at": "all"}):
        with pytest.raises(AccuracyError, match="leaves a direction"):
            lm.fisher_memory_curve(net, **options)
    with pytest.raises(AccuracyError, match="leaves a direction"):  # a unit is read twice
        lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B), observe=np.eye(6)[[0, 0]])


def test_what_rounding_alone_moves_is_not_called_infinite():
    """Two links that cancel to rounding carry a pulse to a unit without noise."""
    A = np.zeros((3, 4, 4))
    A[:, 1, 0], A[:, 2, 0] = 0.1, 0.3
    A[:, 3, 1], A[:, 3, 2] = 3.0, -1.0  # .1 * 3 - .3 is 5.6e-17 in doubles
    Q = np.diag([0.0, 0.0, 0.0, 0.0])
    B = np.zeros((3, 4))
    B[:, 0] = 1.0
    Q = np.zeros((3, 4, 4))
    Q[2] = np.diag([1.0, 1.0, 1.0, 0.0])
    with pytest.raises(AccuracyError, match="leaves a direction"):
        lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B, Q))


def test_noise_of_single_steps_is_enough_where_it_reaches_all_units():
    A, B, _ = lstm_like(3, 12)
    Q = np.zeros((12, 6, 6))
    Q[::2] = np.eye(6)
    curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B, Q))
    exact = truth.memory(A, B, Q)[:, 0, 0]
    assert np.isfinite(exact).all()
    assert (np.abs(curve.values - exact) <= curve.error).all()
    assert curve.relative_error < 1e-8


def test_noise_that_is_singular_to_rounding_is_not_known_where_little_else_covers_it():
    """Of G G* of fewer columns than units the stored covariance has some ulps in the direction without noise, or takes
    some away; only other noise that is far above them makes memory of that direction known.
    """
    rng = np.random.default_rng(0)
    g = rng.standard_normal((4, 3))
    Q = g @ g.T
    silent = np.linalg.svd(g.T)[2][-1]
    A, B = np.zeros((1, 4, 4)), silent[None]
    for covering, is_known in ((1e-12, False), (1e-3, True)):
        net = lm.TimeVaryingNetwork(A, B, (Q + Q.T) / 2)
        curve = refused_or_not(net, readout_noise=covering)
        assert (curve.relative_error < 1e-8) == is_known
        exact = truth.memory(A, B, (Q + Q.T) / 2, readout=covering * net.noise_variance * np.eye(4))[:, 0, 0]
        assert (np.abs(curve.values - exact) <= curve.error).all()


def refused_or_not(net, **options):
    """The curve, also where it is not accurate enough."""
    try:
        return lm.fisher_memory_curve(net, **options)
    except AccuracyError as error:
        return error.result


@pytest.mark.parametrize("scale", [1.0, 1e-100])
def test_covariances_are_judged_in_the_units_of_each_unit(scale):
    """A negative variance, or one of 0 beside a covariance, is none at any size of the others."""
    A, B = np.zeros((1, 2, 2)), np.ones((1, 2))
    for Q in ([[1.0, 0.0], [0.0, -1e-20]], [[1.0, 1e-17], [1e-17, 0.0]], [[1e-30, 2e-15], [2e-15, 1.0]]):
        with pytest.raises(lm.InvalidNetworkError, match="a covariance has none below 0"):
            lm.TimeVaryingNetwork(A, B, scale * np.array(Q))
    fine = np.array([[1e-30, 0.5e-15], [0.5e-15, 1.0]])
    curve = lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B, scale * fine))
    exact = truth.memory(A, B, scale * fine)[:, 0, 0]
    assert (np.abs(curve.values - exact) <= curve.error).all()
