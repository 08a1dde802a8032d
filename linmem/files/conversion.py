"""Conversion: from arrays as a framework stores them to weights W[i, j] from unit j to unit i in double precision.

Contents
--------
Reading, reading_of
    What is read of a cell, and how: orientation, gates, gate, subject.
gate_weights
    The recurrent array of a gate.
recurrent_weights, input_weights
    W and V in double precision, and what was done to them in words.
numbers_of
    One array in double precision, by columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.errors import ArgumentError, FileError
from linmem.files.cells import StoredCell, square_blocks
from linmem.files.opening import errors_of_reading
from linmem.files.readers.stored import StoredArray
from linmem.validation import option, whole_number

CONVENTIONS = ("column", "row")
PLAIN = ("float64", "float32", "complex128", "complex64")  # types whose conversion is not worth a word
SPARSE = ("sparse", "edge")  # how the types of arrays begin that take no memory for absent entries
LARGEST_UNITS = 20_000  # a dense matrix of 3.2 GB
ASSUMED = "columns assumed: pass convention=..."


@dataclass(frozen=True)
class Reading:
    """What is read of a cell, and how.

    Attributes
    ----------
    path, cell
        The file, and the cell in it.
    convention
        "column" for arrays that multiply columns, W h; "row" for arrays that multiply rows, h W.
    orientation
        The same in words, with whose word it is: "columns, PyTorch".
    gates
        The gates in the order of their blocks, or of their arrays; empty for a network without gates.
    gate
        The gate to read; None for the whole array.
    subject
        The number of the matrix in an array (N, N, S); None for all other arrays.
    """

    path: Path
    cell: StoredCell
    convention: str
    orientation: str
    gates: tuple[str, ...]
    gate: str | None
    subject: int | None = None

    @property
    def array(self) -> StoredArray:
        """The array that holds W of the gate."""
        own = self.cell.recurrent
        return own.get(self.gate or "", self.cell.array)

    @property
    def block(self) -> int | None:
        """The number of the block in the array; None for a whole array."""
        return self.gates.index(self.gate) if self.gate in self.gates and "" in self.cell.recurrent else None

    def partner(self, role: str) -> StoredArray | None:
        """The array of a role that belongs to the gate."""
        return self.cell.partner(role, self.gate)


def reading_of(
    path: Path,
    cell: StoredCell,
    convention: str | None,
    gate: str | None,
    gates: Sequence[str] | None,
    subject: int | None,
    *,
    whole: bool,
) -> Reading:
    """How the arrays of a cell are read, from the names and the format of its file, and from what the caller says.

    Raises
    ------
    ArgumentError
        If the convention, the gate or the subject is not one of those that there are.
    FileError
        If the cell has several gates and none is chosen, unless the `whole` array may be read.
    """
    stated = option("convention", convention, CONVENTIONS) if convention is not None else ""
    used = stated or cell.convention or "column"
    known = cell.gates if gates is None else _named_gates(path, cell, gates, used)
    place = f"{cell.array} in {path.name}"
    if gate is not None and not known:
        raise ArgumentError(f"gate is {gate!r}, but {place} {_without_gates(cell, used)}")
    if known and gate not in known and not (gate is None and whole):
        kind = FileError if gate is None else ArgumentError
        raise kind(
            f"gate is {gate!r}, but {place} belongs to {len(known)} gates; choose one: "
            f"gate={', '.join(map(repr, known))}"
        )
    return Reading(path, cell, used, _orientation(cell, used, bool(stated)), known, gate, subject)


def _named_gates(path: Path, cell: StoredCell, gates: Any, convention: str) -> tuple[str, ...]:
    """The gates that the caller names, if the array has so many blocks."""
    named = tuple(gates) if isinstance(gates, (tuple, list)) else ()
    if not named or not all(isinstance(gate, str) for gate in named) or len(set(named)) < len(named):
        raise ArgumentError(f"gates is {gates!r}; it must be different names, as ('reset', 'update', 'new')")
    if square_blocks(cell.array.shape, convention) != len(named):
        raise ArgumentError(
            f"gates names {len(named)} gates, but {cell.array} in {path.name} is not {len(named)} square blocks; "
            'convention="row" says that it multiplies rows'
        )
    return named


def _without_gates(cell: StoredCell, convention: str) -> str:
    """What is known of an array for which no layout names gates."""
    blocks = square_blocks(cell.array.shape, convention)
    if blocks > 1:
        return (
            f"is {blocks} square blocks in an order that its name does not tell; pass it, as "
            'gates=("reset", "update", "new")'
        )
    return "has no gates"


def _orientation(cell: StoredCell, convention: str, stated: bool) -> str:
    """The orientation in words, and whose word it is."""
    words = [f"{convention}s"]
    if not stated:
        if not cell.convention:
            return ASSUMED
        words.append(cell.layout.framework or "as the format says")
    if convention == "row":
        words.append("transposed")
    return ", ".join(words)


def gate_weights(reading: Reading, argument: str) -> Any:
    """What multiplies the output of the cell in the gate, by columns in double precision; of all gates without one.

    Raises
    ------
    FileError
        If the array cannot be read, does not hold numbers, is too large, or is no matrix W at all.
    """
    stored, layout = reading.array, reading.cell.layout
    if layout.refusal:
        raise FileError(f"path is {str(reading.path)!r}, whose array {stored} {layout.refusal}")
    array = _of_subject(reading, stored, numbers_of(reading.path, stored, argument))
    array = _by_columns(reading, array)
    if layout.concatenated and reading.gates:
        units = array.shape[0] // len(reading.gates)
        array = array[:, array.shape[1] - units :]
    return array if reading.block is None else _block(array, reading)


def recurrent_weights(reading: Reading, argument: str) -> tuple[Any, str]:
    """W by columns in double precision, or all gates where none is chosen; and " (how it was read)".

    With a projection it is the product through which the units act on the gate. Errors are those of `gate_weights`.
    """
    stored, layout = reading.array, reading.cell.layout
    array = gate_weights(reading, argument)
    words = [] if reading.gate is None else [f"{reading.gate} gate"]
    projection = reading.partner("projection")
    if projection is not None:
        array = array @ _by_columns(reading, numbers_of(reading.path, projection, "projection"))
        words.append(f"times {projection.name}")
    if layout.note.startswith("spiking"):
        words.append("spiking")
    is_symmetric = reading.orientation == ASSUMED and _is_symmetric(array)
    orientation = "symmetric" if is_symmetric else reading.orientation
    return array, f" ({', '.join([*words, *_changes(stored), orientation])})"


def input_weights(reading: Reading, stored: StoredArray | None) -> tuple[Any, str]:
    """V by columns in double precision, and " (what was changed)", or "" without changes.

    `stored` is the array of V, or None for the part of the array of W that multiplies inputs.
    """
    W = reading.array
    array = _by_columns(reading, numbers_of(reading.path, stored or W, "feedforward"))
    if stored is None:
        units = array.shape[0] // len(reading.gates)
        array = array[:, : array.shape[1] - units]
    rows = W.shape[0] if reading.convention == "column" else W.shape[-1]
    if reading.block is not None and array.shape[0] == rows:
        array = _block(array, reading)
    changes = _changes(stored or W)
    return array, f" ({', '.join(changes)})" if changes else ""


def _block(array: Any, reading: Reading) -> Any:
    """The rows of the gate."""
    block = reading.block or 0
    units = array.shape[0] // len(reading.gates)
    return array[block * units : (block + 1) * units]


def _by_columns(reading: Reading, array: Any) -> Any:
    """An array of the cell by columns."""
    if reading.convention == "row" and array.ndim > 1:
        return array.T if sparse.issparse(array) else np.swapaxes(array, -1, -2)
    return array


def _of_subject(reading: Reading, stored: StoredArray, array: Any) -> Any:
    """The matrix of one subject of an array (N, N, S); every other array as it is."""
    shape, subject = array.shape, reading.subject
    last = len(shape) == 3 and shape[0] == shape[1] != shape[2]
    if subject is None:
        if last:
            raise FileError(
                f"subject is None, but {stored} in {reading.path.name} holds {shape[2]} matrices of {shape[0]} units; "
                f"choose one: subject=0 to {shape[2] - 1}"
            )
        return array
    if not last and not (len(shape) == 3 and shape[1] == shape[2] != shape[0]):
        raise ArgumentError(
            f"subject is {subject!r}, but {stored} in {reading.path.name} is neither (N, N, S) nor (S, N, N)"
        )
    count = shape[2] if last else shape[0]
    number = whole_number("subject", subject, at_least=0)
    if number >= count:
        raise ArgumentError(f"subject is {number}, but {stored} in {reading.path.name} holds subjects 0 to {count - 1}")
    return array[:, :, number] if last else array[number]


def numbers_of(path: Path, stored: StoredArray, argument: str) -> Any:
    """The numbers of an array in double precision, real or complex; sparse if it is.

    Raises
    ------
    FileError
        If the array cannot be read, does not hold numbers, or is too large.
    """
    if stored.unreadable:
        raise FileError(f"{argument} is {stored.name} in {path.name}, which {stored.unreadable}")
    if not stored.dtype.startswith(SPARSE) and math.prod(stored.shape) > LARGEST_UNITS**2:
        raise FileError(
            f"{argument} is {stored} in {path.name}; dense matrices of more than {LARGEST_UNITS} units are not read"
        )
    with errors_of_reading(path):
        array = stored.read()
    if not sparse.issparse(array):
        array = np.asarray(array)
        if array.dtype.kind not in "biufc":
            raise FileError(f"{argument} is {stored.name} in {path.name}, of type {array.dtype}; it must hold numbers")
    # the network refuses what is not finite, and says where it is
    with np.errstate(invalid="ignore"):
        return array.astype(complex if array.dtype.kind == "c" else float)


def _changes(stored: StoredArray) -> list[str]:
    """What an array was before it was converted, if that is worth a word."""
    computed = stored.settings.get("computed")
    return ([str(computed)] if computed else []) + ([] if stored.dtype in PLAIN else [stored.dtype])


def _is_symmetric(array: Any) -> bool:
    """Whether a matrix is its own transpose, so that its orientation does not matter."""
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        return False
    if sparse.issparse(array):
        return (array != array.T).nnz == 0
    return bool(np.array_equal(array, array.T))
