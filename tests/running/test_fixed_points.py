"""Fixed points are zeros of F(x) - x: counted where a closed form or a bisection knows them all."""

import itertools

import numpy as np
import pytest
import scipy.optimize

import linmem as lm


def test_all_27_points_of_three_bistable_units_are_found():
    """x = tanh(2 x) has three zeros in each unit: 0 and two that a bisection gives."""
    root = scipy.optimize.brentq(lambda x: np.tanh(2 * x) - x, 0.5, 1, xtol=1e-15)
    found = lm.fixed_points(lm.RNNCell(2 * np.eye(3), np.ones((3, 1))), starts=400)
    right = list(itertools.product([-root, 0, root], repeat=3))
    assert len(found.of_kind("fixed")) == 27
    for state in right:
        nearest = min(found.points, key=lambda point: np.linalg.norm(point.state - state))
        # a zero is known to an ulp over the slope of F - x, which is 1 - 2 (1 - root^2) = 0.83 at the least
        assert np.allclose(nearest.state, state, atol=1e-14)
        assert nearest.stable == all(state)
        slopes = np.sort(2 * (1 - np.square(state)))[::-1]
        assert np.allclose(nearest.eigenvalues, slopes, rtol=1e-12)
        assert np.allclose(nearest.network.dense(), np.diag(2 * (1 - np.square(state))), atol=1e-13)
    assert found.starts == 400
    assert sum(point.starts for point in found.points) + found.lost == 400


def test_a_linear_cell_has_the_one_point_of_its_equation():
    rng = np.random.default_rng(0)
    W, V, b, s = rng.normal(size=(4, 4)), rng.normal(size=(4, 2)), rng.normal(size=4), rng.normal(size=2)
    found = lm.fixed_points(lm.RNNCell(W, V, b, nonlinearity="linear"), s, starts=10)
    assert len(found.points) == 1
    right = np.linalg.solve(np.eye(4) - W, V @ s + b)
    assert np.allclose(found.points[0].state, right, rtol=1e-11)
    assert found.points[0].starts == 10


def test_every_point_of_gated_cells_is_a_zero_of_the_step():
    rng = np.random.default_rng(1)
    cell = lm.GRUCell(3 * rng.normal(size=(24, 8)) / np.sqrt(8), rng.normal(size=(24, 2)), reset="after")
    path = lm.trajectory(cell, rng.normal(size=(100, 2)))
    found = lm.fixed_points(cell, starts=path)
    assert found.of_kind("fixed")
    for point in found.of_kind("fixed"):
        assert np.linalg.norm(cell.step(point.state, np.zeros(2)) - point.state) <= 1e-12 * (
            1 + np.linalg.norm(point.state)
        )
        if point.stable:
            x = point.state + 1e-6 * rng.normal(size=8)
            for _ in range(3000):
                x = cell.step(x, np.zeros(2))
            assert np.linalg.norm(x - point.state) < 1e-7
    for point in found.of_kind("slow"):
        assert point.speed > 0


def test_a_line_of_points_is_a_continuum_and_a_slow_point_is_none():
    line = lm.fixed_points(lm.RNNCell(np.diag([1.0, 0.5]), np.ones((2, 1)), nonlinearity="linear"), starts=30)
    assert {point.kind for point in line.points} == {"continuum"}
    assert all(point.stable is None for point in line.points)
    # x' = x + x^2 + 0.01 has no zero: it is slowest at x = 0
    slow = lm.CustomCell(lambda x, s: x + x**2 + 0.01, lambda x, s: (np.diag(1 + 2 * x), np.zeros((1, 1))), 1, 1)
    (point,) = lm.fixed_points(slow, starts=[[0.5], [-0.5]]).points
    assert point.kind == "slow"
    assert point.speed == pytest.approx(0.01, rel=1e-9)
    assert abs(point.state[0]) < 1e-4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"starts": 0}, "starts is 0"),
        ({"starts": [1.0, 2.0]}, "state has shape|starts has shape"),
        ({"inputs": [1.0, 2.0]}, "inputs has shape"),
        ({"tol": 0}, "tol is 0"),
        ({"noise": -1}, "noise is -1"),
        ({"rng": "seed"}, "rng is 'seed'"),
        ({"starts": lm.trajectory(lm.RNNCell(np.eye(3), np.ones((3, 1))), np.zeros(4))}, "states of 3 numbers"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    with pytest.raises(lm.ArgumentError, match=words):
        lm.fixed_points(lm.RNNCell([[0.5]], [[1.0]]), **options)
    with pytest.raises(lm.ArgumentError, match="cell is a int"):
        lm.fixed_points(3)
