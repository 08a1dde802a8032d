"""The state-space layers of a file, found by the names of its arrays.

Contents
--------
FoundLayer, layers_in
    The layers of a file, and the arrays of each.
layer_names, how_to_read
    One line about each; by which function it is read.
unfinished
    The name of a state-space layer without the others of its row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from linmem.files.cells import MOMENTS
from linmem.files.matching import dotted
from linmem.files.readers.stored import StoredArray
from linmem.files.state_space_layouts import STATE_SPACE_LAYOUTS, StateSpaceLayout

# what a row is known by: the first of its arrays, with the rows that begin with it
KNOWN: dict[str, list[StateSpaceLayout]] = {}
for _layout in STATE_SPACE_LAYOUTS:
    KNOWN.setdefault(next(iter(_layout.arrays.values())), []).append(_layout)


@dataclass(frozen=True)
class FoundLayer:
    """A state-space layer in a file: its row, its place in the model, with a dot at the end, and its arrays by role."""

    layout: StateSpaceLayout
    place: str
    arrays: dict[str, StoredArray]

    def __str__(self) -> str:
        where = f" in {self.place.rstrip('.')}" if self.place else ""
        return f"{self.layout.kind} ({self.layout.framework}){where}"


def layers_in(stored: dict[str, StoredArray]) -> list[FoundLayer]:
    """The state-space layers of a file, by the numbers in their names: layer 2 before layer 10."""
    names = {dotted(name): array for name, array in stored.items()}
    found = []
    for name in names:
        place, known = _split(name)
        if known not in KNOWN or MOMENTS.search(place):
            continue
        for layout in KNOWN[known]:
            if all(place + other in names for other in (*layout.arrays.values(), *layout.beside)):
                roles = layout.arrays | {
                    role: other for role, other in layout.optional.items() if place + other in names
                }
                found.append(FoundLayer(layout, place, {role: names[place + other] for role, other in roles.items()}))
                break
    return sorted(found, key=lambda layer: _by_number(layer.place))


def unfinished(names: Collection[str]) -> str:
    """The first name by which a state-space layer is known; "" if there is none. `names` have `.` for `/`."""
    return next((name for name in names if _split(name)[1] in KNOWN and not MOMENTS.search(name)), "")


def layer_names(layers: Sequence[FoundLayer]) -> str:
    """The layers with their numbers, in words."""
    shown = [f"{number}: {layer}" for number, layer in enumerate(layers[:6])]
    return "; ".join(shown) + (f"; and {len(layers) - 6} more" if len(layers) > 6 else "")


def how_to_read(layer: FoundLayer, layers: Sequence[FoundLayer]) -> str:
    """The call that reads a layer, or why none does."""
    if layer.layout.refusal:
        return f"{layer}, not read: its arrays {layer.layout.refusal}"
    chosen = f", layer={layers.index(layer)}" if len(layers) > 1 else ""
    return f"{layer}, read by linmem.load_state_space(path{chosen}) and by the command linmem layer"


def _split(name: str) -> tuple[str, str]:
    """The place of an array in its model, with a dot at the end, and its own name."""
    place, dot, own = name.rpartition(".")
    return place + dot, own


def _by_number(place: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", place)]
