"""Loss and gradient of unrolled cells, against sums written out step by step and against differences."""

import numpy as np
import pytest
from numba.core.errors import TypingError

import linmem as lm
from linmem.cells.nonlinearities import NONLINEARITIES
from linmem.errors import ArgumentError
from linmem.kernels import backpropagation as kernels
from linmem.kernels.tiles import LANES, ROWS, SIDE, add_outer, aligned, product
from linmem.learning.parameters import CELLS, PLAIN, ParameterLayout
from linmem.learning.tasks import Sequences
from linmem.learning.unrolled import Unrolled

STEPS = 7


def batch_of(rng, cell, *, symbols, labels, scored, lanes=3, steps=STEPS):
    if symbols:
        inputs = rng.integers(0, cell.n_inputs, (lanes, steps)).astype(np.uint8)
    else:
        inputs = rng.standard_normal((lanes, steps, cell.n_inputs))
    if labels:
        return Sequences(inputs, rng.integers(0, cell.n_outputs, (lanes, scored)).astype(np.uint8))
    return Sequences(inputs, rng.standard_normal((lanes, scored, cell.n_outputs)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


FUNCTIONS = {
    "tanh": np.tanh,
    "relu": lambda u: np.where(u > 0, u, 0),
    "elu": lambda u: np.where(u > 0, u, np.expm1(u)),
}


def loss_by_hand(cell, part, batch, weight, states=None):
    """Every sequence alone, every step a product, from the equations."""
    loss, n = 0.0, cell.units
    for lane in range(len(batch)):
        x = batch.inputs[lane]
        x = np.eye(cell.n_inputs)[x] if x.ndim == 1 else x
        h, c = (np.zeros(n), np.zeros(n)) if states is None else (states[0][:, lane], states[-1][:, lane])
        outputs = []
        for shown in x:
            u = part["recurrent"] @ h + part["feedforward"] @ shown + part["bias"]
            if cell.gated:
                i, f, g, o = u.reshape(4, n)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(c)
            else:
                h = FUNCTIONS[cell.kind](u)
            outputs.append(part["readout"] @ h + part["readout_bias"])
        targets = batch.targets[lane]
        for y, target in zip(outputs[-len(targets) :], targets, strict=True):
            if targets.ndim == 1:
                loss += weight * (np.log(np.exp(y - y.max()).sum()) + y.max() - y[target])
            else:
                loss += weight * ((y - target) ** 2).sum()
    return loss


def example(kind, *, symbols=True, labels=True, scored=4, lanes=3, dtype=np.float64, seed=0, units=5):
    rng = np.random.default_rng(seed)
    cell = ParameterLayout(kind, units, 3, 4)
    flat = 0.5 * rng.standard_normal(cell.size)
    batch = batch_of(rng, cell, symbols=symbols, labels=labels, scored=scored, lanes=lanes)
    unrolled = Unrolled(cell, STEPS, scored, dtype=dtype)
    unrolled.load(flat)
    unrolled.start()
    return cell, flat, batch, unrolled


def loss_and_gradient(unrolled, batch, weight=0.1):
    unrolled.clear()
    loss, _ = unrolled.run(batch, weight, learn=True)
    return loss, unrolled.gradient()


@pytest.mark.parametrize("symbols", [True, False])
@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("kind", CELLS)
def test_the_loss_is_that_of_the_equations(kind, labels, symbols):
    cell, flat, batch, unrolled = example(kind, symbols=symbols, labels=labels)
    loss, _ = unrolled.run(batch, 0.1, learn=False)
    assert loss == pytest.approx(loss_by_hand(cell, cell.views(flat), batch, 0.1), rel=1e-13)


@pytest.mark.parametrize("scored", [1, 4, STEPS])
@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("kind", CELLS)
def test_the_gradient_is_that_of_central_differences(kind, labels, scored):
    """Fourth order with steps of 1e-3: truncation 1e-12, rounding 1e-13 of the loss over the step."""
    cell, flat, batch, unrolled = example(kind, labels=labels, symbols=labels, scored=scored)
    _, gradient = loss_and_gradient(unrolled, batch)
    shift = 1e-3

    def loss(parameters):
        return loss_by_hand(cell, cell.views(parameters), batch, 0.1)

    for index in range(cell.size):
        e = np.zeros(cell.size)
        e[index] = shift
        near, far = loss(flat + e) - loss(flat - e), loss(flat + 2 * e) - loss(flat - 2 * e)
        expected = (8 * near - far) / (12 * shift)
        assert gradient[index] == pytest.approx(expected, rel=1e-6, abs=1e-9), index


@pytest.mark.parametrize("kind", CELLS)
def test_a_step_of_training_is_that_of_the_cell(kind):
    """Seven steps of one path by the kernels and by `linmem.cells`: sums of six numbers in another order."""
    cell, flat, batch, unrolled = example(kind, symbols=False)
    unrolled.run(batch, 0.1, learn=False)
    path = lm.trajectory(cell.cell(cell.views(flat)), batch.inputs)
    assert path.hidden_states.shape == (3, STEPS, 5)
    np.testing.assert_allclose(np.moveaxis(unrolled.states, 2, 0)[:3], path.hidden_states, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("kind", CELLS)
def test_the_gradient_of_training_is_the_adjoint_of_the_jacobians_of_the_cell(kind):
    """The gradient by the bias, from the A_t of the cell: b enters as an input does whose weights are 1."""
    layout, flat, batch, unrolled = example(kind, symbols=False, labels=False, scored=1, lanes=1)
    _, gradient = loss_and_gradient(unrolled, batch)
    parts = layout.views(flat)
    path = lm.trajectory(layout.cell(parts), batch.inputs[0])
    rows = len(parts["bias"])
    with_bias_as_input = layout.cell(parts | {"feedforward": np.eye(rows), "bias": np.zeros(rows)})
    y = parts["readout"] @ path.hidden_states[-1] + parts["readout_bias"]
    adjoint = np.zeros(path.cell.state_size)
    adjoint[: layout.units] = 0.1 * 2 * (y - batch.targets[0, 0]) @ parts["readout"]
    expected = np.zeros(rows)
    for t in reversed(range(STEPS)):
        given = parts["feedforward"] @ path.inputs[t] + parts["bias"]
        A, B = with_bias_as_input.jacobian(path.states[t], given)
        expected += adjoint @ B
        adjoint = adjoint @ A
    np.testing.assert_allclose(layout.views(gradient)["bias"], expected, rtol=1e-11, atol=1e-14)


def test_nonlinearities_of_training_are_those_of_the_cells():
    """One table: the names with a code, in kernels that have no others."""
    assert {kind: NONLINEARITIES[kind].code for kind in PLAIN} == PLAIN == {"tanh": 0, "relu": 1, "elu": 2}


def test_relu_and_elu_were_checked_on_both_sides_of_zero():
    for kind in ("elu", "relu"):
        _, _, batch, unrolled = example(kind)
        unrolled.run(batch, 1.0, learn=False)
        states = unrolled.states[:, :, : len(batch)]
        assert (states > 0).mean() > 0.2 and (states <= 0).mean() > 0.2


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_are_accurate_to_a_few_roundings(kind, dtype):
    """Everywhere: from the smallest numbers to those whose exponential is 0, and beyond."""
    sizes = np.concatenate([np.geomspace(1e-30, 1, 2000), np.linspace(0, 120, 20_001)])
    u = np.concatenate([sizes, -sizes, [np.inf, -np.inf]]).astype(dtype)
    h = np.empty_like(u)
    kernels._activate(PLAIN[kind], u, h)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(h, FUNCTIONS[kind](u.astype(float)), rtol=3 * np.finfo(dtype).eps, atol=1e-37)
    kernels._activate(PLAIN[kind], np.full(20, np.nan, dtype), h[:20])
    assert np.isnan(h[:20]).all()


@pytest.mark.parametrize("kind", CELLS)
def test_single_precision_agrees_with_double(kind):
    """600 roundings of 6e-8 in each sum at most."""
    *_, batch, double = example(kind, units=50)
    *_, single = example(kind, units=50, dtype=np.float32)
    (loss, gradient), (loss32, gradient32) = loss_and_gradient(double, batch), loss_and_gradient(single, batch)
    assert loss32 == pytest.approx(loss, rel=1e-5)
    assert np.linalg.norm(gradient32 - gradient) < 2e-5 * np.linalg.norm(gradient)


@pytest.mark.parametrize("kind", CELLS)
def test_gradients_of_runs_add_up(kind):
    _, _, batch, unrolled = example(kind, lanes=LANES)
    loss, gradient = loss_and_gradient(unrolled, batch)
    halves = [Sequences(batch.inputs[part], batch.targets[part]) for part in (slice(0, 5), slice(5, LANES))]
    unrolled.clear()
    total = sum(unrolled.run(half, 0.1, learn=True)[0] for half in halves)
    assert total == pytest.approx(loss, rel=1e-13)
    np.testing.assert_allclose(unrolled.gradient(), gradient, atol=1e-13)


@pytest.mark.parametrize("kind", CELLS)
def test_truncation_is_the_sum_of_pieces_that_hand_over_their_state(kind):
    cell, flat, batch, _ = example(kind, scored=STEPS)
    cut = 3
    whole = Unrolled(cell, STEPS, STEPS, truncation=cut, dtype=np.float64)
    whole.load(flat)
    whole.start()
    loss, gradient = loss_and_gradient(whole, batch)
    state, total, expected = None, 0.0, np.zeros(cell.size)
    for begin in range(0, STEPS, cut):
        end = min(STEPS, begin + cut)
        piece = Unrolled(cell, end - begin, end - begin, dtype=np.float64)
        piece.load(flat)
        piece.start(state)
        more, by = loss_and_gradient(piece, Sequences(batch.inputs[:, begin:end], batch.targets[:, begin:end]))
        state, total, expected = piece.state, total + more, expected + by
    assert loss == pytest.approx(total, rel=1e-13)
    np.testing.assert_allclose(gradient, expected, atol=1e-13)
    full = Unrolled(cell, STEPS, STEPS, dtype=np.float64)
    full.load(flat)
    full.start()
    assert np.abs(loss_and_gradient(full, batch)[1] - gradient).max() > 1e-3  # negative control


def test_labels_that_are_the_likeliest_are_counted():
    cell, flat, batch, unrolled = example("elu", scored=STEPS, lanes=LANES)
    _, hits = unrolled.run(batch, 1.0, learn=False)
    part, states = cell.views(flat), unrolled.states
    outputs = np.einsum("on,tnb->tob", part["readout"], states) + part["readout_bias"][:, None]
    assert hits == (outputs.argmax(1) == batch.targets.T).sum()


def test_improbable_labels_have_a_finite_loss():
    """exp(-1000) is 0: the loss is not -log of it."""
    cell, flat, batch, _ = example("elu")
    single = Unrolled(cell, STEPS, 4)
    cell.views(flat)["readout_bias"][:] = [1000, 0, 0, 0]
    single.load(flat)
    single.start()
    loss, _ = single.run(Sequences(batch.inputs, np.ones((3, 4), np.uint8)), 1.0, learn=True)
    assert loss == pytest.approx(12 * 1000, rel=0.02)
    assert np.isfinite(single.gradient()).all()


def test_empty_lanes_do_not_count():
    """A batch of one is the first of a batch whose others have weight zero."""
    _, _, batch, unrolled = example("lstm")
    one = Sequences(batch.inputs[:1], batch.targets[:1])
    loss, gradient = loss_and_gradient(unrolled, one)
    unrolled.run(batch, 1.0, learn=False)  # leaves other states and errors behind
    again, same = loss_and_gradient(unrolled, one)
    assert loss == again and (gradient == same).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("depth", [1, 7, 40])
def test_tiles_are_matrix_products(dtype, depth):
    rng = np.random.default_rng(1)
    M = rng.standard_normal((3 * ROWS, 40)).astype(dtype)
    z = rng.standard_normal((5, 40, LANES)).astype(dtype)
    u = rng.standard_normal((3 * ROWS, LANES)).astype(dtype)
    before, rtol = u.astype(float), 100 * np.finfo(dtype).eps
    product(M, z[0], depth, True, u)
    exact = M[:, :depth].astype(float) @ z[0, :depth]
    np.testing.assert_allclose(u, before + exact, rtol=rtol, atol=rtol * 40)
    product(M, z[0], depth, False, u)
    np.testing.assert_allclose(u, exact, rtol=rtol, atol=rtol * 40)


@pytest.mark.parametrize("steps", [1, 31, 32, 33, 100])
def test_tiles_sum_over_steps_and_lanes(steps):
    rng = np.random.default_rng(2)
    g, z = rng.standard_normal((steps, 3 * SIDE, LANES)), rng.standard_normal((steps, 5 * SIDE, LANES))
    total = np.ones((2 * SIDE, 4 * SIDE))
    add_outer(g, z, total)
    expected = 1 + np.einsum("tib,tjb->ij", g[:, : 2 * SIDE], z[:, : 4 * SIDE])
    np.testing.assert_allclose(total, expected, rtol=1e-12, atol=1e-11)


def test_tiles_refuse_what_they_would_misread():
    """Arrays that are not in C order, or not of one precision, do not compile."""
    M, z, u = np.zeros((ROWS, 4)), np.zeros((4, LANES)), np.zeros((ROWS, LANES))
    for arguments in ((np.asfortranarray(M), z, u), (M, z[:, ::2], u), (M, z.astype(np.float32), u)):
        with pytest.raises(TypingError):
            product(*arguments[:2], 4, False, arguments[2])


def test_aligned_arrays_begin_on_a_cache_line():
    for shape in ((1,), (3, 5), (7, 16)):
        array = aligned(*shape, dtype=np.float32)
        assert array.ctypes.data % 64 == 0 and array.shape == shape and not array.any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gru", 5, 1, 1), "cell is 'gru'; it must be one of 'tanh', 'relu', 'elu', 'lstm'"),
        (("elu", 0, 1, 1), "units is 0; it must be a whole number >= 1"),
        (("elu", 2, 1.5, 1), "n_inputs is 1.5; it must be a whole number >= 1"),
    ],
)
def test_impossible_cells_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        ParameterLayout(*arguments)
