"""Conversion: from an array as a framework stores it to weights W[i, j] from unit j to unit i in double precision.

Contents
--------
Storage, storage_of
    How the arrays of a file are stored: by rows or columns, and with which gates.
converted
    An array as weights, and a description of what was changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.errors import ArgumentError, FileError
from linmem.files.layouts import gates_in, layout_of
from linmem.files.opening import errors_of_reading
from linmem.files.readers.stored import StoredArray
from linmem.validation import option

CONVENTIONS = ("column", "row")
PLAIN = ("float64", "float32", "complex128", "complex64")  # types whose conversion is not worth a word
LARGEST_UNITS = 20_000  # a dense matrix of 3.2 GB


@dataclass(frozen=True)
class Storage:
    """How the arrays of a file are stored.

    Attributes
    ----------
    convention
        "column" for arrays that multiply columns, W h; "row" for arrays that multiply rows, h W.
    stated
        Whether the caller stated the convention; otherwise it follows from the names of the arrays.
    gates
        The gates of the recurrent array in the order of their blocks; empty for a network without gates.
    gate
        The gate to read; None for the whole array.
    """

    convention: str
    stated: bool
    gates: tuple[str, ...]
    gate: str | None


def storage_of(path: Path, W: StoredArray, convention: str | None, gate: str | None, *, whole: bool) -> Storage:
    """How the arrays are stored beside the recurrent array W, from its name and shape and from what the caller says.

    Raises
    ------
    ArgumentError
        If the convention or the gate is not one of those that there are.
    FileError
        If W has several gates and none is chosen, unless the `whole` array may be read.
    """
    layout = layout_of(W.name)
    stated = convention is not None
    if convention is None:
        convention = layout.convention if layout else "column"
    convention = option("convention", convention, CONVENTIONS)
    gates = gates_in(W.shape, layout, convention) if len(W.shape) == 2 else ()
    place = f"{W.name} in {path.name} has shape {W.shape}"
    if gate is not None and not gates:
        raise ArgumentError(f"gate is {gate!r}, but {place}, without gates")
    if gates and gate not in gates and not (gate is None and whole):
        kind = FileError if gate is None else ArgumentError
        raise kind(
            f"gate is {gate!r}, but {place}, {len(gates)} gates of {min(W.shape)} units; choose one: "
            f"gate={', '.join(map(repr, gates))}"
        )
    return Storage(convention, stated, gates, gate)


def converted(path: Path, stored: StoredArray, argument: str, storage: Storage) -> tuple[Any, str]:
    """The array as weights by columns in double precision, and " (changes)" in words, or "" without changes.

    Raises
    ------
    FileError
        If the array cannot be read, does not hold numbers, or is too large.
    """
    is_dense = stored.dtype not in ("sparse", "edge attribute")
    if is_dense and math.prod(stored.shape) > LARGEST_UNITS**2:
        raise FileError(
            f"{argument} is {stored} in {path.name}; dense matrices of more than {LARGEST_UNITS} units are not read"
        )
    with errors_of_reading(path):
        array = stored.read()
    array = _double_precision(path, stored, argument, array)
    changes = []
    if stored.dtype not in PLAIN:
        changes.append(stored.dtype)
    if storage.convention == "row" and array.ndim > 1:
        array = array.T if sparse.issparse(array) else np.swapaxes(array, -1, -2)
        if not storage.stated:
            changes.append("transposed")
    if storage.gate is not None:
        units = array.shape[0] // len(storage.gates)
        first = storage.gates.index(storage.gate) * units
        array = array[first : first + units]
        changes.append(f"{storage.gate} gate")
    return array, f" ({', '.join(changes)})" if changes else ""


def _double_precision(path: Path, stored: StoredArray, argument: str, array: Any) -> Any:
    """The numbers of an array in double precision, real or complex; sparse if it is."""
    if not sparse.issparse(array):
        array = np.asarray(array)
        if array.dtype.kind not in "biufc":
            raise FileError(f"{argument} is {stored.name} in {path.name}, of type {array.dtype}; it must hold numbers")
    # the network refuses what is not finite, and says where it is
    with np.errstate(invalid="ignore"):
        return array.astype(complex if array.dtype.kind == "c" else float)
