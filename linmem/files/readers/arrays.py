"""Numpy's own files.

Contents
--------
read_npy, read_npz
    Arrays in a .npy or .npz file.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.lib import format as npy

from linmem.files.readers.stored import DamagedFileError, StoredArray, stored_zip


def read_npy(path) -> list[StoredArray]:
    """The only array of the file, under the name "recurrent"."""
    with open(path, "rb") as stream:
        shape, dtype = _header(stream, path.stat().st_size)
    return [StoredArray("recurrent", shape, str(dtype), partial(np.load, path, allow_pickle=False))]


def read_npz(path) -> list[StoredArray]:
    """The arrays by name."""
    found = []
    with stored_zip(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as stream:
                shape, dtype = _header(stream, member.file_size)
            name = member.filename.removesuffix(".npy")
            found.append(StoredArray(name, shape, str(dtype), partial(_member, path, name)))
    return found


def _member(path, name):
    with np.load(path, allow_pickle=False) as archive:
        return archive[name]


def _header(stream, size):
    """Shape and type, where `size` bytes can hold as much."""
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise DamagedFileError(f"it has version {version} of the .npy format, which plain numbers never need")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise DamagedFileError("it holds Python objects, and pickles are not read; save numbers: array.astype(float)")
    needed = math.prod(shape) * dtype.itemsize
    if size - stream.tell() < needed:
        raise DamagedFileError(f"{size - stream.tell()} bytes follow its header, but {shape} {dtype} needs {needed}")
    return shape, dtype
