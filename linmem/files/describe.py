"""What a file holds, as a tree of its cells.

Contents
--------
describe_file
    What a file holds, and what `load_network` would choose.
FileDescription
    The description of a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from linmem.errors import FileError
from linmem.files.cells import StoredCell, cells_in
from linmem.files.choose import PathLike, arrays_of, chosen_cell, input_array
from linmem.files.conversion import ASSUMED
from linmem.files.readers.stored import StoredArray
from linmem.files.state_space_layers import FoundLayer, how_to_read, layers_in
from linmem.validation import file_path

KINDS = {"rnn": "plain cell", "gru": "GRU", "lstm": "LSTM", "": "cell"}
ROLES = {
    "feedforward": "input weights",
    "bias": "bias",
    "hidden_bias": "bias of the state",
    "new_bias": "bias of the new gate",
    "projection": "projection",
    "peepholes": "peepholes",
}


@dataclass(frozen=True)
class FileDescription:
    """What a file holds.

    Attributes
    ----------
    path
        The file.
    arrays
        The arrays, each with `.name`, `.shape`, `.dtype` and `.labels`; `.read()` returns it as it is stored. An entry
        that is not read has its reason in `.unreadable`.
    cells
        The recurrent cells that are known by the names of their arrays.
    state_space
        The state-space layers that are, in the order of `load_state_space`.
    recurrent, feedforward
        The names of the arrays that `load_network` chooses for W and V. None: it chooses none, or cannot decide.
    """

    path: Path
    arrays: tuple[StoredArray, ...]
    cells: tuple[StoredCell, ...]
    state_space: tuple[FoundLayer, ...]
    recurrent: str | None
    feedforward: str | None

    def __str__(self) -> str:
        lines = [f"{self.path}: {len(self.arrays)} arrays"]
        own = set()
        for cell in self.cells:
            lines.append(_title(cell, self.cells))
            for role, array in _members(cell):
                own.add(array.name)
                lines.append(f"  {array} {array.dtype}  {role}{self._mark(array)}")
        for layer in self.state_space:
            lines.append(how_to_read(layer, self.state_space))
            lines.extend(f"  {array} {array.dtype}  {role}" for role, array in layer.arrays.items())
            own |= {array.name for array in layer.arrays.values()}
        others = [array for array in self.arrays if array.name not in own]
        if own and others:
            lines.append("other arrays")
        indent = "  " if own else ""
        for array in others:
            text = f"{array.name}: not read, {array.unreadable}" if array.unreadable else f"{array} {array.dtype}"
            lines.append(f"{indent}{text}{self._mark(array)}")
        return "\n".join(lines)

    def _mark(self, array: StoredArray) -> str:
        return {self.recurrent: "  <- W", self.feedforward: "  <- V"}.get(array.name, "")


def _title(cell: StoredCell, cells: tuple[StoredCell, ...]) -> str:
    """A line about a cell: its place, kind, framework, gates, orientation."""
    orientation = {"column": "columns", "row": "rows", "": ASSUMED}[cell.convention]
    parts = [" ".join(filter(None, [cell.layout.framework, KINDS[cell.kind]]))]
    same = [other for other in cells if other.is_backward == cell.is_backward]
    if len(cells) > 1:
        parts.append(f"layer {same.index(cell)} {'backward' if cell.is_backward else 'forward'}")
    if cell.place:
        parts.append(f"in {cell.place.rstrip('.')}")
    parts.append(orientation)
    if cell.gates:
        parts.append(f"gates {' '.join(cell.gates)}")
    for key, value in cell.array.settings.items():
        parts.append(f"{key} {value}")
    if cell.layout.note:
        parts.append(cell.layout.note)
    return ", ".join(parts)


def _members(cell: StoredCell) -> list[tuple[str, StoredArray]]:
    """The arrays of a cell with what they are."""
    members = [(f"recurrent weights {gate}".rstrip(), array) for gate, array in cell.recurrent.items()]
    members += [(f"{ROLES[role]} {gate}".rstrip(), array) for (role, gate), array in cell.partners.items()]
    return members


def describe_file(path: PathLike) -> FileDescription:
    """The names, shapes and types of the arrays in a file, none of which is read, and the cells to which they belong.

    Raises
    ------
    FileError
        If the file does not exist, is of unknown type, damaged or encrypted.
    MissingLibraryError
        If the type of file needs a library that is not installed.

    Examples
    --------
    >>> import numpy, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pair.npz"
    >>> numpy.savez(path, W_rec=numpy.eye(2), W_in=numpy.ones(2), bias=numpy.ones(2))
    >>> description = describe_file(path)
    >>> [str(array) for array in description.arrays], description.recurrent
    (['W_rec (2, 2)', 'W_in (2,)', 'bias (2,)'], 'W_rec')
    """
    path = file_path("path", path)
    stored = arrays_of(path)
    arrays, cells, layers = tuple(stored.values()), tuple(cells_in(stored)), tuple(layers_in(stored))
    try:
        cell = chosen_cell(path, stored, None, cells=cells)
    except FileError:  # no array, or several, can be W
        return FileDescription(path, arrays, cells, layers, None, None)
    V = input_array(path, stored, cell, None, None)
    return FileDescription(path, arrays, cells, layers, cell.array.name, V.name if V else None)
