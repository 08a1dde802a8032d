"""Sparse matrices in the files of numpy and MATLAB, whole and damaged; entries that cannot be read beside arrays."""

import numpy as np
import pytest
import scipy.sparse as sparse

import linmem as lm
from linmem.files.readers.compressed_rows import from_blocks, from_compressed, from_diagonals, from_entries
from linmem.files.readers.stored import DamagedFileError

RNG = np.random.default_rng(5)
W = np.kron(RNG.random((3, 3)) < 0.5, np.ones((2, 2))) * RNG.standard_normal((6, 6))
KINDS = ["csr", "csc", "coo", "bsr", "dia"]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("made", ["array", "matrix"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_five_formats_of_scipy_are_one_sparse_matrix(kind, made, compressed, tmp_path):
    stored = getattr(sparse, f"{kind}_{made}")(W)
    sparse.save_npz(tmp_path / "a.npz", stored, compressed=compressed)
    (array,) = lm.describe_file(tmp_path / "a.npz").arrays
    assert (array.name, array.shape, array.dtype) == ("matrix", (6, 6), f"sparse {kind}")
    net = lm.load_network(tmp_path / "a.npz")
    assert net.is_sparse
    assert np.array_equal(net.dense(), W)


def test_an_oblong_matrix_and_types_that_scipy_does_not_compute_with(tmp_path):
    np.savez(
        tmp_path / "a.npz", format=b"csr", shape=(2, 3), data=np.array([1, 2], ">f2"), indices=[2, 0], indptr=[0, 1, 2]
    )
    assert lm.load_matrix(tmp_path / "a.npz").toarray().tolist() == [[0, 0, 1], [2, 0, 0]]


def test_arrays_of_such_names_without_the_others_are_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", data=np.eye(3), shape=(3, 3), format="csr")
    assert [array.name for array in lm.describe_file(tmp_path / "a.npz").arrays] == ["data", "shape", "format"]


DAMAGED = {
    "an index beyond": ({"indices": [0, 3]}, "is at 3, but there are 2"),
    "a negative index": ({"indices": [0, -1]}, "is at -1, but there are 2"),
    "beginnings that fall": ({"indptr": [0, 2, 1]}, "beginnings of the 2 lines"),
    "beginnings beyond": ({"indptr": [0, 1, 900]}, "do not fit 2 values"),
    "too few beginnings": ({"indptr": [0, 2]}, "beginnings of the 2 lines"),
    "fractions": ({"indices": [0.0, 1.5]}, "type float64"),
    "too few indices": ({"indices": [0]}, "2 values, but 1 indices"),
    "a huge shape": ({"shape": (2, 2**40)}, "it claims shape"),
    "a negative shape": ({"shape": (-2, -2)}, "it claims shape"),
    "text": ({"data": ["a", "b"]}, "type <U1"),
}


@pytest.mark.parametrize("case", DAMAGED)
@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_damaged_indices_are_refused(kind, case, tmp_path):
    change, message = DAMAGED[case]
    if kind == "csc" and "shape" in change:
        change = {"shape": change["shape"][::-1]}
    good = {"format": kind.encode(), "shape": (2, 2), "data": [1.0, 2.0], "indices": [0, 1], "indptr": [0, 1, 2]}
    np.savez(tmp_path / "a.npz", **good)
    assert lm.load_matrix(tmp_path / "a.npz").toarray().tolist() == [[1, 0], [0, 2]]
    np.savez(tmp_path / "a.npz", **good | change)
    with pytest.raises(lm.FileError, match=message):
        lm.load_matrix(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("build", "arguments"),
    [
        (from_compressed, ([1.0], [5], [0, 1], (1, 5))),
        (from_entries, ([1.0], [0], [2], (2, 2))),
        (from_entries, ([1.0], [0, 1], [1, 1], (2, 2))),
        (from_diagonals, ([[1.0, 2.0]], [0, 1], (2, 2))),
        (from_diagonals, ([[1.0, 2.0]], [7], (2, 2))),
        (from_diagonals, ([[1.0, 2.0], [1.0, 2.0]], [1, 1], (2, 2))),
        (from_blocks, (np.ones((1, 2, 2)), [1], [0, 1], (2, 2))),
        (from_blocks, (np.ones((1, 2, 2)), [0], [0, 1], (3, 2))),
        (from_blocks, (np.ones((1, 0, 2)), [0], [0, 1], (2, 2))),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(build, arguments):
    with pytest.raises(DamagedFileError, match="sparse matrix"):
        build(*arguments)


def test_a_pickled_member_beside_arrays_is_listed_with_its_reason(tmp_path):
    np.savez(tmp_path / "a.npz", W_rec=W, ratio=np.array(None), words=np.array(["a", {}], dtype=object))
    found = {array.name: array for array in lm.describe_file(tmp_path / "a.npz").arrays}
    assert "pickles are not read" in found["ratio"].unreadable
    assert "pickles are not read" in found["words"].unreadable
    assert np.array_equal(lm.load_network(tmp_path / "a.npz").recurrent, W)
    with pytest.raises(lm.FileError, match="pickles are not read"):
        lm.load_network(tmp_path / "a.npz", recurrent="ratio")
