"""Selective cells: the recurrences of Mamba and of RecurrentGemma, and their derivatives.

Three routes that share no line: the libraries with autograd (`tests/files/frameworks/make_selective.py`), a step along
the imaginary axis of the equations written out here, and closed forms.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import linmem as lm

FRAMEWORKS = Path(__file__).parents[1] / "files" / "frameworks"
STORED = json.loads((FRAMEWORKS / "selective.json").read_text())
GATES = {"recurrent_gate_weight", "input_gate_weight", "recurrent_gate_bias", "input_gate_bias"}


def mamba(stored):
    """The cell of a file: dt_proj after the first rows of x_proj, b from those that follow."""
    rank = np.shape(stored["dt_proj.weight"])[1]
    A = -np.exp(stored["A_log"])
    of_dt, of_b = np.split(np.array(stored["x_proj.weight"]), [rank, rank + A.shape[1]])[:2]
    return lm.SelectiveSSM(A, stored["dt_proj.weight"] @ of_dt, of_b, bias_dt=stored["dt_proj.bias"])


def recurrent_gemma(stored, block_axes="input, output"):
    gates = {name: stored[name] for name in GATES}
    return lm.RGLRUCell(stored["recurrent_param"], **gates, block_axes=block_axes)


def stored_path(name):
    """The cell, its trajectory in the library, and how many of the inputs came before that."""
    stored = STORED[name]
    inputs = np.array(stored["inputs"])
    if name == "mamba":
        return lm.trajectory(mamba(stored), inputs), 0
    cell = recurrent_gemma(stored)
    return lm.trajectory(cell, inputs[1:], cell.first_state(inputs[0])), 1


@pytest.mark.parametrize("name", ["mamba", "recurrent_gemma"])
def test_states_are_those_of_the_library(name):
    path, _ = stored_path(name)
    # the same sums in double precision, in another order
    assert np.allclose(path.states[-1], STORED[name]["state"], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", ["mamba", "recurrent_gemma"])
def test_derivatives_along_a_path_are_those_of_autograd(name):
    path, before = stored_path(name)
    right = np.array(STORED[name]["derivatives"])[:, before:]
    a, B = path.cell.diagonal_jacobian(path.states[:-1], path.inputs)
    ahead = np.ones(path.cell.state_size)
    for t in reversed(range(path.steps)):
        assert np.allclose(ahead[:, None] * B[t], right[:, t], rtol=1e-12, atol=1e-13 * np.abs(right).max())
        ahead = ahead * a[t]


def test_which_axis_of_a_block_is_the_input_is_said():
    stored = STORED["recurrent_gemma"]
    inputs = np.array(stored["inputs"])
    turned = {name: np.swapaxes(stored[name], 1, 2) for name in GATES if name.endswith("weight")}
    cell = recurrent_gemma(stored | turned, "output, input")
    assert np.array_equal(lm.trajectory(cell, inputs).states, lm.trajectory(recurrent_gemma(stored), inputs).states)
    wrong = lm.trajectory(recurrent_gemma(stored, "output, input"), inputs).states
    assert not np.allclose(wrong, lm.trajectory(cell, inputs).states, rtol=1e-2)
    with pytest.raises(lm.ArgumentError, match="block_axes is None"):
        recurrent_gemma(stored, None)


def test_blocks_are_a_matrix_with_zeros():
    stored = STORED["recurrent_gemma"]
    width = np.shape(stored["input_gate_weight"])[1]
    matrices = {}
    for name in ("recurrent_gate_weight", "input_gate_weight"):
        matrices[name] = np.zeros((2 * width, 2 * width))
        for head, block in enumerate(stored[name]):
            place = slice(head * width, (head + 1) * width)
            matrices[name][place, place] = np.transpose(block)
    biases = {name: np.ravel(stored[name]) for name in GATES if name.endswith("bias")}
    full = lm.RGLRUCell(stored["recurrent_param"], **matrices, **biases)
    x, s = np.random.default_rng(0).normal(size=(2, 7, 2 * width))
    blocks = recurrent_gemma(stored)
    for one, other in zip(blocks.diagonal_jacobian(x, s), full.diagonal_jacobian(x, s), strict=True):
        assert np.allclose(one, other, rtol=1e-13, atol=1e-15)


# --- a step along the imaginary axis: no digits cancel, and the error is the square of the step, 1e-60 ---

RNG = np.random.default_rng(1)
D, n, M = 3, 2, 4
ARRAYS = {
    "A": -np.exp(RNG.normal(size=(D, n))),
    "weight_dt": RNG.normal(size=(D, M)),
    "weight_b": RNG.normal(size=(n, M)),
    "bias_dt": RNG.normal(size=D),
    "bias_b": RNG.normal(size=n),
    "weight_x": RNG.normal(size=(D, M)),
    "bias_x": RNG.normal(size=D),
}
UNIT = {
    "recurrent_param": RNG.normal(size=D),
    "recurrent_gate_weight": RNG.normal(size=(D, D)),
    "input_gate_weight": RNG.normal(size=(D, D)),
    "recurrent_gate_bias": RNG.normal(size=D),
    "input_gate_bias": RNG.normal(size=D),
}


def selective_step(h, s):
    dt = np.log1p(np.exp(ARRAYS["weight_dt"] @ s + ARRAYS["bias_dt"]))
    b = ARRAYS["weight_b"] @ s + ARRAYS["bias_b"]
    x = ARRAYS["weight_x"] @ s + ARRAYS["bias_x"]
    return (np.exp(dt[:, None] * ARRAYS["A"]) * h.reshape(D, n) + (dt * x)[:, None] * b).ravel()


def rg_lru_step(h, s):
    r, i = (
        1 / (1 + np.exp(-UNIT[f"{gate}_gate_weight"] @ s - UNIT[f"{gate}_gate_bias"]))
        for gate in ("recurrent", "input")
    )
    a = np.exp(-8 * np.log1p(np.exp(UNIT["recurrent_param"])) * r)
    return a * h + np.sqrt(1 - a**2) * i * s


CELLS = {
    "SelectiveSSM": (lm.SelectiveSSM(**ARRAYS), selective_step),
    "RGLRUCell": (lm.RGLRUCell(**UNIT), rg_lru_step),
}


@pytest.mark.parametrize("name", CELLS)
def test_derivatives_are_those_along_the_imaginary_axis(name):
    cell, step = CELLS[name]
    h, s = RNG.normal(size=cell.state_size), RNG.normal(size=cell.n_inputs)
    assert np.allclose(cell.step(h, s), step(h, s), rtol=1e-13)
    a, B = cell.diagonal_jacobian(h, s)
    for found, moved in zip(a, np.eye(len(h)), strict=True):
        right = step(h + 1e-30j * moved, s).imag / 1e-30
        assert np.allclose(found * moved, right, rtol=1e-13)
    right = np.stack([step(h, s + 1e-30j * moved).imag / 1e-30 for moved in np.eye(len(s))], axis=1)
    # 1 - a^2 of `step` loses the digits that its logarithm keeps
    assert np.allclose(B, right, rtol=1e-12, atol=1e-13 * np.abs(right).max())


@pytest.mark.parametrize("name", CELLS)
def test_directions_are_combinations_of_the_inputs(name):
    cell, _ = CELLS[name]
    h, s, X = RNG.normal(size=(5, cell.state_size)), RNG.normal(size=cell.n_inputs), RNG.normal(size=(cell.n_inputs, 2))
    a, B = cell.jacobian(h, s)
    along_a, along_B = cell.diagonal_jacobian(h, s, X)
    assert np.array_equal(a, along_a[..., None] * np.eye(cell.state_size))
    assert along_B.shape == (5, cell.state_size, 2)
    assert np.allclose(along_B, B @ X, rtol=1e-13, atol=1e-14 * np.abs(B).max())


def test_the_input_gates_what_is_stored():
    """B of a held step alone, dt b x, says that an input of 0 moves nothing; it moves dt, and with it the state."""
    cell = lm.SelectiveSSM([[-2.0]], [[1.0]], [[1.0]])
    h, dt = 3.0, np.log(2.0)
    _, B = cell.diagonal_jacobian([h], [0.0])
    assert B[0, 0] == pytest.approx(-2.0 * np.exp(-2.0 * dt) * h / 2, rel=1e-15)


def test_a_unit_that_forgets_nothing_keeps_its_digits():
    """With r = e^-50, 1 - a^2 is 16 softplus(L) r to 1e-20, and rounds to 0 by subtraction."""
    cell = lm.RGLRUCell([0.5], [[0.0]], [[0.0]], recurrent_gate_bias=[-50.0])
    kept = np.sqrt(16 * np.log1p(np.exp(0.5)) * np.exp(-50.0))
    assert cell.step([0.0], [2.0])[0] == pytest.approx(kept, rel=1e-14)
    far = lm.RGLRUCell([0.5], [[1.0]], [[1.0]], recurrent_gate_bias=[-1e4])
    _, B = far.diagonal_jacobian([1.0], [0.0])
    assert np.array_equal(B, [[0.0]])


BAD = [
    (lambda: lm.SelectiveSSM(-ARRAYS["A"], ARRAYS["weight_dt"], ARRAYS["weight_b"]), "pass -exp(A_log)"),
    (lambda: lm.SelectiveSSM(ARRAYS["A"], np.ones((2, M)), ARRAYS["weight_b"]), "weight_dt has shape (2, 4)"),
    (lambda: lm.SelectiveSSM(ARRAYS["A"], ARRAYS["weight_dt"], np.ones((n, 3))), "weight_b has shape (2, 3)"),
    (lambda: lm.SelectiveSSM(ARRAYS["A"], ARRAYS["weight_dt"], ARRAYS["weight_b"]), "weight_x is None"),
    (lambda: lm.RGLRUCell([0.0], [[[1.0]]], [[0.0]], block_axes="out"), "block_axes is 'out'"),
    (
        lambda: lm.RGLRUCell([0.0, 1.0], np.ones((3, 1, 1)), np.eye(2), block_axes="input, output"),
        "3 blocks of 1 units",
    ),
    (lambda: lm.RGLRUCell([0.0, 1.0], [[1.0], [1.0, 2.0]], np.eye(2)), "recurrent_gate_weight is no array of numbers"),
    (
        lambda: lm.RGLRUCell([0.0, 1.0], np.eye(2), np.eye(2), input_gate_bias=np.eye(3)),
        "input_gate_bias has shape (3, 3)",
    ),
    (lambda: CELLS["RGLRUCell"][0].jacobian(np.zeros((2**24, 3)), np.zeros(3)), "hold more than 1.3e+08 numbers"),
    (lambda: CELLS["RGLRUCell"][0].diagonal_jacobian(np.zeros(3), np.zeros(3), np.ones((2, 1))), "columns has shape"),
]


@pytest.mark.parametrize(("make", "words"), BAD, ids=range(len(BAD)))
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(lm.ArgumentError) as caught:
        make()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
