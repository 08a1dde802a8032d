"""The recurrent cells of a file, found by the names of its arrays.

Contents
--------
StoredCell
    A cell: its layout, and the arrays of its gates.
cells_in, cell_of
    The cells of a file; the cell of one array.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from linmem.files.layouts import Layout
from linmem.files.matching import Match, dotted, layout_of
from linmem.files.readers.stored import StoredArray

KINDS = {1: "rnn", 3: "gru", 4: "lstm"}  # by the number of gates


@dataclass
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
        blocks, units = shape if self.convention != "row" else shape[::-1]
        if self.layout.concatenated:
            # the block of inputs is as long as their number: only the gates are side by side
            known = next(iter(self.layout.gates))
            return self.layout.gates[known] if blocks % known == 0 and units > blocks // known else ()
        if units == 0 or blocks % units:
            return self._gates_of_projection(blocks, units)
        return self.layout.gates.get(blocks // units, ())

    def _gates_of_projection(self, blocks: int, outputs: int) -> tuple[str, ...]:
        """The gates where the state is projected on fewer outputs, by an array (outputs, units)."""
        projection = self.partners.get(("projection", ""))
        if projection is None or len(projection.shape) != 2 or projection.shape[0] != outputs:
            return ()
        units = projection.shape[1]
        return self.layout.gates.get(blocks // units, ()) if units and blocks % units == 0 else ()

    @property
    def kind(self) -> str:
        """ "rnn", "gru" or "lstm"; "" for gates of another number."""
        return KINDS.get(max(len(self.gates), 1), "")


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


def cell_of(array: StoredArray, cells: list[StoredCell]) -> StoredCell | None:
    """The cell that an array of W belongs to; None if there is none."""
    return next((cell for cell in cells if any(array is own for own in cell.recurrent.values())), None)
