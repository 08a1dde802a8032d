"""A trajectory is the cell applied step by step; its derivatives are products of Jacobians."""

import numpy as np
import pytest

import linmem as lm

RNG = np.random.default_rng(0)
CELL = lm.GRUCell(RNG.normal(size=(12, 4)), RNG.normal(size=(12, 2)), reset="after")
INPUTS = RNG.normal(size=(3, 150, 2))


def test_it_is_the_cell_step_by_step_from_the_state_that_is_given():
    start = RNG.normal(size=4)
    path = lm.trajectory(CELL, INPUTS, start)
    for i in range(3):
        x = start
        for t in range(150):
            x = CELL.step(x, INPUTS[i, t])
            assert np.allclose(path.states[i, t + 1], x, rtol=1e-12)  # the same sums in another order
    assert path.steps == 150
    assert np.array_equal(path.hidden_states, path.states[:, 1:])


def test_products_of_jacobians_are_the_derivative_of_the_end_by_an_input():
    path = lm.trajectory(CELL, INPUTS[0])
    A, B = path.jacobians()
    derivative = B[139]
    for t in range(140, 150):
        derivative = A[t] @ derivative

    def end(s):
        inputs = INPUTS[0].copy()
        inputs[139] = s
        return lm.trajectory(CELL, inputs).states[-1]

    h = 1e-5
    by_differences = [(end(INPUTS[0, 139] + h * u) - end(INPUTS[0, 139] - h * u)) / (2 * h) for u in np.eye(2)]
    # central differences: h^2 of the third derivative, and ulps over h
    assert np.allclose(derivative, np.transpose(by_differences), atol=1e-9)


def test_parts_of_an_lstm_and_of_a_stack():
    lstm = lm.LSTMCell(RNG.normal(size=(12, 3)), RNG.normal(size=(12, 2)))
    path = lm.trajectory(lstm, INPUTS[0])
    assert path.hidden_states.shape == (150, 3)
    assert path.mean_square == pytest.approx(np.mean(path.states[1:, :3] ** 2))
    stack = lm.StackedCell([lstm, lm.RNNCell(np.eye(5) / 2, np.ones((5, 3)))])
    assert lm.trajectory(stack, INPUTS[0]).hidden_states.shape == (150, 5)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: lm.trajectory(3, INPUTS), lm.ArgumentError, "cell is a int"),
        (lambda: lm.trajectory(CELL, np.ones((5, 3))), lm.ArgumentError, "inputs has shape"),
        (lambda: lm.trajectory(CELL, np.ones(5)), lm.ArgumentError, "at least one step"),
        (lambda: lm.trajectory(CELL, np.ones((0, 2))), lm.ArgumentError, "at least one step"),
        (lambda: lm.trajectory(CELL, INPUTS, np.ones(3)), lm.ArgumentError, "state has shape"),
        (lambda: lm.trajectory(CELL, np.ones((0, 5, 2))), lm.ArgumentError, "inputs has shape (0, 5, 2)"),
        (lambda: lm.trajectory(CELL, [[1, 2], [3]]), lm.ArgumentError, "inputs is no array of numbers"),
        (
            lambda: lm.trajectory(CELL, np.ones((4, 5, 2)), np.ones((3, CELL.state_size))),
            lm.ArgumentError,
            "leading axes (3,) and the inputs (4,)",
        ),
        (
            lambda: lm.trajectory(lm.RNNCell([[1e30]], [[1.0]], nonlinearity="relu"), np.ones(20)),
            lm.InvalidNetworkError,
            "at step 12 in unit 0",
        ),
        (lambda: lm.trajectory(CELL, INPUTS).jacobians(5, 5), lm.ArgumentError, "start is 5 and stop 5"),
    ],
)
def test_bad_input_is_one_sentence(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    assert words in str(caught.value)


def test_inputs_near_the_largest_double_saturate_without_a_warning():
    path = lm.trajectory(lm.RNNCell([[0.5]], [[1.0]]), np.full(3, 1e308))
    assert path.states[1:, 0].tolist() == [1.0, 1.0, 1.0]
    A, B = path.jacobians()
    assert not A.any()
    assert not B.any()
