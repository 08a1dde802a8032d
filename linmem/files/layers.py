"""The cells of a file as layers: which one is meant, and which run one on top of the other.

Contents
--------
chosen_layer
    The cell that is asked for.
layers_of
    The cells of a direction.
following_layers
    The cells that run one on top of the other.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from linmem.errors import ArgumentError, FileError
from linmem.files.cells import StoredCell, cell_of, cells_in
from linmem.files.choose import listed, named_array
from linmem.files.readers.stored import StoredArray
from linmem.files.state_space_layers import how_to_read, layers_in
from linmem.validation import option, whole_number

DIRECTIONS = ("forward", "backward")


def chosen_layer(
    path: Path, stored: dict[str, StoredArray], layer: int, direction: str, recurrent: str | None
) -> StoredCell:
    """The cell that is asked for: by the name of its W, or as a layer of a direction."""
    layer = whole_number("layer", layer, at_least=0)
    if recurrent is not None:
        chosen = named_array(path, stored, "recurrent", recurrent)
        own = cell_of(chosen, cells_in(stored))
        if own is None:
            raise FileError(f"recurrent is {recurrent!r}, but {chosen} in {path.name} does not have a name of W")
        return own
    layers = layers_of(path, stored, direction)
    if layer >= len(layers):
        raise ArgumentError(f"layer is {layer}, but {path.name} holds {len(layers)} {direction} layers, from 0 on")
    return layers[layer]


def layers_of(path: Path, stored: dict[str, StoredArray], direction: str) -> list[StoredCell]:
    """The cells of a direction, in the order of the file; at least one."""
    backward = option("direction", direction, DIRECTIONS) == "backward"
    cells = cells_in(stored)
    fitting = [cell for cell in cells if cell.is_backward == backward]
    if not fitting:
        diagonal = layers_in(stored)
        raise FileError(
            f"path is {str(path)!r}, which holds no {direction} cell that is known by the names of its arrays; "
            + (f"a state-space layer is {how_to_read(diagonal[0], diagonal)}; " if diagonal else "")
            + f"it holds: {listed(stored.values())}"
        )
    places = {cell.place for cell in fitting if cell.layout.framework == "PyTorch"}
    if len(places) > 1 and any(_is_numbered(cell) for cell in fitting):
        raise FileError(
            f"recurrent is None, but {path.name} holds cells of {len(places)} modules; choose one by name, "
            f"recurrent=...; it holds: {listed(cell.array for cell in fitting)}"
        )
    if len(fitting) == 1 and len(fitting[0].array.shape) == 3:
        return _layers_of_stack(path, fitting[0])
    return fitting


def following_layers(path: Path, stored: dict[str, StoredArray]) -> list[StoredCell]:
    """The cells of a file that run one on top of the other, from the input on."""
    layers = layers_of(path, stored, "forward")
    cells = cells_in(stored)
    follow = len(cells) == 1 or all(_is_numbered(cell) and not cell.is_backward for cell in cells)
    if len(layers) > 1 and not follow:
        raise FileError(
            f"layer is None, but {path.name} holds {len(layers)} cells, and nothing says that each takes the output of "
            f"the one before and no other; choose one: layer=0 to layer={len(layers) - 1}; it holds: "
            f"{listed(cell.array for cell in layers)}"
        )
    return sorted(layers, key=_number) if len(cells) > 1 else layers


def _layers_of_stack(path: Path, cell: StoredCell) -> list[StoredCell]:
    """The layers of a cell whose arrays hold several on their first axis, as `flax.linen.scan` stores them."""
    count = cell.array.shape[0]
    if not count or any(array.shape[:1] != (count,) for array in cell.arrays):
        raise FileError(f"{cell.array} in {path.name} holds {count} layers, and not all of its arrays do")
    return [_layer_of_stack(cell, layer) for layer in range(count)]


def _layer_of_stack(cell: StoredCell, layer: int) -> StoredCell:
    """One of these layers."""

    def of_layer(array: StoredArray) -> StoredArray:
        return replace(array, shape=array.shape[1:], read=lambda: array.read()[layer])

    recurrent = {gate: of_layer(array) for gate, array in cell.recurrent.items()}
    return replace(cell, recurrent=recurrent, partners={role: of_layer(array) for role, array in cell.partners.items()})


def _is_numbered(cell: StoredCell) -> bool:
    """Whether the name of W ends with the number of a layer."""
    return _number(cell) >= 0


def _number(cell: StoredCell) -> int:
    """The number of the layer at the end of the name of W, as in `weight_hh_l0`; -1 where there is none."""
    found = re.search(r"_l(\d+)(_reverse)?$", cell.array.name)
    return int(found[1]) if found else -1
