"""Whole cells from files: every gate, bias and setting, in one convention whatever wrote the file.

Contents
--------
CellWeights
    The weights of a cell, as PyTorch arranges them, and what the file says about it.
load_cell, load_stack
    A cell of a file; its layers that run one on top of the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from linmem.cells.cell import Cell
from linmem.cells.gru import GRUCell
from linmem.cells.lstm import LSTMCell
from linmem.cells.plain import RNNCell
from linmem.errors import ArgumentError, FileError, InvalidNetworkError
from linmem.files.cells import KINDS, StoredCell
from linmem.files.choose import PathLike, arrays_of
from linmem.files.conversion import Reading, gate_weights, input_weights, numbers_of, reading_of
from linmem.files.layers import chosen_layer, following_layers
from linmem.files.layouts import GRU, LSTM
from linmem.files.opening import extension
from linmem.validation import file_path, finite

OWN = "own: "  # how the name of a user's own function begins in the settings of a file
BEYOND = {
    "clip": "clips what enters its nonlinearities",
    "input_forget": "has one gate for input and forgetting",
    "activation_alpha": "gives its nonlinearities parameters of their own",
    "activation_beta": "gives its nonlinearities parameters of their own",
}
GATES: dict[str, tuple[str, ...]] = {"rnn": ("",), "gru": GRU, "lstm": LSTM}


@dataclass(frozen=True)
class CellWeights:
    """The weights of a recurrent cell, and what its file says about it.

    With a = weight_ih x + bias_ih and b = weight_hh h + bias_hh, in blocks of N rows for each gate:

    - "rnn": h' = f(a + b).
    - "gru": r = s(a_r + b_r), z = s(a_z + b_z); n = tanh(a_n + r b_n) where the reset comes after the product, and
      n = tanh(a_n + W_n (r h) + bias_n) where it comes before; h' = (1 - z) n + z h where the update keeps, and
      h' = (1 - z) h + z n where it replaces.
    - "lstm": i, f, o = s(.), g = tanh(.); c' = f c + i g; h' = o tanh(c'), or weight_hr o tanh(c') with a projection.

    Attributes
    ----------
    name
        The file, and the cell in it.
    kind
        "rnn", "gru" or "lstm".
    weight_ih, weight_hh
        Arrays (g N, M) and (g N, N) by columns, with the gates reset, update, new; or input, forget, cell, output.
        With a projection on P outputs, weight_hh is (g N, P). weight_ih is None where the file has no input weights.
    bias_ih, bias_hh
        Arrays (g N,), of zeros where the file has none. What the code of a framework adds to a bias is in them.
    weight_hr
        The projection (P, N) of an LSTM. None: there is none.
    peepholes
        The weights (3 N,) from c to the gates input, output and forget. None: there are none.
    nonlinearity
        The function f of an "rnn". None: the file does not say it.
    reset
        "before" or "after" for a "gru". None: the file does not say it.
    update
        "keeps" or "replaces" for a "gru"; None for others.
    leak
        a of h' = (1 - a) h + a f(.). None: the file does not say whether there is one.
    note
        What else must be known, as that a framework adds a leak in its code.
    beyond
        What the file says of its cell that no cell of this package does, so that it does not run; "" if there is
        nothing.
    """

    name: str
    kind: str
    weight_ih: np.ndarray | None
    weight_hh: np.ndarray
    bias_ih: np.ndarray
    bias_hh: np.ndarray
    weight_hr: np.ndarray | None = None
    peepholes: np.ndarray | None = None
    nonlinearity: str | None = None
    reset: str | None = None
    update: str | None = None
    leak: float | None = None
    note: str = ""
    beyond: str = ""

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates in the order of the blocks; empty for an "rnn"."""
        return () if self.kind == "rnn" else GATES[self.kind]

    def cell(
        self, *, nonlinearity: Any = None, reset: str | None = None, leak: float | None = None, form: str = "rate"
    ) -> Cell:
        """The cell that runs: what the file does not say is asked for.

        Parameters
        ----------
        nonlinearity
            For an "rnn" whose file does not say it.
        reset
            For a "gru" whose file does not say it.
        leak, form
            For an "rnn", as for `RNNCell`. A leak that is neither in the file nor given is 1: there is none.

        Raises
        ------
        ArgumentError
            If something is missing that the file does not say, or contradicts the file.
        InvalidNetworkError
            If the file has no input weights, or its cell steps otherwise than those of this package.
        """
        if self.beyond:
            raise InvalidNetworkError(f"the cell of {self.name!r} {self.beyond}, which no cell of this package does")
        if self.weight_ih is None:
            raise InvalidNetworkError(f"{self.name} has no input weights, without which the cell cannot run")
        f = self._settled("nonlinearity", nonlinearity, self.nonlinearity)
        if self.kind == "rnn":
            a = self.leak if leak is None else leak
            b = self.bias_ih + self.bias_hh
            return RNNCell(self.weight_hh, self.weight_ih, b, nonlinearity=f, leak=1.0 if a is None else a, form=form)
        biases = self.weight_hh, self.weight_ih, self.bias_ih, self.bias_hh
        if self.kind == "gru":
            where = self._settled("reset", reset, self.reset)
            return GRUCell(*biases, reset=where, update=self.update or "keeps", nonlinearity=f)
        return LSTMCell(*biases, weight_hr=self.weight_hr, peepholes=self.peepholes, nonlinearity=f)

    def _settled(self, argument: str, given: Any, known: Any) -> Any:
        """What the file says, or else what the caller gives."""
        if known is None and given is None:
            if argument == "nonlinearity" and self.kind != "rnn":
                return "tanh"  # that of every framework, unless a file says otherwise
            raise ArgumentError(
                f"{argument} is None, but the file of {self.name!r} does not say it; pass {argument}=..."
            )
        if isinstance(known, str) and known.startswith(OWN):
            if given is None:
                raise ArgumentError(
                    f"{argument} is None, but the cell of {self.name!r} has a function of its own, "
                    f"{known.removeprefix(OWN)!r}; pass {argument}=(f, its slope)"
                )
            return given
        if known is not None and given not in (None, known):
            raise ArgumentError(f"{argument} is {given!r}, but {self.name} says {known!r}")
        return known if given is None else given

    @property
    def unstated(self) -> tuple[str, ...]:
        """What the file does not say and `cell` asks for: "nonlinearity" of an "rnn", "reset" of a "gru"."""
        asked = {"rnn": "nonlinearity", "gru": "reset"}.get(self.kind, "")
        return (asked,) if asked and getattr(self, asked) is None else ()

    @property
    def is_more_than_linear(self) -> bool:
        """Whether the file holds input weights, and gates, biases or a nonlinearity."""
        more = self.kind != "rnn" or self.nonlinearity or self.bias_ih.any() or self.bias_hh.any()
        return self.weight_ih is not None and bool(more)

    @property
    def n(self) -> int:
        """The number of units."""
        return len(self.bias_hh) // len(GATES[self.kind])


def load_cell(
    path: PathLike,
    *,
    layer: int = 0,
    direction: str = "forward",
    recurrent: str | None = None,
    convention: str | None = None,
    gates: Sequence[str] | None = None,
    dtype: str | None = None,
) -> CellWeights:
    """A recurrent cell of a file with all its gates and biases, whatever framework wrote it.

    Parameters
    ----------
    path
        The file, of a type that `load_network` reads.
    layer
        The number of the layer, from 0, among the cells of the direction in the order of the file.
    direction
        "forward", or "backward" for the cell that meets the sequence from its end.
    recurrent
        The name of the array of W, or the end of its name, in place of layer and direction.
    convention, gates, dtype
        As for `load_network`: what the names of the arrays do not tell.

    Raises
    ------
    FileError
        If the file cannot be read, or holds no cell that is known by the names of its arrays, or no such layer.
    InvalidNetworkError
        If the arrays do not belong to one cell, or are not finite.
    ArgumentError
        If the direction, the layer, the convention or the gates are not possible.
    MissingLibraryError
        If the type of file needs a library that is not installed.

    Examples
    --------
    >>> import numpy, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pair.npz"
    >>> W = numpy.array([[0, 0], [1, 0]])
    >>> numpy.savez(path, weight_hh_l0=W, weight_ih_l0=numpy.ones((2, 1)), bias_ih_l0=numpy.ones(2))
    >>> cell = load_cell(path)
    >>> cell.kind, cell.bias_ih, cell.nonlinearity
    ('rnn', array([1., 1.]), None)
    """
    path = file_path("path", path)
    stored = arrays_of(path, dtype)
    return _read(path, chosen_layer(path, stored, layer, direction, recurrent), convention, gates)


def load_stack(
    path: PathLike,
    *,
    convention: str | None = None,
    gates: Sequence[str] | None = None,
    dtype: str | None = None,
) -> tuple[CellWeights, ...]:
    """The layers of a file that run one on top of the other, from the input on: one for a file with a single cell.

    Parameters and errors are those of `load_cell`; and where nothing says that the cells of the file follow each other,
    there is an error as well, which says how to choose one.
    """
    path = file_path("path", path)
    stored = arrays_of(path, dtype)
    return tuple(_read(path, cell, convention, gates) for cell in following_layers(path, stored))


def _read(path: Path, cell: StoredCell, convention: str | None, gates: Sequence[str] | None) -> CellWeights:
    reading = reading_of(path, cell, convention, None, gates, None, whole=True)
    if not convention and not cell.convention:
        raise FileError(
            f"convention is None, but neither the names nor the format of {path.name} tell whether {cell.array} "
            'multiplies columns or rows; pass convention="column" or convention="row"'
        )
    return _weights(path, cell, reading)


def _weights(path: Path, cell: StoredCell, reading: Reading) -> CellWeights:
    """All arrays of a cell in one convention."""
    kind = KINDS.get(max(len(reading.gates), 1))
    if kind is None or (reading.gates and set(reading.gates) != set(GATES[kind])):
        raise ArgumentError(f"gates is {reading.gates}; a cell has the gates {GRU}, {LSTM} or none")
    rows = [_of_gate(path, cell, reading, gate) for gate in GATES[kind]]
    weight_hh = np.concatenate([row["weight_hh"] for row in rows])
    inputs = [row["weight_ih"] for row in rows]
    bias_ih, bias_hh = (np.concatenate([row[role] for row in rows]) for role in ("bias_ih", "bias_hh"))
    settings = cell.array.settings
    layout = cell.layout
    name = path.name[: -len(extension(path))] + f", {cell.place.rstrip('.')}".rstrip(", ")
    weights = CellWeights(
        name=name,
        kind=kind,
        weight_ih=None if inputs[0] is None else np.concatenate(inputs),
        weight_hh=weight_hh,
        bias_ih=bias_ih,
        bias_hh=bias_hh,
        weight_hr=_partner(path, cell, "projection", reading),
        peepholes=_partner(path, cell, "peepholes", reading),
        nonlinearity=settings.get("nonlinearity") or layout.nonlinearity or None,
        reset=(settings.get("reset") or layout.reset or _reset_by_bias(cell) or None) if kind == "gru" else None,
        update=layout.update if kind == "gru" else None,
        leak=settings.get("leak"),
        note=layout.note,
        beyond=_beyond(settings),
    )
    _require_a_cell(path, weights)
    return weights


def _beyond(settings: Mapping[str, Any]) -> str:
    """What a file says of its cell that no cell of this package does, in words that continue "the cell"; or ""."""
    functions = settings.get("activations", ())  # those of the gates, of the new state, and of c, in ONNX
    of_gates = settings.get("recurrent_activation") or (functions[0] if len(functions) > 1 else "sigmoid")
    if of_gates != "sigmoid":
        return f"has the function {of_gates!r} in its gates, in place of 'sigmoid'"
    if len(functions) > 2 and functions[1] != functions[2]:
        return f"takes {functions[1]!r} of what enters c and {functions[2]!r} of c"
    return next((said for option, said in BEYOND.items() if settings.get(option)), "")


def _require_a_cell(path: Path, cell: CellWeights) -> None:
    """Raise where the arrays do not belong to one cell, or hold numbers that are not finite."""
    rows, outputs = cell.weight_hh.shape
    units = rows // len(GATES[cell.kind])
    wanted = {"weight_hh": (rows, units), "weight_ih": (rows, None)}
    if cell.weight_hr is not None:
        wanted |= {"weight_hh": (rows, outputs), "weight_hr": (outputs, units)}
    for name, (first, second) in wanted.items():
        array = getattr(cell, name)
        if array is not None and (array.ndim != 2 or array.shape[0] != first or second not in (None, array.shape[1])):
            raise InvalidNetworkError(
                f"{path.name}: {name} has shape {array.shape}, which is not that of a cell of {units} units; "
                "convention says whether its arrays multiply columns or rows, and gates in which order its blocks are"
            )
    for name in ("weight_hh", "weight_ih", "weight_hr", "bias_ih", "bias_hh", "peepholes"):
        if getattr(cell, name) is not None:
            finite(f"{path.name}: {name}", getattr(cell, name))


def _of_gate(path: Path, cell: StoredCell, reading: Reading, gate: str) -> dict[str, Any]:
    """Weights and biases of one gate."""
    of_gate = replace(reading, gate=gate or None)
    weight_hh = _dense(gate_weights(of_gate, "recurrent"))
    V = of_gate.partner("feedforward")
    weight_ih = None
    if V is not None or cell.layout.concatenated:
        weight_ih = _dense(input_weights(of_gate, V)[0])
    bias_ih, bias_hh = _biases(path, of_gate, len(weight_hh))
    if gate == "forget":
        bias_ih = bias_ih + cell.layout.forget_bias
    return {"weight_hh": weight_hh, "weight_ih": weight_ih, "bias_ih": bias_ih, "bias_hh": bias_hh}


def _dense(array: Any) -> np.ndarray:
    return array.toarray() if hasattr(array, "toarray") else np.asarray(array)


def _biases(path: Path, reading: Reading, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The biases (N,) of the input and of the state that belong to a gate."""
    block = slice(None)
    if reading.block is not None:
        block = slice(reading.block * n, (reading.block + 1) * n)
    rows = []
    for role in ("bias", "hidden_bias"):
        stored = reading.partner(role)
        numbers = np.zeros((1, n)) if stored is None else np.atleast_2d(numbers_of(path, stored, role))[:, block]
        if numbers.shape[1] != n or len(numbers) > (2 if role == "bias" else 1):
            raise FileError(f"{role} is {stored} in {path.name}, but the cell has {n} units")
        rows.append(numbers)
    # Keras keeps the biases of the input and of the state as two rows of one array
    bias, hidden_bias = rows[0][0], rows[1][0]
    if len(rows[0]) == 2:
        hidden_bias = rows[0][1]
    new_bias = reading.partner("new_bias")
    if new_bias is not None and reading.gate == "new":
        hidden_bias = hidden_bias + numbers_of(path, new_bias, "new_bias").ravel()
    return bias, hidden_bias


def _partner(path: Path, cell: StoredCell, role: str, reading: Reading) -> np.ndarray | None:
    """An array of a cell in double precision by columns; None if there is none."""
    stored = cell.partners.get((role, ""))
    if stored is None:
        return None
    array = numbers_of(path, stored, role)
    return array.T if reading.convention == "row" and array.ndim == 2 else array


def _reset_by_bias(cell: StoredCell) -> str:
    """Where Keras resets the state, if its bias tells it: two rows belong to a reset after the product."""
    bias = cell.partners.get(("bias", ""))
    if cell.layout.framework != "Keras" or bias is None:
        return ""
    return "after" if len(bias.shape) == 2 else "before"
