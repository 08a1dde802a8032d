"""The recurrent operators of ONNX, as the package onnx writes them; what torch exports is in tests/files/frameworks."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import linmem as lm
from linmem.errors import FileError
from linmem.files.readers.onnx_tensors import DTYPES

N, INPUTS = 3, 2
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def random(*shape, dtype="float32"):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def weights(kind, directions=1, dtype="float32"):
    g = GATES[kind]
    return {
        "W": random(directions, g * N, INPUTS, dtype=dtype),
        "R": random(directions, g * N, N, dtype=dtype),
        "B": random(directions, 2 * g * N, dtype=dtype),
    }


def graph(nodes, initialisers=(), name="graph", **others):
    stored = [one if isinstance(one, TensorProto) else numpy_helper.from_array(one[1], one[0]) for one in initialisers]
    return helper.make_graph(nodes, name, [], [], stored, **others)


def saved(path, *arguments, functions=(), **options):
    made = graph(*arguments, **options)
    path.write_bytes(helper.make_model(made, functions=functions).SerializeToString())
    return path


def entries(path):
    return {entry.name: entry for entry in lm.describe_file(path).arrays}


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_every_direction_of_an_operator_has_its_arrays(kind, direction, tmp_path):
    arrays = weights(kind, 2 if direction == "bidirectional" else 1)
    node = helper.make_node(kind, ["x", "W", "R", "B"], ["y"], "rnn", direction=direction, hidden_size=N)
    found = entries(saved(tmp_path / "a.onnx", [node], arrays.items()))
    places = {"forward": ["forward"], "reverse": ["backward"], "bidirectional": ["forward", "backward"]}[direction]
    assert list(found) == [f"rnn.{place}.{part}" for place in places for part in ("R", "W", "Wb", "Rb")]
    half = GATES[kind] * N
    for i, place in enumerate(places):
        parts = [arrays["R"][i], arrays["W"][i], arrays["B"][i][:half], arrays["B"][i][half:]]
        for part, expected in zip(("R", "W", "Wb", "Rb"), parts, strict=True):
            entry = found[f"rnn.{place}.{part}"]
            assert entry.shape == expected.shape and np.array_equal(entry.read(), expected)
            assert entry.framework == "ONNX" and entry.settings["cell"] == kind.lower()
        assert found[f"rnn.{place}.R"].orientation == "column"


def test_what_the_operator_says_about_the_cell_is_told(tmp_path):
    nodes = [
        helper.make_node("RNN", ["x", "W", "R"], ["y"], "a", activations=["Relu", "Tanh"], direction="bidirectional"),
        helper.make_node("GRU", ["x", "GW", "GR"], ["z"], "b", linear_before_reset=1, clip=2.5),
        helper.make_node("GRU", ["x", "GW", "GR"], ["u"], "", activations=["HardSigmoid", "Tanh"]),
        helper.make_node("LSTM", ["x", "LW", "LR", "", "", "", "", "P"], ["v"], "c", input_forget=1, layout=1),
    ]
    R = {
        f"{letter}{name}": array
        for letter, kind in (("G", "GRU"), ("L", "LSTM"))
        for name, array in weights(kind).items()
    }
    peepholes = random(1, 3 * N)
    arrays = {**weights("RNN", 2), **R, "P": peepholes}
    found = entries(saved(tmp_path / "a.onnx", nodes, arrays.items()))
    settings = {name: dict(entry.settings) for name, entry in found.items() if name.endswith(".R")}
    assert settings == {
        "a.forward.R": {"cell": "rnn", "nonlinearity": "relu", "activations": ("relu",)},
        "a.backward.R": {"cell": "rnn", "nonlinearity": "tanh"},
        "b.forward.R": {"cell": "gru", "nonlinearity": "tanh", "reset": "after", "clip": [2.5]},
        "u.forward.R": {
            "cell": "gru",
            "nonlinearity": "tanh",
            "activations": ("hardsigmoid", "tanh"),
            "reset": "before",
        },
        "c.forward.R": {"cell": "lstm", "nonlinearity": "tanh", "layout": 1, "input_forget": 1},
    }
    assert np.array_equal(found["c.forward.P"].read(), peepholes[0])
    assert "c.forward.Wb" not in found


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("GRU", {"clip": 2.5}, "clips what enters its nonlinearities"),
        ("GRU", {"activations": ["HardSigmoid", "Tanh"]}, "'hardsigmoid' in its gates"),
        ("LSTM", {"activations": ["Sigmoid", "Tanh", "Relu"]}, "'tanh' of what enters c and 'relu' of c"),
        ("LSTM", {"input_forget": 1}, "one gate for input and forgetting"),
        ("RNN", {"activations": ["Elu"], "activation_alpha": [0.3]}, "parameters of their own"),
    ],
)
def test_an_operator_that_steps_otherwise_does_not_run_as_another(kind, options, message, tmp_path):
    """Its weights are read; a cell without the option would give other states, and nothing would say so."""
    node = helper.make_node(kind, ["x", "W", "R", "B"], ["y"], "rnn", hidden_size=N, **options)
    cell = lm.load_cell(saved(tmp_path / "a.onnx", [node], weights(kind).items()))
    with pytest.raises(lm.InvalidNetworkError, match=message):
        cell.cell()


@pytest.mark.parametrize("functions", [["Sigmoid", "Relu", "Relu"], ["Sigmoid", "Tanh", "Tanh"]])
def test_an_lstm_of_one_other_function_runs_with_it(functions, tmp_path):
    node = helper.make_node("LSTM", ["x", "W", "R", "B"], ["y"], "rnn", hidden_size=N, activations=functions)
    cell = lm.load_cell(saved(tmp_path / "a.onnx", [node], weights("LSTM").items())).cell()
    assert cell.nonlinearity.name == functions[1].lower()


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("number", sorted(DTYPES))
def test_every_type_of_number_is_read_in_either_form(number, raw, tmp_path):
    """Against the package onnx, raw and in the field for its type."""
    kind = TensorProto.DataType.Name(number)
    values = np.array([[1, 0], [2, 4]]) if kind != "BOOL" else np.array([[1, 0], [0, 1]])
    values = values + (0 if "INT" not in kind or kind.startswith("U") else -3)
    array = values.astype(helper.tensor_dtype_to_np_dtype(number))
    if raw:
        stored = numpy_helper.from_array(array, "A")
    else:
        stored = helper.make_tensor(
            "A", number, array.shape, array.astype("complex64" if "COMPLEX" in kind else array.dtype)
        )
    assert stored.data_type == number and bool(stored.raw_data) is raw
    found = entries(saved(tmp_path / "a.onnx", [], [stored]))["A"]
    assert found.dtype == DTYPES[number] and found.shape == (2, 2)
    assert np.array_equal(found.read(), numpy_helper.to_array(stored).astype(found.read().dtype), equal_nan=True)


def test_a_type_that_is_not_read_is_named(tmp_path):
    packed = helper.make_tensor("packed", TensorProto.INT4, (2,), [1, 2])
    text = helper.make_tensor("text", TensorProto.STRING, (1,), [b"a"])
    found = entries(saved(tmp_path / "a.onnx", [], [packed, text, ("A", random(2, 2))]))
    assert [name for name, entry in found.items() if entry.unreadable] == ["packed", "text"]


def test_weights_that_the_graph_rearranges_are_followed(tmp_path):
    """PyTorch's order of gates r z n is cut and joined into z r n, as its exporters do without folding."""
    arrays = weights("GRU")
    r, z, n = np.split(arrays["R"][0], 3)
    ints = {"0": [0], "3": [3], "6": [6], "9": [9]}
    nodes = [
        *(helper.make_node("Slice", ["hh", a, b, "0"], [f"s{a}"]) for a, b in (("0", "3"), ("3", "6"), ("6", "9"))),
        helper.make_node("Concat", ["s3", "s0", "s6"], ["joined"], axis=0),
        helper.make_node("Unsqueeze", ["joined", "0"], ["R"]),
        helper.make_node("Transpose", ["ih"], ["turned"], perm=[1, 0]),
        helper.make_node("Unsqueeze", ["turned"], ["W"], axes=[0]),
        helper.make_node("GRU", ["x", "W", "R"], ["y"], "gru"),
    ]
    stored = {"hh": arrays["R"][0], "ih": np.ascontiguousarray(arrays["W"][0].T)}
    stored |= {name: np.array(values) for name, values in ints.items()}
    found = entries(saved(tmp_path / "a.onnx", nodes, stored.items()))
    assert np.array_equal(found["gru.forward.R"].read(), np.concatenate([z, r, n]))
    assert np.array_equal(found["gru.forward.W"].read(), arrays["W"][0])
    assert "hh" not in found and "ih" not in found  # they are not a second network


def test_operators_in_subgraphs_know_the_weights_around_them(tmp_path):
    arrays = weights("RNN")
    constant = helper.make_node("Constant", [], ["R"], value=numpy_helper.from_array(arrays["R"]))
    inner = graph([constant, helper.make_node("RNN", ["x", "W", "R"], ["y"], "rnn")], name="then")
    other = graph([helper.make_node("RNN", ["x", "W", "R2"], ["y2"], "rnn")], [("R2", 2 * arrays["R"])], name="else")
    node = helper.make_node("If", ["c"], ["z"], then_branch=inner, else_branch=other)
    found = entries(saved(tmp_path / "a.onnx", [node], [("W", arrays["W"])]))
    # attributes are written in the order of their names, so that "else" comes first, and takes the name
    assert np.array_equal(found["rnn.forward.R"].read(), 2 * arrays["R"][0])
    assert np.array_equal(found["y.forward.R"].read(), arrays["R"][0])
    assert np.array_equal(found["y.forward.W"].read(), arrays["W"][0])


def test_weights_that_are_not_in_the_file_are_named(tmp_path):
    arrays = weights("RNN")
    nodes = [
        helper.make_node("RNN", ["x", "W", "given"], ["y"], "rnn"),
        helper.make_node("RNN", ["x", "W", "tall"], ["z"], "odd"),
        helper.make_node("DynamicQuantizeLSTM", ["x", "W", "q"], ["q"], "small", domain="com.microsoft"),
    ]
    inside = helper.make_node("RNN", ["a", "b", "c"], ["d"], "inside")
    imports = [helper.make_opsetid("", 20)]
    function = helper.make_function("own", "layer", ["a", "b", "c"], ["d"], [inside], imports)
    path = saved(tmp_path / "a.onnx", nodes, [("W", arrays["W"]), ("tall", random(1, 7, 3))], functions=[function])
    reasons = {name: entry.unreadable for name, entry in entries(path).items()}
    assert "is computed from" in reasons["rnn.forward.R"] and reasons["rnn.forward.W"] == ""
    assert "has shape (1, 7, 3), which the operator RNN cannot have" in reasons["odd.forward.R"]
    assert "quantised" in reasons["small"] and "inline_local_functions(onnx.load('a.onnx'))" in reasons["inside"]


def test_external_data_are_read_from_the_folder_of_the_model_only(tmp_path):
    arrays = weights("RNN")
    node = helper.make_node("RNN", ["x", "W", "R"], ["y"], "rnn")
    model = helper.make_model(graph([node], [("W", arrays["W"]), ("R", arrays["R"])]))
    options = {"save_as_external_data": True, "location": "a.data", "size_threshold": 0}
    onnx.save_model(model, tmp_path / "a.onnx", **options)
    assert (tmp_path / "a.data").stat().st_size > 0
    assert np.array_equal(entries(tmp_path / "a.onnx")["rnn.forward.R"].read(), arrays["R"][0])
    whole = (tmp_path / "a.data").read_bytes()
    (tmp_path / "a.data").write_bytes(whole[:-1])
    assert "it needs" in entries(tmp_path / "a.onnx")["rnn.forward.R"].unreadable
    (tmp_path / "a.data").unlink()
    assert "'a.data', which is not beside the model" in entries(tmp_path / "a.onnx")["rnn.forward.R"].unreadable
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.onnx").write_bytes((tmp_path / "a.onnx").read_bytes().replace(b"a.data", b"../a.d"))
    (tmp_path / "a.d").write_bytes(whole)
    assert "is not the name of a file beside" in entries(tmp_path / "inside" / "a.onnx")["rnn.forward.R"].unreadable


HOSTILE = {
    "nothing": (b"", "cannot be read"),
    "no graph": (b"\x08\x08", "it has no graph"),
    "no message": (b"\x00\x7f no such thing", "cannot be read"),
    "ends early": (b"\x3a\x7f\x0a", "ends after the message around it"),
    "endless number": (b"\x3a" + 11 * b"\xff", "ends inside a number"),
    "graph is a number": (b"\x38\x01", "is not what it is in such files"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_damaged_models_are_refused(case, tmp_path):
    content, words = HOSTILE[case]
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    with pytest.raises(FileError, match=words):
        lm.describe_file(path)


def test_sizes_that_a_model_claims_are_not_believed(tmp_path):
    huge = TensorProto(name="A", data_type=1, dims=[2**40, 2**40], raw_data=b"1234")
    negative = TensorProto(name="B", data_type=1, dims=[-1, 4], raw_data=b"1234")
    typed = TensorProto(name="C", data_type=1, dims=[2**30, 2**10], float_data=[1.0])
    row, column = ("row", np.ones((1, 2**20), "f4")), ("column", np.ones((2**20, 1), "f4"))
    node = helper.make_node("Mul", ["row", "column"], ["R"])
    user = helper.make_node("RNN", ["x", "W", "R"], ["y"], "rnn")
    found = entries(saved(tmp_path / "a.onnx", [node, user], [huge, negative, typed, row, column]))
    assert "has 4 bytes, but its shape" in found["A"].unreadable and found["B"].unreadable
    assert "does not fit its inputs" in found["rnn.forward.R"].unreadable
    with pytest.raises(Exception, match="reshape"):
        found["C"].read()
    inner = graph([])
    for _ in range(20):
        inner = graph([helper.make_node("If", ["c"], ["z"], then_branch=inner)])
    (tmp_path / "deep.onnx").write_bytes(helper.make_model(inner).SerializeToString())
    with pytest.raises(FileError, match="graphs inside each other"):
        lm.describe_file(tmp_path / "deep.onnx")
