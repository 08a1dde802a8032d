"""What the configuration in the files of Keras says, in those that keras 3.15.1 wrote (tests/files/frameworks)."""

import io
import json
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import h5py
import ml_dtypes
import numpy as np
import pytest

import linmem as lm
from linmem.errors import FileError
from linmem.files.readers.hdf5_texts import Texts
from tests.files.test_files import W

KERAS = Path(__file__).parent / "frameworks" / "keras"
SIGMOID = {"recurrent_activation": "sigmoid"}


def settings(path, name):
    entry = {entry.name: entry for entry in lm.describe_file(path).arrays}[name]
    assert entry.framework == ("Keras" if "cell" in entry.settings else "")
    return dict(entry.settings)


SAMPLES = [  # a file, the W of a layer in it, what make_keras.py gave to the layer
    ("simple_softsign.keras", "layers/simple_rnn", {"layer": "renamed", "cell": "rnn", "nonlinearity": "softsign"}),
    (
        "gru_before.keras",
        "layers/gru",
        {"layer": "gru_1", "cell": "gru", "nonlinearity": "relu", "reset": "before", **SIGMOID},
    ),
    (
        "gru_after.keras",
        "layers/gru",
        {"layer": "gru", "cell": "gru", "nonlinearity": "tanh", "reset": "after", **SIGMOID},
    ),
    (
        "rnn_of_gru_cell.keras",
        "layers/rnn",
        {"layer": "rnn_1", "cell": "gru", "nonlinearity": "tanh", "reset": "after", **SIGMOID},
    ),
    ("own_cell.keras", "layers/rnn", {"layer": "rnn_2", "cell": "own: RecurrentFirst"}),
    ("convolutional_lstm.keras", "layers/conv_lstm2d", {"layer": "conv_lstm2d", "cell": "own: ConvLSTM2D"}),
    (
        "lstm_bidirectional.keras",
        "layers/bidirectional/backward_layer",
        {
            "layer": "backward_lstm_1",
            "cell": "lstm",
            "nonlinearity": "tanh",
            "direction": "backward",
            **SIGMOID,
        },
    ),
    ("simple_2_layers.keras", "layers/simple_rnn_1", {"layer": "second", "cell": "rnn", "nonlinearity": "tanh"}),
    ("own_cell.weights.h5", "layers/rnn", {"layer": "rnn_2"}),
]


@pytest.mark.parametrize(("file", "layer", "expected"), SAMPLES)
def test_the_configuration_of_a_layer_is_found_by_the_name_that_the_user_gave(file, layer, expected):
    assert settings(KERAS / file, f"{layer}/cell/vars/1") == expected


@pytest.mark.parametrize(("number", "nonlinearity"), [("", "tanh"), ("_1", "relu")])
def test_every_one_of_several_cells_has_its_own_configuration(number, nonlinearity):
    found = settings(KERAS / "stacked_cells.keras", f"layers/rnn/cell/cells/simple_rnn_cell{number}/vars/1")
    assert found == {"layer": "rnn", "cell": "rnn", "nonlinearity": nonlinearity}


def test_files_of_the_older_kind_have_the_configuration_as_an_attribute():
    path = KERAS / "trained.h5"
    name = next(entry.name for entry in lm.describe_file(path).arrays if entry.name.endswith("recurrent_kernel"))
    assert settings(path, name) == {"cell": "gru", "nonlinearity": "tanh", "reset": "after", **SIGMOID}
    assert settings(KERAS / "simple.h5", "model_weights/dense/sequential/dense/kernel") == {}


# --- files made here ---


def layer(kind, name, module="keras.layers", **options):
    return {"module": module, "class_name": kind, "config": {"name": name, **options}}


def archive(path, layers, arrays, names=()):
    """A .keras archive with the arrays by their path, and the names of groups `vars`."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for place, array in arrays.items():
            file[place] = array
        for group, name in names:
            file.require_group(group).attrs["name"] = name
    with zipfile.ZipFile(path, "w") as members:
        members.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": layers}}))
        members.writestr("model.weights.h5", stream.getvalue())
    return path


@pytest.mark.parametrize("group", ["layers/gru/cell", "layers/gru"])
def test_a_class_that_only_has_the_name_of_one_of_keras_is_the_users_own(group, tmp_path):
    own = [layer("GRU", "mine", module=None)]
    path = archive(tmp_path / "a.keras", own, {f"{group}/vars/1": W}, [("layers/gru/vars", "mine")])
    assert settings(path, f"{group}/vars/1")["cell"] == "own: GRU"


def test_layers_of_one_name_are_not_confused(tmp_path):
    """Two models inside a model may have layers of one name: nothing is said about either, unless they agree."""
    for other, expected in (
        ("relu", {"layer": "rnn"}),
        ("tanh", {"layer": "rnn", "cell": "rnn", "nonlinearity": "tanh"}),
    ):
        layers = [layer("SimpleRNN", "rnn", activation=function) for function in ("tanh", other)]
        names = [("layers/simple_rnn/vars", "rnn")]
        path = archive(tmp_path / "a.keras", layers, {"layers/simple_rnn/cell/vars/1": W}, names)
        assert settings(path, "layers/simple_rnn/cell/vars/1") == expected


def test_an_activation_of_the_users_own_is_named(tmp_path):
    given = {"class_name": "function", "config": "swirl", "registered_name": "swirl"}
    layers = [layer("SimpleRNN", "rnn", activation=given)]
    names = [("layers/simple_rnn/vars", "rnn")]
    path = archive(tmp_path / "a.keras", layers, {"layers/simple_rnn/cell/vars/1": W}, names)
    assert settings(path, "layers/simple_rnn/cell/vars/1")["nonlinearity"] == "own: swirl"


@pytest.mark.parametrize("configuration", [b"[1, 2]", b'"a"', b'{"class_name": 1, "config": {"name": 2}}'])
def test_a_configuration_of_another_kind_says_nothing(configuration, tmp_path):
    path = archive(tmp_path / "a.keras", [], {"layers/simple_rnn/cell/vars/1": W})
    with zipfile.ZipFile(path) as members:
        weights = members.read("model.weights.h5")
    with zipfile.ZipFile(path, "w") as members:
        members.writestr("config.json", configuration)
        members.writestr("model.weights.h5", weights)
    assert settings(path, "layers/simple_rnn/cell/vars/1") == {}


def test_a_configuration_that_is_not_json_is_an_error(tmp_path):
    path = archive(tmp_path / "a.keras", [], {"W": W})
    with zipfile.ZipFile(path, "a") as members, pytest.warns(UserWarning, match="Duplicate name"):
        members.writestr("config.json", b"{" * 10**5)
    with pytest.raises(FileError, match=r"cannot be read as \.keras"):
        lm.describe_file(path)


# --- records without a type ---


@pytest.mark.parametrize("file", ["bfloat16.keras", "bfloat16.weights.h5"])
def test_bfloat16_is_read_where_an_attribute_says_it(file):
    entry = {entry.name: entry for entry in lm.describe_file(KERAS / file).arrays}["layers/simple_rnn/cell/vars/1"]
    assert entry.dtype == "bfloat16" and entry.unreadable == ""
    with h5py.File(KERAS / "bfloat16.weights.h5") as other:
        stored = other["layers/simple_rnn/cell/vars/1"][()].view(ml_dtypes.bfloat16).astype(float)
    assert np.array_equal(entry.read(), stored) and stored.std() > 0


def test_records_without_a_type_are_a_question(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["W"] = W.astype(ml_dtypes.bfloat16).view("V2")
        file["other"] = W.astype(ml_dtypes.float8_e5m2).view("V1")
        file["V"] = np.ones(3)
    found = {entry.name: entry.unreadable for entry in lm.describe_file(path).arrays}
    assert 'pass dtype="bfloat16"' in found["W"] and 'dtype="float8_e4m3fn"' in found["other"] and not found["V"]


@pytest.mark.parametrize("configuration", [5, ["a", "b"], np.array([1, 2]), np.void(b"1234")])
def test_an_attribute_that_is_no_text_is_not_read(configuration, tmp_path):
    """Of a damaged type, for which the library of HDF5 would leave its memory."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["W"] = W
        file.attrs["model_config"] = configuration
        file.attrs["text"] = "a"
        texts = Texts(partial((tmp_path / "b").open, "rb"))
        texts.are_whole = True
        assert texts.of(file, "model_config") == "" and texts.of(file, "text") == "a"
    assert np.array_equal(lm.load_matrix(tmp_path / "a.h5"), W)


def test_a_function_of_the_users_own_is_asked_for():
    """What the file calls it is known, and what it computes is not."""
    weights = replace(lm.load_cell(KERAS / "simple_softsign.keras"), nonlinearity="own: swish")
    with pytest.raises(lm.ArgumentError, match=r"a function of its own, 'swish'; pass nonlinearity=\(f, its slope\)"):
        weights.cell()
    assert weights.cell(nonlinearity=(np.sin, np.cos)).nonlinearity.name == "sin"
