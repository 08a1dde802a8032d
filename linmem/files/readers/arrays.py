"""The files of numpy, and the sparse matrices of scipy in them.

Contents
--------
read_npy, read_npz
    The arrays in a .npy or .npz file; a file of scipy.sparse.save_npz is one array, "matrix".
"""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
import scipy.sparse as sparse
from numpy.lib import format as npy

from linmem.files.readers.compressed_rows import from_blocks, from_compressed, from_diagonals, from_entries
from linmem.files.readers.number_types import stored_numbers
from linmem.files.readers.stored import DamagedFileError, StoredArray, stored_zip, unreadable_entry

SPARSE = {  # the members that scipy.sparse.save_npz writes beside `format`, `shape` and `data`, and perhaps `_is_array`
    "csr": ("indices", "indptr"),
    "csc": ("indices", "indptr"),
    "bsr": ("indices", "indptr"),
    "coo": ("row", "col"),
    "dia": ("offsets",),
}
RECORD, LONGEST_RECORD = "record", 2**20  # the member in which a training keeps its settings as JSON, and bytes
COORDINATES = ("coords",)  # of coo in place of `row` and `col`, where the array has another number of axes than two


def read_npy(path: Path) -> list[StoredArray]:
    """The only array of the file, under the name "recurrent"."""
    with open(path, "rb") as stream:
        shape, dtype = _header(stream, path.stat().st_size)
    return [stored_numbers("recurrent", shape, dtype, partial(np.load, path, allow_pickle=False))]


def read_npz(path: Path) -> list[StoredArray]:
    """The arrays in the archive, by name; members that are pickled or no arrays are listed with the reason."""
    arrays = []
    with stored_zip(path) as archive:
        for member in archive.infolist():
            arrays.append(_entry(path, archive, member))
        # records without a type are not lost: the user may say what they are
        if arrays and all(array.dtype == "unreadable" for array in arrays):
            raise DamagedFileError(f"its entry {arrays[0].name!r} cannot be read: it {arrays[0].unreadable}")
        names = {array.name for array in arrays if not array.unreadable}
        settings = _settings_of_training(path, archive)
        arrays = [replace(array, settings=settings) for array in arrays] if settings else arrays
        if names >= {"format", "shape", "data"}:
            return _sparse_matrix(path, archive, names) or arrays
    return arrays


def _settings_of_training(path: Path, archive: zipfile.ZipFile) -> dict[str, str]:
    """The nonlinearity of a plain cell that this package has trained, from the record of its training; else nothing."""
    members = {member.filename: member.file_size for member in archive.infolist()}
    if not 0 < members.get(f"{RECORD}.npy", 0) <= LONGEST_RECORD:
        return {}
    try:
        kind = json.loads(str(_member(path, RECORD)))["settings"]["cell"]
    except (ValueError, TypeError, KeyError, RecursionError):  # a record of something else
        return {}
    return {"nonlinearity": kind} if isinstance(kind, str) and kind != "lstm" else {}


def _entry(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> StoredArray:
    name = member.filename.removesuffix(".npy")
    try:
        with archive.open(member) as stream:
            shape, dtype = _header(stream, member.file_size)
    except DamagedFileError as error:
        return unreadable_entry(name, str(error).removeprefix("it "))
    except (ValueError, EOFError) as error:
        return unreadable_entry(name, f"is no array of numpy ({error!s:.80})")
    return stored_numbers(name, shape, dtype, partial(_member, path, name))


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
        raise DamagedFileError(f"it has {present} bytes after its header, but {shape} {dtype} needs {needed}")
    return shape, dtype


def _sparse_matrix(path: Path, archive: zipfile.ZipFile, names: set[str]) -> list[StoredArray]:
    """The matrix of a file that scipy.sparse.save_npz wrote, known by the names of its members; else none."""
    kind = _small(path, archive, "format").astype("U").item() if "format" in names else ""
    own = names - {"format", "shape", "data", "_is_array"}
    if own == set(COORDINATES) and kind == "coo":
        raise DamagedFileError("it holds a sparse array that has not two axes; save a matrix")
    if own != set(SPARSE.get(kind, ())):
        return []
    shape = tuple(_small(path, archive, "shape").tolist())
    return [StoredArray("matrix", shape, f"sparse {kind}", partial(_read_sparse, path, kind))]


def _small(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """A member of a few numbers."""
    if archive.getinfo(f"{name}.npy").file_size > 1000:
        raise DamagedFileError(f"its {name!r} is larger than that of any sparse matrix")
    return _member(path, name)


def _read_sparse(path: Path, kind: str) -> sparse.csr_array:
    part = {name: _member(path, name) for name in ("data", "shape", *SPARSE[kind])}
    if kind == "coo":
        return from_entries(part["data"], part["row"], part["col"], part["shape"])
    if kind == "dia":
        return from_diagonals(part["data"], part["offsets"], part["shape"])
    if kind == "bsr":
        return from_blocks(part["data"], part["indices"], part["indptr"], part["shape"])
    by = "row" if kind == "csr" else "column"
    return from_compressed(part["data"], part["indices"], part["indptr"], part["shape"], by=by)
