"""Structs and cells of MATLAB, and the files of Octave, in each of their formats."""

import gzip
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse as sparse

import linmem as lm

OCTAVE = Path(__file__).parent / "frameworks" / "octave"
W = np.array([[0.5, 0.25, 0.125], [0, -0.5, 1], [0.75, 0, 0]])
EXPECTED = {  # what frameworks/octave/make_octave.m saves
    "W": W,
    "v": np.array([[1], [2], [3]]),
    "S": W,
    "Z": W + 2j * W.T,
    "SZ": W + 2j * W.T,
    "T": np.stack([W, 2 * W], axis=2),
    "B": W > 0,
    "I": np.array([[1, 2, 3], [4, 5, 6]]),
    "F": W,
    "D": np.diag([1, 2, 3]),
    "N": np.array([[np.nan, np.inf], [-np.inf, 1]]),
    "net.W": 3 * W,
    "net.inner.A": 4 * W,
    "C{1,1}": W,
    "C{2,1}": 6 * W,
    "C{1,2}": 5 * W,
    "row{1}": W,
    "row{2}": 7 * W,
    "layers(1).U": 8 * W,
    "layers(2).U": 9 * W,
    "last": 10 * W,
}


def dense(array):
    return array.toarray() if sparse.issparse(array) else np.asarray(array)


@pytest.mark.parametrize("file", ["text.mat", "octave.h5", "octave.mat", "v7.mat", "text.mat.gz", "text.txt"])
def test_every_format_of_octave_holds_the_same(file, tmp_path):
    path = tmp_path / file
    if file.endswith(".gz"):
        path.write_bytes(gzip.compress((OCTAVE / "text.mat").read_bytes()))
    else:
        shutil.copy(OCTAVE / file.replace("octave.mat", "octave.h5").replace("text.txt", "text.mat"), path)
    found = {array.name: array for array in lm.describe_file(path).arrays}
    assert set(found) == set(EXPECTED)
    for name, right in EXPECTED.items():
        read = dense(found[name].read())
        assert found[name].shape == right.shape == read.shape
        assert np.array_equal(read, right, equal_nan=True), name
    assert sparse.issparse(found["S"].read())
    assert np.array_equal(lm.load_network(path, recurrent="net.W").recurrent, 3 * W)


def test_the_binary_format_of_octave_and_a_compressed_file_are_refused_with_the_way_out(tmp_path):
    with pytest.raises(lm.FileError, match="save it as: save -v7"):
        lm.load_network(OCTAVE / "binary.mat")
    (tmp_path / "a.mat").write_bytes(gzip.compress((OCTAVE / "text.mat").read_bytes()))
    with pytest.raises(lm.FileError, match=r"name it net\.mat\.gz"):
        lm.load_network(tmp_path / "a.mat")


HEAD = "# Created by Octave 7.3.0, Mon Nov 30 2026 <x@y>\n# name: W\n"
BAD_TEXT = {
    "too few numbers": ("# type: matrix\n# rows: 2\n# columns: 2\n 1 2\n 3\n", "ends within a variable"),
    "too many numbers": ("# type: matrix\n# rows: 2\n# columns: 2\n 1 2\n 3 4 5\n", "5 numbers where 4 must be"),
    "a claim of many": ("# type: matrix\n# rows: 1000000000\n# columns: 1000000000\n 1\n", "ends within a variable"),
    "a negative shape": ("# type: matrix\n# rows: -2\n# columns: -2\n 1\n", "claims shape"),
    "no rows": ("# type: matrix\n# columns: 2\n 1\n", "where 'rows' must be given"),
    "an entry outside": (
        "# type: sparse matrix\n# nnz: 1\n# rows: 2\n# columns: 2\n3 1 1\n",
        "is at 2, but there are 2",
    ),
    "a fraction": ("# type: sparse matrix\n# nnz: 1\n# rows: 2\n# columns: 2\n1.5 1 1\n", "no whole numbers"),
    "many cells": ("# type: cell\n# rows: 100000\n# columns: 100000\n", "values in structs and cells"),
}


@pytest.mark.parametrize("case", BAD_TEXT)
def test_damaged_text_of_octave_is_refused(case, tmp_path):
    text, message = BAD_TEXT[case]
    (tmp_path / "a.mat").write_text(HEAD + text)
    with pytest.raises(lm.FileError, match=message):
        lm.load_network(tmp_path / "a.mat")


def test_values_of_other_types_inside_of_a_struct_are_listed_with_the_reason(tmp_path):
    struct = "# type: scalar struct\n# ndims: 2\n 1 1\n# length: 2\n"
    handle = "# name: f\n# type: function handle\n# octaveroot: /usr\n@tanh\n\n"
    (tmp_path / "a.mat").write_text(HEAD + struct + handle + "# name: A\n# type: scalar\n5\n")
    found = {array.name: array for array in lm.describe_file(tmp_path / "a.mat").arrays}
    assert found["W.f"].unreadable == "is of Octave's type 'function handle'"
    assert found["W.A"].read().tolist() == [[5]]


def test_nested_values_have_an_end(tmp_path):
    inner = "# type: cell\n# rows: 1\n# columns: 1\n# name: <cell-element>\n" * 40
    (tmp_path / "a.mat").write_text(HEAD + inner + "# type: scalar\n1\n")
    with pytest.raises(lm.FileError, match="more than 16 levels"):
        lm.load_network(tmp_path / "a.mat")


# --- MATLAB ---


@pytest.mark.parametrize("compressed", [False, True])
def test_structs_and_cells_of_version_5_are_listed_by_path(compressed, tmp_path):
    cells = np.empty((1, 3), dtype=object)
    cells[0, :] = [2 * W, "text", sparse.csc_array(3 * W)]
    layers = np.array([(4 * W,), (5 * W,)], dtype=[("U", object)])
    variables = {"net": {"W": W, "name": "x", "deep": {"A": 6 * W}}, "C": cells, "layers": layers}
    scipy.io.savemat(tmp_path / "a.mat", variables, do_compression=compressed)
    found = {array.name: dense(array.read()) for array in lm.describe_file(tmp_path / "a.mat").arrays}
    right = {"net.W": 1, "net.deep.A": 6, "C{1}": 2, "C{3}": 3, "layers(1).U": 4, "layers(2).U": 5}
    assert set(found) == set(right)
    for name, factor in right.items():
        assert np.array_equal(found[name], factor * W)
    assert np.array_equal(lm.load_network(tmp_path / "a.mat", recurrent="deep.A").recurrent, 6 * W)


def test_a_part_of_an_unknown_type_inside_of_a_struct_is_refused(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"net": {"W": np.full((5, 5), 7.5)}})
    data = bytearray((tmp_path / "a.mat").read_bytes())
    tag = data.index(np.float64(7.5).tobytes()) - 8  # before the numbers: their type, and how many bytes they are
    assert data[tag] == 9
    data[tag] = 77
    (tmp_path / "a.mat").write_bytes(data)
    with pytest.raises(lm.FileError, match="unknown type, 77"):
        lm.load_network(tmp_path / "a.mat")


def test_a_sparse_matrix_that_says_to_be_full_is_refused(tmp_path):
    """As Octave 7.3 writes sparse logical matrices: with the class of bytes in place of that of sparse matrices."""
    scipy.io.savemat(tmp_path / "a.mat", {"W": sparse.csc_array(np.ones((2, 2)))})
    data = bytearray((tmp_path / "a.mat").read_bytes())
    assert data[144] == 5
    data[144] = 9
    (tmp_path / "a.mat").write_bytes(data)
    with pytest.raises(lm.FileError, match=r"save double\(W\)"):
        lm.load_network(tmp_path / "a.mat")


def matlab73(path, *, user_block=512):
    """A file as MATLAB writes it: columns first, classes as attributes, cells and struct arrays by reference."""
    with h5py.File(path, "w", userblock_size=user_block) as file:

        def put(group, name, value, kind="double"):
            group.create_dataset(name, data=np.asarray(value).T).attrs["MATLAB_class"] = np.bytes_(kind)
            return group[name]

        put(file, "W", W)
        net = file.create_group("net")
        net.attrs["MATLAB_class"] = np.bytes_("struct")
        put(net, "A", 2 * W)
        put(net, "name", [[104, 105]], "char")
        references = file.create_group("#refs#")
        cells = [put(references, "a", 3 * W).ref, put(references, "b", 4 * W).ref]
        file.create_dataset("C", data=np.array(cells)[:, None], dtype=h5py.ref_dtype)
        file["C"].attrs["MATLAB_class"] = np.bytes_("cell")
        layers = file.create_group("layers")
        layers.attrs["MATLAB_class"] = np.bytes_("struct")
        fields = [put(references, "c", 5 * W).ref, put(references, "d", 6 * W).ref]
        layers.create_dataset("U", data=np.array(fields)[:, None], dtype=h5py.ref_dtype)
        file["net/outside"] = h5py.ExternalLink("other.h5", "/W")
        put(file, "f", [[1]], "function_handle")
    if user_block:
        with open(path, "r+b") as stream:
            stream.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return path


@pytest.mark.parametrize(("name", "user_block"), [("a.mat", 512), ("a.h5", 512), ("a.hdf5", 0)])
def test_structs_and_cells_of_version_73_are_listed_by_path(name, user_block, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["W"] = W
    path = matlab73(tmp_path / name, user_block=user_block)
    found = {array.name: array for array in lm.describe_file(path).arrays}
    right = {"W": 1, "net.A": 2, "C{1}": 3, "C{2}": 4, "layers(1).U": 5, "layers(2).U": 6}
    assert set(found) == {*right, "f"}
    assert found["f"].unreadable == "is of MATLAB's class 'function_handle'; save its numbers as a matrix"
    for label, factor in right.items():
        assert np.array_equal(found[label].read(), factor * W)


def test_references_in_a_circle_end(tmp_path):
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file.create_dataset("C", (1, 1), dtype=h5py.ref_dtype)
        file["C"].attrs["MATLAB_class"] = np.bytes_("cell")
        file["C"][0, 0] = file["C"].ref
    with pytest.raises(lm.FileError, match="more than 16 levels"):
        lm.load_network(tmp_path / "a.mat")


def test_a_sparse_matrix_of_version_73_with_an_entry_outside_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["W/data"], file["W/ir"], file["W/jc"] = [1.0], np.array([9]), np.array([0, 1, 1])
        file["W"].attrs["MATLAB_sparse"] = 2
    with pytest.raises(lm.FileError, match="is at 9, but there are 2"):
        lm.load_network(tmp_path / "a.mat")
