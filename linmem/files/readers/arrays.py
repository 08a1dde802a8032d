"""The files of numpy.

Contents
--------
read_npy, read_npz
    The arrays in a .npy or .npz file.
"""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from linmem.files.readers.stored import DamagedFileError, StoredArray, stored_zip


def read_npy(path: Path) -> list[StoredArray]:
    """The only array of the file, under the name "recurrent"."""
    with open(path, "rb") as stream:
        shape, dtype = _header(stream, path.stat().st_size)
    return [StoredArray("recurrent", shape, str(dtype), partial(np.load, path, allow_pickle=False))]


def read_npz(path: Path) -> list[StoredArray]:
    """The arrays in the archive, by name."""
    arrays = []
    with stored_zip(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as stream:
                shape, dtype = _header(stream, member.file_size)
            name = member.filename.removesuffix(".npy")
            arrays.append(StoredArray(name, shape, str(dtype), partial(_member, path, name)))
    return arrays


def _member(path: Path, name: str) -> np.ndarray:
    with np.load(path, allow_pickle=False) as archive:
        return archive[name]


def _header(stream: IO[bytes], size: int) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of the array in a stream, if its `size` bytes are enough for so many numbers."""
    # headers of version 3 name the fields of records in UTF-8
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise DamagedFileError(f"it has version {version} of the .npy format, which plain numbers never need")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise DamagedFileError("it holds Python objects, and pickles are not read; save numbers: array.astype(float)")
    needed = math.prod(shape) * dtype.itemsize
    present = size - stream.tell()
    if present < needed:
        raise DamagedFileError(f"{present} bytes follow its header, but {shape} {dtype} needs {needed}")
    return shape, dtype
