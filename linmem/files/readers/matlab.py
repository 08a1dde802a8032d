"""The files of MATLAB.

Contents
--------
read_mat
    The variables of a .mat file: versions 4, 5 and 7 through scipy, 7.3 as the HDF5 file that it is.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
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

# of MATLAB's format, version 5
HEADER = 128  # bytes before the first element
MATRIX, COMPRESSED = 14, 15  # types of elements
TYPES = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, MATRIX, COMPRESSED, 16, 17, 18}
BEGINNING = 1024  # bytes of a matrix, of which flags, dimensions and name take at most a few hundred


def read_mat(path: Path) -> list[StoredArray]:
    """The numeric variables; cells, structs and objects are left out."""
    with open(path, "rb") as stream:
        is_hdf5 = b"MATLAB 7.3" in stream.read(HEADER)
    if is_hdf5:
        return _read_hdf5(path)
    arrays = []
    for name, shape, kind in scipy.io.whosmat(path):
        if kind in NUMERIC:
            arrays.append(StoredArray(name, tuple(shape), NUMERIC[kind], partial(_variable, path, name)))
    return arrays


def _variable(path: Path, name: str) -> Any:
    major, _ = scipy.io.matlab.matfile_version(path)
    if major == 1:  # files of version 5 and 7
        with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _require_known_types(data, name.encode("latin-1"))
    return scipy.io.loadmat(path, variable_names=[name])[name]


def _require_known_types(data: mmap.mmap, name: bytes) -> None:
    """Refuse a file of version 5 whose matrix of the given name has parts of an unknown type."""
    # scipy's reader would end the process at such a part
    order = "<" if data[126:128] == b"IM" else ">"
    for kind, start, stop in _elements(data, HEADER, order):
        beginning = _uncompressed_beginning(data, start) if kind == COMPRESSED else data[start : start + BEGINNING]
        if name not in beginning:
            continue
        content = data[start:stop]
        if kind == COMPRESSED:
            content = zlib.decompressobj().decompress(content)
            kind, start, stop = next(_elements(content, 0, order), (MATRIX, 0, 0))
            content = content[start:stop]
        if kind != MATRIX:
            continue
        for part, _, _ in _elements(content, 0, order):
            if part not in TYPES:
                raise DamagedFileError(f"it holds data of an unknown type, {part}")


def _uncompressed_beginning(data: mmap.mmap, start: int) -> bytes:
    """The beginning of a compressed element, which contains its name."""
    return zlib.decompressobj().decompress(data[start : start + BEGINNING], BEGINNING)


def _elements(data: mmap.mmap | bytes, position: int, order: str) -> Iterator[tuple[int, int, int]]:
    """Type, beginning and end of the data of each element."""
    while position + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, position)
        if kind >> 16:
            # a small element: size and type share the first word, and the data are the second
            yield kind & 0xFFFF, position + 4, position + 8
            position += 8
            continue
        start = position + 8
        yield kind, start, min(start + size, len(data))
        # all but compressed elements are padded to whole words of 8 bytes
        padded = size if kind == COMPRESSED else -(-size // 8) * 8
        position = start + padded


def _read_hdf5(path: Path) -> list[StoredArray]:
    """The variables of a file of version 7.3."""
    arrays = []
    with library("h5py").File(path, "r") as file:
        for name, item in file.items():
            if "MATLAB_sparse" in item.attrs:
                shape = _shape_of_sparse(item)
                arrays.append(StoredArray(name, shape, "sparse", partial(_sparse, path, name)))
        for stored in datasets(path, file):
            kind = file[stored.name].attrs.get("MATLAB_class", b"double").decode()
            if "/" not in stored.name and kind in NUMERIC:
                # MATLAB stores columns first, and HDF5 counts rows first: the file holds the transpose
                transposed = stored.shape[::-1]
                arrays.append(StoredArray(stored.name, transposed, NUMERIC[kind], partial(_transpose, stored)))
    return arrays


def _shape_of_sparse(group: Any) -> tuple[int, int]:
    """Rows, which are an attribute, and columns, each of which has a beginning in `jc`."""
    return int(group.attrs["MATLAB_sparse"]), len(group["jc"]) - 1


def _transpose(stored: StoredArray) -> np.ndarray:
    return _complex(stored.read()).T


def _complex(array: np.ndarray) -> np.ndarray:
    """The numbers of an array; MATLAB stores complex ones as records with the fields real and imag."""
    if array.dtype.names != ("real", "imag"):
        return array
    return array["real"] + 1j * array["imag"]


def _sparse(path: Path, name: str) -> sparse.csr_array:
    """A sparse matrix from compressed columns: values, the row of each, and where each column begins."""
    with library("h5py").File(path, "r") as file:
        group = file[name]
        shape = _shape_of_sparse(group)
        if "data" not in group:  # a matrix without entries
            return sparse.csr_array(shape)
        values = _complex(group["data"][()])
        columns = sparse.csc_array((values, group["ir"][()], group["jc"][()]), shape=shape)
    return columns.tocsr()
