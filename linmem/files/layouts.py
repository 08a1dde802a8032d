"""How frameworks store recurrent weights.

Conventions
-----------
PyTorch multiplies columns, W h, as this package does. Keras multiplies rows, h W, so that its arrays are transposed.
Cells with gates have one array with a block of N rows (Keras: N columns) for each gate.

Contents
--------
Layout
    The names, the orientation and the order of gates of a framework.
layout_of
    The layout that the name of an array belongs to.
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
    """How a framework stores recurrent weights.

    Attributes
    ----------
    framework
        Its name; "" for names that no framework gives.
    recurrent
        A regular expression that matches the part of a name that stands for W.
    feedforward
        What stands for V in place of that part, the most common first.
    convention
        "column" or "row".
    gates
        The gates in the order of their blocks, by their number.
    """

    framework: str
    recurrent: str
    feedforward: tuple[str, ...]
    convention: str = "column"
    gates: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def input_names(self, name: str) -> list[str]:
        """The names that V may have if W has the given name."""
        return [re.sub(self.recurrent, replacement, name) for replacement in self.feedforward]


# the first that matches a name is taken; the comments show names of W that match
LAYOUTS = (
    # weight_hh_l0, of torch.nn.RNN, LSTM and GRU; cell.weight_hh, of their cells
    Layout("PyTorch", r"weight_hh", ("weight_ih",), gates=PYTORCH_GATES),
    # h2h.weight, rnn.h2h.weight, of cells that are written by hand
    Layout("PyTorch", r"(?<![^./_])h2h(?=\.weight$)", ("i2h", "in2h", "input2h"), gates=PYTORCH_GATES),
    # lstm/lstm_cell/recurrent_kernel:0, of .h5 files
    Layout("Keras", r"recurrent_kernel(?=(:\d+)?$)", ("kernel",), "row", KERAS_GATES),
    # layers/lstm/cell/vars/1, of .keras archives, which number the variables of a cell
    Layout("Keras", r"(?<=cell/vars/)1$", ("0",), "row", KERAS_GATES),
    Layout("", r"^recurrent$", ("feedforward",)),
    Layout("", r"^(W|weights?|connectivity)$", ("feedforward", "V", "v")),
    # W_rec, Wrec, w_hh, rnn.W_rec
    Layout("", r"(?<![^./])([Ww])_?(rec|hh)$", (r"\1_in", r"\1in", r"\1_ih", r"\1ih")),
)


def layout_of(name: str) -> Layout | None:
    """The layout in which an array of the given name is W; None if there is none."""
    return next((layout for layout in LAYOUTS if re.search(layout.recurrent, name)), None)


def gates_in(shape: tuple[int, ...], layout: Layout | None, convention: str) -> tuple[str, ...]:
    """The gates of a recurrent array in the order of its blocks; empty for a square array.

    The array is (g N, N) in columns, for g gates. If its name does not tell the framework, the convention does:
    "column" is PyTorch's, "row" is Keras'.
    """
    rows, columns = shape if convention == "column" else shape[::-1]
    if columns == 0 or rows % columns:
        return ()
    orders = PYTORCH_GATES if convention == "column" else KERAS_GATES
    if layout and layout.gates:
        orders = layout.gates
    return orders.get(rows // columns, ())
