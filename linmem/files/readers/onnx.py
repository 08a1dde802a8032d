"""The recurrent operators of ONNX, and the other weights of a model.

Conventions
-----------
https://onnx.ai/onnx/operators: RNN, LSTM and GRU have W (directions, gates N, inputs), R (directions, gates N, N) and
biases B (directions, 2 gates N), of which the first half belongs to W. They multiply columns. Every direction of an
operator has arrays of its own here, `{operator}.{forward or backward}.R`, `.W`, `.Wb`, `.Rb` and, for peepholes, `.P`.
Weights that belong to no such operator have the names of the file. External data are read from the folder of the model
only.

Contents
--------
read_onnx
    The weights in a .onnx file.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from linmem.files.readers.onnx_tensors import Constant, attributes, computed, refused, tensor
from linmem.files.readers.protobuf import Message
from linmem.files.readers.stored import DamagedFileError, StoredArray, unreadable_entry

GRAPH, FUNCTIONS = 7, 25  # fields of ModelProto
NODES, INITIALISERS, SPARSE_INITIALISERS = 1, 5, 15  # of GraphProto; the nodes of a FunctionProto are 7
INPUTS, OUTPUTS, NAME, KIND, DOMAIN = 1, 2, 3, 4, 7  # of NodeProto
MOST_COMPUTED = 2**25  # numbers that are rearranged when a file is opened, in all its nodes
DEEPEST = 16  # graphs inside graphs
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
ACTIVATIONS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
DIRECTIONS = {"forward": ["forward"], "reverse": ["backward"], "bidirectional": ["forward", "backward"]}
IS_COMPUTED = (
    "is computed from what the file does not hold as a constant; export the trained model, or its weights alone"
)
SIMPLIFY = "onnx.save(onnx.inliner.inline_local_functions(onnx.load({path!r})), 'inlined.onnx')"


def read_onnx(path: Path) -> list[StoredArray]:
    """The weights of the recurrent operators, and then the others."""
    with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        model = Message(data, 0, len(data))
        graphs = model.messages(GRAPH)
        if not graphs:
            raise DamagedFileError("it has no graph, which every model of ONNX has")
        reading = _Reading(path)
        reading.graph(graphs[-1], {}, DEEPEST)
        for function in model.messages(FUNCTIONS):
            reading.function(function)
    return reading.entries()


@dataclass
class _Operator:
    """A recurrent operator: its name, its kind, its weights and its attributes."""

    name: str
    kind: str
    weights: list[Constant | None]
    options: dict[str, Any]

    def entries(self) -> Iterator[StoredArray]:
        """The arrays of each direction."""
        W, R, B, P = self.weights
        for i, direction in enumerate(DIRECTIONS.get(str(self.options.get("direction") or "forward"), ["forward"])):
            make = partial(self._entry, f"{self.name}.{direction}", i, self._settings(i))
            yield make("R", R, lambda array: array)
            yield make("W", W, lambda array: array)
            if B is not None:
                yield make("Wb", B, lambda array: array[: array.shape[0] // 2])
                yield make("Rb", B, lambda array: array[array.shape[0] // 2 :])
            if P is not None:
                yield make("P", P, lambda array: array)

    def _entry(
        self, place: str, i: int, settings: dict[str, Any], part: str, stored: Constant | None, cut: Callable[..., Any]
    ) -> StoredArray:
        """One array of one direction; `cut` takes its part of what is stored for the direction."""
        name = f"{place}.{part}"
        if stored is None or stored.unreadable:
            return unreadable_entry(name, stored.unreadable if stored else IS_COMPUTED)
        axes = 3 if part in ("R", "W") else 2
        directions = len(DIRECTIONS.get(str(self.options.get("direction") or "forward"), [""]))
        blocks = stored.shape[1] / GATES[self.kind] if len(stored.shape) == axes else 0.5
        fits = part != "R" or (len(stored.shape) == 3 and blocks == stored.shape[2])
        if len(stored.shape) != axes or stored.shape[0] != directions or not fits:
            return unreadable_entry(name, f"has shape {stored.shape}, which the operator {self.kind} cannot have")
        shape = cut(np.broadcast_to(0, stored.shape[1:])).shape
        return StoredArray(
            name,
            shape,
            stored.dtype,
            lambda: cut(stored.read()[i]),
            framework="ONNX",
            orientation="column" if axes == 3 else "",
            settings=settings,
        )

    def _settings(self, i: int) -> dict[str, Any]:
        """What the operator says about the cell of a direction."""
        defaults = ACTIVATIONS[self.kind]
        named = self.options.get("activations") or defaults * 2
        functions = [str(function).lower() for function in named[i * len(defaults) : (i + 1) * len(defaults)]]
        settings: dict[str, Any] = {"cell": self.kind.lower()}
        if len(functions) == len(defaults):
            settings["nonlinearity"] = functions[min(1, len(functions) - 1)]
            if functions != [default.lower() for default in defaults]:
                settings["activations"] = tuple(functions)
        if self.kind == "GRU":
            settings["reset"] = "after" if self.options.get("linear_before_reset") else "before"
        for option in ("clip", "layout", "input_forget", "activation_alpha", "activation_beta"):
            if self.options.get(option):
                settings[option] = self.options[option]
        return settings


@dataclass
class _Reading:
    """What has been found in the graphs of a model."""

    path: Path
    operators: list[_Operator] = field(default_factory=list)
    plain: dict[str, Constant] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    others: list[StoredArray] = field(default_factory=list)
    computed_numbers: int = 0

    def entries(self) -> list[StoredArray]:
        """All arrays; those of an operator are not listed again under the names of the file."""
        found = [entry for operator in self.operators for entry in operator.entries()]
        for name, stored in self.plain.items():
            if name in self.taken:
                continue
            if stored.unreadable:
                found.append(unreadable_entry(name, stored.unreadable))
            else:
                found.append(StoredArray(name, stored.shape, stored.dtype, stored.read))
        return found + self.others

    def graph(self, graph: Message, around: dict[str, Constant], depth: int) -> None:
        """The operators and constants of a graph, which knows the constants of the graph around it."""
        if depth == 0:
            raise DamagedFileError(f"it has more than {DEEPEST} graphs inside each other")
        constants = dict(around)
        for message in graph.messages(INITIALISERS):
            name = message.name(8)
            stored = replace(tensor(self.path, message), origins=frozenset({name}))
            constants[name] = self.plain[name] = stored
        for message in graph.messages(SPARSE_INITIALISERS):
            name = "".join(values.name(8) for values in message.messages(1))
            self.plain[name] = refused("is a sparse tensor; save it as a dense one")
        for node in graph.messages(NODES):
            self._node(node, constants, depth)

    def _node(self, node: Message, constants: dict[str, Constant], depth: int) -> None:
        """One node: an operator, a constant, or graphs."""
        kind, options = node.name(KIND), attributes(node)
        inputs, outputs = node.texts(INPUTS), node.texts(OUTPUTS)
        if kind in GATES and node.name(DOMAIN) in ("", "ai.onnx"):
            self._operator(node, kind, options, constants)
        elif kind.startswith("DynamicQuantizeLSTM"):
            reason = "is a quantised operator; export the model before it is quantised"
            self.others.append(unreadable_entry(self._free(node), reason))
        elif kind == "Constant" and isinstance(options.get("value"), Message) and outputs:
            made = constants[outputs[0]] = tensor(self.path, options["value"])
            if len(made.shape) > 1:
                self.plain[outputs[0]] = made
        elif kind == "Constant" and isinstance(options.get("value_ints"), list) and outputs:
            array = np.array(options["value_ints"])
            constants[outputs[0]] = Constant(array.shape, "int64", lambda: array)
        elif outputs and all(name in constants for name in inputs):
            self._compute(kind, [constants[name] for name in inputs], options, constants, outputs[0])
        for graphs in options.values():
            for inner in graphs if isinstance(graphs, list) else ():
                if isinstance(inner, Message):
                    self.graph(inner, constants, depth - 1)

    def _compute(
        self, kind: str, inputs: list[Constant], options: dict[str, Any], constants: dict[str, Constant], output: str
    ) -> None:
        """What a node makes of constants, if it is one of those that exporters rearrange weights with."""
        self.computed_numbers += sum(math.prod(one.shape) for one in inputs)
        if self.computed_numbers > MOST_COMPUTED:
            constants[output] = refused("is computed by the graph from too many numbers to repeat that here")
        elif (made := computed(kind, inputs, options)) is not None:
            constants[output] = made

    def _operator(self, node: Message, kind: str, options: dict[str, Any], constants: dict[str, Constant]) -> None:
        inputs = node.texts(INPUTS) + [""] * 8
        places = [1, 2, 3, 7]  # W, R, B, and the peepholes of an LSTM
        weights = [constants.get(inputs[i]) for i in places]
        # what is not given is absent; what is given and not constant is computed
        for k, i in enumerate(places[2:], 2):
            if inputs[i] and weights[k] is None:
                weights[k] = refused(IS_COMPUTED)
        self.taken.update(inputs, *(one.origins for one in weights if one is not None))
        self.operators.append(_Operator(self._free(node), kind, weights, options))

    def _free(self, node: Message) -> str:
        """The name of a node that no operator has yet: its own, or that of what it makes."""
        used = {operator.name for operator in self.operators} | {entry.name for entry in self.others}
        made = "".join(node.texts(OUTPUTS)[:1])
        candidates = [node.name(NAME), made, f"{node.name(NAME)} {made}"]
        numbered = (f"{made or 'operator'} {i}" for i in range(2, len(used) + 3))
        return next(name for name in (*candidates, *numbered) if name and name not in used)

    def function(self, function: Message) -> None:
        """A function of the model, whose weights are its arguments: its operators are named, and not read."""
        for node in function.messages(7):
            if node.name(KIND) in GATES:
                reason = f"is inside a function of the model; with onnx: {SIMPLIFY.format(path=self.path.name)}"
                self.others.append(unreadable_entry(self._free(node), reason))
