"""Every damaged or hostile file is read, or gives a `LinmemError`."""

import zlib
from functools import partial

import h5py
import numpy as np
import pytest
import scipy.io

import linmem as lm
from linmem.files.readers.hdf5_texts import Texts
from tests.files.fuzz_files import fuzz

VALUES = 176  # where, in a file of one small matrix W, the type of its values stands


def test_damaged_files_of_every_format_are_read_or_refused():
    counts, failures = fuzz(inputs=25, seed=1)
    assert len(counts) >= 20
    assert sum(found["refused"] for found in counts.values()) > 100  # they are damaged indeed
    assert failures == []


@pytest.mark.slow
def test_many_damaged_files_are_read_or_refused():
    assert fuzz(inputs=1000, seed=2)[1] == []


def test_a_type_that_matlab_does_not_know_is_refused(tmp_path):
    """SciPy's reader would end the process."""
    path = tmp_path / "net.mat"
    for compressed in (False, True):
        scipy.io.savemat(path, {"W": np.eye(5)}, do_compression=compressed)
        assert lm.load_matrix(path).tolist() == np.eye(5).tolist()
        data = bytearray(path.read_bytes())
        if compressed:
            whole = bytearray(zlib.decompress(data[136:]))
            whole[VALUES - 128] = 77
            data[136:] = zlib.compress(whole)
            data[132:136] = (len(data) - 136).to_bytes(4, "little")
        else:
            data[VALUES] = 77
        path.write_bytes(data)
        with pytest.raises(lm.FileError, match="data of an unknown type, 77"):
            lm.load_matrix(path)


def test_names_in_an_unknown_encoding_are_shown_as_they_are(tmp_path):
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file[b"\xffW"] = np.eye(3)
    assert "\ufffdW" in str(lm.describe_file(path))
    assert lm.load_matrix(path).tolist() == np.eye(3).tolist()


def test_a_dataset_that_claims_more_numbers_than_its_bytes_hold_is_refused(tmp_path):
    """Chunks that were never written count as zeros: 1.8 GB of them in a file of some kB."""
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("W", (15000, 15000), "f8", chunks=(1000, 1000))
    with pytest.raises(lm.FileError, match="which its bytes do not hold"):
        lm.load_matrix(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("W", data=np.zeros((1000, 1000)), chunks=(1000, 1000), compression="gzip")
    assert not lm.load_matrix(path).any()


@pytest.mark.parametrize("size", [0, 8, 2**64 - 16, 2**40])
def test_texts_of_a_damaged_heap_are_not_read(size, tmp_path):
    """The library of HDF5 would go through its objects for ever."""
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file["W"] = np.eye(3)
        file.attrs["model_config"] = '{"a": "' + 50 * "x" + '"}'
    assert Texts(partial(path.open, "rb")).are_whole
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL\x01\0\0\0")
    first = int.from_bytes(data[heap + 24 : heap + 32], "little")
    free = heap + 32 + first + -first % 8  # the object after the text is what is left
    assert data[free : free + 2] == b"\0\0" and int.from_bytes(data[free + 8 : free + 16], "little") > 0
    data[free + 8 : free + 16] = size.to_bytes(8, "little")
    path.write_bytes(data)
    assert not Texts(partial(path.open, "rb")).are_whole
    assert lm.load_matrix(path).tolist() == np.eye(3).tolist()
