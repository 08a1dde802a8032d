"""Pictures of cells along their path show the numbers that the measures return."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import linmem as lm
from linmem import plotting
from linmem.errors import ArgumentError

RNG = np.random.default_rng(0)
CELL = lm.RNNCell(1.2 * RNG.standard_normal((6, 6)) / np.sqrt(6), RNG.standard_normal((6, 2)))
PATH = lm.trajectory(CELL, RNG.standard_normal((12, 2)))
ONE = lm.linearise(PATH, noise=1.0, input=0)
BOTH = lm.linearise(PATH, noise=1.0)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_the_line_is_the_curve():
    curve = lm.fisher_memory_curve(ONE, 8, at=9)
    ax = plotting.plot_memory_along_path(curve)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), curve.values)
    assert ax.get_xlabel() == "Lag $k$ (steps)"
    assert ax.get_yscale() == "log"


def test_of_several_inputs_it_is_the_mean():
    curve = lm.fisher_memory_curve(BOTH, 8)
    ax = plotting.plot_memory_along_path(curve)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.trace(curve.values, axis1=1, axis2=2) / 2, rtol=1e-15)


@pytest.mark.parametrize("network", [ONE, BOTH], ids=["one input", "two inputs"])
def test_the_map_has_each_input_after_each_step(network):
    curve = lm.fisher_memory_curve(network, 5, at="all")
    ax = plotting.plot_memory_along_path(curve)
    shown = np.ma.filled(ax.collections[0].get_array(), np.nan).reshape(12, 12)
    for end in range(12):
        for step in range(12):
            lag = end - step
            if 0 <= lag < 5:
                J = curve.values[end, lag]
                assert shown[step, end] == pytest.approx(np.log10(np.trace(J) / 2 if J.ndim else J), rel=1e-12)
            else:
                assert np.isnan(shown[step, end])


def test_memory_of_zero_and_infinity_leaves_the_map_empty_there():
    A = np.zeros((3, 2, 2))
    silent = lm.TimeVaryingNetwork(A, np.tile([1.0, 0.0], (3, 1)), np.diag([0.0, 1.0]))
    ax = plotting.plot_memory_along_path(lm.fisher_memory_curve(silent, 2, at="all"))
    assert np.isnan(np.ma.filled(ax.collections[0].get_array(), np.nan)).all()


def test_eigenvalues_of_every_point_are_there():
    points = lm.fixed_points(lm.RNNCell([[2.0]], [[1.0]]), starts=20)
    ax = plotting.plot_fixed_points(points)
    for line, point in zip(ax.lines[1:], points.points, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), point.eigenvalues.real)
        np.testing.assert_array_equal(line.get_ydata(), point.eigenvalues.imag)
    circle = ax.lines[0].get_xydata()
    np.testing.assert_allclose(np.hypot(*circle.T), 1, rtol=1e-14)


def test_exponents_that_are_not_finite_are_counted():
    W = np.diag([0.5, 0.25, 0.0])
    path = lm.trajectory(lm.RNNCell(W, np.ones((3, 1)), nonlinearity="linear"), np.zeros(30))
    exponents = lm.lyapunov_exponents(path)
    ax = plotting.plot_lyapunov_exponents(exponents)
    assert exponents.values[2] == -np.inf
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), exponents.values[:2])
    assert "1 are" in ax.get_xlabel()


@pytest.mark.parametrize(
    ("plot", "given", "message"),
    [
        (plotting.plot_memory_along_path, lm.fisher_memory_curve(lm.chain(3)), "curve is a FisherMemoryCurve"),
        (plotting.plot_fixed_points, None, "points holds no point"),
        (plotting.plot_lyapunov_exponents, [0.1], "exponents is a list"),
    ],
)
def test_other_things_are_refused_in_one_sentence(plot, given, message):
    with pytest.raises(ArgumentError, match=message):
        plot(given)


def test_the_axes_that_are_given_are_drawn_in():
    _, ax = plt.subplots()
    assert plotting.plot_memory_along_path(lm.fisher_memory_curve(ONE, 4), ax) is ax
