"""The step of a cell is that of its framework, and its Jacobians are those of the step.

Jacobians are compared with central differences of the step at two distances, combined so that the error falls with the
fourth power (Richardson): 1e-9 of the largest entry is what rounding leaves of them.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import linmem as lm
from linmem.cells.nonlinearities import NONLINEARITIES, logistic

FRAMEWORKS = Path(__file__).parents[1] / "files" / "frameworks"
STEPS = json.loads((FRAMEWORKS / "cells.json").read_text())
RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape)


N, M = 4, 3
CELLS = {
    **{name: lm.RNNCell(normal(N, N), normal(N, M), normal(N), nonlinearity=name) for name in NONLINEARITIES},
    "leaky": lm.RNNCell(normal(N, N), normal(N, M), normal(N), leak=0.3, nonlinearity="softplus"),
    "current": lm.RNNCell(normal(N, N), normal(N, M), normal(N), leak=0.3, form="current"),
    **{
        f"gru {reset} {update}": lm.GRUCell(
            normal(3 * N, N), normal(3 * N, M), normal(3 * N), normal(3 * N), reset=reset, update=update
        )
        for reset in ("after", "before")
        for update in ("keeps", "replaces")
    },
    "lstm": lm.LSTMCell(normal(4 * N, N), normal(4 * N, M), normal(4 * N), normal(4 * N)),
    "lstm, projection": lm.LSTMCell(normal(4 * N, 2), normal(4 * N, M), weight_hr=normal(2, N)),
    "lstm, peepholes": lm.LSTMCell(normal(4 * N, N), normal(4 * N, M), peepholes=normal(3 * N)),
}
LAYERS = [
    CELLS["gru after keeps"],
    lm.LSTMCell(normal(4 * N, 2), normal(4 * N, N), weight_hr=normal(2, N)),
    lm.RNNCell(normal(N, N), normal(N, 2), nonlinearity="elu"),
]
CELLS["stack"] = lm.StackedCell(LAYERS)
CELLS["own"] = lm.CustomCell(CELLS["tanh"].step, CELLS["tanh"].jacobian, N, M)


def differences(function, at):
    """The derivative by central differences, Richardson's combination of two distances."""
    columns = []
    for unit in np.eye(len(at)):
        one, half = ((function(at + h * unit) - function(at - h * unit)) / (2 * h) for h in (1e-3, 5e-4))
        columns.append((4 * half - one) / 3)
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("name", CELLS)
def test_jacobians_are_the_derivatives_of_the_step(name):
    cell = CELLS[name]
    rng = np.random.default_rng(1)
    for _ in range(3):
        x, s = rng.normal(size=cell.state_size), rng.normal(size=cell.n_inputs)
        right = [differences(lambda y, s=s: cell.step(y, s), x), differences(lambda y, x=x: cell.step(x, y), s)]
        for found, true in zip(cell.jacobian(x, s), right, strict=True):
            assert np.allclose(found, true, rtol=0, atol=1e-9 * max(1, np.abs(true).max()))


@pytest.mark.parametrize("name", CELLS)
def test_leading_axes_are_independent_sequences(name):
    cell = CELLS[name]
    rng = np.random.default_rng(2)
    x, s = rng.normal(size=(2, 3, cell.state_size)), rng.normal(size=(3, cell.n_inputs))
    together = (cell.step(x, s), *cell.jacobian(x, s))
    for i in range(2):
        for j in range(3):
            alone = (cell.step(x[i, j], s[j]), *cell.jacobian(x[i, j], s[j]))
            for many, one in zip(together, alone, strict=True):
                # the same sums, which BLAS may take in another order
                assert np.allclose(many[i, j], one, rtol=1e-13, atol=1e-15)
    assert sum(part.shape[-1] for part in cell.split(x).values()) == cell.state_size


@pytest.mark.parametrize("row", STEPS, ids=[f"{place} {row['file']}" for place, row in enumerate(STEPS)])
def test_one_step_is_that_of_the_framework(row):
    """The truth is in single precision or less; `nonlinearity` is asked for where the file does not say it."""
    weights = lm.load_cell(FRAMEWORKS / row["file"], **row["options"])
    state = np.concatenate([row["h0"], row["c0"] or []])
    right = np.concatenate([row["h1"], row["c1"] or []])
    names = [None] if weights.nonlinearity else ["tanh", "relu"]
    found = [weights.cell(nonlinearity=name).step(state, row["x"]) for name in names]
    assert any(np.allclose(one, right, rtol=0, atol=3e-5 * max(1, np.abs(right).max())) for one in found)


ANALYTIC = {
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softplus": lambda z: np.log1p(np.exp(z)) if z.real < 20 else z + np.log1p(np.exp(-z)),
    "linear": lambda z: z,
}


@pytest.mark.parametrize("name", ANALYTIC)
def test_slopes_keep_their_digits_where_the_function_is_flat(name):
    one = NONLINEARITIES[name]
    for u in (-30.0, -2.0, 0.5, 2.0):
        # a step along the imaginary axis has no cancellation: its error is the square of the step
        true = ANALYTIC[name](u + 1e-30j).imag / 1e-30
        assert float(one.slope(np.array(u), one.function(np.array(u)))) == pytest.approx(true, rel=1e-14)


def test_the_logistic_function_has_a_value_everywhere():
    assert np.array_equal(logistic(np.array([-1000.0, 0.0, 1000.0])), [0, 0.5, 1])
    assert float(logistic(np.array(-700.0))) == pytest.approx(np.exp(-700.0), rel=1e-14)


def own(function):
    """A step by a function of a user's own."""
    return lm.RNNCell(np.eye(2), np.ones((2, 1)), nonlinearity=(function, np.cos)).step([0.0, 0.0], [0.0])


BAD = [
    (lambda: lm.RNNCell(np.ones((2, 3)), np.ones((2, 1))), "weight_hh has shape (2, 3)"),
    (lambda: lm.RNNCell(np.eye(2), np.ones((3, 1))), "weight_ih has shape (3, 1)"),
    (lambda: lm.RNNCell(np.eye(2), np.ones((2, 1)), [1.0]), "bias has shape (1,)"),
    (lambda: lm.RNNCell([[np.nan]], [[1.0]]), "weight_hh is nan at (0, 0)"),
    (lambda: lm.RNNCell([["a"]], [[1.0]]), "real numbers"),
    (lambda: lm.RNNCell([[1.0]], [[1.0]], nonlinearity="thanh"), "did you mean 'tanh'"),
    (lambda: lm.RNNCell([[1.0]], [[1.0]], leak=1.5), "leak is 1.5"),
    (lambda: lm.RNNCell([[1.0]], [[1.0]], form="rates"), "form is 'rates'"),
    (lambda: lm.GRUCell(np.ones((4, 2)), np.ones((4, 1)), reset="after"), "(3 N, N)"),
    (lambda: lm.GRUCell(np.ones((3, 1)), np.ones((3, 1)), reset="never"), "reset is 'never'"),
    (lambda: lm.LSTMCell(np.ones((4, 2)), np.ones((4, 1))), "(4 N, N)"),
    (lambda: lm.StackedCell([]), "at least one"),
    (lambda: lm.StackedCell([CELLS["tanh"], CELLS["tanh"]]), "layers[1] takes 3 inputs"),
    (lambda: lm.CustomCell(3, None, 1, 1), "step is 3"),
    (lambda: lm.CustomCell(lambda x, s: x[:1], lambda x, s: 0, 2, 1).step([1, 2], [1]), "shape (1,)"),
    (lambda: lm.CustomCell(lambda x, s: 1 / 0, lambda x, s: 0, 1, 1).step([1], [1]), "step raises"),
    (lambda: lm.CustomCell(lambda x, s: x, lambda x, s: 0, 1, 1).jacobian([1], [1]), "pair"),
    (lambda: CELLS["tanh"].step(np.ones(N + 1), np.ones(M)), "state has shape (5,)"),
    (lambda: CELLS["tanh"].step(np.ones(N), np.ones(M + 1)), "inputs has shape (4,)"),
    (lambda: CELLS["tanh"].step([np.inf, 0, 0, 0], np.ones(M)), "state is inf at (0,)"),
    (lambda: CELLS["tanh"].step([[0] * N, [0]], np.ones(M)), "state is no array of numbers"),
    (lambda: CELLS["tanh"].step(np.ones((2, N)), np.ones((3, M))), "leading axes (2,) and the inputs (3,)"),
    (lambda: lm.RNNCell([[1, 2], [3]], np.ones((2, 1))), "weight_hh is no array of numbers"),
    (lambda: lm.StackedCell(CELLS["tanh"]), "it must be a list of cells"),
    (lambda: own(lambda u: 1 / 0), "raises an error (division by zero)"),
    (lambda: own(lambda u: u[:1]), "returned shape (1,) of an array of shape (2,)"),
]


@pytest.mark.parametrize(("make", "words"), BAD, ids=range(len(BAD)))
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(lm.ArgumentError) as caught:
        make()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_file_does_not_say_is_asked_for(tmp_path):
    np.savez(tmp_path / "a.npz", weight_hh_l0=np.eye(2), weight_ih_l0=np.ones((2, 1)))
    weights = lm.load_cell(tmp_path / "a.npz")
    with pytest.raises(lm.ArgumentError, match=r"does not say it; pass nonlinearity=\.\.\."):
        weights.cell()
    assert np.array_equal(weights.cell(nonlinearity="relu").step([1, -1], [0]), [1, 0])
    np.savez(tmp_path / "b.npz", weight_hh_l0=np.eye(2))
    with pytest.raises(lm.InvalidNetworkError, match="no input weights"):
        lm.load_cell(tmp_path / "b.npz").cell(nonlinearity="relu")
