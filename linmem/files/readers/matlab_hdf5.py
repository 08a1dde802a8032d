"""Variables of MATLAB and Octave in HDF5 files, whatever the ending of their name is.

Conventions
-----------
Both store columns first, and HDF5 counts rows first: a file holds the transpose of each array. What is inside of
structs and cells is listed by its path, `net.W`, `C{2}`. References lead to other items of the same file; links to
other files are not followed.

Contents
--------
is_of_matlab, is_of_octave
    Whether an item of a file was written by that program.
matlab_variables, octave_variables
    The variables of an open file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.files.readers.compressed_rows import from_compressed
from linmem.files.readers.hdf5 import is_numeric, members, numbers_of
from linmem.files.readers.matlab_names import NUMERIC, TEXT, element_name, require_modest
from linmem.files.readers.stored import StoredArray, library, unreadable_entry

OCTAVE = "OCTAVE_NEW_FORMAT"


def is_of_matlab(item: Any) -> bool:
    """Whether MATLAB wrote the item."""
    return "MATLAB_class" in item.attrs or "MATLAB_sparse" in item.attrs


def is_of_octave(item: Any) -> bool:
    """Whether Octave wrote the item."""
    return OCTAVE in item.attrs


def matlab_variables(path: Path, file: Any) -> list[StoredArray]:
    """The variables of MATLAB in an open file of version 7.3."""
    found: list[StoredArray] = []
    for name, item in members(file):
        if not name.startswith("#"):  # where the values of cells are
            _matlab(path, file, item, name, found, 0)
    return found


def _matlab(path: Path, file: Any, item: Any, label: str, found: list[StoredArray], depth: int) -> None:
    """Add what an item holds."""
    require_modest(depth, len(found))
    kind = _text(item.attrs.get("MATLAB_class", b"double"))
    is_group = hasattr(item, "keys")
    if "MATLAB_sparse" in item.attrs:
        rows = int(item.attrs["MATLAB_sparse"])
        shape = rows, len(item["jc"]) - 1
        found.append(StoredArray(label, shape, "sparse", partial(_matlab_sparse, path, item.name, shape)))
    elif is_group:
        for name, child in members(item):
            if _is_references(child) and "MATLAB_class" not in child.attrs:
                for number, target in _targets(file, child):
                    element = element_name(label, number, child.shape[::-1], "()")
                    _matlab(path, file, target, f"{element}.{name}", found, depth + 1)
            else:
                _matlab(path, file, child, f"{label}.{name}", found, depth + 1)
    elif kind == "cell" and _is_references(item):
        for number, target in _targets(file, item):
            _matlab(path, file, target, element_name(label, number, item.shape[::-1]), found, depth + 1)
    elif kind in NUMERIC and is_numeric(item):
        if "MATLAB_empty" not in item.attrs:
            found.append(_transposed(path, item, label, NUMERIC[kind]))
    elif kind not in TEXT:
        found.append(unreadable_entry(label, f"is of MATLAB's class {kind!r:.40}; save its numbers as a matrix"))


def _is_references(item: Any) -> bool:
    return getattr(item, "dtype", None) == library("h5py").ref_dtype


def _targets(file: Any, item: Any) -> Iterator[tuple[int, Any]]:
    """The items that a dataset of references leads to, numbered with rows first."""
    require_modest(0, item.size)
    for number, reference in enumerate(np.ravel(item[()])):
        if reference:
            yield number, file[reference]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _transposed(path: Path, item: Any, label: str, dtype: str) -> StoredArray:
    dtype = "complex128" if item.dtype.names else dtype
    return StoredArray(label, item.shape[::-1], dtype, partial(_read_transposed, path, item.name))


def _read_transposed(path: Path, name: str) -> np.ndarray:
    with library("h5py").File(path, "r") as file:
        return _complex(numbers_of(file[name])).T


def _complex(array: np.ndarray) -> np.ndarray:
    """The numbers of an array; complex ones are stored as records with the fields real and imag."""
    array = np.asarray(array)
    if array.dtype.names != ("real", "imag"):
        return array
    return array["real"] + 1j * array["imag"]


def _matlab_sparse(path: Path, name: str, shape: tuple[int, int]) -> sparse.csr_array:
    """A sparse matrix from compressed columns: values, the row of each, and where each column begins."""
    with library("h5py").File(path, "r") as file:
        group = file[name]
        if "data" not in group:  # a matrix without entries
            return from_compressed(np.empty(0), np.empty(0, int), np.zeros(shape[1] + 1, int), shape, by="column")
        values, rows, starts = (numbers_of(group[part]) for part in ("data", "ir", "jc"))
        return from_compressed(_complex(values), rows, starts, shape, by="column")


def octave_variables(path: Path, file: Any) -> list[StoredArray]:
    """The variables of Octave in an open file, which `save -hdf5` wrote."""
    found: list[StoredArray] = []
    for name, item in members(file):
        if is_of_octave(item):
            _octave(path, item, name, found, 0)
    return found


def _octave(path: Path, item: Any, label: str, found: list[StoredArray], depth: int) -> None:
    """Add what an item holds: a group with the datasets `type` and `value`."""
    require_modest(depth, len(found))
    kind, value = _text(item["type"][()]), item["value"]
    if "sparse" in kind:
        shape = int(value["nr"][()]), int(value["nc"][()])
        found.append(StoredArray(label, shape, "sparse", partial(_octave_sparse, path, value.name, shape)))
    elif kind in ("scalar struct", "cell"):
        for name, child in members(value):
            if is_of_octave(child):
                inside = f"{label}.{name}" if kind != "cell" else _numbered(label, name, value["dims"])
                _octave(path, child, inside, found, depth + 1)
    elif kind == "struct":
        for field, cell in members(value):
            for name, child in members(cell["value"]):
                if is_of_octave(child):
                    element = _numbered(label, name, cell["value"]["dims"], "()")
                    _octave(path, child, f"{element}.{field}", found, depth + 1)
    elif is_numeric(value) and kind.split()[-1] in ("matrix", "scalar", "bool"):
        if "OCTAVE_EMPTY_MATRIX" not in item.attrs:
            found.append(_transposed(path, value, label, str(value.dtype)))
    elif kind not in TEXT:
        found.append(unreadable_entry(label, f"is of Octave's type {kind!r:.40}"))


def _numbered(label: str, name: str, dims: Any, brackets: str = "{}") -> str:
    """The name of an element of a cell, which is stored under `_0`, `_1`, and so on."""
    return element_name(label, int(name.removeprefix("_")), dims[()].tolist(), brackets)


def _octave_sparse(path: Path, name: str, shape: tuple[int, int]) -> sparse.csr_array:
    with library("h5py").File(path, "r") as file:
        group = file[name]
        values, rows, starts = (np.ravel(numbers_of(group[part])) for part in ("data", "ridx", "cidx"))
        return from_compressed(_complex(values), rows, starts, shape, by="column")
