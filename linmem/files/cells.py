"""The recurrent cells of a file, found by the names of its arrays.

Contents
--------
StoredCell
    A cell: its layout, and the arrays of its gates.
square_blocks
    How many square blocks an array is.
cells_in, cell_of
    The cells of a file; the cell of one array.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from linmem.files.layouts import Layout
from linmem.files.matching import Match, dotted, layout_of
from linmem.files.readers.stored import StoredArray

KINDS = {1: "rnn", 3: "gru", 4: "lstm"}  # by the number of gates


@dataclass(frozen=True)
class StoredCell:
    """A recurrent cell in a file.

    Attributes
    ----------
    layout
        How its arrays are stored.
    place
        The place of the cell in its model, with a dot at the end; "" for a cell that is the whole model.
    recurrent
        The arrays of W: one with the gates in blocks, by the key "", or one for each gate, by its name.
    partners
        The other arrays by role and gate, as ("feedforward", "") or ("bias", "forget").
    """

    layout: Layout
    place: str
    recurrent: dict[str, StoredArray] = field(default_factory=dict)
    partners: dict[tuple[str, str], StoredArray] = field(default_factory=dict)

    @property
    def array(self) -> StoredArray:
        """The array of W, or that of the first gate."""
        return next(iter(self.recurrent.values()))

    @property
    def arrays(self) -> list[StoredArray]:
        """All arrays of the cell."""
        return [*self.recurrent.values(), *self.partners.values()]

    @property
    def is_backward(self) -> bool:
        """Whether it meets the sequence from its end."""
        return bool(re.search(r"_reverse(\W|$)|backward", self.array.name))

    @property
    def convention(self) -> str:
        """ "column", "row", or "" where neither the names nor the format tell it."""
        return self.layout.convention or self.array.orientation

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates in the order in which they are stored; empty for a cell without gates."""
        if "" not in self.recurrent:
            return tuple(self.recurrent)
        shape = self.array.shape
        if len(shape) != 2:
            return ()
        rows, columns = shape[::-1] if self.convention == "row" else shape
        if self.layout.concatenated:
            # the part for the inputs has as many columns as there are inputs: only the gates are blocks
            known = next(iter(self.layout.gates))
            return self.layout.gates[known] if rows % known == 0 and columns > rows // known else ()
        blocks = square_blocks(shape, self.convention)
        return self.layout.gates.get(blocks, ()) if blocks else self._gates_of_projection(rows, columns)

    def _gates_of_projection(self, rows: int, outputs: int) -> tuple[str, ...]:
        """The gates where the state is projected on fewer outputs, by an array (outputs, units)."""
        projection = self.partners.get(("projection", ""))
        if projection is None or len(projection.shape) != 2 or projection.shape[0] != outputs:
            return ()
        units = projection.shape[1]
        return self.layout.gates.get(rows // units, ()) if units and rows % units == 0 else ()

    def partner(self, role: str, gate: str | None = None) -> StoredArray | None:
        """The array of a role that belongs to the gate, or to all gates; None if there is none."""
        return self.partners.get((role, gate or ""), self.partners.get((role, "")))

    @property
    def kind(self) -> str:
        """ "rnn", "gru" or "lstm"; "" for gates of another number."""
        return KINDS.get(max(len(self.gates), 1), "")


def square_blocks(shape: tuple[int, ...], convention: str) -> int:
    """How many square blocks an array is, below each other in columns and side by side in rows; 0 if it is not so."""
    if len(shape) != 2:
        return 0
    rows, columns = shape[::-1] if convention == "row" else shape
    return rows // columns if columns and rows % columns == 0 else 0


MOMENTS = re.compile(r"(^|\.)(opt_state|optimizer|optimizer_state)\.")  # of optimisers, with the names of weights


def cells_in(stored: dict[str, StoredArray]) -> list[StoredCell]:
    """The cells of a file, in its order. Cells whose names a framework gives stand for all, if there are any."""
    names = {dotted(name): array for name, array in stored.items()}
    cells: dict[tuple[str, ...], StoredCell] = {}
    for array in stored.values():
        match = layout_of(array, names)
        if match is None or (array.unreadable and not match.layout.framework) or MOMENTS.search(match.place):
            continue
        key = (match.layout.cells, match.place, match.stem, "" if match.gate else array.name)
        cell = cells.setdefault(key, StoredCell(match.layout, match.place))
        _add(cell, array, match, names)
    found = list(cells.values())
    return [cell for cell in found if cell.layout.framework] or found


def _add(cell: StoredCell, array: StoredArray, match: Match, names: dict[str, StoredArray]) -> None:
    """Give the cell an array of W, and those that belong to it by name."""
    gate = match.layout.named_gates[match.gate] if match.gate else ""
    cell.recurrent[gate] = array
    for role in match.layout.partners:
        for name in match.names_of(role):
            if name in names and names[name] is not array:
                cell.partners[role, gate] = names[name]
                break


def cell_of(array: StoredArray, cells: Sequence[StoredCell]) -> StoredCell | None:
    """The cell that an array of W belongs to; None if there is none."""
    return next((cell for cell in cells if any(array is own for own in cell.recurrent.values())), None)
