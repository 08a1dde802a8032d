"""Names decide what is W and which way round it is; what no name decides is a question."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import linmem as lm
from linmem import cli

W = np.array([[0.5, 0.25, 0.125], [0, -0.5, 1], [0.75, 0, 0]])
V = np.array([[1.0, 2], [2, 3], [3, 5]])


@pytest.fixture
def saved(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "net.npz", **arrays)
        return tmp_path / "net.npz"

    return save


# --- which array ---


def test_one_matrix_beside_vectors_is_taken_and_two_are_a_question(saved):
    assert np.array_equal(lm.load_network(saved(A=W, b=V[:, 0], step=3)).dense(), W)
    with pytest.raises(lm.FileError, match=r"2 arrays, none with a name of W; choose one by name, recurrent=\.\.\."):
        lm.load_network(saved(A=W, readout=V.T))  # no shape decides: the readout is not square


def test_a_name_of_a_framework_stands_before_a_name_that_anyone_gives(saved):
    net = lm.load_network(saved(W=2 * W, weight_hh_l0=W))
    assert np.array_equal(net.dense(), W)
    with pytest.raises(lm.FileError, match="2 arrays with a name of W"):
        lm.load_network(saved(W=W, W_rec=W))


def test_a_state_space_layer_has_no_matrix(saved):
    with pytest.raises(
        lm.FileError, match="a state-space layer, whose recurrence is a diagonal and no matrix W: Lambda is"
    ):
        lm.load_network(saved(Lambda=V[:, 0], C=W))
    assert np.array_equal(lm.load_network(saved(Lambda=V[:, 0], C=W), recurrent="C").dense(), W)


def test_moments_of_an_optimiser_are_not_weights(saved):
    net = lm.load_network(saved(**{"params.weight_hh": W, "opt_state.0.mu.params.weight_hh": 3 * W}))
    assert np.array_equal(net.dense(), W)


# --- which way round ---


@pytest.mark.parametrize(
    ("arrays", "options", "words"),
    [
        ({"weight_hh_l0": W}, {}, "columns, PyTorch"),
        ({"weight_hh_l0": W}, {"convention": "row"}, "rows, transposed"),
        ({"recurrent_kernel": W}, {}, "rows, Keras, transposed"),
        ({"recurrent_kernel": W}, {"convention": "column"}, "columns"),
        ({"kernel": W}, {"recurrent": "kernel"}, "rows, as kernels of Keras and Flax, transposed"),
        ({"W": W}, {}, "columns assumed: pass convention=..."),
        ({"A": W + W.T}, {}, "symmetric"),
        ({"A": W}, {"convention": "column"}, "columns"),
    ],
)  # fmt: skip
def test_the_name_says_by_whose_word_the_orientation_is_known(arrays, options, words, saved):
    net = lm.load_network(saved(**arrays), **options)
    assert f"({words})" in net.name
    stored = next(iter(arrays.values()))
    assert np.array_equal(net.dense(), stored.T if words.startswith("rows") else stored)


# --- gates ---


def test_gates_of_an_unknown_order_are_a_question_with_a_way_out(saved):
    blocks = [W, 2 * W, 3 * W]
    path = saved(**{"rnn.h2h.weight": np.vstack(blocks)})
    with pytest.raises(lm.ArgumentError, match=r'pass it, as gates=\("reset", "update", "new"\)'):
        lm.load_network(path, gate="update")
    order = ("update", "new", "reset")
    for gate, block in zip(order, blocks, strict=True):
        assert np.array_equal(lm.load_network(path, gates=order, gate=gate).dense(), block)
    with pytest.raises(lm.FileError, match="choose one: gate='update', 'new', 'reset'"):
        lm.load_network(path, gates=order)
    for bad in [("reset",), ("a", "a", "b"), "reset", (1, 2, 3)]:
        with pytest.raises(lm.ArgumentError, match="gates "):
            lm.load_network(path, gates=bad, gate="reset")


# --- the matrix in use ---


def test_weight_norm_is_computed_row_by_row_whatever_the_size_of_its_numbers(saved):
    g = np.array([[2.0], [3.0], [0.5]])
    v = W * np.array([[1e-170], [1.0], [1e170]])
    right = g * W / np.linalg.norm(W, axis=1, keepdims=True)
    for names in (
        ("parametrizations.weight_hh_l0.original0", "parametrizations.weight_hh_l0.original1"),
        ("weight_hh_l0_g", "weight_hh_l0_v"),
    ):
        net = lm.load_network(saved(**dict(zip(names, (g, v), strict=True))))
        assert np.allclose(net.dense(), right, rtol=1e-14)
        assert "weight_norm computed" in net.name


def test_pruned_weights_are_zero_and_other_parametrisations_are_refused(saved):
    mask = np.array([[1, 0, 1], [1, 1, 1], [0, 1, 1]])
    net = lm.load_network(saved(rnn_weight_hh_l0=W, **{"rnn.weight_hh_l0_orig": W, "rnn.weight_hh_l0_mask": mask}))
    assert np.array_equal(net.dense(), W * mask)
    for names in (["parametrizations.weight_hh_l0.original"], ["weight_hh_l0_orig", "weight_hh_l0_u"]):
        with pytest.raises(lm.FileError, match=r"computed by the code of the model.*model\.weight_hh_l0\.detach\(\)"):
            lm.load_network(saved(**dict.fromkeys(names, W)))
    # what is called W_orig by someone is a matrix like any other
    assert np.array_equal(lm.load_network(saved(W_orig=W)).dense(), W)


def test_a_projection_is_multiplied_in(saved):
    rng = np.random.default_rng(0)
    hh, hr = rng.normal(size=(20, 3)), rng.normal(size=(3, 5))
    path = saved(weight_hh_l0=hh, weight_hr_l0=hr, weight_ih_l0=np.ones((20, 2)))
    for block, gate in enumerate(["input", "forget", "cell", "output"]):
        net = lm.load_network(path, gate=gate)
        assert np.allclose(net.dense(), hh[5 * block : 5 * block + 5] @ hr, rtol=1e-14)
    cell = lm.load_cell(path)
    assert (cell.n, cell.weight_hr.shape, cell.weight_hh.shape) == (5, (3, 5), (20, 3))


# --- several subjects, other types ---


@pytest.mark.parametrize("last", [True, False])
def test_a_subject_of_several_is_a_question(last, saved):
    matrices = [W, 2 * W, 3 * W, 4 * W]
    path = saved(sc=np.stack(matrices, axis=-1 if last else 0))
    for subject, matrix in enumerate(matrices):
        assert np.array_equal(lm.load_network(path, subject=subject).dense(), matrix)
    if last:
        with pytest.raises(lm.FileError, match="4 matrices of 3 units; choose one: subject=0 to 3"):
            lm.load_network(path)
    for bad in (4, -1, 1.5):
        with pytest.raises(lm.ArgumentError, match="subject is"):
            lm.load_network(path, subject=bad)
    with pytest.raises(lm.ArgumentError, match=r"neither \(N, N, S\) nor"):
        lm.load_network(saved(sc=W), subject=0)


def test_records_without_a_name_are_numbers_of_the_type_that_is_said(tmp_path):
    halves = (np.float32([[1.5, -2], [0.25, 0]]).view("<u4") >> 16).astype("<u2").view("V2")
    np.save(tmp_path / "w.npy", halves)
    with pytest.raises(lm.FileError, match='pass dtype="bfloat16"'):
        lm.load_network(tmp_path / "w.npy")
    assert np.array_equal(lm.load_network(tmp_path / "w.npy", dtype="bfloat16").dense(), [[1.5, -2], [0.25, 0]])
    with pytest.raises(lm.ArgumentError, match="no records"):
        lm.load_network(tmp_path / "w.npy", dtype="float8_e5m2")


# --- whole cells ---


def test_a_cell_of_unknown_orientation_is_a_question(saved):
    path = saved(W_rec=W, W_in=V.T, b=V[:, 0])  # as a network stores it whose arrays multiply rows
    with pytest.raises(lm.FileError, match='convention="column" or convention="row"'):
        lm.load_cell(path)
    cell = lm.load_cell(path, convention="row")
    assert np.array_equal(cell.weight_hh, W.T)
    assert cell.kind == "rnn"
    assert np.array_equal(cell.bias_ih, V[:, 0])


@pytest.mark.parametrize("names", [("b", "b_rec"), ("bias", "b_hh"), ("b_ih", "b_hh"), ("bias_ih", "bias_hh")])
def test_biases_of_names_that_no_framework_gives_are_not_left_out(names, saved):
    """A cell without them would be another cell, and nothing would say so."""
    biases = V[:, 0], 2 * V[:, 0] + 1
    cell = lm.load_cell(saved(W=W, Win=V, **dict(zip(names, biases, strict=True))), convention="column")
    assert np.array_equal(cell.bias_ih + cell.bias_hh, sum(biases))


def test_layers_and_directions_are_counted_in_the_order_of_the_file(saved):
    names = ["weight_hh_l0", "weight_hh_l0_reverse", "weight_hh_l1", "weight_hh_l1_reverse"]
    path = saved(**{name: (place + 1) * W for place, name in enumerate(names)})
    found = [
        [lm.load_cell(path, layer=k, direction=d).weight_hh[0, 0] for d in ("forward", "backward")] for k in (0, 1)
    ]
    assert np.array_equal(found, 0.5 * np.array([[1, 2], [3, 4]]))
    assert lm.load_cell(path, recurrent="weight_hh_l1").weight_hh[0, 0] == 1.5
    with pytest.raises(lm.ArgumentError, match="holds 2 forward layers"):
        lm.load_cell(path, layer=2)
    with pytest.raises(lm.ArgumentError, match="direction is 'up'"):
        lm.load_cell(path, direction="up")
    shown = str(lm.describe_file(path))
    assert "PyTorch plain cell, layer 1 backward, columns" in shown


def test_cells_of_several_modules_are_a_question(saved):
    path = saved(**{"encoder.weight_hh_l0": W, "decoder.weight_hh_l0": 2 * W})
    with pytest.raises(lm.FileError, match="cells of 2 modules; choose one by name"):
        lm.load_cell(path)
    assert lm.load_cell(path, recurrent="decoder.weight_hh_l0").weight_hh[0, 0] == 1


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"weight_hh_l0": np.ones((4, 3))}, r"weight_hh has shape \(4, 3\), which is not that of a cell of 4 units"),
        ({"weight_hh_l0": np.array([[1.0, np.nan], [0, 1]])}, r"weight_hh holds 1 values .* nan at \(0, 1\)"),
        ({"weight_hh_l0": W, "weight_ih_l0": np.ones((2, 2))}, r"weight_ih has shape \(2, 2\)"),
        ({"weight_hh_l0": W, "bias_ih_l0": np.array([1.0, np.inf, 0])}, r"bias_ih holds 1 values .* inf"),
        ({"weight_hh_l0": np.ones((20, 3)), "weight_hr_l0": np.ones((3, 5, 1))}, "weight_h"),
    ],
)
def test_arrays_that_are_no_cell_are_refused(arrays, words, saved):
    with pytest.raises(lm.InvalidNetworkError, match=words):
        lm.load_cell(saved(**arrays))


# --- the command line ---


def test_the_command_line_has_the_same_options(saved):
    path = saved(sc=np.stack([W, 2 * W], axis=-1))
    run = CliRunner().invoke
    answer = run(cli.commands, ["curve", str(path), "--subject", "1", "--radius", "0.5", "--lags", "3", "--json"])
    assert json.loads(answer.output)["name"].startswith("net")
    path = saved(**{"h2h.weight": np.vstack([W, 2 * W, 3 * W])})
    arguments = ["nonnormality", str(path), "--gates", "a, b,c", "--gate", "b", "--json"]
    assert "b gate" in json.loads(run(cli.commands, arguments).output)["name"]


def test_questions_are_asked_in_the_words_of_the_command_line(saved, capsys):
    assert cli.main(["curve", str(saved(sc=np.stack([W, 2 * W], axis=-1)))]) == 2
    assert "choose one: --subject 0 to 1" in capsys.readouterr().err
