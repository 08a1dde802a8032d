"""How frameworks store recurrent weights.

Conventions
-----------
PyTorch multiplies columns, W h, as this package does; Keras multiplies rows, h W, so that its arrays are the transpose.
Gated cells store one array with a block of N rows (Keras: columns) for each gate.

Contents
--------
Layout, layout_of
    A framework's names, orientation and order of gates; the one that an array's name tells.
gates_in
    The gates of an array, in the order of its blocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LSTM = ("input", "forget", "cell", "output")
PYTORCH_GATES = {4: LSTM, 3: ("reset", "update", "new")}
KERAS_GATES = {4: LSTM, 3: ("update", "reset", "new")}


@dataclass(frozen=True)
class Layout:
    """`recurrent` finds W's name, and each of `feedforward` is put in its place to find V's."""

    framework: str
    recurrent: str
    feedforward: tuple[str, ...]
    convention: str = "column"
    gates: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def input_names(self, name: str) -> list[str]:
        """What V may be called, where W is called `name`."""
        return [re.sub(self.recurrent, replacement, name) for replacement in self.feedforward]


LAYOUTS = (
    Layout("PyTorch", r"weight_hh", ("weight_ih",), gates=PYTORCH_GATES),
    Layout("PyTorch", r"(?<![^./_])h2h(?=\.weight$)", ("i2h", "in2h", "input2h"), gates=PYTORCH_GATES),
    Layout("Keras", r"recurrent_kernel(?=(:\d+)?$)", ("kernel",), "row", KERAS_GATES),
    Layout("Keras", r"(?<=cell/vars/)1$", ("0",), "row", KERAS_GATES),
    Layout("", r"^recurrent$", ("feedforward",)),
    Layout("", r"^(W|weights?|connectivity)$", ("feedforward", "V", "v")),
    Layout("", r"(?<![^./])([Ww])_?(rec|hh)$", (r"\1_in", r"\1in", r"\1_ih", r"\1ih")),
)


def layout_of(name: str) -> Layout | None:
    """The layout whose name for W this is."""
    return next((layout for layout in LAYOUTS if re.search(layout.recurrent, name)), None)


def gates_in(shape: tuple[int, ...], layout: Layout | None, convention: str) -> tuple[str, ...]:
    """Gates of a recurrent array, (g N, N) as seen in columns; none where it is square.

    Where no name tells the framework, the orientation does: columns are PyTorch's, rows Keras'.
    """
    rows, columns = shape if convention == "column" else shape[::-1]
    orders = layout.gates if layout and layout.gates else PYTORCH_GATES if convention == "column" else KERAS_GATES
    return orders.get(rows // columns, ()) if columns and rows % columns == 0 else ()
