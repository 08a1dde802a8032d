"""Files of every format are read as their own libraries wrote them, in the right orientation; bad ones are refused.

`samples/` holds what torch, keras and hdf5storage wrote (samples/make_samples.py); the other formats are written here.
"""

import json
import pickle
import re
import sys
import tracemalloc
import types
import zipfile
from pathlib import Path
from typing import ClassVar

import h5py
import networkx
import numpy as np
import pytest
import scipy.io
import scipy.sparse as sparse
from click.testing import CliRunner
from safetensors.numpy import save_file

import linmem as lm
from linmem import cli
from linmem.errors import FileError
from linmem.files.opening import READERS
from linmem.files.readers.number_types import numbers

SAMPLES = Path(__file__).parent / "samples"
INVALID = lm.InvalidNetworkError
W = np.array([[0.5, 0.25, 0.125], [0, -0.5, 1], [0.75, 0, 0]])
V = np.array([1.0, 2.0, 3.0])
NUMBERS = W.astype("<f4").tobytes()


def pattern(shape, start=0):
    """The numbers with which samples/make_samples.py fills every parameter."""
    return ((5 * np.arange(np.prod(shape)) + start) % 61 / 64).reshape(shape)


def text(path, content):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- round trips ---


def write_matlab73(path, **variables):
    """Write a file as MATLAB does: a header of 512 bytes, columns first, the class as an attribute."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            file.create_dataset(name, data=np.atleast_2d(value).T).attrs["MATLAB_class"] = np.bytes_("double")
    with open(path, "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def write_hdf5(path):
    with h5py.File(path, "w") as file:
        file["net/W"], file["V"] = W, V


def weighted_graph():
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(3))
    graph.add_weighted_edges_from((j, i, W[i, j].item()) for i, j in np.argwhere(W).tolist())
    return graph


def write_graphml(path):
    networkx.write_graphml(weighted_graph(), path)


def write_gml(path):
    networkx.write_gml(weighted_graph(), path)


def write_json(path):
    path.write_text(json.dumps(networkx.node_link_data(weighted_graph(), edges="links")))


def write_edgelist(path):
    path.write_text("".join(f"{j} {i} {W[i, j]}\n" for i, j in np.argwhere(W).tolist()))


WRITERS = {
    "a.npy": lambda path: np.save(path, W),
    "a.npz": lambda path: np.savez_compressed(path, W=W, v=V, bias=V),
    "v4.mat": lambda path: scipy.io.savemat(path, {"W": W, "v": V, "b": V}, format="4"),
    "v5.mat": lambda path: scipy.io.savemat(path, {"W": W, "v": V, "cell": {"a": 1}, "text": "W"}),
    "v7.mat": lambda path: scipy.io.savemat(path, {"W": W, "v": V[:, None]}, do_compression=True),
    "v73.mat": lambda path: write_matlab73(path, W=W, v=V),
    "a.csv": lambda path: np.savetxt(path, W, delimiter=",", header="a comment"),
    "a.tsv": lambda path: np.savetxt(path, W, delimiter="\t"),
    "a.txt": lambda path: np.savetxt(path, W),
    "dense.mtx": lambda path: scipy.io.mmwrite(path, W),
    "sparse.mtx": lambda path: scipy.io.mmwrite(path, sparse.csr_array(W)),
    "a.safetensors": lambda path: save_file({"rnn.weight_hh_l0": W, "rnn.weight_ih_l0": V[:, None].copy()}, path),
    "a.h5": write_hdf5,
    "a.hdf5": write_hdf5,
    "a.graphml": write_graphml,
    "a.edgelist": write_edgelist,
    "a.gml": write_gml,
    "a.json": write_json,
}


@pytest.mark.parametrize("file", WRITERS)
def test_what_was_written_is_read(file, tmp_path):
    path = tmp_path / file
    WRITERS[file](path)
    net = lm.load_network(path, recurrent="W" if file.endswith(("h5", "hdf5")) else None)
    assert np.array_equal(net.dense(), W)
    assert net.name.startswith(path.stem)
    if net.feedforward is not None:
        assert np.array_equal(net.feedforward, V)
    assert np.array_equal(np.asarray(lm.load_matrix(path, net.name and None) @ np.eye(3)), W)


def test_every_format_is_tried():
    endings = {path.suffix for path in SAMPLES.iterdir()} | {Path(file).suffix for file in WRITERS}
    trained = {".pth.tar", ".ckpt", ".bin", ".pkl", ".index.json", ".onnx", ".msgpack"}  # tried in modules of their own
    compressed = {".gz", ".bz2", ".xz", ".zip"}
    assert set(READERS) - trained - compressed <= endings
    assert (SAMPLES / "checkpoint.pth.tar").is_file()


# --- PyTorch ---

TORCH = {
    "rnn.pt": "W = rnn.weight_hh_l0 (columns, PyTorch), V = rnn.weight_ih_l0",
    "rnn_legacy.pth": "W = rnn.weight_hh_l0 (columns, PyTorch), V = rnn.weight_ih_l0",
    "half.pt": "W = rnn.weight_hh_l0 (float16, columns, PyTorch), V = rnn.weight_ih_l0 (float16)",
    "bfloat16.pt": "W = rnn.weight_hh_l0 (bfloat16, columns, PyTorch), V = rnn.weight_ih_l0 (bfloat16)",
    "checkpoint.pth.tar": "W = state_dict.rnn.weight_hh_l0 (columns, PyTorch), V = state_dict.rnn.weight_ih_l0",
}


@pytest.mark.parametrize("file", TORCH)
def test_recurrent_weights_of_torch_and_their_input_are_found_and_named(file):
    net = lm.load_network(SAMPLES / file)
    assert net.name == f"{file.partition('.')[0]}, {TORCH[file]}, biases left out"
    assert np.array_equal(net.recurrent, pattern((5, 5), start=1))
    assert np.array_equal(net.feedforward, pattern((5, 2), start=0))


def test_a_view_is_read_with_its_strides_and_offset():
    assert np.array_equal(lm.load_matrix(SAMPLES / "view.pt"), pattern((3, 4))[:, 1:].T)


@pytest.mark.parametrize(
    ("file", "gates"),
    [("lstm.pt", ["input", "forget", "cell", "output"]), ("gru.pt", ["reset", "update", "new"])],
)
def test_gates_of_torch_are_blocks_of_rows_in_its_order(file, gates):
    g = len(gates)
    for block, gate in enumerate(gates):
        net = lm.load_network(SAMPLES / file, gate=gate)
        rows = slice(5 * block, 5 * block + 5)
        assert np.array_equal(net.recurrent, pattern((5 * g, 5), start=1)[rows])
        assert np.array_equal(net.feedforward, pattern((5 * g, 2), start=0)[rows])
        assert f"W = rnn.weight_hh_l0 ({gate} gate, columns, PyTorch)" in net.name


@pytest.mark.parametrize("file", ["whole.pt", "whole_legacy.pt"])
def test_of_a_pickled_model_the_parameters_are_read_without_making_it(file):
    net = lm.load_network(SAMPLES / file)
    assert np.array_equal(net.recurrent, pattern((5, 5), start=1))
    assert np.array_equal(net.feedforward, pattern((5, 2), start=0))
    by_name = {array.name: array for array in lm.describe_file(SAMPLES / file).arrays}
    names = ("rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0", "out.weight", "out.bias")
    assert tuple(by_name) == names
    assert by_name["rnn.weight_hh_l0"].settings == {"cell": "rnn", "nonlinearity": "tanh"}
    assert by_name["out.weight"].settings == {}


# --- Keras, MATLAB: the libraries' own files ---


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_keras_multiplies_rows_so_its_weights_are_transposed_and_that_is_said(ending):
    net = lm.load_network(SAMPLES / f"keras_simple.{ending}")
    assert np.array_equal(net.recurrent, pattern((5, 5), start=1).T)
    assert np.array_equal(net.feedforward, pattern((2, 5), start=0).T)
    assert "(rows, Keras, transposed)" in net.name
    as_stored = lm.load_matrix(SAMPLES / f"keras_simple.{ending}", convention="column")
    assert np.array_equal(as_stored, net.recurrent.T)


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_gates_of_keras_are_blocks_of_columns_with_update_before_reset(ending):
    for block, gate in enumerate(["update", "reset", "new"]):
        net = lm.load_network(SAMPLES / f"keras_gru.{ending}", gate=gate)
        columns = slice(5 * block, 5 * block + 5)
        assert np.array_equal(net.recurrent, pattern((5, 15), start=1)[:, columns].T)
        assert np.array_equal(net.feedforward, pattern((2, 15), start=0)[:, columns].T)


def test_matlab_73_is_not_transposed():
    net = lm.load_network(SAMPLES / "matlab73.mat", recurrent="W")
    assert np.array_equal(net.recurrent, pattern((5, 5)))
    assert np.array_equal(net.feedforward, pattern(5))
    assert np.array_equal(lm.load_matrix(SAMPLES / "matlab73.mat", "complex"), pattern((5, 5)) + 1j * pattern((5, 5)).T)


def test_sparse_matrices_of_matlab_stay_sparse(tmp_path):
    S = sparse.csc_array(W)
    scipy.io.savemat(tmp_path / "five.mat", {"W": S})
    with h5py.File(tmp_path / "seven.mat", "w", userblock_size=512) as file:
        file["W/data"], file["W/ir"], file["W/jc"] = S.data, S.indices, S.indptr
        file["W"].attrs["MATLAB_sparse"] = 3
    with open(tmp_path / "seven.mat", "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file")
    for name in ("five", "seven"):
        net = lm.load_network(tmp_path / f"{name}.mat")
        assert net.is_sparse
        assert np.array_equal(net.dense(), W)


# --- which array, which way round ---


def test_rows_are_transposed_where_that_is_asked_and_gates_are_named_where_no_name_tells_them(tmp_path):
    stack = np.arange(12.0).reshape(3, 2, 2)
    np.savez(tmp_path / "a.npz", tall=np.vstack(stack), wide=np.hstack(stack), one=W)
    assert np.array_equal(lm.load_matrix(tmp_path / "a.npz", "one", convention="row"), W.T)
    order = ("one", "two", "three")
    for block, gate in enumerate(order):
        assert np.array_equal(lm.load_matrix(tmp_path / "a.npz", "tall", gate=gate, gates=order), stack[block])
        found = lm.load_matrix(tmp_path / "a.npz", "wide", gate=gate, gates=order, convention="row")
        assert np.array_equal(found, stack[block].T)
    with pytest.raises(lm.ArgumentError, match=r"3 square blocks in an order that its name does not tell; .* gates="):
        lm.load_network(tmp_path / "a.npz", recurrent="tall", gate="reset")
    with pytest.raises(lm.ArgumentError, match=r"gates names 2 gates, but wide .* is not 2 square blocks"):
        lm.load_network(tmp_path / "a.npz", recurrent="wide", gate="one", gates=("one", "two"))


def test_the_transposed_chain_forgets():
    """Orientation matters: the transposed network has 1e-4 of the memory."""
    chain = lm.chain(20, gain=1.2)
    turned = lm.LinearNetwork(chain.recurrent.T, chain.feedforward)
    assert lm.total_fisher_memory(turned) < 0.01 * lm.total_fisher_memory(chain)


def test_an_array_is_known_by_the_end_of_its_name(tmp_path):
    save_file({"encoder.rnn.U": W, "decoder.rnn.U": 2 * W, "decoder.rnn.b": V}, tmp_path / "a.safetensors")
    assert np.array_equal(lm.load_network(tmp_path / "a.safetensors", recurrent="decoder.rnn.U").recurrent, 2 * W)
    assert np.array_equal(
        lm.load_network(tmp_path / "a.safetensors", recurrent="decoder.rnn.U", feedforward="b").feedforward, V
    )
    with pytest.raises(FileError, match=r"several such arrays; it holds: decoder\.rnn\.U \(3, 3\), encoder\.rnn\.U"):
        lm.load_network(tmp_path / "a.safetensors", recurrent="U")


def test_several_arrays_that_could_be_meant_are_listed():
    with pytest.raises(
        FileError, match=r"2 arrays with a name of W; .* recurrent=\.\.\.; .*_l0 \(5, 5\), .*_l1 \(5, 5\)"
    ):
        lm.load_network(SAMPLES / "layers.pt")
    assert lm.describe_file(SAMPLES / "layers.pt").recurrent is None


def test_a_description_reads_nothing(tmp_path, monkeypatch):
    np.savez(tmp_path / "a.npz", W_rec=W, W_in=V, step=np.int64(3))
    monkeypatch.setattr(np, "load", None)
    told = lm.describe_file(tmp_path / "a.npz")
    assert (told.recurrent, told.feedforward) == ("W_rec", "W_in")
    assert str(told).splitlines()[1:] == [
        "plain cell, columns assumed: pass convention=...",
        "  W_rec (3, 3) float64  recurrent weights  <- W",
        "  W_in (3,) float64  input weights  <- V",
        "other arrays",
        "  step () int64",
    ]


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2", "bool", "<i4", ">u2", "<c8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_of_number_and_either_order_is_read_and_conversion_is_said(dtype, order, tmp_path):
    array = np.array([[0, 1, 1], [0, 0, 1], [1, 0, 0]]).astype(dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    net = lm.load_network(tmp_path / "a.npy")
    assert np.array_equal(net.recurrent, array)
    assert net.recurrent.dtype in (np.float64, np.complex128)
    said = {"<f2": "float16", "bool": "bool", "<i4": "int32", ">u2": ">u2", ">f8": ">f8"}.get(dtype)
    assert net.name == f"a ({f'{said}, ' if said else ''}columns assumed: pass convention=...)"


def test_a_stack_is_a_stack(tmp_path):
    np.save(tmp_path / "a.npy", np.stack([W, 2 * W]))
    assert lm.load_network(tmp_path / "a.npy").stack_shape == (2,)


def test_bfloat16_is_the_upper_half_of_a_float():
    single = np.array([1.0, -2.5, 0.0, 3.0e38, 1e-38], dtype=np.float32)
    assert np.allclose(numbers(single.view(np.uint16)[1::2].tobytes(), "bfloat16"), single, rtol=2**-7)


# --- tables ---

TABLES = {
    "header": ("a,b,c\n0.5,0.25,0.125\n0,-0.5,1\n0.75,0,0\n", ("a", "b", "c")),
    "header and first column": (",a,b,c\na,0.5,0.25,0.125\nb,0,-0.5,1\nc,0.75,0,0\n", ("a", "b", "c")),
    "named corner": ("cell,a,b,c\na,0.5,0.25,0.125\nb,0,-0.5,1\nc,0.75,0,0\n", ("a", "b", "c")),
    "short header": ("a,b,c\na,0.5,0.25,0.125\nb,0,-0.5,1\nc,0.75,0,0\n", ("a", "b", "c")),
    "numbered": (",0,1,2\n0,0.5,0.25,0.125\n1,0,-0.5,1\n2,0.75,0,0\n", ("0", "1", "2")),
    "quoted": ('"a, left","b","c"\n0.5,0.25,0.125\n0,-0.5,1\n0.75,0,0\n', ("a, left", "b", "c")),
    "comments and empty lines": ("# W\n\n0.5,0.25,0.125 # first\n\n0,-0.5,1\n0.75,0,0\n", ()),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_may_name_their_units(case, tmp_path):
    content, labels = TABLES[case]
    net = lm.load_network(text(tmp_path / "a.csv", content))
    assert np.array_equal(net.recurrent, W)
    assert net.labels == labels


def test_tables_may_be_complex(tmp_path):
    net = lm.load_network(text(tmp_path / "c.csv", "0.5j,1+1j\n0,2\n"))
    assert np.array_equal(net.recurrent, [[0.5j, 1 + 1j], [0, 2]])


# --- graphs ---


def test_an_edge_leads_from_its_first_node_to_its_second(tmp_path):
    net = lm.load_network(text(tmp_path / "a.edgelist", "in mid 2\nmid out 3\n"))
    assert net.labels == ("in", "mid", "out")
    assert np.array_equal(net.dense(), [[0, 0, 0], [2, 0, 0], [0, 3, 0]])


def test_numbered_nodes_are_in_order_of_their_numbers_and_repeated_edges_add_up(tmp_path):
    net = lm.load_network(text(tmp_path / "a.edgelist", "10,2,1.5\n2,1,1\n10,2,0.5\n"))
    assert net.labels == ("1", "2", "10")
    assert np.array_equal(net.dense(), [[0, 1, 0], [0, 0, 2], [0, 0, 0]])


def test_a_graph_without_weights_has_ones_and_that_is_said(tmp_path):
    net = lm.load_network(text(tmp_path / "a.edgelist", "0 1\n1 2\n"))
    assert np.array_equal(net.dense(), np.eye(3, k=-1))
    assert net.name.startswith("a (edges without weight")


def test_edges_without_direction_count_both_ways_and_loops_once(tmp_path):
    graph = networkx.Graph()
    graph.add_weighted_edges_from([("a", "b", 2.0), ("b", "b", 3.0)])
    networkx.write_graphml(graph, tmp_path / "a.graphml")
    assert np.array_equal(lm.load_network(tmp_path / "a.graphml").dense(), [[0, 2], [2, 3]])


def test_an_edge_attribute_is_an_array(tmp_path):
    graph = networkx.DiGraph()
    graph.add_edge("a", "b", synapses=3, length=0.5, kind="gap")
    networkx.write_graphml(graph, tmp_path / "a.graphml")
    assert np.array_equal(lm.load_network(tmp_path / "a.graphml", recurrent="synapses").dense(), [[0, 0], [3, 0]])
    with pytest.raises(FileError, match=r"2 arrays, none with a name of W; .* synapses \(2, 2\), length \(2, 2\)"):
        lm.load_network(tmp_path / "a.graphml")


# --- damaged files: three of each format ---


def cut_short(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 5])


def emptied(path):
    path.write_bytes(b"")


def mislabelled(path):
    path.write_bytes(b"\x00\x7f no such thing\xff" * 20)


ALL = [
    *WRITERS,
    *(path.name for path in SAMPLES.iterdir() if path.suffix not in (".py", "") and "whole" not in path.name),
]
DAMAGES = (cut_short, emptied, mislabelled)
STILL_WHOLE = {("a.edgelist", cut_short)}  # cut after a full line, it is a smaller graph


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("file", ALL)
def test_damaged_files_are_refused_in_one_line(file, damage, tmp_path):
    path = tmp_path / file
    if file in WRITERS:
        WRITERS[file](path)
    else:
        path.write_bytes((SAMPLES / file).read_bytes())
    damage(path)
    with pytest.raises((FileError, INVALID), match=re.escape(path.name)) as caught:
        lm.load_network(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_file_of_another_kind_is_recognised(tmp_path):
    np.save(tmp_path / "a.npy", W)
    (tmp_path / "a.npy").rename(tmp_path / "a.h5")
    with pytest.raises(FileError, match=r"cannot be read as \.h5; it begins like a file of type \.npy \(.+\)"):
        lm.load_network(tmp_path / "a.h5")


# --- hostile files ---


def torch_pickle(value):
    """A pickle as torch.save writes it: its classes and functions are of modules that need not be installed."""

    class Writer(pickle._Pickler):
        dispatch: ClassVar = dict(pickle._Pickler.dispatch)

        def persistent_id(self, one):
            return one.described if isinstance(one, Stored) else None

        def save_global(self, one, name=None):
            module, _, name = getattr(one, "path", f"{one.__module__}.{one.__qualname__}").rpartition(".")
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
            self.memoize(one)

    Writer.dispatch[types.FunctionType] = Writer.save_global

    stream = types.SimpleNamespace(data=b"")
    stream.write = lambda data: setattr(stream, "data", stream.data + bytes(data))
    Writer(stream, protocol=2).dump(value)
    return stream.data


class Stored:
    def __init__(self, kind="FloatStorage", key="0", count=9, word="storage"):
        self.described = (word, named(f"torch.{kind}"), key, "cpu", count)


class Call:
    """An object that calls the function of that name when it is unpickled."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = named(function), arguments

    def __reduce__(self):
        return self.function, self.arguments


def named(path):
    def function():
        pass

    function.path = path
    return function


def tensor(size=(3, 3), stride=(3, 1), offset=0, storage=None):
    return Call("torch._utils._rebuild_tensor_v2", storage or Stored(), offset, size, stride, False, {})


def archive(path, value, numbers=NUMBERS, **extra):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("net/data.pkl", value if isinstance(value, bytes) else torch_pickle(value))
        file.writestr("net/data/0", numbers)
        for name, content in extra.items():
            file.writestr(f"net/{name}", content)
    return path


def test_an_archive_made_here_is_read(tmp_path):
    """Negative control of the hostile checkpoints below."""
    path = archive(tmp_path / "a.pt", {"weight_hh_l0": tensor()}, byteorder=b"little")
    assert np.array_equal(lm.load_network(path).recurrent, W)
    path = archive(tmp_path / "b.pt", {"weight_hh_l0": tensor()}, W.astype(">f4").tobytes(), byteorder=b"big")
    assert np.array_equal(lm.load_network(path).recurrent, W)


def nested(depth, make=tuple):
    value = ()
    for _ in range(depth):
        value = make([value, value])
    return value


HOSTILE = {
    "calls a program": (Call("posix.system", "touch {marker}"), "it holds posix.system"),
    "evaluates": (Call("builtins.eval", "open('{marker}', 'w')"), "it holds builtins.eval"),
    "imports by attribute": (Call("builtins.getattr", Call("os.path"), "system"), "it holds builtins.getattr, os.path"),
    "calls by state": (b"\x80\x02cposix\nsystem\n(S'touch {marker}'\ntb.", "posix.system"),
    "old instance": (b"(S'touch {marker}'\niposix\nsystem\n.", "instruction 105"),
    "old object": (b"(cposix\nsystem\nS'touch {marker}'\no.", "instruction 111"),
    "extension registry": (b"\x80\x02\x82\x01.", "instruction 130"),
    "huge memory": (b"\x80\x02}r\xff\xff\xff\x7f.", "holds no array"),
    "huge buffer": (b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x0f.", "ends early"),
    "number of many digits": (b"\x80\x02\x8b\xff\xff\xff\x7f\x01.", "cannot be read"),
    "lists in lists": (nested(60, list), "holds no array"),
    "tuples in tuples": (nested(60), "holds no array"),
    "keys of tuples": (
        pickle.dumps({}, 2)[:2] + torch_pickle(nested(60))[2:-1] + b"}q\xf0h\x01K\x01s.",
        "holds no array",
    ),
    "calls a tensor": (b"\x80\x02K\x01)R.", "calls a int"),
    "beyond the data": ({"W": tensor(size=(5, 5), stride=(5, 1), storage=Stored(count=25))}, "end early"),
    "beyond the storage": ({"W": tensor(size=(5, 5), stride=(5, 1))}, "does not fit"),
    "before the storage": ({"W": tensor(offset=-1)}, "impossible tensor"),
    "backwards": ({"W": tensor(stride=(-3, 1))}, "impossible tensor"),
    "one number, seen a million times": ({"W": tensor((10**5, 10**5), (0, 0))}, "dense matrices of more than"),
    "one number, seen many times": ({"W": tensor((10**4, 10**4), (0, 0))}, "does not fit"),
    "no such storage": ({"W": tensor(storage=Stored(key="7"))}, "data/7"),
    "outside the archive": ({"W": tensor(storage=Stored(key="../../etc/passwd"))}, "etc/passwd"),
    "negative count": ({"W": tensor(storage=Stored(count=-9))}, "not a storage"),
    "unknown storage": ({"W": tensor(storage=Stored("QInt8Storage"))}, "it holds torch.QInt8Storage"),
    "quantised": ({"W": Call("torch._utils._rebuild_qtensor", 1)}, "it holds torch._utils._rebuild_qtensor"),
    "no pickle": (b"no pickle", "instruction"),
    "nothing": (b"", "cannot be read"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_checkpoints_are_refused_and_nothing_is_executed(case, tmp_path, monkeypatch):
    value, words = HOSTILE[case]
    monkeypatch.setitem(sys.modules, "posix", None)
    marker = tmp_path / "executed"
    content = value if isinstance(value, bytes) else torch_pickle(value)
    old = b"{marker}"
    content = (
        content.replace(old, b"x" * len(old)) if case == "evaluates" else content.replace(old, str(marker).encode()[:8])
    )
    path = archive(tmp_path / "a.pt", content)
    with pytest.raises(FileError, match=re.escape(words)) as caught:
        lm.load_network(path)
    assert "\n" not in str(caught.value)
    assert not marker.exists()


def test_the_same_pickle_does_execute_in_the_ordinary_machine(tmp_path):
    """Negative control: what is refused above is a working attack."""
    marker = tmp_path / "executed"
    command = f"touch {marker}".encode()
    attack = b"\x80\x02cposix\nsystem\nX" + len(command).to_bytes(4, "little") + command + b"\x85R."
    with pytest.raises(FileError, match=r"posix\.system"):
        lm.load_network(archive(tmp_path / "a.pt", attack))
    assert not marker.exists()
    pickle.loads(attack)
    assert marker.exists()


def encrypted(path, source):
    """A copy of an archive whose directory says that it is encrypted."""
    content = bytearray(source.read_bytes())
    for place in [found.start() for found in re.finditer(rb"PK\x01\x02", bytes(content))]:
        content[place + 8] |= 1
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("file", ["rnn.pt", "keras_simple.keras"])
def test_encrypted_archives_say_so(file, tmp_path):
    with pytest.raises(FileError, match="it is encrypted"):
        lm.load_network(encrypted(tmp_path / file, SAMPLES / file))


def header_only(path, shape):
    with open(path, "wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return path


def test_sizes_that_a_header_claims_are_not_believed(tmp_path):
    with pytest.raises(FileError, match="0 bytes after its header"):
        lm.load_network(header_only(tmp_path / "a.npy", (10**5, 10**5)))
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as file:
        file.write(tmp_path / "a.npy", "W.npy")
    with pytest.raises(FileError, match="0 bytes after its header"):
        lm.load_network(tmp_path / "b.npz")
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file.create_dataset("W", shape=(10**6, 10**6), dtype="f8", chunks=(10, 10), compression="gzip")
    with pytest.raises(FileError, match="more than 20000 units"):
        lm.load_network(tmp_path / "c.h5")


def test_a_large_coordinate_file_is_read_sparse_and_a_large_array_is_not_read(tmp_path):
    """More units than a dense matrix is read of: a delay line of which the file gives the two last weights."""
    n = 20_001
    entries = f"{n} {n - 1} 0.5\n{n - 1} {n - 2} 0.25\n"
    (tmp_path / "line.mtx").write_text(f"%%MatrixMarket matrix coordinate real general\n{n} {n} 2\n{entries}")
    net = lm.load_network(tmp_path / "line.mtx")
    assert net.is_sparse and net.size == n and net.recurrent.nnz == 2
    assert net.recurrent[n - 1, n - 2] == 0.5 and net.recurrent[n - 2, n - 3] == 0.25
    (tmp_path / "array.mtx").write_text(f"%%MatrixMarket matrix array real general\n{n} {n}\n1\n")
    with pytest.raises(FileError):
        lm.load_network(tmp_path / "array.mtx")


def test_links_into_other_files_are_not_followed(tmp_path):
    np.save(tmp_path / "secret.npy", W)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["W"] = W
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["link"] = h5py.ExternalLink("other.h5", "/W")
        file.create_dataset("outside", (3, 3), "f8", external=[(str(tmp_path / "secret.npy"), 0, 72)])
        layout = h5py.VirtualLayout((3, 3), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "W", (3, 3))
        file.create_virtual_dataset("virtual", layout)
    with pytest.raises(FileError, match="it holds: none"):
        lm.load_network(tmp_path / "a.h5")


# --- other bad input ---


def saved(path, **arrays):
    np.savez(path, **arrays) if path.suffix == ".npz" else np.save(path, arrays["W"], allow_pickle=True)
    return path


BAD = [
    (lambda folder: folder / "nothing.npy", {}, FileError, ["nothing.npy", "no such file"]),
    (lambda folder: folder, {}, FileError, ["unknown type"]),
    (lambda folder: text(folder / "net.xyz", "1,2"), {}, FileError, ["net.xyz", "unknown type '.xyz'", ".npy, .npz"]),
    (lambda folder: text(folder / "net", "1,2"), {}, FileError, ["unknown type ''", ".npy"]),
    (lambda folder: saved(folder / "net.npy", W=np.array([[{}]])), {}, FileError, ["net.npy", "pickles are not read"]),
    (lambda folder: saved(folder / "net.npz", W=np.array([[{}]])), {}, FileError, ["net.npz", "pickles are not read"]),
    (
        lambda folder: saved(folder / "net.npy", W=np.ones((2, 3))),
        {},
        INVALID,
        ["net.npy: recurrent", "(2, 3)", "square"],
    ),
    (lambda folder: saved(folder / "net.npy", W=np.ones((2, 3, 4))), {}, INVALID, ["recurrent", "(2, 3, 4)", "square"]),
    (lambda folder: saved(folder / "net.npy", W=np.float64(1)), {}, INVALID, ["recurrent", "()", "square"]),
    (lambda folder: saved(folder / "net.npy", W=np.array([["a"]])), {}, FileError, ["recurrent", "numbers"]),
    (lambda folder: saved(folder / "net.npy", W=np.nan * W), {}, INVALID, ["recurrent", "nan", "finite"]),
    (lambda folder: saved(folder / "net.npy", W=W), {"recurrent": "W"}, FileError, ["'W'", "no such array"]),
    (lambda folder: saved(folder / "net.npy", W=W), {"noise": -1}, INVALID, ["noise is -1", "> 0"]),
    (lambda folder: saved(folder / "net.npy", W=W), {"name": 5}, lm.ArgumentError, ["name is 5", "string"]),
    (
        lambda folder: saved(folder / "net.npy", W=W),
        {"convention": "rows"},
        lm.ArgumentError,
        ["convention is 'rows'", "'column', 'row'"],
    ),
    (
        lambda folder: saved(folder / "net.npy", W=W),
        {"gate": "forget"},
        lm.ArgumentError,
        ["gate is 'forget'", "has no gates"],
    ),
    (
        lambda folder: saved(folder / "net.npy", W=np.ones((4, 1))),
        {"gate": "new"},
        lm.ArgumentError,
        ["'new'", "4 square blocks", "gates="],
    ),
    (
        lambda folder: saved(folder / "net.npz", a=W, b=W),
        {},
        FileError,
        ["2 arrays, none with a name of W", "a (3, 3), b (3, 3)"],
    ),
    (lambda folder: saved(folder / "net.npz", a=W), {"recurrent": "W"}, FileError, ["recurrent is 'W'", "a (3, 3)"]),
    (
        lambda folder: saved(folder / "net.npz", W=W),
        {"feedforward": "u"},
        FileError,
        ["feedforward is 'u'", "W (3, 3)"],
    ),
    (lambda folder: saved(folder / "net.npz", W=W, v=np.ones(2)), {}, INVALID, ["feedforward", "(2,)", "(3, 3)"]),
    (lambda folder: saved(folder / "net.npz", **{f"a{i}": W for i in range(20)}), {}, FileError, ["and 8 more"]),
    (lambda folder: text(folder / "net.csv", "a,b\n"), {}, FileError, ["net.csv", "'a'", "no row of numbers"]),
    (lambda folder: text(folder / "net.csv", "1,2\n3\n"), {}, FileError, ["net.csv", "cannot be read as .csv"]),
    (lambda folder: text(folder / "net.csv", "1,2,3\n4,5,6\n"), {}, INVALID, ["recurrent", "(2, 3)", "square"]),
    (lambda folder: text(folder / "net.csv", "1,2\n3,four\n"), {}, FileError, ["cannot be read as .csv", "four"]),
    (lambda folder: text(folder / "net.csv", "1,2\n3,\n"), {}, FileError, ["cannot be read as .csv", "''"]),
    (lambda folder: text(folder / "net.csv", "1,nan\n3,4\n"), {}, INVALID, ["recurrent", "nan at (0, 1)", "finite"]),
    (
        lambda folder: text(folder / "net.csv", ",a,b\nb,1,2\na,3,4\n"),
        {},
        FileError,
        ["row 0 is called 'b', but column 0 'a'"],
    ),
    (lambda folder: text(folder / "net.csv", b"\xff\xfe\x00\x01"), {}, FileError, ["net.csv", "cannot be read"]),
    (
        lambda folder: text(folder / "net.edgelist", "a b 1\nb c\n"),
        {},
        FileError,
        ["2, 3 fields", "source target weight"],
    ),
    (lambda folder: text(folder / "net.edgelist", "a b heavy\n"), {}, FileError, ["'heavy'", "not a number"]),
    (
        lambda folder: text(folder / "net.edgelist", "a b {'weight': 1}\nb c {}\n"),
        {},
        FileError,
        ["its 'weight' has nothing for the edge from b to c"],
    ),
    (lambda folder: text(folder / "net.edgelist", "# nothing\n"), {}, FileError, ["it is empty"]),
]


@pytest.mark.parametrize(("build", "options", "kind", "words"), BAD, ids=range(len(BAD)))
def test_files_that_hold_no_network_are_refused(build, options, kind, words, tmp_path):
    with pytest.raises(kind) as caught:
        lm.load_network(build(tmp_path), **options)
    assert type(caught.value) is kind
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_gate_is_not_a_gate(tmp_path):
    np.savez(tmp_path / "net.npz", weight_hh_l0=np.ones((12, 3)))
    assert lm.load_matrix(tmp_path / "net.npz").shape == (12, 3)
    for read in (lm.load_matrix, lm.load_network):
        with pytest.raises(lm.ArgumentError, match=r"gate is '', but .* belongs to 4 gates; choose one: gate='input'"):
            read(tmp_path / "net.npz", gate="")


def test_a_library_that_is_missing_is_named(tmp_path, monkeypatch):
    write_hdf5(tmp_path / "a.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(lm.MissingLibraryError, match=r"needs h5py: pip install 'linmem\[files\]'"):
        lm.load_network(tmp_path / "a.h5")


# --- memory ---


def large(path):
    others = np.ones((4000, 1000))
    if path.suffix == ".safetensors":
        save_file({"weight_hh_l0": np.eye(100), "other": others}, path)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file["W"], file["other"] = np.eye(100), others
    elif path.suffix == ".npz":
        np.savez(path, W=np.eye(100), other=others)
    elif path.suffix == ".mat":
        scipy.io.savemat(path, {"W": np.eye(100), "other": others})
    else:
        both = np.concatenate([np.zeros(10**6), np.eye(100).ravel(), others.ravel()])
        storage = Stored("DoubleStorage", count=both.size)
        archive(path, {"weight_hh_l0": tensor((100, 100), (100, 1), 10**6, storage)}, both.tobytes())
    return path


@pytest.mark.parametrize("ending", ["safetensors", "h5", "npz", "mat", "pt"])
def test_only_the_array_that_is_taken_is_read(ending, tmp_path):
    path = large(tmp_path / f"a.{ending}")
    lm.load_network(path)
    tracemalloc.start()
    net = lm.load_network(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.array_equal(net.recurrent, np.eye(100))
    assert peak < 3e6  # the network takes 0.08 MB, the file's other array 32


# --- the command line ---


def run(*arguments):
    return CliRunner().invoke(cli.commands, [str(one) for one in arguments])


def test_the_command_line_finds_the_weights_and_says_which():
    answer = run("curve", SAMPLES / "rnn.pt", "--horizon", 4, "--lags", 4)
    assert answer.exit_code == 0, answer.output
    assert "rnn, W = rnn.weight_hh_l0 (columns, PyTorch), V = rnn.weight_ih_l0, biases left out" in answer.output


def test_the_command_line_takes_gate_and_convention():
    arguments = ("curve", SAMPLES / "keras_gru.h5", "--gate", "reset", "--horizon", 4, "--lags", 4, "--json")
    assert "(reset gate, rows, Keras, transposed)" in run(*arguments).output
    answer = run("curve", SAMPLES / "rnn.pt", "--convention", "row", "--recurrent", "weight_hh_l0", "--json")
    assert answer.exit_code != 0  # V does not fit the transpose of W


def test_the_command_line_asks_for_the_gate_in_its_own_words(capsys):
    assert cli.main(["curve", str(SAMPLES / "gru.pt")]) == 2
    assert "choose one: --gate 'reset', 'update', 'new'" in capsys.readouterr().err
