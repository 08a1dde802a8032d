"""MATLAB's files.

Contents
--------
read_mat
    Variables of a .mat file: versions 4, 5 and 7 through scipy, 7.3 as the HDF5 file that it is.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from functools import partial

import scipy.io
import scipy.sparse as sparse

from linmem.files.readers.hdf5 import datasets
from linmem.files.readers.stored import DamagedFileError, StoredArray, library

NUMERIC = {
    "double": "float64",
    "single": "float32",
    "logical": "bool",
    "sparse": "sparse",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}

MATRIX, COMPRESSED = 14, 15
HEAD = 1024  # bytes, of which flags, dimensions and name take at most a few hundred
TYPES = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, MATRIX, COMPRESSED, 16, 17, 18}  # of MATLAB's format, version 5


def read_mat(path) -> list[StoredArray]:
    """The numeric variables; cells, structs and objects are left aside."""
    with open(path, "rb") as stream:
        is_hdf5 = b"MATLAB 7.3" in stream.read(128)
    if is_hdf5:
        return _read_hdf5(path)
    return [
        StoredArray(name, tuple(shape), NUMERIC[kind], partial(_variable, path, name))
        for name, shape, kind in scipy.io.whosmat(path)
        if kind in NUMERIC
    ]


def _variable(path, name):
    if scipy.io.matlab.matfile_version(path)[0] == 1:
        with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _require_known_types(data, name.encode("latin-1"))
    return scipy.io.loadmat(path, variable_names=[name])[name]


def _require_known_types(data, name: bytes) -> None:
    """Of all parts of the matrices of that name, in a file of version 5: SciPy's reader ends the process at others."""
    order = "<" if data[126:128] == b"IM" else ">"
    for kind, start, stop in _elements(data, 128, order):
        if name not in (_head(data, start) if kind == COMPRESSED else data[start : start + HEAD]):
            continue
        part = data[start:stop]
        if kind == COMPRESSED:
            part = zlib.decompressobj().decompress(part)
            kind, start, stop = next(_elements(part, 0, order), (MATRIX, 0, 0))
            part = part[start:stop]
        unknown = [inner for inner, _, _ in _elements(part, 0, order) if inner not in TYPES] if kind == MATRIX else []
        if unknown:
            raise DamagedFileError(f"it holds data of an unknown type, {unknown[0]}")


def _head(data, start) -> bytes:
    """The beginning of a compressed element, in which its name stands."""
    return zlib.decompressobj().decompress(data[start : start + HEAD], HEAD)


def _elements(data, position, order):
    """Type, beginning and end of one element after the other; small ones have size and type in one word."""
    while position + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, position)
        if kind >> 16:
            yield kind & 0xFFFF, position + 4, position + 8
            position += 8
        else:
            yield kind, position + 8, min(position + 8 + size, len(data))
            position += 8 + (size if kind == COMPRESSED else -(-size // 8) * 8)


def _read_hdf5(path) -> list[StoredArray]:
    """MATLAB writes columns first, HDF5 counts rows first: every array is the transpose of the one in the file."""
    found = []
    with library("h5py").File(path, "r") as file:
        sparse_ones = {
            name: int(item.attrs["MATLAB_sparse"]) for name, item in file.items() if "MATLAB_sparse" in item.attrs
        }
        for name, rows in sparse_ones.items():
            columns = len(file[name]["jc"]) - 1
            found.append(StoredArray(name, (rows, columns), "sparse", partial(_sparse, path, name)))
        for stored in datasets(path, file):
            kind = file[stored.name].attrs.get("MATLAB_class", b"double").decode()
            if "/" not in stored.name and kind in NUMERIC:
                shape = stored.shape[::-1]
                found.append(StoredArray(stored.name, shape, NUMERIC[kind], partial(_transpose, stored)))
    return found


def _transpose(stored):
    return _complex(stored.read()).T


def _complex(array):
    """MATLAB's complex numbers are pairs called real and imag."""
    return array["real"] + 1j * array["imag"] if array.dtype.names == ("real", "imag") else array


def _sparse(path, name):
    """Compressed columns: values, row of each, where each column begins; without values where all is zero."""
    with library("h5py").File(path, "r") as file:
        group = file[name]
        shape = int(group.attrs["MATLAB_sparse"]), len(group["jc"]) - 1
        if "data" not in group:
            return sparse.csr_array(shape)
        return sparse.csc_array((_complex(group["data"][()]), group["ir"][()], group["jc"][()]), shape=shape).tocsr()
