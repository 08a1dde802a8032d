"""The files of MATLAB and Octave that end in .mat.

Contents
--------
read_mat
    The variables of a .mat file: versions 4, 5 and 7 through scipy, 7.3 and Octave's as the HDF5 files that they are,
    and Octave's text.
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

from linmem.files.readers.compressed_rows import from_compressed
from linmem.files.readers.hdf5_files import read_any_hdf5
from linmem.files.readers.matlab_names import DEEPEST, NUMERIC, element_name, require_modest
from linmem.files.readers.octave_text import BEGINNING as OCTAVE_TEXT
from linmem.files.readers.octave_text import read_octave_text
from linmem.files.readers.stored import DamagedFileError, StoredArray, unreadable_entry

HDF5 = b"\x89HDF\r\n"
OCTAVE_BINARY = b"Octave-1-"
GZIP = b"\x1f\x8b"
LARGEST_STRUCT = 2**28  # bytes of a struct or cell, which is read to know what is inside

# of MATLAB's format, version 5
HEADER = 128  # bytes before the first element
MATRIX, COMPRESSED = 14, 15  # types of elements
TYPES = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, MATRIX, COMPRESSED, 16, 17, 18}
FULL, IS_COMPLEX = range(6, 16), 0x800  # classes of matrices of numbers, and the flag of complex ones
NAMED = 1024  # bytes of a matrix, of which flags, dimensions and name take at most a few hundred


def read_mat(path: Path) -> list[StoredArray]:
    """The numeric variables; what is inside of structs and cells is listed by its path, `net.W` and `C{2}`."""
    with open(path, "rb") as stream:
        beginning = stream.read(HEADER)
    if b"MATLAB 7.3" in beginning or beginning.startswith(HDF5):
        return read_any_hdf5(path)
    if beginning.startswith(OCTAVE_TEXT):
        return read_octave_text(path)
    if beginning.startswith(OCTAVE_BINARY):
        raise DamagedFileError("it is Octave's binary format; in Octave, save it as: save -v7 net.mat W")
    if beginning.startswith(GZIP):
        raise DamagedFileError("it is compressed, as by save -zip of Octave; name it net.mat.gz")
    found: list[StoredArray] = []
    names = [name for name, *_ in scipy.io.whosmat(path)]
    for name, shape, kind in scipy.io.whosmat(path):
        if kind in NUMERIC:
            found.append(StoredArray(name, tuple(shape), NUMERIC[kind], partial(_variable, path, name)))
        elif kind in ("struct", "cell"):
            _require_small(path, name)
            _add(_variable(path, name), name, found, 0)
        elif kind != "char" and names.count(name) == 1 and name:
            found.append(unreadable_entry(name, f"is of MATLAB's class {kind!r:.40}; save its numbers as a matrix"))
    return found


def _require_small(path: Path, name: str) -> None:
    """Refuse a compressed file of version 5 with a struct that unpacks to more than is read to list it."""
    with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        order = "<" if data[126:128] == b"IM" else ">"
        for kind, start, stop in _elements(data, HEADER, order):
            if kind != COMPRESSED or name.encode("latin-1") not in _uncompressed_beginning(data, start):
                continue
            unpacking = zlib.decompressobj()
            content = unpacking.decompress(data[start:stop], LARGEST_STRUCT)
            if len(content) == LARGEST_STRUCT:
                raise DamagedFileError(f"its {name!r:.60} unpacks to more than {LARGEST_STRUCT} bytes")


def _add(value: Any, name: str, found: list[StoredArray], depth: int) -> None:
    """Add what a value of a struct or cell holds."""
    require_modest(depth, len(found))
    if sparse.issparse(value):
        found.append(StoredArray(name, value.shape, "sparse", partial(_checked, value)))
    elif isinstance(
        value, scipy.io.matlab.MatlabObject | scipy.io.matlab.MatlabOpaque | scipy.io.matlab.MatlabFunction
    ):
        found.append(unreadable_entry(name, "is an object of MATLAB; save its numbers as a matrix"))
    elif isinstance(value, np.ndarray) and value.dtype.names:
        for place, record in enumerate(value.ravel(order="F")):
            label = name if value.size == 1 else element_name(name, place, value.shape, "()")
            for field in value.dtype.names:
                _add(record[field], f"{label}.{field}", found, depth + 1)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        for place, element in enumerate(value.ravel(order="F")):
            _add(element, element_name(name, place, value.shape), found, depth + 1)
    elif isinstance(value, np.ndarray) and value.dtype.kind in "biufc" and value.size:
        found.append(StoredArray(name, value.shape, str(value.dtype), lambda: value))


def _checked(value: Any) -> sparse.csr_array:
    """A sparse matrix that scipy read without a look at its indices."""
    columns = value if value.format == "csc" else sparse.csc_array(value)
    return from_compressed(columns.data, columns.indices, columns.indptr, columns.shape, by="column")


def _variable(path: Path, name: str) -> Any:
    major, _ = scipy.io.matlab.matfile_version(path)
    if major == 1:  # files of version 5 and 7
        with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _require_known_types(data, name.encode("latin-1"))
    value = scipy.io.loadmat(path, variable_names=[name])[name]
    return _checked(value) if sparse.issparse(value) else value


def _require_known_types(data: mmap.mmap, name: bytes) -> None:
    """Refuse a file of version 5 whose matrix of the given name has parts of an unknown type."""
    # scipy's reader would end the process at such a part
    order = "<" if data[126:128] == b"IM" else ">"
    for kind, start, stop in _elements(data, HEADER, order):
        beginning = _uncompressed_beginning(data, start) if kind == COMPRESSED else data[start : start + NAMED]
        if name not in beginning:
            continue
        content = data[start:stop]
        if kind == COMPRESSED:
            content = zlib.decompressobj().decompress(content)
            kind, start, stop = next(_elements(content, 0, order), (MATRIX, 0, 0))
            content = content[start:stop]
        if kind != MATRIX:
            continue
        _require_known_parts(content, order, 0)


def _require_known_parts(content: bytes, order: str, depth: int) -> None:
    """Refuse a matrix, or one inside of a struct or cell, with parts of an unknown type."""
    if depth > DEEPEST:
        raise DamagedFileError(f"it has structs or cells in more than {DEEPEST} levels")
    parts = list(_elements(content, 0, order))
    for part, start, stop in parts:
        if part not in TYPES:
            raise DamagedFileError(f"it holds data of an unknown type, {part}")
        if part == MATRIX:
            _require_known_parts(content[start:stop], order, depth + 1)
    if parts and parts[0][2] - parts[0][1] >= 4:
        (flags,) = struct.unpack_from(f"{order}I", content, parts[0][1])
        # flags, shape, name, numbers and perhaps imaginary parts; scipy would take the first of more for the numbers
        if flags & 0xFF in FULL and len(parts) > 4 + bool(flags & IS_COMPLEX):
            raise DamagedFileError(
                "it says of a sparse matrix that it is full, as Octave does of sparse logical ones; save double(W)"
            )


def _uncompressed_beginning(data: mmap.mmap, start: int) -> bytes:
    """The beginning of a compressed element, which contains its name."""
    return zlib.decompressobj().decompress(data[start : start + NAMED], NAMED)


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
