"""Networks from files: which arrays of a file are meant as W and V.

Conventions
-----------
A file is opened without reading its arrays, arrays are chosen by their names, and only those are read. Nothing is
chosen by shape but the one matrix of a file that holds no other. Nothing in a file is executed.

Contents
--------
load_network
    The network in a file: W, and V if the file has it.
load_matrix
    One matrix of a file.
arrays_of
    The arrays of a file, with the matrices in use.
chosen_cell, input_array
    The cell that holds W, and the array of V beside it.
named_array, listed
    An array by its name or the end of its name; the names and shapes of arrays in a message.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sparse

from linmem.errors import ArgumentError, FileError, InvalidNetworkError
from linmem.files.cells import StoredCell, cell_of, cells_in
from linmem.files.conversion import Reading, input_weights, reading_of, recurrent_weights
from linmem.files.effective import arrays_in_use
from linmem.files.layouts import Layout
from linmem.files.matching import dotted
from linmem.files.opening import extension, opened
from linmem.files.readers.number_types import TYPES_OF_WIDTH, retyped
from linmem.files.readers.stored import StoredArray
from linmem.files.state_space_layers import how_to_read, layers_in, unfinished
from linmem.network import LinearNetwork
from linmem.validation import file_path

LISTED = 12  # arrays of a file in a message
PARTNERS = ("feedforward", "V", "v")  # names of V beside a matrix that no layout knows
UNKNOWN = Layout("", "", "", "", "", {}, "")
KERNEL = Layout("as kernels of Keras and Flax", "", "", "", "", {}, "row")  # of a layer that is not recurrent

PathLike: TypeAlias = str | os.PathLike[str]


def load_network(
    path: PathLike,
    *,
    recurrent: str | None = None,
    feedforward: str | None = None,
    convention: str | None = None,
    gate: str | None = None,
    gates: Sequence[str] | None = None,
    subject: int | None = None,
    dtype: str | None = None,
    noise: Any = 1.0,
    name: str | None = None,
) -> LinearNetwork:
    """The network stored in a file: recurrent weights W, and feedforward weights V if the file has them.

    Types, for none of which the framework need be installed: arrays in .npy and .npz (of scipy.sparse too), .mat of
    MATLAB and Octave, .h5, .hdf5; tables in .csv, .tsv, .txt, .mtx; PyTorch's .pt, .pth, .ckpt, .bin; .safetensors, and
    shards by their .index.json; .keras, .onnx, Flax's .msgpack; graphs in .graphml, .gml, .edgelist, node-link .json,
    tables of edges, edges of SONATA, connectivities of The Virtual Brain; and each of them inside .gz, .bz2, .xz, .zip.
    Only the chosen arrays are read. Biases, leaks and nonlinearities are no part of a linear network: `load_cell` reads
    the whole cell.

    Parameters
    ----------
    path
        The file.
    recurrent, feedforward
        Names of the arrays for W and V. The last part of a name is enough if only one name ends with it. None for
        `recurrent`: the array with the name that a framework gives to W (`weight_hh_l0`, `recurrent_kernel`), or with
        a name as "W", "weights", "connectivity" or "W_rec", or else the one matrix of a file that holds no other. None
        for `feedforward`: the partner of W by name (`weight_ih_l0`, `kernel`, "feedforward", "V", "W_in"), if there is
        one. The name of the network says what was chosen.
    convention
        "column" for arrays that multiply columns, W h, so that W[i, j] is from unit j to unit i: the convention here,
        of PyTorch, and of graphs, whose edges have a direction. "row" for arrays that multiply rows, h W; they are
        transposed. None: that of the framework by whose names or format the file is known; where neither tells it,
        columns, and the name of the network says "columns assumed".
    gate
        The gate of an LSTM or GRU whose weights are read: "input", "forget", "cell", "output"; "reset", "update",
        "new". The order of the gates in the array is that of the framework.
    gates
        The gates in the order of their blocks in the array, where no name tells it: ("reset", "update", "new").
    subject
        The number of the matrix, from 0, in an array (N, N, S) of S matrices.
    dtype
        The type of numbers that the file stores as records without a name, because numpy does not have it: "bfloat16",
        "float8_e4m3fn", "float8_e5m2".
    noise
        As for `LinearNetwork`.
    name
        The name of the network. None: the file name, and what was chosen or converted.

    Raises
    ------
    FileError
        If the file does not exist, is of unknown type, damaged or encrypted, does not have the array, or has several
        that may be meant (the message lists the arrays of the file).
    InvalidNetworkError
        If the arrays are not a network: not square, or not finite.
    ArgumentError
        If the convention, the gate or the subject is not one of those that there are.
    MissingLibraryError
        If the type of file needs a library that is not installed.

    Notes
    -----
    Integers, booleans and half precision are converted to double precision. A stack of networks is an array
    (..., N, N). Pickled objects are not read. W is the matrix in use: of weight_norm and pruned weights it is computed,
    and with a projection (`weight_hr`) it is the product through which the units act on the gate.

    Examples
    --------
    >>> import numpy, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> numpy.savez(folder / "pair.npz", weight_hh_l0=[[0, 0], [1, 0]], weight_ih_l0=[[1], [0]])
    >>> net = load_network(folder / "pair.npz")
    >>> net.feedforward, net.name
    (array([1., 0.]), 'pair, W = weight_hh_l0 (int64, columns, PyTorch), V = weight_ih_l0 (int64)')
    """
    path = file_path("path", path)
    stored = arrays_of(path, dtype)
    cell = chosen_cell(path, stored, recurrent)
    reading = reading_of(path, cell, convention, gate, gates, subject, whole=False)
    weights, words = recurrent_weights(reading, "recurrent")
    V = input_array(path, stored, cell, gate, feedforward)
    inputs, changes = None, ""
    if V is not None or (cell.layout.concatenated and feedforward is None):
        inputs, changes = input_weights(reading, V)
        inputs = _input_weights(inputs, weights)
    if name is None:
        name = _description(path, stored, reading, words, V, changes)
    try:
        return LinearNetwork(weights, inputs, noise, name=name, labels=reading.array.labels)
    except ArgumentError:
        raise
    except InvalidNetworkError as error:
        raise InvalidNetworkError(f"{path.name}: {error}") from None


def _description(
    path: Path, stored: dict[str, StoredArray], reading: Reading, words: str, V: StoredArray | None, changes: str
) -> str:
    """The name of the network: the file, and what was chosen or converted."""
    parts = [path.name[: -len(extension(path))]]
    if len(stored) > 1:
        parts.append(f"W = {reading.array.name}{words}")
    else:
        parts[0] += words
    if V is not None:
        parts.append(f"V = {V.name}{changes}")
    if any(role in ("bias", "hidden_bias", "new_bias") for role, _ in reading.cell.partners):
        parts.append("biases left out")
    return ", ".join(parts)


def _input_weights(inputs: Any, weights: Any) -> np.ndarray:
    """V as a dense array, (N,) for one input."""
    if sparse.issparse(inputs):
        inputs = inputs.toarray()
    one_input = inputs.ndim == 2 and 1 in inputs.shape and inputs.size == weights.shape[0]
    # MATLAB has no arrays of one axis: one input is a column, or a row
    return inputs.ravel() if one_input and weights.ndim == 2 else inputs


def load_matrix(
    path: PathLike,
    array: str | None = None,
    *,
    convention: str | None = None,
    gate: str | None = None,
    gates: Sequence[str] | None = None,
    subject: int | None = None,
    dtype: str | None = None,
) -> np.ndarray | sparse.sparray:
    """One matrix of a file in double precision, W[i, j] from unit j to unit i; sparse if the file stores it so.

    Parameters
    ----------
    path
        The file.
    array
        The name of the array, or the end of its name. None: W as `load_network` chooses it.
    convention, gate, gates, subject, dtype
        As for `load_network`; without a gate the weights of all gates of one array are returned.

    Raises
    ------
    FileError, ArgumentError, MissingLibraryError
        As for `load_network`; but the matrix may have any shape and any entries.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pair.csv"
    >>> _ = path.write_text("0,0\\n1,0\\n")
    >>> load_matrix(path, convention="row")
    array([[0., 1.],
           [0., 0.]])
    """
    path = file_path("path", path)
    cell = chosen_cell(path, arrays_of(path, dtype), array, "array")
    reading = reading_of(path, cell, convention, gate, gates, subject, whole="" in cell.recurrent)
    matrix, _ = recurrent_weights(reading, "array")
    return matrix


def arrays_of(path: Path, dtype: str | None = None) -> dict[str, StoredArray]:
    """The arrays of a file by name, with the matrices in use; records without a name are numbers of the given type.

    Raises
    ------
    FileError
        If the file cannot be read.
    ArgumentError
        If the file has no records that may be of the type.
    """
    stored = opened(path)
    if dtype is not None:
        records = [array for array in stored.values() if array.dtype.startswith("|V")]
        fitting = [array for array in records if dtype in TYPES_OF_WIDTH.get(int(array.dtype[2:]), ())]
        if not fitting:
            known = ", ".join(repr(kind) for kinds in TYPES_OF_WIDTH.values() for kind in kinds)
            raise ArgumentError(
                f"dtype is {dtype!r}, but {path.name} holds no records without a name of that width; the types are "
                f"{known}"
            )
        stored |= {array.name: retyped(array, dtype) for array in fitting}
    return arrays_in_use(stored)


def chosen_cell(
    path: Path,
    stored: dict[str, StoredArray],
    name: str | None,
    argument: str = "recurrent",
    cells: Sequence[StoredCell] | None = None,
) -> StoredCell:
    """The cell with the array of the given name; for None the one cell by name, or else the one matrix of the file.

    Raises
    ------
    FileError
        If there is no such array, or there are several that may be meant.
    """
    cells = cells_in(stored) if cells is None else cells
    if name is not None:
        chosen = named_array(path, stored, argument, name)
        own = cell_of(chosen, cells) or _unknown(chosen, stored)
        # of gates in arrays of their own the name says which is meant
        gate = next((gate for gate, array in own.recurrent.items() if array is chosen), "")
        partners = {(role, of): array for (role, of), array in own.partners.items() if of in ("", gate)}
        return own if not gate else StoredCell(own.layout, own.place, {gate: chosen}, partners)
    if len(cells) == 1:
        return cells[0]
    if cells:
        arrays = [array for cell in cells for array in cell.recurrent.values()]
        raise _question(path, argument, f"{len(cells)} arrays with a name of W", arrays)
    layers, begun = layers_in(stored), unfinished([dotted(name) for name in stored])
    if layers or begun:
        what = how_to_read(layers[0], layers) if layers else f"{begun} is a name of one"
        raise FileError(
            f"{argument} is None, but {path.name} holds a state-space layer, whose recurrence is a diagonal and no "
            f"matrix W: {what}; choose an array by name, {argument}=..., if another is meant; it holds: "
            f"{listed(stored.values())}"
        )
    arrays = [array for array in stored.values() if not array.unreadable]
    matrices = [array for array in arrays if len(array.shape) >= 2] or arrays
    if len(matrices) == 1:
        return _unknown(matrices[0], stored)
    what = f"{len(matrices)} arrays, none with a name of W" if matrices else "no array"
    raise _question(path, argument, what, list(stored.values()))


def _unknown(array: StoredArray, stored: dict[str, StoredArray]) -> StoredCell:
    """The cell of a matrix that no layout knows, with an input that has a usual name."""
    if dotted(array.name).rpartition(".")[2] == "kernel":
        return StoredCell(KERNEL, "", {"": array})
    inputs = [stored[name] for name in PARTNERS if name in stored and stored[name] is not array]
    return StoredCell(UNKNOWN, "", {"": array}, {("feedforward", ""): inputs[0]} if inputs else {})


def _question(path: Path, argument: str, what: str, arrays: list[StoredArray]) -> FileError:
    return FileError(
        f"{argument} is None, but {path.name} holds {what}; choose one by name, {argument}=...; it holds: "
        f"{listed(arrays)}"
    )


def input_array(
    path: Path, stored: dict[str, StoredArray], cell: StoredCell, gate: str | None, name: str | None
) -> StoredArray | None:
    """The array with the given name; for None the partner of W by name, if there is one."""
    return cell.partner("feedforward", gate) if name is None else named_array(path, stored, "feedforward", name)


def named_array(path: Path, stored: dict[str, StoredArray], argument: str, name: str) -> StoredArray:
    """The array with the given name, or the only one whose name ends with it.

    Raises
    ------
    FileError
        If there is none, or several.
    """
    if name in stored:
        return stored[name]
    matches = []
    if isinstance(name, str) and name:
        matches = [array for key, array in stored.items() if key.endswith((f".{name}", f"/{name}"))]
    if len(matches) == 1:
        return matches[0]
    which = "several such arrays" if matches else "no such array"
    raise FileError(
        f"{argument} is {name!r}, but {path.name} has {which}; it holds: {listed(matches or stored.values())}"
    )


def listed(arrays: Iterable[StoredArray]) -> str:
    """Names and shapes of the first arrays, and the number of the others."""
    chosen = list(arrays)
    # one reason helps, and many are no sentence
    few = len([array for array in chosen if array.unreadable]) == 1
    descriptions = []
    for array in chosen:
        reason = f"not read: it {array.unreadable}" if few else "not read"
        descriptions.append(f"{array.name} ({reason})" if array.unreadable else str(array))
    if not descriptions:
        return "none"
    text = ", ".join(descriptions[:LISTED])
    others = len(descriptions) - LISTED
    return f"{text}, and {others} more (describe_file lists them)" if others > 0 else text
